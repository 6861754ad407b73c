//! What Meta's answer to handed-on events means.

use serde::Deserialize;
use serde_json::Value;

use super::super::answer::{
    PlatformAnswer, PlatformRefusal, PlatformReply, fault_place, plain, shown,
};

#[derive(Deserialize)]
struct Receipt {
    events_received: u64,
    #[serde(default)]
    fbtrace_id: String,
}

#[derive(Deserialize)]
struct Failure {
    error: Complaint,
}

#[derive(Deserialize)]
struct Complaint {
    code: i64,
    #[serde(default)]
    error_subcode: Option<i64>,
    #[serde(default)]
    is_transient: bool,
    #[serde(default)]
    message: String,
    #[serde(default)]
    error_user_title: Option<String>,
    #[serde(default)]
    error_data: Value,
    #[serde(default)]
    fbtrace_id: String,
}

/// The meaning of an answer to a request of `events` events.
pub(super) fn hear(reply: &PlatformReply, events: usize) -> PlatformAnswer {
    let (status, after) = (reply.status, reply.retry_after);
    if (200..300).contains(&status) {
        return match serde_json::from_slice::<Receipt>(&reply.body) {
            Ok(taken) if taken.events_received == events as u64 => {
                PlatformAnswer::Taken { trace_id: plain(&taken.fbtrace_id) }
            }
            // Cut short, a page of some proxy, or a count that is not ours: whether it was taken is not known, and
            // Meta tells copies by their ids.
            _ => PlatformAnswer::Down { after },
        };
    }
    let Ok(Failure { error }) = serde_json::from_slice::<Failure>(&reply.body) else {
        return PlatformAnswer::of_status(reply);
    };
    match (error.code, error.error_subcode) {
        (4 | 17 | 613 | 80003 | 80004, _) => PlatformAnswer::Throttled { after },
        (190 | 10 | 200 | 3, _) | (100, Some(33)) => {
            PlatformAnswer::NeedsCredentials(refusal(&error))
        }
        (1 | 2 | 21009, _) => PlatformAnswer::Down { after },
        _ if status == 429 => PlatformAnswer::Throttled { after },
        _ if status >= 500 || error.is_transient => PlatformAnswer::Down { after },
        _ if matches!(status, 401 | 403) => PlatformAnswer::NeedsCredentials(refusal(&error)),
        _ => {
            let mut blamed: Vec<_> = blamed(&error.error_data, events);
            let field = blamed.first().map(|(_, field)| field.clone()).unwrap_or_default();
            blamed.dedup_by_key(|(event, _)| *event);
            let events = blamed.into_iter().map(|(event, _)| event).collect();
            PlatformAnswer::Refused {
                events,
                refusal: PlatformRefusal { field, ..refusal(&error) },
            }
        }
    }
}

fn refusal(error: &Complaint) -> PlatformRefusal {
    let code = match error.error_subcode {
        Some(subcode) => format!("{}/{subcode}", error.code),
        None => error.code.to_string(),
    };
    let text = error.error_user_title.as_ref().unwrap_or(&error.message);
    PlatformRefusal {
        code,
        field: String::new(),
        message: shown(text),
        trace_id: plain(&error.fbtrace_id),
    }
}

/// The events that the answer blames, with the field, in order. The data may be an object or a text of one,
/// a place a path (`data[3].user_data.em`) or its parts.
fn blamed(data: &Value, events: usize) -> Vec<(usize, String)> {
    let unpacked = data.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let specs = unpacked.as_ref().unwrap_or(data).get("blame_field_specs");
    let specs = specs.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut blamed: Vec<_> = specs.iter().filter_map(|spec| place(spec, events)).collect();
    blamed.sort();
    blamed
}

fn place(spec: &Value, events: usize) -> Option<(usize, String)> {
    let parts = spec.as_array()?.iter().map(|part| match part {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    fault_place(&parts.collect::<Vec<_>>().join("."), &["data"], events)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn heard(status: u16, body: &Value) -> PlatformAnswer {
        heard_after(status, None, &body.to_string())
    }

    fn heard_after(status: u16, retry_after: Option<Duration>, body: &str) -> PlatformAnswer {
        hear(&PlatformReply { status, retry_after, body: body.into() }, 5)
    }

    fn error(code: i64, subcode: Option<i64>) -> Value {
        json!({"error": {
            "message": "Invalid parameter", "type": "OAuthException", "code": code,
            "error_subcode": subcode, "fbtrace_id": "AbC-1",
        }})
    }

    #[test]
    fn what_was_taken_is_known_by_its_count_alone() {
        let taken = json!({"events_received": 5, "messages": [], "fbtrace_id": "AbC-1"});
        assert_eq!(heard(200, &taken), PlatformAnswer::Taken { trace_id: "AbC-1".into() });
        let down = PlatformAnswer::Down { after: None };
        assert_eq!(heard(200, &json!({"events_received": 4})), down);
        for body in ["", "<html>502</html>", r#"{"events_received":5"#] {
            assert_eq!(heard_after(200, None, body), down, "{body}");
            assert_eq!(heard_after(502, None, body), down, "{body}");
            assert_eq!(heard_after(400, None, body), down, "{body}");
        }
    }

    #[test]
    fn every_code_has_its_meaning() {
        let after = Some(Duration::from_secs(7));
        for code in [4, 17, 613, 80003, 80004] {
            let body = error(code, None).to_string();
            let answer = heard_after(400, after, &body);
            assert_eq!(answer, PlatformAnswer::Throttled { after }, "{code}");
        }
        assert_eq!(heard_after(429, after, ""), PlatformAnswer::Throttled { after });
        assert_eq!(heard(429, &error(77, None)), PlatformAnswer::Throttled { after: None });
        for (code, subcode, shown) in [
            (190, Some(460), "190/460"),
            (190, None, "190"),
            (200, None, "200"),
            (10, None, "10"),
            (3, None, "3"),
            (100, Some(33), "100/33"),
        ] {
            let PlatformAnswer::NeedsCredentials(refusal) = heard(400, &error(code, subcode))
            else {
                panic!("{code} is about the credentials");
            };
            assert_eq!((refusal.code.as_str(), refusal.trace_id.as_str()), (shown, "AbC-1"));
        }
        assert!(matches!(heard_after(401, None, ""), PlatformAnswer::NeedsCredentials(_)));
        for (status, code) in [(500, 1), (500, 2), (400, 21009), (503, 100)] {
            assert_eq!(heard(status, &error(code, None)), PlatformAnswer::Down { after: None });
        }
    }

    #[test]
    fn events_that_are_blamed_are_named_with_their_field() {
        for (data, events, field) in [
            (json!({"blame_field_specs": [["data[3].user_data.em"]]}), vec![3], "user_data.em"),
            (json!({"blame_field_specs": [["data", "3", "event_time"]]}), vec![3], "event_time"),
            (json!({"blame_field_specs": [["data", 1], ["data", 4, "x"]]}), vec![1, 4], ""),
            (
                json!(r#"{"blame_field_specs": [["data[0].event_time"], ["data[0].value"]]}"#),
                vec![0],
                "event_time",
            ),
            (
                json!({"blame_field_specs": [["data[9].event_time"], ["access_token"], []]}),
                vec![],
                "",
            ),
            (json!(null), vec![], ""),
            (json!("no JSON"), vec![], ""),
        ] {
            let mut body = error(100, Some(2_804_003));
            body["error"]["error_data"] = data.clone();
            body["error"]["error_user_title"] = json!("Event Timestamp Too Old");
            let refusal = PlatformRefusal {
                code: "100/2804003".into(),
                field: field.into(),
                message: "Event Timestamp Too Old".into(),
                trace_id: "AbC-1".into(),
            };
            assert_eq!(heard(400, &body), PlatformAnswer::Refused { events, refusal }, "{data}");
        }
    }
}

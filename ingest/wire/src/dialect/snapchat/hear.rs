//! Snapchat's answers to handed-on events, and their meaning.

use serde::Deserialize;
use serde_json::Value;

use super::super::answer::{PlatformAnswer, PlatformRefusal, PlatformReply, shown};

#[derive(Deserialize)]
struct Answer {
    status: String,
    #[serde(default)]
    reason: Option<String>,
    /// Of a refusal, the place of the event.
    #[serde(default)]
    event: Value,
    #[serde(default)]
    errors: Option<Errors>,
    /// The verdicts of the validation on each event.
    #[serde(default)]
    event_logs: Vec<EventLog>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Errors {
    codes: Vec<Value>,
    error_msgs: Vec<String>,
}

#[derive(Deserialize)]
struct EventLog {
    #[serde(default)]
    event: Value,
    #[serde(default)]
    status: String,
}

/// The meaning of an answer to a request of `events` events.
pub(super) fn hear(reply: &PlatformReply, events: usize) -> PlatformAnswer {
    let Ok(said) = serde_json::from_slice::<Answer>(&reply.body) else {
        return PlatformAnswer::of_status(reply);
    };
    let is = |status: &str, word: &str| status.eq_ignore_ascii_case(word);
    match reply.status {
        200..300 if is(&said.status, "VALID") || is(&said.status, "SUCCESS") => {
            PlatformAnswer::Taken { trace_id: String::new() }
        }
        429 | 500.. => PlatformAnswer::of_status(reply),
        401 | 403 => PlatformAnswer::NeedsCredentials(refusal(reply, &said)),
        _ => {
            let logs = said.event_logs.iter().filter(|log| is(&log.status, "INVALID"));
            let mut blamed: Vec<_> = logs.filter_map(|log| place(&log.event, events)).collect();
            if blamed.is_empty() {
                blamed.extend(place(&said.event, events));
            }
            blamed.sort_unstable();
            blamed.dedup();
            PlatformAnswer::Refused { events: blamed, refusal: refusal(reply, &said) }
        }
    }
}

/// A place as a number or a text.
fn place(said: &Value, events: usize) -> Option<usize> {
    let number = said.as_u64().or_else(|| said.as_str()?.parse().ok())?;
    usize::try_from(number).ok().filter(|place| *place < events)
}

fn refusal(reply: &PlatformReply, said: &Answer) -> PlatformRefusal {
    let code = said.errors.as_ref().and_then(|errors| errors.codes.first());
    let code = code.map(|code| code.as_str().map_or_else(|| code.to_string(), str::to_owned));
    let code = code.map(|code| shown(&code)).filter(|code| !code.is_empty());
    let text = said.errors.as_ref().and_then(|errors| errors.error_msgs.first());
    PlatformRefusal {
        code: code.unwrap_or_else(|| reply.status.to_string()),
        message: text.or(said.reason.as_ref()).map(|text| shown(text)).unwrap_or_default(),
        ..PlatformRefusal::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn heard(status: u16, body: &Value) -> PlatformAnswer {
        let body = body.to_string().into_bytes();
        hear(&PlatformReply { status, retry_after: None, body }, 5)
    }

    fn refusal(code: &str, message: &str) -> PlatformRefusal {
        let (code, message) = (code.to_owned(), message.to_owned());
        PlatformRefusal { code, message, ..PlatformRefusal::default() }
    }

    #[test]
    fn what_is_valid_was_taken() {
        let taken = PlatformAnswer::Taken { trace_id: String::new() };
        for status in ["VALID", "valid", "SUCCESS"] {
            assert_eq!(heard(200, &json!({"status": status, "event": 5, "reason": "ok"})), taken);
        }
        for body in ["", "<html>", r#"{"status":"VAL"#] {
            let reply =
                PlatformReply { status: 200, body: body.into(), ..PlatformReply::default() };
            assert_eq!(hear(&reply, 5), PlatformAnswer::Down { after: None }, "{body}");
        }
    }

    #[test]
    fn the_event_that_is_at_fault_is_named() {
        let errors = json!({"codes": ["E1004"], "error_msgs": ["hashed IP address"]});
        for (event, events) in
            [(json!(3), vec![3]), (json!("0"), vec![0]), (json!(5), vec![]), (json!(null), vec![])]
        {
            let body = json!({"status": "INVALID", "event": event, "errors": errors});
            let refusal = refusal("E1004", "hashed IP address");
            assert_eq!(heard(400, &body), PlatformAnswer::Refused { events, refusal }, "{event}");
        }
        let logs = json!([
            {"event": 4, "status": "INVALID"}, {"event": 0, "status": "VALID"},
            {"event": 2, "status": "INVALID"},
        ]);
        let body = json!({"status": "INVALID", "reason": "invalid events", "event_logs": logs});
        let refusal = refusal("200", "invalid events");
        assert_eq!(heard(200, &body), PlatformAnswer::Refused { events: vec![2, 4], refusal });
    }

    #[test]
    fn what_is_no_events_fault_is_told_by_the_status() {
        let body = json!({"status": "INVALID", "reason": "token"});
        for status in [401, 403] {
            let refusal = refusal(&status.to_string(), "token");
            assert_eq!(heard(status, &body), PlatformAnswer::NeedsCredentials(refusal));
        }
        assert_eq!(heard(429, &body), PlatformAnswer::Throttled { after: None });
        assert_eq!(heard(503, &body), PlatformAnswer::Down { after: None });
    }
}

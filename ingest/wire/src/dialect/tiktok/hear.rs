//! TikTok's answers to handed-on events, and their meaning. Its errors come with the status 200 as well: its code tells.

use serde::Deserialize;
use serde_json::Value;

use super::super::answer::{
    PlatformAnswer, PlatformRefusal, PlatformReply, fault_place, plain, shown,
};

/// The lists of events that paths of faults begin with.
const LISTS: [&str; 2] = ["data", "batch"];

#[derive(Deserialize)]
struct Answer {
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    request_id: String,
    #[serde(default)]
    data: Value,
}

/// The meaning of an answer to a request of `events` events.
pub(super) fn hear(reply: &PlatformReply, events: usize) -> PlatformAnswer {
    let Ok(said) = serde_json::from_slice::<Answer>(&reply.body) else {
        return PlatformAnswer::of_status(reply);
    };
    let after = reply.retry_after;
    match said.code {
        0 if (200..300).contains(&reply.status) => {
            PlatformAnswer::Taken { trace_id: plain(&said.request_id) }
        }
        0 => PlatformAnswer::of_status(reply),
        20001 => partly_taken(&said, events),
        40100 => PlatformAnswer::Throttled { after },
        40001 | 40102 | 40104 | 40105 => PlatformAnswer::NeedsCredentials(refusal(&said, "")),
        50000..60000 => PlatformAnswer::Down { after },
        _ if reply.status == 429 => PlatformAnswer::Throttled { after },
        _ if reply.status >= 500 => PlatformAnswer::Down { after },
        _ if matches!(reply.status, 401 | 403) => {
            PlatformAnswer::NeedsCredentials(refusal(&said, ""))
        }
        _ => {
            let blamed = blamed(&said, events);
            let field = blamed.first().map_or("", |(_, field)| field);
            let refusal = refusal(&said, field);
            let events = blamed.into_iter().map(|(event, _)| event).collect();
            PlatformAnswer::Refused { events, refusal }
        }
    }
}

/// Some events were taken: all but those that are named. Where none is named they are found by asking again in
/// smaller requests, for TikTok tells copies by their ids.
fn partly_taken(said: &Answer, events: usize) -> PlatformAnswer {
    let blamed = blamed(said, events);
    if blamed.is_empty() {
        return PlatformAnswer::Refused { events: Vec::new(), refusal: refusal(said, "") };
    }
    let refused = blamed.into_iter().map(|(event, field)| (event, refusal(said, &field)));
    PlatformAnswer::PartlyTaken { refused: refused.collect() }
}

fn refusal(said: &Answer, field: &str) -> PlatformRefusal {
    PlatformRefusal {
        code: said.code.to_string(),
        field: field.to_owned(),
        message: shown(&said.message),
        trace_id: plain(&said.request_id),
    }
}

/// The events that the answer blames, in order and each once, with the first field of each: paths as
/// `Batch.3.properties.value` in its message or in any text of its data.
fn blamed(said: &Answer, events: usize) -> Vec<(usize, String)> {
    let mut blamed = places(&said.message, events);
    let mut values = vec![&said.data];
    while let Some(value) = values.pop() {
        match value {
            Value::String(text) => blamed.extend(places(text, events)),
            Value::Array(list) => values.extend(list),
            Value::Object(object) => values.extend(object.values()),
            _ => {}
        }
    }
    blamed.sort();
    blamed.dedup_by_key(|(event, _)| *event);
    blamed
}

fn places(text: &str, events: usize) -> Vec<(usize, String)> {
    let words = text.split([' ', ':', ',', ';', '"', '\'']);
    words.filter_map(|word| fault_place(word, &LISTS, events)).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn heard(status: u16, body: &Value) -> PlatformAnswer {
        let retry_after = Some(Duration::from_secs(7));
        hear(&PlatformReply { status, retry_after, body: body.to_string().into_bytes() }, 5)
    }

    fn said(code: i64, message: &str) -> Value {
        json!({"code": code, "message": message, "request_id": "2026-1", "data": {}})
    }

    fn refusal(code: &str, field: &str, message: &str) -> PlatformRefusal {
        PlatformRefusal {
            code: code.into(),
            field: field.into(),
            message: message.into(),
            trace_id: "2026-1".into(),
        }
    }

    #[test]
    fn every_code_has_its_meaning_whatever_the_status() {
        let after = Some(Duration::from_secs(7));
        let (down, throttled) =
            (PlatformAnswer::Down { after }, PlatformAnswer::Throttled { after });
        let taken = PlatformAnswer::Taken { trace_id: "2026-1".into() };
        assert_eq!(heard(200, &said(0, "OK")), taken);
        assert_eq!(heard(502, &said(0, "OK")), down);
        for (status, code) in [(200, 40100), (429, 40100), (429, 77)] {
            assert_eq!(heard(status, &said(code, "Too many requests")), throttled, "{code}");
        }
        for (status, code) in [(200, 50000), (200, 51010), (503, 77)] {
            assert_eq!(heard(status, &said(code, "Internal error")), down, "{code}");
        }
        for (status, code) in [(200, 40001), (200, 40105), (200, 40104), (200, 40102), (403, 77)] {
            let refusal = refusal(&code.to_string(), "", "No permission");
            let expected = PlatformAnswer::NeedsCredentials(refusal);
            assert_eq!(heard(status, &said(code, "No permission")), expected, "{code}");
        }
    }

    #[test]
    fn without_its_words_nothing_is_known_of_the_events() {
        let after = None;
        let heard = |status, body: &str| {
            hear(&PlatformReply { status, retry_after: after, body: body.into() }, 5)
        };
        for (status, body) in [(200, ""), (200, r#"{"code":0"#), (502, "<html>"), (400, "{}")] {
            assert_eq!(heard(status, body), PlatformAnswer::Down { after }, "{status} {body}");
        }
        assert_eq!(heard(429, ""), PlatformAnswer::Throttled { after });
        assert!(matches!(heard(401, ""), PlatformAnswer::NeedsCredentials(_)));
    }

    #[test]
    fn events_that_are_blamed_are_named_with_their_field() {
        let field = "properties.contents.content_id";
        for (message, events, field) in [
            ("Batch.0.properties.contents.0.content_id: Not a valid string", vec![0], field),
            ("data.3.event_time: Not a valid number", vec![3], "event_time"),
            ("data[4].user.email: Invalid; data[1].event: Required", vec![1, 4], "event"),
            ("data.9.event: Required", vec![], ""),
            ("event_source_id: Invalid", vec![], ""),
        ] {
            let refusal = refusal("40002", field, message);
            let expected = PlatformAnswer::Refused { events, refusal };
            assert_eq!(heard(200, &said(40002, message)), expected, "{message}");
        }
    }

    #[test]
    fn of_a_request_that_was_partly_taken_the_refused_are_known_or_looked_for() {
        let mut body = said(20001, "Partial success");
        let nobody = refusal("20001", "", "Partial success");
        let looked_for = PlatformAnswer::Refused { events: vec![], refusal: nobody };
        assert_eq!(heard(200, &body), looked_for);
        body["data"] = json!({"failed": [
            {"reason": "data.2.event_time: Too old"}, {"reason": "data.0.event: Required"},
            {"reason": "data.2.properties.value: Not a valid number"},
        ]});
        let refused = vec![
            (0, refusal("20001", "event", "Partial success")),
            (2, refusal("20001", "event_time", "Partial success")),
        ];
        assert_eq!(heard(200, &body), PlatformAnswer::PartlyTaken { refused });
    }
}

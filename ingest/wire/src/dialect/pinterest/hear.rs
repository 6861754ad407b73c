//! Pinterest's answers to handed-on events, and their meaning. It may take some events of a request and refuse others.

use serde::Deserialize;
use serde_json::Value;

use super::super::answer::{PlatformAnswer, PlatformRefusal, PlatformReply, shown};

/// The status of an answer that not all events were processed.
const PARTLY: u16 = 422;

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    code: Option<i64>,
    #[serde(default)]
    message: String,
    #[serde(flatten)]
    receipt: Receipt,
    /// Of an answer that not all events were processed: the receipt, or a text of it.
    #[serde(default)]
    details: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Receipt {
    num_events_received: Option<usize>,
    num_events_processed: Option<usize>,
    events: Vec<EventStatus>,
}

#[derive(Deserialize)]
struct EventStatus {
    #[serde(default)]
    status: String,
    #[serde(default)]
    error_message: Option<String>,
}

/// The meaning of an answer to a request of `events` events.
pub(super) fn hear(reply: &PlatformReply, events: usize) -> PlatformAnswer {
    let Ok(said) = serde_json::from_slice::<Answer>(&reply.body) else {
        return PlatformAnswer::of_status(reply);
    };
    let (status, after) = (reply.status, reply.retry_after);
    match (status, said.code) {
        (200..300, _) => received(&said, events)
            // Cut short, or a count that is not ours: Pinterest tells copies by their ids.
            .unwrap_or(PlatformAnswer::Down { after }),
        (429, _) | (_, Some(8)) => PlatformAnswer::Throttled { after },
        (401 | 403, _) | (_, Some(2 | 29)) => {
            PlatformAnswer::NeedsCredentials(refusal(status, &said, None))
        }
        (500.., _) => PlatformAnswer::Down { after },
        _ => {
            let unpacked = match &said.details {
                Value::String(text) => serde_json::from_str(text).ok(),
                details => Receipt::deserialize(details).ok(),
            };
            let partly =
                unpacked.and_then(|receipt: Receipt| part(status, &said, &receipt, events));
            partly.or_else(|| part(status, &said, &said.receipt, events)).unwrap_or_else(|| {
                let refusal = refusal(status, &said, None);
                PlatformAnswer::Refused { events: Vec::new(), refusal }
            })
        }
    }
}

/// The meaning of a receipt of each of `events` events; `None` where it does not.
fn received(said: &Answer, events: usize) -> Option<PlatformAnswer> {
    let (receipt, all) = (&said.receipt, Some(events));
    if receipt.num_events_received == all && receipt.num_events_processed == all {
        return Some(PlatformAnswer::Taken { trace_id: String::new() });
    }
    part(PARTLY, said, receipt, events)
}

/// The events that an answer refuses one by one; `None` where it names none, or not all of `events`.
fn part(status: u16, said: &Answer, receipt: &Receipt, events: usize) -> Option<PlatformAnswer> {
    let failed = receipt.events.iter().enumerate().filter(|(_, event)| event.status != "processed");
    let refused =
        failed.map(|(at, event)| (at, refusal(status, said, event.error_message.as_ref())));
    let refused: Vec<_> = refused.collect();
    let is_told = receipt.events.len() == events && !refused.is_empty();
    is_told.then_some(PlatformAnswer::PartlyTaken { refused })
}

fn refusal(status: u16, said: &Answer, of_event: Option<&String>) -> PlatformRefusal {
    let code = said.code.map_or_else(|| status.to_string(), |code| code.to_string());
    let message = shown(of_event.unwrap_or(&said.message));
    PlatformRefusal { code, message, ..PlatformRefusal::default() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn heard(status: u16, body: &Value) -> PlatformAnswer {
        let body = body.to_string().into_bytes();
        hear(&PlatformReply { status, retry_after: None, body }, 3)
    }

    fn refusal(code: &str, message: &str) -> PlatformRefusal {
        let (code, message) = (code.to_owned(), message.to_owned());
        PlatformRefusal { code, message, ..PlatformRefusal::default() }
    }

    fn receipt(processed: usize, statuses: &[&str]) -> Value {
        let events = statuses.iter().map(|status| {
            let is_well = *status == "processed";
            let message = if is_well { json!(null) } else { json!("event_time is too old") };
            json!({"status": status, "error_message": message, "warning_message": null})
        });
        json!({
            "num_events_received": 3, "num_events_processed": processed,
            "events": events.collect::<Vec<_>>(),
        })
    }

    #[test]
    fn what_was_processed_was_taken() {
        let taken = PlatformAnswer::Taken { trace_id: String::new() };
        assert_eq!(heard(200, &receipt(3, &["processed"; 3])), taken);
        assert_eq!(heard(200, &receipt(3, &[])), taken);
        let down = PlatformAnswer::Down { after: None };
        for body in [json!({}), receipt(2, &[]), receipt(2, &["processed", "failed"])] {
            assert_eq!(heard(200, &body), down, "{body}");
        }
        assert_eq!(hear(&PlatformReply { status: 200, ..PlatformReply::default() }, 3), down);
    }

    #[test]
    fn the_events_that_failed_are_known_wherever_they_are_told() {
        let part = receipt(2, &["processed", "failed", "processed"]);
        let old = |code| {
            let refused = vec![(1, refusal(code, "event_time is too old"))];
            PlatformAnswer::PartlyTaken { refused }
        };
        assert_eq!(heard(200, &part), old("422"));
        assert_eq!(heard(422, &part), old("422"));
        let message = "not all events were processed";
        for details in [part.clone(), json!(part.to_string())] {
            let body = json!({"code": 4180, "message": message, "details": details});
            assert_eq!(heard(422, &body), old("4180"), "{body}");
        }
        let body = json!({"code": 4180, "message": message, "details": null});
        let refusal = refusal("4180", message);
        assert_eq!(heard(422, &body), PlatformAnswer::Refused { events: vec![], refusal });
    }

    #[test]
    fn codes_and_statuses_tell_the_rest() {
        let said = |code: i64| json!({"code": code, "message": "No."});
        for (status, code) in [(429, 1), (400, 8)] {
            let throttled = PlatformAnswer::Throttled { after: None };
            assert_eq!(heard(status, &said(code)), throttled, "{status} {code}");
        }
        for (status, code) in [(401, 2), (403, 29), (400, 2), (401, 77)] {
            let refusal = refusal(&code.to_string(), "No.");
            let expected = PlatformAnswer::NeedsCredentials(refusal);
            assert_eq!(heard(status, &said(code)), expected, "{status} {code}");
        }
        assert_eq!(heard(503, &said(0)), PlatformAnswer::Down { after: None });
        let refusal = refusal("1", "No.");
        assert_eq!(heard(400, &said(1)), PlatformAnswer::Refused { events: vec![], refusal });
    }
}

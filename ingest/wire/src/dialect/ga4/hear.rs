//! Google's answers to handed-on events. Whatever it thinks of them it says nothing; only the address for
//! tests tells.

use serde::Deserialize;

use super::super::answer::{PlatformAnswer, PlatformRefusal, PlatformReply, fault_place, shown};

#[derive(Deserialize)]
struct Validation {
    #[serde(rename = "validationMessages")]
    messages: Vec<ValidationMessage>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ValidationMessage {
    field_path: String,
    description: String,
    validation_code: String,
}

/// The meaning of an answer to a request of `events` events.
pub(super) fn hear(reply: &PlatformReply, events: usize) -> PlatformAnswer {
    if !(200..300).contains(&reply.status) {
        return PlatformAnswer::of_status(reply);
    }
    let said = serde_json::from_slice::<Validation>(&reply.body);
    let messages = said.map(|said| said.messages).unwrap_or_default();
    let Some(first) = messages.first() else {
        return PlatformAnswer::Taken { trace_id: String::new() };
    };
    let places = messages.iter().map(|one| fault_place(&one.field_path, &["events"], events));
    let places: Vec<_> = places.collect();
    let field = match places.first() {
        Some(Some((_, field))) => field.clone(),
        _ => shown(&first.field_path),
    };
    let mut blamed: Vec<_> = places.into_iter().flatten().map(|(event, _)| event).collect();
    blamed.sort_unstable();
    blamed.dedup();
    let refusal = PlatformRefusal {
        code: shown(&first.validation_code),
        field,
        message: shown(&first.description),
        trace_id: String::new(),
    };
    PlatformAnswer::Refused { events: blamed, refusal }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn heard(status: u16, body: &str) -> PlatformAnswer {
        hear(&PlatformReply { status, retry_after: None, body: body.into() }, 3)
    }

    #[test]
    fn what_is_answered_was_taken() {
        let taken = PlatformAnswer::Taken { trace_id: String::new() };
        for (status, body) in [(204, ""), (200, ""), (200, r#"{"validationMessages": []}"#)] {
            assert_eq!(heard(status, body), taken, "{status} {body}");
        }
        let after = None;
        assert_eq!(heard(429, ""), PlatformAnswer::Throttled { after });
        assert_eq!(heard(503, "<html>"), PlatformAnswer::Down { after });
        assert!(matches!(heard(401, ""), PlatformAnswer::NeedsCredentials(_)));
        assert!(matches!(heard(413, ""), PlatformAnswer::Refused { .. }));
    }

    #[test]
    fn the_address_for_tests_tells_what_is_wrong() {
        let message = |path: &str| json!({"fieldPath": path, "description": "Too long.", "validationCode": "VALUE_INVALID"});
        let said = |paths: &[&str]| -> Value {
            let messages: Vec<_> = paths.iter().map(|path| message(path)).collect();
            json!({ "validationMessages": messages })
        };
        for (paths, events, field) in [
            (vec!["events[2].params.value", "events[0].name"], vec![0, 2], "params.value"),
            (vec!["client_id"], vec![], "client_id"),
            (vec![""], vec![], ""),
        ] {
            let refusal = PlatformRefusal {
                code: "VALUE_INVALID".into(),
                field: field.into(),
                message: "Too long.".into(),
                trace_id: String::new(),
            };
            let expected = PlatformAnswer::Refused { events, refusal };
            assert_eq!(heard(200, &said(&paths).to_string()), expected, "{paths:?}");
        }
    }
}

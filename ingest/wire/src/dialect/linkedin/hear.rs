//! LinkedIn's answers to handed-on events, and their meaning. One tells of each event, or of the whole request.

use serde::Deserialize;
use serde_json::Value;

use super::super::answer::{PlatformAnswer, PlatformRefusal, PlatformReply, shown};

/// The status of a request in a version of the interface that is served no more.
const VERSION_IS_GONE: u16 = 426;

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    elements: Option<Vec<Element>>,
    #[serde(flatten)]
    complaint: Complaint,
}

#[derive(Deserialize)]
struct Element {
    status: u16,
    #[serde(default)]
    error: Option<Complaint>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Complaint {
    /// A number or a text.
    #[serde(rename = "serviceErrorCode")]
    code: Value,
    message: String,
}

/// The meaning of an answer to a request of `events` events.
pub(super) fn hear(reply: &PlatformReply, events: usize) -> PlatformAnswer {
    let Ok(said) = serde_json::from_slice::<Answer>(&reply.body) else {
        return PlatformAnswer::of_status(reply);
    };
    let after = reply.retry_after;
    match reply.status {
        200..300 => match said.elements {
            Some(elements) if elements.len() == events => each(reply, &elements),
            // Cut short, or not as many as were sent: LinkedIn tells copies by their ids.
            _ => PlatformAnswer::Down { after },
        },
        429 => PlatformAnswer::Throttled { after },
        VERSION_IS_GONE | 500.. => PlatformAnswer::Down { after },
        401 | 403 => PlatformAnswer::NeedsCredentials(refusal(reply.status, &said.complaint)),
        _ => {
            let blamed = blamed(&said.complaint.message, events);
            PlatformAnswer::Refused {
                events: blamed,
                refusal: refusal(reply.status, &said.complaint),
            }
        }
    }
}

/// The meaning of an answer that tells of each event.
fn each(reply: &PlatformReply, elements: &[Element]) -> PlatformAnswer {
    let after = reply.retry_after;
    let with = |statuses: std::ops::Range<u16>| {
        elements.iter().find(|element| statuses.contains(&element.status))
    };
    let none = Complaint::default();
    let why = |element: &Element| refusal(element.status, element.error.as_ref().unwrap_or(&none));
    // A fault of no event ends none: all are sent once more, and LinkedIn knows copies by their ids.
    if with(429..430).is_some() {
        return PlatformAnswer::Throttled { after };
    }
    if with(500..600).is_some() {
        return PlatformAnswer::Down { after };
    }
    if let Some(element) = with(401..402).or(with(403..404)) {
        return PlatformAnswer::NeedsCredentials(why(element));
    }
    let failed = elements.iter().enumerate().filter(|(_, element)| element.status >= 400);
    let refused: Vec<_> = failed.map(|(at, element)| (at, why(element))).collect();
    if refused.is_empty() {
        return PlatformAnswer::Taken { trace_id: String::new() };
    }
    PlatformAnswer::PartlyTaken { refused }
}

fn refusal(status: u16, complaint: &Complaint) -> PlatformRefusal {
    let code = match &complaint.code {
        Value::Number(code) => code.to_string(),
        Value::String(code) => shown(code),
        _ => String::new(),
    };
    PlatformRefusal {
        code: if code.is_empty() { status.to_string() } else { code },
        field: field(&complaint.message),
        message: shown(&complaint.message),
        ..PlatformRefusal::default()
    }
}

/// The first path in a text, `/user/userInfo/firstName`, in dots.
fn field(message: &str) -> String {
    let is_name =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let mut words = message.split_ascii_whitespace();
    let path = words.find_map(|word| {
        let path = word.strip_prefix('/')?;
        path.split('/').all(is_name).then(|| path.replace('/', "."))
    });
    path.unwrap_or_default()
}

/// The places that a text names behind `Index:` or `indices`, in order and each once.
fn blamed(message: &str, events: usize) -> Vec<usize> {
    let text = message.to_ascii_lowercase();
    let mut places = Vec::new();
    for mark in ["index", "indices"] {
        for (at, _) in text.match_indices(mark) {
            let behind = &text[at + mark.len()..];
            let list = |letter: char| letter.is_ascii_digit() || " :[],".contains(letter);
            let end = behind.find(|letter| !list(letter)).unwrap_or(behind.len());
            let numbers = behind[..end].split(|letter: char| !letter.is_ascii_digit());
            places.extend(numbers.filter_map(|number| number.parse::<usize>().ok()));
        }
    }
    places.retain(|place| *place < events);
    places.sort_unstable();
    places.dedup();
    places
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn heard(status: u16, body: &Value) -> PlatformAnswer {
        let body = body.to_string().into_bytes();
        hear(&PlatformReply { status, retry_after: None, body }, 3)
    }

    fn refusal(code: &str, field: &str, message: &str) -> PlatformRefusal {
        PlatformRefusal {
            code: code.into(),
            field: field.into(),
            message: message.into(),
            ..PlatformRefusal::default()
        }
    }

    #[test]
    fn each_event_has_a_status_of_its_own() {
        let elements = |statuses: [u16; 3]| {
            let elements = statuses.map(|status| match status {
                201 => json!({"status": 201}),
                status => json!({"status": status, "error": {"message": "No."}}),
            });
            json!({"elements": elements})
        };
        let (down, after) = (PlatformAnswer::Down { after: None }, None);
        let taken = PlatformAnswer::Taken { trace_id: String::new() };
        assert_eq!(heard(200, &elements([201; 3])), taken);
        let refused = vec![(1, refusal("400", "", "No."))];
        let part = PlatformAnswer::PartlyTaken { refused };
        assert_eq!(heard(200, &elements([201, 400, 201])), part);
        assert_eq!(heard(200, &elements([201, 400, 503])), down);
        assert_eq!(heard(200, &elements([429, 400, 201])), PlatformAnswer::Throttled { after });
        let refused = PlatformAnswer::NeedsCredentials(refusal("403", "", "No."));
        assert_eq!(heard(200, &elements([201, 403, 201])), refused);
        for body in [json!({}), json!({"elements": [{"status": 201}]})] {
            assert_eq!(heard(200, &body), down, "{body}");
        }
    }

    #[test]
    fn events_are_named_in_the_text() {
        for (message, events, field) in [
            (
                "Index: 1, ERROR :: /user/userInfo/firstName :: field is required but not found",
                vec![1],
                "user.userInfo.firstName",
            ),
            ("Invalid conversions at indices [0, 2]", vec![0, 2], ""),
            ("Index: 0, ERROR :: /eventId :: too long; Index: 2, ERROR", vec![0, 2], "eventId"),
            ("Index: 3, ERROR", vec![], ""),
            ("bad request", vec![], ""),
        ] {
            let refusal = refusal("422", field, message);
            let expected = PlatformAnswer::Refused { events, refusal };
            assert_eq!(heard(422, &json!({"status": 422, "message": message})), expected);
        }
    }

    #[test]
    fn what_is_no_events_fault_is_told_by_the_status() {
        let body = json!({"status": 401, "serviceErrorCode": 65601, "message": "revoked"});
        let refused = PlatformAnswer::NeedsCredentials(refusal("65601", "", "revoked"));
        assert_eq!(heard(401, &body), refused);
        let body = json!({"message": "No."});
        assert_eq!(heard(429, &body), PlatformAnswer::Throttled { after: None });
        for status in [426, 500, 503] {
            assert_eq!(heard(status, &body), PlatformAnswer::Down { after: None });
        }
    }
}

//! What a platform's answer to a request of handed-on events comes to, whatever the platform.

use std::time::Duration;

use crate::redact::Person;

/// The longest text of an answer that is shown.
const MESSAGE_BYTES_MAX: usize = 200;
/// The longest id of an answer that is kept.
const TRACE_BYTES_MAX: usize = 64;

/// A reply to a request.
#[derive(Clone, Debug, Default)]
pub struct PlatformReply {
    /// The status.
    pub status: u16,
    /// The time that the platform asks to wait.
    pub retry_after: Option<Duration>,
    /// The body, as far as it may be read.
    pub body: Vec<u8>,
}

/// Why a platform refused events or credentials, in its words, without anybody's data.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlatformRefusal {
    /// Its code.
    pub code: String,
    /// The field that is at fault; empty where none is named.
    pub field: String,
    /// Its text; empty where it may repeat what was sent.
    pub message: String,
    /// Its id of the answer, for its support; empty where there is none.
    pub trace_id: String,
}

impl PlatformRefusal {
    /// That of an answer without the platform's own words.
    fn of_status(reply: &PlatformReply) -> PlatformRefusal {
        PlatformRefusal { code: reply.status.to_string(), ..PlatformRefusal::default() }
    }
}

/// What is to be done after an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlatformAnswer {
    /// All events were taken.
    Taken {
        /// The platform's id of the answer.
        trace_id: String,
    },
    /// All events were taken but for these.
    PartlyTaken {
        /// The places of those that were refused, in order and each once, with the reasons; at least one.
        refused: Vec<(usize, PlatformRefusal)>,
    },
    /// Nothing was taken: what was sent is too much for now.
    Throttled {
        /// How long the platform asks to wait.
        after: Option<Duration>,
    },
    /// Whether anything was taken is not known: the platform, or what stands before it, failed.
    Down {
        /// How long it asks to wait.
        after: Option<Duration>,
    },
    /// Nothing is taken with these credentials.
    NeedsCredentials(PlatformRefusal),
    /// Nothing was taken, or it is not known what: some of the events are at fault.
    Refused {
        /// The places of those that are blamed, in order; none where the answer names none.
        events: Vec<usize>,
        /// Why.
        refusal: PlatformRefusal,
    },
}

impl PlatformAnswer {
    /// The meaning of an answer without the platform's own words, a page of some proxy's or a body that was cut short:
    /// nothing can be said of the events.
    pub(super) fn of_status(reply: &PlatformReply) -> PlatformAnswer {
        let after = reply.retry_after;
        match reply.status {
            429 => PlatformAnswer::Throttled { after },
            // Smaller requests may pass.
            413 => PlatformAnswer::Refused {
                events: Vec::new(),
                refusal: PlatformRefusal::of_status(reply),
            },
            401 | 403 => PlatformAnswer::NeedsCredentials(PlatformRefusal::of_status(reply)),
            _ => PlatformAnswer::Down { after },
        }
    }
}

/// A text of the platform's, if nothing in it looks like anybody's: it may repeat what was sent.
pub(super) fn shown(text: &str) -> String {
    let end = text.floor_char_boundary(MESSAGE_BYTES_MAX);
    let text = &text[..end];
    if Person::new().is_told_by(text) { String::new() } else { text.to_owned() }
}

/// An id of letters, digits and dashes; empty where it is none.
pub(super) fn plain(id: &str) -> String {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let fits = id.len() <= TRACE_BYTES_MAX && id.bytes().all(allowed);
    if fits { id.to_owned() } else { String::new() }
}

/// The place of an event and the field in it that a path names, such as `data[3].user_data.em` or
/// `Batch.3.properties.value`: the list of the events, a place in it, names. `None` where it names none of
/// `events` events.
pub(super) fn fault_place(path: &str, lists: &[&str], events: usize) -> Option<(usize, String)> {
    let mut parts = path.split(['.', '[', ']']).filter(|part| !part.is_empty()).peekable();
    let is_list = |part: &&str| lists.iter().any(|list| part.eq_ignore_ascii_case(list));
    parts.next_if(is_list)?;
    let event = parts.next()?.parse().ok()?;
    let is_name = |part: &&str| part.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let field = parts.filter(is_name).collect::<Vec<_>>().join(".");
    (event < events).then_some((event, field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_an_event_and_its_field() {
        for (path, place) in [
            ("data[3].user_data.em", Some((3, "user_data.em"))),
            ("data.1", Some((1, ""))),
            (
                "Batch.0.properties.contents.0.content_id",
                Some((0, "properties.contents.content_id")),
            ),
            ("data.5.event", None),
            ("access_token", None),
            ("3.event_time", None),
            ("", None),
        ] {
            let expected = place.map(|(event, field)| (event, field.to_owned()));
            assert_eq!(fault_place(path, &["data", "batch"], 5), expected, "{path}");
        }
    }

    #[test]
    fn a_text_that_may_repeat_what_was_sent_is_not_shown() {
        assert_eq!(shown("the address jane.doe@example.com is no hash"), "");
        assert_eq!(shown("Invalid parameter"), "Invalid parameter");
        assert_eq!(shown(&"é".repeat(300)).len(), MESSAGE_BYTES_MAX);
        assert_eq!((plain("AbC-1_2"), plain("<b>")), ("AbC-1_2".into(), String::new()));
    }
}

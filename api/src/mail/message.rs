//! A letter in the format of the wire.

use std::time::{Duration, UNIX_EPOCH};

use lettre::Message;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Body, Mailbox};
use stratum_models::time::UnixMillis;
use uuid::Uuid;

use super::{Addressed, Letter, PostError};

/// Whom letters come from.
#[derive(Clone, Debug)]
pub struct Sender(Mailbox);

impl Sender {
    /// Reads `Name <address>`; `None` where it is none.
    pub fn parse(text: &str) -> Option<Sender> {
        text.parse().ok().map(Sender)
    }

    /// The message of a letter. `Refused` where its address cannot be written to.
    pub fn message(
        &self,
        letter: Addressed,
        id: Uuid,
        now: UnixMillis,
    ) -> Result<Message, PostError> {
        let Addressed { to, letter: Letter { subject, text } } = letter;
        let to = to.parse().map_err(|_| PostError::Refused(None))?;
        let since = Duration::from_millis(u64::try_from(now.0).unwrap_or_default());
        let message = Message::builder()
            .from(self.0.clone())
            .to(Mailbox::new(None, to))
            .date(UNIX_EPOCH + since)
            .message_id(Some(format!("<{id}@{}>", self.0.email.domain())))
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(body(text));
        message.map_err(|_| PostError::Refused(None))
    }
}

/// The longest line that mail servers must take, without its end.
const LINE_BYTES_MAX: usize = 998;

/// As written where it can be: a link that is encoded is none to who reads the file.
fn body(text: String) -> Body {
    let is_plain = text.is_ascii()
        && !text.contains(['\r', '\0'])
        && text.lines().all(|line| line.len() <= LINE_BYTES_MAX);
    if !is_plain {
        return Body::new(text);
    }
    let text = text.replace('\n', "\r\n").into_bytes();
    Body::dangerous_pre_encoded(text, ContentTransferEncoding::SevenBit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::MailConfig;

    const LINK: &str =
        "https://stratum.example/reset-password#token=0123456789012345678901234567890123456789012";

    fn letter(to: &str) -> Addressed {
        let text = format!("A line.\n.\n{LINK}\n");
        Addressed { to: to.to_owned(), letter: Letter { subject: "A subject", text } }
    }

    #[test]
    fn a_message_is_dated_by_our_clock_and_read_as_written() {
        let sender = Sender::parse(&MailConfig::default().from).unwrap();
        let now = UnixMillis(1_700_000_000_000);
        let message = sender.message(letter("ana@example.com"), Uuid::from_u128(7), now).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        for line in [
            "From: Stratum <stratum@localhost>",
            "To: ana@example.com",
            "Subject: A subject",
            "Date: Tue, 14 Nov 2023 22:13:20 +0000",
            LINK,
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
    }

    #[test]
    fn an_address_with_a_second_header_is_refused() {
        let sender = Sender::parse("Stratum <post@example.com>").unwrap();
        for to in ["", "ana", "ana@example.com\r\nBcc: eve@example.com", "a@b.de, c@d.de"] {
            let refused = sender.message(letter(to), Uuid::nil(), UnixMillis(0));
            assert_eq!(refused.err(), Some(PostError::Refused(None)), "{to}");
        }
        assert!(Sender::parse("no address").is_none());
    }
}

//! A message in the format of the wire.

use std::time::{Duration, UNIX_EPOCH};

use lettre::Message;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Body, Mailbox};
use stratum_models::time::UnixMillis;
use uuid::Uuid;

use super::{DeliveryError, OutgoingMail};

/// The sender of messages.
#[derive(Clone, Debug)]
pub struct Sender(Mailbox);

impl Sender {
    /// Reads `Name <address>`; `None` where it is none.
    pub fn parse(text: &str) -> Option<Sender> {
        text.parse().ok().map(Sender)
    }

    /// A message as it is sent, the same id for the same message. `Refused` where its address cannot be written to.
    pub fn message(
        &self,
        mail: &OutgoingMail,
        id: Uuid,
        now: UnixMillis,
    ) -> Result<Message, DeliveryError> {
        let to = mail.to.parse().map_err(|_| DeliveryError::Refused(None))?;
        let since = Duration::from_millis(u64::try_from(now.0).unwrap_or_default());
        let message = Message::builder()
            .from(self.0.clone())
            .to(Mailbox::new(None, to))
            .date(UNIX_EPOCH + since)
            .message_id(Some(format!("<{id}@{}>", self.0.email.domain())))
            .subject(&*mail.message.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(body(&mail.message.text));
        message.map_err(|_| DeliveryError::Refused(None))
    }
}

/// The longest line that mail servers must take, without its end.
const LINE_BYTES_MAX: usize = 998;

/// As written where it can be: a link that is encoded is none to who reads the file.
fn body(text: &str) -> Body {
    let is_plain = text.is_ascii()
        && !text.contains(['\r', '\0'])
        && text.lines().all(|line| line.len() <= LINE_BYTES_MAX);
    if !is_plain {
        return Body::new(text.to_owned());
    }
    let text = text.replace('\n', "\r\n").into_bytes();
    Body::dangerous_pre_encoded(text, ContentTransferEncoding::SevenBit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{MailConfig, MailMessage};

    const LINK: &str =
        "https://stratum.example/reset-password#token=0123456789012345678901234567890123456789012";

    fn mail(to: &str) -> OutgoingMail {
        let text = format!("A line.\n.\n{LINK}\n");
        OutgoingMail {
            to: to.to_owned(),
            message: MailMessage { subject: "A subject".into(), text },
        }
    }

    #[test]
    fn a_message_is_dated_by_our_clock_and_read_as_written() {
        let sender = Sender::parse(&MailConfig::default().from).unwrap();
        let now = UnixMillis(1_700_000_000_000);
        let message = sender.message(&mail("ana@example.com"), Uuid::from_u128(7), now).unwrap();
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
            let refused = sender.message(&mail(to), Uuid::nil(), UnixMillis(0));
            assert_eq!(refused.err(), Some(DeliveryError::Refused(None)), "{to}");
        }
        assert!(Sender::parse("no address").is_none());
    }
}

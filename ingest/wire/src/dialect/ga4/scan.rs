//! One of the Measurement Protocol's event objects.

use stratum_models::dialect::Dialect;
use stratum_models::event::PURCHASE;
use stratum_models::event_name::StandardEvent;
use stratum_models::identifier::IdentifierKey as Key;
use stratum_models::rejection::RejectReason;
use stratum_models::time::UnixMillis;

use super::super::event_reader::EventReader;
use crate::decode::Malformed;

/// Characters of an event's name.
const NAME_MAX: usize = 40;
/// Names that begin so are Google's own.
const RESERVED: [&str; 3] = ["ga_", "google_", "firebase_"];

/// Reads the event to its closing brace.
pub(super) fn event(mut event: EventReader<'_, '_>) -> Result<(), Malformed> {
    event.fields(|event, key| match key.as_bytes() {
        b"name" => name(event),
        b"params" => event.custom_data("params", param),
        b"timestamp_micros" => micros(event, "timestamp_micros"),
        _ => event.reader.skip(),
    })?;
    event.end_identifiers("params");
    // Of purchases alone Google drops the second: by their transaction.
    if event.event.event_name == Some(PURCHASE) {
        event.event.event_id = event.event.order_id;
    }
    Ok(())
}

/// A time in microseconds of Unix.
pub(super) fn micros(
    event: &mut EventReader<'_, '_>,
    field: &'static str,
) -> Result<(), Malformed> {
    if let Some(text) = event.scalar(field)? {
        match text.parse::<i64>() {
            Ok(micros) => event.event.event_time = Some(UnixMillis(micros.div_euclid(1000))),
            Err(_) => event.fault(RejectReason::InvalidValue, field, "a Unix time in microseconds"),
        }
    }
    Ok(())
}

fn name(event: &mut EventReader<'_, '_>) -> Result<(), Malformed> {
    const EXPECTED: &str = "1 to 40 letters, digits or underscores, begin with a letter, and not \
        with ga_, google_ or firebase_";
    let Some(sent) = event.name("name")? else { return Ok(()) };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let fits = sent.len() <= NAME_MAX
        && sent.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && sent.bytes().all(plain)
        && !RESERVED.iter().any(|reserved| sent.starts_with(reserved));
    if !fits {
        event.fault(RejectReason::InvalidValue, "name", EXPECTED);
    }
    let meant = StandardEvent::meant(Dialect::Ga4, sent);
    event.event.event_name = meant.map(StandardEvent::as_str).or(Some(sent));
    Ok(())
}

fn param(event: &mut EventReader<'_, '_>, key: &str) -> Result<(), Malformed> {
    match key.as_bytes() {
        b"value" => event.value("params.value"),
        b"currency" => event.currency("params.currency"),
        b"transaction_id" => {
            event.text("params.transaction_id").map(|id| event.event.order_id = id)
        }
        b"event_id" => event.text("params.event_id").map(|id| event.event.event_id = id),
        b"page_location" => event.scalar("params.page_location").map(|url| event.event.url = url),
        b"campaign_id" => event.text("params.campaign_id").map(|id| event.event.campaign_id = id),
        b"gclid" => event.identifier(Key::ClickId, "params.gclid"),
        _ => event.reader.skip(),
    }
}

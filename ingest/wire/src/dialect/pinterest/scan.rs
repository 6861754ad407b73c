//! One of Pinterest's event objects.

use stratum_models::dialect::Dialect;
use stratum_models::event_name::StandardEvent;
use stratum_models::identifier::IdentifierKey as Key;
use stratum_models::platform::ActionSource;
use stratum_models::rejection::RejectReason;

use super::super::event_reader::EventReader;
use super::super::identifier_field::identifier_field;
use crate::decode::Malformed;

/// Reads the event to its closing brace.
pub(super) fn event(mut event: EventReader<'_, '_>) -> Result<(), Malformed> {
    event.fields(|event, key| match key.as_bytes() {
        b"event_name" => name(event),
        b"event_time" => event.unix_time("event_time"),
        b"event_id" => event.text("event_id").map(|id| event.event.event_id = id),
        b"action_source" => action_source(event),
        b"event_source_url" => event.scalar("event_source_url").map(|url| event.event.url = url),
        b"opt_out" => event.flag("opt_out").map(|is_out| event.event.opt_out = is_out),
        b"user_data" => user_data(event),
        b"custom_data" => event.custom_data("custom_data", custom_data),
        _ => event.reader.skip(),
    })
}

fn name(event: &mut EventReader<'_, '_>) -> Result<(), Malformed> {
    let sent = event.name("event_name")?;
    let meant = sent.and_then(|name| StandardEvent::meant(Dialect::Pinterest, name));
    event.event.event_name = meant.map(StandardEvent::as_str).or(sent);
    Ok(())
}

fn action_source(event: &mut EventReader<'_, '_>) -> Result<(), Malformed> {
    const EXPECTED: &str = "one of app_android, app_ios, web, offline";
    let Some(text) = event.scalar("action_source")? else { return Ok(()) };
    event.event.action_source = match text {
        "web" => Some(ActionSource::Website),
        "app_android" | "app_ios" => Some(ActionSource::App),
        "offline" => Some(ActionSource::PhysicalStore),
        _ => None,
    };
    if event.event.action_source.is_none() {
        event.fault(RejectReason::InvalidValue, "action_source", EXPECTED);
    }
    Ok(())
}

fn user_data(event: &mut EventReader<'_, '_>) -> Result<(), Malformed> {
    // A second user_data replaces the first.
    event.forget_identifiers();
    event.event.has_user_data |= event.object("user_data", identifier)?;
    event.end_identifiers("user_data");
    Ok(())
}

fn identifier(event: &mut EventReader<'_, '_>, key: &str) -> Result<(), Malformed> {
    let (key, path) = match key.as_bytes() {
        b"click_id" => (Key::ClickId, "user_data.click_id"),
        b"hashed_maids" => (Key::MobileAdId, "user_data.hashed_maids"),
        _ => match identifier_field(key) {
            Some(known) => known,
            None => return event.reader.skip(),
        },
    };
    event.identifier(key, path)
}

fn custom_data(event: &mut EventReader<'_, '_>, key: &str) -> Result<(), Malformed> {
    match key.as_bytes() {
        b"value" => event.value("custom_data.value"),
        b"currency" => event.currency("custom_data.currency"),
        b"order_id" => event.text("custom_data.order_id").map(|id| event.event.order_id = id),
        b"opt_out_type" => {
            let flags = event.scalar("custom_data.opt_out_type")?.unwrap_or_default();
            event.event.limited_data_use = flags.split(',').any(|flag| flag.trim() == "LDP");
            Ok(())
        }
        _ => event.reader.skip(),
    }
}

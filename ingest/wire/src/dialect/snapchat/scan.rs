//! One of Snapchat's event objects, of v3 and of v2.

use stratum_models::dialect::Dialect;
use stratum_models::event::PURCHASE;
use stratum_models::event_name::StandardEvent;
use stratum_models::identifier::IdentifierKey as Key;
use stratum_models::platform::ActionSource;
use stratum_models::rejection::RejectReason;

use super::super::event_reader::EventReader;
use super::super::identifier_field::identifier_field;
use crate::decode::Malformed;
use crate::decode::json::Token;

/// Reads an event of v3 to its closing brace.
pub(super) fn event(mut event: EventReader<'_, '_>) -> Result<(), Malformed> {
    event.fields(|event, key| match key.as_bytes() {
        b"event_name" => name(event, "event_name"),
        b"event_time" => event.unix_time("event_time"),
        b"event_id" => event.text("event_id").map(|id| event.event.event_id = id),
        b"action_source" => action_source(event, "action_source"),
        b"event_source_url" => event.scalar("event_source_url").map(|url| event.event.url = url),
        b"opt_out" => event.flag("opt_out").map(|is_out| event.event.opt_out = is_out),
        b"data_processing_options" => data_use(event, "data_processing_options"),
        b"user_data" => user_data(event),
        b"custom_data" => event.custom_data("custom_data", custom_data),
        _ => event.reader.skip(),
    })
}

/// Reads an event of v2 to its closing brace: all its fields stand side by side.
pub(super) fn flat_event(mut event: EventReader<'_, '_>) -> Result<(), Malformed> {
    event.fields(|event, key| match key.as_bytes() {
        b"pixel_id" | b"snap_app_id" => {
            let id = event.text("pixel_id")?;
            event.event.dataset_id = id.or(event.event.dataset_id);
            Ok(())
        }
        b"event_type" => name(event, "event_type"),
        b"timestamp" => event.unix_time("timestamp"),
        b"event_conversion_type" => action_source(event, "event_conversion_type"),
        b"client_dedup_id" => event.text("client_dedup_id").map(|id| event.event.event_id = id),
        b"transaction_id" => event.text("transaction_id").map(|id| event.event.order_id = id),
        b"price" => event.value("price"),
        b"currency" => event.currency("currency"),
        b"page_url" => event.scalar("page_url").map(|url| event.event.url = url),
        b"data_use" => data_use(event, "data_use"),
        _ => flat_identifier(event, key),
    })?;
    event.event.has_user_data = true;
    event.end_identifiers("");
    // A purchase that says no more is known by its order.
    if event.event.event_id.is_none() && event.event.event_name == Some(PURCHASE) {
        event.event.event_id = event.event.order_id;
    }
    Ok(())
}

fn name(event: &mut EventReader<'_, '_>, field: &'static str) -> Result<(), Malformed> {
    let sent = event.name(field)?;
    let meant = sent.and_then(|name| StandardEvent::meant(Dialect::Snapchat, name));
    event.event.event_name = meant.map(StandardEvent::as_str).or(sent);
    Ok(())
}

fn action_source(event: &mut EventReader<'_, '_>, field: &'static str) -> Result<(), Malformed> {
    const EXPECTED: &str = "one of WEB, MOBILE_APP, OFFLINE";
    let Some(text) = event.scalar(field)? else { return Ok(()) };
    let is_one = |names: &[&str]| names.iter().any(|name| text.eq_ignore_ascii_case(name));
    event.event.action_source = if is_one(&["WEB", "WEBSITE"]) {
        Some(ActionSource::Website)
    } else if is_one(&["MOBILE_APP", "APP"]) {
        Some(ActionSource::App)
    } else if is_one(&["OFFLINE"]) {
        Some(ActionSource::PhysicalStore)
    } else {
        event.fault(RejectReason::InvalidValue, field, EXPECTED);
        None
    };
    Ok(())
}

/// Options as a list of texts, or as a text that holds the list.
fn data_use(event: &mut EventReader<'_, '_>, field: &'static str) -> Result<(), Malformed> {
    let is_limited = |text: &str| text.contains("LDU") || text.contains("LMU");
    match event.reader.token()? {
        Token::Text(text) => event.event.limited_data_use |= is_limited(text),
        Token::Null => {}
        Token::List => {
            let mut first = true;
            while event.reader.element(&mut first)? {
                match event.reader.token()? {
                    Token::Text(text) => event.event.limited_data_use |= is_limited(text),
                    Token::Null => {}
                    token => event.wrong(token, field, "a list of texts")?,
                }
            }
        }
        token => event.wrong(token, field, "a list of texts")?,
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
        b"sc_click_id" => (Key::ClickId, "user_data.sc_click_id"),
        b"sc_cookie1" => (Key::BrowserId, "user_data.sc_cookie1"),
        b"madid" => (Key::MobileAdId, "user_data.madid"),
        b"mobile_ad_id" => (Key::MobileAdId, "user_data.mobile_ad_id"),
        _ => match identifier_field(key) {
            Some(known) => known,
            None => return event.reader.skip(),
        },
    };
    event.identifier(key, path)
}

/// Sounds of names (`_sdx`) and parts of a birthday match nobody by themselves and are skipped.
fn flat_identifier(event: &mut EventReader<'_, '_>, key: &str) -> Result<(), Malformed> {
    let (key, path) = match key.as_bytes() {
        b"hashed_email" => (Key::Email, "hashed_email"),
        b"hashed_phone_number" => (Key::Phone, "hashed_phone_number"),
        b"hashed_first_name_sha" => (Key::FirstName, "hashed_first_name_sha"),
        b"hashed_last_name_sha" => (Key::LastName, "hashed_last_name_sha"),
        b"hashed_city_sha" => (Key::City, "hashed_city_sha"),
        b"hashed_state_sha" => (Key::State, "hashed_state_sha"),
        b"hashed_zip" => (Key::Zip, "hashed_zip"),
        b"hashed_mobile_ad_id" => (Key::MobileAdId, "hashed_mobile_ad_id"),
        // A hash of an address is told to be no usable one.
        b"hashed_ip_address" => (Key::ClientIp, "hashed_ip_address"),
        b"user_agent" => (Key::UserAgent, "user_agent"),
        b"click_id" => (Key::ClickId, "click_id"),
        b"uuid_c1" => (Key::BrowserId, "uuid_c1"),
        _ => return event.reader.skip(),
    };
    event.identifier(key, path)
}

fn custom_data(event: &mut EventReader<'_, '_>, key: &str) -> Result<(), Malformed> {
    match key.as_bytes() {
        b"value" => event.value("custom_data.value"),
        b"currency" => event.currency("custom_data.currency"),
        b"order_id" => event.text("custom_data.order_id").map(|id| event.event.order_id = id),
        _ => event.reader.skip(),
    }
}

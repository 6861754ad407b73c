//! Requests to Pinterest with events that are handed on.

use stratum_models::dialect::Dialect;
use stratum_models::event_name::StandardEvent;
use stratum_models::identifier::IdentifierKey as Key;
use stratum_models::platform::ActionSource;

use super::super::json_writer::{Object, decimal};
use super::super::platform_format;
use crate::envelope::{ClearIdKind, OutboundEvent};

/// Pinterest's names beside those of events that we have a name for. All others are custom.
const ITS_NAMES: &[&str] = &["app_install", "app_open", "watch_video"];
/// Words in the user agents of apps on Apple's devices.
const APPLE_AGENTS: [&str; 5] = ["iPhone", "iPad", "iOS", "Darwin", "CFNetwork"];

/// The code of the reason why Pinterest would refuse an event.
pub(super) fn untaken(event: &OutboundEvent<'_>) -> Option<&'static str> {
    let is_somebodys = event.has_hash(Key::Email)
        || event.has_hash(Key::MobileAdId)
        || event.id(ClearIdKind::ClientIp).is_some() && event.id(ClearIdKind::UserAgent).is_some();
    (!is_somebodys).then_some(platform_format::TOO_FEW_IDENTIFIERS)
}

/// The body of a request.
pub(super) fn speak(events: &[&OutboundEvent<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    Object::write(&mut body, |request| {
        request.objects("data", events, |object, event| write_event(object, event));
    });
    body
}

fn write_event(object: &mut Object<'_>, event: &OutboundEvent<'_>) {
    object.text("event_name", name(event.event_name));
    object.raw("event_time", &event.event_time_ms.div_euclid(1000).to_string());
    object.text("event_id", event.event_id);
    object.text("action_source", source(event));
    if let Some(url) = event.source_url {
        object.text("event_source_url", url);
    }
    if event.opt_out {
        object.raw("opt_out", "true");
    }
    object.object("user_data", |object| user_data(object, event));
    object.object("custom_data", |object| custom_data(object, event));
}

fn name(name: &str) -> &str {
    match StandardEvent::parse(name) {
        Some(event) => event.name_in(Dialect::Pinterest),
        None => ITS_NAMES.contains(&name).then_some(name),
    }
    .unwrap_or("custom")
}

/// The place of an event. Which system an app runs on is told by its user agent alone.
fn source(event: &OutboundEvent<'_>) -> &'static str {
    match event.action_source {
        ActionSource::App => {
            let agent = event.id(ClearIdKind::UserAgent).unwrap_or_default();
            let is_apples = APPLE_AGENTS.iter().any(|name| agent.contains(name));
            if is_apples { "app_ios" } else { "app_android" }
        }
        ActionSource::PhysicalStore => "offline",
        _ => "web",
    }
}

fn user_data(object: &mut Object<'_>, event: &OutboundEvent<'_>) {
    object.person_hashes(event);
    object.hashes("hashed_maids", event, Key::MobileAdId);
    for (key, kind) in [
        ("client_ip_address", ClearIdKind::ClientIp),
        ("client_user_agent", ClearIdKind::UserAgent),
        ("click_id", ClearIdKind::ClickId),
    ] {
        object.id(key, event, kind);
    }
}

/// The worth, the order and the restriction as they are known here, and whatever else was sent. An amount is a text.
fn custom_data(object: &mut Object<'_>, event: &OutboundEvent<'_>) {
    if let (Some(micros), Some(currency)) = (event.value_micros, event.currency) {
        object.text("value", &decimal(micros));
        object.text("currency", currency.as_str());
    }
    if let Some(id) = event.order_id {
        object.text("order_id", id);
    }
    if event.limited_data_use {
        object.text("opt_out_type", "LDP");
    }
    object.custom_data(event, &["value", "currency", "order_id", "opt_out_type"]);
}

#[cfg(test)]
mod tests;

//! Requests to Snapchat's v3 with events that are handed on.

use stratum_models::dialect::Dialect;
use stratum_models::event::PURCHASE;
use stratum_models::event_name::StandardEvent;
use stratum_models::identifier::IdentifierKey as Key;
use stratum_models::platform::ActionSource;

use super::super::json_writer::Object;
use super::super::platform_format;
use crate::envelope::{ClearIdKind, OutboundEvent};

/// Snapchat's names beside those of events that we have a name for. It takes no others.
const ITS_NAMES: &[&str] = &[
    "SAVE",
    "AD_CLICK",
    "AD_VIEW",
    "COMPLETE_TUTORIAL",
    "LEVEL_COMPLETE",
    "INVITE",
    "LOGIN",
    "SHARE",
    "RESERVE",
    "ACHIEVEMENT_UNLOCKED",
    "SPENT_CREDITS",
    "RATE",
    "APP_INSTALL",
    "APP_OPEN",
    "CUSTOM_EVENT_1",
    "CUSTOM_EVENT_2",
    "CUSTOM_EVENT_3",
    "CUSTOM_EVENT_4",
    "CUSTOM_EVENT_5",
];

/// The code of the reason why Snapchat would refuse an event.
pub(super) fn untaken(event: &OutboundEvent<'_>) -> Option<&'static str> {
    let is_nobodys = ![Key::Email, Key::Phone].iter().any(|key| event.has_hash(*key))
        && event.id(ClearIdKind::MobileAdId).is_none()
        && (event.id(ClearIdKind::ClientIp).is_none()
            || event.id(ClearIdKind::UserAgent).is_none());
    if name(event.event_name).is_none() {
        Some(platform_format::UNKNOWN_NAME)
    } else if event.event_name == PURCHASE
        && (event.value_micros.is_none() || event.currency.is_none())
    {
        Some(platform_format::NO_VALUE)
    } else {
        is_nobodys.then_some(platform_format::TOO_FEW_IDENTIFIERS)
    }
}

/// Snapchat's name of an event; `None` where it has none.
fn name(name: &str) -> Option<&str> {
    match StandardEvent::parse(name) {
        Some(event) => event.name_in(Dialect::Snapchat),
        None => ITS_NAMES.contains(&name).then_some(name),
    }
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
    object.text("event_name", name(event.event_name).unwrap_or(event.event_name));
    object.raw("event_time", &event.event_time_ms.div_euclid(1000).to_string());
    object.text("event_id", event.event_id);
    object.text("action_source", source(event.action_source));
    if let Some(url) = event.source_url {
        object.text("event_source_url", url);
    }
    if event.opt_out {
        object.raw("opt_out", "true");
    }
    if event.limited_data_use {
        object.raw("data_processing_options", r#"["LMU"]"#);
    }
    object.object("user_data", |object| user_data(object, event));
    object.object("custom_data", |object| custom_data(object, event));
}

fn source(source: ActionSource) -> &'static str {
    match source {
        ActionSource::App => "MOBILE_APP",
        ActionSource::PhysicalStore => "OFFLINE",
        _ => "WEB",
    }
}

fn user_data(object: &mut Object<'_>, event: &OutboundEvent<'_>) {
    object.person_hashes(event);
    for (key, kind) in [
        ("client_ip_address", ClearIdKind::ClientIp),
        ("client_user_agent", ClearIdKind::UserAgent),
        ("sc_click_id", ClearIdKind::ClickId),
        ("sc_cookie1", ClearIdKind::BrowserId),
        ("madid", ClearIdKind::MobileAdId),
    ] {
        object.id(key, event, kind);
    }
}

/// The worth and the order as they are known here, and whatever else was sent.
fn custom_data(object: &mut Object<'_>, event: &OutboundEvent<'_>) {
    object.worth(event);
    if let Some(id) = event.order_id {
        object.text("order_id", id);
    }
    object.custom_data(event, &["value", "currency", "order_id"]);
}

#[cfg(test)]
mod tests;

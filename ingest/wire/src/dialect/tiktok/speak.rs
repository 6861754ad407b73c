//! Requests to TikTok's Events 2.0 with events that are handed on.

use stratum_models::dialect::Dialect;
use stratum_models::event_name::StandardEvent;
use stratum_models::identifier::IdentifierKey as Key;
use stratum_models::platform::ActionSource;

use super::super::json_writer::Object;
use super::super::platform_format::RequestHead;
use crate::envelope::{ClearIdKind, OutboundEvent};
use crate::normalize::country_of_hash;

/// The place of an event as a request says it of all its events.
pub(super) fn source(event: &OutboundEvent<'_>) -> &'static str {
    match event.action_source {
        ActionSource::App => "app",
        ActionSource::PhysicalStore => "offline",
        ActionSource::SystemGenerated => "crm",
        _ => "web",
    }
}

/// The body of a request. With a code, TikTok shows the events among its test events and counts them nowhere.
pub(super) fn speak(events: &[&OutboundEvent<'_>], head: &RequestHead<'_>) -> Vec<u8> {
    let mut body = Vec::new();
    Object::write(&mut body, |request| {
        request.text("event_source", events.first().map_or("web", |event| source(event)));
        request.text("event_source_id", head.remote_id);
        if let Some(code) = head.test_code {
            request.text("test_event_code", code);
        }
        request.objects("data", events, |object, event| write_event(object, event));
    });
    body
}

fn write_event(object: &mut Object<'_>, event: &OutboundEvent<'_>) {
    object.text("event", name(event.event_name));
    object.raw("event_time", &event.event_time_ms.div_euclid(1000).to_string());
    object.text("event_id", event.event_id);
    object.object("user", |object| user(object, event));
    object.object("properties", |object| properties(object, event));
    if let Some(url) = event.source_url {
        object.object("page", |object| object.text("url", url));
    }
    if let Some(id) = event.id(ClearIdKind::LeadId) {
        object.object("lead", |object| object.text("lead_id", id));
    }
    if event.limited_data_use {
        object.raw("limited_data_use", "true");
    }
}

/// TikTok's name of the event; a sender's own name is told as it is.
fn name(name: &str) -> &str {
    let known = StandardEvent::parse(name).and_then(|event| event.name_in(Dialect::Tiktok));
    known.unwrap_or(name)
}

fn user(object: &mut Object<'_>, event: &OutboundEvent<'_>) {
    object.hashes("email", event, Key::Email);
    object.hashes("phone", event, Key::Phone);
    object.hashes("external_id", event, Key::ExternalId);
    object.hash("first_name", event, Key::FirstName);
    object.hash("last_name", event, Key::LastName);
    object.hash("zip_code", event, Key::Zip);
    let country = event.hashes.iter().filter(|one| one.key == Key::Country);
    if let Some(code) = country.filter_map(|one| country_of_hash(&one.hash)).next() {
        object.text("country", code);
    }
    for (key, kind) in [
        ("state", ClearIdKind::State),
        ("city", ClearIdKind::City),
        ("ttclid", ClearIdKind::ClickId),
        ("ttp", ClearIdKind::BrowserId),
        ("ip", ClearIdKind::ClientIp),
        ("user_agent", ClearIdKind::UserAgent),
        ("gaid", ClearIdKind::MobileAdId),
        ("idfa", ClearIdKind::AppleAdId),
    ] {
        object.id(key, event, kind);
    }
}

/// The worth and the order as they are known here, and whatever else was sent.
fn properties(object: &mut Object<'_>, event: &OutboundEvent<'_>) {
    object.worth(event);
    if let Some(id) = event.order_id {
        object.text("order_id", id);
    }
    object.custom_data(event, &["value", "currency", "order_id"]);
}

#[cfg(test)]
mod tests;

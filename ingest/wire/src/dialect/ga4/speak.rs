//! Requests of the Measurement Protocol with events that are handed on. A request is of one visitor.

use stratum_models::dialect::Dialect;
use stratum_models::event::PURCHASE;
use stratum_models::event_name::StandardEvent;
use stratum_models::identifier::IdentifierKey as Key;

use super::super::json_writer::Object;
use super::super::platform_format::RequestHead;
use crate::envelope::{ClearIdKind, OutboundEvent};
use crate::normalize::country_of_hash;

/// The ids of the visitor, which stand beside the events.
const VISITOR: [ClearIdKind; 7] = [
    ClearIdKind::BrowserId,
    ClearIdKind::UserId,
    ClearIdKind::ClientIp,
    ClearIdKind::UserAgent,
    ClearIdKind::City,
    ClearIdKind::State,
    ClearIdKind::Zip,
];
/// The parts of an address in clear.
const ADDRESS: [(&str, ClearIdKind); 3] = [
    ("city", ClearIdKind::City),
    ("region", ClearIdKind::State),
    ("postal_code", ClearIdKind::Zip),
];
/// The other parts of an address.
const ADDRESS_HASHES: [Key; 3] = [Key::FirstName, Key::LastName, Key::Country];
/// Parameters that are known better than as they were sent.
const KNOWN: [&str; 6] =
    ["value", "currency", "transaction_id", "event_id", "page_location", "gclid"];

/// Whether two events are of one visitor, so that they may stand in one request.
pub(super) fn share_request(one: &OutboundEvent<'_>, other: &OutboundEvent<'_>) -> bool {
    VISITOR.iter().all(|kind| one.id(*kind) == other.id(*kind))
        && one.hashes == other.hashes
        && one.limited_data_use == other.limited_data_use
}

/// Whether the id of a dataset is that of a web site's stream; else it is of an app.
pub fn is_web(remote_id: &str) -> bool {
    remote_id.starts_with("G-")
}

/// The body of a request.
pub(super) fn speak(events: &[&OutboundEvent<'_>], head: &RequestHead<'_>) -> Vec<u8> {
    let mut body = Vec::new();
    let is_web = is_web(head.remote_id);
    Object::write(&mut body, |request| {
        if let Some(event) = events.first() {
            visitor(request, event, is_web);
        }
        request.objects("events", events, |object, event| write_event(object, event, is_web));
    });
    body
}

fn visitor(request: &mut Object<'_>, event: &OutboundEvent<'_>, is_web: bool) {
    let client = if is_web { "client_id" } else { "app_instance_id" };
    request.id(client, event, ClearIdKind::BrowserId);
    request.id("user_id", event, ClearIdKind::UserId);
    request.id("ip_override", event, ClearIdKind::ClientIp);
    request.id("user_agent", event, ClearIdKind::UserAgent);
    if event.limited_data_use {
        request.object("consent", |consent| {
            consent.text("ad_user_data", "DENIED");
            consent.text("ad_personalization", "DENIED");
        });
    }
    let micros = event.event_time_ms.saturating_mul(1000);
    request.raw("timestamp_micros", &micros.to_string());
    let has_address = ADDRESS_HASHES.iter().any(|key| event.has_hash(*key))
        || ADDRESS.iter().any(|(_, kind)| event.id(*kind).is_some());
    if has_address || event.has_hash(Key::Email) || event.has_hash(Key::Phone) {
        request.object("user_data", |object| {
            object.hashes("sha256_email_address", event, Key::Email);
            object.hashes("sha256_phone_number", event, Key::Phone);
            if has_address {
                object.objects("address", [event], address);
            }
        });
    }
}

fn address(object: &mut Object<'_>, event: &OutboundEvent<'_>) {
    object.hash("sha256_first_name", event, Key::FirstName);
    object.hash("sha256_last_name", event, Key::LastName);
    ADDRESS.iter().for_each(|(key, kind)| object.id(key, event, *kind));
    let country = event.hashes.iter().filter(|one| one.key == Key::Country);
    if let Some(code) = country.filter_map(|one| country_of_hash(&one.hash)).next() {
        object.text("country", &code.to_ascii_uppercase());
    }
}

fn write_event(object: &mut Object<'_>, event: &OutboundEvent<'_>, is_web: bool) {
    object.text("name", name(event.event_name, is_web));
    object.raw("timestamp_micros", &event.event_time_ms.saturating_mul(1000).to_string());
    object.object("params", |object| {
        object.worth(event);
        if let Some(id) = event.order_id {
            object.text("transaction_id", id);
        }
        // Of purchases Google drops copies by the transaction, of others it drops none.
        if event.event_name != PURCHASE && !event.is_id_made {
            object.text("event_id", event.event_id);
        }
        if let Some(url) = event.source_url {
            object.text("page_location", url);
        }
        object.id("gclid", event, ClearIdKind::ClickId);
        object.custom_data(event, &KNOWN);
    });
}

/// Google's name of the event; a sender's own name is told as it is.
fn name(name: &str, is_web: bool) -> &str {
    match StandardEvent::parse(name) {
        Some(StandardEvent::PageView) if !is_web => "screen_view",
        Some(event) => event.name_in(Dialect::Ga4).unwrap_or(name),
        None => name,
    }
}

#[cfg(test)]
mod tests;

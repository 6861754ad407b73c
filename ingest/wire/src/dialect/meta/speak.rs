//! Requests to Meta with events that are handed on.

use stratum_models::identifier::IdentifierKey;

use super::super::json_writer::Object;
use super::super::platform_format::RequestHead;
use crate::envelope::{ClearIdKind, OutboundEvent};

/// The body of a request. With a code, Meta shows the events among its test events, and counts them all the same.
pub(super) fn speak(events: &[&OutboundEvent<'_>], head: &RequestHead<'_>) -> Vec<u8> {
    let mut body = Vec::new();
    Object::write(&mut body, |request| {
        request.objects("data", events, |object, event| write_event(object, event));
        if let Some(code) = head.test_code {
            request.text("test_event_code", code);
        }
    });
    body
}

fn write_event(object: &mut Object<'_>, event: &OutboundEvent<'_>) {
    object.text("event_name", event.event_name);
    object.raw("event_time", &event.event_time_ms.div_euclid(1000).to_string());
    object.text("event_id", event.event_id);
    object.text("action_source", event.action_source.as_str());
    if let Some(url) = event.source_url {
        object.text("event_source_url", url);
    }
    if event.opt_out {
        object.raw("opt_out", "true");
    }
    if event.limited_data_use {
        object.raw("data_processing_options", r#"["LDU"]"#);
        // Meta tells where somebody is by itself where both are 0.
        let (country, state) = event.limited_data_use_codes.unwrap_or_default();
        object.raw("data_processing_options_country", &country.to_string());
        object.raw("data_processing_options_state", &state.to_string());
    }
    object.object("user_data", |object| user_data(object, event));
    object.object("custom_data", |object| custom_data(object, event));
}

fn user_data(object: &mut Object<'_>, event: &OutboundEvent<'_>) {
    object.person_hashes(event);
    if event.id(ClearIdKind::MobileAdId).is_none() {
        object.hashes("madid", event, IdentifierKey::MobileAdId);
    }
    for id in &event.ids {
        if let Some(name) = clear_name(id.kind) {
            object.text(name, id.value);
        }
    }
}

fn clear_name(kind: ClearIdKind) -> Option<&'static str> {
    Some(match kind {
        ClearIdKind::ClientIp => "client_ip_address",
        ClearIdKind::UserAgent => "client_user_agent",
        ClearIdKind::ClickId => "fbc",
        ClearIdKind::BrowserId => "fbp",
        ClearIdKind::MobileAdId => "madid",
        ClearIdKind::InstallId => "anon_id",
        ClearIdKind::LoginId => "fb_login_id",
        ClearIdKind::LeadId => "lead_id",
        ClearIdKind::SubscriptionId => "subscription_id",
        ClearIdKind::PageScopedId => "page_scoped_user_id",
        ClearIdKind::ChatClickId => "ctwa_clid",
        ClearIdKind::InstagramId => "ig_sid",
        ClearIdKind::AppleAdId | ClearIdKind::City | ClearIdKind::State => return None,
        ClearIdKind::AcxiomId | ClearIdKind::MoatId | ClearIdKind::UserId => return None,
        ClearIdKind::Zip => return None,
    })
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

//! One of TikTok's event objects, of Events 2.0 and of Events 1.0.

use stratum_models::dialect::Dialect;
use stratum_models::event_name::StandardEvent;
use stratum_models::identifier::IdentifierKey as Key;

use super::super::event_reader::EventReader;
use crate::decode::Malformed;
use crate::envelope::ClearIdKind;

/// Reads an event of Events 2.0 to its closing brace.
pub(super) fn event(mut event: EventReader<'_, '_>) -> Result<(), Malformed> {
    event.fields(|event, key| match key.as_bytes() {
        b"event" => name(event),
        b"event_time" => event.unix_time("event_time"),
        b"event_id" => event.text("event_id").map(|id| event.event.event_id = id),
        b"user" => event.object("user", user::<false>).map(drop),
        b"properties" => event.custom_data("properties", property),
        b"page" => event.object("page", page).map(drop),
        b"ad" => event.object("ad", ad).map(drop),
        b"lead" => event.object("lead", lead).map(drop),
        b"limited_data_use" => limited_data_use(event),
        _ => event.reader.skip(),
    })?;
    event.end_identifiers("user");
    Ok(())
}

/// Reads an event of a batch of Events 1.0 to its closing brace.
pub(super) fn pixel_event(mut event: EventReader<'_, '_>) -> Result<(), Malformed> {
    event.fields(pixel_field)?;
    event.end_identifiers("context.user");
    Ok(())
}

/// Reads the value of a field of an event of Events 1.0.
pub(super) fn pixel_field(event: &mut EventReader<'_, '_>, key: &str) -> Result<(), Malformed> {
    match key.as_bytes() {
        b"event" => name(event),
        b"timestamp" => event.iso_time("timestamp").map(|time| event.event.event_time = time),
        b"event_id" => event.text("event_id").map(|id| event.event.event_id = id),
        b"context" => event.object("context", context).map(drop),
        b"properties" => event.custom_data("properties", property),
        b"limited_data_use" => limited_data_use(event),
        _ => event.reader.skip(),
    }
}

fn name(event: &mut EventReader<'_, '_>) -> Result<(), Malformed> {
    let sent = event.name("event")?;
    let meant = sent.and_then(|name| StandardEvent::meant(Dialect::Tiktok, name));
    event.event.event_name = meant.map(StandardEvent::as_str).or(sent);
    Ok(())
}

fn limited_data_use(event: &mut EventReader<'_, '_>) -> Result<(), Malformed> {
    event.event.limited_data_use = event.flag("limited_data_use")?;
    Ok(())
}

/// A field of `user`, which in Events 1.0 stands in `context`.
fn user<const PIXEL: bool>(event: &mut EventReader<'_, '_>, key: &str) -> Result<(), Malformed> {
    macro_rules! at {
        ($key:literal) => {
            if PIXEL { concat!("context.user.", $key) } else { concat!("user.", $key) }
        };
    }
    let (key, path) = match key.as_bytes() {
        b"email" => (Key::Email, at!("email")),
        b"phone" => (Key::Phone, at!("phone")),
        b"phone_number" => (Key::Phone, at!("phone_number")),
        b"external_id" => (Key::ExternalId, at!("external_id")),
        b"ttclid" => (Key::ClickId, at!("ttclid")),
        b"ttp" => (Key::BrowserId, at!("ttp")),
        b"ip" => (Key::ClientIp, at!("ip")),
        b"user_agent" => (Key::UserAgent, at!("user_agent")),
        b"first_name" => (Key::FirstName, at!("first_name")),
        b"last_name" => (Key::LastName, at!("last_name")),
        b"city" => (Key::City, at!("city")),
        b"state" => (Key::State, at!("state")),
        b"country" => (Key::Country, at!("country")),
        b"zip_code" => (Key::Zip, at!("zip_code")),
        b"idfa" => return apple_ad_id(event, at!("idfa")),
        b"gaid" => (Key::MobileAdId, at!("gaid")),
        _ => return event.reader.skip(),
    };
    event.identifier(key, path)
}

/// The advertising id of a device of Apple's, which TikTok tells from those of others.
fn apple_ad_id(event: &mut EventReader<'_, '_>, path: &'static str) -> Result<(), Malformed> {
    let before = event.given.len();
    event.identifier(Key::MobileAdId, path)?;
    event.given[before..].iter_mut().for_each(|one| one.kind = Some(ClearIdKind::AppleAdId));
    Ok(())
}

fn context(event: &mut EventReader<'_, '_>, key: &str) -> Result<(), Malformed> {
    match key.as_bytes() {
        b"user" => event.object("context.user", user::<true>).map(drop),
        b"page" => event.object("context.page", page).map(drop),
        b"ad" => event.object("context.ad", ad).map(drop),
        b"ip" => event.identifier(Key::ClientIp, "context.ip"),
        b"user_agent" => event.identifier(Key::UserAgent, "context.user_agent"),
        _ => event.reader.skip(),
    }
}

fn page(event: &mut EventReader<'_, '_>, key: &str) -> Result<(), Malformed> {
    match key {
        "url" => event.scalar("page.url").map(|url| event.event.url = url),
        _ => event.reader.skip(),
    }
}

/// The ad that was clicked: `callback` is the click id.
fn ad(event: &mut EventReader<'_, '_>, key: &str) -> Result<(), Malformed> {
    match key {
        "callback" => event.identifier(Key::ClickId, "ad.callback"),
        "campaign_id" => event.text("ad.campaign_id").map(|id| event.event.campaign_id = id),
        _ => event.reader.skip(),
    }
}

fn lead(event: &mut EventReader<'_, '_>, key: &str) -> Result<(), Malformed> {
    match key {
        "lead_id" => event.identifier(Key::LeadId, "lead.lead_id"),
        _ => event.reader.skip(),
    }
}

fn property(event: &mut EventReader<'_, '_>, key: &str) -> Result<(), Malformed> {
    match key.as_bytes() {
        b"value" => event.value("properties.value"),
        b"currency" => event.currency("properties.currency"),
        b"order_id" => event.text("properties.order_id").map(|id| event.event.order_id = id),
        _ => event.reader.skip(),
    }
}

//! Requests to LinkedIn with events that are handed on. Its events have no names: a conversion is a rule of the advertiser's.

use stratum_models::identifier::IdentifierKey as Key;

use super::super::json_writer::{Object, decimal};
use super::super::platform_format::{self, RequestHead};
use super::scan::URN;
use crate::envelope::{ClearIdKind, OutboundEvent};
use crate::hash::to_hex;

/// The code of the reason why LinkedIn would refuse an event.
pub(super) fn untaken(event: &OutboundEvent<'_>) -> Option<&'static str> {
    let is_somebodys = [Key::Email, Key::ExternalId].iter().any(|key| event.has_hash(*key))
        || USER_IDS.iter().any(|(_, kind)| event.id(*kind).is_some())
        || event.id(ClearIdKind::LeadId).is_some();
    (!is_somebodys).then_some(platform_format::TOO_FEW_IDENTIFIERS)
}

/// The ids in clear by their types.
const USER_IDS: [(&str, ClearIdKind); 3] = [
    ("LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID", ClearIdKind::ClickId),
    ("ACXIOM_ID", ClearIdKind::AcxiomId),
    ("ORACLE_MOAT_ID", ClearIdKind::MoatId),
];

/// The body of a request.
pub(super) fn speak(events: &[&OutboundEvent<'_>], head: &RequestHead<'_>) -> Vec<u8> {
    let mut body = Vec::new();
    let conversion = format!("{URN}{}", head.remote_id);
    Object::write(&mut body, |request| {
        request.objects("elements", events, |object, event| {
            object.text("conversion", &conversion);
            write_event(object, event);
        });
    });
    body
}

fn write_event(object: &mut Object<'_>, event: &OutboundEvent<'_>) {
    object.raw("conversionHappenedAt", &event.event_time_ms.to_string());
    object.text("eventId", event.event_id);
    if let (Some(micros), Some(currency)) = (event.value_micros, event.currency) {
        object.object("conversionValue", |object| {
            object.text("currencyCode", currency.as_str());
            object.text("amount", &decimal(micros));
        });
    }
    object.object("user", |object| user(object, event));
}

/// Names are not sent: LinkedIn wants them in clear.
fn user(object: &mut Object<'_>, event: &OutboundEvent<'_>) {
    let hashes = event.hashes.iter().filter(|one| one.key == Key::Email);
    let emails = hashes.map(|one| {
        let digits = to_hex(&one.hash).iter().copied().map(char::from).collect::<String>();
        ("SHA256_EMAIL", digits)
    });
    let ids = USER_IDS.iter().filter_map(|(of, kind)| Some((*of, event.id(*kind)?.to_owned())));
    object.objects("userIds", emails.chain(ids), |object, (of, value)| {
        object.text("idType", of);
        object.text("idValue", &value);
    });
    object.first_hash_list("externalIds", event, Key::ExternalId);
    object.id("lead", event, ClearIdKind::LeadId);
}

#[cfg(test)]
mod tests;

//! What of an event is handed on to platforms, made while its person is known.

use std::sync::Arc;

use stratum_models::delivery::DatasetSeal;
use stratum_models::entropy::Entropy;
use stratum_models::event::ConversionEvent;
use stratum_models::identifier::{HashedIdentifier, IdentifierKey, InvalidReason};
use stratum_models::platform::Platform;

use super::{Canon, EventScan, IdentifierValue};
use crate::envelope::{
    ClearId, ClearIdKind, OutboundEvent, OutboundHash, OutboundRows, custom_data_without,
    url_without,
};
use crate::normalize::{self, Forms, Hashing, ValueForm};
use crate::redact::Person;

/// Hexadecimal digits of a SHA-256: such an id is a hash, and not in clear.
const HASH_DIGITS: usize = 64;

/// The rows of a dataset among those of all datasets of a request.
pub(super) fn rows_of<'l>(
    lots: &'l mut Vec<(Arc<DatasetSeal>, OutboundRows)>,
    sealing: &Arc<DatasetSeal>,
) -> &'l mut OutboundRows {
    let known = lots.iter().position(|(of, _)| Arc::ptr_eq(of, sealing));
    let at = known.unwrap_or(lots.len());
    if at == lots.len() {
        lots.push((sealing.clone(), OutboundRows::default()));
    }
    &mut lots[at].1
}

/// Adds what is handed on of an event whose person is known.
pub(super) fn add<'a>(
    canon: &Canon<'a>,
    entropy: &dyn Entropy,
    (scan, given): (&EventScan<'a>, &[IdentifierValue<'a>]),
    event: &ConversionEvent<'a>,
    person: &Person,
    rows: &mut OutboundRows,
) {
    // Platforms tell copies of an event by its id as it was sent.
    let id = |id: &'a str| -> &'a str {
        if person.is_contact_in(id) { canon.arena.alloc_str(&canon.keys.pseudonym(id)) } else { id }
    };
    let (event_id, ..) = canon.event_id_of(scan);
    let is_told = |text: &str| person.is_told_by(text);
    let url = scan.url.and_then(|url| url_without(url, is_told));
    let (custom_data, is_whole) = match scan.custom_data {
        Some(object) => custom_data_without(object, canon.arena, is_told),
        None => (None, true),
    };
    let [country, state] = scan.limited_data_use_codes;
    let outbound = OutboundEvent {
        event_id: event_id.map(id).unwrap_or_else(|| make_id(canon, entropy)),
        is_id_made: event_id.is_none(),
        event_name: event.event_name,
        event_time_ms: event.event_time.0,
        received_at_ms: event.received_at.0,
        action_source: event.action_source,
        is_test: event.test,
        opt_out: event.opt_out,
        limited_data_use: event.limited_data_use,
        limited_data_use_codes: country.zip(state),
        value_micros: event.value_micros,
        currency: event.currency,
        order_id: scan.order_id.map(id),
        source_url: url.as_deref(),
        custom_data: custom_data.as_deref(),
        is_custom_data_cut: !is_whole,
        config_version: event.config_version,
        ids: clear_ids(canon, given, person),
        hashes: hashes(person),
    };
    // What the door takes in is far smaller than a row may be; without the largest part it always fits.
    if rows.push(&outbound).is_err() {
        let short = OutboundEvent { custom_data: None, is_custom_data_cut: true, ..outbound };
        let pushed = rows.push(&short);
        debug_assert!(pushed.is_ok(), "an event is larger than its bounds allow");
    }
}

fn make_id<'a>(canon: &Canon<'a>, entropy: &dyn Entropy) -> &'a str {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    canon.arena.alloc_str(&format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// The usable ids that platforms take in clear, the first of each kind.
fn clear_ids<'a>(
    canon: &Canon<'a>,
    given: &[IdentifierValue<'a>],
    person: &Person,
) -> Vec<ClearId<'a>> {
    let mut ids = Vec::<ClearId<'a>>::new();
    // Ids of installations have whatever form their platform gives them.
    let is_usable = |one: &&IdentifierValue<'_>| {
        person.valid().has(one.key) || one.kind == Some(ClearIdKind::InstallId)
    };
    for one in given.iter().filter(is_usable) {
        let Some(kind) = one.kind.or_else(|| kind_of(one.key)) else { continue };
        let value = one.value.trim();
        let is_hash = one.key == IdentifierKey::MobileAdId && value.len() >= HASH_DIGITS;
        // Google's is not to tell of the person, and may do so all the same.
        let is_contact = kind == ClearIdKind::UserId && person.is_contact_in(value);
        if !is_hash && !is_contact && !ids.iter().any(|known| known.kind == kind) {
            ids.push(ClearId { kind, value });
        }
    }
    let place = |of: (IdentifierKey, ClearIdKind), form: PlaceForm| {
        person.valid().has(of.0).then(|| place(canon, given, of, form)).flatten()
    };
    let city = (IdentifierKey::City, ClearIdKind::City);
    let state = (IdentifierKey::State, ClearIdKind::State);
    match canon.dialect.platform() {
        Some(Platform::Tiktok) => {
            let places = [place(city, normalize::city), place(state, normalize::state)];
            ids.extend(places.into_iter().flatten());
        }
        Some(Platform::Google) => {
            let zip = place((IdentifierKey::Zip, ClearIdKind::Zip), zip_at_google);
            let places = [place(city, place_at_google), place(state, place_at_google), zip];
            ids.extend(places.into_iter().flatten());
        }
        _ => {}
    }
    ids
}

/// Adds the form of a folded part of a place.
type PlaceForm = fn(&str, &mut Forms) -> Result<(), InvalidReason>;

/// Google wants places with their blanks, without digits and symbols.
fn place_at_google(text: &str, out: &mut Forms) -> Result<(), InvalidReason> {
    out.push_kept(text, |letter| letter.is_alphabetic() || letter == ' ');
    out.close(0);
    Ok(())
}

fn zip_at_google(text: &str, out: &mut Forms) -> Result<(), InvalidReason> {
    out.push_kept(text, |letter| !matches!(letter, '.' | '~'));
    out.close(0);
    Ok(())
}

/// The first part of a place that was sent in clear, in the form that its platform takes in clear.
fn place<'a>(
    canon: &Canon<'a>,
    given: &[IdentifierValue<'a>],
    (key, kind): (IdentifierKey, ClearIdKind),
    form: PlaceForm,
) -> Option<ClearId<'a>> {
    let mut of_key = given.iter().filter(|one| one.key == key);
    let clear = of_key.find(|one| {
        matches!(normalize::given(one.value.trim(), Hashing::Expected), Ok(ValueForm::Clear))
    })?;
    let mut forms = Forms::default();
    let folded = forms.fold(clear.value);
    form(&folded, &mut forms).ok()?;
    let value = std::str::from_utf8(forms.iter().next()?).ok()?;
    Some(ClearId { kind, value: canon.arena.alloc_str(value) })
}

/// The kind of an identifier that is sent in clear; `None` for those that are hashed.
fn kind_of(key: IdentifierKey) -> Option<ClearIdKind> {
    use IdentifierKey as Key;
    Some(match key {
        Key::ClientIp => ClearIdKind::ClientIp,
        Key::UserAgent => ClearIdKind::UserAgent,
        Key::ClickId => ClearIdKind::ClickId,
        Key::BrowserId => ClearIdKind::BrowserId,
        Key::MobileAdId => ClearIdKind::MobileAdId,
        Key::LoginId => ClearIdKind::LoginId,
        Key::LeadId => ClearIdKind::LeadId,
        Key::SubscriptionId => ClearIdKind::SubscriptionId,
        Key::MessagingId => ClearIdKind::PageScopedId,
        Key::Email | Key::Phone | Key::FirstName | Key::LastName | Key::Gender => return None,
        Key::BirthDate | Key::City | Key::State | Key::Zip | Key::Country => return None,
        Key::ExternalId => return None,
    })
}

/// The hashes that platforms match on: those of what they take in clear are of no use to them.
fn hashes(person: &Person) -> Vec<OutboundHash> {
    let is_matched = |one: &&HashedIdentifier| {
        kind_of(one.key).is_none() || one.key == IdentifierKey::MobileAdId
    };
    let identifiers = person.identifiers().iter().filter(is_matched);
    let all = identifiers.chain(person.countable());
    all.map(|one| OutboundHash { key: one.key, hash: one.hash.0 }).collect()
}

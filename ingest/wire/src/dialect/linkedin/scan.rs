//! One of LinkedIn's event objects.

use stratum_models::identifier::IdentifierKey as Key;
use stratum_models::rejection::RejectReason;

use super::super::event_reader::EventReader;
use crate::decode::Malformed;
use crate::decode::json::Token;
use crate::envelope::ClearIdKind;

/// The text before the number of a conversion.
pub(super) const URN: &str = "urn:lla:llaPartnerConversion:";

/// Reads the event to its closing brace.
pub(super) fn event(mut event: EventReader<'_, '_>) -> Result<(), Malformed> {
    event.fields(|event, key| match key.as_bytes() {
        b"conversion" => conversion(event),
        b"conversionHappenedAt" => event.unix_time("conversionHappenedAt"),
        b"eventId" => event.text("eventId").map(|id| event.event.event_id = id),
        b"conversionValue" => event.object("conversionValue", value).map(drop),
        b"user" => user(event),
        _ => event.reader.skip(),
    })
}

fn conversion(event: &mut EventReader<'_, '_>) -> Result<(), Malformed> {
    const EXPECTED: &str = "urn:lla:llaPartnerConversion: and a number";
    let Some(urn) = event.text("conversion")? else { return Ok(()) };
    let number = urn.strip_prefix(URN).unwrap_or(urn);
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        event.fault(RejectReason::InvalidValue, "conversion", EXPECTED);
        return Ok(());
    }
    event.event.dataset_id = Some(number);
    Ok(())
}

fn value(event: &mut EventReader<'_, '_>, key: &str) -> Result<(), Malformed> {
    match key.as_bytes() {
        b"amount" => event.value("conversionValue.amount"),
        b"currencyCode" => event.currency("conversionValue.currencyCode"),
        _ => event.reader.skip(),
    }
}

fn user(event: &mut EventReader<'_, '_>) -> Result<(), Malformed> {
    // A second user replaces the first.
    event.forget_identifiers();
    event.event.has_user_data |= event.object("user", |event, key| match key.as_bytes() {
        b"userIds" => user_ids(event),
        b"userInfo" => event.object("user.userInfo", info).map(drop),
        b"externalIds" => event.identifier(Key::ExternalId, "user.externalIds"),
        b"lead" => event.identifier(Key::LeadId, "user.lead"),
        _ => event.reader.skip(),
    })?;
    event.end_identifiers("user");
    Ok(())
}

fn info(event: &mut EventReader<'_, '_>, key: &str) -> Result<(), Malformed> {
    match key.as_bytes() {
        b"firstName" => event.identifier(Key::FirstName, "user.userInfo.firstName"),
        b"lastName" => event.identifier(Key::LastName, "user.userInfo.lastName"),
        b"countryCode" => event.identifier(Key::Country, "user.userInfo.countryCode"),
        _ => event.reader.skip(),
    }
}

/// A list of objects, each a kind of id and the id.
fn user_ids(event: &mut EventReader<'_, '_>) -> Result<(), Malformed> {
    const FIELD: &str = "user.userIds";
    const EXPECTED: &str = "a list of objects";
    match event.reader.token()? {
        Token::List => {}
        Token::Null => return Ok(()),
        token => return event.wrong(token, FIELD, EXPECTED),
    }
    let mut first = true;
    while event.reader.element(&mut first)? {
        match event.reader.token()? {
            Token::Object => user_id(event)?,
            token => event.wrong(token, FIELD, EXPECTED)?,
        }
    }
    Ok(())
}

/// Reads the id that was opened: its kind may come after its value.
fn user_id(event: &mut EventReader<'_, '_>) -> Result<(), Malformed> {
    let (mut kind, mut value) = (None, None);
    let mut first = true;
    while let Some(key) = event.reader.key(&mut first)? {
        match key {
            "idType" => kind = event.scalar("user.userIds.idType")?,
            "idValue" => value = event.scalar("user.userIds.idValue")?,
            _ => event.reader.skip()?,
        }
    }
    let (key, kind) = match kind.map(str::as_bytes) {
        Some(b"SHA256_EMAIL") => (Key::Email, None),
        Some(b"LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID") => (Key::ClickId, None),
        // Segment writes it in the other way.
        Some(b"ACXIOM_ID" | b"AXCIOM_ID") => (Key::LoginId, Some(ClearIdKind::AcxiomId)),
        Some(b"ORACLE_MOAT_ID") => (Key::LoginId, Some(ClearIdKind::MoatId)),
        _ => return Ok(()),
    };
    let before = event.given.len();
    value.into_iter().for_each(|value| event.give(key, value));
    event.given[before..].iter_mut().for_each(|one| one.kind = kind);
    Ok(())
}

//! A request, into scans of its events. Who did it stands beside them.

use bumpalo::Bump;
use stratum_models::identifier::IdentifierKey as Key;
use stratum_models::rejection::RejectReason;

use super::super::batch::Batch;
use super::super::event_reader::EventReader;
use super::super::{Fault, ParsedRequest, Refusal};
use super::scan::{event, micros};
use crate::decode::json::{Reader, Token};
use crate::decode::{self, Malformed};
use crate::envelope::ClearIdKind;
use crate::limits::RowLimits;

/// Reads a body, unpacked already. Texts are borrowed from it, or live in `arena`.
pub fn parse_events<'a>(
    body: &'a [u8],
    arena: &'a Bump,
    limits: &RowLimits,
) -> Result<ParsedRequest<'a>, Refusal> {
    let mut batch = Batch::new(arena, limits, limits.events_max);
    let read = decode::text(body).and_then(|text| {
        let mut reader = Reader::new(text, arena);
        request(&mut reader, &mut batch)?;
        reader.finish()
    });
    batch.end(read, "events")
}

fn request<'a>(reader: &mut Reader<'a>, batch: &mut Batch<'a, '_>) -> Result<(), Malformed> {
    match reader.token()? {
        Token::Object => {}
        token => {
            batch.fault = Some(Fault::of(RejectReason::WrongType, "", "a JSON object"));
            return reader.leave(token);
        }
    }
    let mut first = true;
    while let Some(key) = reader.key(&mut first)? {
        match key {
            "events" => events(reader, batch)?,
            _ => batch.common(reader, |common| beside(common, key))?,
        }
    }
    Ok(())
}

fn events<'a>(reader: &mut Reader<'a>, batch: &mut Batch<'a, '_>) -> Result<(), Malformed> {
    // A second list replaces the first.
    batch.request.events.clear();
    batch.request.given.clear();
    match reader.token()? {
        Token::List => batch.events(reader, "events", &event),
        Token::Object => batch.event(reader, &event),
        Token::Null => Ok(()),
        token => {
            batch.fault = Some(Fault::of(RejectReason::WrongType, "events", "a list of events"));
            reader.leave(token)
        }
    }
}

/// A field beside the events.
fn beside(common: &mut EventReader<'_, '_>, key: &str) -> Result<(), Malformed> {
    match key.as_bytes() {
        b"client_id" => client(common, "client_id"),
        b"app_instance_id" => client(common, "app_instance_id"),
        b"user_id" => {
            let before = common.given.len();
            common.identifier(Key::ExternalId, "user_id")?;
            let given = common.given.iter_mut().skip(before);
            given.for_each(|one| one.kind = Some(ClearIdKind::UserId));
            Ok(())
        }
        b"timestamp_micros" => micros(common, "timestamp_micros"),
        b"user_data" => common.object("user_data", user_data).map(drop),
        b"user_location" => common.object("user_location", location).map(drop),
        b"ip_override" => common.identifier(Key::ClientIp, "ip_override"),
        b"user_agent" => common.identifier(Key::UserAgent, "user_agent"),
        b"consent" => common.object("consent", consent).map(drop),
        b"non_personalized_ads" => {
            common.event.limited_data_use |= common.flag("non_personalized_ads")?;
            Ok(())
        }
        _ => common.reader.skip(),
    }
}

fn client(common: &mut EventReader<'_, '_>, field: &'static str) -> Result<(), Malformed> {
    let before = common.given.len();
    common.identifier(Key::BrowserId, field)?;
    common.event.has_user_data |= common.given.len() > before;
    Ok(())
}

fn user_data(common: &mut EventReader<'_, '_>, key: &str) -> Result<(), Malformed> {
    const ADDRESS: &str = "user_data.address";
    match key.as_bytes() {
        b"sha256_email_address" => common.identifier(Key::Email, "user_data.sha256_email_address"),
        b"sha256_phone_number" => common.identifier(Key::Phone, "user_data.sha256_phone_number"),
        b"address" => match common.reader.token()? {
            Token::Object => common.fields(address),
            Token::Null => Ok(()),
            Token::List => {
                let mut first = true;
                while common.reader.element(&mut first)? {
                    common.object(ADDRESS, address)?;
                }
                Ok(())
            }
            token => common.wrong(token, ADDRESS, "an object or a list of objects"),
        },
        _ => common.reader.skip(),
    }
}

fn address(common: &mut EventReader<'_, '_>, key: &str) -> Result<(), Malformed> {
    let (key, path) = match key.as_bytes() {
        b"sha256_first_name" => (Key::FirstName, "user_data.address.sha256_first_name"),
        b"sha256_last_name" => (Key::LastName, "user_data.address.sha256_last_name"),
        b"city" => (Key::City, "user_data.address.city"),
        b"region" => (Key::State, "user_data.address.region"),
        b"postal_code" => (Key::Zip, "user_data.address.postal_code"),
        b"country" => (Key::Country, "user_data.address.country"),
        _ => return common.reader.skip(),
    };
    common.identifier(key, path)
}

fn location(common: &mut EventReader<'_, '_>, key: &str) -> Result<(), Malformed> {
    match key.as_bytes() {
        b"city" => common.identifier(Key::City, "user_location.city"),
        b"country_id" => common.identifier(Key::Country, "user_location.country_id"),
        _ => common.reader.skip(),
    }
}

fn consent(common: &mut EventReader<'_, '_>, key: &str) -> Result<(), Malformed> {
    match key.as_bytes() {
        b"ad_user_data" | b"ad_personalization" => {
            let said = common.scalar("consent")?;
            common.event.limited_data_use |= said.is_some_and(|said| said == "DENIED");
            Ok(())
        }
        _ => common.reader.skip(),
    }
}

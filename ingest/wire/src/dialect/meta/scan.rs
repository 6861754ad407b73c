//! One of Meta's event objects.

use stratum_models::identifier::IdentifierKey as Key;
use stratum_models::platform::ActionSource;
use stratum_models::rejection::RejectReason;

use super::super::event_reader::EventReader;
use super::fields::{EventField, event_field, identifier_field};
use crate::decode::Malformed;
use crate::decode::json::Token;
use crate::envelope::ClearIdKind;

/// Reads the event to its closing brace.
pub(super) fn event(mut event: EventReader<'_, '_>) -> Result<(), Malformed> {
    event.fields(|event, key| match event_field(key) {
        Some(one) => field(event, one),
        None => event.reader.skip(),
    })
}

fn field(event: &mut EventReader<'_, '_>, field: EventField) -> Result<(), Malformed> {
    match field {
        EventField::EventName => event.event.event_name = event.name("event_name")?,
        EventField::EventTime => event.unix_time("event_time")?,
        EventField::ActionSource => action_source(event)?,
        EventField::EventId => event.event.event_id = event.text("event_id")?,
        EventField::EventSourceUrl => event.event.url = event.scalar("event_source_url")?,
        EventField::UserData => user_data(event)?,
        EventField::CustomData => custom_data(event)?,
        EventField::OptOut => event.event.opt_out = event.flag("opt_out")?,
        EventField::DataProcessingOptions => data_processing_options(event)?,
        EventField::DataProcessingCountry => {
            let known = |code| code < 2;
            let code = code(event, "data_processing_options_country", "0 or 1", known)?;
            event.event.limited_data_use_codes[0] = code;
        }
        EventField::DataProcessingState => {
            let known = |code| code == 0 || (1000..=1013).contains(&code);
            let code = code(event, "data_processing_options_state", "0 or 1000 to 1013", known)?;
            event.event.limited_data_use_codes[1] = code;
        }
    }
    Ok(())
}

fn action_source(event: &mut EventReader<'_, '_>) -> Result<(), Malformed> {
    const EXPECTED: &str = "one of email, website, app, phone_call, chat, physical_store, \
        system_generated, business_messaging, other";
    if let Some(text) = event.scalar("action_source")? {
        event.event.action_source = ActionSource::parse(text);
        if event.event.action_source.is_none() {
            event.fault(RejectReason::InvalidValue, "action_source", EXPECTED);
        }
    }
    Ok(())
}

fn data_processing_options(event: &mut EventReader<'_, '_>) -> Result<(), Malformed> {
    const FIELD: &str = "data_processing_options";
    match event.reader.token()? {
        Token::Null => {}
        // Some senders put the list into a text.
        Token::Text(text) => event.event.limited_data_use = text.contains("LDU"),
        Token::List => {
            let mut first = true;
            while event.reader.element(&mut first)? {
                match event.reader.token()? {
                    Token::Text(text) => event.event.limited_data_use |= text == "LDU",
                    Token::Null => {}
                    token => event.wrong(token, FIELD, "a list of texts")?,
                }
            }
        }
        token => event.wrong(token, FIELD, "a list of texts")?,
    }
    Ok(())
}

fn code(
    event: &mut EventReader<'_, '_>,
    field: &'static str,
    expected: &'static str,
    known: impl Fn(u16) -> bool,
) -> Result<Option<u16>, Malformed> {
    let Some(text) = event.scalar(field)? else { return Ok(None) };
    let code = text.parse().ok().filter(|code| known(*code));
    if code.is_none() {
        event.fault(RejectReason::InvalidValue, field, expected);
    }
    Ok(code)
}

fn user_data(event: &mut EventReader<'_, '_>) -> Result<(), Malformed> {
    // A second user_data replaces the first.
    event.forget_identifiers();
    let is_there = event.object("user_data", |event, key| match identifier_field(key) {
        Some((Some(key @ (Key::MobileAdId | Key::MessagingId)), field)) => {
            let before = event.given.len();
            event.identifier(key, field)?;
            let kind = kind_of(field);
            event.given[before..].iter_mut().for_each(|given| given.kind = kind);
            Ok(())
        }
        Some((Some(key), field)) => event.identifier(key, field),
        Some((None, _)) => other_user_data(event),
        None => event.reader.skip(),
    })?;
    event.event.has_user_data |= is_there;
    event.end_identifiers("user_data");
    Ok(())
}

/// The id behind a path, where several are identifiers of one kind.
fn kind_of(field: &str) -> Option<ClearIdKind> {
    Some(match field {
        "user_data.anon_id" => ClearIdKind::InstallId,
        "user_data.page_scoped_user_id" => ClearIdKind::PageScopedId,
        "user_data.ctwa_clid" => ClearIdKind::ChatClickId,
        "user_data.ig_sid" => ClearIdKind::InstagramId,
        _ => return None,
    })
}

fn other_user_data(event: &mut EventReader<'_, '_>) -> Result<(), Malformed> {
    match event.reader.token()? {
        Token::Null | Token::Text("") => Ok(()),
        token => {
            event.event.other_user_data = true;
            event.reader.leave(token)
        }
    }
}

fn custom_data(event: &mut EventReader<'_, '_>) -> Result<(), Malformed> {
    event.custom_data("custom_data", |event, key| {
        match key.as_bytes() {
            b"value" => event.value("custom_data.value")?,
            b"currency" => event.currency("custom_data.currency")?,
            b"order_id" => event.event.order_id = event.text("custom_data.order_id")?,
            b"campaign_id" => event.event.campaign_id = event.text("custom_data.campaign_id")?,
            _ => event.reader.skip()?,
        }
        Ok(())
    })
}

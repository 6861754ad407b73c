//! One of Segment's messages. Apart from what an event is made of nothing is strict: its fields are anybody's.

use std::cell::Cell;

use stratum_models::dialect::Dialect;
use stratum_models::event_name::StandardEvent;
use stratum_models::identifier::IdentifierKey as Key;
use stratum_models::platform::ActionSource;
use stratum_models::rejection::RejectReason;
use stratum_models::time::UnixMillis;

use super::super::Fault;
use super::super::event_reader::{AMOUNT, EventReader};
use super::parse::{Head, Kind};
use crate::decode::Malformed;

/// The address of nobody, which senders give who want none looked up.
const NO_ADDRESS: &str = "0.0.0.0";

/// A message as far as it was read.
#[derive(Default)]
struct Message<'a> {
    kind: Cell<Option<&'a str>>,
    name: Cell<Option<&'a str>>,
    /// When it was made, by the sender's clock.
    made_at: Cell<Option<UnixMillis>>,
    worth: Cell<Option<Worth>>,
}

/// An amount, of several the one that says most: in the order of their fields here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Worth {
    rank: u8,
    field: &'static str,
    /// `None` of an amount that cannot be read.
    micros: Option<i64>,
}

/// Reads the message to its closing brace.
pub(super) fn message(mut event: EventReader<'_, '_>, head: &Head) -> Result<(), Malformed> {
    let message = Message::default();
    event.fields(|event, key| message.field(event, key, head))?;
    message.end(&mut event, head);
    Ok(())
}

impl<'a> Message<'a> {
    fn field(
        &self,
        event: &mut EventReader<'_, 'a>,
        key: &str,
        head: &Head,
    ) -> Result<(), Malformed> {
        match key.as_bytes() {
            b"type" => self.kind.set(event.any_text()?),
            b"event" => self.name.set(event.name("event")?),
            b"messageId" | b"message_id" | b"uuid" => {
                let id = event.text("messageId")?;
                event.event.event_id = id.or(event.event.event_id);
            }
            b"timestamp" => event.event.event_time = event.iso_time("timestamp")?,
            b"originalTimestamp" => self.made_at.set(event.any_time()?),
            b"sentAt" => head.sent_at.set(event.any_time()?.or(head.sent_at.get())),
            b"userId" | b"distinct_id" => event.any_identifier(Key::ExternalId)?,
            b"anonymousId" => event.any_identifier(Key::BrowserId)?,
            b"channel" => channel(event)?,
            b"context" => event.any_object(context)?,
            b"traits" | b"$set" => event.any_object(person)?,
            b"properties" => event.any_object(|event, key| self.property(event, key))?,
            _ => event.reader.skip()?,
        }
        Ok(())
    }

    fn property(&self, event: &mut EventReader<'_, 'a>, key: &str) -> Result<(), Malformed> {
        match key.as_bytes() {
            b"revenue" => self.amount(event, 0, "properties.revenue"),
            b"total" => self.amount(event, 1, "properties.total"),
            b"value" => self.amount(event, 2, "properties.value"),
            b"currency" => {
                if let Some(text) = event.any_text()? {
                    event.set_currency(text);
                }
                Ok(())
            }
            b"order_id" | b"orderId" => {
                let id = event.text("properties.order_id")?;
                event.event.order_id = id.or(event.event.order_id);
                Ok(())
            }
            b"campaign_id" => campaign(event, "properties.campaign_id"),
            b"url" | b"$current_url" => event.any_text().map(|url| event.event.url = url),
            b"email" => event.any_identifier(Key::Email),
            b"phone" => event.any_identifier(Key::Phone),
            b"fbc" | b"fbclid" | b"gclid" | b"gbraid" | b"wbraid" | b"ttclid" | b"ScCid"
            | b"sc_click_id" | b"epik" | b"li_fat_id" => event.any_identifier(Key::ClickId),
            b"fbp" | b"ttp" | b"sc_cookie1" => event.any_identifier(Key::BrowserId),
            b"$ip" => address(event),
            b"$raw_user_agent" => event.any_identifier(Key::UserAgent),
            b"$set" => event.any_object(person),
            _ => event.reader.skip(),
        }
    }

    fn amount(
        &self,
        event: &mut EventReader<'_, 'a>,
        rank: u8,
        field: &'static str,
    ) -> Result<(), Malformed> {
        let Some(text) = event.any_text()? else { return Ok(()) };
        let micros = event.micros(text);
        // `value` is anybody's word; the others are amounts.
        if micros.is_some() || rank < 2 {
            let worth = Worth { rank, field, micros };
            self.worth.set(Some(self.worth.get().map_or(worth, |known| known.min(worth))));
        }
        Ok(())
    }

    /// Makes the event of what was read.
    fn end(&self, event: &mut EventReader<'_, 'a>, head: &Head) {
        event.end_identifiers("context");
        event.event.event_time = event.event.event_time.or(self.made_at.get());
        match self.worth.get() {
            Some(Worth { micros: None, field, .. }) => {
                let fault = Fault::of(RejectReason::InvalidValue, field, AMOUNT);
                event.event.value_fault = Some(fault);
            }
            worth => event.event.value_micros = worth.and_then(|worth| worth.micros),
        }
        let said = self.kind.get().and_then(Kind::parse).or(head.kind);
        match said.or(self.name.get().map(|_| Kind::Track)) {
            Some(Kind::Track) => {
                let sent = self.name.get();
                let meant = sent.and_then(|name| StandardEvent::meant(Dialect::Segment, name));
                event.event.event_name = meant.map(StandardEvent::as_str).or(sent);
            }
            Some(Kind::Page) => name(event, StandardEvent::PageView),
            Some(Kind::Screen) => {
                name(event, StandardEvent::PageView);
                event.event.action_source = Some(ActionSource::App);
            }
            Some(Kind::Identify) => name(event, StandardEvent::Identify),
            Some(Kind::Group | Kind::Alias) => event.event.skipped = true,
            None => event.fault(RejectReason::InvalidValue, "type", "a kind of message"),
        }
    }
}

fn name(event: &mut EventReader<'_, '_>, standard: StandardEvent) {
    event.event.event_name = Some(standard.as_str());
}

/// Where RudderStack's clients say that they run.
fn channel(event: &mut EventReader<'_, '_>) -> Result<(), Malformed> {
    match event.any_text()? {
        Some("mobile") => event.event.action_source = Some(ActionSource::App),
        Some("web" | "browser") => event.event.from_browser = true,
        _ => {}
    }
    Ok(())
}

fn campaign(event: &mut EventReader<'_, '_>, field: &'static str) -> Result<(), Malformed> {
    let id = event.text(field)?;
    event.event.campaign_id = id.or(event.event.campaign_id);
    Ok(())
}

fn address(event: &mut EventReader<'_, '_>) -> Result<(), Malformed> {
    if let Some(ip) = event.any_text()?.filter(|ip| *ip != NO_ADDRESS) {
        event.give(Key::ClientIp, ip);
    }
    Ok(())
}

/// A field of `context`, whether of a message or beside all of a batch.
pub(super) fn context(event: &mut EventReader<'_, '_>, key: &str) -> Result<(), Malformed> {
    match key.as_bytes() {
        b"ip" => address(event),
        b"userAgent" => event.any_identifier(Key::UserAgent),
        b"traits" => event.any_object(person),
        b"channel" => channel(event),
        b"page" => event.any_object(|event, key| match key {
            "url" => event.any_text().map(|url| event.event.url = url.or(event.event.url)),
            _ => event.reader.skip(),
        }),
        b"campaign" => event.any_object(|event, key| match key {
            "id" => campaign(event, "context.campaign.id"),
            _ => event.reader.skip(),
        }),
        b"device" => event.any_object(|event, key| match key {
            "advertisingId" => event.any_identifier(Key::MobileAdId),
            // Servers and browsers tell no type.
            "type" => {
                if event.any_text()?.is_some() {
                    event.event.action_source = Some(ActionSource::App);
                }
                Ok(())
            }
            _ => event.reader.skip(),
        }),
        b"library" => event.any_object(|event, key| match key {
            "name" => {
                let name = event.any_text()?;
                event.event.from_browser |= name.is_some_and(is_of_browsers);
                Ok(())
            }
            _ => event.reader.skip(),
        }),
        _ => event.reader.skip(),
    }
}

/// Whether a library runs in browsers.
fn is_of_browsers(library: &str) -> bool {
    matches!(library, "analytics.js" | "RudderLabs JavaScript SDK")
}

/// A field of `traits`.
fn person(event: &mut EventReader<'_, '_>, key: &str) -> Result<(), Malformed> {
    let key = match key.as_bytes() {
        b"email" => Key::Email,
        b"phone" => Key::Phone,
        b"firstName" | b"firstname" | b"first_name" => Key::FirstName,
        b"lastName" | b"lastname" | b"last_name" => Key::LastName,
        b"gender" => Key::Gender,
        b"birthday" => {
            // The day of an instant.
            let day = event.any_text()?.and_then(|text| text.split('T').next());
            day.into_iter().for_each(|day| event.give(Key::BirthDate, day));
            return Ok(());
        }
        b"address" => return event.any_object(place),
        _ => return event.reader.skip(),
    };
    event.any_identifier(key)
}

/// A field of an address.
fn place(event: &mut EventReader<'_, '_>, key: &str) -> Result<(), Malformed> {
    event.any_identifier(match key.as_bytes() {
        b"city" => Key::City,
        b"state" => Key::State,
        b"postalCode" | b"postal_code" | b"zip" => Key::Zip,
        b"country" => Key::Country,
        _ => return event.reader.skip(),
    })
}

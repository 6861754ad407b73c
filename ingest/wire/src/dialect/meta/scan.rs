//! One event object, read in one pass into what the rules and the canonical event need. Types are
//! taken as senders really write them; a field of a type that cannot be meant is a fault of the
//! event, and reading goes on.

use stratum_models::identifier::{IdentifierKey, IdentifierMask};
use stratum_models::money::{Currency, MICROS, parse_micros};
use stratum_models::platform::ActionSource;
use stratum_models::rejection::RejectReason;
use stratum_models::time::UnixMillis;

use super::super::{EventScan, Fault, Given};
use super::fields::{EventField, event_field, identifier_field};
use crate::decode::Malformed;
use crate::decode::json::{Reader, Token};
use crate::limits::RowLimits;

/// What reading an event needs, and where it puts what it read.
pub(super) struct Scan<'r, 'a> {
    /// Stands behind the opening brace of the event.
    pub(super) reader: &'r mut Reader<'a>,
    /// The event, nothing read yet: filled in place, it is too large to be moved about.
    pub(super) event: &'r mut EventScan<'a>,
    /// Its identifiers are added here.
    pub(super) given: &'r mut Vec<Given<'a>>,
    /// The currency met last; most requests have one, and the list of all is long.
    pub(super) currency: &'r mut Option<(&'a str, Currency)>,
    pub(super) limits: &'r RowLimits,
}

impl<'a> Scan<'_, 'a> {
    /// Reads the event to its closing brace.
    pub(super) fn event(mut self) -> Result<(), Malformed> {
        let mut first = true;
        while let Some(key) = self.reader.key(&mut first)? {
            match event_field(key) {
                Some(field) => self.field(field)?,
                None => self.reader.skip()?,
            }
        }
        Ok(())
    }

    fn field(&mut self, field: EventField) -> Result<(), Malformed> {
        match field {
            EventField::EventName => self.event.event_name = self.name()?,
            EventField::EventTime => self.event_time()?,
            EventField::ActionSource => self.action_source()?,
            EventField::EventId => self.event.event_id = self.text("event_id")?,
            EventField::EventSourceUrl => self.event.url = self.scalar("event_source_url")?,
            EventField::UserData => self.user_data()?,
            EventField::CustomData => self.custom_data()?,
            EventField::OptOut => self.opt_out()?,
            EventField::DataProcessingOptions => self.data_processing_options()?,
            EventField::DataProcessingCountry => {
                self.code("data_processing_options_country", "0 or 1", |code| code < 2)?;
            }
            EventField::DataProcessingState => {
                let known = |code| code == 0 || (1000..=1013).contains(&code);
                self.code("data_processing_options_state", "0 or 1000 to 1013", known)?;
            }
        }
        Ok(())
    }

    #[cold]
    fn fault(&mut self, reason: RejectReason, field: &'static str, expected: &'static str) {
        self.event.fault.get_or_insert(Fault::of(reason, field, expected));
    }

    /// Leaves a value of a type that cannot be meant.
    #[cold]
    fn wrong(
        &mut self,
        token: Token<'a>,
        field: &'static str,
        expected: &'static str,
    ) -> Result<(), Malformed> {
        self.fault(RejectReason::WrongType, field, expected);
        self.reader.leave(token)
    }

    /// A text, or a number as it is written; `None` when null or blank.
    fn scalar(&mut self, field: &'static str) -> Result<Option<&'a str>, Malformed> {
        match self.reader.token()? {
            Token::Text(text) => Ok(Some(text.trim_ascii()).filter(|text| !text.is_empty())),
            Token::Number(text) => Ok(Some(text)),
            Token::Null => Ok(None),
            token => self.wrong(token, field, "a text").map(|()| None),
        }
    }

    /// A scalar that is kept, so that its length counts.
    fn text(&mut self, field: &'static str) -> Result<Option<&'a str>, Malformed> {
        let text = self.scalar(field)?;
        if text.is_some_and(|text| text.len() > self.limits.text_bytes_max) {
            self.fault(RejectReason::TooLong, field, "");
        }
        Ok(text)
    }

    fn name(&mut self) -> Result<Option<&'a str>, Malformed> {
        match self.reader.token()? {
            Token::Text(name) => {
                if name.len() > self.limits.text_bytes_max {
                    self.fault(RejectReason::TooLong, "event_name", "");
                }
                Ok(Some(name.trim_ascii()).filter(|name| !name.is_empty()))
            }
            Token::Null => Ok(None),
            token => self.wrong(token, "event_name", "a text").map(|()| None),
        }
    }

    fn event_time(&mut self) -> Result<(), Malformed> {
        const EXPECTED: &str = "a Unix time in whole seconds";
        if let Some(text) = self.scalar("event_time")? {
            match instant(text) {
                Some(time) => self.event.event_time = Some(time),
                None => self.fault(RejectReason::InvalidValue, "event_time", EXPECTED),
            }
        }
        Ok(())
    }

    fn action_source(&mut self) -> Result<(), Malformed> {
        const EXPECTED: &str = "one of email, website, app, phone_call, chat, physical_store, \
            system_generated, business_messaging, other";
        if let Some(text) = self.scalar("action_source")? {
            self.event.action_source = ActionSource::parse(text);
            if self.event.action_source.is_none() {
                self.fault(RejectReason::InvalidValue, "action_source", EXPECTED);
            }
        }
        Ok(())
    }

    fn opt_out(&mut self) -> Result<(), Malformed> {
        self.event.opt_out = match self.reader.token()? {
            Token::Bool(flag) => flag,
            Token::Null | Token::Number("0") | Token::Text("" | "0" | "false") => false,
            Token::Number("1") | Token::Text("1" | "true") => true,
            token => return self.wrong(token, "opt_out", "true or false"),
        };
        Ok(())
    }

    fn data_processing_options(&mut self) -> Result<(), Malformed> {
        const FIELD: &str = "data_processing_options";
        match self.reader.token()? {
            Token::Null => {}
            // Some senders put the list into a text.
            Token::Text(text) => self.event.limited_data_use = text.contains("LDU"),
            Token::List => {
                let mut first = true;
                while self.reader.element(&mut first)? {
                    match self.reader.token()? {
                        Token::Text(text) => self.event.limited_data_use |= text == "LDU",
                        Token::Null => {}
                        token => self.wrong(token, FIELD, "a list of texts")?,
                    }
                }
            }
            token => self.wrong(token, FIELD, "a list of texts")?,
        }
        Ok(())
    }

    fn code(
        &mut self,
        field: &'static str,
        expected: &'static str,
        known: impl Fn(u32) -> bool,
    ) -> Result<(), Malformed> {
        if let Some(text) = self.scalar(field)?
            && !text.parse().is_ok_and(known)
        {
            self.fault(RejectReason::InvalidValue, field, expected);
        }
        Ok(())
    }

    fn user_data(&mut self) -> Result<(), Malformed> {
        // A second user_data replaces the first.
        self.given.truncate(self.event.given.start);
        self.event.given.end = self.event.given.start;
        self.event.sent = IdentifierMask::EMPTY;
        match self.reader.token()? {
            Token::Object => self.event.has_user_data = true,
            Token::Null => return Ok(()),
            token => return self.wrong(token, "user_data", "an object"),
        }
        let mut first = true;
        while let Some(key) = self.reader.key(&mut first)? {
            match identifier_field(key) {
                Some((Some(key), field)) => self.identifier(key, field)?,
                Some((None, _)) => self.other_user_data()?,
                None => self.reader.skip()?,
            }
        }
        self.event.given.end = self.given.len();
        if self.event.given.len() > self.limits.identifiers_max {
            self.fault(RejectReason::TooLong, "user_data", "");
        }
        Ok(())
    }

    /// A value or a list of values.
    fn identifier(&mut self, key: IdentifierKey, field: &'static str) -> Result<(), Malformed> {
        const EXPECTED: &str = "a text or a list of texts";
        match self.reader.token()? {
            Token::Text(value) | Token::Number(value) => self.give(key, value),
            Token::Null => {}
            Token::List => {
                let mut first = true;
                while self.reader.element(&mut first)? {
                    match self.reader.token()? {
                        Token::Text(value) | Token::Number(value) => self.give(key, value),
                        Token::Null => {}
                        token => self.wrong(token, field, EXPECTED)?,
                    }
                }
            }
            token => self.wrong(token, field, EXPECTED)?,
        }
        Ok(())
    }

    fn give(&mut self, key: IdentifierKey, value: &'a str) {
        if !value.trim_ascii().is_empty() {
            self.event.sent.insert(key);
            // One beyond the bound tells that there are too many.
            if self.given.len() - self.event.given.start <= self.limits.identifiers_max {
                self.given.push(Given { key, value });
            }
        }
    }

    fn other_user_data(&mut self) -> Result<(), Malformed> {
        match self.reader.token()? {
            Token::Null | Token::Text("") => Ok(()),
            token => {
                self.event.other_user_data = true;
                self.reader.leave(token)
            }
        }
    }

    fn custom_data(&mut self) -> Result<(), Malformed> {
        match self.reader.token()? {
            Token::Object => {}
            Token::Null => return Ok(()),
            token => return self.wrong(token, "custom_data", "an object"),
        }
        let mut first = true;
        while let Some(key) = self.reader.key(&mut first)? {
            match key.as_bytes() {
                b"value" => self.value()?,
                b"currency" => self.currency()?,
                b"order_id" => self.event.order_id = self.text("custom_data.order_id")?,
                b"campaign_id" => self.event.campaign_id = self.text("custom_data.campaign_id")?,
                _ => self.reader.skip()?,
            }
        }
        Ok(())
    }

    fn value(&mut self) -> Result<(), Malformed> {
        const EXPECTED: &str = "a decimal number, not negative, within bounds";
        if let Some(text) = self.scalar("custom_data.value")? {
            let micros_max = self.limits.amount_units_max.saturating_mul(MICROS);
            match parse_micros(text).filter(|micros| (0..=micros_max).contains(micros)) {
                Some(micros) => self.event.value_micros = Some(micros),
                None => self.fault(RejectReason::InvalidValue, "custom_data.value", EXPECTED),
            }
        }
        Ok(())
    }

    fn currency(&mut self) -> Result<(), Malformed> {
        let Some(text) = self.scalar("custom_data.currency")? else { return Ok(()) };
        let known = self.currency.filter(|(known, _)| *known == text).map(|(_, currency)| currency);
        let currency = known.or_else(|| Currency::parse(text));
        *self.currency = currency.map(|currency| (text, currency));
        self.event.currency = Some(currency);
        Ok(())
    }
}

/// An instant from whole seconds, or from milliseconds where seconds would lie beyond the year 5000.
fn instant(text: &str) -> Option<UnixMillis> {
    const SECONDS_MAX: i64 = 100_000_000_000;
    let number = match text.parse::<i64>() {
        Ok(number) => number,
        Err(_) => parse_micros(text).filter(|micros| micros % MICROS == 0)? / MICROS,
    };
    let millis = if number > SECONDS_MAX { number } else { number.checked_mul(1000)? };
    Some(UnixMillis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_come_in_seconds_or_milliseconds() {
        for (text, millis) in [
            ("1790000000", Some(1_790_000_000_000)),
            ("1790000000123", Some(1_790_000_000_123)),
            ("1790000000.0", Some(1_790_000_000_000)),
            ("1.79e9", Some(1_790_000_000_000)),
            ("-5", Some(-5000)),
            ("1790000000.5", None),
            ("99999999999999999999", None),
            ("-9223372036854775808", None),
            ("soon", None),
        ] {
            assert_eq!(instant(text), millis.map(UnixMillis), "{text}");
        }
    }
}

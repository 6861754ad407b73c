//! One event object, read in one pass into what the rules and the canonical event need. Types are
//! taken as senders really write them; a field of a type that cannot be meant is a fault of the
//! event, and reading goes on.

use chrono::{DateTime, NaiveDateTime};
use stratum_models::identifier::{IdentifierKey, IdentifierMask};
use stratum_models::money::{Currency, MICROS, parse_micros};
use stratum_models::rejection::RejectReason;
use stratum_models::time::UnixMillis;

use super::{EventScan, Fault, IdentifierValue};
use crate::decode::Malformed;
use crate::decode::json::{Reader, Token};
use crate::limits::RowLimits;

/// The rule of an amount.
pub(super) const AMOUNT: &str = "a decimal number, not negative, within bounds";

/// The means of reading an event, and the places for what was read. Fields are named by their paths.
pub(super) struct EventReader<'r, 'a> {
    /// Stands behind the opening brace of the event.
    pub(super) reader: &'r mut Reader<'a>,
    /// The event, nothing read yet: filled in place, it is too large to be moved about.
    pub(super) event: &'r mut EventScan<'a>,
    /// The event's identifiers are added here.
    pub(super) given: &'r mut Vec<IdentifierValue<'a>>,
    /// The currency met last; most requests have one, and the list of all is long.
    pub(super) currency: &'r mut Option<(&'a str, Currency)>,
    pub(super) limits: &'r RowLimits,
}

impl<'a> EventReader<'_, 'a> {
    /// Reads the object that was opened to its closing brace, a value for each key.
    #[inline]
    pub(super) fn fields(
        &mut self,
        field: impl Fn(&mut Self, &'a str) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        let mut first = true;
        while let Some(key) = self.reader.key(&mut first)? {
            field(self, key)?;
        }
        Ok(())
    }

    /// An object, or nothing: whether it is one.
    #[inline]
    pub(super) fn object(
        &mut self,
        path: &'static str,
        field: impl Fn(&mut Self, &'a str) -> Result<(), Malformed>,
    ) -> Result<bool, Malformed> {
        match self.reader.token()? {
            Token::Object => self.fields(field).map(|()| true),
            Token::Null => Ok(false),
            token => self.wrong(token, path, "an object").map(|()| false),
        }
    }

    /// The object of data on products and the like, which is remembered as it stands.
    #[inline]
    pub(super) fn custom_data(
        &mut self,
        path: &'static str,
        field: impl Fn(&mut Self, &'a str) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        let start = self.reader.position();
        let is_there = self.object(path, field)?;
        self.event.custom_data = is_there.then(|| self.reader.since(start));
        Ok(())
    }

    #[cold]
    pub(super) fn fault(
        &mut self,
        reason: RejectReason,
        field: &'static str,
        expected: &'static str,
    ) {
        self.event.fault.get_or_insert(Fault::of(reason, field, expected));
    }

    /// Leaves a value of a type that cannot be meant.
    #[cold]
    pub(super) fn wrong(
        &mut self,
        token: Token<'a>,
        field: &'static str,
        expected: &'static str,
    ) -> Result<(), Malformed> {
        self.fault(RejectReason::WrongType, field, expected);
        self.reader.leave(token)
    }

    /// A text, or a number as it is written; `None` when null or blank.
    pub(super) fn scalar(&mut self, field: &'static str) -> Result<Option<&'a str>, Malformed> {
        match self.reader.token()? {
            Token::Text(text) => Ok(Some(text.trim_ascii()).filter(|text| !text.is_empty())),
            Token::Number(text) => Ok(Some(text)),
            Token::Null => Ok(None),
            token => self.wrong(token, field, "a text").map(|()| None),
        }
    }

    /// An object, where there is one; anything else means nothing.
    pub(super) fn any_object(
        &mut self,
        field: impl Fn(&mut Self, &'a str) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        match self.reader.token()? {
            Token::Object => self.fields(field),
            token => self.reader.leave(token),
        }
    }

    /// A text, or a number as it is written, where there is one; anything else means nothing.
    pub(super) fn any_text(&mut self) -> Result<Option<&'a str>, Malformed> {
        match self.reader.token()? {
            Token::Text(text) => Ok(Some(text.trim_ascii()).filter(|text| !text.is_empty())),
            Token::Number(text) => Ok(Some(text)),
            token => self.reader.leave(token).map(|()| None),
        }
    }

    /// A value of an identifier, where there is one; anything else means nothing.
    pub(super) fn any_identifier(&mut self, key: IdentifierKey) -> Result<(), Malformed> {
        if let Some(value) = self.any_text()? {
            self.give(key, value);
        }
        Ok(())
    }

    /// A time as [`EventReader::iso_time`] takes it, where there is one; anything else means nothing.
    pub(super) fn any_time(&mut self) -> Result<Option<UnixMillis>, Malformed> {
        Ok(self.any_text()?.and_then(|text| iso_instant(text).or_else(|| instant(text))))
    }

    /// A scalar that is kept, so that its length counts.
    pub(super) fn text(&mut self, field: &'static str) -> Result<Option<&'a str>, Malformed> {
        let text = self.scalar(field)?;
        if text.is_some_and(|text| text.len() > self.limits.text_bytes_max) {
            self.fault(RejectReason::TooLong, field, "");
        }
        Ok(text)
    }

    /// The name of an event: a text alone.
    pub(super) fn name(&mut self, field: &'static str) -> Result<Option<&'a str>, Malformed> {
        match self.reader.token()? {
            Token::Text(name) => {
                if name.len() > self.limits.text_bytes_max {
                    self.fault(RejectReason::TooLong, field, "");
                }
                Ok(Some(name.trim_ascii()).filter(|name| !name.is_empty()))
            }
            Token::Null => Ok(None),
            token => self.wrong(token, field, "a text").map(|()| None),
        }
    }

    /// A time in seconds or milliseconds of Unix.
    pub(super) fn unix_time(&mut self, field: &'static str) -> Result<(), Malformed> {
        const EXPECTED: &str = "a Unix time in whole seconds";
        if let Some(text) = self.scalar(field)? {
            match instant(text) {
                Some(time) => self.event.event_time = Some(time),
                None => self.fault(RejectReason::InvalidValue, field, EXPECTED),
            }
        }
        Ok(())
    }

    /// A time as ISO 8601 writes it, or as [`EventReader::unix_time`] takes it.
    pub(super) fn iso_time(
        &mut self,
        field: &'static str,
    ) -> Result<Option<UnixMillis>, Malformed> {
        const EXPECTED: &str = "a time as 2026-11-27T20:00:00Z";
        let Some(text) = self.scalar(field)? else { return Ok(None) };
        let time = iso_instant(text).or_else(|| instant(text));
        if time.is_none() {
            self.fault(RejectReason::InvalidValue, field, EXPECTED);
        }
        Ok(time)
    }

    /// True or false, also as senders write it in texts and numbers.
    pub(super) fn flag(&mut self, field: &'static str) -> Result<bool, Malformed> {
        Ok(match self.reader.token()? {
            Token::Bool(flag) => flag,
            Token::Null | Token::Number("0") | Token::Text("" | "0" | "false") => false,
            Token::Number("1") | Token::Text("1" | "true") => true,
            token => return self.wrong(token, field, "true or false").map(|()| false),
        })
    }

    /// A value of an identifier or a list of values.
    pub(super) fn identifier(
        &mut self,
        key: IdentifierKey,
        field: &'static str,
    ) -> Result<(), Malformed> {
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

    /// Adds a value of an identifier; a blank one is none.
    pub(super) fn give(&mut self, key: IdentifierKey, value: &'a str) {
        if !value.trim_ascii().is_empty() {
            self.event.sent.insert(key);
            // One beyond the bound tells that there are too many.
            if self.given.len() - self.event.given.start <= self.limits.identifiers_max {
                self.given.push(IdentifierValue { key, value, kind: None });
            }
        }
    }

    /// Forgets the identifiers read so far: what stands twice counts as it stands last.
    pub(super) fn forget_identifiers(&mut self) {
        self.given.truncate(self.event.given.start);
        self.event.given.end = self.event.given.start;
        self.event.sent = IdentifierMask::EMPTY;
    }

    /// Those that were given are all that the event has.
    pub(super) fn end_identifiers(&mut self, field: &'static str) {
        self.event.given.end = self.given.len();
        if self.event.given.len() > self.limits.identifiers_max {
            self.fault(RejectReason::TooLong, field, "");
        }
    }

    /// The worth of the event.
    pub(super) fn value(&mut self, field: &'static str) -> Result<(), Malformed> {
        if let Some(micros) = self.amount(field)? {
            self.event.value_micros = Some(micros);
        }
        Ok(())
    }

    /// An amount in micros.
    pub(super) fn amount(&mut self, field: &'static str) -> Result<Option<i64>, Malformed> {
        let Some(text) = self.scalar(field)? else { return Ok(None) };
        let micros = self.micros(text);
        if micros.is_none() {
            self.fault(RejectReason::InvalidValue, field, AMOUNT);
        }
        Ok(micros)
    }

    /// An amount as it is written, in micros; `None` of one that is out of bounds.
    pub(super) fn micros(&self, text: &str) -> Option<i64> {
        let micros_max = self.limits.amount_units_max.saturating_mul(MICROS);
        parse_micros(text).filter(|micros| (0..=micros_max).contains(micros))
    }

    /// The currency of the event's worth.
    pub(super) fn currency(&mut self, field: &'static str) -> Result<(), Malformed> {
        if let Some(text) = self.scalar(field)? {
            self.set_currency(text);
        }
        Ok(())
    }

    /// The currency of the event's worth is what this names.
    pub(super) fn set_currency(&mut self, text: &'a str) {
        let known = self.currency.filter(|(known, _)| *known == text).map(|(_, currency)| currency);
        let currency = known.or_else(|| Currency::parse(text));
        *self.currency = currency.map(|currency| (text, currency));
        self.event.currency = Some(currency);
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

/// An instant from a date and time with its offset; of one without, UTC is meant.
fn iso_instant(text: &str) -> Option<UnixMillis> {
    let millis = match DateTime::parse_from_rfc3339(text) {
        Ok(time) => time.timestamp_millis(),
        Err(_) => text.parse::<NaiveDateTime>().ok()?.and_utc().timestamp_millis(),
    };
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

    #[test]
    fn instants_come_as_dates() {
        for (text, millis) in [
            ("2026-09-21T14:13:20Z", Some(1_790_000_000_000)),
            ("2026-09-21T16:13:20.125+02:00", Some(1_790_000_000_125)),
            ("2026-09-21T14:13:20", Some(1_790_000_000_000)),
            ("2026-09-21 14:13:20+00:00", Some(1_790_000_000_000)),
            ("2026-09-21", None),
            ("1790000000", None),
        ] {
            assert_eq!(iso_instant(text), millis.map(UnixMillis), "{text}");
        }
    }
}

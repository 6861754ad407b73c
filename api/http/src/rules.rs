//! Rules on what a body says, with every broken one named at once.

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Deserializer};
use stratum_models::money::{Currency, MICROS, parse_micros};

use crate::answer::{Detail, Fault, FaultCode, Refusal};

/// Labels, tags, ids of accounts: texts of one list.
const TEXTS_MAX: usize = 50;
/// Characters of such a text.
const TEXT_CHARS_MAX: usize = 100;
/// The largest amount, in currency units.
const AMOUNT_UNITS_MAX: i64 = 10_000_000_000;

/// Collects broken rules.
#[derive(Default)]
pub struct Rules {
    broken: Vec<Detail>,
}

impl Rules {
    /// Notes that a rule is broken where it does not hold.
    pub fn hold(&mut self, field: &str, holds: bool, fault: impl Into<Fault>) {
        if !holds {
            self.broken.push(Detail::of(field, fault));
        }
    }

    /// The number of broken rules so far.
    pub fn count(&self) -> usize {
        self.broken.len()
    }

    /// A name to show, trimmed: a text of one to `chars_max` characters.
    pub fn name(&mut self, field: &str, text: &str, chars_max: usize) -> String {
        let text = text.trim();
        self.text(field, text, chars_max);
        text.to_owned()
    }

    /// A text of one to `chars_max` characters without control characters.
    pub fn text(&mut self, field: &str, text: &str, chars_max: usize) {
        let holds = (1..=chars_max).contains(&text.chars().count())
            && !text.trim().is_empty()
            && !text.contains(char::is_control);
        let message = format!("must be a text of 1 to {chars_max} characters on one line");
        self.hold(field, holds, Fault::above(FaultCode::TextLength, chars_max, message));
    }

    /// The same where there is one.
    pub fn maybe_text(&mut self, field: &str, text: Option<&str>, chars_max: usize) {
        if let Some(text) = text {
            self.text(field, text, chars_max);
        }
    }

    /// A short list of short texts.
    pub fn texts(&mut self, field: &str, texts: &[String]) {
        let holds = texts.len() <= TEXTS_MAX;
        let message = format!("must have at most {TEXTS_MAX} entries");
        self.hold(field, holds, Fault::above(FaultCode::TooMany, TEXTS_MAX, message));
        for text in texts.iter().take(TEXTS_MAX) {
            self.text(field, text, TEXT_CHARS_MAX);
        }
    }

    /// A day of these centuries.
    pub fn day(&mut self, field: &str, day: Option<NaiveDate>) {
        let holds = day.is_none_or(|day| (1970..=2100).contains(&day.year()));
        let fault = Fault::new(FaultCode::YearOutOfRange, "must be a day from 1970 to 2100");
        self.hold(field, holds, fault.with("min", 1970).with("max", 2100));
    }

    /// An amount that may be spent.
    pub fn budget(&mut self, field: &str, micros: Option<i64>) {
        let holds = micros.is_none_or(|micros| (0..=AMOUNT_UNITS_MAX * MICROS).contains(&micros));
        let message = format!("must be from 0 to {AMOUNT_UNITS_MAX}");
        self.hold(field, holds, Fault::range(0, AMOUNT_UNITS_MAX, message));
    }

    /// A currency; `fallback` where it is none.
    pub fn currency(&mut self, field: &str, code: &str, fallback: Currency) -> Currency {
        let currency = Currency::parse(code);
        let message = "must be an ISO 4217 currency, such as EUR";
        self.hold(field, currency.is_some(), Fault::new(FaultCode::NoCurrency, message));
        currency.unwrap_or(fallback)
    }

    /// 422 with every broken rule, if there is any.
    pub fn finish(self) -> Result<(), Refusal> {
        if self.broken.is_empty() { Ok(()) } else { Err(Refusal::broken(self.broken)) }
    }
}

/// A name to show, trimmed; 422 where it is no text of one to `chars_max` characters on one line.
pub fn name(field: &str, text: &str, chars_max: usize) -> Result<String, Refusal> {
    let mut rules = Rules::default();
    let name = rules.name(field, text, chars_max);
    rules.finish().map(|()| name)
}

/// An amount in a body: a decimal number of currency units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    /// In micros.
    pub micros: i64,
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Amount, D::Error> {
        let units = f64::deserialize(deserializer)?;
        let micros = parse_micros(&units.to_string());
        let micros = micros.ok_or_else(|| serde::de::Error::custom("an amount is too large"))?;
        Ok(Amount { micros })
    }
}

/// For fields of partial changes, with `#[serde(default, deserialize_with = "sent")]`: `None` where
/// the field is not sent, `Some(None)` where it is null.
pub fn sent<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Puts what was sent in its place.
pub fn set<T>(place: &mut T, sent: Option<T>) {
    if let Some(sent) = sent {
        *place = sent;
    }
}

/// The same texts trimmed, each once.
pub fn distinct(texts: Vec<String>) -> Vec<String> {
    let mut kept = Vec::with_capacity(texts.len());
    for text in texts {
        let text = text.trim().to_owned();
        if !kept.contains(&text) {
            kept.push(text);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Change {
        #[serde(default, deserialize_with = "sent")]
        budget: Option<Option<Amount>>,
    }

    #[test]
    fn absent_and_null_differ() {
        let read = |text: &str| serde_json::from_str::<Change>(text).unwrap().budget;
        assert_eq!(read("{}"), None);
        assert_eq!(read(r#"{"budget": null}"#), Some(None));
        let micros = |text| read(text).flatten().map(|amount| amount.micros);
        assert_eq!(micros(r#"{"budget": 12.345678}"#), Some(12_345_678));
        assert_eq!(micros(r#"{"budget": 10000000000}"#), Some(10_000_000_000_000_000));
        assert!(serde_json::from_str::<Change>(r#"{"budget": 1e300}"#).is_err());
        assert!(serde_json::from_str::<Change>(r#"{"budget": "1"}"#).is_err());
    }

    #[test]
    fn every_broken_rule_is_named() {
        let mut rules = Rules::default();
        rules.text("name", " ", 5);
        rules.text("name", "abc", 3);
        rules.budget("daily_budget", Some(-1));
        rules.texts("labels", &["a\0".into()]);
        assert_eq!(rules.currency("currency", "XQZ", Currency::USD), Currency::USD);
        let refusal = rules.finish().unwrap_err();
        assert_eq!(refusal.status(), 422);
        let fields: Vec<_> = refusal.details().iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["name", "daily_budget", "labels", "currency"]);
        assert!(Rules::default().finish().is_ok());
    }

    #[test]
    fn texts_are_kept_once() {
        let texts = [" a", "b", "a "].map(str::to_owned).to_vec();
        assert_eq!(distinct(texts), ["a", "b"]);
    }
}

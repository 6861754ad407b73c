//! Texts and numbers of vendors' JSON: either may stand for the other.

use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, de};
use stratum_models::money::MICROS;

/// A text, or a number as it is written; empty where it is null.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text(pub(super) String);

struct AnyText;

/// Up to here every whole number is one that a float can be.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

impl Visitor<'_> for AnyText {
    type Value = Text;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a text or a number")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Text, E> {
        Ok(Text(number.to_string()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Text, E> {
        Ok(Text(number.to_string()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Text, E> {
        // Such a number may have lost digits, which must not look like those of an id.
        let whole = number.fract() == 0.0 && number.abs() > EXACT_MAX;
        Ok(Text(if whole { format!("{number:e}") } else { number.to_string() }))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Text, E> {
        Ok(Text::default())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        deserializer.deserialize_any(AnyText)
    }
}

impl Text {
    /// The text, or another where it is empty.
    pub(super) fn or(self, other: &str) -> String {
        if self.0.trim().is_empty() { other.to_owned() } else { self.0 }
    }

    /// Micros of a currency as the decimal number they are; what is no whole number stays as it is, for the
    /// rules to refuse.
    pub(super) fn micros(self) -> String {
        match self.0.parse::<i64>() {
            Ok(micros) => decimal(micros),
            Err(_) => self.or("0"),
        }
    }
}

/// Micros as a decimal number, exactly.
pub(super) fn decimal(micros: i64) -> String {
    let (sign, micros) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
    let unit = MICROS.unsigned_abs();
    format!("{sign}{}.{:06}", micros / unit, micros % unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers_are_alike() {
        let texts: Vec<Text> = serde_json::from_str(r#"["1.50", 2, -3, 0.25, null]"#).unwrap();
        let texts: Vec<_> = texts.iter().map(|text| text.0.as_str()).collect();
        assert_eq!(texts, ["1.50", "2", "-3", "0.25", ""]);
        let float: Text = serde_json::from_str("1.5e17").unwrap();
        assert_eq!(float.0, "1.5e17", "as an id it is refused");
        assert!(serde_json::from_str::<Text>("[1]").is_err());
    }

    #[test]
    fn micros_become_decimals_exactly() {
        for (micros, text) in [("1234567", "1.234567"), ("-5", "-0.000005"), ("", "0"), ("x", "x")]
        {
            assert_eq!(Text(micros.to_owned()).micros(), text);
        }
    }
}

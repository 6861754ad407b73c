//! Money as integer micros of an ISO 4217 currency. Floats never hold an amount.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Micros in one unit of any currency.
pub const MICROS: i64 = 1_000_000;

/// An ISO 4217 alphabetic code, upper case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// US dollar.
    pub const USD: Currency = Currency(*b"USD");
    /// Euro.
    pub const EUR: Currency = Currency(*b"EUR");

    /// Accepts any letter case (vendors differ); `None` when it is no ISO 4217 code.
    pub fn parse(code: &str) -> Option<Currency> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        let upper = bytes.map(|b| b.to_ascii_uppercase());
        let text = std::str::from_utf8(&upper).ok()?;
        iso_currency::Currency::from_code(text).map(|_| Currency(upper))
    }

    /// The three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Currency {
    type Err = String;
    fn from_str(code: &str) -> Result<Self, String> {
        Currency::parse(code).ok_or_else(|| format!("{code:?} is not an ISO 4217 currency code"))
    }
}

impl TryFrom<String> for Currency {
    type Error = String;
    fn try_from(code: String) -> Result<Self, String> {
        code.parse()
    }
}

impl From<Currency> for String {
    fn from(code: Currency) -> String {
        code.as_str().to_owned()
    }
}

#[cfg(feature = "schema")]
impl utoipa::PartialSchema for Currency {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .description(Some("A currency by its ISO 4217 code."))
            .min_length(Some(3))
            .max_length(Some(3))
            .examples(["EUR"])
            .into()
    }
}

#[cfg(feature = "schema")]
impl utoipa::ToSchema for Currency {}

/// Parses a plain or scientific decimal into micros, rounding half away from zero beyond the sixth
/// digit. `None` for anything else, and for amounts beyond ±9.2 trillion units.
pub fn parse_micros(text: &str) -> Option<i64> {
    let text = text.trim();
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.as_bytes().first()? {
        b'-' => (true, &mantissa[1..]),
        b'+' => (false, &mantissa[1..]),
        _ => (false, mantissa),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let micros = scale(whole, fraction, exponent.checked_add(6)?)?;
    Some(if negative { -micros } else { micros })
}

/// The digits `whole.fraction` times ten to the power `shift`, rounded to an integer.
fn scale(whole: &str, fraction: &str, shift: i32) -> Option<i64> {
    let mut value: i64 = 0;
    let point = i32::try_from(whole.len()).ok()?.checked_add(shift)?;
    let mut position: i32 = 0;
    for byte in whole.bytes().chain(fraction.bytes()) {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
        match position.cmp(&point) {
            std::cmp::Ordering::Less => value = value.checked_mul(10)?.checked_add(digit)?,
            std::cmp::Ordering::Equal if digit >= 5 => value = value.checked_add(1)?,
            _ => {}
        }
        position = position.checked_add(1)?;
    }
    while position < point && value != 0 {
        value = value.checked_mul(10)?;
        position += 1;
    }
    Some(value)
}

/// Micros as a decimal number of currency units, for JSON.
pub fn micros_to_units(micros: i64) -> f64 {
    micros as f64 / MICROS as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_become_micros() {
        for (text, micros) in [
            ("1", 1_000_000),
            ("0.1", 100_000),
            (".5", 500_000),
            ("5.", 5_000_000),
            ("-12.345678", -12_345_678),
            ("+3", 3_000_000),
            ("1e3", 1_000_000_000),
            ("1.5E-3", 1_500),
            ("0.0000005", 1),
            ("0.0000004", 0),
            ("0e300", 0),
            (" 7 ", 7_000_000),
        ] {
            assert_eq!(parse_micros(text), Some(micros), "{text}");
        }
        for text in
            ["", "-", ".", "abc", "1,5", "NaN", "inf", "1e400", "99999999999999", "1e", "--1"]
        {
            assert_eq!(parse_micros(text), None, "{text}");
        }
    }

    #[test]
    fn currencies_are_iso_in_any_case() {
        assert_eq!(Currency::parse("usd"), Some(Currency::USD));
        assert_eq!(Currency::parse("XQZ"), None);
        assert_eq!(Currency::parse("US"), None);
        assert_eq!(Currency::parse("€"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in "\\PC{0,40}") {
            let _ = parse_micros(&text);
        }

        #[test]
        fn micros_survive_printing(micros in -9_000_000_000_000_000_000i64..9_000_000_000_000_000_000) {
            let sign = if micros < 0 { "-" } else { "" };
            let text = format!("{sign}{}.{:06}", micros.abs() / MICROS, micros.abs() % MICROS);
            prop_assert_eq!(parse_micros(&text), Some(micros));
        }
    }
}

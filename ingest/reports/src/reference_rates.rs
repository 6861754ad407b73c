//! The euro foreign exchange reference rates of the European Central Bank.
//!
//! Of the documentation: on every working day of its payment system, about 16:00 in Frankfurt, the bank publishes
//! what one euro was worth in some thirty currencies. Three files of one form hold the last day, the last 90 days, and
//! all since 1999: `Cube` elements, of a day with `time`, within them of a currency with `currency` and `rate`.
//!
//! Decided here: a rate is kept for one US dollar, divided exactly and rounded once, to the billionth. A day without
//! a rate of the dollar says nothing, and a currency that ISO 4217 lists no more is passed over.

use std::time::Duration;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use serde::{Deserialize, Serialize};
use stratum_models::fx::FxRate;
use stratum_models::money::Currency;
use stratum_models::time::Day;

use crate::connector::config::is_safe_address;

/// Where the files are, and the bounds of asking for them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReferenceRatesConfig {
    /// The rates of the last day.
    pub daily_url: String,
    /// The rates of the last 90 days.
    pub recent_url: String,
    /// All rates since 1999.
    pub history_url: String,
    /// Longest wait for an answer, its body included.
    pub answer_ms_max: u64,
    /// Largest answer.
    pub answer_bytes_max: usize,
}

impl Default for ReferenceRatesConfig {
    fn default() -> ReferenceRatesConfig {
        let file = |name: &str| format!("https://www.ecb.europa.eu/stats/eurofxref/{name}.xml");
        ReferenceRatesConfig {
            daily_url: file("eurofxref-daily"),
            recent_url: file("eurofxref-hist-90d"),
            history_url: file("eurofxref-hist"),
            answer_ms_max: 60_000,
            answer_bytes_max: 33_554_432,
        }
    }
}

/// One of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateFile {
    /// The last day.
    Daily,
    /// The last 90 days.
    Recent,
    /// All days.
    History,
}

impl RateFile {
    /// The smallest file without a gap after the newest day that is known; at most four days lie between two
    /// working days but for Christmas and Easter.
    pub fn after(newest: Option<Day>, today: Day) -> RateFile {
        match newest.map(|newest| (today.0 - newest.0).num_days()) {
            Some(..=1) => RateFile::Daily,
            Some(..=80) => RateFile::Recent,
            _ => RateFile::History,
        }
    }
}

/// Why there are no rates. No text of it holds an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RatesError {
    /// An address is none, or would be asked in clear text over a network.
    #[error("{url} is no address with https")]
    Address {
        /// As it is configured.
        url: String,
    },
    /// Nobody answered, or not in time.
    #[error("the European Central Bank cannot be reached")]
    Unreachable,
    /// It answered something else.
    #[error("the European Central Bank answers {status}")]
    Refused {
        /// The status.
        status: u16,
    },
    /// More than the bound.
    #[error("the file of exchange rates is larger than allowed")]
    TooLarge,
    /// The file is not what is documented.
    #[error("the file of exchange rates cannot be read")]
    Unreadable,
}

/// Asks for the files.
#[derive(Clone, Debug)]
pub struct ReferenceRates {
    client: reqwest::Client,
    config: ReferenceRatesConfig,
}

impl ReferenceRates {
    /// `Address` where a file would be asked for in clear text over a network.
    pub fn new(config: ReferenceRatesConfig) -> Result<ReferenceRates, RatesError> {
        for url in [&config.daily_url, &config.recent_url, &config.history_url] {
            if !is_safe_address(url) {
                return Err(RatesError::Address { url: url.clone() });
            }
        }
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_millis(config.answer_ms_max))
            .user_agent("stratum");
        let client = client.build().map_err(|_| RatesError::Unreachable)?;
        Ok(ReferenceRates { client, config })
    }

    /// The rates of a file, by day and currency as the file has them.
    pub async fn fetch(&self, file: RateFile) -> Result<Vec<FxRate>, RatesError> {
        let url = match file {
            RateFile::Daily => &self.config.daily_url,
            RateFile::Recent => &self.config.recent_url,
            RateFile::History => &self.config.history_url,
        };
        let answer = self.client.get(url).send().await;
        let mut answer = answer.map_err(|_| RatesError::Unreachable)?;
        if !answer.status().is_success() {
            return Err(RatesError::Refused { status: answer.status().as_u16() });
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| RatesError::Unreachable)? {
            if body.len() + chunk.len() > self.config.answer_bytes_max {
                return Err(RatesError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        // The whole history takes a core for a moment.
        let read = tokio::task::spawn_blocking(move || {
            let xml = std::str::from_utf8(&body).map_err(|_| RatesError::Unreadable)?;
            read_rates(xml)
        });
        read.await.map_err(|_| RatesError::Unreadable)?
    }
}

/// The rates of a file. `Unreadable` where it holds none, or one that is no rate.
pub fn read_rates(xml: &str) -> Result<Vec<FxRate>, RatesError> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let (mut rates, mut of_day) = (Vec::new(), OfDay::default());
    loop {
        match reader.read_event().map_err(|_| RatesError::Unreadable)? {
            Event::Start(cube) | Event::Empty(cube) if cube.local_name().as_ref() == "Cube" => {
                if let Some(time) = attribute(&cube, "time")? {
                    rates.extend(std::mem::take(&mut of_day).per_usd()?);
                    of_day.day = Some(time.parse().map(Day).map_err(|_| RatesError::Unreadable)?);
                }
                if let Some(code) = attribute(&cube, "currency")? {
                    let rate = attribute(&cube, "rate")?.as_deref().and_then(Decimal::parse);
                    of_day.per_eur.push((code, rate.ok_or(RatesError::Unreadable)?));
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    rates.extend(of_day.per_usd()?);
    if rates.is_empty() { Err(RatesError::Unreadable) } else { Ok(rates) }
}

fn attribute(cube: &BytesStart<'_>, name: &str) -> Result<Option<String>, RatesError> {
    let unreadable = |_| RatesError::Unreadable;
    let Some(found) = cube.try_get_attribute(name).map_err(unreadable)? else { return Ok(None) };
    let value = found.normalized_value(XmlVersion::default());
    value.map(|value| Some(value.into_owned())).map_err(|_| RatesError::Unreadable)
}

/// Of one day what a euro was worth, by the codes of currencies.
#[derive(Default)]
struct OfDay {
    day: Option<Day>,
    per_eur: Vec<(String, Decimal)>,
}

impl OfDay {
    /// The same of one US dollar, the euro among them.
    fn per_usd(self) -> Result<Vec<FxRate>, RatesError> {
        if self.per_eur.is_empty() {
            return Ok(Vec::new());
        }
        let day = self.day.ok_or(RatesError::Unreadable)?;
        let dollar = self.per_eur.iter().find(|(code, _)| code == "USD");
        let Some((_, dollar)) = dollar else { return Ok(Vec::new()) };
        let euro = ("EUR".to_owned(), Decimal { digits: 1, scale: 0 });
        let others = self.per_eur.iter().filter(|(code, _)| code != "USD");
        let rate = |(code, rate): &(String, Decimal)| {
            let currency = Currency::parse(code)?;
            Some(FxRate { day, currency, per_usd_nanos: rate.nanos_per(*dollar)? })
        };
        Ok(others.chain([&euro]).filter_map(rate).collect())
    }
}

/// `digits` divided by ten to the power `scale`; both small enough that no product of two overflows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Decimal {
    digits: u128,
    scale: u32,
}

impl Decimal {
    /// A number above 0 of at most twelve digits, eight of them behind the point.
    fn parse(text: &str) -> Option<Decimal> {
        const DIGITS_MAX: usize = 12;
        const SCALE_MAX: usize = 8;
        let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
        let digits = [whole, fraction].concat();
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        let fits = digits.len() <= DIGITS_MAX && fraction.len() <= SCALE_MAX;
        let digits = digits.parse().ok().filter(|digits| is_number && fits && *digits > 0)?;
        Some(Decimal { digits, scale: u32::try_from(fraction.len()).ok()? })
    }

    /// Billionths of this for one of another, rounded half up.
    fn nanos_per(self, other: Decimal) -> Option<i64> {
        const NANOS: u128 = 1_000_000_000;
        let of = self.digits * NANOS * 10u128.pow(other.scale);
        let by = other.digits * 10u128.pow(self.scale);
        i64::try_from((of + by / 2) / by).ok().filter(|nanos| *nanos > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(days: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <gesmes:Envelope xmlns:gesmes=\"http://www.gesmes.org/xml/2002-08-01\" \
             xmlns=\"http://www.ecb.int/vocabulary/2002-08-01/eurofxref\">\n\
             <gesmes:subject>Reference rates</gesmes:subject>\n<gesmes:Sender>\n\
             <gesmes:name>European Central Bank</gesmes:name>\n</gesmes:Sender>\n\
             <Cube>{days}</Cube>\n</gesmes:Envelope>"
        )
    }

    fn shown(xml: &str) -> Vec<String> {
        let shown =
            |rate: &FxRate| format!("{} {} {}", rate.day.0, rate.currency, rate.per_usd_nanos);
        read_rates(xml).unwrap().iter().map(shown).collect()
    }

    #[test]
    fn rates_of_every_day_are_for_one_dollar() {
        let days = "<Cube time='2026-11-26'><Cube currency='USD' rate='1.0823'/>\
            <Cube currency='JPY' rate='163.06'/><Cube currency='KWD' rate=\"0.333\"/></Cube>\n\
            <Cube time=\"2026-11-25\"><Cube currency=\"USD\" rate=\"2\"/>\
            <Cube currency='XQZ' rate='3'/></Cube><Cube time='2026-11-24'><Cube currency='JPY' rate='1'/></Cube>";
        let expected = [
            "2026-11-26 JPY 150660630140",
            "2026-11-26 KWD 307678093",
            "2026-11-26 EUR 923958237",
            "2026-11-25 EUR 500000000",
        ];
        assert_eq!(
            shown(&file(days)),
            expected,
            "half up, and a day without the dollar says nothing"
        );
    }

    #[test]
    fn what_is_no_file_of_rates_is_unreadable() {
        let one = |rate: &str| {
            file(&format!("<Cube time='2026-11-26'><Cube currency='USD' rate='{rate}'/></Cube>"))
        };
        assert!(read_rates(&one("1.1")).is_ok());
        for wrong in [
            String::new(),
            "<html>Service unavailable</html>".to_owned(),
            file(""),
            one("0"),
            one("-1"),
            one("N/A"),
            one("1,1"),
            one("1234567890123"),
            file("<Cube time='yesterday'><Cube currency='USD' rate='1'/></Cube>"),
            file("<Cube><Cube currency='USD' rate='1'/></Cube>"),
            one("1.1")[..300].to_owned(),
        ] {
            assert_eq!(read_rates(&wrong), Err(RatesError::Unreadable), "{wrong}");
        }
    }

    #[test]
    fn the_smallest_file_without_a_gap_is_asked_for() {
        let day = |text: &str| Day(text.parse().unwrap());
        for (newest, file) in [
            (None, RateFile::History),
            (Some("2026-08-01"), RateFile::History),
            (Some("2026-11-20"), RateFile::Recent),
            (Some("2026-11-26"), RateFile::Daily),
            (Some("2026-11-27"), RateFile::Daily),
        ] {
            assert_eq!(RateFile::after(newest.map(day), day("2026-11-27")), file, "{newest:?}");
        }
    }

    #[test]
    fn nothing_is_asked_in_clear_text_over_a_network() {
        assert!(ReferenceRates::new(ReferenceRatesConfig::default()).is_ok());
        let of = |url: &str| ReferenceRatesConfig { daily_url: url.into(), ..Default::default() };
        assert!(ReferenceRates::new(of("http://127.0.0.1:4711/daily.xml")).is_ok());
        assert!(ReferenceRates::new(of("http://www.ecb.europa.eu/daily.xml")).is_err());
    }
}

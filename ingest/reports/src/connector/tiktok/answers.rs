//! TikTok's answers, and what its codes mean.

use std::collections::HashMap;
use std::time::Duration;

use chrono_tz::Tz;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use stratum_models::money::Currency;

use crate::connector::text::Text;
use crate::connector::{
    Account, CallConfig, Credentials, Level, PullError, PulledRow, PulledSplit,
};

#[derive(Deserialize)]
pub(super) struct Envelope {
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: serde_json::Value,
}

impl Envelope {
    /// The data it holds, or the failure that its code means.
    pub(super) fn read<T: DeserializeOwned>(
        self,
        credentials: &Credentials,
        config: &CallConfig,
    ) -> Result<T, PullError> {
        let said = credentials.hidden_from(&self.message);
        Err(match self.code {
            0 => {
                return serde_json::from_value(self.data).map_err(|_| PullError::unreadable());
            }
            40_100 | 40_133 => {
                PullError::Throttled { retry_after: Duration::from_millis(config.throttle_ms) }
            }
            40_102..=40_105 => PullError::unauthorized(format!(
                "the access token has expired or was withdrawn; give a new one (TikTok says: {said})"
            )),
            40_001 | 40_110 => PullError::forbidden(format!(
                "the app may not read this advertiser: grant it (TikTok says: {said})"
            )),
            40_200..=40_202 | 40_700 | 50_000..=59_999 => {
                PullError::transient(format!("TikTok says: {said}"))
            }
            code => PullError::refused(format!("TikTok says: {said} (code {code})")),
        })
    }
}

#[derive(Deserialize)]
pub(super) struct Advertisers {
    list: Vec<Advertiser>,
}

#[derive(Deserialize)]
struct Advertiser {
    #[serde(default)]
    name: String,
    currency: String,
    timezone: String,
}

impl Advertisers {
    pub(super) fn into_account(self, id: &str) -> Result<Account, PullError> {
        let told = self.list.into_iter().next();
        let told = told.ok_or_else(|| PullError::refused("there is no such advertiser"))?;
        let currency = Currency::parse(&told.currency).ok_or_else(PullError::unreadable)?;
        let zone = zone(&told.timezone).ok_or_else(PullError::unreadable)?;
        Ok(Account { id: id.to_owned(), name: told.name, currency, zone })
    }
}

/// A zone by its name; TikTok writes some as their distance from UTC, whole hours.
fn zone(name: &str) -> Option<Tz> {
    let Some(hours) = name.strip_prefix("UTC").filter(|rest| !rest.is_empty()) else {
        return name.parse().ok();
    };
    let hours: i32 = hours.split(':').next()?.parse().ok()?;
    // The names of fixed zones count the other way round.
    match hours {
        0 => Some(Tz::UTC),
        hours => format!("Etc/GMT{:+}", -hours).parse().ok(),
    }
}

#[derive(Deserialize)]
pub(super) struct Report {
    #[serde(default)]
    pub(super) list: Vec<Row>,
    /// Which page it is. Without it nobody knows whether there are more.
    pub(super) page_info: PageInfo,
}

#[derive(Deserialize)]
pub(super) struct PageInfo {
    #[serde(default)]
    pub(super) total_number: u64,
    pub(super) total_page: u64,
}

#[derive(Deserialize)]
pub(super) struct Row {
    #[serde(default)]
    dimensions: HashMap<String, Text>,
    #[serde(default)]
    metrics: HashMap<String, Text>,
}

impl Row {
    /// `None` for a country that is not known.
    pub(super) fn into_pulled(
        mut self,
        level: Level,
        conversion: &str,
        value: Option<&str>,
    ) -> Option<PulledRow> {
        // Ids are dimensions at one level and metrics at another.
        let mut told = self.dimensions;
        let mut text = |name: &str| {
            let text = told.remove(name).or_else(|| self.metrics.remove(name));
            text.unwrap_or_default().0
        };
        let split = match level {
            Level::Campaign => PulledSplit::Campaign,
            Level::Ad => PulledSplit::Ad {
                ad_set_id: text("adgroup_id"),
                ad_set_name: text("adgroup_name"),
                id: text("ad_id"),
                name: text("ad_name"),
            },
            Level::Country => {
                let code = text("country_code").to_ascii_uppercase();
                let known = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
                PulledSplit::Country(Some(code).filter(|_| known)?)
            }
            Level::Device => {
                PulledSplit::Device(match text("platform").to_ascii_uppercase().as_str() {
                    "ANDROID" | "IPHONE" | "IOS" => "mobile",
                    "IPAD" => "tablet",
                    "PC" => "desktop",
                    _ => "other",
                })
            }
        };
        let date = text("stat_time_day");
        let campaign_id = text("campaign_id");
        let campaign_name = text("campaign_name");
        let mut figure = |name: &str| match self.metrics.remove(name) {
            // What was not measured is a dash.
            Some(Text(text)) if text != "-" => Text(text).or("0"),
            _ => "0".to_owned(),
        };
        Some(PulledRow {
            // `2026-03-01 00:00:00`
            date: date.split(' ').next().unwrap_or_default().to_owned(),
            campaign_id,
            campaign_name,
            split,
            spend: figure("spend"),
            impressions: figure("impressions"),
            clicks: figure("clicks"),
            conversions: figure(conversion),
            revenue: value.map_or("0".to_owned(), figure),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_names_or_hours_from_utc() {
        assert_eq!(zone("America/New_York"), Some(chrono_tz::America::New_York));
        assert_eq!(zone("UTC"), Some(Tz::UTC));
        assert_eq!(zone("UTC+03:00"), Some(chrono_tz::Etc::GMTMinus3));
        assert_eq!(zone("UTC-08:00"), Some(chrono_tz::Etc::GMTPlus8));
        assert_eq!(zone("Middle Earth"), None);
    }
}

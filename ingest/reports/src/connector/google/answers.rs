//! Google's answers, and what its errors mean.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use serde::Deserialize;
use stratum_models::money::Currency;

use crate::connector::call::Answer;
use crate::connector::text::Text;
use crate::connector::{
    Account, CallConfig, Credentials, Level, PullError, PulledRow, PulledSplit,
};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Search {
    pub(super) results: Vec<Row>,
    pub(super) next_page_token: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Row {
    customer: Customer,
    campaign: NamedObject,
    ad_group: NamedObject,
    ad_group_ad: AdGroupAd,
    user_location_view: UserLocation,
    segments: Segments,
    metrics: Metrics,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Customer {
    descriptive_name: String,
    currency_code: String,
    time_zone: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NamedObject {
    id: Text,
    name: Text,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AdGroupAd {
    ad: NamedObject,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct UserLocation {
    country_criterion_id: Text,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Segments {
    date: String,
    device: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metrics {
    cost_micros: Text,
    impressions: Text,
    clicks: Text,
    #[serde(alias = "allConversions")]
    conversions: Text,
    #[serde(alias = "allConversionsValue")]
    conversions_value: Text,
}

pub(super) fn account_of(found: Search, id: &str) -> Result<Account, PullError> {
    let customer = found.results.into_iter().next().map(|row| row.customer);
    let customer = customer.ok_or_else(|| PullError::refused("there is no such account"))?;
    let currency = Currency::parse(&customer.currency_code).ok_or_else(PullError::unreadable)?;
    let zone = customer.time_zone.parse().map_err(|_| PullError::unreadable())?;
    Ok(Account { id: id.to_owned(), name: customer.descriptive_name, currency, zone })
}

impl Row {
    /// `None` for a country that is not known.
    pub(super) fn into_pulled(self, level: Level) -> Option<PulledRow> {
        let split = match level {
            Level::Campaign => PulledSplit::Campaign,
            Level::Ad => PulledSplit::Ad {
                ad_set_id: self.ad_group.id.0,
                ad_set_name: self.ad_group.name.0,
                id: self.ad_group_ad.ad.id.0,
                name: self.ad_group_ad.ad.name.0,
            },
            Level::Country => {
                let criterion = &self.user_location_view.country_criterion_id.0;
                PulledSplit::Country(country(criterion)?.to_owned())
            }
            Level::Device => PulledSplit::Device(match self.segments.device.as_str() {
                "MOBILE" => "mobile",
                "TABLET" => "tablet",
                "DESKTOP" => "desktop",
                "CONNECTED_TV" => "connected_tv",
                _ => "other",
            }),
        };
        Some(PulledRow {
            date: self.segments.date,
            campaign_id: self.campaign.id.0,
            campaign_name: self.campaign.name.0,
            split,
            spend: self.metrics.cost_micros.micros(),
            impressions: self.metrics.impressions.or("0"),
            clicks: self.metrics.clicks.or("0"),
            conversions: self.metrics.conversions.or("0"),
            revenue: self.metrics.conversions_value.or("0"),
        })
    }
}

/// Google numbers countries from here on by ISO 3166.
const COUNTRIES_FROM: u32 = 2_000;

fn country(criterion: &str) -> Option<&'static str> {
    static COUNTRIES: LazyLock<HashMap<u32, &str>> = LazyLock::new(|| {
        let pairs = include_str!("countries.txt").split([',', '\n']);
        let pair = |pair: &'static str| {
            let (number, code) = pair.trim().split_once(' ')?;
            Some((number.parse().ok()?, code))
        };
        pairs.filter_map(pair).collect()
    });
    let number = criterion.parse::<u32>().ok()?.checked_sub(COUNTRIES_FROM)?;
    COUNTRIES.get(&number).copied()
}

#[derive(Deserialize)]
struct Envelope {
    error: Status,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    message: String,
    status: String,
    details: Vec<Detail>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail {
    errors: Vec<Failure>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Failure {
    error_code: HashMap<String, String>,
    message: String,
    details: FailureDetails,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct FailureDetails {
    quota_error_details: Quota,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Quota {
    retry_delay: String,
}

/// The failure that an error means.
pub(super) fn fault(answer: &Answer, credentials: &Credentials, config: &CallConfig) -> PullError {
    let Ok(Envelope { error }) = answer.json() else { return answer.fault(config) };
    let failure = error.details.into_iter().flat_map(|detail| detail.errors).next();
    let failure = failure.unwrap_or_default();
    let said = if failure.message.is_empty() { &error.message } else { &failure.message };
    let said = credentials.hidden_from(said);
    let codes = &failure.error_code;
    let is = |kind: &str, wanted: &[&str]| {
        codes.get(kind).is_some_and(|code| wanted.contains(&code.as_str()))
    };
    if is("requestError", &["EXPIRED_PAGE_TOKEN", "INVALID_PAGE_TOKEN"]) {
        return PullError::Stale;
    }
    if codes.contains_key("quotaError") || error.status == "RESOURCE_EXHAUSTED" {
        let wait = delay(&failure.details.quota_error_details.retry_delay);
        let usual = || Duration::from_millis(config.throttle_ms);
        let wait = wait.or_else(|| answer.retry_after()).unwrap_or_else(usual);
        return PullError::Throttled { retry_after: wait };
    }
    match error.status.as_str() {
        "UNAUTHENTICATED" => PullError::unauthorized(format!(
            "Google does not accept the credentials: connect the account again (Google says: {said})"
        )),
        "PERMISSION_DENIED" => PullError::forbidden(format!(
            "the user or the developer token may not read this account (Google says: {said})"
        )),
        "INTERNAL" | "UNAVAILABLE" | "DEADLINE_EXCEEDED" | "ABORTED" | "UNKNOWN" => {
            PullError::transient(format!("Google says: {said}"))
        }
        _ if answer.status >= 500 => answer.fault(config),
        _ => PullError::refused(format!("Google says: {said}")),
    }
}

/// A protobuf duration in JSON: `30s`, `1.5s`.
fn delay(text: &str) -> Option<Duration> {
    let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_numbered_by_iso_3166() {
        for (criterion, code) in [("2840", "US"), ("2276", "DE"), ("2818", "EG"), ("2682", "SA")] {
            assert_eq!(country(criterion), Some(code));
        }
        for unknown in ["0", "2000", "1023191", "", "x"] {
            assert_eq!(country(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn delays_are_read() {
        assert_eq!(delay("30s"), Some(Duration::from_secs(30)));
        assert_eq!(delay("1.5s"), Some(Duration::from_millis(1_500)));
        assert_eq!((delay("-1s"), delay("soon"), delay("")), (None, None, None));
    }
}

//! Meta's answers, and what its errors mean.

use std::collections::HashMap;
use std::time::Duration;

use reqwest::header::HeaderMap;
use serde::Deserialize;
use stratum_models::money::Currency;

use crate::connector::call::Answer;
use crate::connector::text::Text;
use crate::connector::{
    Account, CallConfig, Credentials, Level, PullError, PulledRow, PulledSplit,
};

#[derive(Deserialize)]
pub(super) struct AccountAnswer {
    #[serde(default)]
    name: String,
    currency: String,
    timezone_name: String,
}

impl AccountAnswer {
    pub(super) fn into_account(self, id: &str) -> Result<Account, PullError> {
        let currency = Currency::parse(&self.currency).ok_or_else(PullError::unreadable)?;
        let zone = self.timezone_name.parse().map_err(|_| PullError::unreadable())?;
        Ok(Account { id: id.to_owned(), name: self.name, currency, zone })
    }
}

#[derive(Deserialize)]
pub(super) struct StartedJob {
    pub(super) report_run_id: Text,
}

#[derive(Deserialize)]
pub(super) struct Job {
    #[serde(default)]
    pub(super) async_status: String,
    #[serde(default)]
    async_percent_completion: Option<u8>,
}

impl Job {
    pub(super) fn is_whole(&self) -> bool {
        self.async_percent_completion.is_none_or(|percent| percent >= 100)
    }
}

#[derive(Deserialize)]
pub(super) struct Insights {
    pub(super) data: Vec<Row>,
    #[serde(default)]
    paging: Paging,
}

#[derive(Default, Deserialize)]
struct Paging {
    #[serde(default)]
    cursors: Cursors,
    next: Option<serde::de::IgnoredAny>,
}

#[derive(Default, Deserialize)]
struct Cursors {
    after: Option<String>,
}

impl Insights {
    /// The mark of the next page; there is a cursor on the last page too, but no `next`. An error where
    /// there is a next page and no mark of it: what stands on it would be missing.
    pub(super) fn after(&self) -> Result<Option<&str>, PullError> {
        if self.paging.next.is_none() {
            return Ok(None);
        }
        let after = self.paging.cursors.after.as_deref().filter(|after| !after.is_empty());
        after.map(Some).ok_or_else(PullError::unreadable)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Row {
    date_start: Text,
    campaign_id: Text,
    campaign_name: Text,
    adset_id: Text,
    adset_name: Text,
    ad_id: Text,
    ad_name: Text,
    country: Text,
    device_platform: Text,
    spend: Text,
    impressions: Text,
    clicks: Text,
    actions: Vec<Action>,
    action_values: Vec<Action>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Action {
    action_type: String,
    value: Text,
}

impl Row {
    /// `None` for what cannot be kept: a country that is not known.
    pub(super) fn into_pulled(self, level: Level, conversions: &[String]) -> Option<PulledRow> {
        let split = match level {
            Level::Campaign => PulledSplit::Campaign,
            Level::Ad => PulledSplit::Ad {
                ad_set_id: self.adset_id.0,
                ad_set_name: self.adset_name.0,
                id: self.ad_id.0,
                name: self.ad_name.0,
            },
            Level::Country => PulledSplit::Country(known_country(&self.country.0)?),
            Level::Device => PulledSplit::Device(match self.device_platform.0.as_str() {
                "desktop" => "desktop",
                "mobile_app" | "mobile_web" => "mobile",
                _ => "other",
            }),
        };
        let value_of = |actions: &[Action], kind: &String| {
            let action = actions.iter().find(|action| action.action_type == *kind);
            action.map(|action| action.value.0.clone())
        };
        // The value is of the action that was counted, also where that has none.
        let counted = conversions.iter().find(|kind| value_of(&self.actions, kind).is_some());
        let of = |actions| counted.and_then(|kind| value_of(actions, kind)).unwrap_or("0".into());
        Some(PulledRow {
            conversions: of(&self.actions),
            revenue: of(&self.action_values),
            date: self.date_start.0,
            campaign_id: self.campaign_id.0,
            campaign_name: self.campaign_name.0,
            split,
            spend: self.spend.or("0"),
            impressions: self.impressions.or("0"),
            clicks: self.clicks.or("0"),
        })
    }
}

fn known_country(code: &str) -> Option<String> {
    let known = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic());
    known.then(|| code.to_ascii_uppercase())
}

#[derive(Deserialize)]
struct Envelope {
    error: Fault,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fault {
    message: String,
    code: i64,
    error_subcode: i64,
    error_user_msg: Option<String>,
}

/// The failure that an error means.
pub(super) fn fault(answer: &Answer, credentials: &Credentials, config: &CallConfig) -> PullError {
    let Ok(Envelope { error }) = answer.json() else { return answer.fault(config) };
    let said = error.error_user_msg.as_deref().unwrap_or(&error.message);
    let said = credentials.hidden_from(said);
    let too_much = error.message.contains("reduce the amount of data");
    match (error.code, error.error_subcode) {
        (_, 1_504_018 | 1_504_038) => PullError::TooMuch,
        _ if too_much => PullError::TooMuch,
        (4 | 17 | 32 | 613 | 80_000..=80_014, _) => {
            let usual = Duration::from_millis(config.throttle_ms);
            PullError::Throttled { retry_after: regained(&answer.headers).unwrap_or(usual) }
        }
        (102 | 190 | 463 | 467, _) => PullError::unauthorized(format!(
            "the access token has expired or was withdrawn; give a new one (Meta says: {said})"
        )),
        (10 | 200..=299, _) => PullError::forbidden(format!(
            "the token may not read this account: grant ads_read (Meta says: {said})"
        )),
        (1 | 2 | -1 | -2, _) => PullError::transient(format!("Meta says: {said}")),
        _ if answer.status >= 500 => answer.fault(config),
        (code, _) => PullError::refused(format!("Meta says: {said} (code {code})")),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct InsightsThrottle {
    app_id_util_pct: f64,
    acc_id_util_pct: f64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CaseUsage {
    call_count: f64,
    total_cputime: f64,
    total_time: f64,
    estimated_time_to_regain_access: u64,
}

fn header<T: serde::de::DeserializeOwned>(headers: &HeaderMap, name: &str) -> Option<T> {
    serde_json::from_slice(headers.get(name)?.as_bytes()).ok()
}

fn usages(headers: &HeaderMap) -> Vec<CaseUsage> {
    let usages: Option<HashMap<String, Vec<CaseUsage>>> =
        header(headers, "x-business-use-case-usage");
    usages.unwrap_or_default().into_values().flatten().collect()
}

/// The time until access is regained, where the headers tell it.
fn regained(headers: &HeaderMap) -> Option<Duration> {
    let minutes = usages(headers).iter().map(|usage| usage.estimated_time_to_regain_access).max();
    minutes.filter(|minutes| *minutes > 0).map(|minutes| Duration::from_secs(minutes * 60))
}

/// A rest that keeps below the limits: none below 75 % of the allowance, then longer and longer.
pub(super) fn wanted_rest(headers: &HeaderMap) -> Duration {
    let throttle: InsightsThrottle =
        header(headers, "x-fb-ads-insights-throttle").unwrap_or_default();
    let used = usages(headers)
        .into_iter()
        .fold(throttle.app_id_util_pct.max(throttle.acc_id_util_pct), |most, usage| {
            most.max(usage.call_count).max(usage.total_cputime).max(usage.total_time)
        });
    match used {
        used if used >= 95.0 => Duration::from_secs(60),
        used if used >= 75.0 => Duration::from_secs(5),
        _ => Duration::ZERO,
    }
}

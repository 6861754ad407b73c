//! Snapchat's answers, and what its errors mean.

use std::collections::HashMap;

use chrono::DateTime;
use serde::Deserialize;
use stratum_models::money::Currency;

use super::names::{Entity, Names};
use crate::connector::call::Answer;
use crate::connector::text::Text;
use crate::connector::{
    Account, CallConfig, Credentials, Cursor, Level, PullError, PulledRow, PulledSplit, Question,
};

/// Answers say in themselves whether all went well.
pub(super) trait Verdict {
    /// Every status it holds.
    fn statuses(&self) -> Vec<&str>;
}

/// The answer, where everything in it went well.
pub(super) fn checked<T: Verdict>(answer: T) -> Result<T, PullError> {
    let well = answer.statuses().iter().all(|status| status.eq_ignore_ascii_case("success"));
    if well { Ok(answer) } else { Err(PullError::transient("Snapchat answered in part only")) }
}

#[derive(Default, Deserialize)]
struct Paging {
    next_link: Option<String>,
}

impl Paging {
    /// The cursor of the link, which alone is taken of it. An error where there is a link without one: what
    /// stands on the next page would be missing.
    fn cursor(&self) -> Result<Option<String>, PullError> {
        let Some(link) = self.next_link.as_deref().filter(|link| !link.is_empty()) else {
            return Ok(None);
        };
        let link: reqwest::Url = link.parse().map_err(|_| PullError::unreadable())?;
        let mut pairs = link.query_pairs();
        let cursor = pairs.find(|(name, value)| name == "cursor" && !value.is_empty());
        cursor.map(|(_, value)| Some(value.into_owned())).ok_or_else(PullError::unreadable)
    }
}

#[derive(Deserialize)]
pub(super) struct AdAccounts {
    request_status: String,
    #[serde(default)]
    adaccounts: Vec<AdAccountPart>,
}

#[derive(Deserialize)]
struct AdAccountPart {
    sub_request_status: String,
    adaccount: Option<AdAccount>,
}

#[derive(Deserialize)]
struct AdAccount {
    #[serde(default)]
    name: String,
    currency: String,
    timezone: String,
}

impl Verdict for AdAccounts {
    fn statuses(&self) -> Vec<&str> {
        let parts = self.adaccounts.iter().map(|part| part.sub_request_status.as_str());
        std::iter::once(self.request_status.as_str()).chain(parts).collect()
    }
}

impl AdAccounts {
    pub(super) fn into_account(self, id: &str) -> Result<Account, PullError> {
        let told = self.adaccounts.into_iter().find_map(|part| part.adaccount);
        let told = told.ok_or_else(|| PullError::refused("there is no such ad account"))?;
        let currency = Currency::parse(&told.currency).ok_or_else(PullError::unreadable)?;
        let zone = told.timezone.parse().map_err(|_| PullError::unreadable())?;
        Ok(Account { id: id.to_owned(), name: told.name, currency, zone })
    }
}

/// Campaigns, ad squads or ads.
#[derive(Deserialize)]
pub(super) struct Entities {
    request_status: String,
    #[serde(default)]
    paging: Paging,
    #[serde(default, alias = "adsquads", alias = "ads")]
    campaigns: Vec<EntityPart>,
}

#[derive(Deserialize)]
struct EntityPart {
    #[serde(alias = "adsquad", alias = "ad")]
    campaign: EntityAnswer,
}

#[derive(Deserialize)]
struct EntityAnswer {
    id: String,
    #[serde(default)]
    name: String,
    /// Of an ad.
    #[serde(default)]
    ad_squad_id: String,
    /// Of an ad squad.
    #[serde(default)]
    campaign_id: String,
}

impl Verdict for Entities {
    fn statuses(&self) -> Vec<&str> {
        vec![&self.request_status]
    }
}

impl Entities {
    pub(super) fn next_cursor(&self) -> Result<Option<String>, PullError> {
        self.paging.cursor()
    }

    pub(super) fn into_entities(self) -> impl Iterator<Item = (String, Entity)> {
        self.campaigns.into_iter().map(|part| {
            let EntityAnswer { id, name, ad_squad_id, campaign_id } = part.campaign;
            let parent = if ad_squad_id.is_empty() { campaign_id } else { ad_squad_id };
            (id, Entity { name, parent })
        })
    }
}

#[derive(Deserialize)]
pub(super) struct Stats {
    request_status: String,
    #[serde(default)]
    paging: Paging,
    #[serde(default)]
    timeseries_stats: Vec<SeriesPart>,
}

#[derive(Deserialize)]
struct SeriesPart {
    sub_request_status: String,
    #[serde(default)]
    timeseries_stat: AccountSeries,
}

#[derive(Default, Deserialize)]
struct AccountSeries {
    #[serde(default)]
    breakdown_stats: Breakdown,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Breakdown {
    campaign: Vec<Series>,
    ad: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    id: String,
    #[serde(default)]
    timeseries: Vec<Point>,
}

#[derive(Deserialize)]
struct Point {
    start_time: String,
    #[serde(default)]
    stats: HashMap<String, Text>,
}

impl Verdict for Stats {
    fn statuses(&self) -> Vec<&str> {
        let parts = self.timeseries_stats.iter().map(|part| part.sub_request_status.as_str());
        std::iter::once(self.request_status.as_str()).chain(parts).collect()
    }
}

impl Stats {
    pub(super) fn next_cursor(&self) -> Result<Option<Cursor>, PullError> {
        let after = self.paging.cursor()?;
        Ok(after.map(|after| Cursor::Page { report: None, after }))
    }

    pub(super) fn into_rows(
        self,
        question: &Question,
        conversion: &str,
        names: &Names,
    ) -> Vec<PulledRow> {
        let mut rows = Vec::new();
        for part in self.timeseries_stats {
            let Breakdown { campaign, ad } = part.timeseries_stat.breakdown_stats;
            for series in if question.level == Level::Ad { ad } else { campaign } {
                let origin = Origin::of(&series.id, question.level, names);
                let points = series.timeseries.into_iter();
                rows.extend(points.map(|point| point.into_row(&origin, question, conversion)));
            }
        }
        rows
    }
}

/// The entity that figures are of.
struct Origin {
    campaign_id: String,
    campaign_name: String,
    split: PulledSplit,
}

impl Origin {
    fn of(id: &str, level: Level, names: &Names) -> Origin {
        let known =
            |map: &HashMap<String, Entity>, id: &str| map.get(id).cloned().unwrap_or_default();
        let (campaign_id, split) = match level {
            Level::Ad => {
                let ad = known(&names.ads, id);
                let squad = known(&names.squads, &ad.parent);
                let split = PulledSplit::Ad {
                    ad_set_id: ad.parent,
                    ad_set_name: squad.name,
                    id: id.to_owned(),
                    name: ad.name,
                };
                (squad.parent, split)
            }
            Level::Campaign | Level::Country | Level::Device => {
                (id.to_owned(), PulledSplit::Campaign)
            }
        };
        let campaign_name = known(&names.campaigns, &campaign_id).name;
        Origin { campaign_id, campaign_name, split }
    }
}

impl Point {
    fn into_row(mut self, origin: &Origin, question: &Question, conversion: &str) -> PulledRow {
        // A day is known by when it begins in the account's zone, whatever offset it is written with.
        let start = DateTime::parse_from_rfc3339(&self.start_time).ok();
        let day = start.map(|start| start.with_timezone(&question.account.zone).date_naive());
        let mut figure = |name: &str| self.stats.remove(name).unwrap_or_default();
        PulledRow {
            date: day.map(|day| day.to_string()).unwrap_or_default(),
            campaign_id: origin.campaign_id.clone(),
            campaign_name: origin.campaign_name.clone(),
            split: origin.split.clone(),
            spend: figure("spend").micros(),
            impressions: figure("impressions").or("0"),
            clicks: figure("swipes").or("0"),
            conversions: figure(conversion).or("0"),
            revenue: figure(&format!("{conversion}_value")).micros(),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fault {
    debug_message: String,
    display_message: String,
    error_code: String,
}

/// The failure that an error means.
pub(super) fn fault(answer: &Answer, credentials: &Credentials, config: &CallConfig) -> PullError {
    let fault: Fault = answer.json().unwrap_or_default();
    let said = match (fault.debug_message.as_str(), fault.display_message.as_str()) {
        ("", said) | (said, _) => credentials.hidden_from(said),
    };
    match answer.status {
        401 => PullError::unauthorized("Snapchat does not accept the credentials"),
        403 => PullError::forbidden(format!(
            "the user may not read this ad account (Snapchat says: {said})"
        )),
        400 | 404 if !said.is_empty() => {
            let code = credentials.hidden_from(&fault.error_code);
            PullError::refused(format!("Snapchat says: {said} ({code})"))
        }
        _ => answer.fault(config),
    }
}

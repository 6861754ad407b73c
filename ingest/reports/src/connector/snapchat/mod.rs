//! Snapchat's Ads API v1.
//!
//! Of the documentation: `GET adaccounts/{id}/stats` with `granularity=DAY`, `breakdown`, `fields`, `start_time` and
//! `end_time`, both at midnight of the account's zone with its offset of that day, at most 31 days; amounts are
//! micros; entities without a name, which `campaigns`, `adsquads` and `ads` of the account have, in pages that
//! `paging.next_link` leads on to. `request_status` and each `sub_request_status` say whether it went well. Access tokens
//! live half an hour and come by the refresh-token grant. 10 requests a second for a token, beyond which the status
//! is 429; no header tells how long to wait.
//!
//! Decided here: clicks are `swipes`; conversions are `conversion_purchases` with their value, or another metric that
//! the connector names, whose value is the one of the same name with `_value`. A link is never followed: only its cursor is
//! taken, so that a token goes to no other host.
//!
//! Not verified here, for want of an account: the shape of breakdowns by country and of asynchronous
//! reports. Neither is asked for; large accounts are read in smaller windows.

mod answers;
mod names;

use std::time::Duration;

use async_trait::async_trait;
use chrono::SecondsFormat;
use parking_lot::Mutex;
use reqwest::Url;
use serde::de::DeserializeOwned;

use self::answers::{AdAccounts, Stats, Verdict};
use self::names::Names;
use super::call::{Answer, Caller, address, plain_id};
use super::oauth::Tokens;
use super::window::{day_start, following};
use super::{
    Account, ConversionChoice, Credentials, Cursor, Level, Page, PullError, PullUrls, Question,
    ReportingApi,
};

/// Snapchat with the credentials of one connector.
pub(super) struct Snapchat {
    url: String,
    caller: Caller,
    tokens: Tokens,
    conversion: String,
    names: Mutex<Names>,
}

impl Snapchat {
    pub(super) fn new(
        urls: &PullUrls,
        caller: Caller,
        credentials: Credentials,
        counting: ConversionChoice,
    ) -> Snapchat {
        Snapchat {
            url: urls.snapchat.clone(),
            caller,
            tokens: Tokens::new(&urls.snapchat_token, credentials),
            conversion: counting.conversion.unwrap_or_else(|| "conversion_purchases".to_owned()),
            names: Mutex::new(Names::default()),
        }
    }

    async fn get<T: DeserializeOwned + Verdict>(&self, url: Url) -> Result<T, PullError> {
        let credentials = self.tokens.credentials();
        let build =
            |client: &reqwest::Client, token: &str| client.get(url.clone()).bearer_auth(token);
        let read = |answer: &Answer| {
            if answer.is_success() {
                answers::checked(answer.json::<T>()?)
            } else {
                Err(answers::fault(answer, &credentials, &self.caller.config))
            }
        };
        self.tokens.ask(&self.caller, build, read).await
    }

    fn stats_address(&self, question: &Question, cursor: &Cursor) -> Result<Url, PullError> {
        let (zone, days) = (question.account.zone, question.days);
        let instant = |day| {
            let start = day_start(zone, day).ok_or_else(PullError::unreadable)?;
            Ok::<_, PullError>(start.to_rfc3339_opts(SecondsFormat::Millis, false))
        };
        let after = following(days.to).ok_or_else(PullError::unreadable)?;
        let (start, end) = (instant(days.from)?, instant(after)?);
        let fields = format!("impressions,swipes,spend,{0},{0}_value", self.conversion);
        let breakdown = if question.level == Level::Ad { "ad" } else { "campaign" };
        let mut parameters = vec![
            ("granularity", "DAY"),
            ("breakdown", breakdown),
            ("fields", &fields),
            ("start_time", &start),
            ("end_time", &end),
        ];
        if let Cursor::Page { after, .. } = cursor {
            parameters.push(("cursor", after));
        }
        let path = format!("adaccounts/{}/stats", plain_id(&question.account.id)?);
        address(&self.url, &path, &parameters)
    }
}

#[async_trait]
impl ReportingApi for Snapchat {
    async fn account(&self, account_id: &str) -> Result<Account, PullError> {
        let path = format!("adaccounts/{}", plain_id(account_id)?);
        let found: AdAccounts = self.get(address(&self.url, &path, &[])?).await?;
        found.into_account(account_id)
    }

    async fn next(&self, question: &Question, cursor: &Cursor) -> Result<Page, PullError> {
        self.learn_names(&question.account.id, question.level).await?;
        let stats: Stats = self.get(self.stats_address(question, cursor)?).await?;
        let next = stats.next_cursor()?;
        let rows = stats.into_rows(question, &self.conversion, &self.names.lock());
        Ok(Page { rows, next, wait: Duration::ZERO })
    }

    fn levels(&self) -> &'static [Level] {
        &[Level::Campaign, Level::Ad]
    }

    fn window_days_max(&self) -> u32 {
        28
    }

    fn spreads(&self, _: Level) -> bool {
        false
    }

    fn renewed(&self) -> Option<Credentials> {
        self.tokens.renewed()
    }
}

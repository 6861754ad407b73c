//! Meta's Ads Insights, Graph API v25.0 (the version stands in the address and can be set).
//!
//! Of the documentation: `GET act_{id}/insights` with `level`, `fields`, `time_range`, `time_increment=1`,
//! `breakdowns`; pages by `paging.cursors.after` while there is a `paging.next`. What is too much for one answer
//! is made by a job: `POST act_{id}/insights` gives a `report_run_id`, whose `async_status` and
//! `async_percent_completion` are polled until `Job Completed`, then `{id}/insights` has the pages. Errors carry a
//! `code`: 190 and its kin want a person, 4, 17, 32, 613 and 80000 to 80014 mean too often, 1 and 2 pass, and
//! subcodes 1504018 and 1504038, or a message about the amount of data, ask for less. `X-FB-Ads-Insights-Throttle`
//! and `X-Business-Use-Case-Usage` tell how much of the allowance is used, the latter also minutes to wait.
//!
//! Decided here: ads are asked for by a job from the start; clicks are `clicks`, all of them; conversions
//! are one action type, `omni_purchase` where there is any of it, else `purchase`, never both. The token goes into
//! the `Authorization` header, so that it stands in no address.
//!
//! Not verified here, for want of an account: which subcodes a job that fails carries before v25.0, and
//! that every conversion is broken down by `device_platform`.

mod answers;

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{RequestBuilder, Url};
use serde_json::json;

use self::answers::{AccountAnswer, Insights, Job, StartedJob};
use super::call::{Answer, Caller, address, plain_id};
use super::{
    Account, ConversionChoice, Credentials, Cursor, Level, Page, PullError, PullUrls, Question,
    ReportingApi,
};

/// Rows of a page.
const PAGE_ROWS: &str = "500";
/// The actions that count as purchases where nobody said which, the first that is there.
const PURCHASES: [&str; 2] = ["omni_purchase", "purchase"];
const FIELDS: &str = "campaign_id,campaign_name,spend,impressions,clicks,actions,action_values";
const AD_FIELDS: &str = "campaign_id,campaign_name,adset_id,adset_name,ad_id,ad_name,spend,\
    impressions,clicks,actions,action_values";

/// Meta with the credentials of one connector.
pub(super) struct Meta {
    url: String,
    caller: Caller,
    credentials: Credentials,
    conversions: Vec<String>,
}

impl Meta {
    pub(super) fn new(
        urls: &PullUrls,
        caller: Caller,
        credentials: Credentials,
        counting: ConversionChoice,
    ) -> Meta {
        let conversions = match counting.conversion {
            Some(conversion) => vec![conversion],
            None => PURCHASES.map(str::to_owned).into(),
        };
        Meta { url: urls.meta.clone(), caller, credentials, conversions }
    }

    async fn ask<T>(
        &self,
        build: impl Fn(&reqwest::Client) -> RequestBuilder + Send + Sync,
        read: impl Fn(&Answer) -> Result<T, PullError> + Send + Sync,
    ) -> Result<T, PullError> {
        let token = self.credentials.get("access_token");
        let build = |client: &reqwest::Client| build(client).bearer_auth(token);
        let read = |answer: &Answer| {
            if answer.is_success() {
                read(answer)
            } else {
                Err(answers::fault(answer, &self.credentials, &self.caller.config))
            }
        };
        self.caller.ask(build, read).await
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, url: Url) -> Result<T, PullError> {
        self.ask(|client| client.get(url.clone()), Answer::json).await
    }

    /// One page of insights, of an account or of a report.
    async fn insights(
        &self,
        question: &Question,
        report: Option<&str>,
        after: Option<&str>,
    ) -> Result<Page, PullError> {
        let mut parameters = match report {
            Some(_) => Vec::new(),
            None => asked(question),
        };
        parameters.push(("limit", PAGE_ROWS.to_owned()));
        parameters.extend(after.map(|after| ("after", after.to_owned())));
        let path = match report {
            Some(report) => format!("{}/insights", plain_id(report)?),
            None => format!("{}/insights", node(&question.account.id)?),
        };
        let url = self.address(&path, &parameters)?;
        let read = |answer: &Answer| {
            let insights: Insights = answer.json()?;
            Ok((insights, answers::wanted_rest(&answer.headers)))
        };
        let (insights, wait) = self.ask(|client| client.get(url.clone()), read).await?;
        let next = insights.after()?.map(|after| Cursor::Page {
            report: report.map(str::to_owned),
            after: after.to_owned(),
        });
        let row = |row: answers::Row| row.into_pulled(question.level, &self.conversions);
        let rows = insights.data.into_iter().filter_map(row).collect();
        Ok(Page { rows, next, wait })
    }

    /// Has a report made.
    async fn start(&self, question: &Question) -> Result<Page, PullError> {
        let url =
            self.address(&format!("{}/insights", node(&question.account.id)?), &asked(question))?;
        let started: StartedJob = self.ask(|client| client.post(url.clone()), Answer::json).await?;
        let next = Some(Cursor::Report { id: started.report_run_id.0 });
        Ok(Page { next, wait: self.poll(), ..Page::default() })
    }

    /// The first page of a report, once it is made.
    async fn look(&self, question: &Question, report: &str) -> Result<Page, PullError> {
        let fields = ("fields", "async_status,async_percent_completion".to_owned());
        let url = self.address(plain_id(report)?, &[fields])?;
        let job: Job = match self.get(url).await {
            // A report that is gone is made anew.
            Err(PullError::Refused { .. }) => return Err(PullError::Stale),
            job => job?,
        };
        match job.async_status.as_str() {
            "Job Completed" if job.is_whole() => self.insights(question, Some(report), None).await,
            "Job Failed" | "Job Skipped" => Err(PullError::TooMuch),
            _ => {
                let next = Some(Cursor::Report { id: report.to_owned() });
                Ok(Page { next, wait: self.poll(), ..Page::default() })
            }
        }
    }

    fn address(&self, path: &str, parameters: &[(&str, String)]) -> Result<Url, PullError> {
        let parameters: Vec<_> =
            parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        address(&self.url, path, &parameters)
    }

    fn poll(&self) -> Duration {
        Duration::from_millis(self.caller.config.poll_ms)
    }
}

/// The account's place in the graph, however its id is written.
fn node(account_id: &str) -> Result<String, PullError> {
    let id = account_id.strip_prefix("act_").unwrap_or(account_id);
    Ok(format!("act_{}", plain_id(id)?))
}

/// The parameters of a question, in Meta's words.
fn asked(question: &Question) -> Vec<(&'static str, String)> {
    let (level, fields) = match question.level {
        Level::Ad => ("ad", AD_FIELDS),
        Level::Campaign | Level::Country | Level::Device => ("campaign", FIELDS),
    };
    let days = question.days;
    let range = json!({"since": days.from.0.to_string(), "until": days.to.0.to_string()});
    let mut parameters = vec![
        ("level", level.to_owned()),
        ("fields", fields.to_owned()),
        ("time_increment", "1".to_owned()),
        ("time_range", range.to_string()),
    ];
    match question.level {
        Level::Country => parameters.push(("breakdowns", "country".to_owned())),
        Level::Device => parameters.push(("breakdowns", "device_platform".to_owned())),
        Level::Campaign | Level::Ad => {}
    }
    parameters
}

#[async_trait]
impl ReportingApi for Meta {
    async fn account(&self, account_id: &str) -> Result<Account, PullError> {
        let fields = ("fields", "name,currency,timezone_name".to_owned());
        let url = self.address(&node(account_id)?, &[fields])?;
        self.get::<AccountAnswer>(url).await?.into_account(account_id)
    }

    async fn next(&self, question: &Question, cursor: &Cursor) -> Result<Page, PullError> {
        match cursor {
            Cursor::Start if question.level == Level::Ad => self.start(question).await,
            Cursor::Start => match self.insights(question, None, None).await {
                Err(PullError::TooMuch) => self.start(question).await,
                page => page,
            },
            Cursor::Report { id } => self.look(question, id).await,
            Cursor::Page { report, after } => {
                self.insights(question, report.as_deref(), Some(after)).await
            }
        }
    }

    fn levels(&self) -> &'static [Level] {
        Level::ALL
    }

    fn window_days_max(&self) -> u32 {
        30
    }

    fn spreads(&self, level: Level) -> bool {
        level == Level::Device
    }

    fn renewed(&self) -> Option<Credentials> {
        None
    }
}

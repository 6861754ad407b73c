//! TikTok's Business API v1.3 (the version stands in the address and can be set).
//!
//! Of the documentation: `GET report/integrated/get/` with an `Access-Token` header, `advertiser_id`, `report_type`
//! (`BASIC`, or `AUDIENCE` by country and device), `data_level`, `dimensions`, `metrics`, `start_date`, `end_date`, pages
//! of at most 1,000 rows, at most 30 days where a row is a day, at most 10,000 rows of one question. The status is 200
//! whatever happens; `code` tells: 0 well, 40100 too often, 40102 to 40105 the token, 40001 no permission,
//! 40200 to 40202, 40700 and 50000 and up passing. `advertiser/info/` has the currency and zone.
//!
//! Decided here: conversions are `complete_payment` with its value (`total_complete_payment_rate`, which is an
//! amount, whatever it is called), or another metric that the connector names; only those known here have a value.
//! A question of too many rows is asked in smaller windows.
//!
//! Not verified here, for want of an account: the asynchronous tasks (`report/task/…`), whose download is in
//! no public SDK, so they are not used; and that `AUDIENCE` tells these metrics for every kind of campaign.

mod answers;

use std::time::Duration;

use async_trait::async_trait;
use reqwest::Url;
use serde::de::DeserializeOwned;
use serde_json::json;

use self::answers::{Advertisers, Envelope, Report};
use super::call::{Answer, Caller, address, plain_id};
use super::{
    Account, ConversionChoice, Credentials, Cursor, Level, Page, PullError, PullUrls, Question,
    ReportingApi,
};

const PAGE_ROWS: u64 = 1_000;
/// Rows of one question at most.
const ROWS_MAX: u64 = 10_000;
/// Metrics that count something, with the metric of their value.
const VALUES: [(&str, &str); 3] = [
    ("complete_payment", "total_complete_payment_rate"),
    ("purchase", "total_purchase_value"),
    ("total_purchase", "total_purchase_value"),
];

/// TikTok with the credentials of one connector.
pub(super) struct Tiktok {
    url: String,
    caller: Caller,
    credentials: Credentials,
    conversion: String,
}

impl Tiktok {
    pub(super) fn new(
        urls: &PullUrls,
        caller: Caller,
        credentials: Credentials,
        counting: ConversionChoice,
    ) -> Tiktok {
        let conversion = counting.conversion.unwrap_or_else(|| VALUES[0].0.to_owned());
        Tiktok { url: urls.tiktok.clone(), caller, credentials, conversion }
    }

    async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<T, PullError> {
        let token = self.credentials.get("access_token");
        let build =
            |client: &reqwest::Client| client.get(url.clone()).header("Access-Token", token);
        let read = |answer: &Answer| {
            if answer.is_success() {
                let envelope: Envelope = answer.json()?;
                envelope.read(&self.credentials, &self.caller.config)
            } else {
                Err(answer.fault(&self.caller.config))
            }
        };
        self.caller.ask(build, read).await
    }

    fn value_metric(&self) -> Option<&'static str> {
        VALUES.iter().find(|(metric, _)| *metric == self.conversion).map(|(_, value)| *value)
    }

    fn report_address(&self, question: &Question, page: u64) -> Result<Url, PullError> {
        let (kind, level, dimension, extra): (_, _, &[&str], &[&str]) = match question.level {
            Level::Campaign => ("BASIC", "AUCTION_CAMPAIGN", &["campaign_id"], &["campaign_name"]),
            Level::Ad => (
                "BASIC",
                "AUCTION_AD",
                &["ad_id"],
                &["campaign_id", "campaign_name", "adgroup_id", "adgroup_name", "ad_name"],
            ),
            Level::Country => (
                "AUDIENCE",
                "AUCTION_CAMPAIGN",
                &["campaign_id", "country_code"],
                &["campaign_name"],
            ),
            Level::Device => {
                ("AUDIENCE", "AUCTION_CAMPAIGN", &["campaign_id", "platform"], &["campaign_name"])
            }
        };
        let dimensions: Vec<&str> = [dimension, &["stat_time_day"]].concat();
        let mut metrics: Vec<&str> = [extra, &["spend", "impressions", "clicks"]].concat();
        metrics.push(&self.conversion);
        metrics.extend(self.value_metric());
        let (dimensions, metrics) = (json!(dimensions).to_string(), json!(metrics).to_string());
        let (from, to) = (question.days.from.0.to_string(), question.days.to.0.to_string());
        let (page, rows) = (page.to_string(), PAGE_ROWS.to_string());
        let parameters = [
            ("advertiser_id", plain_id(&question.account.id)?),
            ("report_type", kind),
            ("data_level", level),
            ("dimensions", &dimensions),
            ("metrics", &metrics),
            ("start_date", &from),
            ("end_date", &to),
            ("page", &page),
            ("page_size", &rows),
        ];
        address(&self.url, "report/integrated/get/", &parameters)
    }
}

#[async_trait]
impl ReportingApi for Tiktok {
    async fn account(&self, account_id: &str) -> Result<Account, PullError> {
        let ids = json!([plain_id(account_id)?]).to_string();
        let fields = r#"["advertiser_id","name","currency","timezone"]"#;
        let parameters = [("advertiser_ids", ids.as_str()), ("fields", fields)];
        let url = address(&self.url, "advertiser/info/", &parameters)?;
        self.get::<Advertisers>(url).await?.into_account(account_id)
    }

    async fn next(&self, question: &Question, cursor: &Cursor) -> Result<Page, PullError> {
        let page = match cursor {
            Cursor::Page { after, .. } => after.parse().map_err(|_| PullError::Stale)?,
            Cursor::Start | Cursor::Report { .. } => 1,
        };
        let report: Report = self.get(self.report_address(question, page)?).await?;
        let pages = report.page_info;
        if pages.total_number > ROWS_MAX {
            return Err(PullError::TooMuch);
        }
        let next = (page < pages.total_page)
            .then(|| Cursor::Page { report: None, after: (page + 1).to_string() });
        let value = self.value_metric();
        let row = |row: answers::Row| row.into_pulled(question.level, &self.conversion, value);
        let rows = report.list.into_iter().filter_map(row).collect();
        Ok(Page { rows, next, wait: Duration::ZERO })
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

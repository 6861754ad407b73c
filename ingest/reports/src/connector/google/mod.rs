//! The Google Ads API v26 over REST (the version stands in the address and can be set).
//!
//! Of the documentation: `POST customers/{id}/googleAds:search` with a GAQL `query` answers pages of 10,000 rows
//! with a `nextPageToken`; `developer-token` and, below a manager account, `login-customer-id` are headers; 64-bit
//! numbers are texts, amounts are micros. `user_location_view` tells countries as criterion ids, 2000 plus
//! the ISO 3166 number, split by whether the place was targeted. An error is a `google.rpc.Status` whose
//! details hold a `GoogleAdsFailure`, with `quotaErrorDetails.retryDelay` where a quota ran out. Access tokens come
//! by the refresh-token grant.
//!
//! Decided here: conversions are `metrics.conversions` or, where the connector says `all_conversions`, those;
//! `CONNECTED_TV` is a class of its own, what is neither known nor a screen is `other`. Campaigns without ads of
//! their own (Performance Max) have no rows at the level of ads, so their days show as not broken down there.
//!
//! Not verified here, for want of an account: how long page tokens live (one that has ended begins the window anew).

mod answers;

use async_trait::async_trait;
use reqwest::RequestBuilder;
use serde_json::json;
use std::time::Duration;

use self::answers::{Search, account_of};
use super::call::{Answer, Caller, address, plain_id};
use super::oauth::Tokens;
use super::{
    Account, ConversionChoice, Credentials, Cursor, Level, Page, PullError, PullUrls, Question,
    ReportingApi,
};

/// Google Ads with the credentials of one connector.
pub(super) struct Google {
    url: String,
    caller: Caller,
    tokens: Tokens,
    all_conversions: bool,
}

impl Google {
    pub(super) fn new(
        urls: &PullUrls,
        caller: Caller,
        credentials: Credentials,
        counting: ConversionChoice,
    ) -> Google {
        let all_conversions = counting.conversion.as_deref() == Some("all_conversions");
        let tokens = Tokens::new(&urls.google_token, credentials);
        Google { url: urls.google.clone(), caller, tokens, all_conversions }
    }

    async fn search(
        &self,
        account_id: &str,
        query: &str,
        page: Option<&str>,
    ) -> Result<Search, PullError> {
        let customer = customer(account_id)?;
        let url = address(&self.url, &format!("customers/{customer}/googleAds:search"), &[])?;
        let mut body = json!({"query": query});
        if let Some(page) = page {
            body["pageToken"] = page.into();
        }
        let credentials = self.tokens.credentials();
        let build = |client: &reqwest::Client, token: &str| {
            headed(client.post(url.clone()).bearer_auth(token).json(&body), &credentials)
        };
        let read = |answer: &Answer| {
            if answer.is_success() {
                answer.json::<Search>()
            } else {
                Err(answers::fault(answer, &credentials, &self.caller.config))
            }
        };
        self.tokens.ask(&self.caller, build, read).await
    }

    fn query(&self, question: &Question) -> String {
        let query = match question.level {
            Level::Campaign => include_str!("campaigns.gaql"),
            Level::Ad => include_str!("ads.gaql"),
            Level::Country => include_str!("countries.gaql"),
            Level::Device => include_str!("devices.gaql"),
        };
        let all = if self.all_conversions { "all_" } else { "" };
        on_one_line(query)
            .replace("{all}", all)
            .replace("{since}", &question.days.from.0.to_string())
            .replace("{until}", &question.days.to.0.to_string())
    }
}

fn on_one_line(query: &str) -> String {
    query.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn headed(request: RequestBuilder, credentials: &Credentials) -> RequestBuilder {
    let request = request.header("developer-token", credentials.get("developer_token"));
    match credentials.get("login_customer_id") {
        "" => request,
        login => request.header("login-customer-id", login.replace('-', "")),
    }
}

/// The id without the dashes it is shown with.
fn customer(account_id: &str) -> Result<String, PullError> {
    Ok(plain_id(account_id)?.replace('-', ""))
}

#[async_trait]
impl ReportingApi for Google {
    async fn account(&self, account_id: &str) -> Result<Account, PullError> {
        let query = on_one_line(include_str!("account.gaql"));
        account_of(self.search(account_id, &query, None).await?, account_id)
    }

    async fn next(&self, question: &Question, cursor: &Cursor) -> Result<Page, PullError> {
        let page = match cursor {
            Cursor::Page { after, .. } => Some(after.as_str()),
            Cursor::Start | Cursor::Report { .. } => None,
        };
        let found = self.search(&question.account.id, &self.query(question), page).await?;
        let next = found.next_page_token.filter(|token| !token.is_empty());
        let next = next.map(|after| Cursor::Page { report: None, after });
        let row = |row: answers::Row| row.into_pulled(question.level);
        let rows = found.results.into_iter().filter_map(row).collect();
        Ok(Page { rows, next, wait: Duration::ZERO })
    }

    fn levels(&self) -> &'static [Level] {
        Level::ALL
    }

    fn window_days_max(&self) -> u32 {
        30
    }

    fn spreads(&self, level: Level) -> bool {
        matches!(level, Level::Country | Level::Device)
    }

    fn renewed(&self) -> Option<Credentials> {
        self.tokens.renewed()
    }
}

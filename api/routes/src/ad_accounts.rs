//! `/ad-accounts`: ad accounts as their platforms describe them.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use stratum_http::answer::{Answer, Answered};
use stratum_http::auth::Authenticated;
use stratum_http::fields::Params;
use stratum_http::paging::PageParams;
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_state::ad_account::AdAccount;
use utoipa::ToSchema;

use super::App;

/// An ad account.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdAccountItem {
    /// The platform.
    platform: Platform,
    /// The id of the account, as connectors name it.
    account_id: String,
    /// The account's name.
    name: String,
    /// The currency of its amounts.
    #[schema(value_type = Currency)]
    currency: String,
    /// The time zone of its days.
    time_zone: String,
    /// When the platform was last asked.
    updated_at: DateTime<Utc>,
}

impl From<AdAccount> for AdAccountItem {
    fn from(account: AdAccount) -> AdAccountItem {
        AdAccountItem {
            platform: account.platform,
            account_id: account.account_id,
            name: account.name,
            currency: account.currency,
            time_zone: account.time_zone,
            updated_at: account.updated_at,
        }
    }
}

/// Lists the ad accounts of the connectors, by platform and id.
#[utoipa::path(
    get, path = "/api/v1/ad-accounts", tag = "connectors", params(PageParams),
    security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<AdAccountItem>>)),
)]
pub async fn list_ad_accounts(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<PageParams>,
) -> Answered<Vec<AdAccountItem>> {
    let page = params.read()?;
    let mut work = caller.work(&app).await?;
    let accounts = work.ad_accounts(page.limit(), page.offset()).await?;
    let total = work.ad_account_count().await?;
    Ok(Answer::page(accounts, page.of(total)))
}

//! `/connectors/{id}/test`: whether it works, said by the platform itself.

use std::time::Duration;

use axum::extract::State;
use serde::Serialize;
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::id::{Id, Resource};
use stratum_models::connector::PullErrorCode;
use stratum_models::money::Currency;
use stratum_reports::connector::{Account, ConversionChoice, Credentials, PullError};
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::connector::{Connector, ConnectorStatus};
use stratum_state::pull_fault::{ClosedAccount, Outcome};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::App;

/// Accounts that are asked for; the others are likely to be like them.
const ACCOUNTS_MAX: usize = 5;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(test_connector))
}

/// The platform's answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Trial {
    /// Whether every account that was asked for was told.
    works: bool,
    /// Those of the first 5 accounts that were told.
    accounts: Vec<TriedAccount>,
    /// Those of them that were not, while others were.
    closed_accounts: Vec<ClosedAccount>,
    /// The error that the platform answered with.
    #[schema(value_type = Option<PullErrorCode>)]
    error: Option<&'static str>,
    /// The same in words, with advice.
    message: Option<String>,
}

/// An account as the platform describes it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TriedAccount {
    /// The account's id.
    account_id: String,
    /// The account's name.
    name: String,
    /// The currency of its amounts.
    currency: Currency,
    /// The time zone of its days.
    time_zone: String,
}

impl From<&Account> for TriedAccount {
    fn from(account: &Account) -> TriedAccount {
        TriedAccount {
            account_id: account.id.clone(),
            name: account.name.clone(),
            currency: account.currency,
            time_zone: account.zone.name().to_owned(),
        }
    }
}

/// The result of asking a platform for accounts.
#[derive(Default)]
struct TrialResult {
    accounts: Vec<Account>,
    closed: Vec<ClosedAccount>,
    /// The first thing that went wrong.
    error: Option<PullError>,
    renewed: Option<Credentials>,
}

impl TrialResult {
    fn status(&self) -> ConnectorStatus {
        match &self.error {
            None => ConnectorStatus::Working,
            Some(error) if error.is_of_account() && !self.accounts.is_empty() => {
                ConnectorStatus::Partial
            }
            Some(PullError::Unauthorized { .. } | PullError::Forbidden { .. }) => {
                ConnectorStatus::NeedsCredentials
            }
            Some(PullError::Throttled { .. }) => ConnectorStatus::Throttled,
            Some(_) => ConnectorStatus::Failing,
        }
    }
}

async fn tried(app: &App, connector: &Connector, credentials: Credentials) -> TrialResult {
    let counting = ConversionChoice { conversion: connector.content.settings.conversion.clone() };
    let api = match app.trials.connect(connector.platform, credentials, counting) {
        Ok(api) => api,
        Err(error) => return TrialResult { error: Some(error), ..TrialResult::default() },
    };
    let mut tried = TrialResult::default();
    let asked = async {
        for id in connector.content.account_ids.iter().take(ACCOUNTS_MAX) {
            match api.account(id).await {
                Ok(account) => tried.accounts.push(account),
                Err(error) if error.is_of_account() => {
                    tried.closed.push(ClosedAccount::of(id, error.code(), &error));
                    tried.error.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    };
    let longest = Duration::from_millis(app.pull.trial_ms_max);
    let ended = tokio::time::timeout(longest, Box::pin(asked)).await;
    let late = || PullError::Transient { message: "the platform did not answer in time".into() };
    if let Err(error) = ended.unwrap_or_else(|_| Err(late())) {
        tried.error = Some(error);
    }
    tried.renewed = api.renewed();
    tried
}

/// Tests a connector: asks the platform once for its accounts and stores the result as its status.
#[utoipa::path(
    post, path = "/api/v1/connectors/{id}/test", tag = "connectors", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the connector's id")),
    responses(
        (status = 200, body = Answer<Trial>, description = "the platform's answer, also where it refused"),
        (status = 422, body = RefusalBody, description = "the connector names no ad account"),
    ),
)]
pub async fn test_connector(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Connector>,
) -> Answered<Trial> {
    let mut work = caller.work(&app).await?;
    let connector = work.connector(id).await?.ok_or_else(Connector::not_found)?;
    if connector.content.account_ids.is_empty() {
        return Err(Refusal::unprocessable(
            "account_ids",
            Fault::new(FaultCode::NoAccount, "name an ad account first"),
        ));
    }
    let credentials = work.lock_credentials(id).await?.unwrap_or_default();
    // No transaction stays open while the platform thinks.
    drop(work);
    let tried = tried(&app, &connector, credentials.clone()).await;
    let status = tried.status();
    let TrialResult { accounts, closed, error, renewed } = tried;
    let message = error.as_ref().map(ToString::to_string);
    let mut work = caller.work(&app).await?;
    let now = work.lock_credentials(id).await?.ok_or_else(Connector::not_found)?;
    for account in &accounts {
        work.keep_ad_account(connector.platform, account).await?;
    }
    // Somebody may have changed the connector meanwhile: then this says nothing of it.
    if now == credentials {
        let outcome = Outcome {
            status,
            error: message.clone(),
            closed_accounts: closed.clone(),
            is_pulled: false,
            pulled_to: None,
        };
        work.note_outcome(id, &outcome).await?;
        if let Some(renewed) = renewed {
            work.renew_credentials(id, &renewed).await?;
        }
    }
    let told = json!({"works": error.is_none(), "status": status});
    work.audit(&AuditEntry::done(AuditAction::ConnectorTested, Connector::KIND, id, told)).await?;
    work.commit().await?;
    let accounts = accounts.iter().map(TriedAccount::from).collect();
    let works = error.is_none();
    let error = error.map(|error| error.code());
    Ok(Answer::of(Trial { works, accounts, closed_accounts: closed, error, message }))
}

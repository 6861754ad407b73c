//! Faults of a pull: accounts that are closed to it, and rows that broke a rule; and what they tell of its
//! connector.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use stratum_models::connector::PullErrorCode;
use stratum_models::store::StoreError;
use stratum_models::time::Day;
use utoipa::ToSchema;
use uuid::Uuid;

use super::connector::ConnectorStatus;
use super::work::TenantWork;
use super::{invalid, store_error};

/// An ad account that the platform does not tell of, while it tells of others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClosedAccount {
    /// The platform's id of it.
    pub account_id: String,
    /// The error that the platform answered with.
    #[schema(value_type = PullErrorCode)]
    pub error: String,
    /// The same in words, with advice.
    pub message: String,
}

impl ClosedAccount {
    /// An account, and the code and the words of the error that told so.
    pub fn of(account_id: &str, code: &str, error: &impl std::fmt::Display) -> ClosedAccount {
        let (account_id, message) = (account_id.to_owned(), error.to_string());
        ClosedAccount { account_id, error: code.to_owned(), message }
    }
}

/// A row that broke a rule of ad reports and was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PullFault {
    /// The ad account of the row.
    pub account_id: String,
    /// The campaign of the row; empty if its id is not valid.
    pub campaign_id: String,
    /// The row's day; null where it is none.
    pub date: Option<NaiveDate>,
    /// The wrong field; null if the row as a whole is wrong.
    pub field: Option<String>,
    /// The fault, in words.
    pub message: String,
}

/// The outcome of a pull for its connector.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The state of the connector now, as far as it is known.
    pub status: ConnectorStatus,
    /// The error, in words.
    pub error: Option<String>,
    /// Accounts that could not be read.
    pub closed_accounts: Vec<ClosedAccount>,
    /// Whether a pull came to its end.
    pub is_pulled: bool,
    /// The last day of a pull that read all accounts: earlier days are not missed.
    pub pulled_to: Option<Day>,
}

impl TenantWork {
    /// Writes down what asking told of a connector.
    pub async fn note_outcome(&mut self, id: Uuid, outcome: &Outcome) -> Result<(), StoreError> {
        let closed = serde_json::to_value(&outcome.closed_accounts);
        let closed = closed.map_err(|_| invalid("closed accounts"))?;
        let statement = sqlx::query_file!(
            "sql/update_connector_outcome.sql",
            self.key,
            id,
            outcome.status.as_str(),
            outcome.error,
            outcome.is_pulled.then(|| self.now()),
            outcome.pulled_to.map(|day| day.0),
            closed
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }
}

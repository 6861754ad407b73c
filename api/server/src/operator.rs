//! Operators: whoever can read the data folder, on this machine.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use stratum_http::answer::Refusal;
use stratum_http::auth::operator::is_operator;
use stratum_jobs::predict::Forecasts;
use stratum_models::entropy::Ids;
use stratum_models::log::EventLog;
use stratum_models::secret::Secret;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::{tail, train};

/// The means of the operator's routes.
pub struct OperatorServices {
    /// The token of an operator's request; `None` closes the operator's routes.
    pub token: Option<Secret>,
    /// Records for `stratum tail`; `None` where this process has no log.
    pub log: Option<Arc<dyn EventLog>>,
    /// Turns for readers of the log.
    pub tails: Arc<Semaphore>,
    /// Trained models.
    pub forecasts: Arc<Forecasts>,
    /// Makes ids.
    pub ids: Ids,
    /// Ends streams that have no end of their own.
    pub stop: CancellationToken,
}

/// The state of the operator's handlers.
pub(super) type App = Arc<OperatorServices>;

/// Proof that the caller is an operator.
pub(super) struct Operator;

impl FromRequestParts<App> for Operator {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        match is_operator(parts, app.token.as_ref()) {
            true => Ok(Operator),
            false => Err(Refusal::not_found("operator route")),
        }
    }
}

/// The operator's routes.
pub(super) fn router() -> Router<App> {
    tail::router().merge(train::router())
}

//! `/qa/fixes`: what is wrong with a dataset's events, fixes for it that one press applies, and what they bring.

mod apply;
mod roas;
mod run;
mod suggestions;

use stratum_http::answer::{Fault, FaultCode, Refusal};
use stratum_http::auth::Authenticated;
use stratum_http::id::Resource as _;
use stratum_models::platform::Platform;
use stratum_state::tracking::TrackedDataset;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(suggestions::fix_suggestions))
        .routes(routes!(apply::apply_fix))
        .routes(routes!(run::fix_run))
        .routes(routes!(run::fix_history))
        .routes(routes!(run::roll_back_fix))
}

/// The dataset that is meant: the one of this id, or the only one of the platform.
async fn dataset_of(
    app: &App,
    caller: &Authenticated,
    platform: Platform,
    external_id: Option<&str>,
) -> Result<TrackedDataset, Refusal> {
    let mut work = caller.work(app).await?;
    let mut datasets = work.datasets().await?;
    datasets.retain(|one| {
        one.platform == Some(platform) && external_id.is_none_or(|id| one.external_id == id)
    });
    let fault =
        |text: String| Refusal::unprocessable("dataset_id", Fault::new(FaultCode::NoDataset, text));
    match &datasets[..] {
        [one] => work.tracked_dataset(one.id).await?.ok_or_else(TrackedDataset::not_found),
        [] => Err(fault(format!("there is no such dataset of {platform}"))),
        _ => Err(fault(format!("there are several datasets of {platform}: name one"))),
    }
}

#![doc = include_str!("../README.md")]

pub mod actors;
pub mod long_body;
pub mod range;
pub mod figures;
pub mod compare;
pub mod kpis;
pub mod platforms;
pub mod series;
pub mod breakdown;
pub mod campaigns;
pub mod campaign_metrics;
pub mod assets;
pub mod datasets;
pub mod tracking;
pub mod fx_rates;
pub mod notes;
pub mod views;
pub mod rules;
pub mod attention;
pub mod connectors;
pub mod destinations;
pub mod imports;
pub mod exports;
pub mod ad_accounts;
pub mod emq_score;
pub mod emq_coverage;
pub mod emq_history;
pub mod emq_diagnostics;
pub mod fixes;
pub mod arrivals;
pub mod anomalies;
pub mod ingest_counts;
pub mod events_stream;
pub mod predictions;
pub mod plans;

use std::sync::Arc;

use stratum_deliver::config::DeliverConfig;
use stratum_deliver::http::Platforms as DeliveryPlatforms;
use stratum_http::auth::AuthServices;
use stratum_http::live::Hub;
use stratum_ingest::append::Appender;
use stratum_jobs::export::Exports;
use stratum_jobs::predict::Forecasts;
use stratum_jobs::pull::PullConfig;
use stratum_models::entropy::Ids;
use stratum_models::log::EventLog;
use stratum_models::seal::IdentifierKeys;
use stratum_models::time::SharedClock;
use stratum_models::warehouse::WarehouseReader;
use stratum_reports::connector::Platforms;
use stratum_state::bounds::BoundsConfig;
use stratum_state::fx_copies::StateFxRates;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The means of the handlers of this crate.
pub struct Services {
    /// Knows callers.
    pub auth: Arc<AuthServices>,
    /// Answers questions about figures.
    pub warehouse: Arc<dyn WarehouseReader>,
    /// Exchange rates of tenants.
    pub fx: StateFxRates,
    /// Most days of a range.
    pub range_days_max: u32,
    /// Data taken away in bulk.
    pub exports: Exports,
    /// Trained models.
    pub forecasts: Arc<Forecasts>,
    /// Keys that identifiers are sealed with.
    pub keys: Arc<IdentifierKeys>,
    /// Reaches ad platforms for somebody who waits.
    pub trials: Platforms,
    /// The bounds of pulls.
    pub pull: PullConfig,
    /// Ad platforms, where they take events.
    pub deliveries: DeliveryPlatforms,
    /// The bounds of handing events on.
    pub deliver: DeliverConfig,
    /// The log, for what waits in it.
    pub log: Arc<dyn EventLog>,
    /// Makes ids.
    pub ids: Ids,
    /// Takes ad reports that users import.
    pub appender: Appender,
    /// Bounds of imported files.
    pub imports: imports::ImportDesk,
    /// Hands on what changed to those who watch.
    pub live: Arc<Hub>,
    /// Bounds on what tenants store.
    pub bounds: BoundsConfig,
    /// The time.
    pub clock: SharedClock,
    /// Ends streams that have no end of their own.
    pub stop: CancellationToken,
}

/// The state of every handler of this crate.
pub type App = Arc<Services>;

impl AsRef<AuthServices> for Services {
    fn as_ref(&self) -> &AuthServices {
        &self.auth
    }
}

/// The routes of this crate.
pub fn routes() -> OpenApiRouter<App> {
    resources().merge(questions())
}

fn resources() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(campaigns::routes())
        .merge(assets::routes())
        .merge(datasets::routes())
        .merge(tracking::routes())
        .merge(fx_rates::routes())
        .merge(notes::routes())
        .merge(views::routes())
        .merge(rules::routes())
        .merge(attention::routes())
        .merge(connectors::routes())
        .merge(destinations::routes())
        .merge(imports::routes())
        .routes(routes!(ad_accounts::list_ad_accounts))
}

fn questions() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(kpis::kpis))
        .routes(routes!(platforms::platforms))
        .routes(routes!(series::series))
        .routes(routes!(breakdown::breakdown))
        .routes(routes!(ingest_counts::ingest_counts))
        .routes(routes!(campaign_metrics::campaign_metrics))
        .merge(exports::routes())
        .routes(routes!(emq_score::emq_score))
        .routes(routes!(emq_coverage::emq_coverage))
        .routes(routes!(emq_history::emq_history))
        .routes(routes!(emq_diagnostics::emq_diagnostics))
        .merge(fixes::routes())
        .merge(arrivals::routes())
        .routes(routes!(events_stream::events_stream))
        .merge(anomalies::routes())
        .merge(predictions::routes())
        .merge(plans::routes())
}

//! `/analytics/export`: data taken away in bulk.

pub mod asked;
pub mod stream;
pub mod job;
pub mod kinds;
pub mod download;
pub mod estimate;
pub mod link;
pub mod schedules;
mod byte_range;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;

/// The routes of this folder.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(stream::stream_export))
        .routes(routes!(job::list_exports, job::create_export))
        .routes(routes!(job::export_job, job::delete_export))
        .routes(routes!(download::download_export))
        .routes(routes!(estimate::estimate_export))
        .routes(routes!(kinds::export_kinds))
        .routes(routes!(link::create_export_link))
        .routes(routes!(link::download_by_link))
        .routes(routes!(schedules::list_export_schedules, schedules::create_export_schedule))
        .routes(routes!(schedules::change_export_schedule, schedules::delete_export_schedule))
}

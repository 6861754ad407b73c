//! `/campaigns`: what runs where, with what it spent and earned.

pub mod figures;
pub mod item;
pub mod plan;
pub mod list;
pub mod change;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;

/// The routes of this folder.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_campaigns, change::create_campaign))
        .routes(routes!(item::campaign, change::change_campaign, change::delete_campaign))
}

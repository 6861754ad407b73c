//! `/campaigns`: what runs where, with what it spent and earned.

pub mod figures;
pub mod item;
pub mod plan;
pub mod list;
pub mod change;
pub mod filter;
pub mod totals;
pub mod bulk;
pub mod history;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;

/// The routes of this folder.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_campaigns, change::create_campaign))
        .routes(routes!(totals::campaign_totals))
        .routes(routes!(totals::campaign_labels))
        .routes(routes!(bulk::change_campaigns))
        .routes(routes!(history::campaign_changes))
        .routes(routes!(item::campaign, change::change_campaign, change::delete_campaign))
}

//! `/assets`: creative assets.

pub mod asset;
pub mod list;
pub mod change;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;

/// The routes of this folder.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list_assets, change::create_asset)).routes(routes!(
        list::asset,
        change::change_asset,
        change::delete_asset
    ))
}

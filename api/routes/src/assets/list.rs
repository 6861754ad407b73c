//! `GET /assets` and `GET /assets/{id}`

use axum::extract::State;
use serde::Deserialize;
use stratum_http::answer::{Answer, Answered, Refusal};
use stratum_http::auth::Authenticated;
use stratum_http::fields::{Fields, Params};
use stratum_http::id::{Id, Resource};
use stratum_http::paging::read_page;
use stratum_state::asset::{Asset, AssetKind, AssetQuery};
use stratum_state::page::Page;
use utoipa::IntoParams;

use super::super::App;
use super::asset::AssetItem;

/// Which assets.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AssetListParams {
    /// The campaign of the assets.
    #[param(value_type = Option<Uuid>)]
    campaign_id: Option<String>,
    /// Kinds of assets, separated by commas.
    #[serde(rename = "type")]
    #[param(value_type = Option<Vec<AssetKind>>, style = Form, explode = false)]
    kind: Option<String>,
    /// Tags, separated by commas: assets that have every one of them.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false)]
    tags: Option<String>,
    /// A text that the name contains, in upper or lower case.
    search: Option<String>,
    /// The number of the page, from 1.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 10000000)]
    page: Option<String>,
    /// Items per page, 20 if absent.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    page_size: Option<String>,
}

impl AssetListParams {
    fn read(self) -> Result<(AssetQuery, Page), Refusal> {
        let mut fields = Fields::default();
        let query = AssetQuery {
            campaign_id: fields.optional("campaign_id", self.campaign_id.as_deref()),
            kinds: fields.list("type", self.kind.as_deref()),
            tags: fields.list("tags", self.tags.as_deref()),
            search: fields.text("search", self.search, 200),
        };
        let page = read_page(&mut fields, self.page.as_deref(), self.page_size.as_deref());
        fields.finish().map(|()| (query, page))
    }
}

/// Lists creative assets, newest first.
#[utoipa::path(
    get, path = "/api/v1/assets", tag = "assets", params(AssetListParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<AssetItem>>)),
)]
pub async fn list_assets(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<AssetListParams>,
) -> Answered<Vec<AssetItem>> {
    let (query, page) = params.read()?;
    let mut work = caller.work(&app).await?;
    let assets = work.assets(&query, page.limit(), page.offset()).await?;
    let total = work.asset_count(&query).await?;
    Ok(Answer::page(assets, page.of(total)))
}

/// Returns a creative asset.
///
/// The fatigue score is not computed, because ad reports name campaigns, not assets. It is the value that a user
/// entered, or null with the reason.
#[utoipa::path(
    get, path = "/api/v1/assets/{id}", tag = "assets", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the asset's id")),
    responses((status = 200, body = Answer<AssetItem>)),
)]
pub async fn asset(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Asset>,
) -> Answered<AssetItem> {
    let asset = caller.work(&app).await?.asset(id).await?;
    Ok(Answer::of(asset.ok_or_else(Asset::not_found)?.into()))
}

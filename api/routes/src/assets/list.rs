//! `GET /assets` and `GET /assets/{id}`

use axum::extract::State;
use serde::Deserialize;
use stratum_http::answer::{Answer, Answered, Refusal};
use stratum_http::auth::Authenticated;
use stratum_http::fields::{Fields, Params};
use stratum_http::id::{Id, Resource};
use stratum_http::paging::read_page;
use stratum_state::asset::{Asset, AssetQuery};
use stratum_state::page::Page;
use utoipa::IntoParams;

use super::super::App;
use super::asset::AssetItem;

/// Which assets.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AssetListParams {
    /// Those of one campaign.
    #[param(value_type = Option<Uuid>)]
    campaign_id: Option<String>,
    /// One or several of `image`, `video`, `carousel`, `story`, `html5`, parted by commas.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Tags parted by commas: assets with every one of them.
    tags: Option<String>,
    /// A text that the name holds, in any letter case. It is taken literally.
    search: Option<String>,
    /// The page, from 1.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 10000000)]
    page: Option<String>,
    /// Items of a page, 20 where absent.
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

/// Creative assets, newest first.
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

/// A creative asset.
///
/// No score of fatigue is computed: ad reports name campaigns, not assets. It is what somebody gave, or null
/// with the reason.
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

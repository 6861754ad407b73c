//! `GET /docs` and `/openapi.json`: the document of every route.

use std::sync::LazyLock;

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};

use super::{App, doors};
use crate::page;

/// Title, version, and how to sign in.
pub fn preamble() -> OpenApi {
    let license = LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build();
    let info = InfoBuilder::new()
        .title("Stratum")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(include_str!("docs.md")))
        .license(Some(license))
        .build();
    let scheme = |name: &str| {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format(name).build();
        SecurityScheme::Http(bearer)
    };
    let components = ComponentsBuilder::new()
        .security_scheme("bearer", scheme("JWT"))
        .security_scheme("api_key", scheme("stk_…"))
        .build();
    OpenApiBuilder::new().info(info).components(Some(components)).build()
}

/// The document with the routes of operation and of the ingest door added.
pub fn with_doors(mut document: OpenApi, operation: OpenApi) -> OpenApi {
    document.merge(operation);
    document.merge(doors::document());
    document
}

/// The document as it is checked in and served.
pub fn json() -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&super::document())?;
    text.push('\n');
    Ok(text)
}

static JSON: LazyLock<String> = LazyLock::new(|| json().unwrap_or_default());

/// The routes of the document.
pub fn router() -> Router<App> {
    let document =
        || async { ([(header::CONTENT_TYPE, "application/json")], JSON.as_str()).into_response() };
    Router::new().route("/openapi.json", get(document)).route("/docs", get(page::docs))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checked_in_document_is_current() {
        let now = super::json().unwrap();
        let checked_in = include_str!("../../openapi.json");
        assert!(checked_in == now, "api/openapi.json is not current: run `make openapi`");
    }
}

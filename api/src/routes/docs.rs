//! `GET /openapi.json`: the document of every route.

use std::sync::LazyLock;

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref,
    RefOr, Response, ResponseBuilder,
};

use super::{App, doors};

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
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            add_shared_refusals(path, operation);
        }
    }
    document.merge(operation);
    document.merge(doors::document());
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        describe_successes(operation);
    }
    document
}

/// The standard wants a description of every response, also where the shape says it all.
fn describe_successes(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            response.description = "as asked".to_owned();
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// What may be said before a handler is reached. What it says itself of a status stays.
fn add_shared_refusals(path: &str, operation: &mut Operation) {
    let (has_body, is_closed) = (operation.request_body.is_some(), operation.security.is_some());
    let shared = [
        (true, "400", "the request cannot be read"),
        (is_closed, "401", "no valid access token or API key"),
        (is_closed, "403", "the role does not allow it"),
        (path.contains('{'), "404", "there is no such thing, or it is another tenant's"),
        (has_body, "413", "the body is too large"),
        (has_body, "415", "the body is of another content type"),
        (has_body, "422", "a field is missing, of the wrong type, or breaks a rule"),
        (true, "429", "too many requests; `Retry-After` says when to try again"),
        (true, "500", "something went wrong on our side"),
        (true, "503", "a store does not answer, or not in time; try again"),
    ];
    for (_, status, description) in shared.into_iter().filter(|(applies, _, _)| *applies) {
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_owned()).or_insert_with(|| refusal(description).into());
    }
}

fn refusal(description: &str) -> Response {
    let body = Ref::from_schema_name("RefusalBody");
    let body = ContentBuilder::new().schema(Some(body)).build();
    ResponseBuilder::new().description(description).content("application/json", body).build()
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
    Router::new().route("/openapi.json", get(document))
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

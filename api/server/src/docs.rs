//! `GET /openapi.json`: the document of every route.

use std::sync::LazyLock;

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use stratum_query::ask::figures::Kpi;
use stratum_routes::campaigns::list::{CampaignSort, SortOrder};
use stratum_routes::imports::DecimalMark;
use stratum_routes::range::ComparePeriod;
use stratum_state::campaign::CampaignStatus;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref,
    RefOr, Response, ResponseBuilder,
};

use super::doors;

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
    let token =
        ApiKeyValue::with_description("Access-Token", "An API key, as TikTok's SDKs send it");
    let user = HttpBuilder::new().scheme(HttpAuthScheme::Basic);
    let user =
        user.description(Some("An API key as the user, as Segment's clients send it")).build();
    let secret = ApiKeyValue::with_description("api_secret", "An API key");
    let components = ComponentsBuilder::new()
        // Enums of query parameters, which the macros name and do not describe.
        .schema_from::<Kpi>()
        .schema_from::<ComparePeriod>()
        .schema_from::<CampaignSort>()
        .schema_from::<SortOrder>()
        .schema_from::<DecimalMark>()
        .schema_from::<CampaignStatus>()
        .security_scheme("bearer", scheme("JWT"))
        .security_scheme("api_key", scheme("stk_…"))
        .security_scheme("access_token", SecurityScheme::ApiKey(ApiKey::Header(token)))
        .security_scheme("write_key", SecurityScheme::Http(user))
        .security_scheme("api_secret", SecurityScheme::ApiKey(ApiKey::Query(secret)))
        .build();
    OpenApiBuilder::new().info(info).components(Some(components)).build()
}

/// The document with the routes of operation and of the ingest door added.
pub fn with_doors(mut document: OpenApi, operation: OpenApi) -> OpenApi {
    for (path, item) in &mut document.paths.paths {
        tell_methods_apart(item);
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

/// Adds the refusals that operations share, each in one wording. A handler documents only what is its own;
/// its wording for a status stays.
fn add_shared_refusals(path: &str, operation: &mut Operation) {
    for (status, description) in shared_refusals(path, operation) {
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_owned()).or_insert_with(|| refusal(description).into());
    }
}

fn shared_refusals(path: &str, operation: &Operation) -> Vec<(&'static str, &'static str)> {
    let (has_body, is_closed) = (operation.request_body.is_some(), operation.security.is_some());
    let has_range = operation.parameters.iter().flatten().any(|parameter| {
        matches!(parameter, RefOr::T(one) if matches!(&*one.name, "date_from" | "from"))
    });
    let all = [
        (true, "400", "the request cannot be read"),
        (is_closed, "401", "the access token or API key is missing or not valid"),
        (is_closed, "403", "the role, or the scope of the API key, does not allow this"),
        (path.contains('{'), "404", "nothing with this id exists in the tenant"),
        (has_body, "413", "the body is too large"),
        (has_body, "415", "the body is not `application/json`"),
        (has_body, "422", "a field is missing, has the wrong type or breaks a rule"),
        (has_range, "422", "the range of days ends before it begins, or is too long"),
        (true, "429", "too many requests; `Retry-After` says when to try again"),
        (true, "500", "an internal error; the request id finds it in the log"),
        (true, "503", "a store does not answer, or not in time; try again"),
    ];
    let applying = all.into_iter().filter(|(applies, _, _)| *applies);
    applying.map(|(_, status, description)| (status, description)).collect()
}

/// The id of an operation names one method: where a function answers several, the later ones get the method's
/// name before the function's.
fn tell_methods_apart(item: &mut PathItem) {
    let PathItem { put, patch, .. } = item;
    if let (Some(put), Some(patch)) = (put, patch)
        && put.operation_id == patch.operation_id
    {
        put.operation_id = put.operation_id.take().map(|id| format!("put_{id}"));
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
pub fn router() -> Router {
    let document =
        || async { ([(header::CONTENT_TYPE, "application/json")], JSON.as_str()).into_response() };
    Router::new().route("/openapi.json", get(document))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::{Value, json};
    use stratum_http::rights::{Access, RIGHTS};

    use super::*;

    #[test]
    fn an_operation_id_names_one_operation() {
        let mut document = super::super::document();
        let mut seen = BTreeSet::new();
        for operation in document.paths.paths.values_mut().flat_map(operations) {
            let id = operation.operation_id.clone().unwrap();
            assert!(seen.insert(id.clone()), "{id}");
        }
    }

    /// Refusals that many operations give are written in `shared_refusals`, once.
    #[test]
    fn a_handler_documents_only_refusals_of_its_own() {
        let mut document = super::super::documented();
        let mut times: BTreeMap<(String, String), u32> = BTreeMap::new();
        for (path, item) in &mut document.paths.paths {
            tell_methods_apart(item);
            for operation in operations(item) {
                let shared = shared_refusals(path, operation);
                for (status, response) in &operation.responses.responses {
                    let RefOr::T(response) = response else { continue };
                    let same = (status.as_str(), response.description.as_str());
                    assert!(!shared.contains(&same), "{path} repeats {same:?}");
                    if status.starts_with(['4', '5']) {
                        let key = (status.clone(), response.description.clone());
                        *times.entry(key).or_default() += 1;
                    }
                }
            }
        }
        let often: Vec<_> = times.iter().filter(|(_, times)| **times > 5).collect();
        assert!(often.is_empty(), "share them: {often:?}");
    }

    /// A description that lists the values of a text, where the schema should.
    fn lists_values(schema: &Value, description: &str) -> bool {
        let is_plain = schema["type"] == "string" || schema["type"] == json!(["string", "null"]);
        let says_more = ["enum", "format", "pattern"].iter().any(|key| schema.get(key).is_some());
        let words = |parts: &[&str]| {
            let word = |one: &&str| one.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            parts.iter().filter(|one| !one.is_empty() && word(one)).count()
        };
        // `a`, `b` or `c`: every second part stands between marks.
        let marked: Vec<&str> = description.split('`').skip(1).step_by(2).collect();
        let is_list = description.contains("`, `") || description.contains("` or `");
        is_plain && !says_more && is_list && words(&marked) > 1
    }

    #[test]
    fn every_reference_names_a_schema() {
        let document = serde_json::to_value(super::super::document()).unwrap();
        let text = document.to_string();
        let names = text.split("\"#/components/schemas/").skip(1);
        for name in names.filter_map(|rest| rest.split('"').next()) {
            assert!(document["components"]["schemas"].get(name).is_some(), "{name} is missing");
        }
    }

    #[test]
    fn texts_of_known_values_are_enums() {
        let document = serde_json::to_value(super::super::document()).unwrap();
        let mut offences = Vec::new();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
                if lists_values(schema, &text(&schema["description"])) {
                    offences.push(format!("{name}.{field}"));
                }
            }
        }
        for (path, operations) in document["paths"].as_object().unwrap() {
            for operation in operations.as_object().unwrap().values() {
                for parameter in operation["parameters"].as_array().into_iter().flatten() {
                    if lists_values(&parameter["schema"], &text(&parameter["description"])) {
                        offences.push(format!("{path} {}", parameter["name"]));
                    }
                }
            }
        }
        assert_eq!(offences, Vec::<String>::new(), "a description lists what an enum should");
    }

    #[test]
    fn the_checked_in_document_is_current() {
        let now = super::json().unwrap();
        let checked_in = include_str!("../../openapi.json");
        assert!(checked_in == now, "api/openapi.json is not current: run `make openapi`");
    }

    #[test]
    fn every_documented_operation_has_one_row_and_every_row_an_operation() {
        let document = serde_json::to_value(crate::document()).unwrap();
        let mut documented = BTreeSet::new();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for method in operations.as_object().unwrap().keys() {
                documented.insert((method.to_uppercase(), path.clone()));
            }
        }
        let rows = RIGHTS.iter().map(|(method, path, _)| (method.to_string(), path.to_string()));
        let unique: BTreeSet<_> = rows.collect();
        assert_eq!(unique.len(), RIGHTS.len(), "an operation has two rows");
        assert_eq!(unique, documented);
    }

    /// The document tells the same: what is not open asks for a token.
    #[test]
    fn the_document_names_the_token_of_every_closed_operation() {
        let document = serde_json::to_value(crate::document()).unwrap();
        for (method, path, access) in RIGHTS {
            let operation = &document["paths"][path][method.to_lowercase()];
            let wants_token = operation["security"].is_array();
            assert_eq!(wants_token, *access != Access::Open, "{method} {path}");
        }
    }
}

//! The page: what `make page` built, embedded; a debug build reads the folder, so that a change of the
//! page rebuilds no Rust.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use rust_embed::{EmbeddedFile, RustEmbed};
use stratum_http::answer::Refusal;

/// Of the reference of the API, another project's program: it writes styles of its own and makes markup
/// of the document's texts, which are ours.
const DOCS_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// Paths of the page. What stands behind each of them, the page itself decides.
const PATHS: [&str; 21] = [
    "/",
    "/sign-in",
    "/register",
    "/confirm-registration",
    "/forgot-password",
    "/reset-password",
    "/accept-invitation",
    "/start",
    "/campaigns",
    "/campaigns/{id}",
    "/quality",
    "/events",
    "/delivery",
    "/plan",
    "/rules",
    "/reports",
    "/reports/{id}",
    "/exports",
    "/settings",
    "/settings/{section}",
    "/status",
];

/// Files whose names do not change with their content.
const NAMED: [&str; 2] = ["look.js", "icon.svg"];

const INDEX: &str = "index.html";
const DOCS: &str = "docs.html";
const UNBUILT: &str = "<!doctype html><meta charset=utf-8><title>Stratum</title>\
    <h1>The page is not built</h1><p>Run <code>make page</code>. The API answers all the same.</p>";

/// Asked again each time, and answered with 304 where nothing changed.
const CHECKED: HeaderValue = HeaderValue::from_static("no-cache");
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

#[derive(RustEmbed)]
#[folder = "../frontend/dist"]
#[allow_missing = true]
struct Files;

/// The routes of the page's files.
pub fn router() -> Router {
    let router =
        PATHS.into_iter().fold(Router::new(), |router, path| router.route(path, get(index)));
    let router = NAMED.into_iter().fold(router, |router, name| {
        router.route(&format!("/{name}"), get(async move |headers| file(name, &headers, CHECKED)))
    });
    router.route("/assets/{name}", get(asset)).route("/docs", get(docs))
}

async fn index(headers: HeaderMap) -> Response {
    match found(INDEX, &headers) {
        Some((file, encoding)) => answer(INDEX, file, encoding, &headers, CHECKED),
        None => unbuilt(),
    }
}

async fn docs(headers: HeaderMap) -> Response {
    match found(DOCS, &headers) {
        Some((file, encoding)) => {
            let mut response = answer(DOCS, file, encoding, &headers, CHECKED);
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, DOCS_SECURITY_POLICY);
            response
        }
        None => unbuilt(),
    }
}

fn unbuilt() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, Html(UNBUILT)).into_response()
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    file(&format!("assets/{name}"), &headers, FOR_EVER)
}

fn file(path: &str, headers: &HeaderMap, keep: HeaderValue) -> Response {
    match found(path, headers) {
        Some((file, encoding)) => answer(path, file, encoding, headers, keep),
        None => Refusal::of_status(StatusCode::NOT_FOUND).into_response(),
    }
}

/// The file, compressed by the build where the client takes that.
fn found(path: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, Option<&'static str>)> {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let accepts = |wanted: &str| {
        accepted.unwrap_or_default().split(',').any(|one| {
            one.split_once(';').map_or(one, |(name, _)| name).trim().eq_ignore_ascii_case(wanted)
        })
    };
    let compressed = [("br", "br"), ("gzip", "gz")].into_iter().filter(|(name, _)| accepts(name));
    let compressed = compressed
        .filter_map(|(name, ending)| Some((Files::get(&format!("{path}.{ending}"))?, Some(name))))
        .next();
    compressed.or_else(|| Some((Files::get(path)?, None)))
}

fn answer(
    path: &str,
    file: EmbeddedFile,
    encoding: Option<&'static str>,
    asked: &HeaderMap,
    keep: HeaderValue,
) -> Response {
    let sum = file.metadata.sha256_hash();
    let tag = sum.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>();
    let tag = format!("\"{tag}\"");
    let known = asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_known = known.is_some_and(|tags| tags.split(',').any(|one| one.trim() == tag));
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = [(header::CONTENT_TYPE, HeaderValue::from_static(kind(path)))];
        (kind, file.data).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, keep);
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.extend(HeaderValue::try_from(tag).ok().map(|tag| (header::ETAG, tag)));
    if let Some(name) = encoding.filter(|_| !is_known) {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    response
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

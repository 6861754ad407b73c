//! The plain page at `/`: embedded files, no framework, no inline script.

use axum::Router;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use axum::routing::get;

use crate::routes::App;

/// Only our own files run, and nothing may frame the page.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

/// The routes of the page's files.
pub fn router() -> Router<App> {
    let script = || file("text/javascript", include_str!("../../frontend/plain/app.js"));
    let style = || file("text/css", include_str!("../../frontend/plain/style.css"));
    let docs_script = || file("text/javascript", include_str!("../../frontend/plain/docs.js"));
    let page = async || Html(include_str!("../../frontend/plain/index.html"));
    Router::new()
        .route("/", get(page))
        .route("/app.js", get(async move || script()))
        .route("/docs.js", get(async move || docs_script()))
        .route("/style.css", get(async move || style()))
}

/// The page that shows the document of the routes.
pub async fn docs() -> Html<&'static str> {
    Html(include_str!("../../frontend/plain/docs.html"))
}

fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, format!("{kind}; charset=utf-8")),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
    ];
    (headers, text)
}

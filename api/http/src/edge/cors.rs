//! Which pages may call the API from a browser.

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use super::{EdgeConfig, EdgeError};

/// The seconds that a browser may remember the answer.
const REMEMBER_S: u64 = 600;

/// The layer for these origins; `None` where only our own page may call. No cookie is ever taken, so
/// none is allowed.
pub(super) fn cors(config: &EdgeConfig) -> Result<Option<CorsLayer>, EdgeError> {
    let origins = &config.cors_origins;
    if origins.is_empty() {
        return Ok(None);
    }
    let allowed = match origins.iter().any(|origin| origin == "*") {
        true => AllowOrigin::from(Any),
        false => {
            let origins = origins.iter().map(|text| origin(text));
            AllowOrigin::list(origins.collect::<Result<Vec<_>, _>>()?)
        }
    };
    let name = HeaderName::from_static;
    let taken = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::RANGE,
        name("last-event-id"),
        name("x-request-id"),
        name("idempotency-key"),
    ];
    let shown = [
        header::RETRY_AFTER,
        header::CONTENT_DISPOSITION,
        header::CONTENT_RANGE,
        name("x-request-id"),
    ];
    let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    Ok(Some(
        CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods(methods)
            .allow_headers(taken)
            .expose_headers(shown)
            .max_age(std::time::Duration::from_secs(REMEMBER_S)),
    ))
}

fn origin(text: &str) -> Result<HeaderValue, EdgeError> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_origin = host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', ' ']));
    let value = text.parse().ok().filter(|_| is_origin);
    value.ok_or_else(|| EdgeError::NoOrigin(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(origins: &[&str]) -> Result<Option<CorsLayer>, EdgeError> {
        let cors_origins = origins.iter().map(|text| (*text).to_owned()).collect();
        cors(&EdgeConfig { cors_origins, ..EdgeConfig::default() })
    }

    #[test]
    fn what_is_no_origin_is_refused_at_the_start() {
        assert!(of(&[]).unwrap().is_none());
        assert!(of(&["*"]).unwrap().is_some());
        assert!(of(&["https://app.example", "http://127.0.0.1:5173"]).unwrap().is_some());
        for wrong in ["app.example", "https://app.example/", "https://*.example", "null", ""] {
            assert!(of(&[wrong]).is_err(), "{wrong}");
        }
    }
}

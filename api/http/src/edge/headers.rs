//! Headers of every answer: they cost nothing and close doors.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::EdgeConfig;

/// Only our own files run, nothing may frame the page, and no text becomes script or markup.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
    trusted-types 'none'";

const FIXED: [(HeaderName, &str); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

/// The headers of this process.
#[derive(Clone, Debug)]
pub struct Headers {
    transport_security: Option<HeaderValue>,
}

impl Headers {
    /// With HTTPS alone from then on, where that is configured.
    pub fn new(config: &EdgeConfig) -> Headers {
        let seconds = Some(config.hsts_s).filter(|seconds| *seconds > 0);
        let value = seconds.map(|seconds| format!("max-age={seconds}; includeSubDomains"));
        Headers { transport_security: value.and_then(|value| value.parse().ok()) }
    }
}

/// Adds them; what a route set itself stays.
pub async fn harden(State(wanted): State<Headers>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if let Some(value) = wanted.transport_security {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    response
}

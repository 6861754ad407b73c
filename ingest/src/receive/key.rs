//! The API key a request presents outside its body.

use std::borrow::Cow;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use stratum_models::directory::ApiKeyHash;

/// The key in the query (`access_token`), in `Authorization: Bearer`, or in `X-Api-Key`, in this
/// order. Only its hash is kept.
pub(crate) fn presented_key(head: &Parts) -> Option<ApiKeyHash> {
    query_key(head, "access_token")
        .or_else(|| hashed(bearer(&head.headers)?))
        .or_else(|| header_key(head, "x-api-key"))
}

/// The key in a header of its own. Only its hash is kept.
pub(crate) fn header_key(head: &Parts, header: &str) -> Option<ApiKeyHash> {
    hashed(head.headers.get(header)?.to_str().ok()?)
}

/// The key in a parameter of the query. Only its hash is kept.
pub(crate) fn query_key(head: &Parts, parameter: &str) -> Option<ApiKeyHash> {
    hashed(&query_text(head, parameter)?)
}

/// A parameter of the query.
pub(crate) fn query_text<'h>(head: &'h Parts, parameter: &str) -> Option<Cow<'h, str>> {
    let mut pairs = form_urlencoded::parse(head.uri.query()?.as_bytes());
    pairs.find(|(name, _)| name == parameter).map(|(_, text)| text)
}

/// The key that stands as the user of `Authorization: Basic`. Only its hash is kept.
pub(crate) fn user_key(head: &Parts) -> Option<ApiKeyHash> {
    let (scheme, pair) = head.headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(pair.trim()).ok()?).ok()?;
    hashed(pair.split(':').next()?)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth")).then_some(key)
}

fn hashed(key: &str) -> Option<ApiKeyHash> {
    let key = key.trim();
    (!key.is_empty()).then(|| ApiKeyHash::of(key))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn presented(uri: &str, header: Option<(&str, &str)>) -> Option<ApiKeyHash> {
        let mut request = Request::builder().uri(uri);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        presented_key(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn a_key_may_be_a_user() {
        let user = |header: &str| {
            let request = Request::builder().uri("/").header("authorization", header);
            user_key(&request.body(()).unwrap().into_parts().0)
        };
        let key = Some(ApiKeyHash::of("k+1"));
        assert_eq!(user(&format!("Basic {}", STANDARD.encode("k+1:"))), key);
        assert_eq!(user(&format!("basic {}", STANDARD.encode("k+1"))), key);
        for header in ["Basic", "Basic %%", "Bearer k+1", "Basic Og=="] {
            assert_eq!(user(header), None, "{header}");
        }
    }

    #[test]
    fn a_key_may_come_in_three_places() {
        let key = Some(ApiKeyHash::of("k+1"));
        assert_eq!(presented("/?a=b&access_token=k%2B1", None), key);
        assert_eq!(presented("/", Some(("authorization", "bearer k+1"))), key);
        assert_eq!(presented("/", Some(("x-api-key", " k+1 "))), key);
        assert_eq!(presented("/?access_token=k%2B1", Some(("x-api-key", "other"))), key);
        assert_eq!(presented("/?access_token=", Some(("authorization", "Basic abc"))), None);
    }
}

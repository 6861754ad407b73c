//! Cookie mode, for pages in a browser: the refresh token travels in a cookie that no script can read. Asked for by the
//! header `x-session: cookie`, which no foreign page can send; the page's origin is checked beside.

use axum::extract::FromRequestParts;
use axum::http::header::{COOKIE, HOST, ORIGIN, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use stratum_http::answer::Refusal;

use crate::App;

const MODE: HeaderName = HeaderName::from_static("x-session");
const NAME: &str = "stratum_refresh";
const ATTRIBUTES: &str = "HttpOnly; Secure; SameSite=Strict; Path=/api/v1/auth";

/// Where a request carries its refresh token, and its answer is to carry the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// In the body.
    Body,
    /// In a cookie; with the token of the request, where it has one.
    Cookie(Option<String>),
}

impl FromRequestParts<App> for Carrier {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Carrier, Refusal> {
        let headers = &parts.headers;
        match headers.get(MODE).map(HeaderValue::as_bytes) {
            None => return Ok(Carrier::Body),
            Some(b"cookie") => {}
            Some(_) => {
                return Err(Refusal::malformed(
                    "the header x-session must be cookie or absent",
                    Vec::new(),
                ));
            }
        }
        let host = parts.uri.authority().map(|authority| authority.as_str());
        if !is_own_page(headers, host, &app.public_url) {
            let text =
                "x-session: cookie is for pages of this address; others send tokens in bodies";
            return Err(Refusal::new(StatusCode::FORBIDDEN, text));
        }
        Ok(Carrier::Cookie(cookie(headers)))
    }
}

impl Carrier {
    /// Headers that carry a refresh token for so many seconds, where it travels in a cookie.
    pub fn headers(&self, token: &str, seconds: i64) -> Result<HeaderMap, Refusal> {
        let mut headers = HeaderMap::new();
        if *self != Carrier::Body {
            let text = format!("{NAME}={token}; {ATTRIBUTES}; Max-Age={}", seconds.max(0));
            let value = HeaderValue::try_from(text).map_err(|_| Refusal::internal())?;
            headers.insert(SET_COOKIE, value);
        }
        Ok(headers)
    }

    /// A token that stays in the body.
    pub fn body(&self, token: String) -> Option<String> {
        (*self == Carrier::Body).then_some(token)
    }
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| name.trim() == NAME).map(|(_, value)| value.trim().to_owned())
}

/// True for a request of a page that is served here: its origin is the host it asks, or the public address.
fn is_own_page(headers: &HeaderMap, host: Option<&str>, public_url: &str) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let place = |url: &str| {
        let rest = url.split_once("://").map(|(_, rest)| rest)?;
        rest.split('/').next().map(str::to_lowercase).filter(|place| !place.is_empty())
    };
    let Some(origin) = text(ORIGIN).and_then(place) else { return false };
    let asked = text(HOST).or(host).map(str::to_lowercase);
    asked.as_ref() == Some(&origin) || place(public_url).as_ref() == Some(&origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_of_this_address_has_a_cookie() {
        let is_own = |origin: &str, host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ORIGIN, origin.parse().unwrap());
            headers.insert(HOST, host.parse().unwrap());
            is_own_page(&headers, None, "https://stratum.example/")
        };
        assert!(is_own("http://127.0.0.1:8080", "127.0.0.1:8080"));
        assert!(is_own("https://Stratum.example", "10.0.0.7:8080"));
        for foreign in
            ["https://evil.example", "null", "http://127.0.0.1:9", "127.0.0.1:8080", "http://"]
        {
            assert!(!is_own(foreign, "127.0.0.1:8080"), "{foreign}");
        }
        assert!(!is_own_page(&HeaderMap::new(), Some("127.0.0.1:8080"), ""));
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=b; stratum_refresh=t0ken ;c=d".parse().unwrap());
        assert_eq!(cookie(&headers).as_deref(), Some("t0ken"));
        headers.insert(COOKIE, "xstratum_refresh=t0ken".parse().unwrap());
        assert_eq!(cookie(&headers), None);
        let kept = Carrier::Cookie(None).headers("t0ken", 60).unwrap();
        let text = "stratum_refresh=t0ken; HttpOnly; Secure; SameSite=Strict; Path=/api/v1/auth; Max-Age=60";
        assert_eq!(kept[SET_COOKIE], text);
        assert!(Carrier::Body.headers("t0ken", 60).unwrap().is_empty());
    }
}

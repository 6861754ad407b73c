//! Addresses of destinations, and the headers of requests there.

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use stratum_models::delivery::{DeliveryMode, Destination};
use stratum_models::platform::Platform;
use stratum_wire::dialect::ga4::is_web;

use super::config::DeliverConfig;
use super::http::WayError;
use super::platform::DeliveryPlatform;

/// Where TikTok's servers look for the token.
const TIKTOK_TOKEN: HeaderName = HeaderName::from_static("access-token");
/// The headers in which LinkedIn's servers are told of a request.
const LINKEDIN_VERSION: HeaderName = HeaderName::from_static("linkedin-version");
const RESTLI_METHOD: HeaderName = HeaderName::from_static("x-restli-method");
const RESTLI_VERSION: HeaderName = HeaderName::from_static("x-restli-protocol-version");

/// The address of a destination whose id has no fault, and the headers of requests to it.
pub(super) fn of(
    config: &DeliverConfig,
    destination: &Destination,
    platform: &DeliveryPlatform,
) -> Result<(Url, HeaderMap), WayError> {
    let (urls, id) = (&config.urls, &destination.remote_id);
    let token = destination.credentials.get(platform.credential);
    let is_test = destination.mode == DeliveryMode::Test;
    let bearer = || Ok(vec![(AUTHORIZATION, secret(&format!("Bearer {token}"))?)]);
    let (base, path, query, headers) = match destination.platform {
        Platform::Meta => (&urls.meta, format!("{id}/events"), Vec::new(), bearer()?),
        Platform::Tiktok => {
            let headers = vec![(TIKTOK_TOKEN, secret(token)?)];
            (&urls.tiktok, "event/track/".to_owned(), Vec::new(), headers)
        }
        Platform::Snapchat => {
            let path = if is_test { "events/validate" } else { "events" };
            let query = vec![(platform.credential, token)];
            (&urls.snapchat, format!("{id}/{path}"), query, Vec::new())
        }
        Platform::Pinterest => {
            let query = is_test.then_some(("test", "true")).into_iter().collect();
            (&urls.pinterest, format!("ad_accounts/{id}/events"), query, bearer()?)
        }
        Platform::Linkedin => {
            let version = HeaderValue::from_str(&config.linkedin_version);
            let version = version.map_err(|_| WayError::Version)?;
            let mut headers: Vec<_> = bearer()?;
            headers.extend([
                (LINKEDIN_VERSION, version),
                (RESTLI_METHOD, HeaderValue::from_static("BATCH_CREATE")),
                (RESTLI_VERSION, HeaderValue::from_static("2.0.0")),
            ]);
            (&urls.linkedin, "conversionEvents".to_owned(), Vec::new(), headers)
        }
        Platform::Google => {
            let stream = if is_web(id) { "measurement_id" } else { "firebase_app_id" };
            let path = if is_test { "debug/mp/collect" } else { "mp/collect" };
            let query = vec![(stream, id.as_str()), (platform.credential, token)];
            (&urls.ga4, path.to_owned(), query, Vec::new())
        }
    };
    let mut url: Url =
        format!("{}/{path}", base.trim_end_matches('/')).parse().map_err(|_| WayError::RemoteId)?;
    // Set where there is none, it would leave a question mark behind.
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    Ok((url, headers.into_iter().collect()))
}

/// A header's value that is never printed.
fn secret(value: &str) -> Result<HeaderValue, WayError> {
    let mut value = HeaderValue::from_str(value).map_err(|_| WayError::Credential)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    /// The address at a platform, with the headers.
    fn asked(platform: Platform, mode: DeliveryMode) -> (String, Vec<(String, String)>) {
        let mut destination = Destination { platform, mode, ..samples::destination(mode) };
        let needs = DeliveryPlatform::of(platform);
        destination.credentials.set(needs.credential.to_owned(), "to+ken".to_owned().into());
        let (url, headers) = of(&DeliverConfig::default(), &destination, &needs).unwrap();
        assert!(!format!("{headers:?}").contains("to+ken"));
        let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        let headers = headers.iter().map(|(name, value)| (name.to_string(), text(value)));
        let mut headers: Vec<_> = headers.collect();
        headers.sort();
        (url.to_string(), headers)
    }

    #[test]
    fn each_platform_is_asked_where_it_takes_events_and_tests() {
        let header = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        let bearer = header("authorization", "Bearer to+ken");
        use DeliveryMode::{Live, Test};
        for (platform, mode, url, headers) in [
            (Platform::Meta, Live, "https://graph.facebook.com/v25.0/1/events", bearer.clone()),
            (
                Platform::Tiktok,
                Live,
                "https://business-api.tiktok.com/open_api/v1.3/event/track/",
                header("access-token", "to+ken"),
            ),
            (
                Platform::Snapchat,
                Live,
                "https://tr.snapchat.com/v3/1/events?access_token=to%2Bken",
                vec![],
            ),
            (
                Platform::Snapchat,
                Test,
                "https://tr.snapchat.com/v3/1/events/validate?access_token=to%2Bken",
                vec![],
            ),
            (
                Platform::Pinterest,
                Live,
                "https://api.pinterest.com/v5/ad_accounts/1/events",
                bearer.clone(),
            ),
            (
                Platform::Pinterest,
                Test,
                "https://api.pinterest.com/v5/ad_accounts/1/events?test=true",
                bearer.clone(),
            ),
            (
                Platform::Linkedin,
                Live,
                "https://api.linkedin.com/rest/conversionEvents",
                [
                    bearer,
                    header("linkedin-version", "202610"),
                    header("x-restli-method", "BATCH_CREATE"),
                    header("x-restli-protocol-version", "2.0.0"),
                ]
                .concat(),
            ),
        ] {
            assert_eq!(asked(platform, mode), (url.to_owned(), headers), "{platform} {mode}");
        }
    }

    #[test]
    fn google_is_told_the_kind_of_the_stream() {
        for (mode, path) in [(DeliveryMode::Live, ""), (DeliveryMode::Test, "debug/")] {
            let url = format!(
                "https://www.google-analytics.com/{path}mp/collect?firebase_app_id=1&api_secret=to%2Bken"
            );
            assert_eq!(asked(Platform::Google, mode), (url, vec![]));
        }
    }

    #[test]
    fn a_credential_that_no_header_takes_is_refused() {
        let mut destination = samples::destination(DeliveryMode::Live);
        destination.credentials.set("access_token".to_owned(), "a\nb".to_owned().into());
        let platform = DeliveryPlatform::of(Platform::Meta);
        let refused = of(&DeliverConfig::default(), &destination, &platform).unwrap_err();
        assert_eq!(refused, WayError::Credential);
    }
}

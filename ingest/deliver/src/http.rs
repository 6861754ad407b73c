//! The way to a platform over HTTP: to an address that the operator set, bounded, without redirects.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use stratum_models::delivery::Destination;
use stratum_models::time::SharedClock;
use stratum_wire::dialect::PlatformReply;
use stratum_wire::envelope::DELIVERY_HEADER;

use super::address;
use super::config::DeliverConfig;
use super::platform::DeliveryPlatform;
use super::sender::{NoReply, Transport};
use super::words::DestinationWords;

/// The longest rest that a platform can ask for.
const REST_MAX: Duration = Duration::from_secs(6 * 3_600);

/// Why a platform or a destination cannot be reached at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WayError {
    /// The configured address would be asked in clear text, or is none.
    #[error("{0} is no address with https")]
    Address(String),
    /// HTTP cannot be set up.
    #[error("HTTP cannot be set up")]
    Client,
    /// The pixel or dataset is not named by a plain id.
    #[error("the id is not one of this platform")]
    RemoteId,
    /// The credential has characters that no header takes.
    #[error("the credential is none of this platform")]
    Credential,
    /// The configured version of LinkedIn's interface is none.
    #[error("the version of LinkedIn's interface is none")]
    Version,
}

/// The platforms at their addresses; one of a process.
#[derive(Clone)]
pub struct Platforms {
    client: Client,
    config: DeliverConfig,
    clock: SharedClock,
}

impl Platforms {
    /// Platforms at the configured addresses. An error where one would be asked in clear text.
    pub fn new(config: DeliverConfig, clock: SharedClock) -> Result<Platforms, WayError> {
        if let Some(address) = config.urls.all().into_iter().find(|url| !is_safe_address(url)) {
            return Err(WayError::Address(address.to_owned()));
        }
        let client = Client::builder()
            // A redirect would take people's data and the credentials elsewhere.
            .redirect(Policy::none())
            .connect_timeout(Duration::from_millis(config.connect_ms_max))
            .timeout(Duration::from_millis(config.answer_ms_max))
            .user_agent("stratum")
            .build()
            .map_err(|_| WayError::Client)?;
        Ok(Platforms { client, config, clock })
    }

    /// The way to a destination with its credentials, and the words for it.
    pub fn way(
        &self,
        destination: &Destination,
    ) -> Result<(HttpTransport, DestinationWords), WayError> {
        let platform = DeliveryPlatform::of(destination.platform);
        if platform.id_fault(&destination.remote_id).is_some() {
            return Err(WayError::RemoteId);
        }
        let (url, headers) = address::of(&self.config, destination, &platform)?;
        let transport = HttpTransport {
            client: self.client.clone(),
            url,
            headers,
            answer_bytes_max: self.config.answer_bytes_max,
            clock: self.clock.clone(),
        };
        Ok((transport, DestinationWords::of(destination, &platform)))
    }
}

/// Whether an address is asked over TLS, or on this machine.
fn is_safe_address(url: &str) -> bool {
    url.parse::<Url>().is_ok_and(|url| match url.scheme() {
        "https" => true,
        "http" => matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")),
        _ => false,
    })
}

/// The way to one destination.
pub struct HttpTransport {
    client: Client,
    url: Url,
    /// Those of the platform's own, its credential among them.
    headers: HeaderMap,
    answer_bytes_max: usize,
    clock: SharedClock,
}

impl HttpTransport {
    async fn reply(&self, body: Vec<u8>) -> Option<PlatformReply> {
        let request = self.client.post(self.url.clone()).headers(self.headers.clone());
        let request = request.header(CONTENT_TYPE, "application/json").header(DELIVERY_HEADER, "1");
        let mut response = request.body(body).send().await.ok()?;
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers(), self.clock.now().to_utc());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.ok()? {
            // What is longer is no answer of a platform's, and means nothing by its beginning.
            if body.len() + chunk.len() > self.answer_bytes_max {
                body.clear();
                break;
            }
            body.extend_from_slice(&chunk);
        }
        Some(PlatformReply { status, retry_after, body })
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, body: Vec<u8>) -> Result<PlatformReply, NoReply> {
        // The library's own errors name the address.
        self.reply(body).await.ok_or(NoReply)
    }
}

/// How long a platform says to leave it alone: seconds, or until a date.
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until = DateTime::parse_from_rfc2822(text).ok()?;
            (until.to_utc() - now).to_std().unwrap_or_default()
        }
    };
    Some(wait.min(REST_MAX))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn nothing_is_sent_in_clear_text_over_a_network() {
        assert!(DeliverConfig::default().urls.all().into_iter().all(is_safe_address));
        assert!(is_safe_address("http://127.0.0.1:4711/v25.0"));
        for wrong in ["http://graph.facebook.com", "http://169.254.169.254", "ftp://127.0.0.1", ""]
        {
            assert!(!is_safe_address(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_rest_is_asked_for_in_seconds_or_by_a_date_and_has_a_bound() {
        let now = DateTime::parse_from_rfc2822("Sat, 28 Nov 2026 12:00:00 GMT").unwrap().to_utc();
        let rest = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
            retry_after(&headers, now).map(|rest| rest.as_secs())
        };
        assert_eq!(rest("120"), Some(120));
        assert_eq!(rest("Sat, 28 Nov 2026 12:01:30 GMT"), Some(90));
        assert_eq!(rest("Sat, 28 Nov 2026 11:00:00 GMT"), Some(0));
        assert_eq!(rest("99999999"), Some(REST_MAX.as_secs()));
        assert_eq!((rest("soon"), rest("-1")), (None, None));
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}

//! One question to a platform over HTTP: bounded, repeated while it may help, and never quoting an
//! address or a credential in what went wrong.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, Url};
use serde::de::DeserializeOwned;
use stratum_models::time::UnixMillis;

use super::{CallConfig, ConnectorDeps, PullError};

/// The answer that came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as what is documented.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, PullError> {
        serde_json::from_slice(&self.body).map_err(|_| PullError::unreadable())
    }

    /// The time for which a platform says to leave it alone, in whole seconds.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds))
    }

    /// The error that the status alone tells, where the body does not.
    pub(super) fn fault(&self, config: &CallConfig) -> PullError {
        match self.status {
            429 => {
                let usual = Duration::from_millis(config.throttle_ms);
                PullError::Throttled { retry_after: self.retry_after().unwrap_or(usual) }
            }
            401 => PullError::unauthorized("the platform does not accept the credentials"),
            408 | 500.. => PullError::transient(format!("the platform answers {}", self.status)),
            status if (200..300).contains(&status) => PullError::unreadable(),
            status => PullError::refused(format!("the platform answers {status}")),
        }
    }
}

/// Asks platforms.
#[derive(Clone)]
pub(super) struct Caller {
    client: reqwest::Client,
    pub(super) config: CallConfig,
    deps: ConnectorDeps,
}

impl Caller {
    pub(super) fn new(config: CallConfig, deps: ConnectorDeps) -> Result<Caller, PullError> {
        let client = reqwest::Client::builder()
            // A redirect would take the credentials elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_millis(config.connect_ms_max))
            .timeout(Duration::from_millis(config.answer_ms_max))
            .user_agent("stratum");
        let client = client.build();
        let client = client.map_err(|_| PullError::refused("HTTP cannot be set up"))?;
        Ok(Caller { client, config, deps })
    }

    pub(super) fn now(&self) -> UnixMillis {
        self.deps.clock.now()
    }

    /// The value that `read` makes of the answer. Asked again after a pause while the platform is away, and
    /// where it wants to be left alone for a moment.
    pub(super) async fn ask<T>(
        &self,
        build: impl Fn(&reqwest::Client) -> RequestBuilder + Send + Sync,
        read: impl Fn(&Answer) -> Result<T, PullError> + Send + Sync,
    ) -> Result<T, PullError> {
        let mut attempt = 1;
        loop {
            let answer = self.once(build(&self.client)).await;
            let error = match answer.and_then(|answer| read(&answer)) {
                Ok(told) => return Ok(told),
                Err(error) => error,
            };
            let pause = match &error {
                PullError::Transient { .. } => self.back_off(attempt),
                PullError::Throttled { retry_after } if self.is_short(*retry_after) => *retry_after,
                _ => return Err(error),
            };
            if attempt >= self.config.attempts_max.max(1) {
                return Err(error);
            }
            tracing::debug!(attempt, code = error.code(), "platform is asked again");
            self.deps.rest.rest(pause).await;
            attempt += 1;
        }
    }

    fn is_short(&self, wait: Duration) -> bool {
        wait <= Duration::from_millis(self.config.throttle_ms_max)
    }

    /// Half of a pause that doubles each time, and up to as much again by chance.
    fn back_off(&self, attempt: u32) -> Duration {
        let doubled = 1u64.checked_shl(attempt.saturating_sub(1)).unwrap_or(u64::MAX);
        let pause = self.config.retry_ms_min.saturating_mul(doubled);
        let pause = Duration::from_millis(pause.min(self.config.retry_ms_max));
        pause.mul_f64(0.5 + 0.5 * self.deps.rest.chance().clamp(0.0, 1.0))
    }

    async fn once(&self, request: RequestBuilder) -> Result<Answer, PullError> {
        let mut response = request.send().await.map_err(failure)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failure)? {
            if body.len() + chunk.len() > self.config.answer_bytes_max {
                return Err(PullError::TooMuch);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body: body.into() })
    }
}

/// The error of what happened on the way. The library's own text names the address.
fn failure(error: reqwest::Error) -> PullError {
    PullError::transient(match error {
        error if error.is_timeout() => "the platform did not answer in time",
        error if error.is_connect() => "the platform cannot be reached",
        _ => "the platform's answer was cut short",
    })
}

/// An address below `base` with these parameters.
pub(super) fn address(
    base: &str,
    path: &str,
    parameters: &[(&str, &str)],
) -> Result<Url, PullError> {
    let mut url: Url = format!("{}/{path}", base.trim_end_matches('/'))
        .parse()
        .map_err(|_| PullError::refused("the platform's address cannot be read"))?;
    if !parameters.is_empty() {
        url.query_pairs_mut().extend_pairs(parameters);
    }
    Ok(url)
}

/// An id that is part of an address: nothing else may be meant by it.
pub(super) fn plain_id(id: &str) -> Result<&str, PullError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let fits = (1..=100).contains(&id.len()) && id.bytes().all(plain);
    if fits {
        Ok(id)
    } else {
        Err(PullError::refused("the account id is not one of this platform"))
    }
}

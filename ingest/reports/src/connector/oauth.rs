//! Access tokens for a refresh token, as OAuth 2 (RFC 6749, section 6) has it.

use parking_lot::Mutex;
use reqwest::RequestBuilder;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use stratum_models::time::UnixMillis;

use super::call::{Answer, Caller};
use super::{Credentials, PullError};

/// A token is renewed this long before it ends.
const EARLY_MS: i64 = 60_000;
const LIFE_S: i64 = 1_800;

/// Keeps an access token while it lives.
pub(super) struct Tokens {
    url: String,
    kept: Mutex<TokenState>,
}

struct TokenState {
    credentials: Credentials,
    access: Option<(String, UnixMillis)>,
    renewed: bool,
}

#[derive(Deserialize)]
struct TokenGrant {
    access_token: String,
    #[serde(default)]
    expires_in: Option<i64>,
    #[serde(default)]
    refresh_token: Option<String>,
}

#[derive(Deserialize)]
struct TokenRefusal {
    #[serde(default)]
    error: String,
}

impl Tokens {
    pub(super) fn new(url: &str, credentials: Credentials) -> Tokens {
        let kept = TokenState { credentials, access: None, renewed: false };
        Tokens { url: url.to_owned(), kept: Mutex::new(kept) }
    }

    pub(super) fn credentials(&self) -> Credentials {
        self.kept.lock().credentials.clone()
    }

    /// The credentials, where the platform gave another refresh token.
    pub(super) fn renewed(&self) -> Option<Credentials> {
        let kept = self.kept.lock();
        kept.renewed.then(|| kept.credentials.clone())
    }

    /// The answer to a question with a token that lives; with a new one where that is not accepted, once.
    pub(super) async fn ask<T>(
        &self,
        caller: &Caller,
        build: impl Fn(&reqwest::Client, &str) -> RequestBuilder + Send + Sync,
        read: impl Fn(&Answer) -> Result<T, PullError> + Send + Sync,
    ) -> Result<T, PullError> {
        let token = self.token(caller).await?;
        match caller.ask(|client| build(client, &token), &read).await {
            Err(PullError::Unauthorized { .. }) => {
                self.kept.lock().access = None;
                let token = self.token(caller).await?;
                caller.ask(|client| build(client, &token), &read).await
            }
            answered => answered,
        }
    }

    async fn token(&self, caller: &Caller) -> Result<String, PullError> {
        let (credentials, access) = {
            let kept = self.kept.lock();
            (kept.credentials.clone(), kept.access.clone())
        };
        if let Some((token, ends)) = access
            && caller.now().0 < ends.0 - EARLY_MS
        {
            return Ok(token);
        }
        let granted = self.grant(caller, &credentials).await?;
        let life_ms = granted.expires_in.unwrap_or(LIFE_S).max(0).saturating_mul(1_000);
        let ends = UnixMillis(caller.now().0.saturating_add(life_ms));
        let mut kept = self.kept.lock();
        kept.access = Some((granted.access_token.clone(), ends));
        if let Some(refresh) = granted.refresh_token
            && refresh != credentials.get("refresh_token")
        {
            kept.credentials = credentials.with("refresh_token", &refresh);
            kept.renewed = true;
        }
        Ok(granted.access_token)
    }

    async fn grant(
        &self,
        caller: &Caller,
        credentials: &Credentials,
    ) -> Result<TokenGrant, PullError> {
        let form = form_of(credentials);
        let build = |client: &reqwest::Client| {
            let request = client.post(&self.url).body(form.clone());
            request.header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        };
        let read = |answer: &Answer| {
            if answer.is_success() {
                answer.json::<TokenGrant>()
            } else {
                Err(denied(answer, caller))
            }
        };
        caller.ask(build, read).await
    }
}

fn form_of(credentials: &Credentials) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "refresh_token");
    for field in ["client_id", "client_secret", "refresh_token"] {
        form.append_pair(field, credentials.get(field));
    }
    form.finish()
}

fn denied(answer: &Answer, caller: &Caller) -> PullError {
    let error = answer.json::<TokenRefusal>().map(|denied| denied.error).unwrap_or_default();
    match error.as_str() {
        "invalid_grant" => PullError::unauthorized(
            "the refresh token has expired or was withdrawn: connect the account again",
        ),
        "invalid_client" | "unauthorized_client" => {
            PullError::unauthorized("client_id and client_secret are not accepted")
        }
        _ => answer.fault(&caller.config),
    }
}

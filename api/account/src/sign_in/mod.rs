//! Registering, signing in and out, second factors, and forgotten passwords.

mod register;
mod confirm;
mod login;
mod second_factor;
mod refresh;
mod logout;
mod sessions;
mod forgot_password;
mod reset_password;
mod change_password;
mod me;
mod change_me;
mod cookie;
mod origin;
mod proof;

use std::time::Duration;

use cookie::Carrier;
use serde::Serialize;
use stratum_http::answer::{Fault, FaultCode, Refusal, RequestId};
use stratum_http::auth::token::TokenPair;
use stratum_state::audit::{Actor, Author};
use tokio::time::Instant;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{App, Services};

/// The routes of sign-in.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(register::register))
        .routes(routes!(confirm::confirm))
        .routes(routes!(login::login))
        .routes(routes!(refresh::refresh))
        .routes(routes!(logout::logout))
        .routes(routes!(sessions::list_sessions, sessions::end_other_sessions))
        .routes(routes!(sessions::end_session))
        .routes(routes!(forgot_password::forgot_password))
        .routes(routes!(reset_password::reset_password))
        .routes(routes!(change_password::change_password))
        .routes(routes!(second_factor::second_factor, second_factor::begin_second_factor))
        .routes(routes!(second_factor::confirm_second_factor))
        .routes(routes!(second_factor::remove_second_factor))
        .routes(routes!(second_factor::renew_recovery_codes))
        .routes(routes!(me::me, change_me::change_me))
}

/// A pair of tokens.
#[derive(Serialize, ToSchema)]
struct TokenResponse {
    /// The access token, for `Authorization: Bearer …`.
    access_token: String,
    /// The refresh token, exchanged once for new tokens at `/auth/refresh`; absent if it is in a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// Always `bearer`.
    token_type: &'static str,
    /// Seconds until the access token ends.
    expires_in: i64,
}

impl TokenResponse {
    fn of(app: &Services, pair: TokenPair, carrier: &Carrier) -> TokenResponse {
        TokenResponse {
            access_token: pair.access,
            refresh_token: carrier.body(pair.refresh),
            token_type: "bearer",
            expires_in: app.auth.tokens.access_s(),
        }
    }
}

/// The notice of what was done, or of what to do next.
#[derive(Serialize, ToSchema)]
struct NoticeResponse {
    /// In words.
    message: &'static str,
}

/// Somebody who has not signed in.
pub(super) fn nobody(request_id: &RequestId) -> Author {
    Author { actor: Actor::Nobody, request_id: request_id.0.clone() }
}

/// Waits until answers may be given that must not tell by their time what was found out.
async fn pace(app: &Services, began: Instant) {
    tokio::time::sleep_until(began + Duration::from_millis(app.auth.config.answer_ms_min)).await;
}

/// 422 for a password that may not be chosen.
pub(super) fn weak(field: &str, weakness: Option<Fault>) -> Result<(), Refusal> {
    weakness.map_or(Ok(()), |weakness| Err(Refusal::unprocessable(field, weakness)))
}

/// The one answer to every sign-in that does not succeed.
pub(super) fn wrong() -> Refusal {
    let message = "the e-mail address or the password is wrong";
    Refusal::unauthorized(Fault::new(FaultCode::WrongSignIn, message))
}

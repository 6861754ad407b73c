//! `GET /config`: what somebody who has not signed in may know of the installation.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use crate::answer::{Answer, Answered};
use crate::auth::Registration;

/// Facts about the installation.
#[derive(Serialize, ToSchema)]
pub struct ConfigResponse {
    /// The version of the program.
    version: &'static str,
    /// The way in which anybody may register: `confirmed`, `open` or `off`.
    #[schema(value_type = String)]
    registration: Registration,
    /// True where letters go out by a mail server; without one, invitations are handed on by who invites.
    mail: bool,
}

/// Facts about the installation.
#[utoipa::path(
    get, path = "/api/v1/config", tag = "operation",
    responses((status = 200, body = Answer<ConfigResponse>)),
)]
pub async fn config(State(app): State<App>) -> Answered<ConfigResponse> {
    Ok(Answer::of(ConfigResponse {
        version: env!("CARGO_PKG_VERSION"),
        registration: app.auth.registration,
        mail: app.mail.has_server(),
    }))
}

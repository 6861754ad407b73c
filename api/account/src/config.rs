//! `GET /config`: what somebody who has not signed in may know of the installation.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::State;
use serde::{Deserialize, Serialize};
use stratum_http::answer::{Answer, Answered};
use stratum_http::auth::Registration;
use utoipa::ToSchema;

use super::App;

/// Facts about the installation.
#[derive(Serialize, ToSchema)]
pub struct ConfigResponse {
    /// The version of the program.
    version: &'static str,
    /// The way in which anybody may register; never `auto`.
    registration: Registration,
    /// True where letters go out by a mail server; without one, invitations are handed on by who invites.
    mail: bool,
    /// Sign-ins that anybody on this machine may use, while the demo runs here; else none.
    demo: Vec<DemoAccount>,
}

/// A sign-in of a demo tenant.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DemoAccount {
    /// The tenant's name.
    pub tenant: String,
    /// The user's e-mail address.
    pub email: String,
    /// The user's password.
    pub password: String,
}

impl fmt::Debug for DemoAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoAccount").field("email", &self.email).finish_non_exhaustive()
    }
}

/// The sign-ins that are offered now, shared with the demo.
#[derive(Clone, Debug, Default)]
pub struct DemoAccounts(Arc<RwLock<Vec<DemoAccount>>>);

impl DemoAccounts {
    /// Offers these and no others.
    pub fn offer(&self, accounts: Vec<DemoAccount>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = accounts;
    }

    fn all(&self) -> Vec<DemoAccount> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Facts about the installation.
#[utoipa::path(
    get, path = "/api/v1/config", tag = "operation",
    responses((status = 200, body = Answer<ConfigResponse>)),
)]
pub async fn config(State(app): State<App>) -> Answered<ConfigResponse> {
    Ok(Answer::of(ConfigResponse {
        version: env!("CARGO_PKG_VERSION"),
        registration: app.auth.config.registration,
        mail: app.mail.has_server(),
        demo: app.demo.all(),
    }))
}

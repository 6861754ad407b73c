#![doc = include_str!("../README.md")]

pub mod sign_in;
pub mod config;
pub mod users;
pub mod invitations;
pub mod tenant;
pub mod api_keys;
pub mod audit;
pub mod gdpr;
pub mod health_detail;

use std::sync::Arc;

use stratum_http::auth::AuthServices;
use stratum_http::auth::password::Passwords;
use stratum_http::auth::password_reset::PasswordResets;
use stratum_jobs::export::Folder;
use stratum_jobs::mail::MailQueue;
use stratum_models::entropy::{Ids, SharedEntropy};
use stratum_models::person::PersonStore;
use stratum_models::seal::IdentifierKeys;
use stratum_models::time::SharedClock;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The means of the handlers of this crate.
pub struct Services {
    /// Knows callers, and signs tokens.
    pub auth: Arc<AuthServices>,
    /// Checks passwords.
    pub passwords: Passwords,
    /// Takes requests for new passwords.
    pub resets: PasswordResets,
    /// Queues messages.
    pub mail: MailQueue,
    /// The address at which users reach the page, for messages; empty where nobody said.
    pub public_url: String,
    /// Sign-ins of demo tenants that are offered now.
    pub demo: config::DemoAccounts,
    /// Rows of persons in the warehouse.
    pub persons: Arc<dyn PersonStore>,
    /// Keys that identifiers are sealed with.
    pub keys: Arc<IdentifierKeys>,
    /// The folder of letters that no mail server takes.
    pub letters: gdpr::LetterFolder,
    /// Files of exports, which may name persons.
    pub export_files: Folder,
    /// Makes ids.
    pub ids: Ids,
    /// Makes what nobody can guess.
    pub entropy: SharedEntropy,
    /// The time.
    pub clock: SharedClock,
    /// Looks at this process.
    pub process: health_detail::LookAtProcess,
}

/// The state of every handler of this crate.
pub type App = Arc<Services>;

impl AsRef<AuthServices> for Services {
    fn as_ref(&self) -> &AuthServices {
        &self.auth
    }
}

/// The routes of this crate.
pub fn routes() -> OpenApiRouter<App> {
    sign_in::routes()
        .merge(users::routes())
        .merge(invitations::routes())
        .merge(tenant::routes())
        .merge(api_keys::routes())
        .merge(audit::routes())
        .merge(gdpr::routes())
        .merge(health_detail::routes())
        .routes(routes!(config::config))
}

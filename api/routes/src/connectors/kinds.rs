//! `GET /connectors/kinds`

use serde::Serialize;
use stratum_http::answer::{Answer, Answered};
use stratum_models::connector::{Credentials, is_pulled};
use stratum_models::platform::Platform;
use utoipa::ToSchema;

/// The kind of a platform's connectors.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConnectorKind {
    /// The platform.
    platform: Platform,
    /// Whether it can be asked for reports; of others connectors are kept only.
    is_pulled: bool,
    /// The credentials that it wants to be shown, in the order one comes by them.
    credentials: Vec<CredentialField>,
}

/// A credential.
#[derive(Debug, Serialize, ToSchema)]
pub struct CredentialField {
    /// The credential's name in `credentials`.
    name: &'static str,
    /// Whether the platform cannot be asked without it.
    required: bool,
}

/// The credentials and settings that connectors of each platform take.
#[utoipa::path(
    get, path = "/api/v1/connectors/kinds", tag = "connectors", security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<ConnectorKind>>)),
)]
pub async fn connector_kinds() -> Answered<Vec<ConnectorKind>> {
    let kind = |platform: Platform| {
        let named = |required| move |&name: &&'static str| CredentialField { name, required };
        let credentials = Credentials::required(platform).iter().map(named(true));
        let credentials =
            credentials.chain(Credentials::optional(platform).iter().map(named(false)));
        let credentials = credentials.collect();
        ConnectorKind { platform, is_pulled: is_pulled(platform), credentials }
    };
    Ok(Answer::of(Platform::ALL.iter().copied().map(kind).collect()))
}

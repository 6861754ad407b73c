//! The caller of a protected route. The only place where a token becomes a scope.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use stratum_models::id::UserId;
use stratum_models::scope::TenantScope;

use super::token::TokenError;
use crate::answer::Refusal;
use crate::routes::App;
use crate::state::user::Role;

/// A caller with a valid access token.
#[derive(Clone, Copy, Debug)]
pub struct Authenticated {
    /// Who.
    pub user_id: UserId,
    /// The tenant whose data they may read.
    pub scope: TenantScope,
    /// What they may do.
    pub role: Role,
}

impl FromRequestParts<App> for Authenticated {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(bearer).ok_or_else(|| {
            Refusal::unauthorized("sign in, and send the access token as `Authorization: Bearer …`")
        })?;
        let claims = app.tokens.verify(token, app.clock.now()).map_err(|error| match error {
            TokenError::Expired => {
                Refusal::unauthorized("the access token has expired; sign in again")
            }
            _ => Refusal::unauthorized("the access token is not valid; sign in again"),
        })?;
        Ok(Authenticated {
            user_id: claims.sub,
            scope: TenantScope::from_access_token(claims.tenant_id),
            role: claims.role,
        })
    }
}

/// The token of a bearer header; the scheme's letter case does not matter.
pub fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

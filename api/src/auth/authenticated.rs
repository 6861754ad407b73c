//! The caller of a closed operation. The only place where a token or a key becomes a scope.

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use stratum_models::directory::{AccessRefusal, ApiKeyHash};
use stratum_models::id::{ApiKeyId, TenantId, UserId};
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;

use super::revocation::Standing;
use super::token::{Claims, TokenError};
use crate::answer::{Refusal, RequestId};
use crate::rights::{Access, Permission, access};
use crate::routes::App;
use crate::state::api_key::ApiKeyScope;
use crate::state::audit::{Actor, AuditEntry, Author};
use crate::state::work::TenantWork;

/// What every API key begins with.
const KEY_PREFIX: &str = "stk_";

/// A caller with a valid access token or API key.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// The tenant whose data they may read.
    pub scope: TenantScope,
    /// Who, and on which request.
    pub author: Author,
    /// What they may do.
    pub permissions: &'static [Permission],
    /// The claims of a user's token; `None` for an API key.
    pub claims: Option<Claims>,
}

impl Authenticated {
    /// A unit of work of the caller's tenant, in the caller's name.
    pub async fn work(&self, app: &App) -> Result<TenantWork, StoreError> {
        app.state.tenant(self.scope, self.author.clone()).await
    }

    /// The user; refused to API keys.
    pub fn user_id(&self) -> Result<UserId, Refusal> {
        match self.author.actor {
            Actor::User(id) => Ok(id),
            _ => Err(Refusal::new(StatusCode::FORBIDDEN, "only a user may do this, no API key")),
        }
    }

    fn of_token(app: &App, token: &str, request_id: RequestId) -> Result<Authenticated, Refusal> {
        let claims = app.tokens.access(token, app.clock.now()).map_err(|error| match error {
            TokenError::Expired => {
                Refusal::unauthorized("the access token has expired; sign in again")
            }
            _ => Refusal::unauthorized("the access token is not valid; sign in again"),
        })?;
        match app.revocations.standing(claims.sid) {
            Standing::Good => {}
            Standing::Ended => {
                return Err(Refusal::unauthorized("you were signed out; sign in again"));
            }
            Standing::Unknown => {
                return Err(Refusal::unavailable("the state store does not answer; try again"));
            }
        }
        Ok(Authenticated {
            scope: TenantScope::from_access_token(claims.tenant_id),
            author: Author { actor: Actor::User(claims.sub), request_id: request_id.0 },
            permissions: claims.role.permissions(),
            claims: Some(claims),
        })
    }

    fn of_key(app: &App, key: &str, request_id: RequestId) -> Result<Authenticated, Refusal> {
        let opened = app.directory.reader(&ApiKeyHash::of(key));
        let opened: Result<(ApiKeyId, TenantId, ApiKeyScope), AccessRefusal> = opened;
        let (id, tenant, scope) = opened.map_err(|refusal| match refusal {
            AccessRefusal::WrongScope => Refusal::new(
                StatusCode::FORBIDDEN,
                "this API key is for sending; reading takes one of another scope",
            ),
            _ => Refusal::unauthorized("the API key is not known or was revoked"),
        })?;
        Ok(Authenticated {
            scope: TenantScope::from_api_key(tenant),
            author: Author { actor: Actor::ApiKey(id), request_id: request_id.0 },
            permissions: scope.permissions(),
            claims: None,
        })
    }
}

/// Lets a request pass to whom its operation is open to, by the table of rights. An operation
/// without a row is open to nobody.
pub async fn authorize(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let path = path.unwrap_or_default();
    let Some(access) = access(request.method(), &path) else {
        tracing::error!(http.route = %path, "the operation has no row in the table of rights");
        return Refusal::internal().into_response();
    };
    if matches!(access, Access::Open | Access::Door) {
        return next.run(request).await;
    }
    let caller = match identify(&app, &request) {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into_response(),
    };
    match admit(&app, &caller, access, request.method().clone(), &path).await {
        Ok(()) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// Who asks.
fn identify(app: &App, request: &Request) -> Result<Authenticated, Refusal> {
    let token = bearer_of(request.headers()).ok_or_else(|| {
        Refusal::unauthorized("sign in, and send the access token as `Authorization: Bearer …`")
    })?;
    let request_id = request.extensions().get::<RequestId>().cloned();
    let request_id = request_id.unwrap_or_else(|| RequestId("".into()));
    recognise(app, token, request_id)
}

fn recognise(app: &App, token: &str, request_id: RequestId) -> Result<Authenticated, Refusal> {
    match token.starts_with(KEY_PREFIX) {
        true => Authenticated::of_key(app, token, request_id),
        false => Authenticated::of_token(app, token, request_id),
    }
}

/// Whether the token or key that opened a stream would open it now.
pub fn is_still_good(app: &App, token: &str) -> bool {
    recognise(app, token, RequestId("".into())).is_ok()
}

/// Whether they may.
async fn admit(
    app: &App,
    caller: &Authenticated,
    access: Access,
    method: Method,
    path: &str,
) -> Result<(), Refusal> {
    let allowed = match access {
        Access::With(permission) => caller.permissions.contains(&permission),
        _ => caller.claims.is_some(),
    };
    if !allowed {
        write_down(app, caller, method.as_str(), path).await;
        return Err(Refusal::new(StatusCode::FORBIDDEN, "your role does not allow this"));
    }
    Ok(())
}

/// A refusal is written down too; where that fails it stays a refusal.
pub async fn write_down(app: &App, caller: &Authenticated, method: &str, path: &str) {
    let why = json!({"method": method, "route": path});
    let entry = AuditEntry::refused("operation.refused", "operation", why);
    let write = async {
        let mut work = caller.work(app).await?;
        work.audit(&entry).await?;
        work.commit().await
    };
    if let Err(error) = write.await {
        tracing::warn!(error = %error, "a refusal was not written down");
    }
}

impl FromRequestParts<App> for Authenticated {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Refusal> {
        // Without the middleware there is no caller: an operation outside of it opens nothing.
        parts.extensions.get::<Authenticated>().cloned().ok_or_else(Refusal::internal)
    }
}

fn bearer_of(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer)
}

/// The token of a bearer header; the scheme's letter case does not matter.
pub fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

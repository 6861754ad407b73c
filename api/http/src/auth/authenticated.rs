//! The caller of a closed operation. The only place where a token or a key becomes a scope.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use stratum_models::directory::{AccessRefusal, ApiKeyHash};
use stratum_models::id::{ApiKeyId, TenantId, UserId};
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::time::SharedClock;
use stratum_state::PostgresState;
use stratum_state::api_key::ApiKeyScope;
use stratum_state::audit::{Actor, Author};
use stratum_state::directory::StateDirectory;
use stratum_state::work::TenantWork;

use super::AuthConfig;
use super::refusals::Refusals;
use super::revocation::{Revocations, Standing};
use super::sessions::Sessions;
use super::token::{Claims, TokenError, Tokens};
use crate::answer::{Refusal, RequestId};
use crate::edge::Limits;
use crate::rights::{Access, Permission, access, key_permissions, role_permissions};

/// The beginning of every API key.
const KEY_PREFIX: &str = "stk_";

/// The means by which callers are known.
pub struct AuthServices {
    /// Users, tenants and keys.
    pub state: PostgresState,
    /// API keys and zones of tenants, from memory.
    pub directory: Arc<StateDirectory>,
    /// Signs and verifies tokens.
    pub tokens: Tokens,
    /// Sessions whose tokens count no more.
    pub revocations: Arc<Revocations>,
    /// Sessions whose tokens count.
    pub sessions: Sessions,
    /// Refusals of lately.
    pub refusals: Arc<Refusals>,
    /// The time.
    pub clock: SharedClock,
    /// Bounds of sign-in.
    pub config: AuthConfig,
}

/// A caller with a valid access token or API key.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// The tenant whose data they may read.
    pub scope: TenantScope,
    /// Who, and on which request.
    pub author: Author,
    /// The rights that they have.
    pub permissions: &'static [Permission],
    /// The claims of a user's token; `None` for an API key.
    pub claims: Option<Claims>,
    /// The hash of an API key; `None` for a user.
    pub key: Option<ApiKeyHash>,
}

impl Authenticated {
    /// A unit of work of the caller's tenant, in the caller's name.
    pub async fn work<S>(&self, app: &Arc<S>) -> Result<TenantWork, StoreError>
    where
        S: AsRef<AuthServices>,
    {
        S::as_ref(app).state.tenant(self.scope, self.author.clone()).await
    }

    /// The user; refused to API keys.
    pub fn user_id(&self) -> Result<UserId, Refusal> {
        match self.author.actor {
            Actor::User(id) => Ok(id),
            _ => {
                Err(Refusal::new(StatusCode::FORBIDDEN, "only a user may do this, not an API key"))
            }
        }
    }

    /// Whether the token or key would still be let in now. Asks memory alone.
    pub fn is_still_good(&self, auth: &AuthServices) -> bool {
        let of_token = |claims: &Claims| {
            let lives = claims.exp > auth.clock.now().0.div_euclid(1000);
            lives && auth.revocations.standing(claims.sid) == Standing::Good
        };
        let of_key = |key: &ApiKeyHash| knows_keys(auth) && auth.directory.reader(key).is_ok();
        self.claims.as_ref().is_none_or(of_token) && self.key.as_ref().is_none_or(of_key)
    }

    async fn of_token(
        auth: &AuthServices,
        token: &str,
        request_id: RequestId,
    ) -> Result<Authenticated, Refusal> {
        let claims = auth.tokens.access(token, auth.clock.now()).map_err(|error| match error {
            TokenError::Expired => {
                Refusal::unauthorized("the access token has expired; sign in again")
            }
            _ => Refusal::unauthorized("the access token is not valid; sign in again"),
        })?;
        match auth.revocations.standing(claims.sid) {
            Standing::Good => {}
            Standing::Ended => return Err(signed_out()),
            Standing::Unknown => return Err(unknown()),
        }
        let scope = TenantScope::from_access_token(claims.tenant_id);
        let author = Author { actor: Actor::User(claims.sub), request_id: request_id.0 };
        if !auth.sessions.confirm(&auth.state, scope, &author, &claims).await? {
            return Err(signed_out());
        }
        let permissions = role_permissions(claims.role);
        Ok(Authenticated { scope, author, permissions, claims: Some(claims), key: None })
    }

    fn of_key(
        auth: &AuthServices,
        key: &str,
        request_id: RequestId,
    ) -> Result<Authenticated, Refusal> {
        if !knows_keys(auth) {
            return Err(unknown());
        }
        let hash = ApiKeyHash::of(key);
        let opened = auth.directory.reader(&hash);
        let opened: Result<(ApiKeyId, TenantId, ApiKeyScope), AccessRefusal> = opened;
        let (id, tenant, scope) = opened.map_err(|refusal| match refusal {
            AccessRefusal::WrongScope => Refusal::new(
                StatusCode::FORBIDDEN,
                "this API key is for sending; reading takes one of another scope",
            ),
            _ => Refusal::unauthorized("the API key is not known, was revoked or has expired"),
        })?;
        Ok(Authenticated {
            scope: TenantScope::from_api_key(tenant),
            author: Author { actor: Actor::ApiKey(id), request_id: request_id.0 },
            permissions: key_permissions(scope),
            claims: None,
            key: Some(hash),
        })
    }
}

fn signed_out() -> Refusal {
    Refusal::unauthorized("you were signed out; sign in again")
}

/// Nobody knows what still counts: a token or a key for reading lets nobody in then. Keys for sending do.
fn unknown() -> Refusal {
    Refusal::unavailable("the state store does not answer; try again")
}

/// Whether the copy of API keys is as fresh as ended sessions must be.
fn knows_keys(auth: &AuthServices) -> bool {
    auth.directory.age_ms() <= auth.config.revocation_stale_ms_max
}

/// The gate that closed operations stand behind.
#[derive(Clone)]
pub struct Gate {
    /// Who may ask.
    pub auth: Arc<AuthServices>,
    /// The limits of how often.
    pub limits: Arc<Limits>,
}

/// Lets a request pass to whom its operation is open to, by the table of rights. An operation
/// without a row is open to nobody. A caller is counted as soon as it is known, before anything is done
/// or written down for it.
pub async fn authorize(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let path = path.unwrap_or_default();
    let Some(access) = access(request.method(), &path) else {
        tracing::error!(http.route = %path, "the operation has no row in the table of rights");
        return Refusal::internal().into_response();
    };
    if matches!(access, Access::Open | Access::Door) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    match admit(&gate, access, &parts, &path).await {
        Ok(caller) => {
            parts.extensions.insert(caller);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// The caller, who may.
async fn admit(
    Gate { auth, limits }: &Gate,
    access: Access,
    request: &Parts,
    path: &str,
) -> Result<Authenticated, Refusal> {
    let caller = identify(auth, request).await?;
    limits.caller(&caller)?;
    let allowed = match access {
        Access::With(permission) => caller.permissions.contains(&permission),
        Access::User => caller.claims.is_some(),
        Access::Open | Access::Door | Access::Operator => false,
    };
    if !allowed {
        auth.refusals.note(&auth.state, &caller, request.method.as_str(), path).await;
        return Err(Refusal::new(StatusCode::FORBIDDEN, "your role does not allow this"));
    }
    Ok(caller)
}

/// Who asks.
async fn identify(auth: &AuthServices, request: &Parts) -> Result<Authenticated, Refusal> {
    let token = bearer_of(&request.headers).ok_or_else(|| {
        Refusal::unauthorized("sign in, and send the access token as `Authorization: Bearer …`")
    })?;
    let request_id = request.extensions.get::<RequestId>().cloned();
    let request_id = request_id.unwrap_or_else(|| RequestId("".into()));
    match token.starts_with(KEY_PREFIX) {
        true => Authenticated::of_key(auth, token, request_id),
        false => Authenticated::of_token(auth, token, request_id).await,
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Authenticated {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
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

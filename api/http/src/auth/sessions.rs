//! The sessions that tokens name, as the store holds them. What a token says of its holder counts only
//! where a session that lives says the same. The store is asked once for each session that a process
//! meets; a session that ends later, as it does where a role changes, is among the ended ones
//! ([`super::revocation`]).

use quick_cache::sync::Cache;
use stratum_models::id::UserId;
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_state::PostgresState;
use stratum_state::audit::Author;
use stratum_state::user::Role;
use uuid::Uuid;

use super::token::Claims;

/// Whose a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionHolder {
    /// The tenant that it was found in.
    pub scope: TenantScope,
    /// The user.
    pub user: UserId,
    /// The user's role.
    pub role: Role,
}

/// The holders of sessions that were met lately.
pub struct Sessions {
    kept: Cache<Uuid, SessionHolder>,
}

impl Sessions {
    /// Remembers so many.
    pub fn new(sessions_max: usize) -> Sessions {
        Sessions { kept: Cache::new(sessions_max) }
    }

    /// Whether a session lives that says what these claims say.
    pub async fn confirm(
        &self,
        state: &PostgresState,
        scope: TenantScope,
        author: &Author,
        claims: &Claims,
    ) -> Result<bool, StoreError> {
        let claimed = SessionHolder { scope, user: claims.sub, role: claims.role };
        if let Some(holder) = self.kept.get(&claims.sid) {
            return Ok(holder == claimed);
        }
        let mut work = state.tenant(scope, author.clone()).await?;
        let Some((user, role)) = work.session_holder(claims.sid).await? else { return Ok(false) };
        let holder = SessionHolder { scope, user, role };
        self.kept.insert(claims.sid, holder);
        Ok(holder == claimed)
    }
}

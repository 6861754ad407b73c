//! Names of those who did what the audit log tells.

use std::collections::HashMap;

use stratum_http::auth::Authenticated;
use stratum_models::id::UserId;
use stratum_models::store::StoreError;
use stratum_state::audit_page::AuditRow;
use stratum_state::work::TenantWork;
use uuid::Uuid;

/// The names of users who wrote rows of the audit log.
pub struct ActorNames(HashMap<Uuid, String>);

impl ActorNames {
    /// Those of these rows; none where an API key asks.
    pub async fn of(
        work: &mut TenantWork,
        caller: &Authenticated,
        rows: &[AuditRow],
    ) -> Result<ActorNames, StoreError> {
        let mut names = HashMap::new();
        if caller.claims.is_none() {
            return Ok(ActorNames(names));
        }
        for user in rows.iter().filter_map(user_of) {
            if !names.contains_key(&user)
                && let Some(found) = work.user(UserId(user)).await?
            {
                names.insert(user, found.full_name);
            }
        }
        Ok(ActorNames(names))
    }

    /// The name of who wrote this row; `None` for others than users, and for users who are gone.
    pub fn name(&self, row: &AuditRow) -> Option<String> {
        user_of(row).and_then(|user| self.0.get(&user).cloned())
    }
}

/// The user who wrote this row; `None` for others.
fn user_of(row: &AuditRow) -> Option<Uuid> {
    Some(&row.actor_id).filter(|_| row.actor_kind == "user")?.parse().ok()
}

//! The audit log: what was done, by whom, and what was refused, written in the transaction of the change itself.
//! Rows are numbered and chained by the database, which lets the program insert and read only.

use std::sync::Arc;

use serde_json::Value;
use stratum_models::id::{ApiKeyId, TenantId, UserId};
use stratum_models::name_set;
use stratum_models::store::StoreError;

pub use super::audit_action::AuditAction;
use super::work::{SystemWork, TenantWork};
use super::{store_error, tenant_key};

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// Somebody signed in.
    User(UserId),
    /// A script with a key.
    ApiKey(ApiKeyId),
    /// Somebody at the command line.
    Operator,
    /// The program itself.
    System,
    /// Somebody who has not signed in.
    Nobody,
}

impl Actor {
    /// The kind's name in the store.
    pub const fn kind(self) -> &'static str {
        match self {
            Actor::User(_) => "user",
            Actor::ApiKey(_) => "api_key",
            Actor::Operator => "operator",
            Actor::System => "system",
            Actor::Nobody => "nobody",
        }
    }

    pub(super) fn id(self) -> String {
        match self {
            Actor::User(id) => id.to_string(),
            Actor::ApiKey(id) => id.to_string(),
            Actor::Operator | Actor::System | Actor::Nobody => String::new(),
        }
    }
}

/// The names of the kinds of actors in the store.
pub const ACTOR_KINDS: [&str; 5] = ["user", "api_key", "operator", "system", "nobody"];

/// Who acts, and on which request.
#[derive(Clone, Debug)]
pub struct Author {
    /// Who.
    pub actor: Actor,
    /// The request's id; empty outside of requests.
    pub request_id: Arc<str>,
}

impl Author {
    /// An operator at the command line.
    pub fn operator() -> Author {
        Author { actor: Actor::Operator, request_id: "".into() }
    }

    /// The program itself.
    pub fn system() -> Author {
        Author { actor: Actor::System, request_id: "".into() }
    }
}

name_set! {
    /// The outcome of an action.
    AuditOutcome {
        /// It was.
        Done = "done",
        /// It was not.
        Refused = "refused",
    }
}

/// One row of the audit log. Nothing in it may be personal or secret: of such a field it tells that
/// it changed, never what it was or is.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// The action that was done.
    pub action: AuditAction,
    /// The kind of what it was done to, such as `campaign`.
    pub object_kind: &'static str,
    /// Which one; empty where there is none.
    pub object_id: String,
    /// Whether it was done.
    pub outcome: AuditOutcome,
    /// Field by field what is new.
    pub changes: Value,
}

impl AuditEntry {
    /// A change that was made.
    pub fn done(
        action: AuditAction,
        object_kind: &'static str,
        object_id: impl ToString,
        changes: Value,
    ) -> AuditEntry {
        let (object_id, outcome) = (object_id.to_string(), AuditOutcome::Done);
        AuditEntry { action, object_kind, object_id, outcome, changes }
    }

    /// Something that was refused.
    pub fn refused(action: AuditAction, object_kind: &'static str, why: Value) -> AuditEntry {
        let outcome = AuditOutcome::Refused;
        AuditEntry { action, object_kind, object_id: String::new(), outcome, changes: why }
    }
}

macro_rules! insert {
    ($work:expr, $tenant:expr, $author:expr, $entry:expr) => {{
        let statement = sqlx::query_file!(
            "sql/insert_audit_row.sql",
            $tenant,
            $work.now(),
            $author.actor.kind(),
            $author.actor.id(),
            $entry.action.as_str(),
            $entry.object_kind,
            $entry.object_id,
            $entry.outcome.as_str(),
            $entry.changes,
            &*$author.request_id,
        );
        statement.execute($work.connection()).await.map_err(store_error)?;
        Ok(())
    }};
}

impl TenantWork {
    /// Writes down what this work does, as its author's.
    pub async fn audit(&mut self, entry: &AuditEntry) -> Result<(), StoreError> {
        let (key, author) = (self.key, self.author.clone());
        insert!(self, key, author, entry)
    }
}

impl SystemWork {
    /// Writes down what was done to a tenant, or to the installation where none is known.
    pub async fn audit(
        &mut self,
        tenant: Option<TenantId>,
        author: Author,
        entry: &AuditEntry,
    ) -> Result<(), StoreError> {
        let key = tenant_key(tenant.unwrap_or(TenantId(0)))?;
        insert!(self, key, author, entry)
    }
}

//! People who sign in, and their sign-ins.

use std::str::FromStr;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use stratum_models::id::{TenantId, UserId};
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::time::UnixMillis;
use uuid::Uuid;

use super::seal::Seal;
use super::work::{SystemWork, TenantWork};
use super::{STORE, damaged, invalid, millis, store_error};

/// What a user may do. See the table of rights in the API document.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    clap::ValueEnum,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything of the tenant.
    Admin,
    /// Campaigns, rules and fixes.
    Manager,
    /// Reads, exports and predictions.
    Analyst,
    /// Reads.
    Viewer,
}

impl Role {
    /// Every role, the mightiest first.
    pub const ALL: [Role; 4] = [Role::Admin, Role::Manager, Role::Analyst, Role::Viewer];

    /// The name in the store and in tokens.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Manager => "manager",
            Role::Analyst => "analyst",
            Role::Viewer => "viewer",
        }
    }

    /// The role of this name.
    pub fn parse(text: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

impl FromStr for Role {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Role, Self::Err> {
        Role::parse(text).ok_or("is one of admin, manager, analyst, viewer")
    }
}

/// A user to be stored.
pub struct NewUser {
    /// Known to one tenant only.
    pub email: String,
    /// Name to show.
    pub full_name: String,
    /// What they may do.
    pub role: Role,
    /// PHC string of the password.
    pub password_hash: String,
}

/// A stored user. Holds personal data in clear: never printed, hence no `Debug`.
pub struct User {
    /// Who.
    pub id: UserId,
    /// Whose user.
    pub tenant_id: TenantId,
    /// E-mail address.
    pub email: String,
    /// Name to show.
    pub full_name: String,
    /// Phone number, `+` and digits.
    pub phone: Option<String>,
    /// What they may do.
    pub role: Role,
    /// The language they read, such as `en` or `ar-EG`.
    pub locale: String,
    /// Their own zone; the tenant's where absent.
    pub time_zone: Option<Tz>,
    /// Whether they may sign in.
    pub active: bool,
    /// PHC string of the password.
    pub password_hash: String,
    /// When they last signed in.
    pub last_login_at: Option<UnixMillis>,
    /// When they were added.
    pub created_at: UnixMillis,
}

/// A sign-in.
#[derive(Clone, Copy, Debug)]
pub struct NewSession {
    /// Its id, also the id of its token family.
    pub id: Uuid,
    /// Who.
    pub user_id: UserId,
    /// When its tokens end.
    pub expires_at: UnixMillis,
}

pub(super) struct UserRow {
    id: Uuid,
    tenant_id: i64,
    email_sealed: Vec<u8>,
    full_name_sealed: Vec<u8>,
    phone_sealed: Option<Vec<u8>>,
    password_hash: String,
    role: String,
    locale: String,
    time_zone: Option<String>,
    active: bool,
    last_login_at: Option<chrono::DateTime<chrono::Utc>>,
    created_at: chrono::DateTime<chrono::Utc>,
}

pub(super) const EMAIL: &str = "users.email";
pub(super) const FULL_NAME: &str = "users.full_name";
pub(super) const PHONE: &str = "users.phone";

impl TenantWork {
    /// Stores a user. `Conflict` when the e-mail address is known, `Invalid` when it is none.
    pub async fn create_user(&mut self, new: &NewUser) -> Result<UserId, StoreError> {
        let email = canonical_email(&new.email).ok_or_else(|| invalid("not an e-mail address"))?;
        let lookups = self.tools.seal.lookups(EMAIL, &email);
        let known = sqlx::query_file!("sql/select_email_is_known.sql", &lookups);
        if known.fetch_one(self.connection()).await.map_err(store_error)?.known {
            return Err(StoreError::new(StoreErrorKind::Conflict, STORE, "the address is known"));
        }
        let sealed = |place, text: &str| self.tools.sealed(place, text);
        let id = self.tools.ids.next();
        let statement = sqlx::query_file!(
            "sql/insert_user.sql",
            id,
            self.key,
            &self.tools.seal.lookup(EMAIL, &email)[..],
            sealed(EMAIL, &email)?,
            sealed(FULL_NAME, new.full_name.trim())?,
            new.password_hash,
            new.role.as_str(),
            self.now()
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(UserId(id))
    }

    /// The user of this id.
    pub async fn user(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        let row = sqlx::query_file_as!(UserRow, "sql/select_user.sql", self.key, id.0);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        row.map(|row| open_user(&self.tools.seal, row)).transpose()
    }

    /// All users, oldest first.
    pub async fn users(&mut self) -> Result<Vec<User>, StoreError> {
        let rows = sqlx::query_file_as!(UserRow, "sql/select_users.sql", self.key);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        rows.into_iter().map(|row| open_user(&self.tools.seal, row)).collect()
    }

    /// Writes a sign-in down, and that the user signed in now.
    pub async fn create_session(&mut self, new: NewSession) -> Result<(), StoreError> {
        let statement = sqlx::query_file!(
            "sql/insert_session.sql",
            new.id,
            self.key,
            new.user_id.0,
            self.now(),
            new.expires_at.to_utc()
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }
}

impl SystemWork {
    /// The user of this e-mail address, in any letter case.
    pub async fn user_by_email(&mut self, email: &str) -> Result<Option<User>, StoreError> {
        // An address that cannot exist is looked up all the same: the answer takes as long.
        let email = canonical_email(email).unwrap_or_default();
        let lookups = self.tools.seal.lookups(EMAIL, &email);
        let row = sqlx::query_file_as!(UserRow, "sql/select_user_by_email.sql", &lookups);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        row.map(|row| open_user(&self.tools.seal, row)).transpose()
    }

    /// Forgets sign-ins that ended more than `days` ago; returns how many.
    pub async fn delete_expired_sessions(&mut self, days: u64) -> Result<u64, StoreError> {
        let before = self.now() - chrono::Days::new(days);
        let statement = sqlx::query_file!("sql/delete_expired_sessions.sql", before);
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected())
    }
}

pub(super) fn open_user(seal: &Seal, row: UserRow) -> Result<User, StoreError> {
    let open = |place, sealed: &[u8]| seal.open(place, sealed).map_err(|e| invalid(e.to_string()));
    Ok(User {
        id: UserId(row.id),
        tenant_id: TenantId(row.tenant_id.unsigned_abs()),
        email: open(EMAIL, &row.email_sealed)?,
        full_name: open(FULL_NAME, &row.full_name_sealed)?,
        phone: row.phone_sealed.map(|sealed| open(PHONE, &sealed)).transpose()?,
        role: Role::parse(&row.role).ok_or_else(|| damaged("role"))?,
        locale: row.locale,
        time_zone: row
            .time_zone
            .map(|zone| zone.parse().map_err(|_| damaged("time zone")))
            .transpose()?,
        active: row.active,
        password_hash: row.password_hash,
        last_login_at: row.last_login_at.map(millis),
        created_at: millis(row.created_at),
    })
}

/// Trimmed, lower case; `None` when it cannot be an address.
pub fn canonical_email(email: &str) -> Option<String> {
    let email = email.trim().to_lowercase();
    let (local, host) = email.rsplit_once('@')?;
    let plausible = !local.is_empty()
        && host.contains('.')
        && !host.starts_with('.')
        && !host.ends_with('.')
        && email.len() <= 254
        && !email.contains(|c: char| c.is_whitespace() || c.is_control());
    plausible.then_some(email)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_in_lower_case() {
        assert_eq!(canonical_email(" Ana@Example.COM ").as_deref(), Some("ana@example.com"));
        for wrong in ["", "ana", "@example.com", "ana@", "ana@host", "a b@c.de", "a@.de", "a@de."] {
            assert_eq!(canonical_email(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn roles_are_stored_by_name() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("superadmin"), None);
    }
}

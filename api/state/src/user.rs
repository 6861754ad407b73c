//! People who sign in.

use chrono_tz::Tz;
use stratum_models::id::{TenantId, UserId};
use stratum_models::name_set;
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::time::UnixMillis;
use uuid::Uuid;

use super::seal::Place;
use super::work::{SystemWork, TenantWork};
use super::{STORE, Tools, damaged, invalid, millis, store_error};

name_set! {
    /// The role of a user, which says what they may do. See the table of rights in the API document.
    Role {
        /// Everything of the tenant.
        Admin = "admin",
        /// Campaigns, rules and fixes.
        Manager = "manager",
        /// Reads, exports and predictions.
        Analyst = "analyst",
        /// Reads.
        Viewer = "viewer",
    }
}

/// The hash that no password is known to have. What was typed for an account that does not exist is compared with
/// it, so that this takes as long as a comparison with a stored one.
pub const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LW5vYm9keQ$\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A user to be stored.
pub struct NewUser {
    /// Known to one tenant only.
    pub email: String,
    /// Name to show.
    pub full_name: String,
    /// The user's role.
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
    /// The user's role.
    pub role: Role,
    /// The user's language, such as `en` or `ar-EG`.
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
    /// True where signing in takes a second factor.
    pub has_second_factor: bool,
}

pub(super) struct UserRow {
    pub(super) id: Uuid,
    pub(super) tenant_id: i64,
    pub(super) email_sealed: Vec<u8>,
    pub(super) full_name_sealed: Vec<u8>,
    pub(super) phone_sealed: Option<Vec<u8>>,
    pub(super) password_hash: String,
    pub(super) role: String,
    pub(super) locale: String,
    pub(super) time_zone: Option<String>,
    pub(super) active: bool,
    pub(super) last_login_at: Option<chrono::DateTime<chrono::Utc>>,
    pub(super) created_at: chrono::DateTime<chrono::Utc>,
    pub(super) has_second_factor: bool,
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
        let id = self.tools.ids.next();
        let sealed = |column, text: &str| self.tools.sealed(self.place(column, id), text);
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
        row.map(|row| open_user(&self.tools, row)).transpose()
    }

    /// All users, oldest first.
    pub async fn users(&mut self) -> Result<Vec<User>, StoreError> {
        let rows = sqlx::query_file_as!(UserRow, "sql/select_users.sql", self.key);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        rows.into_iter().map(|row| open_user(&self.tools, row)).collect()
    }

    /// Gives an active user another password; false where there is no such user. Their sessions go
    /// on until [`TenantWork::end_sessions`].
    pub async fn set_password(&mut self, id: UserId, hash: &str) -> Result<bool, StoreError> {
        let statement =
            sqlx::query_file!("sql/update_password.sql", self.key, id.0, hash, self.now());
        let done = statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(done.rows_affected() > 0)
    }

    /// The same where the stored hash is still `from`; else false.
    pub async fn replace_password(
        &mut self,
        id: UserId,
        from: &str,
        to: &str,
    ) -> Result<bool, StoreError> {
        let statement =
            sqlx::query_file!("sql/replace_password.sql", self.key, id.0, from, to, self.now());
        let done = statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(done.rows_affected() > 0)
    }

    /// Notes that a user is told something nobody asked for; false where that happened less than
    /// `every` ago, or there is no such active user.
    pub async fn note_notice(
        &mut self,
        id: UserId,
        every: chrono::TimeDelta,
    ) -> Result<bool, StoreError> {
        let now = self.now();
        let statement =
            sqlx::query_file!("sql/update_user_notified.sql", self.key, id.0, now, now - every);
        let done = statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(done.rows_affected() > 0)
    }
}

impl SystemWork {
    /// The user of this e-mail address, in any letter case.
    pub async fn user_by_email(&mut self, email: &str) -> Result<Option<User>, StoreError> {
        let lookups = self.email_lookups(email);
        let row = sqlx::query_file_as!(UserRow, "sql/select_user_by_email.sql", &lookups);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        row.map(|row| open_user(&self.tools, row)).transpose()
    }

    /// The keyed hash that an e-mail address is found by. One that cannot exist has one all the same:
    /// it is looked up like the others, and the answer takes as long.
    pub(super) fn email_lookup(&self, email: &str) -> [u8; 32] {
        self.tools.seal.lookup(EMAIL, &lookup_text(email))
    }

    /// The same with each key, for rows that an older one may have written.
    fn email_lookups(&self, email: &str) -> Vec<Vec<u8>> {
        self.tools.seal.lookups(EMAIL, &lookup_text(email))
    }
}

pub(super) fn open_user(tools: &Tools, row: UserRow) -> Result<User, StoreError> {
    let (tenant, id) = (row.tenant_id, row.id);
    let opened = |column, sealed: &[u8]| tools.opened(Place { column, tenant, row: id }, sealed);
    Ok(User {
        id: UserId(id),
        tenant_id: TenantId(tenant.unsigned_abs()),
        email: opened(EMAIL, &row.email_sealed)?,
        full_name: opened(FULL_NAME, &row.full_name_sealed)?,
        phone: row.phone_sealed.as_deref().map(|sealed| opened(PHONE, sealed)).transpose()?,
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
        has_second_factor: row.has_second_factor,
    })
}

fn lookup_text(email: &str) -> String {
    canonical_email(email).unwrap_or_else(|| email.trim().to_lowercase())
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
}

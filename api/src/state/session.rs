//! Sign-ins. A session is a family of tokens, renewed by its newest refresh token; once it is revoked,
//! every process refuses its access tokens ([`crate::auth::revocation`]).

use stratum_models::id::UserId;
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;
use uuid::Uuid;

use super::user::Role;
use super::work::{SystemWork, TenantWork};
use super::{damaged, millis, store_error};

/// The longest life that an access token may be configured to have.
pub const ACCESS_LIFE_MAX: chrono::TimeDelta = chrono::TimeDelta::days(1);

/// A sign-in to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewSession<'a> {
    /// Its id, the `sid` of its tokens.
    pub id: Uuid,
    /// Who.
    pub user_id: UserId,
    /// The hash that the password was checked against.
    pub password_hash: &'a str,
    /// The id of its first refresh token.
    pub refresh_id: Uuid,
    /// When that token ends.
    pub expires_at: UnixMillis,
}

/// A session that ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokedSession {
    /// Which.
    pub id: Uuid,
    /// Its place in the order of commits.
    pub revision: i64,
    /// When it ended.
    pub revoked_at: UnixMillis,
}

/// What a refresh token was exchanged for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The new one counts from now on.
    Renewed(UserId),
    /// It was spent already: somebody else has it, too. Its session is revoked now.
    Reused,
    /// Its session has ended.
    Ended,
}

impl TenantWork {
    /// Writes a sign-in down, and that the user signed in now; the role the user has. `None` where
    /// the user was shut out or got another password since it was checked: nothing is written.
    pub async fn create_session(
        &mut self,
        new: &NewSession<'_>,
    ) -> Result<Option<Role>, StoreError> {
        let statement = sqlx::query_file!(
            "sql/insert_session.sql",
            self.key,
            new.user_id.0,
            new.password_hash,
            new.id,
            self.now(),
            new.refresh_id,
            new.expires_at.to_utc()
        );
        let row = statement.fetch_optional(self.connection()).await.map_err(store_error)?;
        row.map(|row| Role::parse(&row.role).ok_or_else(|| damaged("role"))).transpose()
    }

    /// The user of a session that lives, with the role that the user has.
    pub async fn session_holder(&mut self, id: Uuid) -> Result<Option<(UserId, Role)>, StoreError> {
        let statement =
            sqlx::query_file!("sql/select_session_holder.sql", self.key, id, self.now());
        let row = statement.fetch_optional(self.connection()).await.map_err(store_error)?;
        let holder = row.map(|row| {
            let role = Role::parse(&row.role).ok_or_else(|| damaged("role"))?;
            Ok((UserId(row.user_id), role))
        });
        holder.transpose()
    }

    /// Spends the refresh token `spent` of a session and puts `fresh` in its place.
    pub async fn rotate_session(
        &mut self,
        id: Uuid,
        spent: Uuid,
        fresh: Uuid,
        expires_at: UnixMillis,
    ) -> Result<Rotation, StoreError> {
        let statement = sqlx::query_file!(
            "sql/rotate_session.sql",
            self.key,
            id,
            spent,
            fresh,
            self.now(),
            expires_at.to_utc()
        );
        let row = statement.fetch_optional(self.connection()).await.map_err(store_error)?;
        if let Some(row) = row {
            return Ok(Rotation::Renewed(UserId(row.user_id)));
        }
        // The token is genuine, so of a living session it is an older one.
        Ok(if self.end_session(id).await? { Rotation::Reused } else { Rotation::Ended })
    }

    /// Ends one session; false where it had ended before.
    pub async fn end_session(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let statement = sqlx::query_file!("sql/revoke_session.sql", self.key, id, self.now());
        let row = statement.fetch_optional(self.connection()).await.map_err(store_error)?;
        Ok(row.is_some())
    }

    /// Ends every session of a user and returns their ids: for somebody shut out, with another role
    /// or another password. Once committed, each process refuses their tokens within a second; this
    /// one does at once where the ids are given to `Revocations::apply`.
    pub async fn end_sessions(&mut self, user: UserId) -> Result<Vec<Uuid>, StoreError> {
        // A sign-in under way writes to the user's row first: it comes before this, or not at all.
        let lock = sqlx::query_file!("sql/lock_user.sql", self.key, user.0);
        lock.fetch_optional(self.connection()).await.map_err(store_error)?;
        let statement =
            sqlx::query_file!("sql/revoke_sessions_of_user.sql", self.key, user.0, self.now());
        let rows = statement.fetch_all(self.connection()).await.map_err(store_error)?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }
}

impl SystemWork {
    /// The revision of the newest revocation.
    pub async fn last_revocation(&mut self) -> Result<i64, StoreError> {
        let row = sqlx::query_file!("sql/select_last_revocation.sql");
        Ok(row.fetch_one(self.connection()).await.map_err(store_error)?.revision)
    }

    /// Up to `rows_max` sessions revoked after this revision, and not before this time, in order.
    pub async fn revoked_sessions(
        &mut self,
        after_revision: i64,
        since: UnixMillis,
        rows_max: i64,
    ) -> Result<Vec<RevokedSession>, StoreError> {
        let rows = sqlx::query_file!(
            "sql/select_revoked_sessions.sql",
            after_revision,
            since.to_utc(),
            rows_max
        );
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let sessions = rows.into_iter().map(|row| RevokedSession {
            id: row.session_id,
            revision: row.revision,
            revoked_at: millis(row.revoked_at),
        });
        Ok(sessions.collect())
    }

    /// Forgets what sign-ins left behind: sessions that ended more than `days` ago, and a day after
    /// they count no more revocations, failures and reset tokens. Returns how many rows.
    pub async fn sweep_sessions(&mut self, days: u64) -> Result<u64, StoreError> {
        let (day, old) = (self.now() - chrono::Days::new(1), self.now() - chrono::Days::new(days));
        let mut rows = 0;
        for statement in [
            sqlx::query_file!("sql/delete_expired_sessions.sql", old),
            sqlx::query_file!("sql/delete_old_revocations.sql", day - ACCESS_LIFE_MAX),
            sqlx::query_file!("sql/delete_stale_sign_in_failures.sql", day),
            sqlx::query_file!("sql/delete_expired_reset_tokens.sql", day),
        ] {
            let done = statement.execute(self.connection()).await.map_err(store_error)?;
            rows += done.rows_affected();
        }
        Ok(rows)
    }
}

//! Sign-ins. A session is a family of tokens, renewed by its newest refresh token; once it is revoked,
//! every process refuses its access tokens.

use std::net::IpAddr;

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
    /// The session's id, the `sid` of its tokens.
    pub id: Uuid,
    /// Who.
    pub user_id: UserId,
    /// The hash that the password was checked against.
    pub password_hash: &'a str,
    /// The id of its first refresh token.
    pub refresh_id: Uuid,
    /// When that token ends.
    pub expires_at: UnixMillis,
    /// When the session ends, however often it is renewed.
    pub ends_at: UnixMillis,
    /// The kind of device, for its owner to know it by.
    pub device: &'a str,
}

/// A living session, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Which.
    pub id: Uuid,
    /// The kind of device that signed in.
    pub device: String,
    /// When it began.
    pub created_at: UnixMillis,
    /// When it was renewed last.
    pub renewed_at: Option<UnixMillis>,
    /// When it ends unless it is renewed.
    pub expires_at: UnixMillis,
    /// When it ends for good.
    pub ends_at: UnixMillis,
}

/// A renewal that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Renewal {
    /// The session.
    pub session: Uuid,
    /// The refresh token that is spent.
    pub spent: Uuid,
    /// The one in its place.
    pub fresh: Uuid,
    /// When that one ends, unless its session ends before.
    pub expires_at: UnixMillis,
    /// The network that the request comes from.
    pub client: IpAddr,
    /// Since when a spent token is answered once more.
    pub repeats_since: UnixMillis,
}

/// A session that ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokedSession {
    /// Which.
    pub id: Uuid,
    /// The session's place in the order of commits.
    pub revision: i64,
    /// When it ended.
    pub revoked_at: UnixMillis,
}

/// A refresh token that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Successor {
    /// Whose.
    pub user: UserId,
    /// The id of the refresh token.
    pub refresh_id: Uuid,
    /// When it was made.
    pub made_at: UnixMillis,
    /// When it ends.
    pub expires_at: UnixMillis,
}

/// The result of exchanging a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// This one counts from now on. Once more the same, where the spent one was seen again at once.
    Renewed(Successor),
    /// It was spent already: somebody else has it, too. Its session is revoked now.
    Reused,
    /// The session has ended.
    Ended,
}

const CLIENT: &str = "sessions.client";

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
            new.expires_at.to_utc(),
            new.ends_at.to_utc(),
            new.device
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

    /// Spends a refresh token of a session and puts another one in its place. A spent one is answered with the
    /// same successor where the client that spent it asks again at once, and once only.
    pub async fn rotate_session(&mut self, renewal: &Renewal) -> Result<Rotation, StoreError> {
        let now = self.tools.clock.now();
        let client = self.tools.seal.lookup(CLIENT, &renewal.client.to_string());
        let statement = sqlx::query_file!(
            "sql/rotate_session.sql",
            self.key,
            renewal.session,
            renewal.spent,
            renewal.fresh,
            now.to_utc(),
            renewal.expires_at.to_utc(),
            &client[..]
        );
        let row = statement.fetch_optional(self.connection()).await.map_err(store_error)?;
        if let Some(row) = row {
            return Ok(Rotation::Renewed(Successor {
                user: UserId(row.user_id),
                refresh_id: renewal.fresh,
                made_at: now,
                expires_at: millis(row.expires_at),
            }));
        }
        if let Some(successor) = self.repeat_session(renewal, &client).await? {
            return Ok(Rotation::Renewed(successor));
        }
        // The token is genuine, so of a living session it is an older one.
        let ended = self.end_session(renewal.session).await?;
        Ok(if ended { Rotation::Reused } else { Rotation::Ended })
    }

    async fn repeat_session(
        &mut self,
        renewal: &Renewal,
        client: &[u8],
    ) -> Result<Option<Successor>, StoreError> {
        let statement = sqlx::query_file!(
            "sql/repeat_session.sql",
            self.key,
            renewal.session,
            renewal.spent,
            self.now(),
            renewal.repeats_since.to_utc(),
            client
        );
        let row = statement.fetch_optional(self.connection()).await.map_err(store_error)?;
        Ok(row.map(|row| Successor {
            user: UserId(row.user_id),
            refresh_id: row.refresh_id,
            made_at: millis(row.renewed_at),
            expires_at: millis(row.expires_at),
        }))
    }

    /// A user's living sessions, the newest first, so many at most.
    pub async fn sessions_of(
        &mut self,
        user: UserId,
        rows_max: i64,
    ) -> Result<Vec<Session>, StoreError> {
        let rows = sqlx::query_file!(
            "sql/select_sessions_of_user.sql",
            self.key,
            user.0,
            self.now(),
            rows_max
        );
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let sessions = rows.into_iter().map(|row| Session {
            id: row.id,
            device: row.device,
            created_at: millis(row.created_at),
            renewed_at: row.renewed_at.map(millis),
            expires_at: millis(row.expires_at),
            ends_at: millis(row.ends_at),
        });
        Ok(sessions.collect())
    }

    /// Ends one living session of a user; false where there is none of this id.
    pub async fn end_own_session(&mut self, user: UserId, id: Uuid) -> Result<bool, StoreError> {
        let statement =
            sqlx::query_file!("sql/revoke_own_session.sql", self.key, user.0, id, self.now());
        let row = statement.fetch_optional(self.connection()).await.map_err(store_error)?;
        Ok(row.is_some())
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
        self.end_sessions_but(user, None).await
    }

    /// The same for every session but one.
    pub async fn end_other_sessions(
        &mut self,
        user: UserId,
        kept: Uuid,
    ) -> Result<Vec<Uuid>, StoreError> {
        self.end_sessions_but(user, Some(kept)).await
    }

    /// Ends the sessions of users without a second factor, as [`TenantWork::end_sessions`] does.
    pub async fn end_sessions_without_second_factor(&mut self) -> Result<Vec<Uuid>, StoreError> {
        let statement = sqlx::query_file!(
            "sql/revoke_sessions_without_second_factor.sql",
            self.key,
            self.now()
        );
        let rows = statement.fetch_all(self.connection()).await.map_err(store_error)?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    async fn end_sessions_but(
        &mut self,
        user: UserId,
        kept: Option<Uuid>,
    ) -> Result<Vec<Uuid>, StoreError> {
        // A sign-in under way writes to the user's row first: it comes before this, or not at all.
        let lock = sqlx::query_file!("sql/lock_user.sql", self.key, user.0);
        lock.fetch_optional(self.connection()).await.map_err(store_error)?;
        let statement = sqlx::query_file!(
            "sql/revoke_sessions_of_user.sql",
            self.key,
            user.0,
            self.now(),
            kept
        );
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
    /// they count no more revocations, failures, reset tokens and letters, and registrations that were not
    /// confirmed. Returns how many rows.
    pub async fn sweep_sessions(&mut self, days: u64) -> Result<u64, StoreError> {
        let (day, old) = (self.now() - chrono::Days::new(1), self.now() - chrono::Days::new(days));
        let mut rows = 0;
        for statement in [
            sqlx::query_file!("sql/delete_expired_sessions.sql", old),
            sqlx::query_file!("sql/delete_old_revocations.sql", day - ACCESS_LIFE_MAX),
            sqlx::query_file!("sql/delete_stale_sign_in_failures.sql", day),
            sqlx::query_file!("sql/delete_expired_reset_tokens.sql", day),
            sqlx::query_file!("sql/delete_expired_pending_registrations.sql", self.now()),
            sqlx::query_file!("sql/delete_old_letter_counts.sql", day - chrono::Days::new(1)),
        ] {
            let done = statement.execute(self.connection()).await.map_err(store_error)?;
            rows += done.rows_affected();
        }
        Ok(rows)
    }
}

//! Invitations: who is asked to join a tenant, by a mailed token that is known by its SHA-256.

use sha2::{Digest, Sha256};
use stratum_models::entropy::token;
use stratum_models::id::{TenantId, UserId};
use stratum_models::secret::Secret;
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::time::{DAY_MS, UnixMillis};
use uuid::Uuid;

use super::audit::Actor;
use super::user::{EMAIL, Role, canonical_email};
use super::work::{SystemWork, TenantWork};
use super::{STORE, damaged, invalid, millis, store_error};
use crate::page::Page;

/// The days for which a token opens anything.
pub const LIFE_DAYS: i64 = 7;
/// Letters and digits of a token: 256 bits.
const TOKEN_LETTERS: usize = 43;

/// A stored invitation. Holds an address in clear: never printed, hence no `Debug`.
pub struct Invitation {
    /// The invitation's id.
    pub id: Uuid,
    /// The e-mail address that is invited.
    pub email: String,
    /// The role that they will have.
    pub role: Role,
    /// Who invites.
    pub invited_by: Option<UserId>,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When its token ends.
    pub expires_at: UnixMillis,
}

struct InvitationRow {
    id: Uuid,
    email_sealed: Vec<u8>,
    role: String,
    invited_by: Option<Uuid>,
    created_at: chrono::DateTime<chrono::Utc>,
    expires_at: chrono::DateTime<chrono::Utc>,
}

impl TenantWork {
    fn open_invitation(&self, row: InvitationRow) -> Result<Invitation, StoreError> {
        Ok(Invitation {
            id: row.id,
            email: self.tools.opened(self.place(EMAIL, row.id), &row.email_sealed)?,
            role: Role::parse(&row.role).ok_or_else(|| damaged("role"))?,
            invited_by: row.invited_by.map(UserId),
            created_at: millis(row.created_at),
            expires_at: millis(row.expires_at),
        })
    }

    /// Ends the open invitations of an address; `Invalid` when it is none.
    pub async fn withdraw_invitations_of(&mut self, email: &str) -> Result<(), StoreError> {
        let email = canonical_email(email).ok_or_else(|| invalid("not an e-mail address"))?;
        let lookups = self.tools.seal.lookups(EMAIL, &email);
        let withdraw =
            sqlx::query_file!("sql/withdraw_invitations_of.sql", self.key, &lookups, self.now());
        withdraw.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }

    /// Invites an address, and returns the token that is to be mailed. Whether the address is a user
    /// of another tenant is not looked at, so that nothing tells. `Conflict` when it is one of this
    /// tenant's, `Invalid` when it is none.
    pub async fn create_invitation(
        &mut self,
        email: &str,
        role: Role,
    ) -> Result<(Invitation, Secret), StoreError> {
        let email = canonical_email(email).ok_or_else(|| invalid("not an e-mail address"))?;
        let lookups = self.tools.seal.lookups(EMAIL, &email);
        let known = sqlx::query_file!("sql/select_email_is_users.sql", self.key, &lookups);
        if known.fetch_one(self.connection()).await.map_err(store_error)?.known {
            return Err(StoreError::new(StoreErrorKind::Conflict, STORE, "a user of the tenant"));
        }
        let token = token(&*self.tools.entropy, TOKEN_LETTERS);
        let (id, created_at) = (self.tools.ids.next(), self.tools.clock.now());
        let expires_at = UnixMillis(created_at.0 + LIFE_DAYS * DAY_MS);
        let invited_by = match self.author.actor {
            Actor::User(id) => Some(id),
            _ => None,
        };
        let statement = sqlx::query_file!(
            "sql/insert_invitation.sql",
            id,
            self.key,
            &self.tools.seal.lookup(EMAIL, &email)[..],
            self.tools.sealed(self.place(EMAIL, id), &email)?,
            role.as_str(),
            &sha256(&token)[..],
            invited_by.map(|id| id.0),
            created_at.to_utc(),
            expires_at.to_utc()
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        let invitation = Invitation { id, email, role, invited_by, created_at, expires_at };
        Ok((invitation, Secret::new(token)))
    }

    /// A page of the open invitations, oldest first, and how many there are in all.
    pub async fn open_invitations(
        &mut self,
        page: Page,
    ) -> Result<(Vec<Invitation>, u64), StoreError> {
        let now = self.now();
        let count = sqlx::query_file!("sql/count_open_invitations.sql", self.key, now);
        let total = count.fetch_one(self.connection()).await.map_err(store_error)?.invitations;
        let rows = sqlx::query_file_as!(
            InvitationRow,
            "sql/select_open_invitations.sql",
            self.key,
            now,
            page.limit(),
            page.offset()
        );
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let open = rows.into_iter().map(|row| self.open_invitation(row));
        Ok((open.collect::<Result<_, _>>()?, total.unsigned_abs()))
    }

    /// Invitations of any state, by id, from the one after `after`.
    pub async fn invitations_after(
        &mut self,
        after: Uuid,
        rows_max: i64,
    ) -> Result<Vec<Invitation>, StoreError> {
        let rows = sqlx::query_file_as!(
            InvitationRow,
            "sql/select_invitations_all.sql",
            self.key,
            after,
            rows_max
        );
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        rows.into_iter().map(|row| self.open_invitation(row)).collect()
    }

    /// The open invitation of this id.
    pub async fn invitation(&mut self, id: Uuid) -> Result<Option<Invitation>, StoreError> {
        let row = sqlx::query_file_as!(
            InvitationRow,
            "sql/select_invitation.sql",
            self.key,
            id,
            self.now()
        );
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        row.map(|row| self.open_invitation(row)).transpose()
    }

    /// Ends an open invitation; `false` when there is none of this id.
    pub async fn withdraw_invitation(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let statement = sqlx::query_file!("sql/withdraw_invitation.sql", self.key, id, self.now());
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// Forgets an invitation.
    pub async fn delete_invitation(&mut self, id: Uuid) -> Result<(), StoreError> {
        let statement = sqlx::query_file!("sql/delete_invitation.sql", self.key, id);
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }

    /// Spends an open invitation; `None` when it is not open any more. Of two at once one gets it.
    pub async fn accept_invitation(&mut self, id: Uuid) -> Result<Option<Invitation>, StoreError> {
        let row = sqlx::query_file_as!(
            InvitationRow,
            "sql/accept_invitation.sql",
            self.key,
            id,
            self.now()
        );
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        row.map(|row| self.open_invitation(row)).transpose()
    }
}

impl SystemWork {
    /// The open invitation behind a token, and whose it is.
    pub async fn invitation_by_token(
        &mut self,
        token: &str,
    ) -> Result<Option<(Uuid, TenantId)>, StoreError> {
        let hash = sha256(token);
        let row = sqlx::query_file!("sql/select_invitation_by_token.sql", &hash[..], self.now());
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        Ok(row.map(|row| (row.id, TenantId(row.tenant_id.unsigned_abs()))))
    }
}

fn sha256(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

//! Changes to users, and their lists.

use stratum_models::id::UserId;
use stratum_models::store::StoreError;
use uuid::Uuid;

use super::store_error;
use super::user::{EMAIL, FULL_NAME, NOBODY, PHONE, Role, User, UserRow, open_user};
use super::work::TenantWork;
use crate::page::Page;

/// Which users.
#[derive(Clone, Copy, Debug, Default)]
pub struct UserFilter {
    /// Of one role.
    pub role: Option<Role>,
    /// Only those who may sign in, or only those who may not.
    pub active: Option<bool>,
}

impl TenantWork {
    /// A page of the users, oldest first, and how many there are in all.
    pub async fn users_page(
        &mut self,
        filter: UserFilter,
        page: Page,
    ) -> Result<(Vec<User>, u64), StoreError> {
        let role = filter.role.map(Role::as_str);
        let count = sqlx::query_file!("sql/count_users.sql", self.key, role, filter.active);
        let total = count.fetch_one(self.connection()).await.map_err(store_error)?.users;
        let rows = sqlx::query_file_as!(
            UserRow,
            "sql/select_users_page.sql",
            self.key,
            role,
            filter.active,
            page.limit(),
            page.offset()
        );
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let users = rows.into_iter().map(|row| open_user(&self.tools, row));
        Ok((users.collect::<Result<_, _>>()?, total.unsigned_abs()))
    }

    /// The number of places of [`super::limit::Limit::Users`] that are taken.
    pub async fn user_places(&mut self) -> Result<u64, StoreError> {
        let count = sqlx::query_file!("sql/count_user_places.sql", self.key, self.now());
        let row = count.fetch_one(self.connection()).await.map_err(store_error)?;
        Ok(row.places.unsigned_abs())
    }

    /// Whether an active admin is there beside this user. True until the work ends only under
    /// [`TenantWork::lock_limits`].
    pub async fn has_other_admin(&mut self, id: UserId) -> Result<bool, StoreError> {
        let count = sqlx::query_file!("sql/count_other_admins.sql", self.key, id.0);
        Ok(count.fetch_one(self.connection()).await.map_err(store_error)?.admins > 0)
    }

    /// Stores name, phone, role, locale, zone and activity of a user as they are here.
    pub async fn update_user(&mut self, user: &User) -> Result<(), StoreError> {
        let sealed = |column, text: &str| self.tools.sealed(self.place(column, user.id.0), text);
        let phone = user.phone.as_deref().map(|phone| sealed(PHONE, phone));
        let statement = sqlx::query_file!(
            "sql/update_user.sql",
            self.key,
            user.id.0,
            sealed(FULL_NAME, &user.full_name)?,
            phone.transpose()?,
            user.role.as_str(),
            user.locale,
            user.time_zone.map(|zone| zone.name()),
            user.active,
            self.now()
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }

    /// Takes from a user everything that tells who they are, and the way in; the sessions that ended
    /// as of [`TenantWork::end_sessions`].
    pub async fn anonymize_user(&mut self, id: UserId) -> Result<Vec<Uuid>, StoreError> {
        // Nobody's address, and another one for each.
        let email = format!("{id}@anonymized.invalid");
        let sealed = |column, text: &str| self.tools.sealed(self.place(column, id.0), text);
        let statement = sqlx::query_file!(
            "sql/update_user_anonymous.sql",
            self.key,
            id.0,
            &self.tools.seal.lookup(EMAIL, &email)[..],
            sealed(EMAIL, &email)?,
            sealed(FULL_NAME, "")?,
            NOBODY,
            self.now()
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        self.remove_second_factor(id).await?;
        self.end_sessions(id).await
    }
}

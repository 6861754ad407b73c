//! Sealing personal data anew with the current key and for its row, a bounded batch at a time.

use stratum_models::store::StoreError;

use super::connector::CREDENTIALS;
use super::delivery_directory::DELIVERY_KEY;
use super::destination::DESTINATION_CREDENTIALS;
use super::job::INPUT;
use super::second_factor::SECRET;
use super::store_error;
use super::user::{EMAIL, FULL_NAME, PHONE};
use super::work::TenantWork;

/// Rows of a batch; a batch is a transaction.
const ROWS_MAX: i64 = 200;

impl TenantWork {
    /// Seals a batch of the tenant's rows anew that an older key or version sealed; returns how many. None is
    /// left when that is 0. `Invalid` when a row cannot be opened: its key is not among the older ones.
    pub async fn reseal(&mut self) -> Result<u64, StoreError> {
        let people = self.reseal_users().await? + self.reseal_invitations().await?;
        let secrets = self.reseal_connectors().await? + self.reseal_second_factors().await?;
        let deliveries = self.reseal_destinations().await? + self.reseal_delivery_keys().await?;
        Ok(people + secrets + deliveries + self.reseal_jobs().await?)
    }

    async fn reseal_destinations(&mut self) -> Result<u64, StoreError> {
        let prefix = self.tools.seal.prefix();
        let rows = sqlx::query_file!(
            "sql/select_destinations_to_reseal.sql",
            self.key,
            &prefix[..],
            ROWS_MAX
        );
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        for row in &rows {
            let place = self.place(DESTINATION_CREDENTIALS, row.id);
            let credentials = self.tools.opened(place, &row.credentials_sealed)?;
            let sealed = self.tools.sealed(place, &credentials)?;
            let statement =
                sqlx::query_file!("sql/reseal_destination.sql", self.key, row.id, sealed);
            statement.execute(self.connection()).await.map_err(store_error)?;
        }
        Ok(rows.len() as u64)
    }

    async fn reseal_delivery_keys(&mut self) -> Result<u64, StoreError> {
        let prefix = self.tools.seal.prefix();
        let rows = sqlx::query_file!(
            "sql/select_delivery_keys_to_reseal.sql",
            self.key,
            &prefix[..],
            ROWS_MAX
        );
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        for row in &rows {
            let place = self.place(DELIVERY_KEY, row.id);
            let key = self.tools.opened(place, &row.key_sealed)?;
            let sealed = self.tools.sealed(place, &key)?;
            let statement =
                sqlx::query_file!("sql/reseal_delivery_key.sql", self.key, row.id, sealed);
            statement.execute(self.connection()).await.map_err(store_error)?;
        }
        Ok(rows.len() as u64)
    }

    async fn reseal_jobs(&mut self) -> Result<u64, StoreError> {
        let prefix = self.tools.seal.prefix();
        let rows =
            sqlx::query_file!("sql/select_jobs_to_reseal.sql", self.key, &prefix[..], ROWS_MAX);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        for row in &rows {
            let place = self.place(INPUT, row.id);
            let input = self.tools.opened(place, &row.input_sealed)?;
            let sealed = self.tools.sealed(place, &input)?;
            let statement = sqlx::query_file!("sql/reseal_job.sql", self.key, row.id, sealed);
            statement.execute(self.connection()).await.map_err(store_error)?;
        }
        Ok(rows.len() as u64)
    }

    async fn reseal_users(&mut self) -> Result<u64, StoreError> {
        let prefix = self.tools.seal.prefix();
        let rows =
            sqlx::query_file!("sql/select_users_to_reseal.sql", self.key, &prefix[..], ROWS_MAX);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        for row in &rows {
            let tools = &self.tools;
            let place = |column| self.place(column, row.id);
            let email = tools.opened(place(EMAIL), &row.email_sealed)?;
            let anew = |column, sealed: &[u8]| {
                tools.sealed(place(column), &tools.opened(place(column), sealed)?)
            };
            let phone = row.phone_sealed.as_deref().map(|phone| anew(PHONE, phone)).transpose()?;
            let statement = sqlx::query_file!(
                "sql/reseal_user.sql",
                self.key,
                row.id,
                &tools.seal.lookup(EMAIL, &email)[..],
                tools.sealed(place(EMAIL), &email)?,
                anew(FULL_NAME, &row.full_name_sealed)?,
                phone
            );
            statement.execute(self.connection()).await.map_err(store_error)?;
        }
        Ok(rows.len() as u64)
    }

    async fn reseal_connectors(&mut self) -> Result<u64, StoreError> {
        let prefix = self.tools.seal.prefix();
        let rows = sqlx::query_file!(
            "sql/select_connectors_to_reseal.sql",
            self.key,
            &prefix[..],
            ROWS_MAX
        );
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        for row in &rows {
            let place = self.place(CREDENTIALS, row.id);
            let credentials = self.tools.opened(place, &row.credentials_sealed)?;
            let sealed = self.tools.sealed(place, &credentials)?;
            let statement = sqlx::query_file!("sql/reseal_connector.sql", self.key, row.id, sealed);
            statement.execute(self.connection()).await.map_err(store_error)?;
        }
        Ok(rows.len() as u64)
    }

    async fn reseal_second_factors(&mut self) -> Result<u64, StoreError> {
        let prefix = self.tools.seal.prefix();
        let rows = sqlx::query_file!(
            "sql/select_second_factors_to_reseal.sql",
            self.key,
            &prefix[..],
            ROWS_MAX
        );
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        for row in &rows {
            let place = self.place(SECRET, row.user_id);
            let secret = self.tools.opened(place, &row.secret_sealed)?;
            let sealed = self.tools.sealed(place, &secret)?;
            let statement =
                sqlx::query_file!("sql/reseal_second_factor.sql", self.key, row.user_id, sealed);
            statement.execute(self.connection()).await.map_err(store_error)?;
        }
        Ok(rows.len() as u64)
    }

    async fn reseal_invitations(&mut self) -> Result<u64, StoreError> {
        let prefix = self.tools.seal.prefix();
        let rows = sqlx::query_file!(
            "sql/select_invitations_to_reseal.sql",
            self.key,
            &prefix[..],
            ROWS_MAX
        );
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        for row in &rows {
            let place = self.place(EMAIL, row.id);
            let email = self.tools.opened(place, &row.email_sealed)?;
            let statement = sqlx::query_file!(
                "sql/reseal_invitation.sql",
                self.key,
                row.id,
                &self.tools.seal.lookup(EMAIL, &email)[..],
                self.tools.sealed(place, &email)?
            );
            statement.execute(self.connection()).await.map_err(store_error)?;
        }
        Ok(rows.len() as u64)
    }
}

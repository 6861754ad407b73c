//! Units of work: one transaction each, of one tenant or of the system.
//!
//! A connection begins as a role that sees nothing. [`TenantWork`] names its tenant to Postgres, whose
//! row-level security then hides every other tenant's rows, whatever a statement forgets to say.
//! [`SystemWork`] sees all tenants and may do little: what must be asked before a tenant is known.
//! Dropped without [`TenantWork::commit`], nothing has happened.

use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use stratum_models::id::TenantId;
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use uuid::Uuid;

use super::audit::Author;
use super::seal::Place;
use super::{PostgresState, Tools, store_error, tenant_key};

/// A transaction that sees one tenant.
pub struct TenantWork {
    transaction: Transaction<'static, Postgres>,
    scope: TenantScope,
    pub(super) key: i64,
    pub(super) author: Author,
    pub(super) tools: Tools,
}

/// A transaction that sees every tenant.
pub struct SystemWork {
    transaction: Transaction<'static, Postgres>,
    pub(super) tools: Tools,
}

impl PostgresState {
    /// Work of one tenant; what it changes is written down as the author's.
    pub async fn tenant(
        &self,
        scope: TenantScope,
        author: Author,
    ) -> Result<TenantWork, StoreError> {
        let key = tenant_key(scope.tenant_id())?;
        let mut transaction = self.pool.begin().await.map_err(store_error)?;
        enter(&mut transaction, key).await?;
        Ok(TenantWork { transaction, scope, key, author, tools: self.tools.clone() })
    }

    /// Work of one tenant on behalf of an operator at the command line, or of a job.
    pub async fn operate(&self, tenant: TenantId) -> Result<TenantWork, StoreError> {
        self.system().await?.enter(tenant, Author::operator()).await
    }

    /// Work of no tenant.
    pub async fn system(&self) -> Result<SystemWork, StoreError> {
        self.system_on(&self.pool).await
    }

    /// Work of no tenant on a connection of its own: however busy the others are, it is not held up.
    pub async fn watch(&self) -> Result<SystemWork, StoreError> {
        self.system_on(&self.watch).await
    }

    /// Work of no tenant that sees one moment and changes nothing: what is committed meanwhile is not
    /// there for it.
    pub async fn snapshot(&self) -> Result<SystemWork, StoreError> {
        let begin = include_str!("../sql/begin_snapshot.sql");
        let transaction = self.pool.begin_with(begin).await.map_err(store_error)?;
        self.enter_system(transaction).await
    }

    async fn system_on(&self, pool: &PgPool) -> Result<SystemWork, StoreError> {
        let transaction = pool.begin().await.map_err(store_error)?;
        self.enter_system(transaction).await
    }

    async fn enter_system(
        &self,
        mut transaction: Transaction<'static, Postgres>,
    ) -> Result<SystemWork, StoreError> {
        let enter = sqlx::query_file!("sql/enter_system.sql");
        enter.fetch_one(&mut *transaction).await.map_err(store_error)?;
        Ok(SystemWork { transaction, tools: self.tools.clone() })
    }
}

/// The scope of an operator, or of a job of the program's own.
pub fn operator_scope(tenant: TenantId) -> TenantScope {
    TenantScope::from_operator(tenant)
}

async fn enter(connection: &mut PgConnection, key: i64) -> Result<(), StoreError> {
    let enter = sqlx::query_file!("sql/enter_tenant.sql", key.to_string());
    enter.fetch_one(connection).await.map_err(store_error)?;
    Ok(())
}

impl TenantWork {
    /// The column of one of the tenant's rows, for what is sealed there.
    pub(super) fn place(&self, column: &'static str, row: Uuid) -> Place {
        Place { column, tenant: self.key, row }
    }

    /// Goes on as the system in the same transaction.
    pub async fn into_system(mut self) -> Result<SystemWork, StoreError> {
        let enter = sqlx::query_file!("sql/enter_system.sql");
        enter.fetch_one(&mut *self.transaction).await.map_err(store_error)?;
        Ok(SystemWork { transaction: self.transaction, tools: self.tools })
    }

    /// The scope of this work: the tenant whose rows it sees.
    pub fn scope(&self) -> TenantScope {
        self.scope
    }

    /// Makes it so.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.transaction.commit().await.map_err(store_error)
    }

    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    pub(super) fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.tools.now()
    }
}

impl SystemWork {
    /// Goes on as one tenant in the same transaction.
    pub async fn enter(
        mut self,
        tenant: TenantId,
        author: Author,
    ) -> Result<TenantWork, StoreError> {
        let key = tenant_key(tenant)?;
        enter(&mut self.transaction, key).await?;
        let scope = operator_scope(tenant);
        Ok(TenantWork { transaction: self.transaction, scope, key, author, tools: self.tools })
    }

    /// Makes it so.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.transaction.commit().await.map_err(store_error)
    }

    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    pub(super) fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.tools.now()
    }
}

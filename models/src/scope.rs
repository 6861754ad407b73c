//! The right to read one tenant's data. A question without a scope cannot be asked.

use crate::id::TenantId;

/// Proof that the caller may read this tenant. Made in three places only, one constructor each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TenantScope(TenantId);

impl TenantScope {
    /// From a verified access token.
    pub fn from_access_token(tenant: TenantId) -> TenantScope {
        TenantScope(tenant)
    }

    /// From a verified API key.
    pub fn from_api_key(tenant: TenantId) -> TenantScope {
        TenantScope(tenant)
    }

    /// From an operator at the command line or a job of the program's own.
    pub fn from_operator(tenant: TenantId) -> TenantScope {
        TenantScope(tenant)
    }

    /// The tenant it is for.
    pub fn tenant_id(self) -> TenantId {
        self.0
    }
}

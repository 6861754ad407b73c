//! Limits on what a tenant may have of each thing: its plan's limits, and the exceptions made for it.
//!
//! Counted in the transaction that adds one, under a lock on the tenant, so that two adding at once
//! cannot both take the last place:
//!
//! ```text
//! let limits = work.lock_limits().await?;
//! limits.admit(Limit::Campaigns, work.campaign_count().await?)?; // 422 with the limit in its text
//! ```

use serde::{Deserialize, Serialize};
use serde_json::Value;
use stratum_models::id::TenantId;
use stratum_models::store::StoreError;
use utoipa::ToSchema;

use super::work::{SystemWork, TenantWork};
use super::{damaged, store_error, tenant_key};

/// The thing that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Active users, and invitations that are open.
    Users,
    /// Campaigns that were not deleted.
    Campaigns,
    /// API keys that were not revoked.
    ApiKeys,
}

/// The limits of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Limits {
    /// Active users, and invitations that are open.
    pub users: u32,
    /// Campaigns that were not deleted.
    pub campaigns: u32,
    /// API keys that were not revoked.
    pub api_keys: u32,
    /// Events and ad reports taken in a second.
    pub events_per_second: u32,
}

/// Exceptions from a plan's limits; what is absent is the plan's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitOverrides {
    /// See [`Limits::users`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<u32>,
    /// See [`Limits::campaigns`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaigns: Option<u32>,
    /// See [`Limits::api_keys`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_keys: Option<u32>,
    /// See [`Limits::events_per_second`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events_per_second: Option<u32>,
}

/// The plan that a tenant begins on which made itself.
pub const FREE: &str = "free";
/// The plan of a tenant that an operator made and gave no other.
pub const STANDARD: &str = "standard";

const fn limits(users: u32, campaigns: u32, api_keys: u32, events_per_second: u32) -> Limits {
    Limits { users, campaigns, api_keys, events_per_second }
}

/// Every plan.
pub const PLANS: &[(&str, Limits)] = &[
    (FREE, limits(3, 25, 3, 100)),
    (STANDARD, limits(25, 5_000, 25, 20_000)),
    ("professional", limits(100, 20_000, 100, 50_000)),
    ("enterprise", limits(2_000, 200_000, 1_000, 500_000)),
];

/// There is no room for one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("your plan allows {most} {}; {}", .limit.noun(), .limit.way_out())]
pub struct OverLimit {
    limit: Limit,
    /// The most that the plan allows.
    pub most: u32,
}

impl Limit {
    const fn noun(self) -> &'static str {
        match self {
            Limit::Users => "users, open invitations included",
            Limit::Campaigns => "campaigns",
            Limit::ApiKeys => "API keys",
        }
    }

    const fn way_out(self) -> &'static str {
        match self {
            Limit::Users => "deactivate a user, withdraw an invitation or ask for a larger plan",
            Limit::Campaigns => "delete a campaign or ask for a larger plan",
            Limit::ApiKeys => "revoke a key or ask for a larger plan",
        }
    }
}

impl Limits {
    /// Those of a plan; of the standard one where the name is not known any more.
    pub fn of_plan(plan: &str) -> Limits {
        let known = |wanted: &str| PLANS.iter().find(|(name, _)| *name == wanted);
        known(plan).or_else(|| known(STANDARD)).map_or(PLANS[0].1, |(_, limits)| *limits)
    }

    /// With exceptions.
    pub fn with(self, over: LimitOverrides) -> Limits {
        Limits {
            users: over.users.unwrap_or(self.users),
            campaigns: over.campaigns.unwrap_or(self.campaigns),
            api_keys: over.api_keys.unwrap_or(self.api_keys),
            events_per_second: over.events_per_second.unwrap_or(self.events_per_second),
        }
    }

    /// Whether there may be one more beside the `existing` ones.
    pub fn admit(&self, limit: Limit, existing: u64) -> Result<(), OverLimit> {
        let most = match limit {
            Limit::Users => self.users,
            Limit::Campaigns => self.campaigns,
            Limit::ApiKeys => self.api_keys,
        };
        if existing < u64::from(most) { Ok(()) } else { Err(OverLimit { limit, most }) }
    }

    /// Those of a stored plan with its stored exceptions.
    pub(super) fn stored(plan: &str, over: Value) -> Result<Limits, StoreError> {
        let over: LimitOverrides = serde_json::from_value(over).map_err(|_| damaged("limits"))?;
        Ok(Limits::of_plan(plan).with(over))
    }
}

impl TenantWork {
    /// The tenant's limits.
    pub async fn limits(&mut self) -> Result<Limits, StoreError> {
        let row = sqlx::query_file!("sql/select_tenant_limits.sql", self.key);
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        Limits::stored(&row.plan, row.limits)
    }

    /// The tenant's limits; until this work ends, no other work of the tenant gets here.
    pub async fn lock_limits(&mut self) -> Result<Limits, StoreError> {
        let row = sqlx::query_file!("sql/lock_tenant_limits.sql", self.key);
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        Limits::stored(&row.plan, row.limits)
    }
}

impl SystemWork {
    /// Puts a tenant on a plan with these exceptions; ingest knows within 2 s.
    pub async fn set_plan(
        &mut self,
        tenant: TenantId,
        plan: &str,
        over: LimitOverrides,
    ) -> Result<(), StoreError> {
        let over = serde_json::to_value(over).map_err(|_| damaged("limits"))?;
        let key = tenant_key(tenant)?;
        let statement =
            sqlx::query_file!("sql/update_tenant_plan.sql", key, plan, over, self.now());
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn exceptions_lie_over_the_plan() {
        let limits = Limits::stored("free", json!({"users": 7})).unwrap();
        assert_eq!(limits, Limits { users: 7, ..Limits::of_plan("free") });
        assert_eq!(Limits::stored("gone", json!({})).unwrap(), Limits::of_plan(STANDARD));
        assert!(Limits::stored("free", json!({"users": -1})).is_err());
    }

    #[test]
    fn the_last_place_is_given_and_no_more() {
        let limits = Limits { campaigns: 2, ..Limits::of_plan("free") };
        assert_eq!(limits.admit(Limit::Campaigns, 1), Ok(()));
        let over = limits.admit(Limit::Campaigns, 2).unwrap_err();
        assert!(over.to_string().starts_with("your plan allows 2 campaigns; "), "{over}");
    }

    #[test]
    fn a_larger_plan_allows_more_of_everything() {
        for pair in PLANS.windows(2) {
            let (less, more) = (pair[0].1, pair[1].1);
            assert!(less.users < more.users && less.campaigns < more.campaigns);
            assert!(less.api_keys < more.api_keys);
            assert!(less.events_per_second < more.events_per_second);
        }
    }
}

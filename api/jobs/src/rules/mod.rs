//! Rules over campaigns: looked at when a tenant's data moved, dry runs over past days, and what rules do.

mod act;
mod dry_run;
mod evaluation;
mod job;
mod letter;

use serde::{Deserialize, Serialize};

pub use dry_run::{DryRun, DryRunAct, DryRunDay, dry_run};
pub use evaluation::{CAMPAIGNS_MAX, Evaluation, RuleCampaigns, rule_campaigns};
pub use job::RuleJob;

/// Bounds of rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RulesConfig {
    /// The time between two searches for rules that are due, in milliseconds.
    pub check_ms: u64,
    /// The time between two looks of one rule at its campaigns, in milliseconds, however often its data moves.
    pub look_ms: u64,
    /// A rule whose data does not move is looked at so often nevertheless, in milliseconds: its days move on.
    pub idle_ms: u64,
    /// Acts of all rules of a tenant on one campaign in 24 hours.
    pub acts_per_campaign_max: u32,
    /// Acts of all rules of a tenant in 24 hours.
    pub acts_per_tenant_max: u32,
    /// Rules that one process looks at.
    pub running_max: usize,
    /// Days that executions are remembered.
    pub keep_days: u32,
}

impl Default for RulesConfig {
    fn default() -> Self {
        RulesConfig {
            check_ms: 30_000,
            look_ms: 900_000,
            idle_ms: 3_600_000,
            acts_per_campaign_max: 10,
            acts_per_tenant_max: 1_000,
            running_max: 2,
            keep_days: 400,
        }
    }
}

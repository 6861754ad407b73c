//! `stratum admin plan | rotate-pii`, and the way back in without a second factor.

use anyhow::{Context as _, Result, bail};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::json;
use stratum_models::store::StoreErrorKind;
use stratum_state::audit::{AuditAction, AuditEntry, Author};
use stratum_state::job::NO_TENANT;
use stratum_state::limit::{LimitOverrides, Limits, PLANS};

use super::admin::find;
use super::print;
use crate::boot::Operator;

#[derive(Subcommand)]
pub enum PlanAct {
    /// Set the plan of a tenant, and limits that differ from the plan's.
    Set(PlanSet),
    /// Show the limits of each plan.
    List,
}

#[derive(Args)]
pub struct PlanSet {
    /// The tenant's short name.
    #[arg(long)]
    tenant: String,
    /// The plan.
    #[arg(long, value_parser = PossibleValuesParser::new(PLANS.iter().map(|(name, _)| *name)))]
    plan: String,
    /// Users, instead of the plan's limit.
    #[arg(long)]
    users: Option<u32>,
    /// Campaigns, instead of the plan's limit.
    #[arg(long)]
    campaigns: Option<u32>,
    /// API keys, instead of the plan's limit.
    #[arg(long)]
    api_keys: Option<u32>,
    /// Events and ad reports per second, instead of the plan's limit.
    #[arg(long)]
    events_per_second: Option<u32>,
}

/// For somebody who can sign in no more, and has no admin to ask.
pub async fn remove_second_factor(operator: &Operator, email: &str) -> Result<()> {
    let user = operator.state.system().await?.user_by_email(email).await?;
    let user = user.context("no user has this e-mail address")?;
    let mut work = operator.state.operate(user.tenant_id).await?;
    if !work.remove_second_factor(user.id).await? {
        bail!("the user has no second factor");
    }
    let ended = work.end_sessions(user.id).await?;
    let changes = json!({"sessions_ended": ended.len()});
    let entry = AuditEntry::done(AuditAction::UserSecondFactorRemoved, "user", user.id, changes);
    work.audit(&entry).await?;
    work.commit().await?;
    print::line("the second factor is removed; the user signs in with the password only")
}

/// Manage plans and limits of tenants.
pub async fn plan(operator: &Operator, act: PlanAct) -> Result<()> {
    let row = |name: &str, limits: Limits| {
        let Limits { users, campaigns, api_keys, events_per_second } = limits;
        let numbers = [users, campaigns, api_keys, events_per_second];
        std::iter::once(name.to_owned()).chain(numbers.map(|number| number.to_string())).collect()
    };
    let head = ["plan", "users", "campaigns", "api keys", "events per second"];
    let PlanAct::Set(set) = act else {
        let rows: Vec<Vec<String>> =
            PLANS.iter().map(|(name, limits)| row(name, *limits)).collect();
        print::table(&head, &rows);
        return Ok(());
    };
    let tenant = find(operator, &set.tenant).await?;
    let over = LimitOverrides {
        users: set.users,
        campaigns: set.campaigns,
        api_keys: set.api_keys,
        events_per_second: set.events_per_second,
    };
    let mut work = operator.state.system().await?;
    work.set_plan(tenant.id, &set.plan, over).await?;
    let changes = json!({"plan": set.plan, "limits": over});
    let entry = AuditEntry::done(AuditAction::TenantPlanSet, "tenant", tenant.id, changes);
    work.audit(Some(tenant.id), Author::operator(), &entry).await?;
    work.commit().await?;
    print::table(&head, &[row(&set.plan, Limits::of_plan(&set.plan).with(over))]);
    Ok(())
}

/// Seals everything anew with the current key, a batch a transaction.
pub async fn rotate_pii(operator: &Operator) -> Result<()> {
    let mut rows = 0;
    let tenants = operator.state.system().await?.tenants().await?;
    let tenants = tenants.into_iter().map(|tenant| (tenant.id, tenant.slug));
    // Messages to people without an account wait among the jobs of no tenant.
    for (tenant, slug) in tenants.chain([(NO_TENANT, "none".to_owned())]) {
        loop {
            let mut work = operator.state.operate(tenant).await?;
            let some = work.reseal().await.map_err(|error| match error.kind {
                StoreErrorKind::Invalid => anyhow::Error::new(error).context(
                    "a row was encrypted with a key that is not in pii_encryption_keys_older",
                ),
                _ => error.into(),
            });
            let some = some.with_context(|| format!("tenant {slug}"))?;
            if some == 0 {
                break;
            }
            let changes = json!({"rows": some});
            let entry =
                AuditEntry::done(AuditAction::PersonalDataResealed, "tenant", tenant, changes);
            work.audit(&entry).await?;
            work.commit().await?;
            rows += some;
        }
    }
    print::line(&format!("{rows} rows encrypted again"))
}

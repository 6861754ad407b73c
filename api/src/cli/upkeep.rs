//! `stratum admin plan | audit | rotate-pii`

use anyhow::{Context as _, Result, bail};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::json;
use stratum_models::store::StoreErrorKind;

use super::admin::find;
use super::print;
use crate::boot::Operator;
use crate::state::audit::{AuditEntry, Author};
use crate::state::audit_chain::Chain;
use crate::state::limit::{LimitOverrides, Limits, PLANS};

#[derive(Subcommand)]
pub enum PlanAct {
    /// Put a tenant on a plan; what is not named here is the plan's.
    Set(PlanSet),
    /// Show what each plan allows.
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
    /// Users, instead of the plan's.
    #[arg(long)]
    users: Option<u32>,
    /// Campaigns, instead of the plan's.
    #[arg(long)]
    campaigns: Option<u32>,
    /// API keys, instead of the plan's.
    #[arg(long)]
    api_keys: Option<u32>,
    /// Events and ad reports a second, instead of the plan's.
    #[arg(long)]
    events_per_second: Option<u32>,
}

#[derive(Subcommand)]
pub enum AuditAct {
    /// Follow every chain, or one tenant's, from its first row to its last, and say where it is
    /// broken. The head's hash, kept elsewhere, shows later that no chain was put in place of this one.
    Verify {
        /// The tenant's short name.
        #[arg(long)]
        tenant: Option<String>,
    },
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
    let entry = AuditEntry::done("user.second_factor_removed", "user", user.id, changes);
    work.audit(&entry).await?;
    work.commit().await?;
    print::line("they sign in with the password alone")
}

/// What tenants may have.
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
    let entry = AuditEntry::done("tenant.plan_set", "tenant", tenant.id, changes);
    work.audit(Some(tenant.id), Author::operator(), &entry).await?;
    work.commit().await?;
    print::table(&head, &[row(&set.plan, Limits::of_plan(&set.plan).with(over))]);
    Ok(())
}

/// Whether the audit log is as it was written.
pub async fn audit(operator: &Operator, AuditAct::Verify { tenant }: AuditAct) -> Result<()> {
    let wanted = match &tenant {
        Some(slug) => Some(find(operator, slug).await?.id),
        None => None,
    };
    let mut work = operator.state.system().await?;
    let mut chains = work.audit_chains().await?;
    chains.retain(|chain| wanted.is_none_or(|wanted| chain.tenant == wanted));
    if chains.is_empty() {
        bail!("there is no audit log to verify");
    }
    let mut broken = 0;
    for chain in &chains {
        let verdict = work.verify_chain(chain).await?;
        let line = match verdict {
            Ok(intact) => format!("intact, {} rows, head {}", intact.rows, intact.head),
            Err(fault) => {
                broken += 1;
                format!("BROKEN: {fault}")
            }
        };
        print::line(&format!("{}: {line}", whose(chain)))?;
    }
    if broken > 0 {
        bail!("{broken} of {} chains are broken", chains.len());
    }
    Ok(())
}

fn whose(chain: &Chain) -> String {
    match (&chain.slug, chain.tenant.0) {
        (Some(slug), _) => slug.clone(),
        (None, 0) => "the installation".to_owned(),
        (None, id) => format!("tenant {id}"),
    }
}

/// Seals everything anew with the current key, a batch a transaction.
pub async fn rotate_pii(operator: &Operator) -> Result<()> {
    let mut rows = 0;
    for tenant in operator.state.system().await?.tenants().await? {
        loop {
            let mut work = operator.state.operate(tenant.id).await?;
            let some = work.reseal().await.map_err(|error| match error.kind {
                StoreErrorKind::Invalid => anyhow::Error::new(error).context(
                    "a row was sealed with a key that is not among pii_encryption_keys_older",
                ),
                _ => error.into(),
            });
            let some = some.with_context(|| format!("tenant {}", tenant.slug))?;
            if some == 0 {
                break;
            }
            let entry = AuditEntry::done(
                "personal_data.resealed",
                "tenant",
                tenant.id,
                json!({"rows": some}),
            );
            work.audit(&entry).await?;
            work.commit().await?;
            rows += some;
        }
    }
    print::line(&format!("{rows} rows sealed anew"))
}

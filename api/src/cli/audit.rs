//! `stratum admin audit`

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use stratum_models::id::TenantId;
use stratum_state::audit_chain::{Chain, Intact};
use stratum_state::audit_head::{HeadError, HeadKey};

use super::admin::find;
use super::print;
use crate::boot::Operator;
use stratum_jobs::heads::files::{HeadFiles, KeptHeads};

#[derive(Subcommand)]
pub enum AuditAct {
    /// Check the audit log of all tenants, or of one, from the first row to the last, and report
    /// where a chain is broken. The heads stored in the data folder, and those given here, must be
    /// part of the chains.
    Verify {
        /// The tenant's short name.
        #[arg(long)]
        tenant: Option<String>,
        /// A head that was stored elsewhere, as printed in the program's log or by an earlier
        /// verification, or a file of lines that end with one. Can be given several times.
        #[arg(long, value_name = "HEAD|FILE")]
        since: Vec<String>,
    },
}

/// Verifies that the audit log is as it was written.
pub async fn audit(operator: &Operator, act: AuditAct) -> Result<()> {
    let AuditAct::Verify { tenant, since } = act;
    let wanted = match &tenant {
        Some(slug) => Some(find(operator, slug).await?.id),
        None => None,
    };
    let is_wanted = |tenant: TenantId| wanted.is_none_or(|wanted| tenant == wanted);
    let key = operator.state.head_key();
    // Before the rows: a head that is kept meanwhile is of rows that are not looked at.
    let mut kept = HeadFiles::new(&operator.data).read(&key).context("reading heads")?;
    for one in &since {
        add(&mut kept, &key, one)?;
    }
    let mut work = operator.state.snapshot().await?;
    let mut chains = work.audit_chains().await?;
    chains.retain(|chain| is_wanted(chain.tenant));
    let is_there = |tenant: TenantId| chains.iter().any(|chain| chain.tenant == tenant);
    let gone = kept.chains.keys().copied().filter(|one| is_wanted(*one) && !is_there(*one));
    let gone: Vec<TenantId> = gone.collect();
    if chains.is_empty() && gone.is_empty() {
        bail!("there is no audit log to check");
    }
    let none = BTreeMap::new();
    let mut broken = gone.len();
    for chain in &chains {
        let kept_of = kept.chains.get(&chain.tenant).unwrap_or(&none);
        let line = match work.verify_chain(chain, kept_of).await? {
            Ok(Intact { rows, met, head }) => {
                let removed = match kept_of.len() - met {
                    0 => String::new(),
                    heads => format!(" ({heads} of rows that were sealed and removed)"),
                };
                let head = key.write(&head);
                format!("intact, {rows} rows, {met} kept heads met{removed}, head {head}")
            }
            Err(fault) => {
                broken += 1;
                format!("BROKEN: {fault}")
            }
        };
        print::line(&format!("{}: {line}", whose(chain)))?;
    }
    for tenant in &gone {
        print::line(&format!("tenant {tenant}: BROKEN: all of its rows are missing"))?;
    }
    tell(&kept)?;
    if broken > 0 {
        bail!("{broken} of {} chains are broken", chains.len() + gone.len());
    }
    if !kept.faults.is_empty() {
        bail!("some of the stored heads cannot be trusted");
    }
    Ok(())
}

/// A head, or a file of them.
fn add(kept: &mut KeptHeads, key: &HeadKey, one: &str) -> Result<()> {
    match key.read(one.trim()) {
        Ok(head) => kept.add(head),
        Err(HeadError::Unreadable) => {
            let context = || format!("--since {one} is neither a head nor a file of heads");
            kept.add_file(key, Path::new(one)).with_context(context)?;
        }
        Err(error) => return Err(error).with_context(|| format!("--since {one}")),
    }
    Ok(())
}

fn tell(kept: &KeptHeads) -> Result<()> {
    for fault in &kept.faults {
        print::line(fault)?;
    }
    match kept.unreadable {
        0 => Ok(()),
        lines => print::line(&format!("{lines} lines of stored heads cannot be read")),
    }
}

fn whose(chain: &Chain) -> String {
    match (&chain.slug, chain.tenant.0) {
        (Some(slug), _) => slug.clone(),
        (None, 0) => "the installation".to_owned(),
        (None, id) => format!("tenant {id}"),
    }
}

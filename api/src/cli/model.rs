//! `stratum model`

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use stratum_forecast::Artifact;

use super::print;
use crate::boot::{Operator, Settings};
use stratum_jobs::predict::card;

/// So many stored models are looked through.
const MODELS_MAX: i64 = 1_000;

/// The action on models.
#[derive(Args)]
pub struct ModelArgs {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// List a tenant's models, newest first.
    List {
        /// The tenant's short name.
        #[arg(long)]
        tenant: String,
    },
    /// Describe a model: its data, the candidates and their errors, and its forecasts with the
    /// drivers that add up to them.
    Card {
        /// The tenant's short name.
        #[arg(long)]
        tenant: String,
        /// The version of the model; the newest if absent.
        #[arg(long)]
        version: Option<String>,
        /// Only this campaign, by the platform's id.
        #[arg(long)]
        campaign: Option<String>,
        /// Days ahead.
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=90))]
        days: u16,
    },
}

/// Reads the state store of a running Stratum, or a shared one.
pub async fn model(settings: Settings, args: ModelArgs) -> Result<()> {
    let operator = Operator::open(&settings).await?;
    let slug = match &args.act {
        Act::List { tenant } | Act::Card { tenant, .. } => tenant.clone(),
    };
    let found = operator.state.system().await?.tenant_by_slug(&slug).await?;
    let tenant = found.with_context(|| format!("there is no tenant {slug:?}"))?;
    let mut work = operator.state.operate(tenant.id).await?;
    let models = work.models(MODELS_MAX).await?;
    let Act::Card { version, campaign, days, .. } = args.act else {
        let rows: Vec<Vec<String>> = models
            .iter()
            .map(|one| {
                let trained = one.created_at.to_utc().format("%Y-%m-%d %H:%M").to_string();
                vec![one.version.clone(), one.model.clone(), one.data_to.to_string(), trained]
            })
            .collect();
        print::table(&["version", "model", "data to", "trained"], &rows);
        return Ok(());
    };
    let is_asked = |one: &str| version.as_deref().is_none_or(|asked| one.starts_with(asked));
    let Some(stored) = models.iter().find(|one| is_asked(&one.version)) else {
        bail!("the tenant {slug} has no such model; `stratum train --tenant {slug}` trains one");
    };
    let content = work.model_content(stored.id).await?.context("the model was deleted")?;
    let artifact = Artifact::decode(&content)?;
    print::text(&card(&artifact, &stored.version, campaign.as_deref(), days.into()));
    Ok(())
}

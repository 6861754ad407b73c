//! Manage pixels and datasets.

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;
use stratum_models::platform::Platform;
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::dataset::NewDataset;

use super::{date, find, taken};
use crate::boot::Operator;
use crate::cli::print;

/// The action on datasets.
#[derive(Subcommand)]
pub(super) enum DatasetAct {
    /// Create a dataset that receives events.
    Create {
        /// The tenant's short name.
        #[arg(long)]
        tenant: String,
        /// The ad platform it is of; `none` for Segment's events and the like.
        #[arg(long, value_parser = |name: &str| Platform::parse_optional(name).ok_or("no such platform"))]
        platform: std::option::Option<Platform>,
        /// The platform's pixel or dataset id, or a name of your own.
        #[arg(long)]
        id: String,
        /// The name to show; the id if absent.
        #[arg(long)]
        name: Option<String>,
        /// The calling code for phone numbers that have none, without `+`.
        #[arg(long)]
        default_calling_code: Option<u16>,
        /// The name of its events: of a conversion of LinkedIn, whose format has no names.
        #[arg(long)]
        event_name: Option<String>,
    },
    /// List a tenant's datasets.
    List {
        /// The tenant's short name.
        #[arg(long)]
        tenant: String,
    },
}

/// Does what was asked for.
pub(super) async fn run(operator: &Operator, act: DatasetAct) -> Result<()> {
    match act {
        DatasetAct::Create { tenant, platform, id, name, default_calling_code, event_name } => {
            let tenant = find(operator, &tenant).await?;
            let new = NewDataset {
                platform,
                name: name.unwrap_or_else(|| id.clone()),
                external_id: id,
                default_calling_code,
                event_name,
            };
            let mut work = operator.state.operate(tenant.id).await?;
            let made = work.create_dataset(&new).await;
            let taken_text =
                format!("the tenant {} already has a dataset {}", tenant.slug, new.external_id);
            let id = taken(made, taken_text)?;
            let platform = Platform::optional_name(platform);
            let changes = json!({"platform": platform, "external_id": new.external_id});
            work.audit(&AuditEntry::done(AuditAction::DatasetCreated, "dataset", id, changes))
                .await?;
            work.commit().await?;
            print::line(&format!("dataset {platform} {}", new.external_id))
        }
        DatasetAct::List { tenant } => {
            let tenant = find(operator, &tenant).await?;
            let datasets =
                operator.state.operate(tenant.id).await?.datasets().await?.into_iter().map(|one| {
                    let platform = Platform::optional_name(one.platform).to_owned();
                    let version = one.config_version.to_string();
                    vec![platform, one.external_id, one.name, version, date(one.created_at)]
                });
            let head = ["platform", "id", "name", "configuration", "created"];
            print::table(&head, &datasets.collect::<Vec<_>>());
            Ok(())
        }
    }
}

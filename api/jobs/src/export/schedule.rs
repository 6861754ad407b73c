//! Queues the exports of schedules that are due.

use stratum_models::id::TenantId;
use stratum_models::store::StoreError;
use stratum_state::audit::{AuditAction, AuditEntry, Author};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::exporter::{FileExporter, millis};
use crate::every;

/// Schedules planned at one look; the next look takes the others.
const DUE_MAX: i64 = 100;

impl FileExporter {
    /// Queues the exports of schedules that are due, until `stop`.
    pub async fn plan(self, stop: CancellationToken) {
        every(millis(self.config.sweep_ms), &stop, || async {
            if let Err(error) = self.plan_due().await {
                tracing::warn!(error = %error, "scheduled exports were not queued");
            }
        })
        .await;
    }

    async fn plan_due(&self) -> Result<(), StoreError> {
        let due = self.state.system().await?.due_export_schedules(DUE_MAX).await?;
        for (tenant, schedule) in due {
            self.plan_one(tenant, schedule).await?;
        }
        Ok(())
    }

    /// Queues the export of a schedule that is due, unless another process was faster. Where the tenant has as many
    /// queued as it may have, it stays due.
    async fn plan_one(&self, tenant: TenantId, id: Uuid) -> Result<(), StoreError> {
        let mut work = self.state.system().await?.enter(tenant, Author::system()).await?;
        let Some(due) = work.lock_due_export_schedule(id).await? else { return Ok(()) };
        let Some(tenant) = work.tenant().await? else { return Ok(()) };
        let (now, zone, repeat) = (self.clock.now().to_utc(), tenant.time_zone, due.content.repeat);
        let days = repeat.days(now.with_timezone(&zone).date_naive());
        let (Some(days), Some(next)) = (days, repeat.next(now, zone)) else { return Ok(()) };
        let request = due.content.request(days, zone);
        let export = match &request {
            Some(request) => {
                let most = self.config.queued_per_tenant_max;
                let Some(export) = work.create_export_job(request, most).await? else {
                    return Ok(());
                };
                Some(export)
            }
            None => None,
        };
        work.plan_next_export(id, next, export).await?;
        if let Some(export) = export {
            let changes =
                serde_json::json!({"schedule": id, "date_from": days.from.0, "date_to": days.to.0});
            work.audit(&AuditEntry::done(AuditAction::ExportAsked, "export", export, changes))
                .await?;
        }
        work.commit().await
    }
}

//! Training: from the warehouse into the state store.

use std::collections::BTreeMap;

use chrono::Days;
use serde_json::json;
use stratum_forecast::{Artifact, Stage, train};
use stratum_models::ad_report::CampaignDay;
use stratum_models::emq::EmqScore;
use stratum_models::id::TenantId;
use stratum_models::platform::Platform;
use stratum_models::scope::TenantScope;
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::time::{DAY_MS, Day, DayRange, HOUR_MS, UnixMillis};
use stratum_models::warehouse::{MaskCount, MatchQualityQuery};
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::model_artifact::NewModelArtifact;
use stratum_state::tenant::Tenant;
use stratum_state::work::operator_scope;

use super::Forecasts;

/// A platform whose newest report is older than the newest of all by more than this has stopped.
const STOPPED_DAYS: i64 = 7;

/// The result of a training.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingResult {
    /// The beginning of the model's hash.
    pub version: String,
    /// The model that is served.
    pub model: String,
    /// Campaigns with reports.
    pub campaigns: usize,
    /// Those that can be forecast.
    pub forecast: usize,
    /// The last day of the data.
    pub data_to: Day,
}

fn refused(text: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, "warehouse", text)
}

impl Forecasts {
    /// Trains a model of the tenant and stores it; `None` without any ad report. `progress` is told
    /// of every step.
    pub async fn train(
        &self,
        tenant: &Tenant,
        progress: impl FnMut(Stage) + Send + 'static,
    ) -> Result<Option<TrainingResult>, StoreError> {
        let _turn = self.turn.acquire().await.map_err(|_| refused("training has ended"))?;
        let scope = operator_scope(tenant.id);
        let Some(last) = self.last_day(scope, tenant).await? else { return Ok(None) };
        let days = self.days(scope, last).await?;
        let quality = self.quality(scope, last).await?;
        let config = self.config.training.clone();
        let fit = move || {
            let artifact = train(days, &quality, last, &config, progress);
            artifact.encode().map(|content| (artifact, content))
        };
        let fitted = tokio::task::spawn_blocking(fit).await;
        let fitted = fitted.map_err(|_| refused("the training did not end"))?;
        let (artifact, content) = fitted.map_err(|_| refused("the model cannot be written"))?;
        self.store(tenant, &artifact, content).await.map(Some)
    }

    async fn store(
        &self,
        tenant: &Tenant,
        artifact: &Artifact,
        content: Vec<u8>,
    ) -> Result<TrainingResult, StoreError> {
        let trained = TrainingResult {
            version: Artifact::version(&content),
            model: artifact.model.name(),
            campaigns: artifact.campaigns.len(),
            forecast: artifact.campaigns.iter().filter(|one| one.insight.is_ok()).count(),
            data_to: artifact.data_to,
        };
        let new = NewModelArtifact {
            version: trained.version.clone(),
            model: trained.model.clone(),
            data_from: artifact.data_from,
            data_to: artifact.data_to,
            content,
        };
        let mut work = self.state.operate(tenant.id).await?;
        let id = work.store_model(&new, self.config.artifacts_kept.into()).await?;
        let what = json!({"version": trained.version, "model": trained.model});
        work.audit(&AuditEntry::done(AuditAction::ModelTrained, "model", id, what)).await?;
        work.commit().await?;
        Ok(trained)
    }

    /// The last day that is whole: yesterday, or the day until which every platform that still
    /// reports has done so.
    async fn last_day(
        &self,
        scope: TenantScope,
        tenant: &Tenant,
    ) -> Result<Option<Day>, StoreError> {
        let freshness = self.warehouse.freshness(scope).await?;
        let until: Vec<Day> = freshness.iter().filter_map(|one| one.reports_until).collect();
        let Some(newest) = until.iter().max() else { return Ok(None) };
        let reporting = until.iter().filter(|day| (newest.0 - day.0).num_days() <= STOPPED_DAYS);
        let yesterday = self.clock.now().day_in(tenant.time_zone).0.pred_opt().map(Day);
        Ok(reporting.min().copied().into_iter().chain(yesterday).min())
    }

    async fn days(&self, scope: TenantScope, last: Day) -> Result<Vec<CampaignDay>, StoreError> {
        let mut all = Vec::new();
        let page = u64::from(self.config.page_days.max(1));
        let mut left = u64::from(self.config.history_days);
        let mut to = last.0;
        while left > 0 {
            let length = page.min(left);
            let Some(from) = to.checked_sub_days(Days::new(length - 1)) else { break };
            if let Some(range) = DayRange::new(Day(from), Day(to)) {
                all.extend(self.warehouse.campaign_days(scope, range).await?);
            }
            if all.len() > self.config.rows_max {
                return Err(refused("more campaign days than predictions.rows_max"));
            }
            let Some(before) = from.pred_opt() else { break };
            (left, to) = (left - length, before);
        }
        Ok(all)
    }

    /// A score of match quality a platform and week, known at the end of the week.
    async fn quality(
        &self,
        scope: TenantScope,
        last: Day,
    ) -> Result<Vec<(Platform, Day, f64)>, StoreError> {
        let mut scores = Vec::new();
        for week in 0..i64::from(self.config.quality_weeks) {
            let end = i64::from(last.to_epoch_days()) + 1 - 7 * week;
            let query = MatchQualityQuery {
                from: UnixMillis((end - 7) * DAY_MS),
                until: UnixMillis(end * DAY_MS),
                platform: None,
                dataset_id: None,
                event_name: None,
            };
            let counts = self.warehouse.mask_counts(scope, &query).await?;
            let day = i32::try_from(end - 1).ok().and_then(Day::from_epoch_days);
            let found = by_platform(&counts).into_iter().zip(std::iter::repeat(day));
            scores
                .extend(found.filter_map(|((platform, score), day)| Some((platform, day?, score))));
        }
        Ok(scores)
    }

    /// The tenants whose model is due, of those with ad reports.
    pub(super) async fn due(&self) -> Result<Vec<TenantId>, StoreError> {
        let mut system = self.state.system().await?;
        let tenants = system.tenants().await?;
        system.commit().await?;
        let age = i64::try_from(self.config.train_every_hours).unwrap_or(i64::MAX);
        let oldest = self.clock.now().0.saturating_sub(age.saturating_mul(HOUR_MS));
        let mut due = Vec::new();
        for tenant in tenants {
            let newest = self.state.operate(tenant.id).await?.models(1).await?;
            let is_due = newest.first().is_none_or(|model| model.created_at.0 <= oldest);
            if is_due && self.last_day(operator_scope(tenant.id), &tenant).await?.is_some() {
                due.push(tenant.id);
            }
        }
        Ok(due)
    }
}

fn by_platform(counts: &[MaskCount]) -> Vec<(Platform, f64)> {
    let mut platforms = BTreeMap::<Platform, Vec<_>>::new();
    for one in counts {
        let mask = (one.action_source, one.valid, one.events);
        if let Some(platform) = one.platform {
            platforms.entry(platform).or_default().push(mask);
        }
    }
    let scored = platforms.into_iter().filter_map(|(platform, masks)| {
        EmqScore::of(platform, masks).map(|score| (platform, score.out_of_10()))
    });
    scored.collect()
}

/// Trains one tenant, or all of them, and says so in lines of JSON. `Invalid` without such a tenant.
pub async fn train_each(
    forecasts: &Forecasts,
    slug: Option<&str>,
    say: impl Fn(String) + Clone + Send + 'static,
) -> Result<(), StoreError> {
    let mut system = forecasts.state.system().await?;
    let mut tenants = system.tenants().await?;
    system.commit().await?;
    tenants.retain(|tenant| slug.is_none_or(|slug| tenant.slug == slug));
    if tenants.is_empty() {
        return Err(StoreError::new(StoreErrorKind::Invalid, "state", "no such tenant"));
    }
    for tenant in tenants {
        let (name, tell) = (tenant.slug.clone(), say.clone());
        let progress = move |stage: Stage| {
            tell(json!({"tenant": name, "done": stage.done, "of": stage.of}).to_string());
        };
        let line = match forecasts.train(&tenant, progress).await? {
            Some(trained) => json!({
                "tenant": tenant.slug,
                "version": trained.version,
                "model": trained.model,
                "campaigns": trained.campaigns,
                "forecast": trained.forecast,
                "data_to": trained.data_to.0,
            }),
            None => json!({"tenant": tenant.slug, "insufficient_data": "no ad reports"}),
        };
        say(line.to_string());
    }
    Ok(())
}

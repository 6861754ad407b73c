//! `/analytics/export/schedules`: exports that are made again and again.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::id::{Id, Resource, end_deletion};
use stratum_http::rules;
use stratum_models::export::{ExportType, FileCompression, FileFormat};
use stratum_models::platform::Platform;
use stratum_models::store::StoreErrorKind;
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::export_schedule::{ExportSchedule, NewExportSchedule, Repeat};
use stratum_state::work::TenantWork;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::{App, Services};
use super::asked::ExportBody;

/// Schedules of a tenant.
const SCHEDULES_MAX: usize = 20;
/// Characters of a name.
const NAME_CHARS_MAX: usize = 100;

/// A schedule of exports.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportScheduleItem {
    /// The schedule's id.
    id: Uuid,
    /// The schedule's name.
    name: String,
    /// The times at which an export is made, and the days that it is of.
    repeat: Repeat,
    /// The kind of rows.
    #[serde(rename = "type")]
    of: ExportType,
    /// The form of the files.
    format: FileFormat,
    /// The compression of the files.
    compression: FileCompression,
    /// The platforms; every one where empty.
    platforms: Vec<Platform>,
    /// The columns, in their order.
    columns: Vec<String>,
    /// False while it rests.
    enabled: bool,
    /// When the next export is made.
    next_at: DateTime<Utc>,
    /// The last export that it made; null before the first.
    export_id: Option<Uuid>,
    /// When the schedule was made.
    created_at: DateTime<Utc>,
}

impl From<ExportSchedule> for ExportScheduleItem {
    fn from(schedule: ExportSchedule) -> ExportScheduleItem {
        let ExportSchedule { id, content, enabled, next_at, export_id, created_at } = schedule;
        let NewExportSchedule { name, repeat, of, format, compression, platforms, columns } =
            content;
        ExportScheduleItem {
            id,
            name,
            repeat,
            of,
            format,
            compression,
            platforms,
            columns,
            enabled,
            next_at,
            export_id,
            created_at,
        }
    }
}

/// The export that is to be made again and again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportScheduleBody {
    /// The schedule's name, unique in the tenant.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// The times at which an export is made, and the days that it is of.
    repeat: Repeat,
    /// The form of the files.
    format: FileFormat,
    /// The kind of rows.
    #[serde(rename = "type")]
    #[schema(value_type = ExportType)]
    of: String,
    /// Every one where absent.
    #[serde(default)]
    #[schema(value_type = Vec<Platform>)]
    platforms: Vec<String>,
    /// Columns in the order in which they are wanted. Where absent, every column but those that tell who people are,
    /// which cannot be exported on a schedule.
    #[serde(default)]
    columns: Vec<String>,
    /// For CSV and NDJSON; Parquet packs by itself.
    #[serde(default)]
    compression: FileCompression,
}

/// The changes to a schedule.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportScheduleChange {
    /// False lets it rest.
    enabled: bool,
}

impl ExportScheduleBody {
    /// The schedule this asks for: what an export of it would be, without its days.
    fn read(self, app: &Services, caller: &Authenticated) -> Result<NewExportSchedule, Refusal> {
        let name = rules::name("name", &self.name, NAME_CHARS_MAX)?;
        let ExportScheduleBody { repeat, format, of, platforms, columns, compression, .. } = self;
        let body = ExportBody::of_last_days(format, of, platforms, columns, compression);
        let request = body.read(app, caller.scope)?;
        if !request.identifiers().is_empty() {
            let message = "columns that tell who people are cannot be exported on a schedule";
            return Err(Refusal::unprocessable("columns", message));
        }
        let columns = request.column_names();
        let (of, platforms) = (request.query.of, request.query.platforms);
        Ok(NewExportSchedule { name, repeat, of, format, compression, platforms, columns })
    }
}

/// When an export is made next, by the tenant's clocks.
async fn next_at(
    app: &App,
    work: &mut TenantWork,
    repeat: Repeat,
) -> Result<DateTime<Utc>, Refusal> {
    let tenant = work.tenant().await?.ok_or_else(|| Refusal::not_found("tenant"))?;
    repeat.next(app.clock.now().to_utc(), tenant.time_zone).ok_or_else(Refusal::internal)
}

/// Lists the schedules of exports, by name.
#[utoipa::path(
    get, path = "/api/v1/analytics/export/schedules", tag = "exports", security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<ExportScheduleItem>>)),
)]
pub async fn list_export_schedules(
    State(app): State<App>,
    caller: Authenticated,
) -> Answered<Vec<ExportScheduleItem>> {
    let schedules = caller.work(&app).await?.export_schedules().await?;
    Ok(Answer::of(schedules.into_iter().map(ExportScheduleItem::from).collect()))
}

/// Exports the same again and again.
///
/// At six in the morning in the tenant's time zone an export of the whole day, week (from Monday) or month before is
/// queued, as if it had been requested by itself. Where that was not possible in time, it is made as soon as it is, of
/// the last whole period alone.
#[utoipa::path(
    post, path = "/api/v1/analytics/export/schedules", tag = "exports", security(("bearer" = [])),
    request_body = ExportScheduleBody,
    responses(
        (status = 201, body = Answer<ExportScheduleItem>),
        (status = 409, body = RefusalBody, description = "there is a schedule of this name already"),
        (status = 422, body = RefusalBody, description = "a field breaks a rule, a column tells who persons are, or the tenant has as many schedules as it may have"),
    ),
)]
pub async fn create_export_schedule(
    State(app): State<App>,
    caller: Authenticated,
    Body(body): Body<ExportScheduleBody>,
) -> Answered<ExportScheduleItem> {
    let new = body.read(&app, &caller)?;
    let mut work = caller.work(&app).await?;
    work.lock_limits().await?;
    if work.export_schedules().await?.len() >= SCHEDULES_MAX {
        let message = format!("there are {SCHEDULES_MAX} schedules, which is the most");
        let fault = Fault::above(FaultCode::LimitReached, SCHEDULES_MAX, message);
        return Err(Refusal::unprocessable("", fault));
    }
    let next_at = next_at(&app, &mut work, new.repeat).await?;
    let made = work.create_export_schedule(&new, next_at).await;
    let id = made.map_err(|error| match error.kind {
        StoreErrorKind::Conflict => {
            let message = "there is a schedule of this name already";
            Refusal::conflict(Fault::new(FaultCode::Exists, message))
        }
        _ => error.into(),
    })?;
    written(work, id, AuditAction::ExportScheduleCreated, StatusCode::CREATED).await
}

/// Lets a schedule rest or go on. What was due meanwhile is not made up for.
#[utoipa::path(
    patch, path = "/api/v1/analytics/export/schedules/{id}", tag = "exports", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the schedule's id")), request_body = ExportScheduleChange,
    responses((status = 200, body = Answer<ExportScheduleItem>)),
)]
pub async fn change_export_schedule(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<ExportSchedule>,
    Body(change): Body<ExportScheduleChange>,
) -> Answered<ExportScheduleItem> {
    let mut work = caller.work(&app).await?;
    let schedules = work.export_schedules().await?;
    let schedule = schedules.into_iter().find(|one| one.id == id);
    let schedule = schedule.ok_or_else(ExportSchedule::not_found)?;
    let next_at = next_at(&app, &mut work, schedule.content.repeat).await?;
    if !work.set_export_schedule(id, change.enabled, next_at).await? {
        return Err(ExportSchedule::not_found());
    }
    written(work, id, AuditAction::ExportScheduleUpdated, StatusCode::OK).await
}

async fn written(
    mut work: TenantWork,
    id: Uuid,
    action: AuditAction,
    status: StatusCode,
) -> Answered<ExportScheduleItem> {
    let schedules = work.export_schedules().await?;
    let schedule = schedules.into_iter().find(|one| one.id == id).ok_or_else(Refusal::internal)?;
    let content = &schedule.content;
    let changes = json!({
        "name": content.name, "repeat": content.repeat, "type": content.of, "columns": content.columns,
        "platforms": content.platforms, "enabled": schedule.enabled,
    });
    work.audit(&AuditEntry::done(action, ExportSchedule::KIND, id, changes)).await?;
    work.commit().await?;
    Ok(Answer::with(status, schedule.into()))
}

/// Deletes a schedule. The exports that it made stay.
#[utoipa::path(
    delete, path = "/api/v1/analytics/export/schedules/{id}", tag = "exports", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the schedule's id")),
    responses((status = 204, description = "the object is deleted")),
)]
pub async fn delete_export_schedule(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<ExportSchedule>,
) -> Result<StatusCode, Refusal> {
    let mut work = caller.work(&app).await?;
    let deleted = work.delete_export_schedule(id).await?;
    end_deletion::<ExportSchedule>(work, id, deleted, AuditAction::ExportScheduleDeleted).await
}

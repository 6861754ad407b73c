//! `/imports`: ad reports from files of the platforms' export screens.

mod report;
mod compare;
mod take;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use futures::StreamExt as _;
use serde::Deserialize;
use serde_json::json;
use stratum_ingest::ad_reports::Judge;
use stratum_ingest::config::DoorConfig;
use stratum_ingest::import::{
    DateOrder, Import, ImportConfig, ImportRequest, Unreadable, read_file,
};
use stratum_models::id::TenantId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use self::report::ImportReport;

use self::compare::Comparison;
use super::App;
use super::fields::{Fields, Params};
use crate::answer::{Answer, Answered, Detail, Refusal, RefusalBody};
use crate::auth::Authenticated;
use crate::state::audit::AuditEntry;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(import_ad_reports))
}

/// Bounds of imports, and turns for them.
#[derive(Debug)]
pub struct ImportDesk {
    config: ImportConfig,
    rows: DoorConfig,
    turns: Arc<Semaphore>,
}

impl ImportDesk {
    /// A desk with these bounds; those of rows are the front door's.
    pub fn new(config: ImportConfig, rows: DoorConfig) -> ImportDesk {
        let turns = Arc::new(Semaphore::new(config.running_max));
        ImportDesk { config, rows, turns }
    }
}

/// What the file does not say itself.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportParams {
    /// Whether the file is only looked at; true where absent.
    #[param(value_type = Option<bool>)]
    dry_run: Option<String>,
    /// Takes the rows that keep the rules where others break one; false where absent: all or none.
    #[param(value_type = Option<bool>)]
    skip_faulty: Option<String>,
    /// The platform, where neither a column nor the headers tell it.
    platform: Option<String>,
    /// The ad account, where no column tells it.
    #[param(max_length = 200)]
    account_id: Option<String>,
    /// ISO 4217, where neither a column nor the header of the amounts tells it.
    currency: Option<String>,
    /// The order of days that can be read in two ways: `YMD`, `DMY` or `MDY`.
    date_format: Option<String>,
    /// The mark of fractions: `point` or `comma`; found out where absent.
    decimal: Option<String>,
    /// A JSON object of column names and the field each is (`campaign_id`, `date`, `spend`, …; `last_day` for
    /// the end of a row's range; null for a column that is not to be used). What it does not name is
    /// found out.
    #[param(max_length = 20000)]
    mapping: Option<String>,
}

/// What was asked for.
struct Asked {
    dry_run: bool,
    skip_faulty: bool,
    file: ImportRequest,
}

impl ImportParams {
    fn read(self) -> Result<Asked, Refusal> {
        const TEXT_CHARS_MAX: usize = 200;
        const MAPPING_CHARS_MAX: usize = 20_000;
        let mut fields = Fields::default();
        let dry_run = fields.optional("dry_run", self.dry_run.as_deref()).unwrap_or(true);
        let skip_faulty =
            fields.optional("skip_faulty", self.skip_faulty.as_deref()).unwrap_or(false);
        let date_format = self.date_format.filter(|text| !text.is_empty());
        let date_order = date_format.as_deref().and_then(DateOrder::parse);
        if date_format.is_some() && date_order.is_none() {
            fields.fault("date_format", "is one of YMD, DMY, MDY");
        }
        let decimal_comma = match self.decimal.as_deref() {
            None | Some("") => None,
            Some("point") => Some(false),
            Some("comma") => Some(true),
            Some(_) => {
                fields.fault("decimal", "is one of point, comma");
                None
            }
        };
        let mapping = fields
            .text("mapping", self.mapping, MAPPING_CHARS_MAX)
            .map(|text| serde_json::from_str::<BTreeMap<String, Option<String>>>(&text));
        if matches!(mapping, Some(Err(_))) {
            fields.fault("mapping", "is a JSON object of column names and field names or null");
        }
        let file = ImportRequest {
            platform: fields.optional("platform", self.platform.as_deref()),
            account_id: fields.text("account_id", self.account_id, TEXT_CHARS_MAX),
            currency: fields.optional("currency", self.currency.as_deref()),
            date_order,
            decimal_comma,
            mapping: mapping.and_then(Result::ok).unwrap_or_default(),
        };
        fields.finish()?;
        Ok(Asked { dry_run, skip_faulty, file })
    }
}

/// Looks at a file of ad reports, and takes it in when told to.
///
/// The body is the file: CSV as the platforms' export screens write it, in any usual encoding,
/// separator and form of numbers and days, or Parquet. The answer tells what the file is, how it was
/// read, and what it changes: compared with the figures there are now, by campaign and day. By default
/// nothing is taken (`dry_run`). With `dry_run=false` the rows are durable when the answer comes, and
/// count within a second or so; days that are as they were are left alone, so the same file again
/// changes nothing. A file broken down by ads or ad sets that does not hold their campaigns' days makes
/// these as sums, and says so; parts by country or device explain days and make none. The file itself
/// is not kept.
#[utoipa::path(
    post, path = "/api/v1/imports/ad-reports", tag = "imports", params(ImportParams),
    security(("bearer" = [])),
    request_body(content((String = "text/csv"), (Vec<u8> = "application/octet-stream"))),
    responses(
        (status = 200, body = Answer<ImportReport>),
        (status = 400, body = RefusalBody, description = "a parameter cannot be read, or the body was cut short"),
        (status = 401, body = RefusalBody, description = "no valid access token"),
        (status = 403, body = RefusalBody, description = "the role does not allow it"),
        (status = 413, body = RefusalBody, description = "the file is too large"),
        (status = 422, body = RefusalBody, description = "the file cannot be read, or rows break a rule and were to be taken"),
        (status = 429, body = RefusalBody, description = "as many files are read as may be at once"),
        (status = 503, body = RefusalBody, description = "a store does not answer"),
    ),
)]
pub async fn import_ad_reports(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<ImportParams>,
    body: Body,
) -> Answered<ImportReport> {
    let asked = params.read()?;
    let desk = &app.imports;
    let turn = desk.turns.clone().try_acquire_owned().map_err(|_| {
        Refusal::busy("as many files are read as may be at once; try again in a moment")
    })?;
    let file = whole(body, desk.config.file_bytes_max).await?;
    let (dry_run, skip_faulty) = (asked.dry_run, asked.skip_faulty);
    let mut import = look(&app, caller.scope.tenant_id(), file, asked.file, turn).await?;
    let comparison = Comparison::of(&app, caller.scope, &mut import).await?;
    let mut report = ImportReport::of(&import, &comparison, dry_run);
    if dry_run {
        return Ok(Answer::of(report));
    }
    if import.faulty_rows > 0 && !skip_faulty {
        return Err(faulty(&import));
    }
    if import.days.is_empty() && import.splits.is_empty() {
        return Err(Refusal::unprocessable("", "the file holds no row that can be taken"));
    }
    let file_rows = import.file.rows;
    let taken = take::take(&app, import, &comparison).await?;
    let changes = json!({
        "rows": file_rows, "days": taken.days, "parts": taken.parts, "platform": report.platform(),
    });
    let mut work = caller.work(&app).await?;
    work.audit(&AuditEntry::done("ad_reports.imported", "ad_report", "", changes)).await?;
    work.commit().await?;
    report.taken = Some(taken);
    Ok(Answer::of(report))
}

/// The body, up to the bound.
async fn whole(body: Body, bytes_max: usize) -> Result<Bytes, Refusal> {
    let mut file = Vec::new();
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Refusal::malformed("the body was cut short", Vec::new()))?;
        if file.len() + piece.len() > bytes_max {
            let message = format!("a file may have {bytes_max} bytes at most; split it");
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, message));
        }
        file.extend_from_slice(&piece);
    }
    Ok(file.into())
}

/// Reads the file on a thread of its own.
async fn look(
    app: &App,
    tenant_id: TenantId,
    file: Bytes,
    request: ImportRequest,
    turn: OwnedSemaphorePermit,
) -> Result<Import, Refusal> {
    let (app, now) = (app.clone(), app.clock.now());
    let read = tokio::task::spawn_blocking(move || {
        let keys = app.keys.of(tenant_id);
        let judge = Judge::new(&keys, now, &app.imports.rows);
        let read = read_file(&file, &request, &judge, &app.imports.config);
        // Also when nobody waits any more, the turn is over only now.
        drop(turn);
        read
    });
    match read.await {
        Ok(read) => read.map_err(unreadable),
        Err(error) => {
            tracing::error!(%error, "reading a file did not end");
            Err(Refusal::internal())
        }
    }
}

fn unreadable(Unreadable { field, message }: Unreadable) -> Refusal {
    Refusal::unprocessable(field.unwrap_or_default(), message)
}

fn faulty(import: &Import) -> Refusal {
    let details = import.faults.iter().map(|fault| Detail {
        field: match fault.field {
            Some(field) => format!("[{}].{field}", fault.row),
            None => format!("[{}]", fault.row),
        },
        message: fault.message.clone(),
    });
    let first = Detail {
        field: String::new(),
        message: format!(
            "{} rows break a rule and none was taken; mend them, or send skip_faulty=true",
            import.faulty_rows
        ),
    };
    Refusal::broken(std::iter::once(first).chain(details).collect())
}

//! `/imports`: ad reports from files of the platforms' export screens.

mod past;
mod report;
mod take;
mod waiting;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Detail, Fault, FaultCode, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::fields::{Fields, Params};
use stratum_models::id::TenantId;
use stratum_models::money::Currency;
use stratum_models::name_set;
use stratum_models::platform::Platform;
use stratum_query::ask::report_changes::ReportChanges;
use stratum_query::fair_queue::{FairQueue, QueueBounds, QueueGauges, QueuePermit, QueueRefusal};
use stratum_reports::import::{
    DateOrder, Import, ImportConfig, ImportRequest, Unreadable, read_file,
};
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_wire::ad_reports::Judge;
use stratum_wire::limits::RowLimits;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use self::report::ImportReport;

use self::waiting::{WaitingBytes, WaitingFile};
use super::App;

/// Files of ad reports that are read now.
const IMPORTS_RUNNING: &str = "stratum_api_imports_running";
/// Files of ad reports that wait for their turn.
const IMPORTS_WAITING: &str = "stratum_api_imports_waiting";

/// The routes of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(import_ad_reports)).merge(past::routes())
}

/// Bounds of imports, and the queue of those that wait.
pub struct ImportDesk {
    config: ImportConfig,
    rows: RowLimits,
    queue: Arc<FairQueue>,
    waiting: Arc<WaitingBytes>,
}

const GAUGES: QueueGauges = QueueGauges { running: IMPORTS_RUNNING, waiting: IMPORTS_WAITING };

impl ImportDesk {
    /// A desk with these bounds; those of rows are the front door's.
    pub fn new(config: ImportConfig, rows: RowLimits) -> ImportDesk {
        let bounds = QueueBounds {
            running_max: config.running_max.max(1),
            running_per_tenant_max: config.running_per_tenant_max.max(1),
            waiting_max: config.waiting_max,
            waiting_per_tenant_max: config.waiting_per_tenant_max,
            wait_max: Duration::from_millis(config.wait_ms_max),
        };
        let queue = Arc::new(FairQueue::new(bounds, GAUGES));
        let waiting = WaitingBytes::new(config.bytes_max, config.bytes_per_tenant_max);
        ImportDesk { config, rows, queue, waiting }
    }
}

name_set! {
    /// The decimal mark of a file.
    DecimalMark {
        /// 1.5
        Point = "point",
        /// 1,5
        Comma = "comma",
    }
}

/// The facts that the file does not tell itself.
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
    #[param(value_type = Option<Platform>)]
    platform: Option<String>,
    /// The ad account, where no column tells it.
    #[param(max_length = 200)]
    account_id: Option<String>,
    /// ISO 4217, where neither a column nor the header of the amounts tells it.
    #[param(value_type = Option<Currency>)]
    currency: Option<String>,
    /// The order of day, month and year where dates can be read in two ways, in any usual form: `DMY`, `DD/MM/YYYY`.
    #[param(max_length = 20)]
    date_format: Option<String>,
    /// The decimal mark of the file. Where absent, the numbers of the file decide if they can.
    #[param(value_type = Option<DecimalMark>)]
    decimal: Option<String>,
    /// A JSON object that gives columns their fields by name, such as `spend`; null for a column that is not to be
    /// used. `last_day` is the end of a row's range of days, `result_kind` the kind of its results. Columns that
    /// it does not name are recognised by their headers.
    #[param(max_length = 20000)]
    mapping: Option<String>,
}

/// The request, as it was read.
struct ImportQuery {
    dry_run: bool,
    skip_faulty: bool,
    file: ImportRequest,
}

impl ImportParams {
    fn read(self) -> Result<ImportQuery, Refusal> {
        const TEXT_CHARS_MAX: usize = 200;
        const MAPPING_CHARS_MAX: usize = 20_000;
        let mut fields = Fields::default();
        let dry_run = fields.optional("dry_run", self.dry_run.as_deref()).unwrap_or(true);
        let skip_faulty =
            fields.optional("skip_faulty", self.skip_faulty.as_deref()).unwrap_or(false);
        let date_format = self.date_format.filter(|text| !text.is_empty());
        let date_order = date_format.as_deref().and_then(DateOrder::parse);
        if date_format.is_some() && date_order.is_none() {
            fields.fault("date_format", "must be one of YMD, DMY, MDY");
        }
        let decimal: Option<DecimalMark> = fields.optional("decimal", self.decimal.as_deref());
        let decimal_comma = decimal.map(|mark| mark == DecimalMark::Comma);
        let mapping = fields
            .text("mapping", self.mapping, MAPPING_CHARS_MAX)
            .map(|text| serde_json::from_str::<BTreeMap<String, Option<String>>>(&text));
        if matches!(mapping, Some(Err(_))) {
            fields
                .fault("mapping", "must be a JSON object of column names and field names or null");
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
        Ok(ImportQuery { dry_run, skip_faulty, file })
    }
}

/// Checks a file of ad reports and, on request, imports it.
///
/// The body is the file: CSV as the platforms export it, with any usual encoding, separator and format of numbers
/// and dates, or Parquet. The answer says how the file was read and what it changes compared with the current
/// figures, by campaign and day. By default nothing is imported (`dry_run`). With `dry_run=false` the rows are
/// stored durably before the answer and count within about a second. The last import of a campaign's day counts;
/// importing the same file again changes nothing. If a file contains ads or ad sets without their campaign's day,
/// the day is their sum, and the answer says so; rows by country or device never make a day. The file itself is not
/// kept.
#[utoipa::path(
    post, path = "/api/v1/imports/ad-reports", tag = "imports", params(ImportParams),
    security(("bearer" = [])),
    request_body(content((String = "text/csv"), (Vec<u8> = "application/octet-stream"))),
    responses(
        (status = 200, body = Answer<ImportReport>),
        (status = 408, body = RefusalBody, description = "the file came too slowly"),
        (status = 413, body = RefusalBody, description = "the file is too large"),
        (status = 422, body = RefusalBody, description = "the file cannot be read, or rows that were to be imported break a rule"),
        (status = 429, body = RefusalBody, description = "too many files of the tenant at once"),
        (status = 503, body = RefusalBody, description = "too many files at once, or a store does not answer"),
    ),
)]
pub async fn import_ad_reports(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<ImportParams>,
    body: Body,
) -> Answered<ImportReport> {
    let asked = params.read()?;
    let (desk, tenant_id) = (&app.imports, caller.scope.tenant_id());
    let mut file = desk.waiting.begin(tenant_id);
    file.fill(body, desk.config.file_bytes_max).await?;
    // Taken once the file is whole: whoever sends slowly keeps nobody waiting.
    let permit = desk.queue.take(tenant_id).await.map_err(queue_refusal)?;
    let (dry_run, skip_faulty) = (asked.dry_run, asked.skip_faulty);
    let mut import = look(&app, tenant_id, file, asked.file, permit).await?;
    let (days, parts) = (&mut import.days, &import.splits);
    let changes = ReportChanges::of(&*app.warehouse, caller.scope, days, parts).await?;
    let mut report = ImportReport::of(&import, &changes, dry_run);
    if dry_run {
        return Ok(Answer::of(report));
    }
    if import.faulty_rows > 0 && !skip_faulty {
        return Err(faulty(&import));
    }
    if import.days.is_empty() && import.splits.is_empty() {
        return Err(Refusal::unprocessable(
            "",
            Fault::new(FaultCode::NoRows, "the file contains no row that can be imported"),
        ));
    }
    let taken = take::take(&app, import).await?;
    let changes = json!(report.told(taken));
    let mut work = caller.work(&app).await?;
    work.audit(&AuditEntry::done(AuditAction::AdReportsImported, "ad_report", "", changes)).await?;
    work.commit().await?;
    report.taken = Some(taken);
    Ok(Answer::of(report))
}

fn queue_refusal(why: QueueRefusal) -> Refusal {
    match why {
        QueueRefusal::Tenant => {
            Refusal::busy("too many files of your organisation wait to be read; try again")
        }
        QueueRefusal::All | QueueRefusal::Late => {
            Refusal::unavailable("too many files wait to be read; try again")
        }
    }
}

/// Reads the file on a thread of its own.
async fn look(
    app: &App,
    tenant_id: TenantId,
    mut file: WaitingFile,
    request: ImportRequest,
    permit: QueuePermit,
) -> Result<Import, Refusal> {
    let (app, now) = (app.clone(), app.clock.now());
    let read = tokio::task::spawn_blocking(move || {
        let keys = app.keys.of(tenant_id);
        let judge = Judge::new(&keys, now, &app.imports.rows);
        let read = read_file(&file.bytes(), &request, &judge, &app.imports.config);
        // Also when nobody waits any more, the permit and the bytes are held until now.
        drop((permit, file));
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
    let details = import.faults.iter().map(|fault| {
        let field = match fault.field {
            Some(field) => format!("[{}].{field}", fault.row),
            None => format!("[{}]", fault.row),
        };
        Detail::of(field, fault.message.clone())
    });
    let rows = import.faulty_rows;
    let message =
        format!("{rows} rows break a rule and none was taken; mend them, or send skip_faulty=true");
    let first = Detail::of("", Fault::new(FaultCode::FaultyRows, message).with("rows", rows));
    Refusal::broken(std::iter::once(first).chain(details).collect())
}

//! Requests for an export, in a body or in a URL.

use axum::http::StatusCode;
use serde::Deserialize;
use stratum_http::answer::{Fault, FaultCode, Refusal};
use stratum_http::auth::Authenticated;
use stratum_http::fields::Fields;
use stratum_http::rights::Permission;
use stratum_http::rules::distinct;
use stratum_models::export::{
    ExportQuery, ExportRequest, ExportType, FileCompression, FileFormat, columns_of,
};
use stratum_models::platform::Platform;
use stratum_models::scope::TenantScope;
use utoipa::{IntoParams, ToSchema};

use super::super::range::RangeFields;
use super::super::{App, Services};

/// The export that is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportParams {
    /// The form of the file.
    #[param(value_type = FileFormat)]
    format: String,
    /// The kind of rows.
    #[serde(rename = "type")]
    #[param(value_type = ExportType)]
    of: String,
    /// The first day, included; 30 days before the last day if absent.
    #[param(value_type = Option<NaiveDate>)]
    date_from: Option<String>,
    /// The last day, included; today in the tenant's time zone if absent.
    #[param(value_type = Option<NaiveDate>)]
    date_to: Option<String>,
    /// Platforms, separated by commas; every one where absent.
    #[param(value_type = Option<Vec<Platform>>, style = Form, explode = false)]
    platforms: Option<String>,
    /// Columns in the order in which they are wanted, separated by commas. Where absent, every column but those
    /// that tell who people are (`em_sha256` and the like): these must be named, and need their own permission.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false)]
    columns: Option<String>,
    /// The compression of a CSV or NDJSON file; Parquet packs by itself.
    #[param(value_type = Option<FileCompression>)]
    compression: Option<String>,
}

/// The export that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportBody {
    /// The form of the file.
    format: FileFormat,
    /// The kind of rows.
    #[serde(rename = "type")]
    #[schema(value_type = ExportType)]
    of: String,
    /// The first day, included; 30 days before the last day if absent.
    #[schema(value_type = Option<NaiveDate>)]
    date_from: Option<String>,
    /// The last day, included; today in the tenant's time zone if absent.
    #[schema(value_type = Option<NaiveDate>)]
    date_to: Option<String>,
    /// Every one where absent.
    #[serde(default)]
    #[schema(value_type = Vec<Platform>)]
    platforms: Vec<String>,
    /// Columns in the order in which they are wanted. Where absent, every column but those that tell who people
    /// are (`em_sha256` and the like): these must be named, and need their own permission.
    #[serde(default)]
    columns: Vec<String>,
    /// For CSV and NDJSON; Parquet packs by itself.
    #[serde(default)]
    compression: FileCompression,
}

/// Columns of one request: more than any export has.
const COLUMNS_MAX: usize = 100;

impl ExportParams {
    /// The export these ask for. 400 where one cannot be read, 422 where a rule is broken.
    pub fn read(self, app: &Services, scope: TenantScope) -> Result<ExportRequest, Refusal> {
        let mut fields = Fields::default();
        let format = fields.optional("format", Some(self.format.as_str()));
        if format.is_none() && self.format.is_empty() {
            fields.fault("format", Fault::new(FaultCode::Missing, "is missing"));
        }
        let compression = fields.optional("compression", self.compression.as_deref());
        let body = ExportBody {
            format: format.unwrap_or(FileFormat::Csv),
            of: self.of,
            date_from: self.date_from,
            date_to: self.date_to,
            platforms: fields.list("platforms", self.platforms.as_deref()),
            columns: fields.list("columns", self.columns.as_deref()),
            compression: compression.unwrap_or_default(),
        };
        fields.finish()?;
        body.read(app, scope)
    }
}

impl ExportBody {
    /// An export of the last days, to be held to the rules of every export.
    pub fn of_last_days(
        format: FileFormat,
        of: String,
        platforms: Vec<String>,
        columns: Vec<String>,
        compression: FileCompression,
    ) -> ExportBody {
        ExportBody { format, of, date_from: None, date_to: None, platforms, columns, compression }
    }

    /// The export this asks for.
    pub fn read(self, app: &Services, scope: TenantScope) -> Result<ExportRequest, Refusal> {
        let of: ExportType =
            self.of.parse().map_err(|error: String| Refusal::unprocessable("type", error))?;
        let platforms = self.platforms.iter().map(|name| {
            let platform: Result<Platform, String> = name.parse();
            platform.map_err(|error| Refusal::unprocessable("platforms", error))
        });
        let mut platforms = platforms.collect::<Result<Vec<_>, _>>()?;
        platforms.sort_unstable();
        platforms.dedup();
        if self.format == FileFormat::Parquet && self.compression != FileCompression::None {
            let message = "is for csv and ndjson; Parquet packs by itself";
            return Err(Refusal::unprocessable("compression", message));
        }
        let range = RangeFields {
            from: ("date_from", self.date_from.as_deref()),
            to: ("date_to", self.date_to.as_deref()),
        };
        let range = range.read(app, scope, Fields::default())?;
        let columns = columns(of, self.columns)?;
        let query = ExportQuery { of, days: range.days, zone: range.zone, platforms, columns };
        Ok(ExportRequest { query, format: self.format, compression: self.compression })
    }
}

/// Refuses columns that tell who people are to whom has no right to them, and writes it down.
pub(super) async fn admit(
    app: &App,
    caller: &Authenticated,
    request: &ExportRequest,
    method: &str,
    route: &str,
) -> Result<(), Refusal> {
    let identifiers = request.identifiers();
    if identifiers.is_empty() || caller.permissions.contains(&Permission::IdentifiersExport) {
        return Ok(());
    }
    app.auth.refusals.note(&app.auth.state, caller, method, route).await;
    let message = format!(
        "{} tell who people are: exporting them takes an admin, or an API key of scope \
         export_identifiers; leave them out of `columns`",
        identifiers.join(", ")
    );
    Err(Refusal::new(StatusCode::FORBIDDEN, message))
}

fn columns(
    of: ExportType,
    names: Vec<String>,
) -> Result<Vec<&'static stratum_models::export::ExportColumn>, Refusal> {
    if names.len() > COLUMNS_MAX {
        let message = format!("are at most {COLUMNS_MAX}");
        return Err(Refusal::unprocessable("columns", message));
    }
    columns_of(of, &distinct(names)).map_err(|_| {
        let known: Vec<&str> = of.columns().iter().map(|column| column.name).collect();
        let message = format!("there is no such column; {of} has {}", known.join(", "));
        Refusal::unprocessable("columns", message)
    })
}

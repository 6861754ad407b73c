//! `GET /analytics/export/kinds`: what can be exported.

use serde::Serialize;
use stratum_http::answer::{Answer, Answered};
use stratum_models::export::ExportType;
use utoipa::ToSchema;

/// A kind of rows.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportKind {
    /// The kind.
    #[serde(rename = "type")]
    of: ExportType,
    /// Its columns, in the order that files have them in where none is named.
    columns: Vec<ExportColumnItem>,
}

/// A column of an export.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportColumnItem {
    /// The column's name.
    name: &'static str,
    /// Whether it tells who people are: it must be named, takes the permission `identifiers.export`, and cannot
    /// be exported on a schedule.
    identifies: bool,
}

/// Lists the kinds of rows that can be exported, with their columns.
#[utoipa::path(
    get, path = "/api/v1/analytics/export/kinds", tag = "exports", security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<ExportKind>>)),
)]
pub async fn export_kinds() -> Answered<Vec<ExportKind>> {
    let kind = |of: &ExportType| ExportKind {
        of: *of,
        columns: of
            .columns()
            .iter()
            .map(|column| ExportColumnItem { name: column.name, identifies: column.identifies })
            .collect(),
    };
    Ok(Answer::of(ExportType::ALL.iter().map(kind).collect()))
}

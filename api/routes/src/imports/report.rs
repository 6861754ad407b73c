//! The report on a file.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;
use stratum_models::ad_report::SplitBy;
use stratum_models::export::FileFormat;
use stratum_models::metrics::MetricSums;
use stratum_models::money::{Currency, MICROS};
use stratum_models::platform::Platform;
use stratum_query::ask::report_changes::{ChangedDay, DayChange, ReportChanges};
use stratum_reports::import::{Import, ResultKinds, RowFault, SkipReason};
use utoipa::ToSchema;

use super::past::ImportSums;
use super::take::ImportedRows;

/// Places of rows of one kind that are told at most.
const PLACES_MAX: usize = 20;
/// Names of columns that are told at most, and their length.
const COLUMNS_MAX: usize = 200;
const COLUMN_CHARS_MAX: usize = 100;

/// The report on a file: how it was read, and what it changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportReport {
    /// Whether it was only looked at.
    dry_run: bool,
    /// The notation of the file.
    file: FileReport,
    /// The platform of its rows; null where they name it themselves.
    platform: Option<Platform>,
    /// The columns that are used.
    columns: Vec<UsedColumn>,
    /// The columns that are not.
    unused_columns: Vec<String>,
    /// The first day, null without rows.
    date_from: Option<NaiveDate>,
    /// The last day.
    date_to: Option<NaiveDate>,
    /// Different campaigns.
    campaigns: usize,
    /// Campaigns' days, by what becomes of them.
    days: DayCounts,
    /// Parts of campaigns' days, by what they are parts by.
    parts: Vec<PartCount>,
    /// Sums of these campaigns' days now and afterwards.
    sums: Vec<SumsReport>,
    /// The first 100 of a campaign's days that are new or replace other figures.
    changes: Vec<ChangedDayReport>,
    /// Rows that are no rows of a report.
    left_out: Vec<LeftOutReport>,
    /// Rows that break a rule.
    faulty_rows: usize,
    /// The faults of the first of them.
    faults: Vec<FaultReport>,
    /// Notes worth knowing, in words.
    notes: Vec<String>,
    /// The rows that were taken in; null where the file was only looked at.
    pub(super) taken: Option<ImportedRows>,
}

/// The notation of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileReport {
    /// The form of the file.
    #[schema(value_type = FileFormat)]
    format: &'static str,
    /// The encoding of a text file.
    encoding: Option<&'static str>,
    /// The separator of a text file.
    #[schema(value_type = Option<String>)]
    delimiter: Option<char>,
    /// Lines before that of the headers.
    title_lines: usize,
    /// The decimal mark; null if no number of the file shows it.
    #[schema(value_type = Option<String>)]
    decimal_mark: Option<char>,
    /// The format of dates.
    date_format: &'static str,
    /// Rows that are not blank.
    rows: usize,
}

/// A column and what it is to us.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsedColumn {
    /// The header of the column.
    column: String,
    /// Our field.
    field: &'static str,
}

/// Campaigns' days, by what becomes of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct DayCounts {
    /// New ones.
    add: usize,
    /// Such as replace other figures.
    change: usize,
    /// Such as are as they were.
    leave: usize,
    /// The number of all that are sums of their ads or ad sets.
    made_of_parts: usize,
}

/// The number of parts.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartCount {
    /// The kind of part.
    by: SplitBy,
    /// Rows.
    rows: usize,
}

/// The sums of one currency.
#[derive(Debug, Serialize, ToSchema)]
pub struct SumsReport {
    /// The currency.
    currency: Currency,
    /// Of what is there now of the file's campaigns and days.
    before: FigureSums,
    /// Of what will be.
    after: FigureSums,
}

/// A campaign's day that is new or replaces other figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangedDayReport {
    /// The platform.
    platform: Platform,
    /// The ad account.
    account_id: String,
    /// The campaign's id at the platform.
    campaign_id: String,
    /// The campaign's name; empty where it is not known.
    campaign_name: String,
    /// The day.
    date: NaiveDate,
    /// The currency of the figures that are there; null where the day is new.
    currency_before: Option<Currency>,
    /// The figures that are there; null where the day is new.
    before: Option<FigureSums>,
    /// The currency of the new figures.
    currency: Currency,
    /// The new figures.
    after: FigureSums,
}

impl From<&ChangedDay> for ChangedDayReport {
    fn from(changed: &ChangedDay) -> ChangedDayReport {
        let (currency, after) = &changed.after;
        ChangedDayReport {
            platform: changed.platform,
            account_id: changed.account_id.clone(),
            campaign_id: changed.campaign_id.clone(),
            campaign_name: changed.campaign_name.clone(),
            date: changed.day.0,
            currency_before: changed.before.as_ref().map(|(currency, _)| *currency),
            before: changed.before.as_ref().map(|(_, sums)| sums.into()),
            currency: *currency,
            after: after.into(),
        }
    }
}

/// Summed figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct FigureSums {
    /// Amount spent.
    spend: f64,
    /// Times shown.
    impressions: i64,
    /// Times clicked.
    clicks: i64,
    /// Conversions.
    conversions: f64,
    /// Their worth.
    revenue: f64,
}

/// Rows left out for one reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeftOutReport {
    /// The reason. `summary`: the row sums up others. `unknown_part`: the platform could not tell its country or
    /// device. `repeated`: the file holds it twice. `nothing_reported`: it comes from an export of ours and
    /// holds only what our own events show.
    reason: SkipReason,
    /// The number of rows.
    rows: usize,
    /// Where the first are: lines of a text file, numbers of rows of a Parquet file, from 1.
    places: Vec<u64>,
}

/// The fault of a row.
#[derive(Debug, Serialize, ToSchema)]
pub struct FaultReport {
    /// The line of a text file, the number of a row of a Parquet file, from 1.
    row: u64,
    /// Our field; null if the row as a whole is wrong.
    field: Option<&'static str>,
    /// In words.
    message: String,
}

impl From<&RowFault> for FaultReport {
    fn from(fault: &RowFault) -> FaultReport {
        FaultReport { row: fault.row, field: fault.field, message: fault.message.clone() }
    }
}

impl ImportReport {
    /// The report on this file.
    pub(super) fn of(import: &Import, changes: &ReportChanges, dry_run: bool) -> ImportReport {
        let splits = import.splits.iter().map(|split| &split.report);
        let all = || import.days.iter().chain(splits.clone());
        let campaigns: BTreeSet<_> =
            all().map(|row| (row.platform, &row.account_id, &row.campaign_id)).collect();
        let used = import.columns.iter().take(COLUMNS_MAX);
        ImportReport {
            dry_run,
            file: file(import),
            platform: import.platform,
            columns: used.map(|(name, field)| UsedColumn { column: short(name), field }).collect(),
            unused_columns: import
                .unused
                .iter()
                .take(COLUMNS_MAX)
                .map(|name| short(name))
                .collect(),
            date_from: all().map(|row| row.date.0).min(),
            date_to: all().map(|row| row.date.0).max(),
            campaigns: campaigns.len(),
            days: DayCounts {
                add: changes.count(DayChange::Add),
                change: changes.count(DayChange::Replace),
                leave: changes.count(DayChange::Leave),
                made_of_parts: import.days_made,
            },
            parts: parts(import),
            sums: changes
                .sums
                .iter()
                .map(|(currency, (before, after))| SumsReport {
                    currency: *currency,
                    before: before.into(),
                    after: after.into(),
                })
                .collect(),
            changes: changes.told.iter().map(ChangedDayReport::from).collect(),
            left_out: left_out(import),
            faulty_rows: import.faulty_rows,
            faults: import.faults.iter().map(FaultReport::from).collect(),
            notes: notes(import, changes),
            taken: None,
        }
    }

    /// What the audit log is told once the file's rows are taken in.
    pub(super) fn told(&self, taken: ImportedRows) -> ImportSums {
        ImportSums {
            platform: self.platform,
            rows: self.file.rows as u64,
            days: taken.days as u64,
            parts: taken.parts as u64,
            campaigns: Some(self.campaigns as u64),
            date_from: self.date_from,
            date_to: self.date_to,
        }
    }
}

impl From<&MetricSums> for FigureSums {
    fn from(sums: &MetricSums) -> FigureSums {
        let units = |micros: i128| micros as f64 / MICROS as f64;
        let count = |count: i128| i64::try_from(count).unwrap_or(i64::MAX);
        FigureSums {
            spend: units(sums.spend_micros),
            impressions: count(sums.impressions),
            clicks: count(sums.clicks),
            conversions: units(sums.conversions_micros),
            revenue: units(sums.revenue_micros),
        }
    }
}

fn file(import: &Import) -> FileReport {
    let facts = &import.file;
    FileReport {
        format: facts.format,
        encoding: facts.encoding,
        delimiter: facts.delimiter,
        title_lines: facts.title_lines,
        decimal_mark: facts.decimal_mark,
        date_format: facts.date_order.as_str(),
        rows: facts.rows,
    }
}

fn short(name: &str) -> String {
    name.chars().take(COLUMN_CHARS_MAX).collect()
}

fn parts(import: &Import) -> Vec<PartCount> {
    let count = |by: SplitBy| import.splits.iter().filter(|split| split.split.by() == by).count();
    let counts = SplitBy::ALL.iter().map(|by| PartCount { by: *by, rows: count(*by) });
    counts.filter(|count| count.rows > 0).collect()
}

fn left_out(import: &Import) -> Vec<LeftOutReport> {
    let mut by_reason: BTreeMap<SkipReason, LeftOutReport> = BTreeMap::new();
    for (reason, place) in &import.left_out {
        let entry = by_reason.entry(*reason).or_insert_with(|| LeftOutReport {
            reason: *reason,
            rows: 0,
            places: Vec::new(),
        });
        entry.rows += 1;
        if entry.places.len() < PLACES_MAX {
            entry.places.push(*place);
        }
    }
    by_reason.into_values().collect()
}

fn notes(import: &Import, changes: &ReportChanges) -> Vec<String> {
    let mut notes = Vec::new();
    if import.days_made > 0 {
        notes.push(format!(
            "{} days of campaigns are the sums of their ads or ad sets: the file does not hold them",
            import.days_made
        ));
    }
    if changes.parts_without_day > 0 {
        notes.push(format!(
            "{} parts are of days that have no figures yet; only a report by campaign makes them count",
            changes.parts_without_day
        ));
    }
    match import.results {
        Some(ResultKinds::Told { others }) if others > 0 => notes.push(format!(
            "the results of {others} rows are of another kind than purchases, leads and the like, and are not counted as conversions"
        )),
        Some(ResultKinds::Untold) => notes.push(
            "results are counted as conversions: the file does not tell of what kind they are; add the result \
             indicator to the export where they may be clicks or views"
                .to_owned(),
        ),
        _ => {}
    }
    if import.has_rounded_ids {
        notes.push(
            "all long campaign ids end in 000, as spreadsheets leave them; if yours do not, export the file anew \
             and do not save it there"
                .to_owned(),
        );
    }
    if import.days.is_empty() && import.splits.is_empty() {
        notes.push("no row of the file can be taken".to_owned());
    }
    notes
}

//! Ad reports from files, as the platforms' export screens write them: text of any usual encoding and
//! separator, or Parquet. A file is read, told about and judged by the rules every report must keep;
//! nothing here takes it in.

mod text;
mod number;
mod date;
mod csv;
mod columnar;
mod header;
mod meta;
mod google;
mod tiktok;
mod snapchat;
mod linkedin;
mod pinterest;
mod sheet;
mod learn;
mod row;
mod results;
mod fold;

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use stratum_models::ad_report::{AdReport, AdReportSplit};
use stratum_models::money::Currency;
use stratum_models::platform::Platform;

pub use self::date::DateOrder;
pub use self::row::{RowFault, SkipReason};

use self::fold::{FileRows, RowSet};
use self::header::{Field, Mapping};
use self::learn::learn;
use self::row::{Origin, Results, RowReader, Verdict};
use self::sheet::Sheet;
use stratum_wire::ad_reports::{Column, Judge};

/// Bounds of imported files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImportConfig {
    /// Bytes of a file as it is sent.
    pub file_bytes_max: usize,
    /// Bytes that the pages of a Parquet file may unpack to, one after the other.
    pub unpacked_bytes_max: usize,
    /// Rows of a file.
    pub rows_max: usize,
    /// Files read at once; more wait for their turn.
    pub running_max: usize,
    /// Of them, those of one tenant.
    pub running_per_tenant_max: usize,
    /// Whole files that wait for their turn, which goes round the tenants; more are refused.
    pub waiting_max: usize,
    /// Of them, those of one tenant.
    pub waiting_per_tenant_max: usize,
    /// Longest wait for a turn.
    pub wait_ms_max: u64,
    /// Bytes of all files that arrive, wait or are read.
    pub bytes_max: usize,
    /// Of them, those of one tenant.
    pub bytes_per_tenant_max: usize,
    /// The time that the log may take to have room for all rows.
    pub append_wait_ms_max: u64,
}

impl Default for ImportConfig {
    fn default() -> ImportConfig {
        ImportConfig {
            file_bytes_max: 64 << 20,
            unpacked_bytes_max: 512 << 20,
            rows_max: 200_000,
            running_max: 2,
            running_per_tenant_max: 1,
            waiting_max: 32,
            waiting_per_tenant_max: 4,
            wait_ms_max: 15_000,
            bytes_max: 256 << 20,
            bytes_per_tenant_max: 96 << 20,
            append_wait_ms_max: 30_000,
        }
    }
}

/// The facts that a user tells of a file.
#[derive(Clone, Debug, Default)]
pub struct ImportRequest {
    /// The platform, where rows do not name it.
    pub platform: Option<Platform>,
    /// The ad account, where rows do not name it.
    pub account_id: Option<String>,
    /// The currency, where neither rows nor headers name it.
    pub currency: Option<Currency>,
    /// The order of days that can be read in two ways.
    pub date_order: Option<DateOrder>,
    /// Whether fractions begin at a comma; found out where not said.
    pub decimal_comma: Option<bool>,
    /// Columns by their headers: the field each is, or none.
    pub mapping: BTreeMap<String, Option<String>>,
}

/// Why a file cannot be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unreadable {
    /// The parameter that would help; `None` where it is the file.
    pub field: Option<&'static str>,
    /// In words that say what to do.
    pub message: String,
}

impl Unreadable {
    fn file(message: impl Into<String>) -> Unreadable {
        Unreadable { field: None, message: message.into() }
    }

    fn mapping(message: &str) -> Unreadable {
        Unreadable { field: Some("mapping"), message: message.to_owned() }
    }
}

/// The facts that were found out about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// `csv` or `parquet`.
    pub format: &'static str,
    /// Of a text file.
    pub encoding: Option<&'static str>,
    /// The character that separates the cells of a text file.
    pub delimiter: Option<char>,
    /// Lines before that of the headers.
    pub title_lines: usize,
    /// The mark of fractions, where numbers tell it.
    pub decimal_mark: Option<char>,
    /// The order in which days are written.
    pub date_order: DateOrder,
    /// Rows under the headers, blank ones left out.
    pub rows: usize,
}

impl FileFacts {
    fn columnar() -> FileFacts {
        FileFacts {
            format: "parquet",
            encoding: None,
            delimiter: None,
            title_lines: 0,
            decimal_mark: Some('.'),
            date_order: DateOrder::YearMonthDay,
            rows: 0,
        }
    }

    fn text(encoding: &'static str, delimiter: u8, title_lines: usize) -> FileFacts {
        FileFacts {
            format: "csv",
            encoding: Some(encoding),
            delimiter: Some(char::from(delimiter)),
            title_lines,
            decimal_mark: None,
            ..FileFacts::columnar()
        }
    }
}

/// A file that was read and judged.
#[derive(Debug)]
pub struct Import {
    /// The facts of the file.
    pub file: FileFacts,
    /// The platform of its rows; `None` where they name it themselves.
    pub platform: Option<Platform>,
    /// The columns that are used, and as what, in the file's order.
    pub columns: Vec<(String, &'static str)>,
    /// The columns that are not.
    pub unused: Vec<String>,
    /// Campaigns' days.
    pub days: Vec<AdReport>,
    /// The number of them, the last ones, that are sums of ad sets or ads.
    pub days_made: usize,
    /// Parts of them.
    pub splits: Vec<AdReportSplit>,
    /// Rows that are no rows of a report, with their places.
    pub left_out: Vec<(SkipReason, u64)>,
    /// The number of rows that break a rule.
    pub faulty_rows: usize,
    /// The faults of the first of them.
    pub faults: Vec<RowFault>,
    /// The kinds of results, where conversions are a column of results; `None` where they are not.
    pub results: Option<ResultKinds>,
    /// Whether every long id ends in zeros, as spreadsheets leave them.
    pub has_rounded_ids: bool,
}

/// The kinds of results of a file, which are conversions or something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultKinds {
    /// The file does not tell their kind; they count as conversions.
    Untold,
    /// It does; in so many rows they are of another kind and do not count.
    Told {
        /// Rows.
        others: usize,
    },
}

/// Faults that are told at most.
const FAULTS_MAX: usize = 100;

/// Reads a file. Runs long and waits for nothing: it belongs on a thread of its own.
pub fn read_file(
    file: &Bytes,
    request: &ImportRequest,
    judge: &Judge<'_>,
    limits: &ImportConfig,
) -> Result<Import, Unreadable> {
    let (sheet, mut facts) = Sheet::open(file, request, limits)?;
    let mapping = Mapping::of(sheet.headers(), request)?;
    let defaults = defaults(&mapping, request)?;
    learn(&sheet, &mapping, request, limits, &mut facts)?;
    let reader = RowReader {
        mapping: &mapping,
        width: sheet.headers().len(),
        origin: Origin::of(sheet.headers()),
        judge,
        order: facts.date_order,
        mark: facts.decimal_mark,
        defaults: &defaults,
    };
    let mut rows = Rows::of(&mapping, sheet.headers().len());
    sheet.each(&mut |place, cells| {
        rows.add(place, cells, reader.read(cells));
        true
    })?;
    facts.rows = rows.met;
    Ok(rows.into_import(facts, &mapping, sheet.headers(), request))
}

/// The values of every row that no column gives; refuses a file that lacks what no default can give.
fn defaults(
    mapping: &Mapping,
    request: &ImportRequest,
) -> Result<Vec<(Column, String)>, Unreadable> {
    const REQUIRED: [(Column, &str); 5] = [
        (Column::CampaignId, "of campaign ids (`campaign_id`)"),
        (Column::Date, "of days (`date`): break the export down by day"),
        (Column::Spend, "of amounts spent (`spend`)"),
        (Column::Impressions, "of impressions (`impressions`)"),
        (Column::Clicks, "of clicks (`clicks`)"),
    ];
    if let Some((_, what)) = REQUIRED.iter().find(|(column, _)| !mapping.has(*column)) {
        let message =
            format!("no column {what}; add it to the export, or name the column in `mapping`");
        return Err(Unreadable { field: Some("mapping"), message });
    }
    let platform =
        request.platform.or(mapping.platform).map(|platform| platform.as_str().to_owned());
    let currency = mapping.currency.or(request.currency).map(|code| code.as_str().to_owned());
    let mut defaults = Vec::new();
    for (column, value) in [
        (Column::Platform, platform),
        (Column::AccountId, request.account_id.clone()),
        (Column::Currency, currency),
    ] {
        match value {
            _ if mapping.has(column) => {}
            Some(value) => defaults.push((column, value)),
            None => {
                let message = format!("the file does not say it; give `{}`", column.name());
                return Err(Unreadable { field: Some(column.name()), message });
            }
        }
    }
    Ok(defaults)
}

/// The rows of a file, by what became of them.
#[derive(Default)]
struct Rows {
    met: usize,
    kept: RowSet,
    left_out: Vec<(SkipReason, u64)>,
    faulty_rows: usize,
    faults: Vec<RowFault>,
    other_results: usize,
    /// Columns that are not read.
    unread: Vec<usize>,
}

impl Rows {
    fn of(mapping: &Mapping, width: usize) -> Rows {
        let is_read = |at: &usize| mapping.fields.iter().any(|(_, index)| index == at);
        let unread = (0..width).filter(|at| !is_read(at)).collect();
        Rows { unread, ..Rows::default() }
    }

    fn add(&mut self, place: u64, cells: &[&str], verdict: Verdict) {
        match verdict {
            Verdict::Blank => return,
            Verdict::Judged(row, results) => {
                self.other_results += usize::from(results == Results::OtherKind);
                let unread = self.unread.iter().filter_map(|at| cells.get(*at).copied());
                self.kept.push(place, unread, *row);
            }
            Verdict::Skip(reason) => self.left_out.push((reason, place)),
            Verdict::Faulty(faults) => {
                self.faulty_rows += 1;
                for (column, message) in faults {
                    let field = column.map(Column::name);
                    self.fault(RowFault { row: place, field, message });
                }
            }
        }
        self.met += 1;
    }

    fn fault(&mut self, fault: RowFault) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        }
    }

    fn into_import(
        mut self,
        file: FileFacts,
        mapping: &Mapping,
        headers: &[String],
        request: &ImportRequest,
    ) -> Import {
        let FileRows { days, days_made, splits, left_out, faults, .. } =
            std::mem::take(&mut self.kept).settle();
        self.faulty_rows += faults.len();
        faults.into_iter().for_each(|fault| self.fault(fault));
        self.faults.sort_by_key(|fault| fault.row);
        self.left_out.extend(left_out);
        let used = |at: &usize| mapping.fields.iter().any(|(_, index)| index == at);
        let columns = mapping
            .fields
            .iter()
            .filter_map(|(field, index)| Some((headers.get(*index)?.clone(), field.name())));
        let unused = headers.iter().enumerate().filter(|(at, name)| !used(at) && !name.is_empty());
        let names_it = mapping.has(Column::Platform);
        let results = mapping.counts_results.then(|| match mapping.index(Field::ResultKind) {
            Some(_) => ResultKinds::Told { others: self.other_results },
            None => ResultKinds::Untold,
        });
        Import {
            results,
            has_rounded_ids: has_rounded_ids(&days),
            file,
            platform: request.platform.or(mapping.platform).filter(|_| !names_it),
            columns: columns.collect(),
            unused: unused.map(|(_, name)| name.clone()).collect(),
            days,
            days_made,
            splits,
            left_out: self.left_out,
            faulty_rows: self.faulty_rows,
            faults: self.faults,
        }
    }
}

/// Whether there are ids too long for a spreadsheet, and all of them end as one leaves them: it keeps
/// fifteen digits.
fn has_rounded_ids(days: &[AdReport]) -> bool {
    const KEPT_DIGITS: usize = 15;
    let mut long = days
        .iter()
        .map(|day| day.campaign_id.as_str())
        .filter(|id| id.len() > KEPT_DIGITS && id.bytes().all(|byte| byte.is_ascii_digit()))
        .peekable();
    long.peek().is_some() && long.all(|id| id.ends_with("000"))
}

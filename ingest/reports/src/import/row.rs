//! A row of a file, as a row that the judge reads.

use stratum_models::export::ExportType;
use stratum_models::name_set;

use super::date::{self, DateOrder};
use super::header::{Field, Mapping};
use super::{number, results};
use stratum_wire::ad_reports::{Column, Judge, JudgedRow, Row};

/// The text that a Parquet file's absent cell reads as.
pub(super) const NULL: &str = "null";
const NO_NUMBER: &str = "must be a number; groups of thousands have three digits each";

/// The reader of the rows of a file.
pub(super) struct RowReader<'r> {
    pub(super) mapping: &'r Mapping,
    /// Cells of a row.
    pub(super) width: usize,
    /// Whether it is a file of ours.
    pub(super) origin: Origin,
    pub(super) judge: &'r Judge<'r>,
    pub(super) order: DateOrder,
    /// The mark of fractions, where it is known.
    pub(super) mark: Option<char>,
    /// The values of every row that the file does not give.
    pub(super) defaults: &'r [(Column, String)],
}

/// Whether a file is one of our own exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// It is of somebody else.
    Foreign,
    /// All of its headers are ours: a text that spreadsheets would take for a formula has an apostrophe.
    OurNames,
    /// It has columns that only our exports have: a row may tell what our events show and no report.
    OurExport,
}

impl Origin {
    /// By the headers of a file.
    pub(super) fn of(headers: &[String]) -> Origin {
        let ours = |name: &String| ExportType::CampaignMetrics.column(name).is_some();
        let tracked = |name: &String| name.starts_with("tracked_");
        if !headers.iter().all(ours) {
            Origin::Foreign
        } else if headers.iter().any(tracked) {
            Origin::OurExport
        } else {
            Origin::OurNames
        }
    }

    /// A text as it was before it was exported.
    fn unescaped(self, text: &str) -> &str {
        let rest = text.strip_prefix('\'').filter(|_| self != Origin::Foreign);
        // Before a letter or a digit none is written, so there it belongs to the text.
        rest.filter(|rest| !rest.starts_with(char::is_alphanumeric)).unwrap_or(text)
    }
}

name_set! {
    /// Why a row is no row of a report.
    SkipReason {
        /// It sums up others.
        Summary = "summary",
        /// It is broken down and names no part: what the platform could not tell. The day itself holds it.
        Unknown = "unknown_part",
        /// It says again what another row says.
        Repeated = "repeated",
        /// It reports nothing: a row of an export of ours may hold what our own events show alone.
        NothingReported = "nothing_reported",
    }
}

/// The fault of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// The line of a text file, the number of a row of a Parquet file; both from 1.
    pub row: u64,
    /// Our name of the column, `None` when the row is wrong as a whole.
    pub field: Option<&'static str>,
    /// In words; the cell is not quoted.
    pub message: String,
}

/// The results of a row: conversions, or something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Results {
    /// They count as conversions, or there are none.
    Counted,
    /// They are none: their kind is another one.
    OtherKind,
}

/// The verdict on a row.
pub(super) enum Verdict {
    Judged(Box<JudgedRow>, Results),
    Skip(SkipReason),
    Faulty(Vec<(Option<Column>, String)>),
    /// No cell holds anything.
    Blank,
}

impl RowReader<'_> {
    pub(super) fn read(&self, cells: &[&str]) -> Verdict {
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            return Verdict::Blank;
        }
        if let Some(fault) = self.misfit(cells) {
            return fault;
        }
        if self.is_summary(cells) {
            return Verdict::Skip(SkipReason::Summary);
        }
        if self.names_no_part(cells) {
            return Verdict::Skip(SkipReason::Unknown);
        }
        if self.origin == Origin::OurExport && self.reports_nothing(cells) {
            return Verdict::Skip(SkipReason::NothingReported);
        }
        let mut faults = Vec::new();
        let (texts, counts) = self.texts(cells, &mut faults);
        let row: Row<'_> = texts.iter().map(|(column, text)| (*column, text.as_str())).collect();
        match self.judge.judge(&row) {
            Ok(judged) if faults.is_empty() => Verdict::Judged(Box::new(judged), counts),
            Ok(_) => Verdict::Faulty(faults),
            Err(more) => {
                let known: Vec<_> = faults.iter().map(|(column, _)| *column).collect();
                let more = more.into_iter().filter(|fault| !known.contains(&fault.column));
                faults.extend(more.map(|fault| (fault.column, fault.message.into_owned())));
                faults.sort_by_key(|(column, _)| column.map(|column| column as usize));
                Verdict::Faulty(faults)
            }
        }
    }

    /// The sign that a row is none of this file: cells that are not under their headers, and errors of a
    /// spreadsheet where a figure, a day or an id should be.
    fn misfit(&self, cells: &[&str]) -> Option<Verdict> {
        if cells.len() != self.width {
            // What stands under the rows of a report is no row of it.
            if says_total(cells) {
                return Some(Verdict::Skip(SkipReason::Summary));
            }
            let message = format!(
                "has {} cells under {} headers: the file was cut off, or a text with a separator is not in quotes",
                cells.len(),
                self.width
            );
            return Some(Verdict::Faulty(vec![(None, message)]));
        }
        let is_name =
            |column| matches!(column, Column::CampaignName | Column::AdSetName | Column::AdName);
        let wrong = self.mapping.fields.iter().filter_map(|(field, index)| match field {
            Field::Of(column) if !is_name(*column) => {
                cells.get(*index).filter(|cell| number::is_error(cell)).map(|_| *column)
            }
            _ => None,
        });
        let message = "holds an error of a spreadsheet";
        let faults: Vec<_> = wrong.map(|column| (Some(column), message.to_owned())).collect();
        (!faults.is_empty()).then_some(Verdict::Faulty(faults))
    }

    /// The cell of a column, `None` where it says that there is nothing.
    fn cell<'c>(&self, cells: &[&'c str], column: Column) -> Option<&'c str> {
        let index = self.mapping.index(Field::Of(column))?;
        cells.get(index).map(|cell| cell.trim()).filter(|cell| !number::is_none(cell))
    }

    /// Sums of many rows name no campaign, or no day.
    fn is_summary(&self, cells: &[&str]) -> bool {
        let says_so = says_total(cells);
        let no_day = self.cell(cells, Column::Date).is_none();
        match self.cell(cells, Column::CampaignId) {
            Some(_) => says_so && no_day,
            None => says_so || no_day || self.cell(cells, Column::CampaignName).is_none(),
        }
    }

    fn reports_nothing(&self, cells: &[&str]) -> bool {
        let figures = self.mapping.fields.iter().filter_map(|(field, index)| match field {
            Field::Of(column) if is_figure(*column) => cells.get(*index),
            _ => None,
        });
        figures.into_iter().all(|cell| ["0", "0.00"].contains(&cell.trim()))
    }

    fn names_no_part(&self, cells: &[&str]) -> bool {
        let unknown = |column: Column| {
            let cell = self.cell(cells, column).map(str::to_lowercase);
            let words = ["unknown", "unspecified", "other", "not set", "(not set)", "undetermined"];
            cell.is_none_or(|cell| column == Column::Country && words.contains(&cell.as_str()))
        };
        [Column::Country, Column::Device]
            .into_iter()
            .any(|column| self.mapping.has(column) && unknown(column))
    }

    /// The row in our own writing, and what became of its results.
    fn texts(
        &self,
        cells: &[&str],
        faults: &mut Vec<(Option<Column>, String)>,
    ) -> (Vec<(Column, String)>, Results) {
        let mut texts = self.defaults.to_vec();
        let mut results = Results::Counted;
        for (field, index) in &self.mapping.fields {
            let cell = cells.get(*index).map(|cell| cell.trim()).unwrap_or_default();
            let told = if number::is_none(cell) { "" } else { cell };
            match field {
                Field::Of(Column::Conversions) if !self.counts(cells) => {
                    let none =
                        matches!(number::plain(cell, self.mark).as_deref(), None | Some("0"));
                    results = if none { Results::Counted } else { Results::OtherKind };
                    texts.push((Column::Conversions, "0".to_owned()));
                }
                Field::Of(column) if is_figure(*column) => match self.figure(cell) {
                    Some(figure) => texts.push((*column, figure)),
                    None => faults.push((Some(*column), NO_NUMBER.to_owned())),
                },
                Field::Of(column) => texts.push((*column, self.text(*column, told))),
                Field::LastDay => self.check_one_day(cells, told, faults),
                Field::ResultKind => {}
            }
        }
        (texts, results)
    }

    /// Whether the results of a row are conversions: where the file tells their kind, by that.
    fn counts(&self, cells: &[&str]) -> bool {
        let kind = self.mapping.index(Field::ResultKind).and_then(|index| cells.get(index));
        !self.mapping.counts_results || kind.is_none_or(|kind| results::is_conversion(kind))
    }

    /// A figure in plain digits, empty where it is absent; `None` where it is no number.
    fn figure(&self, cell: &str) -> Option<String> {
        match cell {
            cell if number::is_zero(cell) => Some("0".to_owned()),
            // As in JSON: the judge says whether the figure may be absent.
            cell if cell.eq_ignore_ascii_case(NULL) => Some(String::new()),
            cell => number::plain(cell, self.mark),
        }
    }

    fn text(&self, column: Column, cell: &str) -> String {
        let cell = self.origin.unescaped(cell);
        match column {
            Column::Date => {
                date::day(cell, self.order).map_or_else(|| cell.to_owned(), |day| day.to_string())
            }
            Column::AccountId | Column::CampaignId | Column::AdSetId | Column::AdId => {
                cell.trim_start_matches('=').trim_matches(['"', '\'']).trim().to_owned()
            }
            _ => cell.to_owned(),
        }
    }

    fn check_one_day(
        &self,
        cells: &[&str],
        last: &str,
        faults: &mut Vec<(Option<Column>, String)>,
    ) {
        let first = self.cell(cells, Column::Date).and_then(|first| date::day(first, self.order));
        let last = date::day(last, self.order);
        if let (Some(first), Some(last)) = (first, last)
            && first != last
        {
            let message = "tells of more than one day; break the export down by day";
            faults.push((Some(Column::Date), message.to_owned()));
        }
    }
}

/// Whether the first cell that holds something says that the row sums up others.
fn says_total(cells: &[&str]) -> bool {
    const WORDS: [&str; 6] =
        ["total", "grand total", "results from", "summe", "gesamt", "insgesamt"];
    let first = cells.iter().map(|cell| cell.trim()).find(|cell| !number::is_none(cell));
    let first = first.unwrap_or_default().to_lowercase();
    WORDS.iter().any(|word| first.starts_with(word))
}

const fn is_figure(column: Column) -> bool {
    matches!(
        column,
        Column::Spend
            | Column::Impressions
            | Column::Clicks
            | Column::Conversions
            | Column::Revenue
    )
}

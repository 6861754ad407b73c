//! A row of a file, as a row that the judge reads.

use stratum_models::platform::Platform;

use super::date::{self, DateOrder};
use super::header::{Field, Mapping};
use super::number;
use crate::ad_reports::{Column, Fault, Judge, Judged, Row};

/// What the rows of a file are read with.
pub(super) struct RowReader<'r> {
    pub(super) mapping: &'r Mapping,
    pub(super) judge: &'r Judge<'r>,
    pub(super) order: DateOrder,
    /// The mark of fractions, where it is known.
    pub(super) mark: Option<char>,
    /// What every row says that the file does not say.
    pub(super) defaults: &'r [(Column, String)],
}

/// Why a row is no row of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LeftOut {
    /// It sums up others.
    Summary,
    /// It is broken down and names no part: what the platform could not tell. The day itself holds it.
    Unknown,
    /// It says again what another row says.
    Repeated,
}

impl LeftOut {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            LeftOut::Summary => "summary",
            LeftOut::Unknown => "unknown_part",
            LeftOut::Repeated => "repeated",
        }
    }
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// The line of a text file, the number of a row of a Parquet file; both from 1.
    pub row: u64,
    /// Our name of the column, `None` when the row is wrong as a whole.
    pub field: Option<&'static str>,
    /// In words; the cell is not quoted.
    pub message: String,
}

/// What becomes of a row.
pub(super) enum Verdict {
    Judged(Box<Judged>),
    LeftOut(LeftOut),
    Faulty(Vec<(Option<Column>, String)>),
    /// No cell holds anything.
    Blank,
}

impl RowReader<'_> {
    pub(super) fn read(&self, cells: &[&str]) -> Verdict {
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            return Verdict::Blank;
        }
        if self.is_summary(cells) {
            return Verdict::LeftOut(LeftOut::Summary);
        }
        if self.names_no_part(cells) {
            return Verdict::LeftOut(LeftOut::Unknown);
        }
        let mut faults = Vec::new();
        let texts = self.texts(cells, &mut faults);
        let row: Row<'_> = texts.iter().map(|(column, text)| (*column, text.as_str())).collect();
        match self.judge.judge(&row) {
            Ok(judged) if faults.is_empty() => Verdict::Judged(Box::new(judged)),
            Ok(_) => Verdict::Faulty(faults),
            Err(more) => {
                let known: Vec<_> = faults.iter().map(|(column, _)| *column).collect();
                let more = more.iter().filter(|fault| !known.contains(&fault.column));
                faults.extend(more.map(|fault: &Fault| (fault.column, fault.message.to_owned())));
                Verdict::Faulty(faults)
            }
        }
    }

    /// The cell of a column, `None` where it says that there is nothing.
    fn cell<'c>(&self, cells: &[&'c str], column: Column) -> Option<&'c str> {
        let index = self.mapping.index(Field::Of(column))?;
        cells.get(index).map(|cell| cell.trim()).filter(|cell| !number::is_none(cell))
    }

    /// Sums of many rows name no campaign, or no day.
    fn is_summary(&self, cells: &[&str]) -> bool {
        const WORDS: [&str; 6] =
            ["total", "grand total", "results from", "summe", "gesamt", "insgesamt"];
        let first = cells.iter().map(|cell| cell.trim()).find(|cell| !number::is_none(cell));
        let first = first.unwrap_or_default().to_lowercase();
        let says_so = WORDS.iter().any(|word| first.starts_with(word));
        let no_day = self.cell(cells, Column::Date).is_none();
        match self.cell(cells, Column::CampaignId) {
            Some(_) => says_so && no_day,
            None => says_so || no_day || self.cell(cells, Column::CampaignName).is_none(),
        }
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

    /// The row in our own writing.
    fn texts(
        &self,
        cells: &[&str],
        faults: &mut Vec<(Option<Column>, String)>,
    ) -> Vec<(Column, String)> {
        let mut texts = self.defaults.to_vec();
        for (field, index) in &self.mapping.fields {
            let cell = cells.get(*index).map(|cell| cell.trim()).unwrap_or_default();
            let cell = if number::is_none(cell) { "" } else { cell };
            match field {
                Field::Of(column) => texts.push((*column, self.text(*column, cell, faults))),
                Field::LastDay => self.check_one_day(cells, cell, faults),
            }
        }
        self.plain_account(&mut texts);
        texts
    }

    fn text(
        &self,
        column: Column,
        cell: &str,
        faults: &mut Vec<(Option<Column>, String)>,
    ) -> String {
        let number =
            |whole| number::plain(cell, self.mark, whole).unwrap_or_else(|| cell.to_owned());
        match column {
            // Export screens leave a cell empty where nothing happened.
            Column::Spend
            | Column::Impressions
            | Column::Clicks
            | Column::Conversions
            | Column::Revenue
                if cell.is_empty() =>
            {
                "0".to_owned()
            }
            Column::Impressions | Column::Clicks => number(true),
            Column::Spend | Column::Conversions | Column::Revenue => number(false),
            Column::Date => {
                date::day(cell, self.order).map_or_else(|| cell.to_owned(), |day| day.to_string())
            }
            Column::AccountId | Column::CampaignId | Column::AdSetId | Column::AdId => {
                let id = cell.trim_start_matches('=').trim_matches(['"', '\'']).trim();
                if is_shortened(id) {
                    let message = "was shortened by a spreadsheet; export the file anew and do not save it there";
                    faults.push((Some(column), message.to_owned()));
                }
                id.to_owned()
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

    /// Google's screens write an account with dashes, its interfaces without.
    fn plain_account(&self, texts: &mut [(Column, String)]) {
        let google = texts.iter().any(|(column, text)| {
            *column == Column::Platform && text.eq_ignore_ascii_case(Platform::Google.as_str())
        });
        let account = texts.iter_mut().find(|(column, _)| *column == Column::AccountId);
        if let Some((_, account)) = account.filter(|_| google) {
            account.retain(|letter| letter != '-');
        }
    }
}

/// `2.38426E+16`: the last digits of the id are gone.
fn is_shortened(id: &str) -> bool {
    let lower = id.to_ascii_lowercase();
    lower.split_once("e+").is_some_and(|(digits, power)| {
        let number = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',')
        };
        number(digits) && number(power)
    })
}

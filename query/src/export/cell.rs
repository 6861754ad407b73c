//! The cells of a batch, column by column, and numbers, days and instants as text.

use arrow::array::{
    Array as _, ArrayRef, ArrowPrimitiveType, AsArray as _, BooleanArray, PrimitiveArray,
    RecordBatch, StringArray,
};
use arrow::datatypes::{Date32Type, Float64Type, Int32Type, Int64Type, TimestampMillisecondType};
use stratum_models::export::{ColumnKind, ExportColumn};

use super::{EncodeError, failed};

/// The cells of one column.
pub(super) enum Cells<'a> {
    Names {
        keys: &'a PrimitiveArray<Int32Type>,
        rendered: Vec<Vec<u8>>,
    },
    /// With whether no text of the batch holds anything to be quoted.
    Texts {
        texts: &'a StringArray,
        plain: bool,
    },
    Counts(&'a PrimitiveArray<Int64Type>),
    Decimals(&'a PrimitiveArray<Int64Type>),
    Days(&'a PrimitiveArray<Date32Type>),
    Instants(&'a PrimitiveArray<TimestampMillisecondType>),
    Flags(&'a BooleanArray),
    Ratios(&'a PrimitiveArray<Float64Type>),
}

/// The quoting of texts in a format.
pub(super) trait Quote {
    /// Whether none of these bytes, which are texts one behind the other, is to be quoted.
    fn is_plain(texts: &[u8]) -> bool;
    /// Writes a text of which nothing is known.
    fn write(text: &str, out: &mut Vec<u8>);
    /// Writes one of which no byte is to be quoted.
    fn write_plain(text: &str, out: &mut Vec<u8>);
}

impl<'a> Cells<'a> {
    fn of<Q: Quote>(column: &ExportColumn, cells: &'a ArrayRef) -> Result<Cells<'a>, EncodeError> {
        let cells = match column.kind {
            ColumnKind::Name => names::<Q>(cells),
            ColumnKind::Text => cells
                .as_string_opt::<i32>()
                .map(|texts| Cells::Texts { texts, plain: Q::is_plain(of_batch(texts)) }),
            ColumnKind::Count => primitive(cells).map(Cells::Counts),
            ColumnKind::Decimal => primitive(cells).map(Cells::Decimals),
            ColumnKind::Day => primitive(cells).map(Cells::Days),
            ColumnKind::Instant => primitive(cells).map(Cells::Instants),
            ColumnKind::Flag => cells.as_boolean_opt().map(Cells::Flags),
            ColumnKind::Ratio => primitive(cells).map(Cells::Ratios),
        };
        cells.ok_or_else(|| failed("a batch has another layout than its export"))
    }

    pub(super) fn is_null(&self, row: usize) -> bool {
        match self {
            Cells::Names { keys, .. } => keys.is_null(row),
            Cells::Texts { texts, .. } => texts.is_null(row),
            Cells::Counts(cells) | Cells::Decimals(cells) => cells.is_null(row),
            Cells::Days(cells) => cells.is_null(row),
            Cells::Instants(cells) => cells.is_null(row),
            Cells::Flags(cells) => cells.is_null(row),
            Cells::Ratios(cells) => cells.is_null(row),
        }
    }

    /// Writes a cell that is there. `mark` stands around days and instants.
    pub(super) fn write<Q: Quote>(&self, row: usize, mark: &[u8], out: &mut Vec<u8>) {
        match self {
            Cells::Names { keys, rendered } => {
                let key = usize::try_from(keys.value(row)).unwrap_or_default();
                out.extend_from_slice(rendered.get(key).map_or(&[], Vec::as_slice));
            }
            Cells::Texts { texts, plain: true } => Q::write_plain(texts.value(row), out),
            Cells::Texts { texts, .. } => Q::write(texts.value(row), out),
            Cells::Counts(cells) => count(cells.value(row), out),
            Cells::Decimals(cells) => decimal(cells.value(row), out),
            Cells::Days(cells) => {
                out.extend_from_slice(mark);
                day(cells.value(row), out);
                out.extend_from_slice(mark);
            }
            Cells::Instants(cells) => {
                out.extend_from_slice(mark);
                instant(cells.value(row), out);
                out.extend_from_slice(mark);
            }
            Cells::Flags(cells) => {
                out.extend_from_slice(if cells.value(row) { b"true" } else { b"false" });
            }
            Cells::Ratios(cells) => ratio(cells.value(row), out),
        }
    }
}

/// Every column of a batch.
pub(super) fn columns<'a, Q: Quote>(
    columns: &[&'static ExportColumn],
    batch: &'a RecordBatch,
) -> Result<Vec<Cells<'a>>, EncodeError> {
    if columns.len() != batch.num_columns() {
        return Err(failed("a batch has another number of columns than its export"));
    }
    columns
        .iter()
        .zip(batch.columns())
        .map(|(column, cells)| Cells::of::<Q>(column, cells))
        .collect()
}

fn primitive<T: ArrowPrimitiveType>(cells: &ArrayRef) -> Option<&PrimitiveArray<T>> {
    cells.as_primitive_opt::<T>()
}

/// Each name is written once a batch, however often it stands in it.
fn names<Q: Quote>(cells: &ArrayRef) -> Option<Cells<'_>> {
    let names = cells.as_dictionary_opt::<Int32Type>()?;
    let values = names.values().as_string_opt::<i32>()?;
    let rendered = (0..values.len()).map(|at| {
        let mut text = Vec::new();
        Q::write(values.value(at), &mut text);
        text
    });
    Some(Cells::Names { keys: names.keys(), rendered: rendered.collect() })
}

/// The texts of a batch, one behind the other.
fn of_batch(texts: &StringArray) -> &[u8] {
    let offsets = texts.value_offsets();
    let (first, last) = (offsets.first().copied(), offsets.last().copied());
    let place =
        |offset: Option<i32>| usize::try_from(offset.unwrap_or_default()).unwrap_or_default();
    texts.value_data().get(place(first)..place(last)).unwrap_or_default()
}

const TWO_DIGITS: [[u8; 2]; 100] = {
    let mut all = [[b'0'; 2]; 100];
    let mut at = 0;
    while at < 100 {
        all[at] = [b'0' + (at / 10) as u8, b'0' + (at % 10) as u8];
        at += 1;
    }
    all
};

/// The last two digits of a number.
fn two(number: u32) -> [u8; 2] {
    TWO_DIGITS[(number % 100) as usize]
}

pub(super) fn count(number: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Millionths as a decimal: two digits behind the point, more where there are more.
pub(super) fn decimal(micros: i64, out: &mut Vec<u8>) {
    let (units, rest) =
        (micros.unsigned_abs() / 1_000_000, (micros.unsigned_abs() % 1_000_000) as u32);
    if micros < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(itoa::Buffer::new().format(units).as_bytes());
    let ([a, b], [c, d], [e, f]) = (two(rest / 10_000), two(rest / 100), two(rest));
    let digits = [b'.', a, b, c, d, e, f];
    let zeros = digits.iter().skip(3).rev().take_while(|digit| **digit == b'0').count();
    out.extend_from_slice(&digits[..digits.len() - zeros]);
}

/// `2026-03-31`, of days since 1970.
pub(super) fn day(days: i32, out: &mut Vec<u8>) {
    let (year, month, day) = civil(i64::from(days));
    let year = year.clamp(0, 9999).unsigned_abs() as u32;
    let ([a, b], [c, d]) = (two(year / 100), two(year));
    let ([e, f], [g, h]) = (two(month), two(day));
    out.extend_from_slice(&[a, b, c, d, b'-', e, f, b'-', g, h]);
}

/// `2026-03-31T23:59:59.123Z`, of milliseconds since 1970.
pub(super) fn instant(ms: i64, out: &mut Vec<u8>) {
    const DAY_MS: i64 = 86_400_000;
    day(i32::try_from(ms.div_euclid(DAY_MS)).unwrap_or_default(), out);
    let ms = ms.rem_euclid(DAY_MS) as u32;
    let seconds = ms / 1000;
    let ([a, b], [c, d]) = (two(seconds / 3600), two(seconds / 60 % 60));
    let ([e, f], [g, h]) = (two(seconds % 60), two(ms % 1000 / 10));
    let last = b'0' + (ms % 10) as u8;
    out.extend_from_slice(&[b'T', a, b, b':', c, d, b':', e, f, b'.', g, h, last, b'Z']);
}

/// Year, month and day in the Gregorian calendar, counted in eras of 400 years from March on.
fn civil(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = (of_year - (153 * month + 2) / 5 + 1) as u32;
    let month = if month < 10 { month + 3 } else { month - 9 } as u32;
    (year + era * 400 + i64::from(month <= 2), month, day)
}

fn ratio(value: f64, out: &mut Vec<u8>) {
    use std::io::Write as _;
    // Writing into memory cannot fail; the shortest text that reads back as the same number.
    let _ = write!(out, "{value}");
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate, SecondsFormat};

    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn decimals_are_exact_and_keep_two_digits() {
        for (micros, wanted) in [
            (0, "0.00"),
            (1, "0.000001"),
            (-1, "-0.000001"),
            (10_000, "0.01"),
            (12_500_000, "12.50"),
            (12_340_100, "12.3401"),
            (-999_999, "-0.999999"),
            (i64::MAX, "9223372036854.775807"),
            (i64::MIN, "-9223372036854.775808"),
        ] {
            assert_eq!(text(|out| decimal(micros, out)), wanted);
        }
    }

    #[test]
    fn every_day_reads_as_the_calendar_has_it() {
        let first = NaiveDate::from_ymd_opt(1969, 1, 1).unwrap();
        for (at, date) in first.iter_days().take(366 * 140).enumerate() {
            let days = i32::try_from(at).unwrap() - 365;
            assert_eq!(text(|out| day(days, out)), date.to_string());
        }
    }

    #[test]
    fn instants_have_milliseconds_and_a_zone() {
        for ms in [0, -1, 1_774_742_399_999, 951_782_400_005, 4_102_444_799_010] {
            let wanted = DateTime::from_timestamp_millis(ms).unwrap();
            let wanted = wanted.to_rfc3339_opts(SecondsFormat::Millis, true);
            assert_eq!(text(|out| instant(ms, out)), wanted);
        }
    }
}

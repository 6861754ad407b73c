//! The notation of a file's numbers and days.

use super::date::DateOrders;
use super::header::{Field, Mapping};
use super::number::{Decimals, UndecidedMark};
use super::row::Origin;
use super::sheet::Sheet;
use super::{FileFacts, ImportConfig, ImportRequest, Unreadable};
use stratum_wire::ad_reports::Column;

/// Finds out, from all rows, how numbers and days are written.
pub(super) fn learn(
    sheet: &Sheet<'_>,
    mapping: &Mapping,
    request: &ImportRequest,
    limits: &ImportConfig,
    facts: &mut FileFacts,
) -> Result<(), Unreadable> {
    const FIGURES: [(Column, bool); 5] = [
        (Column::Spend, false),
        (Column::Conversions, false),
        (Column::Revenue, false),
        (Column::Impressions, true),
        (Column::Clicks, true),
    ];
    let index = |column| mapping.index(Field::Of(column));
    let figures: Vec<(usize, bool)> =
        FIGURES.iter().filter_map(|(column, whole)| Some((index(*column)?, *whole))).collect();
    let (day, width) = (index(Column::Date), sheet.headers().len());
    let (mut decimals, mut orders, mut rows) = (Decimals::default(), DateOrders::default(), 0);
    sheet.each(&mut |_, cells| {
        rows += 1;
        // What is not under its header tells nothing.
        let fits = cells.len() == width;
        for (at, whole) in figures.iter().filter(|_| fits) {
            cells.get(*at).into_iter().for_each(|cell| decimals.learn(cell, *whole));
        }
        if let Some(cell) = day.filter(|_| fits).and_then(|at| cells.get(at)) {
            orders.learn(cell);
        }
        rows <= limits.rows_max
    })?;
    if rows > limits.rows_max {
        let message = format!("a file may hold {} rows at most; split it", limits.rows_max);
        return Err(Unreadable::file(message));
    }
    let points =
        matches!(sheet, Sheet::Columnar(_)) || Origin::of(sheet.headers()) == Origin::OurExport;
    facts.decimal_mark = match request.decimal_comma.or(points.then_some(false)) {
        Some(comma) => Some(if comma { ',' } else { '.' }),
        None => decimals.mark().map_err(|UndecidedMark| {
            let message = "numbers such as 1.000 can be read in two ways; give `decimal`, the mark of fractions, \
                as point or comma";
            Unreadable { field: Some("decimal"), message: message.to_owned() }
        })?,
    };
    facts.date_order = match request.date_order.or_else(|| orders.order()) {
        Some(order) => order,
        None => {
            let message =
                "days such as 03/04/2026 can be read in two ways; give `date_format` as DMY or MDY";
            return Err(Unreadable { field: Some("date_format"), message: message.to_owned() });
        }
    };
    Ok(())
}

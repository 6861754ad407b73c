//! Files that read wrongly if one is not careful: what people found in theirs, and what lies beside it.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use stratum_models::platform::Platform;
use stratum_reports::import::{Import, ImportRequest, ResultKinds, SkipReason, Unreadable};

use crate::import::{account, days, places, read};

fn google() -> ImportRequest {
    let (platform, currency) = (Some(Platform::Google), "EUR".parse().ok());
    ImportRequest { platform, currency, ..account("1112223333") }
}

fn spent(import: &Import) -> i64 {
    import.days.iter().map(|day| day.spend_micros).sum()
}

/// The row and the field of each fault.
fn faults(import: &Import) -> Vec<(u64, &str)> {
    import.faults.iter().map(|fault| (fault.row, fault.field.unwrap_or(""))).collect()
}

const HEADERS: &str = "Day,Campaign ID,Campaign,Cost,Impr.,Clicks,Conversions,Conv. value\n";
const ROW: &str = "2026-09-02,809,Spring,60.00,2000,20,2,90\n";

#[test]
fn a_row_that_does_not_fit_its_header_is_faulty() {
    for (row, why) in [
        ("2026-09-03,809,Spr", "cut off in a text"),
        ("2026-09-03,809", "cut off behind the id"),
        ("2026-", "cut off in its first cell"),
        ("2026-09-03,809,Spring,60.00,2000,20,2", "cut off before its last cell"),
        ("2026-09-03,809,Black,Friday,60.00,2000,20,2,90", "a comma in the name"),
        ("2026-09-03,809,Spring,60.00,2000,20,2,90,", "one cell more, though it is empty"),
    ] {
        let import = read(format!("{HEADERS}{ROW}{row}"), &google()).unwrap();
        assert_eq!((faults(&import), import.days.len()), (vec![(3, "")], 1), "{why}");
        assert!(import.faults[0].message.contains("under 8 headers"), "{:?}", import.faults);
    }
    let shifted = "Day,Campaign,Campaign ID,Cost,Impr.,Clicks,Conversions,Conv. value\n\
        2026-09-03,Black,Friday,808,12,1000,10,1,50\n";
    let import = read(shifted, &google()).unwrap();
    assert_eq!((faults(&import), import.days.len()), (vec![(2, "")], 0));
    // What stands behind the rows is no row.
    let import = read(format!("{HEADERS}{ROW}\nTotal: Account,60.00\n,,\n"), &google()).unwrap();
    assert_eq!((import.faulty_rows, places(&import, SkipReason::Summary).len()), (0, 1));
}

#[test]
fn rows_that_differ_in_a_column_that_is_not_read_are_no_repeats() {
    let file = |other: &str, figures: &str| {
        format!(
            "Day,Campaign ID,Campaign name,Age,Amount spent (EUR),Impressions,Clicks (all)\n\
             2026-09-04,810,S,25-34,5.00,100,1\n2026-09-04,810,S,{other},{figures}\n"
        )
    };
    for (other, figures) in [("35-44", "5.00,100,1"), ("35-44", "7.00,90,2"), ("", "5.00,100,1")] {
        let import = read(
            file(other, figures),
            &ImportRequest { platform: Some(Platform::Meta), ..account("555") },
        );
        let import = import.unwrap();
        assert_eq!((faults(&import), import.days.len()), (vec![(2, ""), (3, "")], 0), "{other}");
        assert_eq!(import.left_out, []);
    }
    let repeated = read(
        file("25-34", "5.00,100,1"),
        &ImportRequest { platform: Some(Platform::Meta), ..account("555") },
    );
    assert_eq!(places(&repeated.unwrap(), SkipReason::Repeated), [3]);
}

/// Spend, impressions and clicks of rows under a separator.
fn figures(separator: &str, rows: &[[&str; 3]]) -> String {
    let row = |(at, row): (usize, &[&str; 3])| {
        let [spend, impressions, clicks] = row;
        let day = format!("2026-09-{:02}", at + 1);
        [day.as_str(), "701", "A", spend, impressions, clicks].join(separator) + "\n"
    };
    let headers = ["Day", "Campaign ID", "Campaign", "Cost", "Impr.", "Clicks"].join(separator);
    headers + "\n" + &rows.iter().enumerate().map(row).collect::<String>()
}

#[test]
fn the_whole_file_tells_how_its_numbers_are_written() {
    for (separator, rows, micros) in [
        (
            ";",
            [["75.000", "12.345", "80"], ["1.250.000", "98.000", "410"]].as_slice(),
            1_325_000_000_000,
        ),
        (";", &[["1.000", "12.345", "80"], ["2.500", "1.000", "7"]], 3_500_000_000),
        (";", &[["236,48", "1", "1"], ["1.488,69", "1", "1"], ["1.000", "1", "1"]], 2_725_170_000),
        (";", &[["0,500", "1000", "10"]], 500_000),
        (",", &[["0.500", "1", "1"], ["1.250", "1", "1"]], 1_750_000),
        (",", &[["1234.567", "1", "1"]], 1_234_567_000),
        (";", &[["1,000", "12,345", "1"]], 1_000_000_000),
        (",", &[["1000", "12", "3"]], 1_000_000_000),
    ] {
        let import = read(figures(separator, rows), &google()).unwrap();
        assert_eq!((import.faults.as_slice(), spent(&import)), ([].as_slice(), micros), "{rows:?}");
    }
}

#[test]
fn what_no_number_tells_is_asked_for_and_what_is_told_holds() {
    let file = figures(";", &[["1.000", "100", "1"], ["2.500", "50", "1"]]);
    let Unreadable { field, message } = read(file.clone(), &google()).unwrap_err();
    assert_eq!(field, Some("decimal"), "{message}");
    for (comma, micros) in [(true, 3_500_000_000), (false, 3_500_000)] {
        let request = ImportRequest { decimal_comma: Some(comma), ..google() };
        assert_eq!(spent(&read(file.clone(), &request).unwrap()), micros);
    }
    let both = figures(";", &[["1,50", "1", "1"], ["2.50", "1", "1"]]);
    assert_eq!(read(both.clone(), &google()).unwrap_err().field, Some("decimal"));
    let request = ImportRequest { decimal_comma: Some(true), ..google() };
    let import = read(both, &request).unwrap();
    assert_eq!((faults(&import), spent(&import)), (vec![(3, "spend")], 1_500_000));
}

#[test]
fn what_cannot_be_a_number_is_faulty() {
    for cost in ["20.11.2026", "1.23.456", "12 34", "1.234.56", "0.123.456", "١٢٫٥٠", "5 %"] {
        let import =
            read(figures(";", &[[cost, "10", "1"], ["1,5", "1", "1"]]), &google()).unwrap();
        assert_eq!(faults(&import), [(2, "spend")], "{cost}");
    }
    let import = read(figures(";", &[["1,5", "12,345", "1"]]), &google()).unwrap_err();
    assert_eq!(import.field, Some("decimal"), "impressions have no fraction");
}

#[test]
fn an_unknown_figure_is_no_zero() {
    for cost in ["#N/A", "NaN", "#DIV/0!", "#WERT!", "n/a", "unknown"] {
        let import = read(figures(",", &[[cost, "1000", "10"]]), &google()).unwrap();
        assert_eq!((faults(&import), import.days.len()), (vec![(2, "spend")], 0), "{cost}");
    }
    for cost in ["--", "", " – "] {
        let import = read(figures(",", &[[cost, "1000", "10"]]), &google()).unwrap();
        assert_eq!((faults(&import), spent(&import), import.days.len()), (vec![], 0, 1), "{cost}");
    }
    // An id that could not be calculated makes a row no sum of others.
    let import =
        read(format!("{HEADERS}2026-09-02,#N/A,Spring,60.00,1,1,1,1\n"), &google()).unwrap();
    assert_eq!(faults(&import), [(2, "campaign_id")]);
    let import = read(format!("{HEADERS}2026-09-02,809,#SALE,60.00,1,1,1,1\n"), &google()).unwrap();
    assert_eq!((faults(&import), import.days[0].campaign_name.as_str()), (vec![], "#SALE"));
}

#[test]
fn an_unknown_figure_of_parquet_is_no_zero() {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("campaign_id", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ("date", Arc::new(StringArray::from(vec!["2026-09-20"; 3]))),
        ("spend", Arc::new(Float64Array::from(vec![Some(f64::NAN), None, Some(2.5)]))),
        ("impressions", Arc::new(Int64Array::from(vec![1, 1, 1]))),
        ("clicks", Arc::new(Int64Array::from(vec![1, 1, 1]))),
        ("revenue", Arc::new(Float64Array::from(vec![Some(1.0), Some(1.0), None]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    let import = read(writer.into_inner().unwrap(), &google()).unwrap();
    assert_eq!(faults(&import), [(1, "spend"), (2, "spend")]);
    assert_eq!(days(&import), ["3 2026-09-20 EUR 2500000 1 1 0 0"], "as null in JSON");
}

#[test]
fn an_id_that_went_through_a_float_is_refused() {
    for id in ["23850000000000123.0", "1.20211E+17", "1,20211E+17", "120,211,234"] {
        let import =
            read(format!("{HEADERS}2026-09-07,\"{id}\",S,12.50,1000,10,1,50\n"), &google());
        assert_eq!(faults(&import.unwrap()), [(2, "campaign_id")], "{id}");
    }
    let row = |id: &str, day: u8| format!("2026-09-{day:02},{id},S,12.50,1000,10,1,50\n");
    let rounded = |ids: [&str; 2]| {
        let rows = row(ids[0], 1) + &row(ids[1], 2);
        read(format!("{HEADERS}{rows}"), &google()).unwrap().has_rounded_ids
    };
    assert!(rounded(["120211234567890000", "120219876543210000"]));
    assert!(!rounded(["120211234567890000", "120219876543210001"]));
    assert!(!rounded(["1000", "2000"]));
}

#[test]
fn results_are_conversions_only_when_their_kind_is() {
    let read_with = |headers: &str, cells: &str| {
        let file = format!(
            "Campaign ID,Campaign name,Day,{headers}Amount spent (EUR),Impressions,Clicks (all)\n\
             818,A,2026-09-08,{cells}75.00,12345,480\n"
        );
        let request = ImportRequest { platform: Some(Platform::Meta), ..account("555") };
        read(file, &request).unwrap()
    };
    for (header, kind, conversions, others) in [
        ("Result indicator", "actions:link_click", 0, 1),
        ("Result Type", "Landing page views", 0, 1),
        ("Result indicator", "", 0, 1),
        ("Result indicator", "actions:offsite_conversion.fb_pixel_purchase", 420_000_000, 0),
        ("Result type", "Website purchases", 420_000_000, 0),
    ] {
        let import = read_with(&format!("{header},Results,"), &format!("{kind},420,"));
        assert_eq!(import.days[0].conversions_micros, conversions, "{kind}");
        assert_eq!(import.results, Some(ResultKinds::Told { others }), "{kind}");
    }
    let untold = read_with("Results,", "420,");
    assert_eq!(untold.results, Some(ResultKinds::Untold));
    let purchases = read_with("Result indicator,Results,Purchases,", "actions:link_click,420,3,");
    assert_eq!((purchases.days[0].conversions_micros, purchases.results), (3_000_000, None));
}

#[test]
fn excels_days_are_read() {
    for day in ["20-Nov-25", "20-Nov-2025"] {
        let import = read(format!("{HEADERS}{day},809,Spring,60.00,2000,20,2,90\n"), &google());
        assert_eq!(import.unwrap().days[0].date.0.to_string(), "2025-11-20", "{day}");
    }
}

#[test]
fn an_account_has_one_id_however_it_is_written() {
    let of = |platform: &str, id: &str| {
        let file = format!(
            "platform,account_id,campaign_id,date,currency,spend,impressions,clicks\n\
             {platform},{id},c,2026-09-02,EUR,1.50,10,1\n"
        );
        read(file, &ImportRequest::default()).unwrap().days[0].account_id.clone()
    };
    assert_eq!(of("google", "123-456-7890"), "1234567890");
    assert_eq!(of("meta", "act_4411"), "4411");
    assert_eq!(of("meta", "4411"), "4411");
}

#[test]
fn a_field_of_two_columns_is_refused_with_both() {
    for (headers, names) in [
        ("Day,Campaign ID,Campaign,Cost,Cost,Impr.,Clicks", ["\"Cost\"", "columns 4 and 5"]),
        (
            "date,campaign_id,revenue,spend,conversion_value,impressions,clicks",
            ["\"revenue\"", "\"conversion_value\""],
        ),
    ] {
        let Unreadable { field, message } = read(format!("{headers}\n"), &google()).unwrap_err();
        assert_eq!(field, Some("mapping"));
        assert!(names.iter().all(|name| message.contains(name)), "{message}");
    }
    // Screens show several columns of one kind, of which the preferred counts.
    let screen = "Campaign ID,Day,Amount spent (EUR),Impressions,Link clicks,Clicks (all)\n1,2026-09-20,1.50,1,1,2\n";
    let import = read(screen, &account("a")).unwrap();
    assert_eq!(days(&import), ["1 2026-09-20 EUR 1500000 1 2 0 0"]);
}

#[test]
fn our_own_exports_come_back_as_they_were() {
    let headers = "date,platform,account_id,campaign_id,campaign_name,currency,spend,impressions,clicks,\
        conversions,revenue,tracked_conversions,tracked_revenue\n";
    let row = |name: &str| {
        format!("2026-09-20,tiktok,'-55,77,{name},EUR,1.234,100,10,1.00,-5.50,0,0.00\n")
    };
    for (written, name) in [
        ("'-20% Sale", "-20% Sale"),
        ("\"'=HYPERLINK(\"\"x\"\")\"", "=HYPERLINK(\"x\")"),
        ("''90s", "'90s"),
        ("'＝1", "＝1"),
        ("'90s", "'90s"),
        ("Sale", "Sale"),
    ] {
        let import = read(headers.to_owned() + &row(written), &ImportRequest::default()).unwrap();
        assert_eq!(import.faults, []);
        assert_eq!(import.days[0].campaign_name, name);
        assert_eq!(
            (import.days[0].account_id.as_str(), import.days[0].spend_micros),
            ("-55", 1_234_000)
        );
        assert_eq!(import.days[0].revenue_micros, -5_500_000);
    }
    let tracked = "2026-09-20,meta,,78,,EUR,0.00,0,0,0.00,0.00,2,40.00\n";
    let import =
        read(headers.to_owned() + &row("Sale") + tracked, &ImportRequest::default()).unwrap();
    assert_eq!((faults(&import), import.days.len()), (vec![], 1));
    assert_eq!(places(&import, SkipReason::NothingReported), [3]);
    // A file of somebody else keeps what its texts begin with.
    let foreign = read(format!("{HEADERS}2026-09-02,809,'-Spring,60.00,1,1,1,1\n"), &google());
    assert_eq!(foreign.unwrap().days[0].campaign_name, "'-Spring");
}

//! Files as the platforms' export screens write them.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Decimal128Array, DictionaryArray, Float64Array, Int64Array, RecordBatch,
    StringArray, TimestampMillisecondArray,
};
use arrow::datatypes::Int32Type;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use proptest::prelude::*;
use stratum_models::ad_report::AdReport;
use stratum_models::id::TenantId;
use stratum_models::platform::Platform;
use stratum_models::time::UnixMillis;
use stratum_reports::import::{
    DateOrder, Import, ImportConfig, ImportRequest, SkipReason, Unreadable, read_file,
};
use stratum_wire::ad_reports::Judge;
use stratum_wire::limits::RowLimits;

/// 2026-09-21T14:15:00Z.
const NOW: UnixMillis = UnixMillis(1_790_000_100_000);

fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/import/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

pub fn read(file: impl Into<Vec<u8>>, request: &ImportRequest) -> Result<Import, Unreadable> {
    let limits = RowLimits::default();
    let keys = stratum_testing::identifier_keys().of(TenantId(7));
    let judge = Judge::new(&keys, NOW, &limits);
    let file = Bytes::from(file.into());
    read_file(&file, request, &judge, &ImportConfig { rows_max: 1000, ..ImportConfig::default() })
}

pub fn account(id: &str) -> ImportRequest {
    ImportRequest { account_id: Some(id.into()), ..ImportRequest::default() }
}

/// Campaign, day, spend, impressions, clicks, conversions, revenue.
fn shown(day: &AdReport) -> String {
    format!(
        "{} {} {} {} {} {} {} {}",
        day.campaign_id,
        day.date.0,
        day.currency,
        day.spend_micros,
        day.impressions,
        day.clicks,
        day.conversions_micros,
        day.revenue_micros
    )
}

pub fn days(import: &Import) -> Vec<String> {
    import.days.iter().map(shown).collect()
}

pub fn places(import: &Import, reason: SkipReason) -> Vec<u64> {
    let of_reason = import.left_out.iter().filter(|(is, _)| *is == reason);
    of_reason.map(|(_, place)| *place).collect()
}

#[test]
fn metas_ads_manager() {
    let import = read(fixture("meta_campaigns.csv"), &account("act_1")).unwrap();
    assert_eq!(import.faults, []);
    assert_eq!(import.platform, Some(Platform::Meta));
    assert_eq!(places(&import, SkipReason::Summary), [2]);
    assert_eq!(import.unused, ["Link clicks", "CTR (all)"]);
    assert_eq!(
        days(&import),
        [
            "120200000000000001 2026-09-19 EUR 12340000 1000 20 1000000 40000000",
            "120200000000000001 2026-09-20 EUR 13560000 1500 31 2000000 80500000",
            "120200000000000002 2026-09-19 EUR 21000000 1500 40 2000000 90000000",
            "120200000000000002 2026-09-20 EUR 0 0 0 0 0",
        ]
    );
    assert_eq!(import.days[2].campaign_name, "Été «2»");
    assert_eq!(import.days[0].version, NOW.0.unsigned_abs());
}

#[test]
fn google_in_utf_16_with_titles_and_totals() {
    let text = fixture("google_campaigns.tsv");
    let utf16: Vec<u8> =
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let import = read(utf16, &ImportRequest::default()).unwrap();
    assert_eq!((import.file.encoding, import.file.delimiter), (Some("UTF-16LE"), Some('\t')));
    assert_eq!((import.file.title_lines, import.file.rows), (2, 5));
    assert_eq!(import.platform, Some(Platform::Google));
    assert_eq!(import.days[0].account_id, "1234567890");
    assert_eq!(places(&import, SkipReason::Summary), [7, 8]);
    assert_eq!(
        days(&import),
        [
            "2001 2026-09-19 EUR 1012340000 10000 200 3500000 1240000000",
            "2001 2026-09-20 EUR 13000000 9000 180 2000000 80000000",
            "2002 2026-09-20 EUR 7000000 500 5 0 0",
        ]
    );
}

#[test]
fn ads_of_a_german_file_make_their_campaigns_days() {
    let import = read(fixture("meta_ads_de.csv"), &account("act_1")).unwrap();
    assert_eq!(import.faults, []);
    assert_eq!((import.file.delimiter, import.file.decimal_mark), (Some(';'), Some(',')));
    assert_eq!(import.file.date_order, DateOrder::DayMonthYear);
    assert_eq!((import.splits.len(), import.days_made), (3, 2));
    assert_eq!(
        days(&import),
        [
            "300 2026-09-19 EUR 1235000000 11000 210 3000000 0",
            "300 2026-09-20 EUR 5000000 2000 20 1000000 0",
        ]
    );
    assert_eq!(import.splits[0].split.key(), ["310", "311", "", ""]);
    assert_eq!(import.splits[0].split.names(), ["Warm", "Blau"]);
}

#[test]
fn every_other_platform() {
    let tiktok = read(fixture("tiktok_ads.csv"), &account("t")).unwrap();
    assert_eq!(tiktok.platform, Some(Platform::Tiktok));
    assert_eq!(days(&tiktok), ["1700000000000000001 2026-09-20 USD 10000000 1500 21 1000000 0"]);
    let snapchat = read(fixture("snapchat_countries.csv"), &account("s")).unwrap();
    assert_eq!((snapchat.platform, snapchat.days.len()), (Some(Platform::Snapchat), 0));
    let countries: Vec<_> = snapchat.splits.iter().map(|split| split.split.key()[2]).collect();
    assert_eq!(countries, ["US", "GB"]);
    assert_eq!(places(&snapchat, SkipReason::Unknown), [4]);
    let linkedin = read(fixture("linkedin_campaigns.csv"), &ImportRequest::default()).unwrap();
    assert_eq!((linkedin.platform, linkedin.days.len()), (Some(Platform::Linkedin), 2));
    assert_eq!(days(&linkedin)[1], "501 2026-09-20 USD 22500000 950 9 0 0");
    let request = ImportRequest { currency: "GBP".parse().ok(), ..account("p") };
    let pinterest = read(fixture("pinterest_devices.csv"), &request).unwrap();
    assert_eq!((pinterest.platform, pinterest.splits.len()), (Some(Platform::Pinterest), 2));
    assert_eq!(pinterest.splits[1].split.key()[3], "mobile");
}

/// A file in our own names, with one day of a campaign.
fn own(date: &str, spend: &str, more: &[&str]) -> String {
    let row = |spend: &str| format!("meta,a,c,{date},EUR,\"{spend}\",10,1\n");
    let rows: String = std::iter::once(spend).chain(more.iter().copied()).map(row).collect();
    format!("platform,account_id,campaign_id,date,currency,spend,impressions,clicks\n{rows}")
}

#[test]
fn what_can_be_read_in_two_ways_is_asked_for() {
    let file = own("03/04/2026", "1", &[]);
    let asked = read(file.clone(), &ImportRequest::default()).unwrap_err();
    assert_eq!(asked.field, Some("date_format"));
    for (order, day) in
        [(DateOrder::DayMonthYear, "2026-04-03"), (DateOrder::MonthDayYear, "2026-03-04")]
    {
        let request = ImportRequest { date_order: Some(order), ..ImportRequest::default() };
        assert_eq!(read(file.clone(), &request).unwrap().days[0].date.0.to_string(), day);
    }
    let asked = read(own("2026-04-03", "1,234", &[]), &ImportRequest::default()).unwrap_err();
    assert_eq!(asked.field, Some("decimal"));
    for (comma, micros) in [(false, 1_234_000_000), (true, 1_234_000)] {
        let request = ImportRequest { decimal_comma: Some(comma), ..ImportRequest::default() };
        let import = read(own("2026-04-03", "1,234", &[]), &request).unwrap();
        assert_eq!(import.days[0].spend_micros, micros);
    }
}

#[test]
fn rows_that_repeat_are_left_out_and_rows_that_contradict_are_faulty() {
    let import =
        read(own("2026-04-03", "1.50", &["1.5", "2.50"]), &ImportRequest::default()).unwrap();
    let rows: Vec<_> = import.faults.iter().map(|fault| fault.row).collect();
    assert_eq!((import.days.len(), rows), (0, vec![2, 3, 4]), "the first alone is not the whole");
    assert!(import.faults[1].message.contains("row 2"), "{:?}", import.faults);
    let import = read(own("2026-04-03", "1.50", &["1.5"]), &ImportRequest::default()).unwrap();
    assert_eq!((import.days.len(), places(&import, SkipReason::Repeated)), (1, vec![3]));
}

#[test]
fn faulty_rows_are_named_by_line_and_field_without_their_content() {
    let file = own("2026-04-03", "hunter2", &[]) + "meta,a,1.2E+17,2026-04-04,EUR,1,x,1\n";
    let import = read(file, &ImportRequest::default()).unwrap();
    let told: Vec<_> =
        import.faults.iter().map(|fault| (fault.row, fault.field.unwrap())).collect();
    assert_eq!(told, [(2, "spend"), (3, "campaign_id"), (3, "impressions")]);
    assert_eq!((import.faulty_rows, import.days.len()), (2, 0));
    assert!(!format!("{:?}", import.faults).contains("hunter2"));
}

#[test]
fn a_file_that_lacks_what_is_needed_is_refused_in_words() {
    let field = |file: &str| read(file, &ImportRequest::default()).unwrap_err().field;
    assert_eq!(field("Campaign name,Day,Cost,Impr.,Clicks\nx,2026-09-20,1,1,1\n"), Some("mapping"));
    let google = "Campaign ID,Day,Cost,Impr.,Clicks\nx,2026-09-20,1,1,1\n";
    assert_eq!(field(google), Some("account_id"));
    let headers = google.replace("Impr.", "Impressions");
    assert_eq!(field(&headers), Some("platform"), "no header tells the platform");
    assert_eq!(field("PK\u{3}\u{4}"), None);
    let many = own("2026-04-03", "1", &["1"; 1000]);
    assert!(read(many, &ImportRequest::default()).unwrap_err().message.contains("1000 rows"));
    let weekly = "Campaign ID,Reporting starts,Reporting ends,Amount spent (EUR),Impressions,Clicks (all)\n\
        1,2026-09-14,2026-09-20,1,1,1\n";
    let import = read(weekly, &account("a")).unwrap();
    assert!(import.faults[0].message.contains("more than one day"), "{:?}", import.faults);
}

fn columnar() -> Vec<u8> {
    let names: DictionaryArray<Int32Type> = ["Brand", "Brand"].into_iter().collect();
    let spend = Decimal128Array::from(vec![1_234_500, 7]).with_precision_and_scale(12, 3).unwrap();
    let stamps = TimestampMillisecondArray::from(vec![1_789_862_400_000, 1_789_776_000_000]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("campaign_id", Arc::new(Int64Array::from(vec![120_200_000_000_000_001, 2]))),
        ("campaign_name", Arc::new(names)),
        ("date", Arc::new(Date32Array::from(vec![20_716, 20_715]))),
        ("loaded", Arc::new(stamps)),
        ("spend", Arc::new(spend)),
        ("impressions", Arc::new(Int64Array::from(vec![10, 20]))),
        ("clicks", Arc::new(Float64Array::from(vec![3.0, 0.0]))),
        ("conversions", Arc::new(Float64Array::from(vec![Some(1.5), None]))),
        ("currency", Arc::new(StringArray::from(vec!["EUR", "EUR"]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn parquet_of_every_type_of_column() {
    let request = ImportRequest { platform: Some(Platform::Google), ..account("a") };
    let import = read(columnar(), &request).unwrap();
    assert_eq!(import.file.format, "parquet");
    assert_eq!(import.faults, []);
    assert_eq!(import.unused, ["loaded"]);
    assert_eq!(
        days(&import),
        [
            "120200000000000001 2026-09-20 EUR 1234500000 10 3 1500000 0",
            "2 2026-09-19 EUR 7000 20 0 0 0",
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Damaged files are refused or read, and nothing else happens.
    #[test]
    fn damaged_files_end_well(at in 0usize..4000, byte: u8, cut in 0usize..4000, text: bool) {
        let mut file = if text { fixture("google_campaigns.tsv").into_bytes() } else { columnar() };
        if let Some(one) = file.get_mut(at) {
            *one = byte;
        }
        file.truncate(file.len().saturating_sub(cut % 50));
        let request = ImportRequest { platform: Some(Platform::Google), ..account("a") };
        drop(read(file, &request));
    }

    #[test]
    fn any_bytes_end_well(file: Vec<u8>) {
        drop(read(file, &ImportRequest::default()));
    }

    #[test]
    fn any_cells_end_well(cells in prop::collection::vec("[ -~€—]{0,12}", 8)) {
        let file = own("2026-04-03", "1", &[]) + &cells.join(",") + "\n";
        if let Ok(import) = read(file, &ImportRequest::default()) {
            prop_assert!(import.days.len() <= 2);
        }
    }
}

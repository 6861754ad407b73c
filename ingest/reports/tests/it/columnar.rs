//! Parquet files that claim much, or make much of little.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, DictionaryArray, Int32Array, Int64Array, ListArray, RecordBatch, StringArray,
};
use arrow::datatypes::Int32Type;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use stratum_models::id::TenantId;
use stratum_models::platform::Platform;
use stratum_models::time::UnixMillis;
use stratum_reports::import::{Import, ImportConfig, ImportRequest, Unreadable, read_file};
use stratum_wire::ad_reports::Judge;
use stratum_wire::limits::RowLimits;

/// Counts what each thread holds, and the most it held.
struct CountingAllocator;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    // A thread that ends has none any more.
    let held = HELD.try_with(|held| {
        held.set(held.get() + bytes);
        held.get()
    });
    if let Ok(held) = held {
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(held)));
    }
}

// SAFETY: every call is handed to the system's allocator as it is.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: CountingAllocator = CountingAllocator;

/// The most bytes this thread held while it did this, beside those it held before.
fn peak<T>(job: impl FnOnce() -> T) -> (T, usize) {
    let before = HELD.get();
    PEAK.set(before);
    let done = job();
    (done, usize::try_from(PEAK.get() - before).unwrap_or(0))
}

fn read(file: &Bytes) -> Result<Import, Unreadable> {
    let limits = RowLimits::default();
    let keys = stratum_testing::identifier_keys().of(TenantId(7));
    let judge = Judge::new(&keys, UnixMillis(1_790_000_100_000), &limits);
    let request = ImportRequest {
        platform: Some(Platform::Google),
        account_id: Some("a".into()),
        ..ImportRequest::default()
    };
    read_file(file, &request, &judge, &ImportConfig::default())
}

/// The columns of a report of so many rows, and these.
fn table(rows: usize, more: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let text = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text; rows])) };
    let number = |number: i64| -> ArrayRef { Arc::new(Int64Array::from(vec![number; rows])) };
    let ids = StringArray::from_iter_values((0..rows).map(|row| row.to_string()));
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("campaign_id", Arc::new(ids)),
        ("date", text("2026-09-20")),
        ("currency", text("EUR")),
        ("spend", number(1)),
        ("impressions", number(10)),
        ("clicks", number(1)),
    ];
    columns.extend(more);
    RecordBatch::try_from_iter(columns).unwrap()
}

fn written(batch: &RecordBatch, properties: WriterPropertiesBuilder) -> Bytes {
    let properties = Some(properties.build());
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), properties).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap().into()
}

fn zstd() -> WriterPropertiesBuilder {
    let level = ZstdLevel::try_new(3).unwrap();
    WriterProperties::builder().set_compression(Compression::ZSTD(level))
}

/// One text, so many times.
fn repeated(text: &str, rows: usize) -> ArrayRef {
    let keys = Int32Array::from(vec![0; rows]);
    let values = Arc::new(StringArray::from(vec![text]));
    Arc::new(DictionaryArray::<Int32Type>::try_new(keys, values).unwrap())
}

#[test]
fn a_text_that_stands_for_a_thousand_is_not_made_a_thousand_times() {
    for columns in [1, 12] {
        let names: Vec<String> = (0..columns).map(|n| format!("x{n}")).collect();
        let long = "A".repeat(1 << 20);
        let more = names.iter().map(|name| (name.as_str(), repeated(&long, 1024))).collect();
        let file = written(&table(1024, more), zstd());
        assert!(file.len() < 100_000, "{}", file.len());
        let (import, peak) = peak(|| read(&file));
        let message = import.unwrap_err().message;
        assert!(message.contains("column `x0`") && message.contains("longer"), "{message}");
        assert!(peak < 8 << 20, "{peak} bytes");
    }
}

#[test]
fn many_long_cells_are_made_a_few_at_a_time() {
    let names: Vec<String> = (0..100).map(|n| format!("x{n}")).collect();
    let long = "A".repeat(4000);
    let more = names.iter().map(|name| (name.as_str(), repeated(&long, 1000))).collect();
    let file = written(&table(1000, more), zstd());
    // All cells together are 400 MB.
    assert!(file.len() < 1_000_000, "{}", file.len());
    let (import, peak) = peak(|| read(&file));
    assert_eq!(import.unwrap().days.len(), 1000);
    assert!(peak < 64 << 20, "{peak} bytes");
}

#[test]
fn every_compression_and_encoding_that_is_read_gives_the_same_rows() {
    let batch = table(300, vec![("campaign_name", repeated("Spring", 300))]);
    let gzip = Compression::GZIP(GzipLevel::default());
    let mut days = Vec::new();
    for compression in [Compression::UNCOMPRESSED, Compression::SNAPPY, gzip, Compression::LZ4_RAW]
    {
        for dictionary in [true, false] {
            for version in [
                parquet::file::properties::WriterVersion::PARQUET_1_0,
                parquet::file::properties::WriterVersion::PARQUET_2_0,
            ] {
                let properties = WriterProperties::builder()
                    .set_compression(compression)
                    .set_dictionary_enabled(dictionary)
                    .set_writer_version(version)
                    .set_encoding(Encoding::PLAIN);
                let properties = if dictionary {
                    properties
                } else {
                    properties.set_data_page_row_count_limit(50)
                };
                days.push(read(&written(&batch, properties)).unwrap().days);
            }
        }
    }
    assert!(days.iter().all(|one| *one == days[0]) && days[0].len() == 300);
    assert_eq!(days[0][0].campaign_name, "Spring");
}

#[test]
fn texts_made_of_one_another_are_refused_by_name() {
    for encoding in [Encoding::DELTA_BYTE_ARRAY, Encoding::DELTA_LENGTH_BYTE_ARRAY] {
        let properties = WriterProperties::builder()
            .set_dictionary_enabled(false)
            .set_column_encoding("campaign_id".into(), encoding);
        let message = read(&written(&table(10, Vec::new()), properties)).unwrap_err().message;
        assert!(message.contains("`campaign_id`") && message.contains("delta"), "{message}");
    }
}

#[test]
fn lists_hold_no_cell_and_are_passed_over() {
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1)]); 3]);
    let file = written(&table(3, vec![("tags", Arc::new(lists))]), zstd());
    let import = read(&file).unwrap();
    assert_eq!((import.days.len(), import.unused), (3, vec!["tags".to_owned()]));
}

/// Thrift's compact protocol: the claims of a footer that its reader would make room for.
fn with_footer(footer: &[u8]) -> Bytes {
    let length = u32::try_from(footer.len()).unwrap().to_le_bytes();
    [b"PAR1", footer, &length, b"PAR1"].concat().into()
}

#[test]
fn counts_that_a_file_cannot_hold_are_not_made_room_for() {
    // Version 1, then a schema of an element, `schema`, with as many children as there are numbers.
    let huge = [0xfe, 0xff, 0xff, 0xff, 0x0f];
    let children = [&[0x15, 0x02, 0x19, 0x1c, 0x48, 6][..], b"schema", &[0x15], &huge, &[0, 0]];
    // A schema of no element, and as many row groups as there are numbers.
    let groups =
        [&[0x15, 0x02, 0x19, 0x0c, 0x16, 0, 0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07][..], &[0]];
    // As many elements of a schema.
    let elements = [&[0x15, 0x02, 0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07][..], &[0]];
    for footer in
        [children.concat(), groups.concat(), elements.concat(), vec![0x19; 40], Vec::new()]
    {
        let file = with_footer(&footer);
        let (import, peak) = peak(|| read(&file));
        assert!(import.unwrap_err().message.contains("damaged"), "{footer:02x?}");
        assert!(peak < 1 << 20, "{peak} bytes for {footer:02x?}");
    }
}

#[test]
fn any_byte_of_a_file_may_be_any_other() {
    let batch = table(40, vec![("campaign_name", repeated("Spring", 40))]);
    let gzip = Compression::GZIP(GzipLevel::default());
    for compression in [Compression::UNCOMPRESSED, gzip] {
        let file = written(&batch, WriterProperties::builder().set_compression(compression));
        for at in 0..file.len() {
            let mut damaged = file.to_vec();
            damaged[at] = [0xff, 0x7f, 0][at % 3];
            let damaged = Bytes::from(damaged);
            let (_, peak) = peak(|| drop(read(&damaged)));
            assert!(peak < 200 << 20, "{peak} bytes with another byte at {at}");
        }
    }
}

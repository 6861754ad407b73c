//! Any bytes as a body of ad reports.
#![no_main]

use bumpalo::Bump;
use libfuzzer_sys::fuzz_target;
use stratum_wire::ad_reports::{Column, read_rows};

fuzz_target!(|body: &[u8]| {
    let mut rows = 0;
    let read = read_rows(body, &Bump::new(), &mut |row| {
        assert!(row.cell(Column::Spend).is_none_or(|cell| !cell.is_empty()));
        rows += 1;
        rows < 1000
    });
    if let Err(malformed) = read {
        assert!(malformed.at <= body.len() && !malformed.what.is_empty());
    }
});

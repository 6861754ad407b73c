//! Any bytes as a request of Pinterest's dialect.
//!
//! `cargo +nightly fuzz run pinterest_request ingest/fuzz/corpus/pinterest_request ingest/wire/src/dialect/pinterest/fixtures`
#![no_main]

use bumpalo::Bump;
use libfuzzer_sys::fuzz_target;
use stratum_ingest_fuzz::{LIMITS, NOW, check};
use stratum_models::dialect::Dialect;
use stratum_wire::dialect::pinterest::{judge, parse_events};

fuzz_target!(|body: &[u8]| {
    let arena = Bump::new();
    let request = parse_events(body, &arena, &LIMITS);
    check(Dialect::Pinterest, request, &arena, |event| judge(event, NOW, &LIMITS));
});

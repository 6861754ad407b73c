//! Any bytes as a request of the Measurement Protocol.
//!
//! `cargo +nightly fuzz run ga4_request ingest/fuzz/corpus/ga4_request ingest/wire/src/dialect/ga4/fixtures`
#![no_main]

use bumpalo::Bump;
use libfuzzer_sys::fuzz_target;
use stratum_ingest_fuzz::{LIMITS, NOW, check};
use stratum_models::dialect::Dialect;
use stratum_wire::dialect::ga4::{judge, parse_events};

fuzz_target!(|body: &[u8]| {
    let arena = Bump::new();
    let request = parse_events(body, &arena, &LIMITS);
    check(Dialect::Ga4, request, &arena, |event| judge(event, 0, NOW, &LIMITS));
});

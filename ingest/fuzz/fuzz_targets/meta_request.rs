//! Any bytes as a request of Meta's dialect: read, judged and, where nothing is wrong, made canonical.
//!
//! `cargo +nightly fuzz run meta_request ingest/fuzz/corpus/meta_request ingest/wire/src/dialect/meta/fixtures`
#![no_main]

use bumpalo::Bump;
use libfuzzer_sys::fuzz_target;
use stratum_ingest_fuzz::{LIMITS, NOW, check};
use stratum_models::dialect::Dialect;
use stratum_wire::dialect::meta::{judge, parse_events};

fuzz_target!(|body: &[u8]| {
    let arena = Bump::new();
    let request = parse_events(body, &arena, &LIMITS);
    check(Dialect::Meta, request, &arena, |event| judge(event, NOW, &LIMITS));
});

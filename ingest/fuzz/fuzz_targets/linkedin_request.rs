//! Any bytes as a request of LinkedIn's dialect, as a batch and as one event.
//!
//! `cargo +nightly fuzz run linkedin_request ingest/fuzz/corpus/linkedin_request ingest/wire/src/dialect/linkedin/fixtures`
#![no_main]

use bumpalo::Bump;
use libfuzzer_sys::fuzz_target;
use stratum_ingest_fuzz::{LIMITS, NOW, check};
use stratum_models::dialect::Dialect;
use stratum_wire::dialect::linkedin::{Shape, judge, parse_events};

fuzz_target!(|body: &[u8]| {
    for shape in [Shape::Batch, Shape::Event] {
        let arena = Bump::new();
        let request = parse_events(body, shape, &arena, &LIMITS);
        check(Dialect::Linkedin, request, &arena, |event| judge(event, NOW, &LIMITS));
    }
});

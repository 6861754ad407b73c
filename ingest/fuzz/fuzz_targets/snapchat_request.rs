//! Any bytes as a request of Snapchat's dialect, in both versions.
//!
//! `cargo +nightly fuzz run snapchat_request ingest/fuzz/corpus/snapchat_request ingest/wire/src/dialect/snapchat/fixtures`
#![no_main]

use bumpalo::Bump;
use libfuzzer_sys::fuzz_target;
use stratum_ingest_fuzz::{LIMITS, NOW, check};
use stratum_models::dialect::Dialect;
use stratum_wire::dialect::snapchat::{Shape, judge, parse_events};

fuzz_target!(|body: &[u8]| {
    for shape in [Shape::V3, Shape::V2] {
        let arena = Bump::new();
        let request = parse_events(body, shape, &arena, &LIMITS);
        check(Dialect::Snapchat, request, &arena, |event| judge(event, shape, NOW, &LIMITS));
    }
});

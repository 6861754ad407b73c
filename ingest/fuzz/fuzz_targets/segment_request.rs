//! Any bytes as a request of Segment's dialect, as a batch and as one message of each kind.
//!
//! `cargo +nightly fuzz run segment_request ingest/fuzz/corpus/segment_request ingest/wire/src/dialect/segment/fixtures`
#![no_main]

use bumpalo::Bump;
use libfuzzer_sys::fuzz_target;
use stratum_ingest_fuzz::{LIMITS, NOW, check};
use stratum_models::dialect::Dialect;
use stratum_wire::dialect::segment::{Kind, Shape, judge, parse_events};

fuzz_target!(|body: &[u8]| {
    for shape in [Shape::Batch, Shape::Message(Kind::Track), Shape::Message(Kind::Identify)] {
        let arena = Bump::new();
        let request = parse_events(body, shape, NOW, &arena, &LIMITS);
        check(Dialect::Segment, request, &arena, |event| judge(event, NOW, &LIMITS));
    }
});

//! Any bytes as a request of TikTok's dialect, in each of its shapes.
//!
//! `cargo +nightly fuzz run tiktok_request ingest/fuzz/corpus/tiktok_request ingest/wire/src/dialect/tiktok/fixtures`
#![no_main]

use bumpalo::Bump;
use libfuzzer_sys::fuzz_target;
use stratum_ingest_fuzz::{LIMITS, NOW, check};
use stratum_models::dialect::Dialect;
use stratum_wire::dialect::tiktok::{Shape, judge, parse_events};

fuzz_target!(|body: &[u8]| {
    for shape in [Shape::Events, Shape::Pixel, Shape::PixelBatch] {
        let arena = Bump::new();
        let request = parse_events(body, shape, &arena, &LIMITS);
        check(Dialect::Tiktok, request.events, &arena, |event| judge(event, shape, NOW, &LIMITS));
    }
});

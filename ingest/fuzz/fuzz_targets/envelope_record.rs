//! Any bytes as an envelope: its header, and its body by a key it was not sealed with.
//!
//! `cargo +nightly fuzz run envelope_record`
#![no_main]

use libfuzzer_sys::fuzz_target;
use stratum_models::delivery::DataKey;
use stratum_wire::envelope::{open, read_header};

fuzz_target!(|bytes: &[u8]| {
    let mut buffer = Vec::new();
    // As it is, and with a checksum that holds, so that what lies behind it is met too.
    let mut mended = bytes.to_vec();
    mended.extend_from_slice(&crc32fast::hash(bytes).to_be_bytes());
    for record in [bytes, &mended] {
        let header = read_header(record);
        let opened = open(record, &DataKey::new([1; 32]), &mut buffer);
        assert!(opened.is_err(), "nobody sealed it");
        assert!(header.is_err() || !record.is_empty());
    }
});

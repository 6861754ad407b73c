//! What is sealed is opened by its key as it was, and by nothing else.

use proptest::prelude::*;
use stratum_models::delivery::EventFilter;
use stratum_models::identifier::IdentifierKey;
use stratum_models::money::Currency;
use stratum_models::platform::ActionSource;
use stratum_testing::entropy::CountingEntropy;

use super::super::row::{ClearId, ClearIdKind, OutboundHash};
use super::*;

fn sealing(key: u8) -> DatasetSeal {
    DatasetSeal {
        dataset: DatasetKey {
            tenant_id: TenantId(7_000_000_001),
            platform: Some(Platform::Meta),
            dataset_id: "1234567890".into(),
        },
        hour: KeyHour(497_222),
        key: DataKey::new([key; 32]),
        filters: vec![EventFilter { names: None, takes_tests: false }],
    }
}

fn event<'a>(id: &'a str, received_at_ms: i64) -> OutboundEvent<'a> {
    OutboundEvent {
        event_id: id,
        is_id_made: false,
        event_name: "Purchase",
        event_time_ms: 1_790_000_000_000,
        received_at_ms,
        action_source: ActionSource::Website,
        is_test: false,
        opt_out: false,
        limited_data_use: true,
        limited_data_use_codes: Some((1, 1000)),
        value_micros: Some(129_900_000),
        currency: Some(Currency::EUR),
        order_id: Some("o-1"),
        source_url: Some("https://shop.example/thanks?utm_id=7"),
        custom_data: Some(r#"{"num_items":2}"#),
        is_custom_data_cut: false,
        config_version: 3,
        ids: vec![
            ClearId { kind: ClearIdKind::ClientIp, value: "203.0.113.9" },
            ClearId { kind: ClearIdKind::ClickId, value: "fb.1.1790000000000.abc" },
        ],
        hashes: vec![OutboundHash { key: IdentifierKey::Email, hash: [9; 32] }],
    }
}

fn rows(events: &[OutboundEvent<'_>]) -> OutboundRows {
    let mut rows = OutboundRows::default();
    events.iter().for_each(|event| rows.push(event).unwrap());
    rows
}

fn sealed(events: &[OutboundEvent<'_>]) -> Vec<Vec<u8>> {
    seal(&sealing(1), &rows(events), &CountingEntropy::default()).unwrap()
}

fn opened<'b>(record: &[u8], buffer: &'b mut Vec<u8>) -> Vec<OutboundEvent<'b>> {
    open(record, &sealing(1).key, buffer).unwrap().map(Result::unwrap).collect()
}

#[test]
fn what_is_sealed_is_opened_as_it_was() {
    let events = [event("a", 5), event("b", 9), event("c", 7)];
    let records = sealed(&events);
    assert_eq!(records.len(), 1);
    let header = read_header(&records[0]).unwrap();
    assert_eq!(
        (header.tenant_id(), header.platform),
        (TenantId(7_000_000_001), Some(Platform::Meta))
    );
    assert_eq!((header.dataset_id, header.hour()), ("1234567890", KeyHour(497_222)));
    assert_eq!((header.rows, header.received()), (3, (UnixMillis(5), UnixMillis(9))));
    assert_eq!(opened(&records[0], &mut vec![1, 2, 3]), events);
    assert!(sealed(&[]).is_empty(), "nothing is no record");
}

#[test]
fn a_record_holds_nothing_in_clear_and_no_two_are_alike() {
    let entropy = CountingEntropy::default();
    let rows = rows(&[event("an-event-id", 5)]);
    let [one, other] = [(); 2].map(|()| seal(&sealing(1), &rows, &entropy).unwrap().remove(0));
    assert_ne!(one, other);
    for text in ["an-event-id", "203.0.113.9", "Purchase", "shop.example"] {
        let found = one.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(!found, "{text} stands in clear");
    }
}

#[test]
fn another_key_another_header_and_damage_open_nothing() {
    let record = sealed(&[event("a", 5)]).remove(0);
    let open_by = |record: &[u8], key: u8| {
        open(record, &sealing(key).key, &mut Vec::new()).map(|rows| rows.count())
    };
    assert_eq!(open_by(&record, 1), Ok(1));
    assert_eq!(open_by(&record, 2), Err(EnvelopeError::WrongKey));
    // A header that was changed by somebody who makes a new checksum too.
    for at in 0..record.len() - CRC_LEN {
        let mut forged = record.clone();
        forged[at] ^= 1;
        assert_eq!(
            open_by(&forged, 1),
            Err(match at {
                0 | 1 => EnvelopeError::NotAnEnvelope,
                _ => EnvelopeError::Damaged,
            })
        );
        let end = forged.len() - CRC_LEN;
        let crc = crc32fast::hash(&forged[..end]).to_be_bytes();
        forged[end..].copy_from_slice(&crc);
        assert!(open_by(&forged, 1).is_err(), "byte {at} was changed");
    }
    for length in 0..record.len() {
        assert!(open_by(&record[..length], 1).is_err(), "cut to {length}");
    }
    let mut newer = record.clone();
    newer[2] = VERSION + 1;
    let end = newer.len() - CRC_LEN;
    let crc = crc32fast::hash(&newer[..end]).to_be_bytes();
    newer[end..].copy_from_slice(&crc);
    assert_eq!(read_header(&newer), Err(EnvelopeError::UnknownVersion(VERSION + 1, EVENTS)));
}

#[test]
fn many_rows_become_records_within_the_bounds_of_the_log() {
    // Texts that cannot be packed.
    let noise: Vec<String> = (0_u64..3_000)
        .map(|number| {
            let digests = (0..12)
                .map(|part| crate::hash::sha256(&[number, part].map(u64::to_be_bytes).concat()));
            digests
                .map(|digest| {
                    crate::hash::to_hex(&digest).iter().map(|b| char::from(*b)).collect::<String>()
                })
                .collect()
        })
        .collect();
    let events: Vec<_> = noise.iter().map(|text| event(text, 5)).collect();
    let records = sealed(&events);
    assert!(records.len() > 1);
    assert!(records.iter().all(|record| record.len() <= RECORD_BYTES_MAX));
    let mut ids = Vec::new();
    for record in &records {
        let mut buffer = Vec::new();
        ids.extend(opened(record, &mut buffer).iter().map(|event| event.event_id.to_owned()));
    }
    assert_eq!(ids, noise, "all of them, in order");
    let few: Vec<_> = (0..ROWS_MAX as i64 + 1).map(|at| event("a", at)).collect();
    let rows: Vec<_> = sealed(&few).iter().map(|r| read_header(r).unwrap().rows).collect();
    assert_eq!(rows, [ROWS_MAX as u32, 1]);
}

#[test]
fn a_row_that_is_too_large_is_refused_and_leaves_nothing_behind() {
    let long = "a".repeat(ROW_BYTES_MAX);
    let mut rows = rows(&[event("a", 5)]);
    let before = rows.clone();
    assert_eq!(
        rows.push(&OutboundEvent { source_url: Some(&long), ..event("b", 6) }),
        Err(RowTooLarge)
    );
    assert!(rows == before);
    rows.append(&before);
    assert_eq!((rows.len(), rows.byte_len()), (2, 2 * before.byte_len()));
    let records = seal(&sealing(1), &rows, &CountingEntropy::default()).unwrap();
    assert_eq!(opened(&records[0], &mut Vec::new()), [event("a", 5), event("a", 5)]);
}

#[test]
fn the_bytes_of_a_row_are_those_of_this_version() {
    let rows = rows(&[event("a", 5)]);
    let hex: String = rows.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    // Change them only with a new version: envelopes of the old one are in the log.
    assert_eq!(hex, include_str!("row.hex").trim());
}

proptest! {
    #[test]
    fn any_rows_come_back(
        texts in prop::collection::vec(("\\PC{0,40}", any::<i64>(), any::<Option<i64>>(), any::<bool>()), 1..20),
    ) {
        let event_of = |(text, received, value, flag): &'_ (String, i64, Option<i64>, bool)| {
            let (received_at_ms, value_micros, is_test) = (*received, *value, *flag);
            let text: &'static str = Box::leak(text.clone().into_boxed_str());
            OutboundEvent { event_name: text, value_micros, is_test, ..event(text, received_at_ms) }
        };
        let events: Vec<_> = texts.iter().map(event_of).collect();
        let records = sealed(&events);
        let mut buffer = Vec::new();
        prop_assert_eq!(opened(&records[0], &mut buffer), events);
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut record = [&b"SE\x01\x01"[..], &bytes].concat();
        let crc = crc32fast::hash(&record).to_be_bytes();
        record.extend_from_slice(&crc);
        prop_assert!(open(&record, &sealing(1).key, &mut Vec::new()).is_err());
    }
}

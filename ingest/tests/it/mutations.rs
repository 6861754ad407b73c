//! Valid bodies, damaged at random: whatever comes, an answer in Meta's shape goes out, and only
//! events that stand in the log are answered with success.

use bumpalo::Bump;
use proptest::prelude::*;
use serde_json::json;
use stratum_wire::dialect::tiktok::Shape;
use stratum_wire::dialect::{ParsedRequest, Refusal, meta, pinterest, tiktok};
use stratum_wire::limits::RowLimits;

use crate::desk::{Desk, purchase};

const META: [&[u8]; 7] = [
    include_bytes!("../../wire/src/dialect/meta/fixtures/e1_python_sync.form"),
    include_bytes!("../../wire/src/dialect/meta/fixtures/e2_python_async.form"),
    include_bytes!("../../wire/src/dialect/meta/fixtures/e3_node.json"),
    include_bytes!("../../wire/src/dialect/meta/fixtures/e4_curl.multipart"),
    include_bytes!("../../wire/src/dialect/meta/fixtures/e5_segment.json"),
    include_bytes!("../../wire/src/dialect/meta/fixtures/e6_rudder.form"),
    include_bytes!("../../wire/src/dialect/meta/fixtures/gateway.json"),
];
const TIKTOK: [(Shape, &[u8]); 5] = [
    (Shape::Pixel, include_bytes!("../../wire/src/dialect/tiktok/fixtures/t1_python.json")),
    (Shape::Pixel, include_bytes!("../../wire/src/dialect/tiktok/fixtures/t1_node.json")),
    (
        Shape::PixelBatch,
        include_bytes!("../../wire/src/dialect/tiktok/fixtures/t1_python_batch.json"),
    ),
    (
        Shape::PixelBatch,
        include_bytes!("../../wire/src/dialect/tiktok/fixtures/t1_node_batch.json"),
    ),
    (Shape::Events, include_bytes!("../../wire/src/dialect/tiktok/fixtures/t2_segment.json")),
];
const PINTEREST: [&[u8]; 2] = [
    include_bytes!("../../wire/src/dialect/pinterest/fixtures/p1_python.json"),
    include_bytes!("../../wire/src/dialect/pinterest/fixtures/p1_python_batch.json"),
];

/// What may be done to a body.
#[derive(Clone, Debug)]
enum Damage {
    Flip(usize, u8),
    Cut(usize),
    Remove(usize, usize),
    Repeat(usize, usize),
    Insert(usize, &'static str),
}

fn damage() -> impl Strategy<Value = Damage> {
    let pieces = prop::sample::select(vec![
        "\"",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "null",
        "-",
        "1e9",
        "\\ud800",
        "%",
        "&",
        "=",
        "\0",
        "--",
        "\r\n\r\n",
        "[[[[[[[[",
        "\"data\":",
        "\"user_data\":{",
        "é",
        "9999999999999999999",
    ]);
    let at = 0..4000_usize;
    prop_oneof![
        (at.clone(), any::<u8>()).prop_map(|(at, with)| Damage::Flip(at, with)),
        at.clone().prop_map(Damage::Cut),
        (at.clone(), 1..200_usize).prop_map(|(at, length)| Damage::Remove(at, length)),
        (at.clone(), 1..200_usize).prop_map(|(at, length)| Damage::Repeat(at, length)),
        (at, pieces).prop_map(|(at, piece)| Damage::Insert(at, piece)),
    ]
}

fn apply(mut body: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages {
        let length = body.len();
        let part =
            |at: usize, count: usize| at % (length + 1)..(at % (length + 1) + count).min(length);
        match *damage {
            Damage::Flip(at, with) => {
                if let Some(byte) = body.get_mut(at % length.max(1)) {
                    *byte ^= with;
                }
            }
            Damage::Cut(at) => body.truncate(at % (length + 1)),
            Damage::Remove(at, count) => drop(body.drain(part(at, count))),
            Damage::Repeat(at, count) => {
                let again = body[part(at, count)].to_vec();
                body.splice(part(at, 0), again);
            }
            Damage::Insert(at, piece) => drop(body.splice(part(at, 0), piece.bytes())),
        }
    }
    body
}

fn is_whole(read: &Result<ParsedRequest<'_>, Refusal>, limits: &RowLimits) -> bool {
    match read {
        Ok(request) => {
            let mut given = request.events.iter().map(|event| event.given.clone());
            (1..=limits.events_max).contains(&request.events.len())
                && given.all(|range| request.given.get(range).is_some())
        }
        Err(refusal) => !refusal.fault.to_string().is_empty() && refusal.rows >= 1,
    }
}

#[test]
fn what_sdks_send_is_read() {
    let (arena, limits) = (Bump::new(), RowLimits::default());
    assert!(META.iter().all(|body| meta::parse_events(body, &arena, &limits).is_ok()));
    for body in PINTEREST {
        let events = pinterest::parse_events(body, &arena, &limits).unwrap().events;
        assert!(events.iter().all(|event| event.fault.is_none()));
        assert!(events.iter().all(|event| event.value_micros == Some(59_900_000)));
    }
    for (shape, body) in TIKTOK {
        let read = tiktok::parse_events(body, shape, &arena, &limits);
        assert_eq!(read.dataset_id, Some("1234567890"));
        let events = read.events.unwrap().events;
        assert!(
            events
                .iter()
                .all(|event| event.fault.is_none() && event.value_micros == Some(59_900_000))
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_body_is_read_or_refused(
        fixture in 0..META.len() + TIKTOK.len() + PINTEREST.len(),
        damages in prop::collection::vec(damage(), 1..4),
    ) {
        let (arena, limits) = (Bump::new(), RowLimits::default());
        match fixture.checked_sub(META.len()) {
            None => {
                let body = apply(META[fixture].to_vec(), &damages);
                let read = meta::parse_events(&body, &arena, &limits);
                prop_assert!(is_whole(&read, &limits));
            }
            Some(fixture) if fixture >= TIKTOK.len() => {
                let body = apply(PINTEREST[fixture - TIKTOK.len()].to_vec(), &damages);
                let read = pinterest::parse_events(&body, &arena, &limits);
                prop_assert!(is_whole(&read, &limits));
            }
            Some(fixture) => {
                let (shape, body) = TIKTOK[fixture];
                let body = apply(body.to_vec(), &damages);
                let read = tiktok::parse_events(&body, shape, &arena, &limits);
                prop_assert!(is_whole(&read.events, &limits));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_request_is_answered_and_counted(
        count in 1..4_usize,
        damages in prop::collection::vec(damage(), 0..3),
    ) {
        let events: Vec<_> = (0..count).map(|n| purchase(&format!("id-{n}"))).collect();
        let body = apply(json!({ "data": events }).to_string().into_bytes(), &damages);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let desk = Desk::new();
            let answer = desk.post(body).await;
            let (kept, refused) = (desk.events().len(), desk.rejections().len());
            if answer.status == 200 {
                assert_eq!(answer.body["events_received"], kept);
                assert_eq!(refused, 0);
            } else {
                assert!((400..500).contains(&answer.status.as_u16()), "{answer:?}");
                assert!(answer.body["error"]["fbtrace_id"].is_string());
                assert_eq!(kept, 0);
                assert!(refused > 0);
            }
        });
    }
}

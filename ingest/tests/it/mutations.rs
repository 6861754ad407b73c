//! Valid bodies, damaged at random: whatever comes, an answer in Meta's shape goes out, and only
//! events that stand in the log are answered with success.

use bumpalo::Bump;
use proptest::prelude::*;
use serde_json::json;
use stratum_wire::dialect::linkedin::Shape as LinkedinShape;
use stratum_wire::dialect::segment::Shape as SegmentShape;
use stratum_wire::dialect::snapchat::Shape as SnapchatShape;
use stratum_wire::dialect::tiktok::Shape;
use stratum_wire::dialect::{
    ParsedRequest, Refusal, ga4, linkedin, meta, pinterest, segment, snapchat, tiktok,
};
use stratum_wire::limits::RowLimits;

use crate::desk::{Desk, NOW, purchase};

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
const SEGMENT: [&[u8]; 3] = [
    include_bytes!("../../wire/src/dialect/segment/fixtures/b1_python.json"),
    include_bytes!("../../wire/src/dialect/segment/fixtures/b1_node_batch.json"),
    include_bytes!("../../wire/src/dialect/segment/fixtures/b1_rudder_python.json"),
];
const GA4: [&[u8]; 2] = [
    include_bytes!("../../wire/src/dialect/ga4/fixtures/m1_python.json"),
    include_bytes!("../../wire/src/dialect/ga4/fixtures/m1_python_batch.json"),
];
const SNAPCHAT: [&[u8]; 2] = [
    include_bytes!("../../wire/src/dialect/snapchat/fixtures/s2_python.json"),
    include_bytes!("../../wire/src/dialect/snapchat/fixtures/s3_segment.json"),
];
const LINKEDIN: &[u8] =
    include_bytes!("../../wire/src/dialect/linkedin/fixtures/l1_python_batch.json");

/// Whether what was read of a body is whole.
type Check = fn(&[u8], &Bump, &RowLimits) -> bool;

/// Bodies of SDKs, and how each is read.
fn sent() -> Vec<(&'static [u8], Check)> {
    let mut all: Vec<(&'static [u8], Check)> = Vec::new();
    for body in META {
        all.push((body, |body, arena, limits| {
            is_whole(&meta::parse_events(body, arena, limits), limits)
        }));
    }
    for (shape, body) in TIKTOK {
        let check: Check = match shape {
            Shape::Pixel => {
                |body, arena, limits| tiktok_is_whole(Shape::Pixel, body, arena, limits)
            }
            Shape::PixelBatch => {
                |body, arena, limits| tiktok_is_whole(Shape::PixelBatch, body, arena, limits)
            }
            Shape::Events => {
                |body, arena, limits| tiktok_is_whole(Shape::Events, body, arena, limits)
            }
        };
        all.push((body, check));
    }
    for body in PINTEREST {
        all.push((body, |body, arena, limits| {
            is_whole(&pinterest::parse_events(body, arena, limits), limits)
        }));
    }
    for body in SEGMENT {
        all.push((body, |body, arena, limits| {
            let read = segment::parse_events(body, SegmentShape::Batch, NOW, arena, limits);
            // Messages that are no events may be all there are.
            read.as_ref().is_ok_and(|request| request.events.is_empty()) || is_whole(&read, limits)
        }));
    }
    for body in GA4 {
        all.push((body, |body, arena, limits| {
            is_whole(&ga4::parse_events(body, arena, limits), limits)
        }));
    }
    all.push((SNAPCHAT[0], |body, arena, limits| {
        is_whole(&snapchat::parse_events(body, SnapchatShape::V2, arena, limits), limits)
    }));
    all.push((SNAPCHAT[1], |body, arena, limits| {
        is_whole(&snapchat::parse_events(body, SnapchatShape::V3, arena, limits), limits)
    }));
    all.push((LINKEDIN, |body, arena, limits| {
        is_whole(&linkedin::parse_events(body, LinkedinShape::Batch, arena, limits), limits)
    }));
    all
}

fn tiktok_is_whole(shape: Shape, body: &[u8], arena: &Bump, limits: &RowLimits) -> bool {
    is_whole(&tiktok::parse_events(body, shape, arena, limits).events, limits)
}

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
            (1..=5 * limits.events_max).contains(&request.events.len())
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
    let segment = |body| segment::parse_events(body, SegmentShape::Batch, NOW, &arena, &limits);
    let ga4 = |body| ga4::parse_events(body, &arena, &limits);
    let snapchat = |shape, body| snapchat::parse_events(body, shape, &arena, &limits);
    let snapchats =
        [snapchat(SnapchatShape::V2, SNAPCHAT[0]), snapchat(SnapchatShape::V3, SNAPCHAT[1])];
    let others = SEGMENT.into_iter().map(segment).chain(GA4.into_iter().map(ga4));
    for read in others.chain(snapchats) {
        let events = read.unwrap().events;
        assert!(events.iter().all(|event| event.fault.is_none()));
        assert!(events.iter().all(|event| event.value_micros == Some(59_900_000)));
        assert!(events.iter().all(|event| event.event_name == Some("Purchase")));
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
        (body, check) in prop::sample::select(sent()),
        damages in prop::collection::vec(damage(), 1..4),
    ) {
        let body = apply(body.to_vec(), &damages);
        prop_assert!(check(&body, &Bump::new(), &RowLimits::default()));
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

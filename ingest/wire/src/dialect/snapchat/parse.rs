//! A request of either version, into scans of its events.

use bumpalo::Bump;
use stratum_models::rejection::RejectReason;

use super::super::batch::Batch;
use super::super::{Fault, ParsedRequest, Refusal};
use super::scan::{event, flat_event};
use crate::decode::json::{Reader, Token};
use crate::decode::{self, Malformed};
use crate::limits::RowLimits;

/// Snapchat takes twice as many events in a request as others.
const EVENTS_MAX: usize = 2000;

/// The shape of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// v3: a list of events, `data`.
    V3,
    /// v2: the body is a list of events, or one, each of which names its dataset.
    V2,
}

impl Shape {
    /// The field its events stand in, as errors name it.
    pub const fn list(self) -> &'static str {
        match self {
            Shape::V3 => "data",
            Shape::V2 => "",
        }
    }
}

/// Reads a body, unpacked already. Texts are borrowed from it, or live in `arena`.
pub fn parse_events<'a>(
    body: &'a [u8],
    shape: Shape,
    arena: &'a Bump,
    limits: &RowLimits,
) -> Result<ParsedRequest<'a>, Refusal> {
    // An operator's own bound holds, whatever the vendor's is.
    let events_max = limits.events_max.saturating_mul(2).min(EVENTS_MAX);
    let mut batch = Batch::new(arena, limits, events_max);
    let read = decode::text(body).and_then(|text| {
        let mut reader = Reader::new(text, arena);
        match shape {
            Shape::V3 => request(&mut reader, &mut batch)?,
            Shape::V2 => list(&mut reader, shape, &mut batch)?,
        }
        reader.finish()
    });
    batch.end(read, shape.list())
}

fn request<'a>(reader: &mut Reader<'a>, batch: &mut Batch<'a, '_>) -> Result<(), Malformed> {
    match reader.token()? {
        Token::Object => {}
        token => {
            batch.fault = Some(Fault::of(RejectReason::WrongType, "", "a JSON object"));
            return reader.leave(token);
        }
    }
    let mut first = true;
    while let Some(key) = reader.key(&mut first)? {
        match key {
            "data" => list(reader, Shape::V3, batch)?,
            "test_event_code" => match reader.token()? {
                Token::Text(code) => batch.request.test = !code.trim_ascii().is_empty(),
                token => reader.leave(token)?,
            },
            _ => reader.skip()?,
        }
    }
    Ok(())
}

fn list<'a>(
    reader: &mut Reader<'a>,
    shape: Shape,
    batch: &mut Batch<'a, '_>,
) -> Result<(), Malformed> {
    // A second list replaces the first.
    batch.request.events.clear();
    batch.request.given.clear();
    match (reader.token()?, shape) {
        (Token::List, Shape::V3) => batch.events(reader, "data", &event),
        (Token::List, Shape::V2) => batch.events(reader, "", &flat_event),
        (Token::Object, Shape::V2) => batch.event(reader, &flat_event),
        (Token::Null, _) => Ok(()),
        (token, _) => {
            let fault = Fault::of(RejectReason::WrongType, shape.list(), "a list of events");
            batch.fault = Some(fault);
            reader.leave(token)
        }
    }
}

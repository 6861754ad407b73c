//! A batch or one event, into scans.

use bumpalo::Bump;
use stratum_models::platform::ActionSource;
use stratum_models::rejection::RejectReason;

use super::super::batch::Batch;
use super::super::{Fault, ParsedRequest, Refusal};
use super::scan::event;
use crate::decode::json::{Reader, Token};
use crate::decode::{self, Malformed};
use crate::limits::RowLimits;

/// LinkedIn takes five times as many events in a request as others.
const EVENTS_MAX: usize = 5000;

/// The shape of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A list of events, `elements`.
    Batch,
    /// The body is one event.
    Event,
}

/// Reads a body, unpacked already. Texts are borrowed from it, or live in `arena`.
pub fn parse_events<'a>(
    body: &'a [u8],
    shape: Shape,
    arena: &'a Bump,
    limits: &RowLimits,
) -> Result<ParsedRequest<'a>, Refusal> {
    // An operator's own bound holds, whatever the vendor's is.
    let events_max = limits.events_max.saturating_mul(5).min(EVENTS_MAX);
    let mut batch = Batch::new(arena, limits, events_max);
    let read = decode::text(body).and_then(|text| {
        let mut reader = Reader::new(text, arena);
        request(&mut reader, shape, &mut batch)?;
        reader.finish()
    });
    let mut request = batch.end(read, "elements")?;
    // Its conversions are those of web sites, unless they are told of in another way.
    for event in &mut request.events {
        event.action_source = Some(ActionSource::Website);
    }
    Ok(request)
}

fn request<'a>(
    reader: &mut Reader<'a>,
    shape: Shape,
    batch: &mut Batch<'a, '_>,
) -> Result<(), Malformed> {
    match (reader.token()?, shape) {
        (Token::Object, Shape::Event) => return batch.event(reader, &event),
        (Token::Object, Shape::Batch) => {}
        (token, _) => {
            batch.fault = Some(Fault::of(RejectReason::WrongType, "", "a JSON object"));
            return reader.leave(token);
        }
    }
    let mut first = true;
    while let Some(key) = reader.key(&mut first)? {
        if key == "elements" {
            elements(reader, batch)?;
        } else {
            reader.skip()?;
        }
    }
    Ok(())
}

fn elements<'a>(reader: &mut Reader<'a>, batch: &mut Batch<'a, '_>) -> Result<(), Malformed> {
    // A second list replaces the first.
    batch.request.events.clear();
    batch.request.given.clear();
    match reader.token()? {
        Token::List => batch.events(reader, "elements", &event),
        Token::Null => Ok(()),
        token => {
            batch.fault = Some(Fault::of(RejectReason::WrongType, "elements", "a list of events"));
            reader.leave(token)
        }
    }
}

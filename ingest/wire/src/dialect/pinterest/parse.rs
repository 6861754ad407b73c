//! A request, into scans of its events.

use bumpalo::Bump;
use stratum_models::rejection::RejectReason;

use super::super::batch::Batch;
use super::super::{Fault, ParsedRequest, Refusal};
use super::scan::event;
use crate::decode::json::{Reader, Token};
use crate::decode::{self, Malformed};
use crate::limits::RowLimits;

/// Reads a body, unpacked already. Texts are borrowed from it, or live in `arena`.
pub fn parse_events<'a>(
    body: &'a [u8],
    arena: &'a Bump,
    limits: &RowLimits,
) -> Result<ParsedRequest<'a>, Refusal> {
    let mut batch = Batch::new(arena, limits, limits.events_max);
    let read = decode::text(body).and_then(|text| {
        let mut reader = Reader::new(text, arena);
        request(&mut reader, &mut batch)?;
        reader.finish()
    });
    batch.end(read, "data")
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
        if key == "data" {
            data(reader, batch)?;
        } else {
            reader.skip()?;
        }
    }
    Ok(())
}

fn data<'a>(reader: &mut Reader<'a>, batch: &mut Batch<'a, '_>) -> Result<(), Malformed> {
    // A second list replaces the first.
    batch.request.events.clear();
    batch.request.given.clear();
    match reader.token()? {
        Token::List => batch.events(reader, "data", &event),
        Token::Null => Ok(()),
        token => {
            batch.fault = Some(Fault::of(RejectReason::WrongType, "data", "a list of events"));
            reader.leave(token)
        }
    }
}

//! A request of any of the three shapes, into scans of its events.

use std::cell::Cell;

use bumpalo::Bump;
use stratum_models::platform::ActionSource;
use stratum_models::rejection::RejectReason;

use super::super::batch::Batch;
use super::super::event_reader::EventReader;
use super::super::{Fault, ParsedRequest, Refusal};
use super::scan;
use crate::decode::json::{Reader, Token};
use crate::decode::{self, Malformed};
use crate::limits::RowLimits;

/// Events of one batch of Events 1.0.
const PIXEL_BATCH_MAX: usize = 50;

/// The shape of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Events 2.0: a list of events, `data`.
    Events,
    /// Events 1.0: the body is one event.
    Pixel,
    /// Events 1.0: a list of events, `batch`.
    PixelBatch,
}

impl Shape {
    /// The field its events stand in, as errors name it; empty where the body is one.
    pub const fn list(self) -> &'static str {
        match self {
            Shape::Events => "data",
            Shape::Pixel => "",
            Shape::PixelBatch => "batch",
        }
    }

    /// The field that names the dataset.
    pub const fn dataset(self) -> &'static str {
        match self {
            Shape::Events => "event_source_id",
            Shape::Pixel | Shape::PixelBatch => "pixel_code",
        }
    }
}

/// A request as far as it could be read.
#[derive(Debug)]
pub struct TiktokRequest<'a> {
    /// The dataset it is for; `None` where it names none.
    pub dataset_id: Option<&'a str>,
    /// The events, or the refusal of the whole request.
    pub events: Result<ParsedRequest<'a>, Refusal>,
}

/// The fields of a request that are no event's own.
#[derive(Default)]
struct Head<'a> {
    dataset_id: Cell<Option<&'a str>>,
    test: Cell<bool>,
    source: Cell<Option<ActionSource>>,
    fault: Cell<Option<Fault>>,
}

/// Reads a body, unpacked already. Texts are borrowed from it, or live in `arena`.
pub fn parse_events<'a>(
    body: &'a [u8],
    shape: Shape,
    arena: &'a Bump,
    limits: &RowLimits,
) -> TiktokRequest<'a> {
    let events_max = match shape {
        Shape::PixelBatch => limits.events_max.min(PIXEL_BATCH_MAX),
        Shape::Events | Shape::Pixel => limits.events_max,
    };
    let (head, mut batch) = (Head::default(), Batch::new(arena, limits, events_max));
    let read = decode::text(body).and_then(|text| {
        let mut reader = Reader::new(text, arena);
        request(&mut reader, shape, &head, &mut batch)?;
        reader.finish()
    });
    batch.fault = batch.fault.or(head.fault.get());
    let events = batch.end(read, shape.list()).map(|mut request| {
        request.test = head.test.get();
        let source = head.source.get().filter(|_| shape == Shape::Events);
        for event in &mut request.events {
            // Events 1.0 are those of a web site.
            event.action_source = source.or(Some(ActionSource::Website));
        }
        request
    });
    TiktokRequest { dataset_id: head.dataset_id.get(), events }
}

fn request<'a>(
    reader: &mut Reader<'a>,
    shape: Shape,
    head: &Head<'a>,
    batch: &mut Batch<'a, '_>,
) -> Result<(), Malformed> {
    match (reader.token()?, shape) {
        (Token::Object, Shape::Pixel) => {
            return batch.event(reader, &|event| pixel_event(event, head));
        }
        (Token::Object, Shape::Events | Shape::PixelBatch) => {}
        (token, _) => {
            batch.fault = Some(Fault::of(RejectReason::WrongType, "", "a JSON object"));
            return reader.leave(token);
        }
    }
    let mut first = true;
    while let Some(key) = reader.key(&mut first)? {
        if key == shape.list() {
            list(reader, shape, batch)?;
        } else if !head.field(key, reader)? {
            reader.skip()?;
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
    match reader.token()? {
        Token::List if shape == Shape::Events => batch.events(reader, "data", &scan::event),
        Token::List => batch.events(reader, "batch", &scan::pixel_event),
        Token::Null => Ok(()),
        token => {
            let wrong = Fault::of(RejectReason::WrongType, shape.list(), "a list of events");
            batch.fault = Some(wrong);
            reader.leave(token)
        }
    }
}

/// An event that is the whole body, so that the request's own fields stand beside the event's.
fn pixel_event<'a>(mut event: EventReader<'_, 'a>, head: &Head<'a>) -> Result<(), Malformed> {
    event.fields(|event, key| {
        if head.field(key, event.reader)? { Ok(()) } else { scan::pixel_field(event, key) }
    })?;
    event.end_identifiers("context.user");
    Ok(())
}

impl<'a> Head<'a> {
    /// Reads the value of a field of the request; `false` of one that is none.
    fn field(&self, key: &str, reader: &mut Reader<'a>) -> Result<bool, Malformed> {
        match key {
            "event_source_id" | "pixel_code" => {
                self.dataset_id
                    .set(self.text(reader, "event_source_id")?.or(self.dataset_id.get()));
            }
            "test_event_code" => self.test.set(self.text(reader, "test_event_code")?.is_some()),
            "event_source" => {
                const EXPECTED: &str = "one of web, app, offline, crm";
                if let Some(text) = self.text(reader, "event_source")? {
                    self.source.set(source(text));
                    if self.source.get().is_none() {
                        let reason = RejectReason::InvalidValue;
                        self.fault.set(Some(Fault::of(reason, "event_source", EXPECTED)));
                    }
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn text(
        &self,
        reader: &mut Reader<'a>,
        field: &'static str,
    ) -> Result<Option<&'a str>, Malformed> {
        match reader.token()? {
            Token::Text(text) => Ok(Some(text.trim_ascii()).filter(|text| !text.is_empty())),
            Token::Number(text) => Ok(Some(text)),
            Token::Null => Ok(None),
            token => {
                self.fault.set(Some(Fault::of(RejectReason::WrongType, field, "a text")));
                reader.leave(token).map(|()| None)
            }
        }
    }
}

fn source(text: &str) -> Option<ActionSource> {
    Some(match text {
        "web" => ActionSource::Website,
        "app" => ActionSource::App,
        "offline" => ActionSource::PhysicalStore,
        "crm" => ActionSource::SystemGenerated,
        _ => return None,
    })
}

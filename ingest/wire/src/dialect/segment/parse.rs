//! A batch or one message, into scans of its events.

use std::cell::Cell;

use bumpalo::Bump;
use stratum_models::platform::ActionSource;
use stratum_models::rejection::RejectReason;
use stratum_models::time::UnixMillis;

use super::super::batch::Batch;
use super::super::{Fault, ParsedRequest, Refusal};
use super::scan::{context, message};
use crate::decode::json::{Reader, Token};
use crate::decode::{self, Malformed};
use crate::limits::RowLimits;

/// A sender's clock that is off by less is believed: so long may a request be under way.
const CLOCK_SKEW_MS: i64 = 60_000;

/// The call that made a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something was done.
    Track,
    /// A page was seen.
    Page,
    /// A screen of an app was seen.
    Screen,
    /// A person was described.
    Identify,
    /// A person belongs to a group.
    Group,
    /// A person has another id.
    Alias,
}

impl Kind {
    /// The kind of this word: as messages name it, or by the letter that browsers have in the path.
    pub fn parse(word: &str) -> Option<Kind> {
        Some(match word {
            "track" | "t" => Kind::Track,
            "page" | "p" => Kind::Page,
            "screen" | "s" => Kind::Screen,
            "identify" | "i" => Kind::Identify,
            "group" | "g" => Kind::Group,
            "alias" | "a" => Kind::Alias,
            _ => return None,
        })
    }
}

/// The shape of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A list of messages, `batch`.
    Batch,
    /// The body is one message. Its kind is that of the path where it does not say.
    Message(Kind),
}

/// The facts beside the messages, and of no single one.
pub(super) struct Head {
    /// The kind of the path.
    pub(super) kind: Option<Kind>,
    /// When the request was sent, by the sender's clock.
    pub(super) sent_at: Cell<Option<UnixMillis>>,
}

/// Reads a body, unpacked already, that came at `now`. Texts are borrowed from it, or live in `arena`. Times are
/// set right by the sender's clock; a message without one happened now. There may be no event at all in it.
pub fn parse_events<'a>(
    body: &'a [u8],
    shape: Shape,
    now: UnixMillis,
    arena: &'a Bump,
    limits: &RowLimits,
) -> Result<ParsedRequest<'a>, Refusal> {
    let kind = match shape {
        Shape::Batch => None,
        Shape::Message(kind) => Some(kind),
    };
    let head = Head { kind, sent_at: Cell::new(None) };
    let mut batch = Batch::new(arena, limits, limits.events_max);
    let read = decode::text(body).and_then(|text| {
        let mut reader = Reader::new(text, arena);
        request(&mut reader, &head, &mut batch)?;
        reader.finish()
    });
    let mut request = batch.end(read, "batch")?;
    let off = head.sent_at.get().map_or(0, |sent_at| now.0.saturating_sub(sent_at.0));
    let off = if off.abs() > CLOCK_SKEW_MS { off } else { 0 };
    request.events.retain(|event| !event.skipped);
    for event in &mut request.events {
        let time = event.event_time.map(|time| UnixMillis(time.0.saturating_add(off)));
        event.event_time = Some(time.unwrap_or(now));
        event.action_source.get_or_insert(ActionSource::Website);
    }
    Ok(request)
}

fn request<'a>(
    reader: &mut Reader<'a>,
    head: &Head,
    batch: &mut Batch<'a, '_>,
) -> Result<(), Malformed> {
    match (reader.token()?, head.kind) {
        (Token::Object, Some(_)) => return batch.event(reader, &|event| message(event, head)),
        (Token::Object, None) => {}
        (token, _) => {
            batch.fault = Some(Fault::of(RejectReason::WrongType, "", "a JSON object"));
            return reader.leave(token);
        }
    }
    let mut first = true;
    while let Some(key) = reader.key(&mut first)? {
        match key {
            "batch" => messages(reader, head, batch)?,
            "context" => batch.common(reader, |common| common.any_object(context))?,
            "sentAt" | "sent_at" => batch.common(reader, |common| {
                let sent_at = common.any_time()?;
                head.sent_at.set(sent_at.or(head.sent_at.get()));
                Ok(())
            })?,
            _ => reader.skip()?,
        }
    }
    Ok(())
}

fn messages<'a>(
    reader: &mut Reader<'a>,
    head: &Head,
    batch: &mut Batch<'a, '_>,
) -> Result<(), Malformed> {
    // A second list replaces the first.
    batch.request.events.clear();
    batch.request.given.clear();
    match reader.token()? {
        Token::List => batch.events(reader, "batch", &|event| message(event, head)),
        Token::Null => Ok(()),
        token => {
            batch.fault = Some(Fault::of(RejectReason::WrongType, "batch", "a list of messages"));
            reader.leave(token)
        }
    }
}

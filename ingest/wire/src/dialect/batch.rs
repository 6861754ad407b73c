//! The events of a request on their way into scans, whatever the dialect.

use bumpalo::Bump;
use stratum_models::money::Currency;
use stratum_models::rejection::RejectReason;

use super::event_reader::EventReader;
use super::{EventScan, Fault, IdentifierValue, ParsedRequest, Refusal};
use crate::decode::Malformed;
use crate::decode::json::{Reader, Token};
use crate::limits::RowLimits;

/// Of a request with too many events, so many times the bound are counted.
const COUNTED_TIMES: usize = 10;
/// Identifier values that may stand beside the events: each of them is hashed for every event.
const COMMON_IDENTIFIERS_MAX: usize = 32;

/// The events read so far, and what is wrong with the request.
pub(super) struct Batch<'a, 'l> {
    pub(super) arena: &'a Bump,
    limits: &'l RowLimits,
    events_max: usize,
    pub(super) request: ParsedRequest<'a>,
    /// The last thing found wrong with the request as a whole.
    pub(super) fault: Option<Fault>,
    has_list: bool,
    rows: usize,
    currency: Option<(&'a str, Currency)>,
    /// The fields that stand beside the events and are true of each; `None` where there are none.
    common: Option<EventScan<'a>>,
    common_given: Vec<IdentifierValue<'a>>,
}

impl<'a, 'l> Batch<'a, 'l> {
    /// No event yet, of at most `events_max`.
    pub(super) fn new(arena: &'a Bump, limits: &'l RowLimits, events_max: usize) -> Self {
        let (request, fault) = (ParsedRequest::default(), None);
        Batch {
            arena,
            limits,
            events_max,
            request,
            fault,
            has_list: false,
            rows: 0,
            currency: None,
            common: None,
            common_given: Vec::new(),
        }
    }

    /// Reads the list that was opened. An element may be an event that was encoded a second time, as a text.
    pub(super) fn events(
        &mut self,
        reader: &mut Reader<'a>,
        field: &'static str,
        read: &impl Fn(EventReader<'_, 'a>) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        self.has_list = true;
        self.rows = 0;
        let mut first = true;
        while reader.element(&mut first)? {
            self.rows += 1;
            if self.rows > self.events_max {
                let too_many = "holds more events than one request may";
                self.fault = Some(Fault::of(RejectReason::TooManyRows, field, too_many));
                self.rows = self.rows.min(self.events_max * COUNTED_TIMES);
                reader.skip()?;
                continue;
            }
            match reader.token()? {
                Token::Object => self.event(reader, read)?,
                Token::Text(text) => self.encoded_event(text, read),
                token => {
                    reader.leave(token)?;
                    self.faulty(Fault::of(RejectReason::WrongType, "", "an object"));
                }
            }
        }
        Ok(())
    }

    /// Reads the event that was opened.
    pub(super) fn event(
        &mut self,
        reader: &mut Reader<'a>,
        read: &impl Fn(EventReader<'_, 'a>) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        let given = self.request.given.len();
        self.request.events.push(EventScan { given: given..given, ..EventScan::default() });
        let Some(event) = self.request.events.last_mut() else { return Ok(()) };
        let (given, currency) = (&mut self.request.given, &mut self.currency);
        read(EventReader { reader, event, given, currency, limits: self.limits })
    }

    /// Reads a value that stands beside the events and is true of each that does not say otherwise.
    pub(super) fn common(
        &mut self,
        reader: &mut Reader<'a>,
        read: impl FnOnce(&mut EventReader<'_, 'a>) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        let event = self.common.get_or_insert_default();
        let (given, currency) = (&mut self.common_given, &mut self.currency);
        read(&mut EventReader { reader, event, given, currency, limits: self.limits })
    }

    /// Gives each event what stands beside all.
    fn spread(&mut self, common: &EventScan<'a>) {
        if self.common_given.len() > COMMON_IDENTIFIERS_MAX {
            self.fault = Some(Fault::of(RejectReason::TooLong, "", ""));
            return;
        }
        let own = std::mem::take(&mut self.request.given);
        for event in &mut self.request.events {
            event.event_time = event.event_time.or(common.event_time);
            event.action_source = event.action_source.or(common.action_source);
            event.url = event.url.or(common.url);
            event.campaign_id = event.campaign_id.or(common.campaign_id);
            event.has_user_data |= common.has_user_data;
            event.from_browser |= common.from_browser;
            event.limited_data_use |= common.limited_data_use;
            event.fault = event.fault.or(common.fault);
            let start = self.request.given.len();
            self.request.given.extend_from_slice(own.get(event.given.clone()).unwrap_or_default());
            let others = self.common_given.iter().filter(|one| !event.sent.has(one.key));
            self.request.given.extend(others);
            event.given = start..self.request.given.len();
            self.common_given.iter().for_each(|one| event.sent.insert(one.key));
        }
    }

    /// An event that was encoded a second time.
    fn encoded_event(
        &mut self,
        text: &'a str,
        read: &impl Fn(EventReader<'_, 'a>) -> Result<(), Malformed>,
    ) {
        let mut reader = Reader::new(text, self.arena);
        let read = match reader.token() {
            Ok(Token::Object) => {
                let read = self.event(&mut reader, read).and_then(|()| reader.finish());
                read.map_err(|malformed| {
                    self.request.events.pop();
                    Fault::malformed("", malformed)
                })
            }
            Ok(_) => Err(Fault::of(RejectReason::WrongType, "", "an object")),
            Err(malformed) => Err(Fault::malformed("", malformed)),
        };
        if let Err(fault) = read {
            self.faulty(fault);
        }
    }

    fn faulty(&mut self, fault: Fault) {
        self.request.events.push(EventScan { fault: Some(fault), ..EventScan::default() });
    }

    /// The request, or why it is refused as a whole. `field` is where its events stand.
    pub(super) fn end(
        mut self,
        read: Result<(), Malformed>,
        field: &'static str,
    ) -> Result<ParsedRequest<'a>, Refusal> {
        if let Err(malformed) = read {
            self.fault = Some(Fault::malformed("", malformed));
        } else if let Some(common) = self.common.take() {
            self.spread(&common);
        }
        let empty = if self.has_list {
            Fault::of(RejectReason::EmptyBatch, field, "holds no event")
        } else {
            Fault::of(RejectReason::MissingField, field, "")
        };
        match self.fault.or_else(|| self.request.events.is_empty().then_some(empty)) {
            Some(fault) => {
                let rows = if fault.reason == RejectReason::TooManyRows { self.rows } else { 1 };
                Err(Refusal { fault, rows })
            }
            None => Ok(self.request),
        }
    }
}

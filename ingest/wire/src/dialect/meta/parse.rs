//! A request of any of the encodings senders use, into scans of its events. Pure: no clock, no I/O.

use bumpalo::Bump;
use stratum_models::money::Currency;
use stratum_models::rejection::RejectReason;

use super::super::{EventScan, Fault, ParsedRequest, Refusal};
use super::scan::Scan;
use crate::decode::json::{Reader, Token};
use crate::decode::{self, Encoding, Malformed, form, multipart};
use crate::limits::RowLimits;

/// How often `data` may be wrapped into a JSON text.
const WRAPPED_MAX: u32 = 3;
/// Of a request with too many events, so many times the bound are counted.
const COUNTED_TIMES: usize = 10;

/// Reads a body, unpacked already. Texts are borrowed from it, or live in `arena`.
pub fn parse_events<'a>(
    body: &'a [u8],
    arena: &'a Bump,
    limits: &RowLimits,
) -> Result<ParsedRequest<'a>, Refusal> {
    let mut parse = Parse {
        arena,
        limits,
        request: ParsedRequest::default(),
        fault: None,
        has_data: false,
        rows: 0,
        currency: None,
    };
    let read = decode::text(body).and_then(|text| match decode::sniff(text) {
        Encoding::Json => parse.json(text),
        Encoding::Form => parse.form(text),
        Encoding::Multipart => multipart::parts(text, |name, content| parse.part(name, content)),
    });
    if let Err(malformed) = read {
        parse.fault = Some(Fault::malformed("", malformed));
    }
    let request = parse.request;
    let empty = if parse.has_data {
        Fault::of(RejectReason::EmptyBatch, "data", "holds no event")
    } else {
        Fault::of(RejectReason::MissingField, "data", "")
    };
    match parse.fault.or_else(|| request.events.is_empty().then_some(empty)) {
        Some(fault) => {
            let rows = if fault.reason == RejectReason::TooManyRows { parse.rows } else { 1 };
            Err(Refusal { fault, rows })
        }
        None => Ok(request),
    }
}

struct Parse<'a, 'l> {
    arena: &'a Bump,
    limits: &'l RowLimits,
    request: ParsedRequest<'a>,
    fault: Option<Fault>,
    has_data: bool,
    rows: usize,
    currency: Option<(&'a str, Currency)>,
}

impl<'a> Parse<'a, '_> {
    fn json(&mut self, text: &'a str) -> Result<(), Malformed> {
        let mut reader = Reader::new(text, self.arena);
        match reader.token()? {
            Token::Object => self.body(&mut reader)?,
            Token::List => self.events(&mut reader)?,
            token => {
                reader.leave(token)?;
                self.fault = Some(Fault::of(RejectReason::WrongType, "", "a JSON object"));
            }
        }
        reader.finish()
    }

    fn body(&mut self, reader: &mut Reader<'a>) -> Result<(), Malformed> {
        let mut first = true;
        while let Some(key) = reader.key(&mut first)? {
            match key {
                "data" => self.data(reader, 0)?,
                "test_event_code" => match reader.token()? {
                    Token::Text(code) | Token::Number(code) => self.test_code(code),
                    token => reader.leave(token)?,
                },
                _ => reader.skip()?,
            }
        }
        Ok(())
    }

    fn form(&mut self, text: &'a str) -> Result<(), Malformed> {
        for (name, value) in form::fields(text) {
            let name = form::decode(name, self.arena)?;
            if matches!(name, "data" | "test_event_code") {
                self.part(name, form::decode(value, self.arena)?)?;
            }
        }
        Ok(())
    }

    /// A field of a form or a part of a multipart body.
    fn part(&mut self, name: &str, content: &'a str) -> Result<(), Malformed> {
        match name {
            "data" => {
                if let Err(malformed) = self.wrapped(content, 0) {
                    self.fault = Some(Fault::malformed("data", malformed));
                }
            }
            "test_event_code" => self.test_code(content),
            _ => {}
        }
        Ok(())
    }

    fn test_code(&mut self, code: &str) {
        self.request.test = !code.trim().is_empty();
    }

    /// The value of `data`: a list, one object, or a text that holds either.
    fn data(&mut self, reader: &mut Reader<'a>, wrapped: u32) -> Result<(), Malformed> {
        const EXPECTED: &str = "a list of events";
        // A second `data` replaces the first.
        self.request.events.clear();
        self.request.given.clear();
        match reader.token()? {
            Token::List => self.events(reader)?,
            Token::Object => self.event(reader)?,
            Token::Text(text) if wrapped < WRAPPED_MAX => {
                if let Err(malformed) = self.wrapped(text, wrapped + 1) {
                    self.fault = Some(Fault::malformed("data", malformed));
                }
            }
            Token::Null => {}
            token => {
                reader.leave(token)?;
                self.fault = Some(Fault::of(RejectReason::WrongType, "data", EXPECTED));
            }
        }
        Ok(())
    }

    fn wrapped(&mut self, text: &'a str, wrapped: u32) -> Result<(), Malformed> {
        let mut reader = Reader::new(text, self.arena);
        self.data(&mut reader, wrapped)?;
        reader.finish()
    }

    fn events(&mut self, reader: &mut Reader<'a>) -> Result<(), Malformed> {
        self.has_data = true;
        self.rows = 0;
        let mut first = true;
        while reader.element(&mut first)? {
            self.rows += 1;
            if self.rows > self.limits.events_max {
                let too_many = "holds more events than one request may";
                self.fault = Some(Fault::of(RejectReason::TooManyRows, "data", too_many));
                self.rows = self.rows.min(self.limits.events_max * COUNTED_TIMES);
                reader.skip()?;
                continue;
            }
            match reader.token()? {
                Token::Object => self.event(reader)?,
                Token::Text(text) => self.encoded_event(text),
                token => {
                    reader.leave(token)?;
                    self.faulty(Fault::of(RejectReason::WrongType, "", "an object"));
                }
            }
        }
        Ok(())
    }

    fn event(&mut self, reader: &mut Reader<'a>) -> Result<(), Malformed> {
        let given = self.request.given.len();
        self.request.events.push(EventScan { given: given..given, ..EventScan::default() });
        let Some(event) = self.request.events.last_mut() else { return Ok(()) };
        let currency = &mut self.currency;
        Scan { reader, event, given: &mut self.request.given, currency, limits: self.limits }
            .event()
    }

    /// An event that was encoded a second time.
    fn encoded_event(&mut self, text: &'a str) {
        let mut reader = Reader::new(text, self.arena);
        let read = match reader.token() {
            Ok(Token::Object) => {
                let read = self.event(&mut reader).and_then(|()| reader.finish());
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
}

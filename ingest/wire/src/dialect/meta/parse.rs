//! A request of any of the encodings senders use, into scans of its events. Pure: no clock, no I/O.

use bumpalo::Bump;
use stratum_models::rejection::RejectReason;

use super::super::batch::Batch;
use super::super::{Fault, ParsedRequest, Refusal};
use super::scan::event;
use crate::decode::json::{Reader, Token};
use crate::decode::{self, Encoding, Malformed, form, multipart};
use crate::limits::RowLimits;

/// The number of times that `data` may be wrapped into a JSON text.
const WRAPPED_MAX: u32 = 3;

/// Reads a body, unpacked already. Texts are borrowed from it, or live in `arena`.
pub fn parse_events<'a>(
    body: &'a [u8],
    arena: &'a Bump,
    limits: &RowLimits,
) -> Result<ParsedRequest<'a>, Refusal> {
    let mut parse = Parse(Batch::new(arena, limits, limits.events_max));
    let read = decode::text(body).and_then(|text| match decode::sniff(text) {
        Encoding::Json => parse.json(text),
        Encoding::Form => parse.form(text),
        Encoding::Multipart => multipart::parts(text, |name, content| parse.part(name, content)),
    });
    parse.0.end(read, "data")
}

struct Parse<'a, 'l>(Batch<'a, 'l>);

impl<'a> Parse<'a, '_> {
    fn json(&mut self, text: &'a str) -> Result<(), Malformed> {
        let mut reader = Reader::new(text, self.0.arena);
        match reader.token()? {
            Token::Object => self.body(&mut reader)?,
            Token::List => self.0.events(&mut reader, "data", &event)?,
            token => {
                reader.leave(token)?;
                self.0.fault = Some(Fault::of(RejectReason::WrongType, "", "a JSON object"));
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
            let name = form::decode(name, self.0.arena)?;
            if matches!(name, "data" | "test_event_code") {
                self.part(name, form::decode(value, self.0.arena)?)?;
            }
        }
        Ok(())
    }

    /// A field of a form or a part of a multipart body.
    fn part(&mut self, name: &str, content: &'a str) -> Result<(), Malformed> {
        match name {
            "data" => {
                if let Err(malformed) = self.wrapped(content, 0) {
                    self.0.fault = Some(Fault::malformed("data", malformed));
                }
            }
            "test_event_code" => self.test_code(content),
            _ => {}
        }
        Ok(())
    }

    fn test_code(&mut self, code: &str) {
        self.0.request.test = !code.trim().is_empty();
    }

    /// The value of `data`: a list, one object, or a text that holds either.
    fn data(&mut self, reader: &mut Reader<'a>, wrapped: u32) -> Result<(), Malformed> {
        const EXPECTED: &str = "a list of events";
        // A second `data` replaces the first.
        self.0.request.events.clear();
        self.0.request.given.clear();
        match reader.token()? {
            Token::List => self.0.events(reader, "data", &event)?,
            Token::Object => self.0.event(reader, &event)?,
            Token::Text(text) if wrapped < WRAPPED_MAX => {
                if let Err(malformed) = self.wrapped(text, wrapped + 1) {
                    self.0.fault = Some(Fault::malformed("data", malformed));
                }
            }
            Token::Null => {}
            token => {
                reader.leave(token)?;
                self.0.fault = Some(Fault::of(RejectReason::WrongType, "data", EXPECTED));
            }
        }
        Ok(())
    }

    fn wrapped(&mut self, text: &'a str, wrapped: u32) -> Result<(), Malformed> {
        let mut reader = Reader::new(text, self.0.arena);
        self.data(&mut reader, wrapped)?;
        reader.finish()
    }
}

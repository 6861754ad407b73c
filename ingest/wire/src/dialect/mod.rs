//! Vendors' wire formats of events, one folder each: parse, rules, fixtures. How an event is read, what is made
//! of a request, and its way to canonical events is the same for all.

mod key;
mod fault;
mod scan;
mod event_reader;
mod identifier_field;
mod batch;
mod rules;
mod canonical;
mod outbound;
mod json_writer;
mod platform_format;
mod answer;
pub mod meta;
pub mod tiktok;
pub mod pinterest;
pub mod segment;
pub mod ga4;
pub mod snapchat;
pub mod linkedin;
#[cfg(test)]
mod round_trip;

pub use self::answer::{PlatformAnswer, PlatformRefusal, PlatformReply};
pub use self::canonical::Canon;
pub use self::fault::Fault;
pub use self::platform_format::{PlatformFormat, RequestHead, platform_format};
pub use self::rules::value_refused;
pub use self::scan::{EventScan, IdentifierValue, ParsedRequest, Refusal};

//! Vendors' wire formats of events, one folder each: parse, rules, fixtures. What they make of a request, and
//! its way to canonical events, is the same for all.

mod fault;
mod names;
mod scan;
mod canonical;
pub mod meta;

pub use self::canonical::Canon;
pub use self::fault::Fault;
pub use self::names::is_standard_name;
pub use self::scan::{EventScan, Given, ParsedRequest, Refusal};

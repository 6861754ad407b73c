//! A request and its events as they were sent, whatever the dialect. Still clear text: it ends in `redact`.

use std::ops::Range;

use stratum_models::identifier::{IdentifierKey, IdentifierMask};
use stratum_models::money::Currency;
use stratum_models::platform::ActionSource;
use stratum_models::time::UnixMillis;

use super::fault::Fault;
use crate::envelope::ClearIdKind;

/// A request that could be read. Events may still have faults.
#[derive(Debug, Default)]
pub struct ParsedRequest<'a> {
    /// Sent with a test code.
    pub test: bool,
    /// The events; at least one, where a dialect has nothing that is none.
    pub events: Vec<EventScan<'a>>,
    /// The identifier values of all its events.
    pub given: Vec<IdentifierValue<'a>>,
}

/// A request that is refused as a whole: its events are not known.
#[derive(Debug)]
pub struct Refusal {
    /// Why.
    pub fault: Fault,
    /// The number of events it stands for: those counted, or one where none can be told.
    pub rows: usize,
}

/// An event as it was sent, borrowed from the request. Still clear text: it ends in `redact`.
#[derive(Clone, Debug, Default)]
pub struct EventScan<'a> {
    /// The dataset it names, where each event does.
    pub dataset_id: Option<&'a str>,
    /// The place of its dataset: 0 is the first of its request, the others follow.
    pub dataset: usize,
    /// The event's name.
    pub event_name: Option<&'a str>,
    /// The time it happened.
    pub event_time: Option<UnixMillis>,
    /// The place it happened.
    pub action_source: Option<ActionSource>,
    /// The sender's id of it.
    pub event_id: Option<&'a str>,
    /// The address of its page.
    pub url: Option<&'a str>,
    /// The shop's id of the order.
    pub order_id: Option<&'a str>,
    /// The campaign it names.
    pub campaign_id: Option<&'a str>,
    /// The event's worth in micros of `currency`.
    pub value_micros: Option<i64>,
    /// The currency of its worth; `Some(None)` when it is no ISO 4217 code.
    pub currency: Option<Option<Currency>>,
    /// The object of data on products and the like, as it stands in the request.
    pub custom_data: Option<&'a str>,
    /// The range of its identifier values in [`ParsedRequest::given`].
    pub given: Range<usize>,
    /// The kinds of identifiers that have a value.
    pub sent: IdentifierMask,
    /// It holds a value that tells of its person and is no identifier of ours (Meta's `page_id`, `doby` …).
    pub other_user_data: bool,
    /// It holds the object that identifiers belong into.
    pub has_user_data: bool,
    /// A page in the visitor's browser sent it.
    pub from_browser: bool,
    /// It is to be used for attribution only.
    pub opt_out: bool,
    /// It is under limited data use.
    pub limited_data_use: bool,
    /// The fault of its worth, where it is taken without it.
    pub value_fault: Option<Fault>,
    /// The codes of country and state that limited data use is claimed for.
    pub limited_data_use_codes: [Option<u16>; 2],
    /// The first thing found wrong with it.
    pub fault: Option<Fault>,
    /// It is nothing that counts, and nothing wrong: Segment's `group`.
    pub skipped: bool,
}

/// A value sent for an identifier.
#[derive(Clone, Copy, Debug)]
pub struct IdentifierValue<'a> {
    /// The kind.
    pub key: IdentifierKey,
    /// Clear or hashed, as sent.
    pub value: &'a str,
    /// What it is where platforms are told more exactly than by `key`.
    pub kind: Option<ClearIdKind>,
}

//! Requests that must be refused, each for one known reason.

use super::dice::Dice;
use super::json::Json;
use crate::rejection::RejectReason;
use crate::time::{DAY_MS, UnixMillis};

/// A fault of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The body breaks off.
    Truncated,
    /// No events.
    Empty,
    /// One event more than allowed.
    TooMany,
    /// One of the events is bad: a fault of [`EVENT_FAULTS`].
    Event(usize),
}

/// The most events a request may hold.
pub(super) const EVENTS_MAX: usize = 1_000;

/// An event's fields; a bad event replaces one of them.
const GOOD: &[(&str, &str)] = &[
    ("event_name", "\"Purchase\""),
    ("event_time", "NOW"),
    ("action_source", "\"website\""),
    ("event_source_url", "\"https://shop.example/checkout\""),
    ("user_data", USER),
    ("custom_data", "{\"value\":10.5,\"currency\":\"EUR\"}"),
];
const USER: &str = "{\"fbp\":\"fb.1.1700000000000.1234567890\",\"client_ip_address\":\"81.20.30.40\",\
                    \"client_user_agent\":\"Mozilla/5.0 (Windows NT 10.0) Firefox/145.0\"}";

/// The field, what it says instead (nothing: the field is left out), and the reason this earns.
const EVENT_FAULTS: &[(&str, &str, RejectReason)] = &[
    ("event_time", "OLD", RejectReason::TooOld),
    ("event_time", "OLDER", RejectReason::TooOld),
    ("event_time", "FUTURE", RejectReason::InFuture),
    ("event_name", "", RejectReason::MissingField),
    ("event_name", "null", RejectReason::MissingField),
    ("event_time", "", RejectReason::MissingField),
    ("action_source", "", RejectReason::MissingField),
    ("user_data", "", RejectReason::MissingField),
    ("user_data", "null", RejectReason::MissingField),
    ("user_data", "7", RejectReason::WrongType),
    ("event_time", "{\"at\":1}", RejectReason::WrongType),
    ("event_name", "[1]", RejectReason::WrongType),
    ("action_source", "\"carrier_pigeon\"", RejectReason::InvalidValue),
    ("custom_data", "{\"currency\":\"EUR\"}", RejectReason::MissingPurchaseValue),
    ("custom_data", "{\"value\":10.5,\"currency\":\"XQZ\"}", RejectReason::InvalidCurrency),
    ("custom_data", "{\"value\":10.5}", RejectReason::MissingCurrency),
    ("user_data", "{\"ct\":\"Paris\",\"country\":\"FR\"}", RejectReason::InsufficientIdentifiers),
    ("event_id", "LONG", RejectReason::TooLong),
];

impl Fault {
    pub(super) fn throw(dice: &mut Dice) -> Fault {
        match dice.below(EVENT_FAULTS.len() + 3) {
            0 => Fault::Truncated,
            1 => Fault::Empty,
            // A thousand events weigh much in the mix, so these are rarer.
            2 if dice.chance(0.2) => Fault::TooMany,
            2 => Fault::Truncated,
            at => Fault::Event(at - 3),
        }
    }

    pub(super) fn reason(self) -> RejectReason {
        match self {
            Fault::Truncated => RejectReason::MalformedBody,
            Fault::Empty => RejectReason::EmptyBatch,
            Fault::TooMany => RejectReason::TooManyRows,
            Fault::Event(at) => EVENT_FAULTS[at].2,
        }
    }
}

/// Writes the bad event number `fault`, or a good one for `None`.
pub(super) fn write_event(json: &mut Json, fault: Option<usize>, now: UnixMillis) {
    let fault = fault.map(|at| EVENT_FAULTS[at]);
    json.raw("{");
    for (key, value) in GOOD {
        match fault {
            Some((at, "", _)) if at == *key => {}
            Some((at, instead, _)) if at == *key => write_value(json.key(key), instead, now),
            _ => write_value(json.key(key), value, now),
        }
    }
    if let Some(("event_id", instead, _)) = fault {
        write_value(json.key("event_id"), instead, now);
    }
    json.raw("}");
}

fn write_value(json: &mut Json, value: &str, now: UnixMillis) {
    let seconds = |ago: i64| (now.0 - ago) / 1_000;
    match value {
        "NOW" => json.number(seconds(0)),
        "OLD" => json.number(seconds(8 * DAY_MS)),
        "OLDER" => json.number(seconds(400 * DAY_MS)),
        "FUTURE" => json.number(seconds(-2 * DAY_MS)),
        "LONG" => json.text(&"x".repeat(20_000)),
        other => json.raw(other),
    };
}

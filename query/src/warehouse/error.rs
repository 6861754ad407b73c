//! Errors of statements, told in the words of [`StoreError`]. The engine's own texts quote
//! rows and can be megabytes long, so of an exception only its number and name are passed on.

use std::time::Duration;

use clickhouse::error::Error;
use metrics::counter;
use stratum_models::store::{StoreError, StoreErrorKind};

use crate::fair_queue::QueueRefusal;
use crate::telemetry;

const STORE: &str = "warehouse";
const MEMORY_LIMIT_EXCEEDED: u32 = 241;

/// An error that comes back however often it is tried.
pub(super) fn invalid(text: impl Into<String>) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, STORE, text)
}

/// An error that may pass.
pub(super) fn transient(text: impl Into<String>) -> StoreError {
    StoreError::new(StoreErrorKind::Transient, STORE, text)
}

/// The store takes no work.
pub(super) fn unavailable(text: impl Into<String>) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, STORE, text)
}

/// The store takes no more work of this tenant.
pub(super) fn busy(text: impl Into<String>) -> StoreError {
    count(StoreError::new(StoreErrorKind::Busy, STORE, text))
}

/// A question that got no permit: `Busy` where it is the tenant's own doing.
pub(super) fn queue_refusal(why: QueueRefusal) -> StoreError {
    match why {
        QueueRefusal::Tenant => busy("too many questions of this tenant wait already"),
        QueueRefusal::All => unavailable("too many questions wait already, try again"),
        QueueRefusal::Late => unavailable("no turn to ask came in time, try again"),
    }
}

/// A statement that did not end in its time.
pub(super) fn timed_out(statement: &str, after: Duration) -> StoreError {
    count(transient(format!("{statement}: no answer within {} ms", after.as_millis())))
}

/// The store error for what the client reports about `statement`.
pub(super) fn store_error(statement: &str, error: &Error) -> StoreError {
    use StoreErrorKind::{Invalid, Transient, Unavailable};
    let (kind, text) = match error {
        Error::BadResponse(answer) => exception(answer),
        // Its text names the address and the cause, never a row.
        Error::Network(cause) => (Unavailable, format!("not reached: {}", innermost(&**cause))),
        Error::TimedOut => (Transient, "no answer in time".to_owned()),
        Error::Decompression(_) | Error::DataFormat(_) | Error::NotEnoughData => {
            (Transient, "the answer broke off".to_owned())
        }
        Error::SchemaMismatch(_) | Error::InvalidColumnsHeader(_) => {
            (Invalid, "the answer has another layout than this program expects".to_owned())
        }
        Error::Other(_) => (Transient, "the answer broke off".to_owned()),
        _ => (Invalid, "the client refused the statement".to_owned()),
    };
    count(StoreError::new(kind, STORE, format!("{statement}: {text}")))
}

/// The store error for what the client reports about a question. One that takes more memory than a
/// question may is too large; an insert that does may pass when it is tried again.
pub(super) fn question_error(statement: &str, error: &Error) -> StoreError {
    let mut told = store_error(statement, error);
    if let Error::BadResponse(answer) = error
        && code_of(answer) == Some(MEMORY_LIMIT_EXCEEDED)
        && !answer.get(..200).unwrap_or(answer).contains("(total)")
    {
        told.kind = StoreErrorKind::TooLarge;
    }
    told
}

fn count(error: StoreError) -> StoreError {
    counter!(telemetry::ERRORS_TOTAL, telemetry::KIND => kind_label(error.kind)).increment(1);
    error
}

fn kind_label(kind: StoreErrorKind) -> &'static str {
    match kind {
        StoreErrorKind::Transient => "transient",
        StoreErrorKind::Conflict => "conflict",
        StoreErrorKind::Invalid => "invalid",
        StoreErrorKind::TooLarge => "too_large",
        StoreErrorKind::Busy => "busy",
        StoreErrorKind::Unavailable => "unavailable",
    }
}

fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let last = std::iter::successors(Some(error), |error| error.source()).last().unwrap_or(error);
    last.to_string().chars().take(200).collect()
}

/// Kind and text of the answer of an engine that refused. An answer without an exception's number is
/// not the engine's: a proxy, or nothing, stands in its place.
fn exception(answer: &str) -> (StoreErrorKind, String) {
    use StoreErrorKind::{Invalid, TooLarge, Transient, Unavailable};
    let Some(code) = code_of(answer) else {
        return (Unavailable, "what answers at this address is not ClickHouse".to_owned());
    };
    let (kind, hint) = match code {
        // Authentication and users.
        192..=194 | 516 => (Unavailable, ": the user or the password is not accepted"),
        497 => (Unavailable, ": the user lacks a right on the database"),
        81 => (Unavailable, ": the database does not exist"),
        60 => (Unavailable, ": a table does not exist, the migrations have not run"),
        // Time, memory, parts, quotas, overload.
        159 | 160 | 209 | 241 | 252 | 439 | 201 | 202 | 203 | 243 | 745 => (Transient, ""),
        // Connections between servers, replicas, Keeper, shutdown; 32 is a shard that died.
        32 | 210 | 225 | 236 | 242 | 244 | 279 | 285 | 286 | 289 | 319 | 394 | 733 | 999 => {
            (Transient, "")
        }
        // Files that cannot be made, opened, written or synced: a full disk, which somebody frees.
        // 1001 is the same, told by the language's own library.
        75 | 76 | 77 | 88 | 172 | 204 | 294 | 586 | 641 | 734 | 1001 => (Transient, ""),
        // TOO_MANY_ROWS_OR_BYTES.
        396 => (TooLarge, ": the answer is larger than query_rows_max"),
        _ => (Invalid, ""),
    };
    (kind, format!("ClickHouse exception {code} {}{hint}", name_of(answer)))
}

fn code_of(answer: &str) -> Option<u32> {
    let digits = answer.get(..64).unwrap_or(answer).split_once("Code: ")?.1;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

/// The name in the last brackets that hold one, such as `(UNKNOWN_TABLE)`.
fn name_of(answer: &str) -> &str {
    let is_name = |word: &&str| {
        (4..=64).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
    };
    answer
        .rsplit('(')
        .filter_map(|part| part.split_once(')'))
        .map(|(word, _)| word)
        .find(is_name)
        .unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(answer: &str) -> StoreErrorKind {
        store_error("commit", &Error::BadResponse(answer.into())).kind
    }

    #[test]
    fn the_kind_follows_the_number() {
        use StoreErrorKind::{Invalid, Transient, Unavailable};
        assert_eq!(kind("Code: 252. DB::Exception: Too many parts. (TOO_MANY_PARTS)"), Transient);
        assert_eq!(kind("Code: 241. DB::Exception: … (MEMORY_LIMIT_EXCEEDED)"), Transient);
        assert_eq!(kind("Code: 159. DB::Exception: … (TIMEOUT_EXCEEDED)"), Transient);
        for passing in [32, 225, 244, 75, 172, 243, 1001] {
            assert_eq!(kind(&format!("Code: {passing}. DB::Exception: …")), Transient, "{passing}");
        }
        assert_eq!(kind("Code: 516. DB::Exception: … (AUTHENTICATION_FAILED)"), Unavailable);
        assert_eq!(kind("Code: 53. DB::Exception: … (TYPE_MISMATCH)"), Invalid);
        assert_eq!(kind("502 Bad Gateway"), Unavailable);
    }

    #[test]
    fn a_question_that_takes_too_much_memory_is_too_large_unless_all_do() {
        let kind = |answer: &str| question_error("read", &Error::BadResponse(answer.into())).kind;
        let own = "Code: 241. DB::Exception: Query memory limit exceeded: would use 2.00 GiB";
        assert_eq!(kind(own), StoreErrorKind::TooLarge);
        let all = "Code: 241. DB::Exception: (total) memory limit exceeded: would use 9.00 GiB";
        assert_eq!(kind(all), StoreErrorKind::Transient);
    }

    #[test]
    fn no_text_of_the_engine_is_passed_on() {
        let answer = "Code: 27. DB::Exception: Cannot parse input: expected ',' before: \
                      'jane@example.com' (at row 1). (CANNOT_PARSE_INPUT_ASSERTION_FAILED) (version 26.7.2.1)";
        let error = store_error("insert_events", &Error::BadResponse(answer.into()));
        assert!(!error.to_string().contains("jane"), "{error}");
        assert!(error.text.contains("27 CANNOT_PARSE_INPUT_ASSERTION_FAILED"), "{error}");
        assert!(error.text.starts_with("insert_events"), "{error}");
    }

    #[test]
    fn a_text_of_megabytes_stays_short() {
        let answer = format!("Code: 241. {}\u{e9}", "\0".repeat(2_000_000));
        let error = store_error("read", &Error::BadResponse(answer));
        assert!(error.text.len() < 400);
    }
}

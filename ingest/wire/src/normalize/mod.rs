//! Clear identifiers into the forms that are hashed, and the checks that tell a usable identifier
//! from an unusable one.
//!
//! The first form of a value follows the platform's documentation. Where official tools make another
//! text of the same value, their forms follow, at most [`FORMS_MAX`] in all: a hash cannot be
//! repaired later, and every platform takes several per field. `golden.txt` shows what becomes of what.

mod forms;
mod hashed;
mod email;
mod phone;
mod calling_code;
mod name;
mod place;
mod country;
mod gender;
mod birth_date;
mod id;
mod click;
mod address;
mod agent;
mod repair;

use stratum_models::identifier::{IdentifierKey, InvalidReason};
use stratum_models::platform::Platform;
use stratum_models::time::UnixMillis;

pub use address::ip;
pub use agent::device;
pub use birth_date::birth_date;
pub use calling_code::of_country as calling_code_of;
pub use click::{browser_id, click_id};
pub use country::{country, country_code, country_of_hash};
pub use email::email;
pub use forms::{Forms, fold};
pub use gender::gender;
pub use hashed::{ValueForm, given};
pub use id::{external_id, mobile_ad_id, opaque_id};
pub use name::name;
pub use phone::phone;
pub use place::{city, state, zip};
pub use repair::{MeantValue, meaning};

/// The most forms one value is hashed in.
pub const FORMS_MAX: usize = 3;
/// The longest value that is looked at, in bytes.
const VALUE_BYTES_MAX: usize = 512;
/// User agents are longer: apps append their own.
const AGENT_BYTES_MAX: usize = 2048;
/// The most that a sender's clock may be ahead of ours.
const SKEW_MS: i64 = 600_000;

/// The rules that forms of a value depend on besides the value.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The platform that will match on the hashes; `None` where none is known to.
    pub platform: Option<Platform>,
    /// The calling code of numbers that have none.
    pub calling_code: Option<u16>,
    /// The time it is.
    pub now: UnixMillis,
    /// When the event happened.
    pub event_time: UnixMillis,
}

/// The outcome of normalising a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was sent.
    Absent,
    /// Hashed by the sender.
    Hash([u8; 32]),
    /// Clear; its forms, if this identifier is one that is hashed, were added.
    Clear,
}

/// Adds the forms of `value`, as sent, to `out`. On an error none is added.
pub fn identifier(
    key: IdentifierKey,
    value: &str,
    rules: &Rules,
    out: &mut Forms,
) -> Result<Outcome, InvalidReason> {
    let value = value.trim();
    let agent = key == IdentifierKey::UserAgent;
    if value.len() > if agent { AGENT_BYTES_MAX } else { VALUE_BYTES_MAX } {
        return Err(InvalidReason::TooLong);
    }
    match given(value, hashing(key))? {
        ValueForm::Nothing => return Ok(Outcome::Absent),
        ValueForm::Hash(hash) => return closed_list(key, hash).map(Outcome::Hash),
        ValueForm::Clear => {}
    }
    let before = out.len();
    let added = clear(key, value, rules, out);
    out.settle(if added.is_ok() { before + FORMS_MAX } else { before });
    added?;
    if out.len() == before && !agent && key != IdentifierKey::ClientIp {
        return Err(InvalidReason::Malformed);
    }
    Ok(Outcome::Clear)
}

/// The treatment of a sender's own hashing of an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hashing {
    /// A SHA-256 is taken as it is, another digest cannot be matched.
    Expected,
    /// A SHA-256 is taken as it is, anything else is the sender's own text.
    Allowed,
    /// The platform wants this in clear: a digest is useless.
    Useless,
    /// Whatever it is, it is an id.
    Unknown,
}

fn hashing(key: IdentifierKey) -> Hashing {
    use IdentifierKey as Key;
    match key {
        Key::Email | Key::Phone | Key::FirstName | Key::LastName | Key::Gender => Hashing::Expected,
        Key::BirthDate | Key::City | Key::State | Key::Zip | Key::Country => Hashing::Expected,
        Key::MobileAdId => Hashing::Expected,
        Key::ExternalId => Hashing::Allowed,
        Key::ClientIp | Key::UserAgent => Hashing::Useless,
        Key::ClickId | Key::BrowserId | Key::LoginId => Hashing::Unknown,
        Key::LeadId | Key::SubscriptionId | Key::MessagingId => Hashing::Unknown,
    }
}

/// A SHA-256 of an identifier as the sender made it, when it can be used.
pub fn identifier_hash(key: IdentifierKey, hash: [u8; 32]) -> Result<[u8; 32], InvalidReason> {
    match hashing(key) {
        Hashing::Useless => Err(InvalidReason::WrongHash),
        _ if hashed::is_junk_hash(&hash) => Err(InvalidReason::JunkHash),
        _ => closed_list(key, hash),
    }
}

/// A hash of an identifier with a closed list must be the hash of a member.
fn closed_list(key: IdentifierKey, hash: [u8; 32]) -> Result<[u8; 32], InvalidReason> {
    let known = match key {
        IdentifierKey::Country => country_of_hash(&hash).is_some(),
        IdentifierKey::Gender => gender::is_known(&hash),
        _ => true,
    };
    if known { Ok(hash) } else { Err(InvalidReason::UnknownCode) }
}

fn clear(
    key: IdentifierKey,
    value: &str,
    rules: &Rules,
    out: &mut Forms,
) -> Result<(), InvalidReason> {
    use IdentifierKey as Key;
    match key {
        Key::ExternalId => external_id(value, out),
        Key::MobileAdId => mobile_ad_id(value, out),
        Key::ClickId => click_id(value, rules, out),
        Key::BrowserId => browser_id(value, rules, out),
        Key::LoginId | Key::LeadId | Key::SubscriptionId | Key::MessagingId => {
            opaque_id(value, out)
        }
        Key::ClientIp => ip(value),
        Key::UserAgent => agent::check(value),
        _ => {
            let text = out.fold(value);
            let added = folded(key, &text, rules, out);
            out.give_back(text);
            added
        }
    }
}

fn folded(
    key: IdentifierKey,
    text: &str,
    rules: &Rules,
    out: &mut Forms,
) -> Result<(), InvalidReason> {
    use IdentifierKey as Key;
    match key {
        Key::Email => email(text, rules, out),
        Key::Phone => phone(text, rules, out),
        Key::FirstName | Key::LastName => name(text, out),
        Key::Gender => gender(text, out),
        Key::BirthDate => birth_date(text, rules, out),
        Key::City => city(text, out),
        Key::State => state(text, out),
        Key::Zip => zip(text, out),
        Key::Country => country(text, out),
        _ => Err(InvalidReason::Malformed),
    }
}

#[cfg(test)]
mod tests;

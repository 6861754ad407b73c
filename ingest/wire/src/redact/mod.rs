//! The only place that sees clear personal data. What leaves it are hashes, which are sealed before
//! they are kept, codes and redacted texts.
//!
//! Once per event, with one [`Person`] for the whole request:
//! `clear`, `add` for every value the sender gave, what repairs add, `hash`, then read. Hashing waits, so that values are
//! hashed in pairs; before it [`Person::identifiers`] are not complete.

mod page;
mod signs;
mod shape;
mod trace;
mod hashed;
mod kept;
mod repair;

use std::borrow::Cow;

use stratum_models::directory::DatasetConfig;
use stratum_models::identifier::{
    HashedIdentifier, IdentifierHash, IdentifierKey, IdentifierMask, InvalidIdentifier,
    InvalidReason,
};
use stratum_models::platform::Device;
use stratum_models::seal::TenantKeys;
use stratum_models::time::UnixMillis;

use crate::hash::sha256_all;
use crate::normalize::{self, Forms, Outcome, Rules};
use hashed::{Hashes, digests, is_uuid};
pub use kept::kept_hashes;
pub use page::{Page, click_id, is_click_parameter, page};
use signs::Signs;
use trace::Traces;

/// The values of one key that are looked at; further ones are not.
const VALUES_PER_KEY_MAX: u8 = 10;
/// The longest text that is kept as it is, in bytes.
const TEXT_BYTES_MAX: usize = 256;

/// The rules that the treatment of an event depends on.
#[derive(Clone, Copy, Debug)]
pub struct RedactRules<'a> {
    /// The treatment of the dataset's events.
    pub config: &'a DatasetConfig,
    /// The time it is.
    pub now: UnixMillis,
    /// When the event happened.
    pub event_time: UnixMillis,
}

impl RedactRules<'_> {
    /// The rules of identifiers.
    fn normal(&self) -> Rules {
        Rules {
            platform: self.config.platform,
            calling_code: self.config.default_calling_code,
            now: self.now,
            event_time: self.event_time,
        }
    }
}

/// The identifiers that an event tells of a person. Reused from event to event, so that nothing is allocated per
/// event. It cannot be printed.
#[derive(Default)]
pub struct Person {
    forms: Forms,
    /// The place of each form: the list it belongs to, and where.
    places: Vec<(bool, usize)>,
    identifiers: Vec<HashedIdentifier>,
    /// Identifiers that can be counted, where they are wanted.
    countable: Vec<HashedIdentifier>,
    wants_countable: bool,
    valid: IdentifierMask,
    derived: IdentifierMask,
    derivable: IdentifierMask,
    invalid: Vec<InvalidIdentifier>,
    values: [u8; IdentifierKey::ALL.len()],
    country: Option<[u8; 2]>,
    device: Option<Device>,
    traces: Traces,
    hashes: Hashes,
}

impl Person {
    /// Nobody yet.
    pub fn new() -> Person {
        Person::default()
    }

    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.forms.clear();
        self.places.clear();
        self.identifiers.clear();
        self.countable.clear();
        self.valid = IdentifierMask::EMPTY;
        self.derived = IdentifierMask::EMPTY;
        self.derivable = IdentifierMask::EMPTY;
        self.invalid.clear();
        self.values = Default::default();
        self.country = None;
        self.device = None;
        self.traces.clear();
        self.hashes.clear();
    }

    /// Whether identifiers that can be counted are hashed as well, from here on: platforms match on them.
    pub fn set_wants_countable(&mut self, wants: bool) {
        self.wants_countable = wants;
    }

    /// Takes one value the sender gave, clear or hashed. An empty one is no value; of one key ten
    /// values are taken, the rest is passed over.
    pub fn add(&mut self, key: IdentifierKey, value: &str, rules: &RedactRules<'_>) {
        let before = self.forms.len();
        self.hashes.set_dataset(rules.config);
        if !self.count(key) {
            return;
        }
        let rules = rules.normal();
        if key == IdentifierKey::UserAgent && !value.trim().is_empty() {
            self.device = Some(normalize::device(value));
        }
        match normalize::identifier(key, value, &rules, &mut self.forms) {
            Ok(Outcome::Absent) => {}
            Ok(Outcome::Hash(hash)) => self.accept_hash(key, hash),
            Ok(Outcome::Clear) => {
                self.traces.add(key, value);
                self.accept_forms(key, before);
            }
            Err(reason) => {
                // What is unusable may be personal all the same.
                self.traces.add(key, value);
                self.refuse(key, reason);
            }
        }
    }

    /// Takes a SHA-256 the sender made, as bytes: of base64 and the like.
    pub fn add_hash(&mut self, key: IdentifierKey, hash: [u8; 32]) {
        if !self.count(key) {
            return;
        }
        match normalize::identifier_hash(key, hash) {
            Ok(hash) => self.accept_hash(key, hash),
            Err(reason) => self.refuse(key, reason),
        }
    }

    /// Hashes what was added. To be called after the last value of an event and before reading.
    pub fn hash(&mut self) {
        self.forms.pad(64);
        let Person { forms, places, identifiers, countable, .. } = self;
        sha256_all(forms.text(), forms.pieces(), |form, digest| {
            let Some((is_countable, place)) = places.get(form) else { return };
            let list = if *is_countable { &mut *countable } else { &mut *identifiers };
            if let Some(identifier) = list.get_mut(*place) {
                identifier.hash = IdentifierHash(digest);
            }
        });
        self.forms.clear();
        self.places.clear();
        self.drop_repeated();
    }

    /// The usable identifiers that cannot be counted, each once, in the order they were added. Complete
    /// after [`Person::hash`].
    pub fn identifiers(&self) -> &[HashedIdentifier] {
        &self.identifiers
    }

    /// The usable identifiers that can be counted, as hashes; only where they were wanted. They are for the
    /// platforms' eyes and must not rest unsealed. Complete after [`Person::hash`].
    pub fn countable(&self) -> &[HashedIdentifier] {
        &self.countable
    }

    /// The keys with a usable value. What can be counted is here and not among the hashes.
    pub fn valid(&self) -> IdentifierMask {
        self.valid
    }

    /// The keys of which values were sent and none is usable, with the reason of the first value.
    pub fn invalid(&self) -> &[InvalidIdentifier] {
        &self.invalid
    }

    /// The person's country, ISO 3166 alpha-2 in upper case, also where only its hash was sent.
    pub fn country(&self) -> Option<&str> {
        self.country.as_ref().and_then(|code| std::str::from_utf8(code).ok())
    }

    /// The class of device behind the user agent.
    pub fn device(&self) -> Device {
        self.device.unwrap_or(Device::Unknown)
    }

    /// A free text (event id, order id, custom event name, campaign id) as it may be kept: itself, or a
    /// pseudonym of the tenant when it is longer than 256 bytes, holds anybody's address or number, or
    /// repeats a value of this person, clear or hashed.
    ///
    /// Names of a closed list must not come here: `Purchase` holds the surname Chase.
    ///
    /// A dedup key is made of the event id as it was sent, not of this: two copies of an event that
    /// tell different things about the person must still meet.
    pub fn text<'a>(&self, value: &'a str, keys: &TenantKeys) -> Cow<'a, str> {
        if self.is_told_by(value) {
            Cow::Owned(keys.pseudonym(value))
        } else {
            Cow::Borrowed(value)
        }
    }

    /// Whether a text must not be kept.
    pub fn is_told_by(&self, value: &str) -> bool {
        let signs = Signs::of(value.as_bytes());
        value.len() > TEXT_BYTES_MAX
            || !is_uuid(value.as_bytes()) && shape::is_somebodys(value, signs)
            || self.traces.are_in(value, signs)
            || self.hashes.are_in(value, signs)
            || value.len() >= 64 && digests(value).any(|digest| self.has_hash(&digest))
    }

    /// Whether a text holds anybody's e-mail address, or what this person is reached, called or found by:
    /// address, number, name, birth date, place. Ids are no contacts.
    pub fn is_contact_in(&self, value: &str) -> bool {
        let signs = Signs::of(value.as_bytes());
        shape::holds_address(value, signs)
            || self.traces.contacts_are_in(value, signs)
            || self.hashes.contacts_are_in(value, signs)
    }

    fn has_hash(&self, digest: &[u8; 32]) -> bool {
        self.identifiers.iter().any(|one| one.hash.0 == *digest) || self.hashes.has_hash(digest)
    }

    fn count(&mut self, key: IdentifierKey) -> bool {
        let values = &mut self.values[key as usize];
        let within = *values < VALUES_PER_KEY_MAX;
        *values += u8::from(within);
        within
    }

    fn accept_hash(&mut self, key: IdentifierKey, hash: [u8; 32]) {
        if key == IdentifierKey::Country && self.country.is_none() {
            self.country =
                normalize::country_of_hash(&hash).and_then(|code| upper(code.as_bytes()));
        }
        self.hashes.add(key, hash);
        let identifier = HashedIdentifier { key, hash: IdentifierHash(hash) };
        if !key.is_countable() {
            self.identifiers.push(identifier);
        } else if self.wants_countable {
            self.countable.push(identifier);
        }
        self.accept(key);
    }

    fn accept_forms(&mut self, key: IdentifierKey, before: usize) {
        if key == IdentifierKey::Country && self.country.is_none() {
            self.country = upper(self.forms.last());
        }
        let is_countable = key.is_countable();
        if is_countable && !self.wants_countable {
            // That it was there is all that is kept: nothing is hashed.
            self.forms.settle(before);
        }
        let list = if is_countable { &mut self.countable } else { &mut self.identifiers };
        for _ in before..self.forms.len() {
            self.places.push((is_countable, list.len()));
            list.push(HashedIdentifier { key, hash: IdentifierHash([0; 32]) });
        }
        self.accept(key);
    }

    fn accept(&mut self, key: IdentifierKey) {
        self.valid.insert(key);
        self.invalid.retain(|invalid| invalid.key != key);
    }

    fn refuse(&mut self, key: IdentifierKey, reason: InvalidReason) {
        let known = self.invalid.iter().any(|invalid| invalid.key == key);
        if !known && !self.valid.has(key) {
            self.invalid.push(InvalidIdentifier { key, reason });
        }
    }

    /// Several values of a key, or a value and its hash, may come to the same.
    fn drop_repeated(&mut self) {
        if !self.values.iter().any(|values| *values > 1) {
            return;
        }
        for list in [&mut self.identifiers, &mut self.countable] {
            let mut kept = 0;
            for at in 0..list.len() {
                let one = list[at];
                if !list[..kept].contains(&one) {
                    list[kept] = one;
                    kept += 1;
                }
            }
            list.truncate(kept);
        }
    }
}

fn upper(code: &[u8]) -> Option<[u8; 2]> {
    code.first_chunk::<2>().map(|code| code.map(|letter| letter.to_ascii_uppercase()))
}

#[cfg(test)]
mod tests;

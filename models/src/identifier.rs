//! The identifiers an event may carry about a person: which are there, which are usable, and why not.
//! An identifier is known by its SHA-256 alone; its clear text has no type in this crate.

use serde::{Deserialize, Serialize};

use crate::platform::coded;

coded! {
    /// A kind of identifier, common to all platforms. The code is its bit in an [`IdentifierMask`].
    IdentifierKey {
        /// E-mail address.
        Email = 0 "em",
        /// Phone number.
        Phone = 1 "ph",
        /// Given name.
        FirstName = 2 "fn",
        /// Family name.
        LastName = 3 "ln",
        /// Gender, f or m.
        Gender = 4 "ge",
        /// Date of birth, YYYYMMDD.
        BirthDate = 5 "db",
        /// City.
        City = 6 "ct",
        /// State or region.
        State = 7 "st",
        /// Postal code.
        Zip = 8 "zp",
        /// Country, ISO 3166 alpha-2.
        Country = 9 "country",
        /// The advertiser's own id of the person.
        ExternalId = 10 "external_id",
        /// The ad click (fbc, ttclid, ScCid, gclid …).
        ClickId = 11 "click_id",
        /// The platform's first-party cookie (fbp, ttp, _scid …).
        BrowserId = 12 "browser_id",
        /// Client IP address.
        ClientIp = 13 "client_ip_address",
        /// Client user agent.
        UserAgent = 14 "client_user_agent",
        /// Mobile advertising id.
        MobileAdId = 15 "madid",
        /// The platform's login id.
        LoginId = 16 "login_id",
        /// The platform's lead id.
        LeadId = 17 "lead_id",
        /// The platform's subscription id.
        SubscriptionId = 18 "subscription_id",
        /// An id of a conversation or page scope.
        MessagingId = 19 "messaging_id",
    }
}

coded! {
    /// Why an identifier that was sent cannot be used.
    InvalidReason {
        /// The hash of an empty string, "null", "undefined", "none" or "nan".
        JunkHash = 1 "junk_hash",
        /// Clear text where only a hash is allowed and the rule cannot make one.
        NotHashed = 2 "not_hashed",
        /// Does not have the form of this identifier.
        Malformed = 3 "malformed",
        /// A phone number without a country code.
        NoCountryCode = 4 "no_country_code",
        /// A phone number that keeps its national trunk zero after the country code.
        TrunkZero = 5 "trunk_zero",
        /// An IP address that is not publicly routable.
        PrivateIp = 6 "private_ip",
        /// A click id older than 90 days.
        Expired = 7 "expired",
        /// A time inside the identifier that lies in the future.
        InFuture = 8 "in_future",
        /// The user agent of a robot.
        Bot = 9 "bot",
        /// An MD5 or another hash that the platform does not match on.
        WrongHash = 10 "wrong_hash",
        /// A code outside its closed list (country, gender, state).
        UnknownCode = 11 "unknown_code",
        /// Longer than the rule allows.
        TooLong = 12 "too_long",
    }
}

impl IdentifierKey {
    /// Whether it is of one person, so that it leads to the rest of their events. A browser or a click may
    /// be shared, and so may all that can be counted.
    pub const fn is_strong(self) -> bool {
        use IdentifierKey as Key;
        match self {
            Key::Email | Key::Phone | Key::ExternalId | Key::MobileAdId => true,
            Key::LoginId | Key::LeadId | Key::SubscriptionId | Key::MessagingId => true,
            Key::ClickId | Key::BrowserId | Key::ClientIp | Key::UserAgent => false,
            Key::FirstName | Key::LastName | Key::Gender | Key::BirthDate => false,
            Key::City | Key::State | Key::Zip | Key::Country => false,
        }
    }

    /// Whether all its values can be counted, so that no hash hides one: of these an event keeps that
    /// they were there, and nothing else.
    pub const fn is_countable(self) -> bool {
        use IdentifierKey as Key;
        match self {
            Key::FirstName | Key::LastName | Key::Gender | Key::BirthDate => true,
            Key::City | Key::State | Key::Zip | Key::Country => true,
            Key::ClientIp | Key::UserAgent => true,
            Key::Email | Key::Phone | Key::ExternalId | Key::ClickId | Key::BrowserId => false,
            Key::MobileAdId | Key::LoginId | Key::LeadId => false,
            Key::SubscriptionId | Key::MessagingId => false,
        }
    }
}

/// A set of identifier keys, one bit each.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct IdentifierMask(pub u32);

impl IdentifierMask {
    /// The empty set.
    pub const EMPTY: IdentifierMask = IdentifierMask(0);

    /// The set of these keys.
    pub const fn of(keys: &[IdentifierKey]) -> IdentifierMask {
        let mut mask = 0;
        let mut at = 0;
        while at < keys.len() {
            mask |= 1 << keys[at].code();
            at += 1;
        }
        IdentifierMask(mask)
    }

    /// Whether `key` is in the set.
    pub const fn has(self, key: IdentifierKey) -> bool {
        self.0 & (1 << key.code()) != 0
    }

    /// Adds `key`.
    pub fn insert(&mut self, key: IdentifierKey) {
        self.0 |= 1 << key.code();
    }

    /// This set with `key` added.
    pub const fn with(self, key: IdentifierKey) -> IdentifierMask {
        IdentifierMask(self.0 | 1 << key.code())
    }

    /// Whether every key of `other` is in this set.
    pub const fn contains(self, other: IdentifierMask) -> bool {
        self.0 & other.0 == other.0
    }

    /// The keys both hold.
    pub const fn intersection(self, other: IdentifierMask) -> IdentifierMask {
        IdentifierMask(self.0 & other.0)
    }

    /// The keys of this set that are not in `other`.
    pub const fn without(self, other: IdentifierMask) -> IdentifierMask {
        IdentifierMask(self.0 & !other.0)
    }
}

/// A SHA-256 of a normalised identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdentifierHash(pub [u8; 32]);

/// A usable identifier of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HashedIdentifier {
    /// The kind of identifier.
    pub key: IdentifierKey,
    /// The hash every platform matches on.
    pub hash: IdentifierHash,
}

/// An identifier that was sent and cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InvalidIdentifier {
    /// The kind of identifier it was meant to be.
    pub key: IdentifierKey,
    /// Why it cannot.
    pub reason: InvalidReason,
}

impl InvalidIdentifier {
    /// Key and reason in 16 bits, the form an event batch keeps.
    pub const fn code(self) -> u16 {
        (self.key.code() as u16) << 8 | self.reason.code() as u16
    }

    /// The inverse of [`InvalidIdentifier::code`].
    pub fn from_code(code: u16) -> Option<InvalidIdentifier> {
        let key = IdentifierKey::from_code(i8::try_from(code >> 8).ok()?)?;
        let reason = InvalidReason::from_code(i8::try_from(code & 0xff).ok()?)?;
        Some(InvalidIdentifier { key, reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for key in IdentifierKey::ALL {
            for reason in InvalidReason::ALL {
                let one = InvalidIdentifier { key: *key, reason: *reason };
                assert_eq!(InvalidIdentifier::from_code(one.code()), Some(one));
            }
        }
        assert_eq!(InvalidIdentifier::from_code(0xffff), None);
    }

    #[test]
    fn masks_are_sets() {
        let mask = IdentifierMask::of(&[IdentifierKey::Email, IdentifierKey::Phone]);
        assert!(mask.has(IdentifierKey::Email) && !mask.has(IdentifierKey::City));
        assert!(mask.with(IdentifierKey::City).contains(mask));
        assert_eq!(mask.without(IdentifierMask::of(&[IdentifierKey::Email])).0, 2);
    }
}

//! Identifiers that an event gives of its person, their forms, and those among them that cannot be used.

use super::dice::Dice;
use super::json::Json;
use super::person::{Forms, Person, hex_sha256};
use crate::identifier::{IdentifierKey as Key, IdentifierMask};
use crate::time::{DAY_MS, UnixMillis};

/// Who saw the person, which decides what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The web shop's server.
    Server,
    /// The page in the browser: cookies and connection only.
    Browser,
    /// The shop's app.
    App,
    /// A till, a call centre, a customer system: no connection.
    Offline,
}

/// The manner in which a sender writes identifiers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// Hashed before sending.
    pub(super) hashed: bool,
    /// With the parameter builder's suffix.
    pub(super) suffixed: bool,
    /// As lists, also where there is one value.
    pub(super) listed: bool,
    /// One identifier cannot be used.
    pub(super) flawed: bool,
    /// The e-mail address, where it is known, is the hash of an empty one.
    pub(super) unusable_email: bool,
}

/// The identifiers that were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) valid: IdentifierMask,
    pub(super) invalid: IdentifierMask,
}

/// Each of these alone lets a platform look for a person.
const STRONG: IdentifierMask = IdentifierMask::of(&[
    Key::Email,
    Key::Phone,
    Key::ExternalId,
    Key::ClickId,
    Key::BrowserId,
    Key::ClientIp,
    Key::MobileAdId,
    Key::LeadId,
]);
const FLAWED: &[Key] =
    &[Key::Email, Key::Phone, Key::Country, Key::ClickId, Key::ClientIp, Key::UserAgent];
/// The hashes of nothing, "null" and "undefined", which careless senders make.
const JUNK: &[&str] = &["", "null", "undefined"];
const PRIVATE_IPS: &[&str] = &["192.168.1.20", "10.0.0.7", "127.0.0.1"];
const BOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
const SUFFIXES: &[&str] = &[".AQICAQMC", ".AQ"];

/// The identifiers a side knows, each with its likelihood; names come with names, places with places.
fn known(dice: &mut Dice, side: Side) -> IdentifierMask {
    const NAMES: &[Key] = &[Key::FirstName, Key::LastName];
    const PLACE: &[Key] = &[Key::City, Key::State, Key::Zip, Key::Country];
    let likely: &[(&[Key], f64)] = match side {
        Side::Server => &[
            (&[Key::Email], 0.85),
            (&[Key::Phone], 0.55),
            (NAMES, 0.6),
            (PLACE, 0.55),
            (&[Key::Gender], 0.2),
            (&[Key::BirthDate], 0.15),
            (&[Key::ExternalId], 0.7),
            (&[Key::BrowserId], 0.6),
            (&[Key::ClickId], 0.4),
            (&[Key::ClientIp], 0.9),
            (&[Key::UserAgent], 1.0),
        ],
        Side::Browser => &[
            (&[Key::BrowserId], 1.0),
            (&[Key::ClickId], 0.45),
            (&[Key::ClientIp, Key::UserAgent], 1.0),
        ],
        Side::App => &[
            (&[Key::MobileAdId], 0.8),
            (&[Key::ExternalId], 0.8),
            (&[Key::Email], 0.3),
            (&[Key::ClientIp, Key::UserAgent], 0.9),
        ],
        Side::Offline => &[
            (&[Key::Email], 0.7),
            (&[Key::Phone], 0.8),
            (NAMES, 0.8),
            (PLACE, 0.8),
            (&[Key::ExternalId], 0.3),
            (&[Key::LeadId], 0.2),
        ],
    };
    likely.iter().fold(IdentifierMask::EMPTY, |mask, (keys, share)| {
        let them =
            if dice.chance(*share) { IdentifierMask::of(keys) } else { IdentifierMask::EMPTY };
        IdentifierMask(mask.0 | them.0)
    })
}

/// Chooses what is known and what of it is unusable; what is left always suffices.
fn choose(dice: &mut Dice, person: &Person, side: Side, style: Style) -> Identity {
    let mut known = known(dice, side);
    if person.state.is_none() {
        known = known.without(IdentifierMask::of(&[Key::State]));
    }
    let mut invalid = IdentifierMask::EMPTY;
    if style.flawed {
        let flawed = *dice.pick(FLAWED);
        if known.has(flawed) {
            invalid.insert(flawed);
        }
    }
    if style.unusable_email && known.has(Key::Email) {
        invalid.insert(Key::Email);
    }
    let mut valid = known.without(invalid);
    if valid.intersection(STRONG) == IdentifierMask::EMPTY {
        valid.insert(Key::ExternalId);
    }
    Identity { valid, invalid }
}

/// Writes `"user_data":{…}`.
pub(super) fn write_user_data(
    json: &mut Json,
    dice: &mut Dice,
    person: &Person,
    (side, style): (Side, Style),
    now: UnixMillis,
) -> Identity {
    let identity = choose(dice, person, side, style);
    json.key("user_data").raw("{");
    for key in Key::ALL {
        if *key == Key::Email && style.unusable_email && identity.invalid.has(*key) {
            json.key(key_name(*key)).text(&hex_sha256(""));
        } else if identity.invalid.has(*key) {
            write_flawed(json.key(key_name(*key)), dice, person, *key, now);
        } else if identity.valid.has(*key) {
            write_usable(json.key(key_name(*key)), dice, person, *key, style);
        }
    }
    json.raw("}");
    identity
}

fn key_name(key: Key) -> &'static str {
    match key {
        Key::ClickId => "fbc",
        Key::BrowserId => "fbp",
        other => other.as_str(),
    }
}

fn write_usable(json: &mut Json, dice: &mut Dice, person: &Person, key: Key, style: Style) {
    let suffix = if style.suffixed { *dice.pick(SUFFIXES) } else { "" };
    match key {
        Key::Email => write_forms(json, dice, &person.email, style, suffix),
        Key::Phone => write_forms(json, dice, &person.phone, style, suffix),
        Key::FirstName => write_forms(json, dice, &person.first_name, style, suffix),
        Key::LastName => write_forms(json, dice, &person.last_name, style, suffix),
        Key::Gender => write_forms(json, dice, &person.gender, style, suffix),
        Key::BirthDate => write_forms(json, dice, &person.birth_date, style, suffix),
        Key::City => write_forms(json, dice, &person.city, style, suffix),
        Key::State => match &person.state {
            Some(state) => write_forms(json, dice, state, style, suffix),
            None => _ = json.raw("null"),
        },
        Key::Zip => write_forms(json, dice, &person.zip, style, suffix),
        Key::Country => write_forms(json, dice, &person.country, style, suffix),
        Key::ExternalId => write_forms(json, dice, &person.external_id, style, suffix),
        Key::ClickId => _ = json.text(&format!("{}{suffix}", person.fbc)),
        Key::BrowserId => _ = json.text(&format!("{}{suffix}", person.fbp)),
        Key::ClientIp => _ = json.text(dice.pick::<String>(&person.ip)),
        Key::UserAgent => _ = json.text(person.user_agent),
        Key::MobileAdId => _ = json.text(&person.mobile_ad_id),
        _ => _ = json.number(dice.between(100_000_000_000_000, 999_999_999_999_999)),
    }
}

fn write_forms(json: &mut Json, dice: &mut Dice, forms: &Forms, style: Style, suffix: &str) {
    let brackets = if style.listed { ("[", "]") } else { ("", "") };
    json.raw(brackets.0);
    if style.hashed {
        json.raw("\"").raw(&forms.hash).raw(suffix).raw("\"");
    } else {
        json.text(dice.pick::<String>(&forms.raw));
        if style.listed && dice.chance(0.2) {
            json.raw(",").text(dice.pick::<String>(&forms.raw));
        }
    }
    json.raw(brackets.1);
}

fn write_flawed(json: &mut Json, dice: &mut Dice, person: &Person, key: Key, now: UnixMillis) {
    match key {
        Key::Email if dice.chance(0.3) => json.text("not an address"),
        // An MD5: hexadecimal, and half as long as what platforms match on.
        Key::Email if dice.chance(0.3) => json.text(&person.email.hash[..32]),
        Key::Phone if person.national_phone.starts_with('0') && dice.chance(0.6) => {
            json.text(&person.national_phone)
        }
        Key::Email | Key::Phone => json.text(&hex_sha256(dice.pick::<&str>(JUNK))),
        Key::Country => json.text("Wonderland"),
        Key::ClickId if dice.chance(0.5) => json.text(&person.fbclid),
        Key::ClickId => {
            let old = now.0 - 120 * DAY_MS;
            json.text(&format!("fb.1.{old}.{}", person.fbclid))
        }
        Key::ClientIp => json.text(dice.pick::<&str>(PRIVATE_IPS)),
        _ => json.text(BOT),
    };
}

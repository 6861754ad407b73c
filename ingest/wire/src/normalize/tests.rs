//! Rules of single identifiers are in `golden.txt`; here is what holds for all.

use proptest::prelude::*;
use stratum_models::platform::Device;

use super::*;
use crate::hash::{from_hex, sha256, to_hex};

const GOLDEN: &str = include_str!("golden.txt");

fn rules(platform: Platform, calling_code: Option<u16>) -> Rules {
    // 2026-01-01T00:00:00Z
    let now = UnixMillis(1_767_225_600_000);
    Rules { platform: Some(platform), calling_code, now, event_time: now }
}

fn forms_of(key: IdentifierKey, value: &str, rules: &Rules) -> Result<Vec<String>, InvalidReason> {
    let mut forms = Forms::default();
    let outcome = identifier(key, value, rules, &mut forms);
    if outcome.is_err() {
        assert!(forms.is_empty(), "a refused value left forms: {value:?}");
    }
    outcome.map(|_| {
        forms.iter().map(|form| String::from_utf8(form.to_vec()).expect("UTF-8")).collect()
    })
}

fn shown(result: Result<Vec<String>, InvalidReason>) -> String {
    result.map_or_else(|reason| format!("!{reason}"), |forms| forms.join(" , "))
}

#[test]
fn every_line_of_the_golden_table_holds() {
    let mut lines = 0;
    for line in GOLDEN.lines().filter(|line| line.contains('|')) {
        let [set, key, value, expected] = line.split('|').collect::<Vec<_>>()[..] else {
            panic!("not four columns: {line}");
        };
        let mut set = set.split_whitespace();
        let platform = set.next().and_then(Platform::parse).expect("a platform");
        let rules = rules(platform, set.next().map(|code| code.parse().expect("a number")));
        let key = IdentifierKey::parse(key.trim()).expect("an identifier");
        // One blank on each side belongs to the table.
        assert_eq!(shown(forms_of(key, value, &rules)), expected.trim(), "{line}");
        lines += 1;
    }
    assert!(lines > 100);
}

#[test]
fn the_documented_vectors_hash_as_documented() {
    let rows = include_str!("vectors.txt").lines().filter(|line| !line.starts_with('#'));
    for row in rows {
        let [platform, key, value, hash] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{row}");
        };
        let (platform, key) = (platform.parse().expect(row), key.parse().expect(row));
        let forms = forms_of(key, value, &rules(platform, None)).expect(row);
        assert_eq!(from_hex(hash.as_bytes()), Some(sha256(forms[0].as_bytes())), "{row}");
    }
}

#[test]
fn hashes_of_nothing_are_absent_with_a_reason() {
    let meta = rules(Platform::Meta, None);
    for text in ["", "null", "undefined", "none", "nan"] {
        let hash = sha256(text.as_bytes());
        let hex = String::from_utf8(to_hex(&hash).to_vec()).expect("ASCII");
        for value in [hex.clone(), hex.to_ascii_uppercase(), format!("{hex}.AQICAQMC")] {
            let found = forms_of(IdentifierKey::Email, &value, &meta);
            assert_eq!(found, Err(InvalidReason::JunkHash), "{text:?} as {value}");
        }
    }
    let mut forms = Forms::default();
    let nothing = identifier(IdentifierKey::Email, " \t", &meta, &mut forms);
    assert_eq!(nothing, Ok(Outcome::Absent));
}

#[test]
fn hashes_of_codes_outside_their_list_are_unknown() {
    let meta = rules(Platform::Meta, None);
    let of = |key, text: &str| {
        let hex = to_hex(&sha256(text.as_bytes()));
        let hex = std::str::from_utf8(&hex).expect("ASCII").to_owned();
        identifier(key, &hex, &meta, &mut Forms::default())
    };
    assert_eq!(of(IdentifierKey::Gender, "f"), Ok(Outcome::Hash(sha256(b"f"))));
    assert_eq!(of(IdentifierKey::Gender, "female"), Err(InvalidReason::UnknownCode));
    assert_eq!(of(IdentifierKey::Country, "fr"), Ok(Outcome::Hash(sha256(b"fr"))));
    assert_eq!(of(IdentifierKey::Country, "FR"), Err(InvalidReason::UnknownCode));
}

#[test]
fn agents_tell_their_device() {
    for (agent, expected) in [
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
            Device::Mobile,
        ),
        (
            "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/141 Mobile Safari/537.36",
            Device::Mobile,
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; CUBOT X70) AppleWebKit/537.36 Chrome/141 Mobile Safari/537.36",
            Device::Mobile,
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 Chrome/141 Safari/537.36",
            Device::Tablet,
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
            Device::Tablet,
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18 Safari",
            Device::Desktop,
        ),
        (
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/141 Safari",
            Device::Desktop,
        ),
        ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", Device::Bot),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/141", Device::Bot),
        ("python-requests/2.32", Device::Bot),
        ("curl/8.5.0", Device::Bot),
        ("-", Device::Unknown),
    ] {
        assert_eq!(device(agent), expected, "{agent}");
    }
}

#[test]
fn what_is_too_long_is_refused() {
    let meta = rules(Platform::Meta, None);
    let long = "x".repeat(VALUE_BYTES_MAX + 1);
    for key in IdentifierKey::ALL {
        let found = forms_of(*key, &long, &meta);
        if *key != IdentifierKey::UserAgent {
            assert_eq!(found, Err(InvalidReason::TooLong), "{key}");
        }
    }
}

fn any_key() -> impl Strategy<Value = IdentifierKey> {
    prop::sample::select(IdentifierKey::ALL)
}

fn any_rules() -> impl Strategy<Value = Rules> {
    let code = prop::option::of(prop_oneof![Just(1), Just(7), Just(36), Just(39), 0..=u16::MAX]);
    (prop::sample::select(Platform::ALL), code).prop_map(|(platform, code)| rules(platform, code))
}

proptest! {
    #[test]
    fn no_value_panics_or_leaves_too_much(
        key in any_key(), rules in any_rules(),
        value in prop_oneof![any::<String>(), "[0-9+() /.xt-]{0,30}", "\\PC{0,40}", "fb\\.[0-9]\\.[0-9]{0,20}\\.[a-z.]{0,12}"],
    ) {
        if let Ok(forms) = forms_of(key, &value, &rules) {
            prop_assert!(forms.len() <= FORMS_MAX);
            prop_assert!(forms.iter().all(|form| !form.is_empty()));
        }
    }

    #[test]
    fn values_of_one_text_do_not_depend_on_what_came_before(
        rules in any_rules(), first in "\\PC{0,20}", second in "\\PC{0,20}", key in any_key(),
    ) {
        let mut forms = Forms::default();
        let _ = identifier(IdentifierKey::City, &first, &rules, &mut forms);
        let before = forms.len();
        let _ = identifier(key, &second, &rules, &mut forms);
        let after: Vec<_> = forms.iter().skip(before).map(<[u8]>::to_vec).collect();
        let alone = forms_of(key, &second, &rules).unwrap_or_default();
        prop_assert_eq!(after, alone.into_iter().map(String::into_bytes).collect::<Vec<_>>());
    }

    #[test]
    fn an_address_keeps_its_form(name in "[a-z0-9._+-]{1,20}", domain in "[a-z]{1,10}\\.[a-z]{2,5}") {
        let address = format!("{name}@{domain}");
        let expected = Ok(vec![address.clone()]);
        let meta = rules(Platform::Meta, None);
        prop_assert_eq!(forms_of(IdentifierKey::Email, &address, &meta), expected.clone());
        prop_assert_eq!(forms_of(IdentifierKey::Email, &address.to_uppercase(), &meta), expected);
    }
}

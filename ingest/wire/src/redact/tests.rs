use proptest::prelude::*;
use stratum_models::id::TenantId;
use stratum_models::platform::Platform;

use super::IdentifierKey as Key;
use super::shape::FILES;
use super::*;
use crate::hash::{sha256, to_hex};

fn config(platform: Platform) -> DatasetConfig {
    DatasetConfig {
        tenant_id: TenantId(1),
        platform: Some(platform),
        dataset_id: "1".into(),
        time_zone: chrono_tz::UTC,
        version: 1,
        default_calling_code: None,
        policy: Default::default(),
        event_name: None,
        delivery: None,
    }
}

fn person(values: &[(Key, &str)]) -> Person {
    let mut person = Person::new();
    fill(&mut person, values);
    person
}

fn fill(person: &mut Person, values: &[(Key, &str)]) {
    let config = config(Platform::Meta);
    let now = UnixMillis(1_767_225_600_000);
    let rules = RedactRules { config: &config, now, event_time: now };
    person.clear();
    for (key, value) in values {
        person.add(*key, value, &rules);
    }
    person.hash();
}

fn hashes(texts: &[(Key, &str)]) -> Vec<HashedIdentifier> {
    let hash = |text: &str| IdentifierHash(sha256(text.as_bytes()));
    texts.iter().map(|(key, text)| HashedIdentifier { key: *key, hash: hash(text) }).collect()
}

fn keys() -> std::sync::Arc<TenantKeys> {
    stratum_testing::identifier_keys().of(TenantId(1))
}

/// A text as it may be kept.
fn text(who: &Person, text: &str) -> String {
    who.text(text, &keys()).into_owned()
}

fn hex(text: &str) -> String {
    String::from_utf8(to_hex(&sha256(text.as_bytes())).to_vec()).unwrap()
}

#[test]
fn values_of_a_person_are_hashed_in_their_order() {
    let who = person(&[
        (Key::Email, " Ann@Example.com"),
        (Key::FirstName, "Mary-Jane"),
        (Key::Phone, "+1 650 555 1212"),
        (Key::ClientIp, "81.2.69.142"),
        (Key::UserAgent, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148"),
        (Key::Country, "Germany"),
    ]);
    let expected = [
        // Of names and countries nothing but that they were there: they can be counted.
        (Key::Email, "ann@example.com"),
        (Key::Phone, "16505551212"),
    ];
    assert_eq!(who.identifiers(), hashes(&expected));
    let keys =
        [Key::Email, Key::FirstName, Key::Phone, Key::ClientIp, Key::UserAgent, Key::Country];
    assert_eq!(who.valid(), IdentifierMask::of(&keys));
    assert_eq!(who.invalid(), []);
    assert_eq!((who.country(), who.device()), (Some("DE"), Device::Mobile));
}

#[test]
fn a_value_and_its_hash_are_one_identifier() {
    let digest = hex("ann@example.com");
    let with_appendix = format!("{}.AQICAQMC", digest.to_uppercase());
    let mut who = person(&[
        (Key::Email, &digest),
        (Key::Email, "Ann@example.com"),
        (Key::Email, &with_appendix),
        (Key::Email, "bob@example.com"),
    ]);
    who.add_hash(Key::Email, sha256(b"bob@example.com"));
    who.hash();
    let expected = [(Key::Email, "ann@example.com"), (Key::Email, "bob@example.com")];
    assert_eq!(who.identifiers(), hashes(&expected));
}

#[test]
fn a_key_is_invalid_only_when_none_of_its_values_is_usable() {
    let who = person(&[
        (Key::Email, "null"),
        (Key::Email, "ann@example.com"),
        (Key::Email, "no address"),
        (Key::Phone, "(650) 555-1212"),
        (Key::Phone, "nobody"),
        (Key::City, ""),
        (Key::UserAgent, "curl/8.5.0"),
    ]);
    let invalid = |key, reason| InvalidIdentifier { key, reason };
    assert_eq!(who.valid(), IdentifierMask::of(&[Key::Email]));
    let expected = [
        invalid(Key::Phone, InvalidReason::NoCountryCode),
        invalid(Key::UserAgent, InvalidReason::Bot),
    ];
    assert_eq!(who.invalid(), expected);
    assert_eq!(who.device(), Device::Bot);
}

#[test]
fn a_country_is_known_by_its_hash() {
    assert_eq!(person(&[(Key::Country, &hex("gb"))]).country(), Some("GB"));
    let who = person(&[(Key::Country, &hex("GB"))]);
    assert_eq!((who.country(), who.valid()), (None, IdentifierMask::EMPTY));
    assert_eq!(person(&[(Key::Country, "UK"), (Key::Country, "fr")]).country(), Some("GB"));
}

#[test]
fn the_next_event_starts_from_nothing() {
    let mut who = person(&[
        (Key::Email, "ann.lee@example.com"),
        (Key::LastName, "Lovelace"),
        (Key::Country, "us"),
        (Key::UserAgent, "Mozilla/5.0 (Windows NT 10.0)"),
        (Key::Phone, "12"),
    ]);
    assert_ne!(text(&who, "lovelace"), "lovelace");
    fill(&mut who, &[(Key::City, "Paris"), (Key::ExternalId, "kunde-7")]);
    assert_eq!(who.identifiers(), hashes(&[(Key::ExternalId, "kunde-7")]));
    assert_eq!(who.valid(), IdentifierMask::of(&[Key::City, Key::ExternalId]));
    assert_eq!((who.country(), who.device()), (None, Device::Unknown));
    assert!(who.invalid().is_empty());
    assert_eq!(text(&who, "lovelace"), "lovelace");
}

#[test]
fn more_values_than_a_key_may_have_are_passed_over() {
    let addresses: Vec<String> = (0..50).map(|n| format!("a{n}@example.com")).collect();
    let values: Vec<_> = addresses.iter().map(|address| (Key::Email, address.as_str())).collect();
    assert_eq!(person(&values).identifiers().len(), usize::from(VALUES_PER_KEY_MAX));
}

/// Ada, with a clear value of each kind.
fn ada() -> Person {
    person(&[
        (Key::Email, "ada.lovelace+shop@example.com"),
        (Key::FirstName, "Ada Maria"),
        (Key::LastName, "O'Brien-Smith"),
        (Key::LastName, "Müller"),
        (Key::LastName, "Lee"),
        (Key::BirthDate, "1990-01-31"),
        (Key::City, "Nice"),
        (Key::Zip, "SW1A 1AA"),
        (Key::Phone, "+44 20 7946 0958"),
        (Key::ClientIp, "81.2.69.142"),
        (Key::UserAgent, AGENT),
        (Key::ExternalId, "kunde-7"),
        (Key::ExternalId, "42"),
        (Key::BrowserId, "fb.1.1767225500000.1116446470"),
        (Key::MobileAdId, "6D92078A-8246-4BA4-AE5B-76104861E7DC"),
    ])
}

const AGENT: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148";

#[test]
fn texts_that_repeat_the_person_are_not_kept() {
    let who = ada();
    for value in [
        "order-ada.lovelace-7",
        "someone@example.com",
        "x=someone%40example.com",
        "obrien_smith 2026",
        "OBRIENSMITH",
        "for Smith, 2 pieces",
        "gift for maria",
        "müller-1",
        "MÜLLER",
        "lee-77",
        "born 1990.01.31",
        "31011990",
        "shop nice 3",
        "to sw1a1aa",
        "020 7946 0958",
        "lead_442079460958",
        "81.2.69.142-1767225600",
        "81-2-69-142",
        AGENT,
        "iPhone OS 18_0 like Mac",
        "kunde-7",
        "KUNDE 7/1",
        "42",
        "fb.1.1767225500000.1116446470",
        "6d92078a82464ba4ae5b76104861e7dc",
        &hex("ada.lovelace+shop@example.com"),
        &format!("event:{}", hex("kunde-7").to_uppercase()),
        &"long".repeat(100),
    ] {
        assert_eq!(text(&who, value), keys().pseudonym(value), "{value}");
    }
}

#[test]
fn texts_that_only_look_like_the_persons_are_kept() {
    let who = ada();
    for value in [
        "Purchase",
        "f47ac10b-58cc-4372-a567-0e02b2c3d479",
        "1767225600000",
        "adam-1",
        "sleeve 3",
        "nicest offers",
        "order-421",
        "50% off @ shop",
        "Hero banner@2x autumn",
        "",
        "Überraschung",
        &hex("somebody else"),
    ] {
        assert_eq!(who.text(value, &keys()), Cow::Borrowed(value));
    }
}

/// The same with hashes, whose sender keeps the clear values to themselves.
#[test]
fn texts_that_repeat_what_came_hashed_are_not_kept() {
    let values = [
        (Key::FirstName, "mary-jane"),
        (Key::FirstName, "ann marie"),
        (Key::LastName, "lovelace"),
        (Key::LastName, "müller"),
        (Key::LastName, "lee"),
        (Key::City, "newyork"),
        (Key::Zip, "10115"),
        (Key::Zip, "sw1a1aa"),
        (Key::BirthDate, "19900131"),
        (Key::ExternalId, "Kunde-7"),
        (Key::Phone, "491601234567"),
        (Key::Phone, "16505551212"),
    ];
    let hashed: Vec<(Key, String)> = values.iter().map(|(key, text)| (*key, hex(text))).collect();
    let hashed: Vec<(Key, &str)> = hashed.iter().map(|(key, hash)| (*key, hash.as_str())).collect();
    let config = DatasetConfig { default_calling_code: Some(49), ..config(Platform::Meta) };
    let now = UnixMillis(1_767_225_600_000);
    let rules = RedactRules { config: &config, now, event_time: now };
    let mut who = Person::new();
    hashed.iter().for_each(|(key, hash)| who.add(*key, hash, &rules));
    who.hash();
    for value in [
        "order-LOVELACE-7",
        "Mary-Jane",
        "for Ann Marie",
        "MÜLLER 2",
        "lee_1",
        "shop New York",
        "10115-9",
        "to SW1A 1AA",
        "b-19900131",
        "31.01.1990",
        "Kunde-7",
        "order Kunde-7",
        "Kunde-7/2026",
        "01601234567",
        "0160 1234567",
        "ref 0160-1234567",
        "491601234567_",
        "lead_491601234567",
        "16505551212",
        "+1 (650) 555-1212",
        "0016505551212",
        &hex("lovelace"),
    ] {
        assert_eq!(text(&who, value), keys().pseudonym(value), "{value}");
    }
    for value in [
        "f47ac10b-58cc-4372-a567-0e02b2c3d479",
        "16505551213",
        "1767225600000",
        "sleeve 3",
        "lovelaces",
        "101150",
        "kunde-8",
    ] {
        assert_eq!(text(&who, value), value);
    }
}

#[test]
fn of_a_page_only_host_click_and_campaign_are_kept() {
    let url = "https://ann:secret@shop.example.com:8443/order/ann@example.com?email=ann%40example.com\
               &fbclid=IwAR0_a-b&utm_id=120330&hsa_cam=2#fbclid=no";
    let kept = Page {
        host: Some("shop.example.com"),
        click_id: Some("IwAR0_a-b"),
        campaign_id: Some("120330"),
    };
    assert_eq!(page(url), kept);
    assert_eq!(page("//cdn.example.com/x").host, Some("cdn.example.com"));
    assert_eq!(page("android-app://com.example.shop").host, Some("com.example.shop"));
    assert_eq!(page("https://bücher.de?x").host, Some("bücher.de"));
    let unnamed = page("http://81.2.69.142:8080/?utm_id=7");
    assert_eq!((unnamed.host, unnamed.campaign_id), (None, Some("7")));
    for malformed in
        ["", "example.com/a", "/path", "https://", "https://a b/", "mailto:a@b.de", "?a=1"]
    {
        assert_eq!(page(malformed), Page::default(), "{malformed}");
    }
}

#[test]
fn ids_that_are_not_plain_are_not_kept() {
    let of = |query: &str| page(&format!("https://a.de/?{query}")).campaign_id.map(str::to_owned);
    assert_eq!(of("campaign_id=ann%40example.com"), None);
    assert_eq!(of("utm_id=%31&campaign_id=c_1"), Some("c_1".into()));
    assert_eq!(of(&format!("utm_id={}", "1".repeat(64))), Some("1".repeat(64)));
    assert_eq!(of(&format!("utm_id={}", "1".repeat(65))), None);
    assert_eq!(of("utm_id="), None);
}

#[test]
fn click_ids_belong_to_their_platform() {
    let url = "https://a.de/?gclid=g1&fbclid=f1&ttclid=t1&ScCid=s1&epik=p1&li_fat_id=l1";
    for (platform, id) in [
        (Platform::Google, "g1"),
        (Platform::Meta, "f1"),
        (Platform::Tiktok, "t1"),
        (Platform::Snapchat, "s1"),
        (Platform::Pinterest, "p1"),
        (Platform::Linkedin, "l1"),
    ] {
        assert_eq!(click_id(url, platform), Some(id));
    }
    assert_eq!(page(url).click_id, Some("g1"));
    assert_eq!(click_id("https://a.de/?gclid=g1", Platform::Meta), None);
}

/// True where the last label of a text is the ending of a file, which no domain has: `banner@2x.png`.
fn ends_as_file(text: &str) -> bool {
    let label = text.rsplit('.').next().and_then(|rest| rest.split(' ').next());
    label.is_some_and(|label| FILES.contains(&label.as_bytes()))
}

proptest! {
    #[test]
    fn the_hash_of_a_form_is_the_identifier_of_the_value(
        at in 0usize..12, value in prop_oneof![any::<String>(), "[a-zA-Z .'-]{1,20}", "[+0-9 ]{5,18}"],
    ) {
        let key = Key::ALL[at];
        let clear = person(&[(key, &value)]);
        for identifier in clear.identifiers() {
            let digest = String::from_utf8(to_hex(&identifier.hash.0).to_vec()).unwrap();
            if matches!(key, Key::ClickId) {
                continue;
            }
            let hashed = person(&[(key, &digest)]);
            prop_assert_eq!(hashed.identifiers(), [*identifier]);
        }
    }

    #[test]
    fn nothing_panics_and_what_was_sent_is_valid_or_invalid_but_not_both(
        values in prop::collection::vec(
            (prop::sample::select(Key::ALL), prop_oneof![any::<String>(), "\\PC{0,60}"]), 0..12),
        text in any::<String>(),
    ) {
        let values: Vec<_> = values.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let who = person(&values);
        let invalid = who.invalid().iter().fold(IdentifierMask::EMPTY, |mask, i| mask.with(i.key));
        prop_assert_eq!(who.valid().intersection(invalid), IdentifierMask::EMPTY);
        prop_assert!(who.identifiers().iter().all(|one| who.valid().has(one.key)));
        prop_assert!(who.identifiers().iter().all(|one| one.hash.0 != [0; 32]));
        who.text(&text, &keys());
        page(&text);
    }

    #[test]
    fn an_address_never_stays_in_a_text(
        before in "[a-z -]{0,9}", name in "[a-z0-9._+]{1,9}[a-z0-9]", domain in "[a-z]{1,9}\\.[a-z]{2,4}", after in " ?[a-z-]{0,9}",
    ) {
        prop_assume!(!ends_as_file(&format!("{domain}{after}")));
        let text = format!("{before}{name}@{domain}{after}");
        prop_assert!(person(&[]).is_told_by(&text));
    }
}

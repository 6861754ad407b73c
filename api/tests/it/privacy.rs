//! Personal data ends at the door: after traffic full of it, none of it is in any file, table, log
//! line, measurement or error text.

use std::path::Path;

use aho_corasick::AhoCorasick;
use serde_json::{Value, json};
use stratum_models::demo::{Expect, Person, PlantedKind, PlantedValue, Traffic, TrafficConfig};

use crate::fixture::Stratum;
use crate::load::{Load, now};

/// Shorter texts occur by chance in megabytes of anything.
const NEEDLE_BYTES_MIN: usize = 6;

/// What is looked for: each planted value in the forms in which it could have been written down.
struct Needles {
    search: AhoCorasick,
    meant: Vec<String>,
}

impl Needles {
    fn of(planted: &[PlantedValue]) -> Needles {
        let (mut patterns, mut meant) = (Vec::new(), Vec::new());
        let telling = planted
            .iter()
            .filter(|one| one.kind != PlantedKind::Place && one.text.len() >= NEEDLE_BYTES_MIN);
        for one in telling {
            for form in forms(&one.text) {
                patterns.push(form);
                meant.push(format!("{:?} {}", one.kind, one.text));
            }
        }
        assert!(patterns.len() > 1_000, "only {} needles", patterns.len());
        let search = AhoCorasick::builder().ascii_case_insensitive(true).build(&patterns);
        Needles { search: search.expect("a search for all needles"), meant }
    }

    fn assert_present(&self, place: &str, bytes: &[u8]) {
        assert!(self.search.is_match(bytes), "{place}: the search finds nothing anywhere");
    }

    fn assert_absent(&self, place: &str, bytes: &[u8]) {
        if let Some(found) = self.search.find(bytes) {
            let around =
                &bytes[found.start().saturating_sub(60)..(found.end() + 60).min(bytes.len())];
            let meant = &self.meant[found.pattern().as_usize()];
            panic!("{place} holds {meant}: …{}…", String::from_utf8_lossy(around));
        }
    }
}

/// UTF-8, UTF-16 of both kinds, percent-encoded, and escaped as JSON does.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let wide = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let percent = text.bytes().fold(String::new(), |all, byte| {
        if plain(byte) {
            all + &char::from(byte).to_string()
        } else {
            all + &format!("%{byte:02x}")
        }
    });
    let escaped = text.encode_utf16().fold(String::new(), |all, unit| match u8::try_from(unit) {
        Ok(byte) if byte.is_ascii() => all + &char::from(byte).to_string(),
        _ => all + &format!("\\u{unit:04x}"),
    });
    let mut forms = vec![
        text.as_bytes().to_vec(),
        text.to_lowercase().into_bytes(),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
        percent.replace("%20", "+").into_bytes(),
        percent.into_bytes(),
        escaped.into_bytes(),
    ];
    forms.sort();
    forms.dedup();
    forms
}

#[tokio::test(flavor = "multi_thread")]
async fn no_planted_value_is_found_anywhere() {
    let mut stratum = Stratum::start(&[]).await;
    let load = Load::create(&stratum, 99).await;
    let needles = Needles::of(&load.world.planted());
    let mut answers = send_traffic(&load, &needles).await;
    answers.extend(send_misplaced(&load).await);
    for (what, answer) in &answers {
        needles.assert_absent(what, answer.as_bytes());
    }
    needles.assert_absent("/metrics", stratum.measurements().await.as_bytes());
    // The log and the tables are compressed on disk, so they are searched as they are read, too.
    let log = stratum.tail("events").await;
    assert!(log.lines().count() > 1_000, "the log was not read");
    needles.assert_absent("stratum tail", log.as_bytes());
    let tables = stratum.warehouse_rows().await;
    assert!(tables.iter().any(|(_, rows)| rows.lines().count() > 1_000), "no table was read");
    for (table, rows) in tables {
        needles.assert_absent(&format!("warehouse table {table}"), rows.as_bytes());
    }
    for (table, rows) in stratum.state_rows().await {
        needles.assert_absent(&format!("state table {table}"), rows.as_bytes());
    }
    needles.assert_absent("the program's output", stratum.output().as_bytes());
    assert!(search_folder(&needles, stratum.data_folder()) > 0, "no file was searched");
    stratum.stop().await;
    assert!(search_folder(&needles, stratum.data_folder()) > 0, "no file was searched");
}

/// Ordinary traffic in which every event has personal data in free text as well.
async fn send_traffic(load: &Load, needles: &Needles) -> Vec<(String, String)> {
    let config = TrafficConfig {
        leaking: 1.0,
        refused_requests: 0.2,
        hashed: 0.1,
        ..TrafficConfig::default()
    };
    let traffic = Traffic::new(load.world.clone(), config, 3, now());
    let mut answers = Vec::new();
    let mut accepted = vec![0; load.world.tenants.len()];
    for request in traffic.take(60) {
        let answer = load.send(&request).await.expect("an answer");
        if request.expect == Expect::Accept {
            needles.assert_present("what was sent", &request.body);
            assert_eq!(answer.status, 200, "{}", answer.body);
            accepted[request.tenant_index] += request.events as u64;
        }
        answers.push(("an answer".to_owned(), answer.body));
    }
    for (tenant, events) in accepted.into_iter().enumerate() {
        let counted = |n: u64| n >= events;
        let what = format!("{events} events were accepted");
        load.settle(tenant, &what, |all| counted(all["landed"] + all["duplicate"])).await;
    }
    answers
}

/// Personal data where it does not belong: in every field of an event, in reports, paths and headers.
async fn send_misplaced(load: &Load) -> Vec<(String, String)> {
    let person = &load.world.people[0];
    let values =
        [&person.email.raw[0], &person.phone.raw[0], &person.first_name.raw[0], &person.ip[0]];
    let mut answers = Vec::new();
    let mut accepted = 0;
    for value in values {
        for (field, event) in misplaced(person, value) {
            let request = stratum_models::demo::Request {
                tenant_index: 0,
                dataset_id: load.world.tenants[0].datasets[0].clone(),
                body: json!({ "data": [event] }).to_string().into_bytes(),
                events: 1,
                expect: Expect::Accept,
                rows: Vec::new(),
            };
            let answer = load.send(&request).await.expect("an answer");
            accepted += u32::from(answer.status == 200);
            answers.push((format!("the answer to a person's data as {field}"), answer.body));
        }
        let path = format!("/v24.0/{}/events?access_token={}", encoded(value), encoded(value));
        answers.push(("the answer to a path".to_owned(), load.text(&path).await));
    }
    assert!(accepted > 20, "only {accepted} misplaced values were taken in");
    answers
}

fn encoded(value: &str) -> String {
    value.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// A good event of this person, with `value` in place of one field after the other.
fn misplaced(person: &Person, value: &str) -> Vec<(&'static str, Value)> {
    let good = json!({
        "event_name": "Purchase",
        "event_time": now().0 / 1_000,
        "event_id": format!("misplaced-{}", value.len()),
        "action_source": "website",
        "event_source_url": "https://shop.example/thanks",
        "user_data": {
            "em": person.email.raw[0],
            "ph": person.phone.raw[0],
            "fn": person.first_name.raw[0],
            "ln": person.last_name.raw[0],
            "client_ip_address": person.ip[0],
            "client_user_agent": person.user_agent,
        },
        "custom_data": {"value": 5, "currency": "EUR"},
    });
    const FIELDS: &[(&str, &str)] = &[
        ("event_name", "/event_name"),
        ("event_time", "/event_time"),
        ("event_id", "/event_id"),
        ("action_source", "/action_source"),
        ("event_source_url", "/event_source_url"),
        ("client_user_agent", "/user_data/client_user_agent"),
        ("client_ip_address", "/user_data/client_ip_address"),
        ("value", "/custom_data/value"),
        ("currency", "/custom_data/currency"),
        ("user_data", "/user_data"),
        ("custom_data", "/custom_data"),
    ];
    let mut events: Vec<(&'static str, Value)> = FIELDS
        .iter()
        .map(|(field, pointer)| {
            let mut event = good.clone();
            *event.pointer_mut(pointer).expect("a field of ours") = value.into();
            (*field, event)
        })
        .collect();
    for (field, key) in
        [("order_id", "order_id"), ("campaign_id", "campaign_id"), ("free text", "note")]
    {
        let mut event = good.clone();
        event["custom_data"][key] = value.into();
        event["event_id"] = format!("misplaced-{key}-{}", value.len()).into();
        events.push((field, event));
    }
    let mut event = good.clone();
    event["event_source_url"] =
        format!("https://a.example/{value}?utm_id={value}&q={value}").into();
    events.push(("url", event));
    events
}

/// Searches every file below a folder; returns how many there were.
fn search_folder(needles: &Needles, folder: &Path) -> usize {
    let mut files = 0;
    for entry in std::fs::read_dir(folder).expect("a readable folder").flatten() {
        let path = entry.path();
        // Engines remove files while they run.
        let Ok(kind) = entry.file_type() else { continue };
        needles.assert_absent("a file's name", path.as_os_str().as_encoded_bytes());
        if kind.is_dir() {
            files += search_folder(needles, &path);
        } else if kind.is_file()
            && let Ok(bytes) = std::fs::read(&path)
        {
            needles.assert_absent(&path.display().to_string(), &bytes);
            files += 1;
        }
    }
    files
}

//! Nothing clear leaves the front door: not into the log, not into an answer.

use serde_json::{Value, json};

use crate::desk::{Desk, purchase};

const EMAIL: &str = "Grace.Hopper.1906@Example-Mail.org";
const PHONE: &str = "+1 650 555 1212";
const NAME: &str = "Wilhelmina";
const STREET: &str = "Kurfuerstendamm";
const IP: &str = "203.0.113.77";
const AGENT: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Planted/1.0";

fn planted() -> Vec<String> {
    let digits: String = PHONE.chars().filter(char::is_ascii_digit).collect();
    let mail = EMAIL.to_lowercase();
    let percent = EMAIL.replace('@', "%40");
    [
        EMAIL,
        &mail,
        &percent,
        "grace.hopper",
        PHONE,
        &digits,
        NAME,
        "wilhelmina",
        STREET,
        IP,
        "Planted/1.0",
    ]
    .map(str::to_owned)
    .into()
}

fn assert_clean(place: &str, bytes: &[u8]) {
    for word in planted() {
        let found =
            bytes.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()));
        assert!(!found, "{place} holds {word:?}");
    }
}

/// Of a text that holds what platforms take in clear, address and agent of the device.
pub fn assert_holds_no_contact(text: &str) {
    let planted = planted();
    for word in planted.iter().filter(|word| *word != IP && *word != "Planted/1.0") {
        let found = text.to_lowercase().contains(&word.to_lowercase());
        assert!(!found, "{text} holds {word:?}");
    }
}

fn user_data() -> Value {
    json!({
        "em": [EMAIL, "x@example.com"], "ph": PHONE, "fn": NAME, "ln": "Hopper", "ct": STREET,
        "client_ip_address": IP, "client_user_agent": AGENT,
        "fbp": "fb.1.1789999990000.1234567890", "external_id": EMAIL,
    })
}

/// Events with a planted value in every place where a text can stand.
pub fn leaking() -> Vec<Value> {
    let mut events = Vec::new();
    for text in [EMAIL, PHONE, NAME, IP, "16505551212"] {
        let around = [text.to_owned(), format!("order for {text}"), format!("{text}|7")];
        for (n, text) in around.into_iter().enumerate() {
            let mut event = purchase("x");
            event["user_data"] = user_data();
            event["event_id"] = json!(text);
            event["custom_data"] = json!({
                "value": 1, "currency": "USD", "order_id": text, "campaign_id": text,
                "content_name": text, "search_string": text, "status": text, text.as_str(): text,
                "contents": [{"id": text, "title": text}],
            });
            event["referrer_url"] = json!(format!("https://a.example/?q={text}"));
            event["event_source_url"] = json!(format!(
                "https://user:{text}@shop.example.com/{text}?email={text}&utm_id={text}#{text}"
            ));
            event["app_data"] = json!({ "extinfo": [text] });
            event["messaging_channel"] = json!(text);
            if n == 1 {
                event["event_name"] = json!(text);
            }
            events.push(event);
        }
    }
    events
}

#[tokio::test]
async fn clear_text_never_reaches_the_log() {
    let desk = Desk::new();
    let events = leaking();
    let answer = desk.post_events(&events).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    assert_clean("an answer", answer.body.to_string().as_bytes());
    let kept = desk.events();
    assert_eq!(kept.len(), events.len());
    assert!(kept.iter().any(|event| event["event_id"].starts_with("redacted:")));
    // The identifiers are there, hashed.
    assert!(kept.iter().all(|event| event["valid_mask"] != "0"));
    assert_clean("the log", &desk.unpacked());
    for topic in [stratum_models::log::Topic::Events, stratum_models::log::Topic::AdReports] {
        for record in desk.log.records(topic) {
            assert_clean("a record", &record.bytes);
        }
    }
}

/// What is not recognised by a clear value beside it: the person came hashed, or the text is of somebody of
/// whom nothing else came.
#[tokio::test]
async fn texts_are_judged_by_hashes_and_by_their_form_too() {
    let hash = |text: &str| {
        let digest = stratum_wire::hash::sha256(text.as_bytes());
        String::from_utf8(stratum_wire::hash::to_hex(&digest).to_vec()).unwrap()
    };
    const ID: &str = "Kunde-770077";
    let user = json!({
        "em": hash("x@example.com"), "ln": hash("hopper"), "fn": hash("grace"),
        "ph": hash("491601234567"), "external_id": ID, "client_user_agent": AGENT,
        "zp": hash("10719"), "db": hash("19061209"),
    });
    let texts = [
        "order-HOPPER-7",
        "Grace 1906",
        "0049 160 1234567",
        "+49 160 1234567",
        "+33 6 12 34 56 78",
        AGENT,
        ID,
        "81.2.69.142",
        "2001:db8::8a2e:370:7334",
        "someone@example.com",
        "10719 Berlin",
        "born 1906-12-09",
        &hash("hopper"),
    ];
    let desk = Desk::new();
    let mut events = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let mut event = purchase(&format!("ordinary-{at}"));
        event["user_data"] = user.clone();
        event["event_id"] = json!(text);
        event["custom_data"] =
            json!({"value": 1, "currency": "USD", "order_id": text, "campaign_id": text});
        let mut named = event.clone();
        named["event_name"] = json!(text);
        events.extend([event, named]);
    }
    assert_eq!(desk.post_events(&events).await.status, 200);
    let kept = desk.events();
    assert_eq!(kept.len(), events.len());
    for event in &kept {
        for column in ["event_id", "order_id", "campaign_id"] {
            assert!(event[column].starts_with("redacted:"), "{column}: {}", event[column]);
        }
        let name = &event["event_name"];
        assert!(name == "Purchase" || name.starts_with("redacted:"), "{name}");
    }
    let log = desk.unpacked();
    for text in texts {
        let found = log.windows(text.len()).any(|part| part.eq_ignore_ascii_case(text.as_bytes()));
        assert!(!found, "the log holds {text:?}");
    }
}

#[tokio::test]
async fn clear_text_never_reaches_an_answer_or_a_rejection() {
    let desk = Desk::new();
    let text = format!("{NAME} {EMAIL} {PHONE} {IP}");
    let mut bodies: Vec<String> = Vec::new();
    for path in [
        "event_name",
        "event_time",
        "action_source",
        "event_id",
        "event_source_url",
        "opt_out",
        "data_processing_options",
        "data_processing_options_state",
        "user_data",
        "custom_data",
    ] {
        for value in [json!(text), json!([text]), json!({ text.as_str(): text })] {
            let mut event = purchase("x");
            event["user_data"] = user_data();
            event[path] = value;
            event["event_time"] =
                if path == "event_time" { event["event_time"].clone() } else { json!(1) };
            bodies.push(json!({ "data": [event] }).to_string());
        }
    }
    for field in ["value", "currency", "order_id", "campaign_id"] {
        let mut event = purchase("x");
        event["custom_data"][field] = json!([text]);
        bodies.push(json!({ "data": [event] }).to_string());
    }
    bodies.extend([
        text.clone(),
        format!("{{\"{text}\": "),
        format!("{{\"data\": \"{text}\"}}"),
        format!("{{\"data\": [\"{text}\"]}}"),
        format!("data={text}"),
        format!("--{text}\r\n"),
        format!("{{\"access_token\": \"{text}\", \"data\": []}}"),
    ]);
    let refused = bodies.len();
    for body in bodies {
        let answer = desk.post(body).await;
        assert_ne!(answer.status, 200);
        assert_clean("an answer", answer.body.to_string().as_bytes());
    }
    let uri = format!("/v24.0/{}/events?access_token={}", EMAIL, EMAIL.replace('@', "%40"));
    let answer = desk.send(&uri, &[], "{}").await;
    assert_clean("an answer", answer.body.to_string().as_bytes());
    assert_eq!(desk.rejections().len(), refused);
    assert_clean("the log", &desk.unpacked());
}

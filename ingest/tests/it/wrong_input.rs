//! Wrong input of every kind: a clear error in Meta's shape, never a panic, never a wrong row.

use serde_json::{Value, json};

use crate::desk::{Desk, altered, gzip, purchase};

/// What must become of an event whose field has this value.
enum Must {
    Pass,
    Fail(&'static str),
}
use Must::{Fail, Pass};

async fn check(path: &str, value: Option<Value>, must: Must) {
    let desk = Desk::new();
    let answer = desk.post_events(&[altered(path, value.clone())]).await;
    let shown =
        value.map_or("absent".to_owned(), |value| value.to_string().chars().take(60).collect());
    match must {
        Pass => {
            assert_eq!(answer.status, 200, "{path} {shown}: {:?}", answer.body);
            assert_eq!(desk.events().len(), 1, "{path} {shown}");
        }
        Fail(reason) => {
            assert_eq!(answer.status, 400, "{path} {shown}: {:?}", answer.body);
            assert!(answer.text().contains("data[0]"), "{path} {shown}: {}", answer.text());
            assert!(desk.events().is_empty());
            assert_eq!(desk.rejections()[0].0, reason, "{path} {shown}");
        }
    }
}

#[tokio::test]
async fn required_fields_are_required_and_typed() {
    for path in ["event_name", "event_time", "action_source", "user_data"] {
        check(path, None, Fail("missing_field")).await;
        check(path, Some(Value::Null), Fail("missing_field")).await;
        check(path, Some(json!([1])), Fail("wrong_type")).await;
        check(path, Some(json!(true)), Fail("wrong_type")).await;
    }
    for path in ["event_name", "event_time", "action_source"] {
        check(path, Some(json!("")), Fail("missing_field")).await;
        check(path, Some(json!({"a": 1})), Fail("wrong_type")).await;
    }
    check("event_name", Some(json!(5)), Fail("wrong_type")).await;
    check("user_data", Some(json!("text")), Fail("wrong_type")).await;
    check("user_data", Some(json!({})), Fail("insufficient_identifiers")).await;
    check("action_source", Some(json!("WEBSITE")), Fail("invalid_value")).await;
    check("action_source", Some(json!(7)), Fail("invalid_value")).await;
}

#[tokio::test]
async fn times_are_times() {
    for (value, must) in [
        (json!(0), Fail("too_old")),
        (json!(-1), Fail("too_old")),
        (json!(i64::MIN), Fail("invalid_value")),
        (json!(i64::MAX), Fail("in_future")),
        (json!(1e300), Fail("invalid_value")),
        (json!("soon"), Fail("invalid_value")),
        (json!("2026-09-21T13:33:21Z"), Fail("invalid_value")),
        (json!(1_790_000_000.5), Fail("invalid_value")),
        (json!(1_790_000_000.0), Pass),
        (json!("1790000000000"), Pass),
    ] {
        check("event_time", Some(value), must).await;
    }
}

#[tokio::test]
async fn values_are_amounts() {
    for (value, must) in [
        (json!(-0.01), Fail("invalid_value")),
        (json!("-5"), Fail("invalid_value")),
        (json!(1e300), Fail("invalid_value")),
        (json!("1e999999999999"), Fail("invalid_value")),
        (json!("NaN"), Fail("invalid_value")),
        (json!("Infinity"), Fail("invalid_value")),
        (json!("12,50"), Fail("invalid_value")),
        (json!("9".repeat(1000)), Fail("invalid_value")),
        (json!(10_000_000_001_i64), Fail("invalid_value")),
        (json!([1]), Fail("wrong_type")),
        (json!({}), Fail("wrong_type")),
        (json!(false), Fail("wrong_type")),
        (json!(""), Fail("missing_purchase_value")),
        (Value::Null, Fail("missing_purchase_value")),
        (json!(10_000_000_000_i64), Pass),
        (json!(0), Pass),
        (json!("1e2"), Pass),
    ] {
        check("custom_data.value", Some(value), must).await;
    }
    for value in [json!(5), json!("€"), json!("USDT"), json!("us")] {
        check("custom_data.currency", Some(value), Fail("invalid_currency")).await;
    }
    for value in [None, Some(Value::Null), Some(json!("")), Some(json!(" "))] {
        check("custom_data.currency", value, Fail("missing_currency")).await;
    }
    check("custom_data.currency", Some(json!(["USD"])), Fail("wrong_type")).await;
    check("custom_data", Some(json!([1])), Fail("wrong_type")).await;
}

#[tokio::test]
async fn texts_are_bounded_and_typed() {
    for path in ["event_id", "custom_data.order_id", "custom_data.campaign_id"] {
        check(path, Some(json!("x".repeat(513))), Fail("too_long")).await;
        check(path, Some(json!("x".repeat(512))), Pass).await;
        check(path, Some(json!({"a": 1})), Fail("wrong_type")).await;
        check(path, Some(json!(true)), Fail("wrong_type")).await;
        check(path, Some(Value::Null), Pass).await;
    }
    check("event_name", Some(json!("n".repeat(513))), Fail("too_long")).await;
    check("event_source_url", Some(json!(["https://a.example"])), Fail("wrong_type")).await;
    for url in [json!(null), json!(""), json!("no url"), json!(5), json!("https://".repeat(10_000))]
    {
        check("event_source_url", Some(url), Pass).await;
    }
}

#[tokio::test]
async fn identifiers_are_texts_or_lists_of_texts() {
    const KEYS: [&str; 12] = [
        "em",
        "ph",
        "fn",
        "ct",
        "country",
        "external_id",
        "fbc",
        "fbp",
        "client_ip_address",
        "client_user_agent",
        "fb_login_id",
        "page_scoped_user_id",
    ];
    for key in KEYS {
        let path = format!("user_data.{key}");
        for wrong in [json!({"a": 1}), json!(true), json!([["nested"]]), json!(["ok", {}])] {
            check(&path, Some(wrong), Fail("wrong_type")).await;
        }
        for fine in
            [json!(null), json!([]), json!([null, ""]), json!(-1e99), json!("x".repeat(100_000))]
        {
            // Without its address the event still has agent and e-mail, and the other way round.
            check(&path, Some(fine), Pass).await;
        }
    }
    let many: Vec<String> = (0..198).map(|n| format!("p{n}@example.com")).collect();
    check("user_data.em", Some(json!(many)), Pass).await;
    let too_many: Vec<String> = (0..199).map(|n| format!("p{n}@example.com")).collect();
    check("user_data.em", Some(json!(too_many)), Fail("too_long")).await;
}

#[tokio::test]
async fn privacy_options_are_checked() {
    for (path, value, must) in [
        ("opt_out", json!("maybe"), Fail("wrong_type")),
        ("opt_out", json!(2), Fail("wrong_type")),
        ("opt_out", json!([]), Fail("wrong_type")),
        ("opt_out", Value::Null, Pass),
        ("data_processing_options", json!("['LDU']"), Pass),
        ("data_processing_options", json!(["LDU", null]), Pass),
        ("data_processing_options", json!([1]), Fail("wrong_type")),
        ("data_processing_options", json!(5), Fail("wrong_type")),
        ("data_processing_options_country", json!(2), Fail("invalid_value")),
        ("data_processing_options_country", json!(-1), Fail("invalid_value")),
        ("data_processing_options_state", json!(999), Fail("invalid_value")),
        ("data_processing_options_state", json!(1014), Fail("invalid_value")),
        ("data_processing_options_state", json!(1013), Pass),
        ("data_processing_options_state", json!({}), Fail("wrong_type")),
    ] {
        check(path, Some(value), must).await;
    }
}

#[tokio::test]
async fn what_is_no_event_is_refused() {
    for (element, reason) in [
        (json!(null), "wrong_type"),
        (json!(5), "wrong_type"),
        (json!([]), "wrong_type"),
        (json!(true), "wrong_type"),
        (json!("[]"), "wrong_type"),
        (json!("not json"), "malformed_body"),
        (json!("{\"event_name\":"), "malformed_body"),
        (json!("{} trailing"), "malformed_body"),
        (json!(""), "malformed_body"),
        (json!({}), "missing_field"),
    ] {
        let desk = Desk::new();
        let answer = desk.post(json!({"data": [purchase("a"), element]}).to_string()).await;
        assert_eq!(answer.code(), (400, 100, 0), "{element}");
        assert!(answer.text().starts_with("data[1]"), "{element}: {}", answer.text());
        let reasons: Vec<String> =
            desk.rejections().into_iter().map(|(reason, _)| reason).collect();
        assert_eq!(reasons, ["batch_rejected", reason], "{element}");
    }
}

#[tokio::test]
async fn requests_without_events_are_refused() {
    for (body, reason) in [
        ("{}", "missing_field"),
        ("", "missing_field"),
        ("x=1", "missing_field"),
        (r#"{"data":null}"#, "missing_field"),
        (r#"{"data":[]}"#, "empty_batch"),
        ("data=%5B%5D", "empty_batch"),
        (r#"{"data":7}"#, "wrong_type"),
        (r#"{"data":"7"}"#, "wrong_type"),
        ("data=true", "wrong_type"),
        (r#""text""#, "wrong_type"),
        (r#"{"data":"rubbish"}"#, "malformed_body"),
        ("data=rubbish", "malformed_body"),
        ("data=", "malformed_body"),
        (r#"{"data":[{}}"#, "malformed_body"),
        (r#"{"data":[NaN]}"#, "malformed_body"),
        (r#"{"data":[{"event_time":01}]}"#, "malformed_body"),
        ("{'data':[]}", "malformed_body"),
        ("--b\r\nrubbish", "malformed_body"),
    ] {
        let desk = Desk::new();
        let answer = desk.post(body).await;
        assert_eq!(answer.code(), (400, 100, 0), "{body}");
        assert!(answer.text().ends_with('.'), "{body}: {}", answer.text());
        let reasons: Vec<String> =
            desk.rejections().into_iter().map(|(reason, _)| reason).collect();
        assert_eq!(reasons, [reason], "{body}");
    }
}

#[tokio::test]
async fn a_token_after_a_broken_list_still_tells_the_tenant() {
    let desk = Desk::new();
    let uri = "/v24.0/1234567890/events";
    let answer = desk.send(uri, &[], "data=%5Bbroken&access_token=TOK%2Ben%7C1").await;
    assert_eq!(answer.code(), (400, 100, 0));
    assert_eq!(desk.rejections().len(), 1);
    // Without any, the body is the likelier mistake.
    assert_eq!(desk.send(uri, &[], "{broken").await.code(), (400, 100, 0));
    assert_eq!(desk.rejections().len(), 1);
}

#[tokio::test]
async fn a_body_cut_anywhere_is_refused() {
    let desk = Desk::new();
    let body = json!({ "data": [purchase("a")] }).to_string();
    for cut in 0..body.len() {
        let answer = desk.post(body[..cut].to_owned()).await;
        assert_eq!(answer.code(), (400, 100, 0), "cut at {cut}");
    }
    assert!(desk.events().is_empty());
    assert_eq!(desk.rejections().len(), body.len());
    let packed = gzip(body.as_bytes());
    for cut in 2..packed.len() {
        let answer = desk.post(packed.slice(..cut)).await;
        assert_eq!(answer.code(), (400, 100, 0), "packed, cut at {cut}");
    }
    assert!(desk.events().is_empty());
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused() {
    let desk = Desk::new();
    let body = json!({ "data": [purchase("a")] }).to_string().into_bytes();
    for bad in [&b"\xff"[..], b"\xc3\x28", b"\xed\xa0\x80", b"\xf0\x9f\x98"] {
        let at = 40;
        let body = [&body[..at], bad, &body[at..]].concat();
        let answer = desk.post(body).await;
        assert_eq!(answer.code(), (400, 100, 0));
        assert!(answer.text().contains("UTF-8"), "{}", answer.text());
    }
    let answer = desk.post("data=%5B%22%ff%22%5D").await;
    assert!(answer.text().contains("UTF-8"), "{}", answer.text());
}

#[tokio::test]
async fn deep_nesting_is_refused_wherever_it_stands() {
    let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let event = purchase("a").to_string();
    let inside =
        |key: &str, depth| event.replacen('{', &format!("{{\"{key}\":{},", deep(depth)), 1);
    for body in [
        deep(10_000),
        format!("{{\"data\":{}}}", deep(10_000)),
        format!("{{\"x\":{},\"data\":[{event}]}}", deep(10_000)),
        format!("{{\"data\":[{}]}}", inside("unknown", 10_000)),
        format!("{{\"data\":[{}]}}", inside("user_data", 10_000)),
        "{\"a\":".repeat(10_000),
        "[".repeat(1_000_000),
    ] {
        let answer = Desk::new().post(body).await;
        assert_eq!(answer.code(), (400, 100, 0));
        assert!(answer.text().contains("nested too deeply"), "{}", answer.text());
    }
    let body = format!("{{\"data\":[{}]}}", inside("unknown", 60));
    assert_eq!(Desk::new().post(body).await.status, 200);
}

//! Meta's answers, as its SDKs read them.

use serde_json::{Value, json};
use stratum_models::store::StoreErrorKind;
use stratum_testing::memory_log::AppendFault;

use crate::desk::{Answer, Desk, altered, purchase};

/// Every failure has the fields that SDKs read, with their types.
fn assert_shape(answer: &Answer) {
    let error = answer.body["error"].as_object().unwrap_or_else(|| panic!("{answer:?}"));
    assert!(error["message"].is_string() && error["type"].is_string(), "{answer:?}");
    assert!(error["code"].is_u64() && error["is_transient"].is_boolean(), "{answer:?}");
    assert!(error["fbtrace_id"].as_str().unwrap().len() > 10, "{answer:?}");
    assert!(error.get("error_data").is_none_or(Value::is_object), "{answer:?}");
}

#[tokio::test]
async fn a_key_that_opens_nothing_is_told_so() {
    let desk = Desk::new();
    let body = json!({ "data": [purchase("a")] }).to_string();
    for (query, code, kind) in [
        ("", (400, 190, 0), "OAuthException"),
        ("?access_token=", (400, 190, 0), "OAuthException"),
        ("?access_token=wrong", (400, 190, 0), "OAuthException"),
        ("?access_token=revoked", (400, 190, 460), "OAuthException"),
        ("?access_token=read-only", (403, 200, 0), "OAuthException"),
        ("?access_token=other-tenant", (400, 100, 33), "GraphMethodException"),
    ] {
        let answer =
            desk.send(&format!("/v24.0/1234567890/events{query}"), &[], body.clone()).await;
        assert_shape(&answer);
        assert_eq!(answer.code(), code, "{query}");
        assert_eq!(answer.body["error"]["type"], kind, "{query}");
        assert_eq!(answer.body["error"]["is_transient"], false, "{query}");
    }
    let unknown = desk.send("/v24.0/99/events?access_token=TOK%2Ben%7C1", &[], body).await;
    assert_eq!(unknown.code(), (400, 100, 33));
    // No tenant is known, so nobody has a rejected row.
    assert!(desk.rejections().is_empty() && desk.events().is_empty());
}

#[tokio::test]
async fn each_rule_has_its_own_answer() {
    let old = json!(1_790_000_100 - 7 * 86_400 - 1);
    let young = json!(1_790_000_100 - 7 * 86_400);
    let soon = json!(1_790_000_100 + 600);
    let future = json!(1_790_000_100 + 601);
    for (event, code, reason, field) in [
        (altered("event_time", Some(old)), (400, 100, 2_804_003), "too_old", "event_time"),
        (altered("event_time", Some(future)), (400, 100, 0), "in_future", "event_time"),
        (
            altered("custom_data.value", None),
            (400, 100, 2_804_009),
            "missing_purchase_value",
            "custom_data.value",
        ),
        (
            altered("custom_data", None),
            (400, 100, 2_804_009),
            "missing_purchase_value",
            "custom_data.value",
        ),
        (
            altered("custom_data.currency", None),
            (400, 100, 2_804_010),
            "missing_currency",
            "custom_data.currency",
        ),
        (
            altered("custom_data.currency", Some(json!("XQZ"))),
            (400, 100, 0),
            "invalid_currency",
            "custom_data.currency",
        ),
        (
            altered("user_data", Some(json!({}))),
            (400, 100, 0),
            "insufficient_identifiers",
            "user_data",
        ),
        (altered("event_name", None), (400, 100, 0), "missing_field", "event_name"),
    ] {
        let desk = Desk::new();
        let answer = desk.post_events(&[event]).await;
        assert_shape(&answer);
        assert_eq!(answer.code(), code, "{reason} {field}");
        let path = format!("data[0].{field}");
        assert!(answer.text().starts_with(&path), "{}", answer.text());
        assert_eq!(answer.body["error"]["error_data"]["blame_field_specs"], json!([[path]]));
        assert_eq!(desk.rejections(), [(reason.to_owned(), field.to_owned())]);
        assert!(desk.events().is_empty());
    }
    for (path, value) in [("event_time", young), ("event_time", soon)] {
        assert_eq!(Desk::new().post_events(&[altered(path, Some(value))]).await.status, 200);
    }
}

#[tokio::test]
async fn titles_are_metas() {
    let desk = Desk::new();
    let old = desk.post_events(&[altered("event_time", Some(json!(1)))]).await;
    assert_eq!(old.body["error"]["error_user_title"], "Event Timestamp Too Old");
    let missing = desk.post_events(&[altered("custom_data", None)]).await;
    assert_eq!(missing.body["error"]["error_user_title"], "Missing Value for Purchase Event");
    for currency in [None, Some(Value::Null), Some(json!("")), Some(json!(" "))] {
        let missing = desk.post_events(&[altered("custom_data.currency", currency)]).await;
        assert_eq!(missing.code(), (400, 100, 2_804_010));
        let title = &missing.body["error"]["error_user_title"];
        assert_eq!(title, "Missing Currency for Purchase Event");
    }
}

#[tokio::test]
async fn a_shop_may_report_for_two_months() {
    let mut event = altered("event_time", Some(json!(1_790_000_100 - 62 * 86_400)));
    event["action_source"] = json!("physical_store");
    assert_eq!(Desk::new().post_events(&[event.clone()]).await.status, 200);
    event["event_time"] = json!(1_790_000_100 - 62 * 86_400 - 1);
    assert_eq!(Desk::new().post_events(&[event]).await.code(), (400, 100, 2_804_003));
}

#[tokio::test]
async fn only_a_purchase_needs_a_value() {
    let mut event = altered("custom_data", None);
    event["event_name"] = json!("Lead");
    assert_eq!(Desk::new().post_events(&[event.clone()]).await.status, 200);
    event["custom_data"] = json!({"value": 1});
    assert_eq!(Desk::new().post_events(&[event]).await.status, 200);
}

#[tokio::test]
async fn identifiers_that_match_nobody_are_refused() {
    for (user_data, taken) in [
        (
            json!({"ct": "x", "st": "y", "zp": "1", "ge": "f", "country": "us", "client_user_agent": "u"}),
            false,
        ),
        (json!({"db": "19970216", "client_user_agent": "u"}), false),
        (json!({"fn": "a", "ge": "f"}), false),
        (json!({"ln": "a", "ge": "f"}), false),
        (json!({"em": "", "ph": [], "external_id": null, "ge": "f"}), false),
        (json!({"fn": "a", "ln": "b"}), true),
        (json!({"db": "19970216", "zp": "1"}), true),
        (json!({"page_id": "1"}), true),
        (json!({"unknown": "1"}), false),
        (json!({"fbp": "fb.1.1.2"}), true),
    ] {
        let event = altered("user_data", Some(user_data.clone()));
        let answer = Desk::new().post_events(&[event]).await;
        assert_eq!(answer.status == 200, taken, "{user_data}: {:?}", answer.body);
    }
}

#[tokio::test]
async fn one_bad_event_refuses_all_and_each_has_its_row() {
    let desk = Desk::new();
    let mut custom = purchase("c");
    custom["event_name"] = json!("NotAStandardName");
    let events = [
        purchase("a"),
        altered("event_time", None),
        custom,
        altered("action_source", Some(json!("pigeon"))),
        purchase("e"),
    ];
    let answer = desk.post_events(&events).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().starts_with("data[1].event_time is required"), "{}", answer.text());
    let blamed = &answer.body["error"]["error_data"]["blame_field_specs"];
    assert_eq!(*blamed, json!([["data[1].event_time"], ["data[3].action_source"]]));
    assert!(desk.events().is_empty());
    let owned = |reason: &str, field: &str| (reason.to_owned(), field.to_owned());
    assert_eq!(
        desk.rejections(),
        [
            owned("batch_rejected", ""),
            owned("batch_rejected", ""),
            owned("batch_rejected", ""),
            owned("invalid_value", "action_source"),
            owned("missing_field", "event_time"),
        ]
    );
    // A sender's own name is free text and not kept of a refused event.
    let rows = desk
        .rows(stratum_models::log::Topic::Events, stratum_models::record::RecordKind::Rejections);
    let counted = |name: &str| -> Vec<&str> {
        let named = rows.iter().filter(|row| row["event_name"] == name);
        named.map(|row| row["row_count"].as_str()).collect()
    };
    assert_eq!((counted("Purchase"), counted("")), (vec!["2", "1", "1"], vec!["1"]));
    assert!(rows.iter().all(|row| row["tenant_id"] == "7" && row["dataset_id"] == "1234567890"));
}

#[tokio::test(start_paused = true)]
async fn a_log_that_is_away_is_ours_to_answer_for() {
    let desk = Desk::new();
    desk.log.set_away(true);
    let answer = desk.post_events(&[purchase("a")]).await;
    assert_shape(&answer);
    assert_eq!(answer.code(), (503, 2, 0));
    assert_eq!(answer.body["error"]["is_transient"], true);
    assert_eq!(answer.retry_after.as_deref(), Some("1"));
    // What is refused is counted first.
    let refused = desk.post_events(&[altered("event_time", None)]).await;
    assert_eq!(refused.code(), (503, 2, 0));
    desk.log.set_away(false);
    assert_eq!(desk.post_events(&[altered("event_time", None)]).await.code(), (400, 100, 0));
    assert_eq!(desk.rejections().len(), 1);
    assert_eq!(desk.post_events(&[purchase("a")]).await.status, 200);
    assert_eq!(desk.events().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_append_that_fails_is_not_answered_with_success() {
    let desk = Desk::new();
    for kind in [StoreErrorKind::Invalid, StoreErrorKind::Conflict] {
        desk.log.fail_append(AppendFault::Refuse(kind));
        let answer = desk.post_events(&[purchase("a")]).await;
        assert_eq!(answer.code(), (500, 2, 0));
        assert_shape(&answer);
    }
}

#[tokio::test]
async fn the_crash_reporter_is_content() {
    let desk = Desk::new();
    let answer = desk.send("/v26.0/123/instruments", &[], "x=1").await;
    assert_eq!((answer.status.as_u16(), answer.body), (200, json!({"success": true})));
    let answer = desk.ask("GET", "/v24.0/debug_token?input_token=x", &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.body), (200, json!({"data": {"app_id": "0"}})));
}

#[tokio::test]
async fn other_ways_in_are_answered_or_left_alone() {
    let desk = Desk::new();
    let get = desk.ask("GET", "/v24.0/1234567890/events", &[], "").await;
    assert_shape(&get);
    assert_eq!(get.code(), (400, 100, 0));
    for version in ["vX", "v", "v1.", "v1.2.3"] {
        let answer = desk.send(&format!("/{version}/1234567890/events"), &[], "").await;
        assert_shape(&answer);
        assert_eq!(answer.code(), (404, 2500, 0), "{version}");
    }
    for version in ["v1", "v24.0", "v999.12"] {
        let uri = format!("/{version}/1234567890/events?access_token=TOK%2Ben%7C1");
        let body = json!({ "data": [purchase("a")] }).to_string();
        assert_eq!(desk.send(&uri, &[], body).await.status, 200, "{version}");
    }
    // Left to whom this router is merged into.
    let answer = desk.send("/v24.0/1234567890/adsets", &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.body), (404, Value::Null));
}

#[tokio::test]
async fn trace_ids_differ() {
    let desk = Desk::new();
    let one = desk.post_events(&[purchase("a")]).await.body["fbtrace_id"].clone();
    let two = desk.post("rubbish").await.body["error"]["fbtrace_id"].clone();
    assert!(one.is_string() && two.is_string() && one != two);
}

//! Ad reports over HTTP.

use serde_json::{Value, json};
use stratum_models::log::Topic;
use stratum_models::record::RecordKind;

use crate::desk::{Answer, Desk, KEY, LogRow, gzip, rejected};

const URI: &str = "/api/v1/ad-reports";

async fn post(desk: &Desk, body: impl Into<axum::body::Body>) -> Answer {
    desk.send(URI, &[("x-api-key", KEY)], body).await
}

fn reports(desk: &Desk) -> Vec<LogRow> {
    let mut rows = desk.rows(Topic::AdReports, RecordKind::AdReports);
    rows.sort_by(|a, b| a["campaign_id"].cmp(&b["campaign_id"]));
    rows
}

fn splits(desk: &Desk) -> Vec<LogRow> {
    desk.rows(Topic::AdReports, RecordKind::AdReportSplits)
}

fn rejections(desk: &Desk) -> Vec<(String, String)> {
    rejected(&desk.rows(Topic::AdReports, RecordKind::Rejections))
}

fn row(campaign: &str) -> Value {
    json!({
        "platform": "meta", "account_id": "act_1", "campaign_id": campaign, "campaign_name": "Été 1",
        "date": "2026-09-20", "currency": "eur", "spend": "12.34", "impressions": 1000, "clicks": 10,
        "conversions": 1.5, "revenue": 99.9, "version": 3
    })
}

/// Code, message and details of the envelope, whose fields are all there.
fn refused(answer: &Answer) -> (u16, &str, Vec<(&str, &str)>) {
    let body = answer.body.as_object().unwrap();
    assert_eq!(body["success"], false);
    assert!(body["message"].is_string() && !body["request_id"].as_str().unwrap().is_empty());
    let details = body["details"].as_array().unwrap();
    assert!(
        details.iter().all(|one| one["code"].is_string() && one["params"].is_object()),
        "{body:?}"
    );
    let details = details.iter();
    let details = details.map(|d| (d["field"].as_str().unwrap(), d["message"].as_str().unwrap()));
    (answer.status.as_u16(), body["error"].as_str().unwrap(), details.collect())
}

#[tokio::test]
async fn every_way_of_writing_gives_the_same_rows() {
    let (a, b) = (row("a"), row("b"));
    let csv = "platform,account_id,campaign_id,campaign_name,date,currency,spend,impressions,clicks,conversions,conversion_value,version,extra\n\
        meta,act_1,a,Été 1,2026-09-20,EUR,12.34,1000,10,1.5,99.9,3,x\n\
        META,act_1,b,\"Été 1\",2026-09-20,EUR,12.340,1000,10.0,1.5,99.9,3,\n";
    let list = json!([a, b]).to_string();
    let lines = format!("{a}\n{b}\n");
    for body in
        [list.clone().into_bytes(), lines.into_bytes(), csv.into(), gzip(list.as_bytes()).to_vec()]
    {
        let desk = Desk::new();
        let answer = post(&desk, body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body, json!({"success": true, "data": {"received": 2}}));
        let rows = reports(&desk);
        assert_eq!(rows.len(), 2);
        for (column, value) in [
            ("tenant_id", "7"),
            ("platform", "1"),
            ("account_id", "1"),
            ("campaign_id", "a"),
            ("campaign_name", "Été 1"),
            ("date", "2026-09-20"),
            ("currency", "EUR"),
            ("spend_micros", "12340000"),
            ("impressions", "1000"),
            ("clicks", "10"),
            ("conversions_micros", "1500000"),
            ("revenue_micros", "99900000"),
            ("version", "3"),
            ("received_at", "2026-09-21T14:15:00Z"),
        ] {
            assert_eq!(rows[0][column], value, "{column}");
        }
        assert_eq!(rows[1]["spend_micros"], "12340000");
    }
    let desk = Desk::new();
    assert_eq!(post(&desk, a.to_string()).await.body["data"]["received"], 1);
}

#[tokio::test]
async fn what_is_not_said_has_a_meaning() {
    let desk = Desk::new();
    let mut row = row("a");
    for absent in ["version", "conversions", "campaign_name"] {
        row[absent] = Value::Null;
    }
    row.as_object_mut().unwrap().remove("revenue");
    assert_eq!(post(&desk, row.to_string()).await.status, 200);
    let kept = &reports(&desk)[0];
    assert_eq!(kept["version"], "1790000100000");
    assert_eq!((kept["conversions_micros"].as_str(), kept["revenue_micros"].as_str()), ("0", "0"));
    assert_eq!(kept["campaign_name"], "");
}

#[tokio::test]
async fn keys_are_checked() {
    let desk = Desk::new();
    let body = row("a").to_string();
    for (headers, query, code) in [
        (vec![], "", (401, "unauthorized")),
        (vec![("x-api-key", "wrong")], "", (401, "unauthorized")),
        (vec![("authorization", "Bearer revoked")], "", (401, "unauthorized")),
        (vec![("x-api-key", "read-only")], "", (403, "forbidden")),
    ] {
        let answer = desk.send(&format!("{URI}{query}"), &headers, body.clone()).await;
        let (status, error, _) = refused(&answer);
        assert_eq!((status, error), code, "{headers:?}");
    }
    for (headers, query) in
        [(vec![("authorization", "Bearer TOK+en|1")], ""), (vec![], "?access_token=TOK%2Ben%7C1")]
    {
        let answer = desk.send(&format!("{URI}{query}"), &headers, body.clone()).await;
        assert_eq!(answer.status, 200, "{headers:?}");
    }
    assert!(rejections(&desk).is_empty());
}

#[tokio::test]
async fn each_field_has_its_rule() {
    let future = json!("2026-09-23");
    for (field, value, reason) in [
        ("platform", Value::Null, "missing_field"),
        ("platform", json!("myspace"), "invalid_value"),
        ("account_id", json!(""), "missing_field"),
        ("account_id", json!("x".repeat(513)), "too_long"),
        ("campaign_id", json!(["a"]), "wrong_type"),
        ("campaign_name", json!("é".repeat(501)), "too_long"),
        ("date", json!("20.09.2026"), "invalid_value"),
        ("date", json!("2026-9-20"), "invalid_value"),
        ("date", json!("2026-02-30"), "invalid_value"),
        ("date", json!("1999-12-31"), "invalid_value"),
        ("date", future, "in_future"),
        ("currency", json!("XQZ"), "invalid_currency"),
        ("spend", json!("1e11"), "invalid_value"),
        ("spend", json!("-1e11"), "invalid_value"),
        ("campaign_id", json!(1.5e17), "invalid_value"),
        ("campaign_id", json!("23850000000000123.0"), "invalid_value"),
        ("conversions", json!(-1), "invalid_value"),
        ("spend", json!("NaN"), "invalid_value"),
        ("spend", json!(1e300), "invalid_value"),
        ("spend", json!("1,5"), "invalid_value"),
        ("spend", json!(true), "wrong_type"),
        ("impressions", json!(1.5), "invalid_value"),
        ("impressions", json!(-1), "invalid_value"),
        ("impressions", json!("99999999999999999999"), "invalid_value"),
        ("clicks", Value::Null, "missing_field"),
        ("conversions", json!(-0.5), "invalid_value"),
        ("revenue", json!("--1"), "invalid_value"),
        ("version", json!(-1), "invalid_value"),
        ("version", json!(1.5), "invalid_value"),
        ("version", json!({}), "wrong_type"),
    ] {
        let desk = Desk::new();
        let mut bad = row("b");
        bad[field] = value.clone();
        let answer = post(&desk, json!([row("a"), bad, row("c")]).to_string()).await;
        let (status, error, details) = refused(&answer);
        assert_eq!((status, error), (422, "unprocessable_entity"), "{field} {value}");
        let path = format!("[1].{field}");
        assert_eq!(details.iter().map(|d| d.0).collect::<Vec<_>>(), [path.as_str()], "{value}");
        assert!(reports(&desk).is_empty(), "{field}");
        let batch = ("batch_rejected".to_owned(), String::new());
        assert_eq!(
            rejections(&desk),
            [batch.clone(), batch, (reason.to_owned(), field.to_owned())]
        );
    }
}

#[tokio::test]
async fn all_faults_are_told_at_once() {
    let desk = Desk::new();
    let answer = post(&desk, r#"[{"platform":"meta"}, 7, {"spend": "x", "date": 5}]"#).await;
    let (_, _, details) = refused(&answer);
    let fields: Vec<&str> = details.iter().map(|d| d.0).collect();
    assert_eq!(fields.iter().filter(|field| field.starts_with("[0]")).count(), 7);
    assert!(
        fields.contains(&"[1]") && fields.contains(&"[2].spend") && fields.contains(&"[2].date")
    );
    assert_eq!(rejections(&desk).len(), 3);
}

#[tokio::test]
async fn rows_that_contradict_each_other_are_refused() {
    let desk = Desk::new();
    let mut other = row("a");
    other["spend"] = json!(13);
    let answer = post(&desk, json!([row("a"), row("b"), other.clone()]).to_string()).await;
    let (status, _, details) = refused(&answer);
    assert_eq!((status, details[0].0), (422, "[2]"));
    assert!(details[0].1.ends_with("[0]"), "{details:?}");
    assert!(reports(&desk).is_empty());
    // Another version restates, and the same row twice says nothing new.
    other["version"] = json!(4);
    assert_eq!(post(&desk, json!([row("a"), row("a"), other]).to_string()).await.status, 200);
    assert_eq!(reports(&desk).len(), 3);
}

#[tokio::test]
async fn what_cannot_be_read_is_a_bad_request() {
    for body in [
        "",
        "hello",
        "[",
        "[{}",
        "{\"spend\":NaN}",
        "a;b\n1;2",
        "spend,clicks\n1\n",
        "[[[[{}",
        "\u{1f}\u{8b}",
    ] {
        let desk = Desk::new();
        let answer = post(&desk, body).await;
        let (status, error, _) = refused(&answer);
        assert_eq!((status, error), (400, "validation_error"), "{body:?}");
        assert_eq!(rejections(&desk), [("malformed_body".to_owned(), String::new())], "{body:?}");
    }
    let desk = Desk::new();
    assert_eq!(refused(&post(&desk, &b"[\xff]"[..]).await).0, 400);
    assert_eq!(refused(&post(&desk, "[".repeat(10_000)).await).0, 400);
    let packed = gzip(row("a").to_string().as_bytes());
    assert_eq!(refused(&post(&desk, packed.slice(..packed.len() - 3)).await).0, 400);
    assert_eq!(refused(&post(&desk, gzip(&vec![b' '; 17 << 20])).await).0, 413);
    assert_eq!(refused(&post(&desk, vec![b' '; 9 << 20]).await).0, 413);
    assert_eq!(refused(&post(&desk, "[]").await).0, 422);
    assert_eq!(refused(&desk.ask("GET", URI, &[], "").await).0, 405);
    assert!(reports(&desk).is_empty());
}

#[tokio::test]
async fn ten_thousand_rows_and_no_more() {
    let desk = Desk::new();
    let mut csv =
        "platform,account_id,campaign_id,date,currency,spend,impressions,clicks\n".to_owned();
    (0..10_000).for_each(|n| csv += &format!("google,1,{n},2026-09-20,USD,1,2,3\n"));
    assert_eq!(post(&desk, csv.clone()).await.body["data"]["received"], 10_000);
    assert_eq!(reports(&desk).len(), 10_000);
    csv += "google,1,x,2026-09-20,USD,1,2,3\n";
    let answer = post(&desk, csv).await;
    assert_eq!(refused(&answer).0, 422);
    assert_eq!(rejections(&desk).len(), 10_001);
}

#[tokio::test]
async fn personal_data_in_names_is_not_kept() {
    let desk = Desk::new();
    let mut personal = row("a");
    let name = format!("{} for grace.hopper@example.com {}", "x".repeat(200), "y".repeat(200));
    personal["campaign_name"] = json!(name);
    personal["account_id"] = json!("grace.hopper@example.com");
    let mut long = row("b");
    long["campaign_name"] = json!("é".repeat(500));
    let mut ordinary = row("c");
    ordinary["campaign_name"] = json!("Hero banner@2x autumn");
    assert_eq!(post(&desk, json!([personal, long, ordinary]).to_string()).await.status, 200);
    let rows = reports(&desk);
    assert!(
        rows[0]["campaign_name"].starts_with("redacted:")
            && rows[0]["account_id"].starts_with("redacted:")
    );
    assert_eq!(rows[1]["campaign_name"], "é".repeat(500));
    assert_eq!(rows[2]["campaign_name"], "Hero banner@2x autumn", "a domain has a dot");
    personal["spend"] = json!("grace.hopper@example.com");
    let answer = post(&desk, personal.to_string()).await;
    assert!(!answer.body.to_string().contains("hopper"));
    let log = desk.unpacked();
    assert!(!log.windows(6).any(|part| part == b"hopper"));
}

#[tokio::test(start_paused = true)]
async fn a_log_that_is_away_is_told_apart_from_wrong_input() {
    let desk = Desk::new();
    desk.log.set_away(true);
    let answer = post(&desk, row("a").to_string()).await;
    let (status, error, _) = refused(&answer);
    assert_eq!((status, error), (503, "unavailable"));
    assert_eq!(answer.retry_after.as_deref(), Some("1"));
    // What is refused is counted first.
    assert_eq!(refused(&post(&desk, "rubbish").await).0, 503);
    desk.log.set_away(false);
    assert_eq!(refused(&post(&desk, "rubbish").await).0, 400);
    assert_eq!(rejections(&desk).len(), 1);
}

#[tokio::test]
async fn a_version_is_no_later_than_the_clock_may_be_wrong_by() {
    let now = crate::desk::NOW.0;
    for (version, taken) in [
        (json!(now), true),
        (json!(now + 600_000), true),
        (json!(now + 600_001), false),
        (json!(u64::MAX), false),
        (json!("99999999999999999999999"), false),
    ] {
        let desk = Desk::new();
        let mut fixed = row("a");
        fixed["version"] = version.clone();
        let answer = post(&desk, fixed.to_string()).await;
        if taken {
            assert_eq!(answer.status, 200, "{version}: {answer:?}");
        } else {
            let (status, _, details) = refused(&answer);
            assert_eq!((status, details[0].0), (422, "[0].version"), "{version}");
            assert!(details[0].1.contains("no later version"), "{version}: {details:?}");
        }
    }
}

#[tokio::test]
async fn a_request_id_is_taken_over_when_it_is_plain() {
    let desk = Desk::new();
    let id = |answer: Answer| answer.body["request_id"].as_str().unwrap().to_owned();
    let given = [("x-request-id", "req-1_A")];
    assert_eq!(id(desk.send(URI, &given, "").await), "req-1_A");
    let odd = [("x-request-id", "a b<script>")];
    assert!(id(desk.send(URI, &odd, "").await).starts_with('A'));
}

#[tokio::test]
async fn parts_of_a_campaigns_day_are_told_by_their_columns() {
    let desk = Desk::new();
    let with = |more: Value| {
        let mut row = row("a");
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        row
    };
    let rows = json!([
        row("a"),
        with(json!({"adset_id": "s1", "adset_name": "Set"})),
        with(json!({"ad_group_id": "s1", "ad_id": "x", "ad_name": "Ad"})),
        with(json!({"country": "Germany"})),
        with(json!({"country": "fr", "spend": 1})),
        with(json!({"device": "CONNECTED_TV"})),
    ]);
    let answer = post(&desk, rows.to_string()).await;
    assert_eq!(answer.body, json!({"success": true, "data": {"received": 6}}));
    assert_eq!(reports(&desk).len(), 1);
    let columns = ["split", "ad_set_id", "ad_set_name", "ad_id", "ad_name", "country", "device"];
    let parts: Vec<_> = splits(&desk)
        .iter()
        .map(|row| columns.map(|column| row[column].clone()).join("|"))
        .collect();
    assert_eq!(
        parts,
        ["1|s1|Set||||", "2|s1||x|Ad||", "3|||||DE|", "3|||||FR|", "4||||||connected_tv"]
    );
}

#[tokio::test]
async fn a_row_of_two_parts_is_refused_in_words_and_nothing_is_taken() {
    let desk = Desk::new();
    let mut both = row("b");
    both["country"] = "de".into();
    both["device"] = "desktop".into();
    let answer = post(&desk, json!([row("a"), both]).to_string()).await;
    let (status, error, details) = refused(&answer);
    assert_eq!((status, error), (422, "unprocessable_entity"));
    assert_eq!(details.len(), 1);
    assert_eq!(details[0].0, "[1]");
    assert!(details[0].1.contains("by one thing at a time"), "{details:?}");
    assert!(reports(&desk).is_empty() && splits(&desk).is_empty());
    assert_eq!(rejections(&desk).len(), 2);
}

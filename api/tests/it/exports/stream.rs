//! Streams: whole or visibly broken, ended with their client, escaped, and so many at once.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{DONE_WITHIN, FAILING_VIEW, SLOW_VIEW, Shop, replace_events};
use crate::fixture::{PASSWORD, Stratum, eventually};

const PATIENCE: Duration = Duration::from_secs(60);
/// Open to every key that exports.
const USERLESS: &str = "/api/v1/campaigns";
const STREAM: &str = "/api/v1/analytics/export/stream?type=events";

/// The days of the shop's events.
async fn range(stratum: &Stratum) -> String {
    let days = "SELECT min(event_date), max(event_date) FROM events FORMAT TSV";
    let days = stratum.ask_warehouse(days).await;
    let (from, to) = days.trim().split_once('\t').expect("two days");
    format!("&date_from={from}&date_to={to}")
}

/// What a raw connection reads until it ends.
async fn raw(stratum: &Stratum, path: &str, token: &str) -> String {
    let address = stratum.url().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = Vec::new();
    // It may end with a reset.
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut text)).await.unwrap().ok();
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_whole_or_visibly_broken_and_ends_with_its_client() {
    let limits = [("STRATUM__export__first_rows_ms_max", "500")];
    let mut stratum = Stratum::start(&limits).await;
    let shop = Shop::open(&stratum, "Shop").await;
    let other = Shop::open(&stratum, "Other").await;
    shop.fill(600, 30).await;
    let path = format!("{STREAM}{}&format=csv", range(&stratum).await);
    let answer = shop.get(&format!("{path}&columns=event_id,campaign_id,value")).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"text/csv; charset=utf-8".parse().unwrap())
    );
    let name = answer.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(
        name.starts_with("attachment; filename=\"stratum-events-20") && name.ends_with(".csv\""),
        "{name}"
    );
    let text = answer.text().await.unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.remove(0), "event_id,campaign_id,value");
    assert_eq!(lines.len(), 600);
    assert!(lines.contains(&"order-599,'=HYPERLINK(1),5.99"), "{:?}", lines.last());
    assert!(raw(&stratum, &path, &shop.token).await.ends_with("\r\n0\r\n\r\n"));
    assert_eq!(other.get(&path).await.text().await.unwrap().lines().count(), 1, "another's events");
    wrong_questions_are_refused(&shop).await;
    identifiers_take_a_right_of_their_own(&shop).await;
    replace_events(&stratum, FAILING_VIEW).await;
    let broken = raw(&stratum, &path, &shop.token).await;
    assert!(broken.contains("HTTP/1.1 200") && broken.contains("order-"), "{broken}");
    assert!(!broken.ends_with("0\r\n\r\n"), "it looks complete");
    stratum.ask_warehouse("DROP VIEW events").await;
    stratum.ask_warehouse(SLOW_VIEW).await;
    // Its measure is what runs when nothing is asked, so it comes first.
    one_who_leaves_ends_the_question(&shop, &path).await;
    turns_are_counted(&shop, &other, &path).await;
    one_who_is_shut_out_gets_no_more(&shop, &path).await;
    stratum.stop().await;
}

/// Whom events are about is for admins and for keys made for it; who may not is told which columns.
async fn identifiers_take_a_right_of_their_own(shop: &Shop<'_>) {
    let stratum = shop.stratum;
    let named = format!("{STREAM}&format=csv&columns=event_id,em_sha256");
    let answer = shop.get(&named).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await.unwrap().contains(super::EMAIL_SHA256), "an admin's file");
    let unnamed = shop.get(&format!("{STREAM}&format=csv")).await.text().await.unwrap();
    let head = unnamed.lines().next().unwrap();
    assert!(head.contains("event_id") && !head.contains("sha256"), "{head}");
    assert!(!unnamed.contains(super::EMAIL_SHA256));
    let (_, kinds) = stratum.get("/api/v1/analytics/export/kinds", &shop.token).await;
    let mut kinds = kinds["data"].as_array().expect("kinds").iter();
    let events = kinds.find(|kind| kind["type"] == "events").expect("a kind");
    let columns = events["columns"].as_array().expect("columns").iter();
    let (secret, open): (Vec<_>, Vec<_>) = columns.partition(|one| one["identifies"] == true);
    let open: Vec<_> = open.iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(head.trim_start_matches('\u{feff}').trim(), open.join(","));
    assert!(secret.iter().any(|one| one["name"] == "em_sha256"), "{events}");
    let (_, me) = stratum.get("/api/v1/auth/me", &shop.token).await;
    let slug = me["data"]["tenant"]["slug"].as_str().unwrap_or_else(|| panic!("{me}")).to_owned();
    let mut callers = Vec::new();
    for scope in ["export", "export_identifiers"] {
        let create = ["api-key", "create", "--tenant", &slug, "--scope", scope];
        callers.push(stratum.admin(&create, "").await.trim().to_owned());
    }
    for role in ["manager", "analyst"] {
        let email = format!("{role}@{slug}.example");
        let create = ["user", "create", "--tenant", &slug, "--email", &email, "--role", role];
        stratum.admin(&create, PASSWORD).await;
        let (_, answer) = stratum.login(&email, PASSWORD).await;
        callers.push(answer["data"]["access_token"].as_str().expect("a token").to_owned());
    }
    for (caller, status) in callers.iter().zip([403, 200, 403, 403]) {
        let request =
            || stratum.client().get(format!("{}{named}", stratum.url())).bearer_auth(caller);
        let known = async || {
            let answer = request().send().await.expect("an answer");
            (answer.status() != 401).then_some(answer)
        };
        let answer = eventually("a new key is not known", DONE_WITHIN, known).await;
        assert_eq!(answer.status(), status);
        let text = answer.text().await.unwrap();
        assert!(status == 200 || text.contains("em_sha256 tell who people are"), "{text}");
        let body = serde_json::json!({"type": "events", "format": "csv", "columns": ["em_sha256"]});
        let (job, answer) = stratum.post("/api/v1/analytics/export", caller, &body).await;
        assert_eq!(job, if status == 200 { 202 } else { 403 }, "{answer}");
    }
    // A file that somebody may make nobody else may fetch.
    let body = serde_json::json!({"type": "events", "format": "csv", "columns": ["em_sha256"]});
    let job = shop.ask(body).await;
    shop.wait_for(&job, "done").await;
    let path = format!("/api/v1/analytics/export/{job}/download");
    let (status, answer) = stratum.get(&path, &callers[0]).await;
    assert_eq!(status, 403, "{answer}");
}

async fn wrong_questions_are_refused(shop: &Shop<'_>) {
    for (query, status, says) in [
        ("&format=csv&columns=event_id,nonsense", 422, "event_time"),
        ("&format=csv&columns=event_id,event_id,em", 422, "em_sha256"),
        ("&format=xls", 400, "parquet"),
        ("&format=parquet&compression=gzip", 422, "Parquet"),
        ("&format=csv&platforms=myspace", 422, "tiktok"),
        ("&format=csv&date_from=2026-02-01&date_to=2026-01-01", 422, "date_from"),
    ] {
        let answer = shop.get(&format!("{STREAM}{query}")).await;
        assert_eq!(answer.status().as_u16(), status, "{query}");
        let text = answer.text().await.unwrap();
        assert!(text.contains(says), "{text}");
    }
}

/// The user is deactivated while rows come, the key revoked.
async fn one_who_is_shut_out_gets_no_more(shop: &Shop<'_>, path: &str) {
    let stratum = shop.stratum;
    let tenant = stratum.create_tenant("Third", "UTC", "EUR").await;
    let email = tenant.create_user("analyst").await;
    let (_, answer) = stratum.login(&email, PASSWORD).await;
    let token = answer["data"]["access_token"].as_str().expect("a token").to_owned();
    let admin = tenant.sign_in().await;
    let (_, me) = stratum.get("/api/v1/auth/me", &token).await;
    let user = format!("/api/v1/users/{}", me["data"]["id"].as_str().expect("an id"));
    let body = json!({"name": "bulk", "scope": "export"});
    let (_, key) = stratum.post("/api/v1/api-keys", &admin, &body).await;
    let (id, key) = (&key["data"]["id"], key["data"]["key"].as_str().expect("a key").to_owned());
    let key_path = format!("/api/v1/api-keys/{}", id.as_str().expect("an id"));
    let known = async || (stratum.get(USERLESS, &key).await.0 == 200).then_some(());
    eventually("a new key is not known", PATIENCE, known).await;
    // The tenant's own rows, which come slowly.
    let (_, me) = stratum.get("/api/v1/auth/me", &admin).await;
    let of_shop = format!(
        "CREATE TABLE more AS kept_events; INSERT INTO more SELECT * REPLACE ({} AS tenant_id) FROM kept_events",
        me["data"]["tenant"]["id"]
    );
    for statement in
        of_shop.split("; ").chain(["INSERT INTO kept_events SELECT * FROM more", "DROP TABLE more"])
    {
        stratum.ask_warehouse(statement).await;
    }
    for (bearer, ends) in [(&token, &user), (&key, &key_path)] {
        let stream = raw(stratum, path, bearer);
        let shut_out = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            let request = stratum.client().delete(format!("{}{ends}", stratum.url()));
            let answer = request.bearer_auth(&admin).send().await.expect("an answer");
            assert!(answer.status().is_success(), "{ends}: {}", answer.status());
        };
        let (text, ()) = tokio::join!(stream, shut_out);
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        assert!(!text.ends_with("0\r\n\r\n"), "rows came to the end after {ends} was shut out");
    }
}

/// Statements that run, the one that asks and those of the engine's own among them.
async fn statements(stratum: &Stratum) -> u64 {
    let running = "SELECT value FROM system.metrics WHERE metric = 'Query'";
    stratum.ask_warehouse(running).await.trim().parse().expect("a number")
}

/// Those that run when nothing is asked: the fewest of a while, since others come and go.
async fn resting(stratum: &Stratum) -> u64 {
    let mut fewest = u64::MAX;
    for _ in 0..50 {
        fewest = fewest.min(statements(stratum).await);
    }
    fewest
}

async fn one_who_leaves_ends_the_question(shop: &Shop<'_>, path: &str) {
    let resting = resting(shop.stratum).await;
    let answer = shop.get(path).await;
    assert_eq!(answer.status(), 200, "it begins before its rows are there");
    let running = async || (statements(shop.stratum).await > resting).then_some(());
    eventually("the question does not run", PATIENCE, running).await;
    drop(answer);
    let ended = async || (statements(shop.stratum).await <= resting).then_some(());
    // The whole would take half a minute.
    eventually("the question runs on", Duration::from_secs(12), ended).await;
}

async fn turns_are_counted(shop: &Shop<'_>, other: &Shop<'_>, path: &str) {
    let mut held = Vec::new();
    for _ in 0..2 {
        let answer = shop.get(path).await;
        assert_eq!(answer.status(), 200);
        held.push(answer);
    }
    let refused = shop.get(path).await;
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["retry-after"]),
        (429, &"5".parse().unwrap())
    );
    assert_eq!(other.get(path).await.status(), 200, "another's turn is its own");
    drop(held);
    let again = async || (shop.get(path).await.status() == 200).then_some(());
    eventually("no turn comes back", PATIENCE, again).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn campaigns_leave_with_what_is_reported_of_them() {
    let mut stratum = Stratum::start(&[]).await;
    let shop = Shop::open(&stratum, "Shop").await;
    for name in ["@first", "second, \"quoted\""] {
        let campaign = json!({
            "name": name, "platform": "meta", "currency": "EUR", "daily_budget": 12.5,
            "external_id": name.len().to_string(), "labels": ["a", "b"],
        });
        let (status, answer) = stratum.post("/api/v1/campaigns", &shop.token, &campaign).await;
        assert_eq!(status, 201, "{answer}");
    }
    let report = format!(
        "INSERT INTO ad_reports SELECT {}, 1, 'act', '6', 'n', today(), 'EUR', 1500000, 10, 2, 1000000, 3000000, 1, now64(3), 0, number, 0 FROM numbers(1)",
        shop.id
    );
    stratum.ask_warehouse(&report).await;
    let path = "/api/v1/analytics/export/stream?type=campaigns&format=csv&columns=name,platform,daily_budget,labels,spend,clicks,conversions";
    let text = shop.get(path).await.text().await.unwrap();
    assert_eq!(
        text,
        "name,platform,daily_budget,labels,spend,clicks,conversions\n\
         '@first,meta,12.50,\"a|b\",1.50,2,1.00\n\
         \"second, \"\"quoted\"\"\",meta,12.50,\"a|b\",,,\n"
    );
    stratum.stop().await;
}

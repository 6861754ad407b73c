//! Jobs: made whole or not at all, whatever is killed; fetched in pieces; gone when their time is over.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::{IF_RANGE, RANGE};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{SLOW_VIEW, Shop, replace_events};
use crate::fixture::{Stratum, eventually};

const PATIENCE: Duration = Duration::from_secs(60);

fn files(stratum: &Stratum) -> Vec<PathBuf> {
    let tenants = std::fs::read_dir(stratum.data_folder().join("exports")).into_iter().flatten();
    let files = tenants.flatten().flat_map(|tenant| std::fs::read_dir(tenant.path()).unwrap());
    files.map(|entry| entry.unwrap().path()).collect()
}

/// This year's events, whatever the day.
fn events(format: &str) -> Value {
    let today = crate::load::now().day_in(chrono_tz::UTC).0;
    let from = today - chrono::Days::new(60);
    json!({"format": format, "type": "events", "date_from": from, "date_to": today})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_made_fetched_in_pieces_and_deleted() {
    let mut stratum = Stratum::start(&[]).await;
    let shop = Shop::open(&stratum, "Shop").await;
    let other = Shop::open(&stratum, "Other").await;
    shop.fill(20_000, 3).await;
    let id = shop.ask(events("csv")).await;
    let job = shop.wait_for(&id, "done").await;
    assert_eq!((&job["rows"], &job["progress"]), (&json!(20_000), &json!(1.0)), "{job}");
    let url = job["download_url"].as_str().unwrap();
    let whole = shop.get(url).await;
    assert_eq!(whole.headers()["accept-ranges"], "bytes");
    let etag = whole.headers()["etag"].to_str().unwrap().to_owned();
    let whole = whole.bytes().await.unwrap();
    assert_eq!(job["bytes"], json!(whole.len()));
    let digest: String = Sha256::digest(&whole).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        (job["sha256"].as_str().unwrap(), etag.as_str()),
        (digest.as_str(), &*format!("\"{digest}\""))
    );
    pieces_make_the_whole(&shop, url, &whole, &etag).await;
    a_link_fetches_it_once(&shop, &other, &id, &whole).await;
    for path in [url, &url.replace("/download", "")] {
        assert_eq!(other.get(path).await.status(), 404, "another's export");
    }
    let (_, list) = stratum.get("/api/v1/analytics/export", &shop.token).await;
    assert_eq!((&list["data"][0]["id"], &list["pagination"]["total"]), (&json!(id), &json!(1)));
    assert_eq!(files(&stratum).len(), 1);
    let url = format!("{}/api/v1/analytics/export/{id}", stratum.url());
    let delete = stratum.client().delete(url).bearer_auth(&shop.token).send().await.unwrap();
    assert_eq!(delete.status(), 204);
    assert!(files(&stratum).is_empty());
    assert_eq!(shop.job(&id).await["state"], "expired");
    assert_eq!(shop.get(job["download_url"].as_str().unwrap()).await.status(), 404);
    what_cannot_be_made_fails_and_leaves_nothing(&shop).await;
    stratum.stop().await;
}

async fn a_link_fetches_it_once(shop: &Shop<'_>, other: &Shop<'_>, id: &str, whole: &[u8]) {
    let path = format!("/api/v1/analytics/export/{id}/link");
    let (status, _) = shop.stratum.post(&path, &other.token, &json!({})).await;
    assert_eq!(status, 404, "another's export");
    let (status, answer) = shop.stratum.post(&path, &shop.token, &json!({})).await;
    assert_eq!(status, 201, "{answer}");
    let url = format!("{}{}", shop.stratum.url(), answer["data"]["url"].as_str().unwrap());
    let fetch = async || shop.stratum.client().get(&url).send().await.unwrap();
    let file = fetch().await;
    assert_eq!(file.status(), 200);
    assert!(file.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert!(file.bytes().await.unwrap() == whole, "it is the same file");
    assert_eq!(fetch().await.status(), 404, "it was used");
    let estimate = "/api/v1/analytics/export/estimate";
    let (status, answer) = shop.stratum.post(estimate, &shop.token, &events("csv")).await;
    assert_eq!((status, &answer["data"]["rows"]), (200, &json!(20_000)), "{answer}");
}

async fn pieces_make_the_whole(shop: &Shop<'_>, url: &str, whole: &[u8], etag: &str) {
    let part = async |range: String, condition: Option<&str>| {
        let request = shop.stratum.client().get(format!("{}{url}", shop.stratum.url()));
        let mut request = request.bearer_auth(&shop.token).header(RANGE, range);
        if let Some(condition) = condition {
            request = request.header(IF_RANGE, condition);
        }
        let answer = request.send().await.unwrap();
        let range =
            answer.headers().get("content-range").map(|value| value.to_str().unwrap().to_owned());
        (answer.status().as_u16(), range, answer.bytes().await.unwrap())
    };
    let mut gathered = Vec::new();
    let third = whole.len() / 3;
    for range in [format!("bytes=0-{}", third - 1), format!("bytes={third}-")] {
        let (status, said, bytes) = part(range, Some(etag)).await;
        assert_eq!(status, 206);
        assert!(said.unwrap().ends_with(&format!("/{}", whole.len())));
        gathered.extend_from_slice(&bytes);
    }
    assert!(gathered == whole, "the pieces are not the whole");
    let (status, _, bytes) = part("bytes=-7".into(), None).await;
    assert_eq!((status, &bytes[..]), (206, &whole[whole.len() - 7..]));
    let (status, said, _) = part(format!("bytes={}-", whole.len()), None).await;
    assert_eq!((status, said), (416, Some(format!("bytes */{}", whole.len()))));
    let (status, _, bytes) = part("bytes=5-".into(), Some("\"another\"")).await;
    assert_eq!((status, bytes.len()), (200, whole.len()), "of another file");
}

async fn what_cannot_be_made_fails_and_leaves_nothing(shop: &Shop<'_>) {
    let stratum = shop.stratum;
    replace_events(
        stratum,
        "CREATE VIEW events AS SELECT * REPLACE (config_version + throwIf(log_offset = 19999) AS config_version) FROM kept_events",
    )
    .await;
    let id = shop.ask(events("csv")).await;
    let job = shop.wait_for(&id, "failed").await;
    assert!(job["error"].is_string() && job["download_url"].is_null(), "{job}");
    assert!(files(stratum).is_empty());
    stratum.ask_warehouse("DROP VIEW events").await;
    stratum.ask_warehouse("RENAME TABLE kept_events TO events").await;
}

/// kill -9 in the middle of a job: another life makes it, anew, and no half file is left.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_leaves_no_half_file_and_its_job_is_made_anew() {
    let quick = [("STRATUM__export__lease_ms", "1500"), ("STRATUM__export__sweep_ms", "500")];
    let mut stratum = Stratum::start(&quick).await;
    let shop = Shop::open(&stratum, "Shop").await;
    shop.fill(800, 2).await;
    replace_events(&stratum, SLOW_VIEW).await;
    let (id, token) = (shop.ask(events("parquet")).await, shop.token.clone());
    let begun = async || {
        let parts = files(&stratum);
        parts.iter().any(|path| path.extension().is_some_and(|end| end == "part")).then_some(())
    };
    eventually("no file is begun", PATIENCE, begun).await;
    let shop_id = shop.id;
    stratum.kill().await;
    assert_eq!(files(&stratum).len(), 1);
    stratum.restart().await;
    stratum.ask_warehouse("DROP VIEW events").await;
    stratum.ask_warehouse("RENAME TABLE kept_events TO events").await;
    let shop = Shop { stratum: &stratum, token: token.clone(), id: shop_id };
    let job = shop.wait_for(&id, "done").await;
    assert_eq!(job["rows"], 800);
    let bytes = shop.get(job["download_url"].as_str().unwrap()).await.bytes().await.unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    let swept = async || (files(&stratum).len() == 1).then_some(());
    eventually("the half file stays", PATIENCE, swept).await;
    a_schedule_makes_an_export_of_the_days_before(&shop).await;
    stratum.stop().await;
    // A file is kept no longer than its time.
    stratum.set_env("STRATUM__export__keep_hours", "0");
    stratum.restart().await;
    let shop = Shop { stratum: &stratum, token, id: shop_id };
    let next = shop.ask(events("ndjson")).await;
    shop.wait_for(&next, "expired").await;
    stratum.stop().await;
}

async fn a_schedule_makes_an_export_of_the_days_before(shop: &Shop<'_>) {
    const SCHEDULES: &str = "/api/v1/analytics/export/schedules";
    let body =
        json!({"name": "Sheet", "repeat": "weekly", "type": "campaign_metrics", "format": "csv"});
    let (status, answer) = shop.stratum.post(SCHEDULES, &shop.token, &body).await;
    assert_eq!((status, &answer["data"]["enabled"]), (201, &json!(true)), "{answer}");
    let id = answer["data"]["id"].as_str().unwrap().to_owned();
    let (status, answer) = shop.stratum.post(SCHEDULES, &shop.token, &body).await;
    assert_eq!((status, &answer["details"][0]["code"]), (409, &json!("exists")), "{answer}");
    let secret = json!({"name": "Who", "repeat": "daily", "type": "events", "format": "csv", "columns": ["em_sha256"]});
    let (status, answer) = shop.stratum.post(SCHEDULES, &shop.token, &secret).await;
    assert_eq!((status, &answer["details"][0]["field"]), (422, &json!("columns")), "{answer}");
    // The time of the schedule has come.
    let mut owner = shop.stratum.state_connection().await;
    let due = "UPDATE export_schedules SET next_at = now() - interval '1 hour'";
    sqlx::query(due).execute(&mut owner).await.unwrap();
    let made = async || {
        let (_, answer) = shop.stratum.get(SCHEDULES, &shop.token).await;
        answer["data"][0]["export_id"].as_str().map(str::to_owned)
    };
    let export = eventually("the schedule makes nothing", PATIENCE, made).await;
    let job = shop.wait_for(&export, "done").await;
    let day = |name: &str| job[name].as_str().unwrap().parse::<chrono::NaiveDate>().unwrap();
    let (from, to) = (day("date_from"), day("date_to"));
    assert_eq!((to - from).num_days(), 6, "{job}");
    assert_eq!(chrono::Datelike::weekday(&from), chrono::Weekday::Mon);
    let (_, answer) = shop.stratum.get(SCHEDULES, &shop.token).await;
    let next: chrono::DateTime<chrono::Utc> =
        answer["data"][0]["next_at"].as_str().unwrap().parse().unwrap();
    assert!(next > chrono::Utc::now(), "{answer}");
    let url = format!("{}{SCHEDULES}/{id}", shop.stratum.url());
    let request = shop.stratum.client().patch(&url).bearer_auth(&shop.token);
    let (status, answer) = shop.stratum.answer(request.json(&json!({"enabled": false}))).await;
    assert_eq!((status, &answer["data"]["enabled"]), (200, &json!(false)), "{answer}");
    let delete = shop.stratum.client().delete(&url).bearer_auth(&shop.token).send().await.unwrap();
    assert_eq!(delete.status(), 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_job_ends_and_a_tenants_queue_is_bounded() {
    let limits =
        [("STRATUM__export__lease_ms", "800"), ("STRATUM__export__queued_per_tenant_max", "3")];
    let mut stratum = Stratum::start(&limits).await;
    let shop = Shop::open(&stratum, "Shop").await;
    shop.fill(2_000, 1).await;
    replace_events(&stratum, SLOW_VIEW).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(shop.ask(events("csv")).await);
    }
    let (status, answer) =
        stratum.post("/api/v1/analytics/export", &shop.token, &events("csv")).await;
    assert_eq!(status, 429, "{answer}");
    shop.wait_for(&ids[1], "running").await;
    assert_eq!(shop.job(&ids[2]).await["state"], "queued", "two of a tenant run at once");
    for id in &ids {
        let url = format!("{}/api/v1/analytics/export/{id}", stratum.url());
        let delete = stratum.client().delete(url).bearer_auth(&shop.token).send().await.unwrap();
        assert_eq!(delete.status(), 204);
        assert_eq!(shop.job(id).await["state"], "cancelled");
    }
    let gone = async || files(&stratum).is_empty().then_some(());
    eventually("a cancelled job writes on", PATIENCE, gone).await;
    stratum.stop().await;
}

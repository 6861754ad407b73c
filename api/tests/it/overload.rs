//! More is asked than can be answered: who is refused, how, and who is not.

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use serde_json::Value;

use crate::fixture::{Stratum, eventually};

const WAIT: Duration = Duration::from_secs(30);
const ME: &str = "/api/v1/auth/me";
const KPIS: &str = "/api/v1/analytics/kpis";
const META: &str = "/api/v1/analytics/kpis?platform=meta";
/// Asks for refusals, which take a minute here.
const SLOW: &str = "/api/v1/analytics/ingest";
const DROP_REFUSALS: &str = "DROP TABLE rejected_rows SYNC";
const MAKE_SLOW_REFUSALS: &str = include_str!("../sql/make_slow_refusals.sql");
const RUNNING: &str = "stratum_warehouse_questions_running ";
/// So often in a row it must be seen: a quick question is seen once.
const SEEN: usize = 2;
/// Measurements are as of the last second.
const LOOK_EVERY: Duration = Duration::from_millis(1_050);

/// Two questions at once, one of each tenant; two more of each may wait.
const FEW_TURNS: &[(&str, &str)] = &[
    ("STRATUM__warehouse__queries_concurrent_max", "2"),
    ("STRATUM__warehouse__queries_per_tenant_max", "1"),
    ("STRATUM__warehouse__queries_waiting_per_tenant_max", "2"),
    ("STRATUM__warehouse__queries_wait_ms_max", "2000"),
    ("STRATUM__warehouse__query_timeout_ms", "60000"),
];

/// Two requests at once, and questions that end early.
const FEW_PLACES: &[(&str, &str)] = &[
    ("STRATUM__http__requests_max", "2"),
    ("STRATUM__http__requests_wait_ms_max", "100"),
    ("STRATUM__warehouse__query_timeout_ms", "12000"),
];

async fn slow_down(stratum: &Stratum) {
    let mut owner = stratum.state_connection().await;
    let tenants = sqlx::query_scalar("SELECT id FROM tenants").fetch_all(&mut owner).await;
    let tenants: Vec<i64> = tenants.expect("tenants");
    stratum.ask_warehouse(DROP_REFUSALS).await;
    let view = MAKE_SLOW_REFUSALS.replace("$tenants", &format!("{tenants:?}"));
    stratum.ask_warehouse(&view).await;
}

/// Waits until so many slow questions run. One that is dropped ends its statement in the engine, which
/// `query`'s own tests show.
async fn running(stratum: &Stratum, wanted: &str) {
    let mut seen = 0;
    let look = async || {
        let text = stratum.measurements().await;
        let running = text.lines().find_map(|line| line.strip_prefix(RUNNING));
        seen = if running == Some(wanted) { seen + 1 } else { 0 };
        if seen == SEEN {
            return Some(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
        None
    };
    eventually("another number of questions runs", WAIT, look).await;
}

/// Asks, in a task that can be given up.
fn ask(stratum: &Stratum, path: &str, token: &str) -> tokio::task::JoinHandle<u16> {
    // A client of its own: giving it up closes its connection.
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.get(format!("{}{path}", stratum.url())).bearer_auth(token);
    tokio::spawn(async move { request.send().await.unwrap().status().as_u16() })
}

/// Status, whether it says when to come again, and the body.
async fn refused(stratum: &Stratum, path: &str, token: &str) -> (u16, bool, Value) {
    let request = stratum.client().get(format!("{}{path}", stratum.url())).bearer_auth(token);
    let answer = request.send().await.unwrap();
    let (status, again) = (answer.status().as_u16(), answer.headers().contains_key(RETRY_AFTER));
    (status, again, answer.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_with_slow_questions_holds_up_nobody_else() {
    let mut stratum = Stratum::start(FEW_TURNS).await;
    let one = stratum.create_tenant("One", "UTC", "USD").await.sign_in().await;
    let two = stratum.create_tenant("Two", "UTC", "USD").await.sign_in().await;
    let three = stratum.create_tenant("Three", "UTC", "USD").await.sign_in().await;
    slow_down(&stratum).await;
    let slow = ask(&stratum, SLOW, &one);
    running(&stratum, "1").await;
    // Of three more questions two wait, until no turn comes in time.
    let both = [KPIS, META].map(|path| refused(&stratum, path, &one));
    let mut both = futures::future::join_all(both).await;
    both.sort_by_key(|(status, ..)| *status);
    let statuses: Vec<(u16, bool)> = both.iter().map(|one| (one.0, one.1)).collect();
    assert_eq!(statuses, [(429, true), (503, true)], "{both:?}");
    let body = &both[0].2;
    assert_eq!(body["error"], "rate_limited");
    assert!(body["message"].as_str().unwrap().contains("your organisation"), "{body}");
    assert_eq!(stratum.get(KPIS, &two).await.0, 200, "another tenant has a turn");
    let second = ask(&stratum, SLOW, &two);
    running(&stratum, "2").await;
    let (status, again, body) = refused(&stratum, KPIS, &three).await;
    assert_eq!((status, again), (503, true), "{body}");
    stratum.wait_until_ready().await;
    // Whoever leaves ends the statement, and makes room.
    slow.abort();
    running(&stratum, "1").await;
    assert_eq!(stratum.get(KPIS, &three).await.0, 200);
    assert_eq!(stratum.get(KPIS, &one).await.0, 200);
    second.abort();
    running(&stratum, "0").await;
    stratum.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_requests_than_places_are_refused_and_those_inside_are_answered() {
    let mut stratum = Stratum::start(FEW_PLACES).await;
    let one = stratum.create_tenant("One", "UTC", "USD").await.sign_in().await;
    let two = stratum.create_tenant("Two", "UTC", "USD").await.sign_in().await;
    slow_down(&stratum).await;
    let inside = [ask(&stratum, SLOW, &one), ask(&stratum, SLOW, &two)];
    running(&stratum, "2").await;
    let (status, again, body) = refused(&stratum, ME, &one).await;
    assert_eq!((status, again, &body["error"]), (503, true, &Value::from("unavailable")), "{body}");
    assert!(body["request_id"].is_string() && body["success"] == false, "{body}");
    assert_eq!(stratum.get("/health/live", "").await.0, 200, "health has no bound");
    for slow in inside {
        assert_eq!(slow.await.unwrap(), 503, "its time was over");
    }
    assert_eq!(stratum.get(ME, &one).await.0, 200);
    let (status, _, body) = refused(&stratum, SLOW, &one).await;
    assert!(status == 503 && body["message"].as_str().unwrap().contains("ask for less"), "{body}");
    stratum.stop().await;
}

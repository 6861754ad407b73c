//! What an operator relies on: health tells the truth, a stop is clean, data outlives a kill.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::fixture::{Stratum, eventually, names};

const NOTICE_WAIT: Duration = Duration::from_secs(30);

async fn health(stratum: &Stratum, path: &str) -> (u16, Value) {
    stratum.answer(stratum.client().get(format!("{}{path}", stratum.url()))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn health_names_the_engine_that_is_down_and_data_outlives_a_kill() {
    let mut stratum = Stratum::start_empty(&[]).await;
    let (slug, key) = {
        let tenant = stratum.create_tenant("One", "UTC", "USD").await;
        tenant.create_dataset("meta", "55").await;
        an_admin_is_told_of_the_process(&stratum, &tenant.sign_in().await).await;
        (tenant.slug.clone(), tenant.create_ingest_key().await)
    };
    its_version_is_told_alike(&stratum).await;
    the_doctor_tells_what_is_wrong(&stratum).await;
    an_engine_goes_down_and_comes_back(&stratum).await;
    unknown_routes_are_told(&stratum).await;
    measurements_are_shown(&stratum).await;
    a_second_process_is_refused(&stratum).await;
    a_revoked_key_is_shut_out(&stratum, &slug, &key).await;
    stratum.kill().await;
    stratum.restart().await;
    assert!(stratum.admin(&["tenant", "list"], "").await.contains(&slug));
    assert_eq!(stratum.stdout().matches("First sign-in").count(), 1, "credentials are shown once");
    stratum.stop().await;
    let left = names(&stratum.data_folder().join("secrets"));
    assert!(!left.contains(&"state.url".to_owned()), "{left:?}");
    for name in ["address", "operation_address"] {
        assert!(!stratum.data_folder().join(name).exists(), "{name}");
    }
}

/// ClickHouse writes its process id down in its data folder.
pub fn clickhouse_of(stratum: &Stratum) -> Pid {
    let status = stratum.data_folder().join("clickhouse/data/status");
    let text = std::fs::read_to_string(status).expect("ClickHouse runs");
    let pid = text.lines().find_map(|line| line.strip_prefix("PID: "));
    Pid::from_raw(pid.and_then(|pid| pid.trim().parse().ok()).expect("a process id"))
}

async fn its_version_is_told_alike(stratum: &Stratum) {
    let (_, answer) = health(stratum, "/health").await;
    let told = answer["data"]["version"].as_str().expect("a version").to_owned();
    let said = Command::new(env!("CARGO_BIN_EXE_stratum")).arg("--version").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), format!("stratum {told}"));
    let document = stratum.client().get(format!("{}/openapi.json", stratum.url()));
    let (_, document) = stratum.answer(document).await;
    assert_eq!(document["info"]["version"], told);
}

/// Finds nothing wrong with a new installation; names a secret that others may read, and a key that opens nothing.
async fn an_admin_is_told_of_the_process(stratum: &Stratum, token: &str) {
    // The pipeline tells what waits once it has looked.
    let told = async || {
        let (status, answer) = stratum.get("/api/v1/health/detail", token).await;
        assert_eq!(status, 200, "{answer}");
        answer["data"]["process"]["pipeline"].is_object().then(|| answer["data"].clone())
    };
    let detail = eventually("the pipeline is not told of", NOTICE_WAIT, told).await;
    let process = &detail["process"];
    assert_eq!(
        process["roles"],
        json!(["ingest", "pipeline", "api", "jobs", "deliver"]),
        "{process}"
    );
    let bytes = |name: &str| process["disk"][name].as_u64().unwrap();
    assert!((1..=bytes("total_bytes")).contains(&bytes("free_bytes")), "{process}");
    assert!(detail["jobs"].is_array(), "{detail}");
}

async fn the_doctor_tells_what_is_wrong(stratum: &Stratum) {
    let examine = async |arguments: &[&str]| {
        let output = stratum.run(&[arguments, &["doctor", "--json"]].concat(), "").await;
        let findings: Vec<Value> = serde_json::from_slice(&output.stdout).expect("findings");
        let faults: Vec<String> = findings
            .iter()
            .filter(|finding| finding["severity"] == "fault")
            .map(|finding| finding["check"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(output.status.success(), faults.is_empty(), "{findings:?}");
        (findings, faults)
    };
    let (findings, faults) = examine(&[]).await;
    assert!(faults.is_empty(), "{findings:?}");
    for check in [
        "disk",
        "secrets",
        "process",
        "log",
        "warehouse",
        "state store",
        "pipeline",
        "keys",
        "jobs",
    ] {
        let finding = findings.iter().find(|finding| finding["check"] == check);
        assert!(finding.is_some(), "{check}: {findings:?}");
    }
    let secret = stratum.data_folder().join("secrets/operator_token");
    let open_to = |mode| std::fs::set_permissions(&secret, Permissions::from_mode(mode)).unwrap();
    open_to(0o644);
    let (findings, faults) = examine(&[]).await;
    open_to(0o600);
    assert_eq!(faults, ["secrets"], "{findings:?}");
    let config = stratum.data_folder().join("other-key.toml");
    std::fs::write(
        &config,
        format!(
            "[auth]\npii_encryption_key = \"{}\"\n",
            "9f3b6c1e7a52d840c6e19b7f03a8d2e5".repeat(2)
        ),
    )
    .unwrap();
    let (findings, faults) = examine(&["--config", config.to_str().unwrap()]).await;
    std::fs::remove_file(&config).unwrap();
    assert_eq!(faults, ["keys"], "{findings:?}");
}

async fn an_engine_goes_down_and_comes_back(stratum: &Stratum) {
    let (status, answer) = health(stratum, "/health/ready").await;
    assert_eq!((status, &answer["data"]["status"]), (200, &json!("ok")), "{answer}");
    let clickhouse = clickhouse_of(stratum);
    // It stands still, so that it is down for as long as it is looked at.
    kill(clickhouse, Signal::SIGSTOP).unwrap();
    let down = async || {
        let (status, answer) = health(stratum, "/health/ready").await;
        (status == 503).then_some(answer)
    };
    let answer = eventually("nobody notices", NOTICE_WAIT, down).await;
    let of = |name: &str| {
        let stores = answer["data"]["stores"].as_array().unwrap();
        stores.iter().find(|store| store["store"] == name).unwrap()["up"].clone()
    };
    assert_eq!((of("state"), of("warehouse"), of("log")), (json!(true), json!(false), json!(true)));
    let (status, answer) = health(stratum, "/health").await;
    assert_eq!((status, &answer["data"]["status"]), (200, &json!("degraded")));
    let (status, _) = health(stratum, "/health/live").await;
    assert_eq!(status, 200);
    kill(clickhouse, Signal::SIGCONT).unwrap();
    stratum.wait_until_ready().await;
}

async fn unknown_routes_are_told(stratum: &Stratum) {
    let send = async |method: reqwest::Method, path: &str| {
        stratum.answer(stratum.client().request(method, format!("{}{path}", stratum.url()))).await
    };
    use reqwest::Method;
    for (method, path, status, code) in [
        (Method::GET, "/nowhere", 404, "not_found"),
        (Method::GET, "/api/v1/nowhere", 404, "not_found"),
        (Method::POST, "/api/v1/events", 404, "not_found"),
        (Method::GET, "/operator/tail", 404, "not_found"),
        (Method::POST, "/operator/backup", 404, "not_found"),
        (Method::DELETE, "/api/v1/analytics/kpis", 405, "method_not_allowed"),
        (Method::POST, "/health", 405, "method_not_allowed"),
    ] {
        let (said, answer) = send(method.clone(), path).await;
        assert_eq!((said, &answer["error"]), (status, &json!(code)), "{method} {path}: {answer}");
    }
    // A vendor's route answers in the vendor's shape.
    let (_, answer) = send(Method::GET, "/v24.0/55/events").await;
    assert!(answer["error"]["fbtrace_id"].is_string(), "{answer}");
    let request = stratum.client().get(format!("{}/nowhere", stratum.url()));
    let answer = request.header("x-request-id", "mine-1").send().await.unwrap();
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_ne!(id, "mine-1", "an id is ours, whatever a client sends");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["request_id"], json!(id));
}

async fn measurements_are_shown(stratum: &Stratum) {
    let ask = |token: &str| {
        let url = format!("{}/metrics", stratum.url());
        stratum.client().get(url).bearer_auth(token).send()
    };
    for token in ["", "nonsense"] {
        assert_eq!(ask(token).await.unwrap().status(), 401, "everybody reads measurements");
    }
    let token = stratum.data_folder().join("secrets/operator_token");
    let token = std::fs::read_to_string(token).unwrap();
    let text = ask(token.trim()).await.unwrap().text().await.unwrap();
    assert!(text.contains("stratum_api_requests_total"), "{text}");
    let text = stratum.measurements().await;
    for name in [
        "stratum_api_requests_total",
        "stratum_api_store_up",
        "stratum_ingest_request_seconds_bucket",
    ] {
        assert!(text.contains(name), "no {name} in {text}");
    }
    let page = stratum.client().get(stratum.url()).send().await.unwrap();
    assert!(
        page.headers()["content-security-policy"].to_str().unwrap().contains("script-src 'self'")
    );
    assert!(page.text().await.unwrap().contains("<div id=\"root\">"));
}

async fn a_second_process_is_refused(stratum: &Stratum) {
    let output = stratum.run(&["up", "--listen", "127.0.0.1:0"], "").await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("in use by process"), "{said}");
}

async fn a_revoked_key_is_shut_out(stratum: &Stratum, slug: &str, key: &str) {
    let post = async || stratum.post("/v24.0/55/events", key, &json!({"data": []})).await.1;
    assert_ne!(post().await["error"]["code"], 190);
    let list = stratum.admin(&["api-key", "list", "--tenant", slug], "").await;
    let id = list.lines().nth(1).and_then(|line| line.split_whitespace().next()).unwrap();
    stratum.admin(&["api-key", "revoke", "--tenant", slug, "--id", id], "").await;
    let revoked = async || (post().await["error"]["code"] == 190).then_some(());
    eventually("a revoked key is open", Duration::from_secs(2), revoked).await;
}

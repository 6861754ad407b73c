//! The demo world inside a running Stratum: its tenants with their datasets and keys, ways to send
//! their traffic through the front door, and to read their answers back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use stratum_models::demo::{ReportRequest, Request, Tenant, World, WorldConfig};
use stratum_models::time::{DAY_MS, UnixMillis};

use crate::fixture::{Stratum, eventually};

/// How long figures may take to settle once everything was answered.
const SETTLE_WAIT: Duration = Duration::from_secs(120);
/// How long it may take until somebody is let in again.
const AWAY_WAIT: Duration = Duration::from_secs(60);

/// Days that hold every event of a load: late ones, and those of clocks that run ahead.
pub struct Days {
    pub from: String,
    pub to: String,
}

impl Days {
    /// Those around this instant.
    pub fn around(now: UnixMillis) -> Days {
        let day =
            |days: i64| UnixMillis(now.0 + days * DAY_MS).day_in(chrono_tz::UTC).0.to_string();
        Days { from: day(-9), to: day(2) }
    }

    /// As the analytics routes call their ends.
    pub fn dates(&self) -> [(&str, &str); 2] {
        [("date_from", &self.from), ("date_to", &self.to)]
    }

    /// As the match-quality routes do.
    pub fn hours(&self) -> [(&str, &str); 2] {
        [("from", &self.from), ("to", &self.to)]
    }
}

/// What the door answered.
#[derive(Clone, Debug)]
pub struct DoorAnswer {
    pub status: u16,
    pub body: String,
}

/// One tenant's way in.
pub struct Access {
    /// Ingest key of all its datasets.
    pub ingest_key: String,
    /// A signed-in user's access token.
    pub access_token: String,
}

/// A world whose tenants exist in a running Stratum.
pub struct Load {
    pub world: Arc<World>,
    pub tenants: Vec<Access>,
    client: reqwest::Client,
    url: String,
}

/// The time it is.
pub fn now() -> UnixMillis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    UnixMillis(since.expect("a clock after 1970").as_millis() as i64)
}

impl Load {
    /// Creates the tenants of the world of `seed`, their datasets, keys and users.
    pub async fn create(stratum: &Stratum, seed: u64) -> Load {
        let world = World::new(seed, &WorldConfig { people: 300, ..WorldConfig::default() }, now());
        let mut tenants = Vec::new();
        for tenant in &world.tenants {
            tenants.push(create_tenant(stratum, tenant).await);
        }
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30));
        let client = client.build().expect("an HTTP client");
        Load { world: Arc::new(world), tenants, client, url: stratum.url().to_owned() }
    }

    /// Sends a request to Meta's events edge.
    pub async fn send(&self, request: &Request) -> Result<DoorAnswer, reqwest::Error> {
        let key = &self.tenants[request.tenant_index].ingest_key;
        let url = format!("{}/v24.0/{}/events?access_token={key}", self.url, request.dataset_id);
        let sent = self.client.post(url);
        answer(sent.header("content-type", "application/json").body(request.body.clone())).await
    }

    /// Sends ad reports.
    pub async fn send_reports(
        &self,
        request: &ReportRequest,
    ) -> Result<DoorAnswer, reqwest::Error> {
        let key = &self.tenants[request.tenant_index].ingest_key;
        let url = format!("{}/api/v1/ad-reports", self.url);
        let sent = self.client.post(url).bearer_auth(key);
        answer(sent.header("content-type", "application/json").body(request.body.clone())).await
    }

    /// What `GET /api/v1/{path}` says to a tenant's user: the answer's `data`.
    pub async fn ask(&self, tenant: usize, path: &str, query: &[(&str, &str)]) -> Value {
        let query: Vec<String> =
            query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let url = format!("{}/api/v1/{path}?{}", self.url, query.join("&"));
        let token = &self.tenants[tenant].access_token;
        // A store that was away is excused, for a while.
        let body = eventually(&url, AWAY_WAIT, async || {
            let sent = self.client.get(&url).bearer_auth(token).send().await;
            let answer = sent.unwrap_or_else(|error| panic!("{url}: {error}"));
            let (status, body) = (answer.status(), answer.text().await.expect("a whole answer"));
            assert!(status.is_success() || status == 503, "{url}: {status} {body}");
            status.is_success().then_some(body)
        });
        let mut body: Value = serde_json::from_str(&body.await).expect("JSON");
        body["data"].take()
    }

    /// What anybody is told at this path.
    pub async fn text(&self, path: &str) -> String {
        let answer = self.client.get(format!("{}{path}", self.url)).send().await;
        answer.expect("an answer").text().await.expect("a whole answer")
    }

    /// A tenant's event counts by their names, of all days that matter.
    pub async fn counts(&self, tenant: usize) -> BTreeMap<String, u64> {
        let all = self.ask(tenant, "analytics/ingest", &[]).await;
        serde_json::from_value(all["events"].clone()).expect("counts")
    }

    /// Waits until `done` says so of the tenant's event counts.
    pub async fn settle(
        &self,
        tenant: usize,
        what: &str,
        done: impl Fn(&BTreeMap<String, u64>) -> bool,
    ) {
        let until = Instant::now() + SETTLE_WAIT;
        loop {
            let counts = self.counts(tenant).await;
            if done(&counts) {
                return;
            }
            let name = &self.world.tenants[tenant].name;
            assert!(Instant::now() < until, "{name}: {what}, but after {SETTLE_WAIT:?} {counts:?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<DoorAnswer, reqwest::Error> {
    let answer = request.send().await?;
    let status = answer.status().as_u16();
    Ok(DoorAnswer { status, body: answer.text().await? })
}

async fn create_tenant(stratum: &Stratum, tenant: &Tenant) -> Access {
    let zone = tenant.time_zone.name();
    let created = stratum.create_tenant(&tenant.name, zone, tenant.currency.as_str()).await;
    for dataset in &tenant.datasets {
        created.create_dataset("meta", dataset).await;
    }
    Access { ingest_key: created.create_ingest_key().await, access_token: created.sign_in().await }
}

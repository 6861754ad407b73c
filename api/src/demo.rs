//! Generated traffic through the real front door: what `stratum demo` and `stratum up --demo` send.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures::{StreamExt as _, stream};
use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use stratum_models::demo::{
    Tenant, Traffic, TrafficConfig, World, WorldConfig, ad_reports, report_parts,
};
use stratum_models::id::TenantId;
use stratum_models::platform::Platform;
use stratum_models::secret::Secret;
use stratum_models::store::StoreErrorKind;
use stratum_models::time::{Clock as _, UnixMillis};
use stratum_state::api_key::{ApiKeyScope, NewApiKey};
use stratum_state::dataset::NewDataset;
use stratum_state::tenant::NewTenant;
use stratum_state::user::{NewUser, Role};
use tokio::sync::Semaphore;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::boot::settings::DemoConfig;
use crate::boot::{Operator, SystemClock};

/// Where to, how much, for how long.
#[derive(Clone, Debug)]
pub struct DemoPlan {
    /// Where Stratum serves.
    pub url: String,
    /// Events a second.
    pub rate: f64,
    /// Without end where absent.
    pub seconds: Option<f64>,
    /// The rest.
    pub config: DemoConfig,
}

/// The world and what opens the door for each of its tenants.
pub struct DemoWorld {
    world: Arc<World>,
    keys: Vec<Secret>,
    /// Name of the tenant, e-mail and password of users made just now.
    pub sign_ins: Vec<(String, String, Secret)>,
}

/// How far it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Seconds since the first event.
    pub seconds: u64,
    /// Events sent.
    pub events: u64,
    /// Requests answered with success.
    pub accepted: u64,
    /// Requests refused, as some are made to be.
    pub refused: u64,
    /// Requests without an answer, or with one that says try again.
    pub failed: u64,
    /// Requests left out because too many were under way.
    pub skipped: u64,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Progress { seconds, events, accepted, refused, failed, skipped } = self;
        write!(
            f,
            "{seconds:>5} s  {events} events sent; requests: {accepted} accepted, {refused} refused, \
             {failed} failed, {skipped} skipped"
        )
    }
}

/// Makes the world's tenants, users, datasets and keys where they are missing.
pub async fn prepare(operator: &Operator, plan: &DemoPlan) -> Result<DemoWorld> {
    let world = World::new(plan.config.seed, &WorldConfig::default(), SystemClock.now());
    let (mut keys, mut sign_ins) = (Vec::new(), Vec::new());
    for (index, tenant) in world.tenants.iter().enumerate() {
        let slug = format!("demo-{}-{}", plan.config.seed, index + 1);
        let id = prepare_tenant(operator, tenant, slug.clone()).await?;
        if operator.state.operate(id).await?.users().await?.is_empty() {
            let email = format!("{slug}@stratum.local");
            let password = prepare_user(operator, id, &email).await?;
            sign_ins.push((tenant.name.clone(), email, password));
        }
        keys.push(prepare_key(operator, id).await?);
    }
    Ok(DemoWorld { world: Arc::new(world), keys, sign_ins })
}

async fn prepare_tenant(operator: &Operator, tenant: &Tenant, slug: String) -> Result<TenantId> {
    let known = operator.state.system().await?.tenant_by_slug(&slug).await?;
    let id = match known {
        Some(known) => known.id,
        None => {
            let new = NewTenant {
                slug,
                name: tenant.name.clone(),
                time_zone: tenant.time_zone,
                reporting_currency: tenant.currency,
            };
            let mut work = operator.state.system().await?;
            let id = work.create_tenant(&new).await?;
            work.commit().await?;
            id
        }
    };
    for dataset in &tenant.datasets {
        let new = NewDataset {
            platform: Platform::Meta,
            external_id: dataset.clone(),
            name: format!("{} {dataset}", tenant.name),
            default_calling_code: None,
        };
        let mut work = operator.state.operate(id).await?;
        match work.create_dataset(&new).await {
            Ok(_) => work.commit().await?,
            Err(error) if error.kind == StoreErrorKind::Conflict => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(id)
}

async fn prepare_user(operator: &Operator, tenant_id: TenantId, email: &str) -> Result<Secret> {
    let password = Operator::new_password();
    let password_hash = operator.passwords.hash(password.expose().to_owned()).await?;
    let (email, full_name) = (email.to_owned(), "Demo".to_owned());
    let new = NewUser { email, full_name, role: Role::Admin, password_hash };
    let mut work = operator.state.operate(tenant_id).await?;
    work.create_user(&new).await?;
    work.commit().await?;
    Ok(password)
}

const KEY_NAME: &str = "demo traffic";

/// A key for this run; those of earlier runs, which nobody has any more, are revoked.
async fn prepare_key(operator: &Operator, tenant_id: TenantId) -> Result<Secret> {
    let mut work = operator.state.operate(tenant_id).await?;
    for old in work.api_keys().await? {
        if old.name == KEY_NAME && old.revoked_at.is_none() {
            work.revoke_api_key(old.id).await?;
        }
    }
    let (scope, name) = (ApiKeyScope::Ingest, KEY_NAME.to_owned());
    let new = NewApiKey { scope, dataset_id: None, name, expires_at: None };
    let (_, key) = work.create_api_key(&new).await?;
    work.commit().await?;
    Ok(key)
}

#[derive(Default)]
struct Tally {
    events: AtomicU64,
    accepted: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
    skipped: AtomicU64,
}

impl Tally {
    fn progress(&self, since: Instant) -> Progress {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Progress {
            seconds: since.elapsed().as_secs(),
            events: of(&self.events),
            accepted: of(&self.accepted),
            refused: of(&self.refused),
            failed: of(&self.failed),
            skipped: of(&self.skipped),
        }
    }
}

const ANSWER_WAIT: Duration = Duration::from_secs(15);
/// A new key opens the door once the directory has been refreshed.
const KEYS_WAIT: Duration = Duration::from_secs(10);
const KEYS_EVERY: Duration = Duration::from_millis(200);

/// Sends reports, then events at the planned rate, telling its progress every second.
pub async fn feed(
    demo: DemoWorld,
    plan: DemoPlan,
    stop: CancellationToken,
    mut tell: impl FnMut(Progress),
) -> Result<()> {
    if !(plan.rate > 0.0 && plan.rate.is_finite()) {
        bail!("--rate is a number of events above 0");
    }
    let client = reqwest::Client::builder().timeout(ANSWER_WAIT).no_proxy().build()?;
    let sending = send_reports(&client, &demo, &plan);
    match stop.run_until_cancelled(sending).await {
        Some(sent) => sent?,
        None => return Ok(()),
    }
    let tally = Arc::new(Tally::default());
    let began = Instant::now();
    let events = send_events(client, demo, plan, tally.clone(), stop);
    tokio::pin!(events);
    let mut second = interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            () = &mut events => break,
            _ = second.tick() => tell(tally.progress(began)),
        }
    }
    tell(tally.progress(began));
    Ok(())
}

/// The reports of the last days and their parts; sent again they restate and change nothing.
async fn send_reports(client: &reqwest::Client, demo: &DemoWorld, plan: &DemoPlan) -> Result<()> {
    let today = SystemClock.now().day_in(chrono_tz::Tz::UTC);
    let (days, seed) = (plan.config.report_days, plan.config.seed);
    let reports = ad_reports(&demo.world, days, today, seed);
    let bodies = reports.into_iter().flat_map(|report| {
        let parts = report_parts(&report);
        [(report.tenant_index, report.body), (report.tenant_index, parts)]
    });
    let requests = bodies.map(|(tenant_index, body)| {
        let key = demo.keys.get(tenant_index).cloned().unwrap_or_default();
        let request = client.post(format!("{}/api/v1/ad-reports", plan.url));
        async move {
            let deadline = Instant::now() + KEYS_WAIT;
            loop {
                let request = request.try_clone().context("a request cannot be sent again")?;
                let request = request
                    .header(CONTENT_TYPE, "application/json")
                    .header(AUTHORIZATION, format!("Bearer {}", key.expose()))
                    .body(body.clone());
                let answer = request.send().await?;
                let status = answer.status();
                if status.is_success() {
                    return Ok(());
                }
                if status != StatusCode::UNAUTHORIZED || Instant::now() > deadline {
                    bail!("an ad report was refused with {status}: {}", answer.text().await?);
                }
                tokio::time::sleep(KEYS_EVERY).await;
            }
        }
    });
    // In their order: a restatement comes after what it restates.
    let mut sent = stream::iter(requests).buffered(1);
    while let Some(one) = sent.next().await {
        one?;
    }
    Ok(())
}

async fn send_events(
    client: reqwest::Client,
    demo: DemoWorld,
    plan: DemoPlan,
    tally: Arc<Tally>,
    stop: CancellationToken,
) {
    let per_request = plan.config.events_per_request.max(1);
    let mix = TrafficConfig { events_per_request: per_request, ..TrafficConfig::default() };
    let now: UnixMillis = SystemClock.now();
    // Another seed at each run: event ids of an earlier one would be duplicates.
    let seed = plan.config.seed ^ now.0.unsigned_abs();
    let mut traffic = Traffic::new(demo.world.clone(), mix, seed, now);
    let mut tick = interval(Duration::from_secs_f64(per_request as f64 / plan.rate));
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let turns = Arc::new(Semaphore::new(plan.config.requests_max.max(1)));
    let began = Instant::now();
    let is_over = || plan.seconds.is_some_and(|most| began.elapsed().as_secs_f64() >= most);
    while stop.run_until_cancelled(tick.tick()).await.is_some() && !is_over() {
        // The rate is kept whatever the server does: what finds no turn is left out, and told.
        let Ok(turn) = turns.clone().try_acquire_owned() else {
            tally.skipped.fetch_add(1, Ordering::Relaxed);
            continue;
        };
        traffic.move_to(SystemClock.now());
        let Some(request) = traffic.next() else { break };
        let key = demo.keys.get(request.tenant_index).cloned().unwrap_or_default();
        let url = format!("{}/v24.0/{}/events", plan.url, request.dataset_id);
        let (client, tally) = (client.clone(), tally.clone());
        tokio::spawn(async move {
            let sent = client.post(url).bearer_auth(key.expose());
            let sent =
                sent.header(CONTENT_TYPE, "application/json").body(request.body).send().await;
            let count = match sent.map(|answer| answer.status()) {
                Ok(status) if status.is_success() => &tally.accepted,
                Ok(status) if status == StatusCode::BAD_REQUEST => &tally.refused,
                _ => &tally.failed,
            };
            count.fetch_add(1, Ordering::Relaxed);
            tally.events.fetch_add(request.events as u64, Ordering::Relaxed);
            drop(turn);
        });
    }
    // Those under way end by themselves, in bounded time.
    let every = u32::try_from(plan.config.requests_max.max(1)).unwrap_or(u32::MAX);
    turns.acquire_many(every).await.ok();
}

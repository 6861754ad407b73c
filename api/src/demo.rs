//! Generated data through the real front door: what `stratum demo` and `stratum up --demo` send. First
//! the history, newest days first, then traffic without end.

mod accounts;
mod history;
mod traffic;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use stratum_account::config::DemoAccount;
use stratum_models::demo::{History, Tenant, World};
use stratum_models::id::TenantId;
use stratum_models::platform::Platform;
use stratum_models::secret::Secret;
use stratum_models::store::StoreErrorKind;
use stratum_models::time::Clock as _;
use stratum_state::api_key::{ApiKeyScope, NewApiKey};
use stratum_state::dataset::NewDataset;
use stratum_state::tenant::NewTenant;
use stratum_state::user::{NewUser, Role};
use tokio::time::{Instant, interval};
use tokio_util::sync::CancellationToken;

use crate::boot::settings::DemoConfig;
use crate::boot::{Operator, Settings, SystemClock};

use history::{Door, LoadNote};
use traffic::{Tally, send_events};

/// Where to, how much, for how long.
#[derive(Clone, Debug)]
pub struct DemoPlan {
    /// Where Stratum serves.
    pub url: String,
    /// Events a second.
    pub rate: f64,
    /// Without end where absent.
    pub seconds: Option<f64>,
    /// Days an event may be old at the door.
    pub event_age_days_max: i64,
    /// The rest.
    pub config: DemoConfig,
}

/// The world, what of its history has been sent, and what opens the door for each of its tenants.
pub struct DemoWorld {
    history: History,
    loaded: LoadNote,
    keys: Vec<Secret>,
    /// Name of the tenant, e-mail and password of users made just now.
    pub sign_ins: Vec<(String, String, Secret)>,
    /// Those that can be offered: the users made just now, and those of earlier starts on this data folder.
    pub accounts: Vec<DemoAccount>,
}

impl DemoWorld {
    fn world(&self) -> &Arc<World> {
        self.history.world()
    }
}

/// Days that every event may be old at the door of these settings.
pub fn event_age_days_max(settings: &Settings) -> i64 {
    settings.ingest.event_age_days_max.min(settings.ingest.store_event_age_days_max)
}

/// The progress of the demo.
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

/// Makes the world's tenants, users, datasets, exchange rates and keys where they are missing.
pub async fn prepare(operator: &Operator, plan: &DemoPlan) -> Result<DemoWorld> {
    let (seed, now) = (plan.config.seed, SystemClock.now());
    let slug = |at: usize| format!("demo-{seed}-{}", at + 1);
    let is_new = operator.state.system().await?.tenant_by_slug(&slug(0)).await?.is_none();
    let today = now.day_in(chrono_tz::Tz::UTC);
    let loaded = LoadNote::open(&operator.data, seed, today, is_new)?;
    let history = History::new(seed, plan.config.history_days, loaded.anchor(), now);
    let (mut keys, mut sign_ins) = (Vec::new(), Vec::new());
    for (at, tenant) in history.world().tenants.iter().enumerate() {
        let slug = slug(at);
        let id = prepare_tenant(operator, tenant, slug.clone()).await?;
        if operator.state.operate(id).await?.users().await?.is_empty() {
            let email = format!("{slug}@stratum.local");
            let password = prepare_user(operator, id, &email).await?;
            sign_ins.push((tenant.name.clone(), email, password));
        }
        let rates = history.rates(history.first_day()..=today.to_epoch_days());
        let mut work = operator.state.operate(id).await?;
        work.put_fx_rates(&rates).await?;
        work.commit().await?;
        keys.push(prepare_key(operator, id).await?);
    }
    let accounts = accounts::keep(&operator.data, seed, &sign_ins)?;
    Ok(DemoWorld { history, loaded, keys, sign_ins, accounts })
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
            platform: Some(Platform::Meta),
            external_id: dataset.clone(),
            name: format!("{} {dataset}", tenant.name),
            default_calling_code: None,
            event_name: None,
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

const ANSWER_WAIT: Duration = Duration::from_secs(15);

/// Sends the history that has not been sent, then events at the planned rate, telling its progress every second.
pub async fn feed(
    mut demo: DemoWorld,
    plan: DemoPlan,
    stop: CancellationToken,
    mut tell: impl FnMut(Progress),
) -> Result<()> {
    if !(plan.rate > 0.0 && plan.rate.is_finite()) {
        bail!("--rate is a number of events above 0");
    }
    let client = reqwest::Client::builder().timeout(ANSWER_WAIT).no_proxy().build()?;
    let door = Door::new(client.clone(), &plan, &demo.keys);
    let sending = history::send(&door, &demo.history, &mut demo.loaded, &plan);
    match stop.run_until_cancelled(sending).await {
        Some(sent) => sent?,
        None => return Ok(()),
    }
    let tally = Arc::new(Tally::default());
    let began = Instant::now();
    let events = send_events(client, &demo, &plan, tally.clone(), stop);
    let mut loaded = demo.loaded.clone();
    let reports = history::keep_reporting(&door, &demo.history, &mut loaded);
    tokio::pin!(events, reports);
    let mut second = interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            () = &mut events => break,
            () = &mut reports => {}
            _ = second.tick() => tell(tally.progress(began)),
        }
    }
    tell(tally.progress(began));
    Ok(())
}

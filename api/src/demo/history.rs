//! Sends the demo's history, each day once: what has been sent is noted in the data folder.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use stratum_models::demo::History;
use stratum_models::secret::Secret;
use stratum_models::time::{Clock as _, Day};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::DemoPlan;
use crate::boot::SystemClock;

/// Days sent between two notes.
const STEP_DAYS: i32 = 7;
/// Requests under way at the same time.
const REQUESTS_MAX: usize = 4;
/// A new key opens the door once the directory has been refreshed.
const KEYS_WAIT: Duration = Duration::from_secs(10);
/// A door that is busy, or does not answer, is asked again for so long.
const BUSY_WAIT: Duration = Duration::from_secs(120);
const AGAIN_EVERY: Duration = Duration::from_millis(200);
/// Time between two looks for the reports of a new day.
const REPORTS_EVERY: Duration = Duration::from_secs(600);

/// The part of the history that has been sent. Days are days since 1970-01-01.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct LoadNote {
    /// The day of the first start, before which the history lies.
    anchor: i32,
    /// The first day whose reports have not been sent.
    reports_next: Option<i32>,
    /// The oldest day whose events have been sent, and the first day after those sent.
    events: Option<(i32, i32)>,
    #[serde(skip)]
    path: PathBuf,
}

impl LoadNote {
    /// The note in this data folder. Where there is none, and the tenants are there already, they keep what they
    /// have: nothing of the past is sent.
    pub(super) fn open(data: &Path, seed: u64, today: Day, is_new: bool) -> Result<LoadNote> {
        let path = data.join(format!("demo-{seed}.json"));
        let today = today.to_epoch_days();
        let kept = match std::fs::read(&path) {
            Ok(kept) => Some(serde_json::from_slice::<LoadNote>(&kept).with_context(|| {
                format!("{} is not as it was written; remove it", path.display())
            })?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
        };
        let loaded = match kept {
            Some(kept) => LoadNote { path, ..kept },
            None if is_new => LoadNote { anchor: today, reports_next: None, events: None, path },
            None => {
                let (reports_next, events) = (Some(today), Some((i32::MIN, today + 1)));
                LoadNote { anchor: today, reports_next, events, path }
            }
        };
        loaded.write()?;
        Ok(loaded)
    }

    /// The day of the first start.
    pub(super) fn anchor(&self) -> Day {
        Day::from_epoch_days(self.anchor).unwrap_or(SystemClock.now().day_in(chrono_tz::UTC))
    }

    fn write(&self) -> Result<()> {
        let draft = self.path.with_extension("new");
        std::fs::write(&draft, serde_json::to_vec(self)?)
            .and_then(|()| std::fs::rename(&draft, &self.path))
            .with_context(|| format!("writing {}", self.path.display()))
    }
}

/// The front door, with a key for each tenant.
pub(super) struct Door {
    client: reqwest::Client,
    url: String,
    keys: Vec<Secret>,
}

impl Door {
    pub(super) fn new(client: reqwest::Client, plan: &DemoPlan, keys: &[Secret]) -> Door {
        Door { client, url: plan.url.clone(), keys: keys.to_vec() }
    }

    /// Sends a body until it is taken. What is refused for another reason than a full door is an error.
    async fn post(&self, tenant: usize, path: &str, body: Vec<u8>) -> Result<()> {
        let key = self.keys.get(tenant).context("a tenant without a key")?;
        let body = bytes::Bytes::from(body);
        let began = Instant::now();
        loop {
            let request = self.client.post(format!("{}{path}", self.url));
            let request = request.header(CONTENT_TYPE, "application/json");
            let sent = request.bearer_auth(key.expose()).body(body.clone()).send().await;
            let (wait, told) = match sent {
                Ok(answer) if answer.status().is_success() => return Ok(()),
                Ok(answer) => {
                    let status = answer.status();
                    let is_busy =
                        status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
                    let told = format!("{status}: {}", answer.text().await.unwrap_or_default());
                    (if is_busy { BUSY_WAIT } else { KEYS_WAIT }, told)
                }
                Err(error) => (BUSY_WAIT, format!("{error:#}")),
            };
            if began.elapsed() > wait {
                bail!("{path} refused the demo's history with {told}");
            }
            sleep(AGAIN_EVERY).await;
        }
    }
}

/// Sends what has not been sent: all reports, then events, the newest days first.
pub(super) async fn send(
    door: &Door,
    history: &History,
    loaded: &mut LoadNote,
    plan: &DemoPlan,
) -> Result<()> {
    let began = Instant::now();
    let today = SystemClock.now().day_in(chrono_tz::UTC).to_epoch_days();
    send_reports(door, history, loaded, today).await?;
    let age = i32::try_from(plan.event_age_days_max).unwrap_or(i32::MAX).saturating_sub(1);
    let oldest = history.first_day().max(today.saturating_sub(age));
    let mut sent = 0;
    let (mut from, next) = loaded.events.unwrap_or((today + 1, today + 1));
    if next <= today {
        sent += send_events(door, history, next.max(oldest)..=today).await?;
    }
    while from > oldest {
        let first = (from - STEP_DAYS).max(oldest);
        sent += send_events(door, history, first..=from - 1).await?;
        from = first;
        loaded.events = Some((from, today + 1));
        loaded.write()?;
    }
    loaded.events = Some((from, today + 1));
    loaded.write()?;
    tracing::info!(
        events = sent,
        seconds = began.elapsed().as_secs(),
        "the demo's history is loaded"
    );
    Ok(())
}

/// The reports of the days before `today` that have not been sent, in their order: a restatement comes after what
/// it restates.
async fn send_reports(
    door: &Door,
    history: &History,
    loaded: &mut LoadNote,
    today: i32,
) -> Result<()> {
    let next = loaded.reports_next.unwrap_or(history.first_day());
    if next >= today {
        return Ok(());
    }
    // Days that are young are told again with what came in since.
    let from = if loaded.reports_next.is_some() { next - 2 } else { next };
    for told in history.reports(from..=today - 1) {
        door.post(told.tenant_index, "/api/v1/ad-reports", told.body).await?;
    }
    loaded.reports_next = Some(today);
    loaded.write()
}

async fn send_events(
    door: &Door,
    history: &History,
    days: std::ops::RangeInclusive<i32>,
) -> Result<usize> {
    let now = SystemClock.now();
    let tenants = 0..history.world().tenants.len();
    let requests = tenants.flat_map(|tenant| history.events(tenant, days.clone(), now));
    let sent = stream::iter(requests).map(|request| async move {
        let path = format!("/v24.0/{}/events", request.dataset_id);
        door.post(request.tenant_index, &path, request.body).await.map(|()| request.events)
    });
    let counts: Vec<usize> = sent.buffer_unordered(REQUESTS_MAX).try_collect().await?;
    Ok(counts.iter().sum())
}

/// Sends each day's reports once the day is over, as long as the demo runs.
pub(super) async fn keep_reporting(door: &Door, history: &History, loaded: &mut LoadNote) {
    let mut turn = interval(REPORTS_EVERY);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turn.tick().await;
        let today = SystemClock.now().day_in(chrono_tz::UTC).to_epoch_days();
        // The traffic of a day that the demo saw begin is its events.
        let events = loaded.events.map(|(from, _)| (from, today + 1));
        loaded.events = events;
        let sent = match loaded.reports_next {
            Some(next) if next >= today => loaded.write(),
            _ => send_reports(door, history, loaded, today).await,
        };
        if let Err(error) = sent {
            tracing::warn!(
                error = format!("{error:#}"),
                "the demo's reports wait for the next turn"
            );
        }
    }
}

//! What KPIs cost through the API, kept and not, beside ClickHouse asked the same statements directly,
//! over data that grows a hundredfold.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;
use stratum_models::time::Day;

use crate::engine_of::Direct;
use crate::get::{Question, closed, in_turn};
use crate::rounds::Spread;
use crate::served::RunningProgram;

/// Raw events, one after the other added to the same tenant.
const SIZES: [u64; 3] = [200_000, 2_000_000, 20_000_000];
/// Rows of one insert.
const FILL_ROWS: u64 = 1_000_000;
const ROUNDS: usize = 7;
/// Questions of a round, each of other days.
const QUESTIONS: i32 = 60;
const KEPT_REQUESTS: u64 = 2_000;
/// Longer than a version is believed.
const NOTICE: Duration = Duration::from_millis(500);

const GROUPS: &str = include_str!("../../query/sql/read_kpi_groups.sql");
const FRESHNESS: &str = include_str!("../../query/sql/read_freshness.sql");
const FILL_EVENTS: &str = include_str!("../sql/kpis/fill_events.sql");
const FILL_EVENT_METRICS: &str = include_str!("../sql/kpis/fill_event_metrics.sql");
const MERGE_EVENT_METRICS: &str = include_str!("../sql/kpis/merge_event_metrics.sql");
const FILL_REPORTS: &str = include_str!("../sql/kpis/fill_reports.sql");
const FILL_INGEST_COUNTS: &str = include_str!("../sql/kpis/fill_ingest_counts.sql");
const MOVE_VERSION: &str = include_str!("../sql/kpis/move_version.sql");
const RAW_GROUPS: &str = include_str!("../sql/kpis/raw_groups.sql");
const TODAY: &str = include_str!("../sql/kpis/today.sql");
const SIZE: &str = include_str!("../sql/kpis/size.sql");

/// As the program's reader sets them.
const SETTINGS: &str = " FORMAT RowBinary SETTINGS readonly = 2, max_threads = 4, \
     max_memory_usage = 2147483648, do_not_merge_across_partitions_select_final = 1";

pub fn run() -> Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(measure())
}

/// A tenant of a running program, with data put straight into its warehouse.
pub struct FilledTenant {
    pub served: RunningProgram,
    pub token: String,
    direct: Direct,
    tenant: u64,
    today: i32,
    events: u64,
}

impl FilledTenant {
    /// An empty one.
    pub async fn start() -> Result<FilledTenant> {
        let served = RunningProgram::start(&[]).await?;
        let token = served.sign_in().await?;
        let client = reqwest::Client::builder().no_proxy().build()?;
        let me = client.get(format!("http://{}/api/v1/auth/me", served.address));
        let me: Value = me.bearer_auth(&token).send().await?.json().await?;
        let tenant = me["data"]["tenant"]["id"].as_u64().context("a tenant")?;
        let direct = Direct::of(&served.data())?;
        let day = direct.ask(TODAY, &[]).await?;
        let today = String::from_utf8(day)?.trim().parse()?;
        Ok(FilledTenant { served, token, direct, tenant, today, events: 0 })
    }

    /// Adds events until there are so many, with what comes of them.
    pub async fn fill(&mut self, events: u64) -> Result<()> {
        let first = self.events;
        while self.events < events {
            let count = FILL_ROWS.min(events - self.events);
            let rows = [("from", self.events.to_string()), ("count", count.to_string())];
            self.insert(FILL_EVENTS, &rows).await?;
            self.events += count;
        }
        let from = [("from", first.to_string())];
        // Reports do not grow with events.
        if first == 0 {
            self.insert(FILL_REPORTS, &from).await?;
        }
        for statement in [FILL_EVENT_METRICS, MERGE_EVENT_METRICS, FILL_INGEST_COUNTS] {
            self.insert(statement, &from).await?;
        }
        self.move_version().await
    }

    /// Tells that something has landed; kept answers do not count from then on.
    pub async fn move_version(&self) -> Result<()> {
        self.insert(MOVE_VERSION, &[]).await?;
        tokio::time::sleep(NOTICE).await;
        Ok(())
    }

    async fn insert(&self, statement: &str, parameters: &[(&str, String)]) -> Result<()> {
        let mut all = vec![("tenant", self.tenant.to_string())];
        all.extend_from_slice(parameters);
        self.direct.ask(statement, &all).await?;
        Ok(())
    }

    /// The KPIs of the days up to today, from so many days back.
    pub fn kpis(&self, back: i32) -> Result<Question> {
        let date = |days| Day::from_epoch_days(days).context("a day of the calendar");
        let (from, to) = (date(self.today - back)?.0, date(self.today)?.0);
        Ok(self.question(&format!("/api/v1/analytics/kpis?date_from={from}&date_to={to}")))
    }

    /// A question of its admin.
    pub fn question(&self, path: &str) -> Question {
        Question {
            address: self.served.address.clone(),
            path: path.to_owned(),
            token: self.token.clone(),
            status: 200,
        }
    }

    fn days(&self, back: i32) -> Vec<(&'static str, String)> {
        vec![
            ("tenant", self.tenant.to_string()),
            ("first_day", (self.today - back).to_string()),
            ("last_day", self.today.to_string()),
            ("purchase", "Purchase".to_owned()),
        ]
    }

    /// The statements of one KPI question, both at once, as the API asks them.
    async fn ask_directly(&self, back: i32) -> Result<Duration> {
        let mut parameters = self.days(back);
        for none in ["platform", "account", "campaign"] {
            parameters.push((none, "\\N".to_owned()));
        }
        for not in ["by_platform", "by_day", "by_campaign"] {
            parameters.push((not, "false".to_owned()));
        }
        let (groups, freshness) = (format!("{GROUPS}{SETTINGS}"), format!("{FRESHNESS}{SETTINGS}"));
        let began = Instant::now();
        tokio::try_join!(
            self.direct.ask(&groups, &parameters),
            self.direct.ask(&freshness, &parameters[..1])
        )?;
        Ok(began.elapsed())
    }
}

/// Milliseconds a question, of a size.
struct Figures {
    direct: Spread,
    asked: Spread,
    asked_p95: f64,
    kept: Spread,
    raw: f64,
}

async fn measure() -> Result<()> {
    let mut filled = FilledTenant::start().await?;
    let mut smallest = None;
    println!(
        "KPIs of 90 days and more, one caller, milliseconds a question, median (lowest–highest) of {ROUNDS} rounds:"
    );
    for events in SIZES {
        filled.fill(events).await?;
        let figures = figures(&filled).await?;
        let Figures { direct, asked, asked_p95, kept, raw } = &figures;
        println!("{events} events:");
        println!("  ClickHouse directly    {direct}");
        println!(
            "  API, asked             {asked}, p95 {asked_p95:.2}, {:.2} of directly",
            asked.median / direct.median
        );
        println!(
            "  API, kept              {kept}, {:.0} times as fast as directly",
            direct.median / kept.median
        );
        println!("  from raw events        {raw:.2}");
        let smallest = *smallest.get_or_insert(asked.median);
        println!("  API, asked, against the smallest: {:.2}", asked.median / smallest);
    }
    let size = filled.direct.ask(SIZE, &[]).await?;
    println!("on disk:");
    for line in String::from_utf8(size)?.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [table, rows, bytes] = fields.as_slice() else { continue };
        let a_row = bytes.parse::<f64>()? / rows.parse::<f64>()?;
        println!("  {table}: {rows} rows, {a_row:.1} bytes a row");
    }
    Ok(())
}

async fn figures(filled: &FilledTenant) -> Result<Figures> {
    let (mut direct, mut asked, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    let mut all_asked = Vec::new();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let middle = |mut times: Vec<Duration>| {
        times.sort_unstable();
        ms(times.get(times.len() / 2).copied().unwrap_or_default())
    };
    let questions = (0..QUESTIONS).map(|at| filled.kpis(90 + at)).collect::<Result<Vec<_>>>()?;
    for round in 0..=ROUNDS {
        let mut times = Vec::new();
        for at in 0..QUESTIONS {
            times.push(filled.ask_directly(90 + at).await?);
        }
        filled.move_version().await?;
        let report = in_turn(&questions).await?;
        let again = closed(&filled.kpis(90)?, 1, KEPT_REQUESTS).await?;
        // The first round warms both.
        if round > 0 {
            direct.push(middle(times));
            asked.push(ms(report.percentile(0.5)));
            kept.push(ms(again.percentile(0.5)));
            all_asked.extend(report.latencies);
        }
    }
    all_asked.sort_unstable();
    let p95 = all_asked.len() * 95 / 100;
    let began = Instant::now();
    filled.direct.ask(RAW_GROUPS, &filled.days(90)).await?;
    let raw = ms(began.elapsed());
    Ok(Figures {
        direct: Spread::of(direct),
        asked: Spread::of(asked),
        asked_p95: all_asked.get(p95).map_or(0.0, |time| ms(*time)),
        kept: Spread::of(kept),
        raw,
    })
}

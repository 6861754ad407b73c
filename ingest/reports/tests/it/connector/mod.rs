//! Pulling from ad platforms: their documented answers, replayed by a server on this machine, errors and
//! limits included. No test waits: time passes when the puller rests.

mod google;
mod lost_pages;
mod meta;
mod replay;
mod snapchat;
mod tiktok;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use stratum_models::platform::Platform;
use stratum_models::time::{Clock, Day, DayRange, UnixMillis};
use stratum_reports::connector::{
    Account, CallConfig, ConnectorDeps, ConversionChoice, Credentials, Cursor, Level, Page,
    Platforms, PullError, PullUrls, PulledRow, Question, ReportingApi, Rest,
};

pub use replay::{Replay, answer, failure};

/// A clock that goes on only when somebody rests; rests are written down.
pub struct PassingTime {
    now: AtomicI64,
    rests: Mutex<Vec<Duration>>,
}

impl PassingTime {
    fn new() -> Arc<PassingTime> {
        Arc::new(PassingTime {
            now: AtomicI64::new(1_774_000_000_000),
            rests: Mutex::new(Vec::new()),
        })
    }

    /// The rests so far, in seconds.
    pub fn rests(&self) -> Vec<f64> {
        self.rests.lock().iter().map(Duration::as_secs_f64).collect()
    }

    pub fn pass(&self, time: Duration) {
        self.now.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

impl Clock for PassingTime {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.now.load(Ordering::Relaxed))
    }
}

#[async_trait]
impl Rest for PassingTime {
    async fn rest(&self, time: Duration) {
        self.pass(time);
        self.rests.lock().push(time);
    }

    fn chance(&self) -> f64 {
        1.0
    }
}

/// A platform's API as it is replayed.
pub struct Pulled {
    pub api: Arc<dyn ReportingApi>,
    pub replay: Replay,
    pub time: Arc<PassingTime>,
}

/// The credentials of every platform here; none may ever be seen again.
pub const SECRETS: [(&str, &str); 5] = [
    ("access_token", "token-hunter2"),
    ("developer_token", "developer-hunter2"),
    ("client_id", "client-hunter2"),
    ("client_secret", "secret-hunter2"),
    ("refresh_token", "refresh-hunter2"),
];

impl Pulled {
    pub async fn new(platform: Platform, replay: Replay) -> Pulled {
        Pulled::counting(platform, replay, ConversionChoice::default()).await
    }

    pub async fn counting(
        platform: Platform,
        replay: Replay,
        counting: ConversionChoice,
    ) -> Pulled {
        let url = replay.url();
        let urls = PullUrls {
            meta: format!("{url}/v25.0"),
            google: format!("{url}/v26"),
            google_token: format!("{url}/token"),
            tiktok: format!("{url}/open_api/v1.3"),
            snapchat: format!("{url}/v1"),
            snapchat_token: format!("{url}/token"),
        };
        let time = PassingTime::new();
        let deps = ConnectorDeps { clock: time.clone(), rest: time.clone() };
        let config = CallConfig { attempts_max: 4, ..CallConfig::default() };
        let platforms = Platforms::new(urls, config, deps).unwrap();
        let pairs = SECRETS.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let api = platforms.connect(platform, Credentials::new(pairs), counting).unwrap();
        Pulled { api, replay, time }
    }

    /// Every row of a question, and the cursors on the way.
    pub async fn all(
        &self,
        question: &Question,
    ) -> Result<(Vec<PulledRow>, Vec<Cursor>), PullError> {
        let (mut rows, mut cursors) = (Vec::new(), vec![Cursor::Start]);
        loop {
            // What is kept between two steps is text.
            let kept = serde_json::to_string(cursors.last().unwrap()).unwrap();
            let cursor = serde_json::from_str(&kept).unwrap();
            let Page { rows: more, next, .. } = self.api.next(question, &cursor).await?;
            rows.extend(more);
            match next {
                Some(next) => cursors.push(next),
                None => return Ok((rows, cursors)),
            }
        }
    }
}

pub fn days(from: &str, to: &str) -> DayRange {
    DayRange::new(Day(from.parse().unwrap()), Day(to.parse().unwrap())).unwrap()
}

pub fn question(account_id: &str, zone: &str, level: Level, days: DayRange) -> Question {
    let account = Account {
        id: account_id.into(),
        name: "Nile Souq".into(),
        currency: "EGP".parse().unwrap(),
        zone: zone.parse().unwrap(),
    };
    Question { account, level, days }
}

/// Date, campaign, spend, impressions, clicks, conversions, revenue.
pub fn told(row: &PulledRow) -> [&str; 7] {
    let PulledRow { date, campaign_id, spend, impressions, clicks, conversions, revenue, .. } = row;
    [date, campaign_id, spend, impressions, clicks, conversions, revenue]
}

/// Whatever went wrong shows no credential.
pub fn shows_nothing(error: &PullError) {
    let shown = format!("{error} {error:?}");
    for (name, value) in SECRETS {
        assert!(!shown.contains(value), "{name} in {shown}");
    }
    assert!(!shown.contains("127.0.0.1"), "{shown}");
}

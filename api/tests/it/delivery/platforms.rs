//! Destinations at the other platforms, each at a small server of its own: what it is sent, and what comes of its answers.

mod google;
mod linkedin;
mod pinterest;
mod snapchat;
mod tiktok;

use std::time::Duration;

use axum::http::{HeaderMap, Uri};
use serde_json::{Value, json};

use super::desk::{Asked, Desk, Manners};
use super::{EMAIL, WAIT};
use crate::fixture::{Stratum, eventually};
use crate::load::now;
use crate::resources::{Caller, at};

const TOKEN: &str = "hunter2-other-platform";
const RENEWED: &str = "hunter3-other-platform";

/// A platform as its destination is tried.
pub struct Platform {
    name: &'static str,
    /// The dataset at our door, and there.
    dataset: &'static str,
    /// The setting of its address.
    setting: &'static str,
    credential: &'static str,
    /// The code for tests that its destination has.
    test_code: Option<&'static str>,
    /// Path at our door and the header of the key; without one the key follows the path.
    door: (&'static str, &'static str),
    /// A request of one event to our door.
    sent: fn(&str) -> Value,
    /// Whether all that the platform takes of that event is in what it was asked.
    is_whole: fn(&Asked, &str),
    /// Whether it knows tests.
    has_trials: bool,
    /// The codes of the refusals of an event and of an unknown token.
    codes: (&'static str, &'static str),
    manners: Manners,
}

/// The ids of the events in a list.
fn events_of(body: &Value, list: &str, id: &str) -> Vec<String> {
    let events = body[list].as_array().into_iter().flatten();
    events.map(|event| event[id].as_str().unwrap().to_owned()).collect()
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("authorization")?.to_str().ok()?;
    value.strip_prefix("Bearer ").map(str::to_owned)
}

fn query(uri: &Uri, name: &str) -> Option<String> {
    let pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(known, _)| *known == name).map(|(_, value)| value.to_owned()).next()
}

struct Shop<'s> {
    stratum: &'s Stratum,
    admin: Caller<'s>,
    key: String,
    platform: Platform,
    desk: Desk,
}

impl Shop<'_> {
    async fn send(&self, id: &str) {
        let (path, header) = self.platform.door;
        let key = if header.is_empty() { &*self.key } else { "" };
        let url = format!("{}{path}{key}", self.stratum.url());
        let mut request = self.stratum.client().post(url).json(&(self.platform.sent)(id));
        if !header.is_empty() {
            request = request.header(header, &self.key);
        }
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    async fn comes(&self, id: &str) {
        let came = async || self.desk.has(id).then_some(());
        eventually(&format!("{id} does not come to {}", self.platform.name), WAIT, came).await;
    }

    /// Sends events until one comes: from then on the door seals.
    async fn is_sealed(&self) {
        let came = async || {
            let id = format!("first-{}", now().0);
            self.send(&id).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            self.desk.has(&id).then_some(())
        };
        eventually(&format!("{} gets nothing", self.platform.name), WAIT, came).await;
    }

    async fn made(&self) -> Value {
        let datasets = self.admin.read("/datasets").await;
        let datasets = datasets["data"].as_array().unwrap();
        let dataset = datasets.iter().find(|one| one["platform"] == self.platform.name).unwrap();
        let (name, credential) = (self.platform.name, self.platform.credential);
        let body = json!({"dataset_id": dataset["id"], "test_code": self.platform.test_code});
        let (status, answer) = self.admin.post("/destinations", &body).await;
        assert_eq!((status, &answer["details"][0]["field"]), (422, &json!("credentials")));
        let mut body = body;
        body["credentials"] = json!({"url": "http://10.0.0.1"});
        assert_eq!(self.admin.post("/destinations", &body).await.0, 422);
        body["credentials"] = json!({credential: TOKEN});
        let made = self.admin.make("/destinations", &body).await;
        assert_eq!(made["platform"], name);
        assert_eq!(made["credentials_set"], json!([credential]));
        made
    }

    async fn health_is(&self, path: &str, state: &str, code: &str) {
        let is = async || {
            let report = self.admin.read(&format!("{path}/delivery")).await;
            let health = &report["data"]["health"];
            (health["state"] == state && health["code"] == code).then_some(())
        };
        eventually(&format!("{} is not {state} by {code}", self.platform.name), WAIT, is).await;
    }

    async fn a_trial_says_what_the_platform_says(&self, path: &str) {
        let trial = async || {
            let (status, answer) = self.admin.post(&format!("{path}/test"), &json!({})).await;
            assert_eq!(status, 200, "{answer}");
            answer["data"].clone()
        };
        if !self.platform.has_trials {
            let (status, answer) = self.admin.post(&format!("{path}/test"), &json!({})).await;
            assert_eq!(status, 422, "{answer}");
            let (status, answer) = self.admin.patch(path, &json!({"mode": "test"})).await;
            assert_eq!((status, &answer["details"][0]["field"]), (422, &json!("mode")), "{answer}");
            return;
        }
        let works = trial().await;
        assert_eq!(works["works"], true, "{works}");
        self.desk.accept(RENEWED);
        let refused = trial().await;
        assert_eq!(refused["works"], false, "{refused}");
        assert_eq!(refused["code"], self.platform.codes.1, "{refused}");
        assert!(!refused.to_string().contains(TOKEN), "{refused}");
        self.desk.accept(TOKEN);
    }

    async fn goes_through_all(&self) {
        let path = at("/destinations", &self.made().await);
        self.a_trial_says_what_the_platform_says(&path).await;
        self.is_sealed().await;
        self.send("whole").await;
        self.comes("whole").await;
        let asked = self.desk.asked("whole", self.platform.manners.ids);
        assert!(asked.headers.contains_key("x-stratum-delivery"));
        assert!(!asked.body.to_string().contains(EMAIL));
        (self.platform.is_whole)(&asked, "whole");
        self.desk.tire();
        self.send("waits").await;
        self.comes("waits").await;
        self.desk.refuse("bad");
        self.send("bad").await;
        self.send("good").await;
        self.comes("good").await;
        let letters = async || {
            let letters = self.admin.read(&format!("{path}/dead-letters")).await;
            let letter = letters["data"][0].clone();
            (!letter.is_null()).then_some(letter)
        };
        let letter = eventually("nothing was refused", WAIT, letters).await;
        assert_eq!(letter["code"], self.platform.codes.0, "{letter}");
        assert!(!self.desk.has("bad"));
        self.desk.accept(RENEWED);
        self.send("renewed").await;
        self.health_is(&path, "needs_credentials", self.platform.codes.1).await;
        let renewed = json!({"credentials": {self.platform.credential: RENEWED}});
        let (status, answer) = self.admin.patch(&path, &renewed).await;
        assert_eq!(status, 200, "{answer}");
        self.comes("renewed").await;
        self.health_is(&path, "working", "").await;
        assert!(!self.stratum.output().contains("hunter"), "a credential was written down");
    }
}

fn platforms() -> Vec<Platform> {
    let makers = [
        tiktok::platform,
        snapchat::platform,
        pinterest::platform,
        linkedin::platform,
        google::platform,
    ];
    makers.into_iter().map(|platform| platform()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_platform_gets_its_events_in_its_own_words() {
    let mut desks = Vec::new();
    for platform in platforms() {
        let desk = Desk::open(platform.manners, TOKEN).await;
        desks.push((platform, desk));
    }
    let mut env = vec![
        ("STRATUM__deliver__refresh_ms", "100"),
        ("STRATUM__deliver__linger_ms", "50"),
        ("STRATUM__deliver__pause__first_ms_max", "50"),
        ("STRATUM__deliver__pause__ms_max", "400"),
    ];
    env.extend(desks.iter().map(|(platform, desk)| (platform.setting, desk.url.as_str())));
    let stratum = Stratum::start(&env).await;
    let tenant = stratum.create_tenant("Nile Souq", "UTC", "EUR").await;
    for (platform, _) in &desks {
        tenant.create_dataset(platform.name, platform.dataset).await;
    }
    let key = tenant.create_ingest_key().await;
    let mut shops = Vec::new();
    for (platform, desk) in desks {
        let admin = Caller::of(&stratum, &tenant, "admin").await;
        shops.push(Shop { stratum: &stratum, admin, key: key.clone(), platform, desk });
    }
    futures::future::join_all(shops.iter().map(Shop::goes_through_all)).await;
}

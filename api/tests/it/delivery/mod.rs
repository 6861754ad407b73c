//! Events handed on, whole: from the door through the log to a platform that answers in every way.

mod crash;
mod desk;
mod meta;
mod platforms;
mod vendor;

use std::time::Duration;

use serde_json::{Value, json};
use stratum_testing::ledger_contract;

use self::vendor::{TOKEN, Vendor};
use crate::fixture::{Stratum, eventually};
use crate::jobs::Store;
use crate::load::now;
use crate::resources::Caller;

const WAIT: Duration = Duration::from_secs(60);
const PIXEL: &str = "1234567890";
/// Personal data that platforms take in clear, and that must be nowhere else.
const AGENT: &str = "Planted/7.25 (delivery)";
const ADDRESS: &str = "81.2.69.142";
const CLICK: &str = "fb.1.1789999990000.PlantedClick";
const EMAIL: &str = "planted.person@example.com";

fn event(id: &str) -> Value {
    json!({
        "event_name": "Purchase", "event_time": now().0 / 1000, "event_id": id,
        "action_source": "website", "event_source_url": "https://shop.example.com/thanks",
        "user_data": {
            "em": EMAIL, "client_ip_address": ADDRESS, "client_user_agent": AGENT, "fbc": CLICK,
        },
        "custom_data": {"value": 12.5, "currency": "EUR", "order_id": id},
    })
}

/// A shop whose events go to the vendor.
struct Shop<'s> {
    stratum: &'s Stratum,
    admin: Caller<'s>,
    key: String,
    dataset: Value,
}

impl<'s> Shop<'s> {
    async fn open(stratum: &'s Stratum) -> Shop<'s> {
        let tenant = stratum.create_tenant("Nile Souq", "UTC", "EUR").await;
        tenant.create_dataset("meta", PIXEL).await;
        let key = tenant.create_ingest_key().await;
        let admin = Caller::of(stratum, &tenant, "admin").await;
        let dataset = admin.read("/datasets").await["data"][0].clone();
        Shop { stratum, admin, key, dataset }
    }

    async fn destination(&self, change: &Value) -> Value {
        let mut body = json!({
            "dataset_id": self.dataset["id"], "name": "Meta", "test_code": "TEST123",
            "credentials": {"access_token": TOKEN},
        });
        for (field, value) in change.as_object().unwrap() {
            body[field] = value.clone();
        }
        self.admin.make("/destinations", &body).await
    }

    async fn send(&self, events: &[Value]) {
        let body = json!({"data": events});
        let (status, answer) =
            self.stratum.post(&format!("/v24.0/{PIXEL}/events"), &self.key, &body).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// Sends events until one comes to the vendor: from then on the door seals.
    async fn is_sealed(&self, vendor: &Vendor) {
        let came = async || {
            let id = format!("first-{}", now().0);
            self.send(&[event(&id)]).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            vendor.has(&id).then_some(())
        };
        eventually("nothing is handed on", WAIT, came).await;
    }

    async fn came(&self, vendor: &Vendor, ids: &[&str]) {
        let came = async || ids.iter().all(|id| vendor.has(id)).then_some(());
        eventually(&format!("{ids:?} did not come"), WAIT, came).await;
    }

    async fn report(&self, path: &str) -> Value {
        self.admin.read(&format!("{path}/delivery")).await["data"].clone()
    }

    /// The report once it is as wanted.
    async fn report_is(&self, path: &str, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let found = async || {
            let report = self.report(path).await;
            is(&report).then_some(report)
        };
        eventually(&format!("the report does not say {what}"), WAIT, found).await
    }

    async fn change(&self, path: &str, change: &Value) {
        let (status, answer) = self.admin.patch(path, change).await;
        assert_eq!(status, 200, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_on_postgres_keeps_its_contract() {
    let store = Store::open().await;
    let fresh = async || {
        let mut owner = store.owner().await;
        let empty = "TRUNCATE delivery_owners, delivery_lanes, delivery_ranges, delivery_counts, \
                     dead_letters, delivery_requests, delivery_health";
        sqlx::raw_sql(empty).execute(&mut owner).await.unwrap();
        store.state.clone()
    };
    ledger_contract::run(fresh).await;
    store.close().await;
}

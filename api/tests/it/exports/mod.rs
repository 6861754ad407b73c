//! Exports over HTTP, from the running program.

mod stream;
mod job;
mod formats;

use std::time::Duration;

use serde_json::Value;

use crate::fixture::{Stratum, eventually};

/// A job of this size takes seconds; a machine full of tests is slow.
const DONE_WITHIN: Duration = Duration::from_secs(120);

/// Whom all are about.
const EMAIL_SHA256: &str = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";

/// Purchases of one tenant, received on so many days up to yesterday.
const FILL_EVENTS: &str = "
    INSERT INTO events
    SELECT
        $tenant AS tenant_id, 1 AS dialect, 1 AS platform, '4711' AS dataset_id, 'Purchase' AS event_name,
        toDateTime64(today() - 1 - number % $days, 3, 'UTC') + number / 1000 AS event_time,
        event_time AS received_at, toDate32(event_time) AS event_date, 1 AS action_source, 1 AS channel,
        NULL AS dedup_key, concat('order-', toString(number)) AS event_id, NULL AS order_id,
        number * 10000 AS value_micros, 'EUR' AS currency, '=HYPERLINK(1)' AS campaign_id, 3 AS valid_mask,
        0 AS invalid_mask, [] AS invalid_reasons,
        [(0, unhex('$seal'))] AS sealed_identifiers, false AS test, false AS opt_out,
        false AS limited_data_use, 'DE' AS country, 1 AS device, 'shop.example' AS source_host,
        1 AS config_version, 0 AS derived_mask, 0 AS derivable_mask, 0 AS log_partition, number AS log_offset, 0 AS log_row
    FROM numbers($rows)";

/// The events as a view that lingers at each row, or fails behind the oldest day.
const SLOW_VIEW: &str = "
    CREATE VIEW events AS
    SELECT * REPLACE (config_version + toUInt32(sleepEachRow(0.05)) AS config_version)
    FROM kept_events
    SETTINGS function_sleep_max_microseconds_per_block = 100000000";
const FAILING_VIEW: &str = "
    CREATE VIEW events AS
    SELECT * REPLACE (
        config_version + throwIf(toDate(received_at) > (SELECT min(toDate(received_at)) FROM kept_events)) AS config_version
    )
    FROM kept_events";

/// A tenant with events, and what its calls need.
struct Shop<'a> {
    stratum: &'a Stratum,
    token: String,
    id: u64,
}

impl<'a> Shop<'a> {
    async fn open(stratum: &'a Stratum, name: &str) -> Shop<'a> {
        let tenant = stratum.create_tenant(name, "UTC", "EUR").await;
        let token = tenant.sign_in().await;
        let (_, me) = stratum.get("/api/v1/auth/me", &token).await;
        let id = me["data"]["tenant"]["id"].as_u64().unwrap_or_else(|| panic!("{me}"));
        Shop { stratum, token, id }
    }

    async fn fill(&self, rows: u64, days: u64) {
        let words = [("$tenant", self.id), ("$days", days), ("$rows", rows)];
        let statement = words.iter().fold(FILL_EVENTS.to_owned(), |text, (word, with)| {
            text.replace(word, &with.to_string())
        });
        let statement = statement.replace("$seal", &self.stratum.seal(self.id, EMAIL_SHA256));
        self.stratum.ask_warehouse(&statement).await;
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        let url = format!("{}{path}", self.stratum.url());
        let request = self.stratum.client().get(url).bearer_auth(&self.token);
        request.timeout(DONE_WITHIN).send().await.expect("an answer")
    }

    async fn ask(&self, body: Value) -> String {
        let (status, answer) =
            self.stratum.post("/api/v1/analytics/export", &self.token, &body).await;
        assert_eq!(status, 202, "{answer}");
        assert_eq!(answer["data"]["state"], "queued", "{answer}");
        answer["data"]["id"].as_str().expect("an id").to_owned()
    }

    async fn job(&self, id: &str) -> Value {
        let path = format!("/api/v1/analytics/export/{id}");
        let (status, answer) = self.stratum.get(&path, &self.token).await;
        assert_eq!(status, 200, "{answer}");
        answer["data"].clone()
    }

    async fn wait_for(&self, id: &str, state: &str) -> Value {
        let there = async || {
            let job = self.job(id).await;
            assert!(job["state"] != "failed" || state == "failed", "{job}");
            (job["state"] == state).then_some(job)
        };
        eventually(&format!("no export is {state}"), DONE_WITHIN, there).await
    }
}

/// Puts a view in the place of the events.
async fn replace_events(stratum: &Stratum, view: &str) {
    stratum.ask_warehouse("RENAME TABLE events TO kept_events").await;
    stratum.ask_warehouse(view).await;
}

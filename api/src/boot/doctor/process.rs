//! The process that runs on the data folder: its version, its stores, and what it has counted since its start.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;
use stratum_engines::RESTARTS;
use stratum_ingest::telemetry::{LOG_REOPENED, LOG_SKIPPED_RECORDS, LOG_WRITABLE};
use stratum_pipeline::telemetry::{
    DEDUP_KEYS_FORGOTTEN_TOTAL, LAG_RECORDS, RECORDS_MISSING_TOTAL, RECORDS_UNREADABLE_TOTAL,
};

use super::{Finding, Severity};
use crate::boot::samples::Samples;
use crate::boot::{Operator, Settings};

const PATIENCE: Duration = Duration::from_secs(10);
/// Whether the pipeline keeps up is seen by looking twice.
const LAG_LOOK_AGAIN: Duration = Duration::from_secs(3);
/// Records that wait between two commits are no sign of anything.
const LAG_RECORDS_MIN: f64 = 1_000.0;

pub async fn examine(settings: &Settings) -> Vec<Finding> {
    let address = match Operator::address(settings) {
        Ok(address) => address,
        Err(_) => {
            let found = "no Stratum runs on this data folder";
            let advice = "Start it with `stratum up`. Roles of their own are looked at on their own machines.";
            return vec![Finding::of("process", Severity::Warning, found, advice)];
        }
    };
    match read(&format!("{address}/health")).await {
        Ok(health) => {
            let health: Value = serde_json::from_str(&health).unwrap_or_default();
            let mut findings = vec![version(&address, &health["data"])];
            findings.extend(stores(&health["data"]));
            findings.extend(rates(&health["data"]["exchange_rates"]));
            findings.extend(counted(settings).await);
            findings
        }
        Err(error) => {
            let found = format!("{address} does not answer: {error:#}");
            let advice = "Look at the end of its log lines; start it again with `stratum up`.";
            vec![Finding::of("process", Severity::Fault, found, advice)]
        }
    }
}

async fn read(url: &str) -> Result<String> {
    let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
    let answer = client.get(url).send().await?.error_for_status()?;
    answer.text().await.context("its answer broke off")
}

fn version(address: &str, health: &Value) -> Finding {
    let (ours, theirs) =
        (env!("CARGO_PKG_VERSION"), health["version"].as_str().unwrap_or("unknown"));
    let found = format!("version {theirs} serves at {address}");
    if ours == theirs {
        return Finding::ok("process", found);
    }
    let advice =
        format!("This program is version {ours}: end the one that runs and start this one.");
    Finding::of("process", Severity::Warning, found, advice)
}

fn stores(health: &Value) -> Vec<Finding> {
    let advice = |store: &str| match store {
        "log" => {
            "Events are refused until it is back. Embedded: make room on the disk, it opens itself anew. \
                  Kafka: see that KAFKA_BROKERS is reached from here."
        }
        "warehouse" => {
            "Events are taken and land later; figures are not answered. Embedded: it is started again \
                        by itself, its log lines tell why it ended. By URL: see that CLICKHOUSE_URL is reached."
        }
        _ => {
            "Nobody can sign in. Embedded: it is started again by itself. By URL: see that DATABASE_URL is reached."
        }
    };
    let stores = health["stores"].as_array().cloned().unwrap_or_default();
    let findings = stores.iter().filter_map(|store| {
        let check = match store["store"].as_str()? {
            "log" => "log",
            "warehouse" => "warehouse",
            "state" => "state store",
            _ => return None,
        };
        if store["up"] == true {
            return Some(Finding::ok(check, "answers"));
        }
        let found = store["reason"].as_str().unwrap_or("is down");
        Some(Finding::of(check, Severity::Fault, found, advice(check)))
    });
    findings.collect()
}

fn rates(rates: &Value) -> Option<Finding> {
    const CHECK: &str = "exchange rates";
    rates.as_object()?;
    let newest = rates["newest_day"].as_str().unwrap_or("none");
    let found = format!("the newest are of {newest}");
    match rates["error"].as_str() {
        None => Some(Finding::ok(CHECK, found)),
        Some(error) => {
            let found = format!("{found}; the last try failed: {error}");
            let advice = "Amounts are exchanged by the newest day there is. See that the bank is reached from here, \
                          or set [exchange_rates] enabled = false and enter rates yourself.";
            Some(Finding::of(CHECK, Severity::Warning, found, advice))
        }
    }
}

/// The measurements of the process since it was started.
async fn counted(settings: &Settings) -> Vec<Finding> {
    let read = async || -> Result<String> {
        let address = Operator::operation_address(settings)?;
        read(&format!("{address}/metrics")).await
    };
    let (first, again) = match read().await {
        Ok(first) => {
            tokio::time::sleep(LAG_LOOK_AGAIN).await;
            (first, read().await)
        }
        Err(error) => {
            let found = format!("cannot be read: {error:#}");
            let advice = "Set [server] operation_listen to let `/metrics` be read on this machine.";
            return vec![Finding::of("measurements", Severity::Unknown, found, advice)];
        }
    };
    let again = again.unwrap_or_else(|_| first.clone());
    let (first, now) = (Samples::of(&first), Samples::of(&again));
    let mut findings = vec![lag(&first, &now)];
    findings.extend(lost(&now));
    findings.extend(strained(&now));
    findings
}

fn lag(first: &Samples<'_>, now: &Samples<'_>) -> Finding {
    const CHECK: &str = "pipeline";
    let (Some(before), Some(after)) = (first.sum(LAG_RECORDS), now.sum(LAG_RECORDS)) else {
        return Finding::ok(CHECK, "does not run in this process");
    };
    let found = format!("{after} records of the log wait for the warehouse");
    if after < LAG_RECORDS_MIN || after < before {
        return Finding::ok(CHECK, found);
    }
    let advice = "More comes than lands. Where this lasts, give the warehouse more of the machine, or run more \
                  `stratum pipeline` on Kafka. Nothing is lost until [log] retention_hours is over.";
    Finding::of(CHECK, Severity::Warning, format!("{found}, and not fewer than before"), advice)
}

fn lost(now: &Samples<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let missing =
        now.sum(RECORDS_MISSING_TOTAL).unwrap_or(0.0) + now.sum(LOG_SKIPPED_RECORDS).unwrap_or(0.0);
    if missing > 0.0 {
        let found = format!("{missing} records were dropped before they had landed");
        let advice = "Retention was shorter than the warehouse was away: raise [log] retention_hours and \
                      retention_bytes, and ask senders for the hours in question again.";
        findings.push(Finding::of("lost records", Severity::Fault, found, advice));
    }
    let unreadable = now.sum(RECORDS_UNREADABLE_TOTAL).unwrap_or(0.0);
    if unreadable > 0.0 {
        let found = format!("{unreadable} records of the log cannot be read");
        let advice = "Something else wrote into the topics, or a disk is failing: look for `record` in the log lines.";
        findings.push(Finding::of("lost records", Severity::Fault, found, advice));
    }
    if now.sum(LOG_WRITABLE) == Some(0.0) {
        let found = "the log takes no appends";
        let advice = "Make room on the disk: it opens itself anew within seconds.";
        findings.push(Finding::of("log", Severity::Fault, found, advice));
    }
    if findings.is_empty() {
        findings.push(Finding::ok("lost records", "none"));
    }
    findings
}

fn strained(now: &Samples<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let forgotten = now.sum(DEDUP_KEYS_FORGOTTEN_TOTAL).unwrap_or(0.0);
    if forgotten > 0.0 {
        let found = format!("{forgotten} keys were forgotten before their 48 hours were over");
        let advice = "An event sent again late may count twice: raise [pipeline.dedup] keys_max (24 to 48 bytes each).";
        findings.push(Finding::of("deduplication", Severity::Warning, found, advice));
    }
    let reopened = now.sum(LOG_REOPENED).unwrap_or(0.0);
    if reopened > 0.0 {
        let found = format!("the log was opened anew {reopened} times");
        let advice = "The disk was full or failed. Nothing answered was lost; see the disk.";
        findings.push(Finding::of("log", Severity::Warning, found, advice));
    }
    let engines = now.labels_above_zero(RESTARTS);
    if !engines.is_empty() {
        let found = format!("started again since: {}", engines.join(", "));
        let advice = "The log lines tell why. A warehouse that ends again and again may need a larger \
                      [engines] clickhouse_memory_bytes_max.";
        findings.push(Finding::of("engines", Severity::Warning, found, advice));
    }
    findings
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn records_that_were_lost_and_a_lag_that_grows_are_told() {
        let few = format!("{LAG_RECORDS}{{topic=\"events\"}} 999");
        let many = format!("{LAG_RECORDS}{{topic=\"events\"}} 5000");
        let more = format!("{LAG_RECORDS}{{topic=\"events\"}} 5001");
        let severity =
            |first: &str, now: &str| lag(&Samples::of(first), &Samples::of(now)).severity;
        assert_eq!(severity(&few, &few), Severity::Ok);
        assert_eq!(severity(&more, &many), Severity::Ok, "it catches up");
        assert_eq!(severity(&many, &more), Severity::Warning);
        let dropped = format!("{RECORDS_MISSING_TOTAL}{{topic=\"events\"}} 2");
        assert_eq!(lost(&Samples::of(&dropped))[0].severity, Severity::Fault);
        assert_eq!(lost(&Samples::of(&few))[0].severity, Severity::Ok);
        let full = format!("{LOG_WRITABLE} 0");
        assert_eq!(lost(&Samples::of(&full))[0].check, "log");
    }

    #[test]
    fn a_store_that_is_down_and_another_version_are_told() {
        let health = json!({"version": "0.0.1", "stores": [
            {"store": "log", "up": true}, {"store": "warehouse", "up": false, "reason": "gone"}]});
        assert_eq!(version("http://here", &health).severity, Severity::Warning);
        let found = stores(&health);
        assert_eq!((found[0].severity, found[1].severity), (Severity::Ok, Severity::Fault));
        assert_eq!(found[1].found, "gone");
        assert_eq!(rates(&Value::Null), None);
        assert_eq!(rates(&json!({"error": "away"})).unwrap().severity, Severity::Warning);
    }
}

//! The state store and the warehouse: schemas, clocks, keys, and jobs that were given up.

use anyhow::Result;
use chrono::{TimeDelta, Utc};
use stratum_models::store::StoreErrorKind;
use stratum_query::warehouse::{WarehouseFacts, inspect};
use stratum_state::PostgresState;
use stratum_state::inspect::{SchemaDifference, schema_difference};

use super::{Finding, Severity};
use crate::boot::{Operator, Settings};

/// Clocks of stores decide how old an event is, and when a lease is over.
const CLOCK_MS_WARNING: i64 = 1_000;
const CLOCK_MS_FAULT: i64 = 30_000;
const FAILED_JOBS_HOURS: i64 = 24;
/// Of more tenants than these the keys are taken on trust.
const TENANTS_MAX: usize = 50;

pub async fn examine(settings: &Settings) -> Vec<Finding> {
    let mut findings = warehouse(settings).await;
    findings.extend(state_schema(settings).await);
    findings.extend(state(settings).await);
    findings
}

async fn warehouse(settings: &Settings) -> Vec<Finding> {
    const CHECK: &str = "warehouse tables";
    if settings.warehouse.url.is_empty() {
        return vec![Finding::ok(CHECK, "embedded: brought up to date by each start")];
    }
    let Some(access) = settings.warehouse.access() else {
        let advice = "Write it as http://user:password@host:8123/database.";
        return vec![Finding::of(CHECK, Severity::Fault, "CLICKHOUSE_URL cannot be read", advice)];
    };
    match inspect(&settings.warehouse.to_clickhouse(&access)).await {
        Ok(facts) => {
            let off = Utc::now().timestamp_millis() - facts.now.0;
            vec![warehouse_schema(CHECK, &facts), clock("warehouse clock", off)]
        }
        Err(error) => {
            let advice = "See that CLICKHOUSE_URL is reached from here and that its user may read the tables; \
                          `stratum migrate` makes them.";
            vec![Finding::of(CHECK, Severity::Fault, error.to_string(), advice)]
        }
    }
}

fn warehouse_schema(check: &'static str, facts: &WarehouseFacts) -> Finding {
    let missing: Vec<String> = facts.missing.iter().map(|name| (*name).to_owned()).collect();
    let later = !facts.unknown.is_empty();
    schema(check, &format!("ClickHouse {}", facts.version), &missing, later)
}

async fn state_schema(settings: &Settings) -> Option<Finding> {
    const CHECK: &str = "state tables";
    if settings.state.url.is_empty() {
        return Some(Finding::ok(CHECK, "embedded: brought up to date by each start"));
    }
    if settings.state.migration_url.is_empty() {
        let found = "not looked at: only the owner of the tables sees what was applied";
        let advice = "Set DATABASE_MIGRATION_URL for this command.";
        return Some(Finding::of(CHECK, Severity::Unknown, found, advice));
    }
    Some(match schema_difference(&settings.state).await {
        Ok(SchemaDifference { missing, unknown }) => {
            schema(CHECK, "Postgres", &missing, !unknown.is_empty())
        }
        Err(error) => {
            let advice = "See that DATABASE_MIGRATION_URL is reached from here; `stratum migrate` makes the tables.";
            Finding::of(CHECK, Severity::Fault, error.to_string(), advice)
        }
    })
}

fn schema(check: &'static str, store: &str, missing: &[String], later: bool) -> Finding {
    if let Some(first) = missing.first() {
        let count = missing.len();
        let found = format!("{store}: {count} migrations were not applied, the first is {first}");
        return Finding::of(
            check,
            Severity::Fault,
            found,
            "Run `stratum migrate` of this version.",
        );
    }
    if later {
        let found = format!("{store}: a later version of Stratum changed the tables");
        let advice = "Run the later version; going back is not supported once its migrations ran.";
        return Finding::of(check, Severity::Warning, found, advice);
    }
    Finding::ok(check, format!("{store}: up to date"))
}

fn clock(check: &'static str, off_ms: i64) -> Finding {
    let found = match off_ms.abs() < CLOCK_MS_WARNING {
        true => return Finding::ok(check, "within a second of this machine's"),
        false => format!("{:.1} s off this machine's", off_ms as f64 / 1e3),
    };
    let severity = if off_ms.abs() < CLOCK_MS_FAULT { Severity::Warning } else { Severity::Fault };
    let advice = "Let every machine keep its time (chrony or systemd-timesyncd): the age of events, leases of jobs \
                  and the end of sessions are judged by it.";
    Finding::of(check, severity, found, advice)
}

async fn state(settings: &Settings) -> Vec<Finding> {
    let state = match Operator::open(settings).await {
        Ok(operator) => operator.state,
        Err(error) => {
            let advice = "Start Stratum, or see that DATABASE_URL is reached from here.";
            return vec![Finding::of("keys", Severity::Unknown, format!("{error:#}"), advice)];
        }
    };
    let mut findings = vec![keys(&state).await];
    match facts(&state).await {
        Ok((off_ms, failed)) => {
            findings.push(clock("state store clock", off_ms));
            findings.push(jobs(&failed));
        }
        Err(error) => {
            let found = format!("the state store did not answer: {error:#}");
            findings.push(Finding::of("jobs", Severity::Unknown, found, ""));
        }
    }
    findings
}

async fn facts(state: &PostgresState) -> Result<(i64, Vec<(String, i64)>)> {
    let mut work = state.system().await?;
    let off = Utc::now() - work.clock().await?;
    let since = Utc::now() - TimeDelta::hours(FAILED_JOBS_HOURS);
    Ok((off.num_milliseconds(), work.failed_jobs(since).await?))
}

fn jobs(failed: &[(String, i64)]) -> Finding {
    if failed.is_empty() {
        return Finding::ok("jobs", format!("none was given up in {FAILED_JOBS_HOURS} hours"));
    }
    let kinds: Vec<String> = failed.iter().map(|(kind, jobs)| format!("{kind} {jobs}")).collect();
    let found = format!("given up in {FAILED_JOBS_HOURS} hours: {}", kinds.join(", "));
    let advice = "Look for `a job is given up` in the log lines: each tells why. Letters: see [mail]; pulls: the \
                  connector's page names the fault.";
    Finding::of("jobs", Severity::Warning, found, advice)
}

/// Whether what is sealed can be opened, and whether older keys are still needed for it.
async fn keys(state: &PostgresState) -> Finding {
    const CHECK: &str = "keys";
    let look = async || -> Result<u64, stratum_models::store::StoreError> {
        let mut older = 0;
        let tenants = state.system().await?.tenants().await?;
        for tenant in tenants.into_iter().take(TENANTS_MAX) {
            let mut work = state.operate(tenant.id).await?;
            work.users().await?;
            // Never committed: it only tells what an older key has sealed.
            older += work.reseal().await?;
        }
        Ok(older)
    };
    match look().await {
        Ok(0) => Finding::ok(CHECK, "what is sealed opens with the current key"),
        Ok(rows) => {
            let found = format!("{rows} rows or more are sealed with an older key");
            let advice = "Run `stratum admin rotate-pii`, then keep the older key only as long as identifiers of \
                          events and rows of the audit log need it.";
            Finding::of(CHECK, Severity::Warning, found, advice)
        }
        Err(error) if error.kind == StoreErrorKind::Invalid => {
            let advice = "PII_ENCRYPTION_KEY is not the one that this store was written with: set that one, or name \
                          it in pii_encryption_keys_older.";
            Finding::of(CHECK, Severity::Fault, error.to_string(), advice)
        }
        Err(error) => {
            let found = format!("the state store did not answer: {error}");
            Finding::of(CHECK, Severity::Unknown, found, "")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_and_schemas_are_judged() {
        let severities = [0, -999, 1_000, -29_999, 30_000].map(|off| clock("clock", off).severity);
        let (ok, warning) = (Severity::Ok, Severity::Warning);
        assert_eq!(severities, [ok, ok, warning, warning, Severity::Fault]);
        let missing = ["0061_one".to_owned()];
        assert_eq!(schema("tables", "ClickHouse", &missing, true).severity, Severity::Fault);
        assert_eq!(schema("tables", "ClickHouse", &[], true).severity, Severity::Warning);
        assert_eq!(jobs(&[("mail".to_owned(), 2)]).severity, Severity::Warning);
    }
}

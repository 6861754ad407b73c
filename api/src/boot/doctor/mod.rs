//! Faults of an installation and their remedies: `stratum doctor`.
//!
//! It looks at the machine, at the process that runs on the data folder, and at the stores that URLs name; it
//! changes nothing. What cannot be looked at is said, not passed over.

mod machine;
mod process;
mod stores;

use serde::Serialize;
use stratum_models::name_set;

use crate::boot::Settings;

name_set! {
    /// The weight of a finding, the least first.
    Severity {
        /// As it should be.
        Ok = "ok",
        /// Could not be looked at.
        Unknown = "unknown",
        /// Works, and will not go on like this.
        Warning = "warning",
        /// Does not work, or loses something.
        Fault = "fault",
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check; the operator's guide has a row for each.
    pub check: &'static str,
    /// The weight of the finding.
    pub severity: Severity,
    /// The state that was found.
    pub found: String,
    /// The remedy; empty where there is nothing to do.
    pub advice: String,
}

impl Finding {
    fn ok(check: &'static str, found: impl Into<String>) -> Finding {
        Finding { check, severity: Severity::Ok, found: found.into(), advice: String::new() }
    }

    fn of(
        check: &'static str,
        severity: Severity,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Finding {
        Finding { check, severity, found: found.into(), advice: advice.into() }
    }
}

/// Looks at everything; the order is that of the operator's guide.
pub async fn examine(settings: &Settings) -> Vec<Finding> {
    let mut findings = machine::examine(settings);
    findings.extend(process::examine(settings).await);
    findings.extend(stores::examine(settings).await);
    findings
}

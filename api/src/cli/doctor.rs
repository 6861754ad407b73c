//! `stratum doctor`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::print;
use crate::boot::Settings;
use crate::boot::doctor::{self, Finding, Severity};

/// The form of the report.
#[derive(Args)]
pub struct DoctorArgs {
    /// Print the findings as JSON, one object with check, severity, found and advice each.
    #[arg(long)]
    json: bool,
}

/// Prints what was found; fails where something is a fault.
pub async fn doctor(settings: &Settings, args: DoctorArgs) -> Result<ExitCode> {
    let findings = doctor::examine(settings).await;
    if args.json {
        print::line(&serde_json::to_string_pretty(&findings)?)?;
    } else {
        print::text(&findings.iter().map(told).collect::<String>());
    }
    let worst = findings.iter().map(|finding| finding.severity).max();
    Ok(if worst == Some(Severity::Fault) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn told(finding: &Finding) -> String {
    let Finding { check, severity, found, advice } = finding;
    let line = format!("{:<8} {check:<18} {found}\n", severity.as_str());
    match advice.is_empty() {
        true => line,
        false => format!("{line}{:<8} {:<18} {advice}\n", "", ""),
    }
}

//! The one binary: every role, and what operators need beside them.

use std::process::ExitCode;

fn main() -> ExitCode {
    // First of all: a child that is an engine must not have threads of ours.
    stratum_api::boot::engines::run_child_if_asked();
    stratum_api::cli::main()
}

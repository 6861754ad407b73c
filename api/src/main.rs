//! The one binary: every role, and what operators need beside them.

use std::process::ExitCode;

/// Requests allocate small things and free them on other threads, which the system's allocator is
/// slow at: a tenth of the front door's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // First of all: a child that is an engine must not have threads of ours.
    stratum_engines::run_child_if_asked();
    stratum_api::cli::main()
}

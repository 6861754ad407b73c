//! The child's side: our own binary, run again to be an engine or to watch over one.
//!
//! A task comes in an environment variable, so that the child needs no command line of its own and
//! nobody runs one by mistake.

use std::ffi::c_int;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use super::clickhouse::Engine;

pub(super) const TASK_VARIABLE: &str = "STRATUM_ENGINE_CHILD";
/// Left to an engine that was asked to end before it is killed. The supervisor waits too, but it
/// may be dead.
const END_WAIT: Duration = Duration::from_secs(30);
/// Signals that a person or a system sends to end a program. The supervisor gets them too, and ends us.
const ENDING: [c_int; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum ChildTask {
    /// Be ClickHouse: it ends by itself when its standard input does.
    ClickHouse(Engine),
    /// Run a program and signal it when our standard input ends.
    Program {
        path: PathBuf,
        arguments: Vec<String>,
        /// The user and group to become.
        run_as: Option<(u32, u32)>,
        /// Ends it in order.
        stop_signal: i32,
    },
}

/// Runs an engine if this process was started for that, and does not return then. To be called
/// first of all in `main`, while there is one thread and no runtime.
pub fn run_child_if_asked() {
    let Ok(task) = std::env::var(TASK_VARIABLE) else { return };
    let status = match run(&task) {
        Ok(status) => status,
        Err(error) => {
            // Standard error is the supervisor's pipe; tracing is not set up here.
            writeln!(std::io::stderr(), "{error:#}").ok();
            1
        }
    };
    // Not exit(): the library's static destructors are not made for a host program.
    // SAFETY: ends the process.
    unsafe { libc::_exit(status) }
}

fn run(task: &str) -> Result<c_int> {
    match serde_json::from_str(task).context(TASK_VARIABLE)? {
        ChildTask::ClickHouse(engine) => {
            engine.run()?;
            Ok(0)
        }
        ChildTask::Program { path, arguments, run_as, stop_signal } => {
            for signal in ENDING {
                // SAFETY: ignoring a signal installs no code.
                unsafe { libc::signal(signal, libc::SIG_IGN) };
            }
            let mut command = Command::new(&path);
            command.args(arguments).env_remove(TASK_VARIABLE).stdin(Stdio::null());
            if let Some((user, group)) = run_as {
                // Drops the supplementary groups as well.
                command.uid(user).gid(group);
            }
            run_program(command, Signal::try_from(stop_signal)?)
                .with_context(|| format!("running {}", path.display()))
        }
    }
}

/// The engine ends with us in two ways: by `stop_signal` when standard input ends, and by the
/// parent-death signal should somebody kill -9 this watcher. The latter is bound to the thread
/// that forks, which stays in this function to the end.
fn run_program(mut command: Command, stop_signal: Signal) -> Result<c_int> {
    let watcher = std::process::id();
    // SAFETY: between fork and exec only system calls that are safe there.
    unsafe { command.pre_exec(move || before_exec(watcher, stop_signal)) };
    let mut child = command.spawn()?;
    let pid = Pid::from_raw(child.id().cast_signed());
    std::thread::spawn(move || {
        let mut byte = [0];
        while matches!(std::io::stdin().read(&mut byte), Ok(1..)) {}
        kill(pid, stop_signal).ok();
        std::thread::sleep(END_WAIT);
        // Still here, so the wait below is not over and the id is still the engine's.
        kill(pid, Signal::SIGKILL).ok();
    });
    exit_code(&mut child)
}

fn before_exec(watcher: u32, stop_signal: Signal) -> std::io::Result<()> {
    for signal in ENDING {
        // SAFETY: back to the default; ignored signals would stay so over exec.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    // After the change of user, which would clear it.
    // SAFETY: takes plain integers.
    if unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, stop_signal as c_int) } == -1 {
        return Err(std::io::Error::last_os_error());
    }
    // The watcher may have died before that.
    if std::os::unix::process::parent_id() != watcher {
        return Err(std::io::ErrorKind::Interrupted.into());
    }
    Ok(())
}

fn exit_code(child: &mut Child) -> Result<c_int> {
    let status = child.wait()?;
    Ok(status.code().unwrap_or(1))
}

//! The child's side: our own binary, run again to be an engine or to watch over one.
//!
//! A task comes in an environment variable, so that the child needs no command line of its own and
//! nobody runs one by mistake.

use std::ffi::{CString, c_char, c_int, c_void};
use std::io::{Read, Write};
use std::mem::ManuallyDrop;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use super::sandbox;

pub(super) const TASK_VARIABLE: &str = "STRATUM_ENGINE_CHILD";
/// Left to an engine that was asked to end before it is killed. The supervisor waits too, but it
/// may be dead.
const END_WAIT: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum ChildTask {
    /// Be ClickHouse: it ends by itself when its standard input does.
    Library {
        path: PathBuf,
        arguments: Vec<String>,
        /// The one folder it may write to.
        data: PathBuf,
        /// Further files it may read.
        readable: Vec<PathBuf>,
    },
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
    let ended = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];
    for signal in ended {
        // SAFETY: ignoring a signal installs no code.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
    match serde_json::from_str(task).context(TASK_VARIABLE)? {
        ChildTask::Library { path, arguments, data, readable } => {
            // SAFETY: the library is the ClickHouse engine, which needs nothing of its host.
            let library = unsafe { libloading::Library::new(&path) }?;
            // Never unloaded: that takes five seconds, and the process is about to end.
            let library = ManuallyDrop::new(library);
            if !sandbox::enter(&data, &readable)? {
                writeln!(std::io::stderr(), "this kernel has no Landlock: files are not fenced")?;
            }
            run_library(&library, &arguments)
        }
        ChildTask::Program { path, arguments, run_as, stop_signal } => {
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

/// The library's answer, as in its C header; only the error is of interest.
#[repr(C)]
struct LocalResult {
    buf: *mut c_char,
    len: usize,
    vec: *mut c_void,
    elapsed: f64,
    rows_read: u64,
    bytes_read: u64,
    error_message: *mut c_char,
}

fn run_library(library: &libloading::Library, arguments: &[String]) -> Result<c_int> {
    type QueryStable = unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut LocalResult;
    let texts: Vec<CString> = std::iter::once("clickhouse-local")
        .chain(arguments.iter().map(String::as_str))
        .map(CString::new)
        .collect::<Result<_, _>>()?;
    let mut pointers: Vec<*mut c_char> =
        texts.iter().map(|text| text.as_ptr().cast_mut()).collect();
    pointers.push(std::ptr::null_mut());
    // SAFETY: the name and the type are those of `query_stable_v2` in the library's C header.
    let main = unsafe { library.get::<QueryStable>(b"query_stable_v2\0") }?;
    // SAFETY: an argv of that many C strings and a null; all of it outlives the call.
    let result = unsafe { main(c_int::try_from(texts.len())?, pointers.as_mut_ptr()) };
    // SAFETY: the library returns null or a result that stays until it is freed, which we do not.
    let error =
        unsafe { result.as_ref() }.map_or(std::ptr::null_mut(), |result| result.error_message);
    if !error.is_null() {
        // SAFETY: not null, so a C string of the library's.
        let error = unsafe { std::ffi::CStr::from_ptr(error) };
        bail!("ClickHouse: {}", error.to_string_lossy());
    }
    Ok(0)
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
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
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

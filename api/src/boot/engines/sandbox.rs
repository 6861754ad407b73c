//! Fences the embedded ClickHouse in with Landlock.
//!
//! The engine was a tool for local files first: its scalar function `file('/etc/passwd')` asks for
//! no grant, so whoever may send a SELECT could read all that this process may. The kernel holds
//! it to its own folder instead, and to no starting of programs at all.

use std::fs::File;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

// linux/landlock.h
const CREATE_RULESET_VERSION: u32 = 1;
const RULE_PATH_BENEATH: u32 = 1;
const READ_FILE: u64 = 1 << 2;
const READ_DIR: u64 = 1 << 3;
/// All of version 1 (which begins with EXECUTE), REFER and TRUNCATE.
const HANDLED: u64 = (1 << 15) - 1;
const ALL_BUT_EXECUTE: u64 = HANDLED & !1;
/// What a rule on a single file may name: EXECUTE, WRITE_FILE, READ_FILE, TRUNCATE.
const OF_FILES: u64 = 1 | 1 << 1 | READ_FILE | 1 << 14;
/// The first version with TRUNCATE: Linux 6.2.
const VERSION_MIN: i64 = 3;

/// What any engine reads of the machine: libraries loaded late, time zones, names of hosts, its
/// own limits. Nothing of other processes.
const MACHINE: &[&str] = &[
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/zoneinfo",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/resolv.conf",
    "/etc/nsswitch.conf",
    "/etc/ld.so.cache",
    "/sys/fs/cgroup",
    "/sys/devices/system",
    "/sys/block",
    "/proc/self",
    "/proc/sys",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/loadavg",
    "/proc/uptime",
    "/proc/vmstat",
    "/proc/diskstats",
    "/proc/pressure",
    "/dev/urandom",
    "/dev/random",
];

#[repr(C)]
struct RulesetAttributes {
    handled_access_fs: u64,
}

#[repr(C, packed)]
struct PathBeneath {
    allowed_access: u64,
    parent_fd: i32,
}

/// Holds this thread, and all it will start, to `data` and to reading `readable` and the few files
/// every engine needs. False if the kernel cannot.
pub(super) fn enter(data: &Path, readable: &[PathBuf]) -> Result<bool> {
    // SAFETY: asks for the version: no attributes, length 0.
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<RulesetAttributes>(),
            0_usize,
            CREATE_RULESET_VERSION,
        )
    };
    if version < VERSION_MIN {
        return Ok(false);
    }
    let ruleset = create_ruleset()?;
    allow(&ruleset, data, ALL_BUT_EXECUTE)?;
    allow(&ruleset, Path::new("/dev/null"), ALL_BUT_EXECUTE)?;
    for path in MACHINE.iter().map(Path::new).chain(readable.iter().map(PathBuf::as_path)) {
        // Not every machine has them all.
        if path.exists() {
            allow(&ruleset, path, READ_FILE | READ_DIR)?;
        }
    }
    restrict(&ruleset).context("entering the Landlock rules")?;
    Ok(true)
}

fn create_ruleset() -> Result<OwnedFd> {
    let attributes = RulesetAttributes { handled_access_fs: HANDLED };
    // SAFETY: a pointer to attributes of the length given, read during the call.
    let ruleset = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            &raw const attributes,
            size_of::<RulesetAttributes>(),
            0_u32,
        )
    };
    let ruleset = i32::try_from(checked(ruleset).context("making Landlock rules")?)?;
    // SAFETY: a descriptor the kernel just made for us.
    Ok(unsafe { OwnedFd::from_raw_fd(ruleset) })
}

fn allow(ruleset: &OwnedFd, path: &Path, access: u64) -> Result<()> {
    let naming = || format!("fencing at {}", path.display());
    let file = File::options().read(true).custom_flags(libc::O_PATH).open(path);
    let file = file.with_context(naming)?;
    let access = if file.metadata()?.is_dir() { access } else { access & OF_FILES };
    let rule = PathBeneath { allowed_access: access, parent_fd: file.as_raw_fd() };
    // SAFETY: open descriptors and a rule of the type named, read during the call.
    let added = unsafe {
        libc::syscall(
            libc::SYS_landlock_add_rule,
            ruleset.as_raw_fd(),
            RULE_PATH_BENEATH,
            &raw const rule,
            0_u32,
        )
    };
    checked(added).with_context(naming)?;
    Ok(())
}

fn restrict(ruleset: &OwnedFd) -> Result<()> {
    // SAFETY: takes plain integers. Without it only root may restrict itself.
    checked(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }.into())?;
    // SAFETY: an open ruleset.
    checked(unsafe {
        libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0_u32)
    })?;
    Ok(())
}

fn checked(answer: libc::c_long) -> std::io::Result<libc::c_long> {
    if answer < 0 { Err(std::io::Error::last_os_error()) } else { Ok(answer) }
}

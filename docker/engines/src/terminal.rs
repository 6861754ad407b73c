//! A pseudo-terminal: the line by which an engine hears that its owner is gone.

use std::fs::OpenOptions;
use std::io::{Error, Result};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;

/// The two ends of a new pseudo-terminal in raw mode: the owner's and the engine's. The engine's
/// reads fail once the owner's is closed, in order or by the owner's death. No other process started
/// meanwhile inherits either.
///
/// ClickHouse aborts when somebody sends its port what is no HTTP, unless it runs for a person at a
/// terminal; hence no pipe.
pub fn terminal() -> Result<(OwnedFd, OwnedFd)> {
    // SAFETY: takes plain integers.
    let owner = unsafe { libc::posix_openpt(libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC) };
    if owner < 0 {
        return Err(Error::last_os_error());
    }
    // SAFETY: a descriptor the system just made for us.
    let owner = unsafe { OwnedFd::from_raw_fd(owner) };
    // SAFETY: an open descriptor; both calls keep no reference to it.
    if unsafe { libc::grantpt(owner.as_raw_fd()) | libc::unlockpt(owner.as_raw_fd()) } != 0 {
        return Err(Error::last_os_error());
    }
    let mut options = OpenOptions::new();
    let engine =
        options.read(true).write(true).custom_flags(libc::O_NOCTTY).open(name_of(&owner)?)?;
    make_raw(engine.as_raw_fd())?;
    Ok((owner, engine.into()))
}

fn name_of(owner: &OwnedFd) -> Result<String> {
    let mut name = [0; 64];
    // SAFETY: an open descriptor and a buffer of the length given, written during the call.
    let failed =
        unsafe { libc::ptsname_r(owner.as_raw_fd(), name.as_mut_ptr().cast(), name.len()) };
    if failed != 0 {
        return Err(Error::from_raw_os_error(failed));
    }
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    String::from_utf8(name[..end].to_vec()).map_err(Error::other)
}

/// No echo, no editing, no signals by control characters.
fn make_raw(terminal: i32) -> Result<()> {
    // SAFETY: all bits zero are valid attributes, and the calls below fill them in.
    let mut attributes = unsafe { std::mem::zeroed::<libc::termios>() };
    // SAFETY: an open terminal and attributes that outlive the calls.
    let failed = unsafe {
        let read = libc::tcgetattr(terminal, &raw mut attributes);
        libc::cfmakeraw(&raw mut attributes);
        read | libc::tcsetattr(terminal, libc::TCSANOW, &raw const attributes)
    };
    if failed == 0 { Ok(()) } else { Err(Error::last_os_error()) }
}

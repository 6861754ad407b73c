//! The embedded ClickHouse: `libchdb.so` in a process of its own, as it is started everywhere.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Error, ErrorKind, Result, Write};
use std::mem::ManuallyDrop;
use std::ops::RangeInclusive;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{fence, writes};
use crate::files::give;

const CONFIG_XML: &str = include_str!("../../clickhouse/config.xml");
const USERS_XML: &str = include_str!("../../clickhouse/users.xml");
const SERVE_SQL: &str = include_str!("../../clickhouse/serve.sql");
const FORBID_FILE_SQL: &str = include_str!("../../clickhouse/forbid_file.sql");
/// Makes the one database there is.
pub const CREATE_DATABASE_SQL: &str = include_str!("../../clickhouse/create_database.sql");

/// Numbers that systems set aside for users made on demand: no person and no package has one.
const USERS: RangeInclusive<u32> = 61_184..=65_519;

/// The means of starting an engine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Engine {
    /// `libchdb.so`.
    pub library: PathBuf,
    /// The folder for `data`, and for the configuration, which is written at each start.
    pub home: PathBuf,
    /// The port of its HTTP interface on 127.0.0.1.
    pub port: u16,
    /// Whether it may run without a fence where the kernel has none. Never as root.
    pub may_lack_fence: bool,
    /// The newest version of Landlock to use; tests try what older kernels have.
    pub landlock_newest: i32,
}

impl Engine {
    /// Makes the engine's folder ready for a start.
    pub fn prepare(&self) -> Result<()> {
        let (data, functions) = (self.data(), self.functions());
        make_folder(&data, 0o700)?;
        make_folder(&functions, 0o755)?;
        write(&self.home.join("config.xml"), CONFIG_XML)?;
        write(&self.home.join("users.xml"), USERS_XML)?;
        // A function of the user's own, and this is one, goes before the engine's of that name.
        write(&functions.join("function_file.sql"), FORBID_FILE_SQL)?;
        if let Some(user) = self.user() {
            std::fs::set_permissions(&self.home, Permissions::from_mode(0o711))?;
            check_way(&self.home, user)?;
            give(&data, (user, user))?;
        }
        Ok(())
    }

    /// The environment that its process must find, beside the digests of passwords and the limits
    /// that `config.xml` and `users.xml` name.
    pub fn environment(&self) -> Vec<(String, String)> {
        let text = |path: PathBuf| path.display().to_string();
        let pairs = [
            ("TERM", "dumb".to_owned()),
            // In a test's child the engine's main runs on a thread that Rust makes.
            ("RUST_MIN_STACK", (16 << 20).to_string()),
            ("STRATUM_CLICKHOUSE_USERS", text(self.home.join("users.xml"))),
            // With its slash, as the engine wants it.
            ("STRATUM_CLICKHOUSE_FUNCTIONS", text(self.functions().join(""))),
            ("STRATUM_CLICKHOUSE_NETWORK", "127.0.0.1".to_owned()),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }

    /// Is the engine until the other end of standard input is closed. Its process must be prepared for
    /// that: a child with a pseudo-terminal as its standard input and one thread.
    pub fn run(&self) -> Result<()> {
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
            // SAFETY: ignoring a signal installs no code.
            unsafe { libc::signal(signal, libc::SIG_IGN) };
        }
        // SAFETY: the library is the ClickHouse engine, which needs nothing of its host.
        let library = unsafe { libloading::Library::new(&self.library) }.map_err(Error::other)?;
        // Never unloaded: that takes five seconds, and the process is about to end.
        let library = ManuallyDrop::new(library);
        writes::end_at_failure(&self.library)?;
        let user = self.user();
        if let Some(user) = user {
            become_user(user)?;
        }
        let readable = ["config.xml", "users.xml", "functions"].map(|name| self.home.join(name));
        if let Err(lack) = fence::enter(&self.data(), &readable, self.landlock_newest)? {
            if user.is_some() || !self.may_lack_fence {
                return Err(Error::other(refusal(&lack, user.is_some())));
            }
            writeln!(std::io::stderr(), "ClickHouse runs without a fence, as configured: {lack}")?;
        }
        // Tables of `system` are made anew at each start and would find the old ones' folders. Not
        // before the fence: what is removed here is the engine's to name.
        match std::fs::remove_dir_all(self.data().join("data/system")) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        hide_prompt()?;
        serve(&library, &self.arguments())
    }

    fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    fn functions(&self) -> PathBuf {
        self.home.join("functions")
    }

    /// The user, and the group of the same number, that the engine becomes when the program is root:
    /// nobody else's, or whoever that is could read its data. The owner of the data stays it.
    fn user(&self) -> Option<u32> {
        // SAFETY: takes nothing and cannot fail.
        if unsafe { libc::geteuid() } != 0 {
            return None;
        }
        let owner = std::fs::symlink_metadata(self.data()).ok().map(|data| data.uid());
        let mut hasher = DefaultHasher::new();
        self.home.hash(&mut hasher);
        let place = hasher.finish() % u64::from(USERS.end() - USERS.start() + 1);
        let chosen = USERS.start() + u32::try_from(place).unwrap_or_default();
        Some(owner.filter(|owner| USERS.contains(owner)).unwrap_or(chosen))
    }

    fn arguments(&self) -> Vec<String> {
        let own = [
            format!("--path={}", self.data().display()),
            format!("--config-file={}", self.home.join("config.xml").display()),
            format!("--http_port={}", self.port),
            format!("--query={SERVE_SQL}"),
        ];
        let fixed = [
            "--listen_host=127.0.0.1",
            // The level in a config file is read and ignored. Warnings tell how tasks are scheduled, often.
            "--log-level=error",
            // See `terminal`.
            "--interactive",
            "--disable_suggestion",
            "--progress=off",
            "--history_file=/dev/null",
        ];
        own.into_iter().chain(fixed.map(str::to_owned)).collect()
    }
}

fn refusal(lack: &str, is_root: bool) -> String {
    let way_out = match is_root {
        true => "",
        false => ", or, where nobody else uses this machine, set clickhouse_unfenced of [engines]",
    };
    format!(
        "ClickHouse is not started, for this kernel cannot keep it from the machine's files ({lack}): \
         Landlock as of Linux 5.19 is needed, and `landlock` in /sys/kernel/security/lsm. Boot such a \
         kernel, or set CLICKHOUSE_URL to a ClickHouse elsewhere{way_out}"
    )
}

fn make_folder(path: &Path, mode: u32) -> Result<()> {
    DirBuilder::new().recursive(true).mode(mode).create(path)?;
    // Also of one that an earlier version made.
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Writes a file that the engine's user may read, whatever the umask says.
fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o644))
}

/// A folder below one that its user may not pass is of no use to the engine; say so by name.
fn check_way(home: &Path, user: u32) -> Result<()> {
    for folder in home.ancestors() {
        let found = folder.metadata()?;
        let needed = if found.uid() == user { 0o100 } else { 0o001 };
        if found.mode() & needed == 0 {
            return Err(Error::other(format!(
                "{} may not be entered by user {user}, as whom ClickHouse runs when Stratum is root: \
                 put the state folder (STRATUM_DATA) elsewhere, for instance under /var/lib, or run \
                 Stratum as an ordinary user",
                folder.display()
            )));
        }
    }
    Ok(())
}

/// Becomes a user without any rights of root, for good.
fn become_user(user: u32) -> Result<()> {
    // SAFETY: plain integers, and an empty list of groups.
    let failed = unsafe {
        libc::setgroups(0, std::ptr::null()) != 0
            || libc::setresgid(user, user, user) != 0
            || libc::setresuid(user, user, user) != 0
    };
    if failed {
        let error = Error::last_os_error();
        return Err(Error::other(format!(
            "ClickHouse cannot become user {user}, as it does when Stratum is root ({error}): run \
             Stratum as an ordinary user"
        )));
    }
    Ok(())
}

/// Sends what the engine shows a person at a terminal nowhere. What it has to report goes to standard
/// error.
fn hide_prompt() -> Result<()> {
    let nowhere = OpenOptions::new().write(true).open("/dev/null")?;
    // SAFETY: two open descriptors.
    match unsafe { libc::dup2(nowhere.as_raw_fd(), libc::STDOUT_FILENO) } {
        -1 => Err(Error::last_os_error()),
        _ => Ok(()),
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

fn serve(library: &libloading::Library, arguments: &[String]) -> Result<()> {
    type QueryStable = unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut LocalResult;
    let texts: Vec<CString> = std::iter::once("clickhouse-local")
        .chain(arguments.iter().map(String::as_str))
        .map(CString::new)
        .collect::<std::result::Result<_, _>>()?;
    let mut pointers: Vec<*mut c_char> =
        texts.iter().map(|text| text.as_ptr().cast_mut()).collect();
    pointers.push(std::ptr::null_mut());
    // SAFETY: the name and the type are those of `query_stable_v2` in the library's C header.
    let main = unsafe { library.get::<QueryStable>(b"query_stable_v2\0") }.map_err(Error::other)?;
    let count = c_int::try_from(texts.len()).map_err(Error::other)?;
    // SAFETY: an argv of that many C strings and a null; all of it outlives the call.
    let result = unsafe { main(count, pointers.as_mut_ptr()) };
    // SAFETY: the library returns null or a result that stays until it is freed, which we do not.
    let error =
        unsafe { result.as_ref() }.map_or(std::ptr::null_mut(), |result| result.error_message);
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: not null, so a C string of the library's.
    let error = unsafe { CStr::from_ptr(error) };
    Err(Error::other(format!("ClickHouse: {}", error.to_string_lossy())))
}

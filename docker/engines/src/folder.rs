//! The state folder: one holder at a time, and what must outlive a run.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};

const FORMER_ENGINES_WAIT: Duration = Duration::from_secs(30);
const PASSWORD_BYTES: usize = 24;

/// A state folder held by this process, until it is dropped.
#[derive(Debug, Clone)]
pub struct StateFolder {
    path: PathBuf,
    /// Held by this process alone.
    _holder: Arc<File>,
    /// Held by this process and by every process of its engines, which inherit it.
    engines_lock: Arc<File>,
}

impl StateFolder {
    /// Makes the folder if need be and takes it, or says who has it. If an earlier holder was
    /// killed, waits for the engines it left behind to end.
    pub async fn open(path: &Path) -> Result<StateFolder> {
        make_folder(path, 0o755)?;
        let path = path.canonicalize().with_context(|| format!("{}", path.display()))?;
        let holder = hold(&path)?;
        let engines_lock = wait_for_former_engines(&path).await?;
        Ok(StateFolder { path, _holder: Arc::new(holder), engines_lock: Arc::new(engines_lock) })
    }

    /// Where it is, with all links resolved.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn engines_lock(&self) -> Arc<File> {
        Arc::clone(&self.engines_lock)
    }

    /// The folder of one engine. Others may pass through it but not look around.
    pub(super) fn engine(&self, name: &str, mode: u32) -> Result<PathBuf> {
        let folder = self.path.join(name);
        make_folder(&folder, mode)?;
        Ok(folder)
    }
}

fn hold(path: &Path) -> Result<File> {
    let lock = path.join("lock");
    let mut file = open_lock(&lock)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            file.read_to_string(&mut pid).ok();
            let path = path.display();
            bail!("{path} is in use by process {}; one Stratum a folder", pid.trim());
        }
        Err(TryLockError::Error(error)) => {
            return Err(error).with_context(|| format!("locking {}", lock.display()));
        }
    }
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())?;
    Ok(file)
}

async fn wait_for_former_engines(path: &Path) -> Result<File> {
    let lock = path.join("engines.lock");
    let file = open_lock(&lock)?;
    let taken = async {
        while file.try_lock().is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    if tokio::time::timeout(FORMER_ENGINES_WAIT, taken).await.is_err() {
        bail!(
            "engines of an earlier run still hold {}: `fuser {}` names their processes",
            path.display(),
            lock.display()
        );
    }
    Ok(file)
}

fn open_lock(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.open(path).with_context(|| format!("opening {}", path.display()))
}

fn make_folder(path: &Path, mode: u32) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(mode).create(path);
    made.with_context(|| format!("making the folder {}", path.display()))?;
    Ok(())
}

/// The password kept in `path`, made at the first call.
pub(super) fn password(path: &Path) -> Result<String> {
    if let Ok(kept) = std::fs::read_to_string(path) {
        // Restored from somewhere with looser rights?
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o600))?;
        return Ok(kept.trim().to_owned());
    }
    let mut bytes = [0; PASSWORD_BYTES];
    File::open("/dev/urandom")?.read_exact(&mut bytes).context("/dev/urandom")?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    // Whole or not at all: a crash must not leave half a password that no engine knows.
    let unfinished = path.with_extension("new");
    std::fs::remove_file(&unfinished).ok();
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&unfinished)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    Ok(text)
}

/// The port kept in `path` if it is free, else one from the OS, kept from now on.
pub(super) fn port(path: &Path) -> Result<u16> {
    let kept = std::fs::read_to_string(path).ok().and_then(|text| text.trim().parse::<u16>().ok());
    let free = |port: u16| {
        let listener = TcpListener::bind(("127.0.0.1", port)).ok()?;
        listener.local_addr().ok().map(|address| address.port())
    };
    if let Some(port) = kept.filter(|port| *port != 0).and_then(free) {
        return Ok(port);
    }
    let port = free(0).context("no free port on 127.0.0.1")?;
    std::fs::write(path, format!("{port}\n"))?;
    Ok(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_holder_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let first = StateFolder::open(dir.path()).await.unwrap();
        let text = StateFolder::open(dir.path()).await.unwrap_err().to_string();
        assert!(text.contains(&first.path().display().to_string()), "{text}");
        assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
        drop(first);
        StateFolder::open(dir.path()).await.unwrap();
    }

    #[test]
    fn passwords_and_ports_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("x.password");
        let made = password(&file).unwrap();
        assert_eq!(made.len(), 2 * PASSWORD_BYTES);
        assert_eq!(password(&file).unwrap(), made);
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);

        let file = dir.path().join("port");
        let first = port(&file).unwrap();
        assert_eq!(port(&file).unwrap(), first);
        let _taken = TcpListener::bind(("127.0.0.1", first)).unwrap();
        assert_ne!(port(&file).unwrap(), first);
    }
}

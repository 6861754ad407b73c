//! The list of a backup's files, by which it is known to be whole.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use stratum_models::time::{Clock as _, UnixMillis};

use crate::boot::system::SystemClock;

const NAME: &str = "manifest.json";
/// The format of the files; a program that knows no other refuses them.
const FORMAT: u32 = 1;
const PIECE_BYTES: usize = 1 << 20;

/// The content of a backup.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    format: u32,
    /// The version of the program that made it.
    pub version: String,
    /// When it was made.
    pub made_at: UnixMillis,
    /// Whether the keys of the data folder are in it.
    pub has_keys: bool,
    /// All files but this list; links are not checked.
    pub files: Vec<ListedFile>,
}

/// A file as it was written.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ListedFile {
    /// Below the folder of the backup.
    path: PathBuf,
    bytes: u64,
    /// SHA-256 in hexadecimal digits.
    sha256: String,
}

impl Manifest {
    /// The manifest of a folder that is complete but for it. `advance` is told the bytes of each file.
    pub(super) fn of(
        folder: &Path,
        has_keys: bool,
        mut advance: impl FnMut(u64) -> std::io::Result<()>,
    ) -> Result<Manifest> {
        let mut files = Vec::new();
        list(folder, Path::new(""), &mut |path| {
            let (bytes, sha256) = sum(&folder.join(&path))?;
            advance(bytes)?;
            files.push(ListedFile { path, bytes, sha256 });
            Ok(())
        })?;
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Ok(Manifest { format: FORMAT, version, made_at: SystemClock.now(), has_keys, files })
    }

    /// The manifest of a backup; an error in words where the folder is none, or one of a newer program.
    pub(super) fn read(folder: &Path) -> Result<Manifest> {
        let text = fs::read(folder.join(NAME));
        let text = text.with_context(|| format!("{} is no whole backup", folder.display()))?;
        let manifest: Manifest = serde_json::from_slice(&text)
            .with_context(|| format!("the list of files of {} cannot be read", folder.display()))?;
        ensure!(
            manifest.format == FORMAT,
            "the backup has a layout that this program does not know"
        );
        if numbers(&manifest.version) > numbers(env!("CARGO_PKG_VERSION")) {
            bail!(
                "the backup was made by version {}, and this is {}: restore it with that version or \
                 a newer one",
                manifest.version,
                env!("CARGO_PKG_VERSION")
            );
        }
        Ok(manifest)
    }

    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        Ok(fs::write(folder.join(NAME), serde_json::to_vec(self)?)?)
    }

    /// Fails where a file is missing, or is not as it was written.
    pub(super) fn check(
        &self,
        folder: &Path,
        mut advance: impl FnMut(u64) -> std::io::Result<()>,
    ) -> Result<()> {
        for file in &self.files {
            let path = folder.join(&file.path);
            let found = sum(&path).with_context(|| format!("{}", path.display()))?;
            if found != (file.bytes, file.sha256.clone()) {
                bail!("{} is not as it was written: the backup is damaged", path.display());
            }
            advance(file.bytes)?;
        }
        Ok(())
    }

    /// Bytes of all files.
    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Whether this file is part of the backup rather than its list.
    pub(super) fn is_content(name: &std::ffi::OsStr) -> bool {
        name != NAME
    }
}

/// Calls `found` with each file below `at`, which is below `folder`.
fn list(folder: &Path, at: &Path, found: &mut dyn FnMut(PathBuf) -> Result<()>) -> Result<()> {
    let mut entries: Vec<_> = fs::read_dir(folder.join(at))?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (kind, path) = (entry.file_type()?, at.join(entry.file_name()));
        if kind.is_dir() {
            list(folder, &path, found)?;
        } else if kind.is_file() && Manifest::is_content(path.as_os_str()) {
            found(path)?;
        }
    }
    Ok(())
}

/// Bytes and SHA-256 of a file.
fn sum(path: &Path) -> Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut sha = digest::Context::new(&digest::SHA256);
    let (mut bytes, mut piece) = (0, vec![0; PIECE_BYTES]);
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            let sha = sha.finish();
            let hex = sha.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
            return Ok((bytes, hex));
        }
        sha.update(piece.get(..read).unwrap_or_default());
        bytes += read as u64;
    }
}

/// The numbers of a version, `1.20.3` as 1, 20 and 3.
fn numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_missing_or_newer_backup_is_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("log")).unwrap();
        fs::write(folder.path().join("log/a"), "content").unwrap();
        assert!(Manifest::read(folder.path()).unwrap_err().to_string().contains("no whole backup"));
        let mut manifest = Manifest::of(folder.path(), true, |_| Ok(())).unwrap();
        manifest.write(folder.path()).unwrap();
        let read = Manifest::read(folder.path()).unwrap();
        assert_eq!((read.bytes(), &read.files), (7, &manifest.files));
        read.check(folder.path(), |_| Ok(())).unwrap();
        fs::write(folder.path().join("log/a"), "Content").unwrap();
        let refusal = read.check(folder.path(), |_| Ok(())).unwrap_err();
        assert!(refusal.to_string().contains("log/a is not as it was written"), "{refusal}");
        fs::remove_file(folder.path().join("log/a")).unwrap();
        assert!(read.check(folder.path(), |_| Ok(())).is_err());
        manifest.version = "1000.0.0".into();
        manifest.write(folder.path()).unwrap();
        let refusal = Manifest::read(folder.path()).unwrap_err();
        assert!(refusal.to_string().contains("made by version 1000.0.0"), "{refusal}");
    }
}

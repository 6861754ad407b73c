//! `stratum restore`: a backup becomes a data folder.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use stratum_engines::files::{copy_entry, remove_folder, sync};
use stratum_models::time::UnixMillis;

use super::manifest::Manifest;
use super::{check_free, partial};

/// The result of restoring a backup.
#[derive(Debug)]
pub struct RestoreReport {
    /// The data folder.
    pub data: PathBuf,
    /// When the backup was made.
    pub made_at: UnixMillis,
    /// The version of the program that made it.
    pub version: String,
    /// Whether the keys came with it.
    pub has_keys: bool,
    /// Bytes of all files.
    pub bytes: u64,
}

/// Checks a backup and copies it to `data`, which must not be there yet or be empty; nothing stands there
/// before it is whole. `tell` is told what is done, and the bytes of that so far. Blocks on the disk.
pub fn restore(
    folder: &Path,
    data: &Path,
    mut tell: impl FnMut(&'static str, u64),
) -> Result<RestoreReport> {
    check_free(data)?;
    let manifest = Manifest::read(folder)?;
    let mut all = 0;
    manifest.check(folder, |bytes| {
        all += bytes;
        tell("checked", all);
        Ok(())
    })?;
    let place = partial(data)?;
    remove_folder(&place)?;
    let copied = copy(folder, &place, &mut tell);
    let moved = copied.and_then(|()| {
        remove_folder(data)?;
        std::fs::rename(&place, data)?;
        Ok(())
    });
    if moved.is_err() {
        remove_folder(&place).ok();
    }
    moved.with_context(|| format!("restoring to {}", data.display()))?;
    sync(data)?;
    let bytes = manifest.bytes();
    let Manifest { version, made_at, has_keys, .. } = manifest;
    Ok(RestoreReport { data: data.to_owned(), made_at, version, has_keys, bytes })
}

fn copy(from: &Path, to: &Path, tell: &mut impl FnMut(&'static str, u64)) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    // As the program makes it: the engines' users pass through.
    std::fs::DirBuilder::new().recursive(true).mode(0o755).create(to)?;
    let mut all = 0;
    let mut advance = |bytes| {
        all += bytes;
        tell("copied", all);
        Ok(())
    };
    for entry in std::fs::read_dir(from)? {
        let name = entry?.file_name();
        if Manifest::is_content(&name) {
            copy_entry(&from.join(&name), &to.join(&name), &mut advance)?;
        }
    }
    Ok(())
}

//! Small files of the data folder that only its owner may read.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use stratum_models::entropy::token;
use stratum_models::secret::Secret;

use super::system::SystemEntropy;
use crate::config::placeholder::is_placeholder;

/// Secrets shorter than this are refused: they can be guessed.
const SECRET_CHARS_MIN: usize = 32;
const SECRET_CHARS: usize = 64;

/// The secret kept in `path`, made at the first call.
pub fn secret(path: &Path) -> Result<Secret> {
    made_once(path, || Ok(token(&SystemEntropy, SECRET_CHARS)))
}

/// The secret kept in `path`, made by `make` at the first call.
pub fn made_once(path: &Path, make: impl FnOnce() -> Result<String>) -> Result<Secret> {
    if let Some(text) = read(path)? {
        if text.len() < SECRET_CHARS_MIN {
            bail!("{} holds no secret of {SECRET_CHARS_MIN} characters", path.display());
        }
        return Ok(Secret::new(text));
    }
    let text = make()?;
    write(path, &text)?;
    Ok(Secret::new(text))
}

/// The configured secret; where none is set, the one kept in `path`, unless the state store is
/// shared: another process would make another one.
pub fn configured(secret_set: &Secret, names: &str, path: &Path, shared: bool) -> Result<Secret> {
    configured_or(secret_set, names, shared, || secret(path))
}

/// The same with another way of keeping one.
pub fn configured_or(
    secret_set: &Secret,
    names: &str,
    shared: bool,
    keep: impl FnOnce() -> Result<Secret>,
) -> Result<Secret> {
    if secret_set.is_empty() {
        if shared {
            bail!("DATABASE_URL points to a shared state store, so {names} must be set");
        }
        return keep();
    }
    if secret_set.expose().len() < SECRET_CHARS_MIN {
        bail!("{names} must have at least {SECRET_CHARS_MIN} characters");
    }
    if is_placeholder(secret_set.expose()) {
        bail!("{names} is the placeholder of an example: set a secret of your own");
    }
    Ok(secret_set.clone())
}

/// The content of the file, without the white space around; `None` when there is no file.
pub fn read(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => {
            // Restored from somewhere with looser rights?
            fs::set_permissions(path, Permissions::from_mode(0o600)).ok();
            Ok(Some(text.trim().to_owned()))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}

/// Makes a folder that only its owner may enter, and what is above it where that is missing.
pub fn make_folder(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Writes the file whole or not at all.
pub fn write(path: &Path, text: &str) -> Result<()> {
    let context = || format!("writing {}", path.display());
    if let Some(folder) = path.parent() {
        make_folder(folder).with_context(context)?;
    }
    let unfinished = path.with_extension("new");
    fs::remove_file(&unfinished).ok();
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&unfinished)?;
    writeln!(file, "{text}").with_context(context)?;
    file.sync_all().with_context(context)?;
    fs::rename(&unfinished, path).with_context(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_once_and_readable_by_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets/token_key");
        let made = secret(&path).unwrap();
        assert_eq!(made.expose().len(), SECRET_CHARS);
        assert_eq!(secret(&path).unwrap(), made);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&path, "short").unwrap();
        assert!(secret(&path).is_err());
    }

    #[test]
    fn a_shared_store_needs_configured_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let refused = configured(&Secret::default(), "SECRET_KEY", &path, true).unwrap_err();
        assert!(refused.to_string().contains("SECRET_KEY must be set"), "{refused}");
        assert!(!path.exists());
        let long = Secret::new("0123456789abcdef".repeat(2));
        for example in ["x".repeat(32), "change-me".repeat(4)] {
            let refused = configured(&Secret::new(example), "SECRET_KEY", &path, true).unwrap_err();
            assert!(refused.to_string().contains("SECRET_KEY is the placeholder"), "{refused}");
        }
        assert_eq!(configured(&long, "SECRET_KEY", &path, true).unwrap(), long);
        let short = Secret::new("x".repeat(31));
        assert!(configured(&short, "SECRET_KEY", &path, false).is_err());
        assert!(configured(&Secret::default(), "SECRET_KEY", &path, false).is_ok());
    }
}

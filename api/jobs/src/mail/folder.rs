//! Letters into a folder, where no mail server is configured: for one machine, and for tests.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use lettre::Message;
use uuid::Uuid;

use super::{DeliveryError, MailTransport};

/// A folder that only its owner may read, one file a letter, named in the order they came.
pub struct FolderMail {
    folder: PathBuf,
    letters_max: usize,
    age_max: Duration,
}

impl FolderMail {
    /// Letters into this folder; beyond `letters_max` the oldest are removed, and those older than `age_max`.
    pub fn new(folder: PathBuf, letters_max: usize, age_max: Duration) -> FolderMail {
        FolderMail { folder, letters_max: letters_max.max(1), age_max }
    }
}

#[async_trait]
impl MailTransport for FolderMail {
    async fn send(&self, id: Uuid, message: &Message) -> Result<(), DeliveryError> {
        let (folder, text) = (self.folder.clone(), message.formatted());
        let (name, letters_max) = (id.to_string(), self.letters_max);
        let written = tokio::task::spawn_blocking(move || {
            write(&folder, &name, &text)?;
            remove_oldest(&folder, letters_max)
        });
        match written.await {
            Ok(Ok(())) => Ok(()),
            _ => Err(DeliveryError::Later(None)),
        }
    }

    async fn sweep(&self) {
        let (folder, age_max) = (self.folder.clone(), self.age_max);
        let swept = tokio::task::spawn_blocking(move || remove_older(&folder, age_max));
        if !matches!(swept.await, Ok(Ok(()))) {
            tracing::warn!("old letters could not be removed");
        }
    }
}

/// The treatment of the letters that are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letters {
    /// They are counted.
    Count,
    /// They are removed.
    Remove,
}

/// The letters to an address of whom is looked for; how many there are, or were.
pub fn letters_to(
    folder: &Path,
    is_theirs: &dyn Fn(&str) -> bool,
    act: Letters,
) -> io::Result<u64> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let mut letters = 0;
    for entry in entries {
        let path = entry?.path();
        // The oldest may have gone meanwhile.
        let Ok(text) = fs::read(&path) else { continue };
        if addressees(&String::from_utf8_lossy(&text)).any(is_theirs) {
            letters += 1;
            if act == Letters::Remove {
                fs::remove_file(&path)?;
            }
        }
    }
    Ok(letters)
}

/// The addresses in the `To` of a letter's head.
fn addressees(letter: &str) -> impl Iterator<Item = &str> {
    let head = letter.lines().take_while(|line| !line.is_empty());
    let to = head.filter_map(|line| line.split_once(':'));
    let to = to.filter(|(name, _)| name.eq_ignore_ascii_case("to")).map(|(_, list)| list);
    to.flat_map(|list| list.split(',')).map(|one| {
        let address = one.rsplit_once('<').map_or(one, |(_, address)| address);
        address.trim().trim_end_matches('>')
    })
}

/// Whole or not at all, and once under a name however often it is written.
fn write(folder: &Path, name: &str, text: &[u8]) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let unfinished = folder.join(format!("{name}.new"));
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(&unfinished, folder.join(format!("{name}.eml")))
}

/// The letters of the folder, oldest first; none where nobody has made it yet.
fn letters(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut letters: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .collect();
    letters.sort();
    Ok(letters)
}

/// By the time a file was written: a letter holds tokens, which nobody shall find later.
fn remove_older(folder: &Path, age_max: Duration) -> io::Result<()> {
    for path in letters(folder)? {
        if fs::metadata(&path)?.modified()?.elapsed().is_ok_and(|age| age > age_max) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn remove_oldest(folder: &Path, letters_max: usize) -> io::Result<()> {
    let letters = letters(folder)?;
    let surplus = letters.len().saturating_sub(letters_max);
    letters.iter().take(surplus).try_for_each(fs::remove_file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn letters_to_somebody_are_found_and_removed() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("mail");
        let theirs = |address: &str| address.eq_ignore_ascii_case("ana@example.com");
        assert_eq!(letters_to(&folder, &theirs, Letters::Remove).unwrap(), 0);
        for (name, text) in [
            ("1", "From: x@example.com\r\nTo: Ana@example.com\r\n\r\nHello"),
            ("2", "To: \"Ana\" <ana@example.com>\r\n\r\n"),
            ("3", "To: bea@example.com\r\n\r\nTo: ana@example.com"),
        ] {
            write(&folder, name, text.as_bytes()).unwrap();
        }
        assert_eq!(letters_to(&folder, &theirs, Letters::Count).unwrap(), 2);
        assert_eq!(letters_to(&folder, &theirs, Letters::Remove).unwrap(), 2);
        assert_eq!(letters_to(&folder, &theirs, Letters::Count).unwrap(), 0);
        assert!(folder.join("3.eml").exists());
    }

    #[test]
    fn a_letter_is_for_its_owners_eyes_and_the_oldest_go() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("mail");
        for name in ["1", "2", "3"] {
            write(&folder, name, b"text").unwrap();
        }
        remove_oldest(&folder, 2).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&folder.join("3.eml"))), (0o700, 0o600));
        let mut names: Vec<_> = fs::read_dir(&folder).unwrap().flatten().collect();
        names.sort_by_key(std::fs::DirEntry::file_name);
        let names: Vec<_> = names.iter().map(std::fs::DirEntry::file_name).collect();
        assert_eq!(names, ["2.eml", "3.eml"]);
    }

    #[test]
    fn letters_go_when_they_are_old() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("mail");
        let age_max = Duration::from_secs(3_600);
        remove_older(&folder, age_max).unwrap();
        for name in ["1", "2"] {
            write(&folder, name, b"text").unwrap();
        }
        let old = std::time::SystemTime::now() - 2 * age_max;
        let file = OpenOptions::new().write(true).open(folder.join("1.eml")).unwrap();
        file.set_modified(old).unwrap();
        remove_older(&folder, age_max).unwrap();
        assert_eq!(letters(&folder).unwrap(), [folder.join("2.eml")]);
    }
}

//! Whole folders: copied, and given to the user who needs them.

use std::fs::{self, File};
use std::io::{Error, Result};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{MetadataExt as _, lchown, symlink};
use std::path::Path;

/// Is told the bytes of each file that was copied; an error ends the copy.
pub type Advance<'a> = &'a mut dyn FnMut(u64) -> Result<()>;

/// Copies a folder with all in it: files, folders and links, with their modes. Folders that are there
/// already are filled. What is removed from `from` meanwhile is left out.
pub fn copy_folder(from: &Path, to: &Path, advance: Advance<'_>) -> Result<()> {
    fs::create_dir_all(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy_entry(&entry.path(), &to.join(entry.file_name()), advance)?;
    }
    Ok(())
}

/// Copies a file, a link or a folder; does nothing where there is none.
pub fn copy_entry(from: &Path, to: &Path, advance: Advance<'_>) -> Result<()> {
    let Some(found) = present(fs::symlink_metadata(from))? else { return Ok(()) };
    if found.is_dir() {
        return copy_folder(from, to, advance);
    }
    if found.is_symlink() {
        return symlink(fs::read_link(from)?, to);
    }
    match present(fs::copy(from, to))? {
        Some(bytes) => advance(bytes),
        None => Ok(()),
    }
}

/// Removes a folder that may not be there.
pub fn remove_folder(folder: &Path) -> Result<()> {
    present(fs::remove_dir_all(folder)).map(drop)
}

/// Writes all of the file system of `path` to disk.
pub fn sync(path: &Path) -> Result<()> {
    let folder = File::open(path)?;
    // SAFETY: an open descriptor.
    match unsafe { libc::syncfs(folder.as_raw_fd()) } {
        0 => Ok(()),
        _ => Err(Error::last_os_error()),
    }
}

/// Gives a folder and all in it to a user and a group. The folder itself comes last: until it is given,
/// all is given again.
pub(super) fn give(folder: &Path, (user, group): (u32, u32)) -> Result<()> {
    if fs::symlink_metadata(folder)?.uid() == user {
        return Ok(());
    }
    give_within(folder, (user, group))?;
    lchown(folder, Some(user), Some(group))
}

fn give_within(folder: &Path, (user, group): (u32, u32)) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            give_within(&entry.path(), (user, group))?;
        }
        lchown(entry.path(), Some(user), Some(group))?;
    }
    Ok(())
}

fn present<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_folder_is_copied_with_its_modes_and_links() {
        let place = tempfile::tempdir().unwrap();
        let (from, to) = (place.path().join("from"), place.path().join("to"));
        fs::create_dir_all(from.join("deep")).unwrap();
        fs::write(from.join("deep/secret"), "four").unwrap();
        fs::set_permissions(from.join("deep/secret"), fs::Permissions::from_mode(0o600)).unwrap();
        fs::set_permissions(from.join("deep"), fs::Permissions::from_mode(0o700)).unwrap();
        symlink("deep/secret", from.join("link")).unwrap();
        let mut bytes = 0;
        copy_folder(&from, &to, &mut |copied| {
            bytes += copied;
            Ok(())
        })
        .unwrap();
        let mode = |path: &str| fs::metadata(to.join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!((bytes, mode("deep"), mode("deep/secret")), (4, 0o700, 0o600));
        assert_eq!(fs::read_link(to.join("link")).unwrap(), Path::new("deep/secret"));
        let refused = |_| Err(Error::other("enough"));
        assert!(copy_folder(&from, &place.path().join("other"), &mut { refused }).is_err());
        assert!(copy_entry(Path::new("/nowhere"), &to, &mut |_| Ok(())).is_ok());
    }
}

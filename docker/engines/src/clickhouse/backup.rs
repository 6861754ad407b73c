//! A copy of the tables that were frozen, laid out as the data of an engine.
//!
//! Freezing a table makes hard links of its parts below `shadow/NAME`, in the same places as below the
//! data folder. With the tables' own descriptions beside them they are a data folder again.

use std::fs;
use std::io::Result;
use std::path::{Path, PathBuf};

use crate::files::{Advance, copy_entry, copy_folder, remove_folder};

const PASSWORDS: [&str; 3] = ["admin.password", "app.password", "ro.password"];

/// The files of an engine.
#[derive(Clone, Debug)]
pub struct ClickHouseFiles {
    home: PathBuf,
}

impl ClickHouseFiles {
    pub(super) fn new(home: PathBuf) -> ClickHouseFiles {
        ClickHouseFiles { home }
    }

    /// Copies what was frozen under `name`, the descriptions of the tables and the passwords into `to`,
    /// the folder of an engine that has not run yet, and lets go of what was frozen. Blocks on the disk.
    pub fn copy_frozen(&self, name: &str, to: &Path, advance: Advance<'_>) -> Result<()> {
        let (data, copy) = (self.home.join("data"), to.join("data"));
        copy_folder(&data.join("metadata"), &copy.join("metadata"), advance)?;
        copy_descriptions(&data.join("store"), &copy.join("store"), advance)?;
        copy_entry(&self.frozen(name).join("store"), &copy.join("store"), advance)?;
        for file in PASSWORDS {
            copy_entry(&self.home.join(file), &to.join(file), advance)?;
        }
        self.remove_frozen(name)
    }

    /// Lets go of what was frozen under `name`, if there is any. Blocks on the disk.
    pub fn remove_frozen(&self, name: &str) -> Result<()> {
        remove_folder(&self.frozen(name))
    }

    fn frozen(&self, name: &str) -> PathBuf {
        self.home.join("data/shadow").join(name)
    }
}

/// Copies the files that stand beside the parts of each table: its format, what is being removed of it;
/// and those of the database, a table's definition each.
fn copy_descriptions(store: &Path, to: &Path, advance: Advance<'_>) -> Result<()> {
    for group in fs::read_dir(store)? {
        let group = group?;
        for table in fs::read_dir(group.path())? {
            let table = table?;
            let folder = to.join(group.file_name()).join(table.file_name());
            fs::create_dir_all(&folder)?;
            for entry in fs::read_dir(table.path())? {
                let entry = entry?;
                if entry.file_type()?.is_file() {
                    copy_entry(&entry.path(), &folder.join(entry.file_name()), advance)?;
                }
            }
        }
    }
    Ok(())
}

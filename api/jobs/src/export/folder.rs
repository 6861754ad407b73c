//! The folder of finished exports: `<tenant>/<job>-<attempt>`, and `….part` while it is written.

use std::io::Result;
use std::path::{Path, PathBuf};

use stratum_models::id::TenantId;
use stratum_state::export_job::FileKey;
use tokio::fs::{DirBuilder, File, OpenOptions};
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

const PART: &str = ".part";

/// Where files of exports lie. Processes that make and serve them must see the same folder.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

/// A file that is being written; it is removed unless it is sealed.
pub struct PartFile {
    file: File,
    part: PathBuf,
    whole: PathBuf,
}

impl Drop for PartFile {
    fn drop(&mut self) {
        // A sealed one has another name.
        std::fs::remove_file(&self.part).ok();
    }
}

impl Folder {
    /// The configured folder, else `exports` among the data.
    pub fn new(configured: &str, data: &Path) -> Folder {
        match configured {
            "" => Folder(data.join("exports")),
            folder => Folder(folder.into()),
        }
    }

    fn of(&self, tenant: TenantId) -> PathBuf {
        self.0.join(tenant.0.to_string())
    }

    /// Where a finished file lies.
    pub fn path(&self, key: FileKey) -> PathBuf {
        self.of(key.tenant).join(format!("{}-{}", key.job, key.attempt))
    }

    /// Begins a file.
    pub async fn create(&self, key: FileKey) -> Result<PartFile> {
        DirBuilder::new().recursive(true).mode(0o700).create(self.of(key.tenant)).await?;
        let whole = self.path(key);
        let part = whole.with_file_name(format!("{}-{}{PART}", key.job, key.attempt));
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&part).await?;
        Ok(PartFile { file, part, whole })
    }

    /// Removes a file, where there is one.
    pub async fn remove(&self, key: FileKey) {
        tokio::fs::remove_file(self.path(key)).await.ok();
    }

    /// Every file whose name reads like one of ours.
    pub async fn files(&self) -> Result<Vec<(FileKey, PathBuf)>> {
        let mut files = Vec::new();
        let mut tenants = match tokio::fs::read_dir(&self.0).await {
            Ok(tenants) => tenants,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(files),
            Err(error) => return Err(error),
        };
        while let Some(folder) = tenants.next_entry().await? {
            let tenant = folder.file_name().to_str().and_then(|name| name.parse().ok());
            let Some(tenant) = tenant.map(TenantId) else { continue };
            let mut entries = tokio::fs::read_dir(folder.path()).await?;
            while let Some(entry) = entries.next_entry().await? {
                let key = entry.file_name().to_str().and_then(|name| key_of(tenant, name));
                files.extend(key.map(|key| (key, entry.path())));
            }
        }
        Ok(files)
    }
}

fn key_of(tenant: TenantId, name: &str) -> Option<FileKey> {
    let (job, attempt) = name.strip_suffix(PART).unwrap_or(name).rsplit_once('-')?;
    Some(FileKey { tenant, job: Uuid::parse_str(job).ok()?, attempt: attempt.parse().ok()? })
}

impl PartFile {
    /// Adds bytes.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).await
    }

    /// Makes it a finished file: on disk first, then under its name.
    pub async fn seal(mut self) -> Result<()> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        tokio::fs::rename(&self.part, &self.whole).await?;
        let folder = self.whole.parent().unwrap_or(Path::new("."));
        File::open(folder).await?.sync_all().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_has_its_name_only_once_it_is_whole() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new("", place.path());
        assert_eq!(folder.files().await.unwrap(), []);
        let key = |attempt| FileKey { tenant: TenantId(7), job: Uuid::from_u128(1), attempt };
        let mut file = folder.create(key(1)).await.unwrap();
        file.write(b"half").await.unwrap();
        assert!(!folder.path(key(1)).exists());
        assert_eq!(folder.files().await.unwrap()[0].0, key(1));
        file.seal().await.unwrap();
        assert_eq!(std::fs::read(folder.path(key(1))).unwrap(), b"half");
        drop(folder.create(key(2)).await.unwrap());
        std::fs::write(place.path().join("exports/7/notes.txt"), "ours?").unwrap();
        assert_eq!(folder.files().await.unwrap().len(), 1);
        folder.remove(key(1)).await;
        assert_eq!(folder.files().await.unwrap(), []);
    }
}

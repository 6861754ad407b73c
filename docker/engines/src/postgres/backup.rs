//! A copy of a running Postgres, made by its own `pg_basebackup`.

use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use nix::unistd::User;

use super::{SUPERUSER, program, run_to_end};
use crate::files::{copy_entry, remove_folder};

const COPIER: &str = "pg_basebackup";
const COPY_WAIT: Duration = Duration::from_secs(3600);
const PASSWORDS: [&str; 3] = ["superuser.password", "owner.password", "app.password"];

/// Makes copies of a running Postgres.
#[derive(Clone, Debug)]
pub struct PostgresBackup {
    pub(super) bin: PathBuf,
    pub(super) run_as: Option<User>,
    pub(super) home: PathBuf,
    pub(super) port: u16,
    pub(super) superuser_password: String,
}

impl PostgresBackup {
    /// Copies all of the engine, as of the end of the copy, into `to`, the folder of an engine that has
    /// not run yet. Answers the bytes. Needs as much room in the engine's own folder for the time of it.
    pub async fn copy_to(&self, to: &Path) -> Result<u64> {
        let made = self.home.join("backup");
        remove_folder(&made)?;
        std::fs::DirBuilder::new().mode(0o700).create(&made)?;
        if let Some(user) = &self.run_as {
            chown(&made, Some(user.uid.as_raw()), Some(user.gid.as_raw()))?;
        }
        let mut command = program(&self.bin, COPIER, self.run_as.as_ref());
        command
            .args(["--host=127.0.0.1", "--wal-method=stream", "--checkpoint=fast", "--no-password"])
            .args([format!("--port={}", self.port), format!("--username={SUPERUSER}")])
            .arg(format!("--pgdata={}", made.join("data").display()))
            .env("PGPASSWORD", &self.superuser_password)
            .env_remove("PGPASSFILE");
        run_to_end(command, COPIER, COPY_WAIT).await?;
        let (home, to) = (self.home.clone(), to.to_owned());
        let copy = tokio::task::spawn_blocking(move || -> std::io::Result<u64> {
            let mut bytes = 0;
            let mut advance = |copied| {
                bytes += copied;
                Ok(())
            };
            std::fs::create_dir_all(&to)?;
            copy_entry(&made.join("data"), &to.join("data"), &mut advance)?;
            for file in PASSWORDS {
                copy_entry(&home.join(file), &to.join(file), &mut advance)?;
            }
            remove_folder(&made)?;
            Ok(bytes)
        });
        Ok(copy.await??)
    }
}

//! A private Postgres: found on the machine or installed, never run as root.

mod backup;

use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use futures::FutureExt;
use nix::unistd::{Uid, User};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tokio::process::Command;

use crate::EngineSettings;
pub use backup::PostgresBackup;

use crate::child::ChildTask;
use crate::files;
use crate::folder::{self, StateFolder};
use crate::supervisor::{Blueprint, Supervisor};

const CREATE_ROLES_SQL: &str = include_str!("../../postgres/create_roles.sql");
const SET_PASSWORD_SQL: &str = include_str!("set_password.sql");
const CREATE_DATABASE_SQL: &str = include_str!("../../postgres/create_database.sql");
const OWN_DATABASE_SQL: &str = include_str!("../../postgres/own_database.sql");

const SUPERUSER: &str = "postgres";
const OWNER: &str = "stratum_owner";
const APP: &str = "app";
const DATABASE: &str = "stratum";
const MAJOR_MIN: u32 = 15;
const DUPLICATE_DATABASE: &str = "42P04";
const CONNECT_WAIT: Duration = Duration::from_secs(5);
const INITDB: &str = "initdb";
const INITDB_WAIT: Duration = Duration::from_secs(120);

/// A running Postgres of this process.
#[derive(Debug)]
pub struct PostgresEngine {
    supervisor: Supervisor,
    backup: PostgresBackup,
    url: String,
    migration_url: String,
}

impl PostgresEngine {
    /// Starts the engine on the folder's data, which is made at the first start, and returns when
    /// the database is there.
    pub async fn start(folder: &StateFolder, settings: &EngineSettings) -> Result<PostgresEngine> {
        let home = folder.engine("postgres", 0o711)?;
        let data = home.join("data");
        let superuser_password = folder::password(&home.join("superuser.password"))?;
        let owner_password = folder::password(&home.join("owner.password"))?;
        let app_password = folder::password(&home.join("app.password"))?;
        let binaries = Binaries::find(settings, &data)?;
        let run_as = unprivileged_user()?;
        if let Some(user) = &run_as {
            reachable(&home, user, "the state folder (STRATUM_DATA)")?;
            reachable(&binaries.bin, user, "the engines folder (STRATUM_ENGINES)")?;
        }
        if !data.join("PG_VERSION").exists() {
            initialise(&home, &binaries, run_as.as_ref(), &superuser_password).await?;
        }
        if let Some(user) = &run_as {
            // Another's where it was restored by root.
            files::give(&data, (user.uid.as_raw(), user.gid.as_raw()))?;
        }
        let port = folder::port(&home.join("port"))?;
        let admin = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(port)
            .username(SUPERUSER)
            .password(&superuser_password)
            .database("postgres")
            .disable_statement_logging();
        let blueprint = Blueprint {
            name: "postgres",
            task: task(&binaries, &data, port, run_as.as_ref(), settings),
            environment: vec![("LC_ALL".to_owned(), "C".to_owned())],
            prepare: Box::new(|| Ok(())),
            ready: {
                let admin = admin.clone();
                Box::new(move || answers(admin.clone()).boxed())
            },
            settings: settings.clone(),
            lock: folder.engines_lock(),
        };
        let supervisor = Supervisor::start(blueprint).await?;
        let logins = [(OWNER, owner_password.as_str()), (APP, app_password.as_str())];
        create_database(&admin, &logins).await.context("creating the Postgres database")?;
        let [migration_url, url] = logins.map(|(login, password)| {
            format!("postgres://{login}:{password}@127.0.0.1:{port}/{DATABASE}")
        });
        let backup = PostgresBackup { bin: binaries.bin, run_as, home, port, superuser_password };
        Ok(PostgresEngine { supervisor, backup, url, migration_url })
    }

    /// `postgres://app:PASSWORD@127.0.0.1:PORT/stratum`; the login owns nothing.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same as `stratum_owner`, who owns the database and no more.
    pub fn migration_url(&self) -> &str {
        &self.migration_url
    }

    /// Makes copies of the engine while it runs.
    pub fn backup(&self) -> PostgresBackup {
        self.backup.clone()
    }

    /// The id of the process that watches over Postgres; another one after it died and was
    /// started again.
    pub fn pid(&self) -> u32 {
        self.supervisor.pid()
    }

    /// Ends the engine in order (a fast stop) and returns when it is gone.
    pub async fn stop(self) {
        self.supervisor.stop().await;
    }
}

struct Binaries {
    bin: PathBuf,
    major: u32,
}

impl Binaries {
    /// The first in the documented order that fits: 15 or newer, and the very major version that
    /// made the data, if there are any.
    fn find(settings: &EngineSettings, data: &Path) -> Result<Binaries> {
        let made_by = std::fs::read_to_string(data.join("PG_VERSION")).ok();
        let made_by = made_by.and_then(|text| text.trim().parse::<u32>().ok());
        let found: Vec<Binaries> =
            candidates(settings).into_iter().filter_map(Binaries::probe).collect();
        let majors: Vec<u32> = found.iter().map(|binaries| binaries.major).collect();
        let fits = |binaries: &Binaries| {
            binaries.major >= MAJOR_MIN && made_by.is_none_or(|major| binaries.major == major)
        };
        match (found.into_iter().find(fits), made_by) {
            (Some(binaries), _) => Ok(binaries),
            (None, Some(major)) => bail!(
                "{} was made by Postgres {major}, and only {majors:?} is installed: install that \
                 version, or move the data by pg_dump",
                data.display()
            ),
            (None, None) => {
                bail!("no Postgres {MAJOR_MIN} or newer is installed: run make engines")
            }
        }
    }

    fn probe(bin: PathBuf) -> Option<Binaries> {
        let said =
            std::process::Command::new(bin.join("postgres")).arg("--version").output().ok()?;
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        // "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"
        let version = said.split_whitespace().find(|word| word.starts_with(char::is_numeric))?;
        let digits = version.split(|letter: char| !letter.is_ascii_digit()).next()?;
        let major = digits.parse().ok()?;
        bin.join("initdb").exists().then_some(Binaries { bin, major })
    }
}

fn candidates(settings: &EngineSettings) -> Vec<PathBuf> {
    if let Some(bin) = &settings.postgres_bin {
        return vec![bin.clone()];
    }
    let asked =
        std::process::Command::new("pg_config").arg("--bindir").stderr(Stdio::null()).output();
    let asked = asked.ok().map(|said| PathBuf::from(String::from_utf8_lossy(&said.stdout).trim()));
    let mut packaged: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
        })
        .collect();
    packaged.sort_by(|left, right| right.cmp(left));
    let installed = settings.engines_folder().map(|folder| folder.join("postgres/bin"));
    asked.into_iter().chain(packaged.into_iter().map(|(_, bin)| bin)).chain(installed).collect()
}

/// Postgres refuses to run as root: as root we become somebody, else we stay who we are.
fn unprivileged_user() -> Result<Option<User>> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name)? {
            return Ok(Some(user));
        }
    }
    bail!("Postgres does not run as root, and there is no user postgres or nobody to run it")
}

/// A folder below one that the user may not pass is of no use to it; say so by name.
fn reachable(path: &Path, user: &User, what: &str) -> Result<()> {
    for folder in path.ancestors() {
        let metadata = folder.metadata().with_context(|| format!("{}", folder.display()))?;
        let bits = metadata.mode();
        let passes = if metadata.uid() == user.uid.as_raw() {
            bits & 0o100 != 0
        } else if metadata.gid() == user.gid.as_raw() {
            bits & 0o010 != 0
        } else {
            bits & 0o001 != 0
        };
        ensure!(
            passes,
            "{} may not be entered by user {}, as whom Postgres runs when Stratum is root: put \
             {what} elsewhere, for instance under /var/lib, or run Stratum as an ordinary user",
            folder.display(),
            user.name
        );
    }
    Ok(())
}

/// Makes the data in a folder of another name first: a crash leaves no half of it behind.
async fn initialise(
    home: &Path,
    binaries: &Binaries,
    run_as: Option<&User>,
    password: &str,
) -> Result<()> {
    let made = home.join("making");
    if made.exists() {
        std::fs::remove_dir_all(&made)?;
    }
    std::fs::DirBuilder::new().mode(0o700).create(&made)?;
    let password_file = made.join("password");
    std::fs::write(&password_file, password)?;
    if let Some(user) = run_as {
        let (uid, gid) = (user.uid.as_raw(), user.gid.as_raw());
        chown(&made, Some(uid), Some(gid))?;
        chown(&password_file, Some(uid), Some(gid))?;
    }
    let file = |option: &str, path: &Path| format!("--{option}={}", path.display());
    let mut command = program(&binaries.bin, INITDB, run_as);
    command
        .args([file("pgdata", &made.join("data")), file("pwfile", &password_file)])
        .args(["--auth=scram-sha-256", "--locale=C", "--encoding=UTF8"])
        .arg(format!("--username={SUPERUSER}"));
    run_to_end(command, INITDB, INITDB_WAIT).await?;
    std::fs::rename(made.join("data"), home.join("data"))?;
    std::fs::remove_dir_all(&made)?;
    Ok(())
}

/// One of Postgres' programs, as the user that Postgres runs as. It ends when its command is dropped.
fn program(bin: &Path, name: &str, run_as: Option<&User>) -> Command {
    let mut command = Command::new(bin.join(name));
    if let Some(user) = run_as {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    command.current_dir("/").env("LC_ALL", "C").stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs a program until it ends well; an error holds what it said, or that it took longer than `wait_max`.
async fn run_to_end(mut command: Command, name: &str, wait_max: Duration) -> Result<()> {
    let output = tokio::time::timeout(wait_max, command.output()).await;
    let output = output.with_context(|| format!("{name} took too long"))?;
    let output = output.with_context(|| format!("running {name}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name} ended with {}: {said}", output.status);
    Ok(())
}

fn task(
    binaries: &Binaries,
    data: &Path,
    port: u16,
    run_as: Option<&User>,
    settings: &EngineSettings,
) -> ChildTask {
    let buffers_kib = settings.postgres_buffers_bytes >> 10;
    let options = [
        "listen_addresses=127.0.0.1".to_owned(),
        "unix_socket_directories=".to_owned(),
        "logging_collector=off".to_owned(),
        "log_min_messages=warning".to_owned(),
        // Details and statements may quote rows, and rows may be about people.
        "log_error_verbosity=terse".to_owned(),
        "log_min_error_statement=panic".to_owned(),
        format!("shared_buffers={buffers_kib}kB"),
    ];
    let mut arguments = vec!["-D".to_owned(), data.display().to_string()];
    arguments.extend(["-p".to_owned(), port.to_string()]);
    arguments.extend(options.into_iter().flat_map(|option| ["-c".to_owned(), option]));
    ChildTask::Program {
        path: binaries.bin.join("postgres"),
        arguments,
        run_as: run_as.map(|user| (user.uid.as_raw(), user.gid.as_raw())),
        // A fast stop: sessions are ended, the data is written.
        stop_signal: libc::SIGINT,
    }
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection> {
    Ok(tokio::time::timeout(CONNECT_WAIT, options.connect()).await??)
}

async fn answers(options: PgConnectOptions) -> bool {
    match connect(&options).await {
        Ok(connection) => connection.close().await.is_ok(),
        Err(_) => false,
    }
}

/// Makes the database and its logins. A database that is there already stays, but for its owner; passwords are
/// set at each start, so that their files are right.
async fn create_database(admin: &PgConnectOptions, logins: &[(&str, &str)]) -> Result<()> {
    let mut connection = connect(admin).await?;
    sqlx::raw_sql(CREATE_ROLES_SQL).execute(&mut connection).await?;
    for (role, password) in logins {
        // Hexadecimal digits of our own making; a password cannot be a parameter.
        let set_password = SET_PASSWORD_SQL.replace("{role}", role);
        let set_password = set_password.replace("{password}", password);
        sqlx::raw_sql(AssertSqlSafe(set_password)).execute(&mut connection).await?;
    }
    if let Err(error) = sqlx::raw_sql(CREATE_DATABASE_SQL).execute(&mut connection).await {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        ensure!(code.as_deref() == Some(DUPLICATE_DATABASE), error);
    }
    connection.close().await?;
    let mut connection = connect(&admin.clone().database(DATABASE)).await?;
    sqlx::raw_sql(OWN_DATABASE_SQL).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

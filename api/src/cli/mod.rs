//! The command line.

pub mod print;
mod run;
mod admin;
mod upkeep;
mod audit;
mod demo;
mod tail;
mod health;
mod doctor;
mod backup;
mod train;
mod model;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, Parser, Subcommand};

use crate::boot::{Role, Roles, Settings};
use crate::config::Loader;

/// Receives conversion events and ad reports, and answers with KPIs and match quality.
#[derive(Parser)]
#[command(name = "stratum", version, about, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    sources: Sources,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Sources {
    /// A file of settings that differ from the defaults (api/config/default.toml explains them).
    #[arg(long, global = true, env = "STRATUM_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder of data and generated secrets.
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The filter of log lines, in the format of RUST_LOG.
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Run all roles in one process, with embedded engines where no URL names a shared one.
    Up(UpArgs),
    /// Receive events and ad reports and append them to a shared log.
    Ingest(ListenArgs),
    /// Process a shared log into a shared warehouse.
    Pipeline(ListenArgs),
    /// Serve the API from a shared warehouse and a shared state store.
    Api(ListenArgs),
    /// Run background work: e-mails, exports, pulls, training, campaigns of ad reports, and
    /// clean-up.
    Jobs(ListenArgs),
    /// Hand events on to the ad platforms that destinations name.
    Deliver(ListenArgs),
    /// Update the tables of the warehouse and of the state store to this version.
    Migrate,
    /// Send generated events and ad reports to the public API.
    Demo(demo::DemoArgs),
    /// Train the prediction models now.
    Train(train::TrainArgs),
    /// Show trained models.
    Model(model::ModelArgs),
    /// Manage tenants, users, datasets and API keys.
    Admin(admin::AdminArgs),
    /// Print the OpenAPI document.
    Openapi,
    /// Print the log as JSON lines.
    Tail(tail::TailArgs),
    /// Check whether the stores of a running Stratum answer; fails if one does not.
    Health(health::HealthArgs),
    /// Look at the machine, the running process and the stores; say what is wrong and what to do.
    Doctor(doctor::DoctorArgs),
    /// Make a backup of a running Stratum on embedded engines.
    Backup(backup::BackupArgs),
    /// Make a data folder of a backup.
    Restore(backup::RestoreArgs),
}

#[derive(Args)]
struct ListenArgs {
    /// Address and port to serve on; port 0 selects a free one.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

#[derive(Args)]
struct UpArgs {
    #[command(flatten)]
    listen: ListenArgs,
    /// Create demo tenants and send generated traffic to the public API.
    #[arg(long)]
    demo: bool,
    /// Events per second of that traffic.
    #[arg(long, requires = "demo", value_name = "EVENTS")]
    rate: Option<f64>,
}

/// Runs the command of this process's arguments.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = load(&cli).and_then(|(settings, notes)| execute(cli.command, settings, &notes));
    match outcome {
        Ok(code) => code,
        // Whoever read our output has seen enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            print::error(&error);
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// The settings, and what is to be told of their sources.
fn load(cli: &Cli) -> Result<(Settings, Vec<String>)> {
    let mut loader = Loader::new()?;
    if let Some(path) = &cli.sources.config {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {name}"))?;
        loader.file(&name, &text)?;
    }
    // Names and values that are no text are of other programs.
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    loader.environment(variables)?;
    if let Some(data) = &cli.sources.data {
        let data = data.to_str().context("--data is not UTF-8 text")?;
        loader.set("--data", &["data_dir"], data)?;
    }
    if let Some(log) = &cli.sources.log {
        loader.set("--log", &["telemetry", "log"], log)?;
    }
    let listen = match &cli.command {
        Command::Up(up) => up.listen.listen.as_deref(),
        Command::Ingest(args) | Command::Pipeline(args) => args.listen.as_deref(),
        Command::Api(args) | Command::Jobs(args) | Command::Deliver(args) => args.listen.as_deref(),
        _ => None,
    };
    if let Some(listen) = listen {
        loader.set("--listen", &["server", "listen"], listen)?;
    }
    let notes = loader.renamed().map(str::to_owned).collect();
    Ok((loader.finish()?, notes))
}

fn execute(command: Command, settings: Settings, notes: &[String]) -> Result<ExitCode> {
    if let Command::Openapi = command {
        print::text(&stratum_server::docs::json()?);
        return Ok(ExitCode::SUCCESS);
    }
    let reports = crate::report::start(&settings.telemetry.sentry_dsn)?;
    crate::telemetry::log(&settings.telemetry.log, settings.telemetry.log_json, reports.is_some())?;
    for note in notes {
        tracing::warn!("{note}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(dispatch(command, settings));
    // What hangs in a thread of its own must not hold up the end.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    outcome
}

async fn dispatch(command: Command, settings: Settings) -> Result<ExitCode> {
    match command {
        Command::Up(args) => {
            let demo = args.demo.then(|| args.rate.unwrap_or(settings.demo.rate));
            Box::pin(run::run(settings, Roles::Every, demo)).await?;
        }
        Command::Ingest(_) => Box::pin(run::run(settings, Roles::One(Role::Ingest), None)).await?,
        Command::Pipeline(_) => {
            Box::pin(run::run(settings, Roles::One(Role::Pipeline), None)).await?
        }
        Command::Api(_) => Box::pin(run::run(settings, Roles::One(Role::Api), None)).await?,
        Command::Jobs(_) => Box::pin(run::run(settings, Roles::One(Role::Jobs), None)).await?,
        Command::Deliver(_) => {
            Box::pin(run::run(settings, Roles::One(Role::Deliver), None)).await?
        }
        Command::Migrate => crate::boot::migrate(&settings).await?,
        Command::Demo(args) => demo::demo(settings, args).await?,
        Command::Admin(args) => admin::admin(settings, args).await?,
        Command::Train(args) => train::train(settings, args).await?,
        Command::Model(args) => model::model(settings, args).await?,
        Command::Tail(args) => tail::tail(settings, args).await?,
        Command::Health(args) => return health::health(&settings, args).await,
        Command::Doctor(args) => return doctor::doctor(&settings, args).await,
        Command::Backup(args) => backup::backup(&settings, args).await?,
        Command::Restore(args) => backup::restore(&settings, args).await?,
        Command::Openapi => {}
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}

//! The command line. The longer commands have files of their own.

mod audit;
mod explain;
mod person;
mod sync;

use std::fmt::Display;
use std::io::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use argon2::{Argon2, PasswordHasher as _};
use clap::{Parser, Subcommand};
use jiff::civil::Date;
use serde::Serialize;
use sqlx::PgPool;

use crate::app::{self, App, AppError};
use crate::check::check;
use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::db;
use crate::domain::ids::PersonId;
use crate::http_client::http_client;
use crate::secrets::random::random;
#[cfg(feature = "demo")]
use crate::simulators;
use crate::telemetry;
use crate::web::api::status::read_status;
use crate::web::error::WebError;
use crate::web::openapi;

/// Longer than the service waits for its database before it responds that it is not ready.
const READY_TIMEOUT: Duration = Duration::from_secs(3);

/// Copies leave from Officient (HR) to Optedo (planning) within seconds, in one direction.
#[derive(Parser)]
#[command(name = "optedo-officient", version, about)]
pub struct Cli {
    /// A TOML file with settings; config/default.toml lists all of them.
    #[arg(long, global = true, env = "OPTEDO_OFFICIENT_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Configured(ConfiguredCommand),
    /// Reads a password from standard input and prints its hash for admin.password.
    HashPassword,
    /// Prints the OpenAPI document of the HTTP API.
    Openapi,
    /// Runs the service with a simulated Officient and Optedo on this machine.
    #[cfg(feature = "demo")]
    Demo,
}

/// The commands that need the configuration of a tenant.
#[derive(Subcommand)]
enum ConfiguredCommand {
    /// Migrates the database, then runs the service until SIGTERM or SIGINT.
    Serve,
    /// Migrates the database.
    Migrate,
    /// Finds what does not work and which people and leave types would not match, and says what to do about it.
    Check {
        /// Prints `{"findings":[{"check","outcome","detail","remedy"}]}`.
        #[arg(long)]
        json: bool,
    },
    /// Reconciles everybody, or one person, now.
    Sync {
        /// Officient's id of the person.
        #[arg(long, value_name = "ID")]
        person: Option<i64>,
        /// Only prints what would be written, and why the rest would not.
        #[arg(long)]
        dry_run: bool,
    },
    /// Reads a person's leave from Officient now, and prints day by day what happens to it and why. Writes nothing.
    Explain {
        /// Officient's id of the person.
        #[arg(long, value_name = "ID")]
        person: i64,
        /// Only this day.
        #[arg(long, value_name = "YYYY-MM-DD")]
        date: Option<Date>,
        /// Prints what `GET …/people/{id}/days` returns.
        #[arg(long)]
        json: bool,
    },
    /// Compares the absences in Optedo with what Officient says, and prints each difference. Writes nothing.
    Audit {
        /// Officient's id of the person.
        #[arg(long, value_name = "ID")]
        person: Option<i64>,
        /// Prints the differences as `GET …/differences` returns them, without their ids and states.
        #[arg(long)]
        json: bool,
    },
    /// Erases everything stored here about a person. Erase them in Officient first, or they come back.
    Forget {
        /// Officient's id of the person.
        #[arg(long, value_name = "ID")]
        person: i64,
    },
    /// Prints everything stored here about a person, as JSON.
    Export {
        /// Officient's id of the person.
        #[arg(long, value_name = "ID")]
        person: i64,
    },
    /// Prints the state of the connection and of the work.
    Status {
        /// Prints the status document of the API.
        #[arg(long)]
        json: bool,
    },
    /// Checks whether the service that runs here with this configuration is ready: a container's health check.
    Health,
}

/// Whether the command found everything in order; an error when it could not do its work.
type Outcome = Result<bool, CommandError>;

#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    App(#[from] AppError),
    // The cause is not for a response over HTTP, but it is for the person who runs the command.
    #[error("{}{}", .0, cause(.0))]
    Web(#[from] WebError),
    #[error(
        "nothing is written: resume on the settings page; or approve the preview there, or run sync for everybody, \
         which starts writing"
    )]
    Paused,
    #[error("there is no person {0} in Officient")]
    NoSuchPerson(PersonId),
    #[error("nothing is stored here about person {0}")]
    NothingStored(PersonId),
    #[error("give the password on standard input, on one line")]
    NoPassword,
    #[error("the password could not be hashed: {0}")]
    Hash(#[from] argon2::password_hash::Error),
    #[error("the service does not answer on {address}: {source}")]
    NotServing { address: SocketAddr, source: reqwest::Error },
    #[error("the service is not ready: it responds with {0} (is its database reachable?)")]
    NotReady(reqwest::StatusCode),
    #[cfg(feature = "otlp")]
    #[error("traces.otlp_endpoint: traces cannot be sent: {0}")]
    Traces(#[from] opentelemetry_otlp::ExporterBuildError),
    #[cfg(feature = "demo")]
    #[error("a simulator did not start: {0} (is another demo running?)")]
    Simulator(#[from] std::io::Error),
}

impl From<sqlx::Error> for CommandError {
    fn from(error: sqlx::Error) -> Self {
        Self::App(error.into())
    }
}

fn cause(error: &WebError) -> String {
    std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default()
}

/// Exits with 2 on a configuration mistake, and with 1 when the command failed or found a problem.
pub async fn run(cli: Cli, env: impl Iterator<Item = (String, String)>) -> ExitCode {
    match execute(cli, env).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            print_error(&error);
            if matches!(error, CommandError::Config(_)) { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

async fn execute(cli: Cli, env: impl Iterator<Item = (String, String)>) -> Outcome {
    let file = cli.config.as_deref();
    match cli.command {
        Command::Configured(command) => {
            let config = Config::load(file, env)?;
            if config.security.encryption_key.is_published() {
                return Err(ConfigError::published_key().into());
            }
            let is_traced = matches!(command, ConfiguredCommand::Serve | ConfiguredCommand::Sync { .. });
            start_telemetry(&config, is_traced)?;
            command.run(config).await
        }
        Command::HashPassword => hash_password(),
        Command::Openapi => {
            print_json(&openapi::document());
            Ok(true)
        }
        #[cfg(feature = "demo")]
        Command::Demo => {
            // The environment overrides the demo's own settings.
            let config = Config::load(file, simulators::settings().into_iter().chain(env))?;
            start_telemetry(&config, true)?;
            let simulators = simulators::start(&config).await?;
            print(&simulators::steps(&config, &simulators));
            app::run(config).await?;
            Ok(true)
        }
    }
}

impl ConfiguredCommand {
    async fn run(self, config: Config) -> Outcome {
        match self {
            Self::Serve => app::run(config).await?,
            Self::Migrate => drop(open_database(&config).await?),
            Self::Check { json } => {
                let report = check(config).await;
                print_as(&report, json);
                return Ok(!report.has_problem());
            }
            Self::Sync { person, dry_run } => return sync::run(config, person.map(PersonId), dry_run).await,
            Self::Explain { person, date, json } => return explain::run(config, PersonId(person), date, json).await,
            Self::Audit { person, json } => return audit::run(config, person.map(PersonId), json).await,
            Self::Status { json } => print_as(&read_status(&build_app(config).await?.engine).await?, json),
            Self::Forget { person } => person::forget(&config, PersonId(person)).await?,
            Self::Export { person } => person::export(&config, PersonId(person)).await?,
            Self::Health => check_ready(config.server.listen).await?,
        }
        Ok(true)
    }
}

/// A command of its own, because the image contains neither a shell nor curl.
async fn check_ready(mut address: SocketAddr) -> Result<(), CommandError> {
    if address.ip().is_unspecified() {
        let is_v4 = address.is_ipv4();
        address.set_ip(if is_v4 { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    let response = http_client(READY_TIMEOUT).get(format!("http://{address}/health/ready")).send().await;
    let status = match response {
        Ok(response) => response.status(),
        Err(source) => return Err(CommandError::NotServing { address, source: source.without_url() }),
    };
    if status.is_success() { Ok(()) } else { Err(CommandError::NotReady(status)) }
}

fn hash_password() -> Outcome {
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line);
    let password = line.trim_end_matches(['\r', '\n']);
    if read.is_err() || password.is_empty() {
        return Err(CommandError::NoPassword);
    }
    print(&Argon2::default().hash_password_with_salt(password.as_bytes(), &random::<16>())?);
    Ok(true)
}

#[cfg_attr(not(feature = "otlp"), expect(unused_variables, clippy::unnecessary_wraps, reason = "for traces"))]
fn start_telemetry(config: &Config, is_traced: bool) -> Result<(), CommandError> {
    #[cfg(feature = "otlp")]
    if is_traced {
        telemetry::traces::start(config)?;
    }
    telemetry::logs::start(&config.log);
    Ok(())
}

/// Prints a line; the reader of a pipe may have closed it.
fn print(line: &impl Display) {
    let _closed = writeln!(std::io::stdout(), "{line}");
}

fn print_as(value: &(impl Serialize + Display), json: bool) {
    if json { print_json(value) } else { print(value) }
}

fn print_json(value: &impl Serialize) {
    print(&serde_json::to_string_pretty(value).unwrap_or_default());
}

fn print_error(line: &impl Display) {
    let _closed = writeln!(std::io::stderr(), "{line}");
}

/// The database, migrated.
async fn open_database(config: &Config) -> Result<PgPool, AppError> {
    let pool = db::pool(&config.database.url, config.database.max_connections)?;
    db::migrate(&pool).await?;
    Ok(pool)
}

async fn build_app(config: Config) -> Result<App, AppError> {
    let db = open_database(&config).await?;
    App::build(config, db, Clock::default()).await
}

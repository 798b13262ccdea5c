//! The commands.

use std::fmt::Display;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use argon2::PasswordHasher as _;
use clap::{Parser, Subcommand};
use jiff::Timestamp;
use sqlx::PgPool;
use tokio::runtime::Handle;

use crate::app::{self, App, AppError};
use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::db::audit_log::{self, Act, Actor};
use crate::db::people;
use crate::db::{self, connection, erasure};
use crate::domain::ids::{CompanyId, PersonId};
use crate::domain::sync_request::{SyncReason, SyncRequest};
use crate::http_client::http_client;
use crate::secrets::random::random;
use crate::sync::Engine;
use crate::sync::preview::{Preview, PreviewedAbsence};
use crate::telemetry;
use crate::web::api::status::read_status;
use crate::web::api::sync::{connected_company, preview};
use crate::web::error::WebError;
use crate::web::openapi;

/// Longer than the service itself waits for its database before it says that it is not ready.
const HEALTH_PATIENCE: Duration = Duration::from_secs(3);

/// Leave made in Officient stands in Optedo at once.
#[derive(Parser)]
#[command(name = "optedo-officient", version, about)]
pub struct Cli {
    /// A TOML file with settings; config/default.toml lists them all.
    #[arg(long, global = true, env = "OPTEDO_OFFICIENT_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    OfTenant(TenantCommand),
    /// Reads a password from standard input and prints its hash for admin.password.
    HashPassword,
    /// Prints the OpenAPI document of the HTTP API.
    Openapi,
    /// Runs the service with a simulated Officient and Optedo on this machine.
    #[cfg(feature = "demo")]
    Demo,
}

/// What needs a tenant's configuration.
#[derive(Subcommand)]
enum TenantCommand {
    /// Migrates the database, then runs the service until SIGTERM or SIGINT.
    Serve,
    /// Migrates the database.
    Migrate,
    /// Finds out what does not work and who or what would not match, and says what to do about it.
    Check {
        /// As `{"findings":[{"check","outcome","detail","remedy"}]}`.
        #[arg(long)]
        json: bool,
    },
    /// Reconciles everybody, or one person, now.
    Sync {
        /// Officient's id of the person.
        #[arg(long, value_name = "ID")]
        person: Option<i64>,
        /// Only prints what would be done, and why the rest would not be.
        #[arg(long)]
        dry_run: bool,
    },
    /// Erases what is known here of a person. Erase them in Officient first: whoever is there comes back.
    Forget {
        /// Officient's id of the person.
        #[arg(long, value_name = "ID")]
        person: i64,
    },
    /// Prints what is known here of a person, as JSON.
    Export {
        /// Officient's id of the person.
        #[arg(long, value_name = "ID")]
        person: i64,
    },
    /// Prints how the connection is.
    Status {
        /// As the status document of the API.
        #[arg(long)]
        json: bool,
    },
    /// Asks the service that runs here with this configuration whether it is ready: a container's health check.
    Health,
}

/// How a command failed.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    App(#[from] AppError),
    #[error("{web}{cause}", web = .0, cause = cause(.0))]
    Web(#[from] WebError),
    #[error(
        "nothing is written yet: look at the preview on the settings page and start, or run sync for everybody"
    )]
    Paused,
    #[error("there is no person {0} in Officient")]
    NoSuchPerson(PersonId),
    #[error("nothing is known here of person {0}")]
    NothingKnown(PersonId),
    #[error("give the password on standard input, on one line")]
    NoPassword,
    #[error("the password could not be hashed: {0}")]
    Hash(#[from] argon2::password_hash::Error),
    #[error("the service does not answer on {address}: {source}")]
    NotServing { address: SocketAddr, source: reqwest::Error },
    #[error("the service is not ready: it answers {0} (is its database reachable?)")]
    NotReady(reqwest::StatusCode),
    #[cfg(feature = "demo")]
    #[error("a simulator did not start: {0} (is another demo running?)")]
    Simulator(#[from] std::io::Error),
}

/// What is behind an error: not for an answer over HTTP, but for whoever runs the command.
fn cause(error: &WebError) -> String {
    std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default()
}

/// Runs the command; 2 for a configuration mistake, 1 when it failed.
pub async fn run(cli: Cli, env: impl Iterator<Item = (String, String)>) -> ExitCode {
    match carry_out(cli, env).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say_wrong(&error);
            if matches!(error, CommandError::Config(_)) { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

async fn carry_out(cli: Cli, env: impl Iterator<Item = (String, String)>) -> Result<bool, CommandError> {
    let file = cli.config.as_deref();
    match cli.command {
        Command::OfTenant(command) => {
            let config = Config::load(file, env)?;
            if config.security.encryption_key.is_published() {
                return Err(ConfigError::published_key().into());
            }
            #[cfg(feature = "otlp")]
            if command.is_traced() {
                telemetry::traces::start(&config);
            }
            telemetry::logs::start(&config.log);
            command.run(config).await
        }
        Command::HashPassword => hash_password(),
        Command::Openapi => {
            say(&serde_json::to_string_pretty(&openapi::document()).unwrap_or_default());
            Ok(true)
        }
        #[cfg(feature = "demo")]
        Command::Demo => {
            // What is in the environment goes before the demo's own settings.
            let config = Config::load(file, crate::demo::settings().into_iter().chain(env))?;
            #[cfg(feature = "otlp")]
            telemetry::traces::start(&config);
            telemetry::logs::start(&config.log);
            demo(config).await
        }
    }
}

impl TenantCommand {
    /// Whether it does what the service does.
    #[cfg(feature = "otlp")]
    fn is_traced(&self) -> bool {
        matches!(self, Self::Serve | Self::Sync { .. })
    }

    async fn run(self, config: Config) -> Result<bool, CommandError> {
        match self {
            Self::Serve => Ok(app::run(config).await.map(|()| true)?),
            Self::Migrate => migrate(&config).await,
            Self::Check { json } => check(config, json).await,
            Self::Sync { person, dry_run } => {
                let synced = sync(config, person.map(PersonId), dry_run).await;
                #[cfg(feature = "otlp")]
                telemetry::traces::end().await;
                synced
            }
            Self::Status { json } => show_status(config, json).await,
            Self::Forget { person } => forget(&config, PersonId(person)).await,
            Self::Export { person } => export(&config, PersonId(person)).await,
            Self::Health => health(config.server.listen).await,
        }
    }
}

/// One line for people on standard output; a closed pipe is theirs to close.
fn say(line: &impl Display) {
    let _closed = writeln!(std::io::stdout(), "{line}");
}

fn say_wrong(line: &impl Display) {
    let _closed = writeln!(std::io::stderr(), "{line}");
}

async fn migrate(config: &Config) -> Result<bool, CommandError> {
    migrated(config).await?;
    Ok(true)
}

async fn check(config: Config, as_json: bool) -> Result<bool, CommandError> {
    let report = crate::check::check(config).await;
    if as_json {
        say(&serde_json::to_string_pretty(&report).unwrap_or_default());
    } else {
        say(&report);
    }
    Ok(!report.has_problem())
}

fn hash_password() -> Result<bool, CommandError> {
    let mut password = String::new();
    let read = std::io::stdin().read_line(&mut password);
    let password = password.trim_end_matches(['\r', '\n']);
    if read.is_err() || password.is_empty() {
        return Err(CommandError::NoPassword);
    }
    say(&argon2::Argon2::default().hash_password_with_salt(password.as_bytes(), &random::<16>())?);
    Ok(true)
}

/// There is no shell and no curl in the image to ask with.
async fn health(listen: SocketAddr) -> Result<bool, CommandError> {
    let host = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        given @ (IpAddr::V4(_) | IpAddr::V6(_)) => given,
    };
    let address = SocketAddr::new(host, listen.port());
    let asked = http_client(HEALTH_PATIENCE).get(format!("http://{address}/health/ready")).send().await;
    let status =
        asked.map_err(|source| CommandError::NotServing { address, source: source.without_url() })?.status();
    if status.is_success() { Ok(true) } else { Err(CommandError::NotReady(status)) }
}

async fn migrated(config: &Config) -> Result<PgPool, CommandError> {
    let pool = db::pool(&config.database.url, config.database.max_connections).map_err(AppError::from)?;
    db::migrate(&pool).await.map_err(AppError::from)?;
    Ok(pool)
}

async fn forget(config: &Config, person: PersonId) -> Result<bool, CommandError> {
    let db = migrated(config).await?;
    let mut tx = db::begin(&db).await.map_err(AppError::from)?;
    let erased = erasure::forget(&mut tx, person).await.map_err(AppError::from)?;
    if erased.was_known {
        let detail = format!("person {person}");
        let (actor, now) = (Actor::command(), Clock::default().now());
        audit_log::insert(&mut *tx, Act::PersonForgotten, Some(&detail), &actor, now)
            .await
            .map_err(AppError::from)?;
    }
    // Somebody not known yet may be in a list that is being read: that does not bring them either.
    tx.commit().await.map_err(AppError::from)?;
    if !erased.was_known {
        return Err(CommandError::NothingKnown(person));
    }
    say(&format!("Everything known here of person {person} is erased."));
    if erased.standing > 0 {
        say(&format!(
            "{} absences of theirs stay in Optedo; this service no longer changes or deletes them. Delete them there.",
            erased.standing
        ));
    }
    if erased.is_in_officient {
        say(&"Officient still had them at the last look: erase them there, or they come back.");
    }
    Ok(true)
}

async fn export(config: &Config, person: PersonId) -> Result<bool, CommandError> {
    let db = migrated(config).await?;
    let all = erasure::export(&db, person).await.map_err(AppError::from)?;
    let all = all.ok_or(CommandError::NothingKnown(person))?;
    let detail = format!("person {person}");
    audit_log::insert(&db, Act::PersonExported, Some(&detail), &Actor::command(), Clock::default().now())
        .await
        .map_err(AppError::from)?;
    say(&serde_json::to_string_pretty(&all).unwrap_or_default());
    Ok(true)
}

async fn build(config: Config) -> Result<App, CommandError> {
    let pool = migrated(&config).await?;
    Ok(App::build(config, pool, Clock::default()).await?)
}

async fn show_status(config: Config, as_json: bool) -> Result<bool, CommandError> {
    let app = build(config).await?;
    let status = read_status(&app.engine).await.map_err(WebError::from)?;
    if as_json {
        say(&serde_json::to_string_pretty(&status).unwrap_or_default());
    } else {
        say(&status);
    }
    Ok(true)
}

async fn sync(config: Config, person: Option<PersonId>, dry_run: bool) -> Result<bool, CommandError> {
    let app = build(config).await?;
    let engine = &app.engine;
    let company = connected_company(engine).await?;
    if dry_run {
        let preview = preview(engine, company, person).await?;
        say(&preview);
        return Ok(preview.failed.is_empty());
    }
    if person.is_some() && connection::load(&engine.db).await.map_err(WebError::from)?.is_paused {
        return Err(CommandError::Paused);
    }
    // Whoever holds the lock does it: this process, or the service that is running.
    app.start_worker(&Handle::current());
    let failed = match person {
        Some(person) => sync_person(engine, company, person).await?,
        None => sync_everybody(engine, company).await?,
    };
    for (person, error) in &failed {
        say_wrong(&format!("person {person}: {error}"));
    }
    let status = read_status(engine).await.map_err(WebError::from)?;
    say(&format!(
        "{} absences in Optedo, {} items need attention",
        status.absences.written, status.attention.open
    ));
    app.close().await;
    Ok(failed.is_empty())
}

async fn sync_person(
    engine: &Arc<Engine>,
    company: CompanyId,
    person: PersonId,
) -> Result<Vec<(PersonId, String)>, CommandError> {
    let now = engine.clock.now();
    if people::find(&engine.db, company, person).await.map_err(WebError::from)?.is_none() {
        engine.list_people(company, SyncReason::Manual).await.map_err(WebError::from)?;
    }
    let request = SyncRequest { reason: SyncReason::Manual, at: now, webhook_received_at: None };
    people::request_sync(&engine.db, company, &[person.0], request).await.map_err(WebError::from)?;
    engine.work_signal.notify(&engine.db).await;
    loop {
        let found = people::find(&engine.db, company, person).await.map_err(WebError::from)?;
        let Some(found) = found else {
            return Err(CommandError::NoSuchPerson(person));
        };
        if found.request.is_none() {
            return Ok(Vec::new());
        }
        if found.attempted_at.is_some_and(|at| at >= now)
            && let Some(error) = found.last_error
        {
            return Ok(vec![(person, error)]);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn sync_everybody(
    engine: &Arc<Engine>,
    company: CompanyId,
) -> Result<Vec<(PersonId, String)>, CommandError> {
    // A sweep waits for Officient until it answers; a command says at once that it does not.
    engine.list_people(company, SyncReason::Manual).await.map_err(WebError::from)?;
    let now = engine.clock.now();
    connection::ask_for_sweep(&engine.db, now).await.map_err(WebError::from)?;
    engine.work_signal.notify(&engine.db).await;
    loop {
        let connection = connection::load(&engine.db).await.map_err(WebError::from)?;
        let is_after = |at: Option<Timestamp>| at.is_some_and(|at| at >= now);
        if is_after(connection.sweep_started_at) && is_after(connection.sweep_finished_at) {
            break;
        }
        connected_company(engine).await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let people = people::all(&engine.db, company).await.map_err(WebError::from)?;
    let failed = people.into_iter().filter(|person| person.attempts > 0);
    Ok(failed.map(|person| (person.id, person.last_error.unwrap_or_default())).collect())
}

impl Display for Preview {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut list = |title: &str, absences: &[PreviewedAbsence]| {
            absences.iter().try_for_each(|absence| {
                writeln!(
                    f,
                    "{title}  person {} event {} → user {} type {}  {} – {}",
                    absence.person_id,
                    absence.event_id,
                    absence.user_id,
                    absence.absence_type_id,
                    absence.start,
                    absence.end
                )
            })
        };
        list("create   ", &self.create)?;
        list("change   ", &self.change)?;
        list("delete   ", &self.delete)?;
        list("take over", &self.take_over)?;
        for skipped in &self.skipped {
            let item = &skipped.item;
            let hint = item.hint.as_ref().map(|hint| format!(" {hint}.")).unwrap_or_default();
            writeln!(
                f,
                "skip       person {} event {}  {}{hint}",
                skipped.person_id,
                skipped.event_id,
                item.detail()
            )?;
        }
        for failed in &self.failed {
            writeln!(f, "failed     person {}  {}", failed.person_id, failed.error)?;
        }
        write!(
            f,
            "{} to create, {} to change, {} to delete, {} to take over, {} unchanged, {} skipped, {} failed",
            self.create.len(),
            self.change.len(),
            self.delete.len(),
            self.take_over.len(),
            self.unchanged,
            self.skipped.len(),
            self.failed.len()
        )
    }
}

#[cfg(feature = "demo")]
async fn demo(config: Config) -> Result<bool, CommandError> {
    let simulators = crate::demo::start(&config).await?;
    say(&crate::demo::steps(&config, &simulators));
    app::run(config).await?;
    Ok(true)
}

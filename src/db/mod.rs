//! Every SQL statement: one function per statement, named after its intent. No decisions.
//!
//! The first argument of a function is a connection, so the caller owns the transaction.

/// Checks and runs a statement that returns no rows. A semicolon separates the statement from its arguments.
macro_rules! execute {
    ($db:expr, $sql:literal $(; $($argument:expr),+)?) => {
        sqlx::query!($sql $(, $($argument),+)?).execute($db).await.map(drop)
    };
}

/// As `execute!`, but returns how many rows the statement affected.
macro_rules! count_affected {
    ($db:expr, $sql:literal $(; $($argument:expr),+)?) => {
        sqlx::query!($sql $(, $($argument),+)?).execute($db).await.map(|result| result.rows_affected())
    };
}

/// As `execute!`, but returns whether the statement affected a row.
macro_rules! is_affected {
    ($($statement:tt)+) => {
        count_affected!($($statement)+).map(|count| count > 0)
    };
}

/// Checks and runs a query of one column: `scalar!(fetch_all(db), "select …"; arguments)`.
macro_rules! scalar {
    ($fetch:ident($db:expr), $sql:literal $(; $($argument:expr),+)?) => {
        sqlx::query_scalar!($sql $(, $($argument),+)?).$fetch($db).await
    };
}

/// Checks and runs a query of several columns. Each row becomes a value of a type with fields of the same names:
/// `rows!(fetch_all(db) as Type, "select …"; arguments)`; or what a closure makes of it:
/// `rows!(fetch_all(db), "select …"; arguments => |row| …)`.
macro_rules! rows {
    ($fetch:ident($db:expr) as $row:ident, $sql:literal $(; $($argument:expr),+)?) => {
        sqlx::query_as!($row, $sql $(, $($argument),+)?).$fetch($db).await
    };
    ($fetch:ident($db:expr), $sql:literal $(; $($argument:expr),+)? => $map:expr) => {
        sqlx::query!($sql $(, $($argument),+)?).map($map).$fetch($db).await
    };
}

pub mod absences;
pub mod attention;
pub mod audit_log;
pub mod connection;
pub mod decisions;
pub mod differences;
pub mod erasure;
pub mod faults;
pub mod history;
pub mod leadership;
pub mod leave_types;
pub mod notifications;
pub mod people;
pub mod person_choices;
pub mod preview;
pub mod queue;
pub mod rate_limit;
pub mod retention;
pub mod sessions;
pub mod settings;
pub mod subscriptions;
pub mod sweeps;
pub mod verdict;
pub mod webhooks;

use std::str::FromStr as _;
use std::time::Duration;

pub use faults::DatabaseError;
use jiff::Timestamp;
use jiff::civil::DateTime;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, PgConnection, PgPool, PgTransaction};

/// A connection, a transaction, or the pool.
pub use sqlx::PgExecutor as Db;

pub type Result<T, E = sqlx::Error> = std::result::Result<T, E>;

/// How long after its last use a connection is assumed to be alive.
const ASSUMED_ALIVE_FOR: Duration = Duration::from_secs(1);

/// A pool of at most `max_connections`. It connects at the first use.
pub fn pool(url: &SecretString, max_connections: u32) -> std::result::Result<PgPool, DatabaseError> {
    let options = PgConnectOptions::from_str(url.expose_secret())
        .map_err(|_may_hold_the_password| DatabaseError::Url)?
        .application_name("optedo-officient")
        .log_statements(tracing::log::LevelFilter::Off)
        .log_slow_statements(tracing::log::LevelFilter::Warn, Duration::from_secs(1));
    Ok(PgPoolOptions::new()
        .max_connections(max_connections)
        // sqlx pings a connection when it comes back. A second ping whenever it is taken would be a third of all round
        // trips.
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move {
                // Its first answer for a while also shows that it is alive. A session that began while the database was
                // read-only stays so, and is replaced.
                Ok(about.idle_for < ASSUMED_ALIVE_FOR || is_writable(connection).await?)
            })
        })
        // A request without a database gets 503 within two seconds.
        .acquire_timeout(Duration::from_millis(1500))
        // Hundreds of services share one server: connections that only a burst needed are closed soon.
        .idle_timeout(Duration::from_secs(10))
        .connect_lazy_with(options))
}

async fn is_writable(connection: &mut PgConnection) -> Result<bool> {
    let query = sqlx::query_scalar("select not current_setting('default_transaction_read_only')::boolean");
    query.fetch_one(connection).await
}

/// Begins a transaction in a task of its own, so that it is either held by the caller or rolled back.
///
/// sqlx 0.9 loses track of a `begin` that is cancelled half way (a client hangs up, a leader loses its lock). The next
/// user of that connection would write inside the open transaction, which nobody commits (transact-rs/sqlx#4393).
pub async fn begin(pool: &PgPool) -> Result<PgTransaction<'static>> {
    let pool = pool.clone();
    #[expect(clippy::disallowed_methods, reason = "the one place that begins; a round trip that the caller waits for")]
    let begun = tokio::spawn(async move { pool.begin().await });
    begun.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
}

/// All migrations, compiled in.
pub fn migrator() -> Migrator {
    let mut migrator: Migrator = sqlx::migrate!();
    // During a rolling update, and after an update that was rolled back, the next version's migrations are applied
    // already. Migrations only add, so this version keeps working.
    migrator.set_ignore_missing(true);
    migrator
}

/// Brings the schema up to date. Several replicas may do this at the same time.
pub async fn migrate(pool: &PgPool) -> std::result::Result<(), DatabaseError> {
    // Connect first, so that "not reachable" is told apart from "a migration failed".
    faults::try_connect(pool).await.map_err(DatabaseError::Unreachable)?;
    migrator().run(pool).await.map_err(DatabaseError::Migration)
}

/// The versions of the applied migrations; an error if none was ever applied.
pub async fn applied_migrations(pool: &PgPool) -> Result<Vec<i64>> {
    sqlx::query_scalar("select version from _sqlx_migrations where success").fetch_all(pool).await
}

/// Fails unless the database responds.
pub async fn ping(pool: &PgPool) -> Result<()> {
    sqlx::query("select 1").execute(pool).await.map(drop)
}

fn timestamp(at: Option<jiff_sqlx::Timestamp>) -> Option<Timestamp> {
    at.map(jiff_sqlx::Timestamp::to_jiff)
}

/// Start, end and whether it lasts whole days; wall clock.
pub type Period = (DateTime, DateTime, bool);

fn period(
    start: Option<jiff_sqlx::DateTime>,
    end: Option<jiff_sqlx::DateTime>,
    all_day: Option<bool>,
) -> Option<Period> {
    Some((start?.to_jiff(), end?.to_jiff(), all_day?))
}

/// Replaces NUL, which Postgres does not store in a text.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

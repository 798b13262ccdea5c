//! Every SQL statement. One function a statement, named for its intent; the caller owns the transaction.

pub mod absences;
pub mod attention;
pub mod audit_log;
pub mod connection;
pub mod erasure;
pub mod history;
pub mod leadership;
pub mod people;
pub mod preview;
pub mod rate_limit;
pub mod retention;
pub mod sessions;
pub mod webhooks;

use std::str::FromStr as _;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgPool, PgTransaction};

/// Why the database is not usable at start-up.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// `database.url` cannot be read as an address of Postgres.
    #[error("database.url is not the address of a Postgres database")]
    Url,
    /// No connection.
    #[error("the database cannot be reached: {0} (check database.url and that Postgres runs)")]
    Unreachable(#[source] sqlx::Error),
    /// A migration failed.
    #[error("the database cannot be migrated: {0}")]
    Migration(#[from] MigrateError),
}

/// So long after its last use a connection is taken to live.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// A pool of at most `max_connections`; connects at the first use.
pub fn pool(url: &SecretString, max_connections: u32) -> Result<PgPool, DatabaseError> {
    let options = PgConnectOptions::from_str(url.expose_secret())
        .map_err(|_may_hold_the_password| DatabaseError::Url)?
        .application_name("optedo-officient")
        .log_statements(tracing::log::LevelFilter::Off)
        .log_slow_statements(tracing::log::LevelFilter::Warn, Duration::from_secs(1));
    Ok(PgPoolOptions::new()
        .max_connections(max_connections)
        // It is asked whether it lives when it comes back; to ask again whenever it is taken is a third of all round trips.
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move {
                if about.idle_for >= TRUSTED_FOR {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        // Without the database the answer is 503, within two seconds.
        .acquire_timeout(Duration::from_millis(1500))
        // Hundreds of services share one server: what a burst needed is soon given back.
        .idle_timeout(Duration::from_secs(10))
        .connect_lazy_with(options))
}

/// Begins a transaction, in a task of its own: once begun it is either held by the caller or rolled back.
///
/// A beginning that is given up half way (a client hangs up, a leader loses its lock) is forgotten by sqlx 0.9: whoever gets
/// that connection next writes inside the open transaction, which nobody commits (transact-rs/sqlx#4393).
pub async fn begin(pool: &PgPool) -> Result<PgTransaction<'static>, sqlx::Error> {
    let pool = pool.clone();
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that begins; a round trip that the caller waits for"
    )]
    let begun = tokio::spawn(async move { pool.begin().await });
    begun.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
}

/// All migrations, compiled in.
pub fn migrator() -> Migrator {
    let mut migrator: Migrator = sqlx::migrate!();
    // During a rolling update, and after one that was taken back, the next version's migrations are there already. They only
    // add, so this version runs on.
    migrator.set_ignore_missing(true);
    migrator
}

/// Brings the schema up to date; safe when several replicas start together.
pub async fn migrate(pool: &PgPool) -> Result<(), DatabaseError> {
    // A connection first, so that "not reachable" is told from "a migration failed".
    drop(pool.acquire().await.map_err(DatabaseError::Unreachable)?);
    migrator().run(pool).await.map_err(DatabaseError::Migration)
}

/// The versions of the migrations that were applied; an error where nothing was ever migrated.
pub async fn applied_migrations(pool: &PgPool) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar("select version from _sqlx_migrations where success").fetch_all(pool).await
}

/// Whether the database answers.
pub async fn ping(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::query("select 1").execute(pool).await.map(drop)
}

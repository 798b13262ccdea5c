//! What an error of the database means to an operator: what came back, and what to do about it.

use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, PgPool};
use tokio::time::timeout;

pub const REMEDY: &str =
    "check host and port in database.url, and that Postgres runs and accepts connections from here";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the database is not usable at start-up.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error("database.url is not the address of a Postgres database")]
    Url,
    #[error("the database cannot be reached: {}", what(.0))]
    Unreachable(#[source] sqlx::Error),
    #[error("the database cannot be migrated: {}", of_migration(.0).map_or_else(|| .0.to_string(), what))]
    Migration(#[from] MigrateError),
}

impl DatabaseError {
    pub fn remedy(&self) -> String {
        match self {
            Self::Url => "begin it with postgres://".to_owned(),
            Self::Unreachable(error) => remedy(error),
            Self::Migration(error) => {
                of_migration(error).map_or_else(|| "restore a backup of the database".to_owned(), remedy)
            }
        }
    }
}

fn of_migration(error: &MigrateError) -> Option<&sqlx::Error> {
    if let MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) = error {
        return Some(error);
    }
    None
}

/// What came back, and what to do: for a log.
pub fn describe(error: &sqlx::Error) -> String {
    format!("{}: {}", what(error), remedy(error))
}

/// Without the context of sqlx, such as the place in its source.
fn what(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

pub fn remedy(error: &sqlx::Error) -> String {
    let sqlx::Error::Database(error) = error else {
        let is_tls = matches!(error, sqlx::Error::Tls(_));
        return if is_tls { "check sslmode in database.url, and the server's certificate" } else { REMEDY }.to_owned();
    };
    let remedy = match error.code().unwrap_or_default().as_ref() {
        "25006" => "make it writable: is this a standby, or is its disk full?",
        "28P01" => "correct the user or the password in database.url",
        "28000" => "let this user in, from here and with this encryption (pg_hba.conf), or correct database.url",
        "3D000" => "create this database, or correct its name in database.url",
        "42501" => return missing_right(error.message()),
        "53100" => "free space on the disk of Postgres",
        "53300" => "raise max_connections of Postgres, or lower database.max_connections",
        "57P03" => "wait until Postgres has started",
        _ => "see the log of Postgres",
    };
    remedy.to_owned()
}

/// Since version 15, Postgres lets only the owner of a database create something in its schema `public`.
fn missing_right(message: &str) -> String {
    match message.strip_prefix("permission denied for schema ") {
        Some(schema) => {
            format!("as its owner: grant usage, create on schema {schema} to the user of database.url")
        }
        None => "let the user of database.url own what it names (alter … owner to …)".to_owned(),
    }
}

/// Connects once, beside the pool, because the pool's time-out hides why it has no connection.
pub async fn try_connect(pool: &PgPool) -> Result<(), sqlx::Error> {
    let options = pool.connect_options();
    let connected = timeout(CONNECT_TIMEOUT, PgConnection::connect_with(&options)).await;
    connected.unwrap_or(Err(sqlx::Error::PoolTimedOut))?.close().await
}

/// The error, or why the pool had no connection in time.
pub async fn cause_of(pool: &PgPool, error: sqlx::Error) -> sqlx::Error {
    if matches!(error, sqlx::Error::PoolTimedOut) { try_connect(pool).await.err().unwrap_or(error) } else { error }
}

//! The secrets at rest: where each is stored, and how a new encryption key reaches all of them.
//!
//! At start-up every secret must decrypt, so that a wrong key shows at once. A secret that a previous key encrypted is
//! encrypted again with the current one. A replica of the previous version, or one without the new key, could not read
//! it then. So while another replica leads, nothing is encrypted again; the next leader does it.

pub mod random;
pub mod vault;
pub mod webhook_address;

use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use tokio::time::{Instant, sleep};

use crate::db::connection::Connection;
use crate::db::{self, DATABASE_REMEDY, connection, leadership};
use random::random_token;
use vault::{Vault, VaultError};

// Where each secret is stored: `table.column`. The place is authenticated with the ciphertext.
pub const CLIENT_SECRET: &str = "connection.client_secret";
pub const ACCESS_TOKEN: &str = "connection.access_token";
pub const REFRESH_TOKEN: &str = "connection.refresh_token";
pub const WEBHOOK_TOKEN: &str = "connection.webhook_token";
pub const PREVIOUS_WEBHOOK_TOKEN: &str = "connection.previous_webhook_token";

/// How long a start waits for a leader that is about to stop.
const LEADER_STOP_TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("a stored secret cannot be read: {0}")]
    Vault(#[from] VaultError),
}

impl SecretsError {
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Database(_) => DATABASE_REMEDY,
            Self::Vault(VaultError::UnknownKey { .. }) => "add that key to security.previous_encryption_keys",
            Self::Vault(VaultError::Damaged { .. }) => "restore the database from a backup",
        }
    }
}

/// The vault of this database's secrets.
pub async fn open_vault(db: &PgPool, keys: crate::config::Security) -> Result<Vault, sqlx::Error> {
    let row = connection::row_id(db).await?;
    Ok(Vault::new(keys.encryption_key, keys.previous_encryption_keys, &row))
}

/// Prepares the secrets at start-up: creates the webhook token at the first start, decrypts every secret, and encrypts
/// stale ones again unless another replica leads.
pub async fn prepare(db: &PgPool, vault: &Vault) -> Result<(), SecretsError> {
    connection::offer_webhook_token(db, &vault.seal(WEBHOOK_TOKEN, &random_token())).await?;
    let began = Instant::now();
    loop {
        let mut tx = db::begin(db).await?;
        let is_vacant = leadership::is_vacant(&mut *tx).await?;
        let is_stale = reseal(&mut tx, vault, is_vacant).await?;
        tx.commit().await?;
        if !is_stale || began.elapsed() >= LEADER_STOP_TIMEOUT {
            return Ok(());
        }
        sleep(LEADER_STOP_TIMEOUT / 20).await;
    }
}

/// Decrypts every secret and writes nothing: for the doctor.
pub fn verify(vault: &Vault, mut stored: Connection) -> Result<(), VaultError> {
    reseal_all(vault, &mut stored).map(drop)
}

/// Encrypts stale secrets again: for the leader.
pub async fn reseal_as_leader(db: &PgPool, vault: &Vault) -> Result<(), SecretsError> {
    let mut tx = db::begin(db).await?;
    reseal(&mut tx, vault, true).await?;
    tx.commit().await?;
    Ok(())
}

/// Returns whether a stale secret is left.
async fn reseal(tx: &mut PgConnection, vault: &Vault, may_write: bool) -> Result<bool, SecretsError> {
    connection::lock(&mut *tx).await?;
    let mut stored = connection::load(&mut *tx).await?;
    let is_stale = reseal_all(vault, &mut stored)?;
    if is_stale && may_write {
        connection::save_resealed(&mut *tx, &stored).await?;
        tracing::info!("Encrypted all stored secrets with the current key");
    }
    Ok(is_stale && !may_write)
}

/// Replaces the stale secrets of `stored`; returns whether there was one.
fn reseal_all(vault: &Vault, stored: &mut Connection) -> Result<bool, VaultError> {
    let mut is_stale = false;
    for (place, sealed) in [
        (CLIENT_SECRET, &mut stored.client_secret),
        (ACCESS_TOKEN, &mut stored.access_token),
        (REFRESH_TOKEN, &mut stored.refresh_token),
        (WEBHOOK_TOKEN, &mut stored.webhook_token),
        (PREVIOUS_WEBHOOK_TOKEN, &mut stored.previous_webhook_token),
    ] {
        let Some(sealed) = sealed else { continue };
        let secret = vault.open(place, sealed)?;
        if vault.is_stale(sealed) {
            *sealed = vault.seal(place, &secret);
            is_stale = true;
        }
    }
    Ok(is_stale)
}

//! The secrets at rest: where each is stored, and how a new encryption key reaches all of them.
//!
//! At start-up every secret must decrypt, so that a wrong key shows at once. A secret that a previous key encrypted is
//! encrypted again with the current one, by the next leader: a leader without the new key could not read it then.

pub mod random;
pub mod vault;
pub mod webhook_address;

use sqlx::PgPool;

use crate::db::connection::Connection;
use crate::db::{self, connection, faults};
use random::random_token;
use vault::{Vault, VaultError};

// Where each secret is stored: `table.column`. The place is authenticated with the ciphertext.
pub const CLIENT_SECRET: &str = "connection.client_secret";
pub const ACCESS_TOKEN: &str = "connection.access_token";
pub const REFRESH_TOKEN: &str = "connection.refresh_token";
pub const WEBHOOK_TOKEN: &str = "connection.webhook_token";
pub const PREVIOUS_WEBHOOK_TOKEN: &str = "connection.previous_webhook_token";

#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("a stored secret cannot be read: {0}")]
    Vault(#[from] VaultError),
}

impl SecretsError {
    pub fn remedy(&self) -> String {
        match self {
            Self::Database(error) => faults::remedy(error),
            Self::Vault(VaultError::UnknownKey { .. }) => {
                "add that key to security.previous_encryption_keys".to_owned()
            }
            Self::Vault(VaultError::Damaged { .. }) => "restore the database from a backup".to_owned(),
        }
    }
}

/// The vault of this database's secrets.
pub async fn open_vault(db: &PgPool, keys: crate::config::Security) -> Result<Vault, sqlx::Error> {
    let row = connection::row_id(db).await?;
    Ok(Vault::new(keys.encryption_key, keys.previous_encryption_keys, &row))
}

/// Prepares the secrets at start-up: creates the webhook token at the first start, and decrypts every secret.
pub async fn prepare(db: &PgPool, vault: &Vault) -> Result<(), SecretsError> {
    connection::offer_webhook_token(db, &vault.seal(WEBHOOK_TOKEN, &random_token())).await?;
    Ok(verify(vault, connection::load(db).await?)?)
}

/// Decrypts every secret, and writes nothing.
pub fn verify(vault: &Vault, mut stored: Connection) -> Result<(), VaultError> {
    reseal_all(vault, &mut stored).map(drop)
}

/// Encrypts stale secrets again: for the leader.
pub async fn reseal(db: &PgPool, vault: &Vault) -> Result<(), SecretsError> {
    let mut tx = db::begin(db).await?;
    connection::lock(&mut tx).await?;
    let mut stored = connection::load(&mut *tx).await?;
    if reseal_all(vault, &mut stored)? {
        connection::save_secrets(&mut *tx, &stored).await?;
        tx.commit().await?;
        tracing::info!("Encrypted all stored secrets with the current key");
    }
    Ok(())
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

//! The secrets at rest as a whole: all of them open at the start, and those that are stale are sealed anew.
//!
//! A copy of the version before, or one that has not got the new key yet, cannot open what is sealed anew. While such a
//! copy may be the one that syncs, nothing is: whoever leads next does it.

pub mod random;
pub mod vault;
pub mod webhook_address;

use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use tokio::time::{Instant, sleep};

use crate::db::{self, connection, leadership};
use random::random_token;
use vault::{Vault, VaultError};

// Where each secret is stored: `table.column`. The place is authenticated with the ciphertext.
pub const CLIENT_SECRET: &str = "connection.client_secret";
pub const ACCESS_TOKEN: &str = "connection.access_token";
pub const REFRESH_TOKEN: &str = "connection.refresh_token";
pub const WEBHOOK_TOKEN: &str = "connection.webhook_token";
pub const PREVIOUS_WEBHOOK_TOKEN: &str = "connection.previous_webhook_token";

/// A leader that is about to end is waited for so long.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why the secrets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The database failed.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// One does not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Makes the webhook token at the first start and opens every secret, so that a wrong key shows at once. What is stale
/// is sealed anew, unless another copy leads.
pub async fn open(db: &PgPool, vault: &Vault) -> Result<(), SecretsError> {
    connection::offer_webhook_token(db, &vault.seal(WEBHOOK_TOKEN, &random_token())).await?;
    let began = Instant::now();
    loop {
        let mut tx = db::begin(db).await?;
        let is_vacant = leadership::is_vacant(&mut *tx).await?;
        if seal_anew(&mut tx, vault, is_vacant).await? || began.elapsed() >= PATIENCE {
            tx.commit().await?;
            return Ok(());
        }
        tx.rollback().await?;
        sleep(PATIENCE / 20).await;
    }
}

/// Seals anew what a previous key or version sealed: for whoever leads.
pub async fn seal_anew_as_leader(db: &PgPool, vault: &Vault) -> Result<(), SecretsError> {
    let mut tx = db::begin(db).await?;
    seal_anew(&mut tx, vault, true).await?;
    tx.commit().await?;
    Ok(())
}

/// Opens every secret and, if it may, stores those that are stale anew. False when it should, but may not.
async fn seal_anew(tx: &mut PgConnection, vault: &Vault, may_store: bool) -> Result<bool, SecretsError> {
    connection::lock(&mut *tx).await?;
    let mut stored = connection::load(&mut *tx).await?;
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
    if is_stale && may_store {
        connection::save_resealed(&mut *tx, &stored).await?;
        tracing::info!("Encrypted all stored secrets with the current key");
    }
    Ok(may_store || !is_stale)
}

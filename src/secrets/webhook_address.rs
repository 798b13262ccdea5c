//! The address that Officient delivers webhooks to. It contains a secret token, which an admin can replace (rotate).
//!
//! Every replica has the tokens in memory, so that a wrong one costs no query, and reads them again every second.
//! During a rotation no webhook gets a 404: Officient gets the new address only when every replica accepts it, and the
//! previous token is accepted until Officient has the new address for every event.

use std::fmt;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::PgPool;
use subtle::{Choice, ConstantTimeEq as _};
use tokio::time::sleep;

use super::random::{digest, random_token};
use super::vault::{Vault, VaultError};
use super::{PREVIOUS_WEBHOOK_TOKEN, SecretsError, WEBHOOK_TOKEN};
use crate::db::{self, Db, connection};

/// How often the worker of every replica reads the tokens again.
pub const REFRESH_INTERVAL: Duration = Duration::from_secs(1);

pub struct WebhookAddress {
    base: String,
    vault: Vault,
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    /// The current and the previous token as they are stored.
    sealed: (Option<Vec<u8>>, Option<Vec<u8>>),
    current: SecretString,
    previous: Option<SecretString>,
}

impl fmt::Debug for WebhookAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[redacted]", self.base)
    }
}

impl WebhookAddress {
    /// `base` ends with a slash; the token follows it.
    pub async fn read(base: String, vault: Vault, db: impl Db<'_>) -> Result<Self, SecretsError> {
        let address = Self { base, vault, known: RwLock::default() };
        address.read_again(db).await?;
        Ok(address)
    }

    /// The prefix of all addresses of this service, whatever their token.
    pub fn base(&self) -> &str {
        &self.base
    }

    pub fn url(&self) -> SecretString {
        self.current().0
    }

    /// The current address, and its token as it is stored.
    pub fn current(&self) -> (SecretString, Vec<u8>) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let url = format!("{}{}", self.base, known.current.expose_secret());
        (url.into(), known.sealed.0.clone().unwrap_or_default())
    }

    /// Whether the token is the current one, or the previous one while Officient may still use it. It is compared with
    /// both, so that every wrong token takes the same time.
    pub fn accepts(&self, token: &str) -> bool {
        let given = digest(token);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let equals = |known: &SecretString| given.ct_eq(&digest(known.expose_secret()));
        let is_previous = known.previous.as_ref().map_or(Choice::from(0), equals);
        bool::from(equals(&known.current) | is_previous)
    }

    /// Reads the tokens from the database. After an error, the known ones stay.
    pub async fn read_again(&self, db: impl Db<'_>) -> Result<(), SecretsError> {
        let stored = connection::load(db).await?;
        let sealed = (stored.webhook_token, stored.previous_webhook_token);
        if self.known.read().unwrap_or_else(PoisonError::into_inner).sealed == sealed {
            return Ok(());
        }
        let current = self.open_current(sealed.0.as_deref())?;
        let previous = sealed.1.as_deref();
        let previous = previous.map(|token| self.vault.open(PREVIOUS_WEBHOOK_TOKEN, token)).transpose()?;
        let known = Known { sealed, current, previous };
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(())
    }

    /// Every installation has a current token since its first start.
    fn open_current(&self, sealed: Option<&[u8]>) -> Result<SecretString, VaultError> {
        self.vault.open(WEBHOOK_TOKEN, sealed.ok_or(VaultError::Damaged { place: WEBHOOK_TOKEN })?)
    }

    /// Creates a new token, unless Officient does not have the last one everywhere yet; returns when every replica
    /// accepts it. The caller holds the lock of the subscriptions, so that no replica registers the new address
    /// earlier.
    pub async fn rotate(&self, db: &PgPool) -> Result<(), SecretsError> {
        let mut tx = db::begin(db).await?;
        connection::lock(&mut tx).await?;
        let mut stored = connection::load(&mut *tx).await?;
        if stored.previous_webhook_token.is_none() {
            let current = self.open_current(stored.webhook_token.as_deref())?;
            stored.webhook_token = Some(self.vault.seal(WEBHOOK_TOKEN, &random_token()));
            stored.previous_webhook_token = Some(self.vault.seal(PREVIOUS_WEBHOOK_TOKEN, &current));
            connection::save_secrets(&mut *tx, &stored).await?;
        }
        tx.commit().await?;
        self.read_again(db).await?;
        sleep(REFRESH_INTERVAL + REFRESH_INTERVAL / 2).await;
        Ok(())
    }
}

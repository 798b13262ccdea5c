//! The connection's tokens: read from the database for every call, renewed by one process at a time over all replicas.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::PgPool;
use tokio::sync::Mutex;

use crate::clock::{Clock, after};
use crate::db::connection::{self, Connection, SealedTokens, State};
use crate::db::{self, attention};
use crate::domain::attention::AttentionItem;
use crate::http_client::{Retry, UpstreamError};
use crate::officient::oauth::{Credentials, Grant, Oauth};
use crate::secrets::vault::{Vault, VaultError};
use crate::secrets::{ACCESS_TOKEN, CLIENT_SECRET, REFRESH_TOKEN};

/// The access token is refreshed so long before it ends, or a tenth of its life where that is shorter.
const LEAD: SignedDuration = SignedDuration::from_mins(5);

/// After a failure, the token endpoint is called again after a second, then two, and at last every five seconds.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Why there is no token to call Officient with.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("not connected to Officient: sign in on the settings page")]
    NotConnected,
    #[error("Officient no longer accepts the connection: sign in again on the settings page")]
    ReauthorizationRequired,
    #[error("refreshing the access token: {0}")]
    Refresh(UpstreamError),
    #[error("reading the tokens: {0}")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl TokenError {
    /// Officient's part in it, where Officient was called.
    pub fn upstream(&self) -> Option<&UpstreamError> {
        match self {
            Self::Refresh(error) => Some(error),
            Self::NotConnected | Self::ReauthorizationRequired | Self::Database(_) | Self::Vault(_) => None,
        }
    }

    pub fn retry(&self) -> Retry {
        match self {
            Self::Refresh(error) => error.retry(),
            Self::NotConnected | Self::ReauthorizationRequired => Retry::AfterSignIn,
            Self::Database(_) | Self::Vault(_) => Retry::Later(None),
        }
    }
}

/// The tokens in the database.
pub struct Tokens {
    db: PgPool,
    vault: Vault,
    clock: Clock,
    oauth: Oauth,
    configured: Option<Credentials>,
    /// One refresh at a time in this process, so that those who wait hold no database connection.
    refreshing: Mutex<Option<Outage>>,
}

/// The token endpoint failed.
struct Outage {
    error: UpstreamError,
    pause: Duration,
    /// Until then, nobody asks again.
    until: Timestamp,
}

impl Tokens {
    /// `configured` credentials go before those filled in on the page.
    pub fn new(db: PgPool, vault: Vault, clock: Clock, oauth: Oauth, configured: Option<Credentials>) -> Self {
        Self { db, vault, clock, oauth, configured, refreshing: Mutex::default() }
    }

    pub fn oauth(&self) -> &Oauth {
        &self.oauth
    }

    /// The app's credentials, if they were given.
    pub async fn credentials(&self) -> Result<Option<Credentials>, TokenError> {
        self.credentials_of(&connection::load(&self.db).await?)
    }

    fn credentials_of(&self, connection: &Connection) -> Result<Option<Credentials>, TokenError> {
        if let Some(configured) = &self.configured {
            return Ok(Some(configured.clone()));
        }
        let (Some(client_id), Some(sealed)) = (&connection.client_id, &connection.client_secret) else {
            return Ok(None);
        };
        let client_secret = self.vault.open(CLIENT_SECRET, sealed)?;
        Ok(Some(Credentials { client_id: client_id.clone(), client_secret }))
    }

    /// An access token that is good for a while.
    pub async fn current(&self) -> Result<SecretString, TokenError> {
        let connection = connection::load(&self.db).await?;
        let token = self.access_token(&connection)?;
        if !self.is_about_to_end(&connection) {
            return Ok(token);
        }
        match self.renewed(&token).await {
            // A token that is still good is better than none.
            Err(TokenError::Refresh(_)) if connection.access_token_expires_at > Some(self.clock.now()) => Ok(token),
            renewed => renewed,
        }
    }

    /// A token other than `used`, which Officient did not accept or which is about to end.
    pub async fn renewed(&self, used: &SecretString) -> Result<SecretString, TokenError> {
        self.renew(Some(used)).await
    }

    /// Tries a refused refresh token once more, because Officient may have refused it by mistake. If it is accepted
    /// now, the company is connected again.
    pub async fn try_refused_again(&self) -> Result<(), TokenError> {
        self.renew(None).await.map(drop)
    }

    /// The row stays locked during the call, the only one with an open transaction: over all replicas one refreshes,
    /// and the others use its token.
    async fn renew(&self, used: Option<&SecretString>) -> Result<SecretString, TokenError> {
        let mut outage = self.refreshing.lock().await;
        let now = self.clock.now();
        let mut tx = db::begin(&self.db).await?;
        connection::lock(&mut tx).await?;
        let stored = connection::load(&mut *tx).await?;
        if used.is_some() || stored.state != State::ReauthorizationRequired {
            let token = self.access_token(&stored)?;
            if used.is_none_or(|used| token.expose_secret() != used.expose_secret()) {
                return Ok(token);
            }
        }
        if let Some(Outage { error, .. }) = outage.as_ref().filter(|outage| now < outage.until) {
            return Err(TokenError::Refresh(error.clone()));
        }
        let item = AttentionItem::reauthorization_required();
        let refreshed = self.refresh(&stored).await;
        let pause = outage.take().map_or(FIRST_PAUSE, |outage| (outage.pause * 2).min(LONGEST_PAUSE));
        match &refreshed {
            Ok(grant) => {
                connection::save_tokens(&mut *tx, &self.seal(grant)).await?;
                attention::resolve(&mut *tx, item.kind(), &item.subject_id, now).await?;
                tx.commit().await?;
                tracing::info!("Refreshed the access token");
            }
            Err(TokenError::ReauthorizationRequired) => {
                connection::require_reauthorization(&mut *tx).await?;
                attention::open(&mut *tx, &item, 0, now).await?;
                tx.commit().await?;
                tracing::warn!("Officient refused the refresh token: an admin must sign in again on the settings page");
            }
            Err(TokenError::Refresh(error)) => {
                tracing::warn!(%error, "Could not refresh the access token");
                let asked_for = if let Retry::Later(Some(wait)) = error.retry() { wait } else { Duration::ZERO };
                let until = after(self.clock.now(), pause.max(asked_for));
                *outage = Some(Outage { error: error.clone(), pause, until });
            }
            Err(TokenError::NotConnected | TokenError::Database(_) | TokenError::Vault(_)) => {}
        }
        refreshed.map(|grant| grant.access_token)
    }

    async fn refresh(&self, stored: &Connection) -> Result<Grant, TokenError> {
        let credentials = self.credentials_of(stored)?.ok_or(TokenError::ReauthorizationRequired)?;
        let sealed = stored.refresh_token.as_ref().ok_or(TokenError::ReauthorizationRequired)?;
        let refresh_token = self.vault.open(REFRESH_TOKEN, sealed)?;
        match self.oauth.refresh(&credentials, &refresh_token).await {
            Ok(grant) => Ok(grant),
            Err(UpstreamError::Rejected { .. } | UpstreamError::Unauthorized) => {
                Err(TokenError::ReauthorizationRequired)
            }
            Err(error) => Err(TokenError::Refresh(error)),
        }
    }

    /// The grant as it is stored.
    pub fn seal(&self, grant: &Grant) -> SealedTokens {
        let issued_at = self.clock.now();
        let life = SignedDuration::try_from(grant.expires_in).unwrap_or(SignedDuration::from_hours(1));
        SealedTokens {
            access_token: self.vault.seal(ACCESS_TOKEN, &grant.access_token),
            issued_at,
            expires_at: issued_at.saturating_add(life).unwrap_or(Timestamp::MAX),
            refresh_token: grant.refresh_token.as_ref().map(|token| self.vault.seal(REFRESH_TOKEN, token)),
        }
    }

    fn access_token(&self, connection: &Connection) -> Result<SecretString, TokenError> {
        match connection.state {
            State::Disconnected => return Err(TokenError::NotConnected),
            State::ReauthorizationRequired => return Err(TokenError::ReauthorizationRequired),
            State::Connected => {}
        }
        let sealed = connection.access_token.as_ref().ok_or(TokenError::NotConnected)?;
        Ok(self.vault.open(ACCESS_TOKEN, sealed)?)
    }

    fn is_about_to_end(&self, connection: &Connection) -> bool {
        let (Some(issued), Some(ends)) = (connection.access_token_issued_at, connection.access_token_expires_at) else {
            return true;
        };
        let lead = LEAD.min(ends.duration_since(issued) / 10);
        self.clock.now().duration_since(ends) >= -lead
    }
}

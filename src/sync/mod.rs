//! The one-way flow: Officient → Optedo. Reconcile, don't replay.
//!
//! A webhook says only that something happened. So it is a hint that somebody's leave must be looked at again: the truth
//! is read from Officient, compared with what we wrote, and the difference is applied. The same functions serve a
//! webhook, the first import, the sweep, a retry and the dry run; duplicates and disorder are harmless.
//!
//! ```text
//! webhook_events ─▶ trigger ──┐
//! sweep, import, admin ───────┴▶ people.sync_requested_at ─▶ worker ─▶ look ─▶ apply ─▶ conclude
//! ```
//! * [`trigger`]: whom a webhook means
//! * [`worker`]: one replica at a time takes who is due
//! * [`look`]: read and compare ([`matching`], [`mapping`], [`desired`], [`plan`]: pure); [`foresight`]: what to read beforehand
//! * [`apply`]: write, each in three steps
//! * [`conclude`](mod@conclude): what is held back and why ([`attention`]), and when to look again
//! * [`sweep`], [`subscriptions`]: everybody, and the webhooks themselves; [`preview`]: the dry run
//! * [`repairs`]: names and types that leave waits for

pub mod apply;
pub mod foresight;
pub mod inbox;
pub mod lists;
pub mod observe;
pub mod preview;
pub mod reconcile;
pub mod reference_data;
pub mod resolve;
pub mod subscriptions;
pub mod sweep;
pub mod unblock;
pub mod work_signal;
pub mod worker;

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::failure::FailureKind;
use crate::domain::ids::EventId;
use crate::http_client::{Retry, UpstreamError};
use crate::officient::{Officient, OfficientError};
use crate::optedo::{Optedo, OptedoError};
use crate::secrets::SecretsError;
use crate::secrets::vault::{Vault, VaultError};
use crate::secrets::webhook_address::WebhookAddress;
use foresight::Foresight;
use reconcile::CircuitBreaker;
use reference_data::Reference;
use work_signal::WorkSignal;

/// Why somebody could not be looked at to the end.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// Officient failed.
    #[error(transparent)]
    Officient(#[from] OfficientError),
    /// Optedo failed.
    #[error(transparent)]
    Optedo(#[from] OptedoError),
    /// The database failed.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// An earlier write to the same absence may still come through, and is waited for.
    #[error("an earlier write of event {event} may still be under way")]
    UnderWay {
        /// Which.
        event: EventId,
        /// For how long.
        wait: Duration,
    },
    /// Another replica does the syncing by now, or may.
    #[error("this replica no longer does the syncing")]
    NotLeading,
    /// The person was erased here while they were looked at.
    #[error("the person was forgotten")]
    Forgotten,
    /// The service stops.
    #[error("the service was stopping")]
    ShuttingDown,
    /// The webhook address cannot be decrypted.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<SecretsError> for SyncError {
    fn from(error: SecretsError) -> Self {
        match error {
            SecretsError::Database(error) => Self::Database(error),
            SecretsError::Vault(error) => Self::Vault(error),
        }
    }
}

impl SyncError {
    /// Whether, and when, to look again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Officient(error) => error.retry(),
            Self::Optedo(error) => error.retry(),
            Self::UnderWay { wait, .. } => Retry::Later(Some(*wait)),
            Self::Forgotten => Retry::Never,
            Self::Database(_) | Self::NotLeading | Self::ShuttingDown | Self::Vault(_) => Retry::Later(None),
        }
    }

    /// Its sort.
    pub fn fault(&self) -> FailureKind {
        match self {
            Self::Officient(error) => failure_of_officient(error),
            Self::Optedo(error) => failure_of_optedo(&error.source),
            Self::UnderWay { .. } => FailureKind::OptedoUnavailable,
            Self::Forgotten | Self::Database(_) | Self::NotLeading | Self::ShuttingDown | Self::Vault(_) => {
                FailureKind::Inside
            }
        }
    }
}

fn failure_of_officient(error: &OfficientError) -> FailureKind {
    match (error.retry(), error.upstream()) {
        (Retry::AfterSignIn, _) | (_, Some(UpstreamError::Unauthorized)) => FailureKind::SignInNeeded,
        (_, Some(UpstreamError::Unavailable { .. } | UpstreamError::TimedOut)) => {
            FailureKind::OfficientUnavailable
        }
        (_, Some(UpstreamError::Busy { .. })) => FailureKind::OfficientBusy,
        (_, Some(UpstreamError::Rejected { .. } | UpstreamError::NotFound)) => FailureKind::OfficientRefused,
        (_, Some(UpstreamError::Unreadable { .. })) => FailureKind::OfficientUnreadable,
        (_, None) => FailureKind::Inside,
    }
}

fn failure_of_optedo(error: &UpstreamError) -> FailureKind {
    match error {
        UpstreamError::Unauthorized => FailureKind::OptedoUnauthorized,
        UpstreamError::Unavailable { .. } | UpstreamError::TimedOut | UpstreamError::Busy { .. } => {
            FailureKind::OptedoUnavailable
        }
        UpstreamError::Rejected { .. } | UpstreamError::NotFound | UpstreamError::Unreadable { .. } => {
            FailureKind::OptedoRefused
        }
    }
}

/// Everything that the flow needs.
pub struct Engine {
    /// Postgres.
    pub db: PgPool,
    /// The configuration.
    pub config: Arc<Config>,
    /// The time.
    pub clock: Clock,
    /// The master.
    pub officient: Officient,
    /// The receiver.
    pub optedo: Optedo,
    /// What changes seldom.
    pub reference: Reference,
    /// Whether Optedo accepts our token.
    pub optedo_breaker: CircuitBreaker,
    /// Whether it pays to read beforehand what only a write needs.
    pub foresight: Foresight,
    /// The keys.
    pub vault: Vault,
    /// Wakes the worker, wherever it runs.
    pub work_signal: WorkSignal,
    /// Where Officient delivers webhooks.
    pub webhook_address: WebhookAddress,
    /// The service stops: nothing new is begun.
    pub stop: CancellationToken,
}

/// How long to wait before the next attempt: twice as long each time, at most 15 minutes, with jitter.
pub fn backoff(attempts: u32, at_least: Option<Duration>) -> Duration {
    const FIRST: Duration = Duration::from_secs(2);
    const MOST: Duration = Duration::from_mins(15);
    let wait = FIRST.saturating_mul(1 << attempts.min(16)).min(MOST);
    let [random] = crate::secrets::random::random::<1>();
    let jittered = wait.mul_f64(0.5 + f64::from(random) / 510.0);
    jittered.max(at_least.unwrap_or_default()).min(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_ever_further_apart_but_never_more_than_a_quarter_of_an_hour() {
        for attempts in 0..40 {
            let wait = backoff(attempts, None);
            assert!(
                wait >= Duration::from_secs(1) && wait <= Duration::from_mins(15),
                "{attempts}: {wait:?}"
            );
        }
        assert!(backoff(0, None) <= Duration::from_secs(2));
        assert!(backoff(20, None) >= Duration::from_secs(450));
        assert_eq!(backoff(0, Some(Duration::from_mins(1))), Duration::from_mins(1));
        assert_eq!(backoff(0, Some(Duration::from_hours(5))), Duration::from_mins(15));
    }
}

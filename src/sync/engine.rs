//! What every step of the flow shares, and the ways in which a step can fail.

use std::sync::Arc;
use std::time::Duration;

use jiff::ToSpan as _;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use super::circuit_breaker::CircuitBreaker;
use super::reference_data::{ReferenceData, ReferenceDataError};
use super::request_lookup::RequestLookup;
use super::work_signal::WorkSignal;
use crate::clock::Clock;
use crate::config::{Config, Settings};
use crate::db::people::Person;
use crate::db::settings;
use crate::domain::desired::Window;
use crate::domain::failure::FailureKind;
use crate::domain::ids::EventId;
use crate::domain::sync_request::SyncReason;
use crate::http_client::{Retry, UpstreamError};
use crate::notifications::Sender;
use crate::officient::rate_limiter::Priority;
use crate::officient::{Officient, OfficientError};
use crate::optedo::{Optedo, OptedoError};
use crate::secrets::SecretsError;
use crate::secrets::vault::{Vault, VaultError};
use crate::secrets::webhook_address::WebhookAddress;

/// How far ahead a sweep always reads, also when it leaves out the far end of the window.
const NEAR_DAYS: i32 = 90;

/// The parts that the steps of the flow use. The steps are methods in the files of this folder.
pub struct Engine {
    pub db: PgPool,
    pub config: Arc<Config>,
    pub clock: Clock,
    pub officient: Officient,
    pub optedo: Optedo,
    pub reference_data: ReferenceData,
    pub request_lookup: RequestLookup,
    /// Open while Officient fails for everybody.
    pub officient_breaker: CircuitBreaker,
    /// Open while Optedo fails for everybody.
    pub optedo_breaker: CircuitBreaker,
    pub sender: Sender,
    pub vault: Vault,
    pub work_signal: WorkSignal,
    pub webhook_address: WebhookAddress,
    /// Cancelled when the service stops: nothing new begins.
    pub stop: CancellationToken,
}

impl Engine {
    /// The settings in effect: the operator's, the admin's and the defaults.
    pub async fn settings(&self) -> Result<Settings, sqlx::Error> {
        Ok(self.config.settings_with(&settings::chosen(&self.db).await?))
    }

    /// The days that are kept equal, as of today.
    pub async fn window(&self) -> Result<Window, sqlx::Error> {
        Ok(self.window_of(&self.settings().await?))
    }

    pub fn window_of(&self, settings: &Settings) -> Window {
        let today = self.clock.today();
        Window { from: settings.from.on(today), until: settings.until.on(today) }
    }

    /// The years of the window that contain today or the next 90 days.
    pub fn near_years(&self, window: Window) -> Vec<i16> {
        let today = self.clock.today();
        let near = today.year()..=today.saturating_add(NEAR_DAYS.days()).year();
        window.years().filter(|year| near.contains(year)).collect()
    }

    /// The priority at the rate limiter of a person who is reconciled for this reason. Whoever failed before comes
    /// last, so that a call that hangs again holds up nobody; unless an upstream failed for everybody.
    pub fn priority(&self, person: &Person, reason: SyncReason) -> Priority {
        let is_last = person.attempts > 0 && !self.fails_for_everybody();
        if is_last { Priority::Sweep } else { priority_of(reason) }
    }

    /// Gives up `step` when the service stops. Nothing may be written to Optedo in it.
    pub(super) async fn unless_stopping<T>(&self, step: impl Future<Output = T>) -> Result<T> {
        tokio::select! {
            done = step => Ok(done),
            () = self.stop.cancelled() => Err(SyncError::ShuttingDown),
        }
    }

    pub fn fails_for_everybody(&self) -> bool {
        self.officient_breaker.is_open() || self.optedo_breaker.is_open()
    }

    /// The configured time between two sweeps; `None` when only requested sweeps run.
    pub fn sweep_interval(&self) -> Option<Duration> {
        Some(self.config.sync.sweep_interval).filter(|interval| !interval.is_zero())
    }
}

pub type Result<T, E = SyncError> = std::result::Result<T, E>;

/// Why a step of the flow failed.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    #[error(transparent)]
    Officient(#[from] OfficientError),
    #[error(transparent)]
    Optedo(#[from] OptedoError),
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// An earlier call about the same absence may still reach Optedo; a second one could overtake it.
    #[error("waiting: an earlier call to Optedo about event {event} may still be under way")]
    EarlierCall { event: EventId, wait: Duration },
    /// At the same moment, the reconciliation of another person has or moved the absence, the admin linked its user to
    /// somebody else, or the person was erased.
    #[error("waiting: the absence or its user changed meanwhile, so the person is observed again")]
    Superseded,
    #[error("another replica of the service is the leader now")]
    NotLeading,
    /// The person's data was erased while the person was reconciled.
    #[error("the person's data was erased meanwhile")]
    Erased,
    #[error("the service is stopping")]
    ShuttingDown,
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

impl From<ReferenceDataError> for SyncError {
    fn from(error: ReferenceDataError) -> Self {
        match error {
            ReferenceDataError::Officient(error) => Self::Officient(error),
            ReferenceDataError::Optedo(error) => Self::Optedo(error),
        }
    }
}

impl SyncError {
    /// How long the person must wait for a known moment. That is no failure.
    pub fn waits_for(&self) -> Option<Duration> {
        match self {
            Self::EarlierCall { wait, .. } => Some(*wait),
            Self::Superseded => Some(Duration::from_secs(1)),
            Self::ShuttingDown => Some(Duration::ZERO),
            Self::Officient(_)
            | Self::Optedo(_)
            | Self::Database(_)
            | Self::NotLeading
            | Self::Erased
            | Self::Vault(_) => None,
        }
    }

    /// Whether and when the person can be reconciled again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Officient(error) => error.retry(),
            Self::Optedo(error) => error.retry(),
            Self::EarlierCall { wait, .. } => Retry::Later(Some(*wait)),
            Self::Erased => Retry::Never,
            Self::Superseded | Self::Database(_) | Self::NotLeading | Self::ShuttingDown | Self::Vault(_) => {
                Retry::Later(None)
            }
        }
    }

    /// The sort of failure that the page shows.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Officient(error) => officient_failure(error),
            Self::Optedo(error) => optedo_failure(&error.source),
            Self::EarlierCall { .. } => FailureKind::OptedoUnavailable,
            Self::Superseded
            | Self::Erased
            | Self::Database(_)
            | Self::NotLeading
            | Self::ShuttingDown
            | Self::Vault(_) => FailureKind::Inside,
        }
    }

    /// Whether the other absences of the person can perhaps be written although this failed.
    pub fn may_be_about_one_absence(&self) -> bool {
        let is_about_all =
            |error: &OptedoError| matches!(error.source, UpstreamError::Unauthorized | UpstreamError::Busy { .. });
        matches!(self, Self::Optedo(error) if !is_about_all(error))
    }
}

fn officient_failure(error: &OfficientError) -> FailureKind {
    match (error.retry(), error.upstream()) {
        (Retry::AfterSignIn, _) | (_, Some(UpstreamError::Unauthorized)) => FailureKind::SignInNeeded,
        (_, Some(UpstreamError::Unavailable { .. } | UpstreamError::TimedOut)) => FailureKind::OfficientUnavailable,
        (_, Some(UpstreamError::Busy { .. })) => FailureKind::OfficientBusy,
        (_, Some(UpstreamError::Rejected { .. } | UpstreamError::NotFound)) => FailureKind::OfficientRefused,
        (_, Some(UpstreamError::Unreadable { .. })) => FailureKind::OfficientUnreadable,
        (_, None) => FailureKind::Inside,
    }
}

fn optedo_failure(error: &UpstreamError) -> FailureKind {
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

/// Priority at the rate limiter: a webhook or an admin's click goes before an import, and an import before a sweep.
pub fn priority_of(reason: SyncReason) -> Priority {
    match reason {
        SyncReason::Webhook | SyncReason::Manual => Priority::Urgent,
        SyncReason::Import | SyncReason::Audit => Priority::Import,
        SyncReason::Sweep => Priority::Sweep,
    }
}

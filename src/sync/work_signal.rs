//! Tells the worker that there is work: within this process, or over Postgres when another replica is the leader.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::db::Db;

/// The Postgres channel of `listen` and `notify`.
pub const CHANNEL: &str = "optedo_officient_work";

/// How long after its last heartbeat a leader may assume that it still holds the lock. Shorter than the time after
/// which another replica replaces a leader that hangs (`leader.rs`).
pub const LEADERSHIP_VALID_FOR: Duration = Duration::from_secs(7);

/// Clones notify the same worker.
#[derive(Clone, Debug, Default)]
pub struct WorkSignal {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    notify: Notify,
    leadership: Mutex<Option<Leadership>>,
    rounds: watch::Sender<Round>,
}

/// One look of the worker for work. Tests wait for rounds instead of waiting for a time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Round {
    pub number: u64,
    /// How many jobs run after it.
    pub jobs: usize,
}

/// This replica holds the lock, as far as it knows.
#[derive(Clone, Copy, Debug)]
pub struct Leadership {
    /// When the question was sent to Postgres, not when the answer came: a process that was suspended in between would
    /// read an old answer.
    pub confirmed_at: Instant,
    /// Counts the leaders of this database.
    pub term: i64,
}

impl WorkSignal {
    /// There is work. Should the notification over Postgres fail, the leader finds the work within a second by itself.
    pub async fn notify(&self, db: impl Db<'_>) {
        if self.lock().is_some() {
            self.inner.notify.notify_one();
        } else if let Err(error) = sqlx::query("select pg_notify($1, '')").bind(CHANNEL).execute(db).await {
            tracing::debug!(%error, "Could not notify the worker of another replica");
        }
    }

    /// Waits for [`Self::notify`].
    pub async fn notified(&self) {
        self.inner.notify.notified().await;
    }

    /// `None`: this replica is not the leader.
    pub fn set_leadership(&self, leadership: Option<Leadership>) {
        *self.lock() = leadership;
    }

    /// The term of this replica, if it confirmed a short while ago that it is the leader.
    pub fn term(&self) -> Option<i64> {
        let leadership = (*self.lock())?;
        (leadership.confirmed_at.elapsed() < LEADERSHIP_VALID_FOR).then_some(leadership.term)
    }

    pub fn is_leading(&self) -> bool {
        self.term().is_some()
    }

    /// The worker of this process has started the jobs that are due.
    pub fn end_round(&self, jobs: usize) {
        self.inner.rounds.send_modify(|round| *round = Round { number: round.number + 1, jobs });
    }

    /// The last round of this process' worker, and the following ones as they end.
    pub fn rounds(&self) -> watch::Receiver<Round> {
        self.inner.rounds.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Leadership>> {
        self.inner.leadership.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

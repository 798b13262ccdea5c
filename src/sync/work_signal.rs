//! Waking the worker: within this process, or over Postgres when another replica does the syncing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::PgExecutor;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The Postgres channel.
pub const CHANNEL: &str = "optedo_officient_work";

/// So long a replica is certain that it still holds the lock: less than the others wait before they take it from one
/// that hangs (`worker.rs`).
pub const CERTAIN: Duration = Duration::from_secs(7);

/// Clones wake the same worker.
#[derive(Clone, Debug, Default)]
pub struct WorkSignal {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    notify: Notify,
    leading: Mutex<Option<Leading>>,
}

/// This replica does the syncing, as far as it knows.
#[derive(Clone, Copy, Debug)]
pub struct Leading {
    /// When it asked and was told so. Not when the answer came: a process that was stopped meanwhile reads an old one.
    pub asked_at: Instant,
    /// Which term of a leader this is.
    pub term: i64,
}

impl WorkSignal {
    /// There is work. When this replica does not do it, the one that does is told over Postgres; should that fail, its
    /// own look every second finds the work.
    pub async fn notify(&self, db: impl PgExecutor<'_>) {
        if self.lock().is_some() {
            self.inner.notify.notify_one();
        } else if let Err(error) = sqlx::query("select pg_notify($1, '')").bind(CHANNEL).execute(db).await {
            tracing::debug!(%error, "Could not wake the worker of another replica");
        }
    }

    /// Waits until woken.
    pub async fn notified(&self) {
        self.inner.notify.notified().await;
    }

    /// This replica does the syncing; `None`: no longer.
    pub fn set_leading(&self, leading: Option<Leading>) {
        *self.lock() = leading;
    }

    /// The term in which this replica does the syncing, if it saw so a short while ago: one that was stopped for longer may
    /// have been replaced.
    pub fn term(&self) -> Option<i64> {
        let leading = (*self.lock())?;
        (leading.asked_at.elapsed() < CERTAIN).then_some(leading.term)
    }

    /// Whether this replica does the syncing, as far as it knows.
    pub fn is_leading(&self) -> bool {
        self.term().is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Leading>> {
        self.inner.leading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

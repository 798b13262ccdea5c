//! Waking the worker: within this process, or over Postgres when another replica does the syncing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::PgPool;
use tokio::sync::Notify;

/// The Postgres channel.
pub const CHANNEL: &str = "optedo_officient_work";

/// Clones wake the same worker.
#[derive(Clone, Debug, Default)]
pub struct Wake {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    notify: Notify,
    is_leader: AtomicBool,
}

impl Wake {
    /// There is work. When this replica does not do it, the one that does is told over Postgres; should that fail, its
    /// own look every second finds the work.
    pub async fn worker(&self, db: &PgPool) {
        if self.inner.is_leader.load(Ordering::Acquire) {
            self.inner.notify.notify_one();
        } else if let Err(error) = sqlx::query("select pg_notify($1, '')").bind(CHANNEL).execute(db).await {
            tracing::debug!(%error, "Could not wake the worker of another replica");
        }
    }

    /// Waits until woken.
    pub async fn woken(&self) {
        self.inner.notify.notified().await;
    }

    /// This replica does the syncing, or no longer.
    pub fn set_leader(&self, is_leader: bool) {
        self.inner.is_leader.store(is_leader, Ordering::Release);
    }
}

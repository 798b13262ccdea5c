//! Where webhooks wait for the next commit.
//!
//! Concurrent webhooks share an insert and a commit: one writer takes whatever waits while the previous commit is under
//! way, so a lone webhook waits for nothing, and a flood costs few commits. The writer has a connection of its own: no
//! page and no look at a person can make a webhook wait.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::webhook::Announcement;
use crate::clock::Clock;
use crate::db::events;
use crate::sync::wake::Wake;

/// Webhooks in one commit.
const BATCH: usize = 1000;
/// Webhooks that may wait; beyond that, and when a commit takes longer than this, the answer is 503.
const QUEUE: usize = 10_000;
const PATIENCE: Duration = Duration::from_millis(1500);

struct Pending {
    announcement: Announcement,
    stored: oneshot::Sender<bool>,
}

/// Takes webhooks; clones share it.
#[derive(Clone)]
pub struct Inbox {
    queue: mpsc::Sender<Pending>,
    /// Event names that metrics may carry: others could be anything.
    known: Arc<BTreeSet<String>>,
}

impl Inbox {
    /// Starts the writer, which runs until `closed`.
    pub fn start(
        tasks: &TaskTracker,
        database: PgConnectOptions,
        clock: Clock,
        wake: Wake,
        known: &[String],
        closed: CancellationToken,
    ) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        tasks.spawn(Writer { database, connection: None, clock, wake }.run(waiting, closed));
        Self { queue, known: Arc::new(known.iter().cloned().collect()) }
    }

    /// Resolves to true once the event is on disk, to false when it could not be stored.
    pub(super) async fn store(&self, announcement: Announcement) -> bool {
        let (stored, is_stored) = oneshot::channel();
        if self.queue.try_send(Pending { announcement, stored }).is_err() {
            return false;
        }
        matches!(timeout(PATIENCE, is_stored).await, Ok(Ok(true)))
    }

    /// The event's name for metrics.
    pub(super) fn label(&self, event_type: &str) -> String {
        self.known.get(event_type).cloned().unwrap_or_else(|| "other".to_owned())
    }
}

struct Writer {
    database: PgConnectOptions,
    /// Open from the first webhook on; `None` after a failure.
    connection: Option<PgConnection>,
    clock: Clock,
    wake: Wake,
}

impl Writer {
    /// Ends when no request is answered any more, so that nobody waits.
    async fn run(mut self, mut waiting: mpsc::Receiver<Pending>, closed: CancellationToken) {
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                biased;
                _received = waiting.recv_many(&mut batch, BATCH) => (),
                () = closed.cancelled() => return,
            }
            if batch.is_empty() {
                return;
            }
            let (announcements, senders): (Vec<Announcement>, Vec<oneshot::Sender<bool>>) =
                batch.drain(..).map(|pending| (pending.announcement, pending.stored)).unzip();
            let is_stored = self.store(announcements).await;
            for stored in senders {
                // Whoever waited may have given up.
                let _heard = stored.send(is_stored);
            }
            if let Some(connection) = &mut self.connection {
                self.wake.worker(connection).await;
            }
        }
    }

    async fn store(&mut self, announcements: Vec<Announcement>) -> bool {
        let events = announcements.len();
        let (event_types, ids): (Vec<String>, Vec<Option<String>>) =
            announcements.into_iter().map(|it| (it.event_type, it.related_object_id)).unzip();
        match timeout(PATIENCE, self.insert(&event_types, &ids)).await {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => tracing::error!(%error, events, "Could not store webhooks"),
            Err(_too_slow) => tracing::error!(events, "Storing webhooks took too long"),
        }
        false
    }

    /// A connection that broke since it was last used is replaced at once. What was committed and not answered is then
    /// stored twice, which is harmless; one that was given up half way is not used again.
    async fn insert(&mut self, event_types: &[String], ids: &[Option<String>]) -> Result<(), sqlx::Error> {
        if let Some(mut connection) = self.connection.take()
            && events::insert(&mut connection, self.clock.now(), event_types, ids).await.is_ok()
        {
            self.connection = Some(connection);
            return Ok(());
        }
        let mut connection = PgConnection::connect_with(&self.database).await?;
        events::insert(&mut connection, self.clock.now(), event_types, ids).await?;
        self.connection = Some(connection);
        Ok(())
    }
}

//! Where webhooks wait for the next commit.
//!
//! Concurrent webhooks share an insert and a commit: one writer takes whatever waits while the previous commit is under
//! way, so a lone webhook waits for nothing, and a flood costs few commits. The writer has a connection of its own: no
//! page and no look at a person can make a webhook wait.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use tokio::sync::{mpsc, oneshot};
use tokio::task::yield_now;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::db::webhooks;
use crate::domain::webhook::WebhookPayload;
use crate::sync::work_signal::WorkSignal;
use crate::telemetry::metrics::WebhookCounters;

/// Webhooks in one commit.
const BATCH: usize = 1000;
/// Webhooks that may wait; beyond that, and when a commit takes longer than this, the answer is 503.
const QUEUE: usize = 10_000;
const PATIENCE: Duration = Duration::from_millis(1500);

struct Pending {
    payload: WebhookPayload,
    /// Told the event's id once it is on disk; dropped when it could not be stored.
    stored: oneshot::Sender<i64>,
}

/// Takes webhooks; clones share it.
#[derive(Clone)]
pub struct Inbox {
    queue: mpsc::Sender<Pending>,
    /// What becomes of webhooks.
    pub counters: Arc<WebhookCounters>,
}

impl Inbox {
    /// Starts the writer, which runs until `closed`.
    pub fn start(
        tasks: &TaskTracker,
        database: PgConnectOptions,
        clock: Clock,
        work_signal: WorkSignal,
        known: &[String],
        closed: CancellationToken,
    ) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        tasks.spawn(Writer { database, connection: None, clock, work_signal }.run(waiting, closed));
        Self { queue, counters: Arc::new(WebhookCounters::new(known)) }
    }

    /// Resolves to its id once the event is on disk, to nothing when it could not be stored.
    pub async fn store(&self, payload: WebhookPayload) -> Option<i64> {
        let (stored, is_stored) = oneshot::channel();
        self.queue.try_send(Pending { payload, stored }).ok()?;
        timeout(PATIENCE, is_stored).await.ok()?.ok()
    }
}

struct Writer {
    database: PgConnectOptions,
    /// Open from the first webhook on; `None` after a failure.
    connection: Option<PgConnection>,
    clock: Clock,
    work_signal: WorkSignal,
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
            let (payloads, senders): (Vec<WebhookPayload>, Vec<oneshot::Sender<i64>>) =
                batch.drain(..).map(|pending| (pending.payload, pending.stored)).unzip();
            let ids = self.store(payloads).await;
            for (stored, id) in senders.into_iter().zip(&ids) {
                // Whoever waited may have given up.
                let _heard = stored.send(*id);
            }
            // Those who waited answer first.
            yield_now().await;
            if let Some(connection) = &mut self.connection {
                self.work_signal.notify(connection).await;
            }
            if !ids.is_empty() {
                tracing::info!(event.ids = ?ids, "Stored webhooks");
            }
        }
    }

    /// Their ids; none when they could not be stored.
    async fn store(&mut self, payloads: Vec<WebhookPayload>) -> Vec<i64> {
        let events = payloads.len();
        let (event_types, ids): (Vec<String>, Vec<Option<String>>) =
            payloads.into_iter().map(|it| (it.event_type, it.related_object_id)).unzip();
        match timeout(PATIENCE, self.insert(&event_types, &ids)).await {
            Ok(Ok(ids)) => return ids,
            Ok(Err(error)) => tracing::error!(%error, events, "Could not store webhooks"),
            Err(_too_slow) => tracing::error!(events, "Storing webhooks took too long"),
        }
        Vec::new()
    }

    /// A connection that broke since it was last used is replaced at once. What was committed and not answered is then
    /// stored twice, which is harmless; one that was given up half way is not used again.
    async fn insert(
        &mut self,
        event_types: &[String],
        ids: &[Option<String>],
    ) -> Result<Vec<i64>, sqlx::Error> {
        if let Some(mut connection) = self.connection.take()
            && let Ok(stored) = webhooks::insert(&mut connection, self.clock.now(), event_types, ids).await
        {
            self.connection = Some(connection);
            return Ok(stored);
        }
        let mut connection = PgConnection::connect_with(&self.database).await?;
        let stored = webhooks::insert(&mut connection, self.clock.now(), event_types, ids).await?;
        self.connection = Some(connection);
        Ok(stored)
    }
}

//! Where webhooks wait for the next commit.
//!
//! Webhooks that arrive together share one insert and one commit: the writer takes all that arrived during the previous
//! commit. So a lone webhook does not wait, and a flood costs few commits. The writer has a database connection of its
//! own, so that a full connection pool delays no webhook.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::db::{faults, webhooks};
use crate::domain::webhook::WebhookPayload;
use crate::sync::work_signal::WorkSignal;
use crate::telemetry::metrics::WebhookLabels;

/// Webhooks in one commit.
const MAX_BATCH: usize = 1000;
/// Webhooks that may wait; each beyond them is refused.
const MAX_WAITING: usize = 10_000;
/// How long a webhook may wait, and how long a commit may take: less than the 2 s after which Officient must have a
/// 503.
const STORE_TIMEOUT: Duration = Duration::from_millis(1500);
const _: () = assert!(STORE_TIMEOUT.as_millis() < 2000, "Officient is promised a response within two seconds");

struct Waiting {
    payload: WebhookPayload,
    /// Gets the webhook's id when it is on disk; dropped when it could not be stored.
    stored: oneshot::Sender<i64>,
}

/// Stores webhooks; clones share the writer.
#[derive(Clone)]
pub struct Inbox {
    queue: mpsc::Sender<Waiting>,
    pub labels: Arc<WebhookLabels>,
}

impl Inbox {
    /// Starts the writer, which runs until `closed`. `event_types` are counted by name from the start.
    pub fn start(
        tasks: &TaskTracker,
        database: PgConnectOptions,
        clock: Clock,
        work_signal: WorkSignal,
        event_types: &[String],
        closed: CancellationToken,
    ) -> Self {
        let (queue, waiting) = mpsc::channel(MAX_WAITING);
        let writer = Writer { database, connection: None, clock, work_signal };
        tasks.spawn(async move { closed.run_until_cancelled(writer.run(waiting)).await });
        Self { queue, labels: Arc::new(WebhookLabels::new(event_types)) }
    }

    /// Returns the webhook's id once it is on disk, or nothing when it could not be stored.
    pub async fn store(&self, payload: WebhookPayload) -> Option<i64> {
        let (stored, is_stored) = oneshot::channel();
        self.queue.try_send(Waiting { payload, stored }).ok()?;
        timeout(STORE_TIMEOUT, is_stored).await.ok()?.ok()
    }
}

struct Writer {
    database: PgConnectOptions,
    /// `None` before the first webhook and after a failure.
    connection: Option<PgConnection>,
    clock: Clock,
    work_signal: WorkSignal,
}

impl Writer {
    async fn run(mut self, mut waiting: mpsc::Receiver<Waiting>) {
        let mut batch = Vec::new();
        while waiting.recv_many(&mut batch, MAX_BATCH).await > 0 {
            let (payloads, senders): (Vec<WebhookPayload>, Vec<oneshot::Sender<i64>>) =
                batch.drain(..).map(|webhook| (webhook.payload, webhook.stored)).unzip();
            let ids = self.store(payloads).await;
            for (stored, id) in senders.into_iter().zip(&ids) {
                // The request may have given up.
                let _is_received = stored.send(*id);
            }
            if let Some(connection) = &mut self.connection {
                self.work_signal.notify(connection).await;
                tracing::info!(event.ids = ?ids, "Stored webhooks");
            }
        }
    }

    /// The ids in the order of the payloads; none when they could not be stored.
    async fn store(&mut self, payloads: Vec<WebhookPayload>) -> Vec<i64> {
        let count = payloads.len();
        let (event_types, object_ids): (Vec<String>, Vec<Option<String>>) =
            payloads.into_iter().map(|payload| (payload.event_type, payload.related_object_id)).unzip();
        match timeout(STORE_TIMEOUT, self.insert(&event_types, &object_ids)).await {
            Ok(Ok(ids)) => return ids,
            Ok(Err(error)) => {
                let error = faults::describe(&error);
                tracing::error!(error, webhooks = count, "Could not store webhooks");
            }
            Err(_elapsed) => tracing::error!(webhooks = count, "Storing webhooks took too long"),
        }
        Vec::new()
    }

    /// Replaces a connection that broke since its last use, and tries once more. Webhooks that were committed without a
    /// response are then stored twice, which is harmless. A connection that is in use when the time is over is dropped.
    async fn insert(&mut self, event_types: &[String], object_ids: &[Option<String>]) -> Result<Vec<i64>, sqlx::Error> {
        let now = self.clock.now();
        if let Some(mut connection) = self.connection.take()
            && let Ok(ids) = webhooks::insert(&mut connection, now, event_types, object_ids).await
        {
            self.connection = Some(connection);
            return Ok(ids);
        }
        let mut connection = PgConnection::connect_with(&self.database).await?;
        let ids = webhooks::insert(&mut connection, now, event_types, object_ids).await?;
        self.connection = Some(connection);
        Ok(ids)
    }
}

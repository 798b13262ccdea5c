//! One replica at a time is the leader and runs the worker: the one whose session holds the advisory lock.
//!
//! The session is not part of the pool. When it is gone, so is the lock: the leader drops all work at once (an
//! interrupted write is found again by its stored intent) and competes for the lock anew.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::engine::Engine;
use super::notify;
use super::work_signal::{CHANNEL, LEADERSHIP_VALID_FOR, Leadership};
use super::worker::Worker;
use crate::db::{Db, faults, leadership};
use crate::secrets;
use crate::secrets::webhook_address::REFRESH_INTERVAL;

/// The leader uses its session this often, to see what is due and to be seen; the other replicas try the lock.
const HEARTBEAT: Duration = REFRESH_INTERVAL;
/// How long the session may take to answer, or to close.
const SESSION_TIMEOUT: Duration = Duration::from_secs(2);
/// A leader without a heartbeat for this long hangs, and is replaced.
const HANGS_AFTER: Duration = Duration::from_secs(10);

const _: () =
    assert!(HEARTBEAT.as_secs() + SESSION_TIMEOUT.as_secs() < 10, "a leader that dies is replaced within ten seconds");
const _: () = assert!(LEADERSHIP_VALID_FOR.as_secs() + SESSION_TIMEOUT.as_secs() < HANGS_AFTER.as_secs());

/// Runs until the service stops: waits for the lock, works, and waits again after the lock was lost.
pub async fn run(engine: Arc<Engine>) {
    while !engine.stop.is_cancelled() {
        if let Err(error) = lead(&engine).await {
            let error = faults::describe(&faults::cause_of(&engine.db, error).await);
            tracing::warn!(error, "Lost the database session of the leader's lock");
        }
        engine.work_signal.set_leadership(None);
        if !engine.pause_for_heartbeat().await {
            return;
        }
        engine.refresh_webhook_address(&engine.db).await;
    }
}

/// Works for as long as the lock is held; returns when the service stops.
async fn lead(engine: &Arc<Engine>) -> Result<(), sqlx::Error> {
    let options = engine.db.connect_options().as_ref().clone();
    let session = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
    let mut listener = PgListener::connect_with(&session).await?;
    let result = lead_with(&mut listener, engine).await;
    drop(listener);
    if timeout(SESSION_TIMEOUT, session.close()).await.is_err() {
        tracing::warn!("The database session of the leader's lock does not close");
    }
    result
}

async fn lead_with(listener: &mut PgListener, engine: &Arc<Engine>) -> Result<(), sqlx::Error> {
    let mut confirmed_at = Instant::now();
    while !leadership::try_lock(&mut *listener).await? {
        if leadership::end_hanging(&mut *listener, HANGS_AFTER.as_secs_f64()).await? {
            tracing::warn!("Ended the session of a leader that hangs: another replica replaces it");
        }
        engine.refresh_webhook_address(&mut *listener).await;
        if !engine.pause_for_heartbeat().await {
            return Ok(());
        }
        confirmed_at = Instant::now();
    }
    listener.listen(CHANNEL).await?;
    let term = leadership::begin_term(&mut *listener).await?;
    engine.work_signal.set_leadership(Some(Leadership { confirmed_at, term }));
    tracing::info!(leader.term = term, "This replica is the leader");
    if let Err(error) = secrets::reseal(&engine.db, &engine.vault).await {
        tracing::warn!(%error, "Could not re-encrypt all secrets with the current key");
    }
    let mut worker = Worker::new(Arc::clone(engine));
    let stop = engine.stop.child_token();
    let work = async {
        worker.run().await;
        // The worker may end before the service stops.
        stop.cancel();
    };
    let notify = Box::pin(notify::run(Arc::clone(engine), stop.clone()));
    tokio::select! {
        lost = watch(listener, engine, term) => lost,
        ((), ()) = async { tokio::join!(work, notify) } => Ok(()),
    }
}

/// Passes on the notifications of other replicas and, at each heartbeat, what has become due. Returns when the session,
/// and with it the lock, is gone.
async fn watch(listener: &mut PgListener, engine: &Engine, term: i64) -> Result<(), sqlx::Error> {
    let mut heartbeat_at = Instant::now();
    loop {
        if heartbeat_at <= Instant::now() {
            let confirmed_at = Instant::now();
            let now = engine.clock.now();
            let sweep_before = engine.sweep_interval().and_then(|interval| now.checked_sub(interval).ok());
            let is_due = leadership::is_anything_due(&mut *listener, now, sweep_before);
            let is_due = timeout(SESSION_TIMEOUT, is_due).await.map_err(|_hangs| sqlx::Error::PoolTimedOut)??;
            engine.work_signal.set_leadership(Some(Leadership { confirmed_at, term }));
            if is_due {
                engine.work_signal.notify(&engine.db).await;
            }
            engine.refresh_webhook_address(&mut *listener).await;
            heartbeat_at = Instant::now() + HEARTBEAT;
        }
        match timeout_at(heartbeat_at, listener.try_recv()).await {
            Ok(Ok(Some(_notification))) => engine.work_signal.notify(&engine.db).await,
            Ok(Ok(None)) => return Err(sqlx::Error::PoolTimedOut),
            Ok(Err(error)) => return Err(error),
            Err(_no_notification) => {}
        }
    }
}

impl Engine {
    /// False when the service stops.
    async fn pause_for_heartbeat(&self) -> bool {
        self.unless_stopping(sleep(HEARTBEAT)).await.is_ok()
    }

    /// Another replica may have replaced the webhook address.
    async fn refresh_webhook_address(&self, db: impl Db<'_>) {
        if let Err(error) = self.webhook_address.read_again(db).await {
            tracing::debug!(%error, "Could not read the webhook address");
        }
    }
}

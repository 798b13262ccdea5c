//! The worker: of all replicas the one that holds the advisory lock takes events and people who are due.
//!
//! The lock lives on a connection of its own. When that connection is gone, so is the lock: the worker drops everything
//! at once (what it was writing is found again by its intent) and tries to get the lock anew. All work is concurrent;
//! Officient's rate limit, not the machine, bounds it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sqlx::PgExecutor;
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use tracing::Instrument as _;
use tracing::field::Empty;

use super::unblock::Repaired;
use super::work_signal::{CERTAIN, CHANNEL, Leading};
use super::{Engine, SyncError, backoff};
use crate::clock::after;
use crate::db::connection::{self, Connection, State};
use crate::db::people::{self, Person};
use crate::db::{absences, history, leadership, preview, retention, sessions, webhooks};
use crate::domain::ids::CompanyId;
use crate::domain::sync_request::SyncReason;
use crate::secrets;
use crate::secrets::webhook_address::REFRESH_INTERVAL;
use crate::telemetry::work;

/// People looked at side by side.
const MOST_PEOPLE: usize = 16;
/// Of those, people of a sweep: it is slowed down by its share of the limit anyway.
const MOST_OF_SWEEP: usize = 3;
/// Of those, people for whom nobody waits, so that there is always room for somebody else.
const MOST_OF_IMPORT: usize = 12;
/// How often what is under way is looked at when nobody announced anything.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The same for a worker at rest: [`watch`] sees what comes to be due.
const REST: Duration = Duration::from_mins(1);
/// At least so long between two looks for work because of what was announced: a flood is few looks, and what comes alone
/// waits for nothing.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);
/// After more new webhooks than this at a time the next are taken a little later, together: storing them goes first.
const BURST: i64 = 5;
const BETWEEN_BATCHES: Duration = Duration::from_millis(200);
/// Every replica uses its session so often: the leader to see what is due, and to be seen; the others to try the lock.
const BEAT: Duration = REFRESH_INTERVAL;
/// How long a session may take to answer, or to end.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often repairs of names and types are looked for, while leave waits for any.
const FIND_REPAIRS_EVERY: Duration = REST;
/// A leader not heard of for so long hangs, and is replaced; it is certain of its lock for less ([`CERTAIN`]).
const HANGS_AFTER: Duration = Duration::from_secs(10);
const CLEAN_UP_EVERY: SignedDuration = SignedDuration::from_mins(10);
const CLEAN_UP_BATCH: i64 = 1000;
/// A preview says what was so when it was made.
const KEEP_PREVIEW: SignedDuration = SignedDuration::from_hours(24);

const _: () = assert!(CERTAIN.as_secs() + PATIENCE.as_secs() < HANGS_AFTER.as_secs());

/// Runs until the service stops: waits for the lock, works, and waits again when it was lost.
pub async fn run(engine: Arc<Engine>) {
    while !engine.stop.is_cancelled() {
        if let Err(error) = lead(&engine).await {
            tracing::warn!(%error, "The worker lost its database connection");
        }
        engine.work_signal.set_leading(None);
        if !engine.rest_a_beat().await {
            return;
        }
        engine.read_webhook_address(&engine.db).await;
    }
}

/// Works for as long as the lock is held; returns when the service stops.
///
/// The connection that holds the lock is in no pool: once this returns it is closed, and the lock free.
async fn lead(engine: &Arc<Engine>) -> Result<(), sqlx::Error> {
    let options = engine.db.connect_options().as_ref().clone();
    let connection = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
    let mut listener = PgListener::connect_with(&connection).await?;
    let result = lead_with(&mut listener, engine).await;
    drop(listener);
    if timeout(PATIENCE, connection.close()).await.is_err() {
        tracing::warn!("The connection that held the lock does not close");
    }
    result
}

async fn lead_with(listener: &mut PgListener, engine: &Arc<Engine>) -> Result<(), sqlx::Error> {
    let mut asked_at = Instant::now();
    while !leadership::try_lock(&mut *listener).await? {
        if leadership::end_hanging(&mut *listener, HANGS_AFTER.as_secs_f64()).await? {
            tracing::warn!("The replica that did the syncing hangs: another takes over");
        }
        engine.read_webhook_address(&mut *listener).await;
        if !engine.rest_a_beat().await {
            return Ok(());
        }
        asked_at = Instant::now();
    }
    listener.listen(CHANNEL).await?;
    let term = leadership::begin_term(&mut *listener).await?;
    engine.work_signal.set_leading(Some(Leading { asked_at, term }));
    tracing::info!("This replica does the syncing");
    if let Err(error) = secrets::reseal_as_leader(&engine.db, &engine.vault).await {
        tracing::warn!(%error, "Could not see that all secrets are encrypted with the current key");
    }
    let mut worker = Worker::new(Arc::clone(engine));
    tokio::select! {
        lost = watch(listener, engine, term) => lost,
        () = worker.work() => Ok(()),
    }
}

/// Passes on what other replicas announce, and what comes to be due; returns when the connection, and with it the lock,
/// is gone.
async fn watch(listener: &mut PgListener, engine: &Engine, term: i64) -> Result<(), sqlx::Error> {
    let mut beat_at = Instant::now();
    loop {
        // A connection that is cut without a word shows when it is used; and used, it shows the others that we are there.
        if beat_at <= Instant::now() {
            let asked_at = Instant::now();
            let now = engine.clock.now();
            let sweep_before = engine.sweep_interval().and_then(|interval| now.checked_sub(interval).ok());
            let is_due = timeout(PATIENCE, leadership::is_anything_due(&mut *listener, now, sweep_before));
            let is_due = is_due.await.map_err(|_hangs| sqlx::Error::PoolTimedOut)??;
            engine.work_signal.set_leading(Some(Leading { asked_at, term }));
            if is_due {
                engine.work_signal.notify(&engine.db).await;
            }
            engine.read_webhook_address(&mut *listener).await;
            beat_at = Instant::now() + BEAT;
        }
        match timeout_at(beat_at, listener.try_recv()).await {
            Ok(Ok(Some(_notification))) => engine.work_signal.notify(&engine.db).await,
            Ok(Ok(None)) => return Err(sqlx::Error::PoolTimedOut),
            Ok(Err(error)) => return Err(error),
            Err(_nothing_came) => {}
        }
    }
}

/// A piece of work that ended.
enum Done {
    NewEvents(Result<i64, SyncError>),
    Unexplained(Result<Duration, SyncError>),
    Sweep(Result<bool, SyncError>),
    Webhooks(Result<(), SyncError>),
    Person(i64, SyncReason),
    Preview(Result<(), SyncError>),
    Repairs(Result<Repaired, SyncError>),
    CleanUp,
}

/// What is under way.
pub struct Worker {
    engine: Arc<Engine>,
    /// Tasks of their own: one that waits for the database must not keep others from giving theirs back. Dropped, they end.
    jobs: JoinSet<Done>,
    people: HashSet<i64>,
    import_people: usize,
    sweep_people: usize,
    events: Job,
    /// Events up to this one were taken; those that still wait are unexplained.
    taken_up_to: i64,
    explaining: Job,
    /// None of those is unexplained, which is not asked again before then unless the worker is woken.
    all_explained_until: Option<Timestamp>,
    sweep: Job,
    preview: Job,
    repairs: Job,
    repaired: Repaired,
    cleaned_up_at: Option<Timestamp>,
    /// The webhooks were not yet seen to be right.
    must_check_webhooks: bool,
}

/// Something that is done by one at a time, and not too soon again after it failed.
#[derive(Default)]
struct Job {
    is_under_way: bool,
    failures: u32,
    not_before: Option<Timestamp>,
}

impl Job {
    fn may_begin(&self, now: Timestamp) -> bool {
        !self.is_under_way && self.not_before.is_none_or(|at| at <= now)
    }

    fn begin(&mut self) {
        self.is_under_way = true;
    }

    fn end(&mut self, is_ok: bool, now: Timestamp) {
        if is_ok {
            *self = Self::default();
        } else {
            self.is_under_way = false;
            self.not_before = Some(after(now, backoff(self.failures, None).min(Duration::from_mins(1))));
            self.failures += 1;
        }
    }
}

impl Worker {
    /// A worker with nothing under way.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self {
            engine,
            jobs: JoinSet::new(),
            people: HashSet::new(),
            import_people: 0,
            sweep_people: 0,
            events: Job::default(),
            taken_up_to: 0,
            explaining: Job::default(),
            all_explained_until: None,
            sweep: Job::default(),
            preview: Job::default(),
            repairs: Job::default(),
            repaired: Repaired::default(),
            cleaned_up_at: None,
            must_check_webhooks: true,
        }
    }

    /// Works until the service stops, then ends what is being written. Ends early when a piece of work panicked: a new
    /// worker begins with nothing under way.
    pub async fn work(&mut self) {
        let mut woken_at = Instant::now();
        while !self.engine.stop.is_cancelled() {
            let wait = match self.begin_what_is_due().await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::warn!(%error, "Could not look for work");
                    sleep(LOOK_EVERY).await;
                    Duration::ZERO
                }
            };
            let engine = Arc::clone(&self.engine);
            let is_burst = self.events.not_before.is_some();
            let woken = async {
                sleep_until(woken_at + if is_burst { BETWEEN_BATCHES } else { BETWEEN_LOOKS }).await;
                engine.work_signal.notified().await;
            };
            tokio::select! {
                Some(done) = self.jobs.join_next() => {
                    if !self.note(done) {
                        return;
                    }
                }
                // By a replica, too, that stored an event with a number before the newest.
                () = woken => {
                    woken_at = Instant::now();
                    self.all_explained_until = None;
                }
                () = sleep(wait) => (),
                () = engine.stop.cancelled() => (),
            }
        }
        while let Some(done) = self.jobs.join_next().await {
            self.note(done);
        }
    }

    /// False when the piece of work panicked.
    fn note(&mut self, done: Result<Done, JoinError>) -> bool {
        match done {
            Ok(done) => {
                self.end(done);
                true
            }
            Err(error) => {
                tracing::error!(%error, "A piece of work failed inside");
                false
            }
        }
    }

    fn end(&mut self, done: Done) {
        let now = self.engine.clock.now();
        match done {
            Done::Person(person, reason) => {
                self.people.remove(&person);
                if let Some((count, _most)) = self.share_of(reason) {
                    *count = count.saturating_sub(1);
                }
            }
            Done::NewEvents(result) => {
                self.events.end(result.is_ok(), now);
                if let Ok(newest) = result {
                    if newest - self.taken_up_to > BURST {
                        self.events.not_before = Some(after(now, BETWEEN_BATCHES));
                    }
                    self.taken_up_to = newest;
                    self.all_explained_until = None;
                }
            }
            Done::Unexplained(result) => {
                self.explaining.end(result.is_ok(), now);
                if let Ok(wait) = result {
                    self.explaining.not_before = Some(after(now, wait));
                }
            }
            Done::Sweep(result) => {
                self.must_check_webhooks = !matches!(result, Ok(true));
                self.sweep.end(!self.must_check_webhooks, now);
            }
            Done::Webhooks(result) => {
                self.sweep.end(result.is_ok(), now);
                self.must_check_webhooks = result.is_err();
            }
            Done::Preview(result) => {
                self.preview.end(result.is_ok(), now);
            }
            Done::Repairs(result) => {
                self.repairs.end(result.is_ok(), now);
                if let Ok(repaired) = result {
                    self.repaired = repaired;
                    self.repairs.not_before = Some(after(now, FIND_REPAIRS_EVERY));
                }
            }
            Done::CleanUp => {}
        }
    }

    /// Returns how long to wait for the next look if nothing happens before.
    async fn begin_what_is_due(&mut self) -> Result<Duration, SyncError> {
        let now = self.engine.clock.now();
        if self.cleaned_up_at.is_none_or(|at| now.duration_since(at) >= CLEAN_UP_EVERY) {
            self.cleaned_up_at = Some(now);
            let engine = Arc::clone(&self.engine);
            let clean_up = async move {
                let _logged = told("Could not delete what is no longer kept", engine.clean_up().await);
                Done::CleanUp
            };
            self.jobs.spawn(clean_up.instrument(work!("clean_up")));
        }
        let connection = connection::load(&self.engine.db).await?;
        let (State::Connected, Some(company)) = (connection.state, connection.company_id) else {
            return Ok(REST);
        };
        self.begin_preview(company, now).await?;
        self.begin_sweep(company, &connection, now);
        if !connection.is_paused {
            self.begin_events(company, now).await?;
            self.begin_repairs(company, now);
            self.begin_people(company, &connection, now).await?;
            self.engine.finish_sweep_if_done(company, &connection).await?;
        }
        let is_at_rest = self.jobs.is_empty() && !self.must_check_webhooks;
        let wait = if is_at_rest { REST } else { LOOK_EVERY };
        let next_batch =
            self.events.not_before.and_then(|at| Duration::try_from(at.duration_since(now)).ok());
        Ok(next_batch.map_or(wait, |next_batch| next_batch.min(wait)))
    }

    async fn begin_preview(&mut self, company: CompanyId, now: Timestamp) -> Result<(), SyncError> {
        if !self.preview.may_begin(now) || !preview::progress(&self.engine.db).await?.is_under_way() {
            return Ok(());
        }
        self.preview.begin();
        let engine = Arc::clone(&self.engine);
        let preview = async move {
            Done::Preview(told("Could not work out a preview", engine.work_out_preview(company).await))
        };
        self.jobs.spawn(preview.instrument(work!("preview")));
        Ok(())
    }

    async fn begin_events(&mut self, company: CompanyId, now: Timestamp) -> Result<(), SyncError> {
        let may_take = self.events.may_begin(now);
        let may_explain =
            self.explaining.may_begin(now) && self.all_explained_until.is_none_or(|until| until <= now);
        if !may_take && !may_explain {
            return Ok(());
        }
        let waiting = webhooks::is_any_waiting(&self.engine.db, self.taken_up_to, may_explain).await?;
        if may_explain && !waiting.is_any_before {
            self.all_explained_until = Some(after(now, LOOK_EVERY));
        }
        if may_take && !waiting.is_any_after {
            // The next question begins where none of these is passed over.
            self.taken_up_to = self.taken_up_to.max(waiting.newest);
        }
        let taken_up_to = self.taken_up_to;
        if may_take && waiting.is_any_after {
            self.events.begin();
            let engine = Arc::clone(&self.engine);
            let take = async move {
                let taken = engine.take_new_events(company, taken_up_to).await;
                Done::NewEvents(told("Could not find out whom the webhooks mean", taken))
            };
            self.jobs.spawn(take.instrument(work!("new_events")));
        }
        if may_explain && waiting.is_any_before {
            self.explaining.begin();
            let engine = Arc::clone(&self.engine);
            let take = async move {
                let taken = engine.take_unexplained_events(company, taken_up_to).await;
                Done::Unexplained(told("Could not find out what else the webhooks mean", taken))
            };
            self.jobs.spawn(take.instrument(work!("unexplained_events")));
        }
        Ok(())
    }

    fn begin_sweep(&mut self, company: CompanyId, connection: &Connection, now: Timestamp) {
        if !self.sweep.may_begin(now) {
            return;
        }
        let engine = Arc::clone(&self.engine);
        let is_asked_for = connection.sweep_asked_at.is_some();
        let may_sweep = !connection.is_paused;
        if may_sweep && (is_asked_for || engine.is_sweep_due(connection, now)) {
            self.sweep.begin();
            let begin = async move {
                let begun = engine.begin_sweep(company, is_asked_for).await;
                Done::Sweep(told("Could not begin a sweep", begun))
            };
            self.jobs.spawn(begin.instrument(work!("sweep")));
        } else if self.must_check_webhooks || connection.previous_webhook_token.is_some() {
            self.sweep.begin();
            let ensure = async move {
                Done::Webhooks(told("Could not check the webhooks", engine.ensure_webhooks().await))
            };
            self.jobs.spawn(ensure.instrument(work!("webhooks")));
        }
    }

    fn begin_repairs(&mut self, company: CompanyId, now: Timestamp) {
        if !self.repairs.may_begin(now) || self.engine.optedo.is_busy_for().is_some() {
            return;
        }
        self.repairs.begin();
        let (engine, before) = (Arc::clone(&self.engine), self.repaired.clone());
        let find = async move {
            let found = engine.find_repairs(company, &before).await;
            Done::Repairs(told("Could not look for repaired names and types", found))
        };
        self.jobs.spawn(find.instrument(work!("repairs")));
    }

    async fn begin_people(
        &mut self,
        company: CompanyId,
        connection: &Connection,
        now: Timestamp,
    ) -> Result<(), SyncError> {
        let closed_until = self.engine.optedo_breaker.closed_until();
        // While Optedo refuses our token one look at a time tries whether it still does.
        let free = if closed_until.is_some() { 1 } else { MOST_PEOPLE }.saturating_sub(self.people.len());
        // A look that could not reach Optedo would cost calls to Officient, in vain.
        let is_in_vain =
            closed_until.is_some_and(|until| until > now) || self.engine.optedo.is_busy_for().is_some();
        if free == 0 || is_in_vain {
            return Ok(());
        }
        let under_way: Vec<i64> = self.people.iter().copied().collect();
        let limit = i64::try_from(free).unwrap_or(1);
        let due = people::due(&self.engine.db, company, &under_way, now, limit).await?;
        if due.is_empty() {
            return Ok(());
        }
        // How many there are matters to a sweep's looks only.
        let is_of_sweep =
            |person: &Person| person.request.is_some_and(|request| request.reason == SyncReason::Sweep);
        let total =
            if due.iter().any(is_of_sweep) { people::count(&self.engine.db, company).await? } else { 0 };
        for person in due {
            self.begin_person(company, person, connection.sweep_no, total);
        }
        Ok(())
    }

    /// How many are looked at for this reason, and how many may be, where that is limited.
    fn share_of(&mut self, reason: SyncReason) -> Option<(&mut usize, usize)> {
        match reason {
            SyncReason::Webhook | SyncReason::Manual => None,
            SyncReason::Import => Some((&mut self.import_people, MOST_OF_IMPORT)),
            SyncReason::Sweep => Some((&mut self.sweep_people, MOST_OF_SWEEP)),
        }
    }

    fn begin_person(&mut self, company: CompanyId, person: Person, sweep_no: i64, total: i64) {
        let reason = person.request.map_or(SyncReason::Manual, |request| request.reason);
        if let Some((count, most)) = self.share_of(reason) {
            if *count >= most {
                return;
            }
            *count += 1;
        }
        self.people.insert(person.id.0);
        let engine = Arc::clone(&self.engine);
        let years = engine.years_to_read(&person, sweep_no, total);
        let work = work!("look", person.id = %person.id, reason = reason.as_str(), event.newest = Empty);
        let look = async move {
            // What went wrong is on the person's row and in the log.
            let _stored = engine.reconcile(company, &person, years.as_deref()).await;
            Done::Person(person.id.0, reason)
        };
        self.jobs.spawn(look.instrument(work));
    }
}

/// Logs a failure as part of the work that failed.
fn told<T, E: std::fmt::Display>(failure: &'static str, result: Result<T, E>) -> Result<T, E> {
    result.inspect_err(|error| tracing::warn!(%error, "{failure}"))
}

impl Engine {
    /// False when the service stops.
    async fn rest_a_beat(&self) -> bool {
        tokio::select! {
            () = sleep(BEAT) => true,
            () = self.stop.cancelled() => false,
        }
    }

    async fn read_webhook_address(&self, db: impl PgExecutor<'_>) {
        if let Err(error) = self.webhook_address.read_again(db).await {
            tracing::debug!(%error, "Could not read the webhook address again");
        }
    }

    /// The time from one sweep to the next; `None`: none but those asked for.
    fn sweep_interval(&self) -> Option<Duration> {
        Some(self.config.sync.sweep_interval).filter(|interval| !interval.is_zero())
    }

    fn is_sweep_due(&self, connection: &Connection, now: Timestamp) -> bool {
        let Some(interval) = self.sweep_interval() else {
            return false;
        };
        match (connection.sweep_started_at, connection.sweep_finished_at) {
            (Some(_), None) => false,
            (Some(started_at), Some(_)) => after(started_at, interval) <= now,
            (None, _) => true,
        }
    }

    /// Batch after batch until nothing is left, or the service stops: no lock is held for long.
    async fn in_batches<F: Future<Output = Result<u64, sqlx::Error>>>(
        &self,
        delete: impl Fn() -> F,
    ) -> Result<(), sqlx::Error> {
        while !self.stop.is_cancelled() && delete().await? > 0 {}
        Ok(())
    }

    /// Deletes what is no longer kept, in small batches.
    async fn clean_up(&self) -> Result<(), sqlx::Error> {
        let now = self.clock.now();
        let zoned = now.to_zoned(crate::clock::time_zone());
        let kept = self.config.retention;
        let events_before = zoned.checked_sub(kept.webhook_events).map(|at| at.timestamp());
        if let Ok(before) = events_before {
            self.in_batches(|| webhooks::delete_old(&self.db, before, CLEAN_UP_BATCH)).await?;
            self.in_batches(|| retention::delete_resolved_attention(&self.db, before, CLEAN_UP_BATCH))
                .await?;
        }
        if let Ok(before) = zoned.checked_sub(kept.absences) {
            let (date, before) = (before.date(), before.timestamp());
            let nobody_before = events_before.unwrap_or(before);
            self.in_batches(|| absences::delete_old(&self.db, date, CLEAN_UP_BATCH)).await?;
            self.in_batches(|| history::delete_old(&self.db, before, CLEAN_UP_BATCH)).await?;
            self.in_batches(|| retention::delete_audit(&self.db, before, CLEAN_UP_BATCH)).await?;
            self.in_batches(|| {
                retention::delete_archived_people(&self.db, before, nobody_before, CLEAN_UP_BATCH)
            })
            .await?;
        }
        let progress = preview::progress(&self.db).await?;
        if progress.finished_at.is_some_and(|at| now.duration_since(at) >= KEEP_PREVIEW) {
            preview::forget(&mut *self.db.acquire().await?).await?;
        }
        sessions::delete_expired(&self.db, now).await
    }
}

//! Starts the jobs that are due: resolving webhooks, reconciling people, sweeps, previews, audits, unblocking,
//! clean-up.
//!
//! All jobs run concurrently. Officient's rate limit bounds them, not the machine.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use super::engine::{Engine, Result, SyncError, priority_of};
use super::failures::FailingJobs;
use super::job::{Job, JobName};
use super::reconcile::YearsToRead;
use super::unblock::Unblocked;
use crate::clock::after;
use crate::db::connection::{self, Connection, State};
use crate::db::people::{self, Person};
use crate::db::{faults, preview, queue, webhooks};
use crate::domain::ids::CompanyId;
use crate::domain::sync_request::SyncReason;
use crate::officient::rate_limiter::Priority;
use crate::telemetry::work;

/// The most people reconciled side by side, whatever the reason.
const MOST_PEOPLE: usize = 48;
/// The most people reconciled side by side for one reason whose last attempt failed: perhaps their calls hang again.
const MOST_FAILED: usize = 6;
/// Webhooks resolved together, and how many such batches side by side.
const WEBHOOK_BATCH: i64 = 5000;
const MOST_WEBHOOK_BATCHES: usize = 4;
/// More webhooks than this at a time are a burst. Its webhooks are resolved together once no more than this many
/// arrived within the debounce interval, or after the longest debounce.
const BURST: usize = 5;
const DEBOUNCE: Duration = Duration::from_millis(200);
const LONGEST_DEBOUNCE: SignedDuration = SignedDuration::from_secs(2);
/// Pending webhooks that could not be resolved are tried again this often.
const RETRY_WEBHOOKS_EVERY: Duration = Duration::from_millis(200);
/// How often the worker looks for work while jobs run, and at rest: then the leader's heartbeat notifies it of what is
/// due.
const BUSY_TICK: Duration = Duration::from_secs(1);
const IDLE_TICK: Duration = Duration::from_mins(1);
/// While an upstream fails, another person tries it at least this often.
const NEXT_ATTEMPT_AFTER: Duration = Duration::from_secs(5);
/// At least this long passes between two looks for work that notifications cause, so that a flood causes few.
const BETWEEN_NOTIFICATIONS: Duration = Duration::from_millis(10);
/// How often names and types that blocked leave waits for are read again.
const UNBLOCK_EVERY: Duration = Duration::from_mins(1);
const CLEAN_UP_EVERY: Duration = Duration::from_mins(10);
/// While anything fails, the attention items about it are at most this old.
const LONGEST_UNREPORTED: Duration = Duration::from_secs(10);

/// A pause of the admin that lasts longer becomes an attention item.
const LONGEST_QUIET_PAUSE: Duration = Duration::from_hours(24);

/// What a job that ended leaves to do.
type Finish = Box<dyn FnOnce(&mut Worker) + Send>;

/// Webhooks that are left pending until no more arrive.
#[derive(Clone, Copy)]
struct Burst {
    began_at: Timestamp,
    webhooks: usize,
    check_at: Timestamp,
}

pub struct Worker {
    engine: Arc<Engine>,
    /// When the worker is dropped, all jobs end.
    running: JoinSet<Finish>,
    /// The jobs that run one at a time.
    jobs: BTreeMap<JobName, Job>,
    /// The people being reconciled, why, and whether their last attempt failed.
    people: BTreeMap<i64, (SyncReason, bool)>,
    /// When a person last tried an upstream that fails for everybody.
    tried_at: Option<Timestamp>,
    /// Webhooks up to this number were taken.
    taken_up_to: i64,
    webhook_batches: usize,
    webhooks_being_resolved: HashSet<i64>,
    burst: Option<Burst>,
    /// Webhooks up to `taken_up_to` may be pending: a look-up failed, a fallback waits, or another replica stored a
    /// webhook late.
    may_have_pending: bool,
    unblocked: Unblocked,
    failing_jobs: FailingJobs,
    /// When to look for failures that last: when a job ended, and now and then while anything fails.
    report_failures_at: Option<Timestamp>,
    /// The subscriptions at Officient were not yet checked, or the check failed.
    must_check_subscriptions: bool,
}

/// The most people reconciled side by side for one reason. There is always room for people who have a webhook.
fn most_people(reason: SyncReason) -> usize {
    match reason {
        SyncReason::Webhook | SyncReason::Manual => MOST_PEOPLE,
        SyncReason::Import | SyncReason::Audit => 12,
        SyncReason::Sweep => 3,
    }
}

impl Worker {
    pub fn new(engine: Arc<Engine>) -> Self {
        Self {
            engine,
            running: JoinSet::new(),
            jobs: BTreeMap::new(),
            people: BTreeMap::new(),
            tried_at: None,
            taken_up_to: 0,
            webhook_batches: 0,
            webhooks_being_resolved: HashSet::new(),
            burst: None,
            may_have_pending: false,
            unblocked: Unblocked::default(),
            failing_jobs: FailingJobs::default(),
            report_failures_at: Some(Timestamp::MIN),
            must_check_subscriptions: true,
        }
    }

    /// Works until the service stops, then waits for the jobs. Ends early when a job panicked: the leader then starts a
    /// new worker.
    pub async fn run(&mut self) {
        let mut notified_at = Instant::now();
        while !self.engine.stop.is_cancelled() {
            let wait = match self.start_due_jobs().await {
                Ok(wait) => wait,
                Err(SyncError::Database(error)) => {
                    let error = faults::describe(&faults::cause_of(&self.engine.db, error).await);
                    tracing::warn!(error, "Could not look for work");
                    BUSY_TICK
                }
                Err(error) => {
                    tracing::warn!(%error, "Could not look for work");
                    BUSY_TICK
                }
            };
            self.engine.work_signal.end_round(self.running.len());
            let engine = Arc::clone(&self.engine);
            let notified = async {
                sleep_until(notified_at + BETWEEN_NOTIFICATIONS).await;
                engine.work_signal.notified().await;
            };
            tokio::select! {
                Some(ended) = self.running.join_next() => {
                    if !self.end_job(ended) {
                        return;
                    }
                }
                () = notified => {
                    notified_at = Instant::now();
                    self.may_have_pending = true;
                }
                () = sleep(wait) => (),
                () = engine.stop.cancelled() => (),
            }
        }
        while let Some(ended) = self.running.join_next().await {
            self.end_job(ended);
        }
    }

    /// False when the job panicked.
    fn end_job(&mut self, ended: Result<Finish, JoinError>) -> bool {
        self.report_failures_at = Some(self.engine.clock.now());
        match ended {
            Ok(finish) => finish(self),
            Err(error) => {
                tracing::error!(%error, "A job of the worker panicked: the worker starts anew");
                return false;
            }
        }
        true
    }

    fn may_start(&self, name: JobName, now: Timestamp) -> bool {
        self.jobs.get(&name).is_none_or(|job| job.may_start(now))
    }

    /// Starts a job that runs one at a time, and after a success not again before `pause` is over; `failure` says in
    /// the log what it could not do.
    fn start<T: Send + 'static>(
        &mut self,
        (name, span, pause): (JobName, Span, Duration),
        failure: &'static str,
        job: impl Future<Output = Result<T>> + Send + 'static,
        succeed: impl FnOnce(&mut Self, T) + Send + 'static,
    ) {
        self.jobs.entry(name).or_default().start();
        let job = async move {
            let result = log_failure(failure, job.await);
            Box::new(move |worker: &mut Self| {
                worker.finish(name, &result, pause);
                if let Ok(done) = result {
                    succeed(worker, done);
                }
            }) as Finish
        };
        self.running.spawn(job.instrument(span));
    }

    /// Notes the end of a job that runs one at a time.
    fn finish<T>(&mut self, name: JobName, result: &Result<T>, pause: Duration) {
        let now = self.engine.clock.now();
        self.failing_jobs.note(name, result, now);
        self.jobs.entry(name).or_default().finish(result.is_ok(), now, pause);
    }

    /// Returns how long to wait for the next look if nothing happens before.
    async fn start_due_jobs(&mut self) -> Result<Duration> {
        let now = self.engine.clock.now();
        let engine = Arc::clone(&self.engine);
        if self.may_start(JobName::CleanUp, now) {
            let job = async move { Ok(engine.clean_up().await?) };
            let about = (JobName::CleanUp, work!("clean_up"), CLEAN_UP_EVERY);
            self.start(about, "Could not delete what is no longer kept", job, |_, ()| ());
        }
        let connection = connection::load(&self.engine.db).await?;
        let (State::Connected, Some(company)) = (connection.state, connection.company_id) else {
            self.start_renewal(&connection, now);
            self.failing_jobs = FailingJobs::default();
            self.engine.resolve_failures().await?;
            return Ok(IDLE_TICK);
        };
        self.finish(JobName::Renewal, &Ok(()), self.engine.config.sync.sweep_interval);
        self.start_preview(company, now).await?;
        self.start_sweep(company, &connection, now);
        if connection.paused_at.is_some_and(|since| after(since, LONGEST_QUIET_PAUSE) <= now) {
            self.engine.report_pause(now).await?;
        }
        if !connection.is_paused {
            self.start_new_webhooks(company, now).await?;
            self.start_pending_webhooks(company, now).await?;
            self.start_unblock(company, now);
            self.start_audit(company, &connection, now).await?;
            self.start_people(company, &connection, now).await?;
            self.engine.finish_sweep_if_done(company, &connection).await?;
            self.report_failures(company, now).await?;
        }
        let is_at_rest = self.running.is_empty() && !self.must_check_subscriptions && !self.may_have_pending;
        let tick = if is_at_rest { IDLE_TICK } else { BUSY_TICK };
        let debounce = self.burst.and_then(|burst| Duration::try_from(burst.check_at.duration_since(now)).ok());
        let pending = self.jobs.get(&JobName::PendingWebhooks).filter(|_| self.may_have_pending);
        let retry = pending.and_then(|job| job.waits_for(now));
        let report = self.report_failures_at.and_then(|at| Duration::try_from(at.duration_since(now)).ok());
        Ok([debounce, retry, report].into_iter().flatten().fold(tick, Duration::min))
    }

    async fn report_failures(&mut self, company: CompanyId, now: Timestamp) -> Result<()> {
        if self.report_failures_at.is_some_and(|at| at <= now) {
            let is_failing = self.engine.report_failures(company, &self.failing_jobs).await?;
            let pause = (self.engine.config.sync.failing_after / 10).clamp(BUSY_TICK, LONGEST_UNREPORTED);
            self.report_failures_at = is_failing.then(|| after(now, pause));
        }
        Ok(())
    }

    async fn start_preview(&mut self, company: CompanyId, now: Timestamp) -> Result<()> {
        if self.may_start(JobName::Preview, now) && preview::progress(&self.engine.db).await?.is_under_way() {
            // It may have been requested by connecting.
            self.must_check_subscriptions = true;
            let engine = Arc::clone(&self.engine);
            let job = async move { engine.work_out_preview(company).await };
            let about = (JobName::Preview, work!("preview"), Duration::ZERO);
            self.start(about, "Could not make a preview", job, |_, ()| ());
        }
        Ok(())
    }

    /// Takes the webhooks that arrived since the last look: a lone one at once, those of a burst together.
    async fn start_new_webhooks(&mut self, company: CompanyId, now: Timestamp) -> Result<()> {
        let is_debouncing = self.burst.is_some_and(|burst| burst.check_at > now);
        if is_debouncing || self.webhook_batches >= MOST_WEBHOOK_BATCHES {
            return Ok(());
        }
        let batch = webhooks::pending(&self.engine.db, self.taken_up_to, i64::MAX, WEBHOOK_BATCH).await?;
        if self.is_growing_burst(batch.len(), now) {
            return Ok(());
        }
        let Some(newest) = batch.last() else { return Ok(()) };
        self.taken_up_to = newest.id;
        let ids: Vec<i64> = batch.iter().map(|webhook| webhook.id).collect();
        self.webhooks_being_resolved.extend(&ids);
        self.webhook_batches += 1;
        let engine = Arc::clone(&self.engine);
        let job = async move {
            // Webhooks of a failed batch stay pending.
            let _logged = log_failure(RESOLVE_FAILED, engine.resolve_new(company, batch).await);
            Box::new(move |worker: &mut Self| {
                worker.webhook_batches -= 1;
                worker.webhooks_being_resolved.retain(|id| !ids.contains(id));
                worker.may_have_pending = true;
            }) as Finish
        };
        self.running.spawn(job.instrument(work!("new_webhooks")));
        Ok(())
    }

    /// Whether more webhooks of the same burst are to be waited for.
    fn is_growing_burst(&mut self, webhooks: usize, now: Timestamp) -> bool {
        let before = self.burst.map_or(0, |burst| burst.webhooks);
        let began_at = self.burst.map_or(now, |burst| burst.began_at);
        let is_growing = webhooks > before + BURST && now.duration_since(began_at) < LONGEST_DEBOUNCE;
        self.burst = is_growing.then(|| Burst { began_at, webhooks, check_at: after(now, DEBOUNCE) });
        is_growing
    }

    /// Tries pending webhooks again.
    async fn start_pending_webhooks(&mut self, company: CompanyId, now: Timestamp) -> Result<()> {
        if !self.may_have_pending || !self.may_start(JobName::PendingWebhooks, now) {
            return Ok(());
        }
        let mut batch = webhooks::pending(&self.engine.db, 0, self.taken_up_to, WEBHOOK_BATCH).await?;
        self.may_have_pending = !batch.is_empty();
        batch.retain(|webhook| !self.webhooks_being_resolved.contains(&webhook.id));
        if batch.is_empty() {
            return Ok(());
        }
        let engine = Arc::clone(&self.engine);
        let job = async move { engine.resolve_pending(company, batch).await };
        let about = (JobName::PendingWebhooks, work!("pending_webhooks"), RETRY_WEBHOOKS_EVERY);
        self.start(about, RESOLVE_FAILED, job, |_, ()| ());
        Ok(())
    }

    fn start_sweep(&mut self, company: CompanyId, connection: &Connection, now: Timestamp) {
        if !self.may_start(JobName::Sweep, now) {
            return;
        }
        let engine = Arc::clone(&self.engine);
        let is_requested = connection.sweep_asked_at.is_some();
        if !connection.is_paused && (is_requested || engine.is_sweep_due(connection, now)) {
            self.must_check_subscriptions = true;
            let about = (JobName::Sweep, work!("sweep"), Duration::ZERO);
            let job = async move { engine.begin_sweep(company, is_requested).await };
            self.start(about, "Could not start a sweep", job, |worker, are_checked| {
                worker.must_check_subscriptions = !are_checked;
            });
        } else if self.must_check_subscriptions || connection.previous_webhook_token.is_some() {
            self.must_check_subscriptions = true;
            let about = (JobName::Sweep, work!("subscriptions"), Duration::ZERO);
            let job = async move { engine.ensure_subscriptions().await };
            self.start(about, "Could not check the webhook subscriptions", job, |worker, ()| {
                worker.must_check_subscriptions = false;
            });
        }
    }

    /// As often as a sweep would start, tries a refused refresh token again.
    fn start_renewal(&mut self, connection: &Connection, now: Timestamp) {
        let Some(interval) = self.engine.sweep_interval() else { return };
        if connection.state == State::ReauthorizationRequired && self.may_start(JobName::Renewal, now) {
            let engine = Arc::clone(&self.engine);
            let job = async move { Ok(engine.officient.renew_refused_token().await?) };
            let about = (JobName::Renewal, work!("renewal"), interval);
            self.start(about, "Could not renew the access to Officient", job, |_, ()| ());
        }
    }

    async fn start_audit(&mut self, company: CompanyId, connection: &Connection, now: Timestamp) -> Result<()> {
        if self.may_start(JobName::Audit, now) && self.engine.is_audit_due(company, connection).await? {
            let engine = Arc::clone(&self.engine);
            let job = async move { engine.audit(company).await };
            self.start((JobName::Audit, work!("audit"), Duration::ZERO), "Could not audit", job, |_, ()| ());
        }
        Ok(())
    }

    fn start_unblock(&mut self, company: CompanyId, now: Timestamp) {
        if self.may_start(JobName::Unblock, now) && self.engine.optedo.is_busy_for().is_none() {
            let (engine, before) = (Arc::clone(&self.engine), self.unblocked.clone());
            let job = async move { engine.unblock(company, &before).await };
            let about = (JobName::Unblock, work!("unblock"), UNBLOCK_EVERY);
            self.start(about, "Could not check what blocked leave waits for", job, |worker, unblocked| {
                worker.unblocked = unblocked;
            });
        }
    }

    async fn start_people(&mut self, company: CompanyId, connection: &Connection, now: Timestamp) -> Result<()> {
        let free = MOST_PEOPLE.saturating_sub(self.people.len());
        if free == 0 || self.engine.optedo.is_busy_for().is_some() {
            return Ok(());
        }
        let breakers = [&self.engine.officient_breaker, &self.engine.optedo_breaker];
        let is_open = self.engine.fails_for_everybody();
        // One person at a time tries an upstream that fails. One whose call hangs does not hold up the next attempt.
        let is_hanging = self.tried_at.is_none_or(|at| after(at, NEXT_ATTEMPT_AFTER) <= now);
        let mut may_try =
            !breakers.iter().any(|breaker| breaker.is_pausing(now)) && (self.people.is_empty() || is_hanging);
        let running: Vec<i64> = self.people.keys().copied().collect();
        let limit = i64::try_from(free).unwrap_or(1);
        let due = queue::due(&self.engine.db, company, &running, now, limit).await?;
        let is_in_sweep = |person: &Person| person.request.is_some_and(|request| request.reason == SyncReason::Sweep);
        let total = if due.iter().any(is_in_sweep) { people::count(&self.engine.db, company).await? } else { 0 };
        let window = self.engine.window().await?;
        let is_urgent = |reason: SyncReason| priority_of(reason) == Priority::Urgent;
        let waiting =
            due.iter().filter_map(|person| person.request).filter(|request| is_urgent(request.reason)).count()
                + self.people.values().filter(|(reason, _)| is_urgent(*reason)).count();
        for person in due {
            let reason = person.request.map_or(SyncReason::Manual, |request| request.reason);
            // A webhook about somebody who did not fail yet does not wait: perhaps only the others fail.
            let has_failed = person.attempts > 0;
            let is_new = !has_failed && priority_of(reason) == Priority::Urgent;
            if is_open && !is_new {
                if !std::mem::take(&mut may_try) {
                    continue;
                }
                self.tried_at = Some(now);
            }
            let most = if has_failed && !is_open { MOST_FAILED } else { most_people(reason) };
            let side_by_side = self.people.values().filter(|other| **other == (reason, has_failed)).count();
            if side_by_side < most && self.people.len() < MOST_PEOPLE {
                self.people.insert(person.id.0, (reason, has_failed));
                let years = self.engine.years_to_read(&person, window, connection.sweep_no, total, waiting);
                self.start_person(company, person, years);
            }
        }
        Ok(())
    }

    fn start_person(&mut self, company: CompanyId, person: Person, years: YearsToRead) {
        let engine = Arc::clone(&self.engine);
        let reason = person.request.map_or(SyncReason::Manual, |request| request.reason);
        let span = work!("reconcile", person.id = %person.id, reason = reason.into_str(), event.newest = Empty);
        let job = async move {
            // A failure is stored with the person and logged.
            let _stored = Box::pin(engine.reconcile(company, &person, years)).await;
            Box::new(move |worker: &mut Self| {
                worker.people.remove(&person.id.0);
            }) as Finish
        };
        self.running.spawn(job.instrument(span));
    }
}

const RESOLVE_FAILED: &str = "Could not find the people whom webhooks refer to";

fn log_failure<T, E: std::fmt::Display>(failure: &str, result: Result<T, E>) -> Result<T, E> {
    result.inspect_err(|error| tracing::warn!(%error, "{failure}"))
}

//! Applying a plan to Optedo. Each write has three steps: intent on disk, call, result on disk.
//!
//! After a crash or a lost response the next reconciliation finds the intent and finishes the write: before an absence is
//! created again, it is looked for under our reference; a change or deletion is repeated. This file decides only how
//! failures count.

use std::collections::BTreeSet;
use std::time::Duration;

use http::StatusCode;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::engine::{Engine, SyncError};
use super::observe::Observation;
use crate::clock::after;
use crate::db::absences::Begin;
use crate::db::{self, absences};
use crate::domain::absence::{Absence, NewAbsence};
use crate::domain::attention::{AttentionItem, Cause};
use crate::domain::desired::DesiredAbsence;
use crate::domain::ids::{AbsenceId, CompanyId, EventId, UserId};
use crate::domain::plan::{
    Change, Creation, Intent, WrittenAbsence, absence_to_write, adopt_or_create, find_ours,
};
use crate::domain::sync_request::WriteContext;
use crate::http_client::UpstreamError;
use crate::optedo::{OptedoError, Reply};

/// Deletions that are planned within this time count together against `sync.max_deletions`.
const DELETION_PERIOD: SignedDuration = SignedDuration::from_mins(10);

/// Within this time after a write, a 404 or an empty list may be older than the write.
const VISIBLE_AFTER: Duration = Duration::from_mins(1);
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(5);
/// A list of this many absences may not be the whole one: Optedo documents no pages for it.
const FULL_LIST: usize = 100;

enum Done {
    Yes,
    /// A deletion waits for the admin's confirmation.
    NotYet,
}

/// What was done for a person, in numbers of absences.
#[derive(Debug, Default)]
pub struct Applied {
    pub created: usize,
    pub changed: usize,
    pub deleted: usize,
    pub adopted: usize,
    /// Deletions that wait for the admin's confirmation.
    pub deletions_pending: usize,
    pub rejected: Vec<(EventId, AttentionItem)>,
    /// What stopped the plan before its end.
    pub failure: Option<SyncError>,
}

impl Applied {
    /// How many writes reached Optedo.
    pub fn writes(&self) -> usize {
        self.created + self.changed + self.deleted
    }
}

impl Engine {
    /// Applies the plan change by change. A change that Optedo rejects does not stop the others; a failure does.
    pub async fn apply(&self, context: WriteContext, observation: &Observation) -> Applied {
        let mut applied = Applied::default();
        applied.failure = self.apply_changes(context, observation, &mut applied).await.err();
        applied
    }

    async fn apply_changes(
        &self,
        context: WriteContext,
        observation: &Observation,
        applied: &mut Applied,
    ) -> Result<(), SyncError> {
        let existing = self.existing_absences(observation).await?;
        let allowed = self.allowed_deletions(context.company, observation, &existing).await?;
        let mut failure = None;
        let mut waiting: Vec<&Change> = Vec::new();
        for change in &observation.plan.changes {
            if self.stop.is_cancelled() {
                return Err(SyncError::ShuttingDown);
            }
            // Nobody is absent twice: a change waits for the one that makes room for it.
            if waiting.iter().any(|other| change.needs_time_of(other)) {
                waiting.push(change);
                continue;
            }
            match self.apply_change(context, change, &existing, &allowed, applied).await {
                Ok(Done::Yes) => {}
                Ok(Done::NotYet) => waiting.push(change),
                Err(SyncError::Optedo(OptedoError {
                    source: UpstreamError::Rejected { status, message },
                    ..
                })) => {
                    let event = change.event();
                    let cause = Cause::Rejected { status, message, date: Some(change.date()) };
                    applied.rejected.push((event, AttentionItem::of_event(event, &observation.name, cause)));
                    waiting.push(change);
                }
                // What concerns one absence only does not hold up the others.
                Err(error) if error.is_about_one_absence(failure.as_ref()) => {
                    failure.get_or_insert(error);
                    waiting.push(change);
                }
                Err(error) => return Err(failure.unwrap_or(error)),
            }
        }
        failure.map_or(Ok(()), Err)
    }

    async fn apply_change(
        &self,
        context: WriteContext,
        change: &Change,
        existing: &[Absence],
        allowed: &[EventId],
        applied: &mut Applied,
    ) -> Result<Done, SyncError> {
        // A leader that was replaced while it was suspended must not change what its successor reads.
        self.work_signal.term().ok_or(SyncError::NotLeading)?;
        let now = self.clock.now();
        if let Some(until) = change.call_under_way(now) {
            let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
            return Err(SyncError::EarlierCall { event: change.event(), wait });
        }
        match change {
            Change::Create { desired, begun } => {
                self.create(context, desired, begun.as_ref(), existing, applied).await?;
            }
            Change::Update { absence, written, desired } => {
                self.update(context, *absence, written, desired, applied).await?;
            }
            Change::Delete { written } => match written.absence_in(context.company, existing) {
                Some(_) if !allowed.contains(&written.event) => {
                    applied.deletions_pending += 1;
                    return Ok(Done::NotYet);
                }
                absence => self.delete(context, written, absence, applied).await?,
            },
        }
        Ok(Done::Yes)
    }

    /// The absences in Optedo that decide what a creation becomes: within the window, of every user for whom something is
    /// created; on the day of an earlier creation, those of its user.
    pub async fn existing_absences(&self, observation: &Observation) -> Result<Vec<Absence>, SyncError> {
        let window = self.window();
        let mut existing = Vec::new();
        let mut days = observation.plan.days_to_read();
        for user in observation.plan.users_to_read() {
            let listed = match &observation.existing {
                Some((prefetched, existing)) if *prefetched == user => existing.clone(),
                Some(_) | None => self.absences_in_window(user).await?,
            };
            if listed.len() >= FULL_LIST {
                let creations = observation.plan.changes.iter().filter(|change| change.written().is_none());
                days.extend(creations.map(|change| (user, change.date())));
            }
            existing.extend(listed);
        }
        for (user, day) in days {
            existing.extend(self.optedo.absences(user, day, day).await?);
        }
        // What lies outside the window is never touched.
        existing.retain(|absence| window.contains(absence.content.start.date()));
        Ok(existing)
    }

    pub(super) async fn absences_in_window(&self, user: UserId) -> Result<Vec<Absence>, SyncError> {
        let window = self.window();
        Ok(self.optedo.absences(user, window.from, window.until).await?)
    }

    /// Whether the absence is created, or one that exists is adopted or changed.
    pub async fn creation(
        &self,
        company: CompanyId,
        desired: &DesiredAbsence,
        begun: Option<&WrittenAbsence>,
        existing: &[Absence],
    ) -> Result<Creation, SyncError> {
        let ids: Vec<i64> = existing.iter().map(|absence| absence.id.0).collect();
        let taken = if ids.is_empty() { ids } else { absences::taken(&self.db, &ids).await? };
        let is_free = |absence: AbsenceId| !taken.contains(&absence.0);
        Ok(adopt_or_create(company, desired, begun, existing, self.config.sync.adopt_existing, is_free))
    }

    async fn create(
        &self,
        context: WriteContext,
        desired: &DesiredAbsence,
        begun: Option<&WrittenAbsence>,
        existing: &[Absence],
        applied: &mut Applied,
    ) -> Result<(), SyncError> {
        let creation = self.creation(context.company, desired, begun, existing).await?;
        let row = match creation {
            Creation::Adopt(absence) => Begin::Adopt(absence),
            Creation::Change(absence) => Begin::Change(absence),
            Creation::Write => Begin::Create,
        };
        let mut tx = db::begin(&self.db).await?;
        absences::insert(&mut tx, context, desired, begun, row, self.clock.now()).await?;
        tx.commit().await?;
        match creation {
            Creation::Adopt(_) => {
                applied.adopted += 1;
                Ok(())
            }
            Creation::Change(absence) => {
                let days = [(desired.user, desired.date)];
                self.replace(context, absence, desired, (&days, None), applied).await
            }
            Creation::Write => self.write_new(context, desired, applied).await,
        }
    }

    /// Makes the call of a creation whose intent is on disk, and stores the result.
    async fn write_new(
        &self,
        context: WriteContext,
        desired: &DesiredAbsence,
        applied: &mut Applied,
    ) -> Result<(), SyncError> {
        let WriteContext { company, .. } = context;
        let new = absence_to_write(company, desired);
        let reply = self.call(context, desired.event, "create", self.optedo.create(&new)).await?;
        let absence = match reply.shown {
            Some(absence) => absence,
            None => self.find_created(context, desired, &new, reply).await?,
        };
        let written = (desired.event, absence);
        absences::record_written(&self.db, context, written, "created", self.clock.now()).await?;
        applied.created += 1;
        Ok(())
    }

    /// The response does not show the absence, so Optedo's list must.
    async fn find_created(
        &self,
        context: WriteContext,
        desired: &DesiredAbsence,
        new: &NewAbsence,
        reply: Reply,
    ) -> Result<AbsenceId, SyncError> {
        let WriteContext { company, .. } = context;
        let listed = self.optedo.absences(desired.user, desired.date, desired.date).await?;
        match find_ours(company, desired.event, &listed) {
            Some(created) if created.content == *new => Ok(created.id),
            Some(created) => {
                absences::record_differing(&self.db, company, desired.event, created.id).await?;
                let instead = "it has other values than those that were sent";
                Err(self.not_done(context, desired.event, reply, instead).await)
            }
            // A list may lag behind.
            None if reply.status == StatusCode::CREATED.as_u16() => {
                let (event, now) = (desired.event, self.clock.now());
                let term = self.work_signal.term().ok_or(SyncError::NotLeading)?;
                absences::note_call(&self.db, company, event, Some(after(now, VISIBLE_AFTER)), term).await?;
                Err(SyncError::EarlierCall { event, wait: VISIBLE_AFTER })
            }
            None => Err(self.not_done(context, desired.event, reply, "it is not there").await),
        }
    }

    /// Changes the absence of `written`, which may be of another event for the same leave.
    async fn update(
        &self,
        context: WriteContext,
        absence: AbsenceId,
        written: &WrittenAbsence,
        desired: &DesiredAbsence,
        applied: &mut Applied,
    ) -> Result<(), SyncError> {
        let mut tx = db::begin(&self.db).await?;
        let is_ours = absences::intend_update(&mut tx, context, written, desired, self.clock.now()).await?;
        if !is_ours {
            return Err(SyncError::Superseded);
        }
        tx.commit().await?;
        let days = [(written.user, written.date), (desired.user, desired.date)];
        self.replace(context, absence, desired, (&days, written.written_at), applied).await
    }

    /// Makes the call of a change whose intent is on disk. `days`: where Optedo may list the absence.
    async fn replace(
        &self,
        context: WriteContext,
        absence: AbsenceId,
        desired: &DesiredAbsence,
        (days, written_at): (&[(UserId, Date)], Option<Timestamp>),
        applied: &mut Applied,
    ) -> Result<(), SyncError> {
        let WriteContext { company, .. } = context;
        let new = absence_to_write(company, desired);
        let event = desired.event;
        let is_gone = match self.call(context, event, "change", self.optedo.replace(absence, &new)).await {
            Ok(Reply { shown: Some(_), .. }) => false,
            Ok(reply) => match self.listed(absence, days).await? {
                None => true,
                Some(listed) if listed.content == new => false,
                Some(_) => return Err(self.not_done(context, event, reply, "it has its old values").await),
            },
            Err(SyncError::Optedo(error)) if matches!(error.source, UpstreamError::NotFound) => {
                self.ensure_it_is_gone(absence, days, error).await?;
                true
            }
            Err(error) => return Err(error),
        };
        if is_gone {
            self.wait_until_visible(event, written_at)?;
            // A person deleted the absence in Optedo, and the event changed since: the leave must be there again.
            absences::intend_create_again(&self.db, company, event, self.clock.now()).await?;
            return self.write_new(context, desired, applied).await;
        }
        absences::record_written(&self.db, context, (event, absence), "changed", self.clock.now()).await?;
        applied.changed += 1;
        Ok(())
    }

    /// Deletes the absence of `written`; `None`: its creation never came through.
    async fn delete(
        &self,
        context: WriteContext,
        written: &WrittenAbsence,
        absence: Option<AbsenceId>,
        applied: &mut Applied,
    ) -> Result<(), SyncError> {
        let WriteContext { company, .. } = context;
        let event = written.event;
        if !absences::intend_delete(&self.db, company, written, self.clock.now()).await? {
            // Another person's reconciliation moved it to that person.
            return Ok(());
        }
        if let Some(absence) = absence {
            let days = [(written.user, written.date)];
            match self.call(context, event, "delete", self.optedo.delete(absence)).await {
                Ok(Reply { shown: Some(_), .. }) => {}
                Ok(reply) if self.listed(absence, &days).await?.is_some() => {
                    return Err(self.not_done(context, event, reply, "it is still there").await);
                }
                Ok(_) => {}
                Err(SyncError::Optedo(error)) if matches!(error.source, UpstreamError::NotFound) => {
                    self.ensure_it_is_gone(absence, &days, error).await?;
                    // An earlier deletion explains the 404.
                    if written.intent != Some(Intent::Delete) {
                        self.wait_until_visible(event, written.written_at)?;
                    }
                }
                Err(error) => return Err(error),
            }
            applied.deleted += 1;
        }
        absences::record_deleted(&self.db, context, event, absence.is_some(), self.clock.now()).await?;
        Ok(())
    }

    /// Optedo answered 404. A misconfigured proxy answers 404 too, so only Optedo's own list shows that the absence is
    /// gone; otherwise the leave would be there twice, or for ever.
    async fn ensure_it_is_gone(
        &self,
        absence: AbsenceId,
        days: &[(UserId, Date)],
        error: OptedoError,
    ) -> Result<(), SyncError> {
        if self.listed(absence, days).await?.is_none() {
            return Ok(());
        }
        let what = "404 for an absence that Optedo lists".to_owned();
        Err(OptedoError { source: UpstreamError::Unavailable { what, retry_after: None }, ..error }.into())
    }

    /// The absence as Optedo lists it on one of these days.
    async fn listed(
        &self,
        absence: AbsenceId,
        days: &[(UserId, Date)],
    ) -> Result<Option<Absence>, SyncError> {
        let days: BTreeSet<(UserId, Date)> = days.iter().copied().collect();
        for (user, day) in days {
            let listed = self.optedo.absences(user, day, day).await?;
            if let Some(listed) = listed.into_iter().find(|listed| listed.id == absence) {
                return Ok(Some(listed));
            }
        }
        Ok(None)
    }

    /// Optedo answered that a write succeeded, and its list shows that it did not.
    async fn not_done(
        &self,
        context: WriteContext,
        event: EventId,
        reply: Reply,
        instead: &str,
    ) -> SyncError {
        if let Some(term) = self.work_signal.term() {
            // If this is not stored, the next write waits a little longer than necessary.
            let _stored = absences::note_call(&self.db, context.company, event, None, term).await;
        }
        let message = format!("Optedo answered {}, but {instead}", reply.status);
        let source = if reply.is_from_optedo {
            UpstreamError::Rejected { status: reply.status, message }
        } else {
            UpstreamError::Unreadable { what: "is not JSON, and the write was not done".to_owned() }
        };
        OptedoError { operation: format!("writing the absence of event {event}"), source }.into()
    }

    /// Behind a cache or on a replica, Optedo may not show an absence for some seconds after we wrote it.
    fn wait_until_visible(&self, event: EventId, written_at: Option<Timestamp>) -> Result<(), SyncError> {
        let age = written_at.map(|at| self.clock.now().duration_since(at));
        match age.and_then(|age| Duration::try_from(age).ok()) {
            Some(age) if age < VISIBLE_AFTER => Err(SyncError::EarlierCall { event, wait: LOOK_AGAIN_AFTER }),
            Some(_) | None => Ok(()),
        }
    }

    /// Makes the call of a write whose intent is on disk. Until when the call may reach Optedo is stored first: if its end
    /// is never known, nothing is written about the same absence before that time.
    async fn call<T>(
        &self,
        context: WriteContext,
        event: EventId,
        action: &'static str,
        call: impl Future<Output = Result<T, OptedoError>>,
    ) -> Result<T, SyncError> {
        let timeout_from_now = || Some(after(self.clock.now(), self.config.optedo.timeout));
        let term = self.work_signal.term().ok_or(SyncError::NotLeading)?;
        let noted = absences::note_call(&self.db, context.company, event, timeout_from_now(), term).await?;
        // The process may have been suspended before or after it stored the call.
        if !noted.is_leading || !self.work_signal.is_leading() {
            return Err(SyncError::NotLeading);
        }
        if !noted.is_known {
            return Err(SyncError::Erased);
        }
        let result = call.await;
        if let Err(error) = &result {
            let until = timeout_from_now().filter(|_| matches!(error.source, UpstreamError::TimedOut));
            // If this is not stored, the next write waits a little longer than necessary.
            let _stored = absences::note_call(&self.db, context.company, event, until, term).await;
        }
        let outcome = result.as_ref().map_or_else(|error| (&error.source).into(), |_written| "ok");
        metrics::counter!("absence_writes_total", "action" => action, "outcome" => outcome).increment(1);
        Ok(result?)
    }

    /// Counts the planned deletions with all others of the last ten minutes. If they are too many, all deletions of this
    /// plan wait for the admin's confirmation.
    async fn allowed_deletions(
        &self,
        company: CompanyId,
        observation: &Observation,
        existing: &[Absence],
    ) -> Result<Vec<EventId>, SyncError> {
        let planned: Vec<&WrittenAbsence> = observation
            .plan
            .deleted()
            .filter(|written| written.absence_in(company, existing).is_some())
            .collect();
        if planned.is_empty() {
            return Ok(Vec::new());
        }
        let events: Vec<i64> = planned.iter().map(|written| written.event.0).collect();
        let now = self.clock.now();
        let mut tx = db::begin(&self.db).await?;
        absences::lock_deletions(&mut tx).await?;
        absences::plan_deletions(&mut *tx, company, &events, now).await?;
        let since = now.saturating_sub(DELETION_PERIOD).unwrap_or(now);
        let count = absences::count_planned_deletions(&mut *tx, company, since).await?;
        let pending = absences::pending_confirmation(&mut *tx, company, &events).await?;
        let are_few = count <= self.config.sync.max_deletions;
        let is_allowed = |written: &WrittenAbsence| {
            written.deletion_confirmed || (are_few && !pending.contains(&written.event.0))
        };
        let (allowed, to_hold): (Vec<&WrittenAbsence>, Vec<&WrittenAbsence>) =
            planned.into_iter().partition(|written| is_allowed(written));
        let to_hold: Vec<i64> = to_hold.iter().map(|written| written.event.0).collect();
        absences::require_confirmation(&mut *tx, company, &to_hold).await?;
        tx.commit().await?;
        Ok(allowed.iter().map(|written| written.event).collect())
    }
}

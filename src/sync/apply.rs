//! Applying a plan to Optedo. Each write has three steps: intent on disk, call, result on disk.
//!
//! After a crash or a lost response the next reconciliation finds the intent and finishes the write: before an absence is
//! created again, it is looked for under our reference; a change or deletion is repeated. This file decides only how
//! failures count.

use std::time::Duration;

use jiff::SignedDuration;

use super::engine::{Engine, SyncError};
use super::observe::Observation;
use crate::clock::after;
use crate::db::{self, absences};
use crate::domain::absence::Absence;
use crate::domain::attention::{AttentionItem, Cause};
use crate::domain::desired::DesiredAbsence;
use crate::domain::ids::{AbsenceId, CompanyId, EventId, UserId};
use crate::domain::plan::{Change, Creation, WrittenAbsence, absence_to_write, adopt_or_create};
use crate::domain::sync_request::WriteContext;
use crate::http_client::UpstreamError;
use crate::optedo::OptedoError;

/// Deletions that are planned within this time count together against `sync.max_deletions`.
const DELETION_PERIOD: SignedDuration = SignedDuration::from_mins(10);

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
        let mut earlier_call = None;
        for change in &observation.plan.changes {
            if self.stop.is_cancelled() {
                return Err(SyncError::ShuttingDown);
            }
            let now = self.clock.now();
            if let Some(until) = change.call_under_way(now) {
                let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
                earlier_call.get_or_insert(SyncError::EarlierCall { event: change.event(), wait });
                continue;
            }
            let result = match change {
                Change::Create { desired, begun } => {
                    self.create(context, desired, begun.as_ref(), &existing, applied).await
                }
                Change::Update { absence, written, desired } => {
                    self.update(context, *absence, written.user, desired, applied).await
                }
                Change::Delete { written } => match written.absence_in(context.company, &existing) {
                    Some(_) if !allowed.contains(&written.event) => {
                        applied.deletions_pending += 1;
                        Ok(())
                    }
                    absence => self.delete(context, written, absence, applied).await,
                },
            };
            match result {
                Err(SyncError::Optedo(OptedoError {
                    source: UpstreamError::Rejected { status, message },
                    ..
                })) => {
                    let event = change.event();
                    let cause = Cause::Rejected { status, message, date: change.date() };
                    applied.rejected.push((event, AttentionItem::of_event(event, &observation.name, cause)));
                }
                result => result?,
            }
        }
        earlier_call.map_or(Ok(()), Err)
    }

    /// The absences in Optedo, within the window, of every user for whom something may be created. Those read in advance
    /// are used, unless an earlier write may have come through since.
    pub async fn existing_absences(&self, observation: &Observation) -> Result<Vec<Absence>, SyncError> {
        let users = observation.plan.users_to_read();
        match &observation.existing {
            Some((user, existing)) if users == [*user] && !observation.plan.continues_earlier_write() => {
                Ok(existing.clone())
            }
            Some(_) | None => self.absences_of(&users).await,
        }
    }

    pub(super) async fn absences_of(&self, users: &[UserId]) -> Result<Vec<Absence>, SyncError> {
        let window = self.window();
        let mut existing = Vec::new();
        for user in users {
            existing.extend(self.optedo.absences(*user, window.from, window.until).await?);
        }
        Ok(existing)
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
        let company = context.company;
        let now = self.clock.now();
        match self.creation(company, desired, begun, existing).await? {
            Creation::Adopt(absence) => {
                absences::insert(&self.db, context, desired, Some(absence), now).await?;
                applied.adopted += 1;
                Ok(())
            }
            Creation::Change(absence) => {
                absences::record_found(&self.db, company, desired.event, absence).await?;
                let user = begun.map_or(desired.user, |begun| begun.user);
                self.update(context, absence, user, desired, applied).await
            }
            Creation::Write => {
                absences::insert(&self.db, context, desired, None, now).await?;
                self.write_new(context, desired, applied).await
            }
        }
    }

    /// Makes the call of a creation whose intent is on disk, and stores the result.
    async fn write_new(
        &self,
        context: WriteContext,
        desired: &DesiredAbsence,
        applied: &mut Applied,
    ) -> Result<(), SyncError> {
        let company = context.company;
        let new = absence_to_write(company, desired);
        let absence = self.call(context, desired.event, "create", self.optedo.create(&new)).await?;
        let written = (desired.event, absence);
        absences::record_written(&self.db, context, written, "created", self.clock.now()).await?;
        applied.created += 1;
        Ok(())
    }

    /// Changes an absence, which belongs to `user` so far.
    async fn update(
        &self,
        context: WriteContext,
        absence: AbsenceId,
        user: UserId,
        desired: &DesiredAbsence,
        applied: &mut Applied,
    ) -> Result<(), SyncError> {
        let company = context.company;
        absences::intend_update(&self.db, company, desired, self.clock.now()).await?;
        let new = absence_to_write(company, desired);
        match self.call(context, desired.event, "change", self.optedo.replace(absence, &new)).await {
            Err(SyncError::Optedo(error)) if matches!(error.source, UpstreamError::NotFound) => {
                self.ensure_it_is_gone(absence, &[user, desired.user], error).await?;
                // A person deleted the absence in Optedo, and the event changed since: the leave must be there again.
                absences::intend_create_again(&self.db, company, desired.event, self.clock.now()).await?;
                return self.write_new(context, desired, applied).await;
            }
            result => result?,
        }
        let written = (desired.event, absence);
        absences::record_written(&self.db, context, written, "changed", self.clock.now()).await?;
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
        let company = context.company;
        let event = written.event;
        if let Some(absence) = absence {
            absences::intend_delete(&self.db, company, event, self.clock.now()).await?;
            match self.call(context, event, "delete", self.optedo.delete(absence)).await {
                Err(SyncError::Optedo(error)) if matches!(error.source, UpstreamError::NotFound) => {
                    self.ensure_it_is_gone(absence, &[written.user], error).await?;
                }
                result => result?,
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
        users: &[UserId],
        error: OptedoError,
    ) -> Result<(), SyncError> {
        let listed = self.absences_of(users).await?;
        if listed.iter().all(|listed| listed.id != absence) {
            return Ok(());
        }
        let what = "404 for an absence that Optedo lists".to_owned();
        Err(OptedoError { source: UpstreamError::Unavailable { what, retry_after: None }, ..error }.into())
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

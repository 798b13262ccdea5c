//! Carrying out a plan: each write in three steps, intent on disk → call Optedo → result on disk.
//!
//! Whatever happens in between, the next look finds the intent and ends what was begun: a create is looked for under our
//! reference before it is made again, a change or deletion is repeated. Nothing is decided here but how failures count.

use std::time::Duration;

use jiff::SignedDuration;

use super::observe::Look;
use super::{Engine, SyncError};
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

/// Deletions planned within this time count together.
const DELETION_PERIOD: SignedDuration = SignedDuration::from_mins(10);

/// What was done for a person.
#[derive(Debug, Default)]
pub struct Applied {
    /// Created.
    pub created: usize,
    /// Changed.
    pub changed: usize,
    /// Deleted.
    pub deleted: usize,
    /// Stood already and was taken over.
    pub taken_over: usize,
    /// Deletions that wait for the admin.
    pub held: usize,
    /// What Optedo did not accept.
    pub rejected: Vec<(EventId, AttentionItem)>,
    /// What stopped it before the end.
    pub error: Option<SyncError>,
}

impl Applied {
    /// How many writes reached Optedo.
    pub fn writes(&self) -> usize {
        self.created + self.changed + self.deleted
    }
}

impl Engine {
    /// Carries out the plan, change by change; a refused one does not stop the others, a failure does.
    pub async fn apply(&self, whose: WriteContext, look: &Look) -> Applied {
        let mut applied = Applied::default();
        if let Err(error) = self.apply_changes(whose, look, &mut applied).await {
            applied.error = Some(error);
        }
        applied
    }

    async fn apply_changes(
        &self,
        whose: WriteContext,
        look: &Look,
        applied: &mut Applied,
    ) -> Result<(), SyncError> {
        let company = whose.company;
        let existing = self.look_before_create(look).await?;
        let allowed = self.allowed_deletions(company, look, &existing).await?;
        let mut under_way = None;
        for change in &look.plan.changes {
            if self.stop.is_cancelled() {
                return Err(SyncError::ShuttingDown);
            }
            let now = self.clock.now();
            if let Some(until) = change.call_under_way(now) {
                let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
                under_way.get_or_insert(SyncError::UnderWay { event: change.event(), wait });
                continue;
            }
            let result = match change {
                Change::Create { desired, begun } => {
                    self.create(whose, desired, begun.as_ref(), &existing, applied).await
                }
                Change::Update { absence, written, desired } => {
                    self.update(whose, *absence, written.user, desired, applied).await
                }
                Change::Delete { written } => match written.standing(company, &existing) {
                    Some(_) if !allowed.contains(&written.event) => {
                        applied.held += 1;
                        Ok(())
                    }
                    absence => self.delete(whose, written, absence, applied).await,
                },
            };
            match result {
                Err(SyncError::Optedo(OptedoError {
                    source: UpstreamError::Rejected { status, message },
                    ..
                })) => {
                    let event = change.event();
                    applied.rejected.push((
                        event,
                        AttentionItem::of_event(
                            event,
                            &look.name,
                            Cause::Rejected { status, message, date: change.date() },
                        ),
                    ));
                }
                result => result?,
            }
        }
        under_way.map_or(Ok(()), Err)
    }

    /// Optedo's absences of everybody for whom something may be created, in the window. What was read beside the calendar
    /// will do, unless a write was begun before: that may have come through since.
    pub async fn look_before_create(&self, look: &Look) -> Result<Vec<Absence>, SyncError> {
        let users = look.plan.users_to_look_at();
        match &look.existing {
            Some((user, existing)) if users == [*user] && !look.plan.takes_up() => Ok(existing.clone()),
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

    /// How an absence that should be created comes to stand.
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
        whose: WriteContext,
        desired: &DesiredAbsence,
        begun: Option<&WrittenAbsence>,
        existing: &[Absence],
        applied: &mut Applied,
    ) -> Result<(), SyncError> {
        let company = whose.company;
        let now = self.clock.now();
        match self.creation(company, desired, begun, existing).await? {
            Creation::Adopt(absence) => {
                absences::insert(&self.db, whose, desired, Some(absence), now).await?;
                applied.taken_over += 1;
                Ok(())
            }
            Creation::Change(absence) => {
                absences::record_found(&self.db, company, desired.event, absence).await?;
                let user = begun.map_or(desired.user, |begun| begun.user);
                self.update(whose, absence, user, desired, applied).await
            }
            Creation::Write => {
                absences::insert(&self.db, whose, desired, None, now).await?;
                self.write_new(whose, desired, applied).await
            }
        }
    }

    /// The intent is on disk: calls, and stores the result.
    async fn write_new(
        &self,
        whose: WriteContext,
        desired: &DesiredAbsence,
        applied: &mut Applied,
    ) -> Result<(), SyncError> {
        let company = whose.company;
        let new = absence_to_write(company, desired);
        let absence = self.call(whose, desired.event, "create", self.optedo.create(&new)).await?;
        let written = (desired.event, absence);
        absences::record_written(&self.db, whose, written, "created", self.clock.now()).await?;
        applied.created += 1;
        Ok(())
    }

    /// Changes what stands, of `user` so far.
    async fn update(
        &self,
        whose: WriteContext,
        absence: AbsenceId,
        user: UserId,
        desired: &DesiredAbsence,
        applied: &mut Applied,
    ) -> Result<(), SyncError> {
        let company = whose.company;
        absences::intend_update(&self.db, company, desired, self.clock.now()).await?;
        let new = absence_to_write(company, desired);
        match self.call(whose, desired.event, "change", self.optedo.replace(absence, &new)).await {
            Err(SyncError::Optedo(error)) if matches!(error.source, UpstreamError::NotFound) => {
                self.see_that_it_is_gone(absence, &[user, desired.user], error).await?;
                // Somebody deleted it in Optedo; the event changed since, so it is leave that must stand again.
                absences::intend_create_again(&self.db, company, desired.event, self.clock.now()).await?;
                return self.write_new(whose, desired, applied).await;
            }
            result => result?,
        }
        let written = (desired.event, absence);
        absences::record_written(&self.db, whose, written, "changed", self.clock.now()).await?;
        applied.changed += 1;
        Ok(())
    }

    /// Deletes what stands for `written` (`None`: nothing came to stand).
    async fn delete(
        &self,
        whose: WriteContext,
        written: &WrittenAbsence,
        absence: Option<AbsenceId>,
        applied: &mut Applied,
    ) -> Result<(), SyncError> {
        let company = whose.company;
        let event = written.event;
        if let Some(absence) = absence {
            absences::intend_delete(&self.db, company, event, self.clock.now()).await?;
            match self.call(whose, event, "delete", self.optedo.delete(absence)).await {
                Err(SyncError::Optedo(error)) if matches!(error.source, UpstreamError::NotFound) => {
                    self.see_that_it_is_gone(absence, &[written.user], error).await?;
                }
                result => result?,
            }
            applied.deleted += 1;
        }
        absences::record_deleted(&self.db, whose, event, absence.is_some(), self.clock.now()).await?;
        Ok(())
    }

    /// Optedo answered 404, and so does a proxy in front of it that lost its way: only Optedo's own list shows that the
    /// absence is gone. Otherwise the leave would stand twice, or for ever.
    async fn see_that_it_is_gone(
        &self,
        absence: AbsenceId,
        users: &[UserId],
        error: OptedoError,
    ) -> Result<(), SyncError> {
        let standing = self.absences_of(users).await?;
        if standing.iter().all(|standing| standing.id != absence) {
            return Ok(());
        }
        let what = "404 for an absence that is there".to_owned();
        Err(OptedoError { source: UpstreamError::Unavailable { what, retry_after: None }, ..error }.into())
    }

    /// Makes the call of a write whose intent is on disk. Should nobody hear of its end, it is taken up again only when
    /// it can no longer come through.
    async fn call<T>(
        &self,
        whose: WriteContext,
        event: EventId,
        action: &'static str,
        call: impl Future<Output = Result<T, OptedoError>>,
    ) -> Result<T, SyncError> {
        let time_from_now = || Some(after(self.clock.now(), self.config.optedo.timeout));
        let term = self.work_signal.term().ok_or(SyncError::NotLeading)?;
        let noted = absences::note_call(&self.db, whose.company, event, time_from_now(), term).await?;
        // A process may have been stopped before as well as after it noted the call.
        if !noted.is_leading || !self.work_signal.is_leading() {
            return Err(SyncError::NotLeading);
        }
        if !noted.is_known {
            return Err(SyncError::Forgotten);
        }
        let result = call.await;
        if let Err(error) = &result {
            let until = time_from_now().filter(|_| matches!(error.source, UpstreamError::TimedOut));
            // Not noted, it is waited for a little longer than need be.
            let _noted = absences::note_call(&self.db, whose.company, event, until, term).await;
        }
        let outcome = result.as_ref().map_or_else(|error| error.source.outcome(), |_written| "ok");
        metrics::counter!("absence_writes_total", "action" => action, "outcome" => outcome).increment(1);
        Ok(result?)
    }

    /// Counts the planned deletions with all others of the last ten minutes. Too many: they are held, all of this plan.
    async fn allowed_deletions(
        &self,
        company: CompanyId,
        look: &Look,
        existing: &[Absence],
    ) -> Result<Vec<EventId>, SyncError> {
        let planned: Vec<&WrittenAbsence> =
            look.plan.deleted().filter(|written| written.standing(company, existing).is_some()).collect();
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
        let held = absences::pending_confirmation(&mut *tx, company, &events).await?;
        let is_allowed = |written: &WrittenAbsence| {
            let are_few = count <= self.config.sync.max_deletions;
            written.deletion_confirmed || (are_few && !held.contains(&written.event.0))
        };
        let (allowed, to_hold): (Vec<&WrittenAbsence>, Vec<&WrittenAbsence>) =
            planned.into_iter().partition(|written| is_allowed(written));
        let to_hold: Vec<i64> = to_hold.iter().map(|written| written.event.0).collect();
        absences::require_confirmation(&mut *tx, company, &to_hold).await?;
        tx.commit().await?;
        Ok(allowed.iter().map(|written| written.event).collect())
    }
}

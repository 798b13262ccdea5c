//! Applying a plan to Optedo, change by change: which change waits, and how failures count. `write.rs` makes each
//! write.

use std::time::Duration;

use jiff::SignedDuration;

use super::engine::{Engine, Result, SyncError};
use super::observe::Observation;
use crate::db::{self, absences};
use crate::domain::absence::{Absence, FULL_LIST};
use crate::domain::attention::{AttentionItem, Cause};
use crate::domain::desired::{DesiredAbsence, Window};
use crate::domain::ids::{AbsenceId, CompanyId, EventId, UserId};
use crate::domain::plan::{Change, Creation, WrittenAbsence, adopt_or_create};
use crate::domain::sync_request::WriteContext;
use crate::http_client::UpstreamError;
use crate::optedo::OptedoError;

/// Deletions that are planned within this time count together against `sync.max_deletions`.
const DELETION_PERIOD: SignedDuration = SignedDuration::from_mins(10);

/// What became of a change.
pub(super) enum Done {
    Created,
    Changed,
    Deleted,
    Adopted,
    /// A creation never came through, so there was nothing to delete.
    Nothing,
    /// A deletion waits for the admin's confirmation.
    Held,
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
    /// Leave that waits for an absence at the same time, and the item that says why that absence is still there.
    pub blocked: Vec<(EventId, AttentionItem)>,
    /// What was not done because of a failure, or waits for a known moment.
    pub failure: Option<SyncError>,
}

impl Applied {
    /// How many writes reached Optedo.
    pub fn writes(&self) -> usize {
        self.created + self.changed + self.deleted
    }

    fn count(&mut self, done: &Done) {
        match done {
            Done::Created => self.created += 1,
            Done::Changed => self.changed += 1,
            Done::Deleted => self.deleted += 1,
            Done::Adopted => self.adopted += 1,
            Done::Held => self.deletions_pending += 1,
            Done::Nothing => {}
        }
    }
}

impl Engine {
    /// Applies the plan change by change. A change that Optedo rejects does not stop the others, nor does one that
    /// fails; a second failure does, because it is not about one absence.
    pub async fn apply(&self, context: WriteContext, observation: &mut Observation) -> Applied {
        let mut applied = Applied::default();
        let result = self.apply_changes(context, observation, &mut applied).await;
        applied.failure = result.err().or_else(|| applied.failure.take());
        applied
    }

    async fn apply_changes(
        &self,
        context: WriteContext,
        observation: &mut Observation,
        applied: &mut Applied,
    ) -> Result<()> {
        let existing = self.existing_absences(observation).await?;
        let allowed = self.allowed_deletions(observation, &existing).await?;
        let mut failure = None;
        // Changes that were not made, and the item that says why.
        let mut waiting: Vec<(&Change, Option<AttentionItem>)> = Vec::new();
        for change in &observation.plan.changes {
            if self.stop.is_cancelled() {
                return Err(SyncError::ShuttingDown);
            }
            // Nobody is absent twice: a change waits for the one that makes room for it.
            if let Some((_, item)) = waiting.iter().find(|(other, _)| change.needs_time_of(other)) {
                let item = item.clone();
                applied.blocked.extend(item.clone().map(|item| (change.event(), item)));
                waiting.push((change, item));
                continue;
            }
            let done = self.apply_change(context, change, &existing, &allowed).await;
            if let Ok(done) = &done {
                applied.count(done);
            }
            let item = match done {
                Ok(Done::Held) => Some(AttentionItem::deletions_held(1)),
                Ok(_) => continue,
                Err(SyncError::Optedo(OptedoError { source: UpstreamError::Rejected { status, message }, .. })) => {
                    let event = change.event();
                    let cause = Cause::Rejected { status, message, date: Some(change.date()) };
                    let item = AttentionItem::of_event(event, &observation.name, cause);
                    applied.rejected.push((event, item.clone()));
                    Some(item)
                }
                Err(error) if error.waits_for().is_some() => {
                    applied.failure.get_or_insert(error);
                    None
                }
                Err(error) if failure.is_none() && error.may_be_about_one_absence() => {
                    failure = Some(error);
                    None
                }
                Err(error) => return Err(failure.unwrap_or(error)),
            };
            waiting.push((change, item));
        }
        failure.map_or(Ok(()), Err)
    }

    async fn apply_change(
        &self,
        context: WriteContext,
        change: &Change,
        existing: &[Absence],
        allowed: &[EventId],
    ) -> Result<Done> {
        // A leader that was replaced while it was suspended must not change what its successor reads.
        self.work_signal.term().ok_or(SyncError::NotLeading)?;
        let now = self.clock.now();
        if let Some(until) = change.call_under_way(now) {
            let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
            return Err(SyncError::EarlierCall { event: change.event(), wait });
        }
        match change {
            Change::Create { desired, begun } => self.create(context, desired, begun.as_ref(), existing).await,
            Change::Update { absence, written, desired } => self.update(context, *absence, written, desired).await,
            Change::Delete { written } => match written.absence_in(context.company, existing) {
                Some(_) if !allowed.contains(&written.event) => Ok(Done::Held),
                absence => self.delete(context, written, absence).await,
            },
        }
    }

    /// Reads the absences in Optedo that decide what becomes of new leave, and adapts the plan to them: in the window,
    /// those of every user who gets new leave; on the day of an earlier creation, those of its user.
    pub async fn existing_absences(&self, observation: &mut Observation) -> Result<Vec<Absence>> {
        let window = observation.window;
        let mut existing = Vec::new();
        let mut days = observation.plan.days_to_read();
        for user in observation.plan.users_to_read() {
            let listed = match &observation.existing {
                Some((prefetched, existing)) if *prefetched == user => existing.clone(),
                Some(_) | None => self.absences_in(window, user).await?,
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
        observation.plan.separate_pairs(observation.company, &existing);
        Ok(existing)
    }

    pub(super) async fn absences_in(&self, window: Window, user: UserId) -> Result<Vec<Absence>> {
        Ok(self.optedo.absences(user, window.from, window.until).await?)
    }

    /// Whether the absence is created, or one that exists is adopted or changed.
    pub async fn creation(
        &self,
        company: CompanyId,
        desired: &DesiredAbsence,
        begun: Option<&WrittenAbsence>,
        existing: &[Absence],
    ) -> Result<Creation> {
        let ids: Vec<i64> = existing.iter().map(|absence| absence.id.0).collect();
        let taken = if ids.is_empty() { ids } else { absences::taken(&self.db, &ids).await? };
        let is_free = |absence: AbsenceId| !taken.contains(&absence.0);
        Ok(adopt_or_create(company, desired, begun, existing, self.config.sync.adopt_existing, is_free))
    }

    /// Counts the planned deletions with all others of the last ten minutes. If they are too many, all deletions of
    /// this plan wait for the admin's confirmation.
    async fn allowed_deletions(&self, observation: &Observation, existing: &[Absence]) -> Result<Vec<EventId>> {
        let company = observation.company;
        let mut planned: Vec<&WrittenAbsence> =
            observation.plan.deleted().filter(|written| written.absence_in(company, existing).is_some()).collect();
        if planned.is_empty() {
            return Ok(Vec::new());
        }
        let events: Vec<i64> = planned.iter().map(|written| written.event.0).collect();
        let now = self.clock.now();
        let mut tx = db::begin(&self.db).await?;
        absences::lock_deletions(&mut tx).await?;
        let events = absences::plan_deletions(&mut *tx, company, &events, now).await?;
        planned.retain(|written| events.contains(&written.event.0));
        let since = now.saturating_sub(DELETION_PERIOD).unwrap_or(now);
        let count = absences::count_planned_deletions(&mut *tx, company, since).await?;
        let pending = absences::pending_confirmation(&mut *tx, company, &events).await?;
        let future = absences::count_from(&mut *tx, company, self.clock.today(), since).await?;
        let are_few = count <= observation.settings.max_deletions.of(future);
        let is_allowed =
            |written: &WrittenAbsence| written.deletion_confirmed || (are_few && !pending.contains(&written.event.0));
        let (allowed, to_hold): (Vec<&WrittenAbsence>, Vec<&WrittenAbsence>) =
            planned.into_iter().partition(|written| is_allowed(written));
        let to_hold: Vec<i64> = to_hold.iter().map(|written| written.event.0).collect();
        absences::require_confirmation(&mut *tx, company, &to_hold).await?;
        tx.commit().await?;
        Ok(allowed.iter().map(|written| written.event).collect())
    }
}

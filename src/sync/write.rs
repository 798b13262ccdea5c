//! Writing one absence to Optedo in three steps: intent on disk, call, result on disk. What the response does not show
//! is looked up in Optedo's own list.
//!
//! After a crash or a lost response the next reconciliation finds the intent and finishes the write: before an absence
//! is created again, it is looked for under our reference; a change or deletion is repeated.

use std::collections::BTreeSet;
use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::PgTransaction;

use super::apply::Done;
use super::engine::{Engine, Result, SyncError};
use crate::clock::after;
use crate::db::absences::NewRow;
use crate::db::{self, absences, person_choices};
use crate::domain::absence::{Absence, NewAbsence};
use crate::domain::desired::DesiredAbsence;
use crate::domain::ids::{AbsenceId, EventId, UserId};
use crate::domain::plan::{Creation, WrittenAbsence, absence_to_write, find_ours};
use crate::domain::sync_request::WriteContext;
use crate::http_client::UpstreamError;
use crate::optedo::{OptedoError, Reply};

/// Within this time after a write, a 404 or an empty list may be older than the write.
const VISIBLE_AFTER: Duration = Duration::from_mins(1);
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(5);

impl Engine {
    pub(super) async fn create(
        &self,
        context: WriteContext,
        desired: &DesiredAbsence,
        begun: Option<&WrittenAbsence>,
        existing: &[Absence],
    ) -> Result<Done> {
        let creation = self.creation(context.company, desired, begun, existing).await?;
        let row = match creation {
            Creation::Adopt(absence) => NewRow::Adopt(absence),
            Creation::Change(absence) => NewRow::Change(absence),
            Creation::Write => NewRow::Create,
        };
        let mut tx = self.begin_write(context, desired.user).await?;
        absences::insert(&mut tx, context, desired, begun, row, self.clock.now()).await?;
        tx.commit().await?;
        match creation {
            Creation::Adopt(_) => Ok(Done::Adopted),
            Creation::Change(absence) => {
                let days = [(desired.user, desired.date)];
                self.replace(context, absence, desired, (&days, None)).await
            }
            Creation::Write => self.write_new(context, desired).await,
        }
    }

    /// Begins the transaction that stores an intent, unless the admin linked the user to somebody else meanwhile: then
    /// the person is observed again.
    async fn begin_write(&self, context: WriteContext, user: UserId) -> Result<PgTransaction<'static>> {
        let mut tx = db::begin(&self.db).await?;
        if person_choices::may_write(&mut tx, context.company, context.person, user).await? {
            Ok(tx)
        } else {
            Err(SyncError::Superseded)
        }
    }

    /// Makes the call of a creation whose intent is on disk, and stores the result.
    async fn write_new(&self, context: WriteContext, desired: &DesiredAbsence) -> Result<Done> {
        let new = absence_to_write(context.company, desired);
        let reply = self.call(context, desired.event, "create", self.optedo.create(&new)).await?;
        let absence = match reply.shown {
            Some(absence) => absence,
            None => self.find_created(context, desired, &new, reply).await?,
        };
        let written = (desired.event, absence);
        absences::record_written(&self.db, context, written, "created", self.clock.now()).await?;
        Ok(Done::Created)
    }

    /// The response does not show the absence, so Optedo's list must.
    async fn find_created(
        &self,
        context: WriteContext,
        desired: &DesiredAbsence,
        new: &NewAbsence,
        reply: Reply,
    ) -> Result<AbsenceId> {
        let listed = self.optedo.absences(desired.user, desired.date, desired.date).await?;
        match find_ours(context.company, desired.event, &listed) {
            Some(created) if new.is_shown_by(&created.content) => Ok(created.id),
            Some(created) => {
                absences::record_differing(&self.db, context.company, desired.event, created.id).await?;
                let instead = "it has other values than those that were sent";
                Err(self.not_done(context, desired.event, reply, instead).await)
            }
            // A list may lag behind.
            None if reply.status == StatusCode::CREATED.as_u16() => {
                let (event, now) = (desired.event, self.clock.now());
                let term = self.work_signal.term().ok_or(SyncError::NotLeading)?;
                absences::note_call(&self.db, context, event, Some(after(now, VISIBLE_AFTER)), term).await?;
                Err(SyncError::EarlierCall { event, wait: VISIBLE_AFTER })
            }
            None => Err(self.not_done(context, desired.event, reply, "it is not there").await),
        }
    }

    /// Changes the absence of `written`, which may be of another event for the same leave.
    pub(super) async fn update(
        &self,
        context: WriteContext,
        absence: AbsenceId,
        written: &WrittenAbsence,
        desired: &DesiredAbsence,
    ) -> Result<Done> {
        let mut tx = self.begin_write(context, desired.user).await?;
        let is_ours = absences::intend_update(&mut tx, context, written, desired, self.clock.now()).await?;
        if !is_ours {
            return Err(SyncError::Superseded);
        }
        tx.commit().await?;
        let days = [(written.user, written.date), (desired.user, desired.date)];
        let replaced = self.replace(context, absence, desired, (&days, written.written_at)).await;
        if let Err(SyncError::Optedo(OptedoError { source: UpstreamError::Rejected { .. }, .. })) = &replaced {
            absences::take_back_update(&self.db, context, written, desired.event, self.clock.now()).await?;
        }
        replaced
    }

    /// Makes the call of a change whose intent is on disk. `days`: where Optedo may list the absence.
    async fn replace(
        &self,
        context: WriteContext,
        absence: AbsenceId,
        desired: &DesiredAbsence,
        (days, written_at): (&[(UserId, Date)], Option<Timestamp>),
    ) -> Result<Done> {
        let new = absence_to_write(context.company, desired);
        let event = desired.event;
        let is_gone = match self.call(context, event, "change", self.optedo.replace(absence, &new)).await {
            Ok(Reply { shown: Some(_), .. }) => false,
            Ok(reply) => match self.listed(absence, days).await? {
                None => true,
                Some(listed) if new.is_shown_by(&listed.content) => false,
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
            // Perhaps it is, where our database was restored from a backup.
            let listed = self.optedo.absences(desired.user, desired.date, desired.date).await?;
            return Box::pin(self.create(context, desired, None, &listed)).await;
        }
        absences::record_written(&self.db, context, (event, absence), "changed", self.clock.now()).await?;
        Ok(Done::Changed)
    }

    /// Deletes the absence of `written`; `None`: its creation never came through.
    pub(super) async fn delete(
        &self,
        context: WriteContext,
        written: &WrittenAbsence,
        absence: Option<AbsenceId>,
    ) -> Result<Done> {
        let event = written.event;
        if !absences::intend_delete(&self.db, context, written, self.clock.now()).await? {
            return Err(SyncError::Superseded);
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
                    self.wait_until_visible(event, written.written_at)?;
                }
                Err(error) => return Err(error),
            }
        }
        absences::record_deleted(&self.db, context, event, absence.is_some(), self.clock.now()).await?;
        Ok(if absence.is_some() { Done::Deleted } else { Done::Nothing })
    }

    /// Optedo answered 404. A misconfigured proxy answers 404 too, so only Optedo's own list shows that the absence is
    /// gone; otherwise the leave would be there twice, or for ever.
    async fn ensure_it_is_gone(&self, absence: AbsenceId, days: &[(UserId, Date)], error: OptedoError) -> Result<()> {
        if self.listed(absence, days).await?.is_none() {
            return Ok(());
        }
        let what = "404 for an absence that Optedo lists".to_owned();
        Err(OptedoError { source: UpstreamError::Unavailable { what, retry_after: None }, ..error }.into())
    }

    /// The absence as Optedo lists it on one of these days.
    async fn listed(&self, absence: AbsenceId, days: &[(UserId, Date)]) -> Result<Option<Absence>> {
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
    async fn not_done(&self, context: WriteContext, event: EventId, reply: Reply, instead: &str) -> SyncError {
        if let Some(term) = self.work_signal.term() {
            // If this is not stored, the next write waits a little longer than necessary.
            let _stored = absences::note_call(&self.db, context, event, None, term).await;
        }
        let message = format!("Optedo answered {}, but {instead}", reply.status);
        let source = if reply.is_from_optedo {
            UpstreamError::Rejected { status: reply.status, message }
        } else {
            UpstreamError::Unreadable { what: "is not JSON, and the write was not done".to_owned() }
        };
        OptedoError { operation: format!("writing the absence of event {event}"), source }.into()
    }

    /// Behind a cache or on a replica, Optedo may not show an absence for some seconds after we wrote it. `None`: it
    /// was not written lately, or a deletion was begun since, which explains that it is gone.
    fn wait_until_visible(&self, event: EventId, written_at: Option<Timestamp>) -> Result<()> {
        let age = written_at.map(|at| self.clock.now().duration_since(at));
        match age.and_then(|age| Duration::try_from(age).ok()) {
            Some(age) if age < VISIBLE_AFTER => Err(SyncError::EarlierCall { event, wait: LOOK_AGAIN_AFTER }),
            Some(_) | None => Ok(()),
        }
    }

    /// Makes the call of a write whose intent is on disk. Until when the call may reach Optedo is stored first: if its
    /// end is never known, nothing is written about the same absence before that time.
    async fn call<T>(
        &self,
        context: WriteContext,
        event: EventId,
        action: &'static str,
        call: impl Future<Output = Result<T, OptedoError>>,
    ) -> Result<T> {
        let timeout_from_now = || Some(after(self.clock.now(), self.config.optedo.timeout));
        let term = self.work_signal.term().ok_or(SyncError::NotLeading)?;
        let noted = absences::note_call(&self.db, context, event, timeout_from_now(), term).await?;
        // The process may have been suspended before or after it stored the call.
        if !noted.is_leading || !self.work_signal.is_leading() {
            return Err(SyncError::NotLeading);
        }
        if !noted.is_theirs {
            return Err(SyncError::Superseded);
        }
        let result = call.await;
        if let Err(error) = &result {
            let until = timeout_from_now().filter(|_| matches!(error.source, UpstreamError::TimedOut));
            // If this is not stored, the next write waits a little longer than necessary.
            let _stored = absences::note_call(&self.db, context, event, until, term).await;
        }
        let outcome = result.as_ref().map_or_else(|error| (&error.source).into(), |_written| "ok");
        metrics::counter!("absence_writes_total", "action" => action, "outcome" => outcome).increment(1);
        Ok(result?)
    }
}

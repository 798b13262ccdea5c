//! Reconciling one person: claim, observe, apply, record.

use std::time::Duration;

use tokio::time::sleep;

use super::engine::{Engine, Result, SyncError};
use super::observe::{Calendar, Observation, Scope};
use crate::db::people::{self, Person};
use crate::db::queue::{self, Answered};
use crate::domain::ids::CompanyId;
use crate::domain::sync_request::{SyncReason, SyncRequest, WriteContext};
use crate::officient::rate_limiter::Priority;

/// Which calendars of the window are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum YearsToRead {
    All,
    /// For a sweep: only the years that contain the next months.
    Near,
    /// The other years once the leave of the near ones is in Optedo.
    NearFirst,
}

/// How long a reconciliation may go on after the service began to stop: longer than one write takes.
const STOP_AFTER: Duration = Duration::from_secs(8);

/// Why a person is reconciled, as the history shows it: a reconciliation of everybody may be due to a webhook, and an
/// import after the first one was requested by hand.
pub(super) fn reason_for_history(person: &Person, request: SyncRequest) -> SyncReason {
    match request.reason {
        SyncReason::Import if request.webhook_received_at.is_some() => SyncReason::Webhook,
        SyncReason::Import if person.synced_at.is_some() => SyncReason::Manual,
        SyncReason::Webhook | SyncReason::Manual | SyncReason::Import | SyncReason::Sweep | SyncReason::Audit => {
            request.reason
        }
    }
}

impl Engine {
    /// Observes one person and applies the difference.
    ///
    /// The outcome is stored: the person is done, or due again later with the reason of the failure.
    pub async fn reconcile(&self, company: CompanyId, person: &Person, years: YearsToRead) -> Result<()> {
        // A failure answers the request that was claimed, not only the one that the worker knew.
        let mut claimed = person.clone();
        let began_at = self.clock.now();
        let outcome = tokio::select! {
            outcome = self.observe_and_apply(company, &mut claimed, years) => outcome,
            () = self.has_stopped() => Err(SyncError::ShuttingDown),
        };
        match outcome {
            Ok(answered) => Ok(queue::finish(&self.db, company, person.id, answered).await?),
            Err(error) => {
                self.record_failure(&claimed, &error, began_at).await?;
                Err(error)
            }
        }
    }

    async fn has_stopped(&self) {
        self.stop.cancelled().await;
        sleep(STOP_AFTER).await;
    }

    async fn observe_and_apply(&self, company: CompanyId, person: &mut Person, years: YearsToRead) -> Result<Answered> {
        let known_request = person.request.unwrap_or_else(|| self.manual_request());
        // The request is claimed when the first call may be made, not when it was queued: requests that arrived
        // meanwhile are answered too.
        let claim = async {
            let permit = self.officient.permit(self.priority(person, known_request.reason)).await?;
            let claimed = queue::claim(&self.db, company, person.id, years != YearsToRead::Near).await?;
            Ok::<_, SyncError>((permit, claimed.ok_or(SyncError::Erased)?))
        };
        let (permit, (claimed, newest)) = self.unless_stopping(claim).await??;
        *person = claimed;
        tracing::Span::current().record("event.newest", newest);
        let request = person.request.unwrap_or(known_request);
        let answered = Answered { request_no: person.request_no, at: self.clock.now() };
        let is_sweep = request.reason == SyncReason::Sweep;
        // A sweep may leave out a part of the window; any other request wants the whole.
        let reads_near = years == YearsToRead::NearFirst || (years == YearsToRead::Near && is_sweep);
        let near = if reads_near { Some(self.near_years(self.window().await?)) } else { None };
        let scope = Scope { years: near.as_deref(), ..Scope::whole(request) };
        let observed = self.unless_stopping(Box::pin(self.observe(person.clone(), scope, permit))).await??;
        let calendar = self.apply_and_record(person, request, observed).await?;
        if years == YearsToRead::NearFirst {
            // Nobody waits for the other years as for the near ones.
            let less_urgent = SyncRequest { reason: SyncReason::Import, ..request };
            let scope = Scope { known: calendar, ..Scope::whole(less_urgent) };
            let person_now = people::find(&self.db, company, person.id).await?.ok_or(SyncError::Erased)?;
            let observed = self.unless_stopping(self.observe(person_now, scope, Priority::Import.into())).await??;
            self.apply_and_record(person, request, observed).await?;
        }
        if request.reason == SyncReason::Import {
            self.look_ahead(company).await;
        }
        Ok(answered)
    }

    /// Applies what was observed, and stores the outcome. Returns the calendar that was read.
    async fn apply_and_record(
        &self,
        person: &Person,
        request: SyncRequest,
        mut observation: Observation,
    ) -> Result<Calendar> {
        let context =
            WriteContext { company: person.company, person: person.id, reason: reason_for_history(person, request) };
        let mut applied = self.apply(context, &mut observation).await;
        self.record(context, request, &observation, &applied).await?;
        let failure =
            applied.failure.take().or_else(|| observation.calendar.incomplete.take().map(SyncError::Officient));
        if let Some(error) = failure {
            return Err(error);
        }
        self.record_success(person, &applied).await?;
        Ok(observation.calendar)
    }

    pub(super) fn manual_request(&self) -> SyncRequest {
        SyncRequest { reason: SyncReason::Manual, at: self.clock.now(), webhook_received_at: None }
    }
}

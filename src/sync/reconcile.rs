//! Reconciling one person: claim, observe, apply, record.

use std::time::Duration;

use tokio::time::sleep;

use super::apply::Applied;
use super::engine::{Engine, SyncError};
use super::observe::Scope;
use crate::db::people::Person;
use crate::db::queue::{self, Answered};
use crate::domain::ids::CompanyId;
use crate::domain::sync_request::{SyncReason, SyncRequest, WriteContext};

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
    /// Observes one person and applies the difference. `years`: the calendars to read; `None` is the whole window.
    ///
    /// The outcome is stored: the person is done, or due again later with the reason of the failure.
    pub async fn reconcile(
        &self,
        company: CompanyId,
        person: &Person,
        years: Option<&[i16]>,
    ) -> Result<Applied, SyncError> {
        // A failure answers the request that was claimed, not only the one that the worker knew.
        let mut claimed = person.clone();
        let began_at = self.clock.now();
        let outcome = tokio::select! {
            outcome = self.observe_and_apply(company, &mut claimed, years) => outcome,
            () = self.has_stopped() => Err(SyncError::ShuttingDown),
        };
        match outcome {
            Ok((applied, answered)) => {
                queue::finish(&self.db, company, person.id, answered).await?;
                Ok(applied)
            }
            Err(error) => {
                self.record_failure(company, &claimed, &error, began_at).await?;
                Err(error)
            }
        }
    }

    async fn has_stopped(&self) {
        self.stop.cancelled().await;
        sleep(STOP_AFTER).await;
    }

    async fn observe_and_apply(
        &self,
        company: CompanyId,
        person: &mut Person,
        years: Option<&[i16]>,
    ) -> Result<(Applied, Answered), SyncError> {
        let known_request = person.request.unwrap_or_else(|| self.manual_request());
        let observe = async {
            // The request is claimed when the first call may be made, not when it was queued: requests that arrived
            // meanwhile are answered too.
            let permit = self.officient.permit(self.priority(person, known_request.reason)).await?;
            let claimed = queue::claim(&self.db, company, person.id, years.is_none()).await?;
            let newest;
            (*person, newest) = claimed.ok_or(SyncError::Erased)?;
            tracing::Span::current().record("event.newest", newest);
            let request = person.request.unwrap_or(known_request);
            let answered = Answered { request_no: person.request_no, at: self.clock.now() };
            // A sweep may leave out a part of the window; any other request wants the whole.
            let years = years.filter(|_| request.reason == SyncReason::Sweep);
            let observation =
                self.observe(company, person.clone(), Scope { years, ..Scope::whole(request) }, permit).await?;
            Ok::<_, SyncError>((observation, request, answered))
        };
        let (mut observation, request, answered) = tokio::select! {
            observed = observe => observed?,
            () = self.stop.cancelled() => return Err(SyncError::ShuttingDown),
        };
        let context = WriteContext { company, person: person.id, reason: reason_for_history(person, request) };
        let mut applied = self.apply(context, &mut observation).await;
        self.record(context, request, &observation, &applied).await?;
        let failure = applied.failure.take().or_else(|| observation.incomplete.map(SyncError::Officient));
        if let Some(error) = failure {
            return Err(error);
        }
        self.record_success(person, &applied).await?;
        Ok((applied, answered))
    }

    pub(super) fn manual_request(&self) -> SyncRequest {
        SyncRequest { reason: SyncReason::Manual, at: self.clock.now(), webhook_received_at: None }
    }
}

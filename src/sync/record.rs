//! Recording the outcome of a reconciliation: which leave is blocked and why, what is known of the person, and when the
//! person is due again.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::PgConnection;

use super::apply::Applied;
use super::circuit_breaker::{Attempt, CircuitBreaker, Failing, Recovery};
use super::engine::{Engine, Result, SyncError};
use super::job::{LONGEST_BACKOFF, backoff};
use super::observe::Observation;
use super::reconcile::reason_for_history;
use crate::clock::after;
use crate::db::people::{Found, Person};
use crate::db::queue::Failure;
use crate::db::{self, absences, attention, differences, history, leave_types, people, queue, sweeps, verdict};
use crate::domain::attention::{AttentionItem, AttentionKind};
use crate::domain::failure::FailureKind;
use crate::domain::ids::{CompanyId, EventId};
use crate::domain::sync_request::{SyncReason, SyncRequest, WriteContext};
use crate::http_client::{Retry, UpstreamError};
use crate::optedo::OptedoError;

/// After this many sweeps in a row that found unannounced changes, an attention item says that webhooks do not arrive.
const SILENT_SWEEPS: i32 = 2;
/// What an upstream refused for good is tried again this much later, unless something new is requested before.
const RETRY_REFUSED_AFTER: Duration = Duration::from_mins(5);

impl Engine {
    pub(super) async fn record(
        &self,
        context: WriteContext,
        request: SyncRequest,
        observation: &Observation,
        applied: &Applied,
    ) -> Result<()> {
        self.store_outcome(context, observation, applied).await?;
        if observation.has_news {
            self.note_announcement(request).await?;
        }
        self.report(context, request, observation, applied);
        Ok(())
    }

    async fn store_outcome(&self, context: WriteContext, observation: &Observation, applied: &Applied) -> Result<()> {
        let WriteContext { company, person, .. } = context;
        let now = self.clock.now();
        let mut tx = db::begin(&self.db).await?;
        if !people::lock(&mut tx, company, person).await? {
            return Err(SyncError::Erased);
        }
        attention::lock_counts(&mut tx).await?;
        let (match_state, user) = match &observation.person_match {
            Some(person_match) => (person_match.as_str(), person_match.user()),
            // An archived person matches nobody.
            None => ("unknown", None),
        };
        let found = Found { match_state, user, event_ids: observation.event_ids.as_deref() };
        people::save_found(&mut *tx, company, person, &found).await?;
        if !applied.rejected.is_empty() {
            let rejected: Vec<i64> = applied.rejected.iter().map(|(event, _)| event.0).collect();
            history::insert_rejected(&mut *tx, context, &rejected, now).await?;
        }
        self.store_blocked(&mut tx, observation, applied).await?;
        self.settle_deletions(&mut tx, observation).await?;
        if differences::resolve_written(&mut *tx, company, person, now).await? {
            self.count_differences(&mut tx, company, person).await?;
        }
        if !observation.used_types.is_empty() {
            leave_types::note_used(&mut *tx, company, &observation.used_types).await?;
        }
        if !observation.plan.worked.is_empty() {
            absences::note_worked(&mut *tx, company, &observation.plan.worked).await?;
        }
        verdict::count_person(&mut *tx, company, person, observation.window).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Stores which of the person's leave is blocked, and opens, counts and resolves the attention items.
    async fn store_blocked(&self, tx: &mut PgConnection, observation: &Observation, applied: &Applied) -> Result<()> {
        let Observation { company, person, .. } = *observation;
        let now = self.clock.now();
        let blocked: Vec<&(EventId, AttentionItem)> =
            observation.plan.blocked.iter().chain(&applied.rejected).chain(&applied.blocked).collect();
        // Leave in a part of the calendar that was not read stays blocked.
        let is_partial = observation.person_match.is_some() && observation.event_ids.is_none();
        let seen: Option<Vec<i64>> =
            is_partial.then(|| observation.classifications.keys().map(|event| event.0).collect());
        let mut to_count = attention::clear_blocked(&mut *tx, company, person, seen.as_deref()).await?;
        if !blocked.is_empty() {
            let is_in_optedo = |event| observation.is_in_optedo(event);
            let day = |event| observation.events.get(&event).map(|(day, _)| *day);
            attention::insert_blocked(&mut *tx, company, person, &blocked, is_in_optedo, day).await?;
        }
        let key = |item: &AttentionItem| (item.kind().into_str().to_owned(), item.subject_id.clone());
        let items: BTreeMap<(String, String), &AttentionItem> =
            blocked.iter().map(|(_, item)| (key(item), item)).collect();
        // The item about deletions counts deletions, in `settle_deletions`.
        let is_counted_here = |(kind, _): &(String, String)| kind != AttentionKind::DeletionsHeld.into_str();
        for (_, item) in items.iter().filter(|(key, _)| is_counted_here(key)) {
            attention::open(&mut *tx, item, 1, now).await?;
        }
        to_count.extend(items.into_keys());
        to_count.retain(is_counted_here);
        if !to_count.is_empty() {
            attention::recount(&mut *tx, to_count, now).await?;
        }
        Ok(())
    }

    /// Cancels planned deletions whose leave is back.
    async fn settle_deletions(&self, tx: &mut PgConnection, observation: &Observation) -> Result<()> {
        let company = observation.company;
        let retained: Vec<i64> = observation.plan.retained.iter().map(|event| event.0).collect();
        let cancelled = absences::cancel_deletions(&mut *tx, company, &retained).await?;
        if cancelled == 0 && observation.plan.deleted().next().is_none() {
            return Ok(());
        }
        self.count_held_deletions(tx, company).await
    }

    /// Brings the item about deletions pending confirmation up to date.
    pub(super) async fn count_held_deletions(&self, tx: &mut PgConnection, company: CompanyId) -> Result<()> {
        let now = self.clock.now();
        let pending = absences::count_pending_confirmation(&mut *tx, company).await?;
        let item = AttentionItem::deletions_held(pending);
        if pending > 0 {
            attention::open(&mut *tx, &item, pending, now).await?;
        } else {
            attention::resolve(&mut *tx, AttentionKind::DeletionsHeld, &item.subject_id, now).await?;
        }
        Ok(())
    }

    /// The calendar changed. When only sweeps find changes, sweep after sweep, webhooks do not arrive.
    async fn note_announcement(&self, request: SyncRequest) -> Result<()> {
        let now = self.clock.now();
        if request.webhook_received_at.is_some() {
            sweeps::reset_unannounced(&self.db).await?;
            let item = AttentionItem::webhooks_silent(0);
            attention::resolve(&self.db, item.kind(), &item.subject_id, now).await?;
        } else if matches!(request.reason, SyncReason::Sweep | SyncReason::Import) {
            let sweeps = sweeps::count_unannounced(&self.db).await?;
            if sweeps >= SILENT_SWEEPS {
                attention::open(&self.db, &AttentionItem::webhooks_silent(sweeps), 0, now).await?;
            }
        }
        Ok(())
    }

    /// One log line for a person with changes, and the time since the webhook.
    fn report(&self, context: WriteContext, request: SyncRequest, observation: &Observation, applied: &Applied) {
        if applied.writes() > 0
            && let Some(received_at) = request.webhook_received_at
        {
            let propagation = self.clock.now().duration_since(received_at);
            metrics::histogram!("propagation_seconds").record(propagation.as_secs_f64());
        }
        if !observation.plan.changes.is_empty() {
            tracing::info!(
                person.id = %context.person,
                reason = request.reason.into_str(),
                absences.created = applied.created,
                absences.changed = applied.changed,
                absences.deleted = applied.deleted,
                absences.adopted = applied.adopted,
                absences.deletions_pending = applied.deletions_pending,
                absences.rejected = applied.rejected.len(),
                absences.blocked = observation.plan.blocked.len(),
                "Reconciled person {}", context.person
            );
        }
    }

    /// The person is due again later.
    pub(super) async fn record_failure(&self, person: &Person, error: &SyncError, began_at: Timestamp) -> Result<()> {
        let (company, now) = (person.company, self.clock.now());
        if let Some(wait) = error.waits_for() {
            queue::wait(&self.db, company, person.id, person.request_no, after(now, wait)).await?;
            tracing::debug!(person.id = %person.id, %error, "Person {} waits", person.id);
            return Ok(());
        }
        if let SyncError::Optedo(OptedoError { source: UpstreamError::Unauthorized, .. }) = error {
            self.optedo_breaker.refuse_token();
            attention::open(&self.db, &AttentionItem::optedo_unauthorized(), 0, now).await?;
        }
        let attempt = Attempt { person: person.id, began_at, failed_before_at: last_failure(person) };
        let failing = self.breaker_of(error).map(|breaker| breaker.fail(attempt, now));
        let wait = wait_after(person, error, failing);
        let text = error.to_string();
        let (kind, request_no) = (error.kind(), person.request_no);
        let failure = Failure { request_no, error: &text, kind, at: now, next_attempt_at: after(now, wait) };
        queue::fail(&self.db, company, person.id, &failure).await?;
        let is_new = person.last_fault.as_deref() != Some(kind.into_str());
        // The history shows a lasting failure once.
        if is_new {
            let reason = reason_for_history(person, person.request.unwrap_or_else(|| self.manual_request()));
            let context = WriteContext { company, person: person.id, reason };
            history::insert_failed(&self.db, context, kind, now).await?;
        }
        // While everybody fails, somebody tries every few seconds.
        if is_new || !matches!(failing, Some(Failing::Everybody(_))) {
            tracing::warn!(
                person.id = %person.id,
                attempts = person.attempts + 1,
                retry_in_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                error = %text,
                "Could not reconcile person {}", person.id
            );
        }
        Ok(())
    }

    /// The breaker of the upstream that failed.
    fn breaker_of(&self, error: &SyncError) -> Option<&CircuitBreaker> {
        match error {
            SyncError::Optedo(_) => Some(&self.optedo_breaker),
            SyncError::Officient(error) if error.retry() != Retry::AfterSignIn => Some(&self.officient_breaker),
            SyncError::Officient(_)
            | SyncError::Database(_)
            | SyncError::EarlierCall { .. }
            | SyncError::Superseded
            | SyncError::NotLeading
            | SyncError::Erased
            | SyncError::ShuttingDown
            | SyncError::Vault(_) => None,
        }
    }

    /// A person was reconciled. If an upstream works again, everybody who waited for that is due now.
    pub(super) async fn record_success(&self, person: &Person, applied: &Applied) -> Result<()> {
        let now = self.clock.now();
        let before: Option<FailureKind> = person.last_fault.as_deref().and_then(|fault| fault.parse().ok());
        let accepts_token = self.optedo_breaker.is_unauthorized() && self.optedo.accepts_token();
        let failed_in_optedo = before.is_some_and(FailureKind::is_of_optedo);
        let mut recovery = self.officient_breaker.succeed(before.is_some() && !failed_in_optedo, now);
        // Officient may have failed this person since, and nothing may be left to write.
        let failed_in_optedo = failed_in_optedo || self.optedo_breaker.failed_first_for(person.id);
        // Somebody without changes proves nothing about Optedo.
        if applied.writes() > 0 || failed_in_optedo || accepts_token {
            recovery = recovery.max(self.optedo_breaker.succeed(failed_in_optedo || accepts_token, now));
        }
        if self.optedo.accepts_token() && self.optedo_breaker.settle() {
            let item = AttentionItem::optedo_unauthorized();
            attention::resolve(&self.db, item.kind(), &item.subject_id, now).await?;
        }
        if recovery == Recovery::Certain {
            queue::forget_failures(&self.db).await?;
        }
        if recovery != Recovery::None {
            queue::retry_now(&self.db).await?;
            self.work_signal.notify(&self.db).await;
        }
        Ok(())
    }
}

/// When the person's attempt before this one failed.
fn last_failure(person: &Person) -> Option<Timestamp> {
    person.attempted_at.filter(|_| person.attempts > 0)
}

/// How long the person waits for the next attempt.
fn wait_after(person: &Person, error: &SyncError, failing: Option<Failing>) -> Duration {
    let attempts = u32::try_from(person.attempts).unwrap_or_default();
    let (at_least, alone) = match error.retry() {
        Retry::AfterSignIn => (None, Duration::ZERO),
        Retry::Later(at_least) => (at_least, backoff(attempts, at_least)),
        Retry::Never => (None, backoff(attempts, Some(RETRY_REFUSED_AFTER))),
    };
    let wait = match failing {
        None | Some(Failing::OnlyThisPerson) => alone,
        Some(Failing::PerhapsEverybody(patience)) => alone.min(patience),
        Some(Failing::Everybody(pause)) => pause,
    };
    wait.max(at_least.unwrap_or_default().min(LONGEST_BACKOFF))
}

//! After a look: what is held back and why, what is known of the person, and when to look again.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::Timestamp;

use super::apply::Applied;
use super::observe::{Claim, Look, priority_of};
use super::{Engine, SyncError, backoff};
use crate::clock::after;
use crate::db::people::{Found, Person};
use crate::db::queue::{Answered, Failure};
use crate::db::{self, absences, attention, history, people, queue, sweeps};
use crate::domain::attention::{AttentionItem, AttentionKind};
use crate::domain::ids::{CompanyId, EventId};
use crate::domain::sync_request::{SyncReason, SyncRequest, WriteContext};
use crate::http_client::{Retry, UpstreamError};
use crate::optedo::OptedoError;

/// So often at least a refused token is tried again: it may have been repaired in Optedo, which tells nobody.
const TRY_TOKEN_EVERY: Duration = Duration::from_mins(1);
/// Sweeps in a row with unannounced changes before the admin is told.
const SILENT_SWEEPS: i32 = 2;

/// While Optedo refuses our token everything waits; now and then one look tries again.
#[derive(Debug, Default)]
pub struct CircuitBreaker {
    state: Mutex<GateState>,
}

#[derive(Debug, Default, Clone, Copy)]
struct GateState {
    /// The token was accepted since it was last refused, and the admin's item is resolved.
    is_settled: bool,
    refusals: u32,
    closed_until: Option<Timestamp>,
}

impl CircuitBreaker {
    /// Until when nothing is to be tried.
    pub fn closed_until(&self) -> Option<Timestamp> {
        self.lock().closed_until
    }

    /// Lets the next look try.
    pub fn open(&self) {
        self.lock().closed_until = None;
    }

    fn close(&self, now: Timestamp) {
        let mut state = self.lock();
        state.is_settled = false;
        // Looks that were under way together are refused together: that is one refusal.
        if state.closed_until.is_none_or(|until| until <= now) {
            state.closed_until = Some(after(now, backoff(state.refusals, None).min(TRY_TOKEN_EVERY)));
            state.refusals += 1;
        }
    }

    fn settle(&self) {
        *self.lock() = GateState { is_settled: true, ..GateState::default() };
    }

    fn is_settled(&self) -> bool {
        self.lock().is_settled
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, GateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a person is looked at, as the history tells it: everybody may be meant by a webhook, and an import after the first
/// was asked for by hand.
fn reason_to_tell(person: &Person, request: SyncRequest) -> SyncReason {
    match request.reason {
        SyncReason::Import if request.webhook_received_at.is_some() => SyncReason::Webhook,
        SyncReason::Import if person.synced_at.is_some() => SyncReason::Manual,
        SyncReason::Webhook | SyncReason::Manual | SyncReason::Import | SyncReason::Sweep => request.reason,
    }
}

impl Engine {
    /// Looks at one person and carries out what that shows. `years`: those to read; `None` is the whole window.
    ///
    /// Whatever becomes of it is stored: the person is done, or due again later with the reason.
    pub async fn reconcile(
        &self,
        company: CompanyId,
        person: &Person,
        years: Option<&[i16]>,
    ) -> Result<Applied, SyncError> {
        let at = self.clock.now();
        let by_hand = SyncRequest { reason: SyncReason::Manual, at, webhook_received_at: None };
        let request = person.request.unwrap_or(by_hand);
        // As they are once claimed: a failure answers what was asked until then, not only what the worker knew of.
        let mut claimed = person.clone();
        let outcome = tokio::select! {
            outcome = self.look_and_apply(company, &mut claimed, request, years) => outcome,
            () = self.stop_reading() => Err(SyncError::ShuttingDown),
        };
        match outcome {
            Ok((applied, answered)) => {
                queue::finish(&self.db, company, person.id, answered).await?;
                Ok(applied)
            }
            Err(error) => {
                self.note_failure(company, &claimed, &error).await?;
                Err(error)
            }
        }
    }

    /// Resolves when the service has been stopping for longer than a write takes.
    async fn stop_reading(&self) {
        self.stop.cancelled().await;
        tokio::time::sleep(Duration::from_secs(8)).await;
    }

    async fn look_and_apply(
        &self,
        company: CompanyId,
        person: &mut Person,
        request: SyncRequest,
        years: Option<&[i16]>,
    ) -> Result<(Applied, Answered), SyncError> {
        let priority = priority_of(request.reason);
        let look = async {
            let Claim { person: claimed, request, years, turn, at } =
                self.claim(company, person, request, years).await?;
            person.clone_from(&claimed);
            let answered = Answered { request_no: claimed.request_no, at };
            let look = self.look(company, claimed, priority, turn, request.at, years.as_deref()).await?;
            Ok::<_, SyncError>((look, request, answered))
        };
        let (look, request, answered) = tokio::select! {
            look = look => look?,
            () = self.stop.cancelled() => return Err(SyncError::ShuttingDown),
        };
        let reason = reason_to_tell(person, request);
        let whose = WriteContext { company, person: person.id, reason };
        let mut applied = self.apply(whose, &look).await;
        self.store(whose, &look, &applied).await?;
        self.note_announcement(request, &look).await?;
        self.report(person, request, &look, &applied);
        if let Some(error) = applied.error.take().or_else(|| look.incomplete.map(SyncError::Officient)) {
            return Err(error);
        }
        self.note_optedo_accepts().await?;
        Ok((applied, answered))
    }

    /// What is known of the person and which of their leave is held back, with the items that say why.
    async fn store(&self, whose: WriteContext, look: &Look, applied: &Applied) -> Result<(), SyncError> {
        let WriteContext { company, person, .. } = whose;
        let now = self.clock.now();
        let blocked: Vec<&(EventId, AttentionItem)> =
            look.plan.held_back.iter().chain(&applied.rejected).collect();
        let items: BTreeMap<(&str, &str), &AttentionItem> = blocked
            .iter()
            .map(|(_, item)| ((item.kind().into_str(), item.subject_id.as_str()), item))
            .collect();

        let mut tx = db::begin(&self.db).await?;
        if !people::lock(&mut tx, company, person).await? {
            return Err(SyncError::Forgotten);
        }
        attention::lock_counts(&mut tx).await?;
        if let Some(person_match) = &look.person_match {
            let event_ids = look.event_ids.as_deref();
            let found = Found { match_state: person_match.as_str(), user: person_match.user(), event_ids };
            people::save_found(&mut *tx, company, person, &found).await?;
        }
        if !applied.rejected.is_empty() {
            let rejected: Vec<i64> = applied.rejected.iter().map(|(event, _)| event.0).collect();
            history::insert_rejected(&mut *tx, whose, &rejected, now).await?;
        }
        // What part of a calendar does not show stays held back.
        let is_partial = look.person_match.is_some() && look.event_ids.is_none();
        let shown: Option<Vec<i64>> =
            is_partial.then(|| look.standings.keys().map(|event| event.0).collect());
        let mut to_count = attention::clear_blocked(&mut *tx, company, person, shown.as_deref()).await?;
        if !blocked.is_empty() {
            attention::insert_blocked(&mut *tx, company, person, &blocked).await?;
        }
        for item in items.values() {
            attention::open(&mut *tx, item, 1, now).await?;
        }
        let names = |(kind, subject_id): &(&str, &str)| ((*kind).to_owned(), (*subject_id).to_owned());
        to_count.extend(items.keys().map(names));
        if !to_count.is_empty() {
            attention::recount(&mut *tx, to_count, now).await?;
        }
        self.settle_deletions(&mut tx, company, look, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Deletions of events that came back dissolve; the item counts those that are held.
    async fn settle_deletions(
        &self,
        tx: &mut sqlx::PgConnection,
        company: CompanyId,
        look: &Look,
        now: Timestamp,
    ) -> Result<(), SyncError> {
        let planned = look.plan.deletions();
        let returned: Vec<i64> =
            look.standings.keys().filter(|event| !planned.contains(event)).map(|event| event.0).collect();
        let dissolved = absences::cancel_deletions(&mut *tx, company, &returned).await?;
        if dissolved > 0 || !planned.is_empty() {
            let held = absences::count_pending_confirmation(&mut *tx, company).await?;
            let item = AttentionItem::deletions_held(held);
            if held > 0 {
                attention::open(&mut *tx, &item, held, now).await?;
            } else {
                attention::resolve(&mut *tx, AttentionKind::DeletionsHeld, &item.subject_id, now).await?;
            }
        }
        Ok(())
    }

    /// Changes that only a sweep found, sweep after sweep, mean that webhooks do not arrive.
    async fn note_announcement(&self, request: SyncRequest, look: &Look) -> Result<(), SyncError> {
        if !look.has_news {
            return Ok(());
        }
        let now = self.clock.now();
        if request.webhook_received_at.is_some() {
            sweeps::reset_unannounced(&self.db).await?;
            attention::resolve(
                &self.db,
                AttentionKind::WebhooksSilent,
                &AttentionItem::webhooks_silent(0).subject_id,
                now,
            )
            .await?;
        } else if matches!(request.reason, SyncReason::Sweep | SyncReason::Import) {
            let sweeps = sweeps::count_unannounced(&self.db).await?;
            if sweeps >= SILENT_SWEEPS {
                attention::open(&self.db, &AttentionItem::webhooks_silent(sweeps), 0, now).await?;
            }
        }
        Ok(())
    }

    /// One line a person with changes; how long it took from the webhook.
    fn report(&self, person: &Person, request: SyncRequest, look: &Look, applied: &Applied) {
        if applied.writes() > 0
            && let Some(received_at) = request.webhook_received_at
        {
            let propagation = self.clock.now().duration_since(received_at);
            metrics::histogram!("propagation_seconds").record(propagation.as_secs_f64());
        }
        if !look.plan.changes.is_empty() {
            tracing::info!(
                person.id = %person.id,
                reason = request.reason.into_str(),
                absences.created = applied.created,
                absences.changed = applied.changed,
                absences.deleted = applied.deleted,
                absences.taken_over = applied.taken_over,
                absences.deletions_held = applied.held,
                absences.rejected = applied.rejected.len(),
                absences.held_back = look.plan.held_back.len(),
                "Reconciled person {}", person.id
            );
        }
    }

    /// The person is due again later.
    async fn note_failure(
        &self,
        company: CompanyId,
        person: &Person,
        error: &SyncError,
    ) -> Result<(), SyncError> {
        let now = self.clock.now();
        if let SyncError::Optedo(OptedoError { source: UpstreamError::Unauthorized, .. }) = error {
            self.optedo_breaker.close(now);
            attention::open(&self.db, &AttentionItem::optedo_unauthorized(), 0, now).await?;
        }
        let attempts = u32::try_from(person.attempts).unwrap_or_default();
        let wait = match error.retry() {
            Retry::Later(at_least) => backoff(attempts, at_least),
            Retry::AfterSignIn => Duration::ZERO,
            Retry::Never => backoff(attempts, Some(Duration::from_mins(5))),
        };
        let text = error.to_string();
        let (kind, request_no) = (error.fault(), person.request_no);
        let next_attempt_at = after(now, wait);
        let failure = Failure { request_no, error: &text, kind, at: now, next_attempt_at };
        queue::fail(&self.db, company, person.id, &failure).await?;
        if !matches!(error, SyncError::ShuttingDown) {
            // One that goes on is told once.
            if person.last_fault.as_deref() != Some(kind.into_str()) {
                let reason =
                    person.request.map_or(SyncReason::Manual, |request| reason_to_tell(person, request));
                let context = WriteContext { company, person: person.id, reason };
                history::insert_failed(&self.db, context, kind, now).await?;
            }
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

    async fn note_optedo_accepts(&self) -> Result<(), SyncError> {
        if !self.optedo_breaker.is_settled() && self.optedo.accepts_token() {
            self.optedo_breaker.settle();
            let item = AttentionItem::optedo_unauthorized();
            attention::resolve(&self.db, item.kind(), &item.subject_id, self.clock.now()).await?;
            queue::retry_now(&self.db).await?;
            self.work_signal.notify(&self.db).await;
        }
        Ok(())
    }
}

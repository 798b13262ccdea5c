//! Which people a webhook refers to.
//!
//! A webhook carries an id whose meaning is not documented: a person, a calendar event or a calendar request, and the
//! three may share numbers. So the id is looked up in each meaning, and every candidate is reconciled; one person too
//! many is harmless. Where that would cost more calls to Officient than reconciling everybody, everybody is reconciled
//! instead.
//! **A webhook is done only when its id was looked up in each meaning, or when everybody is to be reconciled.**
//! Nothing is refused because its event name is new.
//!
//! An id without a candidate is most often new leave. The fallback reconciles the people who made the newest requests;
//! if their calendars do not contain the id either, it reconciles everybody.
//!
//! People whom the database knows are requested before Officient is asked about the rest, so that a burst of unknown
//! ids delays nobody. Whether their ids have another meaning too is looked up last, for all pending webhooks together:
//! most ids have one.
//!
//! Candidates are stored only if nobody's data was erased since they were read; otherwise the webhooks stay pending.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::engine::{Engine, Result, SyncError};
use crate::db::erasure::{self, Reading};
use crate::db::queue::{self, WebhooksOfPerson};
use crate::db::webhooks::{self, PendingWebhook};
use crate::db::{self, people, subscriptions};
use crate::domain::ids::{CompanyId, PersonId, RequestId};
use crate::domain::sync_request::{SyncReason, SyncRequest};
use crate::officient::Officient;
use crate::officient::rate_limiter::Priority;

/// How long the fallback waits for the people who made the newest requests before it reconciles everybody.
const FALLBACK_PATIENCE: SignedDuration = SignedDuration::from_secs(30);

/// What the id of a webhook can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// The event name begins with `person_`: that person.
    Person(i64),
    /// A person, a calendar event or a request.
    Any(i64),
    /// There is no id, or no number.
    Nothing,
}

fn meaning(webhook: &PendingWebhook) -> Meaning {
    match webhook.related_object_id.as_deref().and_then(|id| id.trim().parse().ok()) {
        Some(id) if webhook.is_about_person => Meaning::Person(id),
        Some(id) => Meaning::Any(id),
        None => Meaning::Nothing,
    }
}

impl Meaning {
    fn id(self) -> Option<i64> {
        match self {
            Self::Person(id) | Self::Any(id) => Some(id),
            Self::Nothing => None,
        }
    }

    fn possible_request(self) -> Option<i64> {
        match self {
            Self::Any(id) => Some(id),
            Self::Person(_) | Self::Nothing => None,
        }
    }
}

/// A webhook and the people it may refer to.
struct Resolved {
    webhook: PendingWebhook,
    /// The person with this id, and the people whose calendar has an event with this id.
    in_database: Vec<i64>,
    /// A person who only Officient knows to be meant: a new person, or who asked for the request with this id.
    at_officient: Option<i64>,
}

impl Resolved {
    fn has_candidate(&self) -> bool {
        !self.in_database.is_empty() || self.at_officient.is_some()
    }
}

/// A person, and a webhook that may refer to them.
type Candidate<'a> = (i64, &'a PendingWebhook);

fn ids_of(webhooks: &[PendingWebhook]) -> Vec<i64> {
    webhooks.iter().map(|webhook| webhook.id).collect()
}

impl Engine {
    /// Requests a reconciliation of the people whom these new webhooks refer to. A webhook about somebody whom the
    /// database knows stays pending, because its id may have another meaning; so does one whose look-up failed.
    pub async fn resolve_new(&self, company: CompanyId, webhooks: Vec<PendingWebhook>) -> Result<()> {
        subscriptions::note_received(&self.db, &ids_of(&webhooks)).await?;
        let reading = erasure::begin_reading(&self.db, company).await?;
        let rest = self.request_known(webhooks, reading).await?;
        let unknown = rest.into_iter().filter(|one| !one.has_candidate()).collect();
        self.resolve_with_officient(unknown, reading).await
    }

    /// Resolves webhooks that are still pending. A look-up that fails again leaves its webhook pending, and so does a
    /// fallback that waits for a reconciliation.
    pub async fn resolve_pending(&self, company: CompanyId, webhooks: Vec<PendingWebhook>) -> Result<()> {
        let reading = erasure::begin_reading(&self.db, company).await?;
        let (in_fallback, others): (Vec<PendingWebhook>, Vec<PendingWebhook>) =
            webhooks.into_iter().partition(|webhook| webhook.fallback_at.is_some());
        let rest = self.request_known(others, reading).await?;
        let (known, unknown): (Vec<Resolved>, Vec<Resolved>) = rest.into_iter().partition(Resolved::has_candidate);
        let result = self.resolve_with_officient(unknown, reading).await;
        self.finish_fallback(company, in_fallback).await?;
        // Most ids have one meaning, so these come last, and all together: after an outage, to reconcile everybody
        // often costs less.
        if !self.officient_breaker.is_open() {
            self.resolve_with_officient(known, reading).await?;
        }
        result
    }

    /// Requests the people whom the database knows; returns the webhooks that this does not answer.
    async fn request_known(&self, webhooks: Vec<PendingWebhook>, reading: Reading) -> Result<Vec<Resolved>> {
        let resolved = self.candidates_in_database(reading.company, webhooks).await?;
        let known = |one: &&Resolved| !one.in_database.is_empty();
        let candidates = resolved.iter().flat_map(|one| one.in_database.iter().map(|id| (*id, &one.webhook)));
        let candidates: Vec<Candidate<'_>> = candidates.collect();
        let done = |one: &Resolved| matches!(meaning(&one.webhook), Meaning::Person(_)).then_some(one.webhook.id);
        let done: Vec<i64> = resolved.iter().filter(known).filter_map(done).collect();
        self.request_candidates(&candidates, &done, reading).await?;
        Ok(resolved.into_iter().filter(|one| !done.contains(&one.webhook.id)).collect())
    }

    async fn resolve_with_officient(&self, resolved: Vec<Resolved>, reading: Reading) -> Result<()> {
        if resolved.is_empty() {
            return Ok(());
        }
        if !self.are_look_ups_worth_it(&resolved, reading).await? {
            let webhooks: Vec<PendingWebhook> = resolved.into_iter().map(|one| one.webhook).collect();
            return self.request_everybody(reading.company, &webhooks).await;
        }
        let (resolved, failure) = self.look_up(resolved, reading).await;
        let candidates = resolved.iter().filter_map(|one| Some((one.at_officient?, &one.webhook)));
        let candidates: Vec<Candidate<'_>> = candidates.collect();
        let done: Vec<i64> = resolved.iter().filter(|one| one.has_candidate()).map(|one| one.webhook.id).collect();
        self.request_candidates(&candidates, &done, reading).await?;
        let unknown = resolved.into_iter().filter(|one| !one.has_candidate()).map(|one| one.webhook);
        self.start_fallback(unknown.collect(), reading).await?;
        failure.map_or(Ok(()), Err)
    }

    /// Candidates that the database knows: the person with this id, and the people whose calendar has an event with
    /// this id.
    async fn candidates_in_database(&self, company: CompanyId, webhooks: Vec<PendingWebhook>) -> Result<Vec<Resolved>> {
        let ids: BTreeSet<i64> = webhooks.iter().filter_map(|webhook| meaning(webhook).id()).collect();
        let ids: Vec<i64> = ids.into_iter().collect();
        let people: HashSet<i64> = people::known(&self.db, company, &ids).await?.into_iter().collect();
        let mut owners: HashMap<i64, Vec<i64>> = HashMap::new();
        for (event, person) in people::owners_of_events(&self.db, company, &ids).await? {
            owners.entry(event.0).or_default().push(person.0);
        }
        let resolve = |webhook: PendingWebhook| {
            let person = meaning(&webhook).id().and_then(|id| people.get(&id)).copied();
            let mut in_database: Vec<i64> = person.into_iter().collect();
            if let Meaning::Any(id) = meaning(&webhook) {
                in_database.extend(owners.get(&id).into_iter().flatten());
            }
            Resolved { webhook, in_database, at_officient: None }
        };
        Ok(webhooks.into_iter().map(resolve).collect())
    }

    /// Whether looking up the ids costs at most as many calls as reconciling everybody else: the known candidates are
    /// reconciled in any case. An id without a candidate may lead to a person who must be reconciled.
    async fn are_look_ups_worth_it(&self, resolved: &[Resolved], reading: Reading) -> Result<bool> {
        let years = self.window().await?.years().count();
        let mut costs: BTreeMap<i64, usize> = BTreeMap::new();
        for one in resolved {
            let cost_of_person = if one.has_candidate() { 0 } else { years };
            match meaning(&one.webhook) {
                Meaning::Person(id) if !one.has_candidate() => drop(costs.insert(id, 1 + years)),
                Meaning::Any(id) => {
                    let cost = match self.request_lookup.known(RequestId(id), reading).await {
                        Some(None) => 0,
                        Some(Some(_requester)) => cost_of_person,
                        None => 1 + cost_of_person,
                    };
                    costs.insert(id, cost);
                }
                Meaning::Person(_) | Meaning::Nothing => {}
            }
        }
        let people = usize::try_from(people::count(&self.db, reading.company).await?).unwrap_or(usize::MAX);
        let candidates: BTreeSet<i64> = resolved.iter().flat_map(|one| &one.in_database).copied().collect();
        let others = people.saturating_sub(candidates.len());
        let calls_for_everybody = others.saturating_mul(years).saturating_add(people / Officient::PAGE_SIZE + 1);
        Ok(costs.into_values().sum::<usize>() <= calls_for_everybody)
    }

    /// Adds the candidates that only Officient knows. Webhooks whose look-up failed are left out; the first failure is
    /// returned beside the others.
    async fn look_up(&self, resolved: Vec<Resolved>, reading: Reading) -> (Vec<Resolved>, Option<SyncError>) {
        let id = |one: &Resolved| Some((meaning(&one.webhook).possible_request()?, one.has_candidate()));
        let ids: BTreeMap<i64, bool> = resolved.iter().filter_map(id).collect();
        let look_up = |(id, has_candidate): (i64, bool)| async move {
            let request = RequestId(id);
            let priority = if has_candidate { Priority::Import } else { Priority::Urgent };
            let requester = match self.request_lookup.known(request, reading).await {
                Some(requester) => Ok(requester),
                None => self.request_lookup.read(request, reading, priority).await,
            };
            (id, requester)
        };
        let mut requesters: HashMap<i64, Option<PersonId>> = HashMap::new();
        let mut failure = None;
        for (id, requester) in join_all(ids.into_iter().map(look_up)).await {
            match requester {
                Ok(requester) => drop(requesters.insert(id, requester)),
                Err(error) => drop(failure.get_or_insert(SyncError::Officient(error))),
            }
        }
        let add = |mut one: Resolved| {
            one.at_officient = match meaning(&one.webhook) {
                Meaning::Person(id) => Some(id),
                Meaning::Any(id) => requesters.get(&id)?.map(|person| person.0),
                Meaning::Nothing => None,
            };
            one.at_officient = one.at_officient.filter(|person| !one.in_database.contains(person));
            Some(one)
        };
        (resolved.into_iter().filter_map(add).collect(), failure)
    }

    /// Requests a reconciliation of the candidates, and marks the webhooks numbered `done` as done.
    async fn request_candidates(&self, candidates: &[Candidate<'_>], done: &[i64], reading: Reading) -> Result<()> {
        let mut webhooks: BTreeMap<i64, WebhooksOfPerson> = BTreeMap::new();
        let mut may_be_renamed = Vec::new();
        for (person, webhook) in candidates {
            let PendingWebhook { id, received_at, is_about_person, .. } = webhook;
            // The names are not read with every reconciliation, so an earlier one does not answer such a webhook.
            let newest = if *is_about_person { i64::MAX } else { *id };
            let new = WebhooksOfPerson { earliest_received_at: *received_at, newest };
            let known = webhooks.entry(*person).or_insert(new);
            known.earliest_received_at = known.earliest_received_at.min(*received_at);
            known.newest = known.newest.max(newest);
            may_be_renamed.extend(is_about_person.then_some(*person));
        }
        if webhooks.is_empty() && done.is_empty() {
            return Ok(());
        }
        let people: Vec<i64> = webhooks.keys().copied().collect();
        let now = self.clock.now();
        let mut tx = db::begin(&self.db).await?;
        if people::insert_missing(&mut tx, &people, reading).await? {
            people::forget_names_read(&mut *tx, reading.company, &may_be_renamed).await?;
            queue::request_sync_for_webhooks(&mut *tx, reading.company, &webhooks, now).await?;
            webhooks::mark_processed(&mut *tx, done, now).await?;
        }
        tx.commit().await?;
        self.work_signal.notify(&self.db).await;
        Ok(())
    }

    /// Nobody is known for these ids: requests a reconciliation of the people who made the newest requests, or of
    /// everybody when there are no new requests.
    async fn start_fallback(&self, unknown: Vec<PendingWebhook>, reading: Reading) -> Result<()> {
        if unknown.is_empty() {
            return Ok(());
        }
        let requesters = self.request_lookup.new_requesters(reading).await?;
        if requesters.is_empty() {
            return self.request_everybody(reading.company, &unknown).await;
        }
        let people: Vec<i64> = requesters.into_iter().map(|person| person.0).collect();
        let now = self.clock.now();
        let request =
            SyncRequest { reason: SyncReason::Webhook, at: now, webhook_received_at: first_received_at(&unknown) };
        let mut tx = db::begin(&self.db).await?;
        if people::insert_missing(&mut tx, &people, reading).await? {
            queue::request_sync(&mut *tx, reading.company, &people, request).await?;
            webhooks::mark_fallback(&mut *tx, &ids_of(&unknown), now).await?;
        }
        tx.commit().await?;
        self.work_signal.notify(&self.db).await;
        Ok(())
    }

    /// Ends the fallback once the people who made the newest requests are reconciled: an id that is in one of their
    /// calendars is explained; for any other id everybody is reconciled.
    async fn finish_fallback(&self, company: CompanyId, webhooks: Vec<PendingWebhook>) -> Result<()> {
        if webhooks.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let is_recent =
            |webhook: &PendingWebhook| webhook.fallback_at.is_some_and(|at| now.duration_since(at) < FALLBACK_PATIENCE);
        if webhooks.iter().all(is_recent) && queue::is_anybody_waiting(&self.db, company, SyncReason::Webhook).await? {
            return Ok(());
        }
        let resolved = self.candidates_in_database(company, webhooks).await?;
        let (explained, unknown): (Vec<Resolved>, Vec<Resolved>) =
            resolved.into_iter().partition(Resolved::has_candidate);
        let explained: Vec<i64> = explained.iter().map(|one| one.webhook.id).collect();
        webhooks::mark_processed(&self.db, &explained, now).await?;
        let unknown: Vec<PendingWebhook> = unknown.into_iter().map(|one| one.webhook).collect();
        self.request_everybody(company, &unknown).await
    }

    /// Requests a reconciliation of everybody, new people included, and marks the webhooks as done.
    async fn request_everybody(&self, company: CompanyId, webhooks: &[PendingWebhook]) -> Result<()> {
        if webhooks.is_empty() {
            return Ok(());
        }
        self.list_people(company, SyncReason::Import).await?;
        let now = self.clock.now();
        let webhook_received_at = first_received_at(webhooks);
        let request = SyncRequest { reason: SyncReason::Import, at: now, webhook_received_at };
        let mut tx = db::begin(&self.db).await?;
        let newest = webhooks.iter().map(|webhook| webhook.id).max().unwrap_or_default();
        queue::request_sync_of_all(&mut *tx, company, request, newest).await?;
        webhooks::mark_processed(&mut *tx, &ids_of(webhooks), now).await?;
        tx.commit().await?;
        self.work_signal.notify(&self.db).await;
        tracing::info!(
            webhooks = webhooks.len(),
            "Requested a reconciliation of everybody: webhooks about unknown ids"
        );
        Ok(())
    }
}

fn first_received_at(webhooks: &[PendingWebhook]) -> Option<Timestamp> {
    webhooks.iter().map(|webhook| webhook.received_at).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(is_about_person: bool, id: Option<&str>) -> PendingWebhook {
        let related_object_id = id.map(str::to_owned);
        PendingWebhook {
            id: 1,
            received_at: Timestamp::UNIX_EPOCH,
            is_about_person,
            related_object_id,
            fallback_at: None,
        }
    }

    #[test]
    fn an_id_means_a_person_anything_or_nothing() {
        let cases = [
            (true, Some("7"), Meaning::Person(7)),
            (false, Some(" 7 "), Meaning::Any(7)),
            (false, Some("-7"), Meaning::Any(-7)),
            (true, None, Meaning::Nothing),
            (false, Some(""), Meaning::Nothing),
            (false, Some("7.5"), Meaning::Nothing),
            (false, Some("99999999999999999999999"), Meaning::Nothing),
        ];
        for (is_about_person, id, expected) in cases {
            assert_eq!(meaning(&webhook(is_about_person, id)), expected, "{id:?}");
        }
    }
}

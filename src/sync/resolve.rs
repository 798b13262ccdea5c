//! Whom a webhook means. It carries an id whose meaning is not documented: a person, a calendar event or a request.
//!
//! Every meaning is tried, and every candidate is looked at: one person too many is harmless. Where the id means nothing
//! to us, the newest requesters are looked at first, then everybody who was not since. Nothing is refused because its
//! name is new. A burst about many unknown ids is not looked up id by id: the looks under way usually explain them.
//!
//! People come to be known here by what was read a moment before. Where somebody was forgotten meanwhile, nobody is added
//! and the events wait on: the next round asks anew.
//!
//! Two steps, so that a flood delays nobody: [`Engine::take_new_events`] asks nobody but the database, and whom it knows is
//! looked at at once; [`Engine::take_unexplained_events`] asks Officient about the rest, beside and behind that.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;

use super::{Engine, SyncError};
use crate::db::erasure::{self, ErasureCount};
use crate::db::queue::{self, Candidate};
use crate::db::webhooks::{self, WebhookGroup};
use crate::db::{self, people};
use crate::domain::ids::CompanyId;
use crate::domain::sync_request::{SyncReason, SyncRequest};

/// New events taken at a time.
const BATCH: i64 = 5000;
/// Unexplained events dealt with together: a flood of them is one question, not many.
const MOST_UNEXPLAINED: i64 = 20_000;
/// How long events wait that looks under way may explain.
const WAIT_FOR_LOOKS: Duration = Duration::from_millis(100);
/// In a burst Officient is asked so seldom at the most.
const BETWEEN_BURSTS: Duration = Duration::from_millis(500);
/// So long events wait at the most for the looks at the newest requesters to explain it.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(30);
/// Events marked at a time, and the pause after it: one statement about thousands takes a core from webhooks that arrive.
const MARKED_AT_ONCE: usize = 100;
const BETWEEN_MARKS: Duration = Duration::from_millis(5);
/// More unknown ids than this wait for looks under way, which usually explain them.
const MANY: usize = 10;

/// What the id of events can mean.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Meaning {
    /// `person_*`: that person.
    Person(i64),
    /// Anything.
    Anything(i64),
    /// No id.
    Nothing,
}

fn meaning(events: &WebhookGroup) -> Meaning {
    let id = events.related_object_id.as_deref().and_then(|id| id.trim().parse().ok());
    match id {
        Some(id) if events.are_about_people => Meaning::Person(id),
        Some(id) => Meaning::Anything(id),
        None => Meaning::Nothing,
    }
}

/// Events about the same object, and whom they may mean.
type Explained = (WebhookGroup, Vec<i64>);

fn ids_of<'a>(groups: impl IntoIterator<Item = &'a WebhookGroup>) -> Vec<i64> {
    groups.into_iter().flat_map(|events| &events.ids).copied().collect()
}

fn first_received_at(groups: &[WebhookGroup]) -> Option<Timestamp> {
    groups.iter().map(|events| events.first_received_at).min()
}

impl Engine {
    /// Asks for whom the events after `after` mean, as far as that is known. Returns the newest event it took.
    pub async fn take_new_events(&self, company: CompanyId, after: i64) -> Result<i64, SyncError> {
        let noted = erasure::count(&self.db).await?;
        let new = webhooks::waiting(&self.db, after, i64::MAX, BATCH).await?;
        let newest = new.iter().map(WebhookGroup::newest).max().unwrap_or(after);
        let (explained, _unknown) = self.explain(company, new).await?;
        // The number of anything else may be a request's too: that is asked beside.
        let (of_people, of_anything): (Vec<Explained>, Vec<Explained>) =
            explained.into_iter().partition(|(events, _)| matches!(meaning(events), Meaning::Person(_)));
        for (explained, is_final) in [(of_anything, false), (of_people, true)] {
            if !explained.is_empty() {
                self.ask_for(company, &explained, is_final, noted).await?;
            }
        }
        Ok(newest)
    }

    /// Finds out what else the events up to `up_to` may mean that still wait. Returns how long the rest should wait.
    pub async fn take_unexplained_events(
        &self,
        company: CompanyId,
        up_to: i64,
    ) -> Result<Duration, SyncError> {
        let noted = erasure::count(&self.db).await?;
        let waiting = webhooks::waiting(&self.db, 0, up_to, MOST_UNEXPLAINED).await?;
        let is_burst = waiting.iter().map(|events| events.ids.len()).sum::<usize>() > MANY;
        let (explained, unknown) = self.explain(company, waiting).await?;
        let has_explained = !explained.is_empty();
        if has_explained {
            // Looks may have made them known since.
            self.ask_for(company, &explained, false, noted).await?;
            let with_requesters = self.requesters_of(company, explained, noted).await?;
            self.ask_for(company, &with_requesters, true, noted).await?;
        }
        let has_widened = self.widen(company, unknown, noted).await?;
        self.work_signal.notify(&self.db).await;
        Ok(match (has_explained || has_widened, is_burst) {
            (false, _) => WAIT_FOR_LOOKS,
            (true, true) => BETWEEN_BURSTS,
            (true, false) => Duration::ZERO,
        })
    }

    /// Tells the events whose people are known to us from the others. Asks nobody but the database.
    async fn explain(
        &self,
        company: CompanyId,
        waiting: Vec<WebhookGroup>,
    ) -> Result<(Vec<Explained>, Vec<WebhookGroup>), SyncError> {
        let id_of = |events: &WebhookGroup| match meaning(events) {
            Meaning::Person(id) | Meaning::Anything(id) => Some(id),
            Meaning::Nothing => None,
        };
        let ids: BTreeSet<i64> = waiting.iter().filter_map(id_of).collect();
        let ids: Vec<i64> = ids.into_iter().collect();
        let mut owners: HashMap<i64, Vec<i64>> = HashMap::new();
        for (event, person) in people::owners_of_events(&self.db, company, &ids).await? {
            owners.entry(event.0).or_default().push(person.0);
        }
        let known: HashSet<i64> = people::known(&self.db, company, &ids).await?.into_iter().collect();
        let mut explained = Vec::new();
        let mut unknown = Vec::new();
        for events in waiting {
            let mut candidates = Vec::new();
            match meaning(&events) {
                Meaning::Person(id) => candidates.extend(known.get(&id)),
                Meaning::Anything(id) => {
                    candidates.extend(owners.get(&id).into_iter().flatten());
                    candidates.extend(known.get(&id));
                }
                Meaning::Nothing => {}
            }
            if candidates.is_empty() {
                unknown.push(events);
            } else {
                explained.push((events, candidates));
            }
        }
        Ok((explained, unknown))
    }

    /// The same number can be a request's too: whoever asked for that one is a candidate as well.
    async fn requesters_of(
        &self,
        company: CompanyId,
        explained: Vec<Explained>,
        noted: ErasureCount,
    ) -> Result<Vec<Explained>, SyncError> {
        let anything = explained.iter().filter_map(|(events, _)| match meaning(events) {
            Meaning::Anything(id) => Some(id),
            Meaning::Person(_) | Meaning::Nothing => None,
        });
        let ids: BTreeSet<i64> = anything.collect();
        let Some(requesters) = self.reference.requesters(company, &ids, noted).await? else {
            return self.new_requesters_of(company, explained, noted).await;
        };
        let requester_of = |events: &WebhookGroup| match meaning(events) {
            Meaning::Anything(id) => requesters.get(&id).copied().flatten(),
            Meaning::Person(_) | Meaning::Nothing => None,
        };
        let with_requester = |(events, _): Explained| {
            let requester = requester_of(&events).map(|person| person.0);
            (events, requester.into_iter().collect())
        };
        Ok(explained.into_iter().map(with_requester).collect())
    }

    /// In a burst the ids are not looked up one by one: one page tells who asked for something since.
    async fn new_requesters_of(
        &self,
        company: CompanyId,
        explained: Vec<Explained>,
        noted: ErasureCount,
    ) -> Result<Vec<Explained>, SyncError> {
        let newest = explained.iter().map(|(events, _)| events.last_received_at).max();
        let since = newest.unwrap_or(Timestamp::MAX);
        let requesters = self.reference.unseen_requesters(company, since, noted).await?;
        let requesters: Vec<i64> = requesters.into_iter().map(|person| person.0).collect();
        Ok(explained.into_iter().map(|(events, _)| (events, requesters.clone())).collect())
    }

    /// Asks for the candidates; with `is_final` marks the events as processed once that is on disk.
    async fn ask_for(
        &self,
        company: CompanyId,
        explained: &[Explained],
        is_final: bool,
        noted: ErasureCount,
    ) -> Result<(), SyncError> {
        let mut candidates: BTreeMap<i64, Candidate> = BTreeMap::new();
        let mut renamed = Vec::new();
        for (events, people) in explained {
            let is_person = matches!(meaning(events), Meaning::Person(_));
            if is_person {
                renamed.extend(people);
            }
            // A look that began after they arrived has seen what they are about; only names it may not have read.
            let newest_event = if is_person { i64::MAX } else { events.newest() };
            let received_at = events.first_received_at;
            for person in people {
                let new = Candidate { person: *person, received_at, newest_event };
                let candidate = candidates.entry(*person).or_insert(new);
                candidate.received_at = candidate.received_at.min(received_at);
                candidate.newest_event = candidate.newest_event.max(newest_event);
            }
        }
        let now = self.clock.now();
        let ids: Vec<i64> = candidates.keys().copied().collect();
        let mut tx = db::begin(&self.db).await?;
        let is_current = people::insert_missing(&mut tx, company, &ids, noted).await?;
        if !candidates.is_empty() {
            people::forget_names_read(&mut *tx, company, &renamed).await?;
            let candidates: Vec<Candidate> = candidates.into_values().collect();
            queue::request_sync_of_candidates(&mut *tx, company, &candidates, now).await?;
        }
        tx.commit().await?;
        self.work_signal.notify(&self.db).await;
        if is_final && is_current {
            self.mark_processed(&ids_of(explained.iter().map(|(events, _)| events))).await?;
        }
        for (events, people) in explained {
            tracing::debug!(event.ids = ?events.ids, people = ?people, "Webhooks may mean these people");
        }
        Ok(())
    }

    /// Those that are not marked, should this fail half way, are taken again, which is harmless.
    async fn mark_processed(&self, events: &[i64]) -> Result<(), SyncError> {
        let mut batches = events.chunks(MARKED_AT_ONCE).peekable();
        while let Some(batch) = batches.next() {
            webhooks::mark_processed(&self.db, batch, self.clock.now()).await?;
            if batches.peek().is_some() {
                sleep(BETWEEN_MARKS).await;
            }
        }
        Ok(())
    }

    /// Events that mean nothing to us: first as requests, then the newest requesters, then everybody.
    async fn widen(
        &self,
        company: CompanyId,
        unknown: Vec<WebhookGroup>,
        noted: ErasureCount,
    ) -> Result<bool, SyncError> {
        if unknown.is_empty() {
            return Ok(false);
        }
        let (widened, new): (Vec<WebhookGroup>, Vec<WebhookGroup>) =
            unknown.into_iter().partition(|events| events.widened_at.is_some());
        let is_looking = queue::is_anybody_waiting(&self.db, company, SyncReason::Webhook).await?;
        if !widened.is_empty() {
            // Those asked for on their behalf are being looked at: that may explain them. But not for ever.
            let now = self.clock.now();
            let is_recent = |events: &WebhookGroup| {
                events.widened_at.is_some_and(|at| now.duration_since(at) < LONGEST_WAIT)
            };
            if is_looking && widened.iter().all(is_recent) {
                return Ok(false);
            }
            self.ask_for_everybody(company, &widened).await?;
            return Ok(true);
        }
        let is_busy = is_looking || queue::is_anybody_waiting(&self.db, company, SyncReason::Import).await?;
        if new.len() > MANY && is_busy {
            return Ok(false);
        }
        let new = self.ask_for_new_people(company, new, noted).await?;
        let (still_unknown, is_affordable) = self.look_up_requests(company, new, noted).await?;
        if !still_unknown.is_empty() {
            // In a flood behind whoever has something to be seen for certain.
            let reason = if is_affordable { SyncReason::Webhook } else { SyncReason::Import };
            self.ask_for_newest_requesters(company, &still_unknown, reason, noted).await?;
        }
        Ok(true)
    }

    /// Asks for the people of `person_*` events whom we do not know, if they are few; returns the other events.
    async fn ask_for_new_people(
        &self,
        company: CompanyId,
        new: Vec<WebhookGroup>,
        noted: ErasureCount,
    ) -> Result<Vec<WebhookGroup>, SyncError> {
        let person_of = |events: &WebhookGroup| match meaning(events) {
            Meaning::Person(id) => Some(id),
            Meaning::Anything(_) | Meaning::Nothing => None,
        };
        let people: BTreeSet<i64> = new.iter().filter_map(person_of).collect();
        if people.is_empty() || !self.reference.may_look_up(people.len()).await {
            return Ok(new);
        }
        let mut explained = Vec::new();
        let mut others = Vec::new();
        for events in new {
            match person_of(&events) {
                Some(person) => explained.push((events, vec![person])),
                None => others.push(events),
            }
        }
        self.ask_for(company, &explained, true, noted).await?;
        Ok(others)
    }

    /// Looks the ids up as requests, if they are few; returns the events that remain unknown, and whether they were few.
    async fn look_up_requests(
        &self,
        company: CompanyId,
        new: Vec<WebhookGroup>,
        noted: ErasureCount,
    ) -> Result<(Vec<WebhookGroup>, bool), SyncError> {
        let id_of = |events: &WebhookGroup| match meaning(events) {
            Meaning::Anything(id) => Some(id),
            Meaning::Person(_) | Meaning::Nothing => None,
        };
        let ids: BTreeSet<i64> = new.iter().filter_map(id_of).collect();
        let requesters = self.reference.requesters(company, &ids, noted).await?;
        let is_affordable = requesters.is_some();
        let requesters = requesters.unwrap_or_default();
        let mut explained = Vec::new();
        let mut unknown = Vec::new();
        for events in new {
            match id_of(&events).and_then(|id| requesters.get(&id).copied().flatten()) {
                Some(person) => explained.push((events, vec![person.0])),
                None => unknown.push(events),
            }
        }
        self.ask_for(company, &explained, true, noted).await?;
        Ok((unknown, is_affordable))
    }

    async fn ask_for_newest_requesters(
        &self,
        company: CompanyId,
        unknown: &[WebhookGroup],
        reason: SyncReason,
        noted: ErasureCount,
    ) -> Result<(), SyncError> {
        let requesters = self.reference.newest_requesters(company, noted).await?;
        let ids: Vec<i64> = requesters.into_iter().map(|person| person.0).collect();
        let now = self.clock.now();
        let request = SyncRequest { reason, at: now, webhook_received_at: first_received_at(unknown) };
        let mut tx = db::begin(&self.db).await?;
        if people::insert_missing(&mut tx, company, &ids, noted).await? {
            queue::request_sync(&mut *tx, company, &ids, request).await?;
            webhooks::mark_widened(&mut *tx, &ids_of(unknown), now).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn ask_for_everybody(&self, company: CompanyId, widened: &[WebhookGroup]) -> Result<(), SyncError> {
        // Somebody whom no webhook announced may be meant, so first of all who there is.
        self.list_people(company, SyncReason::Import).await?;
        let now = self.clock.now();
        let newest = widened.iter().map(WebhookGroup::newest).max().unwrap_or_default();
        // Behind what other webhooks ask for, since it is much.
        let webhook_received_at = first_received_at(widened);
        let request = SyncRequest { reason: SyncReason::Import, at: now, webhook_received_at };
        let events = ids_of(widened);
        queue::request_sync_of_all(&self.db, company, request, newest).await?;
        self.mark_processed(&events).await?;
        tracing::info!(
            events = events.len(),
            "Looking at everybody: webhooks whose object is not known to us"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(are_about_people: bool, id: Option<&str>) -> WebhookGroup {
        WebhookGroup {
            ids: vec![1],
            first_received_at: Timestamp::UNIX_EPOCH,
            last_received_at: Timestamp::UNIX_EPOCH,
            are_about_people,
            related_object_id: id.map(str::to_owned),
            widened_at: None,
        }
    }

    #[test]
    fn only_person_events_say_what_their_id_means() {
        assert_eq!(meaning(&events(true, Some("264"))), Meaning::Person(264));
        assert_eq!(meaning(&events(false, Some(" 264 "))), Meaning::Anything(264));
        for id in [None, Some(""), Some("abc"), Some("99999999999999999999"), Some("1.5")] {
            assert_eq!(meaning(&events(true, id)), Meaning::Nothing, "{id:?}");
        }
    }
}

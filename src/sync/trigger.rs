//! Whom a webhook means. It carries an id whose meaning is not documented: a person, a calendar event or a request.
//!
//! Every meaning is tried, and every candidate is looked at: one person too many is harmless. Where the id means nothing
//! to us, the newest requesters are looked at first, then everybody who was not since. Nothing is refused because its
//! name is new. A burst about many unknown ids is not looked up id by id: the looks under way usually explain them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::{Engine, SyncError};
use crate::db::events::{self, WaitingEvent};
use crate::db::people::{self, Reason, SyncRequest};
use crate::ids::CompanyId;

/// Events taken at a time.
const BATCH: i64 = 1000;
/// So long an event waits at the most for the looks at the newest requesters to explain it.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(30);
/// More unknown ids than this wait for looks under way, which usually explain them.
const MANY: usize = 10;

/// What an event's id can mean.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Meaning {
    /// `person_*`: that person, known or not.
    Person(i64),
    /// Anything.
    Anything(i64),
    /// No id.
    Nothing,
}

fn meaning(event: &WaitingEvent) -> Meaning {
    let id = event.related_object_id.as_deref().and_then(|id| id.trim().parse().ok());
    match id {
        Some(id) if event.event_type.starts_with("person_") => Meaning::Person(id),
        Some(id) => Meaning::Anything(id),
        None => Meaning::Nothing,
    }
}

/// An event and whom it may mean.
type Explained = (WaitingEvent, BTreeSet<i64>);

/// Who must be looked at, and since when somebody waits for it.
#[derive(Default)]
struct Candidates(BTreeMap<i64, Timestamp>);

impl Candidates {
    fn add(&mut self, person: i64, received_at: Timestamp) {
        let at = self.0.entry(person).or_insert(received_at);
        *at = (*at).min(received_at);
    }
}

impl Engine {
    /// Turns waiting events into people to look at. Returns whether there was anything to do.
    pub async fn take_events(&self, company: CompanyId) -> Result<bool, SyncError> {
        let waiting = events::waiting(&self.db, BATCH).await?;
        if waiting.is_empty() {
            return Ok(false);
        }
        let (explained, unknown) = self.explain(company, waiting).await?;
        let has_explained = !explained.is_empty();
        if has_explained {
            // Who is known is looked at while Officient is asked who else may be meant.
            self.ask_for(company, &explained, false).await?;
            self.wake.worker(&self.db).await;
            let with_requesters = self.requesters_of(company, explained).await?;
            self.ask_for(company, &with_requesters, true).await?;
        }
        let has_widened = self.widen(company, unknown).await?;
        Ok(has_explained || has_widened)
    }

    /// Tells the events whose people are known to us from the others. Asks nobody but the database.
    async fn explain(
        &self,
        company: CompanyId,
        waiting: Vec<WaitingEvent>,
    ) -> Result<(Vec<Explained>, Vec<WaitingEvent>), SyncError> {
        let id_of = |event: &WaitingEvent| match meaning(event) {
            Meaning::Person(id) | Meaning::Anything(id) => Some(id),
            Meaning::Nothing => None,
        };
        let ids: BTreeSet<i64> = waiting.iter().filter_map(id_of).collect();
        let ids: Vec<i64> = ids.into_iter().collect();
        let owners = people::owners_of_events(&self.db, company, &ids).await?;
        let known: HashSet<i64> = people::known(&self.db, company, &ids).await?.into_iter().collect();
        let mut explained = Vec::new();
        let mut unknown = Vec::new();
        for event in waiting {
            let mut candidates = BTreeSet::new();
            match meaning(&event) {
                Meaning::Person(id) => {
                    candidates.insert(id);
                }
                Meaning::Anything(id) => {
                    candidates
                        .extend(owners.iter().filter(|(event, _)| event.0 == id).map(|(_, person)| person.0));
                    candidates.extend(known.get(&id));
                }
                Meaning::Nothing => {}
            }
            if candidates.is_empty() {
                unknown.push(event);
            } else {
                explained.push((event, candidates));
            }
        }
        Ok((explained, unknown))
    }

    /// The same number can be a request's too: whoever asked for that one is a candidate as well.
    async fn requesters_of(
        &self,
        company: CompanyId,
        explained: Vec<Explained>,
    ) -> Result<Vec<Explained>, SyncError> {
        let anything = explained.iter().filter_map(|(event, _)| match meaning(event) {
            Meaning::Anything(id) => Some(id),
            Meaning::Person(_) | Meaning::Nothing => None,
        });
        let ids: BTreeSet<i64> = anything.collect();
        let Some(requesters) = self.reference.requesters(company, &ids).await? else {
            return self.new_requesters_of(company, explained).await;
        };
        let requester_of = |event: &WaitingEvent| match meaning(event) {
            Meaning::Anything(id) => requesters.get(&id).copied().flatten(),
            Meaning::Person(_) | Meaning::Nothing => None,
        };
        let with_requester = |(event, _): Explained| {
            let requester = requester_of(&event).map(|person| person.0);
            (event, requester.into_iter().collect())
        };
        Ok(explained.into_iter().map(with_requester).collect())
    }

    /// In a burst the ids are not looked up one by one: one page tells who asked for something since.
    async fn new_requesters_of(
        &self,
        company: CompanyId,
        explained: Vec<Explained>,
    ) -> Result<Vec<Explained>, SyncError> {
        let newest = explained.iter().map(|(event, _)| event.received_at).max();
        let since = newest.unwrap_or(Timestamp::MAX);
        let requesters = self.reference.unseen_requesters(company, since).await?;
        let requesters: BTreeSet<i64> = requesters.into_iter().map(|person| person.0).collect();
        Ok(explained.into_iter().map(|(event, _)| (event, requesters.clone())).collect())
    }

    /// Asks for the candidates; with `is_final` marks the events as processed, in the same transaction.
    async fn ask_for(
        &self,
        company: CompanyId,
        explained: &[Explained],
        is_final: bool,
    ) -> Result<(), SyncError> {
        let mut candidates = Candidates::default();
        let mut renamed = Vec::new();
        let ids: BTreeSet<i64> = explained.iter().flat_map(|(_, people)| people).copied().collect();
        let ids: Vec<i64> = ids.into_iter().collect();
        let seen: HashMap<i64, i64> =
            people::seen_event_ids(&self.db, company, &ids).await?.into_iter().collect();
        for (event, people) in explained {
            let is_person = matches!(meaning(event), Meaning::Person(_));
            for person in people {
                // A look that began after the event arrived has seen what it is about; only names it may not have read.
                if is_person || seen.get(person).is_none_or(|seen| *seen < event.id) {
                    candidates.add(*person, event.received_at);
                }
            }
            if is_person {
                renamed.extend(people);
            }
        }
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        if !candidates.0.is_empty() {
            let ids: Vec<i64> = candidates.0.keys().copied().collect();
            people::insert_missing(&mut *tx, company, &ids).await?;
            people::forget_names_read(&mut *tx, company, &renamed).await?;
        }
        for (received_at, ids) in by_time(&candidates) {
            let request =
                SyncRequest { reason: Reason::Webhook, at: now, webhook_received_at: Some(received_at) };
            people::request_sync(&mut *tx, company, &ids, request).await?;
        }
        if is_final {
            let event_ids: Vec<i64> = explained.iter().map(|(event, _)| event.id).collect();
            events::mark_processed(&mut *tx, &event_ids, now).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Events that mean nothing to us: first as requests, then the newest requesters, then everybody.
    async fn widen(&self, company: CompanyId, unknown: Vec<WaitingEvent>) -> Result<bool, SyncError> {
        if unknown.is_empty() {
            return Ok(false);
        }
        let (widened, new): (Vec<WaitingEvent>, Vec<WaitingEvent>) =
            unknown.into_iter().partition(|event| event.widened_at.is_some());
        let is_looking = people::is_anybody_waiting(&self.db, company, Reason::Webhook).await?;
        if !widened.is_empty() {
            // Those asked for on their behalf are being looked at: that may explain them. But not for ever.
            let now = self.clock.now();
            let is_recent = |event: &WaitingEvent| {
                event.widened_at.is_some_and(|at| now.duration_since(at) < LONGEST_WAIT)
            };
            if is_looking && widened.iter().all(is_recent) {
                return Ok(false);
            }
            self.ask_for_everybody(company, &widened).await?;
            return Ok(true);
        }
        let is_busy = is_looking || people::is_anybody_waiting(&self.db, company, Reason::Import).await?;
        if new.len() > MANY && is_busy {
            return Ok(false);
        }
        let still_unknown = self.look_up_requests(company, new).await?;
        if !still_unknown.is_empty() {
            self.ask_for_newest_requesters(company, &still_unknown).await?;
        }
        Ok(true)
    }

    /// Looks the ids up as requests, if they are few; returns the events that remain unknown.
    async fn look_up_requests(
        &self,
        company: CompanyId,
        new: Vec<WaitingEvent>,
    ) -> Result<Vec<WaitingEvent>, SyncError> {
        let id_of = |event: &WaitingEvent| match meaning(event) {
            Meaning::Anything(id) => Some(id),
            Meaning::Person(_) | Meaning::Nothing => None,
        };
        let ids: BTreeSet<i64> = new.iter().filter_map(id_of).collect();
        let requesters = self.reference.requesters(company, &ids).await?.unwrap_or_default();
        let mut explained = Vec::new();
        let mut unknown = Vec::new();
        for event in new {
            match id_of(&event).and_then(|id| requesters.get(&id).copied().flatten()) {
                Some(person) => explained.push((event, BTreeSet::from([person.0]))),
                None => unknown.push(event),
            }
        }
        self.ask_for(company, &explained, true).await?;
        Ok(unknown)
    }

    async fn ask_for_newest_requesters(
        &self,
        company: CompanyId,
        unknown: &[WaitingEvent],
    ) -> Result<(), SyncError> {
        let requesters = self.reference.newest_requesters(company).await?;
        let ids: Vec<i64> = requesters.into_iter().map(|person| person.0).collect();
        let now = self.clock.now();
        let webhook_received_at = unknown.iter().map(|event| event.received_at).min();
        let request = SyncRequest { reason: Reason::Webhook, at: now, webhook_received_at };
        let events: Vec<i64> = unknown.iter().map(|event| event.id).collect();
        let mut tx = self.db.begin().await?;
        people::insert_missing(&mut *tx, company, &ids).await?;
        people::request_sync(&mut *tx, company, &ids, request).await?;
        events::mark_widened(&mut *tx, &events, now).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn ask_for_everybody(&self, company: CompanyId, widened: &[WaitingEvent]) -> Result<(), SyncError> {
        // Somebody whom no webhook announced may be meant, so first of all who there is.
        self.list_people(company, Reason::Import).await?;
        let now = self.clock.now();
        let webhook_received_at = widened.iter().map(|event| event.received_at).min();
        let newest = widened.iter().map(|event| event.id).max().unwrap_or_default();
        // Behind what other webhooks ask for, since it is much.
        let request = SyncRequest { reason: Reason::Import, at: now, webhook_received_at };
        let events: Vec<i64> = widened.iter().map(|event| event.id).collect();
        let mut tx = self.db.begin().await?;
        people::request_sync_of_all(&mut *tx, company, request, newest).await?;
        events::mark_processed(&mut *tx, &events, now).await?;
        tx.commit().await?;
        tracing::info!(
            events = events.len(),
            "Looking at everybody: webhooks whose object is not known to us"
        );
        Ok(())
    }
}

fn by_time(candidates: &Candidates) -> BTreeMap<Timestamp, Vec<i64>> {
    let mut by_time: BTreeMap<Timestamp, Vec<i64>> = BTreeMap::new();
    for (person, received_at) in &candidates.0 {
        by_time.entry(*received_at).or_default().push(*person);
    }
    by_time
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(event_type: &str, id: Option<&str>) -> WaitingEvent {
        WaitingEvent {
            id: 1,
            received_at: Timestamp::UNIX_EPOCH,
            event_type: event_type.into(),
            related_object_id: id.map(str::to_owned),
            widened_at: None,
        }
    }

    #[test]
    fn only_person_events_say_what_their_id_means() {
        assert_eq!(meaning(&event("person_added", Some("264"))), Meaning::Person(264));
        assert_eq!(meaning(&event("calendar_event_added", Some(" 264 "))), Meaning::Anything(264));
        assert_eq!(meaning(&event("something_new", Some("264"))), Meaning::Anything(264));
        for id in [None, Some(""), Some("abc"), Some("99999999999999999999"), Some("1.5")] {
            assert_eq!(meaning(&event("person_added", id)), Meaning::Nothing, "{id:?}");
        }
    }
}

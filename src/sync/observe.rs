//! Looking at one person: read the truth from Officient, compare it with what we wrote, and plan the difference.
//!
//! Reads only (but for the person's own names, kept as just read); [`apply`](super::apply) writes. The same look serves
//! a webhook, the first import, a sweep, a retry and the dry run.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::reference_data::{Freshness, ReferenceError, Snapshot};
use super::{Engine, SyncError};
use crate::db::people::Person;
use crate::db::{absences, people, queue, webhooks};
use crate::domain::absence::Absence;
use crate::domain::attention::{AttentionItem, AttentionKind, Cause};
use crate::domain::calendar::CalendarEvent;
use crate::domain::company::Names;
use crate::domain::desired::{Classification, Rules, Window, classify};
use crate::domain::ids::{CompanyId, EventId, UserId};
use crate::domain::mapping::MappingRules;
use crate::domain::matching::{PersonMatch, match_person};
use crate::domain::plan::{Change, Evidence, Plan, WrittenAbsence, plan};
use crate::domain::sync_request::{SyncReason, SyncRequest};
use crate::officient::limiter::Priority;
use crate::officient::{OfficientError, Turn};

/// What looking at a person came to.
pub struct Look {
    /// The person's name, for items.
    pub name: String,
    /// Whom it is in Optedo; `None` for somebody who is archived.
    pub person_match: Option<PersonMatch>,
    /// What is to be done.
    pub plan: Plan,
    /// What each event of the calendar comes to.
    pub standings: BTreeMap<EventId, Classification>,
    /// The ids of the calendar's events; `None` when it was not read in full.
    pub event_ids: Option<Vec<i64>>,
    /// Whether the calendar holds events that were not there at the last look, or lost some that we wrote.
    pub has_news: bool,
    /// The first part of the calendar that could not be read.
    pub incomplete: Option<OfficientError>,
    /// A user's absences in Optedo, where they were read beside the calendar.
    pub existing: Option<(UserId, Vec<Absence>)>,
}

/// A look about to be taken, and what it answers: everything that was asked for before.
pub struct Claim {
    /// The person, with the open request as it is now.
    pub person: Person,
    /// That request.
    pub request: SyncRequest,
    /// The years to read; `None`: the whole window.
    pub years: Option<Vec<i16>>,
    /// The right to make the first call.
    pub turn: Turn,
    /// When.
    pub at: Timestamp,
}

/// A person's calendar as far as it could be read.
struct Calendar {
    events: Vec<CalendarEvent>,
    years: Vec<i16>,
    incomplete: Option<OfficientError>,
    is_whole_window: bool,
}

/// Priority at the rate limiter: a webhook or an admin's click goes before an import, and an import before a sweep.
pub(super) fn priority_of(reason: SyncReason) -> Priority {
    match reason {
        SyncReason::Webhook | SyncReason::Manual => Priority::Urgent,
        SyncReason::Import => Priority::Import,
        SyncReason::Sweep => Priority::Sweep,
    }
}

impl Engine {
    /// The window of today.
    pub fn window(&self) -> Window {
        let today = self.clock.today();
        Window { from: self.config.sync.from.on(today), until: self.config.sync.until.on(today) }
    }

    /// Waits until it is a person's turn, and takes on everything that was asked for about them until then.
    ///
    /// Webhook events that arrived before need no other look: should this one fail, the request stays open.
    pub async fn claim(
        &self,
        company: CompanyId,
        person: &Person,
        request: SyncRequest,
        years: Option<&[i16]>,
    ) -> Result<Claim, SyncError> {
        let turn = self.officient.turn(priority_of(request.reason)).await;
        let newest_event = webhooks::newest_id(&self.db).await?;
        let known = people::find(&self.db, company, person.id);
        let mut person = known.await?.ok_or(SyncError::Forgotten)?;
        let reason = person.request.map_or(request.reason, |request| request.reason);
        // A sweep may read part of the window; whoever else asked meanwhile wants the whole.
        let years = years.filter(|_| reason == SyncReason::Sweep).map(<[i16]>::to_vec);
        if years.is_none() {
            queue::note_seen(&self.db, company, person.id, newest_event).await?;
            tracing::Span::current().record("event.newest", newest_event);
            // Who asked before this was noted is answered too; who asks after sees that it need not.
            person = people::find(&self.db, company, person.id).await?.unwrap_or(person);
        }
        let request = person.request.unwrap_or(request);
        Ok(Claim { person, request, years, turn, at: self.clock.now() })
    }

    /// Looks at a person. `years`: those to read; `None` is the whole window. What was not found is looked for again in
    /// what is read after `requested_at`.
    pub async fn look(
        &self,
        company: CompanyId,
        person: Person,
        priority: Priority,
        turn: Turn,
        requested_at: Timestamp,
        years: Option<&[i16]>,
    ) -> Result<Look, SyncError> {
        let window = self.window();
        let (person, turn) = self.with_names(company, person, priority, turn, None).await?;
        let Some(names) = person.names.clone().filter(|_| !person.archived) else {
            return self.look_at_archived(company, &person, window).await;
        };
        let calendar = self.read_calendar(&person, window, years, priority, turn);
        let is_urgent = priority == Priority::Urgent;
        let (calendar, existing) = if is_urgent && self.foresight.pays(self.clock.now()) {
            // Somebody waits: what may be needed to write is read meanwhile.
            let fresh = Freshness::to_write(&self.clock, priority, requested_at).optedo;
            let existing = self.existing_absences(person.user);
            let (calendar, (), existing) = tokio::join!(calendar, self.reference.prefetch(fresh), existing);
            (calendar?, existing)
        } else {
            (calendar.await?, None)
        };
        let event_ids: Vec<i64> = calendar.events.iter().map(|event| event.id.0).collect();
        let written = absences::of_person(&self.db, company, person.id, window, &event_ids).await?;
        let type_years = years_of(&calendar.events, window);

        // First with what is known; again with fresher knowledge when something is to be written or was not found.
        let snapshot = self
            .reference
            .snapshot(company, &type_years, priority, Freshness::to_compare(&self.clock))
            .await?;
        let mut look = self.compare(company, &person, &names, &calendar, &written, window, &snapshot).await?;
        let fresh = self.freshness_needed(&look, priority, requested_at);
        if is_urgent {
            self.foresight.note(fresh.is_some(), self.clock.now());
        }
        if let Some(fresh) = fresh {
            let since =
                Some(requested_at).filter(|_| !matches!(look.person_match, Some(PersonMatch::Matched(_))));
            let (person, _turn) =
                self.with_names(company, person.clone(), priority, priority.into(), since).await?;
            let Some(names) = person.names.clone().filter(|_| !person.archived) else {
                return self.look_at_archived(company, &person, window).await;
            };
            let snapshot = self.reference.snapshot(company, &type_years, priority, fresh).await?;
            look = self.compare(company, &person, &names, &calendar, &written, window, &snapshot).await?;
        }
        look.has_news = person.synced_at.is_some() && has_news(&person, &calendar, &look, &written);
        look.event_ids = (calendar.is_whole_window && calendar.incomplete.is_none()).then_some(event_ids);
        look.incomplete = calendar.incomplete;
        look.existing = existing;
        Ok(look)
    }

    /// What Optedo has of the user whom the person was at the last look. Should that fail, it is read when needed.
    async fn existing_absences(&self, user: Option<UserId>) -> Option<(UserId, Vec<Absence>)> {
        let user = user?;
        Some((user, self.absences_of(&[user]).await.ok()?))
    }

    /// What was not found is looked for again in what is read after the request; what is written, in what is recent.
    fn freshness_needed(
        &self,
        look: &Look,
        priority: Priority,
        requested_at: Timestamp,
    ) -> Option<Freshness> {
        let is_missing = |kind: AttentionKind| {
            matches!(
                kind,
                AttentionKind::UnmatchedPerson
                    | AttentionKind::AmbiguousPerson
                    | AttentionKind::UnmappedLeaveType
                    | AttentionKind::AmbiguousLeaveType
            )
        };
        if look.plan.held_back.iter().any(|(_, item)| is_missing(item.kind())) {
            Some(Freshness::since(requested_at))
        } else if look.plan.changes.is_empty() {
            None
        } else {
            Some(Freshness::to_write(&self.clock, priority, requested_at))
        }
    }

    /// Pure but for the question who else has this name.
    #[expect(
        clippy::too_many_arguments,
        reason = "everything that a comparison depends on, and nothing else"
    )]
    async fn compare(
        &self,
        company: CompanyId,
        person: &Person,
        names: &Names,
        calendar: &Calendar,
        written: &[WrittenAbsence],
        window: Window,
        snapshot: &Snapshot,
    ) -> Result<Look, SyncError> {
        let namesakes = people::namesakes(&self.db, company, person.id, names).await?;
        let person_match = match_person(person.id, names, namesakes.len(), &snapshot.users);
        let rules = Rules {
            window,
            include_pending: self.config.sync.include_pending,
            default_start: self.config.sync.default_start,
            mapping: MappingRules {
                integration_app: &self.config.officient.integration_app,
                built_in: &self.config.leave_types,
                absence_types: &snapshot.absence_types,
            },
        };
        let name = names.full();
        let standings = calendar.events.iter().map(|event| {
            let year = event.date.map(Date::year);
            let leave_types =
                year.and_then(|year| snapshot.leave_types.get(&year)).map_or(&[][..], |types| types);
            (event.id, classify(event, &name, &person_match, leave_types, &rules))
        });
        let standings: BTreeMap<EventId, Classification> = standings.collect();
        let evidence = Evidence { years: &calendar.years, is_complete: calendar.incomplete.is_none() };
        let plan = plan(&standings, written, window, evidence);
        let person_match = Some(person_match);
        Ok(Look {
            name,
            person_match,
            plan,
            standings,
            event_ids: None,
            has_news: false,
            incomplete: None,
            existing: None,
        })
    }

    /// The person with names read at `since` or later; with any, when that is `None` and they are not known to have
    /// changed. Others who have, or had, the same name are looked at again when it changed. Gives `turn` back when it
    /// was not used, another to wait for when it was.
    pub(super) async fn with_names(
        &self,
        company: CompanyId,
        mut person: Person,
        priority: Priority,
        turn: Turn,
        since: Option<Timestamp>,
    ) -> Result<(Person, Turn), SyncError> {
        let is_fresh = person.names_read_at.is_some_and(|at| since.is_none_or(|since| at >= since));
        if is_fresh {
            return Ok((person, turn));
        }
        let now = self.clock.now();
        match self.officient.person(turn, person.id).await {
            Ok(read) => {
                let names = Names { first: read.first_name, last: read.last_name };
                people::save_names(&self.db, company, person.id, (&names, read.archived), now).await?;
                let is_changed = person.names.as_ref() != Some(&names) || person.archived != read.archived;
                if is_changed {
                    let before = person.names.as_ref().filter(|_| person.synced_at.is_some());
                    self.request_sync_of_namesakes(company, &person, [before, Some(&names)]).await?;
                }
                person.names = Some(names);
                person.archived = read.archived;
            }
            Err(error) if error.is_gone() => {
                people::archive(&self.db, company, person.id).await?;
                person.archived = true;
            }
            Err(error) => return Err(error.into()),
        }
        person.names_read_at = Some(now);
        Ok((person, priority.into()))
    }

    async fn request_sync_of_namesakes(
        &self,
        company: CompanyId,
        person: &Person,
        names: [Option<&Names>; 2],
    ) -> Result<(), SyncError> {
        for names in names.into_iter().flatten() {
            let others = people::namesakes(&self.db, company, person.id, names).await?;
            let request =
                SyncRequest { reason: SyncReason::Import, at: self.clock.now(), webhook_received_at: None };
            queue::request_sync(&self.db, company, &others, request).await?;
        }
        Ok(())
    }

    /// What stands for somebody who is archived stays; an item says so while there is any.
    async fn look_at_archived(
        &self,
        company: CompanyId,
        person: &Person,
        window: Window,
    ) -> Result<Look, SyncError> {
        let name = person.names.as_ref().map_or_else(|| format!("#{}", person.id), Names::full);
        let written = absences::of_person(&self.db, company, person.id, window, &[]).await?;
        let item = AttentionItem::of_person(person.id, &name, Cause::Archived, None);
        let held_back = written.iter().map(|row| (row.event, item.clone())).collect();
        Ok(Look {
            name,
            person_match: None,
            plan: Plan { held_back, ..Plan::default() },
            standings: BTreeMap::new(),
            event_ids: None,
            has_news: false,
            incomplete: None,
            existing: None,
        })
    }

    /// Reads the years side by side. A year that cannot be read makes the evidence incomplete; none at all is an error.
    async fn read_calendar(
        &self,
        person: &Person,
        window: Window,
        years: Option<&[i16]>,
        priority: Priority,
        first: Turn,
    ) -> Result<Calendar, SyncError> {
        let wanted: Vec<i16> = years.map_or_else(|| window.years().collect(), <[i16]>::to_vec);
        let mut first = Some(first);
        let mut reads = Vec::new();
        for year in &wanted {
            let turn = first.take().unwrap_or(priority.into());
            reads.push(self.officient.calendar(turn, person.id, *year));
        }
        let mut calendar = Calendar {
            events: Vec::new(),
            years: Vec::new(),
            incomplete: None,
            is_whole_window: window.years().all(|year| wanted.contains(&year)),
        };
        let reads = futures_util::future::join_all(reads).await;
        for (year, read) in wanted.iter().zip(reads) {
            match read {
                Ok(events) => {
                    calendar.years.push(*year);
                    calendar.events.extend(events);
                }
                Err(error) => {
                    calendar.incomplete.get_or_insert(error);
                }
            }
        }
        match calendar.incomplete {
            Some(error) if calendar.years.is_empty() => Err(error.into()),
            _ => Ok(calendar),
        }
    }

    /// The years that a sweep reads: where one interval does not suffice for everybody's, the far ones less often.
    pub fn near_years(&self) -> Vec<i16> {
        let today = self.clock.today();
        let soon = today.saturating_add(90.days());
        let mut years = vec![today.year(), soon.year()];
        years.dedup();
        years.retain(|year| self.window().years().any(|of_window| of_window == *year));
        years
    }
}

impl From<ReferenceError> for SyncError {
    fn from(error: ReferenceError) -> Self {
        match error {
            ReferenceError::Officient(error) => Self::Officient(error),
            ReferenceError::Optedo(error) => Self::Optedo(error),
        }
    }
}

/// The years in which a type may have to be mapped.
fn years_of(events: &[CalendarEvent], window: Window) -> Vec<i16> {
    let dates = events.iter().filter_map(|event| event.date).filter(|date| window.contains(*date));
    let mut years: Vec<i16> = dates.map(Date::year).collect();
    years.sort_unstable();
    years.dedup();
    years
}

/// Whether the calendar says something that it did not say at the last look: an event that is new or gone (a deletion is
/// news once, however long it is held), or one whose times changed. What other users or types bring about is no news.
fn has_news(person: &Person, calendar: &Calendar, look: &Look, written: &[WrittenAbsence]) -> bool {
    let is_new = |event: &CalendarEvent| !person.event_ids.contains(&event.id.0);
    let is_lost = |event: &EventId| {
        person.event_ids.contains(&event.0) && calendar.events.iter().all(|seen| seen.id != *event)
    };
    let has_moved = |change: &Change| match change {
        Change::Update { desired, .. } => written
            .iter()
            .any(|row| row.event == desired.event && row.intent.is_none() && row.times != desired.times),
        Change::Create { .. } | Change::Delete { .. } => false,
    };
    calendar.events.iter().any(is_new)
        || look.plan.deletions().iter().any(is_lost)
        || look.plan.changes.iter().any(has_moved)
}

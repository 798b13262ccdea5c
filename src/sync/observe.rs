//! Observing one person: reads the truth from Officient, compares it with what was written, and plans the difference.
//!
//! Nothing is written to Optedo here. Of the person only the names are stored, when they were just read.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_util::sync::CancellationToken;

use super::engine::{Engine, Result};
use super::reference_data::{Fresh, Snapshot};
use crate::config::Settings;
use crate::db;
use crate::db::people::{self, Person};
use crate::db::{absences, attention, leave_types, person_choices, queue, settings};
use crate::domain::absence::Absence;
use crate::domain::attention::{AttentionItem, AttentionKind, Cause};
use crate::domain::calendar::{CalendarEvent, LeaveTypeRef, by_id};
use crate::domain::company::{Names, PersonDetail};
use crate::domain::desired::{Classification, DesiredAbsence, Rules, When, Window, classify, when};
use crate::domain::ids::{CompanyId, EventId, LeaveTypeId, PersonId, UserId};
use crate::domain::mapping::{MappingRules, TypeChoices};
use crate::domain::matching::{PersonChoice, PersonChoices, PersonMatch, insertion_hint, match_person};
use crate::domain::plan::{Change, Evidence, Plan, WrittenAbsence, plan, plan_archived, unreadable_entry};
use crate::domain::proposal::ProposedChange;
use crate::domain::sync_request::{SyncReason, SyncRequest};
use crate::officient::OfficientError;
use crate::officient::rate_limiter::{Permit, Priority};

/// What was found out about a person.
pub struct Observation {
    pub company: CompanyId,
    pub person: PersonId,
    /// The person's full name, for attention items.
    pub name: String,
    /// `None` for an archived person.
    pub person_match: Option<PersonMatch>,
    pub plan: Plan,
    pub classifications: BTreeMap<EventId, Classification>,
    /// Day and times of the events whose day is understood.
    pub events: BTreeMap<EventId, When>,
    /// The settings that the plan follows, and the days that they keep equal.
    pub settings: Settings,
    pub window: Window,
    /// Our rows before the plan is applied.
    pub written: Vec<WrittenAbsence>,
    /// The last day with leave that Optedo should contain, by leave type.
    pub used_types: BTreeMap<LeaveTypeId, Date>,
    /// The ids of all events in the window's calendars; `None` when one of the calendars was not read.
    pub event_ids: Option<Vec<i64>>,
    /// Whether the calendar changed since the last observation.
    pub has_news: bool,
    /// What was read. Nothing of an archived person.
    pub calendar: Calendar,
    /// The absences in Optedo of this user, if they were read in advance.
    pub existing: Option<(UserId, Vec<Absence>)>,
}

impl Observation {
    fn new(
        person: &Person,
        person_match: Option<PersonMatch>,
        plan: Plan,
        (settings, window): (Settings, Window),
    ) -> Self {
        Self {
            company: person.company,
            person: person.id,
            name: person.name(),
            settings,
            window,
            person_match,
            plan,
            classifications: BTreeMap::new(),
            events: BTreeMap::new(),
            written: Vec::new(),
            used_types: BTreeMap::new(),
            event_ids: None,
            has_news: false,
            calendar: Calendar::default(),
            existing: None,
        }
    }

    /// Whether each entry of each calendar of the window is known.
    pub fn is_calendar_understood(&self) -> bool {
        let entry = unreadable_entry(self.person);
        let is_entry_unreadable = self.plan.blocked.iter().any(|(event, _)| *event == entry);
        self.event_ids.is_some() && !is_entry_unreadable
    }

    /// Whether Optedo contains this blocked leave as Officient has it now. What an archived person has there stays as
    /// it is.
    pub fn is_in_optedo(&self, event: EventId) -> bool {
        let is_there = |row: &&WrittenAbsence| row.event == event && row.absence.is_some() && row.intent.is_none();
        let is_equal = |row: &WrittenAbsence| self.events.get(&event) == Some(&(row.date, Some(row.times)));
        self.written.iter().find(is_there).is_some_and(|row| self.person_match.is_none() || is_equal(row))
    }
}

/// A person's calendar, as far as it could be read.
#[derive(Default)]
pub struct Calendar {
    events: BTreeMap<EventId, CalendarEvent>,
    /// How many entries are not understood.
    unreadable: usize,
    years: Vec<i16>,
    /// Why a part could not be read.
    pub incomplete: Option<OfficientError>,
}

/// What to observe of a person, and why.
pub struct Scope<'a> {
    pub request: SyncRequest,
    /// The calendars to read; `None` is the whole window.
    pub years: Option<&'a [i16]>,
    /// What was read before: these years are not read again.
    pub known: Calendar,
    pub proposal: Option<Proposal<'a>>,
}

/// A choice that is not stored yet.
#[derive(Clone, Copy)]
pub enum Proposal<'a> {
    Change(&'a ProposedChange),
    /// For the person who is observed; `None`: the stored choice is undone.
    Person(Option<PersonChoice>),
}

impl Scope<'_> {
    /// The whole window, with the stored choices.
    pub fn whole(request: SyncRequest) -> Self {
        Self { request, years: None, known: Calendar::default(), proposal: None }
    }
}

/// What a comparison of one person is made from, besides the lists that all people share.
struct Facts<'a> {
    settings: Settings,
    window: Window,
    calendar: &'a Calendar,
    written: &'a [WrittenAbsence],
    /// What the admin chose for the leave types, and for people.
    type_choices: &'a TypeChoices,
    person_choices: &'a PersonChoices,
}

impl Engine {
    /// Observes a person. `permit` is the right to make the first call. What is not found in the cached lists is looked
    /// for again in lists read after the request was made.
    pub async fn observe(&self, person: Person, scope: Scope<'_>, permit: Permit) -> Result<Observation> {
        let company = person.company;
        let Scope { request, years, known, proposal } = scope;
        let mut chosen = settings::chosen(&self.db).await?;
        if let Some(Proposal::Change(ProposedChange::Settings(proposed))) = proposal {
            proposed.apply_to(&mut chosen);
        }
        let settings = self.config.settings_with(&chosen);
        let window = self.window_of(&settings);
        let priority = self.priority(&person, request.reason);
        let (mut person, permit) = self.with_names(person, priority, permit, None).await?;
        let years = years.map_or_else(|| window.years().collect(), <[i16]>::to_vec);
        let (calendar, existing) =
            self.read_calendar_and_absences(&person, (priority, window), known, &years, permit).await?;
        let event_ids: Vec<i64> = calendar.events.keys().map(|event| event.0).collect();
        let written = absences::of_person(&self.db, company, person.id, window, &event_ids).await?;
        let mut type_choices = leave_types::choices(&self.db, company).await?;
        let mut person_choices = person_choices::choices(&self.db, company).await?;
        match proposal {
            Some(Proposal::Change(ProposedChange::Type(proposed))) => proposed.apply_to(&mut type_choices),
            Some(Proposal::Person(Some(choice))) => drop(person_choices.insert(person.id, choice)),
            Some(Proposal::Person(None)) => drop(person_choices.remove(&person.id)),
            Some(Proposal::Change(ProposedChange::Settings(_))) | None => {}
        }
        let (type_choices, person_choices) = (&type_choices, &person_choices);
        let facts = Facts { settings, window, calendar: &calendar, written: &written, type_choices, person_choices };
        let type_years = years_of(&calendar.events, window);
        let to_write = Fresh::to_write(&self.clock);
        let mut fresh = if priority == Priority::Urgent { to_write } else { Fresh::to_compare(&self.clock) };
        let mut observation = loop {
            let Some(names) = person.names.clone().filter(|_| !person.archived) else {
                return self.observe_archived(&person, (settings, window)).await;
            };
            let snapshot = self.reference_data.snapshot(company, &type_years, fresh).await?;
            let observation = self.compare(&person, &names, &facts, &snapshot).await?;
            let needed = needed_freshness(&observation.plan, to_write, Fresh(request.at)).unwrap_or(fresh);
            if needed <= fresh {
                break observation;
            }
            fresh = needed;
            if !matches!(observation.person_match, Some(PersonMatch::Matched(_) | PersonMatch::Excluded(_))) {
                (person, _) = self.with_names(person, priority, priority.into(), Some(request.at)).await?;
            }
        };
        observation.has_news = person.synced_at.is_some() && has_news(&person, &calendar, &observation.plan, &written);
        observation.event_ids = window.years().all(|year| calendar.years.contains(&year)).then_some(event_ids);
        observation.calendar = calendar;
        observation.existing = existing;
        observation.written = written;
        Ok(observation)
    }

    /// Reads the calendar. When a person waits for it, what a write needs of Optedo is read at the same time.
    async fn read_calendar_and_absences(
        &self,
        person: &Person,
        (priority, window): (Priority, Window),
        known: Calendar,
        years: &[i16],
        permit: Permit,
    ) -> Result<(Calendar, Option<(UserId, Vec<Absence>)>)> {
        if person.archived {
            return Ok((Calendar::default(), None));
        }
        let user = person.user.filter(|_| priority == Priority::Urgent);
        let calendar = self.read_calendar(person.id, known, years, priority, permit);
        let (calendar, existing) = tokio::join!(calendar, self.prefetch_absences(user, window));
        Ok((calendar?, existing))
    }

    /// The absences of a user. If this fails, they are read when they are needed.
    async fn prefetch_absences(&self, user: Option<UserId>, window: Window) -> Option<(UserId, Vec<Absence>)> {
        let user = user?;
        Some((user, self.absences_in(window, user).await.ok()?))
    }

    /// Pure but for the question who else has this name.
    async fn compare(
        &self,
        person: &Person,
        names: &Names,
        facts: &Facts<'_>,
        snapshot: &Snapshot,
    ) -> Result<Observation> {
        let Facts { settings, window, calendar, written, type_choices, person_choices } = facts;
        let window = *window;
        let namesakes = people::namesakes(&self.db, person.company, person.id, names).await?;
        let mut person_match = match_person(person.id, names, namesakes.len(), &snapshot.users, person_choices);
        if let (PersonMatch::Unmatched(item), Some(insertion)) = (&mut person_match, &person.insertion) {
            item.hint = item.hint.take().or_else(|| insertion_hint(names, insertion, &snapshot.users));
        }
        let rules = Rules {
            window,
            include_pending: settings.include_pending,
            default_start: settings.default_start,
            mapping: MappingRules::new(&self.config, type_choices, &snapshot.absence_types),
        };
        let name = names.full();
        let classify_event = |event: &CalendarEvent| {
            let leave_types = event.date.ok().and_then(|date| snapshot.leave_types.get(&date.year()));
            let leave_types = leave_types.map_or(&[][..], |types| types);
            (event.id, classify(event, &name, &person_match, leave_types, &rules))
        };
        let classifications: BTreeMap<EventId, Classification> = calendar.events.values().map(classify_event).collect();
        let evidence = Evidence {
            person: person.id,
            years: &calendar.years,
            is_complete: calendar.incomplete.is_none(),
            unreadable: (calendar.unreadable > 0).then(|| AttentionItem::unreadable_entry(person.id, &name)),
        };
        let plan = plan(&classifications, written, window, &evidence);
        let when = |event: &CalendarEvent| Some((event.id, when(event, rules.default_start)?));
        let events = calendar.events.values().filter_map(when).collect();
        let used_types = used_types(&calendar.events, &classifications);
        let observation = Observation::new(person, Some(person_match), plan, (*settings, window));
        Ok(Observation { classifications, events, used_types, ..observation })
    }

    /// The person with names that were read at `since` or later (`None`: at any time, unless they are known to have
    /// changed). People who have, or had, the same name are reconciled again after a change. Returns `permit` if it was
    /// not used, otherwise a new one to wait for.
    pub(super) async fn with_names(
        &self,
        mut person: Person,
        priority: Priority,
        permit: Permit,
        since: Option<Timestamp>,
    ) -> Result<(Person, Permit)> {
        let is_fresh = person.names_read_at.is_some_and(|at| since.is_none_or(|since| at >= since));
        if is_fresh {
            return Ok((person, permit));
        }
        let (company, now) = (person.company, self.clock.now());
        match self.officient.person(permit, person.id).await {
            Ok(read) => {
                let PersonDetail { names, insertion, is_archived, is_deleted } = read;
                person.insertion = insertion;
                people::save_names(&self.db, company, person.id, (&names, is_archived), now).await?;
                if person.names.as_ref() != Some(&names) || person.archived != is_archived {
                    let before = person.names.as_ref().filter(|_| person.synced_at.is_some());
                    for names in [before, Some(&names)].into_iter().flatten() {
                        self.request_sync_of_namesakes(&person, names).await?;
                    }
                }
                person.names = Some(names);
                person.archived = is_archived;
                if is_deleted {
                    self.end_link(&person).await?;
                }
            }
            Err(error) if error.is_gone() => {
                people::archive(&self.db, company, person.id).await?;
                person.archived = true;
                self.end_link(&person).await?;
            }
            Err(error) => return Err(error.into()),
        }
        person.names_read_at = Some(now);
        Ok((person, priority.into()))
    }

    /// Officient no longer has this person: a link made by hand ends.
    async fn end_link(&self, person: &Person) -> Result<()> {
        let mut tx = db::begin(&self.db).await?;
        if let Some(user) = person_choices::remove_link(&mut *tx, person.company, person.id).await? {
            let cause = Cause::LinkedPersonGone { user: user.0 };
            let item = AttentionItem::of_person(person.id, &person.name(), cause, None);
            attention::open(&mut *tx, &item, 0, self.clock.now()).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn request_sync_of_namesakes(&self, person: &Person, names: &Names) -> Result<()> {
        let others = people::namesakes(&self.db, person.company, person.id, names).await?;
        let request = SyncRequest { reason: SyncReason::Import, at: self.clock.now(), webhook_received_at: None };
        Ok(queue::request_sync(&self.db, person.company, &others, request).await?)
    }

    /// The absences of an archived person stay, until the admin decides about those from today on.
    async fn observe_archived(&self, person: &Person, (settings, window): (Settings, Window)) -> Result<Observation> {
        let written = absences::of_person(&self.db, person.company, person.id, window, &[]).await?;
        let plan = plan_archived(&written, self.clock.today(), settings.leavers);
        Ok(Observation { written, ..Observation::new(person, None, plan, (settings, window)) })
    }

    /// The right to read another year. It is urgent only once a year of this person was answered: if calls about them
    /// hang, these must not use up the limit.
    async fn further_permit(
        &self,
        priority: Priority,
        is_answered: &CancellationToken,
    ) -> Result<Permit, OfficientError> {
        if priority != Priority::Urgent {
            return Ok(priority.into());
        }
        tokio::select! {
            permit = self.officient.permit(Priority::Further) => permit,
            () = is_answered.cancelled() => Ok(Priority::Urgent.into()),
        }
    }

    /// Adds these years to the calendar. They are read side by side, the first before the others where calls are
    /// scarce. A year that cannot be read makes the evidence incomplete; no year at all is an error.
    async fn read_calendar(
        &self,
        person: PersonId,
        mut calendar: Calendar,
        years: &[i16],
        priority: Priority,
        permit: Permit,
    ) -> Result<Calendar> {
        let mut permit = Some(permit);
        let is_answered = &CancellationToken::new();
        let missing: Vec<i16> = years.iter().copied().filter(|year| !calendar.years.contains(year)).collect();
        let reads = missing.iter().map(|year| {
            let permit = permit.take();
            async move {
                let permit = match permit {
                    Some(permit) => permit,
                    None => self.further_permit(priority, is_answered).await?,
                };
                let read = self.officient.calendar(permit, person, *year).await?;
                is_answered.cancel();
                Ok(read)
            }
        });
        let reads: Vec<_> = reads.collect();
        let mut events: Vec<CalendarEvent> = calendar.events.into_values().collect();
        for (year, read) in missing.iter().zip(join_all(reads).await) {
            match read {
                Ok(read) => {
                    calendar.years.push(*year);
                    calendar.unreadable += read.unreadable;
                    events.extend(read.events);
                }
                Err(error) => drop(calendar.incomplete.get_or_insert(error)),
            }
        }
        calendar.events = by_id(events);
        match calendar.incomplete {
            Some(error) if calendar.years.is_empty() => Err(error.into()),
            _ => Ok(calendar),
        }
    }
}

/// How fresh the cached lists must be for this plan: what was not found is looked for in lists read after the request;
/// what is written, in recent ones.
fn needed_freshness(plan: &Plan, to_write: Fresh, to_find: Fresh) -> Option<Fresh> {
    let is_missing = |item: &AttentionItem| {
        matches!(
            item.kind(),
            AttentionKind::UnmatchedPerson
                | AttentionKind::AmbiguousPerson
                | AttentionKind::LinkBroken
                | AttentionKind::UnmappedLeaveType
                | AttentionKind::AmbiguousLeaveType
        )
    };
    if plan.blocked.iter().any(|(_, item)| is_missing(item)) {
        Some(to_find)
    } else {
        (!plan.changes.is_empty()).then_some(to_write)
    }
}

/// The last day with leave that Optedo should contain, by leave type.
fn used_types(
    events: &BTreeMap<EventId, CalendarEvent>,
    classifications: &BTreeMap<EventId, Classification>,
) -> BTreeMap<LeaveTypeId, Date> {
    let mut used: BTreeMap<LeaveTypeId, Date> = BTreeMap::new();
    for (event, classification) in classifications {
        // Worked time without a description is no leave to copy.
        let Classification::Absent(desired @ DesiredAbsence { is_worked: false, .. }) = classification else {
            continue;
        };
        if let Some(LeaveTypeRef::Custom(Some(id))) = events.get(event).map(|event| event.leave_type) {
            let last = used.entry(id).or_insert(desired.date);
            *last = desired.date.max(*last);
        }
    }
    used
}

/// The years whose leave types decide about these events.
fn years_of(events: &BTreeMap<EventId, CalendarEvent>, window: Window) -> Vec<i16> {
    let dates = events.values().filter_map(|event| event.date.ok()).filter(|date| window.contains(*date));
    let mut years: Vec<i16> = dates.map(Date::year).collect();
    years.sort_unstable();
    years.dedup();
    years
}

/// Whether the calendar changed since the last observation: an event is new, gone, or has other times. A deletion is
/// news once, however long it waits for confirmation. Changes of users or types are not news.
fn has_news(person: &Person, calendar: &Calendar, plan: &Plan, written: &[WrittenAbsence]) -> bool {
    let is_new = |event: &EventId| !person.event_ids.contains(&event.0);
    let is_gone = |event: &EventId| person.event_ids.contains(&event.0) && !calendar.events.contains_key(event);
    let has_moved = |change: &Change| match change {
        Change::Update { desired, .. } => {
            written.iter().any(|row| row.event == desired.event && row.intent.is_none() && row.times != desired.times)
        }
        Change::Create { .. } | Change::Delete { .. } => false,
    };
    calendar.events.keys().any(is_new) || plan.deletions().iter().any(is_gone) || plan.changes.iter().any(has_moved)
}

//! Explaining one person: what happens to their leave, day by day, read from Officient now.
//!
//! Nothing is written to Optedo, and no outcome is stored.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use jiff::Timestamp;
use jiff::civil::Date;

use super::engine::{Engine, Result};
use super::observe::{Observation, Scope};
use super::reference_data::Fresh;
use crate::db::people::Person;
use crate::db::{absences, attention, webhooks};
use crate::domain::absence::Absence;
use crate::domain::day::{Day, Known, days};
use crate::domain::desired::Window;
use crate::domain::ids::{CompanyId, EventId, PersonId, UserId};
use crate::domain::matching::PersonMatch;
use crate::domain::plan::unreadable_entry;
use crate::officient::rate_limiter::Priority;

/// What decides about a person's leave, and what happens to each day of it.
pub struct Explanation {
    pub person: PersonId,
    /// The person's full name.
    pub name: String,
    /// `None` for an archived person.
    pub person_match: Option<PersonMatch>,
    pub window: Window,
    /// How many absences of the matched user Optedo lists in the window.
    pub listed: Option<usize>,
    /// When the last webhook about the person arrived.
    pub announced_at: Option<Timestamp>,
    /// When the person was last reconciled.
    pub synced_at: Option<Timestamp>,
    /// Entries of the calendar whose day is not understood.
    pub undated: usize,
    pub days: Vec<Day>,
}

impl Engine {
    /// Explains the days of this period. Officient is asked for the years of the window that the period touches.
    pub async fn explain(
        &self,
        company: CompanyId,
        person: &Person,
        period: RangeInclusive<Date>,
    ) -> Result<Explanation> {
        let request = self.manual_request();
        // Somebody waits for it, and may just have corrected the name or the type. Only the list of people shows that
        // an archived person is back.
        let names_read_at = person.names_read_at.filter(|_| person.archived);
        let asked = Person { attempts: 0, names_read_at, ..person.clone() };
        let window = self.window().await?;
        let touched = period.start().year()..=period.end().year();
        let years: Vec<i16> = window.years().filter(|year| touched.contains(year)).collect();
        self.reference_data.snapshot(company, &years, Fresh(request.at)).await?;
        let permit = self.officient.permit(Priority::Urgent).await?;
        let mut observation =
            self.observe(asked, Scope { years: Some(&years), ..Scope::whole(request) }, permit).await?;
        if let Some(error) = observation.calendar.incomplete.take() {
            return Err(error.into());
        }
        let deletions: Vec<i64> = observation.plan.deletions().iter().map(|event| event.0).collect();
        let held = absences::pending_confirmation(&self.db, company, &deletions).await?;
        let known = Known {
            listed: self.list_absences(&mut observation).await?,
            written: std::mem::take(&mut observation.written),
            held: held.into_iter().map(EventId).collect(),
            stopped: attention::stopped_changes(&self.db, company, person.id).await?,
        };
        let Observation { name, person_match, plan, classifications, events, .. } = observation;
        let mut days = days(&events, &classifications, &plan, &known);
        days.retain(|day| period.contains(&day.date));
        let announced_at = self.read_announcements(person.id, &mut days).await?;
        let user = person_match.as_ref().and_then(PersonMatch::user);
        let is_undated = |event: &EventId| !events.contains_key(event) && classifications.contains_key(event);
        Ok(Explanation {
            person: person.id,
            name,
            window,
            listed: user.and_then(|user| known.listed.get(&user)).map(Vec::len),
            announced_at,
            synced_at: person.synced_at,
            undated: plan
                .blocked
                .iter()
                .filter(|(event, _)| is_undated(event) || *event == unreadable_entry(person.id))
                .count(),
            person_match,
            days,
        })
    }

    /// What Optedo lists for the matched user, and for those who have the person's absences.
    async fn list_absences(&self, observation: &mut Observation) -> Result<BTreeMap<UserId, Vec<Absence>>> {
        let mut listed: BTreeMap<UserId, Vec<Absence>> = observation.existing.take().into_iter().collect();
        let matched = observation.person_match.as_ref().and_then(PersonMatch::user);
        let users: BTreeSet<UserId> = observation.written.iter().map(|row| row.user).chain(matched).collect();
        for user in users {
            if let Entry::Vacant(entry) = listed.entry(user) {
                entry.insert(self.absences_in(observation.window, user).await?);
            }
        }
        Ok(listed)
    }

    /// Says of each day when the last webhook about its event arrived; returns when the last one about the person did.
    async fn read_announcements(&self, person: PersonId, days: &mut [Day]) -> Result<Option<Timestamp>> {
        let events = days.iter().map(|day| day.event_id.to_string());
        let objects: Vec<String> = events.chain([person.to_string()]).collect();
        let last = webhooks::last_about(&self.db, &objects).await?;
        for day in days {
            day.announced_at = last.get(&day.event_id.to_string()).copied();
        }
        Ok(last.get(&person.to_string()).copied())
    }
}

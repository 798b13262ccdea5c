//! The expected absences, computed from the simulators alone, without any code of the service.
//!
//! For blocked leave (a name or a type that does not match, an archived person) nothing is expected but that the state
//! before stays. [`Memory`] knows what stood, and what happened since that may have changed it.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::simulators::officient::{Event, EventStatus, LeaveType};
use crate::support::simulators::optedo::{Absence, NewAbsence};
use jiff::ToSpan as _;
use jiff::civil::Weekday;

use super::company::{Choice, Company, Person};

/// The expected absence of an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    /// Exactly this.
    Exactly(NewAbsence),
    /// What stood.
    WhatStood,
    /// What stood, and nothing new.
    Kept,
    /// Nothing.
    Nothing,
}

/// The state at the end of the last quiet period, and the changes since.
#[derive(Default)]
pub struct Memory {
    pub of_others: Vec<Absence>,
    pub stood: BTreeMap<i64, NewAbsence>,
    /// Changed by hand in Optedo: what it was changed to.
    edited: BTreeMap<i64, Option<NewAbsence>>,
    /// Changed in Officient since.
    changed: BTreeSet<i64>,
    /// For a while no approved leave.
    was_gone: BTreeSet<i64>,
    archived: BTreeSet<i64>,
    /// Events whose absence no row of the restored database explains.
    unexplained: BTreeSet<i64>,
    may_change: bool,
    may_go: bool,
}

impl Memory {
    /// A quiet period ended so.
    pub fn remember(&mut self, standing: Vec<Absence>) {
        self.stood = standing.into_iter().filter_map(|absence| Some((event_of(&absence)?, absence.content))).collect();
        self.changed.clear();
        self.was_gone.clear();
        self.archived.clear();
        self.may_change = false;
        self.may_go = false;
    }

    /// Something happened to leave in Officient.
    pub fn event_changed(&mut self, event: i64, may_go: bool) {
        self.changed.insert(event);
        if may_go {
            self.was_gone.insert(event);
        }
    }

    /// Something happened that may change every absence.
    pub fn everything_may_change(&mut self) {
        self.may_change = true;
    }

    /// Officient responded credibly that there is no leave.
    pub fn everything_may_go(&mut self) {
        self.may_go = true;
    }

    /// An absence was changed (`None`: deleted) in Optedo.
    pub fn edit(&mut self, absence: &Absence, to: Option<NewAbsence>) {
        if let Some(event) = event_of(absence) {
            // An absence that was not final may have been about to be written again.
            if self.stood.get(&event) != Some(&absence.content) {
                self.changed.insert(event);
            }
            self.edited.insert(event, to);
        }
    }

    pub fn was_edited(&self, absence: &Absence) -> bool {
        event_of(absence).is_some_and(|event| self.edited.contains_key(&event))
    }

    /// Whether Officient responded, rightly or not, that this person does not exist any more.
    pub fn was_archived(&self, person: i64) -> bool {
        self.archived.contains(&person) || self.may_go
    }

    /// A database was restored, whose rows are those of the end of the last quiet period; these absences stand.
    pub fn database_restored(&mut self, standing: &[Absence]) {
        let standing: BTreeMap<i64, &NewAbsence> =
            standing.iter().filter_map(|absence| Some((event_of(absence)?, &absence.content))).collect();
        self.unexplained.extend(standing.keys().filter(|event| !self.stood.contains_key(event)));
        // The restored rows do not know what was written since: it looks like an edit by hand.
        for (event, stood) in &self.stood {
            let now = standing.get(event).copied();
            if now != Some(stood) {
                self.edited.insert(*event, now.cloned());
            }
        }
        self.may_change = true;
    }

    /// A person was archived, or is no longer archived.
    pub fn person_archived(&mut self, person: i64) {
        self.archived.insert(person);
        self.may_change = true;
    }

    /// Whether the absence of an event is as expected.
    pub fn judge(&mut self, event: i64, expected: &Expected, stands: Option<&NewAbsence>) -> Result<(), &'static str> {
        let is_as_edited = self.edited.get(&event).is_some_and(|edited| edited.as_ref() == stands);
        let may_have_changed = self.changed.contains(&event) || self.may_change || self.may_go;
        match expected {
            // Only the admin can say that such an absence may be deleted.
            Expected::Nothing if stands.is_some() && self.unexplained.contains(&event) => Ok(()),
            Expected::Nothing if stands.is_some() => Err("should be gone"),
            Expected::Nothing => {
                self.edited.remove(&event);
                Ok(())
            }
            Expected::Exactly(_) if self.edited.contains_key(&event) && !may_have_changed => {
                if is_as_edited {
                    Ok(())
                } else {
                    Err("was changed by hand, and overwritten")
                }
            }
            Expected::Exactly(wanted) if stands == Some(wanted) => {
                self.edited.remove(&event);
                Ok(())
            }
            Expected::Exactly(_) if is_as_edited => Ok(()),
            Expected::Exactly(_) => Err("is not as it should be"),
            Expected::Kept if stands.is_some() && !self.stood.contains_key(&event) && !self.may_change => {
                Err("is excluded, and was written")
            }
            Expected::WhatStood | Expected::Kept => {
                let may_be_gone = self.was_gone.contains(&event)
                    || self.may_go
                    || self.edited.contains_key(&event)
                    || !self.stood.contains_key(&event);
                if stands.is_none() && !may_be_gone { Err("went because of a problem") } else { Ok(()) }
            }
        }
    }
}

/// The event of an absence of ours.
pub fn event_of(absence: &Absence) -> Option<i64> {
    absence.content.external_reference.as_ref()?.strip_prefix("officient:60002:")?.parse().ok()
}

/// The expected absence of every event of the calendar, and of archived people, who are not reconciled.
pub fn expected(company: &Company<'_>) -> BTreeMap<i64, Expected> {
    let mut expected = BTreeMap::new();
    for person in &company.people {
        for event in company.officient.events_of(person.id) {
            expected.insert(event.id, of_event(company, person, &event));
        }
    }
    // The calendar of an archived person is not read: the absences stay, also those of events that were deleted since.
    for (event, person) in &company.owners {
        if company.people.iter().any(|known| known.id == *person && known.is_archived) {
            expected.insert(*event, of_leaver(company));
        }
    }
    expected
}

/// The absences of an archived person: all of them are after today.
fn of_leaver(company: &Company<'_>) -> Expected {
    if company.is_set("leavers", "delete") { Expected::Nothing } else { Expected::WhatStood }
}

/// Officient's id of a leave type.
pub fn type_id(leave_type: LeaveType) -> String {
    match leave_type {
        LeaveType::SickDay => "sick_day".to_owned(),
        LeaveType::Education => "education".to_owned(),
        LeaveType::Custom(id) => id.to_string(),
    }
}

fn type_choice(company: &Company<'_>, leave_type: LeaveType) -> Option<Choice> {
    company.type_choices.get(&type_id(leave_type)).copied()
}

/// Whether leave of this status is copied.
pub fn is_to_be_written(company: &Company<'_>, status: EventStatus) -> bool {
    status == EventStatus::Approved || company.is_set("includePending", "true")
}

/// Whether a value that decides about the event is not documented. Whether it is worked time does not matter where the
/// leave type has our code or the admin's choice; where it is worked time and has neither, its times do not matter.
pub fn has_undocumented_value(company: &Company<'_>, event: &Event) -> bool {
    let choice = type_choice(company, event.leave.leave_type);
    let is_excluded = matches!(choice, Some(Choice::Keep | Choice::Delete));
    let is_mapped = choice.is_some() || matches!(event.leave.leave_type, LeaveType::Custom(_));
    let decides = |field: &str| match field {
        "status" | "type" => true,
        _ if is_excluded => false,
        "working" => !is_mapped,
        _ => is_mapped || !event.leave.working,
    };
    event.leave.raw.keys().any(|field| decides(field))
}

/// The user of a person who is not archived or excluded: the linked one; or the only one who is not linked and has the
/// name that nobody else without a choice has.
pub fn user_of(company: &Company<'_>, person: &Person) -> Option<i64> {
    let linked_user = |person: &Person| match company.choices.get(&person.id) {
        Some(Choice::To(user)) => Some(*user),
        _ => None,
    };
    if company.choices.contains_key(&person.id) {
        return linked_user(person);
    }
    let present = || company.people.iter().filter(|other| !other.is_archived);
    let linked: Vec<i64> = present().filter_map(linked_user).collect();
    let mut users = company.optedo.users();
    users.retain(|user| user.active && (user.first_name.as_str(), user.last_name.as_str()) == person.name);
    users.retain(|user| !linked.contains(&user.id));
    let has_name = |other: &&Person| other.name == person.name && !company.choices.contains_key(&other.id);
    (users.len() == 1 && present().filter(has_name).count() == 1).then(|| users[0].id)
}

fn of_event(company: &Company<'_>, person: &Person, event: &Event) -> Expected {
    if person.is_archived {
        return of_leaver(company);
    }
    if !company.window.contains(event.leave.date) {
        return Expected::Nothing;
    }
    match company.choices.get(&person.id) {
        Some(Choice::Keep) => return Expected::Kept,
        Some(Choice::Delete) => return Expected::Nothing,
        Some(Choice::To(_)) | None => {}
    }
    let leave_type = event.leave.leave_type;
    if has_undocumented_value(company, event) {
        return Expected::WhatStood;
    }
    if !is_to_be_written(company, event.leave.status) {
        return Expected::Nothing;
    }
    let choice = type_choice(company, leave_type);
    match choice {
        Some(Choice::Keep) => return Expected::Kept,
        Some(Choice::Delete) => return Expected::Nothing,
        // The configuration has no description for it. It may have been written while the admin's choice was another
        // one.
        None if event.leave.working && leave_type == LeaveType::SickDay => {
            let was_chosen = company.types_ever_chosen.contains(&type_id(leave_type));
            return if was_chosen { Expected::Kept } else { Expected::Nothing };
        }
        Some(Choice::To(_)) | None => {}
    }
    let description = match leave_type {
        LeaveType::SickDay => "Sick day",
        LeaveType::Education => "Education",
        LeaveType::Custom(id) => company.code_of(id),
    };
    let types: Vec<i64> = company
        .optedo
        .absence_types()
        .into_iter()
        .filter(|kind| choice.map_or(kind.description == description, |choice| choice == Choice::To(kind.id)))
        .map(|kind| kind.id)
        .collect();
    let (Some(user), [kind]) = (user_of(company, person), types.as_slice()) else {
        return Expected::WhatStood;
    };
    let day = event.leave.date;
    let is_weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    let long = event.leave.duration_minutes.unwrap();
    let is_all_day = !is_weekend && long >= 456;
    let midnight = day.at(0, 0, 0, 0);
    let (start, end) = if is_all_day {
        (midnight, day.tomorrow().unwrap().at(0, 0, 0, 0))
    } else {
        let default_start = if company.is_set("defaultStart", "10:15") { 615 } else { 540 };
        let start = midnight + event.leave.start_time_minutes.unwrap_or(default_start).minutes();
        (start, start + long.minutes())
    };
    Expected::Exactly(NewAbsence {
        user_id: user,
        absence_type_id: *kind,
        start,
        end,
        all_day: is_all_day,
        external_reference: Some(format!("officient:60002:{}", event.id)),
    })
}

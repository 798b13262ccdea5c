//! What happens to a person's leave, day by day, and why. Pure.
//!
//! An event in Officient is one day, so leave of several days has an entry for each. No entry says which type of leave
//! it is.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::Serialize;
use strum::{Display, IntoStaticStr, VariantArray};
use utoipa::ToSchema;

use crate::domain::absence::{Absence, FULL_LIST};
use crate::domain::attention::AttentionKind;
use crate::domain::desired::{Classification, When};
use crate::domain::ids::{AbsenceId, EventId, UserId};
use crate::domain::plan::{Change, Plan, WrittenAbsence};

/// Whether a day of leave is in Optedo, and what the next reconciliation does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema, Display, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum DayState {
    InOptedo,
    /// The absence will be created or changed.
    ToBeWritten,
    /// The leave is blocked; what is in Optedo stays as it is.
    Waiting,
    /// The event is not leave to copy.
    LeftOut,
    /// The deletion of the absence waits for the admin's confirmation.
    Held,
    /// The absence in Optedo has other values than those that were written, or is gone.
    Differs,
    ToBeDeleted,
}

/// A day of leave, or an absence whose leave is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Day {
    pub date: Date,
    pub event_id: EventId,
    pub state: DayState,
    /// Of leave that waits: the kind of its attention item. Of leave that is left out: `not_approved`, `not_time_off`,
    /// `worked`, `excluded_type` or `outside_window`.
    pub reason: Option<&'static str>,
    /// The id in Optedo.
    pub absence_id: Option<AbsenceId>,
    /// Wall clock; null where the times are not understood.
    #[schema(value_type = Option<String>)]
    pub start: Option<DateTime>,
    /// Wall clock, exclusive.
    #[schema(value_type = Option<String>)]
    pub end: Option<DateTime>,
    pub all_day: Option<bool>,
    pub written_at: Option<Timestamp>,
    /// When the last webhook about the event arrived.
    #[serde(skip)]
    pub announced_at: Option<Timestamp>,
}

impl Day {
    /// Whether the leave type has an absence type; `None` where that was not looked for.
    pub fn has_type(&self) -> Option<bool> {
        let of_type = [AttentionKind::UnmappedLeaveType, AttentionKind::AmbiguousLeaveType].map(|kind| kind.into_str());
        let after_mapping = [AttentionKind::RejectedByOptedo, AttentionKind::DeletionsHeld].map(|kind| kind.into_str());
        match (self.state, self.reason) {
            (DayState::InOptedo | DayState::ToBeWritten | DayState::Differs, _) => Some(true),
            (DayState::Waiting, Some(reason)) if of_type.contains(&reason) => Some(false),
            (DayState::Waiting, Some(reason)) if after_mapping.contains(&reason) => Some(true),
            (DayState::Waiting | DayState::LeftOut | DayState::Held | DayState::ToBeDeleted, _) => None,
        }
    }
}

/// What decides about the days besides the calendar and the plan.
#[derive(Default)]
pub struct Known {
    pub written: Vec<WrittenAbsence>,
    /// The absences that Optedo lists, for each user who was asked for.
    pub listed: BTreeMap<UserId, Vec<Absence>>,
    /// Deletions that wait for confirmation.
    pub held: Vec<EventId>,
    /// Changes that the last reconciliation could not make, and the kind of the item that says why.
    pub stopped: Vec<(EventId, AttentionKind)>,
}

/// One entry for each event whose day is understood, and for each absence of ours whose event is gone.
pub fn days(
    events: &BTreeMap<EventId, When>,
    classifications: &BTreeMap<EventId, Classification>,
    plan: &Plan,
    known: &Known,
) -> Vec<Day> {
    // The day of an absence that goes over to another event is the day of that event.
    let goes_over = |row: &WrittenAbsence| {
        let continues = |change: &Change| change.written().is_some_and(|written| written.event == row.event);
        plan.changes.iter().any(|change| change.event() != row.event && continues(change))
    };
    let gone = known.written.iter().filter(|row| !classifications.contains_key(&row.event) && !goes_over(row));
    let all = classifications.keys().copied().chain(gone.map(|row| row.event));
    let mut days: Vec<Day> =
        all.filter_map(|event| day(event, events.get(&event), classifications.get(&event), plan, known)).collect();
    days.sort_by_key(|day| (day.date, day.event_id));
    days
}

fn day(
    event: EventId,
    when: Option<&When>,
    classification: Option<&Classification>,
    plan: &Plan,
    known: &Known,
) -> Option<Day> {
    let change = plan.changes.iter().find(|change| change.event() == event);
    let own = known.written.iter().find(|row| row.event == event);
    let row = change.and_then(Change::written).or(own);
    let blocked = plan.blocked.iter().find(|(blocked, _)| *blocked == event).map(|(_, item)| item.kind());
    let stopped = known.stopped.iter().find(|(stopped, _)| *stopped == event).map(|(_, kind)| *kind);
    let is_kept = own.is_some_and(|row| row.deletion_rejected);
    let (state, reason) = match (change, classification) {
        (None, Some(Classification::Excluded(why))) if !is_kept => (DayState::LeftOut, Some(why.into_str())),
        (Some(Change::Delete { .. }), _) if known.held.contains(&event) => (DayState::Held, None),
        (Some(Change::Delete { .. }), _) => (DayState::ToBeDeleted, None),
        (change, _) => match (blocked.or(stopped.filter(|_| change.is_some())), change) {
            (Some(kind), _) => (DayState::Waiting, Some(kind.into_str())),
            (None, Some(_)) => (DayState::ToBeWritten, None),
            (None, None) if is_listed(row?, &known.listed) => (DayState::InOptedo, None),
            (None, None) => (DayState::Differs, None),
        },
    };
    let (date, times) = when.copied().or(row.map(|row| (row.date, Some(row.times))))?;
    Some(Day {
        date,
        event_id: event,
        state,
        reason,
        absence_id: row.and_then(|row| row.absence),
        start: times.map(|times| times.start),
        end: times.map(|times| times.end),
        all_day: times.map(|times| times.all_day),
        written_at: row.and_then(|row| row.written_at),
        announced_at: None,
    })
}

/// Whether Optedo lists the absence as it was written, as far as its list shows that.
fn is_listed(row: &WrittenAbsence, listed: &BTreeMap<UserId, Vec<Absence>>) -> bool {
    let (Some(id), Some(list)) = (row.absence, listed.get(&row.user)) else { return true };
    let found = list.iter().find(|absence| absence.id == id);
    found.map_or(list.len() >= FULL_LIST, |absence| row.is_shown_by(&absence.content))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::absence::{NewAbsence, Times};
    use crate::domain::attention::{AttentionItem, Cause, EventFault};
    use crate::domain::desired::{DesiredAbsence, Exclusion, Window};
    use crate::domain::ids::{AbsenceTypeId, PersonId};
    use crate::domain::plan::{Evidence, plan};

    const WINDOW: Window = Window { from: date(2026, 1, 1), until: date(2026, 12, 31) };
    const PERSON: PersonId = PersonId(264);
    const USER: UserId = UserId(7);

    /// The event with this number is on this day of April.
    fn times(day: i8) -> Times {
        let date = date(2026, 4, day);
        Times { start: date.at(0, 0, 0, 0), end: date.tomorrow().unwrap().at(0, 0, 0, 0), all_day: true }
    }

    fn when(day: i8) -> When {
        (date(2026, 4, day), Some(times(day)))
    }

    fn absent(day: i8) -> Classification {
        Classification::Absent(DesiredAbsence {
            event: EventId(day.into()),
            date: date(2026, 4, day),
            user: USER,
            absence_type: AbsenceTypeId(3),
            times: times(day),
            is_worked: false,
        })
    }

    fn blocked(cause: Cause) -> Classification {
        Classification::Blocked { item: AttentionItem::of_event(EventId(0), "", cause), date: None }
    }

    fn row(day: i8) -> WrittenAbsence {
        WrittenAbsence {
            event: EventId(day.into()),
            person: PERSON,
            date: date(2026, 4, day),
            user: USER,
            absence: Some(AbsenceId(i64::from(day) + 1000)),
            absence_type: AbsenceTypeId(3),
            times: times(day),
            is_worked: Some(false),
            intent: None,
            written_at: Some(Timestamp::UNIX_EPOCH),
            call_until: None,
            deletion_confirmed: false,
            deletion_rejected: false,
            deletion_requested: false,
        }
    }

    fn listed(day: i8) -> Absence {
        let Times { start, end, all_day } = times(day);
        let content = NewAbsence {
            user_id: USER,
            absence_type_id: AbsenceTypeId(3),
            start,
            end,
            all_day,
            external_reference: None,
        };
        Absence { id: AbsenceId(i64::from(day) + 1000), content }
    }

    /// The days of a calendar whose events are on the days of April with their numbers.
    fn days_of(calendar: Vec<(i8, Classification)>, known: &Known) -> Vec<Day> {
        let events: BTreeMap<EventId, When> =
            calendar.iter().map(|(day, _)| (EventId((*day).into()), when(*day))).collect();
        let classifications = calendar.into_iter().map(|(day, is)| (EventId(day.into()), is)).collect();
        let evidence = Evidence { person: PERSON, years: &[2026], is_complete: true, unreadable: None };
        let plan = plan(&classifications, &known.written, WINDOW, &evidence);
        days(&events, &classifications, &plan, known)
    }

    fn state_of(classification: Option<Classification>, known: &Known) -> (DayState, Option<&'static str>) {
        let days = days_of(classification.into_iter().map(|is| (1, is)).collect(), known);
        let [day] = days.as_slice() else { panic!("{days:?}") };
        assert_eq!((day.date, day.start), (date(2026, 4, 1), Some(times(1).start)));
        (day.state, day.reason)
    }

    #[test]
    fn each_state_follows_from_the_calendar_the_plan_and_what_is_known() {
        let written = || Known { written: vec![row(1)], ..Known::default() };
        let in_list = |list: Vec<Absence>| Known { listed: BTreeMap::from([(USER, list)]), ..written() };
        let changed = Absence { content: NewAbsence { all_day: false, ..listed(1).content }, ..listed(1) };
        let excluded = |why| Some(Classification::Excluded(why));
        let refused = Known { stopped: vec![(EventId(1), AttentionKind::RejectedByOptedo)], ..Known::default() };
        let kept_row = || WrittenAbsence { deletion_rejected: true, ..row(1) };
        let kept = || Known { written: vec![kept_row()], ..Known::default() };
        let held = Known { held: vec![EventId(1)], ..written() };
        let invalid = Cause::Invalid { fault: EventFault::Duration, date: None };
        for (classification, known, state, reason) in [
            (Some(absent(1)), in_list(vec![listed(1)]), DayState::InOptedo, None),
            (Some(absent(1)), in_list(Vec::new()), DayState::Differs, None),
            (Some(absent(1)), in_list(vec![changed]), DayState::Differs, None),
            // A full list may not be the whole one, and a list that was not read shows nothing.
            (Some(absent(1)), in_list(vec![listed(2); FULL_LIST]), DayState::InOptedo, None),
            (Some(absent(1)), written(), DayState::InOptedo, None),
            (Some(absent(1)), Known::default(), DayState::ToBeWritten, None),
            (Some(absent(1)), refused, DayState::Waiting, Some("rejected_by_optedo")),
            (Some(blocked(invalid.clone())), Known::default(), DayState::Waiting, Some("invalid_event")),
            (Some(blocked(Cause::NoSuchUser)), written(), DayState::Waiting, Some("unmatched_person")),
            (Some(blocked(Cause::NoSuchType)), Known::default(), DayState::Waiting, Some("unmapped_leave_type")),
            (excluded(Exclusion::NotApproved), Known::default(), DayState::LeftOut, Some("not_approved")),
            (excluded(Exclusion::NotTimeOff), Known::default(), DayState::LeftOut, Some("not_time_off")),
            (excluded(Exclusion::Worked), Known::default(), DayState::LeftOut, Some("worked")),
            (excluded(Exclusion::OutsideWindow), Known::default(), DayState::LeftOut, Some("outside_window")),
            (excluded(Exclusion::NotApproved), written(), DayState::ToBeDeleted, None),
            (None, written(), DayState::ToBeDeleted, None),
            (None, held, DayState::Held, None),
            (None, kept(), DayState::InOptedo, None),
            (excluded(Exclusion::NotApproved), kept(), DayState::InOptedo, None),
        ] {
            assert_eq!(state_of(classification.clone(), &known), (state, reason), "{classification:?}");
        }
    }

    #[test]
    fn leave_of_several_days_has_an_entry_for_each_in_their_order() {
        let known = Known { written: vec![row(3), row(1)], ..Known::default() };
        let days = days_of(vec![(2, absent(2)), (3, absent(3))], &known);
        let states: Vec<(i64, DayState)> = days.iter().map(|day| (day.event_id.0, day.state)).collect();
        assert_eq!(states, [(1, DayState::ToBeDeleted), (2, DayState::ToBeWritten), (3, DayState::InOptedo)]);
        assert_eq!((days[2].absence_id, days[2].written_at), (Some(AbsenceId(1003)), Some(Timestamp::UNIX_EPOCH)));
    }

    #[test]
    fn leave_with_a_new_event_id_is_one_day_that_keeps_its_absence() {
        let Classification::Absent(desired) = absent(1) else { panic!() };
        let renewed = Classification::Absent(DesiredAbsence { event: EventId(9), ..desired });
        let classifications = BTreeMap::from([(EventId(9), renewed)]);
        let known = Known { written: vec![row(1)], ..Known::default() };
        let evidence = Evidence { person: PERSON, years: &[2026], is_complete: true, unreadable: None };
        let plan = plan(&classifications, &known.written, WINDOW, &evidence);
        let days = days(&BTreeMap::from([(EventId(9), when(1))]), &classifications, &plan, &known);
        let [day] = days.as_slice() else { panic!("{days:?}") };
        assert_eq!((day.event_id, day.state), (EventId(9), DayState::ToBeWritten));
        assert_eq!(day.absence_id, Some(AbsenceId(1001)));
    }

    #[test]
    fn a_day_says_whether_its_type_was_found_where_that_was_looked_for() {
        let has_type = |classification| days_of(vec![(1, classification)], &Known::default())[0].has_type();
        assert_eq!(has_type(absent(1)), Some(true));
        assert_eq!(has_type(blocked(Cause::NoSuchType)), Some(false));
        assert_eq!(has_type(blocked(Cause::NoSuchUser)), None);
        assert_eq!(has_type(Classification::Excluded(Exclusion::NotApproved)), None);
        // Only leave whose type was found is sent to Optedo.
        let refused = Known { stopped: vec![(EventId(1), AttentionKind::RejectedByOptedo)], ..Known::default() };
        assert_eq!(days_of(vec![(1, absent(1))], &refused)[0].has_type(), Some(true));
    }

    #[test]
    fn an_event_whose_day_is_not_understood_has_no_entry() {
        let classifications = BTreeMap::from([(EventId(1), blocked(Cause::NoSuchUser))]);
        assert_eq!(days(&BTreeMap::new(), &classifications, &Plan::default(), &Known::default()), []);
    }
}

//! The absence that Optedo should contain for one Officient event, or why it should contain none. Pure.
//!
//! Both sides use wall-clock times without a zone (Officient counts minutes from midnight), so daylight saving never
//! shifts an absence.

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Time};
use strum::{IntoStaticStr, VariantArray};

use crate::domain::absence::Times;
use crate::domain::attention::{AttentionItem, Cause, EventFault};
use crate::domain::calendar::{CalendarEvent, Category, LeaveType, Status};
use crate::domain::ids::{AbsenceTypeId, EventId, UserId};
use crate::domain::mapping::{Existing, Mapping, MappingRules, map_type};
use crate::domain::matching::PersonMatch;

const MINUTES_A_DAY: i64 = 24 * 60;

/// The days that are kept equal, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: Date,
    pub until: Date,
}

impl Window {
    pub fn contains(self, date: Date) -> bool {
        self.from <= date && date <= self.until
    }

    /// The calendar years that contain days of the window.
    pub fn years(self) -> impl Iterator<Item = i16> {
        self.from.year()..=self.until.year()
    }
}

/// An absence that Optedo should contain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredAbsence {
    /// The Officient calendar event that this absence represents.
    pub event: EventId,
    pub date: Date,
    pub user: UserId,
    pub absence_type: AbsenceTypeId,
    pub times: Times,
    /// The event is worked time (remote work, training) that the admin wants in Optedo.
    pub is_worked: bool,
}

/// The result of assessing a calendar event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Classification {
    /// Optedo should contain this absence.
    Absent(DesiredAbsence),
    /// The event is not leave to copy.
    Excluded(Exclusion),
    /// The event cannot be written, or is not understood. An absence that was written stays; the item says why.
    Blocked { item: AttentionItem, date: Option<Date> },
}

/// Why an event is not leave to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Exclusion {
    OutsideWindow,
    /// Overtime, or another category that takes no hours off the schedule.
    NotTimeOff,
    NotApproved,
    /// Worked time (remote work, training) of a type without our field.
    Worked,
    /// The admin excluded its type; an absence that was written stays.
    #[strum(serialize = "excluded_type")]
    TypeKept,
    /// The admin excluded its type; an absence that was written is deleted.
    #[strum(serialize = "excluded_type")]
    TypeDeleted,
    /// The admin excluded the person; an absence that was written stays.
    #[strum(serialize = "excluded_person")]
    PersonKept,
    /// The admin excluded the person; an absence that was written is deleted.
    #[strum(serialize = "excluded_person")]
    PersonDeleted,
}

/// The day and the times of an event; no times where they are not understood.
pub type When = (Date, Option<Times>);

/// The settings that decide about an event.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    pub window: Window,
    pub include_pending: bool,
    /// The start of a partial day whose start Officient does not know.
    pub default_start: Time,
    pub mapping: MappingRules<'a>,
}

/// Classifies an event of the person called `name`. `leave_types` are those of the event's year.
pub fn classify(
    event: &CalendarEvent,
    name: &str,
    person: &PersonMatch,
    leave_types: &[LeaveType],
    rules: &Rules<'_>,
) -> Classification {
    let date = event.date.ok();
    assess(event, person, leave_types, rules).unwrap_or_else(|fault| {
        let item = AttentionItem::of_event(event.id, name, Cause::Invalid { fault, date });
        Classification::Blocked { item, date }
    })
}

/// Only the documented words that mean "no" exclude an event; whatever is not understood is a fault.
fn assess(
    event: &CalendarEvent,
    person: &PersonMatch,
    leave_types: &[LeaveType],
    rules: &Rules<'_>,
) -> Result<Classification, EventFault> {
    let user = match person {
        PersonMatch::Matched(user) => Ok(*user),
        PersonMatch::Unmatched(item) | PersonMatch::Ambiguous(item) => Err(item),
        PersonMatch::Excluded(Existing::Keep) => return Ok(Classification::Excluded(Exclusion::PersonKept)),
        PersonMatch::Excluded(Existing::Delete) => return Ok(Classification::Excluded(Exclusion::PersonDeleted)),
    };
    let date = event.date?;
    if !rules.window.contains(date) {
        return Ok(Classification::Excluded(Exclusion::OutsideWindow));
    }
    match event.category? {
        Category::TimeOff => {}
        Category::Overtime => return Ok(Classification::Excluded(Exclusion::NotTimeOff)),
    }
    match event.status? {
        Status::Approved => {}
        Status::Pending if rules.include_pending => {}
        Status::Pending | Status::Declined => return Ok(Classification::Excluded(Exclusion::NotApproved)),
    }
    let blocked = |item: &AttentionItem| Classification::Blocked { item: item.clone(), date: Some(date) };
    let (user, absence_type) = match (user, map_type(event, leave_types, rules.mapping)?) {
        (_, Mapping::Excluded) => return Ok(Classification::Excluded(Exclusion::Worked)),
        (_, Mapping::LeftOut(Existing::Keep)) => return Ok(Classification::Excluded(Exclusion::TypeKept)),
        (_, Mapping::LeftOut(Existing::Delete)) => return Ok(Classification::Excluded(Exclusion::TypeDeleted)),
        (Err(item), _) => return Ok(blocked(item)),
        (_, Mapping::Blocked(item)) => return Ok(blocked(&item)),
        (Ok(user), Mapping::To(absence_type)) => (user, absence_type),
    };
    let times = times(event, date, rules.default_start)?;
    let is_worked = event.is_worked.unwrap_or_default();
    Ok(Classification::Absent(DesiredAbsence { event: event.id, date, user, absence_type, times, is_worked }))
}

/// The day of an event, and its times where they are understood; `None` where the day is not understood.
pub fn when(event: &CalendarEvent, default_start: Time) -> Option<When> {
    let date = event.date.ok()?;
    Some((date, times(event, date, default_start).ok()))
}

/// All day, or from the start for the duration, past midnight if necessary.
fn times(event: &CalendarEvent, date: Date, default_start: Time) -> Result<Times, EventFault> {
    let is_within_a_day = |minutes: &i64| (1..=MINUTES_A_DAY).contains(minutes);
    let duration = event.duration_minutes?.filter(is_within_a_day).ok_or(EventFault::Duration)?;
    let start = match event.start_minutes {
        Some(minutes) if !(0..MINUTES_A_DAY).contains(&minutes) => return Err(EventFault::Start),
        Some(minutes) => after(date.at(0, 0, 0, 0), minutes)?,
        None => date.to_datetime(default_start),
    };
    let scheduled = event.scheduled_minutes?;
    if scheduled > 0 && duration >= scheduled {
        let midnight = date.at(0, 0, 0, 0);
        return Ok(Times { start: midnight, end: after(midnight, MINUTES_A_DAY)?, all_day: true });
    }
    Ok(Times { start, end: after(start, duration)?, all_day: false })
}

/// Fails only at the end of the calendar, in the year 9999.
fn after(start: DateTime, minutes: i64) -> Result<DateTime, EventFault> {
    start.checked_add(minutes.minutes()).map_err(|_past_the_calendar| EventFault::Date)
}

#[cfg(test)]
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else it is, the test fails")]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::config;
    use crate::domain::absence::AbsenceType;
    use crate::domain::attention::AttentionKind;
    use crate::domain::calendar::LeaveTypeRef;
    use crate::domain::mapping::TypeChoices;

    const DAY: Date = date(2026, 4, 3);

    fn event() -> CalendarEvent {
        CalendarEvent {
            id: EventId(123),
            date: Ok(DAY),
            name: Ok("Verlof".into()),
            leave_type: LeaveTypeRef::SickDay,
            category: Ok(Category::TimeOff),
            status: Ok(Status::Approved),
            is_worked: Ok(false),
            duration_minutes: Ok(Some(456)),
            start_minutes: Some(540),
            scheduled_minutes: Ok(456),
        }
    }

    fn judge_with(event: &CalendarEvent, person: &PersonMatch, include_pending: bool) -> Classification {
        let absence_types = [AbsenceType { id: AbsenceTypeId(3), description: "Verlof".into() }];
        let rules = Rules {
            window: Window { from: date(2026, 1, 1), until: date(2026, 12, 31) },
            include_pending,
            default_start: Time::constant(9, 0, 0, 0),
            mapping: MappingRules {
                integration_app: "optedo",
                built_in: &config::LeaveTypes::default(),
                choices: &TypeChoices::new(),
                absence_types: &absence_types,
            },
        };
        classify(event, "Jan Peeters", person, &[], &rules)
    }

    fn judge(event: &CalendarEvent) -> Classification {
        judge_with(event, &PersonMatch::Matched(UserId(7)), false)
    }

    fn when(event: &CalendarEvent) -> (String, String, bool) {
        match judge(event) {
            Classification::Absent(desired) => {
                (desired.times.start.to_string(), desired.times.end.to_string(), desired.times.all_day)
            }
            other => panic!("{other:?}"),
        }
    }

    fn kind(standing: &Classification) -> AttentionKind {
        match standing {
            Classification::Blocked { item, .. } => item.kind(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_window_contains_both_its_ends_and_the_years_between_them() {
        let window = Window { from: date(2025, 12, 31), until: date(2027, 1, 1) };
        assert_eq!(window.years().collect::<Vec<_>>(), [2025, 2026, 2027]);
        assert!([window.from, DAY, window.until].iter().all(|day| window.contains(*day)));
        assert!(!window.contains(date(2025, 12, 30)) && !window.contains(date(2027, 1, 2)));
    }

    #[test]
    fn a_whole_day_lasts_from_midnight_to_midnight() {
        let all_day = ("2026-04-03T00:00:00".to_owned(), "2026-04-04T00:00:00".to_owned(), true);
        assert_eq!(when(&event()), all_day);
        assert_eq!(when(&CalendarEvent { duration_minutes: Ok(Some(480)), ..event() }), all_day);
    }

    #[test]
    fn a_part_of_a_day_begins_at_its_start_or_at_the_default_one_and_may_pass_midnight() {
        let half = CalendarEvent { duration_minutes: Ok(Some(228)), ..event() };
        assert_eq!(when(&half), ("2026-04-03T09:00:00".into(), "2026-04-03T12:48:00".into(), false));
        let unknown = CalendarEvent { start_minutes: None, ..half.clone() };
        assert_eq!(when(&unknown), when(&half));
        let night = CalendarEvent { start_minutes: Some(22 * 60), scheduled_minutes: Ok(480), ..half.clone() };
        assert_eq!(when(&night), ("2026-04-03T22:00:00".into(), "2026-04-04T01:48:00".into(), false));
        let unscheduled = CalendarEvent { scheduled_minutes: Ok(0), ..event() };
        assert_eq!(when(&unscheduled), ("2026-04-03T09:00:00".into(), "2026-04-03T16:36:00".into(), false));
    }

    #[test]
    fn what_is_no_leave_is_left_out_without_an_item() {
        let left_out = |event: CalendarEvent| match judge(&event) {
            Classification::Excluded(why) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(left_out(CalendarEvent { category: Ok(Category::Overtime), ..event() }), Exclusion::NotTimeOff);
        assert_eq!(left_out(CalendarEvent { status: Ok(Status::Pending), ..event() }), Exclusion::NotApproved);
        assert_eq!(left_out(CalendarEvent { status: Ok(Status::Declined), ..event() }), Exclusion::NotApproved);
        assert_eq!(left_out(CalendarEvent { is_worked: Ok(true), ..event() }), Exclusion::Worked);
        assert_eq!(left_out(CalendarEvent { date: Ok(date(2025, 12, 31)), ..event() }), Exclusion::OutsideWindow);
        assert_eq!(left_out(CalendarEvent { date: Ok(date(2027, 1, 1)), ..event() }), Exclusion::OutsideWindow);
    }

    #[test]
    fn pending_leave_is_written_when_that_is_configured() {
        let pending = CalendarEvent { status: Ok(Status::Pending), ..event() };
        assert!(matches!(judge_with(&pending, &PersonMatch::Matched(UserId(7)), true), Classification::Absent(_)));
    }

    #[test]
    fn an_event_that_does_not_say_enough_is_reported_and_never_taken_for_no_leave() {
        for (invalid, fault) in [
            (CalendarEvent { duration_minutes: Ok(None), ..event() }, EventFault::Duration),
            (CalendarEvent { duration_minutes: Ok(Some(0)), ..event() }, EventFault::Duration),
            (CalendarEvent { duration_minutes: Ok(Some(-228)), ..event() }, EventFault::Duration),
            (CalendarEvent { duration_minutes: Ok(Some(1441)), ..event() }, EventFault::Duration),
            (CalendarEvent { duration_minutes: Err(EventFault::Duration), ..event() }, EventFault::Duration),
            (CalendarEvent { start_minutes: Some(-1), ..event() }, EventFault::Start),
            (CalendarEvent { start_minutes: Some(1440), ..event() }, EventFault::Start),
            (CalendarEvent { scheduled_minutes: Err(EventFault::Scheduled), ..event() }, EventFault::Scheduled),
            (CalendarEvent { date: Err(EventFault::Date), ..event() }, EventFault::Date),
            (CalendarEvent { category: Err(EventFault::Type), ..event() }, EventFault::Type),
            (CalendarEvent { status: Err(EventFault::Status), ..event() }, EventFault::Status),
            (CalendarEvent { is_worked: Err(EventFault::Working), ..event() }, EventFault::Working),
            (CalendarEvent { name: Err(EventFault::Name), ..event() }, EventFault::Name),
        ] {
            match judge(&invalid) {
                Classification::Blocked { item, .. } => {
                    let cause = Cause::Invalid { fault, date: invalid.date.ok() };
                    assert_eq!((item.kind(), item.cause), (AttentionKind::InvalidEvent, cause));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_start_and_a_duration_of_a_whole_day_are_the_longest() {
        let last = CalendarEvent { start_minutes: Some(1439), duration_minutes: Ok(Some(60)), ..event() };
        assert_eq!(when(&last), ("2026-04-03T23:59:00".into(), "2026-04-04T00:59:00".into(), false));
        let first = CalendarEvent { start_minutes: Some(0), duration_minutes: Ok(Some(60)), ..event() };
        assert_eq!(when(&first), ("2026-04-03T00:00:00".into(), "2026-04-03T01:00:00".into(), false));
        let day = CalendarEvent { duration_minutes: Ok(Some(1440)), scheduled_minutes: Ok(0), ..event() };
        assert_eq!(when(&day), ("2026-04-03T09:00:00".into(), "2026-04-04T09:00:00".into(), false));
    }

    #[test]
    fn the_day_of_an_event_is_known_even_if_its_times_are_not() {
        let when = |event: &CalendarEvent| super::when(event, Time::constant(8, 0, 0, 0));
        let half = CalendarEvent { start_minutes: None, duration_minutes: Ok(Some(228)), ..event() };
        let times = Times { start: DAY.at(8, 0, 0, 0), end: DAY.at(11, 48, 0, 0), all_day: false };
        assert_eq!(when(&half), Some((DAY, Some(times))));
        assert_eq!(when(&CalendarEvent { duration_minutes: Ok(None), ..event() }), Some((DAY, None)));
        assert_eq!(when(&CalendarEvent { date: Err(EventFault::Date), ..event() }), None);
    }

    #[test]
    fn a_field_on_which_nothing_depends_may_hold_anything() {
        let overtime = CalendarEvent {
            category: Ok(Category::Overtime),
            status: Err(EventFault::Status),
            duration_minutes: Err(EventFault::Duration),
            ..event()
        };
        assert_eq!(judge(&overtime), Classification::Excluded(Exclusion::NotTimeOff));
    }

    #[test]
    fn worked_time_of_an_unmatched_person_makes_no_item() {
        let unmatched = PersonMatch::Unmatched(AttentionItem::of_person(
            crate::domain::ids::PersonId(264),
            "jan Peeters",
            Cause::NoSuchUser,
            None,
        ));
        assert_eq!(kind(&judge_with(&event(), &unmatched, false)), AttentionKind::UnmatchedPerson);
        let worked = CalendarEvent { is_worked: Ok(true), ..event() };
        assert_eq!(judge_with(&worked, &unmatched, false), Classification::Excluded(Exclusion::Worked));
    }

    proptest! {
        #[test]
        fn minutes_are_wall_clock_on_every_day_also_when_the_clocks_change(
            day in 0_i32..3000, start in prop::option::of(0_i64..1440), duration in 1_i64..=1440, scheduled in 0_i64..600,
        ) {
            // From 2024 on: six changes of the clock in each direction.
            let date = date(2024, 1, 1).checked_add(day.days()).unwrap();
            let event = CalendarEvent {
                date: Ok(date), start_minutes: start, duration_minutes: Ok(Some(duration)), scheduled_minutes: Ok(scheduled), ..event()
            };
            let times = times(&event, date, Time::constant(9, 0, 0, 0)).unwrap();
            prop_assert!(times.end > times.start);
            prop_assert_eq!(times.start.date(), date);
            let minutes = |at: DateTime| i64::from(at.time().hour()) * 60 + i64::from(at.time().minute());
            if scheduled > 0 && duration >= scheduled {
                prop_assert!(times.all_day);
                prop_assert_eq!((minutes(times.start), minutes(times.end)), (0, 0));
                prop_assert_eq!(times.end.date(), date.tomorrow().unwrap());
            } else {
                prop_assert!(!times.all_day);
                prop_assert_eq!(minutes(times.start), start.unwrap_or(540));
                let days = i64::from((times.end.date() - date).get_days());
                prop_assert_eq!(days * 1440 + minutes(times.end), start.unwrap_or(540) + duration);
            }
        }

        #[test]
        fn no_event_whatsoever_panics(
            start in any::<Option<i64>>(), duration in any::<Option<i64>>(), scheduled in any::<i64>(), year in -9999_i16..=9999,
        ) {
            let event = CalendarEvent {
                date: Ok(date(year, 12, 31)), start_minutes: start, duration_minutes: Ok(duration),
                scheduled_minutes: Ok(scheduled), ..event()
            };
            let _standing = judge(&event);
        }
    }
}

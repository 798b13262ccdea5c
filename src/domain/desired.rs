//! The absence that Optedo should contain for one Officient event, or why it should contain none. Pure.
//!
//! Both sides use wall-clock times without a zone (Officient counts minutes from midnight), so daylight saving never
//! shifts an absence.

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Time};

use crate::domain::absence::Times;
use crate::domain::attention::{AttentionItem, Cause, EventFault};
use crate::domain::calendar::{CalendarEvent, LeaveType};
use crate::domain::ids::{AbsenceTypeId, EventId, UserId};
use crate::domain::mapping::{Mapping, MappingRules, map_type};
use crate::domain::matching::PersonMatch;

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
}

/// The result of assessing a calendar event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Classification {
    /// Optedo should contain this absence.
    Absent(DesiredAbsence),
    /// The event is not leave to copy.
    Excluded(Exclusion),
    /// The event is leave, but cannot be written. An absence that was written stays; the item says why.
    Blocked(AttentionItem),
}

/// Why an event is not leave to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exclusion {
    OutsideWindow,
    /// Overtime, or another category that takes no hours off the schedule.
    NotTimeOff,
    NotApproved,
    /// Worked time (remote work, training) of a type without our field.
    Worked,
}

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
    let invalid = |fault| {
        Classification::Blocked(AttentionItem::of_event(
            event.id,
            name,
            Cause::Invalid { fault, date: event.date },
        ))
    };
    let Some(date) = event.date else {
        return invalid(EventFault::NoDate);
    };
    if !rules.window.contains(date) {
        return Classification::Excluded(Exclusion::OutsideWindow);
    }
    match event.category.as_str() {
        "time_off" => {}
        "" => return invalid(EventFault::NoKind),
        _ => return Classification::Excluded(Exclusion::NotTimeOff),
    }
    match event.status.as_str() {
        "approved" => {}
        "pending" if rules.include_pending => {}
        "" => return invalid(EventFault::NoStatus),
        _ => return Classification::Excluded(Exclusion::NotApproved),
    }
    let mapping = map_type(event, leave_types, rules.mapping);
    let (user, absence_type) = match (person, mapping) {
        (_, Mapping::Excluded) => return Classification::Excluded(Exclusion::Worked),
        (PersonMatch::Unmatched(item) | PersonMatch::Ambiguous(item), _) => {
            return Classification::Blocked(item.clone());
        }
        (_, Mapping::Blocked(item)) => return Classification::Blocked(item),
        (PersonMatch::Matched(user), Mapping::To(absence_type)) => (*user, absence_type),
    };
    match times(event, date, rules.default_start) {
        Ok(times) => {
            Classification::Absent(DesiredAbsence { event: event.id, date, user, absence_type, times })
        }
        Err(fault) => invalid(fault),
    }
}

/// All day, or from the start for the duration, past midnight if necessary.
fn times(event: &CalendarEvent, date: Date, default_start: Time) -> Result<Times, EventFault> {
    let duration = event.duration_minutes.filter(|minutes| *minutes > 0).ok_or(EventFault::NoDuration)?;
    let midnight = date.at(0, 0, 0, 0);
    let after = |start: DateTime, minutes: i64| {
        let span = jiff::Span::new().try_minutes(minutes).map_err(|_too_long| EventFault::OutOfRange)?;
        start.checked_add(span).map_err(|_past_the_calendar| EventFault::OutOfRange)
    };
    if event.scheduled_minutes > 0 && duration >= event.scheduled_minutes {
        let end = midnight.checked_add(1.day()).map_err(|_past_the_calendar| EventFault::OutOfRange)?;
        return Ok(Times { start: midnight, end, all_day: true });
    }
    let start = match event.start_minutes {
        Some(minutes) if minutes < 0 => return Err(EventFault::OutOfRange),
        Some(minutes) => after(midnight, minutes)?,
        None => date.to_datetime(default_start),
    };
    Ok(Times { start, end: after(start, duration)?, all_day: false })
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

    const DAY: Date = date(2026, 4, 3);

    fn event() -> CalendarEvent {
        CalendarEvent {
            id: EventId(123),
            date: Some(DAY),
            name: "Verlof".into(),
            leave_type: LeaveTypeRef::SickDay,
            category: "time_off".into(),
            status: "approved".into(),
            is_worked: false,
            duration_minutes: Some(456),
            start_minutes: Some(540),
            scheduled_minutes: 456,
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
            Classification::Blocked(item) => item.kind(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_whole_day_lasts_from_midnight_to_midnight() {
        let all_day = ("2026-04-03T00:00:00".to_owned(), "2026-04-04T00:00:00".to_owned(), true);
        assert_eq!(when(&event()), all_day);
        assert_eq!(when(&CalendarEvent { duration_minutes: Some(480), ..event() }), all_day);
    }

    #[test]
    fn a_part_of_a_day_begins_at_its_start_or_at_the_default_one_and_may_pass_midnight() {
        let half = CalendarEvent { duration_minutes: Some(228), ..event() };
        assert_eq!(when(&half), ("2026-04-03T09:00:00".into(), "2026-04-03T12:48:00".into(), false));
        let unknown = CalendarEvent { start_minutes: None, ..half.clone() };
        assert_eq!(when(&unknown), when(&half));
        let night = CalendarEvent { start_minutes: Some(22 * 60), scheduled_minutes: 480, ..half.clone() };
        assert_eq!(when(&night), ("2026-04-03T22:00:00".into(), "2026-04-04T01:48:00".into(), false));
        let unscheduled = CalendarEvent { scheduled_minutes: 0, ..event() };
        assert_eq!(when(&unscheduled), ("2026-04-03T09:00:00".into(), "2026-04-03T16:36:00".into(), false));
    }

    #[test]
    fn what_is_no_leave_is_left_out_without_an_item() {
        let left_out = |event: CalendarEvent| match judge(&event) {
            Classification::Excluded(why) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(left_out(CalendarEvent { category: "overtime".into(), ..event() }), Exclusion::NotTimeOff);
        assert_eq!(left_out(CalendarEvent { status: "pending".into(), ..event() }), Exclusion::NotApproved);
        assert_eq!(left_out(CalendarEvent { status: "declined".into(), ..event() }), Exclusion::NotApproved);
        assert_eq!(left_out(CalendarEvent { is_worked: true, ..event() }), Exclusion::Worked);
        assert_eq!(
            left_out(CalendarEvent { date: Some(date(2025, 12, 31)), ..event() }),
            Exclusion::OutsideWindow
        );
        assert_eq!(
            left_out(CalendarEvent { date: Some(date(2027, 1, 1)), ..event() }),
            Exclusion::OutsideWindow
        );
    }

    #[test]
    fn pending_leave_is_written_when_that_is_configured() {
        let pending = CalendarEvent { status: "pending".into(), ..event() };
        assert!(matches!(
            judge_with(&pending, &PersonMatch::Matched(UserId(7)), true),
            Classification::Absent(_)
        ));
    }

    #[test]
    fn an_event_that_does_not_say_enough_is_reported_and_never_taken_for_no_leave() {
        for invalid in [
            CalendarEvent { duration_minutes: None, ..event() },
            CalendarEvent { duration_minutes: Some(0), ..event() },
            CalendarEvent { duration_minutes: Some(-228), ..event() },
            CalendarEvent { duration_minutes: Some(i64::MAX), scheduled_minutes: 0, ..event() },
            CalendarEvent { start_minutes: Some(-1), duration_minutes: Some(60), ..event() },
            CalendarEvent { start_minutes: Some(i64::MAX), duration_minutes: Some(60), ..event() },
            CalendarEvent { date: None, ..event() },
            CalendarEvent { category: String::new(), ..event() },
            CalendarEvent { status: String::new(), ..event() },
        ] {
            assert_eq!(kind(&judge(&invalid)), AttentionKind::InvalidEvent);
        }
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
        let worked = CalendarEvent { is_worked: true, ..event() };
        assert_eq!(judge_with(&worked, &unmatched, false), Classification::Excluded(Exclusion::Worked));
    }

    proptest! {
        #[test]
        fn minutes_are_wall_clock_on_every_day_also_when_the_clocks_change(
            day in 0_i32..3000, start in prop::option::of(0_i64..1440), duration in 1_i64..3000, scheduled in 0_i64..600,
        ) {
            // From 2024 on: six changes of the clock in each direction.
            let date = date(2024, 1, 1).checked_add(day.days()).unwrap();
            let event = CalendarEvent {
                date: Some(date), start_minutes: start, duration_minutes: Some(duration), scheduled_minutes: scheduled, ..event()
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
            start in any::<Option<i64>>(), duration in any::<Option<i64>>(), scheduled in any::<i64>(),
            category in "(time_off|overtime|\\PC{0,3})", status in "(approved|pending|\\PC{0,3})", year in -9999_i16..=9999,
        ) {
            let event = CalendarEvent {
                date: Some(date(year, 12, 31)), start_minutes: start, duration_minutes: duration,
                scheduled_minutes: scheduled, category, status, ..event()
            };
            let _standing = judge(&event);
        }
    }
}

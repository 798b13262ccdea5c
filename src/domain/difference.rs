//! What Optedo contains otherwise than this service wrote it, because somebody changed it there. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};
use utoipa::ToSchema;

use crate::clock::wall_clock;
use crate::domain::absence::{Absence, NewAbsence};
use crate::domain::desired::{Classification, Window};
use crate::domain::ids::{AbsenceId, AbsenceTypeId, CompanyId, EventId, PersonId, UserId};
use crate::domain::plan::{WrittenAbsence, absence_to_write, event_of_reference};

/// How an absence in Optedo differs from what Officient says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema, Display, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum DifferenceKind {
    /// Somebody deleted the absence.
    Missing,
    /// Its times, type or user differ.
    Changed,
    /// It carries our reference, and no event explains it.
    Unexplained,
}

/// Whose absence it is, of which type, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Placement {
    pub user_id: UserId,
    pub absence_type_id: AbsenceTypeId,
    /// Wall clock.
    #[schema(schema_with = wall_clock)]
    pub start: DateTime,
    /// Wall clock, exclusive.
    #[schema(schema_with = wall_clock)]
    pub end: DateTime,
    pub all_day: bool,
}

impl From<&NewAbsence> for Placement {
    fn from(absence: &NewAbsence) -> Self {
        let NewAbsence { user_id, absence_type_id, start, end, all_day, .. } = *absence;
        Self { user_id, absence_type_id, start, end, all_day }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    pub kind: DifferenceKind,
    pub person_id: PersonId,
    pub event_id: EventId,
    pub absence_id: Option<AbsenceId>,
    pub date: Date,
    /// What Officient says; `None` for an absence that no event explains.
    pub expected: Option<Placement>,
    /// What Optedo contains.
    pub found: Option<Placement>,
}

/// What is known of one person's absences.
pub struct Comparison<'a> {
    pub company: CompanyId,
    pub person: PersonId,
    pub window: Window,
    pub classifications: &'a BTreeMap<EventId, Classification>,
    /// Events whose absence is about to be written.
    pub changing: &'a BTreeSet<EventId>,
    /// The rows whose absence Optedo must list.
    pub rows: &'a [WrittenAbsence],
    /// The absences in Optedo of the person's user.
    pub listed: &'a [Absence],
    /// Events that have a row, of whomever; `None`: the calendar is not known completely, so nothing is unexplained.
    pub known: Option<&'a BTreeSet<EventId>>,
}

/// Compares what Optedo should contain with what it contains.
pub fn differences(comparison: &Comparison<'_>) -> Vec<Difference> {
    let settled = comparison
        .rows
        .iter()
        .filter(|row| row.intent.is_none() && row.absence.is_some() && !comparison.changing.contains(&row.event));
    settled.filter_map(|row| of_row(comparison, row)).chain(unexplained(comparison)).collect()
}

fn of_row(comparison: &Comparison<'_>, row: &WrittenAbsence) -> Option<Difference> {
    let Some(Classification::Absent(desired)) = comparison.classifications.get(&row.event) else { return None };
    let expected = Placement::from(&absence_to_write(comparison.company, desired));
    let found = comparison.listed.iter().find(|listed| Some(listed.id) == row.absence);
    let found = found.map(|found| Placement::from(&found.content));
    let kind = match &found {
        None => DifferenceKind::Missing,
        Some(found) if *found != expected => DifferenceKind::Changed,
        Some(_) => return None,
    };
    Some(Difference {
        kind,
        person_id: comparison.person,
        event_id: row.event,
        absence_id: row.absence,
        date: row.date,
        expected: Some(expected),
        found,
    })
}

fn unexplained(comparison: &Comparison<'_>) -> impl Iterator<Item = Difference> {
    comparison.listed.iter().filter_map(|listed| {
        let event_id = event_of_reference(comparison.company, listed.content.external_reference.as_deref()?)?;
        let date = listed.content.start.date();
        let is_explained = comparison.known?.contains(&event_id) || comparison.classifications.contains_key(&event_id);
        (!is_explained && comparison.window.contains(date)).then(|| Difference {
            kind: DifferenceKind::Unexplained,
            person_id: comparison.person,
            event_id,
            absence_id: Some(listed.id),
            date,
            expected: None,
            found: Some(Placement::from(&listed.content)),
        })
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::absence::Times;
    use crate::domain::desired::{DesiredAbsence, Exclusion};
    use crate::domain::plan::Intent;

    const COMPANY: CompanyId = CompanyId(1);
    const PERSON: PersonId = PersonId(264);
    const WINDOW: Window = Window { from: date(2026, 1, 1), until: date(2026, 12, 31) };

    fn desired(event: i64) -> DesiredAbsence {
        let day = date(2026, 4, 3);
        DesiredAbsence {
            event: EventId(event),
            date: day,
            user: UserId(7),
            absence_type: AbsenceTypeId(3),
            times: Times { start: day.at(9, 0, 0, 0), end: day.at(13, 0, 0, 0), all_day: false },
            is_worked: false,
        }
    }

    fn row(event: i64) -> WrittenAbsence {
        let DesiredAbsence { event, date, user, absence_type, times, is_worked } = desired(event);
        WrittenAbsence {
            event,
            person: PERSON,
            date,
            user,
            absence: Some(AbsenceId(event.0 + 1000)),
            absence_type,
            times,
            intent: None,
            deletion_confirmed: false,
            deletion_rejected: false,
            deletion_requested: false,
            call_until: None,
            written_at: None,
            is_worked: Some(is_worked),
        }
    }

    fn listed(event: i64) -> Absence {
        Absence { id: AbsenceId(event + 1000), content: absence_to_write(COMPANY, &desired(event)) }
    }

    /// Compares leave of events 1 and 2, which was written, with what Optedo lists.
    fn compare(listed: &[Absence], change: impl Fn(&mut Comparison<'_>)) -> Vec<Difference> {
        let leave = [1, 2].map(|event| (EventId(event), Classification::Absent(desired(event))));
        let mut comparison = Comparison {
            company: COMPANY,
            person: PERSON,
            window: WINDOW,
            classifications: &leave.into(),
            changing: &BTreeSet::new(),
            rows: &[row(1), row(2)],
            listed,
            known: Some(&[EventId(1), EventId(2)].into()),
        };
        change(&mut comparison);
        differences(&comparison)
    }

    fn kinds(differences: &[Difference]) -> Vec<(DifferenceKind, i64)> {
        differences.iter().map(|difference| (difference.kind, difference.event_id.0)).collect()
    }

    #[test]
    fn what_is_as_it_was_written_does_not_differ() {
        assert_eq!(compare(&[listed(1), listed(2)], |_| ()), []);
    }

    #[test]
    fn an_absence_that_is_gone_is_missing() {
        let found = compare(&[listed(2)], |_| ());
        assert_eq!(kinds(&found), [(DifferenceKind::Missing, 1)]);
        assert_eq!(found[0].expected, Some(Placement::from(&listed(1).content)));
        assert_eq!((found[0].found.as_ref(), found[0].absence_id), (None, Some(AbsenceId(1001))));
    }

    #[test]
    fn other_times_another_type_and_another_user_are_changes() {
        let changes: [fn(&mut NewAbsence); 5] = [
            |absence| absence.start = absence.start.date().at(8, 0, 0, 0),
            |absence| absence.end = absence.end.date().at(17, 0, 0, 0),
            |absence| absence.all_day = true,
            |absence| absence.absence_type_id = AbsenceTypeId(4),
            |absence| absence.user_id = UserId(8),
        ];
        for change in changes {
            let mut edited = listed(1);
            change(&mut edited.content);
            let found = compare(&[edited.clone(), listed(2)], |_| ());
            assert_eq!(kinds(&found), [(DifferenceKind::Changed, 1)]);
            assert_eq!(found[0].found, Some(Placement::from(&edited.content)));
        }
    }

    #[test]
    fn a_reference_of_ours_without_an_event_is_unexplained() {
        let foreign = Absence {
            content: NewAbsence { external_reference: Some("payroll:1:9".to_owned()), ..listed(9).content },
            ..listed(9)
        };
        let by_hand = Absence { content: NewAbsence { external_reference: None, ..listed(8).content }, ..listed(8) };
        let of_other_company = Absence {
            content: NewAbsence { external_reference: Some("officient:2:5".to_owned()), ..listed(5).content },
            ..listed(5)
        };
        let all = [listed(1), listed(2), listed(3), foreign, by_hand, of_other_company];
        let found = compare(&all, |_| ());
        assert_eq!(kinds(&found), [(DifferenceKind::Unexplained, 3)]);
        assert_eq!((found[0].expected.as_ref(), found[0].absence_id), (None, Some(AbsenceId(1003))));
    }

    #[test]
    fn what_the_admin_keeps_although_its_event_is_gone_does_not_differ() {
        let kept = [WrittenAbsence { deletion_rejected: true, ..row(1) }];
        let known = [EventId(1)].into();
        for listed in [vec![listed(1)], vec![]] {
            let comparison = Comparison {
                company: COMPANY,
                person: PERSON,
                window: WINDOW,
                classifications: &BTreeMap::new(),
                changing: &BTreeSet::new(),
                rows: &kept,
                listed: &listed,
                known: Some(&known),
            };
            assert_eq!(differences(&comparison), []);
        }
    }

    #[test]
    fn nothing_is_unexplained_where_the_calendar_is_not_known() {
        assert_eq!(compare(&[listed(1), listed(2), listed(3)], |comparison| comparison.known = None), []);
    }

    #[test]
    fn what_lies_outside_the_window_or_has_a_row_is_explained() {
        let all = [listed(1), listed(2), listed(3)];
        let window = Window { from: date(2026, 4, 4), until: date(2026, 12, 31) };
        assert_eq!(compare(&all, |comparison| comparison.window = window), []);
        let known = [EventId(3)].into();
        assert_eq!(
            differences(&Comparison {
                company: COMPANY,
                person: PERSON,
                window: WINDOW,
                classifications: &BTreeMap::new(),
                changing: &BTreeSet::new(),
                rows: &[],
                listed: &[listed(3)],
                known: Some(&known),
            }),
            []
        );
    }

    #[test]
    fn what_is_about_to_be_written_or_is_no_leave_is_not_compared() {
        let changing = [EventId(1)].into();
        let all_change = |change: &dyn Fn(&mut WrittenAbsence)| {
            let mut rows = [row(1), row(2)];
            rows.iter_mut().for_each(change);
            rows
        };
        let leave = [1, 2].map(|event| (EventId(event), Classification::Absent(desired(event)))).into();
        let no_leave = [1, 2].map(|event| (EventId(event), Classification::Excluded(Exclusion::NotApproved))).into();
        let compare = |rows: &[WrittenAbsence], classifications, changing| {
            let known = None;
            let comparison = Comparison {
                company: COMPANY,
                person: PERSON,
                window: WINDOW,
                classifications,
                changing,
                rows,
                listed: &[],
                known,
            };
            kinds(&differences(&comparison))
        };
        let none = BTreeSet::new();
        let rows = all_change(&|_| ());
        assert_eq!(compare(&rows, &leave, &changing), [(DifferenceKind::Missing, 2)]);
        assert_eq!(compare(&rows, &no_leave, &none), []);
        assert_eq!(compare(&all_change(&|row| row.intent = Some(Intent::Update)), &leave, &none), []);
        assert_eq!(compare(&all_change(&|row| row.absence = None), &leave, &none), []);
    }
}

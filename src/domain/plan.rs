//! The difference between the absences that Optedo should contain and those that we wrote: create, change, delete, keep.
//! Pure.
//!
//! All the rules about what is never done are here. Our own rows are compared, never Optedo's state: what a user changed in
//! Optedo stays until the event in Officient changes. A *problem* (a person who no longer matches, a type that is no
//! longer mapped, an event that cannot be read) never deletes an absence. Only an event that is gone, or that is no longer
//! approved leave, deletes its absence, and only on complete evidence.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::absence::Times;
use crate::domain::absence::{Absence, NewAbsence};
use crate::domain::attention::AttentionItem;
use crate::domain::desired::{Classification, DesiredAbsence, Exclusion, Window};
use crate::domain::ids::{AbsenceId, AbsenceTypeId, CompanyId, EventId, UserId};

/// A write that was begun and whose outcome is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum Intent {
    /// Optedo may contain the absence under our reference, or not.
    Create,
    /// The absence has its old or its new values.
    Update,
    /// The absence may be gone.
    Delete,
}

/// A row of ours: what was last written for an event, or was about to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenAbsence {
    pub event: EventId,
    pub date: Date,
    pub user: UserId,
    /// `None` only until a creation has succeeded.
    pub absence: Option<AbsenceId>,
    pub absence_type: AbsenceTypeId,
    pub times: Times,
    pub intent: Option<Intent>,
    /// Until when an earlier call may still reach Optedo.
    pub call_until: Option<Timestamp>,
    pub deletion_confirmed: bool,
}

impl WrittenAbsence {
    /// The id in Optedo: as stored, or found under our reference if the outcome of the creation is not known.
    pub fn absence_in(&self, company: CompanyId, existing: &[Absence]) -> Option<AbsenceId> {
        self.absence.or_else(|| find_ours(company, self.event, existing))
    }

    /// Whether these are the values that we wrote, or were about to write.
    fn equals(&self, desired: &DesiredAbsence) -> bool {
        self.date == desired.date
            && self.user == desired.user
            && self.absence_type == desired.absence_type
            && self.times == desired.times
    }
}

/// What to do in Optedo about one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Optedo contains no absence of ours. `begun`: an earlier creation, which may have succeeded.
    Create {
        desired: DesiredAbsence,
        begun: Option<WrittenAbsence>,
    },
    Update {
        absence: AbsenceId,
        written: WrittenAbsence,
        desired: DesiredAbsence,
    },
    Delete {
        /// Without an id: an earlier creation, which may have succeeded.
        written: WrittenAbsence,
    },
}

impl Change {
    pub fn event(&self) -> EventId {
        match self {
            Self::Create { desired, .. } | Self::Update { desired, .. } => desired.event,
            Self::Delete { written } => written.event,
        }
    }

    pub fn date(&self) -> Option<Date> {
        match self {
            Self::Create { desired, .. } | Self::Update { desired, .. } => Some(desired.date),
            Self::Delete { written } => Some(written.date),
        }
    }

    fn written(&self) -> Option<&WrittenAbsence> {
        match self {
            Self::Create { begun, .. } => begun.as_ref(),
            Self::Update { written, .. } | Self::Delete { written } => Some(written),
        }
    }

    /// Until when an earlier call may still reach Optedo. A call before that time could be overtaken by it.
    pub fn call_under_way(&self, now: Timestamp) -> Option<Timestamp> {
        let written = self.written().filter(|written| written.intent.is_some())?;
        written.call_until.filter(|until| *until > now)
    }
}

/// All changes for one person, and the leave that is blocked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In the order in which they are applied: creations and updates first, deletions last.
    pub changes: Vec<Change>,
    /// Leave that is not written, and the item that says why.
    pub blocked: Vec<(EventId, AttentionItem)>,
    /// The number of absences that are right as they are.
    pub kept: usize,
}

/// Which part of the person's calendar was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence<'a> {
    pub years: &'a [i16],
    /// Every requested year could be read; otherwise nothing is deleted.
    pub is_complete: bool,
}

/// Compares the classified events of the calendar with our rows.
pub fn plan(
    classifications: &BTreeMap<EventId, Classification>,
    written: &[WrittenAbsence],
    window: Window,
    evidence: Evidence<'_>,
) -> Plan {
    let mut plan = Plan::default();
    let mut deletions = Vec::new();
    for row in written {
        // Days outside the window are never touched, not even for an event that moved into it.
        if !window.contains(row.date) {
            continue;
        }
        let is_gone = match classifications.get(&row.event) {
            Some(Classification::Absent(desired)) => {
                plan.keep_or_change(row, desired);
                false
            }
            Some(Classification::Blocked(_) | Classification::Excluded(Exclusion::Worked)) => false,
            Some(Classification::Excluded(
                Exclusion::OutsideWindow | Exclusion::NotTimeOff | Exclusion::NotApproved,
            )) => true,
            None => evidence.years.contains(&row.date.year()),
        };
        if is_gone && evidence.is_complete {
            deletions.push(Change::Delete { written: row.clone() });
        }
    }
    for (event, classification) in classifications {
        match classification {
            Classification::Absent(desired) if written.iter().all(|row| row.event != *event) => {
                plan.changes.push(Change::Create { desired: desired.clone(), begun: None });
            }
            Classification::Blocked(item) => plan.blocked.push((*event, item.clone())),
            Classification::Absent(_) | Classification::Excluded(_) => {}
        }
    }
    plan.changes.extend(deletions);
    plan
}

impl Plan {
    fn keep_or_change(&mut self, row: &WrittenAbsence, desired: &DesiredAbsence) {
        let desired = desired.clone();
        match (row.absence, row.intent) {
            (Some(_), None) if row.equals(&desired) => self.kept += 1,
            // An update whose outcome is not known is repeated; the result is the same however often.
            (Some(absence), _) => {
                self.changes.push(Change::Update { absence, written: row.clone(), desired });
            }
            (None, _) => self.changes.push(Change::Create { desired, begun: Some(row.clone()) }),
        }
    }

    /// The users whose absences must be read from Optedo before anything is created.
    pub fn users_to_read(&self) -> Vec<UserId> {
        let mut users: Vec<UserId> = Vec::new();
        for change in &self.changes {
            match change {
                Change::Create { desired, begun } => {
                    users.push(desired.user);
                    users.extend(begun.as_ref().map(|begun| begun.user));
                }
                Change::Delete { written } if written.absence.is_none() => users.push(written.user),
                Change::Update { .. } | Change::Delete { .. } => {}
            }
        }
        users.sort_unstable();
        users.dedup();
        users
    }

    /// Whether an earlier write, whose outcome is not known, is continued.
    pub fn continues_earlier_write(&self) -> bool {
        self.changes.iter().any(|change| change.written().is_some_and(|written| written.intent.is_some()))
    }

    pub fn deletions(&self) -> Vec<EventId> {
        self.deleted().map(|written| written.event).collect()
    }

    pub fn deleted(&self) -> impl Iterator<Item = &WrittenAbsence> {
        self.changes.iter().filter_map(|change| match change {
            Change::Delete { written } => Some(written),
            Change::Create { .. } | Change::Update { .. } => None,
        })
    }
}

/// The `externalReference` of our absence for this event.
pub fn reference(company: CompanyId, event: EventId) -> String {
    format!("officient:{company}:{event}")
}

pub fn absence_to_write(company: CompanyId, desired: &DesiredAbsence) -> NewAbsence {
    NewAbsence {
        user_id: desired.user,
        absence_type_id: desired.absence_type,
        start: desired.times.start,
        end: desired.times.end,
        all_day: desired.times.all_day,
        external_reference: Some(reference(company, desired.event)),
    }
}

/// What a creation becomes, given the absences that Optedo already contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    Write,
    /// An existing absence becomes ours; nothing is written until its event changes.
    Adopt(AbsenceId),
    /// Our earlier creation succeeded, but the event changed since.
    Change(AbsenceId),
}

/// Checks before creating. `existing`: Optedo's absences of the users concerned; `free`: whether an absence belongs to
/// no event yet.
pub fn adopt_or_create(
    company: CompanyId,
    desired: &DesiredAbsence,
    begun: Option<&WrittenAbsence>,
    existing: &[Absence],
    adopt_existing: bool,
    free: impl Fn(AbsenceId) -> bool,
) -> Creation {
    if let Some(ours) = find_ours(company, desired.event, existing) {
        return match begun {
            Some(begun) if !begun.equals(desired) => Creation::Change(ours),
            _ => Creation::Adopt(ours),
        };
    }
    let wanted = absence_to_write(company, desired);
    let is_identical = |absence: &&Absence| {
        let by_hand = absence.content.external_reference.as_ref().is_none_or(String::is_empty);
        let ours =
            NewAbsence { external_reference: wanted.external_reference.clone(), ..absence.content.clone() };
        by_hand && ours == wanted && free(absence.id)
    };
    match existing.iter().find(is_identical) {
        Some(absence) if adopt_existing => Creation::Adopt(absence.id),
        _ => Creation::Write,
    }
}

/// The absence in Optedo that carries our reference for this event.
fn find_ours(company: CompanyId, event: EventId, existing: &[Absence]) -> Option<AbsenceId> {
    let reference = reference(company, event);
    let ours =
        existing.iter().filter(|absence| absence.content.external_reference.as_ref() == Some(&reference));
    ours.map(|absence| absence.id).min()
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::attention::Cause;
    use crate::domain::ids::PersonId;

    const WINDOW: Window = Window { from: date(2026, 1, 1), until: date(2027, 12, 31) };
    const COMPLETE: Evidence<'_> = Evidence { years: &[2026, 2027], is_complete: true };
    const COMPANY: CompanyId = CompanyId(60002);

    fn on(day: Date, hours: i64) -> Times {
        let start = day.at(9, 0, 0, 0);
        Times { start, end: start.checked_add(hours.hours()).unwrap(), all_day: false }
    }

    fn desired(event: i64) -> DesiredAbsence {
        let date = date(2026, 4, 3);
        DesiredAbsence {
            event: EventId(event),
            date,
            user: UserId(7),
            absence_type: AbsenceTypeId(3),
            times: on(date, 4),
        }
    }

    fn row(desired: &DesiredAbsence) -> WrittenAbsence {
        WrittenAbsence {
            event: desired.event,
            date: desired.date,
            user: desired.user,
            absence: Some(AbsenceId(desired.event.0 + 1000)),
            absence_type: desired.absence_type,
            times: desired.times,
            intent: None,
            call_until: None,
            deletion_confirmed: false,
        }
    }

    fn absent(desired: &[DesiredAbsence]) -> BTreeMap<EventId, Classification> {
        desired.iter().map(|desired| (desired.event, Classification::Absent(desired.clone()))).collect()
    }

    fn one(event: i64, classification: Classification) -> BTreeMap<EventId, Classification> {
        BTreeMap::from([(EventId(event), classification)])
    }

    fn blocked() -> Classification {
        Classification::Blocked(AttentionItem::of_person(
            PersonId(264),
            "jan Peeters",
            Cause::NoSuchUser,
            None,
        ))
    }

    #[test]
    fn what_is_equal_is_kept_what_differs_is_changed_what_is_new_is_created() {
        let kept = desired(1);
        let changed = DesiredAbsence { times: on(date(2026, 4, 3), 8), ..desired(2) };
        let plan = plan(
            &absent(&[kept.clone(), changed.clone(), desired(3)]),
            &[row(&kept), row(&desired(2))],
            WINDOW,
            COMPLETE,
        );
        assert_eq!(plan.kept, 1);
        assert_eq!(
            plan.changes,
            [
                Change::Update { absence: AbsenceId(1002), written: row(&desired(2)), desired: changed },
                Change::Create { desired: desired(3), begun: None }
            ]
        );
    }

    #[test]
    fn an_absence_moves_with_the_person_to_another_user_or_type() {
        for moved in [
            DesiredAbsence { user: UserId(8), ..desired(1) },
            DesiredAbsence { absence_type: AbsenceTypeId(4), ..desired(1) },
        ] {
            let plan = plan(&absent(std::slice::from_ref(&moved)), &[row(&desired(1))], WINDOW, COMPLETE);
            assert_eq!(
                plan.changes,
                [Change::Update { absence: AbsenceId(1001), written: row(&desired(1)), desired: moved }]
            );
        }
    }

    #[test]
    fn only_an_event_that_is_gone_or_no_longer_approved_leave_is_deleted() {
        let written = [row(&desired(1))];
        let deletes = |classifications: BTreeMap<EventId, Classification>| {
            !plan(&classifications, &written, WINDOW, COMPLETE).changes.is_empty()
        };
        assert!(deletes(BTreeMap::new()));
        assert!(deletes(one(1, Classification::Excluded(Exclusion::NotApproved))));
        assert!(deletes(one(1, Classification::Excluded(Exclusion::NotTimeOff))));
        assert!(deletes(one(1, Classification::Excluded(Exclusion::OutsideWindow))));
        assert!(!deletes(one(1, Classification::Excluded(Exclusion::Worked))));
        assert!(!deletes(one(1, blocked())));
    }

    #[test]
    fn nothing_is_deleted_on_part_of_the_evidence_but_the_rest_is_done() {
        let written = [row(&desired(1)), row(&desired(2))];
        let classifications = [
            (EventId(1), Classification::Excluded(Exclusion::NotApproved)),
            (EventId(3), Classification::Absent(desired(3))),
        ];
        let partial = Evidence { years: &[2026], is_complete: false };
        let plan = plan(&BTreeMap::from(classifications), &written, WINDOW, partial);
        assert_eq!(plan.changes, [Change::Create { desired: desired(3), begun: None }]);
    }

    #[test]
    fn a_year_that_was_not_asked_for_is_left_alone() {
        let far = Evidence { years: &[2027], is_complete: true };
        assert_eq!(plan(&BTreeMap::new(), &[row(&desired(1))], WINDOW, far), Plan::default());
    }

    #[test]
    fn days_outside_the_window_are_never_touched_even_when_the_event_moves_into_it() {
        let old = DesiredAbsence { date: date(2025, 12, 31), times: on(date(2025, 12, 31), 4), ..desired(1) };
        let years = Evidence { years: &[2025, 2026, 2027], is_complete: true };
        for classifications in [BTreeMap::new(), absent(&[desired(1)])] {
            assert_eq!(plan(&classifications, &[row(&old)], WINDOW, years).changes, []);
        }
    }

    #[test]
    fn a_write_whose_end_is_not_known_is_made_again_whatever_its_values() {
        let begun = |intent| WrittenAbsence { intent: Some(intent), ..row(&desired(1)) };
        for intent in [Intent::Update, Intent::Delete] {
            let plan = plan(&absent(&[desired(1)]), &[begun(intent)], WINDOW, COMPLETE);
            assert_eq!(
                plan.changes,
                [Change::Update { absence: AbsenceId(1001), written: begun(intent), desired: desired(1) }]
            );
        }
        let create = WrittenAbsence { absence: None, ..begun(Intent::Create) };
        assert_eq!(
            plan(&absent(&[desired(1)]), std::slice::from_ref(&create), WINDOW, COMPLETE).changes,
            [Change::Create { desired: desired(1), begun: Some(create.clone()) }]
        );
        assert_eq!(
            plan(&BTreeMap::new(), std::slice::from_ref(&create), WINDOW, COMPLETE).changes,
            [Change::Delete { written: create }]
        );
        assert_eq!(
            plan(&BTreeMap::new(), &[begun(Intent::Delete)], WINDOW, COMPLETE).changes,
            [Change::Delete { written: begun(Intent::Delete) }]
        );
    }

    fn standing_absence(id: i64, desired: &DesiredAbsence, reference: Option<&str>) -> Absence {
        let content = NewAbsence {
            external_reference: reference.map(str::to_owned),
            ..absence_to_write(COMPANY, desired)
        };
        Absence { id: AbsenceId(id), content }
    }

    #[test]
    fn an_absence_with_our_reference_or_an_identical_one_by_hand_is_taken_over() {
        let look = |existing: &[Absence], adopt| {
            adopt_or_create(COMPANY, &desired(1), None, existing, adopt, |_| true)
        };
        let ours = standing_absence(
            5,
            &DesiredAbsence { times: on(date(2026, 4, 3), 1), ..desired(1) },
            Some("officient:60002:1"),
        );
        assert_eq!(look(std::slice::from_ref(&ours), false), Creation::Adopt(AbsenceId(5)));
        let by_hand = standing_absence(6, &desired(1), None);
        assert_eq!(look(std::slice::from_ref(&by_hand), true), Creation::Adopt(AbsenceId(6)));
        assert_eq!(look(std::slice::from_ref(&by_hand), false), Creation::Write);
        assert_eq!(look(&[], true), Creation::Write);
    }

    #[test]
    fn the_absences_of_others_are_not_taken_over() {
        let look = |existing: Absence, free: bool| {
            adopt_or_create(COMPANY, &desired(1), None, &[existing], true, |_| free)
        };
        assert_eq!(look(standing_absence(5, &desired(1), Some("other:1")), true), Creation::Write);
        assert_eq!(look(standing_absence(5, &desired(1), Some("officient:60002:2")), true), Creation::Write);
        assert_eq!(look(standing_absence(5, &desired(1), Some("officient:1:1")), true), Creation::Write);
        assert_eq!(look(standing_absence(5, &desired(1), None), false), Creation::Write);
        let other_hours = DesiredAbsence { times: on(date(2026, 4, 3), 8), ..desired(1) };
        assert_eq!(look(standing_absence(5, &other_hours, None), true), Creation::Write);
    }

    #[test]
    fn a_create_that_came_through_is_changed_when_its_event_changed_since() {
        let begun = WrittenAbsence { absence: None, intent: Some(Intent::Create), ..row(&desired(1)) };
        let existing = [standing_absence(5, &desired(1), Some("officient:60002:1"))];
        let look = |desired: &DesiredAbsence| {
            adopt_or_create(COMPANY, desired, Some(&begun), &existing, true, |_| true)
        };
        assert_eq!(look(&desired(1)), Creation::Adopt(AbsenceId(5)));
        let changed = DesiredAbsence { times: on(date(2026, 4, 3), 8), ..desired(1) };
        assert_eq!(look(&changed), Creation::Change(AbsenceId(5)));
    }

    fn any_standing(event: i64) -> impl Strategy<Value = Option<Classification>> {
        let absent = (0_i32..730, 1_i64..10, 1_i64..4, 1_i64..4).prop_map(move |(day, hours, user, kind)| {
            let date = WINDOW.from.checked_add(day.days()).unwrap();
            Classification::Absent(DesiredAbsence {
                event: EventId(event),
                date,
                user: UserId(user),
                absence_type: AbsenceTypeId(kind),
                times: on(date, hours),
            })
        });
        prop_oneof![
            4 => absent.prop_map(Some),
            1 => Just(None),
            1 => Just(Some(blocked())),
            1 => Just(Some(Classification::Excluded(Exclusion::NotApproved))),
            1 => Just(Some(Classification::Excluded(Exclusion::Worked))),
        ]
    }

    fn any_row(event: i64) -> impl Strategy<Value = Option<WrittenAbsence>> {
        let intents = prop_oneof![
            Just(None),
            Just(Some(Intent::Create)),
            Just(Some(Intent::Update)),
            Just(Some(Intent::Delete))
        ];
        (any_standing(event), intents).prop_map(|(classification, intent)| match classification {
            Some(Classification::Absent(desired)) => {
                let absence = (intent != Some(Intent::Create)).then_some(AbsenceId(desired.event.0 + 1000));
                Some(WrittenAbsence { absence, intent, ..row(&desired) })
            }
            _ => None,
        })
    }

    /// What the rows are once every change came to its end.
    fn apply(plan: &Plan, written: &[WrittenAbsence]) -> Vec<WrittenAbsence> {
        let mut rows: BTreeMap<EventId, WrittenAbsence> =
            written.iter().map(|row| (row.event, row.clone())).collect();
        for change in &plan.changes {
            match change {
                Change::Create { desired, .. } | Change::Update { desired, .. } => {
                    rows.insert(desired.event, row(desired));
                }
                Change::Delete { written } => {
                    rows.remove(&written.event);
                }
            }
        }
        rows.into_values().collect()
    }

    proptest! {
        #[test]
        fn planning_again_after_applying_a_plan_gives_an_empty_plan(
            classifications in (any_standing(1), any_standing(2), any_standing(3), any_standing(4)),
            written in (any_row(1), any_row(2), any_row(3), any_row(5)),
        ) {
            let classifications: BTreeMap<EventId, Classification> = [(1, classifications.0), (2, classifications.1), (3, classifications.2), (4, classifications.3)]
                .into_iter().filter_map(|(event, classification)| Some((EventId(event), classification?))).collect();
            let written: Vec<WrittenAbsence> = [written.0, written.1, written.2, written.3].into_iter().flatten().collect();

            let first = plan(&classifications, &written, WINDOW, COMPLETE);
            let rows = apply(&first, &written);
            let second = plan(&classifications, &rows, WINDOW, COMPLETE);
            prop_assert_eq!(&second.changes, &vec![]);
            prop_assert_eq!(&second.blocked, &first.blocked);

            // Exactly what should stand stands; what is held back or worked stays if it stood.
            for (event, classification) in &classifications {
                let row = rows.iter().find(|row| row.event == *event);
                match classification {
                    Classification::Absent(desired) => prop_assert!(row.is_some_and(|row| row.equals(desired))),
                    Classification::Blocked(_) | Classification::Excluded(Exclusion::Worked) =>
                        prop_assert_eq!(row, written.iter().find(|row| row.event == *event)),
                    Classification::Excluded(_) => prop_assert!(row.is_none()),
                }
            }
            prop_assert!(rows.iter().all(|row| classifications.contains_key(&row.event)));

            // Nothing is deleted when part of the calendar could not be read.
            let partial = plan(&classifications, &written, WINDOW, Evidence { years: &[2026], is_complete: false });
            prop_assert!(partial.deletions().is_empty());
        }
    }
}

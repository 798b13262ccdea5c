//! The difference between the absences that Optedo should contain and those that we wrote: create, change, delete,
//! keep. Pure.
//!
//! All the rules about what is never done are here. Our own rows are compared, never Optedo's state: what a user
//! changed in Optedo stays until the event in Officient changes. A *problem* (a person who no longer matches, a type
//! that is no longer mapped, an event that is not understood) never deletes an absence. Only an event that is gone, or
//! that is no longer approved leave, deletes its absence, and only on complete evidence.
//!
//! What the admin keeps although its event is gone is not deleted until its event was back.
//!
//! Leave keeps its identity when its event id changes, as when payroll rewrites a month: an event that is gone is
//! paired with a new one of the same day, and its absence is changed in place.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use strum::{EnumString, IntoStaticStr};

use crate::config::Leavers;
use crate::domain::absence::{Absence, NewAbsence, REFERENCE_PREFIX, Times};
use crate::domain::attention::AttentionItem;
use crate::domain::desired::{Classification, DesiredAbsence, Exclusion, Window};
use crate::domain::ids::{AbsenceId, AbsenceTypeId, CompanyId, EventId, PersonId, UserId};

/// A write that was begun and whose outcome is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
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
    /// Whose calendar had the event.
    pub person: PersonId,
    pub date: Date,
    pub user: UserId,
    /// `None` only until a creation has succeeded.
    pub absence: Option<AbsenceId>,
    pub absence_type: AbsenceTypeId,
    pub times: Times,
    /// Whether the event was worked time when it was written; `None`: an older version wrote it.
    pub is_worked: Option<bool>,
    pub intent: Option<Intent>,
    /// `None` before the first write has succeeded, and once a deletion was begun.
    pub written_at: Option<Timestamp>,
    /// Until when an earlier call may still reach Optedo.
    pub call_until: Option<Timestamp>,
    pub deletion_confirmed: bool,
    /// The admin keeps the absence although its leave is gone.
    pub deletion_rejected: bool,
    /// The admin wants the absence deleted, also if its person is archived.
    pub deletion_requested: bool,
}

impl WrittenAbsence {
    /// The id in Optedo: as stored, or found under our reference if the outcome of the creation is not known.
    pub fn absence_in(&self, company: CompanyId, existing: &[Absence]) -> Option<AbsenceId> {
        self.absence.or_else(|| find_ours(company, self.event, existing).map(|absence| absence.id))
    }

    /// Whether `shown`, as Optedo shows it, has the values that we wrote.
    pub fn is_shown_by(&self, shown: &NewAbsence) -> bool {
        let times = Times { start: shown.start, end: shown.end, all_day: shown.all_day };
        (shown.user_id, shown.absence_type_id, times) == (self.user, self.absence_type, self.times)
    }

    /// Whether these are the values that we wrote, or were about to write.
    fn equals(&self, desired: &DesiredAbsence) -> bool {
        self.event == desired.event
            && self.date == desired.date
            && self.user == desired.user
            && self.absence_type == desired.absence_type
            && self.times == desired.times
    }
}

/// What to do in Optedo about one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Optedo contains no absence of ours. `begun`: an earlier creation, which may have succeeded; perhaps of another
    /// event for the same leave.
    Create { desired: DesiredAbsence, begun: Option<WrittenAbsence> },
    /// `written` may be of another event for the same leave.
    Update { absence: AbsenceId, written: WrittenAbsence, desired: DesiredAbsence },
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

    pub fn date(&self) -> Date {
        match self {
            Self::Create { desired, .. } | Self::Update { desired, .. } => desired.date,
            Self::Delete { written } => written.date,
        }
    }

    /// Whose absence is written or deleted, of which type, and when.
    pub fn content(&self) -> (UserId, AbsenceTypeId, Times) {
        match self {
            Self::Create { desired, .. } | Self::Update { desired, .. } => {
                (desired.user, desired.absence_type, desired.times)
            }
            Self::Delete { written } => (written.user, written.absence_type, written.times),
        }
    }

    /// The row that this change continues.
    pub fn written(&self) -> Option<&WrittenAbsence> {
        match self {
            Self::Create { begun, .. } => begun.as_ref(),
            Self::Update { written, .. } | Self::Delete { written } => Some(written),
        }
    }

    /// Whether this writes an absence where `other` still has one.
    pub fn needs_time_of(&self, other: &Self) -> bool {
        let Some((desired, held)) = self.desired().zip(other.written()) else { return false };
        desired.user == held.user && desired.times.start < held.times.end && held.times.start < desired.times.end
    }

    /// Whether an earlier attempt has no known outcome.
    fn is_repeated(&self) -> bool {
        self.written().is_some_and(|written| written.intent.is_some())
    }

    fn desired(&self) -> Option<&DesiredAbsence> {
        match self {
            Self::Create { desired, .. } | Self::Update { desired, .. } => Some(desired),
            Self::Delete { .. } => None,
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
    /// In the order in which they are applied, so that nobody is absent twice at any moment: deletions; updates, each
    /// after those that make room for it; creations.
    pub changes: Vec<Change>,
    /// Leave that is not written, and the item that says why.
    pub blocked: Vec<(EventId, AttentionItem)>,
    /// The number of absences that are right as they are.
    pub kept: usize,
    /// Events whose absence is not, or no longer, to be deleted.
    pub retained: Vec<EventId>,
    /// Events that are right in Optedo, and whether they are worked time now, where the row does not say so.
    pub worked: Vec<(EventId, bool)>,
}

/// Which part of a person's calendar was read, and understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence<'a> {
    pub person: PersonId,
    pub years: &'a [i16],
    /// Every requested year could be read; otherwise nothing is deleted.
    pub is_complete: bool,
    /// Says that an entry of the calendar is not understood. Any event may be behind it, so no event is known to be
    /// gone.
    pub unreadable: Option<AttentionItem>,
}

/// Compares the classified events of the calendar with our rows: those of the person, and those of the events.
pub fn plan(
    classifications: &BTreeMap<EventId, Classification>,
    written: &[WrittenAbsence],
    window: Window,
    evidence: &Evidence<'_>,
) -> Plan {
    // Days outside the window are never touched. An event that moved into the window is new.
    let rows: Vec<&WrittenAbsence> = written.iter().filter(|row| window.contains(row.date)).collect();
    let mut new = NewEvents::among(classifications, &rows);
    let mut plan = Plan { blocked: blocked(classifications, evidence), ..Plan::default() };
    let unreadable = evidence.unreadable.as_ref().or(new.undated);
    let mut gone = Vec::new();
    for row in rows {
        match classifications.get(&row.event) {
            Some(Classification::Absent(desired)) => plan.keep_or_change(row, desired, evidence.person),
            Some(
                Classification::Blocked { .. } | Classification::Excluded(Exclusion::TypeKept | Exclusion::PersonKept),
            ) => plan.retained.push(row.event),
            // Leave that became worked time is deleted; worked time whose mapping was removed stays.
            Some(Classification::Excluded(Exclusion::Worked)) if row.is_worked != Some(false) => {
                plan.retained.push(row.event);
            }
            Some(Classification::Excluded(_)) => gone.push(row),
            None if !evidence.years.contains(&row.date.year()) => {}
            None => match unreadable {
                // New leave on that day may be the same leave: the absence that is there stands for it.
                Some(item) => plan.block(&mut new.absent, row.date, item),
                // The event is not back, so the admin's decision stands.
                None if row.deletion_rejected => gone.push(row),
                // A change of type to one that is not mapped is a new event that is blocked. The leave stays.
                None if new.blocked_on.contains(&row.date) => plan.retained.push(row.event),
                None => gone.push(row),
            },
        }
    }
    plan.pair(&mut gone, &mut new.absent, evidence.person);
    gone.retain(|row| !row.deletion_rejected);
    if !evidence.is_complete {
        gone.clear();
    }
    let updates = in_order(std::mem::take(&mut plan.changes));
    let deletions = gone.into_iter().map(|row| Change::Delete { written: row.clone() });
    let creations = new.absent.into_iter().map(|desired| Change::Create { desired: desired.clone(), begun: None });
    plan.changes = deletions.chain(updates).chain(creations).collect();
    plan
}

/// The absences of an archived person stay, unless the admin decides otherwise about those from today on.
pub fn plan_archived(written: &[WrittenAbsence], today: Date, leavers: Leavers) -> Plan {
    let mut plan = Plan::default();
    for row in written.iter().filter(|row| !row.deletion_rejected) {
        let is_ahead = row.date >= today;
        if row.deletion_requested || (is_ahead && leavers == Leavers::Delete) {
            plan.changes.push(Change::Delete { written: row.clone() });
        } else if is_ahead && leavers == Leavers::Ask {
            plan.blocked.push((row.event, AttentionItem::archived_people()));
        }
    }
    plan
}

/// Events for which there is no absence of ours.
#[derive(Default)]
struct NewEvents<'a> {
    absent: Vec<&'a DesiredAbsence>,
    blocked_on: Vec<Date>,
    /// Is blocked, and may be of any day.
    undated: Option<&'a AttentionItem>,
}

impl<'a> NewEvents<'a> {
    fn among(classifications: &'a BTreeMap<EventId, Classification>, rows: &[&WrittenAbsence]) -> NewEvents<'a> {
        let mut new = NewEvents::default();
        let is_new = |event: &EventId| rows.iter().all(|row| row.event != *event);
        for (_, classification) in classifications.iter().filter(|(event, _)| is_new(event)) {
            match classification {
                Classification::Absent(desired) => new.absent.push(desired),
                Classification::Blocked { date: Some(date), .. } => new.blocked_on.push(*date),
                Classification::Blocked { item, date: None } => new.undated = Some(item),
                Classification::Excluded(_) => {}
            }
        }
        new
    }
}

fn blocked(
    classifications: &BTreeMap<EventId, Classification>,
    evidence: &Evidence<'_>,
) -> Vec<(EventId, AttentionItem)> {
    let events = classifications.iter().filter_map(|(event, classification)| match classification {
        Classification::Blocked { item, .. } => Some((*event, item.clone())),
        Classification::Absent(_) | Classification::Excluded(_) => None,
    });
    let entry = unreadable_entry(evidence.person);
    events.chain(evidence.unreadable.iter().map(|item| (entry, item.clone()))).collect()
}

impl Plan {
    fn keep_or_change(&mut self, row: &WrittenAbsence, desired: &DesiredAbsence, person: PersonId) {
        self.retained.push(desired.event);
        if row.absence.is_some() && row.intent.is_none() && row.equals(desired) && row.person == person {
            self.kept += 1;
            let is_known = row.is_worked == Some(desired.is_worked);
            self.worked.extend((!is_known).then_some((row.event, desired.is_worked)));
            return;
        }
        let (desired, written) = (desired.clone(), row.clone());
        self.changes.push(match row.absence {
            // An update whose outcome is not known is repeated; the result is the same however often.
            Some(absence) => Change::Update { absence, written, desired },
            None => Change::Create { desired, begun: Some(written) },
        });
    }

    /// Blocks the new leave on this day.
    fn block(&mut self, new: &mut Vec<&DesiredAbsence>, date: Date, item: &AttentionItem) {
        for desired in new.extract_if(.., |desired| desired.date == date) {
            self.blocked.push((desired.event, item.clone()));
        }
    }

    /// Pairs the absences whose event is gone with new leave of the same day, the most similar first.
    fn pair(&mut self, gone: &mut Vec<&WrittenAbsence>, new: &mut Vec<&DesiredAbsence>, person: PersonId) {
        type Similar = fn(&WrittenAbsence, &DesiredAbsence) -> bool;
        let same_type: Similar = |row, desired| row.absence_type == desired.absence_type;
        let same_times: Similar = |row, desired| row.times == desired.times;
        let same_both: Similar = |row, desired| row.absence_type == desired.absence_type && row.times == desired.times;
        for is_similar in [same_both, same_type, same_times, |_, _| true] {
            gone.retain(|row| {
                let pair = new.iter().position(|new| new.date == row.date && is_similar(row, new));
                if let Some(position) = pair {
                    self.keep_or_change(row, new.remove(position), person);
                }
                pair.is_none()
            });
        }
    }

    /// The users whose absences in the window must be read from Optedo, because it may contain one of an event that is
    /// new.
    pub fn users_to_read(&self) -> BTreeSet<UserId> {
        let new = self.changes.iter().filter_map(|change| match change {
            Change::Create { desired, begun: None } => Some(desired.user),
            Change::Update { written, desired, .. } if written.event != desired.event => Some(desired.user),
            Change::Create { .. } | Change::Update { .. } | Change::Delete { .. } => None,
        });
        new.collect()
    }

    /// Takes the pairs apart for whose new event Optedo contains an absence already. That happens when our database was
    /// restored from a backup that knows only the absence of the former event.
    pub fn separate_pairs(&mut self, company: CompanyId, existing: &[Absence]) {
        let is_there = |change: &mut Change| match change {
            Change::Update { absence, written, desired } if written.event != desired.event => {
                find_ours(company, desired.event, existing).is_some_and(|ours| ours.id != *absence)
            }
            Change::Create { .. } | Change::Update { .. } | Change::Delete { .. } => false,
        };
        for pair in self.changes.extract_if(.., is_there).collect::<Vec<_>>() {
            if let Change::Update { written, desired, .. } = pair {
                if !written.deletion_rejected {
                    self.changes.insert(0, Change::Delete { written });
                }
                self.changes.push(Change::Create { desired, begun: None });
            }
        }
    }

    /// The days on which an absence of the user may be the result of an earlier creation.
    pub fn days_to_read(&self) -> BTreeSet<(UserId, Date)> {
        let begun = self.changes.iter().filter_map(Change::written).filter(|row| row.absence.is_none());
        begun.map(|row| (row.user, row.date)).collect()
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

/// Puts changes in an order in which each finds its time free: behind the change that moves another absence away from
/// it. Where changes wait for each other, as when two absences swap their days, the first goes first.
fn in_order(mut changes: Vec<Change>) -> Vec<Change> {
    let mut ordered = Vec::with_capacity(changes.len());
    while !changes.is_empty() {
        let is_free = |(position, change): (usize, &Change)| {
            let mut others = changes.iter().enumerate().filter(|(other, _)| *other != position);
            others.all(|(_, other)| {
                // Where an absence is whose last change has no known outcome is not known either.
                let is_first = other.is_repeated() && !change.is_repeated();
                !is_first && !change.needs_time_of(other)
            })
        };
        let next = changes.iter().enumerate().position(is_free).unwrap_or_default();
        ordered.push(changes.remove(next));
    }
    ordered
}

/// The `externalReference` of our absence for this event.
pub fn reference(company: CompanyId, event: EventId) -> String {
    format!("{REFERENCE_PREFIX}{company}:{event}")
}

/// Stands for the entries of a person's calendar that are not understood. No event has this id, and no other person.
pub fn unreadable_entry(person: PersonId) -> EventId {
    EventId(-person.0)
}

/// The event of an `externalReference` of ours.
pub fn event_of_reference(company: CompanyId, reference: &str) -> Option<EventId> {
    let (of, event) = reference.strip_prefix(REFERENCE_PREFIX)?.split_once(':')?;
    (of == company.to_string()).then(|| event.parse().ok().map(EventId)).flatten()
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
    /// There is an absence with our reference, and it has other values than the event.
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
    let wanted = absence_to_write(company, desired);
    let begun = begun.map(|begun| begun.event).filter(|event| *event != desired.event);
    let mut ours = std::iter::once(desired.event).chain(begun);
    if let Some(ours) = ours.find_map(|event| find_ours(company, event, existing)) {
        return if ours.content == wanted { Creation::Adopt(ours.id) } else { Creation::Change(ours.id) };
    }
    let is_identical = |absence: &&Absence| {
        let by_hand = absence.content.external_reference.as_ref().is_none_or(String::is_empty);
        let ours = NewAbsence { external_reference: wanted.external_reference.clone(), ..absence.content.clone() };
        by_hand && ours == wanted && free(absence.id)
    };
    match existing.iter().find(is_identical) {
        Some(absence) if adopt_existing => Creation::Adopt(absence.id),
        _ => Creation::Write,
    }
}

/// The absence in Optedo that carries our reference for this event.
pub fn find_ours(company: CompanyId, event: EventId, existing: &[Absence]) -> Option<&Absence> {
    let reference = reference(company, event);
    let ours = existing.iter().filter(|absence| absence.content.external_reference.as_ref() == Some(&reference));
    ours.min_by_key(|absence| absence.id)
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::attention::Cause;
    use crate::domain::ids::PersonId;

    const DAY: Date = date(2026, 4, 3);
    const WINDOW: Window = Window { from: date(2026, 1, 1), until: date(2027, 12, 31) };
    const PERSON: PersonId = PersonId(264);
    const COMPLETE: &Evidence<'_> =
        &Evidence { person: PERSON, years: &[2026, 2027], is_complete: true, unreadable: None };
    const PARTIAL: &Evidence<'_> = &Evidence { person: PERSON, years: &[2026], is_complete: false, unreadable: None };
    const COMPANY: CompanyId = CompanyId(60002);

    fn on(day: Date, hours: i64) -> Times {
        let start = day.at(9, 0, 0, 0);
        Times { start, end: start.checked_add(hours.hours()).unwrap(), all_day: false }
    }

    fn desired(event: i64) -> DesiredAbsence {
        DesiredAbsence {
            event: EventId(event),
            date: DAY,
            user: UserId(7),
            absence_type: AbsenceTypeId(3),
            times: on(DAY, 4),
            is_worked: false,
        }
    }

    fn row(desired: &DesiredAbsence) -> WrittenAbsence {
        WrittenAbsence {
            event: desired.event,
            person: PERSON,
            date: desired.date,
            user: desired.user,
            absence: Some(AbsenceId(desired.event.0 + 1000)),
            absence_type: desired.absence_type,
            times: desired.times,
            is_worked: Some(desired.is_worked),
            intent: None,
            written_at: None,
            call_until: None,
            deletion_confirmed: false,
            deletion_rejected: false,
            deletion_requested: false,
        }
    }

    fn absent(desired: &[DesiredAbsence]) -> BTreeMap<EventId, Classification> {
        desired.iter().map(|desired| (desired.event, Classification::Absent(desired.clone()))).collect()
    }

    fn one(event: i64, classification: Classification) -> BTreeMap<EventId, Classification> {
        BTreeMap::from([(EventId(event), classification)])
    }

    fn blocked() -> Classification {
        let item = AttentionItem::of_person(PERSON, "jan Peeters", Cause::NoSuchUser, None);
        Classification::Blocked { item, date: Some(DAY) }
    }

    #[test]
    fn what_is_equal_is_kept_what_differs_is_changed_what_is_new_is_created() {
        let kept = desired(1);
        let changed = DesiredAbsence { times: on(DAY, 8), ..desired(2) };
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
    fn a_pair_whose_new_event_has_an_absence_already_is_taken_apart() {
        let planned = || plan(&absent(&[desired(2)]), &[row(&desired(1))], WINDOW, COMPLETE);
        let pair = [Change::Update { absence: AbsenceId(1001), written: row(&desired(1)), desired: desired(2) }];
        let listed =
            |event: i64, id: i64| Absence { id: AbsenceId(id), content: absence_to_write(COMPANY, &desired(event)) };
        for existing in [vec![], vec![listed(1, 1001)], vec![listed(2, 1001)]] {
            let mut plan = planned();
            plan.separate_pairs(COMPANY, &existing);
            assert_eq!(plan.changes, pair);
        }
        let mut plan = planned();
        plan.separate_pairs(COMPANY, &[listed(1, 1001), listed(2, 1002)]);
        let apart = [Change::Delete { written: row(&desired(1)) }, Change::Create { desired: desired(2), begun: None }];
        assert_eq!(plan.changes, apart);
    }

    #[test]
    fn only_an_event_that_is_new_may_have_an_absence_already() {
        let longer = DesiredAbsence { times: on(DAY, 8), ..desired(1) };
        let begun = WrittenAbsence { absence: None, intent: Some(Intent::Create), ..row(&desired(1)) };
        let user = BTreeSet::from([UserId(7)]);
        for (desired, written, users) in [
            (desired(1), vec![], &user),
            (desired(2), vec![row(&desired(1))], &user),
            (longer.clone(), vec![row(&desired(1))], &BTreeSet::new()),
            (longer, vec![begun], &BTreeSet::new()),
        ] {
            let plan = plan(&absent(&[desired]), &written, WINDOW, COMPLETE);
            assert_eq!(plan.users_to_read(), *users, "{:?}", plan.changes);
        }
    }

    #[test]
    fn an_absence_stays_with_its_event_although_optedo_lists_another_one_under_the_same_reference() {
        let longer = DesiredAbsence { times: on(DAY, 8), ..desired(1) };
        let mut plan = plan(&absent(std::slice::from_ref(&longer)), &[row(&desired(1))], WINDOW, COMPLETE);
        let changes = plan.changes.clone();
        plan.separate_pairs(COMPANY, &[standing_absence(999, &longer, Some("officient:60002:1"))]);
        assert_eq!(plan.changes, changes);
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
        assert!(!deletes(one(1, blocked())));
    }

    #[test]
    fn what_the_admin_keeps_is_deleted_neither_when_its_event_is_gone_nor_when_it_is_excluded() {
        let kept = [WrittenAbsence { deletion_rejected: true, ..row(&desired(1)) }];
        let excluded = one(1, Classification::Excluded(Exclusion::NotApproved));
        for classifications in [BTreeMap::new(), excluded, one(2, blocked())] {
            let plan = plan(&classifications, &kept, WINDOW, COMPLETE);
            assert_eq!((plan.changes, plan.retained), (vec![], vec![]), "the decision stands: {classifications:?}");
        }
        for back in [absent(&[desired(1)]), one(1, blocked())] {
            let plan = plan(&back, &kept, WINDOW, COMPLETE);
            assert_eq!((plan.changes, plan.retained), (vec![], vec![EventId(1)]));
        }
    }

    #[test]
    fn of_an_archived_person_only_what_the_admin_wants_deleted_is_deleted() {
        let plan_with = |leavers: Leavers, change: fn(&mut WrittenAbsence)| {
            let mut rows = [DAY.yesterday().unwrap(), DAY].map(|day| row(&on_day(1, day, 4)));
            rows.iter_mut().for_each(change);
            let plan = plan_archived(&rows, DAY, leavers);
            let deleted: Vec<Date> = plan.deleted().map(|row| row.date).collect();
            let blocked: Vec<AttentionItem> = plan.blocked.into_iter().map(|(_, item)| item).collect();
            (deleted, blocked)
        };
        let both = vec![DAY.yesterday().unwrap(), DAY];
        let asked = vec![AttentionItem::archived_people()];
        for (leavers, decided) in [
            (Leavers::Ask, (vec![], asked.clone())),
            (Leavers::Keep, (vec![], vec![])),
            (Leavers::Delete, (vec![DAY], vec![])),
        ] {
            let on_days = |change| plan_with(leavers, change);
            assert_eq!(on_days(|_| ()), decided);
            assert_eq!(on_days(|row| row.deletion_rejected = true), (vec![], vec![]));
            assert_eq!(on_days(|row| row.deletion_requested = true), (both.clone(), vec![]));
            // A confirmation of an older version was about the calendar of a person who was not archived.
            assert_eq!(on_days(|row| row.deletion_confirmed = true), decided);
        }
    }

    #[test]
    fn new_leave_takes_over_what_the_admin_keeps() {
        let kept = WrittenAbsence { deletion_rejected: true, ..row(&desired(1)) };
        let mut plan = plan(&absent(&[desired(2)]), std::slice::from_ref(&kept), WINDOW, COMPLETE);
        let update = Change::Update { absence: AbsenceId(1001), written: kept, desired: desired(2) };
        assert_eq!((&plan.changes, &plan.retained), (&vec![update], &vec![EventId(2)]));
        let listed =
            |event: i64, id: i64| Absence { id: AbsenceId(id), content: absence_to_write(COMPANY, &desired(event)) };
        plan.separate_pairs(COMPANY, &[listed(1, 1001), listed(2, 1002)]);
        assert_eq!(plan.changes, [Change::Create { desired: desired(2), begun: None }]);
    }

    #[test]
    fn leave_that_became_worked_time_is_deleted_and_worked_time_without_its_mapping_stays() {
        let worked = one(1, Classification::Excluded(Exclusion::Worked));
        let changes = |is_worked| {
            let row = WrittenAbsence { is_worked, ..row(&desired(1)) };
            plan(&worked, &[row], WINDOW, COMPLETE).changes.len()
        };
        assert_eq!((changes(Some(false)), changes(Some(true)), changes(None)), (1, 0, 0));
    }

    #[test]
    fn a_row_learns_whether_its_event_is_worked_time_without_a_write() {
        let old = WrittenAbsence { is_worked: None, ..row(&desired(1)) };
        let plan = plan(&absent(&[desired(1)]), &[old], WINDOW, COMPLETE);
        assert_eq!((plan.changes, plan.worked), (vec![], vec![(EventId(1), false)]));
    }

    fn on_day(event: i64, day: Date, hours: i64) -> DesiredAbsence {
        DesiredAbsence { date: day, times: on(day, hours), ..desired(event) }
    }

    #[test]
    fn leave_that_returns_under_a_new_id_is_changed_in_place() {
        let days = [date(2026, 4, 3), date(2026, 4, 6), date(2026, 4, 7)];
        let before: Vec<DesiredAbsence> = (1..).zip(days).map(|(id, day)| on_day(id, day, 4)).collect();
        let after: Vec<DesiredAbsence> = (11..).zip(days).map(|(id, day)| on_day(id, day, 4)).collect();
        let written: Vec<WrittenAbsence> = before.iter().map(row).collect();
        let plan = plan(&absent(&after), &written, WINDOW, COMPLETE);
        let expected: Vec<Change> = (1..)
            .zip(written.iter().zip(&after))
            .map(|(id, (written, desired))| Change::Update {
                absence: AbsenceId(id + 1000),
                written: written.clone(),
                desired: desired.clone(),
            })
            .collect();
        assert_eq!(plan.changes, expected);
        assert_eq!(plan.retained, [EventId(11), EventId(12), EventId(13)]);
    }

    #[test]
    fn the_most_similar_events_of_a_day_are_paired() {
        let of_type = |event, kind, hours| DesiredAbsence {
            absence_type: AbsenceTypeId(kind),
            times: on(DAY, hours),
            ..desired(event)
        };
        let pairs = |written: &[DesiredAbsence], new: &[DesiredAbsence]| {
            let written: Vec<WrittenAbsence> = written.iter().map(row).collect();
            let plan = plan(&absent(new), &written, WINDOW, COMPLETE);
            let pair = |change: &Change| Some((change.written()?.event.0, change.desired()?.event.0));
            let mut pairs: Vec<_> = plan.changes.iter().filter_map(pair).collect();
            pairs.sort_unstable();
            (pairs, plan.deletions().len())
        };
        // Type and times, before type, before times, before anything.
        let written = [of_type(1, 3, 4), of_type(2, 4, 5)];
        assert_eq!(pairs(&written, &[of_type(11, 4, 5), of_type(12, 3, 4)]), (vec![(1, 12), (2, 11)], 0));
        assert_eq!(pairs(&written[..1], &[of_type(11, 3, 5), of_type(12, 3, 4)]), (vec![(1, 12)], 0));
        assert_eq!(pairs(&written, &[of_type(11, 4, 4), of_type(12, 3, 5)]), (vec![(1, 12), (2, 11)], 0));
        assert_eq!(pairs(&written, &[of_type(11, 5, 5), of_type(12, 6, 4)]), (vec![(1, 12), (2, 11)], 0));
        assert_eq!(pairs(&written, &[of_type(11, 5, 7)]), (vec![(1, 11)], 1));
        // Another day is other leave.
        assert_eq!(pairs(&written[..1], &[on_day(11, date(2026, 4, 6), 4)]), (vec![], 1));
    }

    #[test]
    fn an_unfinished_creation_is_paired_too() {
        let begun = WrittenAbsence { absence: None, intent: Some(Intent::Create), ..row(&desired(1)) };
        let plan = plan(&absent(&[desired(2)]), std::slice::from_ref(&begun), WINDOW, COMPLETE);
        assert_eq!(plan.changes, [Change::Create { desired: desired(2), begun: Some(begun) }]);
        assert_eq!(plan.days_to_read(), BTreeSet::from([(UserId(7), DAY)]));
    }

    #[test]
    fn a_change_of_type_to_one_that_is_not_mapped_keeps_the_leave() {
        let plan = plan(&one(2, blocked()), &[row(&desired(1))], WINDOW, COMPLETE);
        assert_eq!((plan.changes, plan.retained), (vec![], vec![EventId(1)]));
    }

    #[test]
    fn an_absence_moves_to_the_person_who_has_its_event_now() {
        let other = WrittenAbsence { person: PersonId(1), user: UserId(8), ..row(&desired(1)) };
        for written in [other.clone(), WrittenAbsence { user: UserId(7), ..other }] {
            let moved = plan(&absent(&[desired(1)]), std::slice::from_ref(&written), WINDOW, COMPLETE);
            let update = Change::Update { absence: AbsenceId(1001), written, desired: desired(1) };
            assert_eq!(moved.changes, [update]);
        }
    }

    #[test]
    fn deletions_come_first_and_each_change_after_the_one_that_makes_room_for_it() {
        let [monday, tuesday, wednesday] = [date(2026, 4, 6), date(2026, 4, 7), date(2026, 4, 8)];
        let written = [on_day(1, monday, 4), on_day(2, tuesday, 4), on_day(3, wednesday, 4)];
        let written: Vec<WrittenAbsence> = written.iter().map(row).collect();
        let new = [on_day(1, tuesday, 4), on_day(2, wednesday, 4), on_day(4, monday, 4)];
        let plan = plan(&absent(&new), &written, WINDOW, COMPLETE);
        let order: Vec<i64> = plan.changes.iter().map(|change| change.event().0).collect();
        assert_eq!(order, [3, 2, 1, 4]);
    }

    #[test]
    fn an_absence_whose_last_change_has_no_known_outcome_is_changed_first() {
        let [monday, tuesday] = [date(2026, 4, 6), date(2026, 4, 7)];
        let begun = WrittenAbsence { intent: Some(Intent::Update), ..row(&on_day(2, tuesday, 4)) };
        let written = [row(&on_day(1, monday, 4)), begun];
        let longer = [on_day(1, monday, 8), on_day(2, tuesday, 8)];
        let plan = plan(&absent(&longer), &written, WINDOW, COMPLETE);
        assert_eq!(plan.changes.iter().map(Change::event).collect::<Vec<_>>(), [EventId(2), EventId(1)]);
    }

    #[test]
    fn an_absence_needs_the_time_of_another_one_of_its_user_if_they_overlap() {
        let at =
            |from: i8, until: i8| Times { start: DAY.at(from, 0, 0, 0), end: DAY.at(until, 0, 0, 0), all_day: false };
        let create = |times| Change::Create { desired: DesiredAbsence { times, ..desired(1) }, begun: None };
        let delete = |times, user| Change::Delete { written: WrittenAbsence { user, times, ..row(&desired(2)) } };
        for (wanted, held, needs) in [
            (at(9, 12), at(11, 13), true),
            (at(9, 12), at(8, 10), true),
            (at(9, 12), at(10, 11), true),
            (at(9, 12), at(12, 13), false),
            (at(9, 12), at(8, 9), false),
        ] {
            assert_eq!(create(wanted).needs_time_of(&delete(held, UserId(7))), needs, "{wanted:?} {held:?}");
            assert!(!create(wanted).needs_time_of(&delete(held, UserId(8))), "another user");
            assert!(!delete(wanted, UserId(7)).needs_time_of(&delete(held, UserId(7))), "a deletion needs no time");
        }
    }

    #[test]
    fn a_change_is_on_the_day_of_its_leave_and_without_leave_on_the_day_of_its_absence() {
        let (monday, written) = (date(2026, 4, 6), row(&desired(1)));
        let moved = on_day(1, monday, 4);
        let update = Change::Update { absence: AbsenceId(1001), written: written.clone(), desired: moved.clone() };
        let create = Change::Create { desired: moved, begun: Some(written.clone()) };
        let delete = Change::Delete { written };
        assert_eq!([update, create, delete].map(|change| change.date()), [monday, monday, DAY]);
    }

    #[test]
    fn a_change_waits_for_a_call_whose_outcome_is_not_known_and_that_may_still_arrive() {
        let second = |second| Timestamp::from_second(second).unwrap();
        for (intent, until, expected) in [
            (Some(Intent::Update), Some(second(101)), Some(second(101))),
            (Some(Intent::Update), Some(second(100)), None),
            (Some(Intent::Update), Some(second(99)), None),
            (Some(Intent::Update), None, None),
            (None, Some(second(101)), None),
        ] {
            let delete = Change::Delete { written: WrittenAbsence { intent, call_until: until, ..row(&desired(1)) } };
            assert_eq!(delete.call_under_way(second(100)), expected, "{intent:?} {until:?}");
        }
        assert_eq!(Change::Create { desired: desired(1), begun: None }.call_under_way(second(100)), None);
    }

    #[test]
    fn nothing_is_deleted_on_part_of_the_evidence_but_the_rest_is_done() {
        let written = [row(&desired(1)), row(&on_day(2, date(2026, 4, 6), 4))];
        let classifications = [
            (EventId(1), Classification::Excluded(Exclusion::NotApproved)),
            (EventId(3), Classification::Absent(on_day(3, date(2026, 4, 7), 4))),
        ];
        let plan = plan(&BTreeMap::from(classifications), &written, WINDOW, PARTIAL);
        let create = Change::Create { desired: on_day(3, date(2026, 4, 7), 4), begun: None };
        assert_eq!(plan.changes, [create]);
    }

    #[test]
    fn an_entry_that_is_not_understood_may_be_any_event_that_is_missing() {
        let item = AttentionItem::unreadable_entry(PERSON, "Jan Peeters");
        let unreadable = Evidence { unreadable: Some(item.clone()), ..COMPLETE.clone() };
        let new = [desired(2), on_day(3, date(2026, 4, 6), 4)];
        let plan = plan(&absent(&new), &[row(&desired(1))], WINDOW, &unreadable);
        // On the day of the missing event nobody can tell whether the new one is the same leave.
        assert_eq!(plan.changes, [Change::Create { desired: new[1].clone(), begun: None }]);
        assert_eq!(plan.blocked, [(EventId(-264), item.clone()), (EventId(2), item)]);
    }

    #[test]
    fn an_event_without_a_date_may_be_any_event_that_is_missing() {
        let item = AttentionItem::of_event(
            EventId(2),
            "Jan Peeters",
            Cause::Invalid { fault: crate::domain::attention::EventFault::Date, date: None },
        );
        let undated = one(2, Classification::Blocked { item, date: None });
        assert_eq!(plan(&undated, &[row(&desired(1))], WINDOW, COMPLETE).changes, []);
        let own_row = plan(&undated, &[row(&desired(1)), row(&desired(2))], WINDOW, COMPLETE);
        assert_eq!(own_row.deletions(), [EventId(1)]);
    }

    #[test]
    fn a_year_that_was_not_asked_for_is_left_alone() {
        let far = Evidence { years: &[2027], ..COMPLETE.clone() };
        assert_eq!(plan(&BTreeMap::new(), &[row(&desired(1))], WINDOW, &far), Plan::default());
    }

    #[test]
    fn days_outside_the_window_are_never_touched_and_leave_that_moves_into_it_is_written() {
        let old = on_day(1, date(2025, 12, 31), 4);
        let years = Evidence { years: &[2025, 2026, 2027], ..COMPLETE.clone() };
        let outside = plan(&BTreeMap::new(), &[row(&old)], WINDOW, &years);
        assert_eq!(outside.changes, []);
        let inside = plan(&absent(&[desired(1)]), &[row(&old)], WINDOW, &years);
        assert_eq!(inside.changes, [Change::Create { desired: desired(1), begun: None }]);
    }

    #[test]
    fn an_absence_of_an_excluded_type_or_person_stays_or_goes_as_the_admin_chose() {
        let excluded = |exclusion| [(EventId(1), Classification::Excluded(exclusion))].into();
        let written = [row(&desired(1))];
        for exclusion in [Exclusion::TypeKept, Exclusion::PersonKept] {
            let kept = plan(&excluded(exclusion), &written, WINDOW, COMPLETE);
            assert_eq!((kept.changes, kept.retained), (vec![], vec![EventId(1)]));
        }
        for exclusion in [Exclusion::TypeDeleted, Exclusion::PersonDeleted] {
            let deleted = plan(&excluded(exclusion), &written, WINDOW, COMPLETE);
            assert_eq!(deleted.changes, [Change::Delete { written: written[0].clone() }]);
        }
        // Leave that is gone in Officient is deleted, whatever was chosen.
        assert_eq!(plan(&BTreeMap::new(), &written, WINDOW, COMPLETE).changes.len(), 1);
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
        let content =
            NewAbsence { external_reference: reference.map(str::to_owned), ..absence_to_write(COMPANY, desired) };
        Absence { id: AbsenceId(id), content }
    }

    #[test]
    fn the_id_in_optedo_is_the_stored_one_or_the_one_found_under_our_reference() {
        let begun = WrittenAbsence { absence: None, intent: Some(Intent::Create), ..row(&desired(1)) };
        let listed = |reference| [standing_absence(5, &desired(1), Some(reference))];
        let (ours, other) = (listed("officient:60002:1"), listed("officient:60002:2"));
        assert_eq!(row(&desired(1)).absence_in(COMPANY, &ours), Some(AbsenceId(1001)));
        assert_eq!(begun.absence_in(COMPANY, &ours), Some(AbsenceId(5)));
        assert_eq!(begun.absence_in(COMPANY, &other), None);
    }

    #[test]
    fn an_absence_with_our_reference_or_an_identical_one_by_hand_is_adopted() {
        let look = |existing: &[Absence], adopt| adopt_or_create(COMPANY, &desired(1), None, existing, adopt, |_| true);
        let reference = Some("officient:60002:1");
        let ours = standing_absence(5, &desired(1), reference);
        assert_eq!(look(&[ours], false), Creation::Adopt(AbsenceId(5)));
        for differing in [
            DesiredAbsence { times: on(DAY, 1), ..desired(1) },
            DesiredAbsence { absence_type: AbsenceTypeId(4), ..desired(1) },
            DesiredAbsence { user: UserId(8), ..desired(1) },
        ] {
            let ours = standing_absence(5, &differing, reference);
            assert_eq!(look(&[ours], true), Creation::Change(AbsenceId(5)));
        }
        let by_hand = standing_absence(6, &desired(1), None);
        assert_eq!(look(std::slice::from_ref(&by_hand), true), Creation::Adopt(AbsenceId(6)));
        assert_eq!(look(std::slice::from_ref(&by_hand), false), Creation::Write);
        assert_eq!(look(&[], true), Creation::Write);
    }

    #[test]
    fn the_absences_of_others_are_not_adopted() {
        let look =
            |existing: Absence, free: bool| adopt_or_create(COMPANY, &desired(1), None, &[existing], true, |_| free);
        assert_eq!(look(standing_absence(5, &desired(1), Some("other:1")), true), Creation::Write);
        assert_eq!(look(standing_absence(5, &desired(1), Some("officient:60002:2")), true), Creation::Write);
        assert_eq!(look(standing_absence(5, &desired(1), Some("officient:1:1")), true), Creation::Write);
        assert_eq!(look(standing_absence(5, &desired(1), None), false), Creation::Write);
        let other_hours = DesiredAbsence { times: on(DAY, 8), ..desired(1) };
        assert_eq!(look(standing_absence(5, &other_hours, None), true), Creation::Write);
    }

    #[test]
    fn a_create_that_came_through_is_changed_when_its_event_changed_since() {
        let begun = WrittenAbsence { absence: None, intent: Some(Intent::Create), ..row(&desired(1)) };
        let existing = [standing_absence(5, &desired(1), Some("officient:60002:1"))];
        let look =
            |desired: &DesiredAbsence| adopt_or_create(COMPANY, desired, Some(&begun), &existing, true, |_| true);
        assert_eq!(look(&desired(1)), Creation::Adopt(AbsenceId(5)));
        let changed = DesiredAbsence { times: on(DAY, 8), ..desired(1) };
        assert_eq!(look(&changed), Creation::Change(AbsenceId(5)));
        // The same leave, under another id since.
        assert_eq!(look(&desired(2)), Creation::Change(AbsenceId(5)));
    }

    fn any_classification(event: i64) -> impl Strategy<Value = Option<Classification>> {
        // Few days, so that events meet on one.
        let absent = (0_i32..4, 1_i64..4, 7_i64..9, 1_i64..3, any::<bool>());
        let absent = absent.prop_map(move |(day, hours, user, kind, is_worked)| {
            let date = DAY.checked_add(day.days()).unwrap();
            Classification::Absent(DesiredAbsence {
                event: EventId(event),
                date,
                user: UserId(user),
                absence_type: AbsenceTypeId(kind),
                times: on(date, hours),
                is_worked,
            })
        });
        prop_oneof![
            4 => absent.prop_map(Some),
            2 => Just(None),
            1 => Just(Some(blocked())),
            1 => Just(Some(Classification::Excluded(Exclusion::NotApproved))),
            1 => Just(Some(Classification::Excluded(Exclusion::Worked))),
        ]
    }

    fn any_row(event: i64) -> impl Strategy<Value = Option<WrittenAbsence>> {
        let intents =
            prop_oneof![Just(None), Just(Some(Intent::Create)), Just(Some(Intent::Update)), Just(Some(Intent::Delete))];
        let person = prop_oneof![4 => Just(PERSON), 1 => Just(PersonId(1))];
        let is_rejected = prop::bool::weighted(0.2);
        (any_classification(event), intents, person, any::<Option<bool>>(), is_rejected).prop_map(
            |(classification, intent, person, is_worked, deletion_rejected)| match classification {
                Some(Classification::Absent(desired)) => {
                    let absence = (intent != Some(Intent::Create)).then_some(AbsenceId(desired.event.0 + 1000));
                    Some(WrittenAbsence { person, absence, is_worked, intent, deletion_rejected, ..row(&desired) })
                }
                _ => None,
            },
        )
    }

    fn any_evidence() -> impl Strategy<Value = Evidence<'static>> {
        let unreadable = prop::option::weighted(0.2, Just(()));
        (prop::bool::weighted(0.8), unreadable).prop_map(|(is_complete, unreadable)| Evidence {
            is_complete,
            unreadable: unreadable.map(|()| AttentionItem::unreadable_entry(PERSON, "Jan Peeters")),
            ..COMPLETE.clone()
        })
    }

    /// Applies the changes to rows as the service does.
    fn apply(rows: &mut BTreeMap<EventId, WrittenAbsence>, change: &Change) {
        if let Some(written) = change.written() {
            rows.remove(&written.event);
        }
        if let Some(desired) = change.desired() {
            rows.insert(desired.event, row(desired));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn planning_again_after_applying_a_plan_changes_nothing(
            classifications in (any_classification(1), any_classification(2), any_classification(3), any_classification(4)),
            written in (any_row(1), any_row(2), any_row(5), any_row(6)),
            evidence in any_evidence(),
        ) {
            let classifications: BTreeMap<EventId, Classification> = [(1, classifications.0), (2, classifications.1), (3, classifications.2), (4, classifications.3)]
                .into_iter().filter_map(|(event, classification)| Some((EventId(event), classification?))).collect();
            let written: Vec<WrittenAbsence> = [written.0, written.1, written.2, written.3].into_iter().flatten()
                // A person's own rows, and those of the events in the calendar.
                .filter(|row| row.person == PERSON || classifications.contains_key(&row.event)).collect();

            let first = plan(&classifications, &written, WINDOW, &evidence);
            let mut rows: BTreeMap<EventId, WrittenAbsence> =
                written.iter().map(|row| (row.event, row.clone())).collect();
            for (position, change) in first.changes.iter().enumerate() {
                // Nothing is created where an absence is that is still to be deleted or moved.
                let later = first.changes.get(position + 1..).unwrap_or_default();
                let is_creation = matches!(change, Change::Create { begun: None, .. });
                let is_blocked = later.iter().any(|other| change.needs_time_of(other));
                prop_assert!(!is_creation || !is_blocked);
                let is_deletion = |change: &Change| matches!(change, Change::Delete { .. });
                let is_early = is_deletion(change) || !later.iter().any(is_deletion);
                prop_assert!(is_early);
                apply(&mut rows, change);
            }
            let rows: Vec<WrittenAbsence> = rows.into_values().collect();
            let second = plan(&classifications, &rows, WINDOW, &evidence);
            prop_assert_eq!(&second.changes, &vec![]);
            prop_assert_eq!(&second.blocked, &first.blocked);

            // What should be there is there, unless it is blocked.
            for (event, classification) in &classifications {
                let row = rows.iter().find(|row| row.event == *event);
                let is_blocked = first.blocked.iter().any(|(blocked, _)| blocked == event);
                match classification {
                    Classification::Absent(desired) =>
                        prop_assert!(is_blocked || row.is_some_and(|row| row.equals(desired) && row.person == PERSON)),
                    Classification::Blocked { .. } =>
                        prop_assert_eq!(row, written.iter().find(|row| row.event == *event)),
                    Classification::Excluded(_) => {}
                }
            }
            // The admin's decision stands unless the event is back.
            for retained in &first.retained {
                let is_kept = written.iter().any(|row| row.event == *retained && row.deletion_rejected);
                prop_assert!(!is_kept || classifications.contains_key(retained));
            }
            // Only an event that is gone or excluded by a documented word is deleted, and only on complete evidence.
            for deleted in first.deleted() {
                prop_assert!(evidence.is_complete && !deleted.deletion_rejected);
                match classifications.get(&deleted.event) {
                    None => prop_assert!(evidence.unreadable.is_none()),
                    Some(classification) => {
                        let is_excluded = matches!(classification, Classification::Excluded(_));
                        prop_assert!(is_excluded);
                    }
                }
            }
        }
    }
}

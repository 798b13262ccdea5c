//! Absences that exist in Optedo already: adopted when identical, never overwritten when a person changed them.

use jiff::civil::DateTime;

use crate::support::prelude::*;
use crate::support::simulators::optedo::NewAbsence;

#[tokio::test]
async fn an_identical_absence_made_by_hand_is_adopted_and_is_ours_from_then_on() {
    for changes_first in [true, false] {
        let w = World::start().await;
        let event = w.take_leave(0);
        let by_hand = w.optedo.add_absence(by_hand(&w, 0));
        w.connect_and_import().await;
        assert_eq!(w.optedo.writes(), 0);
        assert_eq!(w.absences().len(), 1);
        let listed = w.get("/absences").await;
        assert!(listed.to_string().contains(&by_hand.to_string()), "{listed}");
        w.sweep().await;
        assert_eq!(w.optedo.writes(), 0);

        if changes_first {
            w.make_partial(event, 9, 60);
            w.webhook().await;
            assert_eq!(w.absence_of(event).unwrap().id, by_hand);
            assert_eq!(w.times_of(event), part(w.day(0), (9, 0), (10, 0)));
        }
        w.officient.delete_event(event);
        w.webhook().await;
        assert_eq!(w.absences(), []);
        assert_eq!(w.optedo.writes(), 1 + usize::from(changes_first));
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn one_absence_made_by_hand_is_adopted_for_one_event_only() {
    let w = World::start().await;
    // A second leave type with the same description, on the same day.
    let extra = w.officient.add_leave_type("Extra verlof", Some("Vakantie"));
    w.take_leave(0);
    w.take(w.leave(0).of_type(LeaveType::Custom(extra)));
    w.optedo.add_absence(by_hand(&w, 0));
    w.connect_and_import().await;
    assert_eq!((w.absences().len(), w.optedo.writes()), (2, 1));
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_absence_that_only_resembles_the_leave_is_not_adopted() {
    let w = World::start().await;
    w.take_leave(0);
    let mut other_time = by_hand(&w, 0);
    other_time.start = w.day(0).at(1, 0, 0, 0);
    let mut other_reference = by_hand(&w, 0);
    other_reference.external_reference = Some("dentist:7".to_owned());
    let mut not_all_day = by_hand(&w, 0);
    not_all_day.all_day = false;
    for absence in [other_time, other_reference, not_all_day] {
        w.optedo.add_absence(absence);
    }
    let before = w.absences();
    w.connect_and_import().await;
    assert_eq!((w.absences().len(), w.optedo.writes()), (4, 1));
    assert_eq!(w.absences()[..3], before);
    w.finish(&[]).await;
}

#[tokio::test]
async fn without_adoption_leave_is_written_beside_the_absence_made_by_hand() {
    let w = options().set("sync.adopt_existing", "false").world().await;
    let event = w.take_leave(0);
    let by_hand = w.optedo.add_absence(by_hand(&w, 0));
    w.connect_and_import().await;
    assert_eq!(w.absences().len(), 2);
    w.officient.delete_event(event);
    w.webhook().await;
    assert_eq!(w.absences().iter().map(|absence| absence.id).collect::<Vec<_>>(), [by_hand]);
    w.finish(&[]).await;
}

#[tokio::test]
async fn after_a_restored_backup_absences_with_our_reference_are_adopted() {
    let w = options().set("sync.adopt_existing", "false").world().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    sqlx::query("delete from absences").execute(&w.db).await.unwrap();
    w.sweep().await;
    assert_eq!((w.absences().len(), w.optedo.writes()), (1, 1));
    w.officient.delete_event(event);
    w.webhook().await;
    assert_eq!(w.absences(), []);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_change_made_in_optedo_stays_until_the_event_changes() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    let absence = w.absence_of(event).unwrap().id;
    w.optedo.change_absence(absence, |content| {
        content.end = content.start.saturating_add(6.hours());
    });
    let changed = w.absence_of(event);
    w.webhook().await;
    w.sweep().await;
    assert_eq!(w.absence_of(event), changed);
    w.make_partial(event, 9, 60);
    w.webhook().await;
    assert_eq!(w.times_of(event), part(w.day(0), (9, 0), (10, 0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_absence_deleted_in_optedo_stays_deleted_until_its_event_changes() {
    let w = World::start().await;
    let [changed, deleted] = [0, 1].map(|day| w.take_leave(day));
    w.connect_and_import().await;
    for absence in w.absences() {
        w.optedo.delete_absence(absence.id);
    }
    w.sweep().await;
    assert_eq!(w.absences(), []);
    // Within a minute of the write, Optedo might only not show it yet.
    w.advance(SignedDuration::from_mins(1)).await;
    w.make_partial(changed, 9, 60);
    w.officient.delete_event(deleted);
    w.webhook().await;
    assert_eq!(w.times_of(changed), part(w.day(0), (9, 0), (10, 0)));
    assert_eq!(w.absences().len(), 1);
    assert_eq!(w.queue("retrying").await, 0);
    w.officient.delete_event(changed);
    w.webhook().await;
    assert_eq!(w.absences(), []);
    w.finish(&[]).await;
}

/// A whole day as a planner enters it.
fn by_hand(w: &World, day: i32) -> NewAbsence {
    let (start, end, all_day): (DateTime, DateTime, bool) = whole_day(w.day(day)).unwrap();
    NewAbsence { user_id: w.user, absence_type_id: w.vakantie, start, end, all_day, external_reference: None }
}

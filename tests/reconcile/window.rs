//! The window from `sync.from` to `sync.until`: nothing outside it is created, changed or deleted.

use crate::support::prelude::*;

#[tokio::test]
async fn the_window_includes_both_ends_and_nothing_beyond_is_created() {
    let probe = World::start().await;
    let (from, until) = (probe.day(1).to_string(), probe.day(3).to_string());
    let w = options().set("sync.from", &from).set("sync.until", &until).world().await;
    let events: Vec<i64> = (0..5).map(|day| w.take_leave(day)).collect();
    w.connect_and_import().await;
    let stands: Vec<bool> = events.iter().map(|event| w.absence_of(*event).is_some()).collect();
    assert_eq!(stands, [false, true, true, true, false]);
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_absence_outside_the_window_is_untouched_and_leave_that_moves_into_it_is_written() {
    let mut w = World::start().await;
    let [changed, deleted, moved_in, inside] = [0, 1, 2, 6].map(|day| w.take_leave(day));
    w.connect_and_import().await;
    let before: Vec<_> = [changed, deleted, moved_in].map(|event| w.absence_of(event)).into();
    let from = w.day(5).to_string();
    w.app.restart_with(&[("sync.from", &from)]).await;
    let day = w.day(7);
    w.make_partial(changed, 9, 60);
    w.officient.delete_event(deleted);
    w.officient.change_event(moved_in, |leave| leave.date = day);
    w.officient.delete_event(inside);
    w.sweep().await;
    w.webhook().await;
    let (outside, written): (Vec<_>, Vec<_>) =
        w.absences().into_iter().partition(|absence| before.contains(&Some(absence.clone())));
    assert_eq!((outside.len(), written.len()), (3, 1));
    assert_eq!(written[0].content.start.date(), day);
    assert_eq!(written[0].content.external_reference, Some(w.reference(moved_in)));
    assert_eq!(w.absence_of(inside), None);
    // From now on it is as any other.
    w.officient.delete_event(moved_in);
    w.webhook().await;
    assert_eq!(w.absences().len(), 3);
}

#[tokio::test]
async fn leave_moved_out_of_the_window_is_deleted_from_it() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    let far = w.clock.today().saturating_sub(70.days());
    w.officient.change_event(event, |leave| leave.date = far);
    w.webhook().await;
    assert_eq!(w.absences(), []);
    w.finish(&[]).await;
}

#[tokio::test]
async fn leave_outside_the_window_opens_no_attention_item() {
    let w = World::start().await;
    w.officient.rename_person(w.jan, "jan", "Peeters");
    let sixty_one_days_ago = w.clock.today().saturating_sub(SignedDuration::from_hours(24 * 61));
    w.take(w.leave(0).on(sixty_one_days_ago));
    w.connect_and_import().await;
    w.finish(&[]).await;
}

//! Writes that Optedo rejects (400, 409, 422): reported per event, and made as soon as Optedo accepts them.

use crate::support::prelude::*;

#[tokio::test]
async fn a_rejected_absence_is_reported_the_others_are_written_and_it_is_written_when_accepted() {
    for status in [400, 409, 422] {
        let w = World::start().await;
        let refused_day = w.day(1);
        w.optedo.reject_with(status, "De planning is afgesloten", move |absence| absence.start.date() == refused_day);
        let events: Vec<i64> = (0..3).map(|day| w.take_leave(day)).collect();
        w.connect_and_import().await;
        let stands: Vec<bool> = events.iter().map(|event| w.absence_of(*event).is_some()).collect();
        assert_eq!(stands, [true, false, true], "{status}");
        let item = w.item("rejected_by_optedo").await;
        assert_eq!((&item["subjectId"], &item["waiting"]), (&json!(events[1].to_string()), &json!(1)));
        assert!(item["detail"].to_string().contains("De planning is afgesloten"), "{item}");
        w.sweep().await;
        w.finish(&["rejected_by_optedo"]).await;
        w.optedo.accept_everything();
        w.sweep().await;
        assert_eq!(w.times_of(events[1]), whole_day(w.day(1)));
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn a_rejected_change_leaves_the_absence_and_is_made_when_accepted() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.optedo.reject_with(422, "Te kort", |_| true);
    w.make_partial(event, 9, 5);
    w.webhook().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&["rejected_by_optedo"]).await;
    w.optedo.accept_everything();
    w.retry(&w.item("rejected_by_optedo").await).await;
    assert_eq!(w.times_of(event), part(w.day(0), (9, 0), (9, 5)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_rejected_event_that_is_deleted_leaves_nothing_behind() {
    let w = World::start().await;
    w.optedo.reject_with(422, "Nee", |_| true);
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.finish(&["rejected_by_optedo"]).await;
    w.officient.delete_event(event);
    w.webhook().await;
    assert_eq!(w.absences(), []);
    assert_eq!(w.queue("retrying").await, 0);
    w.finish(&[]).await;
}

#[tokio::test]
async fn leave_that_waits_for_the_time_of_a_rejected_change_waits_for_its_item() {
    let w = World::start().await;
    let [first, second] = [0, 1].map(|day| w.take_leave(day));
    w.connect_and_import().await;
    let refused_day = w.day(2);
    w.optedo.reject_with(422, "Nee", move |absence| absence.start.date() == refused_day);
    for (event, day) in [(first, 1), (second, 2)] {
        let day = w.day(day);
        w.officient.change_event(event, |leave| leave.date = day);
    }
    w.webhook().await;
    // Moved to day 1, the first would be there at the time of the second.
    assert_eq!(w.times_of(first), whole_day(w.day(0)));
    let item = w.item("rejected_by_optedo").await;
    assert_eq!((&item["subjectId"], &item["waiting"]), (&json!(second.to_string()), &json!(2)));
    w.optedo.accept_everything();
    w.sweep().await;
    assert_eq!((w.times_of(first), w.times_of(second)), (whole_day(w.day(1)), whole_day(w.day(2))));
    assert_eq!(w.optedo.max_at_once_ever(), 1);
    w.finish(&[]).await;
}

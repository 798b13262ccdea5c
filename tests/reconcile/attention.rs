//! Attention items: one per cause, open as long as leave waits for it.

use crate::support::prelude::*;

#[tokio::test]
async fn an_item_is_resolved_when_sixteen_people_stop_waiting_at_the_same_time() {
    let w = World::start().await;
    w.hire_people_with_leave(15);
    w.take_leave(0);
    w.optedo.rename_absence_type(w.vakantie, "Verlofdag");
    w.connect_and_import().await;
    assert_eq!(w.item("unmapped_leave_type").await["waiting"], 16);
    for _ in 0..4 {
        w.item("unmapped_leave_type").await;
        w.optedo.rename_absence_type(w.vakantie, "Vakantie");
        w.sweep().await;
        assert_eq!(w.absences().len(), 16);
        w.finish(&[]).await;
        w.optedo.rename_absence_type(w.vakantie, "Verlofdag");
        w.sweep().await;
    }
}

#[tokio::test]
async fn an_ignored_item_stays_ignored_until_its_subject_changes() {
    let w = World::start().await;
    w.officient.rename_person(w.jan, "jan", "Peeters");
    w.take_leave(0);
    w.connect_and_import().await;
    w.ignore(&w.item("unmatched_person").await).await;
    w.finish(&[]).await;

    w.take_leave(1);
    w.webhook().await;
    w.sweep().await;
    w.finish(&[]).await;
    assert_eq!(w.get("/attention?state=ignored").await[0]["waiting"], 2);

    w.officient.rename_person(w.jan, "JAN", "Peeters");
    w.sweep().await;
    assert_eq!(w.item("unmatched_person").await["subject"], "JAN Peeters");
    w.finish(&["unmatched_person"]).await;
}

#[tokio::test]
async fn a_repeated_cause_is_one_item_that_ends_among_the_resolved() {
    let w = World::start().await;
    w.officient.set_leave_type_code(w.verlof, Some("Onbekend"));
    let events: Vec<i64> = (0..3).map(|day| w.take_leave(day)).collect();
    w.connect_and_import().await;
    let first = w.item("unmapped_leave_type").await;
    assert_eq!(first["waiting"], 3);
    w.officient.delete_event(events[0]);
    w.webhook().await;
    let second = w.item("unmapped_leave_type").await;
    assert_eq!((&second["id"], &second["waiting"]), (&first["id"], &json!(2)));
    assert_eq!(second["firstSeenAt"], first["firstSeenAt"]);
    w.officient.delete_event(events[1]);
    w.officient.delete_event(events[2]);
    w.webhook().await;
    w.finish(&[]).await;
    let resolved = w.get("/attention?state=resolved").await;
    assert_eq!(resolved[0]["id"], first["id"]);
    assert!(resolved[0]["resolvedAt"].is_string());
}

#[tokio::test]
async fn leave_of_an_unreadable_year_stays_blocked_with_its_cause() {
    let w = World::start().await;
    let sofie = w.officient.add_person("Sofie", "Goossens");
    let next_year = w.clock.today().year() + 1;
    w.officient.add_event(sofie, w.leave(0).on(jiff::civil::date(next_year, 1, 4)));
    w.officient.add_event(sofie, w.leave(0));
    w.connect_and_import().await;
    let waiting = async || w.attention_of("unmatched_person").await[0]["waiting"].clone();
    assert_eq!(waiting().await, 2);
    let unreadable = if w.day(0).year() == next_year { next_year - 1 } else { next_year };
    w.officient.fault_on(&format!("/1.0/calendar/{sofie}/{unreadable}"), Fault::Status(500), 1);
    w.webhook_about("calendar_event_updated", sofie).await;
    assert_eq!(w.officient.faults_left(), 0);
    assert_eq!(waiting().await, 2);
}

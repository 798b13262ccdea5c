//! Deletions: never on partial evidence, and never in bulk without the admin's confirmation.

use crate::support::prelude::*;

#[tokio::test]
async fn nothing_is_deleted_while_one_year_is_unreadable_but_the_rest_is_written() {
    let w = World::start().await;
    let gone = w.take_leave(0);
    w.connect_and_import().await;
    let next_year = w.clock.today().year() + 1;
    w.officient.delete_event(gone);
    let new = w.take(w.leave(2));
    let unreadable = if w.day(2).year() == next_year { next_year - 1 } else { next_year };
    w.officient.fault_on(&format!("/1.0/calendar/{}/{unreadable}", w.jan), Fault::Status(500), 1);
    w.webhook().await;
    assert_eq!(w.times_of(gone), whole_day(w.day(0)));
    assert_eq!(w.times_of(new), whole_day(w.day(2)));
    assert_eq!(w.queue("retrying").await, 1);
    w.retry_until_done().await;
    assert_eq!(w.absence_of(gone), None);
    assert_eq!(w.times_of(new), whole_day(w.day(2)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn more_deletions_than_allowed_wait_for_confirmation_while_the_rest_continues() {
    let w = options().set("sync.max_deletions", "3").world().await;
    let (piet, _) = w.hire("Piet", "Pieters");
    let events: Vec<i64> = (0..3).map(|day| w.take_leave(day)).collect();
    let piets = w.officient.add_event(piet, w.leave(0));
    w.connect_and_import().await;
    for event in &events {
        w.officient.delete_event(*event);
    }
    w.webhook().await;
    assert_eq!(w.absences().len(), 1, "three are allowed");
    w.finish(&[]).await;

    w.officient.delete_event(piets);
    let new = w.officient.add_event(piet, w.leave(1));
    w.webhook_about("calendar_event_deleted", piet).await;
    assert!(w.absence_of(piets).is_some(), "the fourth within ten minutes");
    assert_eq!(w.times_of(new), whole_day(w.day(1)));
    assert_eq!(w.item("deletions_held").await["waiting"], 1);
    w.sweep().await;
    w.advance(SignedDuration::from_mins(11)).await;
    w.sweep().await;
    assert!(w.absence_of(piets).is_some(), "a pending deletion waits for the admin");

    w.retry(&w.item("deletions_held").await).await;
    assert_eq!(w.absence_of(piets), None);
    assert_eq!(w.absences().len(), 1);
    w.finish(&[]).await;
}

#[tokio::test]
async fn by_default_a_tenth_of_the_future_absences_needs_no_confirmation() {
    let w = World::start().await;
    let events: Vec<i64> = (0..180).map(|day| w.take_leave(day)).collect();
    w.connect_and_import().await;
    for event in &events[..18] {
        w.officient.delete_event(*event);
    }
    w.webhook().await;
    assert_eq!(w.absences().len(), 162);
    w.officient.delete_event(events[18]);
    w.webhook().await;
    assert_eq!(w.absences().len(), 162);
    assert_eq!(w.item("deletions_held").await["waiting"], 1);
    w.finish(&["deletions_held"]).await;
}

#[tokio::test]
async fn the_limit_also_counts_absences_whose_create_lost_its_response() {
    let w = options().set("sync.max_deletions", "1").world().await;
    let (piet, _) = w.hire("Piet", "Pieters");
    w.connect_and_import().await;
    w.optedo.fault_on("POST /api/absences", Fault::AnswerLost, 2);
    let leave = [(w.jan, w.take_leave(0)), (piet, w.officient.add_event(piet, w.leave(0)))];
    for (person, _) in leave {
        w.webhook_about("calendar_event_added", person).await;
    }
    assert_eq!((w.absences().len(), w.optedo.faults_left()), (2, 0));
    for (person, event) in leave {
        w.officient.delete_event(event);
        w.receive("calendar_event_deleted", person).await;
    }
    w.until("one is deleted, as allowed, and the other is pending confirmation", async || {
        w.absences().len() == 1 && !w.attention_of("deletions_held").await.is_empty()
    })
    .await;
    assert_eq!(w.item("deletions_held").await["waiting"], 1);
    w.retry(&w.item("deletions_held").await).await;
    w.until("the confirmed one is deleted", async || w.absences().is_empty()).await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn deletions_are_counted_over_ten_minutes() {
    let w = options().set("sync.max_deletions", "2").world().await;
    let events: Vec<i64> = (0..4).map(|day| w.take_leave(day)).collect();
    w.connect_and_import().await;
    for two in events.chunks(2) {
        for event in two {
            w.officient.delete_event(*event);
        }
        w.webhook().await;
        w.finish(&[]).await;
        w.advance(SignedDuration::from_mins(11)).await;
    }
    assert_eq!(w.absences(), []);
}

#[tokio::test]
async fn pending_deletions_disappear_when_the_events_come_back() {
    let w = options().set("sync.max_deletions", "3").world().await;
    let events: Vec<i64> = (0..5).map(|day| w.take_leave(day)).collect();
    w.connect_and_import().await;
    let before = w.absences();
    let empty = json!({"data": {"time_off": [], "company_days_off": []}});
    w.officient.fault_on(&format!("/1.0/calendar/{}/", w.jan), Fault::WrongContent(empty), 100);
    w.webhook().await;
    assert_eq!(w.absences(), before);
    assert_eq!(w.item("deletions_held").await["waiting"], 5);
    w.officient.clear_faults();
    w.webhook().await;
    assert_eq!(w.absences(), before);
    w.finish(&[]).await;
    // They no longer count towards the limit.
    for event in &events[..3] {
        w.officient.delete_event(*event);
    }
    w.webhook().await;
    assert_eq!(w.absences(), before[3..]);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_confirmation_covers_the_deletions_pending_then_and_no_later_ones() {
    let w = options().set("sync.max_deletions", "1").world().await;
    let events: Vec<i64> = (0..6).map(|day| w.take_leave(day)).collect();
    w.connect_and_import().await;
    let are_pending = async |events: &[i64]| {
        let exist = events.iter().all(|event| w.absence_of(*event).is_some());
        exist && w.item("deletions_held").await["waiting"] == events.len()
    };
    // Confirmed when the leave is back already: it stays, and its next deletion needs another confirmation.
    let empty = json!({"data": {"time_off": [], "company_days_off": []}});
    w.officient.fault_on(&format!("/1.0/calendar/{}/", w.jan), Fault::WrongContent(empty), 100);
    w.webhook().await;
    assert!(are_pending(&events).await);
    w.officient.clear_faults();
    w.retry(&w.item("deletions_held").await).await;
    assert_eq!(w.absences().len(), 6);
    w.finish(&[]).await;

    let (first, rest) = events.split_at(3);
    for events in [first, rest] {
        w.advance(SignedDuration::from_mins(11)).await;
        for event in events {
            w.officient.delete_event(*event);
        }
        w.webhook().await;
        assert!(are_pending(events).await);
        w.retry(&w.item("deletions_held").await).await;
        assert!(events.iter().all(|event| w.absence_of(*event).is_none()));
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn leave_that_waits_for_the_time_of_a_pending_deletion_moves_when_it_is_confirmed() {
    let w = options().set("sync.max_deletions", "0").world().await;
    let [moves, deleted] = [0, 1].map(|day| w.take_leave(day));
    w.connect_and_import().await;
    let day = w.day(1);
    w.officient.delete_event(deleted);
    w.officient.change_event(moves, |leave| leave.date = day);
    w.webhook().await;
    assert_eq!(w.times_of(moves), whole_day(w.day(0)));
    let item = w.item("deletions_held").await;
    assert_eq!(item["waiting"], 1, "one deletion");
    w.retry(&item).await;
    assert_eq!((w.times_of(moves), w.absences().len()), (whole_day(w.day(1)), 1));
    assert_eq!(w.optedo.max_at_once_ever(), 1);
    w.finish(&[]).await;
}

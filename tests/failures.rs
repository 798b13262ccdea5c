use std::time::Duration;

use jiff::SignedDuration;
use optedo_officient::simulators::Fault;
use serde_json::json;

use crate::support::world::{World, options, part, whole_day};

#[tokio::test]
async fn nothing_is_deleted_while_a_year_cannot_be_read_but_the_rest_is_done_and_it_heals() {
    let w = World::start().await;
    let gone = w.take_leave(0);
    w.connect_and_import().await;
    let next_year = w.clock.today().year() + 1;
    w.officient.delete_event(gone);
    let new = w.officient.add_event(w.jan, w.leave(2));
    let unreadable = if w.day(2).year() == next_year { next_year - 1 } else { next_year };
    w.officient.fault_on(&format!("/1.0/calendar/{}/{unreadable}", w.jan), Fault::Status(500), 1);
    w.announce().await;
    assert_eq!(w.times_of(gone), whole_day(w.day(0)));
    assert_eq!(w.times_of(new), whole_day(w.day(2)));
    assert_eq!(w.status().await["queue"]["retrying"], 1);
    w.retry_until_done().await;
    assert_eq!(w.absence_of(gone), None);
    assert_eq!(w.times_of(new), whole_day(w.day(2)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_answer_that_is_no_calendar_deletes_nothing_and_it_heals() {
    let faults = [
        Fault::Html200,
        Fault::EmptyObject,
        Fault::DataNull,
        Fault::CutOffJson,
        Fault::ResetMidBody,
        Fault::AnswerLost,
        Fault::EmptyRateLimit,
        Fault::HugeBody(11 << 20),
        Fault::RedirectTo("http://127.0.0.1:9/".to_owned()),
        Fault::RetryAfter { status: 503, seconds: 60 },
        Fault::Status(400),
        Fault::Status(404),
        Fault::Status(500),
        Fault::WrongContent(json!({"data": []})),
        Fault::WrongContent(json!({"data": {"time_off": null}})),
        Fault::WrongContent(json!({"data": {"time_off": [{"date": "2026-04-03"}]}})),
        Fault::WrongContent(json!([])),
        Fault::WrongContent(json!("")),
    ];
    let w = World::start_with(options().set("officient.rate_limit_period", "50ms")).await;
    let events: Vec<i64> = (0..).zip(&faults).map(|(day, _)| w.take_leave(day)).collect();
    w.connect_and_import().await;
    for (event, fault) in events.iter().zip(faults) {
        w.officient.delete_event(*event);
        w.officient.fault_on(&format!("/1.0/calendar/{}/", w.jan), fault.clone(), 3);
        w.announce().await;
        assert!(w.absence_of(*event).is_some(), "{fault:?}");
        assert_eq!(w.status().await["queue"]["retrying"], 1, "{fault:?}");
        w.officient.clear_faults();
        w.retry_until_done().await;
        assert_eq!(w.absence_of(*event), None, "{fault:?}");
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn more_deletions_than_allowed_wait_for_the_admin_while_the_rest_goes_on() {
    let w = World::start_with(options().set("sync.max_deletions", "3")).await;
    let (piet, _) = w.hire("Piet", "Pieters");
    let events: Vec<i64> = (0..3).map(|day| w.take_leave(day)).collect();
    let piets = w.officient.add_event(piet, w.leave(0));
    w.connect_and_import().await;
    for event in &events {
        w.officient.delete_event(*event);
    }
    w.announce().await;
    assert_eq!(w.absences().len(), 1, "three are allowed");
    w.finish(&[]).await;

    w.officient.delete_event(piets);
    let new = w.officient.add_event(piet, w.leave(1));
    w.announce_about("calendar_event_deleted", piet).await;
    assert!(w.absence_of(piets).is_some(), "the fourth within ten minutes");
    assert_eq!(w.times_of(new), whole_day(w.day(1)));
    assert_eq!(w.item("deletions_held").await["waiting"], 1);
    w.sweep().await;
    w.pass(SignedDuration::from_mins(11)).await;
    w.sweep().await;
    assert!(w.absence_of(piets).is_some(), "what is held waits for the admin");

    w.retry(&w.item("deletions_held").await).await;
    assert_eq!(w.absence_of(piets), None);
    assert_eq!(w.absences().len(), 1);
    w.finish(&[]).await;
}

#[tokio::test]
async fn what_was_created_without_an_answer_is_held_like_any_other_deletion() {
    let w = World::start_with(options().set("sync.max_deletions", "1")).await;
    let (piet, _) = w.hire("Piet", "Pieters");
    w.connect_and_import().await;
    w.optedo.fault_on("POST /api/absences", Fault::AnswerLost, 2);
    let leave = [(w.jan, w.take_leave(0)), (piet, w.officient.add_event(piet, w.leave(0)))];
    for (person, _) in leave {
        w.announce_about("calendar_event_added", person).await;
    }
    assert_eq!((w.absences().len(), w.optedo.faults_left()), (2, 0));
    for (person, event) in leave {
        w.officient.delete_event(event);
        assert_eq!(w.deliver("calendar_event_deleted", person).await, 200);
    }
    w.until("one is deleted, as many are allowed, and the other held", async || {
        w.absences().len() == 1 && !w.attention_of("deletions_held").await.is_empty()
    })
    .await;
    assert_eq!(w.item("deletions_held").await["waiting"], 1);
    w.retry(&w.item("deletions_held").await).await;
    w.until("what was confirmed is deleted", async || w.absences().is_empty()).await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn deletions_are_counted_over_ten_minutes() {
    let w = World::start_with(options().set("sync.max_deletions", "2")).await;
    let events: Vec<i64> = (0..4).map(|day| w.take_leave(day)).collect();
    w.connect_and_import().await;
    for two in events.chunks(2) {
        for event in two {
            w.officient.delete_event(*event);
        }
        w.announce().await;
        w.finish(&[]).await;
        w.pass(SignedDuration::from_mins(11)).await;
    }
    assert_eq!(w.absences(), []);
}

#[tokio::test]
async fn held_deletions_dissolve_when_the_events_come_back() {
    let w = World::start_with(options().set("sync.max_deletions", "3")).await;
    let events: Vec<i64> = (0..5).map(|day| w.take_leave(day)).collect();
    w.connect_and_import().await;
    let before = w.absences();
    let empty = json!({"data": {"time_off": [], "company_days_off": []}});
    w.officient.fault_on(&format!("/1.0/calendar/{}/", w.jan), Fault::WrongContent(empty), 100);
    w.announce().await;
    assert_eq!(w.absences(), before);
    assert_eq!(w.item("deletions_held").await["waiting"], 5);
    w.officient.clear_faults();
    w.announce().await;
    assert_eq!(w.absences(), before);
    w.finish(&[]).await;
    // And they no longer count.
    for event in &events[..3] {
        w.officient.delete_event(*event);
    }
    w.announce().await;
    assert_eq!(w.absences(), before[3..]);
    w.finish(&[]).await;
}

#[tokio::test]
async fn what_the_admin_confirms_is_what_is_held_then_and_no_later_deletion() {
    let w = World::start_with(options().set("sync.max_deletions", "1")).await;
    let events: Vec<i64> = (0..6).map(|day| w.take_leave(day)).collect();
    w.connect_and_import().await;
    let is_held = async |events: &[i64]| {
        let standing = events.iter().all(|event| w.absence_of(*event).is_some());
        standing && w.item("deletions_held").await["waiting"] == events.len()
    };
    // Confirmed while the leave was back already: it stays, and its next deletion is another one.
    let empty = json!({"data": {"time_off": [], "company_days_off": []}});
    w.officient.fault_on(&format!("/1.0/calendar/{}/", w.jan), Fault::WrongContent(empty), 100);
    w.announce().await;
    assert!(is_held(&events).await);
    w.officient.clear_faults();
    w.retry(&w.item("deletions_held").await).await;
    assert_eq!(w.absences().len(), 6);
    w.finish(&[]).await;

    let (first, rest) = events.split_at(3);
    for events in [first, rest] {
        w.pass(SignedDuration::from_mins(11)).await;
        for event in events {
            w.officient.delete_event(*event);
        }
        w.announce().await;
        assert!(is_held(events).await);
        w.retry(&w.item("deletions_held").await).await;
        assert!(events.iter().all(|event| w.absence_of(*event).is_none()));
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn what_optedo_refuses_is_an_item_the_others_go_on_and_it_resolves_when_accepted() {
    for status in [400, 409, 422] {
        let w = World::start().await;
        let refused_day = w.day(1);
        w.optedo.reject_with(status, "De planning is afgesloten", move |absence| {
            absence.start.date() == refused_day
        });
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
async fn a_refused_change_leaves_what_stands_and_is_made_when_accepted() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.optedo.reject_with(422, "Te kort", |_| true);
    w.officient.change_event(event, |leave| *leave = leave.clone().part(540, 5));
    w.announce().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&["rejected_by_optedo"]).await;
    w.optedo.accept_everything();
    w.retry(&w.item("rejected_by_optedo").await).await;
    assert_eq!(w.times_of(event), part(w.day(0), (9, 0), (9, 5)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_event_that_optedo_refused_and_that_is_gone_leaves_nothing_behind() {
    let w = World::start().await;
    w.optedo.reject_with(422, "Nee", |_| true);
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.finish(&["rejected_by_optedo"]).await;
    w.officient.delete_event(event);
    w.announce().await;
    assert_eq!(w.absences(), []);
    assert_eq!(w.status().await["queue"]["retrying"], 0);
    w.finish(&[]).await;
}

#[tokio::test]
async fn while_optedo_refuses_our_token_everything_waits_and_then_goes_on() {
    let w = World::start().await;
    let people: Vec<(i64, i64)> = (0..20).map(|number| w.hire("Piet", &format!("Pieters{number}"))).collect();
    for (person, _) in &people {
        w.officient.add_event(*person, w.leave(0));
    }
    let token = w.optedo.token();
    w.optedo.revoke_token();
    w.connect().await;
    w.until("the item is there", async || !w.attention_of("optedo_unauthorized").await.is_empty()).await;
    w.take_leave(0);
    assert_eq!(w.deliver("calendar_event_added", w.jan).await, 200);
    // Those who began together were refused together; then nobody tries for a while.
    w.until_quiet().await;
    let calls = w.optedo.calls().len();
    w.pass(SignedDuration::from_secs(30)).await;
    w.until("it was tried again", async || w.optedo.calls().len() > calls).await;
    assert_eq!(w.absences(), []);
    w.finish(&["optedo_unauthorized"]).await;

    w.optedo.set_token(&token);
    w.retry_until_done().await;
    assert_eq!(w.absences().len(), 21);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_token_repaired_in_optedo_is_tried_at_once_when_the_admin_presses_retry() {
    let w = World::start().await;
    let event = w.take_leave(0);
    let token = w.optedo.token();
    w.optedo.revoke_token();
    w.connect().await;
    w.until("the item is there", async || !w.attention_of("optedo_unauthorized").await.is_empty()).await;
    w.optedo.set_token(&token);
    let item = w.item("optedo_unauthorized").await;
    assert_eq!(w.post(&format!("/attention/{}/retry", id_of(&item))).await.status(), 202);
    w.until("written", async || w.absence_of(event).is_some()).await;
    w.until("resolved", async || w.attention().await.is_empty()).await;
    w.finish(&[]).await;
}

/// Faults of a write after which nobody knows whether it came through.
fn faults_of_a_write() -> Vec<Fault> {
    vec![
        Fault::Status(500),
        Fault::Status(503),
        Fault::RetryAfter { status: 429, seconds: 2 },
        Fault::Html200,
        Fault::EmptyObject,
        Fault::CutOffJson,
        Fault::ResetMidBody,
        Fault::AnswerLost,
        Fault::AnswerHangs,
        Fault::Timeout,
        Fault::FailBeforeEffect,
        Fault::RedirectTo("http://127.0.0.1:9/".to_owned()),
    ]
}

fn impatient() -> crate::support::Options {
    options().set("optedo.timeout", "200ms")
}

#[tokio::test]
async fn however_a_create_goes_wrong_the_absence_stands_once_in_the_end() {
    let w = World::connected_with(impatient().set("sync.adopt_existing", "false")).await;
    for (day, fault) in (0..).zip(faults_of_a_write()) {
        w.optedo.next_write(fault.clone());
        let event = w.take_leave(day);
        w.announce().await;
        w.retry_until_done().await;
        assert_eq!(w.times_of(event), whole_day(w.day(day)), "{fault:?}");
        assert_eq!(w.optedo.faults_left(), 0);
    }
    assert_eq!(w.absences().len(), faults_of_a_write().len());
    w.finish(&[]).await;
}

#[tokio::test]
async fn however_a_change_goes_wrong_it_is_made_in_the_end() {
    let w = World::connected_with(impatient()).await;
    for (day, fault) in (0..).zip(faults_of_a_write()) {
        let event = w.take_leave(day);
        w.announce().await;
        w.optedo.next_write(fault.clone());
        w.officient.change_event(event, |leave| *leave = leave.clone().part(540, 60));
        w.announce().await;
        w.retry_until_done().await;
        assert_eq!(w.times_of(event), part(w.day(day), (9, 0), (10, 0)), "{fault:?}");
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn however_a_deletion_goes_wrong_it_is_made_in_the_end() {
    let w = World::connected_with(impatient()).await;
    for (day, fault) in (0..).zip(faults_of_a_write()) {
        let event = w.take_leave(day);
        w.announce().await;
        w.optedo.next_write(fault.clone());
        w.officient.delete_event(event);
        w.announce().await;
        w.retry_until_done().await;
        assert_eq!(w.absences(), [], "{fault:?}");
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_absence_whose_answer_was_lost_is_found_again_after_a_restart() {
    let mut w = World::connected_with(options().set("sync.adopt_existing", "false")).await;
    let [kept, changed, gone] = [0, 1, 2].map(|day| w.take_leave(day));
    // Every create comes through and loses its answer, whether it is the webhook's look or one by itself that makes it.
    w.optedo.fault_on("POST /api/absences", Fault::AnswerLost, 3);
    w.announce().await;
    assert!(w.absence_of(kept).is_some());
    w.app.restart().await;
    w.announce().await;
    w.officient.change_event(changed, |leave| *leave = leave.clone().part(540, 60));
    w.officient.change_event(gone, |leave| *leave = leave.clone().part(600, 60));
    w.app.restart().await;
    w.retry_until_done().await;
    assert_eq!(w.times_of(kept), whole_day(w.day(0)));
    assert_eq!(w.times_of(changed), part(w.day(1), (9, 0), (10, 0)));
    assert_eq!(w.times_of(gone), part(w.day(2), (10, 0), (11, 0)));
    assert_eq!(w.optedo.created_ever(), 3 + 2, "three of ours, two of others");
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_absence_whose_answer_was_lost_goes_when_its_event_is_gone() {
    let mut w = World::connected().await;
    let event = w.take_leave(0);
    w.optedo.next_write(Fault::AnswerLost);
    w.announce().await;
    assert!(w.absence_of(event).is_some());
    w.officient.delete_event(event);
    w.app.restart().await;
    // A look by itself may have found the absence before its event went.
    w.announce().await;
    w.retry_until_done().await;
    assert_eq!(w.absences(), []);
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_absence_that_was_being_made_when_its_event_went_goes_too() {
    let w = World::connected_with(options().set("optedo.timeout", "1s")).await;
    let event = w.take_leave(0);
    w.optedo.next_write(Fault::AnswerHangs);
    assert_eq!(w.deliver("calendar_event_added", w.jan).await, 200);
    w.until("it stands, and the service does not know", async || w.absence_of(event).is_some()).await;
    w.officient.delete_event(event);
    w.retry_until_done().await;
    assert_eq!(w.absences(), []);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_deletion_and_a_change_that_were_under_way_are_ended_after_a_restart() {
    let mut w = World::start().await;
    let [deleted, changed] = [0, 1].map(|day| w.take_leave(day));
    w.connect_and_import().await;
    w.officient.delete_event(deleted);
    w.optedo.next_write(Fault::AnswerLost);
    w.announce().await;
    w.app.restart().await;
    w.retry_until_done().await;
    w.officient.change_event(changed, |leave| *leave = leave.clone().part(540, 60));
    w.optedo.next_write(Fault::FailBeforeEffect);
    w.announce().await;
    w.app.restart().await;
    w.retry_until_done().await;
    assert_eq!(w.absence_of(deleted), None);
    assert_eq!(w.times_of(changed), part(w.day(1), (9, 0), (10, 0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_restart_in_the_middle_of_the_first_import_writes_everything_once() {
    let mut w = World::start().await;
    for number in 0..10 {
        let (person, _) = w.hire("Piet", &format!("Pieters{number}"));
        for day in 0..3 {
            w.officient.add_event(person, w.leave(day));
        }
    }
    w.optedo.set_latency(Duration::from_millis(20));
    w.connect().await;
    w.until("some are written", async || w.absences().len() >= 5).await;
    w.app.restart().await;
    assert!(w.absences().len() < 30, "the restart came too late to prove anything");
    w.optedo.set_latency(Duration::ZERO);
    w.retry_until_done().await;
    w.settle().await;
    assert_eq!((w.absences().len(), w.optedo.created_ever()), (30, 32));
    w.finish(&[]).await;
}

#[tokio::test]
async fn while_officient_is_down_webhooks_are_kept_and_dealt_with_later() {
    let w = World::connected().await;
    w.officient.stop().await;
    let event = w.take_leave(0);
    assert_eq!(w.deliver("calendar_event_added", w.jan).await, 200);
    w.until("it was tried", async || w.status().await["queue"]["retrying"] == 1).await;
    w.officient.restart().await.unwrap();
    w.retry_until_done().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn while_optedo_is_down_leave_waits_and_is_written_later() {
    let w = World::connected().await;
    w.optedo.stop().await;
    let event = w.take_leave(0);
    w.announce().await;
    assert_eq!(w.status().await["queue"]["retrying"], 1);
    w.optedo.restart().await.unwrap();
    w.retry_until_done().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn one_persons_failure_does_not_hold_up_the_others() {
    let w = World::start().await;
    let (piet, piets_user) = w.hire("Piet", "Pieters");
    w.take_leave(0);
    w.officient.add_event(piet, w.leave(0));
    w.officient.fault_on(&format!("/1.0/calendar/{}/", w.jan), Fault::Status(500), 1000);
    w.connect_and_import().await;
    assert_eq!(w.optedo.absences_of(piets_user).len(), 1);
    assert_eq!(w.absences().len(), 1);
    let people = w.get("/people").await.to_string();
    assert!(people.contains("Pieters"), "{people}");
    w.officient.clear_faults();
    w.sweep().await;
    assert_eq!(w.absences().len(), 2);
    w.finish(&[]).await;
}

fn id_of(item: &serde_json::Value) -> String {
    item["id"].as_str().map_or_else(|| item["id"].to_string(), str::to_owned)
}

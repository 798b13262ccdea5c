//! What waits for its cause wakes when the cause is gone, announced or not; what was asked for patience is given it.

use std::time::Duration;

use jiff::SignedDuration;
use optedo_officient::simulators::Fault;
use optedo_officient::simulators::officient::LeaveType;
use reqwest::StatusCode;

use crate::support::world::{World, whole_day};

/// A minute passes; the world does not say what changed in it.
async fn a_minute(w: &World) {
    w.pass(SignedDuration::from_secs(61)).await;
}

#[tokio::test]
async fn while_optedo_asks_for_patience_nobody_calls_it_and_then_everybody_goes_on() {
    for status in [429, 503] {
        let w = World::start().await;
        for number in 0..20 {
            let (person, _) = w.hire("Piet", &format!("Pieters{number}"));
            for day in 0..10 {
                w.officient.add_event(person, w.leave(day));
            }
        }
        // Everybody's writes are under way, one after the other, when one of them is asked to wait.
        w.optedo.set_latency(Duration::from_millis(200));
        w.connect().await;
        w.until("it writes", async || w.optedo.writes() > 2).await;
        w.optedo.fault_on("POST /api/absences", Fault::RetryAfter { status, seconds: 240 }, 1);
        w.until("it was asked for patience", async || w.optedo.faults_left() == 0).await;
        w.until_quiet().await;
        w.optedo.set_latency(Duration::ZERO);
        let calls = w.optedo.calls().len();
        let looks = || w.officient.calls_to(&format!("/1.0/calendar/{}/", w.jan));
        let looks_before = looks();
        assert!(w.optedo.writes() < 150, "nearly everything was written: nothing waits");
        // Neither time nor a webhook makes anybody less patient.
        let urgent = w.take_leave(1);
        for _ in 0..3 {
            w.pass(SignedDuration::from_mins(1)).await;
            assert_eq!(w.deliver("calendar_event_added", w.jan).await, StatusCode::OK);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(w.optedo.calls().len(), calls, "{status}");
        assert_eq!(looks(), looks_before, "{status}: Officient is not asked in vain");
        a_minute(&w).await;
        w.until("Jan's leave stands", async || w.absence_of(urgent).is_some()).await;
        w.until("everybody's does", async || w.absences().len() == 201).await;
        w.settle().await;
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn optedo_cannot_ask_for_more_patience_than_a_quarter_of_an_hour() {
    let w = World::connected().await;
    let event = w.take_leave(0);
    w.optedo.fault_on("POST /api/absences", Fault::RetryAfter { status: 503, seconds: u32::MAX }, 1);
    w.announce().await;
    assert_eq!(w.absence_of(event), None);
    w.pass(SignedDuration::from_mins(16)).await;
    w.until("it stands", async || w.times_of(event) == whole_day(w.day(0))).await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn what_optedo_cannot_do_for_one_person_holds_up_nobody_else() {
    let w = World::connected().await;
    let others: Vec<(i64, i64)> = (0..6).map(|number| w.hire("Piet", &format!("Pieters{number}"))).collect();
    let jans = format!("GET /api/absences?userId={}&", w.user);
    for (day, fault) in
        (0..).zip([Fault::Status(500), Fault::Status(503), Fault::Status(400), Fault::Html200])
    {
        w.optedo.fault_on(&jans, fault.clone(), 1000);
        let event = w.take_leave(day);
        assert_eq!(w.deliver("calendar_event_added", w.jan).await, StatusCode::OK);
        w.until("Jan's look failed", async || w.status().await["queue"]["retrying"] == 1).await;
        for (person, user) in &others {
            w.officient.add_event(*person, w.leave(day));
            assert_eq!(w.deliver("person_added", person).await, StatusCode::OK);
            let written = usize::try_from(day).unwrap() + 1;
            w.until("the other's stands", async || w.optedo.absences_of(*user).len() == written).await;
        }
        assert_eq!(w.absence_of(event), None, "{fault:?}");
        w.optedo.clear_faults();
        w.retry_until_done().await;
        assert!(w.absence_of(event).is_some(), "{fault:?}");
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_webhook_is_answered_by_a_look_at_once_however_often_the_last_one_failed() {
    let w = World::connected().await;
    let event = w.take_leave(0);
    w.officient.fault_on(&format!("/1.0/calendar/{}/", w.jan), Fault::Status(500), 1000);
    w.announce().await;
    for _ in 0..6 {
        let looks = w.officient.calls_to(&format!("/1.0/calendar/{}/", w.jan));
        w.until("it was tried", async || {
            w.pass(SignedDuration::from_mins(16)).await;
            w.officient.calls_to(&format!("/1.0/calendar/{}/", w.jan)) > looks
        })
        .await;
    }
    w.officient.clear_faults();
    // By itself it would be tried in minutes.
    assert_eq!(w.deliver("calendar_event_updated", w.jan).await, StatusCode::OK);
    w.until("it stands", async || w.times_of(event) == whole_day(w.day(0))).await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_token_that_optedo_accepts_again_is_noticed_within_a_minute() {
    let w = World::start().await;
    let event = w.take_leave(0);
    let token = w.optedo.token();
    w.optedo.revoke_token();
    w.connect().await;
    w.until("the item is there", async || !w.attention_of("optedo_unauthorized").await.is_empty()).await;
    for _ in 0..8 {
        let calls = w.optedo.calls().len();
        w.until("it was tried again", async || {
            a_minute(&w).await;
            w.optedo.calls().len() > calls
        })
        .await;
    }
    // The last refusal is dealt with.
    tokio::time::sleep(Duration::from_millis(300)).await;
    w.optedo.set_token(&token);
    a_minute(&w).await;
    w.until("it stands", async || w.absence_of(event).is_some()).await;
    w.until("the item is resolved", async || w.attention().await.is_empty()).await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_name_repaired_in_optedo_is_noticed_within_a_minute_unannounced() {
    let w = World::start().await;
    w.optedo.rename_user(w.user, "jan", "Peeters");
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.finish(&["unmatched_person"]).await;
    a_minute(&w).await;
    w.optedo.rename_user(w.user, "Jan", "Peeters");
    a_minute(&w).await;
    w.until("it stands", async || w.times_of(event) == whole_day(w.day(0))).await;
    w.settle().await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_name_repaired_in_officient_is_noticed_within_a_minute_unannounced() {
    let w = World::start().await;
    // Two people of one name: one of them is somebody else.
    let (namesake, _) = w.hire("Johanna", "Peeters");
    w.officient.rename_person(namesake, "Jan", "Peeters");
    let event = w.take_leave(0);
    let hers = w.officient.add_event(namesake, w.leave(1));
    w.connect_and_import().await;
    w.finish(&["ambiguous_person", "ambiguous_person"]).await;
    w.officient.rename_person(namesake, "Johanna", "Peeters");
    a_minute(&w).await;
    w.until("both stand", async || w.absence_of(event).is_some() && w.absence_of(hers).is_some()).await;
    w.settle().await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_type_added_in_optedo_or_mapped_in_officient_is_noticed_within_a_minute_unannounced() {
    let w = World::start().await;
    let [renamed, remapped] = [("Ziekte", 0), ("Thuiswerk", 1)].map(|(name, day)| {
        let kind = w.officient.add_leave_type(name, Some("Onbekend"));
        let mut leave = w.leave(day);
        leave.leave_type = LeaveType::Custom(kind);
        (kind, w.officient.add_event(w.jan, leave))
    });
    w.officient.set_leave_type_code(renamed.0, Some("Nieuw"));
    w.connect_and_import().await;
    w.finish(&["unmapped_leave_type", "unmapped_leave_type"]).await;
    w.optedo.add_absence_type("Nieuw");
    a_minute(&w).await;
    w.until("the added one stands", async || w.absence_of(renamed.1).is_some()).await;
    w.officient.set_leave_type_code(remapped.0, Some("Vakantie"));
    a_minute(&w).await;
    w.until("the mapped one stands", async || w.absence_of(remapped.1).is_some()).await;
    w.settle().await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn nobody_is_asked_what_was_repaired_while_nothing_waits_or_the_admin_means_it_so() {
    let w = World::start().await;
    w.officient.rename_person(w.jan, "jan", "Peeters");
    w.take_leave(0);
    w.connect_and_import().await;
    let item = w.item("unmatched_person").await;
    let ignore = format!("/attention/{}/ignore", item["id"]);
    assert_eq!(w.post(&ignore).await.status(), StatusCode::NO_CONTENT);
    w.officient.clear_calls();
    w.optedo.clear_calls();
    for _ in 0..3 {
        a_minute(&w).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(w.officient.calls().is_empty(), "{:?}", w.officient.calls());
    assert!(w.optedo.calls().is_empty(), "{:?}", w.optedo.calls());
    w.finish(&[]).await;
}

#[tokio::test]
async fn asking_what_was_repaired_costs_few_calls_and_looks_at_nobody_in_vain() {
    let w = World::start().await;
    let people: Vec<i64> =
        (0..40).map(|number| w.officient.add_person("Piet", &format!("Onbekend{number}"))).collect();
    for person in &people {
        w.officient.add_event(*person, w.leave(0));
    }
    w.connect_and_import().await;
    w.officient.clear_calls();
    w.optedo.clear_calls();
    a_minute(&w).await;
    w.until("names were read again", async || w.officient.calls_to("/1.0/people/") == 10).await;
    w.settle().await;
    assert_eq!(w.officient.calls().len(), 10, "{:?}", w.officient.calls());
    assert!(w.optedo.calls().len() <= 2, "{:?}", w.optedo.calls());
    w.until("everybody's turn comes", async || {
        a_minute(&w).await;
        people.iter().all(|person| w.officient.calls_to(&format!("/1.0/people/{person}/")) > 0)
    })
    .await;
}

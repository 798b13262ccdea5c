//! Officient or Optedo is down, slow, or refuses us: everything waits without calling in vain, and continues by itself.

use std::time::Instant;

use tokio::time::sleep;

use super::audit::audit;
use crate::support::prelude::*;

/// Optedo revokes our token before the first import; waits until the attention item says so. Returns the token.
async fn connect_with_revoked_token(w: &World) -> String {
    let token = w.optedo.token();
    w.optedo.revoke_token();
    w.connect().await;
    let is_reported = async || !w.attention_of("optedo_unauthorized").await.is_empty();
    w.until("the refused token is reported", is_reported).await;
    token
}

#[tokio::test]
async fn while_optedo_refuses_our_token_everything_waits_and_then_continues() {
    let w = World::start().await;
    w.hire_people_with_leave(20);
    let token = connect_with_revoked_token(&w).await;
    w.take_leave(0);
    w.receive("calendar_event_added", w.jan).await;
    // The reconciliations that began together were refused together; nothing begins while the clock stands still.
    w.until_idle().await;
    let calls = w.optedo.calls().len();
    w.advance(SignedDuration::from_secs(30)).await;
    w.until("the token is tried again", async || w.optedo.calls().len() > calls).await;
    assert_eq!(w.absences(), []);
    w.finish(&["optedo_unauthorized"]).await;

    w.optedo.set_token(&token);
    w.retry_until_done().await;
    assert_eq!(w.absences().len(), 21);
    w.finish(&[]).await;
}

#[tokio::test]
async fn retry_immediately_tries_a_token_that_was_repaired_in_optedo() {
    let w = World::start().await;
    let event = w.take_leave(0);
    let token = connect_with_revoked_token(&w).await;
    w.optedo.set_token(&token);
    w.request_retry(&w.item("optedo_unauthorized").await).await;
    w.until("the leave is written", async || w.absence_of(event).is_some()).await;
    w.until("the item is resolved", async || w.attention().await.is_empty()).await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_token_that_optedo_accepts_again_is_noticed_within_a_minute() {
    let a_minute = SignedDuration::from_secs(61);
    let w = World::start().await;
    let event = w.take_leave(0);
    let token = connect_with_revoked_token(&w).await;
    for _ in 0..8 {
        let calls = w.optedo.calls().len();
        w.until("the token is tried again", async || {
            w.advance(a_minute).await;
            w.optedo.calls().len() > calls
        })
        .await;
    }
    w.until_idle().await;
    w.optedo.set_token(&token);
    w.advance(a_minute).await;
    w.until("the leave is written", async || w.absence_of(event).is_some()).await;
    w.until("the item is resolved", async || w.attention().await.is_empty()).await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn while_officient_is_down_webhooks_are_kept_and_processed_later() {
    let w = World::connected().await;
    w.officient.stop().await;
    let event = w.take_leave(0);
    w.receive("calendar_event_added", w.jan).await;
    w.until("one attempt failed", async || w.queue("retrying").await == 1).await;
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
    w.webhook().await;
    assert_eq!(w.queue("retrying").await, 1);
    w.optedo.restart().await.unwrap();
    w.retry_until_done().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_failure_of_officient_about_one_person_does_not_delay_the_others() {
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

#[tokio::test]
async fn a_failure_of_optedo_about_one_person_does_not_delay_the_others() {
    let w = World::connected().await;
    let others = w.hire_people(6);
    let jans = format!("GET /api/absences?userId={}&", w.user);
    for (day, fault) in (0..).zip([Fault::Status(500), Fault::Status(503), Fault::Status(400), Fault::Html200]) {
        w.optedo.fault_on(&jans, fault.clone(), 1000);
        let event = w.take_leave(day);
        w.receive("calendar_event_added", w.jan).await;
        w.until("Jan's reconciliation failed", async || w.queue("retrying").await == 1).await;
        for (person, user) in &others {
            w.officient.add_event(*person, w.leave(day));
            w.receive("person_added", person).await;
            let written = usize::try_from(day).unwrap() + 1;
            w.until("the other's leave is written", async || w.optedo.absences_of(*user).len() == written).await;
        }
        assert_eq!(w.absence_of(event), None, "{fault:?}");
        w.optedo.clear_faults();
        w.retry_until_done().await;
        assert!(w.absence_of(event).is_some(), "{fault:?}");
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn slow_responses_are_bounded_and_delay_nobody_else() {
    let w = options().set("optedo.timeout", "1s").connected().await;
    let (piet, piets_user) = w.hire("Piet", "Pieters");
    w.officient.add_event(piet, w.leave(0));
    let jans = w.take_leave(0);
    // The first time that Jan's absences are read, no response comes.
    w.optedo.fault_on(&format!("GET /api/absences?userId={}", w.user), Fault::Timeout, 1);
    w.receive("calendar_event_added", w.jan).await;
    w.receive("person_added", piet).await;
    w.until("Piet's leave is written", async || w.optedo.absences_of(piets_user).len() == 1).await;
    w.retry_until_done().await;
    assert_eq!(w.times_of(jans), whole_day(w.day(0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn until_retry_after_has_passed_nobody_calls_optedo_and_then_everybody_continues() {
    for status in [429, 503] {
        let w = World::start().await;
        for (person, _) in w.hire_people(20) {
            for day in 0..10 {
                w.officient.add_event(person, w.leave(day));
            }
        }
        // Several people's leave is being written when one of the writes is asked to wait.
        let writes = w.optedo.hold("POST /api/absences", 3);
        w.connect().await;
        w.until_held(&writes, 2).await;
        w.optedo.fault_on("POST /api/absences", Fault::RetryAfter { status, seconds: 240 }, 1);
        writes.release();
        w.until("one write was asked to wait", async || w.optedo.faults_left() == 0).await;
        w.until_idle().await;
        let calls = w.optedo.calls().len();
        let calendar = format!("/1.0/calendar/{}/", w.jan);
        let reads = w.officient.calls_to(&calendar);
        assert!(w.optedo.writes() < 150, "nearly everything was written: nothing waits");
        // Neither time nor a webhook shortens the wait.
        let urgent = w.take_leave(1);
        for _ in 0..3 {
            w.advance(SignedDuration::from_mins(1)).await;
            w.receive("calendar_event_added", w.jan).await;
            w.until_idle().await;
        }
        assert_eq!(w.optedo.calls().len(), calls, "{status}");
        assert_eq!(w.officient.calls_to(&calendar), reads, "{status}: Officient is called in vain");
        w.advance(SignedDuration::from_secs(61)).await;
        w.until("Jan's leave is written", async || w.absence_of(urgent).is_some()).await;
        w.until("everybody's leave is written", async || w.absences().len() == 201).await;
        w.settle().await;
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn retry_after_is_obeyed_for_at_most_a_quarter_of_an_hour() {
    let w = World::connected().await;
    let event = w.take_leave(0);
    w.optedo.fault_on("POST /api/absences", Fault::RetryAfter { status: 503, seconds: u32::MAX }, 1);
    w.webhook().await;
    assert_eq!(w.absence_of(event), None);
    w.advance(SignedDuration::from_mins(16)).await;
    w.until("the leave is written", async || w.times_of(event) == whole_day(w.day(0))).await;
    w.finish(&[]).await;
}

/// For a minute, calls with this prefix fail for everybody while webhooks arrive. Ten seconds later all is equal.
async fn assert_recovers_within_ten_seconds(people: usize, simulator: &str, prefix: &str, fault: Fault) {
    let w = options().set("optedo.timeout", "300ms").set("officient.timeout", "300ms").world().await;
    let people = w.hire_people(people);
    w.connect_and_import().await;
    let fail = |fault: &Fault| match simulator {
        "officient" => w.officient.fault_on(prefix, fault.clone(), 100_000),
        _ => w.optedo.fault_on(prefix, fault.clone(), 100_000),
    };
    fail(&fault);
    let second = SignedDuration::from_secs(1);
    for second_no in 0..60_usize {
        let (person, _) = people[second_no % people.len()];
        let day = i32::try_from(second_no / people.len()).unwrap();
        w.officient.add_event(person, w.leave(day));
        w.receive("calendar_event_added", person).await;
        w.advance(second).await;
        w.worker_round().await;
    }
    assert_eq!(w.absences(), [], "{fault:?}");
    w.officient.clear_faults();
    w.optedo.clear_faults();
    for _ in 0..10 {
        w.until_idle().await;
        w.advance(second).await;
    }
    w.until_idle().await;
    assert_eq!(w.absences().len(), 60, "{fault:?} of {simulator}");
    w.finish(&[]).await;
}

#[tokio::test]
async fn after_an_outage_of_optedo_everybody_is_equal_within_ten_seconds() {
    for fault in [Fault::Status(503), Fault::FailBeforeEffect, Fault::Html200] {
        assert_recovers_within_ten_seconds(20, "optedo", "/api/", fault).await;
    }
}

#[tokio::test]
async fn after_an_outage_of_officient_everybody_is_equal_within_ten_seconds() {
    for fault in [Fault::Status(503), Fault::FailBeforeEffect, Fault::Html200] {
        assert_recovers_within_ten_seconds(20, "officient", "/1.0/", fault).await;
    }
}

#[tokio::test]
async fn a_refusal_that_hits_everybody_is_an_outage() {
    for status in [400, 403, 404] {
        assert_recovers_within_ten_seconds(20, "officient", "/1.0/calendar/", Fault::Status(status)).await;
        assert_recovers_within_ten_seconds(20, "optedo", "GET /api/", Fault::Status(status)).await;
    }
}

#[tokio::test]
async fn after_an_outage_that_one_person_met_alone_that_person_is_equal_within_ten_seconds() {
    assert_recovers_within_ten_seconds(1, "optedo", "/api/", Fault::Status(503)).await;
    assert_recovers_within_ten_seconds(1, "officient", "/1.0/calendar/", Fault::Status(403)).await;
}

/// Optedo works again for those whom it failed, also if Officient failed them last and nothing is left to write.
#[tokio::test]
async fn an_audit_does_not_wait_after_an_outage_of_optedo_that_ended_during_one_of_officient() {
    let w = World::start().await;
    let (piet, _) = w.hire("Piet", "Pieters");
    w.connect_and_import().await;
    w.optedo.fault_on("/api/", Fault::Status(500), 100_000);
    let events = [w.take_leave(0), w.officient.add_event(piet, w.leave(0))];
    for person in [w.jan, piet] {
        w.receive("calendar_event_added", person).await;
    }
    let failed_in = async |upstream: &str| {
        w.until(upstream, async || {
            w.advance(SignedDuration::from_secs(3)).await;
            let failed = format!("select count(*) from people where last_fault like '{upstream}%'");
            w.number(&failed).await == 2
        })
        .await;
    };
    failed_in("optedo").await;
    w.officient.fault_on("/1.0/calendar/", Fault::Status(500), 100_000);
    failed_in("officient").await;
    for event in events {
        w.officient.delete_event(event);
    }
    w.optedo.clear_faults();
    w.officient.clear_faults();
    w.retry_until_done().await;
    audit(&w).await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn somebody_who_fails_while_others_succeed_is_not_tried_every_few_seconds() {
    let w = World::start().await;
    let (piet, _) = w.hire("Piet", "Pieters");
    w.connect_and_import().await;
    w.officient.fault_on(&format!("/1.0/calendar/{piet}/"), Fault::Status(500), 100_000);
    w.officient.add_event(piet, w.leave(0));
    w.receive("calendar_event_added", piet).await;
    for _ in 0..40 {
        // Others succeed meanwhile.
        w.webhook().await;
        w.advance(SignedDuration::from_secs(15)).await;
        w.until_idle().await;
    }
    let attempts = w.number("select attempts::bigint from people where attempts > 0").await;
    assert!((5..=12).contains(&attempts), "{attempts} attempts in ten minutes");
}

#[tokio::test]
async fn a_webhook_about_somebody_else_does_not_wait_for_twenty_people_whose_calendar_hangs() {
    let w = World::start().await;
    let people = w.hire_people(20);
    w.connect_and_import().await;
    let mut holds = Vec::new();
    for (person, _) in &people {
        w.officient.add_event(*person, w.leave(0));
        holds.push(w.officient.hold(&format!("/1.0/calendar/{person}/"), 0));
        w.receive("calendar_event_added", person).await;
    }
    for hold in &holds {
        w.until_held(hold, 1).await;
    }
    let event = w.take_leave(0);
    w.receive("calendar_event_added", w.jan).await;
    w.until("the leave is written", async || w.absence_of(event).is_some()).await;
    assert_eq!(w.absences().len(), 1, "the others still hang");
    for hold in holds {
        hold.release();
    }
    w.retry_until_done().await;
    assert_eq!(w.absences().len(), 21);
    w.finish(&[]).await;
}

#[tokio::test]
async fn calls_that_hang_again_and_again_leave_the_rate_limit_to_others() {
    let w = Options::default().set("officient.timeout", "1s").world().await;
    let people = w.hire_people(8);
    w.connect_and_import().await;
    // The calls of the import no longer count. The first calls about those who hang leave a part of the limit.
    sleep(Duration::from_secs(7)).await;
    let (hanging, others) = people.split_at(4);
    for (person, _) in hanging {
        w.officient.fault_on(&format!("/1.0/calendar/{person}/"), Fault::Timeout, 100_000);
        w.receive("calendar_event_added", person).await;
    }
    for (person, _) in others {
        // Everybody who hangs is tried again meanwhile.
        sleep(Duration::from_secs(2)).await;
        for (person, _) in hanging {
            w.receive("calendar_event_updated", person).await;
        }
        let event = w.officient.add_event(*person, w.leave(0));
        let began = Instant::now();
        w.receive("calendar_event_added", person).await;
        w.until("the leave is written", async || w.absence_of(event).is_some()).await;
        assert!(began.elapsed() < Duration::from_millis(1500), "{:?}", began.elapsed());
    }
    assert_eq!(w.officient.rate_limited(), 0);
    w.officient.clear_faults();
    w.retry_until_done().await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn during_an_outage_ids_of_known_people_are_not_looked_up_and_afterwards_only_if_that_costs_less() {
    let w = fast_rate_limit().world().await;
    let people: Vec<i64> = w.hire_people(40).into_iter().map(|(person, _)| person).collect();
    w.connect_and_import().await;
    w.officient.fault_on("/1.0/", Fault::Status(503), usize::MAX);
    w.receive("calendar_event_added", people[0]).await;
    w.receive("calendar_event_added", people[1]).await;
    w.until("the outage is noticed", async || w.app.app.engine.officient_breaker.is_open()).await;
    w.until_idle().await;
    w.officient.clear_calls();
    for person in &people {
        w.officient.add_event(*person, w.leave(0));
        w.receive("calendar_event_added", *person).await;
        // One after the other, so that they are no burst.
        w.advance(SignedDuration::from_secs(6)).await;
        w.until_idle().await;
    }
    assert_ne!(w.officient.calls().len(), 0, "somebody tries Officient");
    assert_eq!(w.officient.calls_to("/1.0/calendar/requests/"), 0);
    w.officient.clear_faults();
    w.retry_until_done().await;
    assert_eq!(w.absences().len(), people.len());
    assert_eq!(w.officient.calls_to("/1.0/calendar/requests/"), 0, "everybody is reconciled in any case");
    w.finish(&[]).await;
}

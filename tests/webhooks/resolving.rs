//! Which people a webhook refers to: its id may be a person, a calendar event, a request, or nothing that is known.

use optedo_officient::officient::rate_limiter::Priority;

use crate::support::prelude::*;
use crate::support::simulators::officient::WebhookMeaning;

/// Leave that is added, changed and deleted reaches Optedo whatever the id of a webhook means.
#[tokio::test]
async fn a_webhook_is_resolved_whether_its_id_is_a_person_an_event_or_a_request() {
    for meaning in [WebhookMeaning::Person, WebhookMeaning::Event, WebhookMeaning::Request] {
        let w = World::start().await;
        let (piet, piets_user) = w.hire("Piet", "Pieters");
        let known = w.take_leave(5);
        w.connect_and_import().await;
        w.officient.set_notify(true);
        w.officient.notify_about(meaning);
        let delivered = async || {
            w.officient.webhooks_delivered().await;
            w.settle().await;
        };

        let event = w.take_leave(0);
        delivered().await;
        assert_eq!(w.times_of(event), whole_day(w.day(0)), "{meaning:?}: new, entered by the administration");
        let (_, requested) = w.officient.add_leave(piet, [w.leave(1), w.leave(2)]);
        delivered().await;
        assert_eq!(w.optedo.absences_of(piets_user).len(), 2, "{meaning:?}: new, requested by the person");
        for event in [event, requested[0], known] {
            w.make_partial(event, 9, 60);
            delivered().await;
        }
        for (event, day) in [(event, 0), (requested[0], 1), (known, 5)] {
            assert_eq!(w.times_of(event), part(w.day(day), (9, 0), (10, 0)), "{meaning:?}");
        }
        for event in [event, requested[0], requested[1], known] {
            w.officient.delete_event(event);
            delivered().await;
            assert_eq!(w.absence_of(event), None, "{meaning:?}");
        }
        assert_eq!(w.absences(), []);
        assert_eq!(w.optedo.writes(), 1 + 3 + 3 + 4, "{meaning:?}");
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn leave_is_found_for_every_event_type_and_every_id() {
    let w = World::connected().await;
    let bodies = [
        json!({"account": "acme", "event_type": "leave.something_new", "related_object_id": w.jan.to_string()}),
        json!({"account": "acme", "event_type": "calendar_event_added", "related_object_id": w.jan}),
        json!({"account": "acme", "event_type": "calendar_event_added", "related_object_id": 424_242}),
        json!({"account": "acme", "event_type": "calendar_event_added", "related_object_id": "garbage"}),
        json!({"account": "acme", "event_type": "calendar_event_added", "related_object_id": ""}),
        json!({"account": "acme", "event_type": "calendar_event_added", "related_object_id": null}),
        json!({"account": "acme", "event_type": "calendar_event_added"}),
        json!({"event_type": "calendar_event_added", "related_object_id": {"id": 1}}),
        json!({"event_type": "calendar_event_added", "related_object_id": [1]}),
        json!({"event_type": "calendar_event_added", "related_object_id": 1.5}),
        json!({"event_type": "calendar_event_added", "related_object_id": -1}),
        json!({"event_type": "calendar_event_added", "related_object_id": "99999999999999999999999"}),
        json!({"event_type": "calendar_event_added", "related_object_id": true}),
        json!({"event_type": "", "related_object_id": w.jan}),
        json!({"event_type": "person_updated", "related_object_id": w.jan}),
        json!({"event_type": "person_updated", "related_object_id": "garbage"}),
    ];
    for (day, body) in (0..).zip(bodies) {
        let event = w.take_leave(day);
        let response = w.http.post(w.webhook_url()).json(&body).send().await.unwrap();
        assert_eq!(response.status(), 200, "{body}");
        w.settle().await;
        assert_eq!(w.times_of(event), whole_day(w.day(day)), "{body}");
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_id_that_is_one_persons_event_and_anothers_request_reconciles_both() {
    let w = World::start().await;
    let (piet, piets_user) = w.hire("Piet", "Pieters");
    let event = w.take_leave(0);
    w.connect_and_import().await;
    while w.officient.add_request(piet, &[]) < event {}
    w.make_partial(event, 9, 60);
    w.officient.add_event(piet, w.leave(1));
    w.webhook_about("calendar_event_updated", event).await;
    assert_eq!(w.times_of(event), part(w.day(0), (9, 0), (10, 0)));
    assert_eq!(w.optedo.absences_of(piets_user).len(), 1);
    w.finish(&[]).await;
}

#[tokio::test]
async fn leave_of_a_person_who_is_not_known_yet_is_found_by_their_id() {
    for event_type in ["person_added", "calendar_event_added"] {
        let w = World::connected().await;
        let (piet, piets_user) = w.hire("Piet", "Pieters");
        w.officient.add_event(piet, w.leave(0));
        w.webhook_about(event_type, piet).await;
        assert_eq!(w.optedo.absences_of(piets_user).len(), 1, "{event_type}");
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn a_webhook_about_a_person_who_does_not_exist_is_harmless() {
    let w = World::connected().await;
    for event_type in ["person_added", "person_deleted", "person_updated"] {
        w.webhook_about(event_type, 999_999).await;
        w.webhook_about(event_type, -5).await;
    }
    w.sweep().await;
    assert_eq!(w.status().await["queue"], json!({"waiting": 0, "retrying": 0}));
    assert_eq!(w.status().await["sync"]["peopleTotal"], 1);
    w.finish(&[]).await;
}

#[tokio::test]
async fn duplicated_and_reordered_webhooks_are_harmless() {
    let w = World::connected().await;
    let [kept, gone] = [0, 1].map(|day| w.take_leave(day));
    w.officient.delete_event(gone);
    let types = ["calendar_event_deleted", "calendar_event_updated", "calendar_event_added", "person_added"];
    let deliveries = (0..50).map(|number| {
        let id = [w.jan, kept, gone][number % 3];
        w.deliver(types[number % types.len()], id)
    });
    for status in futures_util::future::join_all(deliveries).await {
        assert_eq!(status, 200);
    }
    w.settle().await;
    assert_eq!(w.times_of(kept), whole_day(w.day(0)));
    assert_eq!((w.absences().len(), w.optedo.writes()), (1, 1));
    w.finish(&[]).await;
}

#[tokio::test]
async fn webhooks_that_are_three_days_late_or_about_another_account_are_harmless() {
    let w = World::connected().await;
    let event = w.take_leave(0);
    w.officient.delete_event(w.take_leave(1));
    w.advance(SignedDuration::from_hours(72)).await;
    for _ in 0..2 {
        w.webhook_about("calendar_event_deleted", event + 1).await;
        w.webhook_about("calendar_event_added", event).await;
    }
    let body = json!({"account": "somebody-else", "event_type": "person_deleted", "related_object_id": w.jan});
    assert_eq!(w.http.post(w.webhook_url()).json(&body).send().await.unwrap().status(), StatusCode::OK);
    w.settle().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    assert_eq!(w.absences().len(), 1);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_webhook_that_arrives_during_a_reconciliation_is_not_lost() {
    let w = World::connected().await;
    // One reconciliation responses a webhook that names a person; the id of the other may also be a request's.
    for (day, event_type) in [(0, "calendar_event_added"), (2, "person_added")] {
        w.optedo.clear_calls();
        let first = w.take_leave(day);
        let write = w.optedo.hold("POST /api/absences", 0);
        w.receive(event_type, w.jan).await;
        // The calendar has been read, because its leave is being written: the next leave is not in it.
        w.until_held(&write, 1).await;
        let second = w.take_leave(day + 1);
        w.receive(event_type, w.jan).await;
        write.release();
        w.settle().await;
        assert_eq!(w.times_of(first), whole_day(w.day(day)));
        assert_eq!(w.times_of(second), whole_day(w.day(day + 1)));
        assert_eq!(w.optedo.writes(), 2);
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn leave_that_changes_while_it_is_read_ends_in_its_last_state() {
    let w = World::connected().await;
    let event = w.take_leave(0);
    for hour in 9..15 {
        w.make_partial(event, hour, 60);
        let reading = w.officient.hold("/1.0/calendar/", 0);
        w.receive("calendar_event_updated", event).await;
        w.until_held(&reading, 1).await;
    }
    w.settle().await;
    assert_eq!(w.times_of(event), part(w.day(0), (14, 0), (15, 0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_webhook_whose_id_cannot_be_looked_up_now_is_kept_and_resolved_later() {
    let w = World::connected().await;
    let event = w.take_leave(0);
    w.officient.fault_on("/1.0/calendar/requests/", Fault::Status(500), 1);
    w.receive("calendar_event_added", event).await;
    w.until("one look-up has failed", async || w.officient.faults_left() == 0).await;
    w.until("the person is found", async || {
        w.advance(SignedDuration::from_mins(1)).await;
        w.absence_of(event).is_some()
    })
    .await;
    w.settle().await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_person_whom_officient_did_not_find_once_is_read_again_at_the_next_webhook() {
    let w = World::start().await;
    w.officient.rename_person(w.jan, "jan", "Peeters");
    let event = w.take_leave(0);
    w.connect_and_import().await;
    // Nobody matches, so the names are read again, and Officient responds that there is no such person.
    w.officient.fault_on(&format!("/1.0/people/{}/detail", w.jan), Fault::Status(404), 1);
    w.webhook().await;
    assert_eq!(w.officient.faults_left(), 0);
    w.officient.rename_person(w.jan, "Jan", "Peeters");
    w.webhook().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_failed_reconciliation_that_covered_a_later_webhook_is_not_repeated_immediately() {
    let w = fast_rate_limit().connected().await;
    let event = w.take_leave(0);
    w.optedo.next_write(Fault::Status(503));
    // With every permit of the rate limiter taken, the reconciliation waits before it reads which webhooks it covers.
    let permits = join_all((0..30).map(|_| w.app.app.engine.officient.permit(Priority::Urgent))).await;
    let requested = format!("select sync_request_no from people where person_id = {}", w.jan);
    for event_type in ["calendar_event_added", "calendar_event_updated"] {
        let before = w.number(&requested).await;
        w.receive(event_type, w.jan).await;
        w.until("a reconciliation of Jan is requested", async || w.number(&requested).await > before).await;
        w.worker_round().await;
    }
    drop(permits);
    let waits = "select exists (select from people where attempts = 1 and next_attempt_at > now())";
    w.until("the next attempt is later", async || w.holds(waits).await).await;
    assert_eq!(w.absence_of(event), None);
    w.retry_until_done().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_webhook_causes_an_immediate_reconciliation_after_many_failures() {
    let w = World::connected().await;
    let event = w.take_leave(0);
    let calendar = format!("/1.0/calendar/{}/", w.jan);
    w.officient.fault_on(&calendar, Fault::Status(500), 1000);
    w.webhook().await;
    for _ in 0..6 {
        let attempts = w.officient.calls_to(&calendar);
        w.advance(SignedDuration::from_mins(16)).await;
        w.until_idle().await;
        assert!(w.officient.calls_to(&calendar) > attempts);
    }
    w.officient.clear_faults();
    // Without a webhook the next attempt would be minutes later on the clock, which stands still.
    w.receive("calendar_event_updated", w.jan).await;
    w.until("the leave is written", async || w.times_of(event) == whole_day(w.day(0))).await;
    w.finish(&[]).await;
}

use std::time::Duration;

use optedo_officient::simulators::Fault;
use optedo_officient::simulators::officient::WebhookMeaning;
use serde_json::{Value, json};

use crate::support::world::{World, part, whole_day};

/// Whatever `related_object_id` means, leave that is made, changed and deleted is so in Optedo.
async fn leads_to_the_same_result(meaning: WebhookMeaning) {
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
    assert_eq!(w.times_of(event), whole_day(w.day(0)), "new, made by the administration");
    let (_, asked) = w.officient.add_leave(piet, [w.leave(1), w.leave(2)]);
    delivered().await;
    assert_eq!(w.optedo.absences_of(piets_user).len(), 2, "new, asked for by a person");
    for event in [event, asked[0], known] {
        w.officient.change_event(event, |leave| *leave = leave.clone().part(540, 60));
        delivered().await;
    }
    assert_eq!(w.times_of(event), part(w.day(0), (9, 0), (10, 0)));
    assert_eq!(w.times_of(asked[0]), part(w.day(1), (9, 0), (10, 0)));
    assert_eq!(w.times_of(known), part(w.day(5), (9, 0), (10, 0)));
    for event in [event, asked[0], asked[1], known] {
        w.officient.delete_event(event);
        delivered().await;
        assert_eq!(w.absence_of(event), None);
    }
    assert_eq!(w.absences(), []);
    assert_eq!(w.optedo.writes(), 1 + 3 + 3 + 4);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_webhook_that_points_at_a_person_is_understood() {
    leads_to_the_same_result(WebhookMeaning::Person).await;
}

#[tokio::test]
async fn a_webhook_that_points_at_an_event_is_understood() {
    leads_to_the_same_result(WebhookMeaning::Event).await;
}

#[tokio::test]
async fn a_webhook_that_points_at_a_request_is_understood() {
    leads_to_the_same_result(WebhookMeaning::Request).await;
}

#[tokio::test]
async fn whatever_the_type_and_the_id_the_leave_is_found() {
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
        let answer = w.http.post(w.webhook_url()).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{body}");
        w.settle().await;
        assert_eq!(w.times_of(event), whole_day(w.day(day)), "{body}");
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_number_that_is_ones_event_and_anothers_request_makes_both_be_looked_at() {
    let w = World::start().await;
    let (piet, piets_user) = w.hire("Piet", "Pieters");
    let event = w.take_leave(0);
    w.connect_and_import().await;
    while w.officient.add_request(piet, &[]) < event {}
    w.officient.change_event(event, |leave| *leave = leave.clone().part(540, 60));
    w.officient.add_event(piet, w.leave(1));
    w.announce_about("calendar_event_updated", event).await;
    assert_eq!(w.times_of(event), part(w.day(0), (9, 0), (10, 0)));
    assert_eq!(w.optedo.absences_of(piets_user).len(), 1);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_person_added_is_looked_at_with_their_leave() {
    let w = World::connected().await;
    let (piet, piets_user) = w.hire("Piet", "Pieters");
    w.officient.add_event(piet, w.leave(0));
    w.announce_about("person_added", piet).await;
    assert_eq!(w.optedo.absences_of(piets_user).len(), 1);
    w.finish(&[]).await;
}

#[tokio::test]
async fn leave_of_a_person_whom_no_webhook_announced_is_found_by_their_id() {
    let w = World::connected().await;
    let (piet, piets_user) = w.hire("Piet", "Pieters");
    w.officient.add_event(piet, w.leave(0));
    w.announce_about("calendar_event_added", piet).await;
    assert_eq!(w.optedo.absences_of(piets_user).len(), 1);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_person_who_does_not_exist_is_harmless() {
    let w = World::connected().await;
    for event_type in ["person_added", "person_deleted", "person_updated"] {
        w.announce_about(event_type, 999_999).await;
        w.announce_about(event_type, -5).await;
    }
    w.sweep().await;
    assert_eq!(w.status().await["queue"], json!({"waiting": 0, "retrying": 0}));
    assert_eq!(w.status().await["sync"]["peopleTotal"], 1);
    w.finish(&[]).await;
}

#[tokio::test]
async fn duplicates_and_disorder_are_harmless() {
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
async fn a_webhook_that_arrives_while_the_person_is_looked_at_is_not_lost() {
    let w = World::connected().await;
    w.optedo.set_latency(Duration::from_millis(150));
    // One that names a person is answered by one look; the number of the other may be a request's too.
    for (day, event_type) in [(0, "calendar_event_added"), (2, "person_added")] {
        w.optedo.clear_calls();
        let first = w.take_leave(day);
        assert_eq!(w.deliver(event_type, w.jan).await, 200);
        // The calendar was read, for it is being written: what comes now is not in it.
        w.until("the calendar was read", async || w.optedo.writes() > 0).await;
        let second = w.take_leave(day + 1);
        assert_eq!(w.deliver(event_type, w.jan).await, 200);
        assert!(w.absence_of(first).is_none(), "the look ended too early to prove anything");
        w.settle().await;
        assert_eq!(w.times_of(first), whole_day(w.day(day)));
        assert_eq!(w.times_of(second), whole_day(w.day(day + 1)));
        assert_eq!(w.optedo.writes(), 2);
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_webhook_about_leave_that_changes_while_it_is_read_ends_in_the_last_state() {
    let w = World::connected().await;
    w.officient.set_latency(Duration::from_millis(50));
    let event = w.take_leave(0);
    for hour in 0..6 {
        w.officient.change_event(event, |leave| *leave = leave.clone().part(540 + hour * 60, 60));
        assert_eq!(w.deliver("calendar_event_updated", event).await, 200);
        let seen = w.officient.calls().len();
        w.until("something is read", async || w.officient.calls().len() > seen).await;
    }
    w.settle().await;
    assert_eq!(w.times_of(event), part(w.day(0), (14, 0), (15, 0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_webhook_whose_object_cannot_be_looked_up_now_is_kept() {
    let w = World::connected().await;
    let event = w.take_leave(0);
    w.officient.fault_on("/1.0/calendar/requests/", Fault::Status(500), 1);
    assert_eq!(w.deliver("calendar_event_added", event).await, 200);
    w.until("it failed once", async || w.officient.faults_left() == 0).await;
    w.until("found in the end", async || {
        w.pass(jiff::SignedDuration::from_mins(1)).await;
        w.absence_of(event).is_some()
    })
    .await;
    w.settle().await;
    let waiting: Value = w.status().await["queue"]["waiting"].clone();
    assert_eq!(waiting, 0);
    w.finish(&[]).await;
}

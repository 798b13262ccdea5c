//! What Optedo answers to a write is believed only when it shows what was sent; otherwise its own list decides.

use crate::support::prelude::*;
use crate::support::simulators::optedo::Oddities;

/// Answers that do not show the absence, with a 2xx status.
fn odd_bodies() -> [Value; 4] {
    [json!({"success": false}), json!({}), json!([]), json!({"error": "closed"})]
}

#[tokio::test]
async fn a_creation_that_is_answered_without_the_absence_costs_one_look_up() {
    for body in odd_bodies() {
        let w = World::start().await;
        w.optedo.fault_on("POST /api/absences", Fault::WrongContent(body.clone()), 1);
        let event = w.take_leave(0);
        w.connect_and_import().await;
        assert_eq!(w.times_of(event), whole_day(w.day(0)), "{body}");
        assert_eq!((w.queue("retrying").await, w.optedo.created_ever()), (0, 3), "{body}");
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn a_creation_that_is_refused_with_a_success_is_rejected_and_the_others_are_written() {
    for (status, body) in [(200, json!({"error": "closed"})), (200, json!([])), (202, json!({}))] {
        let w = World::start().await;
        let events: Vec<i64> = (0..3).map(|day| w.take_leave(day)).collect();
        w.optedo.fault_on("POST /api/absences", Fault::Answer { status, body }, 1);
        w.connect_and_import().await;
        let stands = events.iter().filter(|event| w.absence_of(**event).is_some()).count();
        assert_eq!((stands, w.queue("retrying").await), (2, 0));
        w.finish(&["rejected_by_optedo"]).await;
        w.sweep().await;
        assert_eq!(w.absences().len(), 3);
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn a_creation_that_is_refused_in_any_form_holds_up_nothing_else() {
    for status in [403, 405, 410, 415, 500] {
        let w = World::start().await;
        let refused_day = w.day(1);
        w.optedo.reject_with(status, "Nee", move |absence| absence.start.date() == refused_day);
        let events: Vec<i64> = (0..4).map(|day| w.take_leave(day)).collect();
        w.connect_and_import().await;
        let stands: Vec<bool> = events.iter().map(|event| w.absence_of(*event).is_some()).collect();
        assert_eq!(stands, [true, false, true, true], "{status}");
        w.optedo.accept_everything();
        w.retry_until_done().await;
        w.sweep().await;
        assert_eq!(w.absences().len(), 4, "{status}");
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn a_change_that_is_only_claimed_is_rejected_and_made_later() {
    let old = |w: &World, event| serde_json::to_value(w.absence_of(event).unwrap()).unwrap();
    for case in 0..4 {
        let w = World::start().await;
        let event = w.take_leave(0);
        w.connect_and_import().await;
        let answer = match case {
            0 => Fault::Answer { status: 200, body: old(&w, event) },
            1 => Fault::Answer { status: 200, body: json!({"success": false}) },
            2 => Fault::Status(204),
            _ => Fault::Answer { status: 202, body: json!({}) },
        };
        w.optedo.fault_on("PUT /api/absences", answer, 1);
        w.make_partial(event, 9, 60);
        w.webhook().await;
        assert_eq!(w.times_of(event), whole_day(w.day(0)), "{case}");
        w.finish(&["rejected_by_optedo"]).await;
        w.sweep().await;
        assert_eq!(w.times_of(event), part(w.day(0), (9, 0), (10, 0)), "{case}");
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn a_change_that_was_made_is_believed_whatever_the_answer_says() {
    for body in odd_bodies() {
        let w = World::start().await;
        let event = w.take_leave(0);
        w.connect_and_import().await;
        w.optedo.fault_on("PUT /api/absences", Fault::WrongContent(body), 1);
        w.make_partial(event, 9, 60);
        w.webhook().await;
        assert_eq!(w.times_of(event), part(w.day(0), (9, 0), (10, 0)));
        assert_eq!((w.queue("retrying").await, w.optedo.writes()), (0, 2));
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn a_deletion_that_is_only_claimed_is_rejected_and_made_later() {
    for body in odd_bodies() {
        let w = World::start().await;
        let event = w.take_leave(0);
        w.connect_and_import().await;
        w.optedo.fault_on("DELETE /api/absences", Fault::Answer { status: 200, body }, 1);
        w.officient.delete_event(event);
        w.webhook().await;
        assert_eq!(w.absences().len(), 1);
        w.finish(&["rejected_by_optedo"]).await;
        w.sweep().await;
        assert_eq!(w.absences(), []);
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn an_absence_that_is_answered_in_another_spelling_is_understood() {
    let w = World::start().await;
    let times = [("09:00:00", "10:00:00"), ("09:00:00.000", "10:00:00.000"), ("09:00:00Z", "10:00:00Z")];
    for (number, (start, end)) in (0..).zip(times) {
        let day = w.day(number);
        let event = w.take(w.leave(number).part(540, 60));
        let body = json!({"data": {
            "id": (70_003 + i64::from(number)).to_string(), "userId": w.user.to_string(),
            "absenceTypeId": w.vakantie.to_string(), "start": format!("{day}T{start}"), "end": format!("{day}T{end}"),
            "allDay": 0, "externalReference": w.reference(event),
        }});
        w.optedo.fault_on("POST /api/absences", Fault::WrongContent(body), 1);
        if number == 0 {
            w.connect_and_import().await;
        } else {
            w.webhook().await;
        }
    }
    let reads = w.optedo.calls().iter().filter(|call| call.path.contains("&to=")).count();
    // Before each creation, and never after it.
    assert_eq!((w.absences().len(), reads), (3, 3));
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_absence_that_is_not_visible_yet_is_waited_for_and_not_written_again() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.optedo.behave(Oddities { hides_new_absences: true, ..Oddities::default() });
    w.connect_and_import().await;
    w.make_partial(event, 9, 60);
    w.receive("calendar_event_updated", w.jan).await;
    w.until_idle().await;
    assert_eq!((w.optedo.created_ever(), w.times_of(event)), (3, whole_day(w.day(0))));
    assert_eq!(w.queue("retrying").await, 0);
    w.optedo.behave(Oddities::default());
    w.advance(SignedDuration::from_secs(5)).await;
    w.settle().await;
    assert_eq!(w.times_of(event), part(w.day(0), (9, 0), (10, 0)));
    assert_eq!(w.optedo.created_ever(), 3);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_retry_asks_for_the_day_even_where_a_list_ends_early() {
    let w = World::start().await;
    w.optedo.behave(Oddities { lists_at_most: Some(100), ..Oddities::default() });
    for day in 0..120 {
        w.take_leave(day);
    }
    w.connect_and_import().await;
    let event = w.take_leave(125);
    w.optedo.fault_on("POST /api/absences", Fault::AnswerLost, 1);
    w.webhook().await;
    w.retry_until_done().await;
    assert!(w.absence_of(event).is_some());
    // A restored backup does not know the last absences.
    sqlx::query("delete from absences where event_id >= $1").bind(event - 10).execute(&w.db).await.unwrap();
    w.sweep().await;
    assert_eq!(w.absences().len(), 121);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_list_of_users_that_repeats_its_last_page_ends() {
    let w = World::start().await;
    w.optedo.behave(Oddities { repeats_last_page: true, ..Oddities::default() });
    for number in 0..198 {
        w.optedo.add_user("Piet", &format!("Pieters{number}"));
    }
    let event = w.take_leave(0);
    w.connect_and_import().await;
    assert_eq!(w.optedo.users().len() % 100, 0);
    assert!(w.absence_of(event).is_some());
    let pages = w.optedo.calls().iter().filter(|call| call.path.starts_with("/api/users")).count();
    assert!(pages <= 16, "{pages} pages");
    w.finish(&[]).await;
}

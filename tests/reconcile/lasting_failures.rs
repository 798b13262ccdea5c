//! A failure that lasts is an attention item: about an upstream, or about one person while others succeed.

use crate::support::prelude::*;

/// Longer than `sync.failing_after`.
async fn wait_for_the_item(w: &World) {
    for _ in 0..4 {
        w.advance(SignedDuration::from_mins(5)).await;
        w.until_idle().await;
    }
}

#[tokio::test]
async fn an_answer_of_officient_that_is_not_understood_becomes_an_item_that_names_the_field() {
    let w = World::connected().await;
    let event = w.take_leave(0);
    w.officient.fault_on("/1.0/calendar/", Fault::WrongContent(json!({"data": [{"date": "geheim"}, 5]})), 100_000);
    w.receive("calendar_event_added", w.jan).await;
    w.until_idle().await;
    assert_eq!(w.attention().await, [] as [Value; 0], "nothing lasts yet");
    wait_for_the_item(&w).await;
    let item = w.item("officient_failing").await;
    let detail = item["detail"].as_str().unwrap();
    assert!(detail.contains("calendar") && detail.contains("data"), "{detail}");
    assert!(!detail.contains("geheim"), "{detail}");
    assert_eq!((&item["subjectId"], &item["waiting"]), (&json!("officient"), &json!(1)));
    assert_eq!(w.status().await["attention"]["open"], 1);
    w.officient.clear_faults();
    w.retry(&item).await;
    w.until("the leave is written", async || w.absence_of(event).is_some()).await;
    w.until("the item is resolved", async || w.attention().await.is_empty()).await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_answer_of_optedo_that_is_not_understood_becomes_an_item_that_names_the_field() {
    let w = World::connected().await;
    // Users that were just read need not be read again.
    w.advance(SignedDuration::from_mins(6)).await;
    w.take_leave(0);
    let users = json!([{"id": 1, "firstName": 5, "lastName": "x"}]);
    w.optedo.fault_on("GET /api/users", Fault::WrongContent(users), 100_000);
    w.receive("calendar_event_added", w.jan).await;
    w.until_idle().await;
    wait_for_the_item(&w).await;
    let item = w.item("optedo_failing").await;
    assert!(item["detail"].as_str().unwrap().contains("[0].firstName: expected a string, got a number"), "{item}");
    w.optedo.clear_faults();
    w.retry_until_done().await;
    w.until("the item is resolved", async || w.attention().await.is_empty()).await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn one_person_who_cannot_be_read_while_others_can_is_an_item_about_that_person() {
    let w = World::start().await;
    let (piet, _) = w.hire("Piet", "Pieters");
    w.connect_and_import().await;
    w.officient.fault_on(&format!("/1.0/calendar/{}/", w.jan), Fault::Status(500), 100_000);
    w.take_leave(0);
    w.receive("calendar_event_added", w.jan).await;
    w.until_idle().await;
    for day in 0..4 {
        w.officient.add_event(piet, w.leave(day));
        w.receive("calendar_event_added", piet).await;
        w.until_idle().await;
        w.advance(SignedDuration::from_mins(5)).await;
        w.until_idle().await;
    }
    let item = w.item("person_failing").await;
    assert_eq!((&item["subject"], &item["subjectId"]), (&json!("Jan Peeters"), &json!(w.jan.to_string())));
    assert!(item["detail"].as_str().unwrap().contains("500"), "{item}");
    assert_eq!(w.attention().await.len(), 1);
    w.officient.clear_faults();
    w.retry(&item).await;
    w.retry_until_done().await;
    w.until("the item is resolved", async || w.attention().await.is_empty()).await;
    assert_eq!(w.absences().len(), 5);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_list_of_people_that_cannot_be_read_is_an_item_although_nobody_waits() {
    let w = World::connected().await;
    w.officient.fault_on("/1.0/people/list", Fault::Html200, 100_000);
    w.request_sweep().await;
    w.until_idle().await;
    wait_for_the_item(&w).await;
    let item = w.item("officient_failing").await;
    assert!(item["detail"].as_str().unwrap().contains("people"), "{item}");
    assert_eq!(item["waiting"], 0);
    w.officient.clear_faults();
    w.advance(SignedDuration::from_mins(1)).await;
    w.until("the item is resolved", async || w.attention().await.is_empty()).await;
    w.settle().await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn what_waits_for_a_sign_in_does_not_fail() {
    let w = World::connected().await;
    w.take_leave(0);
    w.officient.revoke_all_tokens();
    w.receive("calendar_event_added", w.jan).await;
    w.until_idle().await;
    wait_for_the_item(&w).await;
    let kinds: Vec<Value> = w.attention().await.iter().map(|item| item["kind"].clone()).collect();
    assert_eq!(kinds, ["reauthorization_required"]);
}

#[tokio::test]
async fn nothing_fails_any_more_when_the_admin_signs_out() {
    let w = World::connected().await;
    w.take_leave(0);
    w.officient.fault_on("/1.0/calendar/", Fault::Html200, 100_000);
    w.receive("calendar_event_added", w.jan).await;
    w.until_idle().await;
    wait_for_the_item(&w).await;
    w.item("officient_failing").await;
    w.officient.clear_faults();
    w.post("/logout").await;
    w.until("the item is resolved", async || w.attention().await.is_empty()).await;
}

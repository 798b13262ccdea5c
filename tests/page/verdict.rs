//! The verdict: whether Optedo contains what it should, by comparisons that were made.

use crate::page::tabs::tab;
use crate::support::prelude::*;
use crate::support::program::run;

async fn verdict(w: &World) -> Value {
    w.status().await["verdict"].clone()
}

async fn state(w: &World) -> String {
    verdict(w).await["state"].as_str().unwrap().to_owned()
}

async fn sentence(w: &World) -> String {
    Browser::signed_in(w).await.open(&tab("/people")).await.ok().text()
}

#[tokio::test]
async fn the_verdict_is_up_to_date_only_while_everybody_was_compared_within_two_sweep_intervals() {
    let w = options().set("sync.sweep_interval", "15m").world().await;
    assert_eq!(state(&w).await, "disconnected");
    w.take_leave(0);
    w.take_leave(1);
    w.connect_and_import().await;
    let now = verdict(&w).await;
    assert_eq!(
        (&now["state"], &now["expected"], &now["inOptedo"]),
        (&json!("up_to_date"), &json!(2), &json!(2)),
        "{now}"
    );
    assert!(now["comparedAt"].is_string());
    assert!(sentence(&w).await.contains("Alles is bij: 2 van 2 afwezigheden staan in Optedo"));
    // Officient is away, so that sweeps compare nobody.
    w.officient.fault_on("/", Fault::Status(503), 10_000);
    w.clock.advance(SignedDuration::from_mins(31));
    assert_eq!(state(&w).await, "behind");
    assert!(sentence(&w).await.contains("Loopt achter"));
    w.officient.clear_faults();
    w.retry_until_done().await;
    w.sweep().await;
    assert_eq!(state(&w).await, "up_to_date");
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_periodic_check_of_everybody_changes_neither_the_verdict_nor_the_tabs() {
    let w = options().set("sync.sweep_interval", "15m").world().await;
    w.take_leave(0);
    w.connect_and_import().await;
    let calendar = w.officient.hold("/1.0/calendar/", 0);
    w.clock.advance(SignedDuration::from_mins(16));
    w.until("a sweep is under way", async || w.status().await["queue"]["waiting"] == 1).await;
    assert_eq!(state(&w).await, "up_to_date");
    let page = Browser::signed_in(&w).await.open(&tab("/people")).await.ok();
    assert!(!page.body.contains(">Voorbeeld</a>"), "{}", page.body);
    w.receive("calendar_event_updated", w.jan).await;
    assert_eq!(state(&w).await, "behind", "a change is known");
    drop(calendar);
    w.settle().await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn leave_that_waits_for_the_admin_is_expected_and_not_in_optedo() {
    let w = World::connected().await;
    let els = w.officient.add_person("Els", "Maes");
    w.officient.add_event(els, w.leave(0));
    w.take_leave(0);
    w.sweep().await;
    let now = verdict(&w).await;
    assert_eq!(
        (&now["state"], &now["expected"], &now["inOptedo"]),
        (&json!("action_required"), &json!(2), &json!(1)),
        "{now}"
    );
    assert!(sentence(&w).await.contains("1 punt wacht op jou: 1 van 2 afwezigheden staan in Optedo."));
    w.optedo.add_user("Els", "Maes");
    w.sweep().await;
    let now = verdict(&w).await;
    assert_eq!(
        (&now["state"], &now["expected"], &now["inOptedo"]),
        (&json!("up_to_date"), &json!(2), &json!(2)),
        "{now}"
    );
    w.finish(&[]).await;
}

#[tokio::test]
async fn leave_of_somebody_whom_the_admin_ignores_is_not_expected() {
    let w = World::connected().await;
    let els = w.officient.add_person("Els", "Maes");
    w.officient.add_event(els, w.leave(0));
    w.take_leave(0);
    w.sweep().await;
    w.ignore(&w.item("unmatched_person").await).await;
    let now = verdict(&w).await;
    assert_eq!(
        (&now["state"], &now["expected"], &now["inOptedo"]),
        (&json!("up_to_date"), &json!(1), &json!(1)),
        "{now}"
    );
    w.finish(&[]).await;
}

#[tokio::test]
async fn after_an_update_the_verdict_waits_until_everybody_was_compared_once() {
    let w = World::connected().await;
    w.take_leave(0);
    w.webhook().await;
    // What the version before leaves.
    w.sql("update people set absences_expected = null, absences_in_optedo = null").await;
    let now = verdict(&w).await;
    assert_eq!((&now["state"], &now["comparedAt"]), (&json!("behind"), &json!(null)), "{now}");
    assert!(sentence(&w).await.contains("Nog niet iedereen is vergeleken."));
    w.sweep().await;
    assert_eq!(state(&w).await, "up_to_date");
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_webhook_that_waits_a_failure_a_difference_and_a_pause_are_no_good_verdict() {
    let w = World::connected().await;
    let event = w.take_leave(0);
    w.webhook().await;
    assert_eq!(state(&w).await, "up_to_date");
    let calendar = w.officient.hold("/1.0/calendar/", 0);
    w.receive("calendar_event_updated", w.jan).await;
    assert_eq!(state(&w).await, "behind");
    drop(calendar);
    w.settle().await;
    assert_eq!(state(&w).await, "up_to_date");

    let absence = w.absence_of(event).unwrap().id;
    assert!(w.optedo.delete_absence(absence));
    w.post("/audit").await;
    w.until("the audit finds it", async || state(&w).await == "action_required").await;
    let now = verdict(&w).await;
    assert_eq!((&now["expected"], &now["inOptedo"]), (&json!(1), &json!(0)), "{now}");

    w.post("/pause").await;
    assert_eq!(state(&w).await, "paused");
    w.finish(&["differs_in_optedo"]).await;
}

#[tokio::test]
async fn the_command_status_says_the_verdict_first() {
    let w = World::connected().await;
    w.take_leave(0);
    w.webhook().await;
    let printed = run(&w, &["status"]).await.out;
    assert!(printed.starts_with("verdict     up to date: 1 of 1 absences are in Optedo, compared at "), "{printed}");
    w.finish(&[]).await;
}

//! A pause: webhooks are stored, nothing is written to Optedo, and resuming catches up.

use crate::page::tabs::tab;
use crate::support::prelude::*;

async fn pause(w: &World) {
    assert_eq!(w.post("/pause").await.status(), StatusCode::NO_CONTENT);
}

async fn resume(w: &World) {
    assert_eq!(w.post("/resume").await.status(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn during_a_pause_webhooks_are_stored_and_nothing_is_written_until_it_ends() {
    let mut w = World::connected().await;
    assert_eq!(w.status().await["paused"], Value::Null);
    pause(&w).await;
    let paused = w.status().await["paused"].clone();
    assert!(paused["since"].is_string() && paused["by"].is_null(), "{paused}");
    pause(&w).await;
    assert_eq!(w.status().await["paused"], paused, "it began once");

    let event = w.take_leave(0);
    w.receive("calendar_event_added", w.jan).await;
    // A sweep that is requested, and one that is due, wait too.
    assert_eq!(w.post("/sync").await.status(), StatusCode::ACCEPTED);
    w.app.restart().await;
    w.advance(SignedDuration::from_hours(1)).await;
    w.until_idle().await;
    assert_eq!((w.optedo.writes(), w.status().await["queue"]["waiting"].clone()), (0, json!(1)));
    assert_eq!(w.status().await["paused"], paused, "it outlasts a restart");

    resume(&w).await;
    w.until("the leave is written", async || w.absence_of(event).is_some()).await;
    assert_eq!(w.status().await["paused"], Value::Null);
    w.settle().await;
    resume(&w).await;
    let log = "select count(*) from audit_log where action in ('paused', 'resumed')";
    assert_eq!(w.number(log).await, 2, "each once");
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_pause_of_more_than_a_day_needs_attention_until_it_ends() {
    let w = World::connected().await;
    pause(&w).await;
    w.advance(SignedDuration::from_hours(23)).await;
    w.until_idle().await;
    assert!(w.attention().await.is_empty());
    w.advance(SignedDuration::from_hours(2)).await;
    w.until("an item says so", async || !w.attention().await.is_empty()).await;
    let item = w.item("paused").await;
    assert!(item["detail"].as_str().unwrap().starts_with("Paused since "), "{item}");
    resume(&w).await;
    assert!(w.attention().await.is_empty());
    w.settle().await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_item_about_a_pause_does_not_outlive_a_pause_that_ends_at_that_moment() {
    let w = World::connected().await;
    pause(&w).await;
    w.advance(SignedDuration::from_hours(23)).await;
    w.until_idle().await;
    // An admin resumes while the worker is about to open the item.
    let mut resuming = optedo_officient::db::begin(&w.db).await.unwrap();
    sqlx::query("update connection set is_paused = false, paused_at = null, paused_by = null")
        .execute(&mut *resuming)
        .await
        .unwrap();
    let resume = async {
        let waits = "select exists (select from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock' and query like '%for share%')";
        w.until("the worker waits for the admin", async || w.holds(waits).await).await;
        resuming.commit().await.unwrap();
    };
    tokio::join!(w.advance(SignedDuration::from_hours(2)), resume);
    w.settle().await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn signing_out_ends_a_pause_and_nobody_pauses_without_a_connection() {
    let w = World::connected().await;
    pause(&w).await;
    assert!(w.post("/logout").await.status().is_success());
    assert_eq!(w.status().await["paused"], Value::Null);
    assert_eq!(w.post("/pause").await.status(), StatusCode::CONFLICT);
    assert_eq!(w.post("/resume").await.status(), StatusCode::CONFLICT);
}

#[tokio::test]
async fn every_page_says_since_when_it_is_paused_and_by_whom() {
    let w = World::connected().await;
    let browser = Browser::signed_in(&w).await;
    let page = browser.follow(&browser.press("Pauzeer").await).await;
    assert!(page.text().contains("Gepauzeerd sinds") && page.text().contains("Hervatten"), "{}", page.body);
    for (under, language, says) in [
        ("/people", "nl", "Gepauzeerd sinds"),
        ("/history", "fr", "En pause depuis"),
        ("/attention", "en", "Paused since"),
    ] {
        let page = browser.open_in(&tab(under), language).await.ok();
        assert!(page.text().contains(says), "{under}: {}", page.body);
    }
    let event = w.take_leave(0);
    let page = browser.follow(&browser.press("Hervatten").await).await;
    assert!(!page.text().contains("Gepauzeerd sinds"), "{}", page.body);
    w.until("the leave is written", async || w.absence_of(event).is_some()).await;
    w.settle().await;
    w.finish(&[]).await;
}

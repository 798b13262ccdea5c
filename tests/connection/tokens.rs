//! Access tokens: refreshed in time, once for everybody who needs them, and never lost.

use optedo_officient::app::App;
use optedo_officient::config::Config;
use optedo_officient::db;
use secrecy::ExposeSecret as _;

use crate::connection::login::stored_tokens;
use crate::support::prelude::*;

/// Many needs for a token at the same time: dry runs of everybody.
async fn use_token_concurrently(app: &TestApp) {
    let dry_runs = (0..6).map(|_| app.post("/sync?dryRun=true"));
    for response in join_all(dry_runs).await {
        assert_eq!(response.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_token_is_refreshed_before_it_expires_and_once_for_all_calls() {
    let w = World::start().await;
    w.take_leave(0);
    w.connect_and_import().await;
    let began_with = stored_tokens(&w).await;
    w.officient.clear_calls();
    w.clock.advance(SignedDuration::from_mins(54));
    use_token_concurrently(&w).await;
    assert_eq!(w.officient.calls_to("/1.0/token"), 0);

    w.clock.advance(SignedDuration::from_mins(2));
    use_token_concurrently(&w).await;
    assert_eq!(w.officient.calls_to("/1.0/token"), 1);
    assert_ne!(stored_tokens(&w).await.0, began_with.0);

    // The new one lives an hour again.
    w.clock.advance(SignedDuration::from_mins(50));
    use_token_concurrently(&w).await;
    assert_eq!(w.officient.calls_to("/1.0/token"), 1);
}

#[tokio::test]
async fn a_short_lived_token_is_refreshed_in_the_last_tenth_of_its_life() {
    let w = World::start().await;
    w.officient.set_token_lifetime(Duration::from_secs(100));
    w.connect_and_import().await;
    w.officient.clear_calls();
    w.clock.advance(SignedDuration::from_secs(80));
    use_token_concurrently(&w).await;
    assert_eq!(w.officient.calls_to("/1.0/token"), 0);
    w.clock.advance(SignedDuration::from_secs(11));
    use_token_concurrently(&w).await;
    assert_eq!(w.officient.calls_to("/1.0/token"), 1);
}

#[tokio::test]
async fn a_refused_token_is_refreshed_once_for_all_calls() {
    let w = World::start().await;
    w.take_leave(0);
    w.connect_and_import().await;
    w.officient.clear_calls();
    w.officient.revoke_access_tokens();
    use_token_concurrently(&w).await;
    assert_eq!(w.officient.calls_to("/1.0/token"), 1);
    assert_eq!(w.status().await["state"], "connected");
}

#[tokio::test]
async fn only_one_of_all_replicas_refreshes_the_token() {
    let w = World::start().await;
    w.connect_and_import().await;
    let mut replicas = vec![w.app.app.clone()];
    for _ in 0..2 {
        let config = Config::load(None, w.environment()).unwrap();
        let pool = db::pool(&config.database.url, 5).unwrap();
        replicas.push(App::build(config, pool, w.clock.clone()).await.unwrap());
    }
    w.officient.clear_calls();
    w.officient.set_latency(Duration::from_millis(50));
    w.clock.advance(SignedDuration::from_mins(56));
    let needs = replicas.iter().flat_map(|replica| {
        let tokens = replica.engine.officient.tokens();
        [tokens.current(), tokens.current()]
    });
    let tokens: Vec<String> =
        join_all(needs).await.into_iter().map(|token| token.unwrap().expose_secret().to_owned()).collect();
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert_eq!(w.officient.calls_to("/1.0/token"), 1);
}

#[tokio::test]
async fn a_refresh_response_without_a_refresh_token_keeps_the_old_one() {
    let app = World::connected().await;
    let (_, refresh_token) = stored_tokens(&app).await;
    app.officient.omit_refresh_token_in_refresh(true);
    for _ in 0..2 {
        app.officient.clear_calls();
        app.officient.revoke_access_tokens();
        use_token_concurrently(&app).await;
        assert_eq!(app.officient.calls_to("/1.0/token"), 1);
        assert_eq!(stored_tokens(&app).await.1, refresh_token);
    }
    app.officient.omit_refresh_token_in_refresh(false);
    app.officient.revoke_access_tokens();
    use_token_concurrently(&app).await;
    assert_ne!(stored_tokens(&app).await.1, refresh_token);
}

#[tokio::test]
async fn a_refresh_that_fails_is_no_reason_to_sign_in_again() {
    let app = World::connected().await;
    for fault in [Fault::Status(500), Fault::Html200, Fault::EmptyObject, Fault::AnswerLost] {
        app.officient.revoke_access_tokens();
        app.officient.fault_on("/1.0/token", fault.clone(), 1);
        let response = app.post("/sync?dryRun=true").await;
        assert_eq!(app.officient.faults_left(), 0, "{fault:?}");
        assert!(response.status().is_server_error(), "{fault:?}");
        assert_eq!(app.status().await["state"], "connected", "{fault:?}");
        use_token_concurrently(&app).await;
    }
    assert!(app.attention().await.is_empty());
}

#[tokio::test]
async fn after_a_refused_refresh_nothing_is_lost_and_connecting_again_catches_up() {
    let w = World::start().await;
    w.take_leave(0);
    w.connect_and_import().await;
    w.officient.revoke_all_tokens();
    w.take_leave(1);
    w.receive("calendar_event_added", w.jan).await;
    w.until("the admin must sign in again", async || w.status().await["state"] == "reauthorization_required")
        .await;
    let items = w.attention_of("reauthorization_required").await;
    assert_eq!(items.len(), 1);
    let page = Browser::signed_in(&w).await.open(PAGE).await;
    assert!(page.body.contains("Officient aanvaardt de koppeling niet meer"));
    page.form("Aanmelden bij Officient");
    page.form("Afmelden");

    w.take_leave(2);
    for _ in 0..3 {
        w.receive("calendar_event_added", w.jan).await;
    }
    assert!(w.status().await["queue"]["waiting"].as_i64().unwrap() >= 3);
    assert_eq!(w.absences_of(w.user).len(), 1);
    let token_calls = w.officient.calls_to("/1.0/token");
    assert_eq!(w.post("/sync?dryRun=true").await.status(), StatusCode::CONFLICT);
    assert_eq!(w.officient.calls_to("/1.0/token"), token_calls);

    w.connect_and_import().await;
    assert_eq!(w.absences_of(w.user).len(), 3);
    assert!(w.attention().await.is_empty());
    let resolved = w.get("/attention?state=resolved").await;
    assert_eq!(resolved[0]["id"], items[0]["id"]);
    assert_eq!(resolved[0]["kind"], "reauthorization_required");
    assert!(w.holds("select bool_and(processed_at is not null) from webhook_events").await);
    w.assert_one_way_and_once();
}

#[tokio::test]
async fn a_refused_refresh_token_can_be_tried_again_from_the_attention_item() {
    let app = World::connected().await;
    app.officient.refuse_refresh(true);
    app.officient.revoke_access_tokens();
    app.request_sweep().await;
    app.until("refused", async || app.status().await["state"] == "reauthorization_required").await;
    app.officient.refuse_refresh(false);
    let item = &app.attention_of("reauthorization_required").await[0];
    app.request_retry(item).await;
    app.until("connected, and the item resolved", async || {
        app.status().await["state"] == "connected" && app.attention().await.is_empty()
    })
    .await;
}

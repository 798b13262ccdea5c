//! Access tokens: refreshed in time, once for everybody who needs them, and never lost.

use optedo_officient::app::App;
use optedo_officient::config::Config;
use optedo_officient::db;
use secrecy::ExposeSecret as _;

use crate::connection::login::stored_tokens;
use crate::support::prelude::*;
use crate::support::simulators::officient::TokenEncoding;

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
    let faults = [
        (Fault::Status(500), 1),
        (Fault::Status(403), 1),
        (Fault::Status(404), 1),
        (Fault::ErrorPage(401), 1),
        // A form that is refused with 400 or 415 is sent as JSON too.
        (Fault::ErrorPage(400), 2),
        (Fault::Status(415), 2),
        (Fault::Html200, 1),
        (Fault::EmptyObject, 1),
        (Fault::AnswerLost, 1),
    ];
    for (fault, calls) in faults {
        app.officient.revoke_access_tokens();
        app.officient.fault_on("/1.0/token", fault.clone(), calls);
        let response = app.post("/sync?dryRun=true").await;
        assert_eq!(app.officient.faults_left(), 0, "{fault:?}");
        assert!(response.status().is_server_error(), "{fault:?}");
        assert_eq!(app.status().await["state"], "connected", "{fault:?}");
        app.clock.advance(SignedDuration::from_secs(5));
        use_token_concurrently(&app).await;
    }
    assert!(app.attention().await.is_empty());
}

#[tokio::test]
async fn a_failing_token_endpoint_is_called_at_most_every_five_seconds() {
    let app = World::connected().await;
    app.officient.revoke_access_tokens();
    app.officient.clear_calls();
    app.officient.fault_on("/1.0/token", Fault::Status(503), 100);
    let mut calls = Vec::new();
    for pause in [0, 1, 2, 4, 5, 5] {
        app.clock.advance(SignedDuration::from_secs(pause));
        for _ in 0..3 {
            assert!(app.post("/sync?dryRun=true").await.status().is_server_error());
        }
        calls.push(app.officient.calls_to("/1.0/token"));
    }
    assert_eq!(calls, [1, 2, 3, 4, 5, 6]);
    app.officient.clear_faults();
    app.clock.advance(SignedDuration::from_secs(5));
    use_token_concurrently(&app).await;
}

#[tokio::test]
async fn the_encoding_that_the_token_endpoint_accepts_is_found_and_remembered() {
    for (encoding, status) in [(TokenEncoding::Json, 400), (TokenEncoding::Json, 415), (TokenEncoding::Form, 415)] {
        let w = World::start().await;
        w.officient.accept_tokens_only_as(encoding, status);
        w.connect_and_import().await;
        w.officient.clear_calls();
        w.officient.revoke_access_tokens();
        use_token_concurrently(&w).await;
        assert_eq!(w.officient.calls_to("/1.0/token"), 1, "{encoding:?}");

        // Officient may change its mind.
        let other = if encoding == TokenEncoding::Json { TokenEncoding::Form } else { TokenEncoding::Json };
        w.officient.accept_tokens_only_as(other, status);
        for calls in [3, 4] {
            w.officient.revoke_access_tokens();
            use_token_concurrently(&w).await;
            assert_eq!(w.officient.calls_to("/1.0/token"), calls, "{encoding:?}");
        }
        assert!(w.attention().await.is_empty());
    }
}

#[tokio::test]
async fn a_refused_refresh_token_is_tried_again_with_each_sweep() {
    let w = options().set("sync.sweep_interval", "15m").world().await;
    w.connect_and_import().await;
    w.officient.refuse_refresh(true);
    w.officient.revoke_access_tokens();
    w.take_leave(0);
    w.receive("calendar_event_added", w.jan).await;
    let state = async || w.status().await["state"].clone();
    w.until("refused", async || state().await == "reauthorization_required").await;
    w.officient.clear_calls();
    w.advance(SignedDuration::from_mins(15)).await;
    // A form that is refused is sent as JSON too.
    w.until("tried again", async || w.officient.calls_to("/1.0/token") == 2).await;
    // The next attempt is counted from the end of this one.
    w.until_idle().await;
    assert_eq!(state().await, "reauthorization_required");

    w.officient.refuse_refresh(false);
    w.advance(SignedDuration::from_mins(15)).await;
    w.until("connected again", async || state().await == "connected" && w.attention().await.is_empty()).await;
    w.until("the leave is written", async || w.absences().len() == 1).await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn after_a_refused_refresh_nothing_is_lost_and_connecting_again_catches_up() {
    let w = World::start().await;
    w.take_leave(0);
    w.connect_and_import().await;
    w.officient.revoke_all_tokens();
    w.take_leave(1);
    w.receive("calendar_event_added", w.jan).await;
    w.until("the admin must sign in again", async || w.status().await["state"] == "reauthorization_required").await;
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

//! The webhook address is the only proof that a webhook comes from Officient: secret, and replaceable without a loss.

use crate::support::prelude::*;

async fn post(app: &TestApp, url: &str, body: impl Into<reqwest::Body>) -> (StatusCode, String) {
    let response = app.http.post(url).body(body).send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}

async fn deliver(app: &TestApp, url: &str) -> StatusCode {
    post(app, url, json!({"event_type": "person_added", "related_object_id": "1"}).to_string()).await.0
}

async fn count_stored(app: &TestApp) -> i64 {
    sqlx::query_scalar("select count(*) from webhook_events").fetch_one(&app.db).await.unwrap()
}

/// Where Officient delivers our webhooks.
fn registered(app: &TestApp) -> Vec<String> {
    let mut urls: Vec<String> = app.officient.subscriptions().into_iter().map(|one| one.target_url).collect();
    urls.sort_unstable();
    urls.dedup();
    urls
}

async fn rotate(app: &TestApp) -> StatusCode {
    app.post("/webhook-token/rotate").await.status()
}

#[tokio::test]
async fn every_wrong_token_gets_the_same_404() {
    let app = TestApp::start().await;
    let url = app.webhook_url();
    let (base, token) = url.rsplit_once('/').unwrap();
    let good = r#"{"event_type":"e","related_object_id":"1"}"#.to_owned();
    let (_, expected) = post(&app, &format!("{base}/wrong"), good.clone()).await;
    let swapped = token.chars().rev().collect::<String>();
    let wrong = ["x", &token[..token.len() - 1], &format!("{token}x"), &swapped, "%00", "%ff", &"a".repeat(5000)]
        .map(str::to_owned);
    for token in wrong {
        for body in [good.clone(), "not json".to_owned(), " ".repeat(70_000)] {
            let response = post(&app, &format!("{base}/{token}"), body).await;
            assert_eq!(response, (StatusCode::NOT_FOUND, expected.clone()), "{token:.60}");
        }
    }
    assert_eq!(count_stored(&app).await, 0);
}

#[tokio::test]
async fn a_wrong_token_causes_no_database_query() {
    let app = TestApp::start().await;
    let url = app.webhook_url();
    let (base, _) = url.rsplit_once('/').unwrap();
    app.take_database_away().await;
    assert_eq!(deliver(&app, &format!("{base}/wrong")).await, StatusCode::NOT_FOUND);
    // The right token needs the database, so it was really away.
    assert_eq!(deliver(&app, &url).await, StatusCode::SERVICE_UNAVAILABLE);
    app.give_database_back().await;
}

#[tokio::test]
async fn after_a_rotation_officient_has_the_new_address_and_the_old_one_is_unknown() {
    let app = TestApp::connected().await;
    let (before, events) = (app.webhook_url(), app.officient.subscriptions().len());
    assert_eq!(registered(&app), [&*before]);
    assert_eq!(rotate(&app).await, StatusCode::NO_CONTENT);
    let after = app.webhook_url();
    assert_ne!(after, before);
    assert!(after.rsplit('/').next().unwrap().len() >= 43, "256 bits");
    assert_eq!(registered(&app), [&*after]);
    assert_eq!(app.officient.subscriptions().len(), events);
    assert_eq!(deliver(&app, &before).await, StatusCode::NOT_FOUND);
    assert_eq!(deliver(&app, &after).await, StatusCode::OK);
    let others = app.officient.calls();
    let order: Vec<&str> =
        others.iter().filter(|call| call.path.starts_with("/1.0/webhooks/")).map(|call| call.method.as_str()).collect();
    let (last_added, first_removed) =
        (order.iter().rposition(|method| *method == "POST"), order.iter().position(|method| *method == "DELETE"));
    assert!(last_added < first_removed, "removed before all were added: {order:?}");
}

#[tokio::test]
async fn the_old_address_is_accepted_until_officient_has_the_new_one() {
    let mut app = TestApp::connected().await;
    let before = app.webhook_url();
    app.officient.stop().await;
    assert_eq!(rotate(&app).await, StatusCode::ACCEPTED);
    let after = app.webhook_url();
    assert_ne!(after, before);
    for url in [&before, &after] {
        assert_eq!(deliver(&app, url).await, StatusCode::OK);
    }
    // A second rotation now would make the address that Officient has unknown.
    assert_eq!(rotate(&app).await, StatusCode::ACCEPTED);
    assert_eq!(app.webhook_url(), after);
    app.restart().await;
    assert_eq!(app.webhook_url(), after);
    assert_eq!(deliver(&app, &before).await, StatusCode::OK);

    app.officient.restart().await.unwrap();
    app.until("Officient has the new address", async || registered(&app) == [after.clone()]).await;
    app.until("the old one is unknown", async || deliver(&app, &before).await == StatusCode::NOT_FOUND).await;
    assert_eq!(deliver(&app, &after).await, StatusCode::OK);
}

#[tokio::test]
async fn a_rotation_that_fails_halfway_keeps_both_addresses_until_it_is_completed() {
    let app = TestApp::connected().await;
    let before = app.webhook_url();
    app.officient.fault_on("POST /1.0/webhooks/add", Fault::Status(503), 1);
    assert_eq!(rotate(&app).await, StatusCode::ACCEPTED);
    assert_eq!(app.officient.faults_left(), 0);
    assert_eq!(deliver(&app, &before).await, StatusCode::OK);
    app.until("the worker ended it", async || registered(&app) == [app.webhook_url()]).await;
    app.until("the old one is unknown", async || deliver(&app, &before).await == StatusCode::NOT_FOUND).await;
}

#[tokio::test]
async fn every_replica_knows_the_new_address_before_officient_does() {
    let app = TestApp::connected().await;
    let (url, other) = app.replica().await;
    let at_other = |address: &str| address.replace(&app.url, &url);
    let before = app.webhook_url();
    assert_eq!(deliver(&app, &at_other(&before)).await, StatusCode::OK);
    assert_eq!(rotate(&app).await, StatusCode::NO_CONTENT);
    assert_eq!(deliver(&app, &at_other(&app.webhook_url())).await, StatusCode::OK);
    app.until("the old one is unknown there too", async || {
        deliver(&app, &at_other(&before)).await == StatusCode::NOT_FOUND
    })
    .await;
    other.engine.stop.cancel();
}

#[tokio::test]
async fn without_a_connection_the_new_address_is_valid_immediately() {
    let app = TestApp::start().await;
    let before = app.webhook_url();
    assert_eq!(rotate(&app).await, StatusCode::NO_CONTENT);
    assert_eq!(deliver(&app, &before).await, StatusCode::NOT_FOUND);
    assert_eq!(deliver(&app, &app.webhook_url()).await, StatusCode::OK);
    assert_eq!(app.officient.calls_to("/"), 0);
}

#[tokio::test]
async fn only_the_admin_can_rotate_the_webhook_address() {
    let app = TestApp::connected().await;
    let before = app.webhook_url();
    let url = format!("{}{API}/webhook-token/rotate", app.url);
    let stranger = app.http.post(&url).send().await.unwrap();
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
    let browser = Browser::signed_in(&app).await;
    let form = browser.open(PAGE).await.form("Vervang het webhookadres");
    assert_eq!(browser.submit(&form.clone().without("csrf_token")).await.status, StatusCode::FORBIDDEN);
    let get = app.api(Method::GET, "/webhook-token/rotate").send().await.unwrap();
    assert_eq!(get.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(app.webhook_url(), before);
    let page = browser.follow(&browser.submit(&form).await).await;
    assert!(page.body.contains("Het webhookadres is vervangen"), "{}", page.body);
    assert_ne!(app.webhook_url(), before);
    assert!(!page.body.contains(&app.webhook_secret()));
    assert!(!format!("{:?}", app.app.engine.webhook_address).contains(&app.webhook_secret()));
}

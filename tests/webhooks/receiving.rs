//! The webhook receiver: a webhook is on disk before its 200, and nothing else delays or refuses it.

use optedo_officient::db;

use crate::support::prelude::*;

async fn post(app: &TestApp, url: &str, body: impl Into<reqwest::Body>) -> (StatusCode, String) {
    let response = app.http.post(url).body(body).send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}

/// Event name and object of every stored webhook, oldest first.
async fn stored(app: &TestApp) -> Vec<(String, Option<String>)> {
    let query = sqlx::query_as("select event_type, related_object_id from webhook_events order by id");
    query.fetch_all(&app.db).await.unwrap()
}

#[tokio::test]
async fn a_webhook_is_on_disk_before_its_200_whatever_its_other_fields_contain() {
    let app = TestApp::start().await;
    let some = |id: &str| Some(id.to_owned());
    let cases = [
        (r#"{"account":"acme","event_type":"e","related_object_id":"123456"}"#, some("123456")),
        (r#"{"account":7,"event_type":"e","related_object_id":123456}"#, some("123456")),
        (r#"{"account":null,"event_type":"e","related_object_id":null}"#, None),
        (r#"{"event_type":"e"}"#, None),
        (r#"{"event_type":"e","related_object_id":{"id":[1,"\ud800"]}}"#, None),
        (r#"{"event_type":"e","related_object_id":[true],"more":{"a":1e999}}"#, None),
        (r#" {"event_type":"e","related_object_id":""} "#, some("")),
        (r#"{"event_type":"e","related_object_id":"x\u0000y"}"#, some("xy")),
        ("\u{feff}{\"event_type\":\"e\",\"related_object_id\":7}", some("7")),
    ];
    for (number, (body, id)) in cases.into_iter().enumerate() {
        assert_eq!(post(&app, &app.webhook_url(), body).await, (StatusCode::OK, String::new()), "{body}");
        let stored = stored(&app).await;
        assert_eq!(stored.len(), number + 1, "{body}");
        assert_eq!(stored[number], ("e".to_owned(), id), "{body}");
    }
    assert!(!app.status().await["lastWebhookAt"].is_null());
    assert_eq!(app.officient.calls_to("/"), 0);
}

#[tokio::test]
async fn a_body_that_is_not_an_object_with_an_event_type_is_refused_with_400() {
    let app = TestApp::start().await;
    let bodies = [
        "",
        "not json",
        "[]",
        r#"["event_type"]"#,
        "null",
        "7",
        "{}",
        r#"{"event_type":7}"#,
        r#"{"event_type":null}"#,
        r#"{"event_type":["e"]}"#,
        r#"{"event_type":"e""#,
        r#"{"event_type":"e"} x"#,
        r#"[{"event_type":"e"}]"#,
    ];
    for body in bodies {
        let (status, response) = post(&app, &app.webhook_url(), body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        let problem: Value = serde_json::from_str(&response).unwrap();
        assert_eq!(problem["status"], 400);
    }
    let (status, _) = post(&app, &app.webhook_url(), b"{\"event_type\":\"\xff\"}".to_vec()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(stored(&app).await, []);
}

#[tokio::test]
async fn a_method_other_than_post_is_refused_with_405() {
    let app = TestApp::start().await;
    for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
        let request = app.http.request(method.clone(), app.webhook_url());
        let response = request.body(r#"{"event_type":"e"}"#).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert!(response.headers()["allow"].to_str().unwrap().contains("POST"));
    }
    assert_eq!(stored(&app).await, []);
}

#[tokio::test]
async fn a_body_of_64_kib_is_accepted_and_a_larger_one_is_refused_with_413() {
    let app = TestApp::start().await;
    let frame = r#"{"event_type":"e","more":""}"#.len();
    let body = |size: usize| format!(r#"{{"event_type":"e","more":"{}"}}"#, "x".repeat(size - frame));
    let most = body(64 * 1024);
    assert_eq!(most.len(), 64 * 1024);
    assert_eq!(post(&app, &app.webhook_url(), most).await.0, StatusCode::OK);
    let (status, response) = post(&app, &app.webhook_url(), body(64 * 1024 + 1)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(response.contains("64 KiB"));
    assert_eq!(stored(&app).await.len(), 1);
}

/// The response comes although the database still cannot store anything.
async fn assert_refused(app: &TestApp) {
    let body = r#"{"event_type":"e","related_object_id":"1"}"#;
    let response = app.http.post(app.webhook_url()).body(body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn a_webhook_that_cannot_be_stored_is_refused_with_503() {
    let app = TestApp::start().await;
    app.sql("alter table webhook_events rename to elsewhere").await;
    assert_refused(&app).await;
    app.sql("alter table elsewhere rename to webhook_events").await;
    app.receive("e", 1).await;

    let mut lock = db::begin(&app.db).await.unwrap();
    sqlx::raw_sql("lock table webhook_events in access exclusive mode").execute(&mut *lock).await.unwrap();
    assert_refused(&app).await;
    lock.rollback().await.unwrap();
    app.receive("e", 2).await;

    app.take_database_away().await;
    assert_refused(&app).await;
    app.give_database_back().await;
    app.until("stored again", async || app.deliver("e", 3).await == StatusCode::OK).await;
    let ids: Vec<Option<String>> = stored(&app).await.into_iter().map(|(_, id)| id).collect();
    for id in ["1", "2", "3"] {
        assert!(ids.contains(&Some(id.to_owned())), "{id} in {ids:?}");
    }
}

#[tokio::test]
async fn a_webhook_is_acknowledged_while_officient_does_not_respond() {
    let app = TestApp::connected().await;
    let silence = app.officient.hold("/", 0);
    for person in 1..=3 {
        app.receive("calendar_event_added", person).await;
    }
    app.until_held(&silence, 1).await;
    app.receive("calendar_event_added", 4).await;
    app.officient.stop().await;
    app.receive("calendar_event_added", 5).await;
    assert_eq!(stored(&app).await.len(), 5);
}

#[tokio::test]
async fn every_webhook_of_a_burst_is_stored() {
    let app = TestApp::start().await;
    let statuses = join_all((0..200).map(|id| app.deliver("calendar_event_added", id))).await;
    assert!(statuses.iter().all(|status| *status == StatusCode::OK), "{statuses:?}");
    let mut ids: Vec<i64> = stored(&app).await.into_iter().map(|(_, id)| id.unwrap().parse().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..200).collect::<Vec<i64>>());
    assert_eq!(app.queue("waiting").await, 200);
}

#[tokio::test]
async fn a_webhook_is_stored_while_every_pooled_connection_is_in_use() {
    let w = World::connected().await;
    let mut held = Vec::new();
    while let Ok(connection) = w.app.app.engine.db.acquire().await {
        held.push(connection);
    }
    let event = w.take_leave(0);
    w.receive("calendar_event_added", w.jan).await;
    drop(held);
    w.until("the leave is written", async || w.times_of(event) == whole_day(w.day(0))).await;
    w.finish(&[]).await;
}

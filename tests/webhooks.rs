//! Webhooks: their subscriptions at Officient, and the receiver.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use optedo_officient::db;
use optedo_officient::simulators::Fault;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{API, Options, TestApp};

const EVENTS: [&str; 5] = [
    "person_added",
    "person_deleted",
    "calendar_event_added",
    "calendar_event_updated",
    "calendar_event_deleted",
];

/// The event names of the subscriptions with our current address, sorted.
fn ours(app: &TestApp) -> Vec<String> {
    let target_url = app.webhook_url();
    let webhooks = app.officient.subscriptions().into_iter();
    let mut events: Vec<String> =
        webhooks.filter(|webhook| webhook.target_url == target_url).map(|webhook| webhook.event).collect();
    events.sort_unstable();
    events
}

fn sorted(events: &[&str]) -> Vec<String> {
    let mut events: Vec<String> = events.iter().map(ToString::to_string).collect();
    events.sort_unstable();
    events
}

/// The webhooks of the status document: name and state, in its order.
async fn listed(app: &TestApp) -> Vec<(String, String)> {
    let status = app.status().await;
    let webhooks = status["webhooks"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    webhooks.map(|webhook| (text(&webhook["event"]), text(&webhook["state"]))).collect()
}

fn all_registered(events: &[&str]) -> Vec<(String, String)> {
    let registered = |event: &&str| ((*event).to_owned(), "registered".to_owned());
    events.iter().map(registered).collect()
}

async fn put_events(app: &TestApp, events: &[&str]) {
    let put = app.api(Method::PUT, "/webhook-events").json(&json!({ "events": events }));
    assert_eq!(put.send().await.unwrap().status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn connecting_registers_exactly_one_webhook_for_every_configured_event() {
    let app = TestApp::start().await;
    app.connect().await;
    assert_eq!(ours(&app), sorted(&EVENTS));
    assert_eq!(listed(&app).await, all_registered(&EVENTS));
    let token = app.webhook_url().rsplit('/').next().unwrap().to_owned();
    assert!(token.len() >= 43, "256 bits");
    assert!(app.webhook_url().starts_with(&format!("{}{API}/webhook/", app.url)));
    app.settle().await;
    assert_eq!(app.officient.subscriptions().len(), EVENTS.len());
}

/// Removes, doubles and outdates webhooks of ours; returns the ids of others', which must stay.
fn disturb_webhooks(app: &TestApp) -> Vec<i64> {
    let webhooks = app.officient.subscriptions();
    app.officient.remove_subscription(webhooks[0].id);
    app.officient.add_subscription(&webhooks[1].event, &webhooks[1].target_url);
    let former = format!("{}{API}/webhook/a-former-token", app.url);
    app.officient.add_subscription(&webhooks[2].event, &former);
    app.officient.add_subscription("no_longer_wanted", &app.webhook_url());
    let others = [
        "https://payroll.example/hook".to_owned(),
        format!("https://other.example{API}/webhook/x"),
        format!("{}/something/else", app.url),
    ];
    others.iter().map(|url| app.officient.add_subscription("person_added", url)).collect()
}

fn are_mended(app: &TestApp, others: &[i64]) -> bool {
    let webhooks = app.officient.subscriptions();
    ours(app) == sorted(&EVENTS)
        && webhooks.len() == EVENTS.len() + others.len()
        && others.iter().all(|other| webhooks.iter().any(|webhook| webhook.id == *other))
}

#[tokio::test]
async fn a_start_mends_the_webhooks_and_leaves_those_of_others() {
    let mut app = TestApp::connected().await;
    let others = disturb_webhooks(&app);
    app.restart().await;
    app.until("webhooks are mended", async || are_mended(&app, &others)).await;
    assert_eq!(listed(&app).await, all_registered(&EVENTS));
}

#[tokio::test]
async fn a_start_during_which_officient_fails_mends_the_webhooks_later() {
    let mut app = TestApp::connected().await;
    let others = disturb_webhooks(&app);
    app.officient.fault_on("/1.0/webhooks/list", Fault::Status(503), 1);
    app.restart().await;
    app.until("webhooks are mended", async || are_mended(&app, &others)).await;
    assert_eq!(app.officient.faults_left(), 0);
}

#[tokio::test]
async fn a_sweep_mends_the_webhooks_and_leaves_those_of_others() {
    let app = TestApp::connected().await;
    let others = disturb_webhooks(&app);
    app.sweep().await;
    assert!(are_mended(&app, &others), "{:?}", app.officient.subscriptions());
    app.assert_one_way_and_once();
}

#[tokio::test]
async fn a_list_of_webhooks_that_is_not_understood_changes_nothing() {
    let app = TestApp::connected().await;
    let before = app.officient.subscriptions();
    for fault in [Fault::Html200, Fault::EmptyObject, Fault::DataNull, Fault::CutOffJson] {
        app.officient.fault_on("/1.0/webhooks/list", fault.clone(), 1);
        app.sweep().await;
        assert_eq!(app.officient.faults_left(), 0, "{fault:?}");
        assert_eq!(app.officient.subscriptions(), before, "{fault:?}");
    }
}

#[tokio::test]
async fn a_refused_name_is_reported_and_the_rest_registered() {
    let app = TestApp::start().await;
    app.officient.refuse_event_names(&["calendar_event_added"]);
    app.connect().await;
    app.settle().await;
    let accepted: Vec<&str> = EVENTS.into_iter().filter(|event| *event != "calendar_event_added").collect();
    assert_eq!(ours(&app), sorted(&accepted));
    let status = app.status().await;
    assert_eq!(status["webhooks"][2]["event"], "calendar_event_added");
    assert_eq!(status["webhooks"][2]["state"], "refused");
    assert!(status["webhooks"][2]["detail"].as_str().unwrap().contains("400"));
    let items = app.attention_of("webhook_refused").await;
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["subjectId"], "calendar_event_added");

    app.officient.refuse_event_names(&[]);
    let retry = app.post(&format!("/attention/{}/retry", items[0]["id"])).await;
    assert_eq!(retry.status(), StatusCode::ACCEPTED);
    assert_eq!(ours(&app), sorted(&EVENTS));
    assert_eq!(listed(&app).await, all_registered(&EVENTS));
    assert!(app.attention().await.is_empty());
}

#[tokio::test]
async fn other_event_names_are_registered_at_once_and_dropped_ones_removed_at_once() {
    let mut app = Options::default()
        .officient(|officient| officient.event_names.push("leave_changed".to_owned()))
        .start()
        .await;
    app.connect().await;
    app.settle().await;
    put_events(&app, &["leave_changed", "person_added", "leave_changed"]).await;
    assert_eq!(ours(&app), sorted(&["leave_changed", "person_added"]));
    assert_eq!(app.officient.subscriptions().len(), 2);
    assert_eq!(listed(&app).await, all_registered(&["leave_changed", "person_added"]));

    put_events(&app, &["leave_changed", "no_such_event"]).await;
    assert_eq!(ours(&app), sorted(&["leave_changed"]));
    assert_eq!(app.attention_of("webhook_refused").await.len(), 1);
    put_events(&app, &["leave_changed"]).await;
    assert!(app.attention().await.is_empty());

    app.restart().await;
    app.sweep().await;
    assert_eq!(ours(&app), sorted(&["leave_changed"]));
    assert_eq!(app.officient.subscriptions().len(), 1);
}

#[tokio::test]
async fn event_names_chosen_before_connecting_are_those_that_connecting_registers() {
    let app = TestApp::start().await;
    put_events(&app, &["person_added"]).await;
    assert_eq!(listed(&app).await, [("person_added".to_owned(), "missing".to_owned())]);
    assert_eq!(app.officient.calls_to("/"), 0);
    app.connect().await;
    assert_eq!(ours(&app), sorted(&["person_added"]));
}

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
async fn a_webhook_is_on_disk_before_its_200_whatever_its_other_fields_hold() {
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
async fn what_is_no_object_with_a_textual_event_type_is_refused_with_400() {
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
        let (status, answer) = post(&app, &app.webhook_url(), body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        let problem: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(problem["status"], 400);
    }
    let (status, _) = post(&app, &app.webhook_url(), b"{\"event_type\":\"\xff\"}".to_vec()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(stored(&app).await, []);
}

#[tokio::test]
async fn another_method_is_refused_with_405() {
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
async fn a_body_of_64_kib_is_taken_and_a_larger_one_refused_with_413() {
    let app = TestApp::start().await;
    let frame = r#"{"event_type":"e","more":""}"#.len();
    let body = |size: usize| format!(r#"{{"event_type":"e","more":"{}"}}"#, "x".repeat(size - frame));
    let most = body(64 * 1024);
    assert_eq!(most.len(), 64 * 1024);
    assert_eq!(post(&app, &app.webhook_url(), most).await.0, StatusCode::OK);
    let (status, answer) = post(&app, &app.webhook_url(), body(64 * 1024 + 1)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.contains("64 KiB"));
    assert_eq!(stored(&app).await.len(), 1);
}

/// Refused within two seconds, at any time.
async fn assert_refused_soon(app: &TestApp) {
    let began = Instant::now();
    let body = r#"{"event_type":"e","related_object_id":"1"}"#;
    let response = app.http.post(app.webhook_url()).body(body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key("retry-after"));
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_webhook_that_cannot_be_stored_is_refused_with_503_within_two_seconds() {
    let app = TestApp::start().await;
    let run = async |sql: &'static str| {
        sqlx::raw_sql(sql).execute(&app.db).await.unwrap();
    };
    run("alter table webhook_events rename to elsewhere").await;
    assert_refused_soon(&app).await;
    run("alter table elsewhere rename to webhook_events").await;
    assert_eq!(app.deliver("e", 1).await, StatusCode::OK);

    let mut lock = db::begin(&app.db).await.unwrap();
    sqlx::raw_sql("lock table webhook_events in access exclusive mode").execute(&mut *lock).await.unwrap();
    assert_refused_soon(&app).await;
    lock.rollback().await.unwrap();
    assert_eq!(app.deliver("e", 2).await, StatusCode::OK);

    app.take_database_away().await;
    assert_refused_soon(&app).await;
    app.give_database_back().await;
    app.until("stored again", async || app.deliver("e", 3).await == StatusCode::OK).await;
    let ids: Vec<Option<String>> = stored(&app).await.into_iter().map(|(_, id)| id).collect();
    for id in ["1", "2", "3"] {
        assert!(ids.contains(&Some(id.to_owned())), "{id} in {ids:?}");
    }
}

#[tokio::test]
async fn a_webhook_waits_for_nobody_but_the_database() {
    let app = TestApp::connected().await;
    app.officient.set_latency(Duration::from_secs(20));
    for person in 1..=3 {
        let began = Instant::now();
        assert_eq!(app.deliver("calendar_event_added", person).await, StatusCode::OK);
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }
    app.officient.stop().await;
    assert_eq!(app.deliver("calendar_event_added", 4).await, StatusCode::OK);
    assert_eq!(stored(&app).await.len(), 4);
}

#[tokio::test]
async fn every_webhook_of_a_burst_is_stored() {
    let app = TestApp::start().await;
    let statuses = join_all((0..200).map(|id| app.deliver("calendar_event_added", id))).await;
    assert!(statuses.iter().all(|status| *status == StatusCode::OK), "{statuses:?}");
    let mut ids: Vec<i64> =
        stored(&app).await.into_iter().map(|(_, id)| id.unwrap().parse().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..200).collect::<Vec<i64>>());
    assert_eq!(app.status().await["queue"]["waiting"], 200);
}

//! Webhook subscriptions at Officient: exactly one for each configured event name, with the current address.

use crate::support::prelude::*;

const EVENTS: [&str; 5] =
    ["person_added", "person_deleted", "calendar_event_added", "calendar_event_updated", "calendar_event_deleted"];

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

/// The subscriptions of the status document: event name and state, in its order.
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
async fn connecting_creates_exactly_one_subscription_for_each_configured_event_name() {
    let app = TestApp::start().await;
    app.connect_and_import().await;
    assert_eq!(ours(&app), sorted(&EVENTS));
    assert_eq!(listed(&app).await, all_registered(&EVENTS));
    let token = app.webhook_url().rsplit('/').next().unwrap().to_owned();
    assert!(token.len() >= 43, "256 bits");
    assert!(app.webhook_url().starts_with(&format!("{}{API}/webhook/", app.url)));
    assert_eq!(app.officient.subscriptions().len(), EVENTS.len());
}

/// Removes, duplicates and outdates subscriptions of ours; returns the ids of others', which must stay.
fn disturb_subscriptions(app: &TestApp) -> Vec<i64> {
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

fn are_repaired(app: &TestApp, others: &[i64]) -> bool {
    let webhooks = app.officient.subscriptions();
    ours(app) == sorted(&EVENTS)
        && webhooks.len() == EVENTS.len() + others.len()
        && others.iter().all(|other| webhooks.iter().any(|webhook| webhook.id == *other))
}

#[tokio::test]
async fn a_start_repairs_our_subscriptions_and_keeps_those_of_others() {
    let mut app = TestApp::connected().await;
    let others = disturb_subscriptions(&app);
    app.restart().await;
    app.until("our subscriptions are repaired", async || are_repaired(&app, &others)).await;
    assert_eq!(listed(&app).await, all_registered(&EVENTS));
}

#[tokio::test]
async fn a_start_while_officient_fails_repairs_the_subscriptions_later() {
    let mut app = TestApp::connected().await;
    let others = disturb_subscriptions(&app);
    app.officient.fault_on("/1.0/webhooks/list", Fault::Status(503), 1);
    app.restart().await;
    app.until("our subscriptions are repaired", async || are_repaired(&app, &others)).await;
    assert_eq!(app.officient.faults_left(), 0);
}

#[tokio::test]
async fn a_sweep_repairs_our_subscriptions_and_keeps_those_of_others() {
    let app = TestApp::connected().await;
    let others = disturb_subscriptions(&app);
    app.sweep().await;
    assert!(are_repaired(&app, &others), "{:?}", app.officient.subscriptions());
    app.assert_one_way_and_once();
}

#[tokio::test]
async fn an_unreadable_list_of_subscriptions_changes_nothing() {
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
async fn a_refused_event_name_is_reported_and_the_others_are_registered() {
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
    app.request_retry(&items[0]).await;
    assert_eq!(ours(&app), sorted(&EVENTS));
    assert_eq!(listed(&app).await, all_registered(&EVENTS));
    assert!(app.attention().await.is_empty());
}

#[tokio::test]
async fn changed_event_names_are_registered_and_removed_immediately() {
    let mut app =
        Options::default().officient(|officient| officient.event_names.push("leave_changed".to_owned())).start().await;
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
async fn connecting_registers_the_event_names_chosen_before() {
    let app = TestApp::start().await;
    put_events(&app, &["person_added"]).await;
    assert_eq!(listed(&app).await, [("person_added".to_owned(), "missing".to_owned())]);
    assert_eq!(app.officient.calls_to("/"), 0);
    app.connect_and_import().await;
    assert_eq!(ours(&app), sorted(&["person_added"]));
}

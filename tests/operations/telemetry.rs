//! What operators see: metrics of a real run, and log lines that one id connects.

use std::process::Stdio;

use crate::support::prelude::*;
use crate::support::program::{program, signal, with};

async fn scrape(app: &TestApp) -> String {
    let metrics = app.http.get(format!("{}/metrics", app.url)).send().await.unwrap();
    assert!(metrics.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    metrics.text().await.unwrap()
}

/// The value of a series, written exactly so.
fn value(scrape: &str, series: &str) -> f64 {
    let mut lines = scrape.lines().filter_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    let value = lines.next().unwrap_or_else(|| panic!("no {series} in {scrape}"));
    value.parse().unwrap()
}

#[tokio::test]
async fn every_metric_has_a_description_and_exists_from_the_start() {
    let world = World::start().await;
    let shown = scrape(&world).await;
    for (name, kind) in [
        ("webhook_events_total", "counter"),
        ("webhook_ack_seconds", "histogram"),
        ("absence_writes_total", "counter"),
        ("propagation_seconds", "histogram"),
        ("officient_calls_total", "counter"),
        ("optedo_calls_total", "counter"),
        ("officient_rate_limited_total", "counter"),
        ("sync_queue", "gauge"),
        ("oldest_waiting_seconds", "gauge"),
        ("attention_open", "gauge"),
        ("connection_state", "gauge"),
        ("last_sweep_timestamp_seconds", "gauge"),
        ("is_leader", "gauge"),
        ("database_up", "gauge"),
        ("build_info", "gauge"),
    ] {
        assert!(shown.contains(&format!("# HELP {name} ")), "{name} in {shown}");
        assert!(shown.contains(&format!("# TYPE {name} {kind}\n")), "{name} in {shown}");
        assert!(shown.lines().any(|line| line.starts_with(name)), "{name} in {shown}");
    }
    for series in [
        "webhook_events_total{event_type=\"person_added\",outcome=\"stored\"}",
        "webhook_events_total{event_type=\"other\",outcome=\"malformed\"}",
        "absence_writes_total{action=\"create\",outcome=\"ok\"}",
        "officient_calls_total{outcome=\"rate_limited\"}",
        "webhook_ack_seconds_count",
        "propagation_seconds_bucket{le=\"3600\"}",
        "connection_state",
        "last_sweep_timestamp_seconds",
        "sync_queue{state=\"waiting\"}",
        "sync_queue{state=\"retrying\"}",
        "attention_open{kind=\"unmatched_person\"}",
    ] {
        assert!(value(&shown, series).abs() < f64::EPSILON, "{series}");
    }
}

#[tokio::test]
async fn a_run_is_counted_and_no_external_text_becomes_a_label() {
    let world = World::connected().await;
    world.take_leave(1);
    world.webhook().await;
    for number in 0..5 {
        world.webhook_about(&format!("made_up_{number}"), world.jan).await;
    }
    world.app.http.post(world.webhook_url()).body("x").send().await.unwrap();
    let shown = scrape(&world).await;
    let at_least = |series: &str, least: f64| assert!(value(&shown, series) >= least, "{series} {shown}");
    at_least("webhook_events_total{event_type=\"calendar_event_updated\",outcome=\"stored\"}", 1.0);
    at_least("webhook_events_total{event_type=\"other\",outcome=\"stored\"}", 5.0);
    at_least("webhook_events_total{event_type=\"other\",outcome=\"malformed\"}", 1.0);
    at_least("webhook_ack_seconds_count", 6.0);
    at_least("propagation_seconds_count", 1.0);
    at_least("absence_writes_total{action=\"create\",outcome=\"ok\"}", 1.0);
    at_least("officient_calls_total{outcome=\"ok\"}", 5.0);
    at_least("optedo_calls_total{outcome=\"ok\"}", 3.0);
    at_least("connection_state", 1.0);
    at_least("is_leader", 1.0);
    at_least("database_up", 1.0);
    at_least("last_sweep_timestamp_seconds", 1.7e9);
    at_least(&format!("build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION")), 1.0);
    let secret = world.webhook_secret();
    for word in ["made_up", "Peeters", "Vakantie", "Verlof", &secret] {
        assert!(!shown.contains(word), "{word} in {shown}");
    }
}

#[tokio::test]
async fn every_response_has_a_request_id_except_that_to_a_webhook() {
    let world = World::connected().await;
    let has_id = async |request: reqwest::RequestBuilder| {
        let response = request.send().await.unwrap();
        assert!(response.status().is_success(), "{response:?}");
        response.headers().contains_key("x-request-id")
    };
    let webhook = world.app.http.post(world.webhook_url()).body(r#"{"event_type":"e","related_object_id":"1"}"#);
    assert!(!has_id(webhook).await);
    assert!(has_id(world.app.api(Method::GET, "/status")).await);
    // An address that begins like that of a webhook.
    assert!(has_id(world.app.api(Method::POST, "/webhook-token/rotate")).await);
}

#[tokio::test]
async fn all_log_lines_of_a_reconciliation_have_one_id_and_name_the_webhook() {
    let mut world = World::connected().await;
    world.app.stop().await;
    let listen = world.url.replace("http://localhost", "127.0.0.1");
    let environment = with(world.environment(), "server.listen", &listen);
    let environment = with(environment, "log.filter", "warn,optedo_officient=debug");
    let serving = program(&environment, &["serve"]).stderr(Stdio::piped()).spawn().unwrap();
    world.until_ready().await;
    let event = world.take_leave(1);
    world.webhook().await;
    let response = world.app.api(Method::GET, "/status").header("x-request-id", "of-the.proxy_1").send();
    assert_eq!(response.await.unwrap().headers()["x-request-id"], "of-the.proxy_1");
    let response = world.app.api(Method::GET, "/status").header("x-request-id", "a b\u{e9}").send();
    assert_eq!(response.await.unwrap().headers()["x-request-id"].len(), 16);
    assert!(world.absence_of(event).is_some());
    signal(serving.id(), "TERM");
    let log = String::from_utf8(serving.wait_with_output().unwrap().stderr).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let stored = lines.iter().find(|line| line["event.id"].is_i64()).unwrap_or_else(|| panic!("{log}"));
    let id = &stored["event.id"];
    // The reconciliation that wrote, and all its lines: its calls and its result.
    let reconciliation_of = |line: &Value| {
        let spans = line["spans"].as_array()?;
        spans.iter().find(|span| span["name"] == "reconcile").cloned()
    };
    let wrote = lines.iter().find(|line| line["absences.created"] == 1).unwrap_or_else(|| panic!("{log}"));
    let reconciliation = reconciliation_of(wrote).unwrap();
    assert_eq!(&reconciliation["event.newest"], id, "{log}");
    assert_eq!(reconciliation["person.id"], world.jan.to_string());
    let of_reconciliation: Vec<&Value> = lines
        .iter()
        .filter(|line| reconciliation_of(line).is_some_and(|it| it["sync.id"] == reconciliation["sync.id"]))
        .collect();
    let calls =
        |service: &str| of_reconciliation.iter().filter(|line| line["message"] == format!("Called {service}")).count();
    assert!(calls("officient") >= 1 && calls("optedo") >= 1, "{log}");
    for word in ["Peeters", "Vakantie", "Verlof"] {
        assert!(!log.contains(word), "{word} in {log}");
    }
}

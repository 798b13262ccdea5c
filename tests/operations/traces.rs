//! Traces as a collector receives them from the real program: what is in them, what is not, and that they never disturb
//! it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::post;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::security::least_data::{NAMES, TYPES, fill, forms, live_through_much};
use crate::security::outgoing::trap;
use crate::support::prelude::*;
use crate::support::program::{Serving, run_in, with};

/// Accepts and keeps everything that it receives.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Bytes>>>);

impl Collector {
    /// The collector and its address.
    async fn start() -> (Self, String) {
        let collector = Self::default();
        let kept = collector.clone();
        let receive = async move |headers: HeaderMap, body: Bytes| {
            assert_eq!(headers["content-type"], "application/x-protobuf");
            kept.0.lock().unwrap().push(body);
        };
        let router = Router::new().route("/v1/traces", post(receive));
        let (listener, url) = listen().await;
        #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
        let _running = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (collector, url)
    }

    fn requests(&self) -> Vec<ExportTraceServiceRequest> {
        let bodies = self.0.lock().unwrap();
        bodies.iter().map(|body| ExportTraceServiceRequest::decode(body.clone()).unwrap()).collect()
    }

    fn spans(&self) -> Vec<Span> {
        let resources = self.requests().into_iter().flat_map(|request| request.resource_spans);
        let scopes = resources.flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }

    /// Everything that it received, as text.
    fn text(&self) -> String {
        let bodies = self.0.lock().unwrap();
        bodies.iter().map(|body| String::from_utf8_lossy(body)).collect()
    }
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

fn attributes(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |attribute: &KeyValue| {
        let value = attribute.value.clone().unwrap().value.unwrap();
        if let Value::IntValue(number) = value {
            return number.to_string();
        }
        let Value::StringValue(text) = value else { panic!("{attribute:?}") };
        text
    };
    attributes.iter().map(|attribute| (attribute.key.clone(), text(attribute))).collect()
}

fn value(span: &Span, attribute: &str) -> String {
    attributes(&span.attributes).remove(attribute).unwrap_or_default()
}

/// The spans under this one.
fn children<'a>(spans: &'a [Span], parent: &Span) -> Vec<&'a Span> {
    let children = spans.iter().filter(|span| span.parent_span_id == parent.span_id);
    children.inspect(|child| assert_eq!(child.trace_id, parent.trace_id)).collect()
}

fn traced(world: &World, endpoint: &str) -> Vec<(String, String)> {
    with(world.environment(), "traces.otlp_endpoint", endpoint)
}

/// A company that is not connected yet, and whose service is stopped.
async fn world() -> World {
    let mut world = World::start().await;
    world.app.stop().await;
    world
}

#[tokio::test]
async fn a_reconciliation_is_a_trace_with_its_calls() {
    let world = world().await;
    let (collector, url) = Collector::start().await;
    let environment = with(traced(&world, &url), "OPTEDO_OFFICIENT__LOG__FILTER", "warn,optedo_officient=debug");
    let environment = with(environment, "OTEL_RESOURCE_ATTRIBUTES", "k8s.pod.name=acme-1");
    let serving = Serving::start(&world, environment).await;
    world.connect_and_import().await;
    let event = world.take_leave(1);
    world.webhook().await;
    assert!(world.absence_of(event).is_some());
    let webhook: i64 = sqlx::query_scalar("select max(id) from webhook_events").fetch_one(&world.db).await.unwrap();
    let ended = serving.stop().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");

    let spans = collector.spans();
    let of_webhook = |span: &&Span| value(span, "event.newest") == webhook.to_string();
    let reconciliation = spans.iter().find(of_webhook).unwrap_or_else(|| panic!("{spans:#?}"));
    assert_eq!((reconciliation.name.as_str(), reconciliation.kind()), ("reconcile", SpanKind::Internal));
    assert_eq!(reconciliation.parent_span_id, Vec::<u8>::new());
    assert_eq!(value(reconciliation, "person.id"), world.jan.to_string());
    assert_eq!(value(reconciliation, "reason"), "webhook");
    let calls = children(&spans, reconciliation);
    let call = |name: &str, operation: &str| {
        let is_meant = |call: &&&Span| call.name == name && value(call, "operation").starts_with(operation);
        let call = calls.iter().find(is_meant).unwrap_or_else(|| panic!("{operation} in {calls:#?}"));
        assert_eq!((call.kind(), value(call, "outcome").as_str()), (SpanKind::Client, "ok"));
        assert!(call.start_time_unix_nano >= reconciliation.start_time_unix_nano);
        assert!(call.end_time_unix_nano <= reconciliation.end_time_unix_nano);
        assert!(call.end_time_unix_nano > call.start_time_unix_nano);
    };
    call("call officient", &format!("reading the calendar of person {} for ", world.jan));
    call("call optedo", &format!("creating an absence of user {}", world.user));
    for name in ["sweep", "new_webhooks", "unblock"] {
        assert!(spans.iter().any(|span| span.name == name), "{name} in {spans:#?}");
    }
    // The lines of the log have the same id.
    let id = format!("\"sync.id\":\"{}\"", value(reconciliation, "sync.id"));
    assert!(ended.err.lines().any(|line| line.contains("Called optedo") && line.contains(&id)), "{}", ended.err);
    assert!(!ended.err.contains("collector"), "{}", ended.err);

    for request in collector.requests() {
        for resource in request.resource_spans {
            let resource = attributes(&resource.resource.unwrap().attributes);
            assert_eq!(resource["service.name"], "optedo-officient");
            assert_eq!(resource["service.version"], env!("CARGO_PKG_VERSION"));
            assert_eq!(resource["tenant.host"], "localhost");
            assert_eq!(resource["k8s.pod.name"], "acme-1");
        }
    }
}

#[tokio::test]
async fn requests_are_traced_by_their_route_with_their_calls_and_webhooks_are_not() {
    let world = world().await;
    let (collector, url) = Collector::start().await;
    let serving = Serving::start(&world, traced(&world, &url)).await;
    world.connect_and_import().await;
    world.webhook().await;
    world.http.get(format!("{}/metrics", world.url)).send().await.unwrap();
    let status = world.app.api(Method::GET, "/status").header("x-request-id", "of-the.proxy_1");
    // As a stranger or a proxy may send it.
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    assert_eq!(status.header("traceparent", parent).send().await.unwrap().status(), 200);
    world.take_database_away().await;
    assert_eq!(world.app.api(Method::GET, "/status").send().await.unwrap().status(), 503);
    world.give_database_back().await;
    assert_eq!(serving.stop().await.code, Some(0));

    let spans = collector.spans();
    let requests: Vec<&Span> = spans.iter().filter(|span| span.kind() == SpanKind::Server).collect();
    for request in &requests {
        assert_eq!(request.parent_span_id, Vec::<u8>::new(), "{request:#?}");
        let route = value(request, "http.route");
        assert!(!route.contains("webhook/") && !route.contains("health") && !route.contains("metrics"), "{route}");
    }
    let found = |path: &str, attribute: &str, text: &str| {
        let name = format!("GET {API}{path}");
        let mut found = requests.iter().filter(|request| request.name == name);
        found.find(|request| value(request, attribute) == text).unwrap_or_else(|| panic!("{requests:#?}"))
    };
    let callback = found("", "http.response.status_code", "303");
    let calls = children(&spans, callback);
    assert!(calls.iter().any(|call| value(call, "operation") == "requesting a token"), "{calls:#?}");
    let named = found("/status", "request.id", "of-the.proxy_1");
    assert!(!collector.text().contains("4bf92f3577b34da6") && named.trace_id[..2] != [0x4b, 0xf9]);
    assert_eq!(named.status.as_ref().unwrap().code(), StatusCode::Unset);
    let failed = found("/status", "http.response.status_code", "503");
    assert_eq!(failed.status.as_ref().unwrap().code(), StatusCode::Error);
}

#[tokio::test]
async fn no_name_no_leave_type_and_no_secret_is_in_a_trace() {
    let world = world().await;
    let people = fill(&world);
    let (collector, url) = Collector::start().await;
    let environment = with(traced(&world, &url), "OPTEDO_OFFICIENT__LOG__FILTER", "trace");
    let serving = Serving::start(&world, environment).await;
    let mut hidden = live_through_much(&world, &people).await;
    assert_eq!(world.post("/sync?dryRun=true").await.status(), 200);
    for word in NAMES.iter().chain(&TYPES).chain(&CANARIES).chain(&["Sick day", "sick_day", "Vakantie"]) {
        hidden.push(("a word", (*word).to_owned()));
    }
    assert_eq!(serving.stop().await.code, Some(0));

    let text = collector.text();
    let outcomes: Vec<String> = collector.spans().iter().map(|span| value(span, "outcome")).collect();
    assert!(outcomes.iter().any(|outcome| outcome == "unavailable"), "{outcomes:?}");
    for there in ["/webhook-token/rotate", "creating an absence of user"] {
        assert!(text.contains(there), "{there} is in no trace");
    }
    for (what, secret) in hidden {
        for form in forms(&secret) {
            assert!(!text.contains(&form), "{what} ({secret}) is in a trace as {form}");
        }
    }
}

/// A collector that sends this response and closes the connection, or never responds; it counts the calls.
async fn odd_collector(response: Option<&'static [u8]>) -> (Arc<AtomicUsize>, String) {
    let (listener, url) = listen().await;
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
    let _running = tokio::spawn(async move {
        let mut waiting = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, Ordering::Relaxed);
            match response {
                Some(response) => stream.write_all(response).await.unwrap(),
                None => waiting.push(stream),
            }
        }
    });
    (calls, url)
}

/// The service works normally with a collector like this, and stops; returns its log lines about the collector.
async fn undisturbed(url: &str, asked: impl Fn() -> bool) -> Vec<String> {
    let world = world().await;
    let serving = Serving::start(&world, traced(&world, url)).await;
    world.connect_and_import().await;
    let event = world.take_leave(1);
    world.webhook().await;
    assert!(world.absence_of(event).is_some());
    // Every request for the status is a span.
    world.until("the collector was called often enough", async || asked() || world.status().await.is_null()).await;
    let ended = serving.stop().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    world.assert_one_way_and_once();
    ended.err.lines().filter(|line| line.contains("collector")).map(str::to_owned).collect()
}

#[tokio::test]
async fn an_unreachable_collector_disturbs_nothing_and_is_reported_once() {
    let (listener, away) = listen().await;
    drop(listener);
    let reported = undisturbed(&away, || true).await;
    assert_eq!(reported.len(), 1, "{reported:?}");
    assert!(
        reported[0].contains("did not reach the collector") && reported[0].contains("network error"),
        "{reported:?}"
    );
}

#[tokio::test]
async fn a_collector_with_invalid_responses_disturbs_nothing_and_is_reported_once() {
    let (calls, url) = odd_collector(Some(b"SSH-2.0-collector\r\n\r\n")).await;
    let reported = undisturbed(&url, || calls.load(Ordering::Relaxed) > 2).await;
    assert_eq!(reported.len(), 1, "{reported:?}");
    assert!(reported[0].contains("\"spans.lost\":"), "{reported:?}");
}

#[tokio::test]
async fn a_collector_that_never_responds_disturbs_nothing_and_does_not_delay_the_stop() {
    let (calls, url) = odd_collector(None).await;
    let reported = undisturbed(&url, || calls.load(Ordering::Relaxed) > 0).await;
    assert!(matches!(reported.len(), 1 | 2), "{reported:?}");
}

#[tokio::test]
async fn the_sync_command_sends_its_traces_when_the_log_is_off() {
    let mut world = World::connected().await;
    world.app.stop().await;
    let event = world.take_leave(1);
    let (collector, url) = Collector::start().await;
    let environment = with(traced(&world, &url), "OPTEDO_OFFICIENT__LOG__FILTER", "off");
    let ended = run_in(environment.clone(), &["sync"]).await;
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{ended:?}");
    assert!(world.absence_of(event).is_some());
    let spans = collector.spans();
    let reconciliations: Vec<&Span> = spans.iter().filter(|span| span.name == "reconcile").collect();
    assert!(reconciliations.iter().any(|reconciliation| children(&spans, reconciliation).len() > 1), "{spans:#?}");
    assert!(spans.iter().any(|span| span.name == "sweep"), "{spans:#?}");

    let before = collector.requests().len();
    assert_eq!(run_in(environment, &["status"]).await.code, Some(0));
    assert_eq!(collector.requests().len(), before, "status does nothing that is traced");
}

#[tokio::test]
async fn no_call_to_officient_or_optedo_has_a_trace_header() {
    let mut world = World::connected().await;
    world.app.stop().await;
    let (collector, url) = Collector::start().await;
    for (key, service) in [("OFFICIENT__API_URL", "officient"), ("OPTEDO__API_URL", "optedo")] {
        world.take_leave(1);
        let (trap, caught) = trap().await;
        let environment = with(traced(&world, &url), &format!("OPTEDO_OFFICIENT__{key}"), &trap);
        let serving = Serving::start(&world, environment).await;
        world.receive("calendar_event_updated", world.jan).await;
        let request = timeout(PATIENCE, caught).await.expect("nobody called").unwrap();
        let request = String::from_utf8(request).unwrap().to_lowercase();
        assert!(request.contains("authorization: "), "{request}");
        for header in ["traceparent", "tracestate", "baggage", "b3:", "x-b3"] {
            assert!(!request.contains(header), "{request}");
        }
        assert_eq!(serving.stop().await.code, Some(0));
        let call = format!("call {service}");
        assert!(collector.spans().iter().any(|span| span.name == call), "{call}");
    }
}

//! Traces: the spans of this process to an OpenTelemetry collector, as protobuf over HTTP (OTLP).
//!
//! Never in the way of the service: spans wait in a queue with an end, a task sends them in batches, and what a collector
//! does not take is dropped, which the log says once an hour at most. (The SDK's own batches take a thread that blocks, and
//! drop without a word.) What may leave is listed in `ATTRIBUTES`: a field that is not there stays here, and so do the
//! lines of the log. No trace goes on to Officient or Optedo, and none comes in with a request.

use std::mem::take;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::header::CONTENT_TYPE;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{Context, Key, KeyValue};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, Span, SpanData, SpanProcessor};
use prost::Message as _;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::{Layer, Registry};
use url::Url;

use crate::config::Config;
use crate::http_client::{self, UpstreamError};

/// What may leave: a field of our spans, and what it is called in a trace. Ids, and words of the program's own; where
/// OpenTelemetry has a name for it, that one.
const ATTRIBUTES: [(&str, &str); 11] = [
    ("event.newest", "event.newest"),
    ("http.method", "http.request.method"),
    ("http.route", "http.route"),
    ("http.status", "http.response.status_code"),
    ("operation", "operation"),
    ("outcome", "outcome"),
    ("person.id", "person.id"),
    ("reason", "reason"),
    ("request.id", "request.id"),
    ("service", "peer.service"),
    ("sync.id", "sync.id"),
];
/// Asked every few seconds by machines; they would bury the rest.
const QUIET: [&str; 3] = ["/health/live", "/health/ready", "/metrics"];
const SERVICE: &str = env!("CARGO_PKG_NAME");
/// So many spans wait at most: some megabytes.
const QUEUE: usize = 2048;
/// As many spans as one call takes.
const BATCH: usize = 512;
/// How long the first span of a batch waits for others.
const GATHER: Duration = Duration::from_secs(2);
/// For one call.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long the end may take.
const LAST: Duration = Duration::from_secs(2);
/// At least so long between two lines of the log about spans that were lost.
const TELL_EVERY: Duration = Duration::from_hours(1);

static TRACES: OnceLock<Traces> = OnceLock::new();

struct Traces {
    provider: SdkTracerProvider,
    tasks: TaskTracker,
}

/// Spans of this process go to the collector from now on, where the configuration names one; once a process, and before
/// the log starts.
pub fn start(config: &Config) {
    let Some(endpoint) = &config.traces.otlp_endpoint else {
        return;
    };
    TRACES.get_or_init(|| {
        let tenant = Url::parse(&config.server.public_url).ok();
        let tenant = tenant.as_ref().and_then(Url::host_str).unwrap_or_default().to_owned();
        let resource = Resource::builder()
            .with_service_name(SERVICE)
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .with_attribute(KeyValue::new("tenant.host", tenant))
            .build();
        let (queue, spans) = Queue::new(QUEUE);
        let sender = Sender {
            http: http_client::http_client(TIMEOUT),
            url: format!("{endpoint}/v1/traces"),
            resource: (&resource).into(),
            lost: Arc::clone(&queue.lost),
            told: None,
        };
        let tasks = TaskTracker::new();
        tasks.spawn(sender.send_all(spans, queue.stop.clone()));
        let provider = SdkTracerProvider::builder()
            .with_sampler(Sampler::AlwaysOn)
            .with_resource(resource)
            .with_span_processor(queue)
            .build();
        Traces { provider, tasks }
    });
}

/// What takes the spans, after [`start`]: all of this program's, whatever the log shows, and nobody else's.
pub fn layer() -> Option<impl Layer<Registry> + Send + Sync> {
    let tracer = TRACES.get()?.provider.tracer(SERVICE);
    let layer = OpenTelemetryLayer::new(tracer)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        // Only a library with spans of its own would ask for it.
        .with_context_activation(false);
    let is_ours = filter_fn(|of| of.is_span() && of.target().starts_with(env!("CARGO_CRATE_NAME")));
    Some(layer.with_filter(is_ours.with_max_level_hint(LevelFilter::ERROR)))
}

/// Sends what is left, in two seconds at most. Afterwards nothing is traced.
pub async fn end() {
    let Some(traces) = TRACES.get() else {
        return;
    };
    // An error means that it was ended before.
    let _ended_before = traces.provider.shutdown();
    traces.tasks.close();
    if timeout(LAST, traces.tasks.wait()).await.is_err() {
        tracing::warn!("Stopped before the collector took all spans");
    }
}

/// Where spans that ended wait to be sent. Whoever ends a span never waits.
#[derive(Debug)]
struct Queue {
    spans: mpsc::Sender<SpanData>,
    /// How many found the queue full, or were not taken by the collector.
    lost: Arc<AtomicU64>,
    /// What is in the queue is the last.
    stop: CancellationToken,
}

impl Queue {
    fn new(length: usize) -> (Self, mpsc::Receiver<SpanData>) {
        let (spans, waiting) = mpsc::channel(length);
        (Self { spans, lost: Arc::default(), stop: CancellationToken::new() }, waiting)
    }
}

impl SpanProcessor for Queue {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.spans.try_send(span).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        self.stop.cancel();
        Ok(())
    }
}

/// What brings spans to the collector.
struct Sender {
    http: reqwest::Client,
    url: String,
    resource: ResourceAttributesWithSchema,
    lost: Arc<AtomicU64>,
    /// When the log was last told how many were lost, and how many that were.
    told: Option<(Instant, u64)>,
}

impl Sender {
    /// Until it is told to stop, and then what is left.
    async fn send_all(mut self, mut spans: mpsc::Receiver<SpanData>, stop: CancellationToken) {
        let mut batch = Vec::new();
        while !stop.is_cancelled() {
            tokio::select! {
                () = gather(&mut spans, &mut batch) => (),
                () = stop.cancelled() => (),
            }
            self.send(take(&mut batch)).await;
        }
        spans.close();
        while spans.recv_many(&mut batch, BATCH).await > 0 {
            self.send(take(&mut batch)).await;
        }
    }

    async fn send(&mut self, batch: Vec<SpanData>) {
        let spans: Vec<SpanData> = batch.into_iter().filter_map(as_it_leaves).collect();
        if spans.is_empty() {
            return;
        }
        let count = u64::try_from(spans.len()).unwrap_or(u64::MAX);
        let resource_spans = group_spans_by_resource_and_scope(spans, &self.resource);
        let body = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
        let call = self.http.post(&self.url).header(CONTENT_TYPE, "application/x-protobuf").body(body);
        let result = http_client::send(call).await;
        if result.is_err() {
            self.lost.fetch_add(count, Ordering::Relaxed);
        }
        self.tell(result.err().as_ref());
    }

    fn tell(&mut self, error: Option<&UpstreamError>) {
        let lost = self.lost.load(Ordering::Relaxed);
        let before = self.told.map_or(0, |(_, before)| before);
        if lost == before || self.told.is_some_and(|(at, _)| at.elapsed() < TELL_EVERY) {
            return;
        }
        self.told = Some((Instant::now(), lost));
        let error = error.map(tracing::field::display);
        tracing::warn!(spans.lost = lost - before, error, "Spans did not reach the collector");
    }
}

/// Waits for spans, and then for as many as one call takes, or come soon.
async fn gather(spans: &mut mpsc::Receiver<SpanData>, batch: &mut Vec<SpanData>) {
    spans.recv_many(batch, BATCH).await;
    let soon = Instant::now() + GATHER;
    while batch.len() < BATCH
        && let Ok(1..) = timeout_at(soon, spans.recv_many(batch, BATCH - batch.len())).await
    {}
}

/// The span with what may leave and no more, under a name that tells calls and requests apart; `None` for those that
/// nobody wants to see.
fn as_it_leaves(mut span: SpanData) -> Option<SpanData> {
    span.attributes.retain_mut(|attribute| {
        let name = ATTRIBUTES.iter().find(|(field, _)| *field == attribute.key.as_str());
        name.is_some_and(|(_, name)| {
            attribute.key = Key::from_static_str(name);
            true
        })
    });
    let value = |name: &str| {
        let attribute = span.attributes.iter().find(|attribute| attribute.key.as_str() == name);
        attribute.map(|attribute| attribute.value.as_str()).unwrap_or_default()
    };
    let route = value("http.route");
    if QUIET.contains(&&*route) {
        return None;
    }
    let name = match &*span.name {
        "request" => Some(format!("{} {route}", value("http.request.method")).trim_end().to_owned()),
        "call" => Some(format!("call {}", value("peer.service"))),
        _ => None,
    };
    if let Some(name) = name {
        span.name = name.into();
    }
    Some(span)
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Span as _, Tracer as _};

    use super::*;

    /// What waits after spans of these names, with these attributes each, ended.
    fn ended(names: &[&'static str], attributes: &[KeyValue], queue: usize) -> (Vec<SpanData>, u64) {
        let (queue, mut waiting) = Queue::new(queue);
        let lost = Arc::clone(&queue.lost);
        let provider = SdkTracerProvider::builder().with_span_processor(queue).build();
        for name in names {
            let mut span = provider.tracer(SERVICE).start(*name);
            span.set_attributes(attributes.iter().cloned());
            span.end();
        }
        let spans = std::iter::from_fn(|| waiting.try_recv().ok()).collect();
        (spans, lost.load(Ordering::Relaxed))
    }

    #[test]
    fn a_full_queue_drops_and_counts_and_never_waits() {
        let (spans, lost) = ended(&["look"; 5], &[], 2);
        assert_eq!((spans.len(), lost), (2, 3));
    }

    #[test]
    fn a_field_that_is_not_listed_does_not_leave() {
        let attributes = [
            KeyValue::new("person.id", "264"),
            KeyValue::new("person.name", "Jan Peeters"),
            KeyValue::new("http.method", "GET"),
            KeyValue::new("http.route", "/people"),
            KeyValue::new("url.query", "code=secret"),
        ];
        let (spans, _) = ended(&["look", "request"], &attributes, QUEUE);
        for (span, name) in spans.into_iter().zip(["look", "GET /people"]) {
            let span = as_it_leaves(span).unwrap();
            assert_eq!(span.name, name);
            let fields: Vec<&str> = span.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
            assert_eq!(fields, ["person.id", "http.request.method", "http.route"]);
        }
    }

    #[test]
    fn what_only_asks_whether_the_service_is_there_is_not_traced() {
        for route in ["/health/ready", "/metrics"] {
            let (spans, _) = ended(&["request"], &[KeyValue::new("http.route", route)], QUEUE);
            assert!(spans.into_iter().find_map(as_it_leaves).is_none(), "{route}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn spans_are_told_to_be_lost_once_an_hour() {
        let (queue, _spans) = Queue::new(1);
        let mut sender = Sender {
            http: http_client::http_client(TIMEOUT),
            url: String::new(),
            resource: ResourceAttributesWithSchema::default(),
            lost: queue.lost,
            told: None,
        };
        let mut told = Vec::new();
        for _ in 0..150 {
            sender.lost.fetch_add(1, Ordering::Relaxed);
            sender.tell(None);
            told.push(sender.told);
            tokio::time::advance(Duration::from_mins(1)).await;
        }
        told.dedup();
        let counts: Vec<u64> = told.into_iter().flatten().map(|(_, lost)| lost).collect();
        assert_eq!(counts, [1, 61, 121]);
    }
}

//! Traces: sends the spans of this process to an OpenTelemetry collector, as protobuf over HTTP (OTLP).
//!
//! Tracing never delays the service: a thread of the SDK sends the spans in batches, and drops those that the collector
//! does not accept. The log reports when that begins. Only the fields in `FIELDS` are sent, and no line of the log. No
//! call to Officient or Optedo carries a trace, and no request from outside continues one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter as Otlp, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider, SpanData, SpanExporter,
};
use tokio::runtime::Handle;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::{Layer, Registry};
use url::Url;

use crate::config::Config;
use crate::http_client;

/// The fields of our spans that are sent: ids, and words of the program itself.
const FIELDS: [&str; 11] = [
    "event.newest",
    "http.request.method",
    "http.response.status_code",
    "http.route",
    "operation",
    "outcome",
    "peer.service",
    "person.id",
    "reason",
    "request.id",
    "sync.id",
];
/// Machines request these every few seconds; in a trace they would bury the rest.
const UNTRACED_ROUTES: [&str; 3] = ["/health/live", "/health/ready", "/metrics"];
const SERVICE: &str = env!("CARGO_PKG_NAME");
/// How long an ended span waits for others, so that they are sent together.
const BATCH_DELAY: Duration = Duration::from_secs(2);
/// Per batch, retries included.
const TIMEOUT: Duration = Duration::from_secs(5);
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// Sends the spans of this process to the collector, if the configuration names one. Called once, before the log
/// starts.
pub fn start(config: &Config) -> Result<(), ExporterBuildError> {
    let Some(endpoint) = &config.traces.otlp_endpoint else {
        return Ok(());
    };
    let tenant = Url::parse(&config.server.public_url).ok();
    let tenant = tenant.as_ref().and_then(Url::host_str).unwrap_or_default().to_owned();
    let resource = Resource::builder()
        .with_service_name(SERVICE)
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attribute(KeyValue::new("tenant.host", tenant))
        .build();
    let exporter = Otlp::builder()
        .with_http()
        .with_http_client(http_client::http_client(TIMEOUT))
        .with_endpoint(format!("{endpoint}/v1/traces"))
        .with_timeout(TIMEOUT)
        .build()?;
    let exporter =
        Exporter { otlp: Arc::new(exporter), runtime: Handle::current(), is_failing: AtomicBool::new(false) };
    let batches = BatchConfigBuilder::default().with_scheduled_delay(BATCH_DELAY).build();
    let provider = SdkTracerProvider::builder()
        .with_sampler(Sampler::AlwaysOn)
        .with_resource(resource)
        .with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(batches).build())
        .build();
    let _only_started_once = PROVIDER.set(provider);
    Ok(())
}

/// After [`start`]: receives all spans of this program, whatever the log shows, and those of no library.
pub fn layer() -> Option<impl Layer<Registry> + Send + Sync> {
    let tracer = PROVIDER.get()?.tracer(SERVICE);
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

/// Sends the spans that are left, within two seconds. Afterwards nothing is traced.
pub async fn shut_down() {
    let Some(provider) = PROVIDER.get() else {
        return;
    };
    let shutdown = tokio::task::spawn_blocking(|| provider.shutdown_with_timeout(SHUTDOWN_TIMEOUT));
    if matches!(shutdown.await, Ok(Err(OTelSdkError::Timeout(_)))) {
        tracing::warn!("Stopped before the collector accepted all spans");
    }
}

/// Sends the listed fields, on the runtime of the service, because the SDK's own thread has none.
#[derive(Debug)]
struct Exporter {
    otlp: Arc<Otlp>,
    runtime: Handle,
    is_failing: AtomicBool,
}

impl SpanExporter for Exporter {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        batch.retain_mut(leave_listed_fields);
        if batch.is_empty() {
            return Ok(());
        }
        let (otlp, count) = (Arc::clone(&self.otlp), batch.len());
        let exported = self.runtime.spawn(async move { otlp.export(batch).await }).await;
        let exported = exported.unwrap_or(Err(OTelSdkError::AlreadyShutdown));
        let was_failing = self.is_failing.swap(exported.is_err(), Ordering::Relaxed);
        if let (Err(error), false) = (&exported, was_failing) {
            tracing::warn!(spans.lost = count, %error, "Spans did not reach the collector");
        }
        exported
    }

    fn set_resource(&mut self, resource: &Resource) {
        // Shared only while a batch is sent.
        if let Some(otlp) = Arc::get_mut(&mut self.otlp) {
            otlp.set_resource(resource);
        }
    }
}

/// Returns whether the span is sent at all.
fn leave_listed_fields(span: &mut SpanData) -> bool {
    span.attributes.retain(|attribute| FIELDS.contains(&attribute.key.as_str()));
    let is_untraced = |attribute: &KeyValue| UNTRACED_ROUTES.contains(&&*attribute.value.as_str());
    !span.attributes.iter().any(is_untraced)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use opentelemetry::trace::{Span as _, Tracer as _};

    use super::*;

    #[derive(Clone, Debug, Default)]
    struct Ended(Arc<Mutex<Vec<SpanData>>>);

    impl SpanExporter for Ended {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            self.0.lock().unwrap().extend(batch);
            Ok(())
        }
    }

    /// A span that ended, as it is sent.
    fn sent(attributes: &[KeyValue]) -> Option<SpanData> {
        let ended = Ended::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(ended.clone()).build();
        let mut span = provider.tracer(SERVICE).start("request");
        span.set_attributes(attributes.iter().cloned());
        span.end();
        let mut span = ended.0.lock().unwrap().pop().unwrap();
        leave_listed_fields(&mut span).then_some(span)
    }

    #[test]
    fn a_field_that_is_not_listed_is_not_sent() {
        let span = sent(&[
            KeyValue::new("person.id", "264"),
            KeyValue::new("person.name", "Jan Peeters"),
            KeyValue::new("http.route", "/people"),
            KeyValue::new("url.query", "code=secret"),
        ]);
        let span = span.unwrap();
        let fields: Vec<&str> = span.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
        assert_eq!(fields, ["person.id", "http.route"]);
    }

    #[test]
    fn requests_for_health_and_metrics_are_not_traced() {
        for route in ["/health/ready", "/metrics"] {
            assert!(sent(&[KeyValue::new("http.route", route)]).is_none(), "{route}");
        }
    }
}

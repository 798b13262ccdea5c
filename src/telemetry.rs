//! Logs and metrics. Ids, never names or leave types.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Starts logging to standard error; once a process.
pub fn start_logging(log: &Log) {
    let filter = EnvFilter::try_new(&log.filter).unwrap_or_else(|_checked_before| EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Only a second start in one process fails, and then there is a log already.
    let _started = match log.format {
        LogFormat::Json => subscriber.json().flatten_event(true).try_init().is_ok(),
        LogFormat::Pretty => subscriber.try_init().is_ok(),
    };
}

/// The process's metrics; installed at the first call.
pub fn metrics() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let ack = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];
        let propagation = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0];
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Full("webhook_ack_seconds".to_owned()), &ack)
            .and_then(|builder| {
                builder.set_buckets_for_metric(Matcher::Full("propagation_seconds".to_owned()), &propagation)
            })
            .unwrap_or_else(|_no_buckets| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        // Only a second recorder in one process fails; this is the only place that sets one.
        let _installed = metrics::set_global_recorder(recorder).is_ok();
        metrics::describe_gauge!(
            "connection_state",
            "0 disconnected, 1 connected, 2 somebody must sign in again"
        );
        // There from the start, so that an alert on it need not tell "never" from "not measured".
        metrics::counter!("officient_rate_limited_total").absolute(0);
        handle
    })
}

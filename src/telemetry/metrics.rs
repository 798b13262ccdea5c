//! What Prometheus reads: every metric with its meaning, its labels and its buckets.
//!
//! No label holds what comes from outside, but for the event names that the configuration or the admin subscribed to. What
//! counts is there with 0 from the start, so that "never" is told from "not measured".

use std::collections::HashMap;
use std::sync::{OnceLock, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use metrics::{
    Counter, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use strum::VariantArray as _;
use tokio::time::sleep;

use crate::db::connection;
use crate::domain::attention::AttentionKind;
use crate::http_client::OUTCOMES;

/// From half a millisecond to a second.
const ACK_SECONDS: [f64; 11] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0];
/// From 50 ms to an hour.
const PROPAGATION_SECONDS: [f64; 13] =
    [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0];
/// How often what histograms were told is added up; until then every value is kept.
const ADD_UP_EVERY: Duration = Duration::from_secs(5);
/// The label of an event name that nobody subscribed to.
const OTHER: &str = "other";

/// The process's metrics; installed at the first call.
pub fn handle() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let buckets = |builder: PrometheusBuilder, name: &str, buckets: &[f64]| {
            builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), buckets)
        };
        let builder = buckets(PrometheusBuilder::new(), "webhook_ack_seconds", &ACK_SECONDS)
            .and_then(|builder| buckets(builder, "propagation_seconds", &PROPAGATION_SECONDS))
            .unwrap_or_else(|_no_buckets| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        // Only a second recorder in one process fails; this is the only place that sets one.
        let _installed = metrics::set_global_recorder(recorder).is_ok();
        describe();
        begin_with_zero();
        handle
    })
}

fn describe() {
    describe_counter!(
        "webhook_events_total",
        "Webhooks received, by event name (other: nobody subscribed to it) and outcome: stored, unavailable (not on disk, answered 503) or malformed (answered 400)."
    );
    describe_histogram!(
        "webhook_ack_seconds",
        Unit::Seconds,
        "From a webhook's arrival to its 200, the commit included."
    );
    describe_counter!(
        "absence_writes_total",
        "Calls that create, change or delete an absence in Optedo, by outcome."
    );
    describe_histogram!(
        "propagation_seconds",
        Unit::Seconds,
        "From a webhook on disk to what it brought about standing in Optedo."
    );
    describe_counter!("officient_calls_total", "Calls to Officient, by outcome.");
    describe_counter!("optedo_calls_total", "Calls to Optedo, by outcome.");
    describe_counter!(
        "officient_rate_limited_total",
        "Calls that Officient answered with 429: other apps use the account's limit too."
    );
    describe_gauge!(
        "sync_queue",
        "Webhooks to explain and people to look at, by state: waiting, or retrying after a failure. Same on every replica."
    );
    describe_gauge!(
        "oldest_waiting_seconds",
        Unit::Seconds,
        "Age of the oldest webhook not yet carried out; 0: none. Same on every replica."
    );
    describe_gauge!(
        "attention_open",
        "Attention items neither resolved nor ignored, by kind. Same on every replica."
    );
    describe_gauge!(
        "connection_state",
        "0 disconnected, 1 connected, 2 somebody must sign in at Officient again. Same on every replica."
    );
    describe_gauge!(
        "last_sweep_timestamp_seconds",
        Unit::Seconds,
        "When the last sweep ended, as Unix time; 0: never. Same on every replica."
    );
    describe_gauge!(
        "database_up",
        "1 when this replica could read its database for this scrape; at 0 what is the same on every replica is older."
    );
    describe_gauge!("is_leader", "1 on the replica that does the syncing, 0 on the others.");
    describe_gauge!("build_info", "1; the label is the program's version.");
}

fn begin_with_zero() {
    for outcome in OUTCOMES {
        counter!("officient_calls_total", "outcome" => outcome).absolute(0);
        counter!("optedo_calls_total", "outcome" => outcome).absolute(0);
        for action in ["create", "change", "delete"] {
            counter!("absence_writes_total", "action" => action, "outcome" => outcome).absolute(0);
        }
    }
    counter!("officient_rate_limited_total").absolute(0);
    // A histogram is there, empty, once it is named.
    let _empty = [histogram!("webhook_ack_seconds"), histogram!("propagation_seconds")];
    gauge!("build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

/// Adds up what the histograms were told until this is dropped: nobody may ask for the metrics, and what nobody asks for
/// must not pile up.
pub async fn add_up() {
    loop {
        sleep(ADD_UP_EVERY).await;
        handle().run_upkeep();
    }
}

/// What the database says, for the gauges.
pub struct Shown<'a> {
    /// Webhooks to explain and people to look at.
    pub waiting: i64,
    /// People to look at again after a failure.
    pub retrying: i64,
    /// How long the oldest webhook that is not carried out waits.
    pub oldest_waiting: Duration,
    /// Open attention items by kind; those that have none are not there.
    pub attention: &'a [(String, i64)],
    /// How the connection is.
    pub state: connection::State,
    /// When the last sweep ended.
    pub last_sweep_at: Option<Timestamp>,
}

/// Sets the gauges of what the database says.
#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2^52")]
pub fn show(shown: &Shown<'_>) {
    gauge!("sync_queue", "state" => "waiting").set(shown.waiting as f64);
    gauge!("sync_queue", "state" => "retrying").set(shown.retrying as f64);
    gauge!("oldest_waiting_seconds").set(shown.oldest_waiting.as_secs_f64());
    for kind in AttentionKind::VARIANTS {
        let count =
            shown.attention.iter().find(|(open, _)| open == kind.into_str()).map_or(0, |(_, count)| *count);
        gauge!("attention_open", "kind" => kind.into_str()).set(count as f64);
    }
    gauge!("connection_state").set(match shown.state {
        connection::State::Disconnected => 0.0,
        connection::State::Connected => 1.0,
        connection::State::ReauthorizationRequired => 2.0,
    });
    gauge!("last_sweep_timestamp_seconds").set(shown.last_sweep_at.map_or(0.0, |at| at.as_second() as f64));
}

/// Sets the gauges of this process.
pub fn show_process(has_database: bool, is_leader: bool) {
    gauge!("database_up").set(f64::from(u8::from(has_database)));
    gauge!("is_leader").set(f64::from(u8::from(is_leader)));
}

/// The counters of the webhook's path, made before: to count is to add, and no word from the internet becomes a label.
pub struct WebhookCounters {
    by_event_type: RwLock<HashMap<String, WebhookOutcomes>>,
    other: WebhookOutcomes,
    /// `webhook_ack_seconds`
    pub ack: Histogram,
    /// No JSON object with a textual `event_type`.
    pub malformed: Counter,
}

/// What can become of a webhook of one event name.
#[derive(Clone)]
pub struct WebhookOutcomes {
    /// On disk.
    pub stored: Counter,
    /// Not on disk in time.
    pub unavailable: Counter,
}

impl WebhookCounters {
    /// With these event names.
    pub fn new(event_types: &[String]) -> Self {
        let counters = Self {
            by_event_type: RwLock::default(),
            other: WebhookOutcomes::new(OTHER),
            ack: histogram!("webhook_ack_seconds"),
            malformed: webhook_counter(OTHER, "malformed"),
        };
        counters.know(event_types);
        counters
    }

    /// Counts these event names by themselves from now on.
    pub fn know(&self, event_types: &[String]) {
        let known = self.by_event_type.read().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<&String> = event_types.iter().filter(|name| !known.contains_key(*name)).collect();
        drop(known);
        if !new.is_empty() {
            let mut known = self.by_event_type.write().unwrap_or_else(PoisonError::into_inner);
            known.extend(new.into_iter().map(|name| (name.clone(), WebhookOutcomes::new(name))));
        }
    }

    /// The counters of an event name.
    pub fn of(&self, event_type: &str) -> WebhookOutcomes {
        let known = self.by_event_type.read().unwrap_or_else(PoisonError::into_inner);
        known.get(event_type).unwrap_or(&self.other).clone()
    }
}

impl WebhookOutcomes {
    fn new(event_type: &str) -> Self {
        Self {
            stored: webhook_counter(event_type, "stored"),
            unavailable: webhook_counter(event_type, "unavailable"),
        }
    }
}

/// There with 0 at once.
fn webhook_counter(event_type: &str, outcome: &'static str) -> Counter {
    let counter =
        counter!("webhook_events_total", "event_type" => event_type.to_owned(), "outcome" => outcome);
    counter.absolute(0);
    counter
}

//! The metrics for Prometheus: names, meanings, labels and buckets.
//!
//! No label contains a value from outside, except the event names that the configuration or the admin subscribed to.
//! Every counter exists with 0 from the start, so that "never happened" differs from "not measured".

use std::collections::HashSet;
use std::sync::{OnceLock, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use metrics::{Counter, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use strum::{VariantArray as _, VariantNames as _};
use tokio::time::sleep;

use crate::db::connection;
use crate::domain::attention::AttentionKind;
use crate::domain::difference::DifferenceKind;
use crate::domain::notification::{Channel, DeliveryFault};
use crate::http_client::UpstreamError;

const COUNTERS: [(&str, &str); 6] = [
    ("webhook_events_total", "Webhooks by event name, and by outcome: stored, unavailable, malformed."),
    ("absence_writes_total", "Calls that create, change or delete an absence in Optedo, by outcome."),
    ("officient_calls_total", "Calls to Officient, by outcome."),
    ("optedo_calls_total", "Calls to Optedo, by outcome."),
    ("officient_rate_limited_total", "Calls that Officient refused with 429."),
    ("notifications_total", "Attempts to send a notification, by channel (mail, webhook) and outcome."),
];
const ACK_BUCKETS: [f64; 11] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0];
const PROPAGATION_BUCKETS: [f64; 13] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0];
const HISTOGRAMS: [(&str, &[f64], &str); 2] = [
    ("webhook_ack_seconds", &ACK_BUCKETS, "From the arrival of a webhook to its 200."),
    ("propagation_seconds", &PROPAGATION_BUCKETS, "From a webhook on disk to its absence in Optedo."),
];
/// All but the last three are the same on every replica; while `database_up` is 0, they are older.
const GAUGES: [(&str, &str); 10] = [
    ("sync_queue", "Webhooks to resolve and people to reconcile: waiting, or retrying after a failure."),
    ("oldest_waiting_seconds", "Age of the oldest webhook that is not carried out yet; 0: none."),
    ("attention_open", "Attention items neither resolved nor ignored, by kind."),
    ("differences_open", "Absences in Optedo that differ from Officient and that no admin decided about, by kind."),
    ("audit_finished_timestamp_seconds", "Unix time of the end of the last audit; 0: never."),
    ("connection_state", "0 disconnected, 1 connected, 2 an admin must sign in at Officient again."),
    ("last_sweep_timestamp_seconds", "Unix time of the end of the last sweep; 0: never."),
    ("database_up", "1 when this replica could read its database for this scrape."),
    ("is_leader", "1 on the replica that holds the lock and reconciles, 0 on the others."),
    ("build_info", "Always 1; the label is the version of the program."),
];
/// Until it is aggregated, a histogram keeps every value in memory.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);
/// The label of an event name without a subscription.
pub const OTHER: &str = "other";

/// The metrics of the process, installed at the first call.
pub fn handle() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let set_buckets = |builder: PrometheusBuilder, (name, buckets, _): (&str, &[f64], &str)| {
            builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), buckets)
        };
        let builder = HISTOGRAMS.into_iter().try_fold(PrometheusBuilder::new(), set_buckets);
        let recorder = builder.unwrap_or_else(|_no_buckets| PrometheusBuilder::new()).build_recorder();
        let handle = recorder.handle();
        // Fails only for a second recorder in one process; this is the only place that sets one.
        let _installed = metrics::set_global_recorder(recorder).is_ok();
        describe();
        begin_with_zero();
        handle
    })
}

fn describe() {
    for (name, description) in COUNTERS {
        describe_counter!(name, description);
    }
    for (name, _, description) in HISTOGRAMS {
        describe_histogram!(name, description);
        // Exists, empty, once it is named.
        let _empty = histogram!(name);
    }
    for (name, description) in GAUGES {
        describe_gauge!(name, description);
    }
}

fn begin_with_zero() {
    for outcome in [&["ok"], UpstreamError::VARIANTS].concat() {
        counter!("officient_calls_total", "outcome" => outcome).absolute(0);
        counter!("optedo_calls_total", "outcome" => outcome).absolute(0);
        for action in ["create", "change", "delete"] {
            counter!("absence_writes_total", "action" => action, "outcome" => outcome).absolute(0);
        }
    }
    counter!("officient_rate_limited_total").absolute(0);
    for outcome in DeliveryFault::VARIANTS.iter().map(DeliveryFault::into_str).chain(["ok"]) {
        for channel in Channel::VARIANTS {
            counter!("notifications_total", "channel" => channel.into_str(), "outcome" => outcome).absolute(0);
        }
    }
    gauge!("build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

/// Aggregates the histograms until it is dropped, because a scrape may never come.
pub async fn run_upkeep() {
    loop {
        sleep(UPKEEP_INTERVAL).await;
        handle().run_upkeep();
    }
}

/// The gauges that come from the database.
pub struct Shown<'a> {
    /// Webhooks to resolve and people to reconcile.
    pub waiting: i64,
    /// People to reconcile again after a failure.
    pub retrying: i64,
    /// Age of the oldest webhook that is not carried out yet.
    pub oldest_waiting: Duration,
    /// Number of open attention items by kind; a kind without items is absent.
    pub attention: &'a [(String, i64)],
    /// Number of open differences by kind; a kind without differences is absent.
    pub differences: &'a [(String, i64)],
    /// The end of the last audit.
    pub audit_finished_at: Option<Timestamp>,
    pub state: connection::State,
    /// The end of the last sweep.
    pub last_sweep_at: Option<Timestamp>,
}

#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2^52")]
pub fn show(shown: &Shown<'_>) {
    gauge!("sync_queue", "state" => "waiting").set(shown.waiting as f64);
    gauge!("sync_queue", "state" => "retrying").set(shown.retrying as f64);
    gauge!("oldest_waiting_seconds").set(shown.oldest_waiting.as_secs_f64());
    let count_of = |counts: &[(String, i64)], kind: &str| {
        counts.iter().find(|(counted, _)| counted == kind).map_or(0.0, |(_, count)| *count as f64)
    };
    for kind in AttentionKind::VARIANTS {
        gauge!("attention_open", "kind" => kind.into_str()).set(count_of(shown.attention, kind.into_str()));
    }
    for kind in DifferenceKind::VARIANTS {
        gauge!("differences_open", "kind" => kind.into_str()).set(count_of(shown.differences, kind.into_str()));
    }
    gauge!("connection_state").set(match shown.state {
        connection::State::Disconnected => 0.0,
        connection::State::Connected => 1.0,
        connection::State::ReauthorizationRequired => 2.0,
    });
    let seconds = |at: Option<Timestamp>| at.map_or(0.0, |at| at.as_second() as f64);
    gauge!("last_sweep_timestamp_seconds").set(seconds(shown.last_sweep_at));
    gauge!("audit_finished_timestamp_seconds").set(seconds(shown.audit_finished_at));
}

pub fn show_process(has_database: bool, is_leader: bool) {
    gauge!("database_up").set(f64::from(u8::from(has_database)));
    gauge!("is_leader").set(f64::from(u8::from(is_leader)));
}

/// The event names that are labels. They exist before the first webhook, so that no word from the internet becomes one.
#[derive(Default)]
pub struct WebhookLabels {
    known: RwLock<HashSet<String>>,
}

impl WebhookLabels {
    pub fn new(event_types: &[String]) -> Self {
        webhook_counter(OTHER.to_owned(), "malformed").absolute(0);
        let labels = Self::default();
        labels.know(&[event_types, &[OTHER.to_owned()]].concat());
        labels
    }

    /// From now on, counts these event names separately.
    pub fn know(&self, event_types: &[String]) {
        for event_type in event_types {
            for outcome in ["stored", "unavailable"] {
                webhook_counter(event_type.clone(), outcome).absolute(0);
            }
        }
        self.known.write().unwrap_or_else(PoisonError::into_inner).extend(event_types.iter().cloned());
    }

    pub fn of(&self, event_type: &str) -> String {
        let is_known = self.known.read().unwrap_or_else(PoisonError::into_inner).contains(event_type);
        if is_known { event_type } else { OTHER }.to_owned()
    }
}

/// `event_type` is one of [`WebhookLabels`].
pub fn webhook_counter(event_type: String, outcome: &'static str) -> Counter {
    counter!("webhook_events_total", "event_type" => event_type, "outcome" => outcome)
}

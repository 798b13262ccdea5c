//! Webhooks as Officient delivers them: no signature, no content, and again until somebody answers exactly 200.
//!
//! Each delivery is its own task, so that a slow receiver holds up nobody.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::{Value, json};

use super::state::Event;
use super::{OfficientSim, WebhookMeaning};
use crate::simulators::clock;

const REDELIVERIES: u32 = 8;

/// What happened to leave.
#[derive(Debug, Clone, Copy)]
pub(super) enum LeaveChange {
    Added,
    Updated,
    Deleted,
}

/// One attempt to deliver a webhook.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The event name.
    pub event_type: String,
    /// Where it went.
    pub target_url: String,
    /// 1 for the first time.
    pub attempt: u32,
    /// The status answered; `None` when there was no answer in time.
    pub status: Option<u16>,
    /// When it was sent.
    pub at: Instant,
    /// How long the receiver took.
    pub took: Duration,
}

impl OfficientSim {
    pub(super) fn announce_person(&self, event_type: &str, person_id: i64) {
        self.announce(event_type, |_| person_id);
    }

    pub(super) fn announce_leave(&self, change: LeaveChange, event: &Event) {
        let [added, updated, deleted] = &self.0.options.calendar_event_names;
        let name = match change {
            LeaveChange::Added => added,
            LeaveChange::Updated => updated,
            LeaveChange::Deleted => deleted,
        };
        self.announce(name, |meaning| match meaning {
            WebhookMeaning::Person | WebhookMeaning::None => event.person_id,
            WebhookMeaning::Event => event.id,
            WebhookMeaning::Request => self.0.state().request_for(event),
        });
    }

    fn announce(&self, event_type: &str, related: impl FnOnce(WebhookMeaning) -> i64) {
        let notifying = *self.0.notifying.lock().unwrap_or_else(PoisonError::into_inner);
        if !notifying.on || notifying.meaning == WebhookMeaning::None {
            return;
        }
        let body = self.webhook_body(event_type, &json!(related(notifying.meaning).to_string()));
        for subscription in self.subscriptions().into_iter().filter(|row| row.event == event_type) {
            let (sim, body) = (self.clone(), body.clone());
            let under_way = UnderWay::begin(self);
            self.0.server.spawn(async move {
                sim.deliver_until_accepted(subscription.id, &subscription.target_url, body).await;
                drop(under_way);
            });
        }
    }

    fn webhook_body(&self, event_type: &str, related_object_id: &Value) -> Value {
        json!({
            "account": self.0.options.subdomain, "event_type": event_type, "related_object_id": related_object_id,
        })
    }

    async fn deliver_until_accepted(&self, subscription: i64, target_url: &str, body: Value) {
        let mut wait = self.0.options.first_redelivery;
        for attempt in 1..=REDELIVERIES + 1 {
            if self.deliver_once(target_url, &body, attempt).await == Some(StatusCode::OK) {
                return;
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
            if !self.subscriptions().iter().any(|row| row.id == subscription) {
                return;
            }
        }
    }

    async fn deliver_once(&self, target_url: &str, body: &Value, attempt: u32) -> Option<StatusCode> {
        let at = clock::now();
        let answer = self.0.http.post(target_url).json(body).send().await;
        let status = answer.ok().map(|answer| answer.status());
        let event_type = body.get("event_type").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.0.deliveries.lock().unwrap_or_else(PoisonError::into_inner).push(Delivery {
            event_type,
            target_url: target_url.to_owned(),
            attempt,
            status: status.map(|status| status.as_u16()),
            at,
            took: clock::now().duration_since(at),
        });
        status
    }

    /// Delivers one webhook now, once, to each subscription of that name. The first status that is not 200, else
    /// 200; 404 without a subscription, 504 without an answer.
    pub async fn deliver(&self, event_type: &str, related_object_id: Value) -> StatusCode {
        let body = self.webhook_body(event_type, &related_object_id);
        let targets: Vec<_> =
            self.subscriptions().into_iter().filter(|row| row.event == event_type).collect();
        let mut outcome = if targets.is_empty() { StatusCode::NOT_FOUND } else { StatusCode::OK };
        for target in targets {
            let status = self.deliver_to(&target.target_url, &body).await;
            if outcome == StatusCode::OK {
                outcome = status;
            }
        }
        outcome
    }

    /// Delivers this body now, once, to this address; 504 without an answer.
    pub async fn deliver_to(&self, target_url: &str, body: &Value) -> StatusCode {
        self.deliver_once(target_url, body, 1).await.unwrap_or(StatusCode::GATEWAY_TIMEOUT)
    }

    /// All attempts to deliver, in the order in which they ended.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.0.deliveries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until every webhook sent by itself was accepted or given up.
    pub async fn webhooks_delivered(&self) {
        let mut under_way = self.0.under_way.subscribe();
        // Cannot fail: the sender lives as long as this simulator.
        let _ = under_way.wait_for(|count| *count == 0).await;
    }
}

/// Counts a webhook as long as it lives, also when its task is dropped halfway.
struct UnderWay(OfficientSim);

impl UnderWay {
    fn begin(sim: &OfficientSim) -> Self {
        sim.0.under_way.send_modify(|count| *count += 1);
        Self(sim.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.under_way.send_modify(|count| *count = count.saturating_sub(1));
    }
}

//! Webhooks as Officient delivers them: without a signature, without content, and repeated until the receiver
//! responds with exactly 200.
//!
//! Each webhook is delivered by its own task, so that a slow receiver does not delay other webhooks.

use std::time::Instant;

use http::StatusCode;
use serde_json::{Value, json};

use super::model::{Delivery, Event, LeaveChange, Subscription, WebhookMeaning};
use super::sim::OfficientSim;

/// The first delivery and eight redeliveries.
const MAX_ATTEMPTS: u32 = 9;

impl OfficientSim {
    pub(super) fn send_person_webhook(&self, event_type: &str, person_id: i64) {
        self.send_webhook(event_type, |_| person_id);
    }

    pub(super) fn send_leave_webhook(&self, change: LeaveChange, event: &Event) {
        let event_type = match change {
            LeaveChange::Added => "calendar_event_added",
            LeaveChange::Updated => "calendar_event_updated",
            LeaveChange::Deleted => "calendar_event_deleted",
        };
        self.send_webhook(event_type, |meaning| match meaning {
            WebhookMeaning::Person | WebhookMeaning::None => event.person_id,
            WebhookMeaning::Event => event.id,
            WebhookMeaning::Request => self.company().request_for(event),
        });
    }

    fn send_webhook(&self, event_type: &str, related_object_id: impl FnOnce(WebhookMeaning) -> i64) {
        let meaning = {
            let company = self.company();
            if !company.sends_webhooks || company.webhook_meaning == WebhookMeaning::None {
                return;
            }
            company.webhook_meaning
        };
        let body = self.webhook_body(event_type, &json!(related_object_id(meaning).to_string()));
        for subscription in self.subscriptions_to(event_type) {
            let (sim, body) = (self.clone(), body.clone());
            let undelivered = UndeliveredWebhook::new(self);
            self.spawn(async move {
                sim.deliver_until_accepted(&subscription, body).await;
                drop(undelivered);
            });
        }
    }

    fn subscriptions_to(&self, event_type: &str) -> Vec<Subscription> {
        let company = self.company();
        company.subscriptions.iter().filter(|subscription| subscription.event == event_type).cloned().collect()
    }

    fn webhook_body(&self, event_type: &str, related_object_id: &Value) -> Value {
        let account = &self.options().subdomain;
        json!({"account": account, "event_type": event_type, "related_object_id": related_object_id})
    }

    async fn deliver_until_accepted(&self, subscription: &Subscription, body: Value) {
        let mut wait = self.options().first_redelivery;
        for attempt in 1..=MAX_ATTEMPTS {
            if self.attempt_delivery(&subscription.target_url, &body, attempt).await == Some(StatusCode::OK) {
                return;
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
            let still_exists = self.company().subscriptions.iter().any(|row| row.id == subscription.id);
            if !still_exists {
                return;
            }
        }
    }

    async fn attempt_delivery(&self, target_url: &str, body: &Value, attempt: u32) -> Option<StatusCode> {
        let sent_at = Instant::now();
        let response = self.http().post(target_url).json(body).send().await;
        let status = response.ok().map(|response| response.status());
        let event_type = body.get("event_type").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.company().deliveries.push(Delivery {
            event_type,
            target_url: target_url.to_owned(),
            attempt,
            status: status.map(|status| status.as_u16()),
            sent_at,
            took: sent_at.elapsed(),
        });
        status
    }

    /// Delivers a webhook once to each subscription with this event name. Returns the first status that is not 200,
    /// otherwise 200; 404 without a subscription, 504 without a response.
    pub async fn deliver(&self, event_type: &str, related_object_id: Value) -> StatusCode {
        let body = self.webhook_body(event_type, &related_object_id);
        let subscriptions = self.subscriptions_to(event_type);
        let mut result = if subscriptions.is_empty() { StatusCode::NOT_FOUND } else { StatusCode::OK };
        for subscription in subscriptions {
            let status = self.deliver_to(&subscription.target_url, &body).await;
            if result == StatusCode::OK {
                result = status;
            }
        }
        result
    }

    /// Delivers this body once to this address; returns 504 without a response.
    pub async fn deliver_to(&self, target_url: &str, body: &Value) -> StatusCode {
        self.attempt_delivery(target_url, body, 1).await.unwrap_or(StatusCode::GATEWAY_TIMEOUT)
    }

    /// All attempts to deliver a webhook, in the order in which they ended.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.company().deliveries.clone()
    }

    /// Waits until every webhook that a change sent is accepted or given up.
    pub async fn webhooks_delivered(&self) {
        let mut undelivered = self.undelivered_webhooks().subscribe();
        // Cannot fail: the sender lives as long as this simulator.
        let _ = undelivered.wait_for(|count| *count == 0).await;
    }
}

/// Counts as an undelivered webhook until it is dropped, which also happens when its task is aborted.
struct UndeliveredWebhook(OfficientSim);

impl UndeliveredWebhook {
    fn new(sim: &OfficientSim) -> Self {
        sim.undelivered_webhooks().send_modify(|count| *count += 1);
        Self(sim.clone())
    }
}

impl Drop for UndeliveredWebhook {
    fn drop(&mut self) {
        self.0.undelivered_webhooks().send_modify(|count| *count = count.saturating_sub(1));
    }
}

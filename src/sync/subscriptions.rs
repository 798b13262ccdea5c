//! The webhook subscriptions at Officient: exactly one for each event name, with our current address.
//!
//! They are checked at start-up, after connecting, on every sweep, and when the admin changes the event names. Our own
//! stale subscriptions are removed; those of other apps never are. A refused event name becomes an attention item and
//! does not stop the others.

use std::collections::HashSet;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::PgConnection;

use super::engine::{Engine, Result, SyncError};
use crate::db::connection::{self, State};
use crate::db::subscriptions::{self, SubscriptionState};
use crate::db::{self, attention};
use crate::domain::attention::{AttentionItem, AttentionKind};
use crate::domain::calendar::Subscription;
use crate::http_client::UpstreamError;
use crate::officient::OfficientError;

impl Engine {
    /// The event names to subscribe to: chosen by the admin, else the configured ones.
    pub async fn subscribed_events(&self) -> Result<Vec<String>, sqlx::Error> {
        let chosen = connection::load(&self.db).await?.webhook_events;
        let mut events = chosen.unwrap_or_else(|| self.config.officient.webhook_events.clone());
        let mut seen = HashSet::new();
        events.retain(|event| seen.insert(event.clone()));
        Ok(events)
    }

    /// Adds missing subscriptions, then removes stale ones: no webhook is lost while the address is replaced.
    pub async fn ensure_subscriptions(&self) -> Result<()> {
        // Locked during the calls: two replicas that register side by side would register each event twice.
        let mut lock = db::begin(&self.db).await?;
        subscriptions::lock(&mut lock).await?;
        self.ensure_subscriptions_under_lock(&mut lock).await?;
        lock.commit().await?;
        self.webhook_address.read_again(&self.db).await?;
        Ok(())
    }

    async fn ensure_subscriptions_under_lock(&self, lock: &mut PgConnection) -> Result<()> {
        // Another replica may have replaced the address.
        self.webhook_address.read_again(&mut *lock).await?;
        let (url, sealed) = self.webhook_address.current();
        let events = self.subscribed_events().await?;
        let subscriptions = self.officient.subscriptions().await?;
        let mut registered: Vec<(&str, i64)> = Vec::new();
        let mut stale: Vec<i64> = Vec::new();
        for webhook in subscriptions.iter().filter(|webhook| self.is_ours(webhook)) {
            let is_current = webhook.target_url == url.expose_secret();
            let is_wanted = events.contains(&webhook.event);
            let is_duplicate = registered.iter().any(|(event, _)| *event == webhook.event);
            if is_current && is_wanted && !is_duplicate {
                registered.push((&webhook.event, webhook.id));
            } else {
                stale.push(webhook.id);
            }
        }
        for event in &events {
            let known = registered.iter().find(|(name, _)| name == event).map(|(_, id)| *id);
            self.ensure_subscription(event, known, &url).await?;
        }
        for id in stale {
            self.officient.unsubscribe(id).await?;
            tracing::info!(webhook.id = id, "Removed a stale, duplicate or unwanted webhook subscription of ours");
        }
        subscriptions::retain(&self.db, &events).await?;
        attention::resolve_others(&self.db, AttentionKind::WebhookRefused, &events, self.clock.now()).await?;
        connection::forget_previous_webhook_token(&mut *lock, &sealed).await?;
        Ok(())
    }

    /// Replaces the webhook address by one with a new token. Returns whether Officient has the new address. Until it
    /// does, the old address is accepted too, and the worker goes on trying.
    pub async fn rotate_webhook_token(&self) -> Result<bool> {
        let mut lock = db::begin(&self.db).await?;
        subscriptions::lock(&mut lock).await?;
        self.webhook_address.rotate(&self.db).await?;
        let is_known = if connection::load(&self.db).await?.state == State::Disconnected {
            let (_, sealed) = self.webhook_address.current();
            connection::forget_previous_webhook_token(&mut *lock, &sealed).await?;
            true
        } else {
            match self.ensure_subscriptions_under_lock(&mut lock).await {
                Ok(()) => true,
                Err(error @ SyncError::Database(_)) => return Err(error),
                Err(error) => {
                    tracing::warn!(%error, "Officient does not have the new webhook address yet");
                    false
                }
            }
        };
        lock.commit().await?;
        self.webhook_address.read_again(&self.db).await?;
        Ok(is_known)
    }

    async fn ensure_subscription(&self, event: &str, known: Option<i64>, url: &SecretString) -> Result<()> {
        let added = match known {
            Some(id) => Ok(id),
            None => self.officient.subscribe(event, url.expose_secret()).await,
        };
        let now = self.clock.now();
        match added {
            Ok(id) => {
                let state = SubscriptionState::Registered;
                subscriptions::save(&self.db, event, state, None, now).await?;
                attention::resolve(&self.db, AttentionKind::WebhookRefused, event, now).await?;
                if known.is_none() {
                    tracing::info!(webhook.id = id, webhook.event = event, "Registered a webhook");
                }
                Ok(())
            }
            Err(OfficientError::Call { source: UpstreamError::Rejected { status, message }, .. }) => {
                let why =
                    if message.is_empty() { format!("status {status}") } else { format!("status {status}, {message}") };
                let state = SubscriptionState::Refused;
                subscriptions::save(&self.db, event, state, Some(&why), now).await?;
                attention::open(&self.db, &AttentionItem::webhook_refused(event, &why), 0, now).await?;
                tracing::warn!(webhook.event = event, status, "Officient refused a webhook's event name");
                Ok(())
            }
            Err(error) => {
                let (state, why) = (SubscriptionState::Missing, error.to_string());
                subscriptions::save(&self.db, event, state, Some(&why), now).await?;
                Err(error.into())
            }
        }
    }

    /// Removes all our subscriptions.
    pub async fn remove_subscriptions(&self) -> Result<()> {
        let subscriptions = self.officient.subscriptions().await?;
        let ours: Vec<&Subscription> = subscriptions.iter().filter(|webhook| self.is_ours(webhook)).collect();
        for webhook in ours {
            self.officient.unsubscribe(webhook.id).await?;
        }
        Ok(())
    }

    /// Our subscriptions deliver to this service, with any token.
    fn is_ours(&self, webhook: &Subscription) -> bool {
        webhook.target_url.starts_with(self.webhook_address.base())
    }
}

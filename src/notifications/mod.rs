//! Sends notifications: composes their texts, and speaks SMTP or posts to a webhook. Decides nothing and stores
//! nothing.
//!
//! A message holds kinds, counts, times and the address of the page; no names, no leave types, no ids of people.
//! Nothing that a server answered reaches a log or the page, except its status code.

mod compose;
mod mail;
mod webhook;

use jiff::Timestamp;
use url::Url;

use crate::config::{Config, Notifications};
use crate::domain::notification::{Channel, DeliveryError, OutgoingMessage};

/// The configured ways to send notifications. Opens a connection for each message, so that it takes no memory
/// meanwhile.
pub struct Sender {
    config: Notifications,
    origin: Origin,
}

/// The service from which messages come.
pub struct Origin {
    /// The host of the public address.
    pub tenant: String,
    /// The address of the settings page.
    pub page_url: String,
}

impl Sender {
    /// `page_path`: the settings page's path at the public address.
    pub fn new(config: &Config, page_path: &str) -> Self {
        let public_url = &config.server.public_url;
        let host = Url::parse(public_url).ok().and_then(|url| Some(url.host_str()?.to_owned()));
        let origin = Origin { tenant: host.unwrap_or_default(), page_url: format!("{public_url}{page_path}") };
        Self { config: config.notifications.clone(), origin }
    }

    pub fn has(&self, channel: Channel) -> bool {
        match channel {
            Channel::Mail => self.config.smtp_url.is_some() && self.config.from.is_some(),
            Channel::Webhook => self.config.webhook_url.is_some(),
        }
    }

    /// One attempt, which takes at most 20 seconds.
    pub async fn send(&self, channel: Channel, message: &OutgoingMessage, now: Timestamp) -> Result<(), DeliveryError> {
        let config = &self.config;
        match (channel, &config.smtp_url, &config.from, &config.webhook_url) {
            (Channel::Mail, Some(server), Some(from), _) => mail::send(server, from, &self.origin, message).await,
            (Channel::Webhook, _, _, Some(url)) => {
                webhook::send(url, config.webhook_secret.as_ref(), &self.origin, message, now).await
            }
            // Messages of a channel that is not configured are given up before.
            (Channel::Mail | Channel::Webhook, ..) => Ok(()),
        }
    }
}

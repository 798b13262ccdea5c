//! Webhooks: subscribing to them, receiving them, and finding out which people they refer to.

mod bursts;
mod receiving;
mod resolving;
mod subscriptions;

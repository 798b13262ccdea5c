//! Security: one file per subject of docs/security.md.

mod audit;
mod connections;
mod erasure;
mod headers;
mod input;
pub mod least_data;
mod oauth;
pub mod outgoing;
mod secrets_at_rest;
mod sessions;
mod supply_chain;
mod webhook_address;

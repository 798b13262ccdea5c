//! Nobody gets in, nothing leaks: a file for each point of docs/security.md.

mod audit;
mod connections;
mod headers;
mod input;
pub mod least_data;
mod oauth;
pub mod outgoing;
mod secrets_at_rest;
mod sessions;
mod supply_chain;
mod webhook_address;

//! The service as its users meet it: over HTTP, with a real Postgres and the simulated Officient and Optedo.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "in tests a failure is a panic, and helpers stand outside test functions; nothing uses a test as a library"
)]

mod support;

mod admin_page;
mod api;
mod architecture;
mod check;
mod commands;
mod connect;
mod documentation;
mod failures;
mod faults;
mod held_back;
mod limits;
mod loose;
mod openapi;
mod page;
mod postgres;
mod processes;
mod replicas;
mod retention;
mod rolling_update;
mod security;
mod simulation;
mod smoke;
mod sync;
mod telemetry;
#[cfg(feature = "otlp")]
mod traces;
mod trigger;
mod waiting;
mod webhooks;

//! The specification of the service as tests: one folder per subject. `support` sets everything up.
//!
//! Most tests run the real application over HTTP, with a real Postgres and the simulated Officient and Optedo. They
//! drive the work (the clock, the worker, calls that the simulators hold), and then assert the end state.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "in tests a failure is a panic, and helpers stand outside test functions; nothing uses a test as a library"
)]

mod support;

mod api;
mod architecture;
mod connection;
mod documentation;
mod operations;
mod page;
mod reconcile;
mod security;
mod simulation;
mod texts;
mod webhooks;

//! Leave made in Officient stands in Optedo at once, one way only.
//!
//! The way of the data, in the order of the files:
//!
//! * [`cli`] – the commands, [`check`](mod@check) – the doctor among them; [`config`] – what can be told; [`app`] – the parts put together and served
//! * [`web`] – all URLs: the webhook receiver, the OAuth login, the settings page, the JSON API
//! * [`sync`] – the flow: whom a webhook means, look, plan, apply (its pure core decides, the rest does)
//! * [`officient`] and [`optedo`] – the two clients; [`upstream`] – one HTTP exchange and what its failure means;
//!   [`rate_limiter`] – Officient's rate limit; [`oauth`] and [`tokens`] – access to Officient
//! * [`db`] – every SQL statement; [`vault`] – secrets at rest; [`webhook_address`] – where webhooks arrive
//! * [`clock`], [`ids`], [`telemetry`] – time, ids, logs and metrics
//! * `simulators` – simulated Officient and Optedo, for tests and demonstration; `fuzz_properties` – what must hold of all input
//!
//! ```text
//! Officient ──webhook──▶ web::webhook ─▶ webhook_events ─▶ sync::trigger ─▶ people.sync_requested_at
//!                                                                                 │
//! Optedo ◀── sync::apply ◀── sync::plan ◀── sync::look ◀── sync::worker ◀─────────┘
//! ```

#![forbid(unsafe_code)]

pub mod app;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod domain;
#[cfg(feature = "demo")]
pub mod fuzz_properties;
pub mod http_client;
pub mod officient;
pub mod optedo;
pub mod secrets;
#[cfg(feature = "demo")]
pub mod simulators;
pub mod sync;
pub mod telemetry;
pub mod web;

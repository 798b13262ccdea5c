//! Copies leave from Officient (HR) to Optedo (planning) within seconds, in one direction, so that nobody on leave gets
//! scheduled.
//!
//! # Flow
//!
//! ```text
//! Officient ──webhook──▶ web::webhook ─▶ sync::inbox ─▶ webhook_events ─▶ sync::resolve ─▶ people
//!                                                                                           │
//! Optedo ◀── sync::apply ◀── domain::plan ◀── sync::observe ◀── sync::worker ◀──────────────┘
//! ```
//!
//! A webhook says only that something happened. So the service reads the leave of the person from Officient, compares
//! it with what it wrote to Optedo, and writes the difference. The first import and the sweep (the periodic full
//! reconciliation) take the same path.
//!
//! # Modules by layer
//!
//! A module imports only from lower layers. Begin with [`domain`], which decides everything, and [`sync`], which drives
//! it.
//!
//! | layer | module | contents |
//! |---|---|---|
//! | 10 | [`cli`] | one file per command |
//! | 9 | [`app`] | assembles and serves the parts |
//! | 9 | [`check`](mod@check) | the doctor |
//! | 9 | `simulators` | simulated Officient and Optedo |
//! | 8 | [`web`] | all URLs: webhook, login, settings page, JSON API |
//! | 7 | [`sync`] | the flow: resolve, observe, apply, record; the sweep, the worker, the leader |
//! | 6 | [`telemetry`] | logs, metrics, traces |
//! | 5 | [`officient`] | Officient's client: OAuth, tokens, rate limit |
//! | 4 | [`secrets`] | encryption at rest, key rotation, the webhook address |
//! | 3 | [`db`] | every SQL statement |
//! | 3 | [`notifications`] | mail and webhook about incidents: texts and sending |
//! | 3 | [`optedo`] | Optedo's client |
//! | 2 | [`domain`] | ids, people, leave, matching, planning: pure functions |
//! | 1 | [`config`] | all settings |
//! | 1 | [`clock`], [`http_client`], [`loose_json`] | time; one bounded HTTP exchange and the meaning of its failure; loose JSON |
//! | 1 | [`texts`] | texts for people in three languages |

#![forbid(unsafe_code)]

pub mod app;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod domain;
pub mod http_client;
pub mod loose_json;
pub mod notifications;
pub mod officient;
pub mod optedo;
pub mod secrets;
#[cfg(feature = "demo")]
pub mod simulators;
pub mod sync;
pub mod telemetry;
pub mod texts;
pub mod web;

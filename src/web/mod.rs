//! All URLs: the webhook receiver, the login at Officient, the API, the admin's page, and monitoring.
//!
//! A request passes [`connections`] (time and number), [`router`] (layers and the table of URLs) and, where it needs an
//! admin, [`session`]; then one handler responds. Every failure is a [`WebError`](error::WebError).

pub mod api;
pub mod auth;
pub mod connections;
pub mod error;
pub mod language;
pub mod login;
pub mod monitoring;
pub mod notice;
pub mod openapi;
pub mod page;
pub mod request;
pub mod request_id;
pub mod router;
pub mod session;
pub mod state;
mod throttle;
pub mod webhook;

/// The OAuth redirect target, and the prefix of the API.
pub const CALLBACK_PATH: &str = "/api/externalauthentication/officient";
/// The webhook receiver, before its token.
pub const WEBHOOK_PATH: &str = "/api/externalauthentication/officient/webhook";
/// The settings page.
pub const PAGE_PATH: &str = "/instellingen/integraties/hr";

/// The largest body that any URL accepts.
const MAX_BODY_BYTES: usize = 64 * 1024;

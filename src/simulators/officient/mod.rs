//! The simulated Officient: web app and API on one port.
//!
//! [`OfficientSim`] is what a test or the demo holds: `control` arranges the company and inspects what happened, `api`
//! responds to the service, `pages` to a person in a browser, and `webhooks` notifies the service about changes.

mod access;
mod api;
mod calendar;
mod control;
mod model;
mod pages;
mod sim;
mod webhooks;

use std::io;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use axum::routing::any;
use http::StatusCode;

use super::api::ApiResponse;
use super::connection::ConnectionBreaker;
use super::page;

pub use super::api::CANARIES;
pub use access::TokenEncoding;
pub use model::{Delivery, Event, EventStatus, LeaveType, NewEvent, Subscription, WebhookMeaning};
pub use sim::{OfficientOptions, OfficientSim};

impl OfficientSim {
    pub async fn start(options: OfficientOptions) -> io::Result<Self> {
        let (sim, listener) = Self::bind(options).await?;
        sim.serve(listener, sim.router());
        Ok(sim)
    }

    /// Serves again on the same port, with the same data; does nothing while the simulator runs.
    pub async fn restart(&self) -> io::Result<()> {
        self.serve_again(self.router()).await
    }

    fn router(&self) -> Router {
        pages::router()
            .merge(page::router())
            .route("/1.0", any(respond))
            .route("/1.0/{*rest}", any(respond))
            .with_state(self.clone())
    }
}

async fn respond(
    State(sim): State<OfficientSim>,
    ConnectInfo(connection): ConnectInfo<ConnectionBreaker>,
    request: Request,
) -> Response {
    let admit = || {
        let is_admitted = sim.company().rate_limit.admit();
        (!is_admitted).then(|| ApiResponse::empty(StatusCode::TOO_MANY_REQUESTS))
    };
    sim.respond(connection, request, admit, |request| api::respond(&sim, request)).await
}

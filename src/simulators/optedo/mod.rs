//! The simulated Optedo: the absence API of `optedo-api.yaml` and the planning of a month, on one port.
//!
//! It does not know Officient. It accepts everything that the contract does not forbid, even two absences with the
//! same `externalReference`: otherwise a test could not see that the service writes an absence twice.

mod api;
mod model;
mod pages;
mod sim;

use std::io;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use axum::routing::any;

use super::connection::ConnectionBreaker;
use super::page;

pub use model::{Absence, AbsenceType, Deletion, NewAbsence, Oddities, User};
pub use sim::{API_TOKEN, OptedoOptions, OptedoSim};

impl OptedoSim {
    pub async fn start(options: OptedoOptions) -> io::Result<Self> {
        let (sim, listener) = Self::bind(options).await?;
        sim.serve(listener, sim.router());
        Ok(sim)
    }

    /// Serves again on the same port, with the same data; does nothing while the simulator runs.
    pub async fn restart(&self) -> io::Result<()> {
        self.serve_again(self.router()).await
    }

    fn router(&self) -> Router {
        pages::router().merge(page::router()).route("/api/{*rest}", any(respond)).with_state(self.clone())
    }
}

async fn respond(
    State(sim): State<OptedoSim>,
    ConnectInfo(connection): ConnectInfo<ConnectionBreaker>,
    request: Request,
) -> Response {
    let effect = |request: &_| api::respond(&mut sim.tenant(), request);
    sim.respond(connection, request, || None, effect).await
}

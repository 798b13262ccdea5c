//! The pages of the simulated Optedo: the planning of a month, and the lists of absences, users and absence types.
//!
//! Only the planning reloads by itself, so that a new absence becomes visible. A page with forms does not, because
//! that would erase what a person is typing. Apart from the reloading, the pages work without scripts.

mod absences;
mod parts;
mod planning;
mod types;
mod users;

use axum::Router;

use super::sim::OptedoSim;

pub(super) fn router() -> Router<OptedoSim> {
    Router::new().merge(absences::router()).merge(planning::router()).merge(types::router()).merge(users::router())
}

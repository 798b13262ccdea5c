//! The pages of the simulated Officient, for the people who manage employees and their leave.
//!
//! A form redirects (303) to the page that shows its result. A form with an invalid value changes nothing and gets a
//! page that says why. The pages work without scripts.

mod authorize;
mod developer;
mod leave;
mod leave_types;
mod parts;
mod people;
mod person;
mod requests;
mod webhooks;

use axum::Router;

use super::sim::OfficientSim;

pub(super) fn router() -> Router<OfficientSim> {
    Router::new()
        .merge(authorize::router())
        .merge(developer::router())
        .merge(leave::router())
        .merge(leave_types::router())
        .merge(people::router())
        .merge(person::router())
        .merge(requests::router())
        .merge(webhooks::router())
}

//! Requests for leave: those that wait are approved or declined as a whole.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::describe;
use crate::simulators::month::short_day;
use crate::simulators::officient::OfficientSim;
use crate::simulators::officient::api::{outcome, request_status};
use crate::simulators::officient::state::{Event, EventStatus, LeaveRequest, Person, State as World};
use crate::simulators::page::render;
use crate::simulators::pager::Pager;

pub(super) fn router() -> Router<OfficientSim> {
    Router::new()
        .route("/requests", get(requests))
        .route("/requests/{id}/approve", post(approve))
        .route("/requests/{id}/decline", post(decline))
}

struct RequestRow {
    id: i64,
    person_id: i64,
    person: String,
    /// The leave asked for, and what became of it.
    leave: Vec<(String, &'static str)>,
    pending: bool,
}

#[derive(Template)]
#[template(path = "simulators/officient_requests.html")]
struct RequestsPage {
    all: bool,
    requests: Vec<RequestRow>,
    pager: Pager,
}

#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    status: String,
    #[serde(default)]
    page: usize,
}

async fn requests(State(sim): State<OfficientSim>, Query(shown): Query<Shown>) -> Response {
    let all = shown.status == "all";
    let state = sim.0.state();
    let newest_first = state.requests.iter().rev();
    let found: Vec<&LeaveRequest> =
        newest_first.filter(|request| all || request_status(&state, request) == "pending").collect();
    let status = if all { "all" } else { "" };
    let pager = Pager::new(found.len(), shown.page, "/requests", &[("status", status)]);
    let requests = pager.of(found).into_iter().map(|request| row(&state, request)).collect();
    drop(state);
    render(&RequestsPage { all, requests, pager })
}

fn row(state: &World, request: &LeaveRequest) -> RequestRow {
    let leave = request.events.iter().map(|asked| {
        let leave = &state.event(asked.id).unwrap_or(asked).leave;
        let leave_type = state.leave_type_name(leave.leave_type);
        let became = match outcome(state, asked) {
            "pending" => "aangevraagd",
            "accepted" => "goedgekeurd",
            _ => "geweigerd",
        };
        (format!("{}, {leave_type}, {}", short_day(leave.date), describe(leave)), became)
    });
    RequestRow {
        id: request.id,
        person_id: request.person_id,
        person: state.person(request.person_id).map(Person::name).unwrap_or_default(),
        leave: leave.collect(),
        pending: request_status(state, request) == "pending",
    }
}

/// The events of a request that wait for a decision.
fn waiting(sim: &OfficientSim, id: i64) -> Vec<i64> {
    let state = sim.0.state();
    let request = state.requests.iter().find(|request| request.id == id);
    let asked = request.into_iter().flat_map(|request| &request.events);
    let waits = |asked: &&Event| outcome(&state, asked) == "pending";
    asked.filter(waits).map(|asked| asked.id).collect()
}

async fn approve(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Redirect {
    for event in waiting(&sim, id) {
        sim.change_event(event, |leave| leave.status = EventStatus::Approved);
    }
    Redirect::to("/requests")
}

async fn decline(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Redirect {
    for event in waiting(&sim, id) {
        sim.delete_event(event);
    }
    Redirect::to("/requests")
}

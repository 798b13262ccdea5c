//! Requests for leave, which are approved or declined as a whole.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::parts::describe;
use crate::simulators::dates::short_day;
use crate::simulators::officient::model::{Company, EventStatus, LeaveRequest, Outcome, Person};
use crate::simulators::officient::sim::OfficientSim;
use crate::simulators::page::{Pager, render};

pub(super) fn router() -> Router<OfficientSim> {
    Router::new()
        .route("/requests", get(list))
        .route("/requests/{id}/approve", post(approve))
        .route("/requests/{id}/decline", post(decline))
}

struct RequestRow {
    id: i64,
    person_id: i64,
    person: String,
    /// Each requested day with the decision about it.
    leave: Vec<(String, &'static str)>,
    pending: bool,
}

impl RequestRow {
    fn new(company: &Company, request: &LeaveRequest) -> Self {
        let leave = request.events.iter().map(|requested| {
            let leave = &company.event(requested.id).unwrap_or(requested).leave;
            let leave_type = company.leave_type_name(leave.leave_type);
            let outcome = match company.outcome(requested) {
                Outcome::Pending => "aangevraagd",
                Outcome::Accepted => "goedgekeurd",
                Outcome::Declined => "geweigerd",
            };
            (format!("{}, {leave_type}, {}", short_day(leave.date), describe(leave)), outcome)
        });
        Self {
            id: request.id,
            person_id: request.person_id,
            person: company.person(request.person_id).map(Person::name).unwrap_or_default(),
            leave: leave.collect(),
            pending: company.is_pending(request),
        }
    }
}

#[derive(Template)]
#[template(path = "simulators/officient_requests.html")]
struct RequestsPage {
    all: bool,
    requests: Vec<RequestRow>,
    pager: Pager,
}

#[derive(Deserialize)]
struct RequestsQuery {
    #[serde(default)]
    status: String,
    #[serde(default)]
    page: usize,
}

async fn list(State(sim): State<OfficientSim>, Query(query): Query<RequestsQuery>) -> Response {
    let all = query.status == "all";
    let company = sim.company();
    let newest_first = company.requests.iter().rev();
    let found: Vec<&LeaveRequest> = newest_first.filter(|request| all || company.is_pending(request)).collect();
    let status = if all { "all" } else { "" };
    let pager = Pager::new(found.len(), query.page, "/requests", &[("status", status)]);
    let requests = pager.rows(found).into_iter().map(|request| RequestRow::new(&company, request)).collect();
    drop(company);
    render(&RequestsPage { all, requests, pager })
}

/// The events of a request that are not yet decided.
fn pending_events(sim: &OfficientSim, request_id: i64) -> Vec<i64> {
    let company = sim.company();
    let requested = company.request(request_id).into_iter().flat_map(|request| &request.events);
    let pending = requested.filter(|event| company.outcome(event) == Outcome::Pending);
    pending.map(|event| event.id).collect()
}

async fn approve(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Redirect {
    for event in pending_events(&sim, id) {
        sim.change_event(event, |leave| leave.status = EventStatus::Approved);
    }
    Redirect::to("/requests")
}

async fn decline(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Redirect {
    for event in pending_events(&sim, id) {
        sim.delete_event(event);
    }
    Redirect::to("/requests")
}

//! The leave types, with the tab Geavanceerd: its field stands there only once an app is connected.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::StatusCode;
use serde::Deserialize;

use super::{impossible, not_found, refused};
use crate::simulators::officient::OfficientSim;
use crate::simulators::officient::state::{LeaveTypeRow, State as World};
use crate::simulators::page::render;

const NO_SUCH_TYPE: &str = "Dit verloftype bestaat niet.";

pub(super) fn router() -> Router<OfficientSim> {
    Router::new()
        .route("/leave-types", get(leave_types).post(add))
        .route("/leave-types/{id}", get(leave_type))
        .route("/leave-types/{id}/name", post(rename))
        .route("/leave-types/{id}/code", post(set_code))
}

fn find(state: &World, id: i64) -> Option<LeaveTypeRow> {
    state.leave_types.iter().find(|row| row.id == id).cloned()
}

#[derive(Template)]
#[template(path = "simulators/officient_leave_types.html")]
struct LeaveTypesPage<'a> {
    app: &'a str,
    connected: bool,
    leave_types: Vec<LeaveTypeRow>,
}

async fn leave_types(State(sim): State<OfficientSim>) -> Response {
    let leave_types = sim.0.state().leave_types.clone();
    render(&LeaveTypesPage { app: &sim.0.options.app_name, connected: sim.is_connected(), leave_types })
}

#[derive(Deserialize)]
struct NameForm {
    #[serde(default)]
    name: String,
}

impl NameForm {
    fn is_complete(&self) -> bool {
        !self.name.trim().is_empty()
    }
}

const INCOMPLETE: &str = "Vul een naam in.";

async fn add(State(sim): State<OfficientSim>, Form(form): Form<NameForm>) -> Response {
    if !form.is_complete() {
        return impossible(INCOMPLETE);
    }
    sim.add_leave_type(&form.name, None);
    Redirect::to("/leave-types").into_response()
}

#[derive(Template)]
#[template(path = "simulators/officient_leave_type.html")]
struct LeaveTypePage<'a> {
    app: &'a str,
    connected: bool,
    advanced: bool,
    leave_type: LeaveTypeRow,
}

#[derive(Deserialize)]
struct Tab {
    #[serde(default)]
    tab: String,
}

async fn leave_type(
    State(sim): State<OfficientSim>,
    Path(id): Path<i64>,
    Query(Tab { tab }): Query<Tab>,
) -> Response {
    let found = find(&sim.0.state(), id);
    let Some(leave_type) = found else {
        return not_found(NO_SUCH_TYPE);
    };
    let (app, connected) = (sim.0.options.app_name.as_str(), sim.is_connected());
    render(&LeaveTypePage { app, connected, advanced: tab == "geavanceerd", leave_type })
}

async fn rename(
    State(sim): State<OfficientSim>,
    Path(id): Path<i64>,
    Form(form): Form<NameForm>,
) -> Response {
    if !form.is_complete() {
        return impossible(INCOMPLETE);
    }
    sim.rename_leave_type(id, &form.name);
    Redirect::to(&format!("/leave-types/{id}")).into_response()
}

#[derive(Deserialize)]
struct CodeForm {
    #[serde(default)]
    code: String,
}

async fn set_code(
    State(sim): State<OfficientSim>,
    Path(id): Path<i64>,
    Form(form): Form<CodeForm>,
) -> Response {
    if !sim.is_connected() {
        return refused(StatusCode::FORBIDDEN, "Er is nog geen app gekoppeld.");
    }
    let code = Some(form.code.as_str()).filter(|code| !code.is_empty());
    sim.set_leave_type_code(id, code);
    Redirect::to(&format!("/leave-types/{id}?tab=geavanceerd")).into_response()
}

//! The leave types. The tab «Geavanceerd» of a leave type has our field only after the app is connected.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use http::StatusCode;
use serde::Deserialize;

use super::parts::{Refusal, not_found};
use crate::simulators::officient::model::CustomLeaveType;
use crate::simulators::officient::sim::{APP_NAME, OfficientSim};
use crate::simulators::page::{check_filled_in, render};

pub(super) fn router() -> Router<OfficientSim> {
    Router::new()
        .route("/leave-types", get(list).post(add))
        .route("/leave-types/{id}", get(show))
        .route("/leave-types/{id}/name", post(rename))
        .route("/leave-types/{id}/code", post(set_code))
}

#[derive(Template)]
#[template(path = "simulators/officient_leave_types.html")]
struct LeaveTypesPage {
    app: &'static str,
    connected: bool,
    leave_types: Vec<CustomLeaveType>,
}

async fn list(State(sim): State<OfficientSim>) -> Response {
    let leave_types = sim.company().leave_types.clone();
    render(&LeaveTypesPage { app: APP_NAME, connected: sim.is_connected(), leave_types })
}

#[derive(Deserialize)]
struct NameForm {
    #[serde(default)]
    name: String,
}

impl NameForm {
    fn check(&self) -> Result<(), &'static str> {
        check_filled_in(&self.name, "Vul een naam in.")
    }
}

async fn add(State(sim): State<OfficientSim>, Form(form): Form<NameForm>) -> Result<Redirect, Refusal> {
    form.check()?;
    sim.add_leave_type(&form.name, None);
    Ok(Redirect::to("/leave-types"))
}

#[derive(Template)]
#[template(path = "simulators/officient_leave_type.html")]
struct LeaveTypePage {
    app: &'static str,
    connected: bool,
    advanced: bool,
    leave_type: CustomLeaveType,
}

#[derive(Deserialize)]
struct Tab {
    #[serde(default)]
    tab: String,
}

async fn show(
    State(sim): State<OfficientSim>,
    Path(id): Path<i64>,
    Query(Tab { tab }): Query<Tab>,
) -> Result<Response, Refusal> {
    let leave_type = sim.company().leave_type(id).cloned();
    let leave_type = leave_type.ok_or_else(|| not_found("Dit verloftype bestaat niet."))?;
    let (connected, advanced) = (sim.is_connected(), tab == "geavanceerd");
    Ok(render(&LeaveTypePage { app: APP_NAME, connected, advanced, leave_type }))
}

async fn rename(
    State(sim): State<OfficientSim>,
    Path(id): Path<i64>,
    Form(form): Form<NameForm>,
) -> Result<Redirect, Refusal> {
    form.check()?;
    sim.rename_leave_type(id, &form.name);
    Ok(Redirect::to(&format!("/leave-types/{id}")))
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
) -> Result<Redirect, Refusal> {
    if !sim.is_connected() {
        return Err(Refusal { status: StatusCode::FORBIDDEN, reason: "Er is nog geen app gekoppeld." });
    }
    let code = Some(form.code.as_str()).filter(|code| !code.is_empty());
    sim.set_leave_type_code(id, code);
    Ok(Redirect::to(&format!("/leave-types/{id}?tab=geavanceerd")))
}

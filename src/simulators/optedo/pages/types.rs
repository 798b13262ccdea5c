//! The absence types of the tenant.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::impossible;
use crate::simulators::optedo::{AbsenceType, OptedoSim};
use crate::simulators::page::render;

pub(super) fn router() -> Router<OptedoSim> {
    Router::new()
        .route("/absence-types", get(types).post(add))
        .route("/absence-types/{id}", post(rename))
        .route("/absence-types/{id}/delete", post(delete))
}

#[derive(Template)]
#[template(path = "simulators/optedo_types.html")]
struct TypesPage {
    types: Vec<AbsenceType>,
}

async fn types(State(sim): State<OptedoSim>) -> Response {
    render(&TypesPage { types: sim.absence_types() })
}

#[derive(Deserialize)]
struct TypeForm {
    #[serde(default)]
    description: String,
}

impl TypeForm {
    fn is_complete(&self) -> bool {
        !self.description.trim().is_empty()
    }
}

const INCOMPLETE: &str = "Vul een omschrijving in.";

async fn add(State(sim): State<OptedoSim>, Form(form): Form<TypeForm>) -> Response {
    if !form.is_complete() {
        return impossible(INCOMPLETE);
    }
    sim.add_absence_type(&form.description);
    Redirect::to("/absence-types").into_response()
}

async fn rename(State(sim): State<OptedoSim>, Path(id): Path<i64>, Form(form): Form<TypeForm>) -> Response {
    if !form.is_complete() {
        return impossible(INCOMPLETE);
    }
    sim.rename_absence_type(id, &form.description);
    Redirect::to("/absence-types").into_response()
}

async fn delete(State(sim): State<OptedoSim>, Path(id): Path<i64>) -> Response {
    if !sim.delete_absence_type(id) {
        return impossible(
            "Er zijn afwezigheden van dit type: verwijder die eerst, of geef ze een ander type.",
        );
    }
    Redirect::to("/absence-types").into_response()
}

//! The absence types of the tenant.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, State};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::parts::Refusal;
use crate::simulators::optedo::model::AbsenceType;
use crate::simulators::optedo::sim::OptedoSim;
use crate::simulators::page::{check_filled_in, render};

pub(super) fn router() -> Router<OptedoSim> {
    Router::new()
        .route("/absence-types", get(list).post(add))
        .route("/absence-types/{id}", post(rename))
        .route("/absence-types/{id}/delete", post(delete))
}

#[derive(Template)]
#[template(path = "simulators/optedo_types.html")]
struct TypesPage {
    types: Vec<AbsenceType>,
}

async fn list(State(sim): State<OptedoSim>) -> Response {
    render(&TypesPage { types: sim.absence_types() })
}

#[derive(Deserialize)]
struct TypeForm {
    #[serde(default)]
    description: String,
}

impl TypeForm {
    fn check(&self) -> Result<(), &'static str> {
        check_filled_in(&self.description, "Vul een omschrijving in.")
    }
}

async fn add(State(sim): State<OptedoSim>, Form(form): Form<TypeForm>) -> Result<Redirect, Refusal> {
    form.check()?;
    sim.add_absence_type(&form.description);
    Ok(Redirect::to("/absence-types"))
}

async fn rename(
    State(sim): State<OptedoSim>,
    Path(id): Path<i64>,
    Form(form): Form<TypeForm>,
) -> Result<Redirect, Refusal> {
    form.check()?;
    sim.rename_absence_type(id, &form.description);
    Ok(Redirect::to("/absence-types"))
}

async fn delete(State(sim): State<OptedoSim>, Path(id): Path<i64>) -> Result<Redirect, Refusal> {
    if !sim.delete_absence_type(id) {
        return Err("Er zijn afwezigheden van dit type: verwijder die eerst, of geef ze een ander type.".into());
    }
    Ok(Redirect::to("/absence-types"))
}

//! The list of people, and what happens to a person.

use std::collections::HashMap;

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::{impossible, not_found};
use crate::simulators::clock;
use crate::simulators::officient::OfficientSim;
use crate::simulators::officient::state::{Event, Person};
use crate::simulators::page::render;
use crate::simulators::pager::{Pager, is_found};

pub(super) fn router() -> Router<OfficientSim> {
    Router::new()
        .route("/", get(people))
        .route("/people", post(add_person))
        .route("/people/{id}/name", post(rename_person))
        .route("/people/{id}/archive", post(archive_person))
        .route("/people/{id}/delete", post(delete_person))
}

struct PersonRow {
    id: i64,
    name: String,
    archived: bool,
    today: String,
    planned: usize,
}

#[derive(Template)]
#[template(path = "simulators/officient_people.html")]
struct PeoplePage<'a> {
    company: &'a str,
    q: String,
    people: Vec<PersonRow>,
    pager: Pager,
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: usize,
}

async fn people(State(sim): State<OfficientSim>, Query(Search { q, page }): Query<Search>) -> Response {
    let today = clock::today();
    let state = sim.0.state();
    let found = |person: &&Person| !person.deleted && is_found(&person.name(), &q);
    let found: Vec<&Person> = state.people.iter().filter(found).collect();
    let pager = Pager::new(found.len(), page, "/", &[("q", &q)]);
    let mut coming: HashMap<i64, Vec<&Event>> = HashMap::new();
    for event in state.events.iter().filter(|event| event.leave.date >= today) {
        coming.entry(event.person_id).or_default().push(event);
    }
    let row = |person: &Person| {
        let leave = coming.get(&person.id).map(Vec::as_slice).unwrap_or_default();
        let names = leave
            .iter()
            .filter(|event| event.leave.date == today)
            .map(|event| state.leave_type_name(event.leave.leave_type));
        PersonRow {
            id: person.id,
            name: person.name(),
            archived: person.archived,
            today: names.collect::<Vec<_>>().join(", "),
            planned: leave.len(),
        }
    };
    let people = pager.of(found).into_iter().map(row).collect();
    drop(state);
    render(&PeoplePage { company: &sim.0.options.company_name, q, people, pager })
}

#[derive(Deserialize)]
struct NameForm {
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
}

impl NameForm {
    /// Spaces around a name are kept: they are what makes two names differ.
    fn is_complete(&self) -> bool {
        [&self.first_name, &self.last_name].iter().all(|name| !name.trim().is_empty())
    }
}

const INCOMPLETE: &str = "Vul een voornaam en een achternaam in.";

async fn add_person(State(sim): State<OfficientSim>, Form(form): Form<NameForm>) -> Response {
    if !form.is_complete() {
        return impossible(INCOMPLETE);
    }
    let id = sim.add_person(&form.first_name, &form.last_name);
    Redirect::to(&format!("/people/{id}")).into_response()
}

async fn rename_person(
    State(sim): State<OfficientSim>,
    Path(id): Path<i64>,
    Form(form): Form<NameForm>,
) -> Response {
    if !form.is_complete() {
        return impossible(INCOMPLETE);
    }
    sim.rename_person(id, &form.first_name, &form.last_name);
    Redirect::to(&format!("/people/{id}")).into_response()
}

async fn archive_person(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Response {
    let Some(archived) = sim.0.state().person(id).map(|person| person.archived) else {
        return not_found("Deze persoon bestaat niet.");
    };
    sim.set_archived(id, !archived);
    Redirect::to(&format!("/people/{id}")).into_response()
}

async fn delete_person(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Redirect {
    sim.delete_person(id);
    Redirect::to("/")
}

//! The list of people; adding, renaming, archiving and deleting a person.

use std::collections::HashMap;

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};

use super::parts::{Refusal, not_found};
use crate::simulators::dates::today;
use crate::simulators::officient::model::{Company, Event, Person};
use crate::simulators::officient::sim::OfficientSim;
use crate::simulators::page::{Pager, PersonName, Search, name_matches, render};

pub(super) fn router() -> Router<OfficientSim> {
    Router::new()
        .route("/", get(list))
        .route("/people", post(add))
        .route("/people/{id}/name", post(rename))
        .route("/people/{id}/archive", post(archive_or_unarchive))
        .route("/people/{id}/delete", post(delete))
}

struct PersonRow {
    id: i64,
    name: String,
    archived: bool,
    /// The names of today's leave.
    today: String,
    /// The number of days of leave from today.
    planned: usize,
}

impl PersonRow {
    fn new(company: &Company, person: &Person, from_today: &[&Event]) -> Self {
        let today = today();
        let on_today = from_today.iter().filter(|event| event.leave.date == today);
        let names = on_today.map(|event| company.leave_type_name(event.leave.leave_type));
        Self {
            id: person.id,
            name: person.name(),
            archived: person.archived,
            today: names.collect::<Vec<_>>().join(", "),
            planned: from_today.len(),
        }
    }
}

#[derive(Template)]
#[template(path = "simulators/officient_people.html")]
struct PeoplePage<'a> {
    company: &'a str,
    q: String,
    people: Vec<PersonRow>,
    pager: Pager,
}

async fn list(State(sim): State<OfficientSim>, Query(Search { q, page }): Query<Search>) -> Response {
    let company = sim.company();
    let is_found = |person: &&Person| !person.deleted && name_matches(&person.name(), &q);
    let found: Vec<&Person> = company.people.iter().filter(is_found).collect();
    let pager = Pager::new(found.len(), page, "/", &[("q", &q)]);
    let today = today();
    let mut from_today: HashMap<i64, Vec<&Event>> = HashMap::new();
    for event in company.events.iter().filter(|event| event.leave.date >= today) {
        from_today.entry(event.person_id).or_default().push(event);
    }
    let row = |person: &Person| {
        let events = from_today.get(&person.id).map(Vec::as_slice).unwrap_or_default();
        PersonRow::new(&company, person, events)
    };
    let people = pager.rows(found).into_iter().map(row).collect();
    drop(company);
    render(&PeoplePage { company: &sim.options().company_name, q, people, pager })
}

async fn add(State(sim): State<OfficientSim>, Form(name): Form<PersonName>) -> Result<Redirect, Refusal> {
    name.check()?;
    let id = sim.add_person(&name.first_name, &name.last_name);
    Ok(Redirect::to(&format!("/people/{id}")))
}

async fn rename(
    State(sim): State<OfficientSim>,
    Path(id): Path<i64>,
    Form(name): Form<PersonName>,
) -> Result<Redirect, Refusal> {
    name.check()?;
    sim.rename_person(id, &name.first_name, &name.last_name);
    Ok(Redirect::to(&format!("/people/{id}")))
}

async fn archive_or_unarchive(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Result<Redirect, Refusal> {
    let archived = sim.company().person(id).map(|person| person.archived);
    let archived = archived.ok_or_else(|| not_found("Deze persoon bestaat niet."))?;
    sim.set_archived(id, !archived);
    Ok(Redirect::to(&format!("/people/{id}")))
}

async fn delete(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Redirect {
    sim.delete_person(id);
    Redirect::to("/")
}

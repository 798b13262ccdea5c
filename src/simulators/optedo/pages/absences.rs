//! The list of absences, and forms that add, change and delete an absence by hand.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use http::StatusCode;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};
use serde::Deserialize;

use super::parts::{Refusal, describe, last_day, time_of_day};
use crate::simulators::dates::{Month, today};
use crate::simulators::optedo::model::{Absence, AbsenceType, NewAbsence, Tenant, User};
use crate::simulators::optedo::sim::OptedoSim;
use crate::simulators::page::{Pager, Search, name_matches, render};

pub(super) fn router() -> Router<OptedoSim> {
    Router::new()
        .route("/absences", get(list).post(add))
        .route("/absences/{id}", get(show).post(change))
        .route("/absences/{id}/delete", post(delete))
}

fn no_such_absence() -> Refusal {
    Refusal { status: StatusCode::NOT_FOUND, reason: "Deze afwezigheid bestaat niet (meer)." }
}

fn planning_link(day: Date) -> String {
    format!("/?month={}", Month::of(day).key())
}

struct AbsenceRow {
    id: i64,
    user: String,
    absence_type: String,
    when: String,
    reference: Option<String>,
    start: DateTime,
}

impl AbsenceRow {
    fn new(tenant: &Tenant, Absence { id, content }: &Absence) -> Self {
        let absence_type = tenant.absence_type(content.absence_type_id);
        Self {
            id: *id,
            user: tenant.user(content.user_id).map(User::name).unwrap_or_default(),
            absence_type: absence_type.map(|row| row.description.clone()).unwrap_or_default(),
            when: describe(content),
            reference: content.external_reference.clone(),
            start: content.start,
        }
    }
}

/// The initial values of the fields of an absence.
struct Fields {
    users: Vec<User>,
    types: Vec<AbsenceType>,
    user_id: i64,
    absence_type_id: i64,
    day: Date,
    until: Date,
    start: String,
    end: String,
}

impl Fields {
    /// For a new absence.
    fn empty(tenant: &Tenant) -> Self {
        Self {
            users: tenant.users.clone(),
            types: tenant.types.clone(),
            user_id: 0,
            absence_type_id: 0,
            day: today(),
            until: today(),
            start: String::new(),
            end: String::new(),
        }
    }

    fn of(tenant: &Tenant, content: &NewAbsence) -> Self {
        let time = |at| if content.all_day { String::new() } else { time_of_day(at) };
        Self {
            user_id: content.user_id,
            absence_type_id: content.absence_type_id,
            day: content.start.date(),
            until: if content.all_day { last_day(content) } else { content.end.date() },
            start: time(content.start),
            end: time(content.end),
            ..Self::empty(tenant)
        }
    }
}

#[derive(Template)]
#[template(path = "simulators/optedo_absences.html")]
struct AbsencesPage {
    q: String,
    rows: Vec<AbsenceRow>,
    pager: Pager,
    fields: Fields,
}

async fn list(State(sim): State<OptedoSim>, Query(Search { q, page }): Query<Search>) -> Response {
    let tenant = sim.tenant();
    let rows = tenant.absences.iter().map(|absence| AbsenceRow::new(&tenant, absence));
    let mut found: Vec<AbsenceRow> = rows.filter(|row| name_matches(&row.user, &q)).collect();
    found.sort_by(|a, b| (a.start, &a.user).cmp(&(b.start, &b.user)));
    let pager = Pager::new(found.len(), page, "/absences", &[("q", &q)]);
    render(&AbsencesPage { rows: pager.rows(found), pager, q, fields: Fields::empty(&tenant) })
}

#[derive(Deserialize)]
struct AbsenceForm {
    #[serde(default)]
    user_id: i64,
    #[serde(default)]
    absence_type_id: i64,
    #[serde(default)]
    day: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    start: String,
    #[serde(default)]
    end: String,
}

impl AbsenceForm {
    fn absence(&self, tenant: &Tenant, external_reference: Option<String>) -> Result<NewAbsence, &'static str> {
        if tenant.user(self.user_id).is_none() {
            return Err("Deze gebruiker bestaat niet.");
        }
        if tenant.absence_type(self.absence_type_id).is_none() {
            return Err("Dit afwezigheidstype bestaat niet.");
        }
        let date = |text: &str| text.parse::<Date>().ok().ok_or("Vul een dag in.");
        let time = |text: &str| text.parse::<Time>().ok().ok_or("Vul zowel ‘van’ als ‘tot’ in, of geen van beide.");
        let day = date(&self.day)?;
        let until = if self.until.is_empty() { day } else { date(&self.until)? };
        let all_day = self.start.is_empty() && self.end.is_empty();
        let (start, end) = if all_day {
            (day.at(0, 0, 0, 0), until.saturating_add(1.day()).at(0, 0, 0, 0))
        } else {
            (day.to_datetime(time(&self.start)?), until.to_datetime(time(&self.end)?))
        };
        if end <= start {
            return Err("De afwezigheid eindigt niet na haar begin.");
        }
        let (user_id, absence_type_id) = (self.user_id, self.absence_type_id);
        Ok(NewAbsence { user_id, absence_type_id, start, end, all_day, external_reference })
    }
}

async fn add(State(sim): State<OptedoSim>, Form(form): Form<AbsenceForm>) -> Result<Redirect, Refusal> {
    let absence = form.absence(&sim.tenant(), None)?;
    let planning = planning_link(absence.start.date());
    sim.add_absence(absence);
    Ok(Redirect::to(&planning))
}

#[derive(Template)]
#[template(path = "simulators/optedo_absence.html")]
struct AbsencePage {
    absence: AbsenceRow,
    planning: String,
    fields: Fields,
}

async fn show(State(sim): State<OptedoSim>, Path(id): Path<i64>) -> Result<Response, Refusal> {
    let tenant = sim.tenant();
    let absence = tenant.absence(id).ok_or_else(no_such_absence)?;
    Ok(render(&AbsencePage {
        absence: AbsenceRow::new(&tenant, absence),
        planning: planning_link(absence.content.start.date()),
        fields: Fields::of(&tenant, &absence.content),
    }))
}

async fn change(
    State(sim): State<OptedoSim>,
    Path(id): Path<i64>,
    Form(form): Form<AbsenceForm>,
) -> Result<Redirect, Refusal> {
    let content = {
        let tenant = sim.tenant();
        let absence = tenant.absence(id).ok_or_else(no_such_absence)?;
        form.absence(&tenant, absence.content.external_reference.clone())?
    };
    sim.change_absence(id, |absence| *absence = content);
    Ok(Redirect::to(&format!("/absences/{id}")))
}

async fn delete(State(sim): State<OptedoSim>, Path(id): Path<i64>) -> Result<Redirect, Refusal> {
    if sim.delete_absence(id) { Ok(Redirect::to("/absences")) } else { Err(no_such_absence()) }
}

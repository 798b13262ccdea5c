//! Absences, added, changed and deleted by hand.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};
use serde::Deserialize;

use super::{describe, full_name, impossible, last_day, not_found};
use crate::simulators::clock;
use crate::simulators::month::Month;
use crate::simulators::optedo::{Absence, AbsenceType, NewAbsence, OptedoSim, State as World, User};
use crate::simulators::page::render;
use crate::simulators::pager::{Pager, is_found};

const NO_SUCH_ABSENCE: &str = "Deze afwezigheid bestaat niet (meer).";

pub(super) fn router() -> Router<OptedoSim> {
    Router::new()
        .route("/absences", get(absences).post(add))
        .route("/absences/{id}", get(absence).post(change))
        .route("/absences/{id}/delete", post(delete))
}

struct Line {
    id: i64,
    user: String,
    absence_type: String,
    when: String,
    reference: Option<String>,
    start: DateTime,
}

fn line(state: &World, absence: &Absence) -> Line {
    let user = state.users.iter().find(|user| user.id == absence.content.user_id);
    let absence_type = state.types.iter().find(|row| row.id == absence.content.absence_type_id);
    Line {
        id: absence.id,
        user: user.map(full_name).unwrap_or_default(),
        absence_type: absence_type.map(|row| row.description.clone()).unwrap_or_default(),
        when: describe(&absence.content),
        reference: absence.content.external_reference.clone(),
        start: absence.content.start,
    }
}

/// What the fields of an absence begin with.
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

#[derive(Template)]
#[template(path = "simulators/optedo_absences.html")]
struct AbsencesPage {
    q: String,
    list: Vec<Line>,
    pager: Pager,
    fields: Fields,
}

#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: usize,
}

async fn absences(State(sim): State<OptedoSim>, Query(Shown { q, page }): Query<Shown>) -> Response {
    let today = clock::today();
    let fields = Fields {
        users: sim.users(),
        types: sim.absence_types(),
        user_id: 0,
        absence_type_id: 0,
        day: today,
        until: today,
        start: String::new(),
        end: String::new(),
    };
    let state = sim.0.state();
    let lines = state.absences.iter().map(|absence| line(&state, absence));
    let mut found: Vec<Line> = lines.filter(|line| is_found(&line.user, &q)).collect();
    drop(state);
    found.sort_by(|a, b| (a.start, &a.user).cmp(&(b.start, &b.user)));
    let pager = Pager::new(found.len(), page, "/absences", &[("q", &q)]);
    render(&AbsencesPage { list: pager.of(found), pager, q, fields })
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
    fn absence(&self, state: &World, reference: Option<String>) -> Result<NewAbsence, &'static str> {
        if !state.users.iter().any(|user| user.id == self.user_id) {
            return Err("Deze gebruiker bestaat niet.");
        }
        if !state.types.iter().any(|row| row.id == self.absence_type_id) {
            return Err("Dit afwezigheidstype bestaat niet.");
        }
        let date = |text: &str| text.parse::<Date>().ok().ok_or("Vul een dag in.");
        let time =
            |text: &str| text.parse::<Time>().ok().ok_or("Vul zowel ‘van’ als ‘tot’ in, of geen van beide.");
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
        Ok(NewAbsence { user_id, absence_type_id, start, end, all_day, external_reference: reference })
    }
}

async fn add(State(sim): State<OptedoSim>, Form(form): Form<AbsenceForm>) -> Response {
    let absence = form.absence(&sim.0.state(), None);
    match absence {
        Ok(absence) => {
            let month = Month::of(absence.start.date()).key();
            sim.add_absence(absence);
            Redirect::to(&format!("/?month={month}")).into_response()
        }
        Err(reason) => impossible(reason),
    }
}

#[derive(Template)]
#[template(path = "simulators/optedo_absence.html")]
struct AbsencePage {
    line: Line,
    back: String,
    fields: Fields,
}

async fn absence(State(sim): State<OptedoSim>, Path(id): Path<i64>) -> Response {
    let state = sim.0.state();
    let Some(absence) = state.absences.iter().find(|absence| absence.id == id) else {
        drop(state);
        return not_found(NO_SUCH_ABSENCE);
    };
    let content = &absence.content;
    let time = |at: DateTime| if content.all_day { String::new() } else { at.strftime("%H:%M").to_string() };
    let page = AbsencePage {
        line: line(&state, absence),
        back: format!("/?month={}", Month::of(content.start.date()).key()),
        fields: Fields {
            users: state.users.clone(),
            types: state.types.clone(),
            user_id: content.user_id,
            absence_type_id: content.absence_type_id,
            day: content.start.date(),
            until: if content.all_day { last_day(content) } else { content.end.date() },
            start: time(content.start),
            end: time(content.end),
        },
    };
    drop(state);
    render(&page)
}

async fn change(
    State(sim): State<OptedoSim>,
    Path(id): Path<i64>,
    Form(form): Form<AbsenceForm>,
) -> Response {
    let changed = {
        let state = sim.0.state();
        let absence = state.absences.iter().find(|absence| absence.id == id);
        absence.map(|absence| form.absence(&state, absence.content.external_reference.clone()))
    };
    match changed {
        Some(Ok(content)) => {
            sim.change_absence(id, |absence| *absence = content);
            Redirect::to(&format!("/absences/{id}")).into_response()
        }
        Some(Err(reason)) => impossible(reason),
        None => not_found(NO_SUCH_ABSENCE),
    }
}

async fn delete(State(sim): State<OptedoSim>, Path(id): Path<i64>) -> Response {
    if sim.delete_absence(id) {
        Redirect::to("/absences").into_response()
    } else {
        not_found(NO_SUCH_ABSENCE)
    }
}

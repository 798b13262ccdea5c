//! Leave in somebody's calendar: added for a day or more, changed, approved, deleted.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;

use super::{
    calendar_address, describe, hours, impossible, is_whole_day, leave_type_options, leave_type_value,
    not_found,
};
use crate::simulators::month::{clock_time, is_weekend, long_day, parse_clock_time};
use crate::simulators::officient::OfficientSim;
use crate::simulators::officient::state::{
    Event, EventStatus, LeaveType, NewEvent, Person, State as World, WORKING_DAY_MINUTES,
};
use crate::simulators::page::render;

const LONGEST_LEAVE_DAYS: usize = 366;
const NO_SUCH_LEAVE: &str = "Dit verlof bestaat niet (meer).";

pub(super) fn router() -> Router<OfficientSim> {
    Router::new()
        .route("/people/{id}/leave", post(add))
        .route("/events/{id}", get(event))
        .route("/events/{id}/change", post(change))
        .route("/events/{id}/approve", post(approve))
        .route("/events/{id}/unapprove", post(unapprove))
        .route("/events/{id}/delete", post(delete))
}

/// What the fields for the part of a day begin with.
pub(super) struct PartFields {
    pub(super) part: &'static str,
    pub(super) start: String,
    pub(super) hours: String,
}

impl Default for PartFields {
    fn default() -> Self {
        Self { part: "day", start: String::new(), hours: String::new() }
    }
}

impl PartFields {
    fn of(leave: &NewEvent) -> Self {
        if is_whole_day(leave) {
            return Self::default();
        }
        Self {
            part: "hours",
            start: leave.start_time_minutes.map(clock_time).unwrap_or_default(),
            hours: leave.duration_minutes.map(hours).unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
struct PartForm {
    #[serde(default)]
    part: String,
    #[serde(default)]
    start: String,
    #[serde(default)]
    hours: String,
}

impl PartForm {
    /// Start, when it is known, and length in minutes, on a day with so many to work.
    fn minutes(&self, scheduled: i64) -> Result<(Option<i64>, i64), &'static str> {
        let half = scheduled / 2;
        match self.part.as_str() {
            "day" => Ok((Some(540), scheduled)),
            "morning" => Ok((Some(540), half)),
            "afternoon" => Ok((Some(780), half)),
            "hours" => {
                let minutes = parse_hours(&self.hours)
                    .ok_or("Vul bij ‘uren’ in hoelang het verlof duurt: meer dan 0 en hoogstens 24 uren.")?;
                if self.start.trim().is_empty() {
                    return Ok((None, minutes));
                }
                let start = parse_clock_time(&self.start).ok_or("Het beginuur is geen tijdstip.")?;
                Ok((Some(start), minutes))
            }
            _ => Err("Kies een deel van de dag."),
        }
    }
}

/// Minutes of `7.6` or `7,6`.
fn parse_hours(text: &str) -> Option<i64> {
    let (whole, rest) = text.trim().split_once(['.', ',']).unwrap_or((text.trim(), ""));
    let whole = if whole.is_empty() { 0 } else { whole.parse::<i64>().ok()? };
    let hundredths = format!("{rest:0<2}").get(..2)?.parse::<i64>().ok()?;
    let minutes = whole.checked_mul(60)? + (hundredths * 60 + 50) / 100;
    (1..=1440).contains(&minutes).then_some(minutes)
}

fn parse_leave_type(state: &World, value: &str) -> Result<LeaveType, &'static str> {
    let leave_type = match value {
        "sick_day" => LeaveType::SickDay,
        "education" => LeaveType::Education,
        id => LeaveType::Custom(id.parse().unwrap_or_default()),
    };
    let exists = leave_type_options(state).iter().any(|(known, _)| *known == leave_type_value(leave_type));
    exists.then_some(leave_type).ok_or("Dit verloftype bestaat niet.")
}

fn parse_day(text: &str) -> Result<Date, &'static str> {
    text.parse().ok().ok_or("Vul een dag in.")
}

fn parse_status(value: &str) -> EventStatus {
    if value == "pending" { EventStatus::Pending } else { EventStatus::Approved }
}

#[derive(Deserialize)]
struct LeaveForm {
    #[serde(default)]
    leave_type: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    status: String,
    #[serde(flatten)]
    part: PartForm,
}

impl LeaveForm {
    /// An event a day; days in the weekend only when that one day was asked for.
    fn leave(&self, state: &World) -> Result<Vec<NewEvent>, &'static str> {
        let leave_type = parse_leave_type(state, &self.leave_type)?;
        let from = parse_day(&self.from)?;
        let until = if self.until.is_empty() { from } else { parse_day(&self.until)? };
        let (start, minutes) = self.part.minutes(WORKING_DAY_MINUTES)?;
        if until < from {
            return Err("De laatste dag ligt voor de eerste.");
        }
        let days = from.series(1.day()).take_while(|day| *day <= until).take(LONGEST_LEAVE_DAYS);
        let days = days.filter(|day| from == until || !is_weekend(*day));
        let leave: Vec<NewEvent> = days
            .map(|day| NewEvent {
                start_time_minutes: start,
                duration_minutes: Some(minutes),
                status: parse_status(&self.status),
                ..NewEvent::new(leave_type, day)
            })
            .collect();
        if leave.is_empty() { Err("In deze periode valt geen werkdag.") } else { Ok(leave) }
    }
}

async fn add(State(sim): State<OfficientSim>, Path(id): Path<i64>, Form(form): Form<LeaveForm>) -> Response {
    let leave = {
        let state = sim.0.state();
        if state.person(id).is_none_or(|person| person.deleted) {
            drop(state);
            return not_found("Deze persoon bestaat niet.");
        }
        form.leave(&state)
    };
    match leave {
        Ok(leave) => {
            let (_, ids) = sim.add_leave(id, leave);
            ids.first().map_or_else(|| not_found(NO_SUCH_LEAVE), |id| back_to(&sim, *id))
        }
        Err(reason) => impossible(reason),
    }
}

/// To the calendar in which this leave stands.
fn back_to(sim: &OfficientSim, id: i64) -> Response {
    match sim.0.state().event(id) {
        Some(event) => {
            let calendar = calendar_address(event.person_id, event.leave.date);
            Redirect::to(&format!("{calendar}#event-{id}")).into_response()
        }
        None => not_found(NO_SUCH_LEAVE),
    }
}

#[derive(Template)]
#[template(path = "simulators/officient_event.html")]
struct EventPage {
    id: i64,
    person: String,
    day: String,
    date: Date,
    leave_type: String,
    leave_types: Vec<(String, String)>,
    when: String,
    pending: bool,
    part: PartFields,
    back: String,
}

async fn event(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Response {
    let state = sim.0.state();
    let Some(Event { person_id, leave, .. }) = state.event(id).cloned() else {
        drop(state);
        return not_found(NO_SUCH_LEAVE);
    };
    let page = EventPage {
        id,
        person: state.person(person_id).map(Person::name).unwrap_or_default(),
        day: long_day(leave.date),
        date: leave.date,
        leave_type: leave_type_value(leave.leave_type),
        leave_types: leave_type_options(&state),
        when: describe(&leave),
        pending: leave.status == EventStatus::Pending,
        part: PartFields::of(&leave),
        back: calendar_address(person_id, leave.date),
    };
    drop(state);
    render(&page)
}

#[derive(Deserialize)]
struct ChangeForm {
    leave_type: Option<String>,
    date: Option<String>,
    status: Option<String>,
    #[serde(flatten)]
    part: PartForm,
}

impl ChangeForm {
    /// What the event becomes; what the form does not name stays.
    fn apply(&self, state: &World, event: &Event) -> Result<NewEvent, &'static str> {
        let mut leave = event.leave.clone();
        if let Some(value) = &self.leave_type {
            leave.leave_type = parse_leave_type(state, value)?;
        }
        if let Some(date) = &self.date {
            leave.date = parse_day(date)?;
        }
        if let Some(status) = &self.status {
            leave.status = parse_status(status);
        }
        let scheduled = leave.scheduled_minutes.filter(|minutes| *minutes > 0);
        let (start, minutes) = self.part.minutes(scheduled.unwrap_or(WORKING_DAY_MINUTES))?;
        (leave.start_time_minutes, leave.duration_minutes) = (start, Some(minutes));
        let clashes = state.events.iter().any(|other| {
            other.id != event.id
                && other.person_id == event.person_id
                && (other.leave.date, other.leave.leave_type) == (leave.date, leave.leave_type)
        });
        if clashes { Err("Op die dag staat al verlof van dit type.") } else { Ok(leave) }
    }
}

async fn change(
    State(sim): State<OfficientSim>,
    Path(id): Path<i64>,
    Form(form): Form<ChangeForm>,
) -> Response {
    let changed = {
        let state = sim.0.state();
        state.event(id).map(|event| form.apply(&state, event))
    };
    match changed {
        Some(Ok(leave)) => {
            sim.change_event(id, |event| *event = leave);
            back_to(&sim, id)
        }
        Some(Err(reason)) => impossible(reason),
        None => not_found(NO_SUCH_LEAVE),
    }
}

async fn approve(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Response {
    sim.change_event(id, |leave| leave.status = EventStatus::Approved);
    back_to(&sim, id)
}

async fn unapprove(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Response {
    sim.change_event(id, |leave| leave.status = EventStatus::Pending);
    back_to(&sim, id)
}

async fn delete(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Response {
    let event = sim.0.state().event(id).cloned();
    let Some(event) = event else {
        return not_found(NO_SUCH_LEAVE);
    };
    sim.delete_event(id);
    Redirect::to(&calendar_address(event.person_id, event.leave.date)).into_response()
}

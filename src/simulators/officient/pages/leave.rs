//! Forms that add, change, approve and delete leave in a person's calendar.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, State};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;

use super::parts::{
    Refusal, calendar_link, describe, hours, is_whole_day, leave_type_options, leave_type_value, not_found,
};
use crate::simulators::dates::{clock_time, is_weekend, long_day, parse_clock_time};
use crate::simulators::officient::model::{
    Company, Event, EventStatus, LeaveType, NewEvent, Person, WORKING_DAY_MINUTES,
};
use crate::simulators::officient::sim::OfficientSim;
use crate::simulators::page::render;

const MAX_LEAVE_DAYS: usize = 366;

pub(super) fn router() -> Router<OfficientSim> {
    Router::new()
        .route("/people/{id}/leave", post(add))
        .route("/events/{id}", get(show))
        .route("/events/{id}/change", post(change))
        .route("/events/{id}/approve", post(approve))
        .route("/events/{id}/unapprove", post(unapprove))
        .route("/events/{id}/delete", post(delete))
}

fn no_such_leave() -> Refusal {
    not_found("Dit verlof bestaat niet (meer).")
}

/// The initial values of the fields for the part of a day.
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
    /// The start (`None` when it is not known) and the length, both in minutes, on a day with this schedule.
    fn minutes(&self, scheduled: i64) -> Result<(Option<i64>, i64), &'static str> {
        match self.part.as_str() {
            "day" => Ok((Some(540), scheduled)),
            "morning" => Ok((Some(540), scheduled / 2)),
            "afternoon" => Ok((Some(780), scheduled / 2)),
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

/// Parses `7.6` or `7,6` hours into minutes.
fn parse_hours(text: &str) -> Option<i64> {
    let (whole, fraction) = text.trim().split_once(['.', ',']).unwrap_or((text.trim(), ""));
    let whole = if whole.is_empty() { 0 } else { whole.parse::<i64>().ok()? };
    let hundredths = format!("{fraction:0<2}").get(..2)?.parse::<i64>().ok()?;
    let minutes = whole.checked_mul(60)? + (hundredths * 60 + 50) / 100;
    (1..=1440).contains(&minutes).then_some(minutes)
}

fn parse_leave_type(company: &Company, value: &str) -> Result<LeaveType, &'static str> {
    let leave_type = match value {
        "sick_day" => LeaveType::SickDay,
        "education" => LeaveType::Education,
        id => LeaveType::Custom(id.parse().unwrap_or_default()),
    };
    let exists = match leave_type {
        LeaveType::SickDay | LeaveType::Education => true,
        LeaveType::Custom(id) => company.leave_type(id).is_some(),
    };
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
    /// One event for each day, without the days in a weekend unless the form names only that day.
    fn events(&self, company: &Company) -> Result<Vec<NewEvent>, &'static str> {
        let leave_type = parse_leave_type(company, &self.leave_type)?;
        let from = parse_day(&self.from)?;
        let until = if self.until.is_empty() { from } else { parse_day(&self.until)? };
        let (start, minutes) = self.part.minutes(WORKING_DAY_MINUTES)?;
        if until < from {
            return Err("De laatste dag ligt voor de eerste.");
        }
        let days = from.series(1.day()).take_while(|day| *day <= until).take(MAX_LEAVE_DAYS);
        let days = days.filter(|day| from == until || !is_weekend(*day));
        let events: Vec<NewEvent> = days
            .map(|day| NewEvent {
                start_time_minutes: start,
                duration_minutes: Some(minutes),
                status: parse_status(&self.status),
                ..NewEvent::new(leave_type, day)
            })
            .collect();
        if events.is_empty() { Err("In deze periode valt geen werkdag.") } else { Ok(events) }
    }
}

async fn add(
    State(sim): State<OfficientSim>,
    Path(person_id): Path<i64>,
    Form(form): Form<LeaveForm>,
) -> Result<Redirect, Refusal> {
    let events = {
        let company = sim.company();
        if company.person(person_id).is_none_or(|person| person.deleted) {
            return Err(not_found("Deze persoon bestaat niet."));
        }
        form.events(&company)?
    };
    let (_, ids) = sim.add_leave(person_id, events);
    show_in_calendar(&sim, ids.first().copied().unwrap_or_default())
}

/// Redirects to this event in the calendar of its person.
fn show_in_calendar(sim: &OfficientSim, id: i64) -> Result<Redirect, Refusal> {
    let company = sim.company();
    let event = company.event(id).ok_or_else(no_such_leave)?;
    let calendar = calendar_link(event.person_id, event.leave.date);
    Ok(Redirect::to(&format!("{calendar}#event-{id}")))
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
    calendar: String,
}

async fn show(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Result<Response, Refusal> {
    let company = sim.company();
    let Event { person_id, leave, .. } = company.event(id).ok_or_else(no_such_leave)?;
    Ok(render(&EventPage {
        id,
        person: company.person(*person_id).map(Person::name).unwrap_or_default(),
        day: long_day(leave.date),
        date: leave.date,
        leave_type: leave_type_value(leave.leave_type),
        leave_types: leave_type_options(&company),
        when: describe(leave),
        pending: leave.status == EventStatus::Pending,
        part: PartFields::of(leave),
        calendar: calendar_link(*person_id, leave.date),
    }))
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
    /// The event with the form's values; a field that the form lacks stays the same.
    fn apply(&self, company: &Company, event: &Event) -> Result<NewEvent, &'static str> {
        let mut leave = event.leave.clone();
        if let Some(value) = &self.leave_type {
            leave.leave_type = parse_leave_type(company, value)?;
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
        let conflicts = company.events.iter().any(|other| {
            other.id != event.id
                && other.person_id == event.person_id
                && (other.leave.date, other.leave.leave_type) == (leave.date, leave.leave_type)
        });
        if conflicts { Err("Op die dag staat al verlof van dit type.") } else { Ok(leave) }
    }
}

async fn change(
    State(sim): State<OfficientSim>,
    Path(id): Path<i64>,
    Form(form): Form<ChangeForm>,
) -> Result<Redirect, Refusal> {
    let leave = {
        let company = sim.company();
        form.apply(&company, company.event(id).ok_or_else(no_such_leave)?)?
    };
    sim.change_event(id, |event| *event = leave);
    show_in_calendar(&sim, id)
}

async fn approve(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Result<Redirect, Refusal> {
    sim.change_event(id, |leave| leave.status = EventStatus::Approved);
    show_in_calendar(&sim, id)
}

async fn unapprove(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Result<Redirect, Refusal> {
    sim.change_event(id, |leave| leave.status = EventStatus::Pending);
    show_in_calendar(&sim, id)
}

async fn delete(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Result<Redirect, Refusal> {
    let event = sim.company().event(id).cloned().ok_or_else(no_such_leave)?;
    sim.delete_event(id);
    Ok(Redirect::to(&calendar_link(event.person_id, event.leave.date)))
}

//! The pages of people, their leave, and the leave types with their tab Geavanceerd.
//!
//! Every form answers 303 back to the page it stands on; a form that makes no sense changes nothing.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::StatusCode;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;

use super::OfficientSim;
use super::state::{Event, EventStatus, LeaveType, NewEvent, Person, WORKING_DAY_MINUTES};
use crate::demo::clock;
use crate::demo::page::{clock_time, is_weekend, parse_clock_time, render, weekday};

const LONGEST_LEAVE_DAYS: usize = 366;

pub(super) fn router() -> Router<OfficientSim> {
    Router::new()
        .route("/", get(people))
        .route("/people", post(add_person))
        .route("/people/{id}", get(person))
        .route("/people/{id}/name", post(rename_person))
        .route("/people/{id}/archive", post(archive_person))
        .route("/people/{id}/delete", post(delete_person))
        .route("/people/{id}/leave", post(add_leave))
        .route("/events/{id}/approve", post(approve))
        .route("/events/{id}/change", post(change))
        .route("/events/{id}/delete", post(delete))
        .route("/leave-types", get(leave_types).post(add_leave_type))
        .route("/leave-types/{id}", get(leave_type))
        .route("/leave-types/{id}/name", post(rename_leave_type))
        .route("/leave-types/{id}/code", post(set_code))
}

struct PersonRow {
    id: i64,
    name: String,
    archived: bool,
    today: String,
    events: usize,
}

#[derive(Template)]
#[template(path = "demo/officient_people.html")]
struct PeoplePage<'a> {
    company: &'a str,
    people: Vec<PersonRow>,
}

async fn people(State(sim): State<OfficientSim>) -> Response {
    let today = clock::today();
    let state = sim.0.state();
    let row = |person: &Person| {
        let leave: Vec<&Event> = state.events.iter().filter(|event| event.person_id == person.id).collect();
        let names = leave
            .iter()
            .filter(|event| event.leave.date == today)
            .map(|event| state.leave_type_name(event.leave.leave_type));
        PersonRow {
            id: person.id,
            name: person.name(),
            archived: person.archived,
            today: names.collect::<Vec<_>>().join(", "),
            events: leave.iter().filter(|event| event.leave.date >= today).count(),
        }
    };
    let people = state.people.iter().filter(|person| !person.deleted).map(row).collect();
    drop(state);
    render(&PeoplePage { company: &sim.0.options.company_name, people })
}

#[derive(Deserialize)]
struct NameForm {
    first_name: String,
    last_name: String,
}

async fn add_person(State(sim): State<OfficientSim>, Form(form): Form<NameForm>) -> Redirect {
    let id = sim.add_person(&form.first_name, &form.last_name);
    Redirect::to(&format!("/people/{id}"))
}

async fn rename_person(
    State(sim): State<OfficientSim>,
    Path(id): Path<i64>,
    Form(form): Form<NameForm>,
) -> Redirect {
    sim.rename_person(id, &form.first_name, &form.last_name);
    Redirect::to(&format!("/people/{id}"))
}

async fn archive_person(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Redirect {
    let archived = sim.0.state().person(id).is_some_and(|person| person.archived);
    sim.set_archived(id, !archived);
    Redirect::to(&format!("/people/{id}"))
}

async fn delete_person(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Redirect {
    sim.delete_person(id);
    Redirect::to("/")
}

struct LeaveTypeOption {
    value: String,
    name: String,
}

struct EventRow {
    id: i64,
    day: String,
    leave_type: String,
    when: String,
    pending: bool,
    start: String,
    hours: String,
}

#[derive(Template)]
#[template(path = "demo/officient_person.html")]
struct PersonPage {
    id: i64,
    name: String,
    first_name: String,
    last_name: String,
    archived: bool,
    today: Date,
    leave_types: Vec<LeaveTypeOption>,
    events: Vec<EventRow>,
}

async fn person(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Response {
    let state = sim.0.state();
    let Some(person) = state.person(id).filter(|person| !person.deleted).cloned() else {
        return (StatusCode::NOT_FOUND, "Deze persoon bestaat niet.").into_response();
    };
    let built_in = [("sick_day", "Sick day"), ("education", "Education")];
    let own = state.leave_types.iter().map(|row| (row.id.to_string(), row.name.clone()));
    let built_in = built_in.map(|(value, name)| (value.to_owned(), name.to_owned()));
    let leave_types = own.chain(built_in).map(|(value, name)| LeaveTypeOption { value, name }).collect();
    let mut events: Vec<&Event> = state.events.iter().filter(|event| event.person_id == id).collect();
    events.sort_by_key(|event| (event.leave.date, event.leave.start_time_minutes, event.id));
    let events = events
        .into_iter()
        .map(|event| EventRow {
            id: event.id,
            day: format!("{} {}", weekday(event.leave.date), event.leave.date.strftime("%d/%m/%Y")),
            leave_type: state.leave_type_name(event.leave.leave_type),
            when: describe(&event.leave),
            pending: event.leave.status == EventStatus::Pending,
            start: event.leave.start_time_minutes.map(clock_time).unwrap_or_default(),
            hours: event.leave.duration_minutes.map(hours).unwrap_or_default(),
        })
        .collect();
    drop(state);
    render(&PersonPage {
        id,
        name: person.name(),
        first_name: person.first_name,
        last_name: person.last_name,
        archived: person.archived,
        today: clock::today(),
        leave_types,
        events,
    })
}

/// `7.6` of 456 minutes, as a number field takes it.
fn hours(minutes: i64) -> String {
    let text = format!("{}.{:02}", minutes / 60, (minutes % 60) * 100 / 60);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn describe(leave: &NewEvent) -> String {
    let scheduled = leave.scheduled_minutes.unwrap_or(WORKING_DAY_MINUTES);
    match (leave.start_time_minutes, leave.duration_minutes) {
        (_, Some(minutes)) if minutes >= scheduled => "hele dag".to_owned(),
        (Some(start), Some(minutes)) => format!("{} – {}", clock_time(start), clock_time(start + minutes)),
        (None, Some(minutes)) => format!("{} u, begin niet gekend", hours(minutes)),
        (_, None) => "duur niet gekend".to_owned(),
    }
}

#[derive(Deserialize)]
struct PartForm {
    part: String,
    #[serde(default)]
    start: String,
    #[serde(default)]
    hours: String,
}

impl PartForm {
    /// Start and length in minutes.
    fn minutes(&self) -> Option<(Option<i64>, i64)> {
        let half = WORKING_DAY_MINUTES / 2;
        match self.part.as_str() {
            "day" => Some((Some(540), WORKING_DAY_MINUTES)),
            "morning" => Some((Some(540), half)),
            "afternoon" => Some((Some(780), half)),
            "hours" => {
                let (whole, rest) =
                    self.hours.trim().split_once(['.', ',']).unwrap_or((self.hours.trim(), ""));
                let hundredths = format!("{rest:0<2}").get(..2)?.parse::<i64>().ok()?;
                let minutes = whole.parse::<i64>().ok()? * 60 + (hundredths * 60 + 50) / 100;
                (1..=1440).contains(&minutes).then(|| (parse_clock_time(&self.start), minutes))
            }
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct LeaveForm {
    leave_type: String,
    from: Date,
    until: Date,
    part: String,
    #[serde(default)]
    start: String,
    #[serde(default)]
    hours: String,
    #[serde(default)]
    status: String,
}

fn parse_leave_type(value: &str) -> Option<LeaveType> {
    match value {
        "sick_day" => Some(LeaveType::SickDay),
        "education" => Some(LeaveType::Education),
        id => id.parse().ok().map(LeaveType::Custom),
    }
}

async fn add_leave(
    State(sim): State<OfficientSim>,
    Path(id): Path<i64>,
    Form(form): Form<LeaveForm>,
) -> Redirect {
    let part = PartForm { part: form.part, start: form.start, hours: form.hours };
    if let (Some(leave_type), Some((start, minutes))) = (parse_leave_type(&form.leave_type), part.minutes()) {
        let days: Vec<Date> = form
            .from
            .series(1.day())
            .take_while(|day| *day <= form.until)
            .take(LONGEST_LEAVE_DAYS)
            .filter(|day| form.from == form.until || !is_weekend(*day))
            .collect();
        let leave = days.into_iter().map(|day| {
            let mut leave = NewEvent::new(leave_type, day).unknown_start(minutes);
            leave.start_time_minutes = start;
            if form.status == "pending" { leave.pending() } else { leave }
        });
        let leave: Vec<NewEvent> = leave.collect();
        if !leave.is_empty() {
            sim.add_leave(id, leave);
        }
    }
    Redirect::to(&format!("/people/{id}"))
}

/// Back to the page of whoever the event is, looked up before it is gone.
fn back(sim: &OfficientSim, event_id: i64) -> Redirect {
    match sim.0.state().event(event_id) {
        Some(event) => Redirect::to(&format!("/people/{}", event.person_id)),
        None => Redirect::to("/"),
    }
}

async fn approve(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Redirect {
    sim.change_event(id, |leave| leave.status = EventStatus::Approved);
    back(&sim, id)
}

async fn change(
    State(sim): State<OfficientSim>,
    Path(id): Path<i64>,
    Form(form): Form<PartForm>,
) -> Redirect {
    if let Some((start, minutes)) = form.minutes() {
        sim.change_event(id, |leave| {
            leave.start_time_minutes = start;
            leave.duration_minutes = Some(minutes);
        });
    }
    back(&sim, id)
}

async fn delete(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Redirect {
    let back = back(&sim, id);
    sim.delete_event(id);
    back
}

struct LeaveTypeLine {
    id: i64,
    name: String,
    code: String,
}

#[derive(Template)]
#[template(path = "demo/officient_leave_types.html")]
struct LeaveTypesPage<'a> {
    app: &'a str,
    connected: bool,
    leave_types: Vec<LeaveTypeLine>,
}

fn lines(sim: &OfficientSim) -> Vec<LeaveTypeLine> {
    let state = sim.0.state();
    let line = |row: &super::state::LeaveTypeRow| LeaveTypeLine {
        id: row.id,
        name: row.name.clone(),
        code: row.code.clone().unwrap_or_default(),
    };
    state.leave_types.iter().map(line).collect()
}

async fn leave_types(State(sim): State<OfficientSim>) -> Response {
    let (app, connected) = (sim.0.options.app_name.as_str(), sim.is_connected());
    render(&LeaveTypesPage { app, connected, leave_types: lines(&sim) })
}

#[derive(Deserialize)]
struct LeaveTypeForm {
    name: String,
}

async fn add_leave_type(State(sim): State<OfficientSim>, Form(form): Form<LeaveTypeForm>) -> Redirect {
    sim.add_leave_type(&form.name, None);
    Redirect::to("/leave-types")
}

#[derive(Template)]
#[template(path = "demo/officient_leave_type.html")]
struct LeaveTypePage<'a> {
    app: &'a str,
    connected: bool,
    advanced: bool,
    id: i64,
    name: String,
    code: String,
}

#[derive(Deserialize)]
struct Tab {
    #[serde(default)]
    tab: String,
}

async fn leave_type(
    State(sim): State<OfficientSim>,
    Path(id): Path<i64>,
    Query(tab): Query<Tab>,
) -> Response {
    let Some(line) = lines(&sim).into_iter().find(|line| line.id == id) else {
        return (StatusCode::NOT_FOUND, "Dit verloftype bestaat niet.").into_response();
    };
    let (app, connected) = (sim.0.options.app_name.as_str(), sim.is_connected());
    let advanced = tab.tab == "geavanceerd";
    render(&LeaveTypePage { app, connected, advanced, id, name: line.name, code: line.code })
}

async fn rename_leave_type(
    State(sim): State<OfficientSim>,
    Path(id): Path<i64>,
    Form(form): Form<LeaveTypeForm>,
) -> Redirect {
    sim.rename_leave_type(id, &form.name);
    Redirect::to(&format!("/leave-types/{id}"))
}

#[derive(Deserialize)]
struct CodeForm {
    code: String,
}

async fn set_code(
    State(sim): State<OfficientSim>,
    Path(id): Path<i64>,
    Form(form): Form<CodeForm>,
) -> Response {
    if !sim.is_connected() {
        return (StatusCode::FORBIDDEN, "Er is nog geen app gekoppeld.").into_response();
    }
    let code = Some(form.code.as_str()).filter(|code| !code.is_empty());
    sim.set_leave_type_code(id, code);
    Redirect::to(&format!("/leave-types/{id}?tab=geavanceerd")).into_response()
}

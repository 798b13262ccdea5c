//! One person: a month of the calendar, the list of leave from that month on, and the person's name.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::get;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;

use super::leave::PartFields;
use super::parts::{Refusal, describe, leave_type_options, not_found};
use crate::simulators::dates::{Month, is_weekend, long_day, short_day, today};
use crate::simulators::officient::calendar::company_days_off;
use crate::simulators::officient::model::{Company, Event, EventCategory, EventStatus, Person};
use crate::simulators::officient::sim::OfficientSim;
use crate::simulators::page::render;

const MAX_LIST_ROWS: usize = 100;

pub(super) fn router() -> Router<OfficientSim> {
    Router::new().route("/people/{id}", get(show))
}

/// One event, in the calendar or in the list.
struct CalendarEntry {
    id: i64,
    day: String,
    leave_type: String,
    /// The first letter of the leave type, for a narrow screen.
    initial: String,
    when: String,
    remark: &'static str,
    pending: bool,
}

impl CalendarEntry {
    fn new(company: &Company, event: &Event) -> Self {
        let leave_type = company.leave_type_name(event.leave.leave_type);
        Self {
            id: event.id,
            day: short_day(event.leave.date),
            initial: leave_type.chars().take(1).collect(),
            leave_type,
            when: describe(&event.leave),
            remark: match (event.leave.category, event.leave.working) {
                (EventCategory::Overtime, _) => "overuren",
                (EventCategory::TimeOff, true) => "gewerkt",
                (EventCategory::TimeOff, false) => "",
            },
            pending: event.leave.status == EventStatus::Pending,
        }
    }
}

struct Day {
    date: Date,
    name: String,
    off: bool,
    today: bool,
    holiday: &'static str,
    leave: Vec<CalendarEntry>,
}

impl Day {
    fn new(company: &Company, date: Date, events: &[&Event]) -> Self {
        let holiday = company_days_off(date.year()).into_iter().find(|(_, _, day)| *day == date);
        let on_day = events.iter().filter(|event| event.leave.date == date);
        Self {
            date,
            name: long_day(date),
            off: is_weekend(date) || holiday.is_some(),
            today: date == today(),
            holiday: holiday.map_or("", |(_, name, _)| name),
            leave: on_day.map(|event| CalendarEntry::new(company, event)).collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "simulators/officient_person.html")]
struct PersonPage {
    person: Person,
    month: Month,
    /// Each from Monday to Sunday; `None` for the days of other months.
    weeks: Vec<Vec<Option<Day>>>,
    list: Vec<CalendarEntry>,
    /// The number of events that the list leaves out.
    more: usize,
    leave_types: Vec<(String, String)>,
    /// The initial date in the form for new leave.
    day: Date,
    part: PartFields,
}

#[derive(Deserialize)]
struct PersonQuery {
    #[serde(default)]
    month: String,
    #[serde(default)]
    day: String,
}

async fn show(
    State(sim): State<OfficientSim>,
    Path(id): Path<i64>,
    Query(query): Query<PersonQuery>,
) -> Result<Response, Refusal> {
    let company = sim.company();
    let person = company.person(id).filter(|person| !person.deleted);
    let person = person.ok_or_else(|| not_found("Deze persoon bestaat niet."))?;
    let (today, month) = (today(), Month::parse(&query.month));
    let is_listed = |event: &&Event| event.person_id == id && event.leave.date >= month.first;
    let mut events: Vec<&Event> = company.events.iter().filter(is_listed).collect();
    events.sort_by_key(|event| (event.leave.date, event.leave.start_time_minutes, event.id));
    let default_day = if month == Month::of(today) { today } else { month.first };
    Ok(render(&PersonPage {
        person: person.clone(),
        month,
        weeks: weeks(&company, month, &events),
        more: events.len().saturating_sub(MAX_LIST_ROWS),
        list: events.iter().take(MAX_LIST_ROWS).map(|event| CalendarEntry::new(&company, event)).collect(),
        leave_types: leave_type_options(&company),
        day: query.day.parse().unwrap_or(default_day),
        part: PartFields::default(),
    }))
}

fn weeks(company: &Company, month: Month, events: &[&Event]) -> Vec<Vec<Option<Day>>> {
    let days_before = i64::from(month.first.weekday().to_monday_zero_offset());
    let first_monday = month.first.saturating_sub(days_before.days());
    let mondays = first_monday.series(7.days()).take_while(|monday| *monday <= month.last);
    let week = |monday: Date| {
        let dates = monday.series(1.day()).take(7);
        dates.map(|date| (Month::of(date) == month).then(|| Day::new(company, date, events))).collect()
    };
    mondays.map(week).collect()
}

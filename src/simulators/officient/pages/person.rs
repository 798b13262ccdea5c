//! A person: the calendar of a month, what is in it and after it, and the person's name.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::get;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;

use super::leave::PartFields;
use super::{describe, leave_type_options, not_found};
use crate::simulators::clock;
use crate::simulators::month::{Month, is_weekend, long_day, short_day};
use crate::simulators::officient::OfficientSim;
use crate::simulators::officient::calendar::company_days_off;
use crate::simulators::officient::state::{Event, EventKind, EventStatus, Person, State as World};
use crate::simulators::page::render;

const LONGEST_LIST: usize = 100;

pub(super) fn router() -> Router<OfficientSim> {
    Router::new().route("/people/{id}", get(person))
}

struct Leave {
    id: i64,
    day: String,
    kind: String,
    initial: String,
    when: String,
    remark: &'static str,
    pending: bool,
}

struct Day {
    date: Date,
    name: String,
    off: bool,
    today: bool,
    holiday: &'static str,
    leave: Vec<Leave>,
}

#[derive(Template)]
#[template(path = "simulators/officient_person.html")]
struct PersonPage {
    person: Person,
    month: Month,
    /// From Monday to Sunday; nothing on the days of other months.
    weeks: Vec<Vec<Option<Day>>>,
    list: Vec<Leave>,
    /// How many the list leaves out.
    more: usize,
    leave_types: Vec<(String, String)>,
    /// What the form for new leave begins with.
    day: Date,
    part: PartFields,
}

#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    month: String,
    #[serde(default)]
    day: String,
}

async fn person(
    State(sim): State<OfficientSim>,
    Path(id): Path<i64>,
    Query(shown): Query<Shown>,
) -> Response {
    let state = sim.0.state();
    let Some(person) = state.person(id).filter(|person| !person.deleted).cloned() else {
        drop(state);
        return not_found("Deze persoon bestaat niet.");
    };
    let (today, month) = (clock::today(), Month::parse(&shown.month));
    let is_shown = |event: &&Event| event.person_id == id && event.leave.date >= month.first;
    let mut events: Vec<&Event> = state.events.iter().filter(is_shown).collect();
    events.sort_by_key(|event| (event.leave.date, event.leave.start_time_minutes, event.id));
    let first_day = if month == Month::of(today) { today } else { month.first };
    let page = PersonPage {
        person,
        month,
        weeks: weeks(&state, month, &events),
        more: events.len().saturating_sub(LONGEST_LIST),
        list: events.iter().take(LONGEST_LIST).map(|event| leave(&state, event)).collect(),
        leave_types: leave_type_options(&state),
        day: shown.day.parse().unwrap_or(first_day),
        part: PartFields::default(),
    };
    drop(state);
    render(&page)
}

fn leave(state: &World, event: &Event) -> Leave {
    let kind = state.leave_type_name(event.leave.leave_type);
    Leave {
        id: event.id,
        day: short_day(event.leave.date),
        initial: kind.chars().take(1).collect(),
        kind,
        when: describe(&event.leave),
        remark: match (event.leave.kind, event.leave.working) {
            (EventKind::Overtime, _) => "overuren",
            (EventKind::TimeOff, true) => "gewerkt",
            (EventKind::TimeOff, false) => "",
        },
        pending: event.leave.status == EventStatus::Pending,
    }
}

fn weeks(state: &World, month: Month, events: &[&Event]) -> Vec<Vec<Option<Day>>> {
    let today = clock::today();
    let before = i64::from(month.first.weekday().to_monday_zero_offset());
    let monday = month.first.saturating_sub(before.days());
    let day = |date: Date| {
        let holiday = company_days_off(date.year()).into_iter().find(|(_, _, day)| *day == date);
        Day {
            date,
            name: long_day(date),
            off: is_weekend(date) || holiday.is_some(),
            today: date == today,
            holiday: holiday.map_or("", |(_, name, _)| name),
            leave: events
                .iter()
                .filter(|event| event.leave.date == date)
                .map(|event| leave(state, event))
                .collect(),
        }
    };
    let mondays = monday.series(7.days()).take_while(|monday| *monday <= month.last);
    let week = |monday: Date| {
        let days = monday.series(1.day()).take(7);
        days.map(|date| (Month::of(date) == month).then(|| day(date))).collect()
    };
    mondays.map(week).collect()
}

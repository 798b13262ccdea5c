//! A month's planning: people from top to bottom, days from left to right.

use std::collections::HashMap;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use http::header;
use jiff::civil::Date;
use serde::Deserialize;

use super::{describe, full_name, overlaps};
use crate::simulators::clock;
use crate::simulators::month::{Month, is_weekend, long_day, short_weekday};
use crate::simulators::optedo::{Absence, AbsenceType, NewAbsence, OptedoSim, User};
use crate::simulators::page::render;
use crate::simulators::pager::{Pager, is_found, link};

const COLOURS: i64 = 8;

pub(super) fn router() -> Router<OptedoSim> {
    let script = include_str!("../../../../templates/simulators/planning.js");
    let script = ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], script);
    Router::new().route("/", get(planning)).route("/planning.js", get(move || std::future::ready(script)))
}

struct Day {
    date: Date,
    name: String,
    weekday: &'static str,
    off: bool,
    today: bool,
}

struct Block {
    id: i64,
    initial: String,
    colour: i64,
    /// How long, when it is not the whole day.
    hours: String,
    text: String,
}

struct Row {
    name: String,
    active: bool,
    cells: Vec<Vec<Block>>,
}

struct Line {
    id: i64,
    user: String,
    absence_type: String,
    when: String,
    is_by_hand: bool,
}

/// An absence type as the blocks show it.
struct Legend {
    id: i64,
    initial: String,
    colour: i64,
    description: String,
}

impl Legend {
    fn of(absence_type: &AbsenceType) -> Self {
        Self {
            id: absence_type.id,
            initial: absence_type.description.chars().take(1).collect::<String>().to_uppercase(),
            colour: absence_type.id.rem_euclid(COLOURS),
            description: absence_type.description.clone(),
        }
    }
}

#[derive(Template)]
#[template(path = "simulators/optedo_planning.html")]
struct PlanningPage {
    month: Month,
    q: String,
    absence_type: i64,
    /// The planning of a month with the same filter.
    previous: String,
    next: String,
    days: Vec<Day>,
    rows: Vec<Row>,
    list: Vec<Line>,
    legend: Vec<Legend>,
    pager: Pager,
}

#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    month: String,
    #[serde(default)]
    q: String,
    /// Only who has an absence of this type, and only those absences.
    #[serde(default, rename = "type")]
    absence_type: String,
    #[serde(default)]
    page: usize,
}

async fn planning(State(sim): State<OptedoSim>, Query(shown): Query<Shown>) -> Response {
    let (today, month) = (clock::today(), Month::parse(&shown.month));
    let wanted: i64 = shown.absence_type.parse().unwrap_or_default();
    let address =
        |month: Month| link("/", &[("month", &month.key()), ("q", &shown.q), ("type", &shown.absence_type)]);
    let state = sim.0.state();
    let mut absences: HashMap<i64, Vec<&Absence>> = HashMap::new();
    for absence in state.absences.iter().filter(|absence| overlaps(absence, month.first, month.last)) {
        if wanted == 0 || absence.content.absence_type_id == wanted {
            absences.entry(absence.content.user_id).or_default().push(absence);
        }
    }
    let found = state.users.iter().filter(|user| {
        is_found(&full_name(user), &shown.q) && (wanted == 0 || absences.contains_key(&user.id))
    });
    let found: Vec<&User> = found.collect();
    let parameters = [("month", shown.month.as_str()), ("q", &shown.q), ("type", &shown.absence_type)];
    let pager = Pager::new(found.len(), shown.page, "/", &parameters);
    let legend: Vec<Legend> = state.types.iter().map(Legend::of).collect();
    let dates: Vec<Date> = month.days().collect();
    let (mut rows, mut list) = (Vec::new(), Vec::new());
    for user in pager.of(found) {
        let own = absences.get(&user.id).map(Vec::as_slice).unwrap_or_default();
        let name = full_name(user);
        let cells = dates.iter().map(|day| blocks(*day, &name, own, &legend)).collect();
        list.extend(own.iter().map(|absence| (absence.content.start, line(absence, &name, &legend))));
        rows.push(Row { name, active: user.active, cells });
    }
    drop(state);
    list.sort_by(|(a_start, a), (b_start, b)| (a_start, &a.user).cmp(&(b_start, &b.user)));
    render(&PlanningPage {
        month,
        absence_type: wanted,
        previous: address(month.previous()),
        next: address(month.next()),
        days: dates
            .into_iter()
            .map(|date| Day {
                date,
                name: long_day(date),
                weekday: short_weekday(date),
                off: is_weekend(date),
                today: date == today,
            })
            .collect(),
        rows,
        list: list.into_iter().map(|(_, line)| line).collect(),
        legend,
        pager,
        q: shown.q,
    })
}

fn blocks(day: Date, user: &str, absences: &[&Absence], legend: &[Legend]) -> Vec<Block> {
    let on_day = absences.iter().filter(|absence| overlaps(absence, day, day));
    let block = |absence: &&Absence| {
        let content = &absence.content;
        let described = legend.iter().find(|row| row.id == content.absence_type_id)?;
        Some(Block {
            id: absence.id,
            initial: described.initial.clone(),
            colour: described.colour,
            hours: if content.all_day { String::new() } else { hours(content) },
            text: format!("{}: {user}, {}", described.description, describe(content)),
        })
    };
    on_day.filter_map(block).collect()
}

fn line(absence: &Absence, user: &str, legend: &[Legend]) -> Line {
    let described = legend.iter().find(|row| row.id == absence.content.absence_type_id);
    Line {
        id: absence.id,
        user: user.to_owned(),
        absence_type: described.map(|row| row.description.clone()).unwrap_or_default(),
        when: describe(&absence.content),
        is_by_hand: absence.content.external_reference.is_none(),
    }
}

/// How long, as it fits in a cell.
fn hours(content: &NewAbsence) -> String {
    let minutes = content.end.duration_since(content.start).as_mins();
    match minutes % 60 {
        0 => format!("{}u", minutes / 60),
        rest => format!("{}u{rest:02}", minutes / 60),
    }
}

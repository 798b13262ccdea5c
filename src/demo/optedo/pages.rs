//! The planning of a month, and the lists of absences, users and absence types.
//!
//! The planning refreshes itself, so that an absence is seen to arrive; the pages with forms do not, because a
//! refresh would take away what somebody is typing.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};
use serde::Deserialize;

use super::{Absence, AbsenceType, NewAbsence, OptedoSim, User};
use crate::demo::clock;
use crate::demo::page::{is_weekend, render, weekday};

const MONTHS: [&str; 12] = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
];

pub(super) fn router() -> Router<OptedoSim> {
    Router::new()
        .route("/", get(planning))
        .route("/absences", get(absences).post(add_absence))
        .route("/absences/{id}/delete", post(delete_absence))
        .route("/users", get(users).post(add_user))
        .route("/users/{id}", post(rename_user))
        .route("/users/{id}/active", post(switch_user))
        .route("/absence-types", get(types).post(add_type))
        .route("/absence-types/{id}", post(rename_type))
}

struct Day {
    class: String,
    weekday: &'static str,
    number: i8,
}

struct CellAbsence {
    all_day: bool,
    short: String,
    title: String,
}

struct Cell {
    class: String,
    absences: Vec<CellAbsence>,
}

struct Row {
    name: String,
    active: bool,
    cells: Vec<Cell>,
}

struct Line {
    id: i64,
    user: String,
    absence_type: String,
    when: String,
    reference: String,
    start: DateTime,
}

#[derive(Template)]
#[template(path = "demo/optedo_planning.html")]
struct PlanningPage {
    month: String,
    previous: String,
    next: String,
    days: Vec<Day>,
    rows: Vec<Row>,
    list: Vec<Line>,
}

#[derive(Deserialize)]
struct Month {
    #[serde(default)]
    month: String,
}

/// What overlaps this period, both ends inclusive.
fn overlaps(absence: &Absence, from: Date, to: Date) -> bool {
    let end = to.saturating_add(1.day()).at(0, 0, 0, 0);
    absence.content.start < end && absence.content.end > from.at(0, 0, 0, 0)
}

fn describe(content: &NewAbsence) -> String {
    let day = |at: DateTime| format!("{} {}", weekday(at.date()), at.strftime("%d/%m/%Y"));
    if content.all_day {
        return format!("{}, hele dag", day(content.start));
    }
    let end = if content.start.date() == content.end.date() {
        content.end.strftime("%H:%M").to_string()
    } else {
        content.end.strftime("%d/%m %H:%M").to_string()
    };
    format!("{}, {} – {end}", day(content.start), content.start.strftime("%H:%M"))
}

/// How long, as it fits in a cell.
fn hours(content: &NewAbsence) -> String {
    let minutes = content.end.duration_since(content.start).as_mins();
    match minutes % 60 {
        0 => format!("{}u", minutes / 60),
        rest => format!("{}u{rest:02}", minutes / 60),
    }
}

fn lines(sim: &OptedoSim) -> Vec<Line> {
    let state = sim.0.state();
    let line = |absence: &Absence| {
        let user = state.users.iter().find(|user| user.id == absence.content.user_id);
        let absence_type = state.types.iter().find(|row| row.id == absence.content.absence_type_id);
        Line {
            id: absence.id,
            user: user.map(full_name).unwrap_or_default(),
            absence_type: absence_type.map(|row| row.description.clone()).unwrap_or_default(),
            when: describe(&absence.content),
            reference: absence.content.external_reference.clone().unwrap_or_default(),
            start: absence.content.start,
        }
    };
    let mut lines: Vec<Line> = state.absences.iter().map(line).collect();
    lines.sort_by(|a, b| (a.start, &a.user).cmp(&(b.start, &b.user)));
    lines
}

fn full_name(user: &User) -> String {
    format!("{} {}", user.first_name, user.last_name)
}

fn cell(day: Date, class: &str, own: &[&Absence], types: &[AbsenceType]) -> Cell {
    let absences = own.iter().filter(|absence| overlaps(absence, day, day)).map(|absence| {
        let content = &absence.content;
        let described = types.iter().find(|row| row.id == content.absence_type_id);
        let described = described.map_or("?", |row| row.description.as_str());
        let name: String = described.chars().take(3).collect();
        let short = if content.all_day { name } else { format!("{name} {}", hours(content)) };
        CellAbsence { all_day: content.all_day, short, title: format!("{described}: {}", describe(content)) }
    });
    Cell { class: class.to_owned(), absences: absences.collect() }
}

async fn planning(State(sim): State<OptedoSim>, Query(month): Query<Month>) -> Response {
    let today = clock::today();
    let first = format!("{}-01", month.month).parse::<Date>().unwrap_or(today).first_of_month();
    let last = first.last_of_month();
    let class = |day: Date| {
        let off = if is_weekend(day) { "off" } else { "" };
        if day == today { format!("{off} today") } else { off.to_owned() }
    };
    let dates: Vec<Date> = first.series(1.day()).take_while(|day| *day <= last).collect();
    let (users, types, all) = (sim.users(), sim.absence_types(), sim.absences());
    let rows = users.iter().map(|user| {
        let own: Vec<&Absence> = all.iter().filter(|absence| absence.content.user_id == user.id).collect();
        let cells = dates.iter().map(|day| cell(*day, &class(*day), &own, &types)).collect();
        Row { name: full_name(user), active: user.active, cells }
    });
    let shown: Vec<i64> = all.iter().filter(|row| overlaps(row, first, last)).map(|row| row.id).collect();
    let name = usize::try_from(first.month() - 1).ok().and_then(|at| MONTHS.get(at)).unwrap_or(&"");
    render(&PlanningPage {
        month: format!("{name} {}", first.year()),
        previous: first.saturating_sub(1.month()).strftime("%Y-%m").to_string(),
        next: first.saturating_add(1.month()).strftime("%Y-%m").to_string(),
        days: dates
            .iter()
            .map(|day| Day { class: class(*day), weekday: weekday(*day), number: day.day() })
            .collect(),
        rows: rows.collect(),
        list: lines(&sim).into_iter().filter(|line| shown.contains(&line.id)).collect(),
    })
}

#[derive(Template)]
#[template(path = "demo/optedo_absences.html")]
struct AbsencesPage {
    users: Vec<User>,
    types: Vec<AbsenceType>,
    today: Date,
    list: Vec<Line>,
}

async fn absences(State(sim): State<OptedoSim>) -> Response {
    let (users, types, list) = (sim.users(), sim.absence_types(), lines(&sim));
    render(&AbsencesPage { users, types, today: clock::today(), list })
}

#[derive(Deserialize)]
struct AbsenceForm {
    user_id: i64,
    absence_type_id: i64,
    day: Date,
    #[serde(default)]
    start: String,
    #[serde(default)]
    end: String,
}

async fn add_absence(State(sim): State<OptedoSim>, Form(form): Form<AbsenceForm>) -> Redirect {
    let hours = form.start.parse::<Time>().ok().zip(form.end.parse::<Time>().ok());
    let whole_day = (form.day.at(0, 0, 0, 0), form.day.saturating_add(1.day()).at(0, 0, 0, 0));
    let (start, end) = hours
        .filter(|(start, end)| start < end)
        .map_or(whole_day, |(start, end)| (form.day.to_datetime(start), form.day.to_datetime(end)));
    sim.add_absence(NewAbsence {
        user_id: form.user_id,
        absence_type_id: form.absence_type_id,
        start,
        end,
        all_day: (start, end) == whole_day,
        external_reference: None,
    });
    Redirect::to("/absences")
}

async fn delete_absence(State(sim): State<OptedoSim>, Path(id): Path<i64>) -> Redirect {
    sim.delete_absence(id);
    Redirect::to("/absences")
}

#[derive(Template)]
#[template(path = "demo/optedo_users.html")]
struct UsersPage {
    users: Vec<User>,
}

async fn users(State(sim): State<OptedoSim>) -> Response {
    render(&UsersPage { users: sim.users() })
}

#[derive(Deserialize)]
struct NameForm {
    first_name: String,
    last_name: String,
}

async fn add_user(State(sim): State<OptedoSim>, Form(form): Form<NameForm>) -> Redirect {
    sim.add_user(&form.first_name, &form.last_name);
    Redirect::to("/users")
}

async fn rename_user(
    State(sim): State<OptedoSim>,
    Path(id): Path<i64>,
    Form(form): Form<NameForm>,
) -> Redirect {
    sim.rename_user(id, &form.first_name, &form.last_name);
    Redirect::to("/users")
}

async fn switch_user(State(sim): State<OptedoSim>, Path(id): Path<i64>) -> Redirect {
    let active = sim.users().iter().any(|user| user.id == id && user.active);
    sim.set_user_active(id, !active);
    Redirect::to("/users")
}

#[derive(Template)]
#[template(path = "demo/optedo_types.html")]
struct TypesPage {
    types: Vec<AbsenceType>,
}

async fn types(State(sim): State<OptedoSim>) -> Response {
    render(&TypesPage { types: sim.absence_types() })
}

#[derive(Deserialize)]
struct TypeForm {
    description: String,
}

async fn add_type(State(sim): State<OptedoSim>, Form(form): Form<TypeForm>) -> Redirect {
    sim.add_absence_type(&form.description);
    Redirect::to("/absence-types")
}

async fn rename_type(
    State(sim): State<OptedoSim>,
    Path(id): Path<i64>,
    Form(form): Form<TypeForm>,
) -> Redirect {
    sim.rename_absence_type(id, &form.description);
    Redirect::to("/absence-types")
}

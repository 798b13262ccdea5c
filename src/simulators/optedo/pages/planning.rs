//! The planning of a month: one row for each user, one column for each day.

use std::collections::HashMap;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use http::header;
use jiff::civil::Date;
use serde::Deserialize;

use super::parts::describe;
use crate::simulators::dates::{Month, is_weekend, long_day, short_weekday, today};
use crate::simulators::optedo::model::{Absence, AbsenceType, NewAbsence, Tenant, User};
use crate::simulators::optedo::sim::OptedoSim;
use crate::simulators::page::{Pager, link, name_matches, render};

/// The number of colours in the style sheet.
const COLOURS: i64 = 8;

pub(super) fn router() -> Router<OptedoSim> {
    let script = include_str!("../../../../templates/simulators/planning.js");
    let script = ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], script);
    Router::new().route("/", get(show)).route("/planning.js", get(move || std::future::ready(script)))
}

/// An absence type as the legend explains it.
struct LegendEntry {
    id: i64,
    initial: String,
    colour: i64,
    description: String,
}

impl LegendEntry {
    fn new(absence_type: &AbsenceType) -> Self {
        Self {
            id: absence_type.id,
            initial: absence_type.description.chars().take(1).collect::<String>().to_uppercase(),
            colour: absence_type.id.rem_euclid(COLOURS),
            description: absence_type.description.clone(),
        }
    }
}

/// A column of the planning.
struct Day {
    date: Date,
    name: String,
    weekday: &'static str,
    off: bool,
    today: bool,
}

impl Day {
    fn new(date: Date) -> Self {
        Self { date, name: long_day(date), weekday: short_weekday(date), off: is_weekend(date), today: date == today() }
    }
}

/// An absence in the cell of one day.
struct Block {
    id: i64,
    initial: String,
    colour: i64,
    /// The length of an absence that is not a whole day; otherwise empty.
    hours: String,
    text: String,
}

impl Block {
    fn new(absence: &Absence, user: &str, legend: &[LegendEntry]) -> Option<Self> {
        let content = &absence.content;
        let entry = legend.iter().find(|entry| entry.id == content.absence_type_id)?;
        Some(Self {
            id: absence.id,
            initial: entry.initial.clone(),
            colour: entry.colour,
            hours: if content.all_day { String::new() } else { hours(content) },
            text: format!("{}: {user}, {}", entry.description, describe(content)),
        })
    }
}

/// A row of the planning.
struct UserRow {
    name: String,
    active: bool,
    /// The absences of each day.
    cells: Vec<Vec<Block>>,
}

impl UserRow {
    fn new(user: &User, absences: &[&Absence], month: Month, legend: &[LegendEntry]) -> Self {
        let name = user.name();
        let cell = |day: Date| {
            let on_day = absences.iter().filter(|absence| absence.overlaps(day, day));
            on_day.filter_map(|absence| Block::new(absence, &name, legend)).collect()
        };
        Self { cells: month.days().map(cell).collect(), active: user.active, name }
    }
}

/// An absence in the list below the planning.
struct ListRow {
    id: i64,
    user: String,
    absence_type: String,
    when: String,
    is_by_hand: bool,
}

impl ListRow {
    fn new(absence: &Absence, user: String, legend: &[LegendEntry]) -> Self {
        let entry = legend.iter().find(|entry| entry.id == absence.content.absence_type_id);
        Self {
            id: absence.id,
            user,
            absence_type: entry.map(|entry| entry.description.clone()).unwrap_or_default(),
            when: describe(&absence.content),
            is_by_hand: absence.content.external_reference.is_none(),
        }
    }
}

#[derive(Template)]
#[template(path = "simulators/optedo_planning.html")]
struct PlanningPage {
    month: Month,
    q: String,
    /// The absence type to show; 0 shows all.
    absence_type: i64,
    /// Links to the month before and after, with the same filter.
    previous: String,
    next: String,
    days: Vec<Day>,
    rows: Vec<UserRow>,
    list: Vec<ListRow>,
    legend: Vec<LegendEntry>,
    pager: Pager,
}

#[derive(Deserialize)]
struct Filter {
    #[serde(default)]
    month: String,
    #[serde(default)]
    q: String,
    /// Shows only absences of this type, and only users who have one.
    #[serde(default, rename = "type")]
    absence_type: String,
    #[serde(default)]
    page: usize,
}

impl Filter {
    fn absence_type(&self) -> Option<i64> {
        self.absence_type.parse().ok().filter(|id| *id != 0)
    }

    fn parameters<'a>(&'a self, month: &'a str) -> [(&'a str, &'a str); 3] {
        [("month", month), ("q", &self.q), ("type", &self.absence_type)]
    }

    fn link_to(&self, month: Month) -> String {
        link("/", &self.parameters(&month.key()))
    }

    /// The absences in the month by user.
    fn absences<'a>(&self, tenant: &'a Tenant, month: Month) -> HashMap<i64, Vec<&'a Absence>> {
        let mut absences: HashMap<i64, Vec<&Absence>> = HashMap::new();
        for absence in tenant.absences.iter().filter(|absence| absence.overlaps(month.first, month.last)) {
            if self.absence_type().is_none_or(|wanted| absence.content.absence_type_id == wanted) {
                absences.entry(absence.content.user_id).or_default().push(absence);
            }
        }
        absences
    }
}

async fn show(State(sim): State<OptedoSim>, Query(filter): Query<Filter>) -> Response {
    let month = Month::parse(&filter.month);
    let tenant = sim.tenant();
    let absences = filter.absences(&tenant, month);
    let is_shown = |user: &&User| {
        name_matches(&user.name(), &filter.q) && (filter.absence_type().is_none() || absences.contains_key(&user.id))
    };
    let users: Vec<&User> = tenant.users.iter().filter(is_shown).collect();
    let pager = Pager::new(users.len(), filter.page, "/", &filter.parameters(&filter.month));
    let legend: Vec<LegendEntry> = tenant.types.iter().map(LegendEntry::new).collect();
    let (mut rows, mut list) = (Vec::new(), Vec::new());
    for user in pager.rows(users) {
        let absences = absences.get(&user.id).map(Vec::as_slice).unwrap_or_default();
        rows.push(UserRow::new(user, absences, month, &legend));
        list.extend(absences.iter().map(|absence| (*absence, user.name())));
    }
    list.sort_by(|(a, a_user), (b, b_user)| (a.content.start, a_user).cmp(&(b.content.start, b_user)));
    let list = list.into_iter().map(|(absence, user)| ListRow::new(absence, user, &legend)).collect();
    drop(tenant);
    render(&PlanningPage {
        month,
        absence_type: filter.absence_type().unwrap_or_default(),
        previous: filter.link_to(month.previous()),
        next: filter.link_to(month.next()),
        days: month.days().map(Day::new).collect(),
        rows,
        list,
        legend,
        pager,
        q: filter.q,
    })
}

/// The length of an absence, short enough for a cell: `3u48`.
fn hours(content: &NewAbsence) -> String {
    let minutes = content.end.duration_since(content.start).as_mins();
    match minutes % 60 {
        0 => format!("{}u", minutes / 60),
        rest => format!("{}u{rest:02}", minutes / 60),
    }
}

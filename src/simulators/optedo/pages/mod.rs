//! The pages of the simulated Optedo: the planning of a month, and the lists of absences, users and absence types.
//!
//! Only the planning renews itself, so that an absence is seen to arrive; in the pages with forms that would take
//! away what somebody is typing. Without scripts everything works but that.

mod absences;
mod planning;
mod types;
mod users;

use askama::Template;
use axum::Router;
use axum::response::Response;
use http::StatusCode;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

use super::{Absence, NewAbsence, OptedoSim, User};
use crate::simulators::month::short_day;
use crate::simulators::page::render_with;

pub(super) fn router() -> Router<OptedoSim> {
    Router::new()
        .merge(absences::router())
        .merge(planning::router())
        .merge(types::router())
        .merge(users::router())
}

#[derive(Template)]
#[template(path = "simulators/optedo_refused.html")]
struct RefusedPage {
    reason: &'static str,
}

fn refused(status: StatusCode, reason: &'static str) -> Response {
    render_with(status, &RefusedPage { reason })
}

/// What cannot be, and why.
fn impossible(reason: &'static str) -> Response {
    refused(StatusCode::UNPROCESSABLE_ENTITY, reason)
}

fn not_found(reason: &'static str) -> Response {
    refused(StatusCode::NOT_FOUND, reason)
}

fn full_name(user: &User) -> String {
    format!("{} {}", user.first_name, user.last_name)
}

/// Whether an absence overlaps this period, both ends inclusive.
fn overlaps(absence: &Absence, from: Date, to: Date) -> bool {
    let end = to.saturating_add(1.day()).at(0, 0, 0, 0);
    absence.content.start < end && absence.content.end > from.at(0, 0, 0, 0)
}

/// The last day of an absence, whose end is exclusive.
fn last_day(content: &NewAbsence) -> Date {
    content.end.saturating_sub(1.second()).date().max(content.start.date())
}

/// When an absence is.
fn describe(content: &NewAbsence) -> String {
    let (first, last) = (content.start.date(), last_day(content));
    let time = |at: DateTime| at.strftime("%H:%M").to_string();
    match (content.all_day, first == last) {
        (true, true) => format!("{}, hele dag", short_day(first)),
        (true, false) => format!("{} tot en met {}, hele dagen", short_day(first), short_day(last)),
        (false, true) => format!("{}, {} – {}", short_day(first), time(content.start), time(content.end)),
        (false, false) => {
            let end = content.end.date();
            format!("{} {} – {} {}", short_day(first), time(content.start), short_day(end), time(content.end))
        }
    }
}

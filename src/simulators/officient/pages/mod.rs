//! The pages of the simulated Officient, for whoever manages people and their leave.
//!
//! Every form answers 303 to the page that shows what became of it; a form that makes no sense changes nothing and
//! says why. All of it works without scripts.

mod developer;
mod leave;
mod leave_types;
mod people;
mod person;
mod requests;
mod webhooks;

use askama::Template;
use axum::Router;
use axum::response::Response;
use http::StatusCode;
use jiff::civil::Date;

use super::OfficientSim;
use super::state::{LeaveType, NewEvent, State, WORKING_DAY_MINUTES};
use crate::simulators::month::{Month, clock_time};
use crate::simulators::page::render_with;

pub(super) fn router() -> Router<OfficientSim> {
    Router::new()
        .merge(developer::router())
        .merge(leave::router())
        .merge(leave_types::router())
        .merge(people::router())
        .merge(person::router())
        .merge(requests::router())
        .merge(webhooks::router())
}

#[derive(Template)]
#[template(path = "simulators/officient_refused.html")]
struct RefusedPage {
    reason: &'static str,
}

/// What cannot be, and why.
pub(super) fn refused(status: StatusCode, reason: &'static str) -> Response {
    render_with(status, &RefusedPage { reason })
}

fn impossible(reason: &'static str) -> Response {
    refused(StatusCode::UNPROCESSABLE_ENTITY, reason)
}

fn not_found(reason: &'static str) -> Response {
    refused(StatusCode::NOT_FOUND, reason)
}

/// The month of somebody's calendar in which this day is.
fn calendar_address(person_id: i64, day: Date) -> String {
    format!("/people/{person_id}?month={}", Month::of(day).key())
}

/// The leave types to choose from: the value of a form's field, and the name.
fn leave_type_options(state: &State) -> Vec<(String, String)> {
    let own = state.leave_types.iter().map(|row| LeaveType::Custom(row.id));
    let all = own.chain([LeaveType::SickDay, LeaveType::Education]);
    all.map(|leave_type| (leave_type_value(leave_type), state.leave_type_name(leave_type))).collect()
}

fn leave_type_value(leave_type: LeaveType) -> String {
    match leave_type {
        LeaveType::SickDay => "sick_day".to_owned(),
        LeaveType::Education => "education".to_owned(),
        LeaveType::Custom(id) => id.to_string(),
    }
}

fn is_whole_day(leave: &NewEvent) -> bool {
    let scheduled = leave.scheduled_minutes.unwrap_or(WORKING_DAY_MINUTES);
    leave.duration_minutes.is_some_and(|minutes| minutes >= scheduled)
}

/// When on its day leave is.
fn describe(leave: &NewEvent) -> String {
    match (leave.start_time_minutes, leave.duration_minutes) {
        _ if is_whole_day(leave) => "hele dag".to_owned(),
        (Some(start), Some(minutes)) => format!("{} – {}", clock_time(start), clock_time(start + minutes)),
        (None, Some(minutes)) => format!("{} u, begin niet gekend", hours(minutes).replace('.', ",")),
        (_, None) => "duur niet gekend".to_owned(),
    }
}

/// `7.6` of 456 minutes, as a number field takes it.
fn hours(minutes: i64) -> String {
    let text = format!("{}.{:02}", minutes / 60, (minutes % 60) * 100 / 60);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

//! What several pages share: the refusal page, the choice of a leave type, and texts about leave.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::civil::Date;

use crate::simulators::dates::{Month, clock_time};
use crate::simulators::officient::model::{Company, LeaveType, NewEvent, WORKING_DAY_MINUTES};
use crate::simulators::page::render_with_status;

/// The page that says why a form changed nothing, or that a page does not exist.
#[derive(Debug, Template)]
#[template(path = "simulators/officient_refused.html")]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) reason: &'static str,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        render_with_status(self.status, &self)
    }
}

/// A form with an invalid value.
impl From<&'static str> for Refusal {
    fn from(reason: &'static str) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, reason }
    }
}

pub(super) fn not_found(reason: &'static str) -> Refusal {
    Refusal { status: StatusCode::NOT_FOUND, reason }
}

/// The page with the month of a person's calendar that contains this day.
pub(super) fn calendar_link(person_id: i64, day: Date) -> String {
    format!("/people/{person_id}?month={}", Month::of(day).key())
}

/// All leave types, as form values with their names.
pub(super) fn leave_type_options(company: &Company) -> Vec<(String, String)> {
    let custom = company.leave_types.iter().map(|row| LeaveType::Custom(row.id));
    let all = custom.chain([LeaveType::SickDay, LeaveType::Education]);
    all.map(|leave_type| (leave_type_value(leave_type), company.leave_type_name(leave_type))).collect()
}

pub(super) fn leave_type_value(leave_type: LeaveType) -> String {
    match leave_type {
        LeaveType::SickDay => "sick_day".to_owned(),
        LeaveType::Education => "education".to_owned(),
        LeaveType::Custom(id) => id.to_string(),
    }
}

pub(super) fn is_whole_day(leave: &NewEvent) -> bool {
    let scheduled = leave.scheduled_minutes.unwrap_or(WORKING_DAY_MINUTES);
    leave.duration_minutes.is_some_and(|minutes| minutes >= scheduled)
}

/// The part of the day that leave covers.
pub(super) fn describe(leave: &NewEvent) -> String {
    match (leave.start_time_minutes, leave.duration_minutes) {
        _ if is_whole_day(leave) => "hele dag".to_owned(),
        (Some(start), Some(minutes)) => format!("{} – {}", clock_time(start), clock_time(start + minutes)),
        (None, Some(minutes)) => format!("{} u, begin niet gekend", hours(minutes).replace('.', ",")),
        (_, None) => "duur niet gekend".to_owned(),
    }
}

/// Minutes as hours for a number field: 456 gives `7.6`.
pub(super) fn hours(minutes: i64) -> String {
    let text = format!("{}.{:02}", minutes / 60, (minutes % 60) * 100 / 60);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

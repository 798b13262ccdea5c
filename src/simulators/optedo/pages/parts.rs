//! What several pages share: the refusal page, and texts about an absence.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

use crate::simulators::dates::short_day;
use crate::simulators::optedo::model::NewAbsence;
use crate::simulators::page::render_with_status;

/// The page that says why a form changed nothing, or that a page does not exist.
#[derive(Debug, Template)]
#[template(path = "simulators/optedo_refused.html")]
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

/// `09:00`
pub(super) fn time_of_day(at: DateTime) -> String {
    at.strftime("%H:%M").to_string()
}

/// The last day of an absence, whose end is exclusive.
pub(super) fn last_day(content: &NewAbsence) -> Date {
    content.end.saturating_sub(1.second()).date().max(content.start.date())
}

/// The days and times of an absence.
pub(super) fn describe(content: &NewAbsence) -> String {
    let (first, last) = (content.start.date(), last_day(content));
    let (start, end) = (time_of_day(content.start), time_of_day(content.end));
    match (content.all_day, first == last) {
        (true, true) => format!("{}, hele dag", short_day(first)),
        (true, false) => format!("{} tot en met {}, hele dagen", short_day(first), short_day(last)),
        (false, true) => format!("{}, {start} – {end}", short_day(first)),
        (false, false) => format!("{} {start} – {} {end}", short_day(first), short_day(content.end.date())),
    }
}

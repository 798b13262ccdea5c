//! `…/people/{id}/days`: what happens to a person's leave, day by day, read from Officient now.

use std::ops::RangeInclusive;

use axum::Json;
use axum::extract::{RawQuery, State};
use jiff::civil::Date;

use super::sync::connected_company;
use crate::db::people;
use crate::domain::day::Day;
use crate::domain::ids::PersonId;
use crate::sync::Engine;
use crate::sync::explain::Explanation;
use crate::web::error::WebError;
use crate::web::request::{Id, parameter};
use crate::web::state::App;

/// What happens to a person's leave, day by day, read from Officient now. Only the years of the window are read.
#[utoipa::path(
    get, path = "/people/{id}/days", operation_id = "list_days",
    params(
        ("id" = i64, Path, description = "Officient's id of the person"),
        ("from" = Option<Date>, Query, description = "Only this day and later ones"),
        ("until" = Option<Date>, Query, description = "Only this day and earlier ones"),
    ),
    responses(
        (status = 200, body = Vec<Day>, description = "The days of leave, the oldest first"),
        (status = 400, description = "A parameter occurs twice"),
        (status = 404, description = "No such person"),
        (status = 409, description = "Not connected to Officient"),
        (status = 422, description = "A parameter is wrong"),
        (status = 502, description = "A call to Officient or Optedo failed"),
    )
)]
pub async fn list(
    State(app): State<App>,
    Id(person): Id,
    RawQuery(query): RawQuery,
) -> Result<Json<Vec<Day>>, WebError> {
    let from = date(query.as_deref(), "from")?.unwrap_or(Date::MIN);
    let until = date(query.as_deref(), "until")?.unwrap_or(Date::MAX);
    if until < from {
        return Err(WebError::InvalidField { field: "until", fault: "must not be before from" });
    }
    Ok(Json(explain(&app.engine, PersonId(person), from..=until).await?.days))
}

/// Explains the leave of a person in this period.
pub async fn explain(engine: &Engine, person: PersonId, period: RangeInclusive<Date>) -> Result<Explanation, WebError> {
    let company = connected_company(engine).await?;
    let person = people::find(&engine.db, company, person).await?.ok_or(WebError::NotFound)?;
    // Boxed: the handler that awaits it would be too large for its thread's stack otherwise.
    Ok(Box::pin(engine.explain(company, &person, period)).await?)
}

/// A day of the query; an empty one counts as missing.
fn date(query: Option<&str>, field: &'static str) -> Result<Option<Date>, WebError> {
    let Some(text) = parameter(query, field)?.filter(|text| !text.is_empty()) else { return Ok(None) };
    // jiff reads other forms of a date too, and takes the date from a time.
    let date = text.parse().ok().filter(|date: &Date| date.to_string() == text);
    date.map(Some).ok_or(WebError::InvalidField { field, fault: "must be a date, such as 2026-12-24" })
}

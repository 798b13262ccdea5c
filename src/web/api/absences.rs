//! `GET …/absences`: what the service wrote to Optedo.

use axum::Json;
use axum::extract::{RawQuery, State};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::wall_clock;
use crate::db::{absences, connection};
use crate::domain::ids::PersonId;
use crate::web::error::WebError;
use crate::web::request::parameter;
use crate::web::state::App;

const PAGE_SIZE: i64 = 100;

/// An absence in Optedo that the service wrote or adopted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Absence)]
pub struct ListedAbsence {
    person_id: i64,
    event_id: i64,
    user_id: i64,
    absence_id: i64,
    absence_type_id: i64,
    date: Date,
    #[schema(schema_with = wall_clock)]
    start: DateTime,
    #[schema(schema_with = wall_clock)]
    end: DateTime,
    /// From midnight to midnight.
    all_day: bool,
    /// It existed already, and was adopted instead of written.
    adopted: bool,
    written_at: Option<Timestamp>,
}

/// The absences that the service wrote, newest first, 100 on a page.
#[utoipa::path(
    get, path = "/absences", operation_id = "list_absences",
    params(
        ("personId" = Option<i64>, Query, description = "Only this person's"),
        ("page" = Option<i64>, Query, minimum = 1, maximum = 1_000_000, description = "The first page is 1"),
    ),
    responses(
        (status = 200, body = Vec<ListedAbsence>, description = "A page of absences"),
        (status = 400, description = "A parameter occurs twice"),
        (status = 422, description = "A parameter is wrong"),
    )
)]
pub async fn list(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<Vec<ListedAbsence>>, WebError> {
    let db = &app.engine.db;
    let person = number(query.as_deref(), "personId")?.map(PersonId);
    let page = number(query.as_deref(), "page")?.unwrap_or(1);
    if !(1..=1_000_000).contains(&page) {
        return Err(WebError::InvalidField { field: "page", fault: "must be from 1 to 1000000" });
    }
    let Some(company) = connection::load(db).await?.company_id else {
        return Ok(Json(Vec::new()));
    };
    let absences = absences::list(db, company, person, PAGE_SIZE, (page - 1) * PAGE_SIZE).await?;
    let listed = absences.into_iter().map(|absence| ListedAbsence {
        person_id: absence.person_id,
        event_id: absence.event_id,
        user_id: absence.user_id,
        absence_id: absence.absence_id,
        absence_type_id: absence.absence_type_id,
        date: absence.date,
        start: absence.times.start,
        end: absence.times.end,
        all_day: absence.times.all_day,
        adopted: absence.adopted,
        written_at: absence.written_at,
    });
    Ok(Json(listed.collect()))
}

/// A number of the query; an empty one counts as missing.
fn number(query: Option<&str>, field: &'static str) -> Result<Option<i64>, WebError> {
    let text = parameter(query, field)?.filter(|text| !text.is_empty());
    let number = text.map(|text| text.parse()).transpose();
    number.map_err(|_no_number| WebError::InvalidField { field, fault: "must be a whole number" })
}

//! The absences that the service wrote.

use axum::Json;
use axum::extract::{RawQuery, State};

use crate::db::absences::{self, ListedAbsence};
use crate::db::connection;
use crate::domain::ids::PersonId;
use crate::web::error::WebError;
use crate::web::request::parameter;
use crate::web::state::App;

/// Absences.
const PAGE_SIZE: i64 = 100;

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
pub async fn list(State(app): State<App>, RawQuery(query): RawQuery) -> Result<Json<Vec<ListedAbsence>>, WebError> {
    let db = &app.engine.db;
    let person = number(query.as_deref(), "personId")?.map(PersonId);
    let page = number(query.as_deref(), "page")?.unwrap_or(1);
    if !(1..=1_000_000).contains(&page) {
        return Err(WebError::InvalidField { field: "page", fault: "must be from 1 to 1000000" });
    }
    let Some(company) = connection::load(db).await?.company_id else {
        return Ok(Json(Vec::new()));
    };
    Ok(Json(absences::list(db, company, person, PAGE_SIZE, (page - 1) * PAGE_SIZE).await?))
}

/// A number of the query; an empty one counts as missing.
fn number(query: Option<&str>, field: &'static str) -> Result<Option<i64>, WebError> {
    let text = parameter(query, field)?.filter(|text| !text.is_empty());
    let number = text.map(|text| text.parse()).transpose();
    number.map_err(|_no_number| WebError::InvalidField { field, fault: "must be a whole number" })
}

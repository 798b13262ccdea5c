//! Which person is which user, and the absences that the service wrote.

use axum::Json;
use axum::extract::{RawQuery, State};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::absences::{self, ListedAbsence};
use crate::db::{connection, people};
use crate::domain::absence::User;
use crate::domain::attention::{Hint, hint_sentence};
use crate::domain::ids::PersonId;
use crate::sync::SyncError;
use crate::sync::lists::{MatchState, match_everybody};
use crate::sync::reference_data::Fresh;
use crate::web::error::WebError;
use crate::web::request::parameter;
use crate::web::state::App;

/// Absences.
const PAGE_SIZE: i64 = 100;

/// A person in Officient and the user that they match.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Person)]
pub struct ListedPerson {
    person_id: PersonId,
    first_name: Option<String>,
    last_name: Option<String>,
    state: MatchState,
    optedo_user: Option<User>,
    /// A near match.
    #[serde(serialize_with = "hint_sentence")]
    #[schema(value_type = Option<String>)]
    hint: Option<Hint>,
    synced_at: Option<Timestamp>,
    last_error: Option<String>,
}

/// Which person matches which user.
#[utoipa::path(get, path = "/people", operation_id = "list_people", responses(
    (status = 200, body = Vec<ListedPerson>, description = "Everybody in Officient"),
    (status = 502, description = "A call to Optedo failed"),
))]
pub async fn people(State(app): State<App>) -> Result<Json<Vec<ListedPerson>>, WebError> {
    let engine = &app.engine;
    let Some(company) = connection::load(&engine.db).await?.company_id else {
        return Ok(Json(Vec::new()));
    };
    let users = engine.reference_data.users(Fresh::to_show(&engine.clock)).await.map_err(SyncError::from)?;
    let people = people::all(&engine.db, company).await?;
    let matches = match_everybody(&people, &users);
    let listed = people.into_iter().zip(matches).map(|(person, matched)| {
        let (first_name, last_name) = person.names.map(|names| (names.first, names.last)).unzip();
        ListedPerson {
            person_id: person.id,
            first_name,
            last_name,
            state: matched.state,
            optedo_user: matched.user.cloned(),
            hint: matched.item.and_then(|item| item.hint),
            synced_at: person.synced_at,
            last_error: person.last_error,
        }
    });
    Ok(Json(listed.collect()))
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
pub async fn absences(State(app): State<App>, RawQuery(query): RawQuery) -> Result<Json<Vec<ListedAbsence>>, WebError> {
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

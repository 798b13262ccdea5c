//! `GET …/people`: which person in Officient is which user in Optedo.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::people::Person;
use crate::db::{connection, people};
use crate::domain::matching::UserDirectory;
use crate::sync::SyncError;
use crate::sync::lists::{CurrentMatch, MatchState, match_everybody};
use crate::sync::reference_data::Fresh;
use crate::web::error::WebError;
use crate::web::state::App;

/// A person in Officient and the user that they match.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Person)]
pub struct ListedPerson {
    person_id: i64,
    first_name: Option<String>,
    last_name: Option<String>,
    state: MatchState,
    optedo_user: Option<ListedUser>,
    /// A near match.
    hint: Option<String>,
    synced_at: Option<Timestamp>,
    last_error: Option<String>,
}

/// An Optedo user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OptedoUser)]
struct ListedUser {
    id: i64,
    first_name: String,
    last_name: String,
}

/// Which person matches which user.
#[utoipa::path(get, path = "/people", operation_id = "list_people", responses(
    (status = 200, body = Vec<ListedPerson>, description = "Everybody in Officient"),
    (status = 502, description = "A call to Optedo failed"),
))]
pub async fn list(State(app): State<App>) -> Result<Json<Vec<ListedPerson>>, WebError> {
    let engine = &app.engine;
    let Some(company) = connection::load(&engine.db).await?.company_id else {
        return Ok(Json(Vec::new()));
    };
    let users = engine.reference_data.users(Fresh::to_show(&engine.clock)).await.map_err(SyncError::from)?;
    let people = people::all(&engine.db, company).await?;
    let matches = match_everybody(&people, &users);
    let listed = people.iter().zip(matches).map(|(person, matched)| listed_person(person, matched, &users));
    Ok(Json(listed.collect()))
}

fn listed_person(person: &Person, matched: CurrentMatch, users: &UserDirectory) -> ListedPerson {
    let user = matched.user.and_then(|id| users.user(id));
    let hint = matched.item.and_then(|item| item.hint);
    ListedPerson {
        person_id: person.id.0,
        first_name: person.names.as_ref().map(|names| names.first.clone()),
        last_name: person.names.as_ref().map(|names| names.last.clone()),
        state: matched.state,
        optedo_user: user.map(|user| ListedUser {
            id: user.id.0,
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
        }),
        hint: hint.map(|hint| hint.to_string()),
        synced_at: person.synced_at,
        last_error: person.last_error.clone(),
    }
}

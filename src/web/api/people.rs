//! `GET …/people`: which person in Officient is which user in Optedo.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::{connection, people};
use crate::domain::absence::User;
use crate::domain::attention::{Hint, hint_sentence};
use crate::domain::ids::PersonId;
use crate::sync::SyncError;
use crate::sync::lists::{MatchState, match_everybody};
use crate::sync::reference_data::Fresh;
use crate::web::error::WebError;
use crate::web::state::App;

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
pub async fn list(State(app): State<App>) -> Result<Json<Vec<ListedPerson>>, WebError> {
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

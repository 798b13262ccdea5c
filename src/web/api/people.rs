//! Which person is which user, and the admin's choice for a person: a link by hand, or exclusion.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::officient_app::json_object;
use super::sync::connected_company;
use crate::db::audit_log::{self, Act};
use crate::db::person_choices::{self, StoredPersonChoice};
use crate::db::{self, attention, connection, people, preview, queue};
use crate::domain::absence::User;
use crate::domain::attention::{AttentionKind, Hint, hint_sentence};
use crate::domain::company::Names;
use crate::domain::ids::{CompanyId, PersonId, UserId};
use crate::domain::mapping::Existing;
use crate::domain::matching::{PersonChoice, UserDirectory};
use crate::domain::sync_request::{SyncReason, SyncRequest};
use crate::sync::lists::MatchState;
use crate::sync::reference_data::Fresh;
use crate::sync::{Engine, SyncError};
use crate::web::error::WebError;
use crate::web::request::Id;
use crate::web::session::Admin;
use crate::web::state::App;

/// A person in Officient and the user that they match.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Person)]
pub struct ListedPerson {
    person_id: PersonId,
    first_name: Option<String>,
    last_name: Option<String>,
    /// As the last reconciliation found it; as of now where there was none.
    state: MatchState,
    optedo_user: Option<User>,
    link: Option<Link>,
    /// A near match.
    #[serde(serialize_with = "hint_sentence")]
    #[schema(value_type = Option<String>)]
    hint: Option<Hint>,
    synced_at: Option<Timestamp>,
    last_error: Option<String>,
}

/// A link that an admin made by hand.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Link {
    user_id: UserId,
    /// As given at sign-in.
    linked_by: Option<String>,
    linked_at: Timestamp,
}

impl Link {
    /// The link among these choices, while its user exists.
    fn of(person: PersonId, stored: &[StoredPersonChoice], users: &UserDirectory) -> Option<Self> {
        let stored = stored.iter().find(|stored| stored.person == person)?;
        let PersonChoice::Link(user_id) = stored.choice else { return None };
        users.user(user_id)?;
        Some(Self { user_id, linked_by: stored.changed_by.clone(), linked_at: stored.changed_at })
    }
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
    let stored = person_choices::stored(&engine.db, company).await?;
    let choices = person_choices::in_effect(&stored);
    let matches = engine.shown_matches(company, &people, (&users, true), &choices).await?;
    let listed = people.into_iter().zip(matches).map(|(person, matched)| {
        let (first_name, last_name) = person.names.map(|names| (names.first, names.last)).unzip();
        ListedPerson {
            person_id: person.id,
            first_name,
            last_name,
            state: matched.state,
            optedo_user: matched.user.cloned(),
            link: Link::of(person.id, &stored, &users),
            hint: matched.item.and_then(|item| item.hint),
            synced_at: person.synced_at,
            last_error: person.last_error,
        }
    });
    Ok(Json(listed.collect()))
}

/// Whom a person is linked to.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body, which is read field by field to name the wrong one")]
struct NewLink {
    /// A user's id in Optedo.
    user_id: i64,
}

/// Links a person to a user by hand.
#[utoipa::path(put, path = "/people/{id}/link", operation_id = "put_link", request_body = inline(NewLink),
    params(("id" = i64, Path, description = "The person's, in Officient")),
    responses(
        (status = 204, description = "Stored; the person is reconciled"),
        (status = 400, description = "The body is not a JSON object"),
        (status = 404, description = "There is no such person in Officient, or no such user in Optedo"),
        (status = 409, description = "The user is inactive or taken, or the service is not connected"),
        (status = 422, description = "A field is missing or wrong; nothing is stored"),
        (status = 502, description = "A call to Optedo failed; nothing is stored"),
    ))]
pub async fn link(State(app): State<App>, admin: Admin, Id(person): Id, body: Body) -> Result<StatusCode, WebError> {
    let invalid = WebError::InvalidField { field: "userId", fault: "must be the id of a user" };
    let user = json_object(body).await?.get("userId").and_then(Value::as_i64).ok_or(invalid)?;
    save_choice(&app.engine, &admin, PersonId(person), PersonChoice::Link(UserId(user))).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a link, so that the names decide again.
#[utoipa::path(delete, path = "/people/{id}/link", operation_id = "delete_link",
    params(("id" = i64, Path, description = "The person's, in Officient")),
    responses(
        (status = 204, description = "The names decide; the person is reconciled"),
        (status = 404, description = "There is no such person in Officient"),
        (status = 409, description = "The service is not connected"),
    ))]
pub async fn unlink(State(app): State<App>, admin: Admin, Id(person): Id) -> Result<StatusCode, WebError> {
    undo_choice(&app.engine, &admin, PersonId(person), Undo::Link).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What becomes of an excluded person's absences.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body, which is read field by field to name the wrong one")]
struct NewExclusion {
    /// What becomes of absences that were written; `keep` if missing.
    existing: Option<Existing>,
}

/// Excludes a person, who does not belong in the planning.
#[utoipa::path(
    put, path = "/people/{id}/exclusion", operation_id = "put_exclusion",
    request_body = inline(NewExclusion),
    params(("id" = i64, Path, description = "The person's, in Officient")),
    responses(
        (status = 204, description = "Stored; the person is reconciled"),
        (status = 400, description = "The body is not a JSON object"),
        (status = 404, description = "There is no such person in Officient"),
        (status = 409, description = "The service is not connected"),
        (status = 422, description = "A field is wrong; nothing is stored"),
    ))]
pub async fn exclude(State(app): State<App>, admin: Admin, Id(person): Id, body: Body) -> Result<StatusCode, WebError> {
    let existing = existing_of(&json_object(body).await?)?;
    save_choice(&app.engine, &admin, PersonId(person), PersonChoice::Exclude(existing)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends an exclusion, so that the person is matched again.
#[utoipa::path(delete, path = "/people/{id}/exclusion", operation_id = "delete_exclusion",
    params(("id" = i64, Path, description = "The person's, in Officient")),
    responses(
        (status = 204, description = "The names decide; the person is reconciled"),
        (status = 404, description = "There is no such person in Officient"),
        (status = 409, description = "The service is not connected"),
    ))]
pub async fn readmit(State(app): State<App>, admin: Admin, Id(person): Id) -> Result<StatusCode, WebError> {
    undo_choice(&app.engine, &admin, PersonId(person), Undo::Exclusion).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What becomes of absences that were written before their person or leave type was excluded.
pub(super) fn existing_of(body: &Map<String, Value>) -> Result<Existing, WebError> {
    let present = body.get("existing").filter(|value| !value.is_null());
    let existing = present.map_or(Some(Existing::Keep), |value| value.as_str()?.parse().ok());
    existing.ok_or(WebError::InvalidField { field: "existing", fault: "must be keep or delete" })
}

/// Stores a choice, if the user exists, is active and belongs to nobody else, and has the person reconciled.
pub async fn save_choice(
    engine: &Engine,
    admin: &Admin,
    person: PersonId,
    choice: PersonChoice,
) -> Result<(), WebError> {
    let company = connected_company(engine).await?;
    let now = engine.clock.now();
    let mut affected = Vec::new();
    let detail = match choice {
        PersonChoice::Link(id) => {
            let users = engine.reference_data.users(Fresh(now)).await.map_err(SyncError::from)?;
            let user = users.user(id).ok_or(WebError::NotFound)?;
            if !user.active {
                return Err(WebError::UserInactive);
            }
            affected.push(Names { first: user.first_name.clone(), last: user.last_name.clone() });
            format!("{person}: user {id}")
        }
        PersonChoice::Exclude(existing) => format!("{person}: exclude, {}", existing.into_str()),
    };
    let window = engine.window().await?;
    let mut tx = db::begin(&engine.db).await?;
    person_choices::lock(&mut tx).await?;
    if !people::lock(&mut tx, company, person).await? {
        return Err(WebError::NotFound);
    }
    if let PersonChoice::Link(user) = choice
        && person_choices::is_taken(&mut *tx, company, person, user, window.from).await?
    {
        return Err(WebError::UserTaken);
    }
    person_choices::save(&mut tx, company, person, choice, (admin.actor.name.as_deref(), now)).await?;
    let act = if matches!(choice, PersonChoice::Link(_)) { Act::PersonLinked } else { Act::PersonExcluded };
    audit_log::insert(&mut *tx, act, Some(&detail), &admin.actor, now).await?;
    finish_choice(engine, tx, company, person, affected).await
}

/// Which choice is undone.
#[derive(Clone, Copy)]
pub enum Undo {
    Link,
    Exclusion,
}

/// Ends a choice, and has the person reconciled. Another choice stays.
pub async fn undo_choice(engine: &Engine, admin: &Admin, person: PersonId, undo: Undo) -> Result<(), WebError> {
    let company = connected_company(engine).await?;
    let now = engine.clock.now();
    let shown = engine.reference_data.show_users().await;
    let mut tx = db::begin(&engine.db).await?;
    person_choices::lock(&mut tx).await?;
    if !people::lock(&mut tx, company, person).await? {
        return Err(WebError::NotFound);
    }
    let (user, act) = match undo {
        Undo::Link => match person_choices::remove_link(&mut *tx, company, person).await? {
            Some(user) => (Some(user), Act::PersonUnlinked),
            None => return Ok(()),
        },
        Undo::Exclusion if person_choices::remove_exclusion(&mut *tx, company, person).await? => {
            (None, Act::PersonReadmitted)
        }
        Undo::Exclusion => return Ok(()),
    };
    let user = shown.as_ref().zip(user).and_then(|(shown, user)| shown.value.user(user));
    let affected = user.map(|user| Names { first: user.first_name.clone(), last: user.last_name.clone() });
    audit_log::insert(&mut *tx, act, Some(&person.to_string()), &admin.actor, now).await?;
    finish_choice(engine, tx, company, person, affected.into_iter().collect()).await
}

/// Has the person reconciled, and everybody whose match may depend on the choice: people with the same name as the
/// person, or with one of these names.
async fn finish_choice(
    engine: &Engine,
    mut tx: sqlx::PgTransaction<'static>,
    company: CompanyId,
    person: PersonId,
    mut affected: Vec<Names>,
) -> Result<(), WebError> {
    let now = engine.clock.now();
    let request = |reason| SyncRequest { reason, at: now, webhook_received_at: None };
    // The page shows the choice, and no item that asks for it, before the person is reconciled.
    attention::lock_counts(&mut tx).await?;
    people::forget_match(&mut *tx, company, person).await?;
    attention::clear_blocked_by_match(&mut *tx, company, person).await?;
    let of_match = [AttentionKind::UnmatchedPerson, AttentionKind::AmbiguousPerson, AttentionKind::LinkBroken];
    let of_match = of_match.map(|kind| (kind.into_str().to_owned(), person.to_string()));
    attention::recount(&mut *tx, of_match, now).await?;
    affected.extend(people::find(&mut *tx, company, person).await?.and_then(|person| person.names));
    let mut others = Vec::new();
    for names in &affected {
        others.extend(people::namesakes(&mut *tx, company, person, names).await?);
    }
    queue::request_sync(&mut *tx, company, &others, request(SyncReason::Import)).await?;
    queue::request_sync(&mut *tx, company, &[person.0], request(SyncReason::Manual)).await?;
    // What it shows was true of the former choice.
    preview::delete(&mut tx).await?;
    tx.commit().await?;
    engine.work_signal.notify(&engine.db).await;
    Ok(())
}

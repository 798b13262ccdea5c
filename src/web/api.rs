//! The JSON API for the admin.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::error::WebError;
use super::page::{Notice, to_attention, to_page, wants_page};
use super::session::Admin;
use super::status::{self, Status};
use crate::clock::wall_clock;
use crate::db::attention::{ItemState, StoredItem};
use crate::db::audit_log::{self, Act};
use crate::db::connection::State as ConnectionState;
use crate::db::people::Person;
use crate::db::{self, absences, attention, connection, people, queue, subscriptions, sweeps};
use crate::domain::attention::AttentionKind;
use crate::domain::ids::{CompanyId, PersonId};
use crate::domain::mapping::Mapping;
use crate::domain::matching::UserDirectory;
use crate::domain::sync_request::{SyncReason, SyncRequest};
use crate::officient::rate_limiter::Priority;
use crate::secrets::CLIENT_SECRET;
use crate::sync::lists::{MappedType, MatchState, Matched, map_everything, match_everybody};
use crate::sync::preview::Preview;
use crate::sync::reference_data::Fresh;
use crate::sync::{Engine, SyncError};
use crate::web::state::App;

/// Absences on a page.
const PAGE: i64 = 100;

/// The status document.
#[utoipa::path(get, path = "/status", responses((status = 200, body = Status, description = "How the connection is")))]
pub async fn status(State(app): State<App>) -> Result<Json<Status>, WebError> {
    Ok(Json(status::status(&app.engine).await?))
}

/// The body of `PUT …/credentials`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct Credentials {
    /// The app's Client ID at Officient.
    #[schema(min_length = 1, max_length = 1000)]
    pub client_id: String,
    /// Its secret.
    #[schema(min_length = 1, max_length = 1000)]
    pub client_secret: String,
}

/// Stores the app's Client ID and Secret.
#[utoipa::path(put, path = "/credentials", request_body = inline(Credentials), responses(
    (status = 204, description = "Stored"),
    (status = 400, description = "Not a JSON object"),
    (status = 409, description = "The configuration has them"),
    (status = 422, description = "A field is missing or wrong"),
))]
pub async fn put_credentials(
    State(app): State<App>,
    Extension(admin): Extension<Admin>,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, WebError> {
    let body = object(&body?)?;
    let client_id = text(&body, "clientId");
    let client_secret = text(&body, "clientSecret");
    save_credentials(&app, &admin, client_id?, client_secret?.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Stores the app's credentials, unless the configuration has them.
pub async fn save_credentials(
    app: &App,
    admin: &Admin,
    client_id: &str,
    client_secret: SecretString,
) -> Result<(), WebError> {
    let engine = &app.engine;
    if engine.config.officient.client_id.is_some() {
        return Err(WebError::Conflict("Client ID and Secret are set in the service's configuration"));
    }
    let sealed = app.engine.vault.seal(CLIENT_SECRET, &client_secret);
    let mut tx = db::begin(&engine.db).await?;
    connection::save_credentials(&mut *tx, client_id, &sealed).await?;
    audit_log::insert(&mut *tx, Act::CredentialsChanged, None, &admin.actor, engine.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// `?dryRun=true`
#[derive(Deserialize)]
pub struct SyncOptions {
    #[serde(rename = "dryRun")]
    dry_run: Option<String>,
}

/// Starts a sweep, or shows what one would do.
#[utoipa::path(
    post, path = "/sync",
    params(("dryRun" = Option<bool>, Query, description = "Only shows what would be done")),
    responses(
        (status = 200, body = Preview, description = "What a sweep would do"),
        (status = 202, description = "A sweep is asked for"),
        (status = 303, description = "As 202, to a browser's form"),
        (status = 400, description = "A parameter is there twice"),
        (status = 409, description = "Not connected to Officient"),
        (status = 422, description = "A parameter is wrong"),
        (status = 502, description = "Officient or Optedo could not be asked"),
    )
)]
pub async fn start_sync(
    State(app): State<App>,
    options: Result<Query<SyncOptions>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let is_dry_run = match options?.dry_run.as_deref() {
        Some("true") => true,
        None | Some("" | "false") => false,
        Some(_) => {
            return Err(WebError::Invalid { field: "dryRun", fault: "must be true or false" });
        }
    };
    let engine = &app.engine;
    let company = connected(engine).await?;
    if is_dry_run {
        return Ok(Json(preview(engine, company, None).await?).into_response());
    }
    sweeps::request(&engine.db, engine.clock.now()).await?;
    engine.work_signal.notify(&engine.db).await;
    if wants_page(&headers) {
        Ok(to_page(Notice::SyncStarted).into_response())
    } else {
        Ok(StatusCode::ACCEPTED.into_response())
    }
}

/// What a sweep would do, for everybody or one person.
pub async fn preview(
    engine: &Engine,
    company: CompanyId,
    person: Option<PersonId>,
) -> Result<Preview, WebError> {
    engine.list_people(company, SyncReason::Manual).await?;
    let mut people = people::all(&engine.db, company).await?;
    people.retain(|known| person.is_none_or(|person| person == known.id));
    let now = engine.clock.now();
    let mut preview = Preview::default();
    for person in &people {
        engine.preview(company, person, SyncReason::Manual, now, &mut preview).await;
    }
    Ok(preview)
}

/// The company that is connected.
pub async fn connected(engine: &Engine) -> Result<CompanyId, WebError> {
    let connection = connection::load(&engine.db).await?;
    match (connection.state, connection.company_id) {
        (ConnectionState::Connected, Some(company)) => Ok(company),
        _ => Err(WebError::Conflict("not connected to Officient: sign in on the settings page")),
    }
}

/// The body of `PUT …/webhook-events`.
#[derive(ToSchema)]
pub struct WebhookEvents {
    /// Names of events at Officient.
    pub events: Vec<String>,
}

/// Chooses the events to subscribe to, instead of the configured ones.
#[utoipa::path(put, path = "/webhook-events", request_body = inline(WebhookEvents), responses(
    (status = 204, description = "Stored; subscribed to, if connected"),
    (status = 400, description = "Not a JSON object"),
    (status = 409, description = "Stored; Officient asks for a new sign-in"),
    (status = 422, description = "Not a list of names"),
    (status = 502, description = "Stored; Officient could not be told yet"),
))]
pub async fn put_webhook_events(
    State(app): State<App>,
    Extension(admin): Extension<Admin>,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, WebError> {
    let invalid = |fault| WebError::Invalid { field: "events", fault };
    let body = object(&body?)?;
    let events = body.get("events").ok_or(invalid("is missing"))?;
    let events = events.as_array().ok_or(invalid("must be a list of event names"))?;
    let names: Option<Vec<String>> = events.iter().map(|event| event.as_str().map(str::to_owned)).collect();
    let names = names.ok_or(invalid("must hold texts only"))?;
    save_webhook_events(&app.engine, &admin, &names).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Stores the names; registered at once, dropped ones removed at once.
pub async fn save_webhook_events(engine: &Engine, admin: &Admin, names: &[String]) -> Result<(), WebError> {
    if names.iter().any(|name| name.trim().is_empty() || name.contains('\0') || name.len() > 200) {
        return Err(WebError::Invalid { field: "events", fault: "holds an empty name, or one that is none" });
    }
    let mut tx = db::begin(&engine.db).await?;
    subscriptions::save_event_names(&mut *tx, names).await?;
    audit_log::insert(&mut *tx, Act::WebhookEventsChanged, None, &admin.actor, engine.clock.now()).await?;
    tx.commit().await?;
    if connection::load(&engine.db).await?.state == ConnectionState::Connected {
        engine.ensure_subscriptions().await?;
    }
    Ok(())
}

/// Makes a new webhook address.
#[utoipa::path(post, path = "/webhook-token/rotate", responses(
    (status = 202, description = "Officient could not be told yet; the old one works until then"),
    (status = 204, description = "Officient has the new one"),
    (status = 303, description = "As 202 or 204, to a browser's form"),
))]
pub async fn rotate_webhook_token(
    State(app): State<App>,
    Extension(admin): Extension<Admin>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let engine = &app.engine;
    audit_log::insert(&engine.db, Act::WebhookTokenRotated, None, &admin.actor, engine.clock.now()).await?;
    let is_there = engine.rotate_webhook_token().await?;
    if wants_page(&headers) {
        let notice = if is_there { Notice::WebhookTokenRotated } else { Notice::WebhookTokenRotating };
        return Ok(to_page(notice).into_response());
    }
    Ok(if is_there { StatusCode::NO_CONTENT } else { StatusCode::ACCEPTED }.into_response())
}

/// `?state=`
#[derive(Deserialize)]
pub struct AttentionOptions {
    state: Option<String>,
}

/// Something that needs the admin.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AttentionItem)]
pub struct ListedItem {
    id: i64,
    #[schema(value_type = AttentionKind)]
    kind: String,
    /// The person's name, or the description looked for.
    subject: Option<String>,
    /// Officient's id.
    subject_id: String,
    /// What is the case.
    detail: String,
    /// A near miss.
    hint: Option<String>,
    /// How many absences wait for it.
    waiting: i64,
    first_seen_at: Timestamp,
    last_seen_at: Timestamp,
    resolved_at: Option<Timestamp>,
}

impl From<StoredItem> for ListedItem {
    fn from(item: StoredItem) -> Self {
        Self {
            id: item.id,
            kind: item.kind,
            subject: item.subject,
            subject_id: item.subject_id,
            detail: item.detail,
            hint: item.hint.map(|hint| hint.to_string()),
            waiting: item.waiting,
            first_seen_at: item.first_seen_at,
            last_seen_at: item.last_seen_at,
            resolved_at: item.resolved_at,
        }
    }
}

/// What needs the admin, newest first.
#[utoipa::path(
    get, path = "/attention",
    params(("state" = inline(Option<ItemState>), Query, description = "Which items; open ones unless given")),
    responses(
        (status = 200, body = Vec<ListedItem>, description = "The items"),
        (status = 400, description = "A parameter is there twice"),
        (status = 422, description = "A parameter is wrong"),
    )
)]
pub async fn list_attention(
    State(app): State<App>,
    options: Result<Query<AttentionOptions>, QueryRejection>,
) -> Result<Json<Vec<ListedItem>>, WebError> {
    let which = match options?.state.as_deref() {
        None | Some("open") => ItemState::Open,
        Some("resolved") => ItemState::Resolved,
        Some("ignored") => ItemState::Ignored,
        Some(_) => {
            return Err(WebError::Invalid { field: "state", fault: "must be open, resolved or ignored" });
        }
    };
    let items = attention::list(&app.engine.db, which).await?;
    Ok(Json(items.into_iter().map(ListedItem::from).collect()))
}

/// Tries again now; confirms held deletions.
#[utoipa::path(
    post, path = "/attention/{id}/retry",
    params(("id" = i64, Path, description = "The item's")),
    responses(
        (status = 202, description = "It is tried again"),
        (status = 303, description = "As 202, to a browser's form"),
        (status = 404, description = "No such item, or it is resolved"),
        (status = 409, description = "Not connected to Officient"),
        (status = 502, description = "Officient could not be asked"),
    )
)]
pub async fn retry_attention(
    State(app): State<App>,
    Extension(admin): Extension<Admin>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let engine = &app.engine;
    let (kind, subject_id) = find_item(engine, &id?).await?;
    let now = engine.clock.now();
    let connection = connection::load(&engine.db).await?;
    let company = connection.company_id.unwrap_or(CompanyId(0));
    let request = SyncRequest { reason: SyncReason::Manual, at: now, webhook_received_at: None };
    match kind {
        AttentionKind::DeletionsHeld => {
            let mut tx = db::begin(&engine.db).await?;
            let confirmed = absences::confirm_deletions(&mut *tx, company).await?;
            queue::request_sync(&mut *tx, company, &confirmed, request).await?;
            let detail = format!("{} deletions", confirmed.len());
            audit_log::insert(&mut *tx, Act::DeletionsConfirmed, Some(&detail), &admin.actor, now).await?;
            tx.commit().await?;
        }
        AttentionKind::OptedoUnauthorized => {
            engine.circuit_breaker.try_now();
            queue::retry_now(&engine.db).await?;
        }
        AttentionKind::ReauthorizationRequired => connection::try_refused_token_again(&engine.db).await?,
        AttentionKind::WebhookRefused => engine.ensure_subscriptions().await?,
        // Asking for a sweep would start what waits for the admin's start.
        AttentionKind::WebhooksSilent if connection.is_paused => engine.ensure_subscriptions().await?,
        AttentionKind::WebhooksSilent => sweeps::request(&engine.db, now).await?,
        AttentionKind::UnmatchedPerson
        | AttentionKind::AmbiguousPerson
        | AttentionKind::UnmappedLeaveType
        | AttentionKind::AmbiguousLeaveType
        | AttentionKind::InvalidEvent
        | AttentionKind::RejectedByOptedo => {
            let waiting = attention::people_blocked_by(&engine.db, company, kind, &subject_id).await?;
            queue::request_sync(&engine.db, company, &waiting, request).await?;
        }
    }
    engine.work_signal.notify(&engine.db).await;
    let notice = if connection.is_paused {
        Notice::Paused
    } else if kind == AttentionKind::DeletionsHeld {
        Notice::DeletionsConfirmed
    } else {
        Notice::Retrying
    };
    Ok(done(&headers, notice, StatusCode::ACCEPTED))
}

/// This one is meant to be so: it stays quiet until its subject changes.
#[utoipa::path(
    post, path = "/attention/{id}/ignore",
    params(("id" = i64, Path, description = "The item's")),
    responses(
        (status = 204, description = "It is quiet"),
        (status = 303, description = "As 204, to a browser's form"),
        (status = 404, description = "No such item, or it is resolved"),
    )
)]
pub async fn ignore_attention(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let engine = &app.engine;
    let id: i64 = id?.parse().map_err(|_no_number| WebError::NotFound)?;
    if !attention::ignore(&engine.db, id, engine.clock.now()).await? {
        return Err(WebError::NotFound);
    }
    Ok(done(&headers, Notice::Ignored, StatusCode::NO_CONTENT))
}

fn done(headers: &HeaderMap, notice: Notice, status: StatusCode) -> Response {
    if wants_page(headers) { to_attention(notice).into_response() } else { status.into_response() }
}

async fn find_item(engine: &Engine, id: &str) -> Result<(AttentionKind, String), WebError> {
    let id = id.parse().map_err(|_no_number| WebError::NotFound)?;
    attention::find_unresolved(&engine.db, id).await?.ok_or(WebError::NotFound)
}

/// A person and whom they match.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Person)]
pub struct ListedPerson {
    person_id: i64,
    first_name: Option<String>,
    last_name: Option<String>,
    #[schema(value_type = MatchState)]
    state: &'static str,
    optedo_user: Option<ListedUser>,
    hint: Option<String>,
    synced_at: Option<Timestamp>,
    last_error: Option<String>,
}

/// An Optedo user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OptedoUser)]
pub struct ListedUser {
    id: i64,
    first_name: String,
    last_name: String,
}

/// Who matches whom.
#[utoipa::path(get, path = "/people", responses(
    (status = 200, body = Vec<ListedPerson>, description = "Everybody in Officient"),
    (status = 502, description = "Optedo could not be asked"),
))]
pub async fn list_people(State(app): State<App>) -> Result<Json<Vec<ListedPerson>>, WebError> {
    let engine = &app.engine;
    let Some(company) = connection::load(&engine.db).await?.company_id else {
        return Ok(Json(Vec::new()));
    };
    let users = engine.reference_data.users(Fresh::to_show(&engine.clock)).await.map_err(SyncError::from)?;
    let people = people::all(&engine.db, company).await?;
    let matches = match_everybody(&people, &users);
    Ok(Json(
        people.iter().zip(matches).map(|(person, matched)| listed_person(person, matched, &users)).collect(),
    ))
}

fn listed_person(person: &Person, matched: Matched, users: &UserDirectory) -> ListedPerson {
    let Matched { state, user, item } = matched;
    let hint = item.and_then(|item| item.hint);
    let user = user.and_then(|id| users.user(id));
    ListedPerson {
        person_id: person.id.0,
        first_name: person.names.as_ref().map(|names| names.first.clone()),
        last_name: person.names.as_ref().map(|names| names.last.clone()),
        state: state.as_str(),
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

/// Whether a leave type is there in Optedo.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum MappingState {
    Mapped,
    Unmapped,
    Ambiguous,
}

/// A leave type and what it maps to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LeaveType)]
pub struct ListedLeaveType {
    type_id: String,
    name: String,
    /// What is looked for in Optedo.
    description: String,
    state: MappingState,
    absence_type: Option<ListedAbsenceType>,
    hint: Option<String>,
}

/// An Optedo absence type.
#[derive(Serialize, ToSchema)]
#[schema(as = AbsenceType)]
pub struct ListedAbsenceType {
    id: i64,
    description: String,
}

/// What maps to what.
#[utoipa::path(get, path = "/leavetypes", responses(
    (status = 200, body = Vec<ListedLeaveType>, description = "Every leave type in Officient"),
    (status = 409, description = "Officient asks for a new sign-in"),
    (status = 502, description = "Officient or Optedo could not be asked"),
))]
pub async fn list_leave_types(State(app): State<App>) -> Result<Json<Vec<ListedLeaveType>>, WebError> {
    let engine = &app.engine;
    let connection = connection::load(&engine.db).await?;
    let (ConnectionState::Connected, Some(company)) = (connection.state, connection.company_id) else {
        return Ok(Json(Vec::new()));
    };
    let year = engine.clock.today().year();
    let fresh = Fresh::to_show(&engine.clock);
    let snapshot = engine.reference_data.snapshot(company, &[year], Priority::Urgent, fresh).await;
    let snapshot = snapshot.map_err(SyncError::from)?;
    let leave_types = snapshot.leave_types.values().flat_map(|types| types.iter());
    let listed = map_everything(&engine.config, leave_types, &snapshot.absence_types).into_iter();
    let listed = listed.map(|MappedType { name, description, mapping }| {
        let (state, id, hint) = match mapping {
            Mapping::To(id) => (MappingState::Mapped, Some(id), None),
            Mapping::Blocked(item) if item.kind() == AttentionKind::AmbiguousLeaveType => {
                (MappingState::Ambiguous, None, None)
            }
            Mapping::Blocked(item) => (MappingState::Unmapped, None, item.hint),
            Mapping::Excluded => (MappingState::Unmapped, None, None),
        };
        ListedLeaveType {
            type_id: description.type_id,
            name,
            absence_type: id.map(|id| ListedAbsenceType { id: id.0, description: description.text.clone() }),
            description: description.text,
            state,
            hint: hint.map(|hint| hint.to_string()),
        }
    });
    Ok(Json(listed.collect()))
}

/// `?personId=&page=`
#[derive(Deserialize)]
pub struct AbsenceOptions {
    #[serde(rename = "personId")]
    person_id: Option<String>,
    page: Option<String>,
}

/// An absence that stands in Optedo because of us.
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
    /// Taken over rather than written.
    adopted: bool,
    written_at: Option<Timestamp>,
}

/// What was written, newest first, 100 a page.
#[utoipa::path(
    get, path = "/absences",
    params(
        ("personId" = Option<i64>, Query, description = "Only this person's"),
        ("page" = Option<i64>, Query, minimum = 1, maximum = 1_000_000, description = "From 1 on"),
    ),
    responses(
        (status = 200, body = Vec<ListedAbsence>, description = "A page of absences"),
        (status = 400, description = "A parameter is there twice"),
        (status = 422, description = "A parameter is wrong"),
    )
)]
pub async fn list_absences(
    State(app): State<App>,
    options: Result<Query<AbsenceOptions>, QueryRejection>,
) -> Result<Json<Vec<ListedAbsence>>, WebError> {
    let Query(options) = options?;
    let engine = &app.engine;
    let person = number("personId", options.person_id.as_deref())?.map(PersonId);
    let page = number("page", options.page.as_deref())?.unwrap_or(1);
    if !(1..=1_000_000).contains(&page) {
        return Err(WebError::Invalid { field: "page", fault: "must be 1 or more" });
    }
    let Some(company) = connection::load(&engine.db).await?.company_id else {
        return Ok(Json(Vec::new()));
    };
    let absences = absences::list(&engine.db, company, person, PAGE, (page - 1) * PAGE).await?;
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

/// A number of the query; empty is as good as missing.
fn number(field: &'static str, text: Option<&str>) -> Result<Option<i64>, WebError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_no_number| WebError::Invalid { field, fault: "must be a whole number" })
}

fn object(body: &[u8]) -> Result<serde_json::Map<String, Value>, WebError> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(WebError::BadRequest("the body must be a JSON object")),
    }
}

fn text<'a>(object: &'a serde_json::Map<String, Value>, field: &'static str) -> Result<&'a str, WebError> {
    let invalid = |fault| WebError::Invalid { field, fault };
    let text = object.get(field).ok_or(invalid("is missing"))?.as_str().ok_or(invalid("must be a text"))?;
    check_text(field, text)
}

/// A text that can be stored and means something.
pub fn check_text<'a>(field: &'static str, text: &'a str) -> Result<&'a str, WebError> {
    let text = text.trim();
    if text.is_empty() {
        Err(WebError::Invalid { field, fault: "must not be empty" })
    } else if text.contains('\0') || text.len() > 1000 {
        Err(WebError::Invalid { field, fault: "is too long, or holds characters that cannot be stored" })
    } else {
        Ok(text)
    }
}

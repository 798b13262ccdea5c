//! The app at Officient: its Client ID and Secret, the webhooks that it sends, and the address for them.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use secrecy::SecretString;
use serde::Deserialize as _;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::db::audit_log::{self, Act};
use crate::db::connection::{self, State as ConnectionState};
use crate::db::{self, subscriptions};
use crate::secrets::CLIENT_SECRET;
use crate::sync::Engine;
use crate::web::error::WebError;
use crate::web::notice::Notice;
use crate::web::request::read_body;
use crate::web::session::Admin;
use crate::web::state::App;

/// In bytes.
const MAX_TEXT: usize = 1000;
const MAX_EVENT_NAME: usize = 200;

/// The app's Client ID and Secret at Officient.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body, which is read field by field to name the wrong one")]
struct Credentials {
    #[schema(min_length = 1, max_length = 1000)]
    client_id: String,
    #[schema(min_length = 1, max_length = 1000)]
    client_secret: String,
}

/// Stores the app's Client ID and Secret.
#[utoipa::path(
    put, path = "/credentials", operation_id = "put_credentials",
    request_body = inline(Credentials),
    responses(
        (status = 204, description = "Stored"),
        (status = 400, description = "The body is not a JSON object"),
        (status = 409, description = "The configuration sets them"),
        (status = 422, description = "A field is missing or wrong"),
    ),
)]
pub async fn replace_credentials(State(app): State<App>, admin: Admin, body: Body) -> Result<StatusCode, WebError> {
    let body = json_object(body).await?;
    let (client_id, client_secret) = (text(&body, "clientId")?, text(&body, "clientSecret")?);
    save_credentials(&app.engine, &admin, client_id, client_secret).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Stores the app's Client ID and Secret, unless the configuration sets them.
pub async fn save_credentials(
    engine: &Engine,
    admin: &Admin,
    client_id: &str,
    client_secret: &str,
) -> Result<(), WebError> {
    let client_id = check_text("clientId", client_id)?;
    let client_secret: SecretString = check_text("clientSecret", client_secret)?.into();
    if engine.config.officient.client_id.is_some() {
        return Err(WebError::CredentialsConfigured);
    }
    let sealed = engine.vault.seal(CLIENT_SECRET, &client_secret);
    let mut tx = db::begin(&engine.db).await?;
    connection::save_credentials(&mut *tx, client_id, &sealed).await?;
    audit_log::insert(&mut *tx, Act::CredentialsChanged, None, &admin.actor, engine.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// Names of events at Officient.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body, which is read field by field to name the wrong one")]
struct WebhookEvents {
    events: Vec<String>,
}

/// Chooses the events to subscribe to, instead of the configured ones.
#[utoipa::path(
    put, path = "/webhook-events", operation_id = "put_webhook_events",
    request_body = inline(WebhookEvents),
    responses(
        (status = 204, description = "Stored; subscribed to, if connected"),
        (status = 400, description = "The body is not a JSON object"),
        (status = 409, description = "Stored; Officient requires a new sign-in"),
        (status = 422, description = "Not a list of names"),
        (status = 502, description = "Stored; the call to Officient failed, and is repeated later"),
    ),
)]
pub async fn replace_webhook_events(State(app): State<App>, admin: Admin, body: Body) -> Result<StatusCode, WebError> {
    let invalid = |fault| WebError::InvalidField { field: "events", fault };
    let body = json_object(body).await?;
    let events = body.get("events").ok_or(invalid("is missing"))?;
    let names = Vec::deserialize(events).map_err(|_not_names| invalid("must be a list of event names"))?;
    save_webhook_events(&app.engine, &admin, &names).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Stores the names of the events to subscribe to, and makes the subscriptions at Officient match them.
pub async fn save_webhook_events(engine: &Engine, admin: &Admin, names: &[String]) -> Result<(), WebError> {
    let is_name = |name: &str| !name.trim().is_empty() && !name.contains('\0') && name.len() <= MAX_EVENT_NAME;
    if !names.iter().all(|name| is_name(name)) {
        return Err(WebError::InvalidField { field: "events", fault: "contains an empty or impossible name" });
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

/// Replaces the webhook address.
#[utoipa::path(post, path = "/webhook-token/rotate", operation_id = "rotate_webhook_token", responses(
    (status = 202, description = "Officient does not have the new address yet; the old one works until it has"),
    (status = 204, description = "Officient has the new address"),
    (status = 303, description = "As 202 or 204, to a browser's form"),
))]
pub async fn rotate_token(State(app): State<App>, admin: Admin, headers: HeaderMap) -> Result<Response, WebError> {
    let engine = &app.engine;
    audit_log::insert(&engine.db, Act::WebhookTokenRotated, None, &admin.actor, engine.clock.now()).await?;
    let (status, notice) = if engine.rotate_webhook_token().await? {
        (StatusCode::NO_CONTENT, Notice::WebhookTokenRotated)
    } else {
        (StatusCode::ACCEPTED, Notice::WebhookTokenRotating)
    };
    Ok(notice.page_or(status, &headers, ""))
}

/// The fields of a body.
pub(super) async fn json_object(body: Body) -> Result<Map<String, Value>, WebError> {
    let body = read_body(body).await?;
    serde_json::from_slice(&body).map_err(|_no_object| WebError::InvalidRequest("the body must be a JSON object"))
}

pub(super) fn text<'a>(object: &'a Map<String, Value>, field: &'static str) -> Result<&'a str, WebError> {
    let invalid = |fault| WebError::InvalidField { field, fault };
    object.get(field).ok_or(invalid("is missing"))?.as_str().ok_or(invalid("must be a string"))
}

/// The text without the spaces and invisible characters around it, which come along when it is pasted. It must not be
/// empty, and Postgres must be able to store it.
fn check_text<'a>(field: &'static str, text: &'a str) -> Result<&'a str, WebError> {
    let is_blank = |char: char| char.is_whitespace() || "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}".contains(char);
    let text = text.trim_matches(is_blank);
    if text.is_empty() {
        Err(WebError::InvalidField { field, fault: "must not be empty" })
    } else if text.contains('\0') || text.len() > MAX_TEXT {
        Err(WebError::InvalidField { field, fault: "is too long, or has characters that cannot be stored" })
    } else {
        Ok(text)
    }
}

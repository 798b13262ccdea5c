//! `PUT …/webhook-events` and `POST …/webhook-token/rotate`: what Officient sends, and to which address.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use utoipa::ToSchema;

use super::credentials::json_object;
use crate::db;
use crate::db::audit_log::{self, Act};
use crate::db::connection::{self, State as ConnectionState};
use crate::db::subscriptions;
use crate::sync::Engine;
use crate::web::error::WebError;
use crate::web::notice::Notice;
use crate::web::session::Admin;
use crate::web::state::App;

/// In bytes.
const MAX_EVENT_NAME: usize = 200;

/// Names of events at Officient.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body, which is read field by field to name the wrong one")]
struct WebhookEvents {
    events: Vec<String>,
}

/// Chooses the events to subscribe to, instead of the configured ones.
#[utoipa::path(put, path = "/webhook-events", operation_id = "put_webhook_events", request_body = inline(WebhookEvents), responses(
    (status = 204, description = "Stored; subscribed to, if connected"),
    (status = 400, description = "The body is not a JSON object"),
    (status = 409, description = "Stored; Officient requires a new sign-in"),
    (status = 422, description = "Not a list of names"),
    (status = 502, description = "Stored; the call to Officient failed, and is repeated later"),
))]
pub async fn replace(
    State(app): State<App>,
    Extension(admin): Extension<Admin>,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, WebError> {
    let invalid = |fault| WebError::InvalidField { field: "events", fault };
    let body = json_object(&body?)?;
    let events = body.get("events").ok_or(invalid("is missing"))?;
    let names = events.as_array().ok_or(invalid("must be a list of event names"))?;
    let names: Option<Vec<String>> = names.iter().map(|name| name.as_str().map(str::to_owned)).collect();
    save_webhook_events(&app.engine, &admin, &names.ok_or(invalid("must contain strings only"))?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Stores the names of the events to subscribe to, and makes the subscriptions at Officient match them.
pub async fn save_webhook_events(engine: &Engine, admin: &Admin, names: &[String]) -> Result<(), WebError> {
    let is_name =
        |name: &str| !name.trim().is_empty() && !name.contains('\0') && name.len() <= MAX_EVENT_NAME;
    if !names.iter().all(|name| is_name(name)) {
        return Err(WebError::InvalidField {
            field: "events",
            fault: "contains an empty or impossible name",
        });
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
pub async fn rotate_token(
    State(app): State<App>,
    Extension(admin): Extension<Admin>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let engine = &app.engine;
    audit_log::insert(&engine.db, Act::WebhookTokenRotated, None, &admin.actor, engine.clock.now()).await?;
    let (status, notice) = if engine.rotate_webhook_token().await? {
        (StatusCode::NO_CONTENT, Notice::WebhookTokenRotated)
    } else {
        (StatusCode::ACCEPTED, Notice::WebhookTokenRotating)
    };
    Ok(notice.page_or(status, &headers, ""))
}

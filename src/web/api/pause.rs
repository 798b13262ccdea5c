//! `…/pause` and `…/resume`: meanwhile webhooks are stored, and nothing is written to Optedo.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::db::audit_log::{self, Act};
use crate::db::connection::{self, State as ConnectionState};
use crate::db::{self, attention, sweeps};
use crate::domain::attention::{AttentionItem, AttentionKind};
use crate::sync::Engine;
use crate::web::error::WebError;
use crate::web::notice::Notice;
use crate::web::session::Admin;
use crate::web::state::App;

/// Pauses: webhooks are stored, and nothing is written to Optedo.
#[utoipa::path(post, path = "/pause", operation_id = "pause", responses(
    (status = 204, description = "Paused"),
    (status = 303, description = "As 204, to a browser's form"),
    (status = 409, description = "Not connected to Officient"),
))]
pub async fn pause(State(app): State<App>, admin: Admin, headers: HeaderMap) -> Result<Response, WebError> {
    let engine = &app.engine;
    refuse_without_connection(engine).await?;
    let now = engine.clock.now();
    let mut tx = db::begin(&engine.db).await?;
    if connection::pause(&mut *tx, admin.actor.name.as_deref(), now).await? {
        audit_log::insert(&mut *tx, Act::Paused, None, &admin.actor, now).await?;
    }
    tx.commit().await?;
    Ok(Notice::PauseBegan.page_or(StatusCode::NO_CONTENT, &headers, ""))
}

/// Resumes, and reconciles everybody.
#[utoipa::path(post, path = "/resume", operation_id = "resume", responses(
    (status = 202, description = "Resumed; what was missed is caught up with"),
    (status = 303, description = "As 202, to a browser's form"),
    (status = 409, description = "Not connected to Officient"),
))]
pub async fn resume(State(app): State<App>, admin: Admin, headers: HeaderMap) -> Result<Response, WebError> {
    let engine = &app.engine;
    refuse_without_connection(engine).await?;
    let now = engine.clock.now();
    let mut tx = db::begin(&engine.db).await?;
    if connection::resume(&mut *tx).await? {
        sweeps::request(&mut *tx, now).await?;
        audit_log::insert(&mut *tx, Act::Resumed, None, &admin.actor, now).await?;
    }
    attention::resolve(&mut *tx, AttentionKind::Paused, AttentionItem::PAUSE, now).await?;
    tx.commit().await?;
    engine.work_signal.notify(&engine.db).await;
    Ok(Notice::Resumed.page_or(StatusCode::ACCEPTED, &headers, ""))
}

async fn refuse_without_connection(engine: &Engine) -> Result<(), WebError> {
    let connection = connection::load(&engine.db).await?;
    if connection.state == ConnectionState::Disconnected { Err(WebError::NotConnected) } else { Ok(()) }
}

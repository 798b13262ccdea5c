//! `POST …/sync`: a sweep now, or a preview of one.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::db::connection::{self, State as ConnectionState};
use crate::db::people;
use crate::db::sweeps;
use crate::domain::ids::{CompanyId, PersonId};
use crate::domain::sync_request::SyncReason;
use crate::sync::Engine;
use crate::sync::preview::{Preview, PreviewRequest};
use crate::web::error::WebError;
use crate::web::notice::Notice;
use crate::web::request::parameter;
use crate::web::state::App;

/// Starts a sweep, or shows what one would do.
#[utoipa::path(
    post, path = "/sync", operation_id = "start_sync",
    params(("dryRun" = Option<bool>, Query, description = "Only shows what a sweep would do")),
    responses(
        (status = 200, body = Preview, description = "What a sweep would do"),
        (status = 202, description = "A sweep is requested"),
        (status = 303, description = "As 202, to a browser's form"),
        (status = 400, description = "A parameter occurs twice"),
        (status = 409, description = "Not connected to Officient"),
        (status = 422, description = "A parameter is wrong"),
        (status = 502, description = "A call to Officient or Optedo failed"),
    )
)]
pub async fn start(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let is_dry_run = match parameter(query.as_deref(), "dryRun")?.as_deref() {
        Some("true") => true,
        None | Some("" | "false") => false,
        Some(_) => {
            return Err(WebError::InvalidField { field: "dryRun", fault: "must be true or false" });
        }
    };
    let engine = &app.engine;
    let company = connected_company(engine).await?;
    if is_dry_run {
        return Ok(Json(preview(engine, company, None).await?).into_response());
    }
    sweeps::request(&engine.db, engine.clock.now()).await?;
    engine.work_signal.notify(&engine.db).await;
    Ok(Notice::SyncStarted.page_or(StatusCode::ACCEPTED, &headers, ""))
}

/// The company that the service is connected to.
pub async fn connected_company(engine: &Engine) -> Result<CompanyId, WebError> {
    let connection = connection::load(&engine.db).await?;
    let is_connected = connection.state == ConnectionState::Connected;
    connection.company_id.filter(|_| is_connected).ok_or(WebError::NotConnected)
}

/// What a sweep would do, for everybody or one person.
pub async fn preview(engine: &Engine, company: CompanyId, person: Option<PersonId>) -> Result<Preview, WebError> {
    engine.list_people(company, SyncReason::Manual).await?;
    let mut people = people::all(&engine.db, company).await?;
    people.retain(|known| person.is_none_or(|person| person == known.id));
    let now = engine.clock.now();
    let asked = PreviewRequest { reason: SyncReason::Manual, at: now, proposal: None };
    let mut preview = Preview::default();
    for person in &people {
        engine.preview(company, person, asked, &mut preview).await;
    }
    Ok(preview)
}

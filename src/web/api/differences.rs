//! `…/audit` and `…/differences`: what somebody changed in Optedo, and what becomes of it.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::sync::connected_company;
use crate::db::audit_log::{self, Act, Actor};
use crate::db::differences::{self, DifferenceState, StoredDifference};
use crate::db::{self, connection};
use crate::domain::ids::{CompanyId, PersonId};
use crate::sync::Engine;
use crate::web::error::WebError;
use crate::web::notice::Notice;
use crate::web::request::{Id, parameter, wants_page};
use crate::web::session::Admin;
use crate::web::state::App;

const TAB: &str = "/differences";

/// Compares the absences in Optedo with what Officient says, now.
#[utoipa::path(
    post, path = "/audit", operation_id = "start_audit",
    responses(
        (status = 202, description = "An audit is requested"),
        (status = 303, description = "As 202, to a browser's form"),
        (status = 409, description = "Not connected to Officient"),
    )
)]
pub async fn start_audit(State(app): State<App>, headers: HeaderMap) -> Result<Response, WebError> {
    let engine = &app.engine;
    let company = connected_company(engine).await?;
    differences::request_audit(&engine.db, company, engine.clock.now()).await?;
    engine.work_signal.notify(&engine.db).await;
    Ok(Notice::AuditStarted.page_or(StatusCode::ACCEPTED, &headers, TAB))
}

/// What differs, by person and day.
#[utoipa::path(
    get, path = "/differences", operation_id = "list_differences",
    params(("state" = inline(Option<DifferenceState>), Query, description = "Which ones; open by default")),
    responses(
        (status = 200, body = Vec<StoredDifference>, description = "The differences"),
        (status = 400, description = "A parameter occurs twice"),
        (status = 422, description = "A parameter is wrong"),
    )
)]
pub async fn list(State(app): State<App>, RawQuery(query): RawQuery) -> Result<Json<Vec<StoredDifference>>, WebError> {
    let fault = WebError::InvalidField { field: "state", fault: "must be open, kept or resolved" };
    let state = match parameter(query.as_deref(), "state")? {
        Some(state) => state.parse().map_err(|_unknown_state| fault)?,
        None => DifferenceState::Open,
    };
    let company = connection::load(&app.engine.db).await?.company_id;
    Ok(Json(differences::list(&app.engine.db, company, state).await?))
}

/// Restores what Officient says. Deletes an absence that no event explains.
#[utoipa::path(
    post, path = "/differences/{id}/restore", operation_id = "restore_difference",
    params(("id" = i64, Path, description = "The difference's")),
    responses(
        (status = 202, description = "It is restored; a deletion counts towards the deletion limit"),
        (status = 303, description = "As 202, to a browser's form"),
        (status = 404, description = "No such difference, or it is resolved"),
        (status = 409, description = "Not connected to Officient, or Optedo was changed since the comparison"),
        (status = 502, description = "A call to Officient or Optedo failed"),
    )
)]
pub async fn restore(
    State(app): State<App>,
    admin: Admin,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let company = connected_company(&app.engine).await?;
    let difference = differences::find(&app.engine.db, company, id).await?.ok_or(WebError::NotFound)?;
    let is_restored = restore_all(&app.engine, company, vec![difference], &admin.actor).await?;
    if !is_restored && !wants_page(&headers) {
        return Err(WebError::ChangedMeanwhile);
    }
    Ok(notice_of(is_restored).page_or(StatusCode::ACCEPTED, &headers, TAB))
}

/// Leaves Optedo as it is, until the event changes.
#[utoipa::path(
    post, path = "/differences/{id}/keep", operation_id = "keep_difference",
    params(("id" = i64, Path, description = "The difference's")),
    responses(
        (status = 204, description = "It is kept"),
        (status = 303, description = "As 204, to a browser's form"),
        (status = 404, description = "No such difference, or it is resolved"),
        (status = 409, description = "Not connected to Officient"),
    )
)]
pub async fn keep(State(app): State<App>, admin: Admin, Id(id): Id, headers: HeaderMap) -> Result<Response, WebError> {
    let company = connected_company(&app.engine).await?;
    let difference = differences::find(&app.engine.db, company, id).await?.ok_or(WebError::NotFound)?;
    keep_all(&app.engine, company, difference.person_id, vec![difference], &admin.actor).await?;
    Ok(Notice::DifferenceKept.page_or(StatusCode::NO_CONTENT, &headers, TAB))
}

pub fn notice_of(is_restored: bool) -> Notice {
    if is_restored { Notice::DifferenceRestored } else { Notice::DifferenceChanged }
}

/// Whether all of them are restored: Optedo was changed since the comparison of the others.
pub async fn restore_all(
    engine: &Engine,
    company: CompanyId,
    differences: Vec<StoredDifference>,
    actor: &Actor,
) -> Result<bool, WebError> {
    let wanted = differences.len();
    // Boxed: the handler that awaits it would be too large for its thread's stack otherwise.
    let restored = Box::pin(engine.restore(company, differences)).await?;
    if restored > 0 {
        let (detail, now) = (format!("{restored} differences"), engine.clock.now());
        audit_log::insert(&engine.db, Act::DifferencesRestored, Some(&detail), actor, now).await?;
    }
    Ok(restored == wanted)
}

/// Leaves Optedo as it is for these differences of a person.
pub async fn keep_all(
    engine: &Engine,
    company: CompanyId,
    person: PersonId,
    differences: Vec<StoredDifference>,
    actor: &Actor,
) -> Result<(), WebError> {
    let ids: Vec<i64> = differences.iter().map(|difference| difference.id).collect();
    let mut tx = db::begin(&engine.db).await?;
    let kept = differences::keep(&mut *tx, company, &ids, actor.name.as_deref(), engine.clock.now()).await?;
    engine.count_differences(&mut tx, company, person).await?;
    if kept > 0 {
        let (detail, now) = (format!("{kept} differences"), engine.clock.now());
        audit_log::insert(&mut *tx, Act::DifferencesKept, Some(&detail), actor, now).await?;
    }
    Ok(tx.commit().await?)
}

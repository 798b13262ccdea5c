//! `…/attention`: what needs the admin.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::Deserialize as _;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::officient_app::{json_object, text};
use crate::db::attention::{ItemState, StoredItem};
use crate::db::connection::Connection;
use crate::db::{attention, connection, differences, queue, sweeps};
use crate::domain::attention::AttentionKind;
use crate::domain::ids::CompanyId;
use crate::domain::sync_request::{SyncReason, SyncRequest};
use crate::sync::Engine;
use crate::sync::decide::{Action, Decided, Decision};
use crate::sync::reference_data::Fresh;
use crate::web::error::WebError;
use crate::web::notice::Notice;
use crate::web::request::{Id, parameter, wants_page};
use crate::web::session::Admin;
use crate::web::state::App;

/// What needs the admin, newest first.
#[utoipa::path(
    get, path = "/attention", operation_id = "list_attention",
    params(("state" = inline(Option<ItemState>), Query, description = "Which items; the open ones by default")),
    responses(
        (status = 200, body = Vec<StoredItem>, description = "The items"),
        (status = 400, description = "A parameter occurs twice"),
        (status = 422, description = "A parameter is wrong"),
    )
)]
pub async fn list(State(app): State<App>, RawQuery(query): RawQuery) -> Result<Json<Vec<StoredItem>>, WebError> {
    let fault = WebError::InvalidField { field: "state", fault: "must be open, resolved or ignored" };
    let which = match parameter(query.as_deref(), "state")? {
        Some(state) => state.parse().map_err(|_unknown_state| fault)?,
        None => ItemState::Open,
    };
    Ok(Json(attention::list(&app.engine.db, which).await?))
}

/// Retries now; confirms deletions that await confirmation.
#[utoipa::path(
    post, path = "/attention/{id}/retry", operation_id = "retry_attention",
    params(("id" = i64, Path, description = "The item's")),
    responses(
        (status = 202, description = "It is retried"),
        (status = 303, description = "As 202, to a browser's form"),
        (status = 404, description = "No such item, or it is resolved"),
        (status = 409, description = "Not connected to Officient"),
        (status = 502, description = "A call to Officient failed"),
    )
)]
pub async fn retry(State(app): State<App>, admin: Admin, Id(id): Id, headers: HeaderMap) -> Result<Response, WebError> {
    let engine = &app.engine;
    let Some((kind, subject_id)) = attention::find_unresolved(&engine.db, id).await? else {
        return resolved_or_missing(engine, id, &headers).await;
    };
    let connection = connection::load(&engine.db).await?;
    if kind == AttentionKind::DeletionsHeld {
        let company = connection.company_id.unwrap_or(CompanyId(0));
        let all = Decision { action: Action::Delete, people: None };
        // If somebody confirmed them meanwhile, there is nothing left to do.
        let _decided = engine.decide(company, id, &all, &admin.actor).await?;
    } else {
        retry_item(&app, &connection, kind, &subject_id, engine.clock.now()).await?;
    }
    engine.work_signal.notify(&engine.db).await;
    let notice = if connection.is_paused {
        Notice::Paused
    } else if kind == AttentionKind::DeletionsHeld {
        Notice::DeletionsConfirmed
    } else {
        Notice::Retrying
    };
    Ok(notice.page_or(StatusCode::ACCEPTED, &headers, "/attention"))
}

/// The response to a change of an item that is not open: it resolved itself meanwhile, or does not exist.
async fn resolved_or_missing(engine: &Engine, id: i64, headers: &HeaderMap) -> Result<Response, WebError> {
    if wants_page(headers) && attention::find(&engine.db, id).await?.is_some() {
        return Ok(Notice::AlreadyResolved.redirect_to("/attention").into_response());
    }
    Err(WebError::NotFound)
}

/// Tries again what the open items are about, except what waits for a decision. One that cannot be tried does not stop
/// the others.
pub async fn retry_all(app: &App) -> Result<(), WebError> {
    let connection = connection::load(&app.engine.db).await?;
    let now = app.engine.clock.now();
    for item in attention::list(&app.engine.db, ItemState::Open).await? {
        let Ok(kind) = item.kind.parse() else { continue };
        if let Err(error) = retry_item(app, &connection, kind, &item.subject_id, now).await {
            error.log();
        }
    }
    app.engine.work_signal.notify(&app.engine.db).await;
    Ok(())
}

/// Tries again what the item is about. What waits for a decision goes on waiting. Lists that were read at `at` or later
/// are not read again, so that many items cost no more calls than one.
async fn retry_item(
    app: &App,
    connection: &Connection,
    kind: AttentionKind,
    subject_id: &str,
    at: Timestamp,
) -> Result<(), WebError> {
    let engine = &app.engine;
    let company = connection.company_id.unwrap_or(CompanyId(0));
    match kind {
        AttentionKind::OptedoUnauthorized => {
            engine.optedo_breaker.try_now();
            queue::retry_now(&engine.db).await?;
        }
        AttentionKind::OfficientFailing | AttentionKind::OptedoFailing => {
            engine.officient_breaker.try_now();
            engine.optedo_breaker.try_now();
            queue::retry_now(&engine.db).await?;
        }
        AttentionKind::PersonFailing => {
            let person: Vec<i64> = subject_id.parse().into_iter().collect();
            queue::request_sync(&engine.db, company, &person, manual_request(engine)).await?;
        }
        AttentionKind::ReauthorizationRequired => {
            let engine = Arc::clone(engine);
            app.tasks.spawn(async move {
                if let Err(error) = engine.officient.tokens().try_refused_again().await {
                    tracing::warn!(%error, "Could not renew the access to Officient");
                }
                engine.work_signal.notify(&engine.db).await;
            });
        }
        // Resuming and deleting are decisions of the admin.
        AttentionKind::Paused | AttentionKind::DeletionsHeld => {}
        AttentionKind::DiffersInOptedo => differences::request_audit(&engine.db, company, engine.clock.now()).await?,
        AttentionKind::WebhookRefused => engine.ensure_subscriptions().await?,
        // A sweep would start what waits for the admin's start.
        AttentionKind::WebhooksSilent if connection.is_paused => engine.ensure_subscriptions().await?,
        AttentionKind::WebhooksSilent => {
            sweeps::request(&engine.db, engine.clock.now()).await?;
        }
        AttentionKind::UnmatchedPerson
        | AttentionKind::AmbiguousPerson
        | AttentionKind::LinkBroken
        | AttentionKind::UnmappedLeaveType
        | AttentionKind::AmbiguousLeaveType
        | AttentionKind::InvalidEvent
        | AttentionKind::RejectedByOptedo
        | AttentionKind::ArchivedPeople => {
            if kind == AttentionKind::UnmappedLeaveType {
                engine.check_next_year(company, Fresh(at)).await?;
            }
            let waiting = attention::people_blocked_by(&engine.db, company, kind, subject_id).await?;
            queue::request_sync(&engine.db, company, &waiting, manual_request(engine)).await?;
        }
    }
    Ok(())
}

/// What becomes of absences whose leave is gone.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body, which is read field by field to name the wrong one")]
struct NewDecision {
    #[schema(inline)]
    action: Action,
    /// Officient's ids; without this field, everybody whom the item is about.
    #[schema(required = false, min_items = 1)]
    person_ids: Vec<i64>,
}

/// Deletes absences whose leave is gone, or keeps them until their event changes.
#[utoipa::path(
    post, path = "/attention/{id}/decide", operation_id = "decide_attention",
    params(("id" = i64, Path, description = "The item's")), request_body = inline(NewDecision),
    responses(
        (status = 202, description = "It is decided for these people"),
        (status = 400, description = "The body is not a JSON object"),
        (status = 404, description = "No such item"),
        (status = 409, description = "The item is resolved, or asks for no decision"),
        (status = 422, description = "A field is missing or wrong, or nothing of a person waits; nothing is decided"),
    )
)]
pub async fn decide(State(app): State<App>, admin: Admin, Id(id): Id, body: Body) -> Result<StatusCode, WebError> {
    let decision = decision(&json_object(body).await?)?;
    save_decision(&app.engine, &admin, id, &decision).await?;
    Ok(StatusCode::ACCEPTED)
}

fn decision(body: &Map<String, Value>) -> Result<Decision, WebError> {
    let invalid = |fault| WebError::InvalidField { field: "personIds", fault };
    let people = body.get("personIds").map(Vec::<i64>::deserialize).transpose();
    let people = people.map_err(|_no_ids| invalid("must be a list of ids"))?;
    if people.as_ref().is_some_and(Vec::is_empty) {
        return Err(invalid("must not be empty: leave the field out to decide for everybody"));
    }
    Ok(Decision { action: action(text(body, "action")?)?, people })
}

pub fn action(word: &str) -> Result<Action, WebError> {
    word.parse().map_err(|_other| WebError::InvalidField { field: "action", fault: "must be delete or keep" })
}

/// Returns the kind of the item.
pub async fn save_decision(
    engine: &Engine,
    admin: &Admin,
    item: i64,
    decision: &Decision,
) -> Result<AttentionKind, WebError> {
    let company = connection::load(&engine.db).await?.company_id.unwrap_or(CompanyId(0));
    match engine.decide(company, item, decision, &admin.actor).await? {
        Decided::Made(kind) => Ok(kind),
        Decided::NoSuchItem => Err(WebError::NotFound),
        Decided::NothingToDecide => Err(WebError::NothingToDecide),
        Decided::NothingOfPerson => Err(WebError::InvalidField {
            field: "personIds",
            fault: "contains a person of whom nothing waits for this decision; nothing was decided",
        }),
    }
}

fn manual_request(engine: &Engine) -> SyncRequest {
    SyncRequest { reason: SyncReason::Manual, at: engine.clock.now(), webhook_received_at: None }
}

/// Declares an item intended: it stays quiet until its subject changes.
#[utoipa::path(
    post, path = "/attention/{id}/ignore", operation_id = "ignore_attention",
    params(("id" = i64, Path, description = "The item's")),
    responses(
        (status = 204, description = "It is ignored"),
        (status = 303, description = "As 204, to a browser's form"),
        (status = 404, description = "No such item, or it is resolved"),
    )
)]
pub async fn ignore(State(app): State<App>, Id(id): Id, headers: HeaderMap) -> Result<Response, WebError> {
    let engine = &app.engine;
    if !attention::ignore(&engine.db, id, engine.clock.now()).await? {
        return resolved_or_missing(engine, id, &headers).await;
    }
    Ok(Notice::Ignored.page_or(StatusCode::NO_CONTENT, &headers, "/attention"))
}

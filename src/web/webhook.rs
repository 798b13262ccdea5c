//! The webhook receiver: token → shape → on disk ([`inbox`](crate::sync::inbox)) → 200. It does nothing else.

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use tokio::time::Instant;

use super::error::WebError;
use super::request_id;
use super::state::App;
use crate::domain::webhook::WebhookPayload;

const MAX_BODY: usize = 64 * 1024;

/// Receives a webhook.
#[utoipa::path(
    post, path = "/webhook/{token}", tag = "officient",
    params(("token" = String, Path, description = "The secret part of the address")),
    request_body(content = inline(WebhookPayload), description = "Other fields may hold anything"),
    responses(
        (status = 200, description = "It is on disk"),
        (status = 400, description = "Not a JSON object, or no textual event_type"),
        (status = 404, description = "The token is wrong"),
        (status = 413, description = "Larger than 64 KiB"),
        (status = 503, description = "It could not be stored: deliver it again"),
    )
)]
pub async fn receive_webhook(
    State(app): State<App>,
    token: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, WebError> {
    let began = Instant::now();
    if !app.engine.webhook_address.accepts(&token?) {
        return Err(WebError::NotFound);
    }
    let body =
        axum::body::to_bytes(body, MAX_BODY).await.map_err(|_too_large_or_cut_off| WebError::TooLarge)?;
    let Ok(payload) = serde_json::from_slice::<WebhookPayload>(&body) else {
        app.inbox.counters.malformed.increment(1);
        return Err(WebError::BadRequest("must be a JSON object with a textual event_type"));
    };
    let outcomes = app.inbox.counters.of(&payload.event_type);
    let Some(id) = app.inbox.store(payload).await else {
        outcomes.unavailable.increment(1);
        return Err(WebError::Unavailable(sqlx::Error::PoolTimedOut));
    };
    outcomes.stored.increment(1);
    app.inbox.counters.ack.record(began.elapsed());
    // No span: this is the path that must be quick.
    tracing::debug!(event.id = id, request.id = request_id::given(&headers), "Stored webhook event {id}");
    Ok(StatusCode::OK)
}

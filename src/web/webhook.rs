//! The webhook receiver: it checks the token and the shape, stores the webhook ([`inbox`](crate::sync::inbox)) and
//! responds with 200. It does nothing else.

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use tokio::time::Instant;

use super::error::WebError;
use super::request::read_body;
use super::request_id;
use super::state::App;
use crate::domain::webhook::WebhookPayload;
use crate::telemetry::metrics::{OTHER, webhook_counter};

/// Receives a webhook.
#[utoipa::path(
    post, path = "/webhook/{token}", tag = "officient",
    params(("token" = String, Path, description = "The secret part of the address")),
    request_body(content = inline(WebhookPayload), description = "Other fields may contain anything"),
    responses(
        (status = 200, description = "It is on disk"),
        (status = 400, description = "Not a JSON object, or no event_type that is a string"),
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
    let body = read_body(body).await?;
    let Ok(payload) = WebhookPayload::parse(&body) else {
        webhook_counter(OTHER.to_owned(), "malformed").increment(1);
        let message = "the body must be a JSON object with an event_type that is a string";
        return Err(WebError::InvalidRequest(message));
    };
    let label = app.inbox.labels.of(&payload.event_type);
    let Some(id) = app.inbox.store(payload).await else {
        webhook_counter(label, "unavailable").increment(1);
        return Err(WebError::DatabaseUnavailable(sqlx::Error::PoolTimedOut));
    };
    webhook_counter(label, "stored").increment(1);
    metrics::histogram!("webhook_ack_seconds").record(began.elapsed());
    // Without a span, because webhooks must be fast.
    tracing::debug!(event.id = id, request.id = request_id::given(&headers), "Stored webhook {id}");
    Ok(StatusCode::OK)
}

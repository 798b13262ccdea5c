//! For the orchestrator and Prometheus: liveness, readiness, metrics.
//!
//! Every replica reads the gauges of the database when Prometheus asks, so no replica has old ones.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use tokio::time::timeout;

use super::PAGE_PATH;
use super::error::WebError;
use super::request::wants_page;
use super::state::App;
use crate::db::queue;
use crate::db::{self, attention, connection, differences, faults, webhooks};
use crate::telemetry::metrics::{self, Shown};

/// A database that hangs must delay neither the orchestrator nor the metrics that this process counted itself.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(2);

const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Whether the process responds.
#[utoipa::path(get, path = "/health/live", tag = "inside", responses((status = 200, description = "It does")))]
pub async fn live() -> StatusCode {
    StatusCode::OK
}

/// Whether the database responds.
#[utoipa::path(get, path = "/health/ready", tag = "inside", responses(
    (status = 200, description = "It does"),
    (status = 503, description = "It does not within two seconds"),
))]
pub async fn ready(State(app): State<App>) -> StatusCode {
    match timeout(DATABASE_TIMEOUT, db::ping(&app.engine.db)).await {
        Ok(Ok(())) => StatusCode::OK,
        Ok(Err(_)) | Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// For Prometheus; on `server.metrics_listen` where that is set.
#[utoipa::path(get, path = "/metrics", tag = "inside", responses(
    (status = 200, body = String, content_type = CONTENT_TYPE, description = "The series"),
))]
pub async fn metrics(State(app): State<App>) -> Response {
    let read = timeout(DATABASE_TIMEOUT, set_database_gauges(&app)).await;
    let read = read.unwrap_or(Err(sqlx::Error::PoolTimedOut));
    metrics::show_process(read.is_ok(), app.engine.work_signal.is_leading());
    if let Err(error) = read {
        tracing::warn!(error = faults::describe(&error), "Could not read the metrics of the database");
    }
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], metrics::handle().render()).into_response()
}

async fn set_database_gauges(app: &App) -> Result<(), sqlx::Error> {
    let (engine, db) = (&app.engine, &app.engine.db);
    app.inbox.labels.know(&engine.subscribed_events().await?);
    let connection = connection::load(db).await?;
    let queue = queue::count(db).await?;
    let oldest = webhooks::oldest_received_at(db).await?;
    let oldest_waiting = oldest.map(|at| engine.clock.now().duration_since(at));
    metrics::show(&Shown {
        waiting: queue.waiting + webhooks::count_waiting(db).await?,
        retrying: queue.retrying,
        oldest_waiting: oldest_waiting.and_then(|age| age.try_into().ok()).unwrap_or_default(),
        attention: &attention::count_open(db).await?,
        differences: &differences::count_by_kind(db, connection.company_id).await?,
        audit_finished_at: differences::audit(db, connection.company_id).await?.finished_at,
        state: connection.state,
        last_sweep_at: connection.sweep_finished_at,
    });
    Ok(())
}

/// Sends a browser to the settings page.
#[utoipa::path(get, path = "/", tag = "inside", responses(
    (status = 303, description = "To the settings page, for a browser"),
    (status = 404, description = "For a program", body = super::error::Problem,
        content_type = "application/problem+json"),
))]
pub async fn open_page(headers: HeaderMap) -> Result<Redirect, WebError> {
    if wants_page(&headers) { Ok(Redirect::to(PAGE_PATH)) } else { Err(WebError::NotFound) }
}

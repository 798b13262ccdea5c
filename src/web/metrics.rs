//! `GET /metrics`. What the database says is read when Prometheus asks, on whichever replica: there is no other copy of it.

use std::time::Duration;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use crate::db::{attention, connection, queue, webhooks};
use crate::telemetry::metrics::{self, Shown};
use crate::web::state::App;

/// A database that hangs must not keep Prometheus from what this process counted itself.
const PATIENCE: Duration = Duration::from_secs(2);

const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// For Prometheus; on `server.metrics_listen` where that is set.
#[utoipa::path(get, path = "/metrics", tag = "inside", responses(
    (status = 200, body = String, content_type = CONTENT_TYPE, description = "The series"),
))]
pub async fn show(State(app): State<App>) -> Response {
    let result = tokio::time::timeout(PATIENCE, set_gauges(&app)).await;
    let result = result.unwrap_or(Err(sqlx::Error::PoolTimedOut));
    if let Err(error) = &result {
        tracing::warn!(%error, "Could not read what the metrics show of the database");
    }
    metrics::show_process(result.is_ok(), app.engine.work_signal.is_leading());
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], metrics::handle().render()).into_response()
}

async fn set_gauges(app: &App) -> Result<(), sqlx::Error> {
    let (engine, db) = (&app.engine, &app.engine.db);
    app.inbox.counters.know(&engine.subscribed_events().await?);
    let connection = connection::load(db).await?;
    let queue = queue::count(db).await?;
    let oldest = webhooks::oldest_received_at(db).await?;
    let oldest_waiting = oldest.map(|at| engine.clock.now().duration_since(at));
    metrics::show(&Shown {
        waiting: queue.waiting + webhooks::count_waiting(db).await?,
        retrying: queue.retrying,
        oldest_waiting: oldest_waiting.and_then(|age| age.try_into().ok()).unwrap_or_default(),
        attention: &attention::count_open(db).await?,
        state: connection.state,
        last_sweep_at: connection.sweep_finished_at,
    });
    Ok(())
}

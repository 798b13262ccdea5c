//! What the handlers share, and how those run that must not be interrupted.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::auth::SessionPolicy;
use super::error::WebError;
use crate::sync::Engine;
use crate::sync::inbox::Inbox;

/// The running service; clones share it.
#[derive(Clone)]
pub struct App {
    pub engine: Arc<Engine>,
    pub inbox: Inbox,
    pub session_policy: Arc<SessionPolicy>,
    pub tasks: TaskTracker,
    /// Cancelled when the last request has its response, so that the inbox stops after them.
    pub inbox_closed: CancellationToken,
}

/// Middleware for what calls Officient: runs it to its end, also when the client closes the connection meanwhile.
pub async fn run_to_end(State(app): State<App>, request: Request, next: Next) -> Response {
    let finished = app.tasks.spawn(next.run(request).in_current_span()).await;
    finished.unwrap_or_else(|_panicked| WebError::internal("a handler panicked").into_response())
}

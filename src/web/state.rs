//! What the handlers share.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::auth::SessionPolicy;
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

//! What the handlers share.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::session::SessionPolicy;
use crate::sync::Engine;
use crate::sync::inbox::Inbox;

/// Everything that requests are answered with; clones share it.
#[derive(Clone)]
pub struct App {
    /// The flow.
    pub engine: Arc<Engine>,
    /// Where webhooks wait for the next commit.
    pub inbox: Inbox,
    /// Who may come in.
    pub session_policy: Arc<SessionPolicy>,
    /// Everything that runs in the background.
    pub tasks: TaskTracker,
    /// No request is answered any more.
    pub inbox_closed: CancellationToken,
}

//! Why a person is reconciled, and since when that was requested.

use jiff::Timestamp;

/// Why somebody must be looked at, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SyncReason {
    /// A webhook pointed at them.
    Webhook,
    /// The admin asked, or something they wait for came about.
    Manual,
    /// The first import.
    Import,
    /// The periodic sweep.
    Sweep,
}

impl SyncReason {
    pub fn rank(self) -> i16 {
        match self {
            Self::Webhook => 0,
            Self::Manual => 1,
            Self::Import => 2,
            Self::Sweep => 3,
        }
    }

    pub fn from_rank(rank: i16) -> Self {
        match rank {
            0 => Self::Webhook,
            1 => Self::Manual,
            2 => Self::Import,
            _ => Self::Sweep,
        }
    }

    /// The word of the logs and the history.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Manual => "manual",
            Self::Import => "import",
            Self::Sweep => "sweep",
        }
    }
}

/// A request that somebody be looked at.
#[derive(Clone, Copy, Debug)]
pub struct SyncRequest {
    /// Why.
    pub reason: SyncReason,
    /// When; what was read before is not fresh enough for it.
    pub at: Timestamp,
    /// When the webhook behind it arrived.
    pub webhook_received_at: Option<Timestamp>,
}

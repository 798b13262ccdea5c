//! Why a person is reconciled, and since when that is requested.

use jiff::Timestamp;
use strum::{EnumString, FromRepr, IntoStaticStr, VariantArray};

use super::ids::{CompanyId, PersonId};

/// Why a person is reconciled, the most urgent reason first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumString, FromRepr, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case", const_into_str)]
#[repr(i16)]
pub enum SyncReason {
    /// A webhook was resolved to this person.
    Webhook,
    /// The admin asked, or the cause of an attention item is gone.
    Manual,
    /// The first import.
    Import,
    /// The periodic sweep.
    Sweep,
    /// The audit found a difference, and restores it by itself.
    Audit,
}

impl SyncReason {
    /// The database representation of a request's reason: the lower, the more urgent.
    pub fn rank(self) -> i16 {
        self as i16
    }

    pub fn from_rank(rank: i16) -> Self {
        Self::from_repr(rank).unwrap_or(Self::Sweep)
    }
}

/// A request that a person is reconciled.
#[derive(Clone, Copy, Debug)]
pub struct SyncRequest {
    pub reason: SyncReason,
    /// What was read before is not fresh enough for this request.
    pub at: Timestamp,
    /// When the webhook behind the request arrived.
    pub webhook_received_at: Option<Timestamp>,
}

/// For whom, and why, something is written to Optedo.
#[derive(Clone, Copy, Debug)]
pub struct WriteContext {
    pub company: CompanyId,
    pub person: PersonId,
    pub reason: SyncReason,
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;

    #[test]
    fn each_reason_has_a_rank_and_a_rank_without_a_reason_is_the_least_urgent() {
        for (rank, reason) in (0..).zip(SyncReason::VARIANTS) {
            assert_eq!((reason.rank(), SyncReason::from_rank(rank)), (rank, *reason));
        }
        assert_eq!(SyncReason::from_rank(9), SyncReason::Sweep);
    }
}

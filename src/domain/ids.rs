//! Ids as types, so that a person is never taken for an event or a user.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A company in Officient.
    CompanyId;
    /// A person in Officient.
    PersonId;
    /// A calendar event in Officient: one day, or part of one, of one person's leave.
    EventId;
    /// A calendar request in Officient: leave asked for, of one or more events.
    RequestId;
    /// A leave type ("verloftype") in Officient.
    LeaveTypeId;
    /// A user in Optedo.
    UserId;
    /// An absence in Optedo.
    AbsenceId;
    /// An absence type ("afwezigheidstype") in Optedo.
    AbsenceTypeId;
}

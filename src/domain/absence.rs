//! What Optedo holds: users, absence types, absences.

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use super::ids::{AbsenceId, AbsenceTypeId, UserId};

/// A user of the tenant.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The id.
    pub id: UserId,
    /// Exactly as Optedo has it.
    pub first_name: String,
    /// Exactly as Optedo has it.
    pub last_name: String,
    /// Inactive users do not count in matching.
    #[serde(default = "active_by_default")]
    pub active: bool,
}

fn active_by_default() -> bool {
    true
}

/// An absence type ("afwezigheidstype").
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AbsenceType {
    /// The id.
    pub id: AbsenceTypeId,
    /// What Officient's leave types are mapped to.
    pub description: String,
}

/// From when to when, wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// The start.
    pub start: DateTime,
    /// Exclusive, after the start.
    pub end: DateTime,
    /// From midnight to midnight.
    pub all_day: bool,
}

/// An absence, without its id: what is written.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewAbsence {
    /// WriteContext.
    pub user_id: UserId,
    /// Of which type.
    pub absence_type_id: AbsenceTypeId,
    /// Wall clock, without zone.
    pub start: DateTime,
    /// Wall clock, exclusive, after the start.
    pub end: DateTime,
    /// From midnight to midnight.
    pub all_day: bool,
    /// Set by the writer, kept as is; ours is `officient:{company_id}:{event_id}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_reference: Option<String>,
}

/// An absence as it stands in Optedo.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Absence {
    /// The id.
    pub id: AbsenceId,
    /// The rest.
    #[serde(flatten)]
    pub what: NewAbsence,
}

//! What Optedo holds: users, absence types, absences.

use jiff::civil::DateTime;
use serde::Serialize;
use utoipa::ToSchema;

use super::ids::{AbsenceId, AbsenceTypeId, UserId};

/// A list of this many absences may not be the whole one: Optedo documents no pages for it.
pub const FULL_LIST: usize = 100;

/// A user of Optedo. Names are exactly as Optedo has them.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OptedoUser)]
pub struct User {
    pub id: UserId,
    pub first_name: String,
    pub last_name: String,
    /// Inactive users do not count in matching.
    #[serde(skip)]
    pub active: bool,
}

impl User {
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

/// An absence type ("afwezigheidstype") of Optedo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AbsenceType {
    pub id: AbsenceTypeId,
    /// What Officient's leave types are mapped to.
    pub description: String,
}

/// Wall clock, without a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    pub start: DateTime,
    /// Exclusive, after the start.
    pub end: DateTime,
    /// From midnight to midnight.
    pub all_day: bool,
}

/// Every `externalReference` of ours begins with this.
pub const REFERENCE_PREFIX: &str = "officient:";

/// An absence without its id: what is written, and in JSON as Optedo documents it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewAbsence {
    pub user_id: UserId,
    pub absence_type_id: AbsenceTypeId,
    /// Wall clock, without a zone.
    pub start: DateTime,
    /// Exclusive, after the start.
    pub end: DateTime,
    /// From midnight to midnight.
    pub all_day: bool,
    /// Set by the writer, kept as is; ours is `officient:{company_id}:{event_id}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_reference: Option<String>,
}

impl NewAbsence {
    /// Whether `shown`, as Optedo shows it, is this absence. A response may leave the reference out.
    pub fn is_shown_by(&self, shown: &Self) -> bool {
        let external_reference = shown.external_reference.clone().or_else(|| self.external_reference.clone());
        Self { external_reference, ..shown.clone() } == *self
    }
}

/// An absence that Optedo has.
#[derive(Clone, PartialEq, Eq)]
pub struct Absence {
    pub id: AbsenceId,
    pub content: NewAbsence,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn an_absence_is_shown_by_what_has_its_values_with_or_without_its_reference() {
        let start = date(2026, 4, 3).at(9, 0, 0, 0);
        let absence = NewAbsence {
            user_id: UserId(7),
            absence_type_id: AbsenceTypeId(3),
            start,
            end: start.with().hour(13).build().unwrap(),
            all_day: false,
            external_reference: Some("officient:1:5".to_owned()),
        };
        let with_reference = |reference: Option<&str>| NewAbsence {
            external_reference: reference.map(str::to_owned),
            ..absence.clone()
        };
        assert!(absence.is_shown_by(&absence));
        assert!(absence.is_shown_by(&with_reference(None)));
        assert!(!absence.is_shown_by(&with_reference(Some("officient:1:6"))));
        assert!(!absence.is_shown_by(&NewAbsence { user_id: UserId(8), ..absence.clone() }));
    }
}

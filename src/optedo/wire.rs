//! Optedo's JSON (docs/optedo-api.yaml) as it is received: read leniently.

use jiff::civil::{DateTime, Time};
use jiff::{RoundMode, Timestamp, Unit};
use serde::Deserialize;
use serde_json::Value;

use crate::domain::absence::{self, REFERENCE_PREFIX};
use crate::domain::ids::{AbsenceId, AbsenceTypeId, UserId};
use crate::loose_json::{FromLoose, Id, Loose};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    id: Id,
    first_name: String,
    last_name: String,
    active: Loose<bool>,
}

impl From<User> for absence::User {
    fn from(User { id, first_name, last_name, active }: User) -> Self {
        // A user whose state is not understood is not written to.
        let active = active.optional(()).is_ok_and(|active| active.unwrap_or(true));
        Self { id: UserId(id.0), first_name, last_name, active }
    }
}

#[derive(Deserialize)]
pub(super) struct AbsenceType {
    id: Id,
    description: String,
}

impl From<AbsenceType> for absence::AbsenceType {
    fn from(AbsenceType { id, description }: AbsenceType) -> Self {
        Self { id: AbsenceTypeId(id.0), description }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names of the contract")]
pub(super) struct Absence {
    id: Loose<i64>,
    user_id: Loose<i64>,
    absence_type_id: Loose<i64>,
    start: Loose<WallClock>,
    end: Loose<WallClock>,
    all_day: Loose<bool>,
    external_reference: Loose<String>,
}

impl Absence {
    /// Whether it carries a reference of ours, or one that is not understood.
    pub(super) fn may_be_ours(&self) -> bool {
        match &self.external_reference {
            Loose::Is(reference) => reference.starts_with(REFERENCE_PREFIX),
            Loose::NotUnderstood => true,
            Loose::Absent => false,
        }
    }

    /// Or the name of the first field that is not understood.
    pub(super) fn understood(self) -> Result<absence::Absence, &'static str> {
        let id = AbsenceId(self.id.known().ok_or("id")?);
        let start = self.start.known().ok_or("start")?.0;
        let end = self.end.known().ok_or("end")?.0;
        let is_from_midnight_to_midnight = [start, end].iter().all(|time| time.time() == Time::midnight());
        let content = absence::NewAbsence {
            user_id: UserId(self.user_id.known().ok_or("userId")?),
            absence_type_id: AbsenceTypeId(self.absence_type_id.known().ok_or("absenceTypeId")?),
            start,
            end,
            all_day: self.all_day.optional("allDay")?.unwrap_or(is_from_midnight_to_midnight),
            external_reference: self.external_reference.optional("externalReference")?,
        };
        Ok(absence::Absence { id, content })
    }
}

/// A wall-clock time. Seconds are kept, fractions of a second are not, and an offset or `Z` behind it is ignored:
/// Optedo's times have no zone.
struct WallClock(DateTime);

impl FromLoose for WallClock {
    fn from_loose(value: &Value) -> Option<Self> {
        let text = value.as_str()?.trim();
        // `Z` says UTC; jiff reads a time with it only as an instant.
        let utc = || Some(text.parse::<Timestamp>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).datetime());
        let time = if text.ends_with(['Z', 'z']) { utc()? } else { text.parse().ok()? };
        let to_second = jiff::civil::DateTimeRound::new().smallest(Unit::Second).mode(RoundMode::Trunc);
        time.round(to_second).ok().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_with_seconds_fraction_offset_or_zone_are_the_wall_clock() {
        let nine: DateTime = "2026-04-03T09:00:00".parse().unwrap();
        for text in [
            "2026-04-03T09:00",
            "2026-04-03T09:00:00",
            "2026-04-03 09:00:00",
            "2026-04-03T09:00:00.000",
            "2026-04-03T09:00:00Z",
            "2026-04-03T09:00:00.000Z",
            "2026-04-03T09:00:00+02:00",
        ] {
            assert_eq!(WallClock::from_loose(&json!(text)).unwrap().0, nine, "{text}");
        }
        for value in [json!("tomorrow"), json!(9), json!("2026-04-03T25:00:00")] {
            assert!(WallClock::from_loose(&value).is_none(), "{value}");
        }
    }
}

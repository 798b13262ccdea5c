//! Optedo's JSON (docs/optedo-api.yaml) as it is received: read leniently.

use jiff::civil::{DateTime, Time};
use jiff::{RoundMode, Timestamp, Unit};
use serde::Deserialize;
use serde_json::Value;

use crate::domain::absence;
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
    id: Id,
    user_id: Id,
    absence_type_id: Id,
    #[serde(deserialize_with = "Loose::deserialize")]
    start: Loose<WallClock>,
    #[serde(deserialize_with = "Loose::deserialize")]
    end: Loose<WallClock>,
    all_day: Loose<bool>,
    external_reference: Loose<String>,
}

impl Absence {
    /// `None`: a value is not understood.
    pub(super) fn understood(self) -> Option<absence::Absence> {
        let (start, end) = (self.start.known()?.0, self.end.known()?.0);
        let is_from_midnight_to_midnight = [start, end].iter().all(|time| time.time() == Time::midnight());
        let content = absence::NewAbsence {
            user_id: UserId(self.user_id.0),
            absence_type_id: AbsenceTypeId(self.absence_type_id.0),
            start,
            end,
            all_day: self.all_day.optional(()).ok()?.unwrap_or(is_from_midnight_to_midnight),
            external_reference: self.external_reference.optional(()).ok()?,
        };
        Some(absence::Absence { id: AbsenceId(self.id.0), content })
    }
}

/// A wall-clock time. Seconds are kept, fractions of a second are not, and an offset or `Z` behind it is ignored: Optedo's
/// times have no zone.
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

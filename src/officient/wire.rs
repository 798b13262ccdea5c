//! Officient's JSON as it is sent: loose in its types, and never trusted to be complete.
//!
//! What is essential (an id, a list of events) is required: without it an entry of a list is not understood, and a
//! response is an error, never "no leave". The person detail holds the national number, birth date, IBAN and address:
//! the parser takes the names, and no field for anything else exists.

use jiff::civil::Date;
use serde::Deserialize;

use crate::loose_json::{Entries, Id, Loose, Minutes, flag, text};

/// Every response but a search result: `{"data": …}`.
#[derive(Deserialize)]
pub(super) struct Envelope<T> {
    pub(super) data: T,
}

#[derive(Deserialize)]
pub(super) struct PeoplePage {
    pub(super) data: Entries<ListedPerson>,
    pub(super) total_record_count: Loose<i64>,
}

#[derive(Deserialize)]
pub(super) struct ListedPerson {
    pub(super) id: Id,
    pub(super) name: Loose<String>,
    pub(super) archived: Loose<bool>,
    pub(super) deleted: Loose<bool>,
}

#[derive(Deserialize)]
pub(super) struct PersonDetail {
    pub(super) id: Id,
    #[serde(deserialize_with = "text")]
    pub(super) first_name: String,
    #[serde(deserialize_with = "text")]
    pub(super) last_name: String,
    #[serde(default, deserialize_with = "flag")]
    pub(super) deleted: bool,
    #[serde(default, deserialize_with = "flag")]
    pub(super) archived: bool,
    #[serde(default, deserialize_with = "name_parts")]
    pub(super) name_parts: NameParts,
}

/// The parts of a Dutch name.
#[derive(Default, Deserialize)]
pub(super) struct NameParts {
    /// For example "van den".
    pub(super) insertion: Loose<String>,
}

#[derive(Deserialize)]
pub(super) struct Calendar {
    pub(super) time_off: Entries<Day>,
}

#[derive(Deserialize)]
pub(super) struct Day {
    pub(super) date: Loose<Date>,
    pub(super) scheduled_minutes: Loose<Minutes>,
    pub(super) events: Entries<Event>,
}

#[derive(Deserialize)]
pub(super) struct Event {
    pub(super) id: Id,
    pub(super) name: Loose<String>,
    #[serde(rename = "event_type")]
    pub(super) leave_type: Loose<String>,
    pub(super) custom_day_off_type_id: Loose<i64>,
    pub(super) date: Loose<Date>,
    pub(super) duration_minutes: Loose<Minutes>,
    pub(super) start_time_minutes: Loose<Minutes>,
    #[serde(rename = "type")]
    pub(super) category: Loose<String>,
    pub(super) working: Loose<bool>,
    pub(super) status: Loose<String>,
}

#[derive(Deserialize)]
pub(super) struct LeaveType {
    pub(super) id: Id,
    pub(super) name: Loose<String>,
    #[serde(default)]
    pub(super) integrations: serde_json::Value,
}

#[derive(Deserialize)]
pub(super) struct Integration {
    pub(super) app: Loose<String>,
    pub(super) code: Loose<String>,
}

#[derive(Deserialize)]
pub(super) struct ListedRequest {
    pub(super) id: Id,
    pub(super) requester: Reference,
}

#[derive(Deserialize)]
pub(super) struct RequestDetail {
    pub(super) requester: Reference,
}

/// What is known only by its id here.
#[derive(Deserialize)]
pub(super) struct Reference {
    pub(super) id: Id,
}

#[derive(Deserialize)]
pub(super) struct Account {
    pub(super) company_id: Id,
    pub(super) company_name: Loose<String>,
    pub(super) subdomain: Loose<String>,
}

#[derive(Deserialize)]
pub(super) struct Subscription {
    pub(super) id: Id,
    pub(super) event: Loose<String>,
    pub(super) target_url: Loose<String>,
}

#[derive(Deserialize)]
pub(super) struct Tokens {
    pub(super) access_token: String,
    /// Seconds.
    pub(super) expires_in: Loose<i64>,
    pub(super) refresh_token: Loose<String>,
}

/// Name parts in another form than documented are no name parts: only the hint about a name depends on them.
fn name_parts<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<NameParts, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(NameParts::deserialize(value).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::loose_json::Object;

    fn event(value: Value) -> Event {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn numbers_texts_empty_null_and_missing_are_all_understood() {
        let loose = event(
            json!({"id": "123", "custom_day_off_type_id": "80", "duration_minutes": "228", "start_time_minutes": "", "working": "0", "new": {"field": []}}),
        );
        let strict = event(
            json!({"id": 123, "custom_day_off_type_id": 80, "duration_minutes": 228, "start_time_minutes": null, "working": 0}),
        );
        for event in [loose, strict] {
            assert_eq!((event.id.0, event.custom_day_off_type_id), (123, Loose::Is(80)));
            assert_eq!(event.duration_minutes, Loose::Is(Minutes(228)));
            assert_eq!(event.start_time_minutes, Loose::Absent);
            assert_eq!(event.working, Loose::Is(false));
            assert_eq!(event.status, Loose::Absent);
        }
    }

    #[test]
    fn an_odd_value_costs_only_its_field() {
        let odd = event(json!({"id": 1, "name": ["Verlof"], "working": "maybe", "status": 7, "type": {}}));
        assert_eq!((odd.name, odd.working), (Loose::NotUnderstood, Loose::NotUnderstood));
        assert_eq!((odd.status, odd.category), (Loose::Is("7".to_owned()), Loose::NotUnderstood));
    }

    fn calendar(value: Value) -> Result<Calendar, serde_json::Error> {
        let Object(Envelope { data: Object(calendar) }) = serde_json::from_value(value)?;
        Ok(calendar)
    }

    #[test]
    fn an_answer_without_its_essential_parts_is_an_error_and_never_no_leave() {
        for wrong in [
            json!({}),
            json!({"data": null}),
            json!({"data": []}),
            json!({"data": {}}),
            json!({"data": {"time_off": null}}),
            json!({"data": {"time_off": [{"date": "2026-04-03"}]}}),
            json!({"data": [[]]}),
            json!([{"time_off": []}]),
            json!([[[]]]),
            json!({"data": {"time_off": [["2026-04-03", 456, []]]}}),
            json!({"data": {"time_off": [{"date": "2026-04-03", "events": [[7]]}]}}),
            json!({"data": {"time_off": [{"date": "2026-04-03", "events": [{"name": "Verlof"}]}]}}),
            json!({"data": {"time_off": [{"date": "2026-04-03", "events": [{"id": ""}]}]}}),
        ] {
            assert!(calendar(wrong.clone()).is_err(), "{wrong}");
        }
        let empty = json!({"data": {"time_off": [], "company_days_off": []}});
        assert!(calendar(empty).unwrap().time_off.items.is_empty());
    }

    #[test]
    fn a_person_without_names_in_the_answer_is_an_error_but_an_empty_name_is_a_name() {
        assert!(serde_json::from_value::<PersonDetail>(json!({"id": 264, "name": "Walter White"})).is_err());
        let person: PersonDetail =
            serde_json::from_value(json!({"id": "264", "first_name": "Walter ", "last_name": null, "name_parts": []}))
                .unwrap();
        assert_eq!((person.first_name.as_str(), person.last_name.as_str()), ("Walter ", ""));
    }
}

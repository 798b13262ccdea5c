//! Officient's JSON as it is sent: loose in its types, and never trusted to be complete.
//!
//! "Types are loose: ids come as numbers or as strings, absent values as `""`, `null` or missing, booleans as `0`/`1`.
//! Unknown fields appear at any time." What is essential (an id, a list of events) is required here: without it the
//! response is an error, never "no leave". The person detail holds the national number, birth date, IBAN and address:
//! the parser takes two names, and no field for anything else exists.

use std::marker::PhantomData;

use jiff::civil::Date;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An object, and nothing else: serde also takes a list for an object, by the order of its fields, and `[[]]` is no
/// calendar without leave.
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(Fields(PhantomData))
    }
}

/// Every response but a search result: `{"data": …}`.
#[derive(Deserialize)]
pub(super) struct Envelope<T> {
    pub(super) data: T,
}

#[derive(Deserialize)]
pub(super) struct PeoplePage {
    pub(super) data: Vec<Object<ListedPerson>>,
    #[serde(default, deserialize_with = "integer")]
    pub(super) total_record_count: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct ListedPerson {
    #[serde(deserialize_with = "id")]
    pub(super) id: i64,
    #[serde(default, deserialize_with = "text")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "boolean")]
    pub(super) archived: bool,
    #[serde(default, deserialize_with = "boolean")]
    pub(super) deleted: bool,
}

#[derive(Deserialize)]
pub(super) struct PersonDetail {
    #[serde(deserialize_with = "id")]
    pub(super) id: i64,
    #[serde(deserialize_with = "text")]
    pub(super) first_name: String,
    #[serde(deserialize_with = "text")]
    pub(super) last_name: String,
    #[serde(default, deserialize_with = "boolean")]
    pub(super) deleted: bool,
    #[serde(default, deserialize_with = "boolean")]
    pub(super) archived: bool,
}

#[derive(Deserialize)]
pub(super) struct Calendar {
    pub(super) time_off: Vec<Object<Day>>,
}

#[derive(Deserialize)]
pub(super) struct Day {
    #[serde(default, deserialize_with = "date")]
    pub(super) date: Option<Date>,
    #[serde(default, deserialize_with = "integer")]
    pub(super) scheduled_minutes: Option<i64>,
    pub(super) events: Vec<Object<Event>>,
}

#[derive(Deserialize)]
pub(super) struct Event {
    #[serde(deserialize_with = "id")]
    pub(super) id: i64,
    #[serde(default, deserialize_with = "text")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "text", rename = "event_type")]
    pub(super) leave_type: String,
    #[serde(default, deserialize_with = "integer_or_none")]
    pub(super) custom_day_off_type_id: Option<i64>,
    #[serde(default, deserialize_with = "date")]
    pub(super) date: Option<Date>,
    #[serde(default, deserialize_with = "integer_or_none")]
    pub(super) duration_minutes: Option<i64>,
    #[serde(default, deserialize_with = "integer_or_none")]
    pub(super) start_time_minutes: Option<i64>,
    #[serde(default, deserialize_with = "text", rename = "type")]
    pub(super) category: String,
    #[serde(default, deserialize_with = "boolean")]
    pub(super) working: bool,
    #[serde(default, deserialize_with = "text")]
    pub(super) status: String,
}

#[derive(Deserialize)]
pub(super) struct LeaveType {
    #[serde(deserialize_with = "id")]
    pub(super) id: i64,
    #[serde(default, deserialize_with = "text")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "list")]
    pub(super) integrations: Vec<Integration>,
}

#[derive(Deserialize)]
pub(super) struct Integration {
    #[serde(default, deserialize_with = "text")]
    pub(super) app: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) code: String,
}

#[derive(Deserialize)]
pub(super) struct ListedRequest {
    #[serde(deserialize_with = "id")]
    pub(super) id: i64,
    pub(super) requester: Object<Requester>,
}

#[derive(Deserialize)]
pub(super) struct RequestDetail {
    pub(super) requester: Object<Requester>,
}

#[derive(Deserialize)]
pub(super) struct Requester {
    #[serde(deserialize_with = "id")]
    pub(super) id: i64,
}

#[derive(Deserialize)]
pub(super) struct Account {
    #[serde(deserialize_with = "id")]
    pub(super) company_id: i64,
    #[serde(default, deserialize_with = "text")]
    pub(super) company_name: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) subdomain: String,
}

#[derive(Deserialize)]
pub(super) struct Subscription {
    #[serde(deserialize_with = "id")]
    pub(super) id: i64,
    #[serde(default, deserialize_with = "text")]
    pub(super) event: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) target_url: String,
}

#[derive(Deserialize)]
pub(super) struct AddedSubscription {
    #[serde(deserialize_with = "id")]
    pub(super) id: i64,
}

#[derive(Serialize)]
pub(super) struct NewSubscription<'a> {
    pub(super) target_url: &'a str,
    pub(super) event: &'a str,
}

#[derive(Deserialize)]
pub(super) struct Tokens {
    pub(super) access_token: String,
    /// Seconds.
    #[serde(default, deserialize_with = "integer")]
    pub(super) expires_in: Option<i64>,
    #[serde(default, deserialize_with = "text")]
    pub(super) refresh_token: String,
}

/// A whole number as number or text; `""`, `null` and missing are `None`.
fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let number = match Value::deserialize(deserializer)? {
        Value::Null => return Ok(None),
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => match text.trim() {
            "" => return Ok(None),
            text => text.parse().ok().or_else(|| whole(text.parse().ok()?)),
        },
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    number.map(Some).ok_or_else(|| D::Error::custom("expected a whole number"))
}

/// Like [`integer`], but what is no whole number is `None`: one odd event must not hide the rest of the calendar.
fn integer_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(integer(value).unwrap_or_default())
}

/// 456.0 is 456; 456.5 is nothing.
fn whole(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "whole and within the range that f64 holds exactly")]
    (number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0).then_some(number as i64)
}

/// An id: a whole number that is there.
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    integer(deserializer)?.ok_or_else(|| D::Error::custom("expected an id"))
}

/// A text; a number counts as its digits; `null` and missing are `""`.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err(D::Error::custom("expected a text")),
    }
}

/// `0`/`1`, `"0"`/`"1"`, `true`/`false`; absent is false.
fn boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let boolean = match Value::deserialize(deserializer)? {
        Value::Null => Some(false),
        Value::Bool(boolean) => Some(boolean),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "" | "0" | "false" | "no" => Some(false),
            "1" | "true" | "yes" => Some(true),
            _ => None,
        },
        Value::Array(_) | Value::Object(_) => None,
    };
    boolean.ok_or_else(|| D::Error::custom("expected true or false"))
}

/// A date; absent, or not a date: `None` (an event without one is reported as invalid, not dropped).
fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    // A time behind the date ("2026-04-03 00:00:00") is cut off.
    Ok(value.as_str().and_then(|text| text.get(..10)).and_then(|text| text.parse().ok()))
}

/// A list; `null`, `""` and missing are empty. For lists whose absence means nothing.
fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if value.is_null() || value == "" {
        return Ok(Vec::new());
    }
    serde_json::from_value(value).map_err(|_quotes_it| D::Error::custom("expected a list"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
            assert_eq!((event.id, event.custom_day_off_type_id), (123, Some(80)));
            assert_eq!((event.duration_minutes, event.start_time_minutes), (Some(228), None));
            assert!(!event.working);
            assert_eq!(event.status, "");
        }
        assert_eq!(event(json!({"id": 1, "duration_minutes": 456.0})).duration_minutes, Some(456));
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
            assert!(
                serde_json::from_value::<Object<Envelope<Object<Calendar>>>>(wrong.clone()).is_err(),
                "{wrong}"
            );
        }
        let empty = json!({"data": {"time_off": [], "company_days_off": []}});
        assert!(
            serde_json::from_value::<Object<Envelope<Object<Calendar>>>>(empty)
                .unwrap()
                .0
                .data
                .0
                .time_off
                .is_empty()
        );
    }

    #[test]
    fn a_person_without_names_in_the_answer_is_an_error_but_an_empty_name_is_a_name() {
        assert!(serde_json::from_value::<PersonDetail>(json!({"id": 264, "name": "Walter White"})).is_err());
        let person: PersonDetail =
            serde_json::from_value(json!({"id": "264", "first_name": "Walter ", "last_name": null})).unwrap();
        assert_eq!((person.first_name.as_str(), person.last_name.as_str()), ("Walter ", ""));
    }

    #[test]
    fn a_type_without_integrations_is_a_type() {
        for integrations in [json!(null), json!(""), json!([])] {
            let leave_type: LeaveType =
                serde_json::from_value(json!({"id": 80, "integrations": integrations})).unwrap();
            assert!(leave_type.integrations.is_empty());
        }
        let leave_type: LeaveType =
            serde_json::from_value(json!({"id": "80", "integrations": [{"app": "acerta", "code": 192}]}))
                .unwrap();
        assert_eq!(leave_type.integrations[0].code, "192");
    }
}

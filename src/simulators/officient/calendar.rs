//! A person's calendar as the API answers it: per day, loosely typed.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::{Map, Value, json};

use super::api::{COMMENT, bad_request, ok};
use super::state::{Event, EventKind, EventStatus, LeaveType, State, WORKING_DAY_MINUTES};
use crate::simulators::month::is_weekend;
use crate::simulators::server::{Answer, ApiCall};

/// A number as a number or as a string.
pub(super) fn loose(value: i64, as_text: bool) -> Value {
    if as_text { json!(value.to_string()) } else { json!(value) }
}

/// A number that may be absent, in one of the three ways of being absent.
pub(super) fn put_loose(fields: &mut Map<String, Value>, name: &str, value: Option<i64>, id: i64) {
    let value = match (value, id % 3) {
        (Some(value), _) => loose(value, id % 2 == 0),
        (None, 0) => json!(""),
        (None, 1) => Value::Null,
        (None, _) => return,
    };
    fields.insert(name.to_owned(), value);
}

/// The first and last day of `year`, `year/month` or `year/month/day`.
pub(super) fn period(segments: &[&str]) -> Option<(Date, Date)> {
    let numbers: Vec<i16> = segments.iter().map(|text| text.parse().ok()).collect::<Option<_>>()?;
    let small = |value: &i16| i8::try_from(*value).ok();
    match numbers.as_slice() {
        [year] if (1..=9998).contains(year) => Some((date(*year, 1, 1), date(*year, 12, 31))),
        [year, month] => {
            let first = Date::new(*year, small(month)?, 1).ok()?;
            Some((first, first.last_of_month()))
        }
        [year, month, day] => {
            let day = Date::new(*year, small(month)?, small(day)?).ok()?;
            Some((day, day))
        }
        _ => None,
    }
}

/// The name for programs, the name for people, the day.
pub(super) fn company_days_off(year: i16) -> [(&'static str, &'static str, Date); 7] {
    [
        ("NEW_YEAR", "Nieuwjaar", date(year, 1, 1)),
        ("LABOUR_DAY", "Dag van de arbeid", date(year, 5, 1)),
        ("NATIONAL_HOLIDAY", "Nationale feestdag", date(year, 7, 21)),
        ("ASSUMPTION_DAY", "O.L.V.-Hemelvaart", date(year, 8, 15)),
        ("ALL_SAINTS_DAY", "Allerheiligen", date(year, 11, 1)),
        ("ARMISTICE_DAY", "Wapenstilstand", date(year, 11, 11)),
        ("CHRISTMAS", "Kerstmis", date(year, 12, 25)),
    ]
}

pub(super) fn calendar(
    state: &State,
    person: Option<i64>,
    first: Date,
    last: Date,
    call: &ApiCall,
) -> Answer {
    let Some(person) = person.and_then(|id| state.person(id)).filter(|person| !person.deleted) else {
        return bad_request("Person not found or you have no access.");
    };
    let only_with_events = call.parameter("filter") == Some("days_with_events");
    let mut days = Vec::new();
    for day in first.series(1.day()).take_while(|day| *day <= last) {
        let on_day = |event: &&Event| event.person_id == person.id && event.leave.date == day;
        let events: Vec<&Event> = state.events.iter().filter(on_day).collect();
        if events.is_empty() && only_with_events {
            continue;
        }
        let usual = if is_weekend(day) { 0 } else { WORKING_DAY_MINUTES };
        let scheduled = events.iter().find_map(|event| event.leave.scheduled_minutes).unwrap_or(usual);
        let events: Vec<Value> = events.into_iter().map(|event| event_json(state, event)).collect();
        days.push(
            json!({"date": day, "scheduled_minutes": loose(scheduled, day.day() % 2 == 0), "events": events}),
        );
    }
    let off = company_days_off(first.year()).into_iter().filter(|(_, _, day)| (first..=last).contains(day));
    let off: Vec<Value> = off.map(|(name, _, day)| json!({"name": name, "date": day})).collect();
    ok(&json!({"data": {"time_off": days, "company_days_off": off}}))
}

fn event_json(state: &State, event: &Event) -> Value {
    let leave = &event.leave;
    let as_text = event.id % 2 == 0;
    let (event_type, custom) = match leave.leave_type {
        LeaveType::SickDay => ("sick_day", json!("")),
        LeaveType::Education => ("education", json!("")),
        LeaveType::Custom(id) => ("custom", loose(id, event.id % 3 != 0)),
    };
    let mut fields = Map::new();
    fields.insert("id".to_owned(), loose(event.id, as_text));
    fields.insert("name".to_owned(), json!(state.leave_type_name(leave.leave_type)));
    fields.insert("event_type".to_owned(), json!(event_type));
    fields.insert("custom_day_off_type_id".to_owned(), custom);
    fields.insert("date".to_owned(), json!(leave.date));
    put_loose(&mut fields, "duration_minutes", leave.duration_minutes, event.id);
    put_loose(&mut fields, "start_time_minutes", leave.start_time_minutes, event.id);
    let kind = match leave.kind {
        EventKind::TimeOff => "time_off",
        EventKind::Overtime => "overtime",
    };
    fields.insert("type".to_owned(), json!(kind));
    fields.insert("working".to_owned(), loose(i64::from(leave.working), as_text));
    let status = match leave.status {
        EventStatus::Approved => "approved",
        EventStatus::Pending => "pending",
    };
    fields.insert("status".to_owned(), json!(status));
    fields.insert("color".to_owned(), json!(if event_type == "custom" { "a24689" } else { "" }));
    fields.insert("has_attachment".to_owned(), json!(0));
    fields.insert("comment".to_owned(), json!(COMMENT));
    fields.extend(leave.raw.clone());
    Value::Object(fields)
}

//! A person's calendar as the API sends it: by day, with numbers that are sometimes text.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::{Map, Value, json};

use super::model::{Company, Event, EventCategory, EventStatus, LeaveType, Person, WORKING_DAY_MINUTES};
use crate::simulators::api::COMMENT;
use crate::simulators::dates::is_weekend;

pub(super) fn number_or_text(value: i64, as_text: bool) -> Value {
    if as_text { json!(value.to_string()) } else { json!(value) }
}

/// Adds a field. The id of its object decides how an unknown number is sent: as `""`, as `null` or not at all.
pub(super) fn put_optional_number(fields: &mut Map<String, Value>, name: &str, value: Option<i64>, id: i64) {
    let value = match (value, id % 3) {
        (Some(value), _) => number_or_text(value, id % 2 == 0),
        (None, 0) => json!(""),
        (None, 1) => Value::Null,
        (None, _) => return,
    };
    fields.insert(name.to_owned(), value);
}

/// Parses `year`, `year/month` or `year/month/day` into its first and last day.
pub(super) fn parse_period(segments: &[&str]) -> Option<(Date, Date)> {
    let numbers: Vec<i16> = segments.iter().map(|text| text.parse().ok()).collect::<Option<_>>()?;
    let month_or_day = |value: &i16| i8::try_from(*value).ok();
    match numbers.as_slice() {
        [year] if (1..=9998).contains(year) => Some((date(*year, 1, 1), date(*year, 12, 31))),
        [year, month] => {
            let first = Date::new(*year, month_or_day(month)?, 1).ok()?;
            Some((first, first.last_of_month()))
        }
        [year, month, day] => {
            let day = Date::new(*year, month_or_day(month)?, month_or_day(day)?).ok()?;
            Some((day, day))
        }
        _ => None,
    }
}

/// The name in the API, the name on the pages, and the date of each public holiday.
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

/// The calendar of a person from the first to the last day, both inclusive.
pub(super) fn calendar(
    company: &Company,
    person: &Person,
    first: Date,
    last: Date,
    only_days_with_events: bool,
) -> Value {
    let mut days = Vec::new();
    for day in first.series(1.day()).take_while(|day| *day <= last) {
        let is_on_day = |event: &&Event| event.person_id == person.id && event.leave.date == day;
        let events: Vec<&Event> = company.events.iter().filter(is_on_day).collect();
        if events.is_empty() && only_days_with_events {
            continue;
        }
        let default = if is_weekend(day) { 0 } else { WORKING_DAY_MINUTES };
        let scheduled = events.iter().find_map(|event| event.leave.scheduled_minutes).unwrap_or(default);
        let scheduled = number_or_text(scheduled, day.day() % 2 == 0);
        let events: Vec<Value> = events.into_iter().map(|event| event_json(company, event)).collect();
        days.push(json!({"date": day, "scheduled_minutes": scheduled, "events": events}));
    }
    let holidays = company_days_off(first.year()).into_iter();
    let holidays = holidays.filter(|(_, _, day)| (first..=last).contains(day));
    let holidays: Vec<Value> = holidays.map(|(name, _, day)| json!({"name": name, "date": day})).collect();
    json!({"data": {"time_off": days, "company_days_off": holidays}})
}

fn event_json(company: &Company, event: &Event) -> Value {
    let leave = &event.leave;
    let as_text = event.id % 2 == 0;
    let (event_type, custom_type_id) = match leave.leave_type {
        LeaveType::SickDay => ("sick_day", json!("")),
        LeaveType::Education => ("education", json!("")),
        LeaveType::Custom(id) => ("custom", number_or_text(id, event.id % 3 != 0)),
    };
    let mut fields = Map::new();
    fields.insert("id".to_owned(), number_or_text(event.id, as_text));
    fields.insert("name".to_owned(), json!(company.leave_type_name(leave.leave_type)));
    fields.insert("event_type".to_owned(), json!(event_type));
    fields.insert("custom_day_off_type_id".to_owned(), custom_type_id);
    fields.insert("date".to_owned(), json!(leave.date));
    put_optional_number(&mut fields, "duration_minutes", leave.duration_minutes, event.id);
    put_optional_number(&mut fields, "start_time_minutes", leave.start_time_minutes, event.id);
    let category = match leave.category {
        EventCategory::TimeOff => "time_off",
        EventCategory::Overtime => "overtime",
    };
    fields.insert("type".to_owned(), json!(category));
    fields.insert("working".to_owned(), number_or_text(i64::from(leave.working), as_text));
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

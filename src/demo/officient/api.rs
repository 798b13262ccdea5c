//! The calls under `/1.0`, oddities included: loose types, pages of 30, HTML for a path that does not exist.
//!
//! Only the token endpoint, webhooks and reading exist. Which shape a loose value takes depends on ids alone, so
//! that a test sees the same answer every time.

use http::{Method, StatusCode, header};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::{Map, Value, json};

use super::state::{
    Event, EventKind, EventStatus, LeaveRequest, LeaveType, Person, State, WORKING_DAY_MINUTES,
};
use super::{Inner, OfficientOptions};
use crate::demo::page;
use crate::demo::server::{Answer, ApiCall};

const PAGE: usize = 30;

/// Answers that carry one of these lead to a leak when one turns up in a log, a page or a database:
/// invented personal data that the person detail holds.
pub const CANARIES: [&str; 8] = [
    "85.07.30-033.28",
    "1985-07-30",
    "BE71096123456769",
    "Kanarievogelstraat",
    "wettelijk_samenwonend",
    "Mieke Kanarie",
    "+32470999888",
    "kanarie.prive@voorbeeld.example",
];

fn bad_request(reason: &str) -> Answer {
    Answer::json(
        StatusCode::BAD_REQUEST,
        &json!({"status_code": 400, "reason_phrase": reason}),
    )
}

fn ok(body: &Value) -> Answer {
    Answer::json(StatusCode::OK, body)
}

/// Answers one call; what is not known gets the web app's shell.
pub(super) fn answer(inner: &Inner, call: &ApiCall) -> Answer {
    let segments: Vec<&str> = call.path.split('/').skip(2).collect();
    let (get, post, delete) = (
        call.method == Method::GET,
        call.method == Method::POST,
        call.method == Method::DELETE,
    );
    let mut state = inner.state();
    if post && segments == ["token"] {
        return token(&inner.options, &mut state, call);
    }
    let authorized = state.tokens.accepts(call.bearer());
    let state = &mut *state;
    let found = match segments.as_slice() {
        ["account"] if get => account(&inner.options),
        ["people", "list"] if get => people(state, call),
        ["people", "search"] if get => search(state, call),
        ["people", id, "detail"] if get && number(id).is_some() => detail(state, number(id)),
        ["calendar", "events", "types", year] if get && number(year).is_some() => {
            leave_types(state, &inner.options)
        }
        ["calendar", "requests", "list"] if get => requests(state, call),
        ["calendar", "requests", id, "detail"] if get && number(id).is_some() => request(state, number(id)),
        ["calendar", person, days @ ..] if get && number(person).is_some() => match period(days) {
            Some((first, last)) => calendar(state, number(person), first, last, call),
            None => return shell(),
        },
        ["webhooks", "list"] if get => webhooks(state, call),
        ["webhooks", "add"] if post => {
            if !authorized {
                return unauthorized();
            }
            add_webhook(state, call)
        }
        ["webhooks", id] if delete && number(id).is_some() => {
            if !authorized {
                return unauthorized();
            }
            delete_webhook(state, number(id))
        }
        _ => return shell(),
    };
    if authorized { found } else { unauthorized() }
}

fn shell() -> Answer {
    Answer::html(StatusCode::OK, page::SHELL)
}

fn unauthorized() -> Answer {
    Answer::json(
        StatusCode::UNAUTHORIZED,
        &json!({"status_code": 401, "reason_phrase": "Unauthorized"}),
    )
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// A number as a number or as a string.
fn loose(value: i64, as_text: bool) -> Value {
    if as_text {
        json!(value.to_string())
    } else {
        json!(value)
    }
}

/// A number that may be absent, in one of the three ways of being absent.
fn put_loose(fields: &mut Map<String, Value>, name: &str, value: Option<i64>, id: i64) {
    let value = match (value, id % 3) {
        (Some(value), _) => loose(value, id % 2 == 0),
        (None, 0) => json!(""),
        (None, 1) => Value::Null,
        (None, _) => return,
    };
    fields.insert(name.to_owned(), value);
}

fn paged(call: &ApiCall, items: Vec<Value>) -> Vec<Value> {
    let page = call
        .parameter("page")
        .and_then(|page| page.parse::<usize>().ok())
        .unwrap_or_default();
    items
        .into_iter()
        .skip(page.saturating_mul(PAGE))
        .take(PAGE)
        .collect()
}

fn token(options: &OfficientOptions, state: &mut State, call: &ApiCall) -> Answer {
    let is_json = call
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/json"));
    let fields: Vec<(String, String)> = if is_json {
        let fields: Map<String, Value> = serde_json::from_slice(&call.body).unwrap_or_default();
        fields
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())))
            .collect()
    } else {
        url::form_urlencoded::parse(&call.body).into_owned().collect()
    };
    let field = |name: &str| {
        fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let refused = || bad_request("Bad Request");
    if field("client_id") != Some(options.client_id.as_str())
        || field("client_secret") != Some(options.client_secret.as_str())
    {
        return refused();
    }
    let with_refresh = match field("grant_type") {
        Some("authorization_code") => {
            // A code is used up by asking, also when the rest of the question is wrong.
            let Some(asked_with) = field("code").and_then(|code| state.tokens.codes.remove(code)) else {
                return refused();
            };
            if let (Some(given), Some(asked_with)) = (field("redirect_uri"), asked_with)
                && given != asked_with
            {
                return refused();
            }
            true
        }
        Some("refresh_token") => {
            let known = field("refresh_token").is_some_and(|token| state.tokens.refresh.contains(token));
            if !known || state.tokens.refuse_refresh {
                return refused();
            }
            !state.tokens.omit_refresh_token
        }
        _ => return refused(),
    };
    let (access, refresh) = state.tokens.issue(with_refresh);
    let mut body = Map::new();
    body.insert("access_token".to_owned(), json!(access));
    body.insert("expires_in".to_owned(), json!(state.tokens.lifetime.as_secs()));
    body.insert("token_type".to_owned(), json!("Bearer"));
    body.insert("scope".to_owned(), json!("admin"));
    if let Some(refresh) = refresh {
        body.insert("refresh_token".to_owned(), json!(refresh));
    }
    ok(&Value::Object(body))
}

fn account(options: &OfficientOptions) -> Answer {
    ok(&json!({"data": {
        "company_id": options.company_id, "company_name": options.company_name, "subdomain": options.subdomain,
    }}))
}

fn email(person: &Person) -> String {
    let part = |name: &str| {
        name.to_lowercase()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join("")
    };
    format!(
        "{}.{}@voorbeeld.example",
        part(&person.first_name),
        part(&person.last_name)
    )
}

fn people(state: &State, call: &ApiCall) -> Answer {
    let archived_too = call
        .parameter("include_archived")
        .is_some_and(|value| value == "1" || value == "true");
    let items: Vec<Value> = state
        .people
        .iter()
        .filter(|person| !person.deleted && (archived_too || !person.archived))
        .map(|person| {
            json!({
                "id": person.id, "name": person.name(), "email": email(person), "role_name": "Medewerker",
                "avatar": "", "archived": i64::from(person.archived), "manager": null,
            })
        })
        .collect();
    let total = items.len();
    ok(&json!({"data": paged(call, items), "total_record_count": total}))
}

fn search(state: &State, call: &ApiCall) -> Answer {
    let wanted = call.parameter("name").unwrap_or_default().to_lowercase();
    let found = state
        .people
        .iter()
        .filter(|person| person.name().to_lowercase().contains(&wanted));
    let items: Vec<Value> = found
        .map(|person| {
            json!({
                "id": person.id, "deleted": i64::from(person.deleted), "name": person.name(),
                "email": email(person), "national_number": CANARIES.first(), "matched_on": "name",
            })
        })
        .collect();
    ok(&Value::Array(items))
}

fn detail(state: &State, id: Option<i64>) -> Answer {
    let Some(person) = id.and_then(|id| state.person(id)) else {
        return bad_request("Person not found or you have no access.");
    };
    let as_text = person.id % 2 == 1;
    let [
        national_number,
        born,
        iban,
        street,
        civil_state,
        partner,
        mobile,
        private_email,
    ] = CANARIES;
    ok(&json!({"data": {
        "id": loose(person.id, as_text),
        "deleted": loose(i64::from(person.deleted), as_text),
        "name": person.name(),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "preferred_language_code": "nl",
        "email": email(person),
        "private_email": private_email,
        "mobile": mobile,
        "national_number": national_number,
        "date_of_birth": born,
        "birth_place": "",
        "gender": if as_text { Value::Null } else { json!("X") },
        "iban": iban,
        "civil_state": civil_state,
        "address": {"line_1": street, "number": "71", "zipcode": "2800", "city": "Mechelen", "country_code": "BE"},
        "family": {"partner_name": partner, "dependent_children": loose(2, as_text), "partner_has_income": 1},
        "diploma": "",
        "signature_version": 3,
    }}))
}

fn leave_types(state: &State, options: &OfficientOptions) -> Answer {
    let items: Vec<Value> = state
        .leave_types
        .iter()
        .map(|leave_type| {
            let mut integrations = vec![json!({"app": "acerta", "code": (leave_type.id + 112).to_string()})];
            if let Some(code) = &leave_type.code {
                integrations.insert(0, json!({"app": options.integration_app, "code": code}));
            }
            json!({
                "id": loose(leave_type.id, leave_type.id % 3 == 0), "name": leave_type.name,
                "alias": leave_type.name, "active": 1, "color": "a24689", "interpretation": "time_off",
                "integrations": integrations, "counter": null,
            })
        })
        .collect();
    ok(&json!({"data": items}))
}

/// The first and last day of `year`, `year/month` or `year/month/day`.
fn period(segments: &[&str]) -> Option<(Date, Date)> {
    let numbers: Vec<i16> = segments
        .iter()
        .map(|text| text.parse().ok())
        .collect::<Option<_>>()?;
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

fn company_days_off(year: i16) -> [(&'static str, Date); 7] {
    [
        ("NEW_YEAR", date(year, 1, 1)),
        ("LABOUR_DAY", date(year, 5, 1)),
        ("NATIONAL_HOLIDAY", date(year, 7, 21)),
        ("ASSUMPTION_DAY", date(year, 8, 15)),
        ("ALL_SAINTS_DAY", date(year, 11, 1)),
        ("ARMISTICE_DAY", date(year, 11, 11)),
        ("CHRISTMAS", date(year, 12, 25)),
    ]
}

fn calendar(state: &State, person: Option<i64>, first: Date, last: Date, call: &ApiCall) -> Answer {
    let Some(person) = person
        .and_then(|id| state.person(id))
        .filter(|person| !person.deleted)
    else {
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
        let usual = if page::is_weekend(day) {
            0
        } else {
            WORKING_DAY_MINUTES
        };
        let scheduled = events
            .iter()
            .find_map(|event| event.leave.scheduled_minutes)
            .unwrap_or(usual);
        let events: Vec<Value> = events.into_iter().map(|event| event_json(state, event)).collect();
        days.push(
            json!({"date": day, "scheduled_minutes": loose(scheduled, day.day() % 2 == 0), "events": events}),
        );
    }
    let off = company_days_off(first.year())
        .into_iter()
        .filter(|(_, day)| (first..=last).contains(day));
    let off: Vec<Value> = off
        .map(|(name, day)| json!({"name": name, "date": day}))
        .collect();
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
    put_loose(
        &mut fields,
        "start_time_minutes",
        leave.start_time_minutes,
        event.id,
    );
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
    fields.insert(
        "color".to_owned(),
        json!(if event_type == "custom" { "a24689" } else { "" }),
    );
    fields.insert("has_attachment".to_owned(), json!(0));
    fields.extend(leave.raw.clone());
    Value::Object(fields)
}

/// What became of one event of a request.
fn outcome(state: &State, event: &Event) -> &'static str {
    match state.event(event.id).map(|event| event.leave.status) {
        Some(EventStatus::Pending) => "pending",
        Some(EventStatus::Approved) => "accepted",
        None => "declined",
    }
}

fn request_status(state: &State, request: &LeaveRequest) -> &'static str {
    let pending = request
        .events
        .iter()
        .any(|event| outcome(state, event) == "pending");
    if pending { "pending" } else { "closed" }
}

fn requester(state: &State, request: &LeaveRequest) -> Value {
    let name = state.person(request.person_id).map(Person::name);
    json!({"id": loose(request.person_id, request.id % 2 == 0), "name": name.unwrap_or_default()})
}

fn requests(state: &State, call: &ApiCall) -> Answer {
    let wanted = call.parameter("status").unwrap_or("all");
    let newest_first = state.requests.iter().rev();
    let items: Vec<Value> = newest_first
        .map(|request| (request, request_status(state, request)))
        .filter(|(_, status)| wanted == "all" || wanted == *status)
        .map(|(request, status)| {
            json!({"id": request.id, "status": status, "requester": requester(state, request), "comment": ""})
        })
        .collect();
    ok(&json!({"data": paged(call, items)}))
}

fn request(state: &State, id: Option<i64>) -> Answer {
    let Some(request) = state.requests.iter().find(|request| Some(request.id) == id) else {
        return bad_request("Request not found or you have no access.");
    };
    let events: Vec<Value> = request
        .events
        .iter()
        .map(|asked| {
            let now = state.event(asked.id).unwrap_or(asked);
            let mut fields = Map::new();
            fields.insert("id".to_owned(), loose(now.id, now.id % 2 == 0));
            fields.insert("date".to_owned(), json!(now.leave.date));
            put_loose(&mut fields, "start_minutes", now.leave.start_time_minutes, now.id);
            put_loose(
                &mut fields,
                "duration_minutes",
                now.leave.duration_minutes,
                now.id,
            );
            fields.insert("outcome".to_owned(), json!(outcome(state, asked)));
            Value::Object(fields)
        })
        .collect();
    let (status, requester) = (request_status(state, request), requester(state, request));
    ok(&json!({"data": {"id": request.id, "status": status, "requester": requester, "events": events}}))
}

fn webhooks(state: &State, call: &ApiCall) -> Answer {
    let items = state.subscriptions.iter().map(|subscription| {
        json!({"id": subscription.id, "event": subscription.event, "target_url": subscription.target_url})
    });
    ok(&json!({"data": paged(call, items.collect())}))
}

fn add_webhook(state: &mut State, call: &ApiCall) -> Answer {
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let text = |name: &str| {
        body.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let (event, target_url) = (text("event"), text("target_url"));
    let is_web = url::Url::parse(&target_url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if !is_web || !state.knows_event_name(&event) {
        return bad_request("Bad Request");
    }
    let id = state.add_subscription(&event, &target_url);
    ok(&json!({"data": {"id": id.to_string()}}))
}

fn delete_webhook(state: &mut State, id: Option<i64>) -> Answer {
    let Some(at) = state
        .subscriptions
        .iter()
        .position(|subscription| Some(subscription.id) == id)
    else {
        return Answer::json(StatusCode::BAD_REQUEST, &json!({}));
    };
    state.subscriptions.remove(at);
    ok(&json!({}))
}

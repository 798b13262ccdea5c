//! The calls under `/1.0`, oddities included: loose types, pages of 30, HTML for a path that does not exist.
//!
//! Only the token endpoint, webhooks and reading exist. Which shape a loose value takes depends on ids alone, so
//! that a test sees the same answer every time.

use http::{Method, StatusCode, header};
use serde_json::{Map, Value, json};

use super::calendar::{calendar, loose, period, put_loose};
use super::state::{Event, EventStatus, LeaveRequest, Person, State};
use super::{Inner, OfficientOptions};
use crate::simulators::page;
use crate::simulators::server::{Answer, ApiCall};

const PAGE: usize = 30;

/// Answers that carry one of these lead to a leak when one turns up in a log, a page or a database:
/// invented personal data of the person detail and of every other answer, Optedo's too.
pub const CANARIES: [&str; 11] = [
    "85.07.30-033.28",
    "1985-07-30",
    "BE71096123456769",
    "Kanarievogelstraat",
    "wettelijk_samenwonend",
    "Mieke Kanarie",
    "+32470999888",
    "kanarie.prive@voorbeeld.example",
    "Kanariereden: een operatie",
    "+32470999777",
    "BE0999888777",
];

/// What somebody wrote about leave.
pub(in crate::demo) const COMMENT: &str = CANARIES[8];
/// How to reach somebody.
pub(in crate::demo) const PHONE: &str = CANARIES[9];
const VAT_NUMBER: &str = CANARIES[10];

pub(super) fn bad_request(reason: &str) -> Answer {
    Answer::json(StatusCode::BAD_REQUEST, &json!({"status_code": 400, "reason_phrase": reason}))
}

pub(super) fn ok(body: &Value) -> Answer {
    Answer::json(StatusCode::OK, body)
}

/// Answers one call; what is not known gets the web app's shell.
pub(super) fn answer(inner: &Inner, call: &ApiCall) -> Answer {
    let segments: Vec<&str> = call.path.split('/').skip(2).collect();
    let (get, post, delete) =
        (call.method == Method::GET, call.method == Method::POST, call.method == Method::DELETE);
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
    Answer::json(StatusCode::UNAUTHORIZED, &json!({"status_code": 401, "reason_phrase": "Unauthorized"}))
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok()
}

fn paged(call: &ApiCall, items: Vec<Value>) -> Vec<Value> {
    let page = call.parameter("page").and_then(|page| page.parse::<usize>().ok()).unwrap_or_default();
    items.into_iter().skip(page.saturating_mul(PAGE)).take(PAGE).collect()
}

fn token(options: &OfficientOptions, state: &mut State, call: &ApiCall) -> Answer {
    let is_json = call
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/json"));
    let fields: Vec<(String, String)> = if is_json {
        let fields: Map<String, Value> = serde_json::from_slice(&call.body).unwrap_or_default();
        fields.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect()
    } else {
        url::form_urlencoded::parse(&call.body).into_owned().collect()
    };
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
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
        "vat_number": VAT_NUMBER,
    }}))
}

fn email(person: &Person) -> String {
    let part = |name: &str| name.to_lowercase().split_whitespace().collect::<Vec<_>>().join("");
    format!("{}.{}@voorbeeld.example", part(&person.first_name), part(&person.last_name))
}

fn people(state: &State, call: &ApiCall) -> Answer {
    let archived_too =
        call.parameter("include_archived").is_some_and(|value| value == "1" || value == "true");
    let items: Vec<Value> = state
        .people
        .iter()
        .filter(|person| !person.deleted && (archived_too || !person.archived))
        .map(|person| {
            json!({
                "id": person.id, "name": person.name(), "email": email(person), "role_name": "Medewerker",
                "avatar": "", "phone": PHONE, "archived": i64::from(person.archived), "manager": null,
            })
        })
        .collect();
    let total = items.len();
    ok(&json!({"data": paged(call, items), "total_record_count": total}))
}

fn search(state: &State, call: &ApiCall) -> Answer {
    let wanted = call.parameter("name").unwrap_or_default().to_lowercase();
    let found = state.people.iter().filter(|person| person.name().to_lowercase().contains(&wanted));
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
    let [national_number, born, iban, street, civil_state, partner, mobile, private_email, ..] = CANARIES;
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

/// What became of one event of a request.
pub(super) fn outcome(state: &State, event: &Event) -> &'static str {
    match state.event(event.id).map(|event| event.leave.status) {
        Some(EventStatus::Pending) => "pending",
        Some(EventStatus::Approved) => "accepted",
        None => "declined",
    }
}

pub(super) fn request_status(state: &State, request: &LeaveRequest) -> &'static str {
    let pending = request.events.iter().any(|event| outcome(state, event) == "pending");
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
            json!({"id": request.id, "status": status, "requester": requester(state, request), "comment": COMMENT})
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
            put_loose(&mut fields, "duration_minutes", now.leave.duration_minutes, now.id);
            fields.insert("outcome".to_owned(), json!(outcome(state, asked)));
            fields.insert("reason".to_owned(), json!(COMMENT));
            Value::Object(fields)
        })
        .collect();
    let (status, requester) = (request_status(state, request), requester(state, request));
    let id = request.id;
    ok(&json!({"data": {
        "id": id, "status": status, "requester": requester, "comment": COMMENT, "events": events,
    }}))
}

fn webhooks(state: &State, call: &ApiCall) -> Answer {
    let items = state.subscriptions.iter().map(|subscription| {
        json!({"id": subscription.id, "event": subscription.event, "target_url": subscription.target_url})
    });
    ok(&json!({"data": paged(call, items.collect())}))
}

fn add_webhook(state: &mut State, call: &ApiCall) -> Answer {
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (event, target_url) = (text("event"), text("target_url"));
    let is_web = url::Url::parse(&target_url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if !is_web || !state.knows_event_name(&event) {
        return bad_request("Bad Request");
    }
    let id = state.add_subscription(&event, &target_url);
    ok(&json!({"data": {"id": id.to_string()}}))
}

fn delete_webhook(state: &mut State, id: Option<i64>) -> Answer {
    let Some(at) = state.subscriptions.iter().position(|subscription| Some(subscription.id) == id) else {
        return Answer::json(StatusCode::BAD_REQUEST, &json!({}));
    };
    state.subscriptions.remove(at);
    ok(&json!({}))
}

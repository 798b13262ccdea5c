//! The API under `/1.0`, with its oddities: numbers that are sometimes text, pages of 30, HTML for an unknown path.
//!
//! It has the token endpoint, the webhook subscriptions and reading; nothing else can be written. Whether a number is
//! sent as text depends on ids only, so that a test gets the same response every time.

use http::{Method, StatusCode, header};
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::access::TokenEncoding;
use super::calendar::{calendar, number_or_text, parse_period, put_optional_number};
use super::model::{Company, Event, LeaveRequest, Outcome, Person};
use super::sim::{CLIENT_ID, CLIENT_SECRET, OfficientOptions, OfficientSim};
use crate::simulators::api::{ApiRequest, ApiResponse, CANARIES, COMMENT, PHONE, VAT_NUMBER};
use crate::simulators::page::is_web_address;

const ROWS_PER_PAGE: usize = 30;
const NO_SUCH_PERSON: &str = "Person not found or you have no access.";

/// The `app` of our entry in a leave type's `integrations`.
const INTEGRATION_APP: &str = "optedo";

pub(super) fn respond(sim: &OfficientSim, request: &ApiRequest) -> ApiResponse {
    let segments: Vec<&str> = request.path.split('/').skip(2).collect();
    let company = &mut *sim.company();
    if request.method == Method::POST && segments == ["token"] {
        return token(company, request);
    }
    let Some(endpoint) = Endpoint::parse(&request.method, &segments) else {
        return ApiResponse::web_app_shell();
    };
    if !company.tokens.accepts(request.bearer_token()) {
        let body = json!({"status_code": 401, "reason_phrase": "Unauthorized"});
        return ApiResponse::json(StatusCode::UNAUTHORIZED, &body);
    }
    endpoint.respond(company, sim.options(), request)
}

/// What a call asks for, from its method and path.
enum Endpoint {
    Account,
    People,
    PersonSearch,
    Person(i64),
    Calendar(i64, (Date, Date)),
    LeaveTypes(i64),
    Requests,
    Request(i64),
    Subscriptions,
    AddSubscription,
    DeleteSubscription(i64),
}

impl Endpoint {
    fn parse(method: &Method, segments: &[&str]) -> Option<Self> {
        let number = |text: &str| text.parse::<i64>().ok();
        Some(match (method.as_str(), segments) {
            ("GET", ["account"]) => Self::Account,
            ("GET", ["people", "list"]) => Self::People,
            ("GET", ["people", "search"]) => Self::PersonSearch,
            ("GET", ["people", id, "detail"]) => Self::Person(number(id)?),
            ("GET", ["calendar", "events", "types", year]) => number(year).map(Self::LeaveTypes)?,
            ("GET", ["calendar", "requests", "list"]) => Self::Requests,
            ("GET", ["calendar", "requests", id, "detail"]) => Self::Request(number(id)?),
            ("GET", ["calendar", person, period @ ..]) => Self::Calendar(number(person)?, parse_period(period)?),
            ("GET", ["webhooks", "list"]) => Self::Subscriptions,
            ("POST", ["webhooks", "add"]) => Self::AddSubscription,
            ("DELETE", ["webhooks", id]) => Self::DeleteSubscription(number(id)?),
            _ => return None,
        })
    }

    fn respond(self, company: &mut Company, options: &OfficientOptions, request: &ApiRequest) -> ApiResponse {
        match self {
            Self::Account => account(options),
            Self::People => people(company, request),
            Self::PersonSearch => search(company, request),
            Self::Person(id) => person(company, id),
            Self::Calendar(person_id, (first, last)) => {
                let Some(person) = company.person(person_id).filter(|person| !person.deleted) else {
                    return bad_request(NO_SUCH_PERSON);
                };
                let only_days_with_events = request.parameter("filter") == Some("days_with_events");
                ApiResponse::ok(&calendar(company, person, first, last, only_days_with_events))
            }
            Self::LeaveTypes(year) => leave_types(company, year),
            Self::Requests => requests(company, request),
            Self::Request(id) => leave_request(company, id),
            Self::Subscriptions => subscriptions(company, request),
            Self::AddSubscription => add_subscription(company, request),
            Self::DeleteSubscription(id) => delete_subscription(company, id),
        }
    }
}

fn bad_request(reason: &str) -> ApiResponse {
    ApiResponse::json(StatusCode::BAD_REQUEST, &json!({"status_code": 400, "reason_phrase": reason}))
}

/// The page that the request asks for; pages count from 0.
fn page_of(request: &ApiRequest, items: Vec<Value>) -> Vec<Value> {
    let page = request.parameter("page").and_then(|page| page.parse::<usize>().ok()).unwrap_or_default();
    items.into_iter().skip(page.saturating_mul(ROWS_PER_PAGE)).take(ROWS_PER_PAGE).collect()
}

fn token(company: &mut Company, request: &ApiRequest) -> ApiResponse {
    let content_type = request.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_json = content_type.is_some_and(|value| value.starts_with("application/json"));
    let encoding = if is_json { TokenEncoding::Json } else { TokenEncoding::Form };
    if let Some((only, status)) = company.tokens.only_encoding
        && only != encoding
    {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        return ApiResponse::json(status, &json!({}));
    }
    let fields = token_fields(request, encoding);
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    if field("client_id") != Some(CLIENT_ID) || field("client_secret") != Some(CLIENT_SECRET) {
        return bad_request("Bad Request");
    }
    let tokens = &mut company.tokens;
    let grant_type = field("grant_type");
    let is_granted = match grant_type {
        Some("authorization_code") => field("code").is_some_and(|code| tokens.use_code(code, field("redirect_uri"))),
        Some("refresh_token") => {
            !tokens.refuses_refresh && field("refresh_token").is_some_and(|token| tokens.refresh.contains(token))
        }
        _ => false,
    };
    if !is_granted {
        return bad_request("Bad Request");
    }
    let mut body = Map::new();
    body.insert("access_token".to_owned(), json!(tokens.issue_access_token()));
    body.insert("expires_in".to_owned(), json!(tokens.lifetime.as_secs()));
    body.insert("token_type".to_owned(), json!("Bearer"));
    body.insert("scope".to_owned(), json!("admin"));
    if grant_type == Some("authorization_code") || !tokens.omits_refresh_token {
        body.insert("refresh_token".to_owned(), json!(tokens.issue_refresh_token()));
    }
    ApiResponse::ok(&Value::Object(body))
}

fn token_fields(request: &ApiRequest, encoding: TokenEncoding) -> Vec<(String, String)> {
    match encoding {
        TokenEncoding::Json => {
            let fields: Map<String, Value> = serde_json::from_slice(&request.body).unwrap_or_default();
            fields.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect()
        }
        TokenEncoding::Form => url::form_urlencoded::parse(&request.body).into_owned().collect(),
    }
}

fn account(options: &OfficientOptions) -> ApiResponse {
    ApiResponse::ok(&json!({"data": {
        "company_id": options.company_id, "company_name": options.company_name, "subdomain": options.subdomain,
        "vat_number": VAT_NUMBER,
    }}))
}

fn email(person: &Person) -> String {
    let without_spaces = |name: &str| name.to_lowercase().split_whitespace().collect::<String>();
    format!("{}.{}@voorbeeld.example", without_spaces(&person.first_name), without_spaces(&person.last_name))
}

fn people(company: &Company, request: &ApiRequest) -> ApiResponse {
    let includes_archived = matches!(request.parameter("include_archived"), Some("1" | "true"));
    let listed = |person: &&Person| !person.deleted && (includes_archived || !person.archived);
    let items = company.people.iter().filter(listed).map(|person| {
        json!({
            "id": person.id, "name": person.name(), "email": email(person), "role_name": "Medewerker",
            "avatar": "", "phone": PHONE, "archived": i64::from(person.archived), "manager": null,
        })
    });
    let items: Vec<Value> = items.collect();
    let total = items.len();
    ApiResponse::ok(&json!({"data": page_of(request, items), "total_record_count": total}))
}

fn search(company: &Company, request: &ApiRequest) -> ApiResponse {
    let searched = request.parameter("name").unwrap_or_default().to_lowercase();
    let found = company.people.iter().filter(|person| person.name().to_lowercase().contains(&searched));
    let items = found.map(|person| {
        json!({
            "id": person.id, "deleted": i64::from(person.deleted), "name": person.name(),
            "email": email(person), "national_number": CANARIES.first(), "matched_on": "name",
        })
    });
    ApiResponse::ok(&items.collect())
}

fn person(company: &Company, id: i64) -> ApiResponse {
    let Some(person) = company.person(id) else {
        return bad_request(NO_SUCH_PERSON);
    };
    let as_text = person.id % 2 == 1;
    let [national_number, born, iban, street, civil_state, partner, mobile, private_email, ..] = CANARIES;
    ApiResponse::ok(&json!({"data": {
        "id": number_or_text(person.id, as_text),
        "deleted": number_or_text(i64::from(person.deleted), as_text),
        "name": person.name(),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "name_parts": {
            "initials": "", "insertion": person.insertion, "last_name_composition": "", "insertion_partner": "",
            "last_name_partner": "",
        },
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
        "family": {
            "partner_name": partner, "dependent_children": number_or_text(2, as_text), "partner_has_income": 1,
        },
        "diploma": "",
        "signature_version": 3,
    }}))
}

fn leave_types(company: &Company, year: i64) -> ApiResponse {
    let of_year = company.leave_types_of_year.get(&year).unwrap_or(&company.leave_types);
    let items = of_year.iter().map(|leave_type| {
        let ours = leave_type.code.as_ref().map(|code| json!({"app": INTEGRATION_APP, "code": code}));
        let other = json!({"app": "acerta", "code": (leave_type.id + 112).to_string()});
        json!({
            "id": number_or_text(leave_type.id, leave_type.id % 3 == 0), "name": leave_type.name,
            "alias": leave_type.name, "active": 1, "color": "a24689", "interpretation": "time_off",
            "integrations": ours.into_iter().chain([other]).collect::<Vec<_>>(), "counter": null,
        })
    });
    ApiResponse::ok(&json!({"data": items.collect::<Vec<_>>()}))
}

fn status(company: &Company, request: &LeaveRequest) -> &'static str {
    if company.is_pending(request) { "pending" } else { "closed" }
}

fn requester(company: &Company, request: &LeaveRequest) -> Value {
    let name = company.person(request.person_id).map(Person::name);
    json!({"id": number_or_text(request.person_id, request.id % 2 == 0), "name": name.unwrap_or_default()})
}

fn requests(company: &Company, request: &ApiRequest) -> ApiResponse {
    let wanted = request.parameter("status").unwrap_or("all");
    let newest_first = company.requests.iter().rev();
    let found = newest_first.filter(|request| wanted == "all" || wanted == status(company, request));
    let items = found.map(|request| {
        json!({
            "id": request.id, "status": status(company, request), "requester": requester(company, request),
            "comment": COMMENT,
        })
    });
    ApiResponse::ok(&json!({"data": page_of(request, items.collect())}))
}

fn leave_request(company: &Company, id: i64) -> ApiResponse {
    let Some(request) = company.request(id) else {
        return bad_request("Request not found or you have no access.");
    };
    let events: Vec<Value> = request.events.iter().map(|event| requested_event(company, event)).collect();
    ApiResponse::ok(&json!({"data": {
        "id": id, "status": status(company, request), "requester": requester(company, request),
        "comment": COMMENT, "events": events,
    }}))
}

fn requested_event(company: &Company, requested: &Event) -> Value {
    let Event { id, leave, .. } = company.event(requested.id).unwrap_or(requested);
    let mut fields = Map::new();
    fields.insert("id".to_owned(), number_or_text(*id, id % 2 == 0));
    fields.insert("date".to_owned(), json!(leave.date));
    put_optional_number(&mut fields, "start_minutes", leave.start_time_minutes, *id);
    put_optional_number(&mut fields, "duration_minutes", leave.duration_minutes, *id);
    let outcome = match company.outcome(requested) {
        Outcome::Pending => "pending",
        Outcome::Accepted => "accepted",
        Outcome::Declined => "declined",
    };
    fields.insert("outcome".to_owned(), json!(outcome));
    fields.insert("reason".to_owned(), json!(COMMENT));
    Value::Object(fields)
}

fn subscriptions(company: &Company, request: &ApiRequest) -> ApiResponse {
    let items = company.subscriptions.iter().map(|subscription| {
        json!({"id": subscription.id, "event": subscription.event, "target_url": subscription.target_url})
    });
    ApiResponse::ok(&json!({"data": page_of(request, items.collect())}))
}

fn add_subscription(company: &mut Company, request: &ApiRequest) -> ApiResponse {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let (event, target_url) = (text("event"), text("target_url"));
    if !is_web_address(target_url) || !company.accepts_webhook_event(event) {
        return bad_request("Bad Request");
    }
    let id = company.add_subscription(event, target_url);
    ApiResponse::ok(&json!({"data": {"id": id.to_string()}}))
}

fn delete_subscription(company: &mut Company, id: i64) -> ApiResponse {
    let Some(index) = company.subscriptions.iter().position(|subscription| subscription.id == id) else {
        return ApiResponse::json(StatusCode::BAD_REQUEST, &json!({}));
    };
    company.subscriptions.remove(index);
    ApiResponse::ok(&json!({}))
}

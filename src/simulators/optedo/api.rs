//! The API under `/api`, which checks calls as `optedo-api.yaml` says: 400 for a call that cannot be parsed, 422 for an
//! absence that is not valid.

use http::{Method, StatusCode};
use jiff::civil::{Date, DateTime};
use serde_json::{Value, json};

use super::model::{NewAbsence, Tenant};
use crate::simulators::api::{ApiRequest, ApiResponse, COMMENT, PHONE};

const USERS_PER_PAGE: usize = 100;
const MAX_REFERENCE_LENGTH: usize = 64;

/// The status and message of a call that fails.
type Refusal = (StatusCode, String);

pub(super) fn respond(tenant: &mut Tenant, request: &ApiRequest) -> ApiResponse {
    if tenant.token.is_empty() || request.bearer_token() != Some(tenant.token.as_str()) {
        return refuse((StatusCode::UNAUTHORIZED, "The token is missing or not accepted.".to_owned()));
    }
    let segments: Vec<&str> = request.path.split('/').skip(2).collect();
    let result = match (segments.as_slice(), request.method.as_str()) {
        (["users"], "GET") => users(tenant, request),
        (["absencetypes"], "GET") => Ok(ApiResponse::ok(&json!(tenant.types))),
        (["absences"], "GET") => absences(tenant, request),
        (["absences"], "POST") => create(tenant, request),
        (["absences", id], "PUT" | "DELETE") => match id.parse() {
            Ok(id) if request.method == Method::PUT => replace(tenant, id, request),
            Ok(id) => delete(tenant, id),
            Err(_) => Err(not_found()),
        },
        (["users" | "absencetypes" | "absences"] | ["absences", _], _) => {
            Err((StatusCode::METHOD_NOT_ALLOWED, "This path does not have this method.".to_owned()))
        }
        _ => Err(not_found()),
    };
    result.unwrap_or_else(refuse)
}

fn refuse((status, message): Refusal) -> ApiResponse {
    ApiResponse::json(status, &json!({"message": message}))
}

fn not_found() -> Refusal {
    (StatusCode::NOT_FOUND, "Not found.".to_owned())
}

fn malformed(message: impl Into<String>) -> Refusal {
    (StatusCode::BAD_REQUEST, message.into())
}

fn invalid(message: impl Into<String>) -> Refusal {
    (StatusCode::UNPROCESSABLE_ENTITY, message.into())
}

/// The items, each with a field of personal data that the contract does not mention.
fn with_canary(mut items: Value, field: &str, canary: &str) -> Value {
    for item in items.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        item.insert(field.to_owned(), json!(canary));
    }
    items
}

fn users(tenant: &Tenant, request: &ApiRequest) -> Result<ApiResponse, Refusal> {
    let page = match request.parameter("page").map(str::parse::<usize>) {
        None => 1,
        Some(Ok(page)) if page > 0 => page,
        Some(_) => return Err(malformed("page must be a number from 1.")),
    };
    let last = tenant.users.len().div_ceil(USERS_PER_PAGE).max(1);
    let page = if tenant.oddities.repeats_last_page { page.min(last) } else { page };
    let skipped = (page - 1).saturating_mul(USERS_PER_PAGE);
    let users: Vec<_> = tenant.users.iter().skip(skipped).take(USERS_PER_PAGE).collect();
    Ok(ApiResponse::ok(&with_canary(json!(users), "mobile", PHONE)))
}

fn absences(tenant: &Tenant, request: &ApiRequest) -> Result<ApiResponse, Refusal> {
    let parameter = |name: &str| request.parameter(name).ok_or_else(|| malformed(format!("{name} is missing.")));
    let date = |name: &str| {
        parameter(name)?.parse::<Date>().map_err(|error| malformed(format!("{name} is not a date: {error}")))
    };
    let user_id: i64 =
        parameter("userId")?.parse().map_err(|error| malformed(format!("userId is not a number: {error}")))?;
    let (from, to) = (date("from")?, date("to")?);
    if to < from {
        return Err(malformed("to is before from."));
    }
    let of_user = tenant.absences.iter().filter(|absence| absence.content.user_id == user_id);
    let found = of_user.filter(|absence| absence.overlaps(from, to) && tenant.is_visible(absence.id));
    let found: Vec<_> = found.take(tenant.oddities.lists_at_most.unwrap_or(usize::MAX)).collect();
    Ok(ApiResponse::ok(&with_canary(json!(found), "remark", COMMENT)))
}

fn create(tenant: &mut Tenant, request: &ApiRequest) -> Result<ApiResponse, Refusal> {
    let content = validate(tenant, parse_absence(&request.body)?)?;
    refuse_overlap(tenant, &content, None)?;
    Ok(ApiResponse::json(StatusCode::CREATED, &json!(tenant.add_absence(content))))
}

fn replace(tenant: &mut Tenant, id: i64, request: &ApiRequest) -> Result<ApiResponse, Refusal> {
    tenant.absence(id).filter(|absence| tenant.is_visible(absence.id)).ok_or_else(not_found)?;
    let content = validate(tenant, parse_absence(&request.body)?)?;
    refuse_overlap(tenant, &content, Some(id))?;
    let absence = tenant.replace_absence(id, content).ok_or_else(not_found)?;
    Ok(ApiResponse::ok(&json!(absence)))
}

/// A user is absent at most once at a time, where that is what the tenant wants.
fn refuse_overlap(tenant: &Tenant, content: &NewAbsence, replaced: Option<i64>) -> Result<(), Refusal> {
    match tenant.oddities.refuses_overlaps {
        Some(status) if tenant.count_overlapping(content, replaced) > 0 => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::CONFLICT);
            Err((status, "The user is absent at that time already.".to_owned()))
        }
        Some(_) | None => Ok(()),
    }
}

fn delete(tenant: &mut Tenant, id: i64) -> Result<ApiResponse, Refusal> {
    tenant.absence(id).filter(|absence| tenant.is_visible(absence.id)).ok_or_else(not_found)?;
    tenant.delete_absence(id).ok_or_else(not_found)?;
    Ok(ApiResponse::empty(StatusCode::NO_CONTENT))
}

/// Parses a field such as `2026-04-03T09:00:00`; refuses a zone and fractions of a second.
fn local_time(body: &Value, name: &str) -> Result<DateTime, Refusal> {
    let text = body.get(name).and_then(Value::as_str).ok_or_else(|| malformed(format!("{name} is missing.")))?;
    let has_only_date_and_time =
        text.len() == 19 && text.bytes().all(|byte| byte.is_ascii_digit() || b"-T:".contains(&byte));
    text.parse::<DateTime>()
        .ok()
        .filter(|_| has_only_date_and_time)
        .ok_or_else(|| malformed(format!("{name} is not a date and time without zone.")))
}

fn parse_absence(body: &[u8]) -> Result<NewAbsence, Refusal> {
    let body: Value =
        serde_json::from_slice(body).map_err(|error| malformed(format!("The body is not JSON: {error}")))?;
    let id =
        |name: &str| body.get(name).and_then(Value::as_i64).ok_or_else(|| malformed(format!("{name} is missing.")));
    let all_day = body.get("allDay").and_then(Value::as_bool);
    Ok(NewAbsence {
        user_id: id("userId")?,
        absence_type_id: id("absenceTypeId")?,
        start: local_time(&body, "start")?,
        end: local_time(&body, "end")?,
        all_day: all_day.ok_or_else(|| malformed("allDay is missing."))?,
        external_reference: match body.get("externalReference") {
            None | Some(Value::Null) => None,
            Some(Value::String(reference)) => Some(reference.clone()),
            Some(_) => return Err(malformed("externalReference is not a string.")),
        },
    })
}

fn validate(tenant: &mut Tenant, content: NewAbsence) -> Result<NewAbsence, Refusal> {
    let length = content.external_reference.as_ref().map_or(0, |reference| reference.chars().count());
    if length > MAX_REFERENCE_LENGTH {
        return Err(invalid("externalReference is longer than 64 characters."));
    }
    if tenant.user(content.user_id).is_none() {
        return Err(invalid("There is no such user."));
    }
    if tenant.absence_type(content.absence_type_id).is_none() {
        return Err(invalid("There is no such absence type."));
    }
    if content.end <= content.start {
        return Err(invalid("end is not after start."));
    }
    if let Some((status, message)) = tenant.take_rejection(&content) {
        return Err((StatusCode::from_u16(status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY), message));
    }
    Ok(content)
}

//! The calls under `/api`, validated as `optedo-api.yaml` says: 400 for what cannot be read, 422 for what cannot be.

use http::{Method, StatusCode};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use serde_json::{Value, json};

use super::{NewAbsence, State};
use crate::simulators::officient::{COMMENT, PHONE};
use crate::simulators::server::{Answer, ApiCall};

const USERS_A_PAGE: usize = 100;
const LONGEST_REFERENCE: usize = 64;

type Refusal = (StatusCode, String);

fn problem(status: StatusCode, message: &str) -> Answer {
    Answer::json(status, &json!({"message": message}))
}

/// Answers one call.
pub(super) fn answer(state: &mut State, call: &ApiCall) -> Answer {
    if state.token.is_empty() || call.bearer() != Some(state.token.as_str()) {
        return problem(StatusCode::UNAUTHORIZED, "The token is missing or not accepted.");
    }
    let segments: Vec<&str> = call.path.split('/').skip(2).collect();
    let result = match (segments.as_slice(), call.method.as_str()) {
        (["users"], "GET") => users(state, call),
        (["absencetypes"], "GET") => Ok(Answer::json(StatusCode::OK, &json!(state.types))),
        (["absences"], "GET") => absences(state, call),
        (["absences"], "POST") => create(state, call),
        (["absences", id], "PUT" | "DELETE") => match id.parse() {
            Ok(id) if call.method == Method::PUT => replace(state, id, call),
            Ok(id) => delete(state, id),
            Err(_) => Err(not_found()),
        },
        (["users" | "absencetypes" | "absences"] | ["absences", _], _) => {
            Err((StatusCode::METHOD_NOT_ALLOWED, "This method is not known here.".to_owned()))
        }
        _ => Err(not_found()),
    };
    result.unwrap_or_else(|(status, message)| problem(status, &message))
}

fn not_found() -> Refusal {
    (StatusCode::NOT_FOUND, "Not found.".to_owned())
}

fn unreadable(message: impl Into<String>) -> Refusal {
    (StatusCode::BAD_REQUEST, message.into())
}

fn impossible(message: impl Into<String>) -> Refusal {
    (StatusCode::UNPROCESSABLE_ENTITY, message.into())
}

/// The items with a field that the contract does not name.
fn with_more(mut items: Value, field: &str, value: &str) -> Value {
    for item in items.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        item.insert(field.to_owned(), json!(value));
    }
    items
}

fn users(state: &State, call: &ApiCall) -> Result<Answer, Refusal> {
    let page = match call.parameter("page").map(str::parse::<usize>) {
        None => 1,
        Some(Ok(page)) if page > 0 => page,
        Some(_) => return Err(unreadable("page must be a number from 1.")),
    };
    let skipped = (page - 1).saturating_mul(USERS_A_PAGE);
    let users: Vec<_> = state.users.iter().skip(skipped).take(USERS_A_PAGE).collect();
    Ok(Answer::json(StatusCode::OK, &with_more(json!(users), "mobile", PHONE)))
}

fn absences(state: &State, call: &ApiCall) -> Result<Answer, Refusal> {
    let parameter =
        |name: &str| call.parameter(name).ok_or_else(|| unreadable(format!("{name} is missing.")));
    let day = |name: &str| {
        parameter(name)?.parse::<Date>().map_err(|error| unreadable(format!("{name} is not a date: {error}")))
    };
    let user_id: i64 = parameter("userId")?
        .parse()
        .map_err(|error| unreadable(format!("userId is not a number: {error}")))?;
    let (from, to) = (day("from")?, day("to")?);
    if to < from {
        return Err(unreadable("to is before from."));
    }
    let end = to.saturating_add(1.day()).at(0, 0, 0, 0);
    let begin = from.at(0, 0, 0, 0);
    let found: Vec<_> = state
        .absences
        .iter()
        .filter(|row| row.content.user_id == user_id && row.content.start < end && row.content.end > begin)
        .collect();
    Ok(Answer::json(StatusCode::OK, &with_more(json!(found), "remark", COMMENT)))
}

fn create(state: &mut State, call: &ApiCall) -> Result<Answer, Refusal> {
    let content = validated(state, &call.body)?;
    Ok(Answer::json(StatusCode::CREATED, &json!(state.add(content))))
}

fn replace(state: &mut State, id: i64, call: &ApiCall) -> Result<Answer, Refusal> {
    if !state.absences.iter().any(|absence| absence.id == id) {
        return Err(not_found());
    }
    let content = validated(state, &call.body)?;
    let absence = state.replace(id, content).ok_or_else(not_found)?;
    Ok(Answer::json(StatusCode::OK, &json!(absence)))
}

fn delete(state: &mut State, id: i64) -> Result<Answer, Refusal> {
    state.delete(id).ok_or_else(not_found)?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// `2026-04-03T09:00:00` and nothing else: neither a zone nor a fraction.
fn wall_clock(body: &Value, name: &str) -> Result<DateTime, Refusal> {
    let text =
        body.get(name).and_then(Value::as_str).ok_or_else(|| unreadable(format!("{name} is missing.")))?;
    let is_plain =
        text.len() == 19 && text.bytes().all(|byte| byte.is_ascii_digit() || b"-T:".contains(&byte));
    text.parse::<DateTime>()
        .ok()
        .filter(|_| is_plain)
        .ok_or_else(|| unreadable(format!("{name} is not a date and time without zone.")))
}

fn validated(state: &mut State, body: &[u8]) -> Result<NewAbsence, Refusal> {
    let body: Value =
        serde_json::from_slice(body).map_err(|error| unreadable(format!("The body is not JSON: {error}")))?;
    let id = |name: &str| {
        body.get(name).and_then(Value::as_i64).ok_or_else(|| unreadable(format!("{name} is missing.")))
    };
    let external_reference = match body.get("externalReference") {
        None | Some(Value::Null) => None,
        Some(Value::String(reference)) => Some(reference.clone()),
        Some(_) => return Err(unreadable("externalReference is not a text.")),
    };
    let content = NewAbsence {
        user_id: id("userId")?,
        absence_type_id: id("absenceTypeId")?,
        start: wall_clock(&body, "start")?,
        end: wall_clock(&body, "end")?,
        all_day: body
            .get("allDay")
            .and_then(Value::as_bool)
            .ok_or_else(|| unreadable("allDay is missing."))?,
        external_reference,
    };
    let length = content.external_reference.as_ref().map_or(0, |reference| reference.chars().count());
    if length > LONGEST_REFERENCE {
        return Err(impossible("externalReference is longer than 64 characters."));
    }
    if !state.users.iter().any(|user| user.id == content.user_id) {
        return Err(impossible("There is no such user."));
    }
    if !state.types.iter().any(|row| row.id == content.absence_type_id) {
        return Err(impossible("There is no such absence type."));
    }
    if content.end <= content.start {
        return Err(impossible("end is not after start."));
    }
    if let Some((status, message)) = state.rejection(&content) {
        return Err((StatusCode::from_u16(status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY), message));
    }
    Ok(content)
}

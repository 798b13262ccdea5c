//! Which leave type maps to which absence type, and the admin's choice for a leave type.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use futures_util::future::try_join_all;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::officient_app::{json_object, text};
use super::people::existing_of;
use super::sync::connected_company;
use crate::db::audit_log::{self, Act};
use crate::db::{self, leave_types, preview, queue};
use crate::domain::ids::{AbsenceTypeId, CompanyId};
use crate::domain::mapping::{EDUCATION, Existing, MappingRules, SICK_DAY, TypeChoice, TypeChoices};
use crate::domain::sync_request::{SyncReason, SyncRequest};
use crate::sync::lists::{CurrentMapping, MappingMode};
use crate::sync::reference_data::{Fresh, ReferenceDataError};
use crate::sync::{Engine, SyncError};
use crate::web::error::WebError;
use crate::web::request::parameter;
use crate::web::session::Admin;
use crate::web::state::App;

/// Which leave type maps to which absence type.
#[utoipa::path(
    get, path = "/leavetypes", operation_id = "list_leave_types",
    params(("year" = Option<i16>, Query, minimum = 2000, maximum = 2100,
        description = "Another year than the current one")),
    responses(
        (status = 200, body = Vec<CurrentMapping>, description = "Every leave type in Officient"),
        (status = 400, description = "A parameter occurs twice"),
        (status = 409, description = "Officient requires a new sign-in"),
        (status = 422, description = "The year is none"),
        (status = 502, description = "A call to Officient or Optedo failed"),
    )
)]
pub async fn list(State(app): State<App>, RawQuery(query): RawQuery) -> Result<Json<Vec<CurrentMapping>>, WebError> {
    let engine = &app.engine;
    let year = year_of(query.as_deref())?.unwrap_or_else(|| engine.clock.today().year());
    let company = match connected_company(engine).await {
        Ok(company) => company,
        Err(WebError::NotConnected) => return Ok(Json(Vec::new())),
        Err(error) => return Err(error),
    };
    let fresh = Fresh::to_show(&engine.clock);
    let snapshot = engine.reference_data.snapshot(company, &[year], fresh).await;
    let snapshot = snapshot.map_err(SyncError::from)?;
    let stored = leave_types::stored(&engine.db, company).await?;
    let choices = leave_types::in_effect(&stored);
    let rules = MappingRules::new(&engine.config, &choices, &snapshot.absence_types);
    let types = snapshot.leave_types.values().flat_map(|types| types.iter());
    Ok(Json(engine.shown_mappings(company, rules, &stored, types).await?))
}

/// The year that the query asks for.
fn year_of(query: Option<&str>) -> Result<Option<i16>, WebError> {
    let text = parameter(query, "year")?.filter(|text| !text.is_empty());
    let year = text.map(|text| text.parse().ok().filter(|year| (2000..=2100).contains(year)));
    match year {
        Some(None) => Err(WebError::InvalidField { field: "year", fault: "must be a year from 2000 to 2100" }),
        Some(year) => Ok(year),
        None => Ok(None),
    }
}

/// Which absence type a leave type becomes.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body, which is read field by field to name the wrong one")]
struct NewMapping {
    mode: MappingMode,
    /// With `absence_type`: an id in Optedo.
    absence_type_id: Option<i64>,
    /// With `exclude`: what becomes of absences that were written; `keep` if missing.
    existing: Option<Existing>,
}

/// Chooses an absence type for a leave type, excludes the leave type, or lets Officient decide again.
#[utoipa::path(put, path = "/leavetypes/{id}/mapping", operation_id = "put_mapping", request_body = inline(NewMapping),
    params(("id" = String, Path, description = "As in `GET …/leavetypes`")),
    responses(
        (status = 204, description = "Stored; everybody is reconciled"),
        (status = 400, description = "The body is not a JSON object"),
        (status = 404, description = "There is no such leave type in Officient, or no such absence type in Optedo"),
        (status = 409, description = "The configuration decides about this type, or the service is not connected"),
        (status = 422, description = "A field is missing or wrong; nothing is stored"),
        (status = 502, description = "A call to Officient or Optedo failed; nothing is stored"),
    ))]
pub async fn replace_mapping(
    State(app): State<App>,
    admin: Admin,
    Path(type_id): Path<String>,
    body: Body,
) -> Result<StatusCode, WebError> {
    let choice = choice_of(&json_object(body).await?)?;
    save_choice(&app.engine, &admin, &type_id, choice).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn choice_of(body: &Map<String, Value>) -> Result<Option<TypeChoice>, WebError> {
    let present = |field: &str| body.get(field).filter(|value| !value.is_null());
    let refuse = |field: &'static str, fault: &'static str| match present(field) {
        Some(_) => Err(WebError::InvalidField { field, fault }),
        None => Ok(()),
    };
    let mode = text(body, "mode")?;
    if mode != MappingMode::AbsenceType.into_str() {
        refuse("absenceTypeId", "is only for the mode absence_type")?;
    }
    if mode != MappingMode::Exclude.into_str() {
        refuse("existing", "is only for the mode exclude")?;
    }
    match mode.parse() {
        Ok(MappingMode::Officient) => Ok(None),
        Ok(MappingMode::AbsenceType) => {
            let id = present("absenceTypeId").and_then(Value::as_i64);
            let invalid = WebError::InvalidField { field: "absenceTypeId", fault: "must be the id of an absence type" };
            Ok(Some(TypeChoice::AbsenceType(AbsenceTypeId(id.ok_or(invalid)?))))
        }
        Ok(MappingMode::Exclude) => Ok(Some(TypeChoice::Exclude(existing_of(body)?))),
        Err(_other) => {
            Err(WebError::InvalidField { field: "mode", fault: "must be officient, absence_type or exclude" })
        }
    }
}

/// The choice in a form: `officient`, `exclude`, `exclude-delete` or the id of an absence type. `None`: it is none of
/// these.
pub fn choice_in_form(text: &str) -> Option<Option<TypeChoice>> {
    match text {
        "officient" => Some(None),
        "exclude" => Some(Some(TypeChoice::Exclude(Existing::Keep))),
        "exclude-delete" => Some(Some(TypeChoice::Exclude(Existing::Delete))),
        id => Some(Some(TypeChoice::AbsenceType(AbsenceTypeId(id.parse().ok()?)))),
    }
}

/// How a form names a choice.
pub fn form_value(choice: Option<TypeChoice>) -> String {
    match choice {
        None => "officient".to_owned(),
        Some(TypeChoice::Exclude(Existing::Keep)) => "exclude".to_owned(),
        Some(TypeChoice::Exclude(Existing::Delete)) => "exclude-delete".to_owned(),
        Some(TypeChoice::AbsenceType(id)) => id.to_string(),
    }
}

/// Stores a choice, if the leave type and the absence type exist, and has everybody reconciled.
pub async fn save_choice(
    engine: &Engine,
    admin: &Admin,
    type_id: &str,
    choice: Option<TypeChoice>,
) -> Result<(), WebError> {
    let company = connected_company(engine).await?;
    ensure_both_exist(engine, company, type_id, choice).await?;
    if MappingRules::new(&engine.config, &TypeChoices::new(), &[]).configured(type_id).is_some() {
        return Err(WebError::ConfiguredByOperator);
    }
    let now = engine.clock.now();
    let detail = match choice {
        None => format!("{type_id}: officient"),
        Some(TypeChoice::AbsenceType(id)) => format!("{type_id}: absence_type {id}"),
        Some(TypeChoice::Exclude(existing)) => format!("{type_id}: exclude, {}", existing.into_str()),
    };
    let request = SyncRequest { reason: SyncReason::Import, at: now, webhook_received_at: None };
    let mut tx = db::begin(&engine.db).await?;
    leave_types::save(&mut *tx, company, type_id, choice, (admin.actor.name.as_deref(), now)).await?;
    audit_log::insert(&mut *tx, Act::LeaveTypeMapped, Some(&detail), &admin.actor, now).await?;
    queue::request_sync_of_all(&mut *tx, company, request, i64::MAX).await?;
    // What it shows was true of the former choice.
    preview::delete(&mut tx).await?;
    tx.commit().await?;
    engine.work_signal.notify(&engine.db).await;
    if let Err(error) = engine.check_next_year(company, Fresh::to_show(&engine.clock)).await {
        tracing::warn!(%error, "Could not check the leave types of next year");
    }
    Ok(())
}

/// Officient must have this leave type in any year of the window, and Optedo the chosen absence type.
async fn ensure_both_exist(
    engine: &Engine,
    company: CompanyId,
    type_id: &str,
    choice: Option<TypeChoice>,
) -> Result<(), WebError> {
    let data = &engine.reference_data;
    let years =
        engine.window().await?.years().map(|year| data.leave_types(company, year, Fresh::to_show(&engine.clock)));
    let is_built_in = [SICK_DAY, EDUCATION].contains(&type_id);
    let is_known = async {
        if is_built_in {
            return Ok(true);
        }
        let years = try_join_all(years).await?;
        Ok::<_, ReferenceDataError>(
            years.iter().flat_map(|types| types.iter()).any(|kind| kind.id.to_string() == type_id),
        )
    };
    let absence_types = data.absence_types(Fresh(engine.clock.now()));
    let (is_known, absence_types) = tokio::try_join!(is_known, absence_types).map_err(SyncError::from)?;
    let is_there = match choice {
        Some(TypeChoice::AbsenceType(id)) => absence_types.iter().any(|kind| kind.id == id),
        Some(TypeChoice::Exclude(_)) | None => true,
    };
    if is_known && is_there { Ok(()) } else { Err(WebError::NotFound) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn choice(body: &Value) -> Result<Option<TypeChoice>, String> {
        choice_of(body.as_object().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_form_names_each_choice() {
        let choices = [Existing::Keep, Existing::Delete].map(|existing| Some(TypeChoice::Exclude(existing)));
        for choice in choices.into_iter().chain([None, Some(TypeChoice::AbsenceType(AbsenceTypeId(5)))]) {
            assert_eq!(choice_in_form(&form_value(choice)), Some(choice));
        }
        assert_eq!(choice_in_form("ignore"), None);
    }

    #[test]
    fn a_choice_is_read_field_by_field() {
        let five = TypeChoice::AbsenceType(AbsenceTypeId(5));
        assert_eq!(choice(&json!({"mode": "officient", "absenceTypeId": null})), Ok(None));
        assert_eq!(choice(&json!({"mode": "absence_type", "absenceTypeId": 5})), Ok(Some(five)));
        assert_eq!(choice(&json!({"mode": "exclude"})), Ok(Some(TypeChoice::Exclude(Existing::Keep))));
        let delete = json!({"mode": "exclude", "existing": "delete"});
        assert_eq!(choice(&delete), Ok(Some(TypeChoice::Exclude(Existing::Delete))));
        let wrong = [
            (json!({}), "mode: is missing"),
            (json!({"mode": 5}), "mode: must be a string"),
            (json!({"mode": "ignore"}), "mode: must be officient"),
            (json!({"mode": "absence_type"}), "absenceTypeId: must be"),
            (json!({"mode": "absence_type", "absenceTypeId": "5"}), "absenceTypeId: must be"),
            (json!({"mode": "absence_type", "absenceTypeId": 5, "existing": "keep"}), "existing: is only"),
            (json!({"mode": "exclude", "existing": "hide"}), "existing: must be"),
            (json!({"mode": "exclude", "absenceTypeId": 5}), "absenceTypeId: is only"),
        ];
        for (body, expected) in wrong {
            let error = choice(&body).unwrap_err();
            assert!(error.starts_with(expected), "{body}: {error}");
        }
    }
}

//! `GET …/leavetypes`: which leave type in Officient is which absence type in Optedo.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::sync::connected_company;
use crate::domain::attention::AttentionKind;
use crate::domain::mapping::Mapping;
use crate::officient::rate_limiter::Priority;
use crate::sync::SyncError;
use crate::sync::lists::{CurrentMapping, map_everything};
use crate::sync::reference_data::Fresh;
use crate::web::error::WebError;
use crate::web::state::App;

/// Whether Optedo has the absence type of a leave type.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum MappingState {
    Mapped,
    Unmapped,
    Ambiguous,
}

/// A leave type and what it maps to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LeaveType)]
pub struct ListedLeaveType {
    type_id: String,
    name: String,
    /// What is looked for in Optedo.
    description: String,
    state: MappingState,
    absence_type: Option<ListedAbsenceType>,
    /// A near match.
    hint: Option<String>,
}

/// An Optedo absence type.
#[derive(Serialize, ToSchema)]
#[schema(as = AbsenceType)]
struct ListedAbsenceType {
    id: i64,
    description: String,
}

/// Which leave type maps to which absence type.
#[utoipa::path(get, path = "/leavetypes", operation_id = "list_leave_types", responses(
    (status = 200, body = Vec<ListedLeaveType>, description = "Every leave type in Officient"),
    (status = 409, description = "Officient requires a new sign-in"),
    (status = 502, description = "A call to Officient or Optedo failed"),
))]
pub async fn list(State(app): State<App>) -> Result<Json<Vec<ListedLeaveType>>, WebError> {
    let engine = &app.engine;
    let company = match connected_company(engine).await {
        Ok(company) => company,
        Err(WebError::NotConnected) => return Ok(Json(Vec::new())),
        Err(error) => return Err(error),
    };
    let year = engine.clock.today().year();
    let fresh = Fresh::to_show(&engine.clock);
    let snapshot = engine.reference_data.snapshot(company, &[year], Priority::Urgent, fresh).await;
    let snapshot = snapshot.map_err(SyncError::from)?;
    let leave_types = snapshot.leave_types.values().flat_map(|types| types.iter());
    let mapped = map_everything(&engine.config, leave_types, &snapshot.absence_types);
    Ok(Json(mapped.into_iter().map(ListedLeaveType::from).collect()))
}

impl From<CurrentMapping> for ListedLeaveType {
    fn from(CurrentMapping { name, description, mapping }: CurrentMapping) -> Self {
        let (state, id, hint) = match mapping {
            Mapping::To(id) => (MappingState::Mapped, Some(id), None),
            Mapping::Blocked(item) if item.kind() == AttentionKind::AmbiguousLeaveType => {
                (MappingState::Ambiguous, None, None)
            }
            Mapping::Blocked(item) => (MappingState::Unmapped, None, item.hint),
            Mapping::Excluded => (MappingState::Unmapped, None, None),
        };
        Self {
            type_id: description.type_id,
            name,
            absence_type: id.map(|id| ListedAbsenceType { id: id.0, description: description.text.clone() }),
            description: description.text,
            state,
            hint: hint.map(|hint| hint.to_string()),
        }
    }
}

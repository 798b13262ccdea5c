//! `GET …/leavetypes`: which leave type in Officient is which absence type in Optedo.

use axum::Json;
use axum::extract::State;

use super::sync::connected_company;
use crate::officient::rate_limiter::Priority;
use crate::sync::SyncError;
use crate::sync::lists::{CurrentMapping, map_everything};
use crate::sync::reference_data::Fresh;
use crate::web::error::WebError;
use crate::web::state::App;

/// Which leave type maps to which absence type.
#[utoipa::path(get, path = "/leavetypes", operation_id = "list_leave_types", responses(
    (status = 200, body = Vec<CurrentMapping>, description = "Every leave type in Officient"),
    (status = 409, description = "Officient requires a new sign-in"),
    (status = 502, description = "A call to Officient or Optedo failed"),
))]
pub async fn list(State(app): State<App>) -> Result<Json<Vec<CurrentMapping>>, WebError> {
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
    Ok(Json(map_everything(&engine.config, leave_types, &snapshot.absence_types)))
}

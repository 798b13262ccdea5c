//! The tab of leave types: the absence type that each maps to, and how to map one in Officient.

use std::collections::HashMap;

use askama::Template;
use axum::response::Response;

use super::comparison::{Comparison, compare_texts};
use super::frame::{Frame, Visit, render};
use super::view::local_time;
use crate::db::attention;
use crate::db::connection::State as ConnectionState;
use crate::domain::absence::AbsenceType;
use crate::sync::lists::{CurrentMapping, MappingState, map_everything};
use crate::texts::Text;
use crate::web::error::WebError;

#[derive(Template)]
#[template(path = "page/leave_types.html")]
struct LeaveTypesPage {
    frame: Frame,
    is_connected: bool,
    /// Says that the list is outdated or missing.
    trouble: Option<String>,
    types: Vec<TypeView>,
    /// Built-in types without a description in the configuration: each day is looked for by its own name.
    unconfigured: Vec<Text<'static>>,
    absence_types: Vec<AbsenceType>,
    officient_url: String,
}

struct TypeView {
    leave_type: CurrentMapping,
    comparison: Option<Comparison>,
    /// Absences that wait for the mapping.
    waiting: i64,
}

/// `GET …/leave-types`
pub(super) async fn show(Visit { frame, connection, engine }: Visit) -> Result<Response, WebError> {
    let (t, config) = (frame.t, &engine.config);
    let mut page = LeaveTypesPage {
        frame,
        is_connected: connection.state == ConnectionState::Connected,
        trouble: None,
        types: Vec::new(),
        unconfigured: Vec::new(),
        absence_types: Vec::new(),
        officient_url: config.officient.app_url.clone(),
    };
    let Some(company) = connection.company_id.filter(|_| page.is_connected) else { return render(&page) };
    let (data, year) = (&engine.reference_data, engine.clock.today().year());
    let (leave_types, absence_types) = tokio::join!(data.show_leave_types(company, year), data.show_absence_types());
    let Some((leave_types, absence_types)) = leave_types.zip(absence_types) else {
        page.trouble = Some(t.text("upstream-silent").to_string());
        return render(&page);
    };
    let stale_since = leave_types.stale_since.or(absence_types.stale_since);
    page.trouble = stale_since.map(|at| t.text("stale-since").with("at", local_time(&at)).to_string());
    let waiting: HashMap<String, i64> =
        attention::count_blocked_by_type(&engine.db, company).await?.into_iter().collect();
    let mapped = map_everything(config, leave_types.value.iter(), &absence_types.value).into_iter();
    let view = |leave_type: CurrentMapping| TypeView {
        comparison: leave_type
            .hint
            .as_ref()
            .map(|hint| compare_texts(t, hint.difference, &leave_type.description, &hint.candidate)),
        waiting: waiting.get(&leave_type.type_id).copied().unwrap_or(0),
        leave_type,
    };
    page.types = mapped.map(view).collect();
    page.unconfigured.extend(config.leave_types.sick_day.is_none().then(|| t.text("sick-day")));
    page.unconfigured.extend(config.leave_types.education.is_none().then(|| t.text("education")));
    page.absence_types.clone_from(&absence_types.value);
    render(&page)
}

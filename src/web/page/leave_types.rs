//! The tab of leave types: the absence type that each maps to, and how to map one in Officient.

use askama::Template;
use axum::response::Response;

use super::frame::{Frame, Tab, Visit, render};
use super::items::{Comparison, compare_texts};
use super::view::local_time;
use crate::config::LeaveTypes;
use crate::db::attention;
use crate::db::connection::State as ConnectionState;
use crate::domain::absence::AbsenceType;
use crate::domain::attention::AttentionKind;
use crate::domain::mapping::Mapping;
use crate::sync::lists::{CurrentMapping, map_everything};
use crate::web::error::WebError;
use crate::web::texts::Language;

#[derive(Template)]
#[template(path = "page/leave_types.html")]
struct LeaveTypesPage {
    frame: Frame,
    is_connected: bool,
    /// Says that the list is outdated or missing.
    trouble: Option<String>,
    types: Vec<TypeView>,
    absence_types: Vec<AbsenceType>,
    officient_url: String,
}

struct TypeView {
    name: String,
    /// The description looked for in Optedo; `None` means that each day is looked for by its own name.
    description: Option<String>,
    origin: &'static str,
    label: Option<&'static str>,
    is_mapped: bool,
    comparison: Option<Comparison>,
    /// Absences that wait for the mapping.
    waiting: i64,
}

/// `GET …/leave-types`
pub(super) async fn show(visit: Visit) -> Result<Response, WebError> {
    let (engine, t) = (visit.engine(), visit.t);
    let mut page = LeaveTypesPage {
        frame: visit.frame(Tab::LeaveTypes).await?,
        is_connected: visit.connection.state == ConnectionState::Connected,
        trouble: None,
        types: Vec::new(),
        absence_types: Vec::new(),
        officient_url: engine.config.officient.app_url.clone(),
    };
    let Some(company) = visit.company().filter(|_| page.is_connected) else { return render(&page) };
    let year = engine.clock.today().year();
    let shown = tokio::join!(
        engine.reference_data.show_leave_types(company, year),
        engine.reference_data.show_absence_types()
    );
    let (Some(leave_types), Some(absence_types)) = shown else {
        page.trouble = Some(t.upstream_silent().to_owned());
        return render(&page);
    };
    let stale_since = leave_types.stale_since.or(absence_types.stale_since);
    page.trouble = stale_since.map(|at| t.stale_since(&local_time(&at)));
    let waiting = attention::count_blocked_by_type(&engine.db, company).await?;
    let mapped = map_everything(&engine.config, leave_types.value.iter(), &absence_types.value);
    let types = mapped.into_iter().map(|mapped| {
        let waiting = waiting.iter().find(|(id, _)| *id == mapped.description.type_id);
        type_view(t, mapped, waiting.map_or(0, |(_, count)| *count))
    });
    page.types = types.chain(unconfigured(t, &engine.config.leave_types)).collect();
    page.absence_types.clone_from(&absence_types.value);
    render(&page)
}

fn type_view(
    t: Language,
    CurrentMapping { name, description, mapping }: CurrentMapping,
    waiting: i64,
) -> TypeView {
    let (name, origin) = match name.as_str() {
        "sick_day" => (t.sick_day().to_owned(), t.origin_configuration()),
        "education" => (t.education().to_owned(), t.origin_configuration()),
        _ if description.is_chosen => (name, t.origin_field()),
        _ => (name, t.origin_name()),
    };
    let (label, hint) = match &mapping {
        Mapping::To(_) => (t.mapped(), None),
        Mapping::Blocked(item) if item.kind() == AttentionKind::AmbiguousLeaveType => {
            (t.ambiguous_type(), None)
        }
        Mapping::Blocked(item) => (t.unmapped(), item.hint.as_ref()),
        Mapping::Excluded => (t.unmapped(), None),
    };
    TypeView {
        name,
        origin,
        label: Some(label),
        is_mapped: matches!(mapping, Mapping::To(_)),
        comparison: hint.map(|hint| compare_texts(t, hint.difference, &description.text, &hint.candidate)),
        waiting,
        description: Some(description.text),
    }
}

/// Built-in types without a description in the configuration.
fn unconfigured(t: Language, config: &LeaveTypes) -> impl Iterator<Item = TypeView> {
    let built_in = [(t.sick_day(), &config.sick_day), (t.education(), &config.education)];
    let unset = built_in.into_iter().filter(|(_, description)| description.is_none());
    unset.map(move |(name, _)| TypeView {
        name: name.to_owned(),
        description: None,
        origin: t.origin_own_name(),
        label: None,
        is_mapped: false,
        comparison: None,
        waiting: 0,
    })
}

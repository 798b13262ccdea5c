//! The tab of leave types: what maps to what, and how to map one in Officient.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::items::{Comparison, compare_texts};
use super::{Frame, Moment, Tab, Visit, render};
use crate::config::LeaveTypes;
use crate::db::attention;
use crate::db::connection::{self, State as ConnectionState};
use crate::domain::mapping::Mapping;
use crate::sync::lists::{CurrentMapping, map_everything};
use crate::web::error::WebError;
use crate::web::texts::Language;

#[derive(Template)]
#[template(path = "page/leave_types.html")]
struct LeaveTypesPage {
    frame: Frame,
    is_known: bool,
    trouble: Option<String>,
    types: Vec<TypeView>,
    /// Optedo's descriptions, to be filled in.
    descriptions: Vec<String>,
    officient_url: String,
}

struct TypeView {
    name: String,
    /// `None`: the name that each day has.
    description: Option<String>,
    origin: &'static str,
    /// matched, unmatched, ambiguous or unknown: as people have it.
    state: &'static str,
    label: &'static str,
    absence_type: Option<String>,
    comparison: Option<Comparison>,
    waiting: Option<String>,
}

/// `GET …/leave-types`
pub(super) async fn show(visit: Visit) -> Result<Response, WebError> {
    let (engine, t) = (&visit.app.engine, visit.t);
    let frame = visit.frame(Tab::LeaveTypes).await?;
    let mut page = LeaveTypesPage {
        frame,
        is_known: false,
        trouble: None,
        types: Vec::new(),
        descriptions: Vec::new(),
        officient_url: engine.config.officient.app_url.clone(),
    };
    let connection = connection::load(&engine.db).await?;
    let (ConnectionState::Connected, Some(company)) = (connection.state, connection.company_id) else {
        return render(StatusCode::OK, &page);
    };
    page.is_known = true;
    let year = engine.clock.today().year();
    let shown =
        tokio::join!(engine.reference.show_leave_types(company, year), engine.reference.show_absence_types());
    let (Some(leave_types), Some(absence_types)) = shown else {
        page.trouble = Some(t.upstream_silent().to_owned());
        return render(StatusCode::OK, &page);
    };
    let stale_since = leave_types.stale_since.or(absence_types.stale_since);
    page.trouble = stale_since.map(|at| t.stale_since(&Moment::from(at).text));
    let waiting = attention::count_held_back_types(&engine.db, company).await?;
    let count = |type_id: &str| waiting.iter().find(|(id, _)| id == type_id).map_or(0, |(_, count)| *count);
    let mapped = map_everything(&engine.config, leave_types.value.iter(), &absence_types.value);
    let mut types: Vec<TypeView> = mapped
        .into_iter()
        .map(|mapped| {
            let waiting = count(&mapped.description.type_id);
            type_view(t, mapped, waiting)
        })
        .collect();
    types.extend(unconfigured(t, &engine.config.leave_types));
    page.types = types;
    page.descriptions = absence_types.value.iter().map(|kind| kind.description.clone()).collect();
    render(StatusCode::OK, &page)
}

fn type_view(t: Language, mapped: CurrentMapping, waiting: i64) -> TypeView {
    let CurrentMapping { name, description, mapping } = mapped;
    let (name, origin) = match name.as_str() {
        "sick_day" => (t.sick_day().to_owned(), t.origin_configuration()),
        "education" => (t.education().to_owned(), t.origin_configuration()),
        _ if description.is_chosen => (name, t.origin_field()),
        _ => (name, t.origin_name()),
    };
    let (state, label, hint) = match &mapping {
        Mapping::To(_) => ("matched", t.mapped(), None),
        Mapping::Blocked(item)
            if item.kind() == crate::domain::attention::AttentionKind::AmbiguousLeaveType =>
        {
            ("ambiguous", t.ambiguous_type(), None)
        }
        Mapping::Blocked(item) => ("unmatched", t.unmapped(), item.hint.as_ref()),
        Mapping::Excluded => ("unmatched", t.unmapped(), None),
    };
    TypeView {
        name,
        origin,
        state,
        label,
        absence_type: matches!(mapping, Mapping::To(_)).then(|| description.text.clone()),
        comparison: hint.map(|hint| compare_texts(t, hint.difference, &description.text, &hint.candidate)),
        waiting: (waiting > 0).then(|| t.leave_waiting(waiting)),
        description: Some(description.text),
    }
}

/// Built-in types without a description in the configuration: each of their days is looked for by its own name.
fn unconfigured(t: Language, config: &LeaveTypes) -> impl Iterator<Item = TypeView> {
    let built_in = [(t.sick_day(), config.sick_day.is_none()), (t.education(), config.education.is_none())];
    built_in.into_iter().filter(|(_, is_unset)| *is_unset).map(move |(name, _)| TypeView {
        name: name.to_owned(),
        description: None,
        origin: t.origin_own_name(),
        state: "unknown",
        label: "",
        absence_type: None,
        comparison: None,
        waiting: None,
    })
}

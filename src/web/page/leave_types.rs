//! The tab of leave types: the absence type that each maps to, the admin's choice, and how to map one in Officient.

use std::collections::HashMap;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{Redirect, Response};

use super::comparison::{Comparison, compare_texts};
use super::frame::{Frame, Tab, Visit, render, return_tab};
use crate::clock::local_time;
use crate::db::connection::State as ConnectionState;
use crate::db::leave_types;
use crate::domain::absence::AbsenceType;
use crate::domain::ids::CompanyId;
use crate::domain::mapping::{EDUCATION, Existing, MappingRules, ProposedChoice, SICK_DAY, TypeChoice};
use crate::sync::Engine;
use crate::sync::lists::{CurrentMapping, MappingMode, MappingState};
use crate::texts::{Language, Text};
use crate::web::PAGE_PATH;
use crate::web::api::leave_types::{choice_in_form, form_value, save_choice};
use crate::web::error::WebError;
use crate::web::notice::Notice;
use crate::web::session::Admin;
use crate::web::state::App;

#[derive(Template)]
#[template(path = "page/leave_types.html")]
struct LeaveTypesPage {
    frame: Frame,
    is_connected: bool,
    /// Says that the list is outdated or missing.
    trouble: Option<String>,
    types: Vec<TypeView>,
    absence_types: Vec<AbsenceType>,
    /// The year of the types, and the years to choose from.
    year: i16,
    years: [i16; 2],
    officient_url: String,
}

struct TypeView {
    leave_type: CurrentMapping,
    name: String,
    comparison: Option<Comparison>,
    /// How the form names the stored choice.
    chosen: String,
}

impl TypeView {
    /// Officient says something else than the admin.
    fn is_overruled(&self) -> bool {
        let chosen =
            self.leave_type.absence_type.as_ref().filter(|_| self.leave_type.mapping.mode == MappingMode::AbsenceType);
        let described = self.leave_type.description.as_ref().filter(|_| self.leave_type.is_described);
        chosen.zip(described).is_some_and(|(chosen, described)| chosen.description != *described)
    }

    /// Sick leave is health data, and nobody chose a neutral absence type yet.
    fn needs_neutral_type(&self) -> bool {
        let CurrentMapping { type_id, mapping, is_fixed, .. } = &self.leave_type;
        type_id == SICK_DAY && mapping.mode == MappingMode::Officient && !is_fixed
    }
}

/// `GET …/leave-types`
pub(super) async fn show(Visit { frame, connection, engine }: Visit) -> Result<Response, WebError> {
    let (t, config) = (frame.t, &engine.config);
    let this_year = engine.clock.today().year();
    let years = [this_year, this_year.saturating_add(1)];
    let asked = frame.value("year").and_then(|year| year.parse().ok()).filter(|year| years.contains(year));
    let year = asked.unwrap_or(this_year);
    let mut page = LeaveTypesPage {
        frame,
        is_connected: connection.state == ConnectionState::Connected,
        trouble: None,
        types: Vec::new(),
        absence_types: Vec::new(),
        year,
        years,
        officient_url: config.officient.app_url.clone(),
    };
    let Some(company) = connection.company_id.filter(|_| page.is_connected) else { return render(&page) };
    let data = &engine.reference_data;
    let (leave_types, absence_types) = tokio::join!(data.show_leave_types(company, year), data.show_absence_types());
    let Some((leave_types, absence_types)) = leave_types.zip(absence_types) else {
        page.trouble = Some(t.text("upstream-silent").to_string());
        return render(&page);
    };
    let stale_since = leave_types.stale_since.or(absence_types.stale_since);
    page.trouble = stale_since.map(|at| t.text("stale-since").with("at", local_time(&at)).to_string());
    let stored = leave_types::stored(&engine.db, company).await?;
    let choices = leave_types::in_effect(&stored);
    let rules = MappingRules::new(config, &choices, &absence_types.value);
    let view = |leave_type: CurrentMapping| {
        let described = leave_type.description.as_deref().unwrap_or_default();
        let hint = leave_type.hint.as_ref();
        TypeView {
            comparison: hint.map(|hint| compare_texts(t, hint.difference, described, &hint.candidate)),
            name: built_in_name(t, &leave_type.type_id)
                .map_or_else(|| leave_type.name.clone(), |name| name.to_string()),
            chosen: form_value(choices.get(&leave_type.type_id).copied()),
            leave_type,
        }
    };
    let shown = engine.shown_mappings(company, rules, &stored, leave_types.value.iter()).await?;
    page.types = shown.into_iter().map(view).collect();
    page.absence_types.clone_from(&absence_types.value);
    render(&page)
}

pub(super) fn built_in_name(t: Language, type_id: &str) -> Option<Text<'static>> {
    match type_id {
        SICK_DAY => Some(t.text("sick-day")),
        EDUCATION => Some(t.text("education")),
        _ => None,
    }
}

/// The choice that a form names.
pub(super) fn proposal(form: &mut HashMap<String, String>) -> Result<Option<ProposedChoice>, WebError> {
    let Some(type_id) = form.remove("type_id") else { return Ok(None) };
    let choice = form.remove("choice").as_deref().and_then(choice_in_form);
    let choice =
        choice.ok_or(WebError::InvalidField { field: "choice", fault: "is missing or none of the offered" })?;
    Ok(Some(ProposedChoice { type_id, choice }))
}

/// What the choice says, for example "Ziektedag wordt Afwezig".
pub(super) async fn describe_proposal(
    engine: &Engine,
    company: CompanyId,
    t: Language,
    proposal: &ProposedChoice,
) -> String {
    let data = &engine.reference_data;
    let year = engine.clock.today().year();
    let (leave_types, absence_types) = tokio::join!(data.show_leave_types(company, year), data.show_absence_types());
    let of_company = || {
        let types = leave_types?.value;
        types.iter().find(|kind| kind.id.to_string() == proposal.type_id)?.name.clone()
    };
    let name = built_in_name(t, &proposal.type_id).map(|name| name.to_string());
    let name = name.or_else(of_company).unwrap_or_else(|| format!("#{}", proposal.type_id));
    let absence_type = |id| {
        let types = absence_types?.value;
        Some(types.iter().find(|kind| kind.id == id)?.description.clone())
    };
    let text = match proposal.choice {
        Some(TypeChoice::AbsenceType(id)) => {
            let absence_type = absence_type(id).unwrap_or_else(|| format!("#{id}"));
            t.text("proposed-absence-type").with("name", name).with("type", absence_type)
        }
        Some(TypeChoice::Exclude(Existing::Keep)) => t.text("proposed-exclusion").with("name", name),
        Some(TypeChoice::Exclude(Existing::Delete)) => t.text("proposed-exclusion-with-deletions").with("name", name),
        None => t.text("proposed-officient").with("name", name),
    };
    text.to_string()
}

/// `POST …/leave-types`: stores a choice.
pub(super) async fn choose(
    State(app): State<App>,
    admin: Admin,
    form: Result<Form<HashMap<String, String>>, FormRejection>,
) -> Result<Redirect, WebError> {
    let Form(mut form) = form?;
    let back = return_tab(form.remove("back"));
    let missing = WebError::InvalidField { field: "type_id", fault: "is missing" };
    let ProposedChoice { type_id, choice } = proposal(&mut form)?.ok_or(missing)?;
    save_choice(&app.engine, &admin, &type_id, choice).await?;
    let tab = back.unwrap_or(Tab::LeaveTypes).path();
    Ok(Notice::MappingSaved.redirect_to(tab.trim_start_matches(PAGE_PATH)))
}

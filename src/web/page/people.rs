//! The tab of people: who matches whom, and why somebody matches nobody.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Redirect, Response};
use strum::VariantArray as _;

use super::items::{Comparison, compare_names};
use super::{Frame, Moment, Notice, Paging, Tab, Visit, render};
use crate::db::people::{self, Person};
use crate::db::{attention, connection};
use crate::domain::attention::fold;
use crate::domain::failure::FailureKind;
use crate::domain::ids::PersonId;
use crate::domain::matching::UserDirectory;
use crate::domain::sync_request::{SyncReason, SyncRequest};
use crate::sync::lists::{CurrentMatch, MatchState, match_everybody};
use crate::web::error::WebError;
use crate::web::state::App;
use crate::web::texts::Language;

const ON_A_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "page/people.html")]
struct PeoplePage {
    frame: Frame,
    is_known: bool,
    /// Optedo could not be asked: since when the list is as it is, if it is known at all.
    trouble: Option<String>,
    search: String,
    /// Word, label, whether it is chosen.
    filters: Vec<(&'static str, &'static str, bool)>,
    found: i64,
    people: Vec<PersonView>,
    paging: Paging,
}

struct PersonView {
    id: PersonId,
    name: String,
    state: &'static str,
    label: &'static str,
    user: Option<String>,
    comparison: Option<Comparison>,
    synced_at: Option<Moment>,
    waiting: Option<String>,
    trouble: Option<(&'static str, String)>,
}

/// The filter that shows who could not be looked at.
const FAILING: &str = "failing";

/// `GET …/people`
pub(super) async fn show(visit: Visit) -> Result<Response, WebError> {
    let (engine, t) = (&visit.app.engine, visit.t);
    let frame = visit.frame(Tab::People).await?;
    let search = visit.value("q").unwrap_or_default();
    let filter = visit.value("state").unwrap_or_default();
    let company = connection::load(&engine.db).await?.company_id;
    let users = if company.is_some() { engine.reference.show_users().await } else { None };
    let people = match company {
        Some(company) => people::all(&engine.db, company).await?,
        None => Vec::new(),
    };
    let trouble = match &users {
        None if company.is_some() => Some(t.upstream_silent().to_owned()),
        Some(shown) => shown.stale_since.map(|at| t.stale_since(&Moment::from(at).text)),
        None => None,
    };
    let directory = users.map(|shown| shown.value).unwrap_or_default();
    let matches = match_everybody(&people, &directory);
    let wanted = fold(&search);
    let is_shown = |(person, matched): &(&Person, CurrentMatch)| {
        let has_name = person.names.as_ref().is_some_and(|names| fold(&names.full()).contains(&wanted));
        let has_state = match filter.as_str() {
            "" => matched.state != MatchState::Archived,
            FAILING => person.attempts > 0,
            state => matched.state.into_str() == state,
        };
        (wanted.is_empty() || has_name) && has_state
    };
    let found: Vec<(&Person, CurrentMatch)> = people.iter().zip(matches).filter(is_shown).collect();
    let (paging, range) = Paging::new(&Tab::People.path(), visit.query(), found.len(), ON_A_PAGE);
    let shown = found.get(range).unwrap_or_default();
    let ids: Vec<i64> = shown.iter().map(|(person, _)| person.id.0).collect();
    let waiting = attention::count_held_back(&engine.db, company, &ids).await?;
    let view = |(person, matched): &(&Person, CurrentMatch)| {
        let count = waiting.iter().find(|(id, _)| *id == person.id.0).map_or(0, |(_, count)| *count);
        person_view(t, person, matched, &directory, count)
    };
    let states = MatchState::VARIANTS.iter().map(|state| (state.into_str(), label(t, *state)));
    let filters = [("", t.all())].into_iter().chain(states).chain([(FAILING, t.failing())]);
    let page = PeoplePage {
        frame,
        is_known: company.is_some(),
        trouble,
        filters: filters.map(|(word, label)| (word, label, word == filter)).collect(),
        search,
        found: i64::try_from(found.len()).unwrap_or(i64::MAX),
        people: shown.iter().map(view).collect(),
        paging,
    };
    render(StatusCode::OK, &page)
}

fn label(t: Language, state: MatchState) -> &'static str {
    match state {
        MatchState::Matched => t.matched(),
        MatchState::Unmatched => t.unmatched(),
        MatchState::Ambiguous => t.ambiguous(),
        MatchState::Archived => t.archived(),
        MatchState::Unknown => t.unknown(),
    }
}

fn person_view(
    t: Language,
    person: &Person,
    matched: &CurrentMatch,
    directory: &UserDirectory,
    waiting: i64,
) -> PersonView {
    let hint = matched.item.as_ref().and_then(|item| item.hint.as_ref());
    let comparison = person
        .names
        .as_ref()
        .zip(hint)
        .and_then(|(ours, hint)| Some(compare_names(t, hint.difference, ours, hint.names.as_ref()?)));
    let user = matched.user.and_then(|id| directory.user(id));
    PersonView {
        id: person.id,
        name: name(t, person),
        state: matched.state.into_str(),
        label: label(t, matched.state),
        user: user.map(|user| format!("{} {}", user.first_name, user.last_name)),
        comparison,
        synced_at: person.synced_at.map(Moment::from),
        waiting: (waiting > 0).then(|| t.leave_waiting(waiting)),
        trouble: (person.attempts > 0).then(|| {
            (fault_text(t, person.last_fault.as_deref()), person.last_error.clone().unwrap_or_default())
        }),
    }
}

/// Somebody's name, or their id while it was not read.
pub(super) fn name(t: Language, person: &Person) -> String {
    person.names.as_ref().map_or_else(|| t.name_unknown(person.id.0), crate::domain::company::Names::full)
}

/// What went wrong and what happens next.
pub(super) fn fault_text(t: Language, word: Option<&str>) -> &'static str {
    match word.and_then(FailureKind::parse) {
        Some(FailureKind::OfficientUnavailable) => t.fault_officient_unavailable(),
        Some(FailureKind::OfficientBusy) => t.fault_officient_busy(),
        Some(FailureKind::OfficientRefused) => t.fault_officient_refused(),
        Some(FailureKind::OfficientUnreadable) => t.fault_officient_unreadable(),
        Some(FailureKind::SignInNeeded) => t.fault_sign_in_needed(),
        Some(FailureKind::OptedoUnavailable) => t.fault_optedo_unavailable(),
        Some(FailureKind::OptedoRefused) => t.fault_optedo_refused(),
        Some(FailureKind::OptedoUnauthorized) => t.fault_optedo_unauthorized(),
        Some(FailureKind::Inside) | None => t.fault_inside(),
    }
}

/// `POST …/people/{id}/sync`
pub(super) async fn sync_person(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Redirect, WebError> {
    let engine = &app.engine;
    let person = PersonId(id?.parse().map_err(|_no_number| WebError::NotFound)?);
    let company = crate::web::api::sync::connected_company(engine).await?;
    if people::find(&engine.db, company, person).await?.is_none() {
        return Err(WebError::NotFound);
    }
    if connection::load(&engine.db).await?.is_paused {
        return Ok(super::to_page(Notice::Paused));
    }
    let now = engine.clock.now();
    let request = SyncRequest { reason: SyncReason::Manual, at: now, webhook_received_at: None };
    people::request_sync(&engine.db, company, &[person.0], request).await?;
    engine.work_signal.notify(&engine.db).await;
    let history = Tab::History.path();
    Ok(Redirect::to(&format!("{history}?person={person}&notice={}", Notice::PersonAsked.as_str())))
}

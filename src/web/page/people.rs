//! The tab of people: the Optedo user that each person matches, and why some match none.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use strum::VariantArray as _;

use super::frame::{Frame, Tab, Visit, render};
use super::items::{Comparison, compare_names};
use super::paging::Paging;
use super::view::local_time;
use crate::db::people::{self, Person};
use crate::db::queue;
use crate::db::{attention, connection};
use crate::domain::attention::fold;
use crate::domain::ids::PersonId;
use crate::domain::matching::UserDirectory;
use crate::domain::sync_request::{SyncReason, SyncRequest};
use crate::sync::lists::{CurrentMatch, MatchState, match_everybody};
use crate::web::api::sync::connected_company;
use crate::web::error::WebError;
use crate::web::notice::{Notice, to_page};
use crate::web::state::App;
use crate::web::texts::Language;

const PEOPLE_PER_PAGE: usize = 50;

/// The filter for people whose last reconciliation failed; the other filters are match states.
const FAILING: &str = "failing";

#[derive(Template)]
#[template(path = "page/people.html")]
struct PeoplePage {
    frame: Frame,
    is_known: bool,
    /// Says that the matches are outdated or unknown.
    trouble: Option<String>,
    search: String,
    filter: String,
    /// The value and the label of each.
    filters: Vec<(&'static str, &'static str)>,
    found: i64,
    people: Vec<PersonView>,
    paging: Paging,
}

struct PersonView {
    name: String,
    state: MatchState,
    /// The name of the matched Optedo user.
    user: Option<String>,
    comparison: Option<Comparison>,
    /// Absences that wait for something.
    waiting: i64,
    person: Person,
}

/// `GET …/people`
pub(super) async fn show(visit: Visit) -> Result<Response, WebError> {
    let (engine, t) = (visit.engine(), visit.t);
    let frame = visit.frame(Tab::People).await?;
    let (users, people) = match visit.company() {
        Some(company) => (engine.reference_data.show_users().await, people::all(&engine.db, company).await?),
        None => (None, Vec::new()),
    };
    let trouble = match &users {
        None => visit.company().map(|_| t.upstream_silent().to_owned()),
        Some(shown) => shown.stale_since.map(|at| t.stale_since(&local_time(&at))),
    };
    let directory = users.map(|shown| shown.value).unwrap_or_default();
    let matches = match_everybody(&people, &directory);
    let search = visit.value("q").unwrap_or_default();
    let filter = visit.value("state").unwrap_or_default();
    let folded = fold(&search);
    let is_found = |(person, matched): &(Person, CurrentMatch)| {
        has_name(person, &folded) && has_state(person, matched, &filter)
    };
    let mut found: Vec<(Person, CurrentMatch)> = people.into_iter().zip(matches).filter(is_found).collect();
    let (paging, range) =
        Paging::new(&Tab::People.path(), visit.query.as_deref(), found.len(), PEOPLE_PER_PAGE);
    let count = found.len();
    let shown: Vec<(Person, CurrentMatch)> = found.drain(range).collect();
    let ids: Vec<i64> = shown.iter().map(|(person, _)| person.id.0).collect();
    let waiting = attention::count_blocked(&engine.db, visit.company(), &ids).await?;
    let views = shown.into_iter().map(|(person, matched)| {
        let waiting = waiting.iter().find(|(id, _)| *id == person.id.0).map_or(0, |(_, count)| *count);
        person_view(t, person, &matched, &directory, waiting)
    });
    let states = MatchState::VARIANTS.iter().map(|state| (state.into_str(), t.match_state(state)));
    let filters = [("", t.all())].into_iter().chain(states).chain([(FAILING, t.failing())]);
    render(&PeoplePage {
        frame,
        is_known: visit.company().is_some(),
        trouble,
        search,
        filter,
        filters: filters.collect(),
        found: i64::try_from(count).unwrap_or(i64::MAX),
        people: views.collect(),
        paging,
    })
}

/// Whether the name contains the text, apart from case, accents, spaces and punctuation.
fn has_name(person: &Person, folded: &str) -> bool {
    folded.is_empty() || person.names.as_ref().is_some_and(|names| fold(&names.full()).contains(folded))
}

fn has_state(person: &Person, matched: &CurrentMatch, filter: &str) -> bool {
    match filter {
        "" => matched.state != MatchState::Archived,
        FAILING => person.attempts > 0,
        state => matched.state.into_str() == state,
    }
}

fn person_view(
    t: Language,
    person: Person,
    matched: &CurrentMatch,
    directory: &UserDirectory,
    waiting: i64,
) -> PersonView {
    let hint = matched.item.as_ref().and_then(|item| item.hint.as_ref());
    let comparison = person
        .names
        .as_ref()
        .zip(hint)
        .and_then(|(names, hint)| Some(compare_names(t, hint.difference, names, hint.names.as_ref()?)));
    let user = matched.user.and_then(|id| directory.user(id));
    PersonView {
        name: t.person_name(person.id, person.names.as_ref()),
        state: matched.state,
        user: user.map(|user| format!("{} {}", user.first_name, user.last_name)),
        comparison,
        waiting,
        person,
    }
}

/// `POST …/people/{id}/sync`
pub(super) async fn sync_person(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Redirect, WebError> {
    let engine = &app.engine;
    let person = PersonId(id?.parse().map_err(|_no_number| WebError::NotFound)?);
    let company = connected_company(engine).await?;
    if people::find(&engine.db, company, person).await?.is_none() {
        return Err(WebError::NotFound);
    }
    if connection::load(&engine.db).await?.is_paused {
        return Ok(to_page(Notice::Paused));
    }
    let now = engine.clock.now();
    let request = SyncRequest { reason: SyncReason::Manual, at: now, webhook_received_at: None };
    queue::request_sync(&engine.db, company, &[person.0], request).await?;
    engine.work_signal.notify(&engine.db).await;
    let history = Tab::History.path();
    Ok(Redirect::to(&format!("{history}?person={person}&notice={}", <&str>::from(Notice::PersonAsked))))
}

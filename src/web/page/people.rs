//! The tab of people: the Optedo user that each person matches, and why some match none.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::response::{Redirect, Response};

use super::comparison::{Comparison, compare_names};
use super::frame::{Frame, Paging, Tab, Visit, render};
use crate::clock::local_time;
use crate::db::people::{self, Person};
use crate::db::{attention, connection, person_choices, queue};
use crate::domain::attention::fold;
use crate::domain::ids::PersonId;
use crate::domain::matching::PersonChoices;
use crate::domain::sync_request::{SyncReason, SyncRequest};
use crate::sync::lists::{CurrentMatch, MatchState};
use crate::texts::Language;
use crate::web::api::sync::connected_company;
use crate::web::error::WebError;
use crate::web::notice::Notice;
use crate::web::request::Id;
use crate::web::state::App;

const PEOPLE_PER_PAGE: usize = 50;

/// The filter for people whose last reconciliation failed; the other filters are match states.
const FAILING: &str = "failing";

#[derive(Template)]
#[template(path = "page/people.html")]
struct PeoplePage<'a> {
    frame: Frame,
    is_known: bool,
    /// Says that the matches are outdated or unknown.
    trouble: Option<String>,
    search: String,
    filter: String,
    people: Vec<PersonView<'a>>,
    paging: Paging,
}

struct PersonView<'a> {
    person: Person,
    matched: CurrentMatch<'a>,
    comparison: Option<Comparison>,
    /// Absences that wait for something, and are not in Optedo as they should be.
    waiting: i64,
}

/// `GET …/people`
pub(super) async fn show(Visit { frame, connection, engine }: Visit) -> Result<Response, WebError> {
    let (t, company) = (frame.t, connection.company_id);
    let (users, people) = match company {
        Some(company) => (engine.reference_data.show_users().await, people::all(&engine.db, company).await?),
        None => (None, Vec::new()),
    };
    let trouble = match &users {
        None => company.map(|_| t.text("upstream-silent").to_string()),
        Some(shown) => shown.stale_since.map(|at| t.text("stale-since").with("at", local_time(&at)).to_string()),
    };
    let directory = users.map(|shown| shown.value).unwrap_or_default();
    let choices = match company {
        Some(company) => person_choices::choices(&engine.db, company).await?,
        None => PersonChoices::new(),
    };
    let matches = match company {
        Some(company) => engine.shown_matches(company, &people, (&directory, trouble.is_none()), &choices).await?,
        None => Vec::new(),
    };
    let search = frame.value("q").unwrap_or_default();
    let filter = frame.value("state").unwrap_or_default();
    let folded = fold(&search);
    let mut found: Vec<(Person, CurrentMatch<'_>)> = people.into_iter().zip(matches).collect();
    found.retain(|(person, matched)| has_name(person, &folded) && has_state(person, matched, &filter));
    let mut paging = Paging::new(&frame, PEOPLE_PER_PAGE);
    let shown = paging.cut(found);
    let ids: Vec<i64> = shown.iter().map(|(person, _)| person.id.0).collect();
    let waiting: HashMap<i64, i64> = attention::count_missing(&engine.db, company, &ids).await?.into_iter().collect();
    let views = shown.into_iter().map(|(person, matched)| PersonView {
        comparison: compare(t, &person, &matched),
        waiting: waiting.get(&person.id.0).copied().unwrap_or(0),
        person,
        matched,
    });
    render(&PeoplePage { frame, is_known: company.is_some(), trouble, search, filter, people: views.collect(), paging })
}

/// Whether the name contains the text, apart from case, accents, spaces and punctuation.
fn has_name(person: &Person, folded: &str) -> bool {
    folded.is_empty() || person.names.as_ref().is_some_and(|names| fold(&names.full()).contains(folded))
}

fn has_state(person: &Person, matched: &CurrentMatch<'_>, filter: &str) -> bool {
    match filter {
        "" => matched.state != MatchState::Archived,
        FAILING => person.attempts > 0,
        state => matched.state.into_str() == state,
    }
}

fn compare(t: Language, person: &Person, matched: &CurrentMatch<'_>) -> Option<Comparison> {
    let hint = matched.item.as_ref()?.hint.as_ref()?;
    Some(compare_names(t, hint.difference, person.names.as_ref()?, hint.names.as_ref()?))
}

/// `POST …/people/{id}/sync`
pub(super) async fn sync_person(State(app): State<App>, Id(id): Id) -> Result<Redirect, WebError> {
    let engine = &app.engine;
    let person = PersonId(id);
    let company = connected_company(engine).await?;
    if people::find(&engine.db, company, person).await?.is_none() {
        return Err(WebError::NotFound);
    }
    if connection::load(&engine.db).await?.is_paused {
        return Ok(Notice::Paused.redirect_to(""));
    }
    let now = engine.clock.now();
    let request = SyncRequest { reason: SyncReason::Manual, at: now, webhook_received_at: None };
    queue::request_sync(&engine.db, company, &[person.0], request).await?;
    engine.work_signal.notify(&engine.db).await;
    let history = Tab::History.path();
    Ok(Redirect::to(&format!("{history}?person={person}&notice={}", <&str>::from(Notice::PersonAsked))))
}

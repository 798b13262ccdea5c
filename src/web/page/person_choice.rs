//! The admin's choice for a person: link them to a user by hand, or exclude them. Its effect is shown before it is
//! saved.

use std::collections::HashSet;
use std::str::FromStr;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{Redirect, Response};
use serde::Deserialize;

use super::frame::{Frame, Tab, Visit, render, return_tab};
use crate::db::people::{self, Person};
use crate::db::person_choices::{self, StoredPersonChoice};
use crate::domain::absence::User;
use crate::domain::attention::{AttentionItem, fold};
use crate::domain::ids::{PersonId, UserId};
use crate::domain::mapping::Existing;
use crate::domain::matching::PersonChoice;
use crate::domain::sync_request::SyncReason;
use crate::sync::lists::{MatchState, match_everybody};
use crate::sync::observe::Proposal;
use crate::sync::preview::{Preview, PreviewRequest};
use crate::texts::Text;
use crate::web::PAGE_PATH;
use crate::web::api::people::{Undo, save_choice, undo_choice};
use crate::web::api::sync::connected_company;
use crate::web::error::WebError;
use crate::web::notice::Notice;
use crate::web::request::Id;
use crate::web::session::Admin;
use crate::web::state::App;

#[derive(Template)]
#[template(path = "page/person_choice.html")]
struct ChoicePage {
    frame: Frame,
    person: Person,
    state: MatchState,
    /// The user who is matched now.
    user: Option<User>,
    item: Option<AttentionItem>,
    stored: Option<StoredPersonChoice>,
    /// Users whom nobody else uses, by name.
    free: Vec<User>,
    /// How the form names the choice whose effect is shown.
    chosen: String,
    effect: Option<Preview>,
    /// The tab to return to, instead of this page.
    back: Option<Tab>,
}

impl ChoicePage {
    /// "34 absences change, 0 disappear, 2 appear".
    fn effect_text(&self, effect: &Preview) -> Text<'static> {
        let created = effect.create.len() + effect.take_over.len();
        let (changed, deleted) = (effect.change.len(), effect.delete.len());
        self.frame.t.text("effect").with("changed", changed).with("deleted", deleted).with("created", created)
    }
}

/// The address of the page with the choice for a person.
pub(super) fn address(person: PersonId) -> String {
    format!("{}/{person}/choice", Tab::People.path())
}

/// The page with the effect of a choice, for a link on an attention item. Saving the choice leads back to the items.
pub(super) fn address_from_item(person: PersonId, choice: &str) -> String {
    format!("{}?choice={choice}&back={}", address(person), Tab::Attention.into_str())
}

/// `GET …/people/{id}/choice`
pub(super) async fn show(Visit { frame, engine, .. }: Visit, Id(id): Id) -> Result<Response, WebError> {
    let company = connected_company(&engine).await?;
    let db = &engine.db;
    let person = people::find(db, company, PersonId(id)).await?.ok_or(WebError::NotFound)?;
    let directory = engine.reference_data.show_users().await.map(|shown| shown.value).unwrap_or_default();
    let everybody = people::all(db, company).await?;
    let stored = person_choices::stored(db, company).await?;
    let choices = person_choices::in_effect(&stored);
    let (mut state, mut current, mut item, mut used) = (MatchState::Unknown, None, None, HashSet::new());
    for (other, matched) in everybody.iter().zip(match_everybody(&everybody, &directory, &choices)) {
        if other.id == person.id {
            (state, current, item) = (matched.state, matched.user.cloned(), matched.item);
        } else {
            used.extend(matched.user.map(|user| user.id));
        }
    }
    let mut free: Vec<User> = directory.active().filter(|user| !used.contains(&user.id)).cloned().collect();
    free.sort_by_cached_key(|user| fold(&format!("{} {}", user.last_name, user.first_name)));
    let chosen = frame.value("choice").unwrap_or_default();
    let mut effect = None;
    if let Ok(FormChoice(choice)) = chosen.parse() {
        let (reason, at, proposal) = (SyncReason::Manual, engine.clock.now(), Some(Proposal::Person(choice)));
        let mut preview = Preview::default();
        // Boxed: the handler would be too large for its thread's stack otherwise.
        let asked = PreviewRequest { reason, at, proposal };
        Box::pin(engine.preview(company, &person, asked, &mut preview)).await;
        effect = Some(preview);
    }
    let stored = stored.into_iter().find(|stored| stored.person == person.id);
    let back = return_tab(frame.value("back"));
    render(&ChoicePage { frame, person, state, user: current, item, stored, free, chosen, effect, back })
}

/// The choice in a form: `names` (none), `exclude`, `exclude-delete` or the id of a user.
struct FormChoice(Option<PersonChoice>);

impl FromStr for FormChoice {
    type Err = WebError;

    fn from_str(text: &str) -> Result<Self, WebError> {
        Ok(Self(match text {
            "names" => None,
            "exclude" => Some(PersonChoice::Exclude(Existing::Keep)),
            "exclude-delete" => Some(PersonChoice::Exclude(Existing::Delete)),
            id => {
                let none = WebError::InvalidField { field: "choice", fault: "is none of the offered" };
                Some(PersonChoice::Link(UserId(id.parse().map_err(|_no_id| none)?)))
            }
        }))
    }
}

#[derive(Deserialize)]
pub(super) struct ChoiceForm {
    choice: String,
    /// The tab to return to, instead of the person's page.
    back: Option<String>,
}

/// `POST …/people/{id}/choice`: stores a choice.
pub(super) async fn choose(
    State(app): State<App>,
    admin: Admin,
    Id(id): Id,
    form: Result<Form<ChoiceForm>, FormRejection>,
) -> Result<Redirect, WebError> {
    let Form(ChoiceForm { choice, back }) = form?;
    let (engine, person) = (&app.engine, PersonId(id));
    if let FormChoice(Some(choice)) = choice.parse()? {
        save_choice(engine, &admin, person, choice).await?;
    } else {
        undo_choice(engine, &admin, person, Undo::Link).await?;
        undo_choice(engine, &admin, person, Undo::Exclusion).await?;
    }
    let tab = return_tab(back).map_or_else(|| address(person), Tab::path);
    Ok(Notice::PersonChoiceSaved.redirect_to(tab.trim_start_matches(PAGE_PATH)))
}

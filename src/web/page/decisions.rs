//! What the admin decides about absences whose leave is gone, person by person and month by month.

use std::collections::HashMap;

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::Redirect;

use super::frame::Visit;
use super::person;
use crate::config::{Leavers, ProposedSettings, Setting};
use crate::db::decisions::MonthOfPerson;
use crate::db::{connection, people};
use crate::domain::attention::AttentionKind;
use crate::domain::ids::{CompanyId, PersonId};
use crate::sync::decide::{Action, Decision};
use crate::web::api::attention::{action, save_decision};
use crate::web::api::settings::save_settings;
use crate::web::error::WebError;
use crate::web::notice::Notice;
use crate::web::request::Id;
use crate::web::session::Admin;
use crate::web::state::App;

const TAB: &str = "/attention";
/// Once these are decided about, others are shown.
const PEOPLE_SHOWN: usize = 100;

/// The people to decide about, by name.
#[derive(Default)]
pub(super) struct ToDecide {
    pub(super) people: Vec<PersonMonths>,
    /// How many people are not shown.
    pub(super) more: usize,
}

pub(super) struct PersonMonths {
    pub(super) id: PersonId,
    pub(super) name: String,
    pub(super) months: Vec<MonthOfPerson>,
}

impl PersonMonths {
    /// The address of the person's page, in the first of the months.
    pub(super) fn address(&self) -> String {
        person::address(self.id, self.months.first().map(|month| month.month))
    }
}

impl MonthOfPerson {
    pub(super) fn name(&self) -> String {
        self.month.strftime("%m/%Y").to_string()
    }
}

pub(super) async fn by_person(visit: &Visit, months: Vec<MonthOfPerson>) -> Result<ToDecide, sqlx::Error> {
    let ids: Vec<i64> = months.iter().map(|month| month.person.0).collect();
    let names = people::names(&visit.engine.db, visit.connection.company_id, &ids).await?;
    let mut by_id: HashMap<PersonId, Vec<MonthOfPerson>> = HashMap::new();
    for month in months {
        by_id.entry(month.person).or_default().push(month);
    }
    let view = |(id, months)| PersonMonths { id, name: visit.frame.t.person_name(id, names.get(&id)), months };
    let mut people: Vec<PersonMonths> = by_id.into_iter().map(view).collect();
    people.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    let more = people.len().saturating_sub(PEOPLE_SHOWN);
    people.truncate(PEOPLE_SHOWN);
    Ok(ToDecide { people, more })
}

/// `POST …/attention/{id}/decide`: of one person, or of everybody without the field `person`.
pub(super) async fn decide(
    State(app): State<App>,
    admin: Admin,
    Id(item): Id,
    form: Result<Form<HashMap<String, String>>, FormRejection>,
) -> Result<Redirect, WebError> {
    let Form(form) = form?;
    let action = action(form.get("action").map_or("", String::as_str))?;
    let person = form.get("person").map(|id| id.parse()).transpose();
    let invalid = WebError::InvalidField { field: "person", fault: "must be an id" };
    let people = person.map_err(|_no_id| invalid)?.map(|id| vec![id]);
    let notice = match save_decision(&app.engine, &admin, item, &Decision { action, people }).await {
        // The page was opened before somebody else decided, or before the leave was back.
        Err(WebError::NothingToDecide | WebError::InvalidField { .. }) => Notice::NothingToDecide,
        decided => {
            let kind = decided?;
            if kind == AttentionKind::ArchivedPeople && form.contains_key("always") {
                save_settings(&app.engine, &admin, &always(action)).await?;
            }
            let is_confirmed = kind == AttentionKind::DeletionsHeld;
            match action {
                Action::Keep => Notice::DeletionsRejected,
                Action::Delete if connection::load(&app.engine.db).await?.is_paused => Notice::Paused,
                Action::Delete if is_confirmed => Notice::DeletionsConfirmed,
                Action::Delete => Notice::DeletionsProposed,
            }
        }
    };
    Ok(notice.redirect_to(TAB))
}

/// From now on, this happens to what archived people have.
fn always(action: Action) -> ProposedSettings {
    let leavers = match action {
        Action::Delete => Leavers::Delete,
        Action::Keep => Leavers::Keep,
    };
    ProposedSettings { settings: [(Setting::Leavers, Some(leavers.into_str().to_owned()))].into() }
}

/// `POST …/attention/kept/{id}/delete`: what was kept of this person.
pub(super) async fn propose_again(State(app): State<App>, admin: Admin, Id(person): Id) -> Result<Redirect, WebError> {
    let connection = connection::load(&app.engine.db).await?;
    let company = connection.company_id.unwrap_or(CompanyId(0));
    let notice = match app.engine.propose_again(company, PersonId(person), &admin.actor).await? {
        false => Notice::NothingToDecide,
        true if connection.is_paused => Notice::Paused,
        true => Notice::DeletionsProposed,
    };
    Ok(notice.redirect_to(TAB))
}

//! The tab of differences: what somebody changed in Optedo, with both sides next to each other, person by person.

use askama::Template;
use axum::extract::State;
use axum::response::{Redirect, Response};
use strum::VariantArray as _;

use super::frame::{Frame, Paging, Visit, render};
use super::person;
use crate::db::differences::{self, Audit, DifferenceState, StoredDifference};
use crate::db::people;
use crate::domain::difference::Placement;
use crate::domain::ids::PersonId;
use crate::texts::Language;
use crate::web::api::differences::{keep_all, notice_of, restore_all};
use crate::web::api::sync::connected_company;
use crate::web::error::WebError;
use crate::web::notice::Notice;
use crate::web::request::Id;
use crate::web::session::Admin;
use crate::web::state::App;

const DIFFERENCES_PER_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "page/differences.html")]
struct DifferencesPage {
    frame: Frame,
    is_connected: bool,
    audit: Audit,
    which: DifferenceState,
    people: Vec<PersonView>,
    paging: Paging,
}

struct PersonView {
    id: PersonId,
    name: String,
    differences: Vec<StoredDifference>,
}

/// `GET …/differences`
pub(super) async fn show(Visit { mut frame, connection, engine }: Visit) -> Result<Response, WebError> {
    let (db, company) = (&engine.db, connection.company_id);
    let which = frame.value("state").and_then(|state| state.parse().ok()).unwrap_or(DifferenceState::Open);
    let mut paging = Paging::new(&frame, DIFFERENCES_PER_PAGE);
    let shown = paging.cut(differences::list(db, company, which).await?);
    let ids: Vec<i64> = shown.iter().map(|difference| difference.person_id.0).collect();
    let names = people::names(db, company, &ids).await?;
    let of_people = shown.chunk_by(|one, other| one.person_id == other.person_id);
    let of_people = of_people.filter_map(|differences| Some((differences.first()?.person_id, differences)));
    let views = of_people.map(|(id, differences)| PersonView {
        id,
        name: frame.t.person_name(id, names.get(&id)),
        differences: differences.to_vec(),
    });
    let people = views.collect();
    let audit = differences::audit(db, company).await?;
    frame.is_changing = audit.is_under_way();
    render(&DifferencesPage { frame, is_connected: company.is_some(), audit, which, people, paging })
}

/// `POST …/differences/people/{id}/restore`: all of a person.
pub(super) async fn restore_person(State(app): State<App>, admin: Admin, Id(person): Id) -> Result<Redirect, WebError> {
    let company = connected_company(&app.engine).await?;
    let open = differences::open_of_person(&app.engine.db, company, PersonId(person)).await?;
    let is_restored = restore_all(&app.engine, company, open, &admin.actor).await?;
    Ok(notice_of(is_restored).redirect_to("/differences"))
}

/// `POST …/differences/people/{id}/keep`: all of a person.
pub(super) async fn keep_person(State(app): State<App>, admin: Admin, Id(person): Id) -> Result<Redirect, WebError> {
    let company = connected_company(&app.engine).await?;
    let open = differences::open_of_person(&app.engine.db, company, PersonId(person)).await?;
    keep_all(&app.engine, company, PersonId(person), open, &admin.actor).await?;
    Ok(Notice::DifferenceKept.redirect_to("/differences"))
}

impl Placement {
    /// As the page shows it.
    fn period(&self, t: Language) -> String {
        t.period(&(self.start, self.end, self.all_day))
    }
}

impl StoredDifference {
    fn month_address(&self) -> String {
        person::address(self.person_id, Some(self.date))
    }

    /// Whether both sides exist and a part of them differs. Which type it is, no page says.
    fn differs_in<T: PartialEq>(&self, part: impl Fn(&Placement) -> T) -> bool {
        self.expected.as_ref().zip(self.found.as_ref()).is_some_and(|(expected, found)| part(expected) != part(found))
    }

    fn has_other_user(&self) -> bool {
        self.differs_in(|placement| placement.user_id)
    }

    fn has_other_type(&self) -> bool {
        self.differs_in(|placement| placement.absence_type_id)
    }
}

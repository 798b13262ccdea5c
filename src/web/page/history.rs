//! The tab of the history: what was written when and why, for everybody or one person.

use askama::Template;
use axum::response::Response;

use super::frame::{Frame, Tab, Visit, render};
use super::paging::NewestFirst;
use crate::db::history::{self, Entry};
use crate::db::people::{self, Person};
use crate::domain::ids::PersonId;
use crate::web::error::WebError;

#[derive(Template)]
#[template(path = "page/history.html")]
struct HistoryPage {
    frame: Frame,
    /// The person whose history is shown; `None` shows everybody's.
    person: Option<Person>,
    /// Each with the person's name.
    entries: Vec<(Entry, String)>,
    list: NewestFirst,
}

/// `GET …/history`
pub(super) async fn show(visit: Visit) -> Result<Response, WebError> {
    let db = &visit.engine().db;
    let frame = visit.frame(Tab::History).await?;
    let list = NewestFirst::new(Tab::History.path(), visit.query.as_deref());
    let mut page = HistoryPage { frame, person: None, entries: Vec::new(), list };
    let Some(company) = visit.company() else { return render(&page) };
    let id = visit.number("person").map(PersonId);
    if let Some(id) = id {
        let person = people::find(db, company, id).await?.ok_or(WebError::NotFound)?;
        page.frame.is_changing = person.request.is_some();
        page.person = Some(person);
    }
    let entries = history::list(db, company, id, page.list.before, page.list.limit).await?;
    let entries = page.list.page(entries, |entry| entry.id);
    let people: Vec<i64> = entries.iter().map(|entry| entry.person.0).collect();
    let names = people::names(db, company, &people).await?;
    let with_name = |entry: Entry| {
        let name = visit.t.person_name(entry.person, names.get(&entry.person));
        (entry, name)
    };
    page.entries = entries.into_iter().map(with_name).collect();
    render(&page)
}

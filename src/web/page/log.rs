//! The tab of the audit log: who did what, when and from where.

use askama::Template;
use axum::response::Response;

use super::frame::{Frame, Tab, Visit, render};
use super::paging::NewestFirst;
use crate::db::audit_log::{self, Act, Actor, Entry};
use crate::web::error::WebError;
use crate::web::texts::Language;

#[derive(Template)]
#[template(path = "page/log.html")]
struct LogPage {
    frame: Frame,
    entries: Vec<EntryView>,
    list: NewestFirst,
}

struct EntryView {
    /// `None` for an act that only a newer version knows.
    act: Option<Act>,
    who: String,
    session: Option<String>,
    entry: Entry,
}

/// `GET …/log`
pub(super) async fn show(visit: Visit) -> Result<Response, WebError> {
    let frame = visit.frame(Tab::Log).await?;
    let mut list = NewestFirst::new(Tab::Log.path(), visit.query.as_deref());
    let entries = audit_log::list(&visit.engine().db, list.before, list.limit).await?;
    let entries = list.page(entries, |entry| entry.id);
    let entries = entries.into_iter().map(|entry| entry_view(visit.t, entry)).collect();
    render(&LogPage { frame, entries, list })
}

fn entry_view(t: Language, mut entry: Entry) -> EntryView {
    let (who, session) = match entry.session.as_deref() {
        Some(Actor::API) => (t.by_api().to_owned(), None),
        Some(Actor::COMMAND) => (t.by_command().to_owned(), None),
        _ => (entry.admin_name.take().unwrap_or_else(|| t.by_nobody().to_owned()), entry.session.take()),
    };
    EntryView { act: entry.action.parse().ok(), who, session, entry }
}

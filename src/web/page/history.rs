//! The tab of the history: what was written when and why, of everybody or one person.

use std::collections::HashMap;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::people::{fault_text, name};
use super::{Frame, Moment, NewestFirst, Tab, Visit, period, render};
use crate::db::history::{self, Entry};
use crate::db::{connection, people};
use crate::domain::company::Names;
use crate::domain::ids::PersonId;
use crate::web::error::WebError;
use crate::web::texts::Language;

#[derive(Template)]
#[template(path = "page/history.html")]
struct HistoryPage {
    frame: Frame,
    person: Option<PersonHeader>,
    entries: Vec<EntryView>,
    list: NewestFirst,
}

/// WriteContext history it is.
struct PersonHeader {
    id: PersonId,
    name: String,
    synced_at: Option<Moment>,
    trouble: Option<&'static str>,
}

struct EntryView {
    at: Moment,
    person: PersonId,
    name: String,
    action: String,
    label: &'static str,
    is_good: bool,
    period: String,
    reason: &'static str,
    fault: Option<&'static str>,
}

/// `GET …/history`
pub(super) async fn show(visit: Visit) -> Result<Response, WebError> {
    let (engine, t) = (&visit.app.engine, visit.t);
    let mut frame = visit.frame(Tab::History).await?;
    let mut list = NewestFirst::new(Tab::History.path(), visit.query());
    let person = visit.number("person").map(PersonId);
    let Some(company) = connection::load(&engine.db).await?.company_id else {
        let page = HistoryPage { frame, person: None, entries: Vec::new(), list };
        return render(StatusCode::OK, &page);
    };
    let header = match person {
        Some(id) => {
            let person = people::find(&engine.db, company, id).await?.ok_or(WebError::NotFound)?;
            frame.is_changing = person.request.is_some();
            Some(PersonHeader {
                id,
                name: name(t, &person),
                synced_at: person.synced_at.map(Moment::from),
                trouble: (person.attempts > 0).then(|| fault_text(t, person.last_fault.as_deref())),
            })
        }
        None => None,
    };
    let entries = history::list(&engine.db, company, person, list.before, list.limit).await?;
    let entries = list.page(entries, |entry| entry.id);
    let whose: Vec<i64> = entries.iter().map(|entry| entry.person.0).collect();
    let names = people::names(&engine.db, company, &whose).await?;
    let page = HistoryPage {
        frame,
        person: header,
        list,
        entries: entries.into_iter().map(|entry| entry_view(t, entry, &names)).collect(),
    };
    render(StatusCode::OK, &page)
}

fn entry_view(t: Language, entry: Entry, names: &HashMap<PersonId, Names>) -> EntryView {
    let (label, is_good) = match entry.action.as_str() {
        "created" => (t.action_created(), true),
        "changed" => (t.action_changed(), true),
        "deleted" => (t.action_deleted(), true),
        "taken_over" => (t.action_taken_over(), true),
        "rejected" => (t.action_rejected(), false),
        _ => (t.action_failed(), false),
    };
    let reason = match entry.reason.as_str() {
        "webhook" => t.reason_webhook(),
        "import" => t.reason_import(),
        "sweep" => t.reason_sweep(),
        _ => t.reason_manual(),
    };
    EntryView {
        at: entry.at.into(),
        person: entry.person,
        name: names.get(&entry.person).map_or_else(|| t.name_unknown(entry.person.0), Names::full),
        fault: entry.fault.as_deref().map(|fault| fault_text(t, Some(fault))),
        period: entry.times.map(|times| period(t, times)).unwrap_or_default(),
        action: entry.action,
        label,
        is_good,
        reason,
    }
}

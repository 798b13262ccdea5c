//! The tab of the history: what was written when and why, of everybody or one person.

use std::collections::HashMap;

use askama::Template;
use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::people::{fault_text, name};
use super::{Frame, Moment, Tab, address, period, render};
use crate::app::App;
use crate::db::history::{self, Entry};
use crate::db::{connection, people};
use crate::ids::PersonId;
use crate::sync::matching::Names;
use crate::web::error::WebError;
use crate::web::query_value;
use crate::web::session::Admin;
use crate::web::texts::Language;

const ON_A_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "page/history.html")]
struct HistoryPage {
    frame: Frame,
    person: Option<PersonHeader>,
    entries: Vec<EntryView>,
    /// Where what is older is, if there is any.
    older: Option<String>,
    /// Where the newest is, if this is not it.
    newest: Option<String>,
}

/// Whose history it is.
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
pub(super) async fn show(
    State(app): State<App>,
    Extension(admin): Extension<Admin>,
    t: Language,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    let engine = &app.engine;
    let query = query.as_deref();
    let number = |name: &str| query_value(query, name).and_then(|value| value.parse::<i64>().ok());
    let mut frame = Frame::of_tab(&app, &admin, t, Tab::History, query).await?;
    let (person, before) = (number("person").map(PersonId), number("before"));
    let Some(company) = connection::load(&engine.db).await?.company_id else {
        let page = HistoryPage { frame, person: None, entries: Vec::new(), older: None, newest: None };
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
    let limit = i64::try_from(ON_A_PAGE + 1).unwrap_or(i64::MAX);
    let mut entries = history::list(&engine.db, company, person, before.unwrap_or(i64::MAX), limit).await?;
    let has_older = entries.len() > ON_A_PAGE;
    entries.truncate(ON_A_PAGE);
    let whose: Vec<i64> = entries.iter().map(|entry| entry.person.0).collect();
    let names = people::names(&engine.db, company, &whose).await?;
    let path = Tab::History.path();
    let without = ["before", "lang"];
    let older = entries.last().filter(|_| has_older);
    let older = older.map(|entry| address(&path, query, &without, &[("before", &entry.id.to_string())]));
    let page = HistoryPage {
        frame,
        person: header,
        older,
        newest: before.map(|_| address(&path, query, &without, &[])),
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

//! The tab of the audit log: who did what that matters, when, from where.

use askama::Template;
use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{Frame, Moment, Tab, address, render};
use crate::app::App;
use crate::db::audit::{self, Act, Actor, Entry};
use crate::web::error::WebError;
use crate::web::query_value;
use crate::web::session::Admin;
use crate::web::texts::Language;

const ON_A_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "page/log.html")]
struct LogPage {
    frame: Frame,
    entries: Vec<EntryView>,
    /// Where what is older is, if there is any.
    older: Option<String>,
    /// Where the newest is, if this is not it.
    newest: Option<String>,
}

struct EntryView {
    at: Moment,
    action: String,
    label: String,
    is_good: bool,
    detail: Option<String>,
    who: String,
    session: Option<String>,
    address: String,
}

/// `GET …/log`
pub(super) async fn show(
    State(app): State<App>,
    Extension(admin): Extension<Admin>,
    t: Language,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    let query = query.as_deref();
    let frame = Frame::of_tab(&app, &admin, t, Tab::Log, query).await?;
    let before: Option<i64> = query_value(query, "before").and_then(|id| id.parse().ok());
    let limit = i64::try_from(ON_A_PAGE + 1).unwrap_or(i64::MAX);
    let mut entries = audit::list(&app.engine.db, before.unwrap_or(i64::MAX), limit).await?;
    let has_older = entries.len() > ON_A_PAGE;
    entries.truncate(ON_A_PAGE);
    let path = Tab::Log.path();
    let without = ["before", "lang"];
    let older = entries.last().filter(|_| has_older);
    let page = LogPage {
        older: older.map(|entry| address(&path, query, &without, &[("before", &entry.id.to_string())])),
        newest: before.map(|_| address(&path, query, &without, &[])),
        entries: entries.into_iter().map(|entry| entry_view(t, entry)).collect(),
        frame,
    };
    render(StatusCode::OK, &page)
}

fn entry_view(t: Language, entry: Entry) -> EntryView {
    let act = Act::parse(&entry.action);
    let (who, session) = match entry.session.as_deref() {
        Some(Actor::API) => (t.by_api().to_owned(), None),
        Some(Actor::COMMAND) => (t.by_command().to_owned(), None),
        _ => (entry.admin_name.unwrap_or_else(|| t.by_nobody().to_owned()), entry.session),
    };
    EntryView {
        at: entry.at.into(),
        label: act.map_or_else(|| entry.action.clone(), |act| label(t, act).to_owned()),
        is_good: act != Some(Act::SignInFailed),
        action: entry.action,
        detail: entry.detail,
        who,
        session,
        address: entry.address.unwrap_or_default(),
    }
}

fn label(t: Language, act: Act) -> &'static str {
    match act {
        Act::Connected => t.act_connected(),
        Act::Disconnected => t.act_disconnected(),
        Act::CredentialsChanged => t.act_credentials_changed(),
        Act::WebhookTokenRotated => t.act_webhook_token_rotated(),
        Act::WebhookEventsChanged => t.act_webhook_events_changed(),
        Act::DeletionsConfirmed => t.act_deletions_confirmed(),
        Act::SignedIn => t.act_signed_in(),
        Act::SignInFailed => t.act_sign_in_failed(),
        Act::SignedOut => t.act_signed_out(),
        Act::PersonForgotten => t.act_person_forgotten(),
        Act::PersonExported => t.act_person_exported(),
    }
}

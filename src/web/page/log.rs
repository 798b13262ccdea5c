//! The tab of the audit log: who did what that matters, when, from where.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::{Frame, Moment, NewestFirst, Tab, Visit, render};
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
pub(super) async fn show(visit: Visit) -> Result<Response, WebError> {
    let frame = visit.frame(Tab::Log).await?;
    let mut list = NewestFirst::new(Tab::Log.path(), visit.query());
    let entries = audit_log::list(&visit.app.engine.db, list.before, list.limit).await?;
    let entries = list.page(entries, |entry| entry.id);
    let entries = entries.into_iter().map(|entry| entry_view(visit.t, entry)).collect();
    let page = LogPage { frame, entries, list };
    render(StatusCode::OK, &page)
}

fn entry_view(t: Language, entry: Entry) -> EntryView {
    let act = entry.action.parse().ok();
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

//! The first tab: setting up, the connection, the state at a glance, the webhooks.

use askama::Template;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{Redirect, Response};
use axum::{Extension, Form};
use secrecy::ExposeSecret as _;
use serde::Deserialize;

use super::items::{self, ItemView};
use super::progress::{Progress, looks_take};
use super::{Frame, Moment, Notice, Tab, Visit, render, to_page};
use crate::db::attention::{self, Which};
use crate::db::connection::{self, Connection, State as ConnectionState};
use crate::db::people;
use crate::sync::Engine;
use crate::web::CALLBACK_PATH;
use crate::web::api::credentials::{self, check_text};
use crate::web::api::status::{Status, SweepState, read_status};
use crate::web::api::webhook_events;
use crate::web::error::WebError;
use crate::web::session::Admin;
use crate::web::state::App;
use crate::web::texts::Language;

/// Items shown beside everything else; the others have a tab of their own.
const FEW_ITEMS: usize = 10;

#[derive(Template)]
#[template(path = "page/overview.html")]
struct OverviewPage {
    frame: Frame,
    setup: Setup,
    connection: Option<ConnectionView>,
    state: StateView,
    items: Vec<ItemView>,
    /// How many there are, if not all are shown.
    more_items: Option<i64>,
    /// Not everybody was looked at yet, or nobody may be.
    is_checking: bool,
    webhooks: Vec<WebhookView>,
    event_names: String,
    webhook_address: Option<String>,
}

/// What the admin fills in, and where.
struct Setup {
    client_id: String,
    has_credentials: bool,
    is_fixed: bool,
    redirect_url: String,
    developer_url: String,
}

struct ConnectionView {
    needs_sign_in: bool,
    company: String,
    since: Option<Moment>,
    by: Option<String>,
    is_paused: bool,
}

struct WebhookView {
    event: String,
    state: &'static str,
    is_good: bool,
    detail: Option<String>,
}

/// The state at a glance.
struct StateView {
    last_webhook: Option<Moment>,
    last_sync: Option<Moment>,
    written: i64,
    waiting: i64,
    retrying: i64,
    /// Of the looking at everybody, while it goes on.
    progress: Option<Progress>,
}

impl StateView {
    async fn new(
        engine: &Engine,
        t: Language,
        connection: &Connection,
        status: &Status,
    ) -> Result<Self, sqlx::Error> {
        let progress = match connection.company_id {
            Some(company) if status.sync.state == SweepState::Running => {
                let (sync, backlog) = (&status.sync, people::backlog(&engine.db, company).await?);
                // Asked for and not begun: the counts are still those of the last one.
                let has_begun = connection.sweep_asked_at.is_none();
                let done = if has_begun { sync.people_done } else { 0 };
                let left = has_begun.then(|| looks_take(engine, &backlog));
                Some(Progress::new(engine, t, done, sync.people_total, left))
            }
            _ => None,
        };
        Ok(Self {
            last_webhook: status.last_webhook_at.map(Moment::from),
            last_sync: status.sync.finished_at.map(Moment::from),
            written: status.absences.written,
            waiting: status.queue.waiting + status.queue.retrying,
            retrying: status.queue.retrying,
            progress,
        })
    }
}

/// `GET /instellingen/integraties/hr`
pub(super) async fn show(visit: Visit) -> Result<Response, WebError> {
    let (engine, t) = (&visit.app.engine, visit.t);
    let stored = connection::load(&engine.db).await?;
    let status = read_status(engine).await?;
    let state = StateView::new(engine, t, &stored, &status).await?;
    let mut frame = visit.frame(Tab::Connection).await?;
    frame.is_changing = state.progress.is_some();
    let mut items = attention::list(&engine.db, Which::Open).await?;
    let open_items = items.len();
    items.truncate(FEW_ITEMS);
    let webhooks = status.webhooks.iter().map(|webhook| WebhookView {
        event: webhook.event.clone(),
        is_good: webhook.state == "registered",
        state: match webhook.state.as_str() {
            "registered" => t.webhook_registered(),
            "refused" => t.webhook_refused(),
            _ => t.webhook_missing(),
        },
        detail: webhook.detail.clone(),
    });
    let is_address_asked = visit.value("webhook-address").is_some();
    let event_names: Vec<&str> = status.webhooks.iter().map(|webhook| webhook.event.as_str()).collect();
    let page = OverviewPage {
        frame,
        webhooks: webhooks.collect(),
        event_names: event_names.join("\n"),
        webhook_address: is_address_asked.then(|| engine.webhook_address.url().expose_secret().to_owned()),
        items: items::stored(engine, stored.company_id, t, &items).await?,
        more_items: (open_items > FEW_ITEMS).then(|| i64::try_from(open_items).unwrap_or(i64::MAX)),
        is_checking: stored.is_checking(),
        setup: setup(&visit.app, stored.client_id.clone()),
        state,
        connection: (stored.state != ConnectionState::Disconnected).then(|| ConnectionView {
            needs_sign_in: stored.state == ConnectionState::ReauthorizationRequired,
            company: stored.company_name.clone().unwrap_or_default(),
            since: stored.connected_at.map(Moment::from),
            by: stored.connected_by.clone(),
            is_paused: stored.is_paused,
        }),
    };
    render(StatusCode::OK, &page)
}

fn setup(app: &App, stored_client_id: Option<String>) -> Setup {
    let config = &app.engine.config;
    let client_id = config.officient.client_id.clone().or(stored_client_id);
    Setup {
        has_credentials: client_id.is_some(),
        client_id: client_id.unwrap_or_default(),
        is_fixed: config.officient.client_id.is_some(),
        redirect_url: format!("{}{CALLBACK_PATH}", config.server.public_url),
        developer_url: format!("{}/developer", config.officient.app_url),
    }
}

/// What the form holds.
#[derive(Deserialize)]
pub(super) struct CredentialsForm {
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    client_secret: String,
}

/// `POST …/credentials`
pub(super) async fn save_credentials(
    State(app): State<App>,
    Extension(admin): Extension<Admin>,
    form: Result<Form<CredentialsForm>, FormRejection>,
) -> Result<Redirect, WebError> {
    let Form(form) = form?;
    let is_complete = check_text("client_id", &form.client_id).is_ok()
        && check_text("client_secret", &form.client_secret).is_ok();
    if !is_complete {
        return Ok(to_page(Notice::CredentialsIncomplete));
    }
    credentials::save_credentials(
        &app.engine,
        &admin,
        form.client_id.trim(),
        form.client_secret.trim().into(),
    )
    .await?;
    Ok(to_page(Notice::CredentialsSaved))
}

/// What the form holds.
#[derive(Deserialize)]
pub(super) struct WebhookEventsForm {
    #[serde(default)]
    events: String,
}

/// `POST …/webhook-events`
pub(super) async fn save_webhook_events(
    State(app): State<App>,
    Extension(admin): Extension<Admin>,
    form: Result<Form<WebhookEventsForm>, FormRejection>,
) -> Result<Redirect, WebError> {
    let Form(form) = form?;
    let names = form.events.lines().map(str::trim).filter(|name| !name.is_empty());
    let names: Vec<String> = names.map(str::to_owned).collect();
    match webhook_events::save_webhook_events(&app.engine, &admin, &names).await {
        Ok(()) => Ok(to_page(Notice::EventsSaved)),
        Err(WebError::InvalidField { .. }) => Ok(to_page(Notice::EventsInvalid)),
        Err(error) => Err(error),
    }
}

//! The first tab: setting up the connection; afterwards its state, what needs attention, and the webhooks.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{Redirect, Response};
use axum::{Extension, Form};
use secrecy::ExposeSecret as _;
use serde::Deserialize;

use super::frame::{Frame, Tab, Visit, render};
use super::items::{self, ItemView};
use super::view::Progress;
use crate::config::Config;
use crate::db::attention::{self, ItemState};
use crate::db::connection::{Connection, State as ConnectionState};
use crate::db::queue;
use crate::web::api::credentials::{check_text, save_credentials};
use crate::web::api::status::{Status, SweepState, read_status};
use crate::web::api::webhook_events::save_webhook_events;
use crate::web::error::WebError;
use crate::web::notice::{Notice, to_page};
use crate::web::session::Admin;
use crate::web::state::App;

/// The other items are shown on their own tab.
const MAX_ITEMS: usize = 10;

#[derive(Template)]
#[template(path = "page/overview.html")]
struct OverviewPage {
    frame: Frame,
    config: Arc<Config>,
    connection: Connection,
    status: Status,
    /// The Client ID of the configuration, or the one that the admin filled in.
    client_id: Option<String>,
    /// The progress of a full reconciliation that is under way.
    progress: Option<Progress>,
    items: Vec<ItemView>,
    /// The number of items, if not all are shown.
    more_items: Option<i64>,
    /// Only if the admin asked for it: it is secret.
    webhook_address: Option<String>,
}

/// `GET /instellingen/integraties/hr`
pub(super) async fn show(visit: Visit) -> Result<Response, WebError> {
    let engine = visit.engine();
    let status = read_status(engine).await?;
    let progress = progress(&visit, &status).await?;
    let mut frame = visit.frame(Tab::Connection).await?;
    frame.is_changing = progress.is_some();
    let mut items = attention::list(&engine.db, ItemState::Open).await?;
    let open_items = items.len();
    items.truncate(MAX_ITEMS);
    let shows_address = visit.value("webhook-address").is_some();
    let configured_client_id = engine.config.officient.client_id.clone();
    render(&OverviewPage {
        frame,
        config: Arc::clone(&engine.config),
        status,
        client_id: configured_client_id.or_else(|| visit.connection.client_id.clone()),
        progress,
        items: items::stored(engine, visit.company(), visit.t, &items).await?,
        more_items: (open_items > MAX_ITEMS).then(|| i64::try_from(open_items).unwrap_or(i64::MAX)),
        webhook_address: shows_address.then(|| engine.webhook_address.url().expose_secret().to_owned()),
        connection: visit.connection,
    })
}

async fn progress(visit: &Visit, status: &Status) -> Result<Option<Progress>, sqlx::Error> {
    let (engine, sync) = (visit.engine(), &status.sync);
    let Some(company) = visit.company().filter(|_| sync.state == SweepState::Running) else {
        return Ok(None);
    };
    let progress = if visit.connection.sweep_asked_at.is_some() {
        // Not started yet: the counts are those of the sweep before.
        Progress::new(engine, visit.t, 0, sync.people_total, None)
    } else {
        let backlog = queue::backlog(&engine.db, company).await?;
        Progress::new(engine, visit.t, sync.people_done, sync.people_total, Some(backlog))
    };
    Ok(Some(progress))
}

#[derive(Deserialize)]
pub(super) struct CredentialsForm {
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    client_secret: String,
}

/// `POST …/credentials`
pub(super) async fn replace_credentials(
    State(app): State<App>,
    Extension(admin): Extension<Admin>,
    form: Result<Form<CredentialsForm>, FormRejection>,
) -> Result<Redirect, WebError> {
    let Form(form) = form?;
    let texts = (check_text("client_id", &form.client_id), check_text("client_secret", &form.client_secret));
    let (Ok(client_id), Ok(client_secret)) = texts else {
        return Ok(to_page(Notice::CredentialsIncomplete));
    };
    save_credentials(&app.engine, &admin, client_id, client_secret.into()).await?;
    Ok(to_page(Notice::CredentialsSaved))
}

#[derive(Deserialize)]
pub(super) struct WebhookEventsForm {
    /// One name per line.
    #[serde(default)]
    events: String,
}

/// `POST …/webhook-events`
pub(super) async fn replace_webhook_events(
    State(app): State<App>,
    Extension(admin): Extension<Admin>,
    form: Result<Form<WebhookEventsForm>, FormRejection>,
) -> Result<Redirect, WebError> {
    let Form(form) = form?;
    let names = form.events.lines().map(str::trim).filter(|name| !name.is_empty());
    let names: Vec<String> = names.map(str::to_owned).collect();
    match save_webhook_events(&app.engine, &admin, &names).await {
        Ok(()) => Ok(to_page(Notice::EventsSaved)),
        Err(WebError::InvalidField { .. }) => Ok(to_page(Notice::EventsInvalid)),
        Err(error) => Err(error),
    }
}

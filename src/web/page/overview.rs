//! The first tab: setting up the connection; afterwards its state, what needs attention, and the webhooks.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{Redirect, Response};
use secrecy::ExposeSecret as _;

use super::attention::{ItemView, item_views};
use super::frame::{Frame, Visit, render};
use super::view::Progress;
use crate::config::Config;
use crate::db::attention::{self, ItemState};
use crate::db::connection::{Connection, State as ConnectionState};
use crate::db::queue;
use crate::web::api::officient_app::{save_credentials, save_webhook_events};
use crate::web::api::status::{Status, SweepState, read_status};
use crate::web::error::WebError;
use crate::web::notice::Notice;
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
    has_more_items: bool,
    /// Only if the admin asked for it: it is secret.
    webhook_address: Option<String>,
}

/// `GET /instellingen/integraties/hr`
pub(super) async fn show(mut visit: Visit) -> Result<Response, WebError> {
    let engine = &visit.engine;
    let status = read_status(engine).await?;
    let progress = progress(&visit, &status).await?;
    let mut items = attention::list(&engine.db, ItemState::Open).await?;
    items.truncate(MAX_ITEMS);
    let items = item_views(&visit, items).await?;
    visit.frame.is_changing = progress.is_some();
    let Visit { frame, connection, engine } = visit;
    let shows_address = frame.value("webhook-address").is_some();
    render(&OverviewPage {
        has_more_items: usize::try_from(status.attention.open).is_ok_and(|open| open > items.len()),
        config: Arc::clone(&engine.config),
        status,
        client_id: engine.config.officient.client_id.clone().or_else(|| connection.client_id.clone()),
        progress,
        items,
        webhook_address: shows_address.then(|| engine.webhook_address.url().expose_secret().to_owned()),
        connection,
        frame,
    })
}

async fn progress(visit: &Visit, status: &Status) -> Result<Option<Progress>, sqlx::Error> {
    let (engine, sync) = (&visit.engine, &status.sync);
    let Some(company) = visit.connection.company_id.filter(|_| sync.state == SweepState::Running) else {
        return Ok(None);
    };
    let (done, backlog) = if visit.connection.sweep_asked_at.is_some() {
        // Not started yet: the counts are those of the sweep before.
        (0, None)
    } else {
        (sync.people_done, Some(queue::backlog(&engine.db, company).await?))
    };
    Ok(Some(Progress::new(engine, visit.frame.t, (done, sync.people_total), backlog).await?))
}

/// The fields of a form.
type Fields = Form<HashMap<String, String>>;

/// `POST …/credentials`
pub(super) async fn replace_credentials(
    State(app): State<App>,
    admin: Admin,
    form: Result<Fields, FormRejection>,
) -> Result<Redirect, WebError> {
    let Form(mut form) = form?;
    let [id, secret] = ["client_id", "client_secret"].map(|name| form.remove(name).unwrap_or_default());
    let saved = save_credentials(&app.engine, &admin, &id, &secret).await;
    saved_or_invalid(saved, Notice::CredentialsSaved, Notice::CredentialsIncomplete)
}

/// `POST …/webhook-events`: one name per line.
pub(super) async fn replace_webhook_events(
    State(app): State<App>,
    admin: Admin,
    form: Result<Fields, FormRejection>,
) -> Result<Redirect, WebError> {
    let names = form?.0.remove("events").unwrap_or_default();
    let names = names.lines().map(str::trim).filter(|name| !name.is_empty());
    let names: Vec<String> = names.map(str::to_owned).collect();
    let saved = save_webhook_events(&app.engine, &admin, &names).await;
    saved_or_invalid(saved, Notice::EventsSaved, Notice::EventsInvalid)
}

fn saved_or_invalid(saved: Result<(), WebError>, good: Notice, bad: Notice) -> Result<Redirect, WebError> {
    match saved {
        Ok(()) => Ok(good.redirect_to("")),
        Err(WebError::InvalidField { .. }) => Ok(bad.redirect_to("")),
        Err(error) => Err(error),
    }
}

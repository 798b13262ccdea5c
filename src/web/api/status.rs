//! `GET …/status`: the status document. The page and the command `status` show it too.

use std::fmt;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::connection::State as ConnectionState;
use crate::db::subscriptions::SubscriptionState;
use crate::db::{absences, attention, connection, webhooks};
use crate::db::{queue, subscriptions};
use crate::sync::Engine;
use crate::web::error::WebError;
use crate::web::state::App;

/// The status of the connection and of the flow.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    #[schema(value_type = ConnectionState)]
    pub state: String,
    pub account: Option<AccountStatus>,
    pub connected_at: Option<Timestamp>,
    pub last_webhook_at: Option<Timestamp>,
    /// One entry for each event name.
    pub webhooks: Vec<WebhookStatus>,
    pub sync: SyncStatus,
    pub queue: QueueStatus,
    pub absences: AbsencesStatus,
    pub attention: AttentionStatus,
}

/// The Officient company.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountStatus {
    pub company_id: i64,
    pub company_name: String,
    /// At Officient.
    pub subdomain: String,
}

/// A webhook subscription.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WebhookStatus {
    pub event: String,
    #[schema(value_type = SubscriptionState)]
    pub state: String,
    /// Why Officient refused it.
    pub detail: Option<String>,
}

/// Whether a sweep is under way or requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum SweepState {
    Idle,
    Running,
}

/// The sweep (the reconciliation of everybody) that is under way, or the last one.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SyncStatus {
    pub state: SweepState,
    pub people_done: i64,
    pub people_total: i64,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
}

/// The work that waits.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QueueStatus {
    /// Webhooks to resolve and people to reconcile.
    pub waiting: i64,
    /// People to reconcile again after a failure.
    pub retrying: i64,
}

/// The absences in Optedo that represent leave in Officient.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AbsencesStatus {
    pub written: i64,
}

/// The attention items.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AttentionStatus {
    /// Neither resolved nor ignored.
    pub open: i64,
}

/// The status of the connection and of the flow.
#[utoipa::path(get, path = "/status", operation_id = "status", responses(
    (status = 200, body = Status, description = "The status document"),
))]
pub async fn show(State(app): State<App>) -> Result<Json<Status>, WebError> {
    Ok(Json(read_status(&app.engine).await?))
}

/// Reads the document.
pub async fn read_status(engine: &Engine) -> Result<Status, sqlx::Error> {
    let db = &engine.db;
    let connection = connection::load(db).await?;
    let company = connection.company_id;
    let is_connected = connection.state != ConnectionState::Disconnected;
    let progress = match (company, connection.sweep_started_at) {
        (Some(company), Some(started_at)) => queue::progress(db, company, started_at).await?,
        _ => queue::Progress { done: 0, total: 0 },
    };
    let written = match company {
        Some(company) => absences::count_written(db, company).await?,
        None => 0,
    };
    // A sweep that was requested or under way when the admin signed out at Officient does not continue.
    let is_running = is_connected
        && (connection.sweep_asked_at.is_some()
            || (connection.sweep_started_at.is_some() && connection.sweep_finished_at.is_none()));
    // Webhooks first: one that becomes a request in between is then counted twice instead of not at all.
    let waiting_webhooks = webhooks::count_waiting(db).await?;
    let queue = queue::count(db).await?;
    Ok(Status {
        state: connection.state.into_str().to_owned(),
        account: company.filter(|_| is_connected).map(|company| AccountStatus {
            company_id: company.0,
            company_name: connection.company_name.unwrap_or_default(),
            subdomain: connection.subdomain.unwrap_or_default(),
        }),
        connected_at: connection.connected_at,
        last_webhook_at: webhooks::last_received_at(db).await?,
        webhooks: read_webhooks(engine).await?,
        sync: SyncStatus {
            state: if is_running { SweepState::Running } else { SweepState::Idle },
            people_done: progress.done,
            people_total: progress.total,
            started_at: connection.sweep_started_at,
            finished_at: connection.sweep_finished_at,
        },
        queue: QueueStatus { waiting: queue.waiting + waiting_webhooks, retrying: queue.retrying },
        absences: AbsencesStatus { written },
        attention: AttentionStatus {
            open: attention::count_open(db).await?.iter().map(|(_, count)| count).sum(),
        },
    })
}

async fn read_webhooks(engine: &Engine) -> Result<Vec<WebhookStatus>, sqlx::Error> {
    let subscriptions = subscriptions::all(&engine.db).await?;
    let status_of = |event: String| {
        let found = subscriptions.iter().find(|subscription| subscription.event == event);
        let state = found.map_or(SubscriptionState::Missing.into_str(), |found| found.state.as_str());
        WebhookStatus { state: state.to_owned(), detail: found.and_then(|found| found.detail.clone()), event }
    };
    Ok(engine.subscribed_events().await?.into_iter().map(status_of).collect())
}

/// For people: what the command `status` prints.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_never = |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), |at| at.to_string());
        writeln!(f, "connection  {}", self.state)?;
        if let Some(AccountStatus { company_id, company_name, subdomain }) = &self.account {
            writeln!(f, "company     {company_name} ({subdomain}), id {company_id}")?;
        }
        writeln!(f, "connected   {}", or_never(self.connected_at))?;
        writeln!(f, "webhook     last one {}", or_never(self.last_webhook_at))?;
        for webhook in &self.webhooks {
            let detail = webhook.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
            writeln!(f, "            {} {}{detail}", webhook.event, webhook.state)?;
        }
        let SyncStatus { state, people_done, people_total, finished_at, .. } = &self.sync;
        let finished_at = or_never(*finished_at);
        writeln!(
            f,
            "sync        {state}, {people_done} of {people_total} people, last finished {finished_at}"
        )?;
        writeln!(f, "queue       {} waiting, {} to try again", self.queue.waiting, self.queue.retrying)?;
        writeln!(f, "absences    {} in Optedo", self.absences.written)?;
        write!(f, "attention   {} open", self.attention.open)
    }
}

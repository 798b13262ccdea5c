//! `GET …/status`: the status document. The page and the command `status` show it too.

use std::fmt;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::connection::State as ConnectionState;
use crate::db::queue::Counts;
use crate::db::subscriptions::{Subscription, SubscriptionState};
use crate::db::{absences, connection, differences, queue, subscriptions, webhooks};
use crate::domain::company::Account;
use crate::domain::notification::State as NotificationState;
use crate::domain::verdict::{Verdict, VerdictState};
use crate::sync::Engine;
use crate::web::error::WebError;
use crate::web::state::App;

/// The status of the connection and of the flow.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    pub state: ConnectionState,
    pub verdict: Verdict,
    pub account: Option<Account>,
    pub connected_at: Option<Timestamp>,
    pub last_webhook_at: Option<Timestamp>,
    /// One entry for each event name.
    pub webhooks: Vec<Subscription>,
    pub sync: SyncStatus,
    pub queue: Counts,
    pub absences: AbsencesStatus,
    pub attention: AttentionStatus,
    pub audit: AuditStatus,
    /// Null unless the admin paused.
    pub paused: Option<PauseStatus>,
    pub notifications: NotificationsStatus,
}

/// Nothing is written to Optedo.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PauseStatus {
    pub since: Timestamp,
    /// As given at sign-in.
    pub by: Option<String>,
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

/// The comparison of Optedo with Officient.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditStatus {
    pub finished_at: Option<Timestamp>,
    /// The differences that the admin has not decided about.
    pub differences: i64,
}

/// Whether messages about incidents arrive.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationsStatus {
    pub state: NotificationState,
    pub last_sent_at: Option<Timestamp>,
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
    let progress = queue::progress(db, company, connection.sweep_started_at).await?;
    // A sweep that was requested or under way when the admin signed out at Officient does not continue.
    let is_running = is_connected
        && (connection.sweep_asked_at.is_some()
            || (connection.sweep_started_at.is_some() && connection.sweep_finished_at.is_none()));
    // Webhooks first: one that becomes a request in between is then counted twice instead of not at all.
    let waiting_webhooks = webhooks::count_waiting(db).await?;
    let mut queue = queue::count(db).await?;
    let notifications = engine.notification_status().await?;
    queue.waiting += waiting_webhooks;
    let verdict = engine.verdict(&connection).await?;
    Ok(Status {
        paused: connection.paused_at.map(|since| PauseStatus { since, by: connection.paused_by }),
        state: connection.state,
        account: company.filter(|_| is_connected).map(|company_id| Account {
            company_id,
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
        queue,
        absences: AbsencesStatus { written: absences::count_written(db, company).await? },
        attention: AttentionStatus { open: verdict.open_items },
        verdict,
        audit: AuditStatus {
            finished_at: differences::audit(db, company).await?.finished_at,
            differences: differences::count_by_kind(db, company).await?.iter().map(|(_, count)| count).sum(),
        },
        notifications: NotificationsStatus {
            state: notifications.state,
            last_sent_at: notifications.settings.last_sent_at,
        },
    })
}

async fn read_webhooks(engine: &Engine) -> Result<Vec<Subscription>, sqlx::Error> {
    let mut known = subscriptions::all(&engine.db).await?;
    let subscription = |event: String| match known.iter().position(|known| known.event == event) {
        Some(position) => known.swap_remove(position),
        None => Subscription {
            event,
            state: SubscriptionState::Missing.into_str().to_owned(),
            detail: None,
            last_received_at: None,
        },
    };
    Ok(engine.subscribed_events().await?.into_iter().map(subscription).collect())
}

/// One line for the command `status`.
fn in_words(verdict: &Verdict) -> String {
    let Verdict { expected, in_optedo, compared_at, waiting, waiting_since, open_items, .. } = verdict;
    let there = format!("{in_optedo} of {expected} absences are in Optedo");
    let compared =
        compared_at.map_or_else(|| "not everybody was compared yet".into(), |at| format!("compared at {at}"));
    match (verdict.state, waiting_since) {
        (VerdictState::UpToDate, _) => format!("up to date: {there}, {compared}"),
        (VerdictState::Behind, Some(since)) => format!("behind: {waiting} wait since {since}; {there}, {compared}"),
        (VerdictState::Behind, None) => format!("behind: {there}, {compared}"),
        (VerdictState::ActionRequired, _) => format!("{open_items} items need the admin: {there}, {compared}"),
        (VerdictState::Failing, _) => format!("an upstream fails: {there}, {compared}"),
        (VerdictState::Paused, _) => format!("paused: nothing is written; {there}, {compared}"),
        (VerdictState::Disconnected, _) => "not connected".to_owned(),
    }
}

/// For people: what the command `status` prints.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_never = |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), |at| at.to_string());
        writeln!(f, "verdict     {}", in_words(&self.verdict))?;
        writeln!(f, "connection  {}", self.state.into_str())?;
        if let Some(Account { company_id, company_name, subdomain }) = &self.account {
            writeln!(f, "company     {company_name} ({subdomain}), id {company_id}")?;
        }
        writeln!(f, "connected   {}", or_never(self.connected_at))?;
        if let Some(PauseStatus { since, by }) = &self.paused {
            writeln!(f, "paused      since {since}, by {}", by.as_deref().unwrap_or("an admin"))?;
        }
        writeln!(f, "webhook     last one {}", or_never(self.last_webhook_at))?;
        for webhook in &self.webhooks {
            let detail = webhook.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
            writeln!(f, "            {} {}{detail}", webhook.event, webhook.state)?;
        }
        let SyncStatus { state, people_done, people_total, finished_at, .. } = &self.sync;
        let finished_at = or_never(*finished_at);
        writeln!(f, "sync        {state}, {people_done} of {people_total} people, last finished {finished_at}")?;
        writeln!(f, "queue       {} waiting, {} to try again", self.queue.waiting, self.queue.retrying)?;
        writeln!(f, "absences    {} in Optedo", self.absences.written)?;
        writeln!(f, "attention   {} open", self.attention.open)?;
        let NotificationsStatus { state, last_sent_at } = &self.notifications;
        write!(f, "messages    {}, last one sent {}", state.into_str(), or_never(*last_sent_at))
    }
}

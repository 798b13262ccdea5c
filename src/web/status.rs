//! The status document: of the API, the page and the command.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::db::connection::State;
use crate::db::subscriptions::{self, SubscriptionState};
use crate::db::{absences, attention, connection, queue, webhooks};
use crate::sync::Engine;

/// See the fixed names in the interface.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Whether, and how, the service is connected.
    #[schema(value_type = State)]
    pub state: String,
    /// The company that is connected.
    pub account: Option<AccountStatus>,
    /// When access was granted.
    pub connected_at: Option<Timestamp>,
    /// When the last webhook arrived.
    pub last_webhook_at: Option<Timestamp>,
    /// One entry an event name.
    pub webhooks: Vec<WebhookStatus>,
    /// The sweep under way, or the last one.
    pub sync: SyncStatus,
    /// What is still to be done.
    pub queue: QueueStatus,
    /// What stands in Optedo because of us.
    pub absences: AbsencesStatus,
    /// What needs the admin.
    pub attention: AttentionStatus,
}

/// The Officient company.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountStatus {
    /// Its id.
    pub company_id: i64,
    /// Its name.
    pub company_name: String,
    /// Its subdomain at Officient.
    pub subdomain: String,
}

/// A webhook subscription.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WebhookStatus {
    /// The event name.
    pub event: String,
    /// What became of it.
    #[schema(value_type = SubscriptionState)]
    pub state: String,
    /// Why.
    pub detail: Option<String>,
}

/// Whether a sweep is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SweepState {
    /// None is.
    Idle,
    /// One is, or was asked for.
    Running,
}

/// A sweep.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SyncStatus {
    /// Whether one is under way.
    pub state: SweepState,
    /// People looked at.
    pub people_done: i64,
    /// People to look at.
    pub people_total: i64,
    /// When the last one began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// People and events that wait.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QueueStatus {
    /// Webhook events not yet looked at, and people to look at.
    pub waiting: i64,
    /// People to look at again after a failure.
    pub retrying: i64,
}

/// Absences.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AbsencesStatus {
    /// How many stand in Optedo.
    pub written: i64,
}

/// Attention items.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AttentionStatus {
    /// Neither resolved nor ignored.
    pub open: i64,
}

/// Reads the document.
pub async fn status(engine: &Engine) -> Result<Status, sqlx::Error> {
    let db = &engine.db;
    let connection = connection::load(db).await?;
    let company = connection.company_id;
    let progress = match (company, connection.sweep_started_at) {
        (Some(company), Some(started_at)) => queue::progress(db, company, started_at).await?,
        _ => queue::Progress { done: 0, total: 0 },
    };
    let written = match company {
        Some(company) => absences::count_written(db, company).await?,
        None => 0,
    };
    // One that was asked for, or under way, when the admin signed out goes no further.
    let is_running = connection.state != State::Disconnected
        && (connection.sweep_asked_at.is_some()
            || (connection.sweep_started_at.is_some() && connection.sweep_finished_at.is_none()));
    // Events first: one that becomes a request meanwhile is counted twice, never not at all.
    let waiting_events = webhooks::count_waiting(db).await?;
    let queue = queue::count(db).await?;
    Ok(Status {
        state: connection.state.into_str().to_owned(),
        account: company.filter(|_| connection.state != State::Disconnected).map(|company| AccountStatus {
            company_id: company.0,
            company_name: connection.company_name.unwrap_or_default(),
            subdomain: connection.subdomain.unwrap_or_default(),
        }),
        connected_at: connection.connected_at,
        last_webhook_at: webhooks::last_received_at(db).await?,
        webhooks: webhooks(engine).await?,
        sync: SyncStatus {
            state: if is_running { SweepState::Running } else { SweepState::Idle },
            people_done: progress.done,
            people_total: progress.total,
            started_at: connection.sweep_started_at,
            finished_at: connection.sweep_finished_at,
        },
        queue: QueueStatus { waiting: queue.waiting + waiting_events, retrying: queue.retrying },
        absences: AbsencesStatus { written },
        attention: AttentionStatus {
            open: attention::count_open(db).await?.iter().map(|(_, count)| count).sum(),
        },
    })
}

async fn webhooks(engine: &Engine) -> Result<Vec<WebhookStatus>, sqlx::Error> {
    let known = subscriptions::all(&engine.db).await?;
    let status_of = |event: String| match known.iter().find(|subscription| subscription.event == event) {
        Some(known) => WebhookStatus { event, state: known.state.clone(), detail: known.detail.clone() },
        None => {
            WebhookStatus { event, state: SubscriptionState::Missing.into_str().to_owned(), detail: None }
        }
    };
    Ok(engine.subscribed_events().await?.into_iter().map(status_of).collect())
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let or_never = |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), |at| at.to_string());
        writeln!(f, "connection  {}", self.state)?;
        if let Some(account) = &self.account {
            writeln!(
                f,
                "company     {} ({}), id {}",
                account.company_name, account.subdomain, account.company_id
            )?;
        }
        writeln!(f, "connected   {}", or_never(self.connected_at))?;
        writeln!(f, "webhook     last one {}", or_never(self.last_webhook_at))?;
        for webhook in &self.webhooks {
            let detail = webhook.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
            writeln!(f, "            {} {}{detail}", webhook.event, webhook.state)?;
        }
        let sync = &self.sync;
        writeln!(
            f,
            "sync        {}, {} of {} people, last finished {}",
            match sync.state {
                SweepState::Idle => "idle",
                SweepState::Running => "running",
            },
            sync.people_done,
            sync.people_total,
            or_never(sync.finished_at)
        )?;
        writeln!(f, "queue       {} waiting, {} to try again", self.queue.waiting, self.queue.retrying)?;
        writeln!(f, "absences    {} in Optedo", self.absences.written)?;
        write!(f, "attention   {} open", self.attention.open)
    }
}

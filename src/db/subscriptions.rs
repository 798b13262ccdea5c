//! The webhook subscriptions at Officient: the event names we want, and what became of each.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::{Db, Result, timestamp};

/// Whether Officient has the webhook subscription of an event name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray, ToSchema)]
#[schema(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum SubscriptionState {
    /// Officient has exactly one subscription of ours to this event.
    Registered,
    /// Officient does not know the event name.
    Refused,
    /// Officient has none (yet).
    Missing,
}

/// A webhook subscription.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = WebhookStatus)]
pub struct Subscription {
    pub event: String,
    #[schema(value_type = SubscriptionState)]
    pub state: String,
    /// Why Officient refused it.
    pub detail: Option<String>,
    /// When the last webhook of this name arrived.
    #[serde(skip)]
    pub last_received_at: Option<Timestamp>,
}

/// Serialises changes to the subscriptions at Officient until the transaction ends, across all replicas.
pub async fn lock(tx: &mut PgConnection) -> Result<()> {
    execute!(tx, "select pg_advisory_xact_lock(hashtext('optedo-officient webhooks'))")
}

/// Stores the event names that the admin chose.
pub async fn save_event_names(db: impl Db<'_>, events: &[String]) -> Result<()> {
    execute!(db, "update connection set webhook_events = $1"; events)
}

pub async fn save(
    db: impl Db<'_>,
    event: &str,
    state: SubscriptionState,
    detail: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    execute!(db,
        "insert into webhook_subscriptions (event, state, detail, checked_at) values ($1, $2, $3, $4)
         on conflict (event) do update set
             state = excluded.state, detail = excluded.detail, checked_at = excluded.checked_at";
        event, state.into_str(), detail, now.to_sqlx())
}

/// Deletes the rows of all events but these.
pub async fn retain(db: impl Db<'_>, events: &[String]) -> Result<()> {
    execute!(db, "delete from webhook_subscriptions where event <> all($1)"; events)
}

/// All of them, by event name.
pub async fn all(db: impl Db<'_>) -> Result<Vec<Subscription>> {
    rows!(fetch_all(db), "select event, state, detail, last_received_at from webhook_subscriptions order by event"
    => |row| Subscription {
        event: row.event, state: row.state, detail: row.detail, last_received_at: timestamp(row.last_received_at) })
}

/// Notes when webhooks of their names arrived: of the webhooks with these numbers.
pub async fn note_received(db: impl Db<'_>, webhooks: &[i64]) -> Result<()> {
    execute!(db,
        "update webhook_subscriptions s set last_received_at = greatest(s.last_received_at, e.at)
         from (select event_type, max(received_at) as at from webhook_events where id = any($1) group by event_type) e
         where s.event = e.event_type"; webhooks)
}

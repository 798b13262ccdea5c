//! Received webhooks: stored before they are acknowledged, then resolved once.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;

use super::{Db, Result, timestamp};

/// A webhook whose people are not all requested yet.
#[derive(Debug, Clone)]
pub struct PendingWebhook {
    pub id: i64,
    pub received_at: Timestamp,
    /// The event name begins with `person_`.
    pub is_about_person: bool,
    /// As received, if it was a text or a number.
    pub related_object_id: Option<String>,
    /// When the fallback began: the people who made the newest requests were requested.
    pub fallback_at: Option<Timestamp>,
}

/// Stores a batch in one statement; returns the ids in the order of the batch.
pub async fn insert(
    db: impl Db<'_>,
    received_at: Timestamp,
    event_types: &[String],
    related_object_ids: &[Option<String>],
) -> Result<Vec<i64>> {
    scalar!(fetch_all(db),
        "insert into webhook_events (received_at, event_type, related_object_id)
         select $1, * from unnest($2::text[], $3::text[])
         returning id";
        received_at.to_sqlx(), event_types, related_object_ids as _)
}

/// The oldest pending webhooks with numbers above `after` and up to `up_to`, at most `limit`.
///
/// `id + 0`: for a range with two ends Postgres expects half a percent of the table. With statistics taken during a
/// burst it would then read the whole range by the primary key instead of the small index of pending webhooks.
pub async fn pending(db: impl Db<'_>, after: i64, up_to: i64, limit: i64) -> Result<Vec<PendingWebhook>> {
    rows!(fetch_all(db),
        r#"select id, received_at, event_type like 'person\_%' as "is_about_person!", related_object_id, widened_at
           from webhook_events where processed_at is null and id > $1 and id + 0 <= $2 order by id limit $3"#;
        after, up_to, limit
    => |row| PendingWebhook {
        id: row.id,
        received_at: row.received_at.to_jiff(),
        is_about_person: row.is_about_person,
        related_object_id: row.related_object_id,
        fallback_at: timestamp(row.widened_at),
    })
}

/// The people whom these webhooks refer to are requested.
pub async fn mark_processed(db: impl Db<'_>, ids: &[i64], now: Timestamp) -> Result<()> {
    execute!(db, "update webhook_events set processed_at = $2 where id = any($1)"; ids, now.to_sqlx())
}

/// The people who made the newest requests are requested for these webhooks.
pub async fn mark_fallback(db: impl Db<'_>, ids: &[i64], now: Timestamp) -> Result<()> {
    execute!(db, "update webhook_events set widened_at = $2 where id = any($1)"; ids, now.to_sqlx())
}

/// A webhook as the page shows it.
pub struct ReceivedWebhook {
    pub event_type: String,
    pub related_object_id: Option<String>,
    pub received_at: Timestamp,
}

/// The first webhooks that arrived at this moment or later.
pub async fn received_since(db: impl Db<'_>, since: Timestamp, limit: i64) -> Result<Vec<ReceivedWebhook>> {
    rows!(fetch_all(db),
        "select event_type, related_object_id, received_at from webhook_events
         where received_at >= $1 order by id limit $2"; since.to_sqlx(), limit
    => |row| ReceivedWebhook {
        event_type: row.event_type, related_object_id: row.related_object_id, received_at: row.received_at.to_jiff() })
}

pub async fn last_received_at(db: impl Db<'_>) -> Result<Option<Timestamp>> {
    scalar!(fetch_optional(db), "select received_at from webhook_events order by id desc limit 1").map(timestamp)
}

/// When the last webhook about each of these objects arrived.
pub async fn last_about(db: impl Db<'_>, objects: &[String]) -> Result<HashMap<String, Timestamp>> {
    let last = rows!(fetch_all(db),
        r#"select related_object_id as "object!", max(received_at) as "at!" from webhook_events
           where related_object_id = any($1) group by related_object_id"#;
        objects => |row| (row.object, row.at.to_jiff()));
    Ok(last?.into_iter().collect())
}

/// When the oldest webhook arrived that is not resolved, or whose people are not all reconciled.
pub async fn oldest_received_at(db: impl Db<'_>) -> Result<Option<Timestamp>> {
    let at = scalar!(
        fetch_one(db),
        "select least(
             (select received_at from webhook_events where processed_at is null order by id limit 1),
             (select min(webhook_received_at) from people where sync_requested_at is not null))"
    );
    at.map(timestamp)
}

pub async fn count_waiting(db: impl Db<'_>) -> Result<i64> {
    scalar!(fetch_one(db), r#"select count(*) as "count!" from webhook_events where processed_at is null"#)
}

//! Received webhooks: stored before they are acknowledged, then resolved once.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgExecutor;

use super::{Result, timestamp};

/// Webhooks about the same object that were not resolved yet.
#[derive(Debug, Clone)]
pub struct WebhookGroup {
    /// Their rows; never none.
    pub ids: Vec<i64>,
    pub first_received_at: Timestamp,
    pub last_received_at: Timestamp,
    /// Whether they are `person_*` events.
    pub are_about_people: bool,
    /// As sent, if it was a text or a number.
    pub related_object_id: Option<String>,
    /// When the newest requesters were reconciled as a fallback for the first of them.
    pub widened_at: Option<Timestamp>,
}

impl WebhookGroup {
    pub fn newest(&self) -> i64 {
        self.ids.iter().copied().max().unwrap_or_default()
    }
}

/// Stores a batch in one statement; returns the ids in the order of the batch.
pub async fn insert(
    db: impl PgExecutor<'_>,
    received_at: Timestamp,
    event_types: &[String],
    related_object_ids: &[Option<String>],
) -> Result<Vec<i64>> {
    scalar!(fetch_all(db),
        "insert into webhook_events (received_at, event_type, related_object_id)
         select $1, event_type, related_object_id from unnest($2::text[], $3::text[]) as t (event_type, related_object_id)
         returning id";
        received_at.to_sqlx(), event_types, related_object_ids as _)
}

/// The `limit` oldest webhooks that wait after `after`, as far as they are not newer than `up_to`, grouped by their object:
/// many webhooks are mostly about few objects.
pub async fn waiting(
    db: impl PgExecutor<'_>,
    after: i64,
    up_to: i64,
    limit: i64,
) -> Result<Vec<WebhookGroup>> {
    sqlx::query!(
        r#"select array_agg(id) as "ids!", min(received_at) as "first_received_at!",
               max(received_at) as "last_received_at!", event_type like 'person\_%' as "are_about_people!",
               related_object_id, min(widened_at) as widened_at
           from (select * from webhook_events where processed_at is null and id > $1 order by id limit $3) oldest
           where id <= $2
           group by event_type like 'person\_%', related_object_id, widened_at is null"#,
        after,
        up_to,
        limit
    )
    .map(|row| WebhookGroup {
        ids: row.ids,
        first_received_at: row.first_received_at.to_jiff(),
        last_received_at: row.last_received_at.to_jiff(),
        are_about_people: row.are_about_people,
        related_object_id: row.related_object_id,
        widened_at: timestamp(row.widened_at),
    })
    .fetch_all(db)
    .await
}

/// These were resolved: the request that somebody is reconciled because of them is stored.
pub async fn mark_processed(db: impl PgExecutor<'_>, ids: &[i64], now: Timestamp) -> Result<()> {
    execute!(db, "update webhook_events set processed_at = $2 where id = any($1)"; ids, now.to_sqlx())
}

/// As a fallback for these, the newest requesters are reconciled first.
pub async fn mark_widened(db: impl PgExecutor<'_>, ids: &[i64], now: Timestamp) -> Result<()> {
    execute!(db, "update webhook_events set widened_at = $2 where id = any($1)"; ids, now.to_sqlx())
}

pub async fn last_received_at(db: impl PgExecutor<'_>) -> Result<Option<Timestamp>> {
    scalar!(fetch_optional(db), "select received_at from webhook_events order by id desc limit 1")
        .map(timestamp)
}

/// The id of the newest webhook; 0 when there is none.
pub async fn newest_id(db: impl PgExecutor<'_>) -> Result<i64> {
    scalar!(fetch_one(db), r#"select coalesce(max(id), 0) as "id!" from webhook_events"#)
}

/// When the oldest webhook arrived that is not resolved, or whose people are not all reconciled.
pub async fn oldest_received_at(db: impl PgExecutor<'_>) -> Result<Option<Timestamp>> {
    let at = scalar!(
        fetch_one(db),
        "select least(
             (select received_at from webhook_events where processed_at is null order by id limit 1),
             (select min(webhook_received_at) from people where sync_requested_at is not null))"
    );
    at.map(timestamp)
}

pub async fn count_waiting(db: impl PgExecutor<'_>) -> Result<i64> {
    scalar!(fetch_one(db), r#"select count(*) as "count!" from webhook_events where processed_at is null"#)
}

/// Whether webhooks wait after and before a given one, and which is the newest of all.
pub struct Waiting {
    pub is_any_after: bool,
    pub is_any_before: bool,
    /// 0 when there is none.
    pub newest: i64,
}

/// Whether webhooks wait after `id` and, if `asks_before`, up to `id`. The latter reads all index entries since the last
/// vacuum: a question to ask seldom.
pub async fn is_any_waiting(db: impl PgExecutor<'_>, id: i64, asks_before: bool) -> Result<Waiting> {
    let waiting = sqlx::query_as!(
        Waiting,
        r#"select exists (select from webhook_events where processed_at is null and id > $1) as "is_any_after!",
               case when $2 then exists (select from webhook_events where processed_at is null and id <= $1)
                   else false end as "is_any_before!",
               coalesce((select max(id) from webhook_events), 0) as "newest!""#,
        id,
        asks_before
    );
    waiting.fetch_one(db).await
}

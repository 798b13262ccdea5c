//! Webhook events: on disk before the 200, then looked at once.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgExecutor;

/// Events about the same object that were not yet looked at.
#[derive(Debug, Clone)]
pub struct WebhookGroup {
    /// Their rows; never none.
    pub ids: Vec<i64>,
    /// When the first of them arrived.
    pub first_received_at: Timestamp,
    /// When the last of them arrived.
    pub last_received_at: Timestamp,
    /// Whether they are `person_*` events.
    pub are_about_people: bool,
    /// As sent, if it was a text or a number.
    pub related_object_id: Option<String>,
    /// When the newest requesters were asked for on behalf of the first.
    pub widened_at: Option<Timestamp>,
}

impl WebhookGroup {
    /// The newest of them.
    pub fn newest(&self) -> i64 {
        self.ids.iter().copied().max().unwrap_or_default()
    }
}

/// Stores a batch in one statement; returns the ids, in the order of the batch.
pub async fn insert(
    db: impl PgExecutor<'_>,
    received_at: Timestamp,
    event_types: &[String],
    related_object_ids: &[Option<String>],
) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        "insert into webhook_events (received_at, event_type, related_object_id)
         select $1, event_type, related_object_id from unnest($2::text[], $3::text[]) as t (event_type, related_object_id)
         returning id",
        received_at.to_sqlx(),
        event_types,
        related_object_ids as _
    )
    .fetch_all(db)
    .await
}

/// The oldest events that wait, of those after `after` and up to `up_to`, at most `limit`, by what they are about: a flood
/// is mostly about a few objects.
///
/// `id + 0`: of a range with two ends Postgres expects half a percent of the table, and where statistics were taken in a
/// flood it then reads all that is in the range by the primary key, not the few of the index of those that wait.
pub async fn waiting(
    db: impl PgExecutor<'_>,
    after: i64,
    up_to: i64,
    limit: i64,
) -> Result<Vec<WebhookGroup>, sqlx::Error> {
    sqlx::query!(
        r#"select array_agg(id) as "ids!", min(received_at) as "first_received_at!",
               max(received_at) as "last_received_at!", event_type like 'person\_%' as "are_about_people!",
               related_object_id, min(widened_at) as widened_at
           from (select * from webhook_events where processed_at is null and id > $1 and id + 0 <= $2 order by id limit $3) oldest
           group by event_type like 'person\_%', related_object_id, widened_at is null"#,
        after,
        up_to,
        limit
    )
    // Each as it comes: in a flood they may be many.
    .map(|row| WebhookGroup {
        ids: row.ids,
        first_received_at: row.first_received_at.to_jiff(),
        last_received_at: row.last_received_at.to_jiff(),
        are_about_people: row.are_about_people,
        related_object_id: row.related_object_id,
        widened_at: row.widened_at.map(jiff_sqlx::Timestamp::to_jiff),
    })
    .fetch_all(db)
    .await
}

/// These were looked at: somebody was asked for on their behalf, and that is on disk.
pub async fn mark_processed(db: impl PgExecutor<'_>, ids: &[i64], now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!("update webhook_events set processed_at = $2 where id = any($1)", ids, now.to_sqlx())
        .execute(db)
        .await
        .map(drop)
}

/// For these the newest requesters were asked for first.
pub async fn mark_widened(db: impl PgExecutor<'_>, ids: &[i64], now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!("update webhook_events set widened_at = $2 where id = any($1)", ids, now.to_sqlx())
        .execute(db)
        .await
        .map(drop)
}

/// When the newest event arrived.
pub async fn last_received_at(db: impl PgExecutor<'_>) -> Result<Option<Timestamp>, sqlx::Error> {
    let at = sqlx::query_scalar!("select received_at from webhook_events order by id desc limit 1");
    Ok(at.fetch_optional(db).await?.map(jiff_sqlx::Timestamp::to_jiff))
}

/// The id of the newest event; 0 when there is none.
pub async fn newest_id(db: impl PgExecutor<'_>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"select coalesce(max(id), 0) as "id!" from webhook_events"#).fetch_one(db).await
}

/// When the oldest event arrived that is not carried out: nobody was asked for on its behalf, or not all were looked at.
pub async fn oldest_received_at(db: impl PgExecutor<'_>) -> Result<Option<Timestamp>, sqlx::Error> {
    let at = sqlx::query_scalar!(
        "select least(
             (select received_at from webhook_events where processed_at is null order by id limit 1),
             (select min(webhook_received_at) from people where sync_requested_at is not null))"
    );
    Ok(at.fetch_one(db).await?.map(jiff_sqlx::Timestamp::to_jiff))
}

/// How many wait.
pub async fn count_waiting(db: impl PgExecutor<'_>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"select count(*) as "count!" from webhook_events where processed_at is null"#)
        .fetch_one(db)
        .await
}

/// What waits, and what there is.
pub struct Waiting {
    /// Whether events after the one asked about wait.
    pub is_any_after: bool,
    /// Whether events up to it do.
    pub is_any_before: bool,
    /// The newest event; 0 when there is none.
    pub newest: i64,
}

/// Whether any wait, of those after `id` and, where that is asked, of those up to it. The latter passes over all that were
/// dealt with since the last vacuum: not a question for every moment.
pub async fn is_any_waiting(
    db: impl PgExecutor<'_>,
    id: i64,
    asks_before: bool,
) -> Result<Waiting, sqlx::Error> {
    sqlx::query_as!(
        Waiting,
        r#"select exists (select from webhook_events where processed_at is null and id > $1) as "is_any_after!",
               case when $2 then exists (select from webhook_events where processed_at is null and id <= $1)
                   else false end as "is_any_before!",
               coalesce((select max(id) from webhook_events), 0) as "newest!""#,
        id,
        asks_before
    )
    .fetch_one(db)
    .await
}

/// Of the `limit` oldest events, deletes those that were processed and arrived before `before`; returns how many. By id,
/// which follows the time: an index of the time would cost every webhook more than it is worth here.
pub async fn delete_old(db: impl PgExecutor<'_>, before: Timestamp, limit: i64) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from webhook_events where id in (
             select id from (select id, received_at, processed_at from webhook_events order by id limit $2) oldest
             where received_at < $1 and processed_at is not null)",
        before.to_sqlx(),
        limit
    );
    Ok(deleted.execute(db).await?.rows_affected())
}

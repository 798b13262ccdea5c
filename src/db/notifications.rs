//! Incidents, the outbox of notifications, and the admin's choice of recipients and language.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::{Db, Result, timestamp};
use crate::domain::attention::{AttentionKind, Cause};
use crate::domain::notification::{
    Channel, DeliveryError, INCIDENT_KINDS, Incident, Incidents, Item, Notification, OutgoingMessage, Reason,
};
use crate::texts::Language;

/// What the admin chose. Recipients that were checked when they were stored.
#[derive(Debug, Default)]
pub struct Settings {
    /// `None`: the configured ones.
    pub recipients: Option<Vec<String>>,
    pub language: Language,
    /// The day of the last digest, whether it was sent or not needed.
    pub digest_on: Option<Date>,
    pub last_sent_at: Option<Timestamp>,
}

pub async fn settings(db: impl Db<'_>) -> Result<Settings> {
    rows!(fetch_one(db), "select recipients, language, digest_on, last_sent_at from notification_settings"
    => |row| Settings {
        recipients: row.recipients,
        language: row.language.and_then(|code| code.parse().ok()).unwrap_or_default(),
        digest_on: row.digest_on.map(jiff_sqlx::Date::to_jiff),
        last_sent_at: timestamp(row.last_sent_at),
    })
}

/// Serialises the transactions that write incidents and their messages, over all replicas.
pub async fn lock(db: impl Db<'_>) -> Result<()> {
    sqlx::query("select from notification_settings for update").execute(db).await.map(drop)
}

pub async fn save_settings(db: impl Db<'_>, recipients: &[String], language: Language) -> Result<()> {
    execute!(db, "update notification_settings set recipients = $1, language = $2"; recipients, language.code())
}

pub async fn save_digest_day(db: impl Db<'_>, day: Date) -> Result<()> {
    execute!(db, "update notification_settings set digest_on = $1"; day.to_sqlx())
}

/// The open items of the kinds that are incidents, and those that ended since.
pub async fn items(db: impl Db<'_>, ended_since: Timestamp) -> Result<Vec<Item>> {
    let kinds: Vec<&str> = INCIDENT_KINDS.iter().map(AttentionKind::into_str).collect();
    let items = rows!(fetch_all(db),
    r#"select kind, cause as "cause: Json<Cause>", first_seen_at, least(resolved_at, ignored_at) as ended_at
           from attention
           where kind = any($1) and coalesce(least(resolved_at, ignored_at) >= $2, true)"#;
    &kinds as _, ended_since.to_sqlx()
    => |row| Some(Item {
        kind: row.kind.parse().ok()?,
        cause: row.cause.map(|Json(cause)| cause),
        since: row.first_seen_at.to_jiff(),
        ended_at: timestamp(row.ended_at),
    }));
    Ok(items?.into_iter().flatten().collect())
}

/// The open incidents, and when the last one of each kind ended.
pub async fn incidents(db: impl Db<'_>) -> Result<Incidents> {
    let rows = sqlx::query!(
        r#"select distinct on (kind) id, kind, reasons as "reasons: Json<Vec<Reason>>", opened_at, ended_at
           from incidents order by kind, ended_at desc nulls first"#
    );
    let mut incidents = Incidents::default();
    for row in rows.fetch_all(db).await? {
        // A later version may have more kinds.
        let Ok(kind) = row.kind.parse::<AttentionKind>() else { continue };
        match timestamp(row.ended_at) {
            Some(ended_at) => incidents.last_ended.push((kind, ended_at)),
            None => incidents.open.push(Incident {
                id: row.id,
                kind,
                reasons: row.reasons.0,
                opened_at: row.opened_at.to_jiff(),
            }),
        }
    }
    Ok(incidents)
}

/// Returns the id of the incident.
pub async fn insert_incident(
    db: impl Db<'_>,
    kind: AttentionKind,
    reasons: &[Reason],
    opened_at: Timestamp,
) -> Result<i64> {
    scalar!(fetch_one(db),
        "insert into incidents (kind, reasons, opened_at) values ($1, $2, $3) returning id";
        kind.into_str(), Json(reasons) as _, opened_at.to_sqlx())
}

/// Returns how many reasons the incident has now.
pub async fn add_reasons(db: impl Db<'_>, incident: i64, reasons: &[Reason]) -> Result<i32> {
    scalar!(fetch_one(db),
        r#"update incidents set reasons = reasons || $2 where id = $1
           returning jsonb_array_length(reasons) as "count!""#;
        incident, Json(reasons) as _)
}

pub async fn end_incident(db: impl Db<'_>, incident: i64, ended_at: Timestamp) -> Result<()> {
    execute!(db, "update incidents set ended_at = $2 where id = $1"; incident, ended_at.to_sqlx())
}

/// A message to put into the outbox.
pub struct NewMessage {
    pub id: String,
    pub reply_to: Option<String>,
    pub content: Notification,
}

/// Does nothing when the recipient has this message already; `recipient` is empty for the webhook.
pub async fn insert_message(
    db: impl Db<'_>,
    NewMessage { id, reply_to, content }: &NewMessage,
    (channel, recipient): (Channel, &str),
    now: Timestamp,
) -> Result<()> {
    execute!(db,
        "insert into outbox (message_id, channel, recipient, reply_to, content, created_at, next_attempt_at)
         values ($1, $2, $3, $4, $5, $6, $6) on conflict do nothing";
        id, channel.into_str(), recipient, reply_to.as_deref(), Json(content) as _, now.to_sqlx())
}

/// Passes what former recipients still wait for on to the new ones, and forgets the former.
pub async fn replace_recipients(tx: &mut PgConnection, recipients: &[String], now: Timestamp) -> Result<()> {
    execute!(&mut *tx,
        "insert into outbox (message_id, channel, recipient, reply_to, content, created_at, next_attempt_at)
         select distinct on (o.id, r.recipient) o.message_id, o.channel, r.recipient, o.reply_to, o.content, $2, $2
         from outbox o cross join unnest($1::text[]) r (recipient)
         where o.channel = 'mail' and o.next_attempt_at is not null and o.recipient <> all($1)
         order by o.id, r.recipient
         on conflict do nothing";
        recipients, now.to_sqlx())?;
    execute!(tx,
        "delete from outbox where channel = 'mail' and sent_at is null and recipient <> all($1)"; recipients)
}

/// Takes all messages that wait for the first recipients with a message that is due, oldest first. Until `retry_at`, no
/// other attempt is made.
pub async fn claim(
    db: impl Db<'_>,
    channel: Channel,
    most_recipients: i64,
    now: Timestamp,
    retry_at: Timestamp,
) -> Result<Vec<OutgoingMessage>> {
    let claimed = rows!(fetch_all(db),
    r#"with due as (
               select recipient from outbox where channel = $1 and next_attempt_at <= $2
               group by recipient order by min(id) limit $4)
           update outbox o set attempts = attempts + 1, next_attempt_at = $3
           from due where o.channel = $1 and o.next_attempt_at is not null and o.recipient = due.recipient
           returning o.id, o.message_id, o.reply_to, o.recipient, o.created_at, o.attempts,
               o.content as "content: Json<Notification>""#;
    channel.into_str(), now.to_sqlx(), retry_at.to_sqlx(), most_recipients
    => |row| OutgoingMessage {
        id: row.id,
        message_id: row.message_id,
        reply_to: row.reply_to,
        recipient: row.recipient,
        created_at: row.created_at.to_jiff(),
        attempts: row.attempts,
        notification: row.content.0,
    });
    let mut claimed = claimed?;
    claimed.sort_by_key(|message| message.id);
    Ok(claimed)
}

pub async fn mark_sent(db: impl Db<'_>, message: i64, now: Timestamp) -> Result<()> {
    execute!(db,
        "with sent as (update outbox set sent_at = $2, next_attempt_at = null where id = $1)
         update notification_settings set last_sent_at = greatest(last_sent_at, $2)";
        message, now.to_sqlx())
}

/// `next_attempt_at`: `None` gives the message up.
pub async fn mark_failed(
    db: impl Db<'_>,
    message: i64,
    error: DeliveryError,
    next_attempt_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<()> {
    execute!(db,
        "update outbox set failed_at = $2, failure = $3, failure_status = $4, next_attempt_at = $5
         where id = $1 and sent_at is null";
        message, now.to_sqlx(), error.fault.into_str(), error.status.map(i32::from),
        next_attempt_at.map(jiff_sqlx::ToSqlx::to_sqlx) as _)
}

/// Gives up what waits for a channel that is no longer configured.
pub async fn give_up_others(db: impl Db<'_>, channels: &[Channel]) -> Result<()> {
    let channels: Vec<&str> = channels.iter().map(Channel::into_str).collect();
    execute!(db,
        "update outbox set next_attempt_at = null where channel <> all($1) and next_attempt_at is not null";
        &channels as _)
}

/// The last failure of a recipient that nothing reached since.
#[derive(Clone, Copy, Debug)]
pub struct LastFailure {
    pub channel: Channel,
    pub error: DeliveryError,
    pub at: Timestamp,
    /// No further attempt is made.
    pub is_given_up: bool,
}

pub async fn last_failure(db: impl Db<'_>, channels: &[Channel]) -> Result<Option<LastFailure>> {
    let channels: Vec<&str> = channels.iter().map(Channel::into_str).collect();
    let failure = rows!(fetch_optional(db),
    r#"select channel, failure as "failure!", failure_status, failed_at as "failed_at!",
               next_attempt_at is null as "is_given_up!"
           from outbox f
           where sent_at is null and failed_at is not null and channel = any($1) and not exists (
               select from outbox s
               where s.channel = f.channel and s.recipient = f.recipient and s.sent_at > f.failed_at)
           order by failed_at desc limit 1"#;
    &channels as _
    => |row| Some(LastFailure {
        channel: row.channel.parse().ok()?,
        error: DeliveryError {
            fault: row.failure.parse().ok()?,
            status: row.failure_status.and_then(|status| u16::try_from(status).ok()),
        },
        at: row.failed_at.to_jiff(),
        is_given_up: row.is_given_up,
    }));
    Ok(failure?.flatten())
}

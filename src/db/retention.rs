//! Deleting what is no longer kept, in batches of `limit` rows: each statement returns how many rows it deleted.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgExecutor;

use super::Result;

/// Deletes processed webhooks that arrived before `before`, as far as they are among the `limit` oldest. By id, which
/// follows the time: an index of the time would slow down the receipt of every webhook.
pub async fn delete_webhooks(db: impl PgExecutor<'_>, before: Timestamp, limit: i64) -> Result<u64> {
    count_affected!(db,
        "delete from webhook_events where id in (
             select id from (select id, received_at, processed_at from webhook_events order by id limit $2) oldest
             where received_at < $1 and processed_at is not null)";
        before.to_sqlx(), limit)
}

/// Deletes attention items that were resolved before `before`.
pub async fn delete_resolved_attention(db: impl PgExecutor<'_>, before: Timestamp, limit: i64) -> Result<u64> {
    count_affected!(db,
        "delete from attention where id in (
             select id from attention where resolved_at < $1 order by resolved_at limit $2)";
        before.to_sqlx(), limit)
}

/// Deletes what is known of absences dated before `before`. Optedo is not touched.
pub async fn delete_absences(db: impl PgExecutor<'_>, before: Date, limit: i64) -> Result<u64> {
    count_affected!(db,
        "delete from absences where id in (select id from absences where date < $1 limit $2)";
        before.to_sqlx(), limit)
}

pub async fn delete_history(db: impl PgExecutor<'_>, before: Timestamp, limit: i64) -> Result<u64> {
    count_affected!(db,
        "delete from history where id in (select id from history where at < $1 order by at limit $2)";
        before.to_sqlx(), limit)
}

pub async fn delete_audit(db: impl PgExecutor<'_>, before: Timestamp, limit: i64) -> Result<u64> {
    count_affected!(db,
        "delete from audit_log where id in (select id from audit_log where at < $1 order by at limit $2)";
        before.to_sqlx(), limit)
}

/// Deletes archived people of whom nothing is kept but their names and who were not reconciled since `before`; people
/// without a name (ids that a webhook made up) since `before_of_nobody`.
pub async fn delete_archived_people(
    db: impl PgExecutor<'_>,
    before: Timestamp,
    before_of_nobody: Timestamp,
    limit: i64,
) -> Result<u64> {
    count_affected!(db,
        "delete from people where (company_id, person_id) in (
             select p.company_id, p.person_id from people p
             where p.archived and p.sync_requested_at is null
                 and coalesce(p.attempted_at, p.names_read_at, '-infinity')
                     < case when p.first_name is null then $2::timestamptz else $1::timestamptz end
                 and not exists (
                     select from absences a where a.company_id = p.company_id and a.person_id = p.person_id)
                 and not exists (
                     select from held_back h where h.company_id = p.company_id and h.person_id = p.person_id)
             limit $3)";
        before.to_sqlx(), before_of_nobody.to_sqlx(), limit)
}

/// Deletes sessions and logins that have expired.
pub async fn delete_expired_sessions(db: impl PgExecutor<'_> + Copy, now: Timestamp) -> Result<()> {
    let oldest = super::sessions::oldest_session_start(now).to_sqlx();
    execute!(db, "delete from sessions where created_at < $1"; oldest)?;
    execute!(db, "delete from oauth_flows where expires_at < $1"; now.to_sqlx())
}

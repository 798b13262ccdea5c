//! Deleting what is no longer kept, a batch at a time: each statement returns how many it deleted.
//!
//! Events, absences and the history have theirs where they are written.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgExecutor;

/// Attention items whose cause was gone before `before`.
pub async fn delete_resolved_attention(
    db: impl PgExecutor<'_>,
    before: Timestamp,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from attention where id in (
             select id from attention where resolved_at < $1 order by resolved_at limit $2)",
        before.to_sqlx(),
        limit
    );
    Ok(deleted.execute(db).await?.rows_affected())
}

/// Acts of the admin before `before`.
pub async fn delete_audit(
    db: impl PgExecutor<'_>,
    before: Timestamp,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from audit_log where id in (select id from audit_log where at < $1 order by at limit $2)",
        before.to_sqlx(),
        limit
    );
    Ok(deleted.execute(db).await?.rows_affected())
}

/// People who are no longer there, of whom nothing is kept but their names, and who were not looked at since `before`; of
/// somebody who never had a name (an id that a webhook made up) since `before_of_nobody`.
pub async fn delete_archived_people(
    db: impl PgExecutor<'_>,
    before: Timestamp,
    before_of_nobody: Timestamp,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from people where (company_id, person_id) in (
             select p.company_id, p.person_id from people p
             where p.archived and p.sync_requested_at is null
                 and coalesce(p.attempted_at, p.names_read_at, '-infinity')
                     < case when p.first_name is null then $2::timestamptz else $1::timestamptz end
                 and not exists (
                     select from absences a where a.company_id = p.company_id and a.person_id = p.person_id)
                 and not exists (
                     select from held_back h where h.company_id = p.company_id and h.person_id = p.person_id)
             limit $3)",
        before.to_sqlx(),
        before_of_nobody.to_sqlx(),
        limit
    );
    Ok(deleted.execute(db).await?.rows_affected())
}

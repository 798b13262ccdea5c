//! What was written to Optedo when and why, and what could not be.
//!
//! A write enters the history in the statement that stores its result ([`absences`](super::absences)), so that neither
//! is there without the other.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgExecutor;

use crate::domain::failure::FailureKind;
use crate::domain::ids::{CompanyId, PersonId};
use crate::domain::sync_request::SyncReason;

/// An entry.
pub struct Entry {
    /// Its number: the later the higher.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// WriteContext leave, in Officient.
    pub person: PersonId,
    /// Which event; `None` where a look failed.
    pub event_id: Option<i64>,
    /// created, changed, deleted, `taken_over`, rejected or failed.
    pub action: String,
    /// Why the person was looked at: webhook, manual, import or sweep.
    pub reason: String,
    /// Wall clock: start, end, all day.
    pub times: Option<(DateTime, DateTime, bool)>,
    /// The sort of failure.
    pub fault: Option<String>,
}

/// Optedo refused these events' absences; those that it refused at the last look too are in the history already.
pub async fn insert_rejected(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    events: &[i64],
    reason: SyncReason,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into history (at, company_id, person_id, event_id, action, reason, starts_at, ends_at, all_day)
         select $4, a.company_id, a.person_id, a.event_id, 'rejected', $3, a.starts_at, a.ends_at, a.all_day
         from absences a
         where a.company_id = $1 and a.event_id = any($2) and not exists (
             select from held_back h
             where h.company_id = a.company_id and h.event_id = a.event_id and h.kind = 'rejected_by_optedo')",
        company.0,
        events,
        reason.as_str(),
        now.to_sqlx()
    )
    .execute(db)
    .await
    .map(drop)
}

/// A look failed.
pub async fn insert_failed(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    person: PersonId,
    reason: SyncReason,
    fault: FailureKind,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into history (at, company_id, person_id, action, reason, fault)
         select $1, company_id, person_id, 'failed', $4, $5 from people where company_id = $2 and person_id = $3 for key share",
        now.to_sqlx(),
        company.0,
        person.0,
        reason.as_str(),
        fault.as_str()
    )
    .execute(db)
    .await
    .map(drop)
}

/// The newest entries before `before`, of everybody or one person.
pub async fn list(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    person: Option<PersonId>,
    before: i64,
    limit: i64,
) -> Result<Vec<Entry>, sqlx::Error> {
    let rows = sqlx::query!(
        "select id, at, person_id, event_id, action, reason, starts_at, ends_at, all_day, fault
         from history
         where company_id = $1 and ($2::bigint is null or person_id = $2) and id < $3
         order by id desc limit $4",
        company.0,
        person.map(|person| person.0),
        before,
        limit
    );
    let entries = rows.fetch_all(db).await?.into_iter().map(|row| Entry {
        id: row.id,
        at: row.at.to_jiff(),
        person: PersonId(row.person_id),
        event_id: row.event_id,
        action: row.action,
        reason: row.reason,
        times: match (row.starts_at, row.ends_at, row.all_day) {
            (Some(start), Some(end), Some(all_day)) => Some((start.to_jiff(), end.to_jiff(), all_day)),
            _ => None,
        },
        fault: row.fault,
    });
    Ok(entries.collect())
}

/// Forgets entries older than `before`, at most `limit`; returns how many.
pub async fn delete_old(db: impl PgExecutor<'_>, before: Timestamp, limit: i64) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from history where id in (select id from history where at < $1 order by at limit $2)",
        before.to_sqlx(),
        limit
    );
    Ok(deleted.execute(db).await?.rows_affected())
}

//! What was written to Optedo, when and why, and what could not be.
//!
//! A write enters the history in the statement that stores its result ([`absences`](super::absences)), so that neither
//! is stored without the other.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;

use super::{Db, Period, Result, period};
use crate::domain::failure::FailureKind;
use crate::domain::ids::{CompanyId, PersonId};
use crate::domain::sync_request::WriteContext;

pub struct Entry {
    pub id: i64,
    pub at: Timestamp,
    pub person: PersonId,
    /// `None` where reconciling the person failed.
    pub event_id: Option<i64>,
    /// created, changed, deleted, `taken_over`, rejected or failed.
    pub action: String,
    /// The database representation of a [`SyncReason`](crate::domain::sync_request::SyncReason).
    pub reason: String,
    pub times: Option<Period>,
    /// The database representation of a [`FailureKind`].
    pub fault: Option<String>,
}

/// Enters that Optedo refused the absences of these events, unless it refused them the last time too.
pub async fn insert_rejected(db: impl Db<'_>, context: WriteContext, events: &[i64], now: Timestamp) -> Result<()> {
    execute!(db,
        "insert into history (at, company_id, person_id, event_id, action, reason, starts_at, ends_at, all_day)
         select $4, a.company_id, a.person_id, a.event_id, 'rejected', $3, a.starts_at, a.ends_at, a.all_day
         from absences a
         where a.company_id = $1 and a.event_id = any($2) and not exists (
             select from held_back h
             where h.company_id = a.company_id and h.event_id = a.event_id and h.kind = 'rejected_by_optedo')";
        context.company.0, events, context.reason.into_str(), now.to_sqlx())
}

/// Enters that reconciling a person failed.
pub async fn insert_failed(db: impl Db<'_>, context: WriteContext, kind: FailureKind, now: Timestamp) -> Result<()> {
    execute!(db,
        "insert into history (at, company_id, person_id, action, reason, fault)
         select $1, company_id, person_id, 'failed', $4, $5 from people
         where company_id = $2 and person_id = $3 for key share";
        now.to_sqlx(), context.company.0, context.person.0, context.reason.into_str(), kind.into_str())
}

/// The newest entries after the first `offset`, of everybody or one person, of any time or from a moment on.
pub async fn list(
    db: impl Db<'_>,
    company: Option<CompanyId>,
    person: Option<PersonId>,
    since: Option<Timestamp>,
    (limit, offset): (i64, i64),
) -> Result<Vec<Entry>> {
    rows!(fetch_all(db),
        "select id, at, person_id, event_id, action, reason, starts_at, ends_at, all_day, fault
         from history
         where company_id = $1 and ($2::bigint is null or person_id = $2) and ($3::timestamptz is null or at >= $3)
         order by id desc limit $4 offset $5";
        company.map(|company| company.0), person.map(|person| person.0), since.map(ToSqlx::to_sqlx) as _, limit, offset
    => |row| Entry {
        id: row.id,
        at: row.at.to_jiff(),
        person: PersonId(row.person_id),
        event_id: row.event_id,
        action: row.action,
        reason: row.reason,
        times: period(row.starts_at, row.ends_at, row.all_day),
        fault: row.fault,
    })
}

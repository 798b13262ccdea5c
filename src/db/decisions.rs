//! What the admin decides about absences whose leave is gone: they are deleted, or they stay.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;

use super::{Db, Result};
use crate::domain::ids::{CompanyId, PersonId};

/// How many absences of a person in a month are decided about together.
pub struct MonthOfPerson {
    pub person: PersonId,
    /// Its first day.
    pub month: Date,
    pub count: i64,
}

/// Deletions that wait for the admin, by person and month.
pub async fn held(db: impl Db<'_>, company: CompanyId) -> Result<Vec<MonthOfPerson>> {
    rows!(fetch_all(db),
        r#"select person_id, date_trunc('month', date)::date as "month!", count(*) as "count!" from absences
           where company_id = $1 and deletion_held and deleted_at is null group by 1, 2 order by 1, 2"#;
        company.0 => |row| MonthOfPerson {
            person: PersonId(row.person_id), month: row.month.to_jiff(), count: row.count })
}

/// What archived people have from today on and waits for the admin, by person and month.
pub async fn archived(db: impl Db<'_>, company: CompanyId) -> Result<Vec<MonthOfPerson>> {
    rows!(fetch_all(db),
        r#"select a.person_id, date_trunc('month', a.date)::date as "month!", count(*) as "count!"
           from held_back h join absences a on a.company_id = h.company_id and a.event_id = h.event_id
           where h.company_id = $1 and h.kind = 'archived_people' and a.deleted_at is null
           group by 1, 2 order by 1, 2"#;
        company.0 => |row| MonthOfPerson {
            person: PersonId(row.person_id), month: row.month.to_jiff(), count: row.count })
}

/// What the admin keeps although its leave is gone, from this day on, by person and month.
pub async fn kept(db: impl Db<'_>, company: CompanyId, from: Date) -> Result<Vec<MonthOfPerson>> {
    rows!(fetch_all(db),
        r#"select person_id, date_trunc('month', date)::date as "month!", count(*) as "count!" from absences
           where company_id = $1 and deletion_rejected_at is not null and deleted_at is null and date >= $2
           group by 1, 2 order by 1, 2"#;
        company.0, from.to_sqlx() => |row| MonthOfPerson {
            person: PersonId(row.person_id), month: row.month.to_jiff(), count: row.count })
}

/// The absences whose deletion waits for confirmation, of these people or of everybody.
pub async fn held_events(db: impl Db<'_>, company: CompanyId, people: Option<&[i64]>) -> Result<Vec<i64>> {
    scalar!(fetch_all(db),
        "select event_id from absences
         where company_id = $1 and deletion_held and deleted_at is null
             and ($2::bigint[] is null or person_id = any($2))";
        company.0, people)
}

/// Takes what waits of archived people, of these or of all: it is decided about.
pub async fn take_archived_events(db: impl Db<'_>, company: CompanyId, people: Option<&[i64]>) -> Result<Vec<i64>> {
    scalar!(fetch_all(db),
        "delete from held_back where company_id = $1 and kind = 'archived_people'
             and ($2::bigint[] is null or person_id = any($2)) returning event_id";
        company.0, people)
}

/// Confirms that these absences are deleted. Returns the person of each.
pub async fn confirm(db: impl Db<'_>, company: CompanyId, events: &[i64]) -> Result<Vec<i64>> {
    scalar!(fetch_all(db),
        "update absences set deletion_held = false, deletion_confirmed = true
         where company_id = $1 and event_id = any($2) and deleted_at is null returning person_id";
        company.0, events)
}

/// Requests that these absences are deleted. Returns the person of each.
pub async fn request_deletion(db: impl Db<'_>, company: CompanyId, events: &[i64], now: Timestamp) -> Result<Vec<i64>> {
    scalar!(fetch_all(db),
        "update absences set deletion_requested_at = $3
         where company_id = $1 and event_id = any($2) and deleted_at is null returning person_id";
        company.0, events, now.to_sqlx())
}

/// Keeps these absences: they no longer count towards the limit of deletions. Returns the person of each.
pub async fn keep(db: impl Db<'_>, company: CompanyId, events: &[i64], now: Timestamp) -> Result<Vec<i64>> {
    scalar!(fetch_all(db),
        "update absences set deletion_rejected_at = $3, deletion_held = false, deletion_confirmed = false,
             deletion_planned_at = null, deletion_requested_at = null
         where company_id = $1 and event_id = any($2) and deleted_at is null returning person_id";
        company.0, events, now.to_sqlx())
}

/// The archived people who have absences from this day on.
pub async fn archived_people(db: impl Db<'_>, company: CompanyId, from: Date) -> Result<Vec<i64>> {
    scalar!(fetch_all(db),
        "select person_id from people p where company_id = $1 and archived and exists (
             select from absences a
             where a.company_id = p.company_id and a.person_id = p.person_id and a.date >= $2
                 and a.deleted_at is null)";
        company.0, from.to_sqlx())
}

/// Withdraws the rejection of these people's deletions from this day on: the next reconciliation plans them again.
/// Returns the person of each.
pub async fn propose_again(
    db: impl Db<'_>,
    company: CompanyId,
    people: &[i64],
    from: Date,
    now: Timestamp,
) -> Result<Vec<i64>> {
    scalar!(fetch_all(db),
        "update absences set deletion_rejected_at = null, deletion_requested_at = $4
         where company_id = $1 and deletion_rejected_at is not null and deleted_at is null
             and person_id = any($2) and date >= $3 returning person_id";
        company.0, people, from.to_sqlx(), now.to_sqlx())
}

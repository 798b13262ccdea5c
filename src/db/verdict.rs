//! How many absences Optedo should contain, and how many of those are there, at the last comparison.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgExecutor;

use super::{Result, timestamp};
use crate::domain::desired::Window;
use crate::domain::ids::CompanyId;

pub struct Counts {
    /// Absences that are as they should be.
    pub in_optedo: i64,
    /// Leave that is not in Optedo as it should be: blocked, about to be written, or changed there by hand.
    pub missing: i64,
    /// People who are not archived.
    pub people: i64,
    /// When the person was compared whose comparison is the oldest; `None`: somebody never was.
    pub compared_at: Option<Timestamp>,
}

pub async fn count(db: impl PgExecutor<'_>, company: Option<CompanyId>, window: Window) -> Result<Counts> {
    rows!(fetch_one(db),
    r#"with blocked as (select event_id from held_back where company_id = $1 and not in_optedo),
               differing as (select event_id from differences where company_id = $1 and state = 'open'
                   and kind in ('missing', 'changed')),
               standing as (
                   select event_id, intent from absences
                   where company_id = $1 and deleted_at is null and date between $2 and $3
                       and deletion_planned_at is null and intent is distinct from 'delete'),
               wrong as (
                   select event_id from standing
                   where intent is not null or event_id in (select event_id from differing)
                   union select event_id from blocked)
           select (select count(*) from standing where event_id not in (select event_id from wrong)) as "in_optedo!",
               (select count(*) from wrong) as "missing!", count(*) as "people!",
               case when bool_and(synced_at is not null) then min(synced_at) end as compared_at
           from people where company_id = $1 and not archived"#;
    company.map(|company| company.0), window.from.to_sqlx(), window.until.to_sqlx() => |row| Counts {
        in_optedo: row.in_optedo,
        missing: row.missing,
        people: row.people,
        compared_at: timestamp(row.compared_at),
    })
}

//! How many absences Optedo should contain, and how many of those are there: counted with each reconciliation of a
//! person, and added up for the verdict.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;

use super::{Db, Result, timestamp};
use crate::domain::desired::Window;
use crate::domain::ids::{CompanyId, PersonId};

pub struct Counts {
    pub expected: i64,
    /// How many of those are as they should be.
    pub in_optedo: i64,
    /// People who are not archived.
    pub people: i64,
    /// When the person was compared whose comparison is the oldest; `None`: somebody never was.
    pub compared_at: Option<Timestamp>,
}

/// Counts a person's absences in the window. Missing is leave that is blocked or about to be written.
pub async fn count_person(db: impl Db<'_>, company: CompanyId, person: PersonId, window: Window) -> Result<()> {
    execute!(db,
        "with standing as (
             select event_id, intent from absences
             where company_id = $1 and person_id = $2 and deleted_at is null and date between $3 and $4
                 and deletion_planned_at is null and intent is distinct from 'delete'),
             missing as (
                 select event_id from standing where intent is not null
                 union
                 select event_id from held_back where company_id = $1 and person_id = $2 and not in_optedo),
             counted as (
                 select (select count(*) from standing where event_id not in (select event_id from missing)) as there,
                     (select count(*) from missing) as missing)
         update people set absences_in_optedo = there, absences_expected = there + missing
         from counted where company_id = $1 and person_id = $2";
        company.0, person.0, window.from.to_sqlx(), window.until.to_sqlx())
}

/// The counts of everybody. What somebody changed in Optedo is not as it should be until the admin decides. Leave that
/// waits for an item which the admin ignores is not expected.
pub async fn total(db: impl Db<'_>, company: Option<CompanyId>) -> Result<Counts> {
    rows!(fetch_one(db),
    r#"with differing as (
               select count(*) as count from differences
               where company_id = $1 and state = 'open' and kind in ('missing', 'changed')),
               ignored as (
               select count(*) as count from held_back h join attention a using (kind, subject_id)
               where h.company_id = $1 and not h.in_optedo and a.resolved_at is null and a.ignored_at is not null)
           select greatest(coalesce(sum(absences_expected), 0) - (select count from ignored), 0) as "expected!",
               count(*) as "people!",
               greatest(coalesce(sum(absences_in_optedo), 0) - (select count from differing), 0) as "in_optedo!",
               case when bool_and(synced_at is not null and absences_expected is not null) then min(synced_at) end
                   as compared_at
           from people where company_id = $1 and not archived"#;
    company.map(|company| company.0) => |row| Counts {
        expected: row.expected,
        in_optedo: row.in_optedo,
        people: row.people,
        compared_at: timestamp(row.compared_at),
    })
}

//! The audit (table `audits`), and what it found (table `differences`).

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use serde::Serialize;
use sqlx::types::Json;
use utoipa::ToSchema;

use super::{Db, Result, timestamp};
use crate::domain::difference::{Difference, DifferenceKind, Placement};
use crate::domain::ids::{AbsenceId, CompanyId, EventId, PersonId};

/// The audit that is requested, under way, or was the last one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Audit {
    pub requested_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    /// When the last audit that came to its end did.
    pub finished_at: Option<Timestamp>,
    /// How many people that audit could not compare.
    pub people_failed: i64,
}

impl Audit {
    pub fn is_under_way(&self) -> bool {
        self.requested_at.is_some() || self.started_at > self.finished_at
    }
}

pub async fn audit(db: impl Db<'_>, company: Option<CompanyId>) -> Result<Audit> {
    let audit = rows!(fetch_optional(db),
    "select requested_at, started_at, finished_at, people_failed from audits where company_id = $1";
    company.map(|company| company.0) => |row| Audit {
        requested_at: timestamp(row.requested_at),
        started_at: timestamp(row.started_at),
        finished_at: timestamp(row.finished_at),
        people_failed: row.people_failed,
    });
    Ok(audit?.unwrap_or_default())
}

pub async fn request_audit(db: impl Db<'_>, company: CompanyId, now: Timestamp) -> Result<()> {
    execute!(db,
        "insert into audits (company_id, requested_at) values ($1, $2)
         on conflict (company_id) do update set requested_at = excluded.requested_at"; company.0, now.to_sqlx())
}

pub async fn begin_audit(db: impl Db<'_>, company: CompanyId, now: Timestamp) -> Result<()> {
    execute!(db,
        "insert into audits (company_id, started_at) values ($1, $2)
         on conflict (company_id) do update set started_at = excluded.started_at"; company.0, now.to_sqlx())
}

/// Ends the audit that began at `started_at`. A request made since then stays open.
pub async fn finish_audit(
    db: impl Db<'_>,
    company: CompanyId,
    started_at: Timestamp,
    people_failed: i64,
    now: Timestamp,
) -> Result<()> {
    execute!(db,
        "update audits set finished_at = $3, people_failed = $4,
             requested_at = case when requested_at > $2 then requested_at end
         where company_id = $1"; company.0, started_at.to_sqlx(), now.to_sqlx(), people_failed)
}

/// Whether a difference waits for a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, ToSchema, strum::VariantArray)]
#[schema(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum DifferenceState {
    Open,
    /// The admin wants it so until the event changes.
    Kept,
    Resolved,
}

/// What differs between Officient and Optedo.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Difference)]
pub struct StoredDifference {
    pub id: i64,
    #[schema(value_type = DifferenceKind)]
    pub kind: String,
    pub person_id: PersonId,
    pub event_id: EventId,
    pub absence_id: Option<AbsenceId>,
    pub date: Date,
    /// What Officient says; null: no event explains the absence.
    pub expected: Option<Placement>,
    /// What Optedo contains; null: the absence is gone.
    pub found: Option<Placement>,
    #[schema(value_type = DifferenceState)]
    pub state: String,
    pub first_seen_at: Timestamp,
    /// Who decided to keep it, as given at sign-in.
    #[serde(skip)]
    pub decided_by: Option<String>,
    #[serde(skip)]
    pub decided_at: Option<Timestamp>,
}

macro_rules! select_differences {
    ($tail:literal; $($argument:expr),+) => {
        sqlx::query!(
            r#"select id, kind, person_id, event_id, absence_id, date, expected as "expected: Json<Placement>",
                   found as "found: Json<Placement>", state, first_seen_at, decided_by, decided_at
               from differences "# + $tail,
            $($argument),+
        )
        .map(|row| StoredDifference {
            id: row.id,
            kind: row.kind,
            person_id: PersonId(row.person_id),
            event_id: EventId(row.event_id),
            absence_id: row.absence_id.map(AbsenceId),
            date: row.date.to_jiff(),
            expected: row.expected.map(|Json(expected)| expected),
            found: row.found.map(|Json(found)| found),
            state: row.state,
            first_seen_at: row.first_seen_at.to_jiff(),
            decided_by: row.decided_by,
            decided_at: timestamp(row.decided_at),
        })
    };
}

/// At most a thousand differences in this state, by person and day; of the resolved ones, the newest first.
pub async fn list(
    db: impl Db<'_>,
    company: Option<CompanyId>,
    state: DifferenceState,
) -> Result<Vec<StoredDifference>> {
    select_differences!(
        "where company_id = $1 and state = $2
         order by case when state = 'resolved' then resolved_at end desc, person_id, date, id limit 1000";
        company.map(|company| company.0), state.into_str())
    .fetch_all(db)
    .await
}

/// The differences of a person that the admin has not decided about.
pub async fn open_of_person(db: impl Db<'_>, company: CompanyId, person: PersonId) -> Result<Vec<StoredDifference>> {
    select_differences!("where company_id = $1 and person_id = $2 and state = 'open' order by date, id";
        company.0, person.0)
    .fetch_all(db)
    .await
}

/// This difference, unless it is resolved.
pub async fn find(db: impl Db<'_>, company: CompanyId, id: i64) -> Result<Option<StoredDifference>> {
    select_differences!("where company_id = $1 and id = $2 and state <> 'resolved'"; company.0, id)
        .fetch_optional(db)
        .await
}

/// Stores a difference, unless a later comparison did. What the admin keeps stays kept as long as Officient says the
/// same.
pub async fn save(
    db: impl Db<'_>,
    company: CompanyId,
    difference: &Difference,
    compared_at: Timestamp,
    now: Timestamp,
) -> Result<()> {
    let Difference { kind, person_id, event_id, absence_id, date, expected, found } = difference;
    execute!(db,
        "insert into differences (company_id, person_id, event_id, absence_id, kind, date, expected, found, state,
             first_seen_at, compared_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $10)
         on conflict (company_id, event_id) where state <> 'resolved' do update set
             person_id = excluded.person_id, absence_id = excluded.absence_id, kind = excluded.kind,
             date = excluded.date, expected = excluded.expected, found = excluded.found,
             compared_at = excluded.compared_at,
             state = case when differences.expected is not distinct from excluded.expected
                 then differences.state else 'open' end
             where differences.compared_at <= excluded.compared_at";
        company.0, person_id.0, event_id.0, absence_id.map(|absence| absence.0), kind.into_str(), date.to_sqlx(),
        expected.as_ref().map(Json) as _, found.as_ref().map(Json) as _, now.to_sqlx(), compared_at.to_sqlx())
}

/// Resolves the differences of a person but those of these events, and those that a later comparison found.
pub async fn resolve_others(
    db: impl Db<'_>,
    company: CompanyId,
    person: PersonId,
    events: &[i64],
    compared_at: Timestamp,
    now: Timestamp,
) -> Result<()> {
    execute!(db,
        "update differences set state = 'resolved', resolved_at = $5
         where company_id = $1 and person_id = $2 and event_id <> all($3) and state <> 'resolved'
             and compared_at <= $4";
        company.0, person.0, events, compared_at.to_sqlx(), now.to_sqlx())
}

/// Resolves the differences of a person whose absence was written or deleted since the comparison. Returns whether
/// there were any.
pub async fn resolve_written(db: impl Db<'_>, company: CompanyId, person: PersonId, now: Timestamp) -> Result<bool> {
    is_affected!(db,
        "update differences d set state = 'resolved', resolved_at = $3
         from absences a
         where d.company_id = $1 and d.person_id = $2 and d.state <> 'resolved'
             and a.company_id = d.company_id and a.event_id = d.event_id
             and greatest(a.written_at, a.deleted_at) > d.compared_at";
        company.0, person.0, now.to_sqlx())
}

/// Records the admin's decision to leave Optedo as it is. Returns how many of these differences were open.
pub async fn keep(db: impl Db<'_>, company: CompanyId, ids: &[i64], by: Option<&str>, now: Timestamp) -> Result<u64> {
    count_affected!(db,
        "update differences set state = 'kept', decided_by = $3, decided_at = $4
         where company_id = $1 and id = any($2) and state = 'open'";
        company.0, ids, by, now.to_sqlx())
}

/// How many differences of a person are open.
pub async fn count_open(db: impl Db<'_>, company: CompanyId, person: PersonId) -> Result<i64> {
    scalar!(fetch_one(db),
        r#"select count(*) as "count!" from differences where company_id = $1 and person_id = $2 and state = 'open'"#;
        company.0, person.0)
}

/// How many differences are open, by kind.
pub async fn count_by_kind(db: impl Db<'_>, company: Option<CompanyId>) -> Result<Vec<(String, i64)>> {
    rows!(fetch_all(db),
        r#"select kind, count(*) as "count!" from differences where company_id = $1 and state = 'open' group by kind"#;
        company.map(|company| company.0) => |row| (row.kind, row.count))
}

/// Lets the next reconciliation write the absence of this event again, as Officient has it.
pub async fn rewrite(db: impl Db<'_>, company: CompanyId, event: EventId, now: Timestamp) -> Result<()> {
    execute!(db,
        "update absences set intent = 'update', intent_at = $3, call_until = null
         where company_id = $1 and event_id = $2 and intent is null and optedo_absence_id is not null
             and deleted_at is null";
        company.0, event.0, now.to_sqlx())
}

/// Takes an absence that no event explains for one that was written, so that the next reconciliation deletes it.
pub async fn take_unexplained(
    db: impl Db<'_>,
    company: CompanyId,
    difference: &StoredDifference,
    found: &Placement,
) -> Result<()> {
    execute!(db,
        "insert into absences (company_id, event_id, person_id, date, optedo_user_id, optedo_absence_id,
             absence_type_id, starts_at, ends_at, all_day, written_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         on conflict (company_id, event_id) do update set person_id = excluded.person_id, date = excluded.date,
             optedo_user_id = excluded.optedo_user_id, optedo_absence_id = excluded.optedo_absence_id,
             absence_type_id = excluded.absence_type_id, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
             all_day = excluded.all_day, written_at = excluded.written_at, intent = null, intent_at = null,
             call_until = null, deleted_at = null, deletion_planned_at = null, deletion_held = false,
             deletion_confirmed = false, deletion_rejected_at = null, deletion_requested_at = null
         where absences.deleted_at is not null";
        company.0, difference.event_id.0, difference.person_id.0, difference.date.to_sqlx(), found.user_id.0,
        difference.absence_id.map(|absence| absence.0), found.absence_type_id.0, found.start.to_sqlx(),
        found.end.to_sqlx(), found.all_day, difference.first_seen_at.to_sqlx())
}

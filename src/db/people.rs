//! The `people` table: who is in Officient. The same row is an entry of the [`queue`](super::queue).

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;

use super::erasure::{self, Reading};
use super::{Db, Result, timestamp, without_nul};
use crate::domain::attention::LastingFailure;
use crate::domain::company::Names;
use crate::domain::ids::{CompanyId, EventId, PersonId, UserId};
use crate::domain::sync_request::{SyncReason, SyncRequest};

#[derive(Clone)]
pub struct Person {
    pub company: CompanyId,
    pub id: PersonId,
    /// `None`: not read yet.
    pub names: Option<Names>,
    pub names_read_at: Option<Timestamp>,
    /// The insertion of a Dutch name, only where the detail was just read: it is never stored.
    pub insertion: Option<String>,
    /// Archived or deleted in Officient.
    pub archived: bool,
    /// `unknown`, `matched`, `excluded`, `unmatched` or `ambiguous`.
    pub match_state: String,
    pub user: Option<UserId>,
    /// The calendar events that the last observation found.
    pub event_ids: Vec<i64>,
    pub request: Option<SyncRequest>,
    /// Counts requests: reconciling completes only the request that it began with.
    pub request_no: i64,
    /// Failed attempts in a row.
    pub attempts: i32,
    pub attempted_at: Option<Timestamp>,
    pub last_error: Option<String>,
    /// The database representation of a [`FailureKind`](crate::domain::failure::FailureKind).
    pub last_fault: Option<String>,
    pub synced_at: Option<Timestamp>,
}

impl Person {
    /// The full name, or the id where the name was not read.
    pub fn name(&self) -> String {
        self.names.as_ref().map_or_else(|| format!("#{}", self.id), Names::full)
    }
}

/// Selects people; `$tail` is the statement from its `where` on.
macro_rules! select_people {
    ($tail:literal; $($argument:expr),+) => {
        sqlx::query!(
            "select company_id, person_id, first_name, last_name, names_read_at, archived, match_state, optedo_user_id,
                 event_ids, sync_reason, sync_requested_at, sync_request_no, webhook_received_at, attempts,
                 attempted_at, last_error, last_fault, synced_at
             from people " + $tail,
            $($argument),+
        )
        .map(|row| Person {
            company: CompanyId(row.company_id),
            id: PersonId(row.person_id),
            names: row.first_name.zip(row.last_name).map(|(first, last)| Names { first, last }),
            names_read_at: timestamp(row.names_read_at),
            insertion: None,
            archived: row.archived,
            match_state: row.match_state,
            user: row.optedo_user_id.map(UserId),
            event_ids: row.event_ids,
            request: row.sync_reason.zip(timestamp(row.sync_requested_at)).map(|(rank, at)| SyncRequest {
                reason: SyncReason::from_rank(rank),
                at,
                webhook_received_at: timestamp(row.webhook_received_at),
            }),
            request_no: row.sync_request_no,
            attempts: row.attempts,
            attempted_at: timestamp(row.attempted_at),
            last_error: row.last_error,
            last_fault: row.last_fault,
            synced_at: timestamp(row.synced_at),
        })
    };
}
pub(super) use select_people;

pub async fn find(db: impl Db<'_>, company: CompanyId, person: PersonId) -> Result<Option<Person>> {
    select_people!("where company_id = $1 and person_id = $2"; company.0, person.0).fetch_optional(db).await
}

/// Prevents the erasure of this person until the transaction ends; false if they are not there. Everything about a
/// person is stored under this lock, or by a statement that locks their row itself, so that nothing is stored after the
/// erasure.
pub async fn lock(tx: &mut PgConnection, company: CompanyId, person: PersonId) -> Result<bool> {
    let row = scalar!(fetch_optional(tx),
        r#"select 1 as "there!" from people where company_id = $1 and person_id = $2 for key share"#;
        company.0, person.0);
    Ok(row?.is_some())
}

/// A person who waits because an upstream fails.
pub struct FailingPerson {
    pub id: PersonId,
    pub names: Option<Names>,
    pub lasting: LastingFailure,
    /// Somebody else was reconciled since the first failure.
    pub others_succeeded: bool,
}

/// Who fails, the longest first.
pub async fn failing(db: impl Db<'_>, company: CompanyId) -> Result<Vec<FailingPerson>> {
    let people = rows!(fetch_all(db),
        r#"select person_id, first_name, last_name, last_error as "error!", last_fault as "fault!",
               failing_since as "since!", exists (
                   select from people o
                   where o.company_id = $1 and o.synced_at >= p.failing_since) as "others_succeeded!"
           from people p
           where company_id = $1 and sync_requested_at is not null and failing_since is not null
               and last_error is not null and last_fault is not null
           order by failing_since, person_id"#;
        company.0
    => |row| {
        let lasting = LastingFailure { failure: row.fault.parse().ok()?, error: row.error, since: row.since.to_jiff() };
        let names = row.first_name.zip(row.last_name).map(|(first, last)| Names { first, last });
        let others_succeeded = row.others_succeeded;
        Some(FailingPerson { id: PersonId(row.person_id), names, lasting, others_succeeded })
    });
    Ok(people?.into_iter().flatten().collect())
}

/// Everybody, by name.
pub async fn all(db: impl Db<'_>, company: CompanyId) -> Result<Vec<Person>> {
    select_people!("where company_id = $1 order by last_name, first_name, person_id"; company.0).fetch_all(db).await
}

/// The people among these whose names were read longest ago.
pub async fn names_read_longest_ago(
    db: impl Db<'_>,
    company: CompanyId,
    people: &[i64],
    limit: i64,
) -> Result<Vec<Person>> {
    let select = select_people!(
        "where company_id = $1 and person_id = any($2) and not archived
         order by names_read_at nulls first, person_id limit $3";
        company.0, people, limit);
    select.fetch_all(db).await
}

/// Inserts the people who are not in the table. False, and inserts nobody, if somebody was erased since the
/// reading of these people from Officient began.
pub async fn insert_missing(tx: &mut PgConnection, people: &[i64], reading: Reading) -> Result<bool> {
    if !erasure::prevent(&mut *tx, reading).await? {
        return Ok(false);
    }
    execute!(tx,
        "insert into people (company_id, person_id) select $1, unnest($2::bigint[]) on conflict do nothing";
        reading.company.0, people)?;
    Ok(true)
}

/// Stores Officient's list of people: those in it are not archived, and changed names must be read again. False, and
/// stores nothing, if somebody was erased since the reading of the list began.
pub async fn save_listed(
    tx: &mut PgConnection,
    people: &[i64],
    name_digests: &[Vec<u8>],
    reading: Reading,
) -> Result<bool> {
    if !erasure::prevent(&mut *tx, reading).await? {
        return Ok(false);
    }
    execute!(tx,
        "insert into people (company_id, person_id, listed_name_digest)
         select $1, * from unnest($2::bigint[], $3::bytea[])
         on conflict (company_id, person_id) do update set
             archived = false,
             names_read_at = case
                 when people.listed_name_digest is null or people.listed_name_digest = excluded.listed_name_digest
                     then people.names_read_at end,
             listed_name_digest = excluded.listed_name_digest
         where people.archived or people.listed_name_digest is distinct from excluded.listed_name_digest";
        reading.company.0, people, name_digests)?;
    Ok(true)
}

/// Archives everybody who is not in the complete list of people; returns those who were not archived before.
pub async fn archive_others(db: impl Db<'_>, company: CompanyId, present: &[i64]) -> Result<Vec<i64>> {
    scalar!(fetch_all(db),
        "update people set archived = true where company_id = $1 and person_id <> all($2) and not archived
         returning person_id";
        company.0, present)
}

pub async fn save_names(
    db: impl Db<'_>,
    company: CompanyId,
    person: PersonId,
    (names, archived): (&Names, bool),
    read_at: Timestamp,
) -> Result<()> {
    execute!(db,
        "update people set first_name = $3, last_name = $4, archived = $5, names_read_at = $6
         where company_id = $1 and person_id = $2";
        company.0, person.0, without_nul(&names.first), without_nul(&names.last), archived, read_at.to_sqlx())
}

/// Archives a person whom Officient says that it does not have. Their names are read again before this is believed a
/// second time.
pub async fn archive(db: impl Db<'_>, company: CompanyId, person: PersonId) -> Result<()> {
    execute!(db,
        "update people set archived = true, names_read_at = null where company_id = $1 and person_id = $2";
        company.0, person.0)
}

/// The next observation of these people reads their names again.
pub async fn forget_names_read(db: impl Db<'_>, company: CompanyId, people: &[i64]) -> Result<()> {
    execute!(db,
        "update people set names_read_at = null where company_id = $1 and person_id = any($2)";
        company.0, people)
}

/// Other people, not archived and without a choice of the admin, with exactly this name. People whose names were not
/// read yet count if Officient lists them under the same full name.
pub async fn namesakes(db: impl Db<'_>, company: CompanyId, person: PersonId, names: &Names) -> Result<Vec<i64>> {
    scalar!(fetch_all(db),
        "select other.person_id from people other
         where other.company_id = $1 and other.person_id <> $2 and not other.archived
             and not exists (
                 select from person_choices c where c.company_id = $1 and c.person_id = other.person_id)
             and ((other.first_name = $3 and other.last_name = $4)
                 or (other.first_name is null and other.listed_name_digest = (
                     select listed_name_digest from people where company_id = $1 and person_id = $2)))";
        company.0, person.0, names.first, names.last)
}

/// Forgets what the last observation found: until the next one, the person's match is what is so now.
pub async fn forget_match(db: impl Db<'_>, company: CompanyId, person: PersonId) -> Result<()> {
    execute!(db,
        "update people set match_state = 'unknown', optedo_user_id = null
         where company_id = $1 and person_id = $2";
        company.0, person.0)
}

/// What an observation found out about a person.
pub struct Found<'a> {
    /// `matched`, `excluded`, `unmatched` or `ambiguous`; `unknown` of an archived person.
    pub match_state: &'a str,
    pub user: Option<UserId>,
    /// The events of the calendar; `None` keeps those known.
    pub event_ids: Option<&'a [i64]>,
}

pub async fn save_found(db: impl Db<'_>, company: CompanyId, person: PersonId, found: &Found<'_>) -> Result<()> {
    execute!(db,
        "update people set match_state = $3, optedo_user_id = $4, event_ids = coalesce($5, event_ids)
         where company_id = $1 and person_id = $2";
        company.0, person.0, found.match_state, found.user.map(|user| user.0), found.event_ids)
}

/// Whose events these are: in whose calendar they were at the last observation, or for whom we wrote absences.
pub async fn owners_of_events(db: impl Db<'_>, company: CompanyId, events: &[i64]) -> Result<Vec<(EventId, PersonId)>> {
    rows!(fetch_all(db),
        r#"select event_id as "event_id!", person_id as "person_id!" from absences
           where company_id = $1 and event_id = any($2)
           union
           select e.event_id, p.person_id from people p, unnest($2::bigint[]) as e (event_id)
           where p.company_id = $1 and p.event_ids && $2 and p.event_ids @> array[e.event_id]"#;
        company.0, events => |row| (EventId(row.event_id), PersonId(row.person_id)))
}

/// Which of these are people in the table.
pub async fn known(db: impl Db<'_>, company: CompanyId, people: &[i64]) -> Result<Vec<i64>> {
    scalar!(fetch_all(db),
        "select person_id from people where company_id = $1 and person_id = any($2)";
        company.0, people)
}

/// How many people are not archived.
pub async fn count(db: impl Db<'_>, company: CompanyId) -> Result<i64> {
    scalar!(fetch_one(db),
        r#"select count(*) as "count!" from people where company_id = $1 and not archived"#; company.0)
}

/// The names of these people, as far as they were read.
pub async fn names(db: impl Db<'_>, company: Option<CompanyId>, people: &[i64]) -> Result<HashMap<PersonId, Names>> {
    let names = rows!(fetch_all(db),
        r#"select person_id, first_name as "first_name!", last_name as "last_name!" from people
           where company_id = $1 and person_id = any($2) and first_name is not null and last_name is not null"#;
        company.map(|company| company.0), people
        => |row| (PersonId(row.person_id), Names { first: row.first_name, last: row.last_name }));
    Ok(names?.into_iter().collect())
}

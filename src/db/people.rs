//! The `people` table: who is in Officient, and at the same time the set of people to look at.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgExecutor};

use crate::db::erasure::{self, ErasureCount};
use crate::domain::company::Names;
use crate::domain::failure::FailureKind;
use crate::domain::ids::{CompanyId, EventId, PersonId, UserId};
use crate::domain::sync_request::{SyncReason, SyncRequest};

/// Somebody in Officient.
#[derive(Clone)]
pub struct Person {
    /// The id.
    pub id: PersonId,
    /// `None`: not read yet.
    pub names: Option<Names>,
    /// When they were read.
    pub names_read_at: Option<Timestamp>,
    /// Archived or deleted in Officient.
    pub archived: bool,
    /// `unknown`, `matched`, `unmatched` or `ambiguous`.
    pub match_state: String,
    /// The Optedo user, when matched.
    pub user: Option<UserId>,
    /// The calendar events seen at the last look.
    pub event_ids: Vec<i64>,
    /// The open request, if any.
    pub request: Option<SyncRequest>,
    /// Its number.
    pub request_no: i64,
    /// Looks that failed in a row.
    pub attempts: i32,
    /// The last look, successful or not.
    pub attempted_at: Option<Timestamp>,
    /// The last failure.
    pub last_error: Option<String>,
    /// Its sort: the word of a [`FailureKind`].
    pub last_fault: Option<String>,
    /// The last look that succeeded.
    pub synced_at: Option<Timestamp>,
}

struct Row {
    person_id: i64,
    first_name: Option<String>,
    last_name: Option<String>,
    names_read_at: Option<jiff_sqlx::Timestamp>,
    archived: bool,
    match_state: String,
    optedo_user_id: Option<i64>,
    event_ids: Vec<i64>,
    sync_reason: Option<i16>,
    sync_requested_at: Option<jiff_sqlx::Timestamp>,
    sync_request_no: i64,
    webhook_received_at: Option<jiff_sqlx::Timestamp>,
    attempts: i32,
    attempted_at: Option<jiff_sqlx::Timestamp>,
    last_error: Option<String>,
    last_fault: Option<String>,
    synced_at: Option<jiff_sqlx::Timestamp>,
}

impl From<Row> for Person {
    fn from(row: Row) -> Self {
        let jiff = |at: Option<jiff_sqlx::Timestamp>| at.map(jiff_sqlx::Timestamp::to_jiff);
        let webhook_received_at = jiff(row.webhook_received_at);
        Self {
            id: PersonId(row.person_id),
            names: row.first_name.zip(row.last_name).map(|(first, last)| Names { first, last }),
            names_read_at: jiff(row.names_read_at),
            archived: row.archived,
            match_state: row.match_state,
            user: row.optedo_user_id.map(UserId),
            event_ids: row.event_ids,
            request: row.sync_reason.zip(jiff(row.sync_requested_at)).map(|(rank, at)| SyncRequest {
                reason: SyncReason::from_rank(rank),
                at,
                webhook_received_at,
            }),
            request_no: row.sync_request_no,
            attempts: row.attempts,
            attempted_at: jiff(row.attempted_at),
            last_error: row.last_error,
            last_fault: row.last_fault,
            synced_at: jiff(row.synced_at),
        }
    }
}

macro_rules! select_people {
    ($tail:literal $(, $argument:expr)*) => {
        sqlx::query_as!(
            Row,
            "select person_id, first_name, last_name, names_read_at, archived, match_state, optedo_user_id, event_ids,
                 sync_reason, sync_requested_at, sync_request_no, webhook_received_at, attempts, attempted_at,
                 last_error, last_fault, synced_at
             from people " + $tail,
            $($argument),*
        )
    };
}

/// One person.
pub async fn find(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    person: PersonId,
) -> Result<Option<Person>, sqlx::Error> {
    let row = select_people!("where company_id = $1 and person_id = $2", company.0, person.0);
    Ok(row.fetch_optional(db).await?.map(Person::from))
}

/// Claims a person's request: reads it, and notes the newest webhook so far. Webhooks up to that one need no other
/// reconciliation, because the calendar is read after this. A sweep that does not read everything notes nothing.
///
/// Webhooks are compared by number, not by time, so that the clocks of replicas need not agree.
pub async fn claim(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    person: PersonId,
    reads_everything: bool,
) -> Result<Option<Person>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        "update people set seen_event_id = case when sync_requested_at is not null and ($3 or sync_reason < 3)
             then greatest(seen_event_id, (select coalesce(max(id), 0) from webhook_events)) else seen_event_id end
         where company_id = $1 and person_id = $2
         returning person_id, first_name, last_name, names_read_at, archived, match_state, optedo_user_id, event_ids,
             sync_reason, sync_requested_at, sync_request_no, webhook_received_at, attempts, attempted_at,
             last_error, last_fault, synced_at",
        company.0,
        person.0,
        reads_everything
    );
    Ok(row.fetch_optional(db).await?.map(Person::from))
}

/// Sees to it that this person is not forgotten before the transaction ends; false where they are already. Whatever is
/// stored about somebody is stored under this, or in a statement that reads their row so: nothing comes after them.
pub async fn hold(tx: &mut PgConnection, company: CompanyId, person: PersonId) -> Result<bool, sqlx::Error> {
    let row = sqlx::query_scalar!(
        r#"select 1 as "there!" from people where company_id = $1 and person_id = $2 for key share"#,
        company.0,
        person.0
    );
    Ok(row.fetch_optional(tx).await?.is_some())
}

/// Everybody, by name.
pub async fn all(db: impl PgExecutor<'_>, company: CompanyId) -> Result<Vec<Person>, sqlx::Error> {
    let rows = select_people!("where company_id = $1 order by last_name, first_name, person_id", company.0);
    Ok(rows.fetch_all(db).await?.into_iter().map(Person::from).collect())
}

/// Of these people, those whose names were read longest ago.
pub async fn names_read_longest_ago(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    people: &[i64],
    limit: i64,
) -> Result<Vec<Person>, sqlx::Error> {
    let rows = select_people!(
        "where company_id = $1 and person_id = any($2) and not archived
         order by names_read_at nulls first, person_id limit $3",
        company.0,
        people,
        limit
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(Person::from).collect())
}

/// Who is due, the most urgent first; not those of `except`, who are being looked at.
pub async fn due(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    except: &[i64],
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Person>, sqlx::Error> {
    let rows = select_people!(
        "where company_id = $1 and sync_requested_at is not null and person_id <> all($2)
             and (next_attempt_at is null or next_attempt_at <= $3)
         order by sync_reason, sync_requested_at, person_id limit $4",
        company.0,
        except,
        now.to_sqlx(),
        limit
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(Person::from).collect())
}

/// When the next of those who wait for another attempt is due.
pub async fn next_attempt_at(
    db: impl PgExecutor<'_>,
    company: CompanyId,
) -> Result<Option<Timestamp>, sqlx::Error> {
    let at = sqlx::query_scalar!(
        "select min(next_attempt_at) from people where company_id = $1 and sync_requested_at is not null",
        company.0
    );
    Ok(at.fetch_one(db).await?.map(jiff_sqlx::Timestamp::to_jiff))
}

/// Makes sure that there are rows for these people. False, and nobody is added, where somebody was forgotten since
/// `noted`, which was before they were read.
pub async fn insert_missing(
    tx: &mut PgConnection,
    company: CompanyId,
    people: &[i64],
    noted: ErasureCount,
) -> Result<bool, sqlx::Error> {
    if !erasure::lock_count(&mut *tx, noted).await? {
        return Ok(false);
    }
    sqlx::query!(
        "insert into people (company_id, person_id) select $1, unnest($2::bigint[]) on conflict do nothing",
        company.0,
        people
    )
    .execute(tx)
    .await?;
    Ok(true)
}

/// What the list of people says: present people are there; names that changed must be read again. False, and nothing is
/// stored, where somebody was forgotten since `noted`, which was before the list was read.
pub async fn save_listed(
    tx: &mut PgConnection,
    company: CompanyId,
    people: &[i64],
    name_digests: &[Vec<u8>],
    noted: ErasureCount,
) -> Result<bool, sqlx::Error> {
    if !erasure::lock_count(&mut *tx, noted).await? {
        return Ok(false);
    }
    sqlx::query!(
        "insert into people (company_id, person_id, listed_name_digest)
         select $1, * from unnest($2::bigint[], $3::bytea[])
         on conflict (company_id, person_id) do update set
             archived = false,
             names_read_at = case
                 when people.listed_name_digest is distinct from excluded.listed_name_digest and people.listed_name_digest is not null
                     then null
                 else people.names_read_at end,
             listed_name_digest = excluded.listed_name_digest
         where people.archived or people.listed_name_digest is distinct from excluded.listed_name_digest",
        company.0,
        people,
        name_digests
    )
    .execute(tx)
    .await?;
    Ok(true)
}

/// Who is not in the complete list of people was archived; returns who that newly concerns.
pub async fn archive_others(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    present: &[i64],
) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        "update people set archived = true where company_id = $1 and person_id <> all($2) and not archived
         returning person_id",
        company.0,
        present
    )
    .fetch_all(db)
    .await
}

/// A person's names as just read.
pub async fn save_names(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    person: PersonId,
    names: &Names,
    archived: bool,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update people set first_name = $3, last_name = $4, archived = $5, names_read_at = $6
         where company_id = $1 and person_id = $2",
        company.0,
        person.0,
        names.first.replace('\0', "\u{fffd}"),
        names.last.replace('\0', "\u{fffd}"),
        archived,
        now.to_sqlx()
    )
    .execute(db)
    .await
    .map(drop)
}

/// A person that Officient no longer has, it says: their names are read again before that is believed once more.
pub async fn archive(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    person: PersonId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update people set archived = true, names_read_at = null where company_id = $1 and person_id = $2",
        company.0,
        person.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// The names of this person must be read again at the next look.
pub async fn forget_names_read(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    people: &[i64],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update people set names_read_at = null where company_id = $1 and person_id = any($2)",
        company.0,
        people
    )
    .execute(db)
    .await
    .map(drop)
}

/// Others, not archived, with exactly this name; one whose names were not read yet counts if it is listed alike.
pub async fn namesakes(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    person: PersonId,
    names: &Names,
) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        "select other.person_id from people other
         where other.company_id = $1 and other.person_id <> $2 and not other.archived
             and ((other.first_name = $3 and other.last_name = $4)
                 or (other.first_name is null and other.listed_name_digest = (
                     select listed_name_digest from people where company_id = $1 and person_id = $2)))",
        company.0,
        person.0,
        names.first,
        names.last
    )
    .fetch_all(db)
    .await
}

/// Asks that these people be looked at, at once. What is asked for already becomes at most more urgent.
pub async fn request_sync(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    people: &[i64],
    request: SyncRequest,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update people set sync_requested_at = $3, sync_reason = least(sync_reason, $4),
             sync_request_no = sync_request_no + 1, next_attempt_at = null,
             webhook_received_at = least(webhook_received_at, $5)
         where company_id = $1 and person_id = any($2)",
        company.0,
        people,
        request.at.to_sqlx(),
        request.reason.rank(),
        request.webhook_received_at.map(ToSqlx::to_sqlx) as _
    )
    .execute(db)
    .await
    .map(drop)
}

/// Requests a reconciliation of everybody: of people who are not archived, and of archived people whose absences wait for
/// a decision. People whose request was claimed after webhook number `not_since` are left out.
pub async fn request_sync_of_all(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    request: SyncRequest,
    not_since: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update people set sync_requested_at = $2, sync_reason = least(sync_reason, $3),
             sync_request_no = sync_request_no + 1, next_attempt_at = null,
             webhook_received_at = least(webhook_received_at, $4)
         where company_id = $1 and seen_event_id < $5 and (not archived or exists (
             select from held_back h where h.company_id = people.company_id and h.person_id = people.person_id))",
        company.0,
        request.at.to_sqlx(),
        request.reason.rank(),
        request.webhook_received_at.map(ToSqlx::to_sqlx) as _,
        not_since
    )
    .execute(db)
    .await
    .map(drop)
}

/// What a look found out about a person.
pub struct Found<'a> {
    /// `matched`, `unmatched` or `ambiguous`.
    pub match_state: &'a str,
    /// The user, when matched.
    pub user: Option<UserId>,
    /// The events of the calendar; `None` keeps those known.
    pub event_ids: Option<&'a [i64]>,
}

/// Stores what a look found out.
pub async fn save_found(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    person: PersonId,
    found: &Found<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update people set match_state = $3, optedo_user_id = $4, event_ids = coalesce($5, event_ids)
         where company_id = $1 and person_id = $2",
        company.0,
        person.0,
        found.match_state,
        found.user.map(|user| user.0),
        found.event_ids
    )
    .execute(db)
    .await
    .map(drop)
}

/// The webhooks that may refer to one person.
#[derive(Clone, Copy, Debug)]
pub struct WebhooksOfPerson {
    pub earliest_received_at: Timestamp,
    /// Number of the newest of them; `i64::MAX` if the person must be reconciled in any case.
    pub newest: i64,
}

/// Requests a reconciliation of these people because of webhooks, except of those whose request was claimed after the
/// newest of their webhooks arrived.
pub async fn request_sync_for_webhooks(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    webhooks: &BTreeMap<i64, WebhooksOfPerson>,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let people: Vec<i64> = webhooks.keys().copied().collect();
    let newest: Vec<i64> = webhooks.values().map(|webhooks| webhooks.newest).collect();
    let received_at: Vec<jiff_sqlx::Timestamp> =
        webhooks.values().map(|webhooks| webhooks.earliest_received_at.to_sqlx()).collect();
    sqlx::query!(
        "update people p set sync_requested_at = $5, sync_reason = least(sync_reason, $6),
             sync_request_no = sync_request_no + 1, next_attempt_at = null,
             webhook_received_at = least(webhook_received_at, c.received_at)
         from unnest($2::bigint[], $3::bigint[], $4::timestamptz[]) as c (person_id, newest, received_at)
         where p.company_id = $1 and p.person_id = c.person_id and p.seen_event_id < c.newest",
        company.0,
        &people,
        &newest,
        &received_at as _,
        now.to_sqlx(),
        SyncReason::Webhook.rank()
    )
    .execute(db)
    .await
    .map(drop)
}

/// The request that a look answers.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// Its number.
    pub request_no: i64,
    /// When the look began to read.
    pub at: Timestamp,
}

/// A look succeeded: what it answers is done; a newer request stays.
pub async fn finish(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    person: PersonId,
    answered: Answered,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update people set attempts = 0, attempted_at = $4, synced_at = $4, last_error = null, last_fault = null, next_attempt_at = null,
             sync_requested_at = case when sync_request_no = $3 then null else sync_requested_at end,
             sync_reason = case when sync_request_no = $3 then null else sync_reason end,
             webhook_received_at = case when sync_request_no = $3 then null else webhook_received_at end
         where company_id = $1 and person_id = $2",
        company.0,
        person.0,
        answered.request_no,
        answered.at.to_sqlx()
    )
    .execute(db)
    .await
    .map(drop)
}

/// How a look failed.
pub struct Failure<'a> {
    /// The operation and its error, no names, no leave.
    pub error: &'a str,
    /// Its sort.
    pub fault: FailureKind,
    /// When to try again.
    pub next_attempt_at: Timestamp,
}

/// A look failed: again later, unless something newer was asked for meanwhile.
pub async fn fail(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    person: PersonId,
    request_no: i64,
    failure: &Failure<'_>,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update people set attempts = attempts + 1, attempted_at = $6, last_error = $4, last_fault = $7,
             next_attempt_at = case when sync_request_no = $3 then $5 else next_attempt_at end
         where company_id = $1 and person_id = $2",
        company.0,
        person.0,
        request_no,
        failure.error,
        failure.next_attempt_at.to_sqlx(),
        now.to_sqlx(),
        failure.fault.as_str()
    )
    .execute(db)
    .await
    .map(drop)
}

/// Nobody is to be looked at any more: the admin signed out, and connecting again asks for everybody.
pub async fn forget_requests(db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update people set sync_requested_at = null, sync_reason = null, webhook_received_at = null,
             next_attempt_at = null, attempts = 0
         where sync_requested_at is not null"
    )
    .execute(db)
    .await
    .map(drop)
}

/// Makes everybody who waits for another attempt due now.
pub async fn retry_now(db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!("update people set next_attempt_at = null where next_attempt_at is not null")
        .execute(db)
        .await
        .map(drop)
}

/// WriteContext calendar these events were in at the last look, or whose absences we wrote for them: (event, person).
pub async fn owners_of_events(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    events: &[i64],
) -> Result<Vec<(EventId, PersonId)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select event_id as "event_id!", person_id as "person_id!" from absences where company_id = $1 and event_id = any($2)
           union
           select e.event_id, p.person_id from people p, unnest($2::bigint[]) as e (event_id)
           where p.company_id = $1 and p.event_ids && $2 and p.event_ids @> array[e.event_id]"#,
        company.0,
        events
    );
    Ok(rows
        .fetch_all(db)
        .await?
        .into_iter()
        .map(|row| (EventId(row.event_id), PersonId(row.person_id)))
        .collect())
}

/// Which of these are people that we know.
pub async fn known(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    people: &[i64],
) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        "select person_id from people where company_id = $1 and person_id = any($2)",
        company.0,
        people
    )
    .fetch_all(db)
    .await
}

/// Whether anybody is still to be looked at for a reason as urgent as this or more.
pub async fn is_anybody_waiting(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    reason: SyncReason,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (
               select from people where company_id = $1 and sync_requested_at is not null
                   and sync_reason <= $2 and attempts = 0) as "exists!""#,
        company.0,
        reason.rank()
    )
    .fetch_one(db)
    .await
}

/// How far a sweep is: everybody was looked at, successfully or not.
pub struct Progress {
    /// Looked at since it began.
    pub done: i64,
    /// To look at.
    pub total: i64,
}

/// How far the sweep that began at `started_at` is.
pub async fn progress(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    started_at: Timestamp,
) -> Result<Progress, sqlx::Error> {
    sqlx::query_as!(
        Progress,
        r#"select count(*) filter (where attempted_at >= $2 or sync_requested_at is null) as "done!", count(*) as "total!"
           from people where company_id = $1 and not archived"#,
        company.0,
        started_at.to_sqlx()
    )
    .fetch_one(db)
    .await
}

/// People who wait, and people who wait after a failure.
pub struct Queue {
    /// To be looked at.
    pub waiting: i64,
    /// To be looked at again.
    pub retrying: i64,
}

/// The set of people to look at, counted.
pub async fn queue(db: impl PgExecutor<'_>) -> Result<Queue, sqlx::Error> {
    sqlx::query_as!(
        Queue,
        r#"select count(*) filter (where attempts = 0) as "waiting!", count(*) filter (where attempts > 0) as "retrying!"
           from people where sync_requested_at is not null"#
    )
    .fetch_one(db)
    .await
}

/// How many people there are who are not archived.
pub async fn count(db: impl PgExecutor<'_>, company: CompanyId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from people where company_id = $1 and not archived"#,
        company.0
    )
    .fetch_one(db)
    .await
}

/// The names of these people, of those that were read.
pub async fn names(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    people: &[i64],
) -> Result<HashMap<PersonId, Names>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select person_id, first_name as "first_name!", last_name as "last_name!" from people
           where company_id = $1 and person_id = any($2) and first_name is not null and last_name is not null"#,
        company.0,
        people
    );
    let names = rows.fetch_all(db).await?.into_iter();
    Ok(names
        .map(|row| (PersonId(row.person_id), Names { first: row.first_name, last: row.last_name }))
        .collect())
}

/// What a sweep under way still has to do.
pub struct Backlog {
    /// People who wait for a look at full speed.
    pub urgent: i64,
    /// People who wait for one at the speed of a periodic sweep.
    pub unhurried: i64,
    /// Of all these, people whose names must be read too.
    pub names: i64,
}

/// Who still waits, for an estimate of how long it takes.
pub async fn backlog(db: impl PgExecutor<'_>, company: CompanyId) -> Result<Backlog, sqlx::Error> {
    sqlx::query_as!(
        Backlog,
        r#"select count(*) filter (where sync_reason < 3) as "urgent!", count(*) filter (where sync_reason >= 3) as "unhurried!",
               count(*) filter (where names_read_at is null) as "names!"
           from people where company_id = $1 and sync_requested_at is not null"#,
        company.0
    )
    .fetch_one(db)
    .await
}

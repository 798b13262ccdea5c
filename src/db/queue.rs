//! The set of people to reconcile: the rows of `people` with an open request.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use super::people::{self, Person, select_people};
use super::{Db, Result, timestamp};
use crate::domain::company::Names;
use crate::domain::failure::FailureKind;
use crate::domain::ids::{CompanyId, PersonId, UserId};
use crate::domain::sync_request::{SyncReason, SyncRequest};

/// Who is due, the most urgent first, without the people of `except`, who are being reconciled: at most `limit` for
/// each reason, and as many whose last attempt failed.
pub async fn due(
    db: impl Db<'_>,
    company: CompanyId,
    except: &[i64],
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Person>> {
    let select = select_people!(
        "where company_id = $1 and person_id in (
             select person_id from (
                 select person_id, row_number() over (
                     partition by sync_reason, attempts > 0 order by sync_requested_at, person_id) as place
                 from people where company_id = $1 and sync_requested_at is not null and person_id <> all($2)
                     and (next_attempt_at is null or next_attempt_at <= $3)) as waiting
             where place <= $4)
         order by sync_reason, sync_requested_at, person_id";
        company.0, except, now.to_sqlx(), limit);
    select.fetch_all(db).await
}

/// Opens requests that are due at once; a request that is open already becomes at most more urgent. Parameter 1 is the
/// company, 2 the time of the request, 3 the rank of its reason. `$received_at` says when the webhook behind it
/// arrived.
macro_rules! request_sync {
    ($db:expr, $received_at:literal, $tail:literal; $($argument:expr),+) => {
        sqlx::query!(
            "update people p set sync_requested_at = $2, sync_reason = least(sync_reason, $3),
                 sync_request_no = sync_request_no + 1, next_attempt_at = null,
                 webhook_received_at = least(webhook_received_at, " + $received_at + ") " + $tail,
            $($argument),+
        )
        .execute($db)
        .await
        .map(drop)
    };
}

/// Requests that these people are reconciled.
pub async fn request_sync(db: impl Db<'_>, company: CompanyId, people: &[i64], request: SyncRequest) -> Result<()> {
    let SyncRequest { reason, at, webhook_received_at } = request;
    request_sync!(
        db, "$4", "where company_id = $1 and person_id = any($5)";
        company.0, at.to_sqlx(), reason.rank(), webhook_received_at.map(ToSqlx::to_sqlx) as _, people)
}

/// Requests that everybody is reconciled who was not since webhook `not_since`: people who are not archived, and
/// archived people with blocked leave.
pub async fn request_sync_of_all(
    db: impl Db<'_>,
    company: CompanyId,
    request: SyncRequest,
    not_since: i64,
) -> Result<()> {
    let SyncRequest { reason, at, webhook_received_at } = request;
    request_sync!(db, "$4",
        "where company_id = $1 and seen_event_id < $5 and (not archived or exists (
             select from held_back h where h.company_id = p.company_id and h.person_id = p.person_id))";
        company.0, at.to_sqlx(), reason.rank(), webhook_received_at.map(ToSqlx::to_sqlx) as _, not_since)
}

/// The webhooks that may refer to one person.
#[derive(Clone, Copy, Debug)]
pub struct WebhooksOfPerson {
    pub earliest_received_at: Timestamp,
    /// Number of the newest of them; `i64::MAX` if the person must be reconciled in any case.
    pub newest: i64,
}

/// Requests, because of webhooks, that these people are reconciled, except people whose request was claimed after the
/// newest of their webhooks arrived.
pub async fn request_sync_for_webhooks(
    db: impl Db<'_>,
    company: CompanyId,
    webhooks: &BTreeMap<i64, WebhooksOfPerson>,
    now: Timestamp,
) -> Result<()> {
    let people: Vec<i64> = webhooks.keys().copied().collect();
    let newest: Vec<i64> = webhooks.values().map(|webhooks| webhooks.newest).collect();
    let received: Vec<jiff_sqlx::Timestamp> =
        webhooks.values().map(|webhooks| webhooks.earliest_received_at.to_sqlx()).collect();
    request_sync!(db, "c.received_at",
        "from unnest($4::bigint[], $5::bigint[], $6::timestamptz[]) as c (person_id, newest, received_at)
         where p.company_id = $1 and p.person_id = c.person_id and p.seen_event_id < c.newest";
        company.0, now.to_sqlx(), SyncReason::Webhook.rank(), &people, &newest, &received as _)
}

/// A claimed person, and the newest webhook that the claim answers, if it answers any.
pub type Claim = (Person, Option<i64>);

/// Claims the open request of a person, and notes the newest webhook so far. Webhooks up to that one need no other
/// reconciliation, because the calendar is read after this. A sweep that does not read everything notes nothing.
///
/// Webhooks are compared by number, not by time, so that the clocks of replicas need not agree.
pub async fn claim(db: &PgPool, company: CompanyId, person: PersonId, reads_everything: bool) -> Result<Option<Claim>> {
    let newest = scalar!(fetch_optional(db),
        "update people set seen_event_id = greatest(seen_event_id, (select coalesce(max(id), 0) from webhook_events))
         where company_id = $1 and person_id = $2 and sync_requested_at is not null and ($3 or sync_reason < 3)
         returning seen_event_id";
        company.0, person.0, reads_everything)?;
    Ok(people::find(db, company, person).await?.map(|person| (person, newest)))
}

/// The request that was reconciled.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    pub request_no: i64,
    /// When reading began.
    pub at: Timestamp,
}

/// Records success. The request is closed; a newer one stays open.
pub async fn finish(db: impl Db<'_>, company: CompanyId, person: PersonId, answered: Answered) -> Result<()> {
    execute!(db,
        "update people set attempts = 0, attempted_at = $4, synced_at = $4, last_error = null, last_fault = null,
             failing_since = null, next_attempt_at = null,
             sync_requested_at = case when sync_request_no = $3 then null else sync_requested_at end,
             sync_reason = case when sync_request_no = $3 then null else sync_reason end,
             webhook_received_at = case when sync_request_no = $3 then null else webhook_received_at end
         where company_id = $1 and person_id = $2";
        company.0, person.0, answered.request_no, answered.at.to_sqlx())
}

/// Why and when reconciling a person failed.
pub struct Failure<'a> {
    pub request_no: i64,
    /// The operation and its error; no names, no leave.
    pub error: &'a str,
    pub kind: FailureKind,
    pub at: Timestamp,
    pub next_attempt_at: Timestamp,
}

/// Records a failure. The person is due again later, unless something newer was requested meanwhile.
pub async fn fail(db: impl Db<'_>, company: CompanyId, person: PersonId, failure: &Failure<'_>) -> Result<()> {
    let (at, next) = (failure.at.to_sqlx(), failure.next_attempt_at.to_sqlx());
    execute!(db,
        "update people set attempts = attempts + 1, attempted_at = $6, last_error = $4, last_fault = $7,
             failing_since = case when $8 then coalesce(failing_since, $6) end,
             next_attempt_at = case when sync_request_no = $3 then $5 else next_attempt_at end
         where company_id = $1 and person_id = $2";
        company.0, person.0, failure.request_no, failure.error, next, at, failure.kind.into_str(),
        failure.kind.upstream().is_some())
}

/// Lets the person wait for a known moment, which is no failure, unless something newer was requested meanwhile.
pub async fn wait(
    db: impl Db<'_>,
    company: CompanyId,
    person: PersonId,
    request_no: i64,
    until: Timestamp,
) -> Result<()> {
    execute!(db,
        "update people set next_attempt_at = $4 where company_id = $1 and person_id = $2 and sync_request_no = $3";
        company.0, person.0, request_no, until.to_sqlx())
}

/// Closes all requests: the admin signed out, and connecting again requests everybody.
pub async fn cancel_requests(db: impl Db<'_>) -> Result<()> {
    execute!(
        db,
        "update people set sync_requested_at = null, sync_reason = null, webhook_received_at = null,
             next_attempt_at = null, attempts = 0, failing_since = null
         where sync_requested_at is not null"
    )
}

/// Makes everybody who waits for another attempt due now.
pub async fn retry_now(db: impl Db<'_>) -> Result<()> {
    execute!(db, "update people set next_attempt_at = null where next_attempt_at is not null")
}

/// Makes everybody as urgent as if nobody had failed.
pub async fn forget_failures(db: impl Db<'_>) -> Result<()> {
    execute!(db, "update people set attempts = 0 where attempts > 0")
}

/// Whether anybody waits for their first attempt, for a reason as urgent as this or more.
pub async fn is_anybody_waiting(db: impl Db<'_>, company: CompanyId, reason: SyncReason) -> Result<bool> {
    scalar!(fetch_one(db),
        r#"select exists (
               select from people where company_id = $1 and sync_requested_at is not null
                   and sync_reason <= $2 and attempts = 0) as "exists!""#;
        company.0, reason.rank())
}

/// How far a sweep is. People who failed count as done.
pub struct Progress {
    pub done: i64,
    pub total: i64,
}

/// How far the sweep that began at `started_at` is; without one, nobody is done.
pub async fn progress(db: impl Db<'_>, company: Option<CompanyId>, started_at: Option<Timestamp>) -> Result<Progress> {
    rows!(fetch_one(db) as Progress,
        r#"select count(*) as "total!",
               count(*) filter (where attempted_at >= $2 or sync_requested_at is null) as "done!"
           from people where company_id = $1 and not archived and $2::timestamptz is not null"#;
        company.map(|company| company.0), started_at.map(ToSqlx::to_sqlx) as _)
}

/// The work that waits.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = QueueStatus)]
pub struct Counts {
    /// Webhooks to resolve and people to reconcile.
    pub waiting: i64,
    /// Of those who wait, the people for whom there is another reason than a sweep or the audit.
    #[serde(skip)]
    pub not_periodic: i64,
    /// People to reconcile again after a failure.
    pub retrying: i64,
}

/// How many people wait for their first attempt, how many of them for more than a periodic check, and how many wait for
/// another attempt.
pub async fn count(db: impl Db<'_>) -> Result<Counts> {
    rows!(
        fetch_one(db) as Counts,
        r#"select count(*) filter (where attempts = 0) as "waiting!",
               count(*) filter (where attempts = 0 and sync_reason < 3) as "not_periodic!",
               count(*) filter (where attempts > 0) as "retrying!"
           from people where sync_requested_at is not null"#
    )
}

/// The people who wait, for an estimate of how long a sweep takes.
pub struct Backlog {
    /// At full speed.
    pub urgent: i64,
    /// At the speed of a periodic sweep.
    pub unhurried: i64,
    /// Of all these, people whose names must be read too.
    pub names: i64,
}

pub async fn backlog(db: impl Db<'_>, company: CompanyId) -> Result<Backlog> {
    rows!(fetch_one(db) as Backlog,
        r#"select count(*) filter (where sync_reason < 3) as "urgent!",
               count(*) filter (where sync_reason >= 3) as "unhurried!",
               count(*) filter (where names_read_at is null) as "names!"
           from people where company_id = $1 and sync_requested_at is not null"#;
        company.0)
}

//! The `absences` table: the absences in Optedo that Officient events made, and writes whose outcome is not known.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::{Db, Result, timestamp};
use crate::clock::wall_clock;
use crate::domain::absence::Times;
use crate::domain::desired::{DesiredAbsence, Window};
use crate::domain::ids::{AbsenceId, AbsenceTypeId, CompanyId, EventId, PersonId, UserId};
use crate::domain::plan::WrittenAbsence;
use crate::domain::sync_request::WriteContext;

/// The absences that are not deleted: the person's in the window, and those of these events, whoever had them.
pub async fn of_person(
    db: impl Db<'_>,
    company: CompanyId,
    person: PersonId,
    window: Window,
    events: &[i64],
) -> Result<Vec<WrittenAbsence>> {
    rows!(fetch_all(db),
        r#"select event_id, person_id, date, optedo_user_id, optedo_absence_id, absence_type_id, starts_at, ends_at,
             all_day, worked, intent, written_at, call_until, deletion_confirmed,
             deletion_rejected_at is not null as "deletion_rejected!",
             deletion_requested_at is not null as "deletion_requested!"
         from absences
         where company_id = $1 and deleted_at is null
             and ((person_id = $2 and date between $3 and $4) or event_id = any($5))
         order by date, event_id"#;
        company.0, person.0, window.from.to_sqlx(), window.until.to_sqlx(), events
    => |row| WrittenAbsence {
        event: EventId(row.event_id),
        person: PersonId(row.person_id),
        date: row.date.to_jiff(),
        user: UserId(row.optedo_user_id),
        absence: row.optedo_absence_id.map(AbsenceId),
        absence_type: AbsenceTypeId(row.absence_type_id),
        times: Times { start: row.starts_at.to_jiff(), end: row.ends_at.to_jiff(), all_day: row.all_day },
        is_worked: row.worked,
        intent: row.intent.and_then(|word| word.parse().ok()),
        written_at: timestamp(row.written_at),
        call_until: timestamp(row.call_until),
        deletion_confirmed: row.deletion_confirmed,
        deletion_rejected: row.deletion_rejected,
        deletion_requested: row.deletion_requested,
    })
}

/// A row that is about to be stored.
#[derive(Clone, Copy)]
pub enum NewRow {
    /// The absence is about to be created.
    Create,
    /// An existing absence becomes ours as it is, which enters the history.
    Adopt(AbsenceId),
    /// An existing absence becomes ours, and is about to be changed.
    Change(AbsenceId),
}

/// Stores an absence, instead of the row of `begun` if that is of another event. Nothing is stored about a person who
/// was erased meanwhile.
pub async fn insert(
    tx: &mut PgConnection,
    context: WriteContext,
    desired: &DesiredAbsence,
    begun: Option<&WrittenAbsence>,
    row: NewRow,
    now: Timestamp,
) -> Result<()> {
    if let Some(begun) = begun.filter(|begun| begun.event != desired.event) {
        remove(&mut *tx, context.company, begun.event).await?;
    }
    let Times { start, end, all_day } = desired.times;
    let (absence, intent) = match row {
        NewRow::Create => (None, Some("create")),
        NewRow::Adopt(absence) => (Some(absence.0), None),
        NewRow::Change(absence) => (Some(absence.0), Some("update")),
    };
    execute!(tx,
        "with inserted as (
             insert into absences (company_id, event_id, person_id, date, optedo_user_id, optedo_absence_id,
                 absence_type_id, starts_at, ends_at, all_day, worked, intent, intent_at, written_at, adopted)
             select company_id, $2::bigint, person_id, $4::date, $5::bigint, $6::bigint, $7::bigint,
                 $8::timestamp, $9::timestamp, $10::boolean, $13::boolean, $14::text,
                 case when $14::text is not null then $11::timestamptz end,
                 case when $14::text is null then $11::timestamptz end, $14::text is null
             from people where company_id = $1 and person_id = $3 for key share
             on conflict (company_id, event_id) do update set
                 person_id = excluded.person_id, date = excluded.date, optedo_user_id = excluded.optedo_user_id,
                 optedo_absence_id = excluded.optedo_absence_id, absence_type_id = excluded.absence_type_id,
                 starts_at = excluded.starts_at, ends_at = excluded.ends_at, all_day = excluded.all_day,
                 worked = excluded.worked,
                 intent = excluded.intent, intent_at = excluded.intent_at, written_at = excluded.written_at,
                 adopted = excluded.adopted, deleted_at = null,
                 deletion_planned_at = null, deletion_held = false, deletion_confirmed = false,
                 deletion_rejected_at = null, deletion_requested_at = null
             returning starts_at, ends_at, all_day)
         insert into history (at, company_id, person_id, event_id, action, reason, starts_at, ends_at, all_day)
         select $11, $1, $3, $2, 'taken_over', $12, starts_at, ends_at, all_day from inserted where $14::text is null";
        context.company.0, desired.event.0, context.person.0, desired.date.to_sqlx(), desired.user.0,
        absence, desired.absence_type.0, start.to_sqlx(), end.to_sqlx(), all_day,
        now.to_sqlx(), context.reason.into_str(), desired.is_worked, intent)
}

/// Forgets the row of an event; the absence in Optedo, if any, belongs to another event from now on.
async fn remove(db: impl Db<'_>, company: CompanyId, event: EventId) -> Result<()> {
    execute!(db, "delete from absences where company_id = $1 and event_id = $2"; company.0, event.0)
}

/// Stores that an absence is about to be changed, and whose event it is from now on. False when the reconciliation of
/// another person moved the absence, or has a call about it under way.
pub async fn intend_update(
    tx: &mut PgConnection,
    context: WriteContext,
    written: &WrittenAbsence,
    desired: &DesiredAbsence,
    now: Timestamp,
) -> Result<bool> {
    if written.event != desired.event {
        remove(&mut *tx, context.company, desired.event).await?;
    }
    let Times { start, end, all_day } = desired.times;
    is_affected!(tx,
        "update absences set event_id = $3, person_id = $4, date = $5, optedo_user_id = $6, absence_type_id = $7,
             starts_at = $8, ends_at = $9, all_day = $10, worked = $11, intent = 'update', intent_at = $12
         where company_id = $1 and event_id = $2 and person_id = $13 and deleted_at is null
             and (person_id = $4 or intent is null or call_until is null or call_until <= $12)";
        context.company.0, written.event.0, desired.event.0, context.person.0, desired.date.to_sqlx(), desired.user.0,
        desired.absence_type.0, start.to_sqlx(), end.to_sqlx(), all_day, desired.is_worked, now.to_sqlx(),
        written.person.0)
}

/// Optedo refused a change of `event`: stores the values again that the absence still has.
pub async fn take_back_update(
    db: impl Db<'_>,
    context: WriteContext,
    written: &WrittenAbsence,
    event: EventId,
    now: Timestamp,
) -> Result<()> {
    let Times { start, end, all_day } = written.times;
    execute!(db,
        "update absences set event_id = $3, person_id = $4, date = $5, optedo_user_id = $6, absence_type_id = $7,
             starts_at = $8, ends_at = $9, all_day = $10, worked = $11, intent = $12::text,
             intent_at = case when $12::text is not null then $13::timestamptz end
         where company_id = $1 and event_id = $2 and person_id = $14 and intent = 'update'";
        context.company.0, event.0, written.event.0, written.person.0, written.date.to_sqlx(), written.user.0,
        written.absence_type.0, start.to_sqlx(), end.to_sqlx(), all_day, written.is_worked,
        written.intent.map(|intent| intent.into_str()), now.to_sqlx(), context.person.0)
}

/// Stores that an absence is about to be deleted: from now on a 404 means that it is gone, however lately it was
/// written. False as for [`intend_update`].
pub async fn intend_delete(
    db: impl Db<'_>,
    context: WriteContext,
    written: &WrittenAbsence,
    now: Timestamp,
) -> Result<bool> {
    is_affected!(db,
        "update absences set person_id = $3, intent = 'delete', intent_at = $4, written_at = null
         where company_id = $1 and event_id = $2 and person_id = $5 and deleted_at is null
             and (person_id = $3 or intent is null or call_until is null or call_until <= $4)";
        context.company.0, written.event.0, context.person.0, now.to_sqlx(), written.person.0)
}

/// Notes which of these events are worked time.
pub async fn note_worked(db: impl Db<'_>, company: CompanyId, worked: &[(EventId, bool)]) -> Result<()> {
    let (events, flags): (Vec<i64>, Vec<bool>) = worked.iter().map(|(event, worked)| (event.0, *worked)).unzip();
    execute!(db,
        "update absences set worked = noted.worked
         from unnest($2::bigint[], $3::boolean[]) as noted (event_id, worked)
         where absences.company_id = $1 and absences.event_id = noted.event_id";
        company.0, &events, &flags)
}

/// The outcome of noting a call.
pub struct Noted {
    /// The term is still the leader's.
    pub is_leading: bool,
    /// The absence is the person's; it is not, when the person was erased or the absence moved to another person
    /// meanwhile.
    pub is_theirs: bool,
}

/// Notes that a call about this event may take effect until then (`None`: no longer), only in the leader's present
/// term. A new leader begins its term either before this or after it: the call is not made, or the new leader sees the
/// note.
pub async fn note_call(
    db: impl Db<'_>,
    context: WriteContext,
    event: EventId,
    until: Option<Timestamp>,
    term: i64,
) -> Result<Noted> {
    rows!(fetch_one(db) as Noted,
        r#"with led as (select term = $4 as is_ours from leadership for share),
               noted as (
                   update absences set call_until = $3
                   where company_id = $1 and event_id = $2 and person_id = $5 and (select is_ours from led) returning 1)
           select (select is_ours from led) as "is_leading!", exists (select from noted) as "is_theirs!""#;
        context.company.0, event.0, until.map(ToSqlx::to_sqlx) as _, term, context.person.0)
}

/// Records that a create or change succeeded, in the history as `action`.
pub async fn record_written(
    db: impl Db<'_>,
    context: WriteContext,
    (event, absence): (EventId, AbsenceId),
    action: &str,
    now: Timestamp,
) -> Result<()> {
    execute!(db,
        "with written as (
             update absences set optedo_absence_id = $3, intent = null, intent_at = null, written_at = $4
             where company_id = $1 and event_id = $2
             returning person_id, starts_at, ends_at, all_day)
         insert into history (at, company_id, person_id, event_id, action, reason, starts_at, ends_at, all_day)
         select $4, $1, person_id, $2, $5, $6, starts_at, ends_at, all_day from written";
        context.company.0, event.0, absence.0, now.to_sqlx(), action, context.reason.into_str())
}

/// Records that a creation came through with other values than were sent: the absence is to be changed.
pub async fn record_differing(db: impl Db<'_>, company: CompanyId, event: EventId, absence: AbsenceId) -> Result<()> {
    execute!(db,
        "update absences set optedo_absence_id = $3, intent = 'update' where company_id = $1 and event_id = $2";
        company.0, event.0, absence.0)
}

/// Records that a deletion is complete; in the history too, if there was an absence in Optedo.
pub async fn record_deleted(
    db: impl Db<'_>,
    context: WriteContext,
    event: EventId,
    was_in_optedo: bool,
    now: Timestamp,
) -> Result<()> {
    execute!(db,
        "with deleted as (
             update absences set deleted_at = $3, intent = null, intent_at = null, deletion_held = false
             where company_id = $1 and event_id = $2
             returning person_id, starts_at, ends_at, all_day)
         insert into history (at, company_id, person_id, event_id, action, reason, starts_at, ends_at, all_day)
         select $3, $1, person_id, $2, 'deleted', $4, starts_at, ends_at, all_day from deleted
         where $5";
        context.company.0, event.0, now.to_sqlx(), context.reason.into_str(), was_in_optedo)
}

/// Which of these absences of Optedo belong to an event already.
pub async fn taken(db: impl Db<'_>, absences: &[i64]) -> Result<Vec<i64>> {
    scalar!(fetch_all(db),
        r#"select optedo_absence_id as "id!" from absences where optedo_absence_id = any($1) and deleted_at is null"#;
        absences)
}

/// Which of these events have an absence, of whomever.
pub async fn with_row(db: impl Db<'_>, company: CompanyId, events: &[i64]) -> Result<Vec<i64>> {
    scalar!(fetch_all(db),
        "select event_id from absences where company_id = $1 and event_id = any($2) and deleted_at is null";
        company.0, events)
}

/// Cancels the planned deletions of these events, which are in the calendar again, and what the admin decided about
/// them. Returns how many there were.
pub async fn cancel_deletions(db: impl Db<'_>, company: CompanyId, events: &[i64]) -> Result<u64> {
    count_affected!(db,
        "update absences set deletion_planned_at = null, deletion_held = false, deletion_confirmed = false,
             deletion_rejected_at = null, deletion_requested_at = null
         where company_id = $1 and event_id = any($2) and deleted_at is null
             and coalesce(deletion_planned_at, deletion_rejected_at, deletion_requested_at) is not null";
        company.0, events)
}

/// Serialises the counting of deletions until the transaction ends.
pub async fn lock_deletions(tx: &mut PgConnection) -> Result<()> {
    execute!(tx, "select pg_advisory_xact_lock(hashtext('optedo-officient deletions'))")
}

/// Notes that these deletions are planned, except those that the admin rejected meanwhile; keeps when they first were.
/// Returns the events.
pub async fn plan_deletions(db: impl Db<'_>, company: CompanyId, events: &[i64], now: Timestamp) -> Result<Vec<i64>> {
    scalar!(fetch_all(db),
        "update absences set deletion_planned_at = coalesce(deletion_planned_at, $3)
         where company_id = $1 and event_id = any($2) and deletion_rejected_at is null returning event_id";
        company.0, events, now.to_sqlx())
}

/// How many unconfirmed deletions were first planned after `after`, completed or not.
pub async fn count_planned_deletions(db: impl Db<'_>, company: CompanyId, after: Timestamp) -> Result<i64> {
    scalar!(fetch_one(db),
        r#"select count(*) as "count!" from absences
           where company_id = $1 and deletion_planned_at > $2 and not deletion_confirmed"#;
        company.0, after.to_sqlx())
}

/// How many absences there are from `day` on, with those whose deletion was planned after `after`.
pub async fn count_from(db: impl Db<'_>, company: CompanyId, day: Date, after: Timestamp) -> Result<i64> {
    scalar!(fetch_one(db),
        r#"select count(*) as "count!" from absences
           where company_id = $1 and date >= $2 and (deleted_at is null or deletion_planned_at > $3)"#;
        company.0, day.to_sqlx(), after.to_sqlx())
}

/// Makes these deletions wait for the admin's confirmation.
pub async fn require_confirmation(db: impl Db<'_>, company: CompanyId, events: &[i64]) -> Result<()> {
    execute!(db,
        "update absences set deletion_held = true where company_id = $1 and event_id = any($2)"; company.0, events)
}

/// Which of these deletions wait for confirmation already.
pub async fn pending_confirmation(db: impl Db<'_>, company: CompanyId, events: &[i64]) -> Result<Vec<i64>> {
    scalar!(fetch_all(db),
        "select event_id from absences where company_id = $1 and event_id = any($2) and deletion_held";
        company.0, events)
}

/// How many deletions wait for confirmation.
pub async fn count_pending_confirmation(db: impl Db<'_>, company: CompanyId) -> Result<i64> {
    scalar!(fetch_one(db),
        r#"select count(*) as "count!" from absences where company_id = $1 and deletion_held and deleted_at is null"#;
        company.0)
}

/// How many absences are in Optedo because of us.
pub async fn count_written(db: impl Db<'_>, company: Option<CompanyId>) -> Result<i64> {
    scalar!(fetch_one(db),
        r#"select coalesce((select standing from absences_standing where company_id = $1), 0) as "standing!""#;
        company.map(|company| company.0))
}

/// An absence in Optedo that the service wrote or adopted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Absence)]
pub struct ListedAbsence {
    person_id: i64,
    event_id: i64,
    user_id: i64,
    absence_id: i64,
    absence_type_id: i64,
    date: Date,
    #[schema(schema_with = wall_clock)]
    start: DateTime,
    #[schema(schema_with = wall_clock)]
    end: DateTime,
    /// From midnight to midnight.
    all_day: bool,
    /// It existed already, and was adopted instead of written.
    adopted: bool,
    written_at: Option<Timestamp>,
}

/// The absences in Optedo, newest day first.
pub async fn list(
    db: impl Db<'_>,
    company: CompanyId,
    person: Option<PersonId>,
    limit: i64,
    offset: i64,
) -> Result<Vec<ListedAbsence>> {
    rows!(fetch_all(db),
        r#"select event_id, person_id, date, optedo_user_id, optedo_absence_id as "optedo_absence_id!", absence_type_id,
               starts_at, ends_at, all_day, adopted, written_at
           from absences
           where company_id = $1 and ($2::bigint is null or person_id = $2)
               and deleted_at is null and optedo_absence_id is not null
           order by date desc, event_id desc limit $3 offset $4"#;
        company.0, person.map(|person| person.0), limit, offset
    => |row| ListedAbsence {
        person_id: row.person_id,
        event_id: row.event_id,
        user_id: row.optedo_user_id,
        absence_id: row.optedo_absence_id,
        absence_type_id: row.absence_type_id,
        date: row.date.to_jiff(),
        start: row.starts_at.to_jiff(),
        end: row.ends_at.to_jiff(),
        all_day: row.all_day,
        adopted: row.adopted,
        written_at: timestamp(row.written_at),
    })
}

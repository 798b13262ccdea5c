//! The `absences` table: what stands in Optedo because of an Officient event, and writes whose end is not known.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgExecutor};

use crate::domain::absence::Times;
use crate::domain::desired::DesiredAbsence;
use crate::domain::ids::{AbsenceId, AbsenceTypeId, CompanyId, EventId, PersonId, UserId};
use crate::domain::plan::{Intent, WrittenAbsence};
use crate::domain::sync_request::SyncReason;

/// A person's absences that are not deleted: those dated in the window, and those of these events.
pub async fn of_person(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    person: PersonId,
    from: Date,
    until: Date,
    events: &[i64],
) -> Result<Vec<WrittenAbsence>, sqlx::Error> {
    let rows = sqlx::query!(
        "select event_id, date, optedo_user_id, optedo_absence_id, absence_type_id, starts_at, ends_at, all_day, intent,
             call_until, deletion_confirmed
         from absences
         where company_id = $1 and person_id = $2 and deleted_at is null
             and (date between $3 and $4 or event_id = any($5))
         order by date, event_id",
        company.0,
        person.0,
        from.to_sqlx(),
        until.to_sqlx(),
        events
    )
    .fetch_all(db)
    .await?;
    let written = rows.into_iter().map(|row| WrittenAbsence {
        event: EventId(row.event_id),
        date: row.date.to_jiff(),
        user: UserId(row.optedo_user_id),
        absence: row.optedo_absence_id.map(AbsenceId),
        absence_type: AbsenceTypeId(row.absence_type_id),
        times: Times { start: row.starts_at.to_jiff(), end: row.ends_at.to_jiff(), all_day: row.all_day },
        intent: row.intent.as_deref().and_then(Intent::parse),
        call_until: row.call_until.map(jiff_sqlx::Timestamp::to_jiff),
        deletion_confirmed: row.deletion_confirmed,
    });
    Ok(written.collect())
}

/// An absence is about to be created, or is taken over (`adopted`); the latter enters the history. Of somebody who was
/// forgotten meanwhile nothing is stored.
pub async fn insert(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    person: PersonId,
    desired: &DesiredAbsence,
    adopted: Option<(AbsenceId, SyncReason)>,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let intent = adopted.is_none().then_some("create");
    sqlx::query!(
        "with inserted as (
             insert into absences (company_id, event_id, person_id, date, optedo_user_id, optedo_absence_id, absence_type_id,
                 starts_at, ends_at, all_day, intent, intent_at, written_at, adopted)
             select company_id, $2::bigint, person_id, $4::date, $5::bigint, $6::bigint, $7::bigint,
                 $8::timestamp, $9::timestamp, $10::boolean, $11::text,
                 case when $11::text is not null then $12::timestamptz end,
                 case when $11::text is null then $12::timestamptz end, $11::text is null
             from people where company_id = $1 and person_id = $3 for key share
             on conflict (company_id, event_id) do update set
                 person_id = excluded.person_id, date = excluded.date, optedo_user_id = excluded.optedo_user_id,
                 optedo_absence_id = excluded.optedo_absence_id, absence_type_id = excluded.absence_type_id,
                 starts_at = excluded.starts_at, ends_at = excluded.ends_at, all_day = excluded.all_day,
                 intent = excluded.intent, intent_at = excluded.intent_at, written_at = excluded.written_at,
                 adopted = excluded.adopted, deleted_at = null,
                 deletion_planned_at = null, deletion_held = false, deletion_confirmed = false
             returning starts_at, ends_at, all_day)
         insert into history (at, company_id, person_id, event_id, action, reason, starts_at, ends_at, all_day)
         select $12, $1, $3, $2, 'taken_over', $13, starts_at, ends_at, all_day from inserted where $13::text is not null",
        company.0,
        desired.event.0,
        person.0,
        desired.date.to_sqlx(),
        desired.user.0,
        adopted.map(|(absence, _)| absence.0),
        desired.absence_type.0,
        desired.times.start.to_sqlx(),
        desired.times.end.to_sqlx(),
        desired.times.all_day,
        intent,
        now.to_sqlx(),
        adopted.map(|(_, reason)| reason.as_str())
    )
    .execute(db)
    .await
    .map(drop)
}

/// An absence is about to be changed.
pub async fn intend_update(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    desired: &DesiredAbsence,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update absences set date = $3, optedo_user_id = $4, absence_type_id = $5, starts_at = $6, ends_at = $7,
             all_day = $8, intent = 'update', intent_at = $9
         where company_id = $1 and event_id = $2",
        company.0,
        desired.event.0,
        desired.date.to_sqlx(),
        desired.user.0,
        desired.absence_type.0,
        desired.times.start.to_sqlx(),
        desired.times.end.to_sqlx(),
        desired.times.all_day,
        now.to_sqlx()
    )
    .execute(db)
    .await
    .map(drop)
}

/// An absence that was about to be changed is gone from Optedo: it is about to be created again.
pub async fn intend_create_again(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    event: EventId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update absences set optedo_absence_id = null, intent = 'create', intent_at = $3, adopted = false
         where company_id = $1 and event_id = $2",
        company.0,
        event.0,
        now.to_sqlx()
    )
    .execute(db)
    .await
    .map(drop)
}

/// An absence is about to be deleted.
pub async fn intend_delete(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    event: EventId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update absences set intent = 'delete', intent_at = $3 where company_id = $1 and event_id = $2",
        company.0,
        event.0,
        now.to_sqlx()
    )
    .execute(db)
    .await
    .map(drop)
}

/// What came of noting a call.
pub struct Noted {
    /// The term is still the leader's.
    pub is_leading: bool,
    /// Something is known of the event's absence; nothing, when the person was forgotten meanwhile.
    pub is_known: bool,
}

/// A call about this event may come through until then (`None`: no longer), noted only in the leader's present term. A new
/// leader begins its term after this or before it: it sees the call, or the call is not made.
pub async fn note_call(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    event: EventId,
    until: Option<Timestamp>,
    term: i64,
) -> Result<Noted, sqlx::Error> {
    sqlx::query_as!(
        Noted,
        r#"with led as (select term = $4 as is_ours from leadership for share),
               noted as (
                   update absences set call_until = $3
                   where company_id = $1 and event_id = $2 and (select is_ours from led) returning 1)
           select (select is_ours from led) as "is_leading!", exists (select from noted) as "is_known!""#,
        company.0,
        event.0,
        until.map(ToSqlx::to_sqlx) as _,
        term
    )
    .fetch_one(db)
    .await
}

/// A create or change came to its end: the absence stands in Optedo. It enters the history as `action`.
pub async fn written(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    event: EventId,
    absence: AbsenceId,
    (action, reason): (&str, SyncReason),
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "with written as (
             update absences set optedo_absence_id = $3, intent = null, intent_at = null, written_at = $4
             where company_id = $1 and event_id = $2
             returning person_id, starts_at, ends_at, all_day)
         insert into history (at, company_id, person_id, event_id, action, reason, starts_at, ends_at, all_day)
         select $4, $1, person_id, $2, $5, $6, starts_at, ends_at, all_day from written",
        company.0,
        event.0,
        absence.0,
        now.to_sqlx(),
        action,
        reason.as_str()
    )
    .execute(db)
    .await
    .map(drop)
}

/// An absence that was begun is found in Optedo under our reference: its values are those of the intent.
pub async fn found(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    event: EventId,
    absence: AbsenceId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update absences set optedo_absence_id = $3, intent = null, intent_at = null, written_at = coalesce(written_at, intent_at)
         where company_id = $1 and event_id = $2 and intent = 'create'",
        company.0,
        event.0,
        absence.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// A deletion came to its end. It enters the history if something `stood`.
pub async fn deleted(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    event: EventId,
    (stood, reason): (bool, SyncReason),
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "with deleted as (
             update absences set deleted_at = $3, intent = null, intent_at = null, deletion_held = false
             where company_id = $1 and event_id = $2
             returning person_id, starts_at, ends_at, all_day)
         insert into history (at, company_id, person_id, event_id, action, reason, starts_at, ends_at, all_day)
         select $3, $1, person_id, $2, 'deleted', $4, starts_at, ends_at, all_day from deleted
         where $5",
        company.0,
        event.0,
        now.to_sqlx(),
        reason.as_str(),
        stood
    )
    .execute(db)
    .await
    .map(drop)
}

/// Which of these absences of Optedo belong to an event already.
pub async fn taken(db: impl PgExecutor<'_>, absences: &[i64]) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select optedo_absence_id as "id!" from absences where optedo_absence_id = any($1) and deleted_at is null"#,
        absences
    )
    .fetch_all(db)
    .await
}

/// These events are in the calendar again: a deletion planned for them dissolves. Returns how many did.
pub async fn dissolve_deletions(
    tx: &mut PgConnection,
    company: CompanyId,
    events: &[i64],
) -> Result<u64, sqlx::Error> {
    // Mostly none is, and an update runs the table's triggers even where it finds no row.
    let is_any_planned = sqlx::query_scalar!(
        r#"select exists (
               select from absences
               where company_id = $1 and event_id = any($2) and deleted_at is null and deletion_planned_at is not null
           ) as "is_any_planned!""#,
        company.0,
        events
    );
    if !is_any_planned.fetch_one(&mut *tx).await? {
        return Ok(0);
    }
    let dissolved = sqlx::query!(
        "update absences set deletion_planned_at = null, deletion_held = false, deletion_confirmed = false
         where company_id = $1 and event_id = any($2) and deleted_at is null and deletion_planned_at is not null",
        company.0,
        events
    );
    Ok(dissolved.execute(tx).await?.rows_affected())
}

/// Serialises the counting of deletions until the transaction ends.
pub async fn lock_deletions(tx: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('optedo-officient deletions'))")
        .fetch_one(tx)
        .await
        .map(drop)
}

/// Notes that these deletions are planned; keeps when they first were.
pub async fn plan_deletions(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    events: &[i64],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update absences set deletion_planned_at = coalesce(deletion_planned_at, $3)
         where company_id = $1 and event_id = any($2)",
        company.0,
        events,
        now.to_sqlx()
    )
    .execute(db)
    .await
    .map(drop)
}

/// How many unconfirmed deletions were first planned after `after`, done or not.
pub async fn count_planned_deletions(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    after: Timestamp,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from absences
           where company_id = $1 and deletion_planned_at > $2 and not deletion_confirmed"#,
        company.0,
        after.to_sqlx()
    )
    .fetch_one(db)
    .await
}

/// Holds these deletions for the admin's confirmation.
pub async fn hold_deletions(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    events: &[i64],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update absences set deletion_held = true where company_id = $1 and event_id = any($2)",
        company.0,
        events
    )
    .execute(db)
    .await
    .map(drop)
}

/// Which of these deletions are held already.
pub async fn held_among(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    events: &[i64],
) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        "select event_id from absences where company_id = $1 and event_id = any($2) and deletion_held",
        company.0,
        events
    )
    .fetch_all(db)
    .await
}

/// How many deletions are held.
pub async fn count_held(db: impl PgExecutor<'_>, company: CompanyId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from absences where company_id = $1 and deletion_held and deleted_at is null"#,
        company.0
    )
    .fetch_one(db)
    .await
}

/// The admin confirms all held deletions; returns whose they are.
pub async fn confirm_deletions(db: impl PgExecutor<'_>, company: CompanyId) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        "update absences set deletion_held = false, deletion_confirmed = true
         where company_id = $1 and deletion_held and deleted_at is null returning person_id",
        company.0
    )
    .fetch_all(db)
    .await
}

/// How many absences stand in Optedo because of us.
pub async fn count_written(db: impl PgExecutor<'_>, company: CompanyId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select coalesce((select standing from absences_standing where company_id = $1), 0) as "standing!""#,
        company.0
    )
    .fetch_one(db)
    .await
}

/// An absence as the API shows it.
pub struct ListedAbsence {
    /// The event.
    pub event_id: i64,
    /// WriteContext, in Officient.
    pub person_id: i64,
    /// The event's day.
    pub date: Date,
    /// WriteContext, in Optedo.
    pub user_id: i64,
    /// In Optedo.
    pub absence_id: i64,
    /// In Optedo.
    pub absence_type_id: i64,
    /// Wall clock.
    pub times: Times,
    /// Taken over rather than created.
    pub adopted: bool,
    /// When it was last written.
    pub written_at: Option<Timestamp>,
}

/// What stands in Optedo, newest day first.
pub async fn list(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    person: Option<PersonId>,
    limit: i64,
    offset: i64,
) -> Result<Vec<ListedAbsence>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select event_id, person_id, date, optedo_user_id, optedo_absence_id as "optedo_absence_id!", absence_type_id,
               starts_at, ends_at, all_day, adopted, written_at
           from absences
           where company_id = $1 and ($2::bigint is null or person_id = $2)
               and deleted_at is null and optedo_absence_id is not null
           order by date desc, event_id desc limit $3 offset $4"#,
        company.0,
        person.map(|person| person.0),
        limit,
        offset
    )
    .fetch_all(db)
    .await?;
    let listed = rows.into_iter().map(|row| ListedAbsence {
        event_id: row.event_id,
        person_id: row.person_id,
        date: row.date.to_jiff(),
        user_id: row.optedo_user_id,
        absence_id: row.optedo_absence_id,
        absence_type_id: row.absence_type_id,
        times: Times { start: row.starts_at.to_jiff(), end: row.ends_at.to_jiff(), all_day: row.all_day },
        adopted: row.adopted,
        written_at: row.written_at.map(jiff_sqlx::Timestamp::to_jiff),
    });
    Ok(listed.collect())
}

/// Forgets absences dated before `before`, at most `limit`; Optedo is not touched. Returns how many.
pub async fn delete_old(db: impl PgExecutor<'_>, before: Date, limit: i64) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        "delete from absences where id in (select id from absences where date < $1 limit $2)",
        before.to_sqlx(),
        limit
    );
    Ok(deleted.execute(db).await?.rows_affected())
}

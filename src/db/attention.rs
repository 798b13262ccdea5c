//! Attention items, and the leave that is held back because of them.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};
use utoipa::ToSchema;

use crate::domain::attention::{AttentionItem, AttentionKind, Cause, Hint};
use crate::domain::ids::{CompanyId, PersonId};

/// An item as stored.
#[derive(Clone)]
pub struct StoredItem {
    /// Its id.
    pub id: i64,
    /// Its kind.
    pub kind: String,
    /// The person's name or the description looked for.
    pub subject: Option<String>,
    /// Officient's id of the subject.
    pub subject_id: String,
    /// What is the case, in a sentence.
    pub detail: String,
    /// What is the case; `None` for an item of an older version.
    pub cause: Option<Cause>,
    /// The near miss.
    pub hint: Option<Hint>,
    /// How many absences wait for it.
    pub waiting: i64,
    /// When it was first seen.
    pub first_seen_at: Timestamp,
    /// When it was last seen.
    pub last_seen_at: Timestamp,
    /// When its cause was gone.
    pub resolved_at: Option<Timestamp>,
}

/// Which items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Which {
    /// Neither resolved nor ignored.
    Open,
    /// Their cause is gone.
    Resolved,
    /// Meant to be so.
    Ignored,
}

impl Which {
    /// The word of the API's `?state=`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Ignored => "ignored",
        }
    }
}

/// Opens an item, or brings the open one up to date. An ignored one speaks again when its subject changed.
pub async fn open(
    db: impl PgExecutor<'_>,
    item: &AttentionItem,
    waiting: i64,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into attention (kind, subject_id, subject, detail, cause, hint, waiting, first_seen_at, last_seen_at)
         values ($1, $2, $3, $4, $8, $5, $6, $7, $7)
         on conflict (kind, subject_id) where resolved_at is null do update set
             subject = excluded.subject, detail = excluded.detail, cause = excluded.cause, hint = excluded.hint,
             waiting = excluded.waiting,
             last_seen_at = excluded.last_seen_at,
             ignored_at = case when attention.subject is distinct from excluded.subject then null else attention.ignored_at end",
        item.kind().as_str(),
        item.subject_id,
        item.subject.as_ref().map(|subject| subject.replace('\0', "\u{fffd}")),
        item.detail().replace('\0', "\u{fffd}"),
        item.hint.as_ref().map(Json) as _,
        waiting,
        now.to_sqlx(),
        Json(&item.cause) as _
    )
    .execute(db)
    .await
    .map(drop)
}

/// The cause of this item is gone.
pub async fn resolve(
    db: impl PgExecutor<'_>,
    kind: AttentionKind,
    subject_id: &str,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update attention set resolved_at = $3, waiting = 0
         where kind = $1 and subject_id = $2 and resolved_at is null",
        kind.as_str(),
        subject_id,
        now.to_sqlx()
    )
    .execute(db)
    .await
    .map(drop)
}

/// The causes of all items of a kind are gone but for these subjects.
pub async fn resolve_others(
    db: impl PgExecutor<'_>,
    kind: AttentionKind,
    except: &[String],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update attention set resolved_at = $3, waiting = 0
         where kind = $1 and subject_id <> all($2) and resolved_at is null",
        kind.as_str(),
        except,
        now.to_sqlx()
    )
    .execute(db)
    .await
    .map(drop)
}

/// Resolves everything: another company was connected.
pub async fn resolve_all(db: impl PgExecutor<'_>, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update attention set resolved_at = $1, waiting = 0 where resolved_at is null",
        now.to_sqlx()
    )
    .execute(db)
    .await
    .map(drop)
}

/// Items of a sort, newest first.
pub async fn list(db: impl PgExecutor<'_>, which: Which) -> Result<Vec<StoredItem>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select id, kind, subject, subject_id, detail, cause as "cause: Json<Cause>", hint as "hint: Json<Hint>", waiting, first_seen_at, last_seen_at,
               resolved_at
           from attention
           where case $1
               when 'resolved' then resolved_at is not null
               when 'ignored' then resolved_at is null and ignored_at is not null
               else resolved_at is null and ignored_at is null end
           order by first_seen_at desc, id desc limit 1000"#,
        which.word()
    )
    .fetch_all(db)
    .await?;
    let item = rows.into_iter().map(|row| StoredItem {
        id: row.id,
        kind: row.kind,
        subject: row.subject,
        subject_id: row.subject_id,
        detail: row.detail,
        cause: row.cause.map(|Json(cause)| cause),
        hint: row.hint.map(|Json(hint)| hint),
        waiting: row.waiting,
        first_seen_at: row.first_seen_at.to_jiff(),
        last_seen_at: row.last_seen_at.to_jiff(),
        resolved_at: row.resolved_at.map(jiff_sqlx::Timestamp::to_jiff),
    });
    Ok(item.collect())
}

/// The open or ignored item of this id: its kind and the subject's id.
pub async fn find_unresolved(
    db: impl PgExecutor<'_>,
    id: i64,
) -> Result<Option<(AttentionKind, String)>, sqlx::Error> {
    let row =
        sqlx::query!("select kind, subject_id from attention where id = $1 and resolved_at is null", id)
            .fetch_optional(db)
            .await?;
    Ok(row.and_then(|row| Some((AttentionKind::parse(&row.kind)?, row.subject_id))))
}

/// This item is meant to be so; false when there is no such unresolved item.
pub async fn ignore(db: impl PgExecutor<'_>, id: i64, now: Timestamp) -> Result<bool, sqlx::Error> {
    let ignored = sqlx::query!(
        "update attention set ignored_at = coalesce(ignored_at, $2) where id = $1 and resolved_at is null",
        id,
        now.to_sqlx()
    );
    Ok(ignored.execute(db).await?.rows_affected() == 1)
}

/// An ignored item is followed again; false when there is none.
pub async fn follow(db: impl PgExecutor<'_>, id: i64) -> Result<bool, sqlx::Error> {
    let followed = sqlx::query!(
        "update attention set ignored_at = null where id = $1 and resolved_at is null and ignored_at is not null",
        id
    );
    Ok(followed.execute(db).await?.rows_affected() == 1)
}

/// How much leave of each of these people is held back.
pub async fn count_held_back(
    db: impl PgExecutor<'_>,
    company: Option<CompanyId>,
    people: &[i64],
) -> Result<Vec<(i64, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select person_id, count(*) as "count!" from held_back
           where company_id = $1 and person_id = any($2) group by person_id"#,
        company.map(|company| company.0),
        people
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| (row.person_id, row.count)).collect())
}

/// How much leave of each type is held back because of the type.
pub async fn count_held_back_types(
    db: impl PgExecutor<'_>,
    company: CompanyId,
) -> Result<Vec<(String, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select subject_id, count(*) as "count!" from held_back
           where company_id = $1 and kind in ('unmapped_leave_type', 'ambiguous_leave_type') group by subject_id"#,
        company.0
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| (row.subject_id, row.count)).collect())
}

/// How many are open, by kind.
pub async fn count_open(db: impl PgExecutor<'_>) -> Result<Vec<(String, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select kind, count(*) as "count!" from attention where resolved_at is null and ignored_at is null group by kind"#
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| (row.kind, row.count)).collect())
}

/// Forgets which of a person's leave is held back, or only of these events where part of the calendar was read; returns
/// the items it was held back for.
pub async fn clear_held_back(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    person: PersonId,
    events: Option<&[i64]>,
) -> Result<Vec<(String, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        "delete from held_back where company_id = $1 and person_id = $2 and ($3::bigint[] is null or event_id = any($3))
         returning kind, subject_id",
        company.0,
        person.0,
        events
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| (row.kind, row.subject_id)).collect())
}

/// Forgets all leave held back: another company was connected.
pub async fn clear_all_held_back(db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from held_back").execute(db).await.map(drop)
}

/// Notes that leave is held back and for which item: the three slices are parallel.
pub async fn insert_held_back(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    person: PersonId,
    events: &[i64],
    kinds: &[String],
    subject_ids: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into held_back (company_id, person_id, event_id, kind, subject_id)
         select $1, $2, * from unnest($3::bigint[], $4::text[], $5::text[])
         on conflict (company_id, event_id) do update set person_id = excluded.person_id, kind = excluded.kind,
             subject_id = excluded.subject_id",
        company.0,
        person.0,
        events,
        kinds,
        subject_ids
    )
    .execute(db)
    .await
    .map(drop)
}

/// Serialises counting until the transaction ends: two looks side by side would each count what the other takes away.
pub async fn lock_counts(tx: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('optedo-officient attention'))")
        .fetch_one(tx)
        .await
        .map(drop)
}

/// Brings the counts of these items up to date; one that nothing waits for any more is resolved.
pub async fn recount(
    db: impl PgExecutor<'_>,
    kinds: &[String],
    subject_ids: &[String],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update attention a set waiting = c.waiting, resolved_at = case when c.waiting = 0 then $3::timestamptz end
         from (
             select k.kind, k.subject_id, (
                 select count(*) from held_back h where h.kind = k.kind and h.subject_id = k.subject_id) as waiting
             from unnest($1::text[], $2::text[]) as k (kind, subject_id)) c
         where a.kind = c.kind and a.subject_id = c.subject_id and a.resolved_at is null",
        kinds,
        subject_ids,
        now.to_sqlx()
    )
    .execute(db)
    .await
    .map(drop)
}

/// A name or a type that leave waits for.
pub struct Awaited {
    /// The kind of its item.
    pub kind: AttentionKind,
    /// Officient's id of the person or the type, or the word of a built-in type.
    pub subject_id: String,
    /// The name or the description looked for.
    pub subject: Option<String>,
    /// WriteContext leave waits.
    pub people: Vec<i64>,
}

/// The names and types that leave waits for, but for what the admin ignores.
pub async fn awaited(db: impl PgExecutor<'_>, company: CompanyId) -> Result<Vec<Awaited>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select h.kind, h.subject_id, a.subject, array_agg(distinct h.person_id) as "people!"
           from held_back h join attention a on a.kind = h.kind and a.subject_id = h.subject_id
               and a.resolved_at is null and a.ignored_at is null
           where h.company_id = $1 and a.cause ->> 'case' is distinct from 'archived'
               and h.kind in ('unmatched_person', 'ambiguous_person', 'unmapped_leave_type', 'ambiguous_leave_type')
           group by h.kind, h.subject_id, a.subject"#,
        company.0
    );
    let awaited = rows.fetch_all(db).await?.into_iter().filter_map(|row| {
        let kind = AttentionKind::parse(&row.kind)?;
        Some(Awaited { kind, subject_id: row.subject_id, subject: row.subject, people: row.people })
    });
    Ok(awaited.collect())
}

/// People with leave held back for an item of this kind and subject.
pub async fn people_held_back(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    kind: AttentionKind,
    subject_id: &str,
) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        "select distinct person_id from held_back where company_id = $1 and kind = $2 and subject_id = $3",
        company.0,
        kind.as_str(),
        subject_id
    )
    .fetch_all(db)
    .await
}

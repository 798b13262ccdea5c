//! Attention items, and the leave that is blocked because of them (table `held_back`).

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use utoipa::ToSchema;

use super::{Db, Result, timestamp, without_nul};
use crate::domain::attention::{AttentionItem, AttentionKind, Cause, Hint, hint_sentence};
use crate::domain::ids::{CompanyId, EventId, PersonId};

/// Something that needs the admin.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AttentionItem)]
pub struct StoredItem {
    pub id: i64,
    #[schema(value_type = AttentionKind)]
    pub kind: String,
    /// The person's name, or the description looked for.
    pub subject: Option<String>,
    /// Officient's id.
    pub subject_id: String,
    pub detail: String,
    /// `None` for an item of an older version.
    #[serde(skip)]
    pub cause: Option<Cause>,
    /// A near match.
    #[serde(serialize_with = "hint_sentence")]
    #[schema(value_type = Option<String>)]
    pub hint: Option<Hint>,
    /// How many absences wait for it: not those that are in Optedo as they should be, unless the admin must decide
    /// about them.
    pub waiting: i64,
    pub first_seen_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub resolved_at: Option<Timestamp>,
}

/// Whether an attention item still needs attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray, ToSchema)]
#[schema(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum ItemState {
    Open,
    /// The cause is gone.
    Resolved,
    /// The admin wants it to stay as it is.
    Ignored,
}

/// Opens an item, or brings the open one up to date. An ignored item is open again when its subject changed.
pub async fn open(db: impl Db<'_>, item: &AttentionItem, waiting: i64, now: Timestamp) -> Result<()> {
    let subject = item.subject.as_deref().map(without_nul);
    execute!(db,
        "insert into attention (kind, subject_id, subject, detail, cause, hint, waiting, first_seen_at, last_seen_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
         on conflict (kind, subject_id) where resolved_at is null do update set
             subject = excluded.subject, detail = excluded.detail, cause = excluded.cause, hint = excluded.hint,
             waiting = excluded.waiting, last_seen_at = excluded.last_seen_at,
             ignored_at = case when attention.subject is not distinct from excluded.subject
                 then attention.ignored_at end";
        item.kind().into_str(), item.subject_id, subject, without_nul(&item.detail()), Json(&item.cause) as _,
        item.hint.as_ref().map(Json) as _, waiting, now.to_sqlx())
}

/// Resolves the open or ignored item of this kind and subject.
pub async fn resolve(db: impl Db<'_>, kind: AttentionKind, subject_id: &str, now: Timestamp) -> Result<()> {
    execute!(db,
        "update attention set resolved_at = $3, waiting = 0
         where kind = $1 and subject_id = $2 and resolved_at is null";
        kind.into_str(), subject_id, now.to_sqlx())
}

/// Resolves all items of a kind except those of these subjects.
pub async fn resolve_others(db: impl Db<'_>, kind: AttentionKind, except: &[String], now: Timestamp) -> Result<()> {
    execute!(db,
        "update attention set resolved_at = $3, waiting = 0
         where kind = $1 and subject_id <> all($2) and resolved_at is null";
        kind.into_str(), except, now.to_sqlx())
}

/// Resolves the items about leave types of a coming year except those of these subjects.
pub async fn resolve_next_year(db: impl Db<'_>, except: &[String], now: Timestamp) -> Result<()> {
    execute!(db,
        "update attention set resolved_at = $2, waiting = 0
         where kind = 'unmapped_leave_type' and subject_id like '%-%' and subject_id <> all($1)
             and resolved_at is null";
        except, now.to_sqlx())
}

/// Resolves everything, so that no leave is blocked: another company was connected.
pub async fn resolve_all(db: impl Db<'_>, now: Timestamp) -> Result<()> {
    execute!(db,
        "with blocked as (delete from held_back)
         update attention set resolved_at = $1, waiting = 0 where resolved_at is null"; now.to_sqlx())
}

/// The newest thousand items of a state, newest first.
pub async fn list(db: impl Db<'_>, state: ItemState) -> Result<Vec<StoredItem>> {
    rows!(fetch_all(db),
        r#"select id, kind, subject, subject_id, detail, cause as "cause: Json<Cause>", hint as "hint: Json<Hint>",
               waiting, first_seen_at, last_seen_at, resolved_at
           from attention
           where case $1
               when 'resolved' then resolved_at is not null
               when 'ignored' then resolved_at is null and ignored_at is not null
               else resolved_at is null and ignored_at is null end
           order by first_seen_at desc, id desc limit 1000"#;
        state.into_str()
    => |row| StoredItem {
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
        resolved_at: timestamp(row.resolved_at),
    })
}

/// Kind and subject id of this item, unless it is resolved.
pub async fn find_unresolved(db: impl Db<'_>, id: i64) -> Result<Option<(AttentionKind, String)>> {
    let item = rows!(fetch_optional(db), "select kind, subject_id from attention where id = $1 and resolved_at is null";
        id => |row| Some((row.kind.parse().ok()?, row.subject_id)));
    Ok(item?.flatten())
}

/// The kind of this item, `None` for one that only a newer version knows; and whether it is not resolved.
pub async fn find(db: impl Db<'_>, id: i64) -> Result<Option<(Option<AttentionKind>, bool)>> {
    rows!(fetch_optional(db),
        r#"select kind, resolved_at is null as "is_open!" from attention where id = $1"#;
        id => |row| (row.kind.parse().ok(), row.is_open))
}

/// Ignores this item; false when there is no such unresolved item.
pub async fn ignore(db: impl Db<'_>, id: i64, now: Timestamp) -> Result<bool> {
    is_affected!(db,
        "update attention set ignored_at = coalesce(ignored_at, $2) where id = $1 and resolved_at is null";
        id, now.to_sqlx())
}

/// Opens an ignored item again; false when there is none.
pub async fn follow(db: impl Db<'_>, id: i64) -> Result<bool> {
    is_affected!(db,
        "update attention set ignored_at = null where id = $1 and resolved_at is null and ignored_at is not null"; id)
}

/// How many items are open, by kind.
pub async fn count_open(db: impl Db<'_>) -> Result<Vec<(String, i64)>> {
    rows!(fetch_all(db),
        r#"select kind, count(*) as "count!" from attention
           where resolved_at is null and ignored_at is null group by kind"#
        => |row| (row.kind, row.count))
}

/// How much blocked leave of each of these people is not in Optedo as it should be.
pub async fn count_missing(db: impl Db<'_>, company: Option<CompanyId>, people: &[i64]) -> Result<Vec<(i64, i64)>> {
    rows!(fetch_all(db),
        r#"select person_id, count(*) as "count!" from held_back
           where company_id = $1 and person_id = any($2) and not in_optedo group by person_id"#;
        company.map(|company| company.0), people => |row| (row.person_id, row.count))
}

/// A leave type that blocks leave.
pub struct BlockingType {
    pub type_id: String,
    /// It is the name of several absence types.
    pub is_ambiguous: bool,
    /// How much of the leave is not in Optedo as it should be.
    pub missing: i64,
}

pub async fn blocking_types(db: impl Db<'_>, company: CompanyId) -> Result<Vec<BlockingType>> {
    rows!(fetch_all(db),
        r#"select subject_id, bool_or(kind = 'ambiguous_leave_type') as "is_ambiguous!",
               count(*) filter (where not in_optedo) as "missing!"
           from held_back
           where company_id = $1 and kind in ('unmapped_leave_type', 'ambiguous_leave_type') group by subject_id"#;
        company.0 => |row| BlockingType {
            type_id: row.subject_id, is_ambiguous: row.is_ambiguous, missing: row.missing })
}

/// Deletes which leave of a person is blocked, or only of these events if part of the calendar was read. Returns kind
/// and subject id of the items that blocked it.
pub async fn clear_blocked(
    db: impl Db<'_>,
    company: CompanyId,
    person: PersonId,
    events: Option<&[i64]>,
) -> Result<Vec<(String, String)>> {
    rows!(fetch_all(db),
        "delete from held_back where company_id = $1 and person_id = $2 and ($3::bigint[] is null or event_id = any($3))
         returning kind, subject_id";
        company.0, person.0, events => |row| (row.kind, row.subject_id))
}

/// Deletes which leave of a person is blocked because of their match.
pub async fn clear_blocked_by_match(db: impl Db<'_>, company: CompanyId, person: PersonId) -> Result<()> {
    execute!(db,
        "delete from held_back where company_id = $1 and person_id = $2
             and kind in ('unmatched_person', 'ambiguous_person', 'link_broken')";
        company.0, person.0)
}

/// Stores which leave is blocked, by which item, whether Optedo contains it, and its day.
pub async fn insert_blocked(
    db: impl Db<'_>,
    company: CompanyId,
    person: PersonId,
    blocked: &[&(EventId, AttentionItem)],
    is_in_optedo: impl Fn(EventId) -> bool,
    day: impl Fn(EventId) -> Option<Date>,
) -> Result<()> {
    let events: Vec<i64> = blocked.iter().map(|(event, _)| event.0).collect();
    let kinds: Vec<&str> = blocked.iter().map(|(_, item)| item.kind().into_str()).collect();
    let subject_ids: Vec<&str> = blocked.iter().map(|(_, item)| item.subject_id.as_str()).collect();
    let in_optedo: Vec<bool> = blocked.iter().map(|(event, _)| is_in_optedo(*event)).collect();
    let days: Vec<Option<jiff_sqlx::Date>> = blocked.iter().map(|(event, _)| Some(day(*event)?.to_sqlx())).collect();
    execute!(db,
        "insert into held_back (company_id, person_id, event_id, kind, subject_id, in_optedo, date)
         select $1, $2, * from unnest($3::bigint[], $4::text[], $5::text[], $6::boolean[], $7::date[])
         on conflict (company_id, event_id) do update set person_id = excluded.person_id, kind = excluded.kind,
             subject_id = excluded.subject_id, in_optedo = excluded.in_optedo, date = excluded.date";
        company.0, person.0, &events, &kinds as _, &subject_ids as _, &in_optedo, &days as _)
}

/// The leave of a person that waits for an item.
pub struct WaitingDays {
    pub kind: String,
    pub subject_id: String,
    pub person: PersonId,
    /// The first ten, in order.
    pub days: Vec<Date>,
    pub count: i64,
}

/// Whose leave waits for these items (kind and subject id), and on which days.
pub async fn waiting_days(
    db: impl Db<'_>,
    company: CompanyId,
    items: Vec<(String, String)>,
) -> Result<Vec<WaitingDays>> {
    let (kinds, subject_ids): (Vec<String>, Vec<String>) = items.into_iter().unzip();
    rows!(fetch_all(db),
        r#"select kind, subject_id, person_id, count(*) as "count!",
               coalesce((array_agg(date order by date) filter (where date is not null))[:10], '{}')
                   as "days!: Vec<jiff_sqlx::Date>"
           from held_back join unnest($2::text[], $3::text[]) as i (kind, subject_id) using (kind, subject_id)
           where company_id = $1 and not in_optedo
           group by kind, subject_id, person_id order by kind, subject_id, min(date), person_id"#;
        company.0, &kinds, &subject_ids => |row| WaitingDays {
            kind: row.kind, subject_id: row.subject_id, person: PersonId(row.person_id), count: row.count,
            days: row.days.into_iter().map(jiff_sqlx::Date::to_jiff).collect() })
}

/// How many items were resolved since this moment, how many were looked at since and are still open, and how many open
/// ones were not looked at since.
pub async fn outcome_since(db: impl Db<'_>, since: Timestamp) -> Result<[i64; 3]> {
    rows!(fetch_one(db),
        r#"select count(*) filter (where resolved_at >= $1) as "resolved!",
               count(*) filter (where resolved_at is null and last_seen_at >= $1) as "still_open!",
               count(*) filter (where resolved_at is null and last_seen_at < $1) as "not_yet!"
           from attention where ignored_at is null and (resolved_at is null or resolved_at >= $1)"#;
        since.to_sqlx() => |row| [row.resolved, row.still_open, row.not_yet])
}

/// The events of a person whose change the last reconciliation could not make, and the kind of the item that says why.
pub async fn stopped_changes(
    db: impl Db<'_>,
    company: CompanyId,
    person: PersonId,
) -> Result<Vec<(EventId, AttentionKind)>> {
    let stopped = rows!(fetch_all(db),
        "select event_id, kind from held_back
         where company_id = $1 and person_id = $2 and kind in ('rejected_by_optedo', 'deletions_held')";
        company.0, person.0 => |row| Some((EventId(row.event_id), row.kind.parse().ok()?)));
    Ok(stopped?.into_iter().flatten().collect())
}

/// Serialises counting until the transaction ends: two people reconciled side by side would each count what the other
/// removes.
pub async fn lock_counts(tx: &mut PgConnection) -> Result<()> {
    execute!(tx, "select pg_advisory_xact_lock(hashtext('optedo-officient attention'))")
}

/// Brings the counts of these items (kind and subject id) up to date, and resolves those that block no leave any
/// more. Leave that is in Optedo as it should be does not wait, unless the admin must decide about it.
pub async fn recount(db: impl Db<'_>, items: impl IntoIterator<Item = (String, String)>, now: Timestamp) -> Result<()> {
    let (kinds, subject_ids): (Vec<String>, Vec<String>) = items.into_iter().unzip();
    execute!(db,
        "update attention a set waiting = c.waiting, resolved_at = case when c.blocked = 0 then $3::timestamptz end
         from (
             select k.kind, k.subject_id, count(h.kind) as blocked,
                 count(h.kind) filter (where not h.in_optedo or h.kind = 'archived_people') as waiting
             from (select distinct * from unnest($1::text[], $2::text[]) as k (kind, subject_id)) k
             left join held_back h on h.kind = k.kind and h.subject_id = k.subject_id
             group by k.kind, k.subject_id) c
         where a.kind = c.kind and a.subject_id = c.subject_id and a.resolved_at is null";
        &kinds, &subject_ids, now.to_sqlx())
}

/// A name or a leave type that leave waits for.
pub struct Awaited {
    pub kind: AttentionKind,
    /// Officient's id of the person or the type, or the word of a built-in type.
    pub subject_id: String,
    /// The name or the description that was looked for.
    pub subject: Option<String>,
    /// The people whose leave waits.
    pub people: Vec<i64>,
}

/// The names and leave types that leave waits for, without those that the admin ignores.
pub async fn awaited(db: impl Db<'_>, company: CompanyId) -> Result<Vec<Awaited>> {
    let awaited = rows!(fetch_all(db),
        r#"select h.kind, h.subject_id, a.subject, array_agg(distinct h.person_id) as "people!"
           from held_back h join attention a on a.kind = h.kind and a.subject_id = h.subject_id
               and a.resolved_at is null and a.ignored_at is null
           where h.company_id = $1 and a.cause ->> 'case' is distinct from 'archived'
               and h.kind in ('unmatched_person', 'ambiguous_person', 'unmapped_leave_type', 'ambiguous_leave_type')
           group by h.kind, h.subject_id, a.subject"#;
        company.0
    => |row| {
        let kind = row.kind.parse().ok()?;
        Some(Awaited { kind, subject_id: row.subject_id, subject: row.subject, people: row.people })
    });
    Ok(awaited?.into_iter().flatten().collect())
}

/// The people with leave that is blocked by the item of this kind and subject.
pub async fn people_blocked_by(
    db: impl Db<'_>,
    company: CompanyId,
    kind: AttentionKind,
    subject_id: &str,
) -> Result<Vec<i64>> {
    scalar!(fetch_all(db),
        "select distinct person_id from held_back where company_id = $1 and kind = $2 and subject_id = $3";
        company.0, kind.into_str(), subject_id)
}

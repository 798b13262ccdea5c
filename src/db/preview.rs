//! The preview that the page shows: requested by the admin, made by the leader.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::attention::StoredItem;
use super::{Db, Period, Result, period, timestamp, without_nul};
use crate::domain::absence::Times;
use crate::domain::attention::{AttentionItem, Cause, Hint};
use crate::domain::ids::{EventId, PersonId};
use crate::domain::proposal::ProposedChange;

#[derive(Clone, Debug)]
pub struct Progress {
    /// When it was last requested.
    pub asked_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    /// `None` while it is being made.
    pub finished_at: Option<Timestamp>,
    pub people_done: i64,
    pub people_total: i64,
    /// Absences that are right as they are.
    pub unchanged: i64,
    /// A change that is not stored yet, whose effect the preview shows.
    pub proposal: Option<ProposedChange>,
}

impl Progress {
    pub fn is_under_way(&self) -> bool {
        self.asked_at.is_some() && self.finished_at.is_none()
    }
}

/// What would happen to one absence, or why nothing would.
pub struct Line {
    pub person: PersonId,
    /// `None` for a person who could not be observed.
    pub event: Option<EventId>,
    /// create, change, delete, `take_over`, skip or fail.
    pub action: &'static str,
    pub times: Option<Times>,
    /// The item that says why leave is skipped.
    pub item: Option<i64>,
}

/// A line as the page shows it.
pub struct ListedLine {
    pub person: PersonId,
    pub times: Option<Period>,
}

pub async fn progress(db: impl Db<'_>) -> Result<Progress> {
    rows!(fetch_one(db),
    r#"select asked_at, started_at, finished_at, people_done, people_total, unchanged,
           proposal as "proposal: Json<ProposedChange>" from preview"#
    => |row| Progress {
        asked_at: timestamp(row.asked_at),
        started_at: timestamp(row.started_at),
        finished_at: timestamp(row.finished_at),
        people_done: row.people_done,
        people_total: row.people_total,
        unchanged: row.unchanged,
        proposal: row.proposal.map(|Json(proposal)| proposal),
    })
}

/// Requests a preview, unless the same one is under way; another one ends.
pub async fn request(db: impl Db<'_>, proposal: Option<&ProposedChange>, now: Timestamp) -> Result<()> {
    execute!(db,
        "update preview set asked_at = $1, started_at = null, finished_at = null, people_done = 0, people_total = 0,
             proposal = $2
         where asked_at is null or finished_at is not null or proposal is distinct from $2";
        now.to_sqlx(), proposal.map(Json) as _)
}

/// Begins the preview that was requested at `asked_at`, or begins it again. Deletes the one before. False: another one
/// was requested meanwhile.
pub async fn begin(tx: &mut PgConnection, asked_at: Option<Timestamp>, people: i64, now: Timestamp) -> Result<bool> {
    is_affected!(tx,
        "with lines as (delete from preview_lines), items as (delete from preview_items)
         update preview set started_at = $1, people_done = 0, people_total = $2, unchanged = 0 where asked_at = $3";
        now.to_sqlx(), people, asked_at.map(ToSqlx::to_sqlx) as _)
}

/// Deletes the preview: the admin signed out, or it is too old.
pub async fn delete(tx: &mut PgConnection) -> Result<()> {
    execute!(
        tx,
        "with lines as (delete from preview_lines), items as (delete from preview_items)
         update preview set asked_at = null, started_at = null, finished_at = null, proposal = null"
    )
}

/// Counts one more person of the preview that was requested at `asked_at` as done. False: another one was requested.
pub async fn count_person(db: impl Db<'_>, asked_at: Option<Timestamp>, unchanged: i64) -> Result<bool> {
    is_affected!(db,
        "update preview set people_done = people_done + 1, unchanged = unchanged + $1 where asked_at = $2";
        unchanged, asked_at.map(ToSqlx::to_sqlx) as _)
}

pub async fn finish(db: impl Db<'_>, asked_at: Option<Timestamp>, now: Timestamp) -> Result<()> {
    execute!(db,
        "update preview set finished_at = $1 where asked_at = $2"; now.to_sqlx(), asked_at.map(ToSqlx::to_sqlx) as _)
}

pub async fn insert_line(db: impl Db<'_>, line: &Line) -> Result<()> {
    let starts_at = line.times.map(|times| times.start.to_sqlx());
    let ends_at = line.times.map(|times| times.end.to_sqlx());
    execute!(db,
        "insert into preview_lines (person_id, event_id, action, starts_at, ends_at, all_day, item)
         values ($1, $2, $3, $4, $5, $6, $7)";
        line.person.0, line.event.map(|event| event.0), line.action, starts_at as _, ends_at as _,
        line.times.map(|times| times.all_day), line.item)
}

/// Makes sure that the item is stored; returns its id.
pub async fn insert_item(db: impl Db<'_>, item: &AttentionItem) -> Result<i64> {
    scalar!(fetch_one(db),
        "insert into preview_items (kind, subject_id, subject, cause, hint) values ($1, $2, $3, $4, $5)
         on conflict (kind, subject_id) do update set subject = excluded.subject
         returning id";
        item.kind().into_str(), item.subject_id, item.subject.as_deref().map(without_nul), Json(&item.cause) as _,
        item.hint.as_ref().map(Json) as _)
}

/// How many lines there are of each action.
pub async fn count_lines(db: impl Db<'_>) -> Result<Vec<(String, i64)>> {
    rows!(fetch_all(db),
        r#"select action, count(*) as "count!" from preview_lines group by action"#
        => |row| (row.action, row.count))
}

/// The lines of an action after the first `offset`.
pub async fn lines(db: impl Db<'_>, action: &str, limit: i64, offset: i64) -> Result<Vec<ListedLine>> {
    rows!(fetch_all(db),
        "select person_id, starts_at, ends_at, all_day from preview_lines where action = $1
         order by id limit $2 offset $3";
        action, limit, offset
    => |row| ListedLine { person: PersonId(row.person_id), times: period(row.starts_at, row.ends_at, row.all_day) })
}

/// Why leave would be skipped: attention items that a sweep would open at `now`, those with the most absences first.
pub async fn items(db: impl Db<'_>, now: Timestamp) -> Result<Vec<StoredItem>> {
    rows!(fetch_all(db),
        r#"select i.id, i.kind, i.subject_id, i.subject, i.cause as "cause: Json<Cause>", i.hint as "hint: Json<Hint>",
               count(l.id) as "waiting!"
           from preview_items i join preview_lines l on l.item = i.id
           group by i.id order by count(l.id) desc, i.id limit 1000"#
    => |row| StoredItem {
        id: row.id,
        kind: row.kind,
        subject: row.subject,
        subject_id: row.subject_id,
        detail: String::new(),
        cause: Some(row.cause.0),
        hint: row.hint.map(|Json(hint)| hint),
        waiting: row.waiting,
        first_seen_at: now,
        last_seen_at: now,
        resolved_at: None,
    })
}

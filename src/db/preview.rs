//! The preview that the page shows: asked for by the admin, worked out by the replica that does the syncing.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff_sqlx::ToSqlx as _;
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};

use crate::domain::absence::Times;
use crate::domain::attention::{AttentionItem, Cause, Hint};
use crate::domain::ids::{EventId, PersonId};

/// How far it is.
#[derive(Clone, Debug)]
pub struct Progress {
    /// When it was last asked for.
    pub asked_at: Option<Timestamp>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended; `None` while it is being worked out.
    pub finished_at: Option<Timestamp>,
    /// People looked at.
    pub people_done: i64,
    /// People to look at.
    pub people_total: i64,
    /// Absences that are right as they are.
    pub unchanged: i64,
}

impl Progress {
    /// Asked for and not yet there.
    pub fn is_under_way(&self) -> bool {
        self.asked_at.is_some() && self.finished_at.is_none()
    }
}

/// What would happen to one absence, or why nothing would.
pub struct Line {
    /// WriteContext.
    pub person: PersonId,
    /// Because of this event; `None` for a person who could not be looked at.
    pub event: Option<EventId>,
    /// create, change, delete, `take_over`, skip or fail.
    pub action: &'static str,
    /// When the absence is.
    pub times: Option<Times>,
    /// The item that says why, of skipped leave.
    pub item: Option<i64>,
}

/// A line as the page shows it.
pub struct ListedLine {
    /// Its number.
    pub id: i64,
    /// WriteContext.
    pub person: PersonId,
    /// Wall clock: start, end, all day.
    pub times: Option<(DateTime, DateTime, bool)>,
}

/// Why leave would be skipped, and how much.
pub struct ListedItem {
    /// The kind of attention item.
    pub kind: String,
    /// Officient's id of the subject.
    pub subject_id: String,
    /// The person's name or the description looked for.
    pub subject: Option<String>,
    /// What is the case.
    pub cause: Cause,
    /// The near miss.
    pub hint: Option<Hint>,
    /// How many absences.
    pub waiting: i64,
}

/// How far the preview is.
pub async fn progress(db: impl PgExecutor<'_>) -> Result<Progress, sqlx::Error> {
    let row = sqlx::query!(
        "select asked_at, started_at, finished_at, people_done, people_total, unchanged from preview"
    )
    .fetch_one(db)
    .await?;
    let jiff = |at: Option<jiff_sqlx::Timestamp>| at.map(jiff_sqlx::Timestamp::to_jiff);
    Ok(Progress {
        asked_at: jiff(row.asked_at),
        started_at: jiff(row.started_at),
        finished_at: jiff(row.finished_at),
        people_done: row.people_done,
        people_total: row.people_total,
        unchanged: row.unchanged,
    })
}

/// The admin wants a preview; one that is under way goes on.
pub async fn ask(db: impl PgExecutor<'_>, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update preview set asked_at = $1, started_at = null, finished_at = null, people_done = 0, people_total = 0
         where asked_at is null or finished_at is not null",
        now.to_sqlx()
    )
    .execute(db)
    .await
    .map(drop)
}

/// It begins, or begins anew: what an earlier one said is gone.
pub async fn begin(tx: &mut PgConnection, people: i64, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from preview_lines").execute(&mut *tx).await?;
    sqlx::query!("delete from preview_items").execute(&mut *tx).await?;
    sqlx::query!(
        "update preview set started_at = $1, people_done = 0, people_total = $2, unchanged = 0",
        now.to_sqlx(),
        people
    )
    .execute(tx)
    .await
    .map(drop)
}

/// One more person was looked at.
pub async fn count_person(db: impl PgExecutor<'_>, unchanged: i64) -> Result<(), sqlx::Error> {
    sqlx::query!("update preview set people_done = people_done + 1, unchanged = unchanged + $1", unchanged)
        .execute(db)
        .await
        .map(drop)
}

/// Everybody was looked at.
pub async fn finish(db: impl PgExecutor<'_>, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!("update preview set finished_at = $1", now.to_sqlx()).execute(db).await.map(drop)
}

/// Nobody wants it any more: the admin signed out, or it is too old.
pub async fn forget(tx: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from preview_lines").execute(&mut *tx).await?;
    sqlx::query!("delete from preview_items").execute(&mut *tx).await?;
    sqlx::query!("update preview set asked_at = null, started_at = null, finished_at = null")
        .execute(tx)
        .await
        .map(drop)
}

/// Adds a line.
pub async fn insert_line(db: impl PgExecutor<'_>, line: &Line) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into preview_lines (person_id, event_id, action, starts_at, ends_at, all_day, item)
         values ($1, $2, $3, $4, $5, $6, $7)",
        line.person.0,
        line.event.map(|event| event.0),
        line.action,
        line.times.map(|times| times.start.to_sqlx()) as _,
        line.times.map(|times| times.end.to_sqlx()) as _,
        line.times.map(|times| times.all_day),
        line.item
    )
    .execute(db)
    .await
    .map(drop)
}

/// Makes sure that the item is there; returns its number.
pub async fn insert_item(db: impl PgExecutor<'_>, item: &AttentionItem) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        "insert into preview_items (kind, subject_id, subject, cause, hint) values ($1, $2, $3, $4, $5)
         on conflict (kind, subject_id) do update set subject = excluded.subject
         returning id",
        item.kind().as_str(),
        item.subject_id,
        item.subject.as_ref().map(|subject| subject.replace('\0', "\u{fffd}")),
        Json(&item.cause) as _,
        item.hint.as_ref().map(Json) as _
    )
    .fetch_one(db)
    .await
}

/// How many lines there are of each action.
pub async fn count_lines(db: impl PgExecutor<'_>) -> Result<Vec<(String, i64)>, sqlx::Error> {
    let rows = sqlx::query!(r#"select action, count(*) as "count!" from preview_lines group by action"#);
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| (row.action, row.count)).collect())
}

/// The lines of an action after the one numbered `after`.
pub async fn lines(
    db: impl PgExecutor<'_>,
    action: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<ListedLine>, sqlx::Error> {
    let rows = sqlx::query!(
        "select id, person_id, starts_at, ends_at, all_day from preview_lines where action = $1 and id > $2
         order by id limit $3",
        action,
        after,
        limit
    );
    let lines = rows.fetch_all(db).await?.into_iter().map(|row| ListedLine {
        id: row.id,
        person: PersonId(row.person_id),
        times: match (row.starts_at, row.ends_at, row.all_day) {
            (Some(start), Some(end), Some(all_day)) => Some((start.to_jiff(), end.to_jiff(), all_day)),
            _ => None,
        },
    });
    Ok(lines.collect())
}

/// Why leave would be skipped, most of it first.
pub async fn items(db: impl PgExecutor<'_>) -> Result<Vec<ListedItem>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select i.kind, i.subject_id, i.subject, i.cause as "cause: Json<Cause>", i.hint as "hint: Json<Hint>",
               count(l.id) as "waiting!"
           from preview_items i join preview_lines l on l.item = i.id
           group by i.id order by count(l.id) desc, i.id limit 1000"#
    );
    let items = rows.fetch_all(db).await?.into_iter().map(|row| ListedItem {
        kind: row.kind,
        subject_id: row.subject_id,
        subject: row.subject,
        cause: row.cause.0,
        hint: row.hint.map(|Json(hint)| hint),
        waiting: row.waiting,
    });
    Ok(items.collect())
}

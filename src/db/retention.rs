//! Deleting what is no longer kept.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;

use super::{Db, Result};

/// The moments before which nothing is kept; `None` keeps everything.
pub struct KeptSince {
    /// Processed webhooks, resolved attention items and differences, incidents that ended, messages sent or given up,
    /// and archived people without a name (ids that a webhook made up).
    pub webhooks: Option<Timestamp>,
    /// The history, the audit log, and archived people of whom nothing is kept but their names.
    pub history: Option<Timestamp>,
    /// What is known of absences on earlier days. Optedo is not touched.
    pub absences: Option<Date>,
}

/// Deletes at most `limit` rows of each table; returns how many rows of all.
///
/// Webhooks are found by their id, which follows the time: an index of the time would slow down the receipt of every
/// one.
pub async fn delete_batch(db: impl Db<'_>, since: &KeptSince, limit: i64) -> Result<i64> {
    scalar!(fetch_one(db),
        r#"with webhooks as (
             delete from webhook_events where id in (
                 select id from (select id, received_at, processed_at from webhook_events order by id limit $4) oldest
                 where received_at < $1 and processed_at is not null) returning 1),
         items as (
             delete from attention where id in (
                 select id from attention where resolved_at < $1 order by resolved_at limit $4) returning 1),
         settled as (
             delete from differences where id in (
                 select id from differences where state = 'resolved' and resolved_at < $1
                 order by resolved_at limit $4) returning 1),
         incidents as (
             delete from incidents where id in (select id from incidents where ended_at < $1 limit $4) returning 1),
         messages as (
             delete from outbox where id in (
                 select id from outbox where created_at < $1 and next_attempt_at is null limit $4) returning 1),
         entries as (
             delete from history where id in (select id from history where at < $2 order by at limit $4) returning 1),
         acts as (
             delete from audit_log where id in (
                 select id from audit_log where at < $2 order by at limit $4) returning 1),
         leave as (
             delete from absences where id in (select id from absences where date < $3 limit $4) returning 1),
         persons as (
             delete from people where (company_id, person_id) in (
                 select p.company_id, p.person_id from people p
                 where p.archived and p.sync_requested_at is null
                     and coalesce(p.attempted_at, p.names_read_at, '-infinity')
                         < case when p.first_name is null then coalesce($1::timestamptz, $2::timestamptz) else $2 end
                     and not exists (
                         select from absences a where a.company_id = p.company_id and a.person_id = p.person_id)
                     and not exists (
                         select from held_back h where h.company_id = p.company_id and h.person_id = p.person_id)
                 limit $4) returning 1)
         select count(*) as "count!" from (
             table webhooks union all table items union all table settled union all table incidents
             union all table messages union all table entries union all table acts union all table leave
             union all table persons) deleted"#;
        since.webhooks.map(ToSqlx::to_sqlx) as _, since.history.map(ToSqlx::to_sqlx) as _,
        since.absences.map(ToSqlx::to_sqlx) as _, limit)
}

/// Deletes sessions and logins that have expired.
pub async fn delete_expired_sessions(db: impl Db<'_> + Copy, now: Timestamp) -> Result<()> {
    let oldest = super::sessions::oldest_session_start(now).to_sqlx();
    execute!(db, "delete from sessions where created_at < $1"; oldest)?;
    execute!(db, "delete from oauth_flows where expires_at < $1"; now.to_sqlx())
}

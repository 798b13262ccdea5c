//! Which replica is the leader: the one whose session holds an advisory lock.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;

use super::{Db, Result};
use crate::domain::attention::AttentionKind;
use crate::domain::notification::INCIDENT_KINDS;

/// The key of the lock. Advisory locks are per database, so per tenant.
const LOCK: i64 = 0x0bed_0ff1_c1e7;

/// Takes the lock for as long as this session lives; false while another session has it.
pub async fn try_lock(db: impl Db<'_>) -> Result<bool> {
    scalar!(fetch_one(db), r#"select pg_try_advisory_lock($1) as "locked!""#; LOCK)
}

/// Begins the term of the session that has the lock. Calls of an earlier term can no longer be noted.
pub async fn begin_term(db: impl Db<'_>) -> Result<i64> {
    scalar!(fetch_one(db), "update leadership set term = term + 1 returning term")
}

/// Whether the worker has anything to do. It is one statement, because hundreds of idle services share one server. A
/// response also shows that the session is alive, and with it the lock. A sweep that began at `sweep_before` or earlier
/// is due again; `None`: no sweep ever is.
pub async fn is_anything_due(db: impl Db<'_>, now: Timestamp, sweep_before: Option<Timestamp>) -> Result<bool> {
    let incident_kinds: Vec<&str> = INCIDENT_KINDS.iter().map(AttentionKind::into_str).collect();
    scalar!(fetch_one(db),
        r#"select coalesce((
               select sweep_asked_at is not null or previous_webhook_token is not null
                   or (sweep_started_at is not null and sweep_finished_at is null)
                   or ($2::timestamptz is not null and coalesce(sweep_started_at <= $2, true))
                   or exists (select from preview where asked_at is not null and finished_at is null)
                   or exists (select from webhook_events where processed_at is null)
                   or exists (select from people p where p.company_id = c.company_id
                       and sync_requested_at is not null and (next_attempt_at is null or next_attempt_at <= $1))
               from connection c where state = 'connected'), false)
               or exists (select from outbox where next_attempt_at <= $1)
               or exists (select from attention a where kind = any($3) and resolved_at is null and ignored_at is null
                   and not exists (select from incidents i where i.kind = a.kind and i.ended_at is null)) as "due!""#;
        now.to_sqlx(), sweep_before.map(ToSqlx::to_sqlx) as _, &incident_kinds as _)
}

/// Ends the session that has the lock but was silent for so many seconds: its process hangs, or its machine is gone and
/// Postgres was not told. Returns whether there was one.
pub async fn end_hanging(db: impl Db<'_>, seconds: f64) -> Result<bool> {
    scalar!(fetch_one(db),
        // Materialized, so that no other session is ended: Postgres may check conditions in any order.
        r#"with hanging as materialized (
               select l.pid from pg_locks l join pg_stat_activity a on a.pid = l.pid
               where l.locktype = 'advisory' and l.granted and l.objsubid = 1
                   and l.database = (select oid from pg_database where datname = current_database())
                   and (l.classid::bigint << 32) | l.objid::bigint = $1
                   and a.state_change < clock_timestamp() - make_interval(secs => $2))
           select coalesce(bool_or(pg_terminate_backend(pid)), false) as "ended!" from hanging"#;
        LOCK, seconds)
}

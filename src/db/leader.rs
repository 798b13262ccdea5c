//! Which replica does the syncing: the one whose session holds an advisory lock.

use sqlx::PgExecutor;

/// The key of the lock; such locks are per database, so per tenant.
const LOCK: i64 = 0x0bed_0ff1_c1e7;

/// Takes the lock for as long as this session lives; false while another session has it.
pub async fn try_lock(db: impl PgExecutor<'_>) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "locked!""#, LOCK).fetch_one(db).await
}

/// The session is there, and with it the lock.
pub async fn check(db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(r#"select 1 as "one!""#).fetch_one(db).await.map(drop)
}

/// Ends the session that has the lock but was not heard of for so many seconds: its process hangs, or its machine is gone
/// and nobody told Postgres. Returns whether there was one.
pub async fn end_hanging(db: impl PgExecutor<'_>, seconds: f64) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        // First who it is, and only then: Postgres is free to check conditions in any order.
        r#"with hanging as materialized (
               select l.pid from pg_locks l join pg_stat_activity a on a.pid = l.pid
               where l.locktype = 'advisory' and l.granted and l.objsubid = 1
                   and l.database = (select oid from pg_database where datname = current_database())
                   and (l.classid::bigint << 32) | l.objid::bigint = $1
                   and a.state_change < clock_timestamp() - make_interval(secs => $2))
           select coalesce(bool_or(pg_terminate_backend(pid)), false) as "ended!" from hanging"#,
        LOCK,
        seconds
    )
    .fetch_one(db)
    .await
}

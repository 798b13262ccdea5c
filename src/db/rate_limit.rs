//! The statements of Officient's rate limit, which all processes on this database share through table `officient_calls`:
//! each row holds calls that count until `free_at`. Times are Postgres' own, so the clocks of the processes may differ.
//!
//! These commits do not wait for the disk. A crash of Postgres can lose the last of them, but no call.

use std::time::Duration;

use sqlx::PgPool;

use crate::db;

/// The result of [`reserve`].
pub enum Reserved {
    /// The ids of the reserved calls, at least one.
    Calls(Vec<i64>),
    /// The limit is reached, and no call is known to become free sooner.
    NoneBefore(Duration),
}

/// Reserves up to `wanted` calls while fewer than `limit` count. They count for `lasts`, or until they are released.
pub async fn reserve(
    db: &PgPool,
    wanted: usize,
    limit: usize,
    lasts: Duration,
) -> Result<Reserved, sqlx::Error> {
    let number = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let mut tx = db::begin(db).await?;
    // One process after the other: each must see what the one before reserved. One that hangs meanwhile loses its session, or
    // all others would wait for it.
    sqlx::raw_sql(
        "set local synchronous_commit = off;
         set local idle_in_transaction_session_timeout = '2s';
         lock table officient_calls in exclusive mode",
    )
    .execute(&mut *tx)
    .await?;
    let row = sqlx::query!(
        r#"with expired as (delete from officient_calls where free_at <= clock_timestamp()),
               used as (
                   select coalesce(sum(calls), 0)::integer as calls, min(free_at) as next_free_at
                   from officient_calls where free_at > clock_timestamp()),
               reserved as (
                   insert into officient_calls (calls, free_at)
                   select 1, clock_timestamp() + make_interval(secs => $3)
                   from used, generate_series(1, least($1, $2 - used.calls))
                   returning id)
           select array(select id from reserved) as "ids!",
               extract(epoch from next_free_at - clock_timestamp())::double precision as seconds
           from used"#,
        number(wanted),
        number(limit),
        lasts.as_secs_f64()
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(if row.ids.is_empty() {
        Reserved::NoneBefore(Duration::from_secs_f64(row.seconds.unwrap_or_default().max(0.001)))
    } else {
        Reserved::Calls(row.ids)
    })
}

/// The call of this reservation ended, or is not made: it counts only for `lasts` from now on.
pub async fn release(db: &PgPool, id: i64, lasts: Duration) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "with no_disk_wait as (select set_config('synchronous_commit', 'off', true))
         update officient_calls set free_at = clock_timestamp() + make_interval(secs => $2)
         from no_disk_wait where id = $1",
        id,
        lasts.as_secs_f64()
    )
    .execute(db)
    .await
    .map(drop)
}

/// Counts `calls` that nobody made, so that no process calls for `lasts`.
pub async fn block(db: &PgPool, calls: usize, lasts: Duration) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into officient_calls (calls, free_at) values ($1, clock_timestamp() + make_interval(secs => $2))",
        i32::try_from(calls).unwrap_or(i32::MAX),
        lasts.as_secs_f64()
    )
    .execute(db)
    .await
    .map(drop)
}

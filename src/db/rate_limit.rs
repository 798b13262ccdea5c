//! The statements of Officient's rate limit, which all processes on this database share through table
//! `officient_calls`: each row holds calls that count until `free_at`. Times are Postgres' own, so the clocks of the
//! processes may differ.
//!
//! These commits do not wait for the disk. A crash of Postgres can lose the last of them, but no call.

use std::time::Duration;

use sqlx::PgPool;

use crate::db;

/// The calls that count.
pub struct Counter(PgPool);

impl Counter {
    pub fn new(db: PgPool) -> Self {
        Self(db)
    }

    /// Reserves a call if fewer than `limit` count, and returns its id. It counts for `lasts`, or until it is released.
    /// `Err`: the limit is reached, and no call is known to become free sooner.
    pub async fn reserve(&self, limit: usize, lasts: Duration) -> db::Result<Result<i64, Duration>> {
        let mut tx = db::begin(&self.0).await?;
        // One process after the other: each must see what the one before reserved. One that hangs meanwhile loses its
        // session, or all others would wait for it.
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
                       select 1, clock_timestamp() + make_interval(secs => $2) from used where calls < $1
                       returning id)
               select (select id from reserved),
                   extract(epoch from next_free_at - clock_timestamp())::double precision as seconds
               from used"#,
            number(limit),
            lasts.as_secs_f64()
        )
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        let next_free_in = || Duration::from_secs_f64(row.seconds.unwrap_or_default().max(0.001));
        Ok(row.id.ok_or_else(next_free_in))
    }

    /// The call of this reservation ended, or is not made: it counts only for `lasts` from now on.
    pub async fn release(&self, id: i64, lasts: Duration) -> db::Result<()> {
        execute!(
            &self.0,
            "with no_disk_wait as (select set_config('synchronous_commit', 'off', true))
             update officient_calls set free_at = clock_timestamp() + make_interval(secs => $2)
             from no_disk_wait where id = $1";
            id,
            lasts.as_secs_f64()
        )
    }

    /// Counts `calls` that nobody made, so that no process calls for `lasts`.
    pub async fn block(&self, calls: usize, lasts: Duration) -> db::Result<()> {
        execute!(
            &self.0,
            "insert into officient_calls (calls, free_at)
             values ($1, clock_timestamp() + make_interval(secs => $2))";
            number(calls),
            lasts.as_secs_f64()
        )
    }
}

fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

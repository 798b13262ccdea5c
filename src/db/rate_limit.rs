//! Calls to Officient that processes on this database have set aside. The time is Postgres' own: processes need not agree.

use std::time::Duration;

use sqlx::PgPool;

use crate::db;

/// Calls that were set aside and came to their end, or lapsed.
pub struct Settled {
    /// Which.
    pub id: i64,
    /// How many were made.
    pub calls: usize,
    /// How long they still count.
    pub lasts: Duration,
}

/// What could be set aside.
pub enum Aside {
    /// So many calls.
    Calls {
        /// Their row.
        id: i64,
        /// At least one.
        calls: usize,
    },
    /// The limit is spent: none before this time passed.
    NothingBefore(Duration),
}

/// Sets aside as many calls as `limit` leaves, at most `wanted`; they count for `lasts` unless they are settled before.
pub async fn set_aside(
    db: &PgPool,
    settled: &[Settled],
    wanted: usize,
    limit: usize,
    lasts: Duration,
) -> Result<Aside, sqlx::Error> {
    let number = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let ids: Vec<i64> = settled.iter().map(|settled| settled.id).collect();
    let calls: Vec<i32> = settled.iter().map(|settled| number(settled.calls)).collect();
    let seconds: Vec<f64> = settled.iter().map(|settled| settled.lasts.as_secs_f64()).collect();
    let mut tx = db::begin(db).await?;
    // One process after the other, each seeing what the one before set aside.
    sqlx::query!("lock table officient_calls in exclusive mode").execute(&mut *tx).await?;
    sqlx::query!(
        "update officient_calls c set calls = s.calls, free_at = clock_timestamp() + make_interval(secs => s.seconds)
         from unnest($1::bigint[], $2::integer[], $3::double precision[]) as s (id, calls, seconds) where c.id = s.id",
        &ids,
        &calls,
        &seconds
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("delete from officient_calls where free_at <= clock_timestamp() or calls = 0")
        .execute(&mut *tx)
        .await?;
    let aside = sqlx::query!(
        r#"insert into officient_calls (calls, free_at)
           select least($1, $2 - spent), clock_timestamp() + make_interval(secs => $3)
           from (select coalesce(sum(calls), 0)::integer as spent from officient_calls) s where spent < $2
           returning id, calls"#,
        number(wanted),
        number(limit),
        lasts.as_secs_f64()
    )
    .fetch_optional(&mut *tx)
    .await?;
    let aside = if let Some(row) = aside {
        Aside::Calls { id: row.id, calls: usize::try_from(row.calls).unwrap_or_default() }
    } else {
        let seconds = sqlx::query_scalar!(
            r#"select extract(epoch from min(free_at) - clock_timestamp())::double precision as "seconds!"
               from officient_calls"#
        );
        let seconds = seconds.fetch_one(&mut *tx).await?.max(0.005);
        Aside::NothingBefore(Duration::from_secs_f64(seconds))
    };
    tx.commit().await?;
    Ok(aside)
}

//! One database for story after story: what a story left is cut off and emptied, which is much faster than a new one.

use std::time::Duration;

use optedo_officient::db;
use secrecy::SecretString;
use sqlx::{Connection as _, PgConnection};
use tokio::time::sleep;

use crate::support::create_database;

pub struct Database {
    pub url: String,
    connection: PgConnection,
    /// Empties every table, and puts back the rows that the migrations made.
    reset: String,
}

impl Database {
    pub async fn create() -> Self {
        let url = create_database().await;
        let pool = db::pool(&SecretString::from(url.clone()), 1).unwrap();
        db::migrate(&pool).await.unwrap();
        pool.close().await;
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let tables: Vec<String> = sqlx::query_scalar(
            "select table_name::text from information_schema.tables
             where table_schema = 'public' and table_name <> '_sqlx_migrations' order by 1",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        let mut reset = format!("truncate {} restart identity;", tables.join(", "));
        run(&mut connection, "create schema pristine").await;
        for table in tables {
            run(&mut connection, &format!("create table pristine.{table} as table public.{table}")).await;
            let count = format!("select count(*) from pristine.{table}");
            let rows: i64 =
                sqlx::query_scalar(sqlx::AssertSqlSafe(count)).fetch_one(&mut connection).await.unwrap();
            if rows > 0 {
                let rows =
                    format!("insert into {table} overriding system value select * from pristine.{table};");
                reset.push_str(&rows);
            }
        }
        Self { url, connection, reset }
    }

    /// As it was after the migrations.
    pub async fn reset(&mut self) {
        self.cut().await;
        self.until_nobody_is_connected().await;
        let reset = self.reset.clone();
        run(&mut self.connection, &reset).await;
    }

    /// Every connection but this one breaks.
    pub async fn cut(&mut self) {
        self.number(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid()",
        )
        .await;
    }

    pub async fn until_nobody_is_connected(&mut self) {
        let others = "select count(*) from pg_stat_activity
                      where datname = current_database() and pid <> pg_backend_pid()";
        while self.number(others).await > 0 {
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// The worker looks what is due.
    pub async fn wake(&mut self) {
        run(&mut self.connection, "select pg_notify('optedo_officient_work', '')").await;
    }

    /// The number that a query gives.
    pub async fn number(&mut self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&mut self.connection).await.unwrap()
    }

    /// The numbers that a query gives.
    pub async fn numbers(&mut self, query: &'static str) -> Vec<i64> {
        sqlx::query_scalar(query).fetch_all(&mut self.connection).await.unwrap()
    }

    /// The texts that a query gives.
    pub async fn texts(&mut self, query: &'static str) -> Vec<String> {
        sqlx::query_scalar(query).fetch_all(&mut self.connection).await.unwrap()
    }

    /// What waits, and who leads: where a story is stuck.
    pub async fn waiting(&mut self) -> Vec<String> {
        self.texts(
            "select 'person ' || person_id || ' since ' || sync_requested_at || ' reason ' || sync_reason || ' no ' || sync_request_no
                 || ' attempts ' || attempts || ' next ' || coalesce(next_attempt_at::text, 'now') || ': ' || coalesce(last_error, '')
             from people where sync_requested_at is not null
             union all
             select 'event ' || id || ' of ' || received_at || ' ' || event_type || ' ' || coalesce(related_object_id, '')
                 || coalesce(' widened ' || widened_at, '') from webhook_events where processed_at is null
             union all
             select 'sweep asked for ' || coalesce(sweep_asked_at::text, 'no') || ', begun ' || coalesce(sweep_started_at::text, 'no')
                 || ', ended ' || coalesce(sweep_finished_at::text, 'no') from connection
             union all
             select 'session ' || a.pid || ' ' || coalesce(a.state, '') || ' ' || coalesce(a.wait_event, '') || ' since '
                 || (clock_timestamp() - a.state_change) || ' locks ' || (select count(*) from pg_locks l where l.pid = a.pid
                     and l.locktype = 'advisory') || ' blocked by ' || pg_blocking_pids(a.pid)::text || ': ' || left(a.query, 120)
             from pg_stat_activity a where datname = current_database() and pid <> pg_backend_pid()",
        )
        .await
    }
}

async fn run(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap();
}

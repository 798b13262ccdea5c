//! One database for many stories: emptying it is much faster than creating another.

use std::time::Duration;

use optedo_officient::db;
use secrecy::SecretString;
use sqlx::{Connection as _, PgConnection};
use tokio::time::sleep;

use crate::support::create_database;
use crate::support::notifications::Chat;

/// What the service may wait for, with the query that shows it.
const WAITING: [(&str, &str); 7] = [
    (
        "connection",
        "select concat_ws(' ', state, 'company', company_id, 'token until', access_token_expires_at,
             'asked', sweep_asked_at, 'sweep', sweep_no, 'from', sweep_started_at, 'to', sweep_finished_at,
             case when is_paused then 'paused' end)
         from connection",
    ),
    (
        "event",
        "select concat_ws(' ', id, event_type, related_object_id, 'received', received_at, 'widened', widened_at)
         from webhook_events where processed_at is null order by id",
    ),
    (
        "person",
        "select concat_ws(' ', person_id, case when archived then 'archived' end, 'reason', sync_reason,
             'asked', sync_requested_at, 'request', sync_request_no, 'attempts', attempts, 'last', attempted_at,
             'next', next_attempt_at, 'seen', seen_event_id, last_fault, last_error)
         from people where sync_requested_at is not null order by person_id",
    ),
    (
        "write",
        "select concat_ws(' ', event_id, intent, 'since', intent_at, 'may come through until', call_until)
         from absences where intent is not null order by event_id",
    ),
    ("item", "select concat_ws(' ', kind, subject_id, waiting) from attention where resolved_at is null order by id"),
    ("term", "select term::text from leadership"),
    (
        "session",
        "select concat_ws(' ', pid, state, wait_event_type, wait_event, 'since', state_change, (
                 select string_agg(concat_ws(' ', locktype, mode, case when not granted then 'waits' end), ', ')
                 from pg_locks l where l.pid = a.pid and (locktype = 'advisory' or not granted)), left(query, 100))
         from pg_stat_activity a where datname = current_database() and pid <> pg_backend_pid() order by pid",
    ),
];

pub struct Database {
    pub url: String,
    /// Where the notifications of a story arrive.
    pub chat: Chat,
    connection: PgConnection,
    tables: Vec<String>,
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
        for table in &tables {
            run(&mut connection, &format!("create table pristine.{table} as table public.{table}")).await;
            let count = format!("select count(*) from pristine.{table}");
            let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count)).fetch_one(&mut connection).await.unwrap();
            if rows > 0 {
                let rows = format!("insert into {table} overriding system value select * from pristine.{table};");
                reset.push_str(&rows);
            }
        }
        Self { url, chat: Chat::start().await, connection, tables, reset }
    }

    /// Makes a backup of every table, in place of the last one.
    pub async fn back_up(&mut self) {
        let copy = |table: &String| format!("create table backup.{table} as table public.{table};");
        let copies: String = self.tables.iter().map(copy).collect();
        let sql = format!("drop schema if exists backup cascade; create schema backup; {copies}");
        run(&mut self.connection, &sql).await;
    }

    /// Restores the last backup. Nobody may be connected.
    pub async fn restore(&mut self) {
        let copy =
            |table: &String| format!("insert into {table} overriding system value select * from backup.{table};");
        let copies: String = self.tables.iter().map(copy).collect();
        // The triggers ran already before the backup.
        let sql = format!(
            "set session_replication_role = replica; truncate {}; {copies} reset session_replication_role",
            self.tables.join(", ")
        );
        run(&mut self.connection, &sql).await;
    }

    /// Restores the state after the migrations.
    pub async fn reset(&mut self) {
        self.cut().await;
        self.until_nobody_is_connected().await;
        self.chat.received.lock().unwrap().clear();
        let reset = self.reset.clone();
        run(&mut self.connection, &reset).await;
    }

    /// Breaks every connection except this one.
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

    /// Notifies the worker.
    pub async fn wake(&mut self) {
        run(&mut self.connection, "select pg_notify('optedo_officient_work', '')").await;
    }

    /// Everything that waits, since when and until when, and the state of every session.
    pub async fn what_waits(&mut self) -> Vec<String> {
        let mut said = Vec::new();
        for (what, query) in WAITING {
            let rows = self.texts(query).await;
            let on_a_line = |row: String| row.split_whitespace().collect::<Vec<_>>().join(" ");
            said.extend(rows.into_iter().map(|row| format!("{what}: {}", on_a_line(row))));
        }
        said
    }

    /// The number that a query gives.
    pub async fn number(&mut self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&mut self.connection).await.unwrap()
    }

    /// The numbers that a query gives.
    pub async fn numbers(&mut self, query: &'static str) -> Vec<i64> {
        sqlx::query_scalar(query).fetch_all(&mut self.connection).await.unwrap()
    }

    /// The pairs that a query gives as texts with a space between the two.
    pub async fn pairs(&mut self, query: &'static str) -> Vec<(String, String)> {
        let pairs = self.texts(query).await;
        let split = |pair: &String| pair.split_once(' ').map(|(first, second)| (first.to_owned(), second.to_owned()));
        pairs.iter().filter_map(split).collect()
    }

    /// The texts that a query gives.
    pub async fn texts(&mut self, query: &'static str) -> Vec<String> {
        sqlx::query_scalar(query).fetch_all(&mut self.connection).await.unwrap()
    }
}

async fn run(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap();
}

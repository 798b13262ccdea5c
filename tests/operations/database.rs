//! A Postgres that crashes, stops, hangs, is read-only or is restored from a backup.

use optedo_officient::db;
use sqlx::{Connection as _, PgConnection};
use tokio::time::timeout;

use crate::support::changes::{Dice, change, standing, until_equal, wanted};
use crate::support::postgres::Postgres;
use crate::support::prelude::*;
use crate::support::program::Replica;

/// A company on this Postgres, and the people whose leave changes all day.
fn on(postgres: &Postgres) -> Options {
    let patient = options().officient(|options| options.first_redelivery = Duration::from_millis(50));
    let settings = patient.set("sync.max_deletions", "1000").set("database.url", &postgres.url);
    settings.set("optedo.timeout", "500ms").set("sync.adopt_existing", "false")
}

fn people_of(w: &World) -> Vec<(i64, i64)> {
    [vec![(w.jan, w.user)], w.hire_people(4)].concat()
}

/// What sqlx 0.9 forgets: the next statement over that connection would be written inside an open transaction, and
/// lost.
#[tokio::test]
async fn a_transaction_cancelled_while_it_begins_is_not_left_open() {
    let url = create_database().await;
    let pool = db::pool(&url.clone().into(), 1).unwrap();
    let mut other = PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("create table seen (n integer)").execute(&mut other).await.unwrap();
    for given_up_after in 0..200 {
        drop(pool.acquire().await.unwrap());
        // At every point of the round trip.
        let begun = timeout(Duration::from_micros(given_up_after), db::begin(&pool));
        drop(begun.await);
        sqlx::raw_sql("insert into seen values (1)").execute(&pool).await.unwrap();
        let seen: i64 = sqlx::query_scalar("select count(*) from seen").fetch_one(&mut other).await.unwrap();
        assert_eq!(seen, i64::try_from(given_up_after).unwrap() + 1, "given up after {given_up_after} µs");
    }
}

#[tokio::test]
async fn a_postgres_that_crashes_during_writes_loses_and_duplicates_nothing() {
    let postgres = Postgres::start("crash").await;
    let w = on(&postgres).connected().await;
    let people = people_of(&w);
    w.officient.set_notify(true);
    w.optedo.set_latency(Duration::from_millis(2));
    let mut dice = Dice(7);
    for _ in 0..4 {
        for _ in 0..25 {
            change(&w, &people, &mut dice);
        }
        let writes = w.optedo.writes();
        until("the service writes", || w.optedo.writes() > writes + 2).await;
        postgres.crash().await;
        w.until_ready().await;
    }
    w.officient.webhooks_delivered().await;
    w.retry_until_done().await;
    w.sweep().await;
    assert_eq!(standing(&w), wanted(&w, &people));
    w.finish(&[]).await;
}

/// Delivers a webhook, which is refused although Postgres still does not respond.
async fn is_refused(w: &World, replica: &Replica) {
    assert_eq!(replica.deliver(w, w.jan).await, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_postgres_stopped_immediately_during_changes_loses_and_duplicates_nothing() {
    let mut postgres = Postgres::start("stop").await;
    let w = on(&postgres).connected_without_service().await;
    let people = people_of(&w);
    let environment = w.environment();
    let replicas =
        [Replica::start(&w, &environment, w.port()).await, Replica::start(&w, &environment, free_port()).await];
    w.officient.set_notify(true);
    w.optedo.set_latency(Duration::from_millis(2));
    let mut dice = Dice(11);
    for _ in 0..3 {
        for _ in 0..25 {
            change(&w, &people, &mut dice);
        }
        let writes = w.optedo.writes();
        until("the service writes", || w.optedo.writes() > writes + 2).await;
        postgres.stop_immediately().await;
        for replica in &replicas {
            is_refused(&w, replica).await;
        }
        postgres.start_again();
        // Both replicas are still the same processes.
        w.until_ready().await;
    }
    w.officient.webhooks_delivered().await;
    // The webhooks alone are enough: there is no sweep, no further change, and no restart of the service.
    until_equal(&w, &people).await;
    let accepted = w.officient.deliveries().iter().filter(|delivery| delivery.status == Some(200)).count();
    assert!(accepted >= 75, "{accepted}");
    let mut connection = PgConnection::connect(&postgres.url).await.unwrap();
    let count = sqlx::query_scalar("select count(*) from webhook_events");
    let stored: i64 = count.fetch_one(&mut connection).await.unwrap();
    assert!(stored >= i64::try_from(accepted).unwrap(), "{stored} of {accepted} acknowledged webhooks are stored");
    w.settle().await;
    w.sweep().await;
    assert_eq!(standing(&w), wanted(&w, &people));
    w.finish(&[]).await;
}

#[tokio::test]
async fn while_postgres_hangs_webhooks_are_refused_and_then_accepted_again() {
    let postgres = Postgres::start("hang").await;
    let w = on(&postgres).connected_without_service().await;
    let replica = Replica::start(&w, &w.environment(), w.port()).await;
    let first = w.take_leave(0);
    replica.receive(&w, w.jan).await;
    until("the leave is written", || w.absence_of(first).is_some()).await;
    postgres.hang("STOP");
    for _ in 0..2 {
        // More webhooks than the pool has connections.
        futures_util::future::join_all((0..7).map(|_| is_refused(&w, &replica))).await;
    }
    let second = w.take_leave(1);
    postgres.hang("CONT");
    w.until_ready().await;
    w.until("webhooks are accepted", async || replica.deliver(&w, w.jan).await == StatusCode::OK).await;
    until("the leave is written", || w.absence_of(second).is_some()).await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_database_restored_from_an_old_backup_duplicates_nothing_and_catches_up() {
    let mut w = options().set("sync.adopt_existing", "false").connected().await;
    let [kept, deleted, changed] = [0, 1, 2].map(|day| w.take_leave(day));
    w.webhook().await;
    w.app.stop().await;
    let tables = ["connection", "people", "absences", "held_back", "attention", "webhook_events"];
    for table in tables {
        w.sql(&format!("create table backup_{table} as table {table}")).await;
    }
    w.app.restart().await;
    w.officient.delete_event(deleted);
    w.make_partial(changed, 9, 60);
    let since = w.take_leave(3);
    let sick = w.officient.add_leave_type("Ziek", Some("Vakantie"));
    w.take(w.leave(4).of_type(LeaveType::Custom(sick)));
    w.webhook().await;
    let before = w.absences();
    assert_eq!(before.len(), 4);

    w.app.stop().await;
    for table in tables {
        let restore =
            format!("truncate {table}; insert into {table} overriding system value select * from backup_{table}");
        w.sql(&restore).await;
    }
    w.app.restart().await;
    w.sweep().await;
    assert_eq!(w.absences(), before);
    assert!(w.absence_of(kept).is_some() && w.absence_of(since).is_some());
    // An absence that was adopted again is ours: it is deleted with its event.
    w.officient.delete_event(since);
    w.webhook().await;
    assert_eq!(w.absence_of(since), None);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_read_only_database_refuses_webhooks_until_it_is_writable() {
    let w = World::connected().await;
    let name: String = sqlx::query_scalar("select current_database()").fetch_one(&w.db).await.unwrap();
    let disconnect = "select pg_terminate_backend(pid) from pg_stat_activity
               where datname = current_database() and pid <> pg_backend_pid()";
    w.sql(&format!("alter database {name} set default_transaction_read_only = on")).await;
    w.sql(disconnect).await;
    w.until("webhooks are refused", async || {
        w.deliver("calendar_event_added", w.jan).await == StatusCode::SERVICE_UNAVAILABLE
    })
    .await;
    let event = w.take_leave(0);
    let write = format!("begin read write; alter database {name} reset default_transaction_read_only; commit");
    w.sql(&write).await;
    // The sessions that began meanwhile stay read-only, and are replaced.
    w.until("webhooks are accepted", async || w.deliver("calendar_event_added", w.jan).await == StatusCode::OK).await;
    w.until("the leave is written", async || w.times_of(event) == whole_day(w.day(0))).await;
    w.finish(&[]).await;
}

/// The pool trusts a connection for a second after its last use; this one is older and broken.
#[tokio::test]
async fn a_pooled_connection_that_broke_is_replaced_without_an_error() {
    let url = create_database().await;
    let pool = db::pool(&url.clone().into(), 1).unwrap();
    let pid: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&pool).await.unwrap();
    let mut other = PgConnection::connect(&url).await.unwrap();
    sqlx::query("select pg_terminate_backend($1)").bind(pid).execute(&mut other).await.unwrap();
    // In the time of Postgres, which is as real as the pool's.
    sqlx::query("select pg_sleep(1.1)").execute(&mut other).await.unwrap();
    let next: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&pool).await.unwrap();
    assert_ne!(next, pid);
}

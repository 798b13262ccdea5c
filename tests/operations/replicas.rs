//! Several replicas on one database: all receive webhooks, one leads, and a former leader writes nothing.

use optedo_officient::db;
use optedo_officient::db::people;
use optedo_officient::domain::ids::{CompanyId, PersonId};
use optedo_officient::sync::SyncError;
use optedo_officient::sync::reconcile::YearsToRead;
use optedo_officient::sync::work_signal::{LEADERSHIP_VALID_FOR, Leadership};
use tokio::time::Instant;

use crate::support::prelude::*;
use crate::support::program::{Replica, with};

/// Jan as the database has him now.
async fn jan(w: &World) -> (CompanyId, people::Person) {
    let company = CompanyId(w.officient.company_id());
    (company, people::find(&w.db, company, PersonId(w.jan)).await.unwrap().unwrap())
}

#[tokio::test]
async fn every_replica_receives_webhooks_and_another_leads_when_the_leader_stops() {
    let mut w = World::connected().await;
    let (url, other) = w.replica().await;
    let first = w.take_leave(0);
    assert_eq!(w.deliver_to(&url, "calendar_event_added", w.jan).await, StatusCode::OK);
    w.until("the leader processes the webhook", async || w.absence_of(first).is_some()).await;

    w.app.stop().await;
    let second = w.take_leave(1);
    assert_eq!(w.deliver_to(&url, "calendar_event_added", w.jan).await, StatusCode::OK);
    until("the other replica leads", || w.absence_of(second).is_some()).await;
    w.assert_one_way_and_once();
    other.engine.stop.cancel();
}

#[tokio::test]
async fn another_replica_leads_after_the_leader_is_killed() {
    let w = options().connected_without_service().await;
    let environment = w.environment();
    let leader = Replica::start(&w, &environment, w.port()).await;
    let first = w.take_leave(0);
    leader.receive(&w, w.jan).await;
    until("the first replica leads", || w.absence_of(first).is_some()).await;
    let other = Replica::start(&w, &environment, free_port()).await;
    let second = w.take_leave(1);
    leader.kill();
    other.receive(&w, w.jan).await;
    until("the other replica leads", || w.absence_of(second).is_some()).await;
    w.assert_one_way_and_once();
}

#[tokio::test]
async fn a_leader_that_hangs_is_replaced_and_writes_nothing_when_it_resumes() {
    let w = options().set("sync.adopt_existing", "false").connected_without_service().await;
    let environment = with(w.environment(), "optedo.timeout", "30s");
    let leader = Replica::start(&w, &environment, w.port()).await;
    w.webhook().await;
    let other = Replica::start(&w, &environment, free_port()).await;
    // It hangs after it has asked whether the absence exists, before it creates it.
    let check = w.optedo.hold("GET /api/absences?", 0);
    let event = w.take_leave(0);
    leader.receive(&w, w.jan).await;
    w.until_held(&check, 1).await;
    leader.signal("STOP");
    check.release();
    until("the other replica leads", || w.absence_of(event).is_some()).await;
    leader.signal("CONT");
    // It finds out that it no longer leads; both still receive webhooks.
    for (day, replica) in [(1, &leader), (2, &other)] {
        let event = w.take_leave(day);
        replica.receive(&w, w.jan).await;
        until("the leave is written", || w.absence_of(event).is_some()).await;
    }
    assert_eq!(w.absences().len(), 3);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_replica_that_no_longer_leads_writes_nothing() {
    let w = World::connected().await;
    let (_url, other) = w.replica().await;
    let written = w.take_leave(0);
    w.webhook().await;
    w.make_partial(written, 9, 60);
    w.take_leave(1);
    let writes = w.optedo.writes();
    // A reconciliation by this replica, as if it had begun while the replica led.
    let (company, jan) = jan(&w).await;
    let reconciled = Box::pin(other.engine.reconcile(company, &jan, YearsToRead::All)).await;
    assert!(matches!(reconciled, Err(SyncError::NotLeading)), "it wrote");
    assert_eq!(w.optedo.writes(), writes);
    // The leader writes it as soon as it knows that the other's write is not under way.
    w.webhook().await;
    w.retry_until_done().await;
    assert_eq!(w.absences().len(), 2);
    assert_eq!(w.optedo.writes(), writes + 2);
    other.engine.stop.cancel();
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_leader_that_loses_only_its_lock_stops_leading_and_one_replica_leads_again() {
    let w = World::connected().await;
    let (_url, other) = w.replica().await;
    for day in 0..4 {
        let term = w.number("select term from leadership").await;
        // The session that holds the lock ends; everything else of that replica stays connected.
        let ended = w
            .number(
                "select count(pg_terminate_backend(pid)) from pg_locks
                 where locktype = 'advisory' and granted and objsubid = 1
                     and database = (select oid from pg_database where datname = current_database())",
            )
            .await;
        assert_eq!(ended, 1, "one replica leads");
        w.until("a new term begins", async || w.number("select term from leadership").await > term).await;
        let event = w.take_leave(day);
        w.webhook().await;
        w.until("the leader writes the leave", async || w.absence_of(event).is_some()).await;
    }
    other.engine.stop.cancel();
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_leader_that_does_not_know_of_its_successor_writes_nothing() {
    let mut w = World::connected().await;
    // As another replica does when it begins to lead.
    w.sql("update leadership set term = term + 1").await;
    let event = w.take_leave(0);
    let writes = w.optedo.writes();
    w.webhook().await;
    w.until("one attempt failed", async || w.queue("retrying").await == 1).await;
    assert_eq!(w.optedo.writes(), writes);
    w.app.restart().await;
    w.retry_until_done().await;
    assert!(w.absence_of(event).is_some());
    w.finish(&[]).await;
}

/// The process may be suspended, or Postgres slow, between noting a call and making it: another replica may lead by
/// then.
#[tokio::test]
async fn a_leader_whose_heartbeat_is_too_old_after_noting_a_call_does_not_make_it() {
    let w = World::connected().await;
    let (_url, other) = w.replica().await;
    w.take_leave(0);
    let (company, jan) = jan(&w).await;
    // As if it led, and its heartbeat became too old while the note waits for a lock.
    let term = w.number("select term from leadership").await;
    let heartbeat_at = |confirmed_at| other.engine.work_signal.set_leadership(Some(Leadership { confirmed_at, term }));
    heartbeat_at(Instant::now());
    let mut lock = db::begin(&w.db).await.unwrap();
    sqlx::query("select from leadership for update").execute(&mut *lock).await.unwrap();
    let grow_old = async {
        // A lock of a row: the rate limiter waits for one of a table.
        let waits = "select exists (select from pg_stat_activity where datname = current_database()
                         and wait_event_type = 'Lock' and wait_event <> 'relation')";
        w.until("the note waits for the lock", async || w.holds(waits).await).await;
        heartbeat_at(Instant::now().checked_sub(LEADERSHIP_VALID_FOR).unwrap());
        lock.rollback().await.unwrap();
    };
    let (reconciled, ()) = tokio::join!(other.engine.reconcile(company, &jan, YearsToRead::All), grow_old);
    assert!(matches!(reconciled, Err(SyncError::NotLeading)), "it wrote");
    let noted = "select count(*) from absences where intent = 'create' and call_until is not null";
    assert_eq!((w.number(noted).await, w.optedo.writes()), (1, 0), "noted and not made");
    other.engine.work_signal.set_leadership(None);
    w.webhook().await;
    w.retry_until_done().await;
    assert_eq!(w.absences().len(), 1);
    other.engine.stop.cancel();
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_leader_without_its_database_stops_writing() {
    let w = options().set("sync.adopt_existing", "false").connected().await;
    let (piet, _) = w.hire("Piet", "Pieters");
    for day in 0..20 {
        w.officient.add_event(piet, w.leave(day));
    }
    let writes = w.optedo.hold("POST /api/absences", 4);
    w.receive("person_added", piet).await;
    w.until_held(&writes, 1).await;
    w.take_database_away().await;
    until("it no longer leads", || !w.app.app.engine.work_signal.is_leading()).await;
    writes.release();
    assert!(w.absences().len() <= 5, "written without a database: {}", w.absences().len());
    w.give_database_back().await;
    w.until_ready().await;
    w.retry_until_done().await;
    assert_eq!(w.absences().len(), 20);
    assert_eq!(w.optedo.created_ever(), 20 + 2, "two of others");
    w.finish(&[]).await;
}

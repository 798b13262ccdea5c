//! Several copies of the service on one database.

use std::time::{Duration, Instant};

use jiff::ToSpan as _;
use optedo_officient::db::{self, people};
use optedo_officient::domain::ids::{CompanyId, PersonId};
use optedo_officient::simulators::officient::{LeaveType, NewEvent};
use optedo_officient::sync::SyncError;
use optedo_officient::sync::work_signal::{LEADERSHIP_VALID_FOR, Leadership};
use reqwest::StatusCode;
use serde_json::json;

use crate::support::TestApp;
use crate::support::world::World;

/// Delivers a webhook to the copy at `url`, as the proxy in front of both does.
async fn deliver_to(app: &TestApp, url: &str, person: i64) -> StatusCode {
    let path = app.webhook_url().strip_prefix(&app.url).unwrap().to_owned();
    let body = json!({"event_type": "calendar_event_added", "related_object_id": person.to_string()});
    app.http.post(format!("{url}{path}")).json(&body).send().await.unwrap().status()
}

#[tokio::test]
async fn every_copy_takes_webhooks_one_syncs_and_another_takes_over_when_it_stops() {
    let mut app = TestApp::start().await;
    let person = app.officient.add_person("Jan", "Peeters");
    let user = app.optedo.add_user("Jan", "Peeters");
    app.optedo.add_absence_type("Vakantie");
    let leave_type = LeaveType::Custom(app.officient.add_leave_type("Verlof", Some("Vakantie")));
    app.connect().await;
    app.settle().await;
    let (other_url, other) = app.replica().await;

    let day = app.clock.today();
    app.officient.add_event(person, NewEvent::new(leave_type, day));
    assert_eq!(deliver_to(&app, &other_url, person).await, StatusCode::OK);
    app.until("what the other copy received is written", async || app.optedo.absences_of(user).len() == 1)
        .await;

    app.stop().await;
    app.officient.add_event(person, NewEvent::new(leave_type, day.saturating_add(1.day())));
    assert_eq!(deliver_to(&app, &other_url, person).await, StatusCode::OK);
    let began = Instant::now();
    while app.optedo.absences_of(user).len() < 2 {
        assert!(began.elapsed().as_secs() < 10, "the other copy did not take over");
        tokio::task::yield_now().await;
    }
    app.assert_one_way_and_once();
    other.engine.stop.cancel();
}

#[tokio::test]
async fn a_copy_that_no_longer_leads_writes_nothing_however_far_its_look_is() {
    let w = World::connected().await;
    let (_url, other) = w.replica().await;
    let company = CompanyId(w.officient.company_id());
    let standing = w.take_leave(0);
    w.announce().await;
    w.officient.change_event(standing, |leave| *leave = leave.clone().part(540, 60));
    w.take_leave(1);
    let writes = w.optedo.writes();
    // A look of this copy as if it had begun while the copy led.
    let jan = people::find(&w.db, company, PersonId(w.jan)).await.unwrap().unwrap();
    let look = other.engine.reconcile(company, &jan, None).await;
    assert!(matches!(look, Err(SyncError::NotLeading)), "it wrote");
    assert_eq!(w.optedo.writes(), writes);
    // The one that leads writes it, once it knows that the other's write is not under way.
    w.announce().await;
    w.retry_until_done().await;
    assert_eq!(w.absences().len(), 2);
    assert_eq!(w.optedo.writes(), writes + 2);
    other.engine.stop.cancel();
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_copy_that_lost_its_lock_alone_stops_leading_at_once_and_one_leads_again() {
    let w = World::connected().await;
    let (_url, other) = w.replica().await;
    let leading = || [&w.app.app, &other].map(|copy| copy.engine.work_signal.is_leading());
    for day in 0..4 {
        // The session that holds the lock ends; everything else of that copy stays connected.
        let ended: i64 = sqlx::query_scalar(
            "select count(pg_terminate_backend(pid)) from pg_locks
             where locktype = 'advisory' and granted and objsubid = 1
                 and database = (select oid from pg_database where datname = current_database())",
        )
        .fetch_one(&w.db)
        .await
        .unwrap();
        assert_eq!(ended, 1, "one copy leads");
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(1500) || leading() == [false, false] {
            assert!(began.elapsed() < Duration::from_secs(10), "nobody leads");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let event = w.take_leave(day);
        w.announce().await;
        w.until("one that leads wrote it", async || w.absence_of(event).is_some()).await;
    }
    other.engine.stop.cancel();
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_copy_that_does_not_know_yet_that_another_leads_writes_nothing() {
    let mut w = World::connected().await;
    // As another copy does when it takes over.
    sqlx::query("update leadership set term = term + 1").execute(&w.db).await.unwrap();
    let event = w.take_leave(0);
    let writes = w.optedo.writes();
    w.announce().await;
    w.until("it looked", async || w.status().await["queue"]["retrying"] == 1).await;
    assert_eq!(w.optedo.writes(), writes);
    w.app.restart().await;
    w.retry_until_done().await;
    assert!(w.absence_of(event).is_some());
    w.finish(&[]).await;
}

/// It may be stopped, or Postgres take its time, between noting a call and making it: by then another one may lead.
#[tokio::test]
async fn a_copy_that_is_no_longer_certain_when_its_call_is_noted_does_not_make_it() {
    const HELD_UP: Duration = Duration::from_secs(4);
    let w = World::connected().await;
    let (_url, other) = w.replica().await;
    w.take_leave(0);
    let jan =
        people::find(&w.db, CompanyId(w.officient.company_id()), PersonId(w.jan)).await.unwrap().unwrap();
    // As if it led, and was certain of it for half the time that noting takes.
    let term = sqlx::query_scalar("select term from leadership").fetch_one(&w.db).await.unwrap();
    let since = LEADERSHIP_VALID_FOR.checked_sub(HELD_UP / 2).unwrap();
    let asked_at = tokio::time::Instant::now().checked_sub(since).unwrap();
    other.engine.work_signal.set_leadership(Some(Leadership { confirmed_at: asked_at, term }));
    let mut noting = db::begin(&w.db).await.unwrap();
    sqlx::query("select from leadership for update").execute(&mut *noting).await.unwrap();
    let held_up = async {
        tokio::time::sleep(HELD_UP).await;
        noting.rollback().await.unwrap();
    };
    let look = other.engine.reconcile(CompanyId(w.officient.company_id()), &jan, None);
    let (look, ()) = tokio::join!(look, held_up);
    assert!(matches!(look, Err(SyncError::NotLeading)), "it wrote");
    let noted = "select count(*) from absences where intent = 'create' and call_until is not null";
    let noted: i64 = sqlx::query_scalar(noted).fetch_one(&w.db).await.unwrap();
    assert_eq!((noted, w.optedo.writes()), (1, 0), "noted and not made");
    other.engine.work_signal.set_leadership(None);
    w.announce().await;
    w.retry_until_done().await;
    assert_eq!(w.absences().len(), 1);
    other.engine.stop.cancel();
    w.finish(&[]).await;
}

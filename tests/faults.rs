//! Faults of Postgres, floods and old backups; those of single calls are in `failures.rs` and `loose.rs`.

use std::time::Duration;

use futures_util::StreamExt as _;
use optedo_officient::db;
use optedo_officient::simulators::Fault;
use optedo_officient::simulators::officient::LeaveType;
use reqwest::StatusCode;
use serde_json::json;
use sqlx::{Connection as _, PgConnection};

use crate::support::world::{World, options, whole_day};
use crate::support::{Options, create_database};

/// Delivers these side by side, some at a time; all must be accepted.
async fn flood(w: &World, webhooks: impl Iterator<Item = (&'static str, i64)>) {
    let deliveries = webhooks.map(|(event_type, id)| w.deliver(event_type, id));
    let mut answers = futures_util::stream::iter(deliveries).buffer_unordered(50);
    while let Some(status) = answers.next().await {
        assert_eq!(status, StatusCode::OK);
    }
}

/// Officient's limit, ten times faster on both sides.
fn limited() -> Options {
    Options::default()
        .set("officient.rate_limit_period", "500ms")
        .officient(|options| options.rate_limit_period = Duration::from_millis(500))
}

#[tokio::test]
async fn eleven_thousand_webhooks_about_what_is_not_there_delay_nobodys_leave() {
    let w = World::start_with(limited()).await;
    for number in 0..40 {
        let (person, _) = w.hire("Piet", &format!("Pieters{number}"));
        w.officient.add_leave(person, [w.leave(0)]);
    }
    w.connect_and_import().await;
    let unknown =
        |from: i64| (from..from + 2750).flat_map(|id| [("calendar_event_added", id), ("person_added", id)]);
    flood(&w, unknown(1_000_000)).await;
    for (day, from) in [(1, 2_000_000), (2, 3_000_000)] {
        let event = w.take_leave(day);
        let calls = w.officient.calls().len();
        assert_eq!(w.deliver("calendar_event_added", w.jan).await, StatusCode::OK);
        w.until("Jan's leave stands", async || w.absence_of(event).is_some()).await;
        let calls = w.officient.calls().len() - calls;
        assert!(calls <= 60, "{calls} calls of the flood went before two of Jan's");
        if day == 1 {
            flood(&w, unknown(from)).await;
        }
    }
    w.settle().await;
    assert!(w.officient.calls().len() < 1500, "{}", w.officient.calls().len());
    let people: i64 = sqlx::query_scalar("select count(*) from people").fetch_one(&w.db).await.unwrap();
    assert!(people < 100, "{people} people, most of them nobody");
    assert_eq!(w.officient.rate_limited(), 0);
    w.finish(&[]).await;
}

#[tokio::test]
async fn known_ids_behind_thousands_of_unknown_ones_are_not_kept_waiting() {
    let w = World::connected().await;
    // Nobody can be asked what the unknown ones mean.
    w.officient.fault_on("/1.0/calendar/requests/", Fault::Status(500), 10_000);
    flood(&w, (0..2500).map(|id| ("calendar_event_added", 5_000_000 + id))).await;
    let event = w.take_leave(0);
    assert_eq!(w.deliver("calendar_event_added", w.jan).await, StatusCode::OK);
    w.until("Jan's leave stands", async || w.times_of(event) == whole_day(w.day(0))).await;
    w.officient.clear_faults();
    w.until("the rest is dealt with", async || {
        w.pass(jiff::SignedDuration::from_mins(1)).await;
        w.status().await["queue"]["waiting"] == 0
    })
    .await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn webhooks_three_days_late_and_about_another_account_are_harmless() {
    let w = World::connected().await;
    let event = w.take_leave(0);
    w.officient.delete_event(w.take_leave(1));
    w.pass(jiff::SignedDuration::from_hours(72)).await;
    for _ in 0..2 {
        w.announce_about("calendar_event_deleted", event + 1).await;
        w.announce_about("calendar_event_added", event).await;
    }
    let body =
        json!({"account": "somebody-else", "event_type": "person_deleted", "related_object_id": w.jan});
    assert_eq!(w.http.post(w.webhook_url()).json(&body).send().await.unwrap().status(), StatusCode::OK);
    w.settle().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    assert_eq!(w.absences().len(), 1);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_database_restored_from_an_old_backup_doubles_nothing_and_is_brought_up_to_date() {
    let mut w = World::connected_with(options().set("sync.adopt_existing", "false")).await;
    let [kept, deleted, changed] = [0, 1, 2].map(|day| w.take_leave(day));
    w.announce().await;
    w.app.stop().await;
    let tables = ["connection", "people", "absences", "held_back", "attention", "webhook_events"];
    for table in tables {
        run(&w, &format!("create table backup_{table} as table {table}")).await;
    }
    w.app.restart().await;
    w.officient.delete_event(deleted);
    w.officient.change_event(changed, |leave| *leave = leave.clone().part(540, 60));
    let since = w.take_leave(3);
    let sick = w.officient.add_leave_type("Ziek", Some("Vakantie"));
    w.officient.add_event(w.jan, {
        let mut leave = w.leave(4);
        leave.leave_type = LeaveType::Custom(sick);
        leave
    });
    w.announce().await;
    let before = w.absences();
    assert_eq!(before.len(), 4);

    w.app.stop().await;
    for table in tables {
        let restore = format!(
            "truncate {table}; insert into {table} overriding system value select * from backup_{table}"
        );
        run(&w, &restore).await;
    }
    w.app.restart().await;
    w.sweep().await;
    assert_eq!(w.absences(), before);
    assert!(w.absence_of(kept).is_some() && w.absence_of(since).is_some());
    // What is taken over again is ours: it goes when its event goes.
    w.officient.delete_event(since);
    w.announce().await;
    assert_eq!(w.absence_of(since), None);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_database_that_can_only_be_read_refuses_webhooks_and_is_used_again_by_itself() {
    let w = World::connected().await;
    let name: String = sqlx::query_scalar("select current_database()").fetch_one(&w.db).await.unwrap();
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity
               where datname = current_database() and pid <> pg_backend_pid()";
    run(&w, &format!("alter database {name} set default_transaction_read_only = on")).await;
    run(&w, cut).await;
    w.until("webhooks are refused", async || {
        w.deliver("calendar_event_added", w.jan).await == StatusCode::SERVICE_UNAVAILABLE
    })
    .await;
    let event = w.take_leave(0);
    let write =
        format!("begin read write; alter database {name} reset default_transaction_read_only; commit");
    run(&w, &write).await;
    run(&w, cut).await;
    w.until("webhooks are taken", async || w.deliver("calendar_event_added", w.jan).await == StatusCode::OK)
        .await;
    w.until("the leave stands", async || w.times_of(event) == whole_day(w.day(0))).await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_connection_that_broke_while_it_rested_is_replaced_without_an_error() {
    let url = create_database().await;
    let pool = db::pool(&url.clone().into(), 1).unwrap();
    let pid: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&pool).await.unwrap();
    let mut other = PgConnection::connect(&url).await.unwrap();
    sqlx::query("select pg_terminate_backend($1)").bind(pid).execute(&mut other).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let next: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&pool).await.unwrap();
    assert_ne!(next, pid);
}

#[tokio::test]
async fn with_every_connection_of_the_pool_in_use_a_webhook_is_taken_all_the_same() {
    let w = World::connected().await;
    let mut held = Vec::new();
    while let Ok(connection) = w.app.app.engine.db.acquire().await {
        held.push(connection);
    }
    let event = w.take_leave(0);
    assert_eq!(w.deliver("calendar_event_added", w.jan).await, StatusCode::OK);
    drop(held);
    w.until("the leave stands", async || w.times_of(event) == whole_day(w.day(0))).await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_calendar_that_does_not_come_or_does_not_end_deletes_nothing() {
    let w = World::start_with(options().set("officient.timeout", "1s")).await;
    let faults = [Fault::Timeout, Fault::AnswerHangs, Fault::HugeBody(50 << 20)];
    let events: Vec<i64> = (0..).zip(&faults).map(|(day, _)| w.take_leave(day)).collect();
    w.connect_and_import().await;
    for (event, fault) in events.iter().zip(faults) {
        w.officient.delete_event(*event);
        w.officient.fault_on(&format!("/1.0/calendar/{}/", w.jan), fault.clone(), 1000);
        w.announce().await;
        w.until("it was tried", async || w.status().await["queue"]["retrying"] == 1).await;
        assert!(w.absence_of(*event).is_some(), "{fault:?}");
        w.officient.clear_faults();
        w.retry_until_done().await;
        assert_eq!(w.absence_of(*event), None, "{fault:?}");
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_list_of_people_of_which_one_page_fails_archives_nobody() {
    let w = World::start().await;
    for number in 0..70 {
        let (person, _) = w.hire("Piet", &format!("Pieters{number}"));
        w.officient.add_event(person, w.leave(0));
    }
    w.connect_and_import().await;
    assert_eq!(w.absences().len(), 70);
    w.officient.fault_on("/1.0/people/list?page=1", Fault::Status(500), 1);
    w.officient.fault_on("/1.0/people/list?page=1", Fault::WrongContent(json!({"data": []})), 1);
    assert_eq!(w.post("/sync").await.status(), StatusCode::ACCEPTED);
    w.until("both odd lists were read", async || {
        w.pass(jiff::SignedDuration::from_mins(2)).await;
        w.officient.faults_left() == 0
    })
    .await;
    w.settle().await;
    assert_eq!(w.absences().len(), 70);
    assert_eq!(w.status().await["sync"]["peopleTotal"], 71);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_person_whom_officient_denied_once_is_asked_for_again_with_the_next_webhook() {
    let w = World::start().await;
    w.officient.rename_person(w.jan, "jan", "Peeters");
    let event = w.take_leave(0);
    w.connect_and_import().await;
    // Nobody matches, so the names are read again; and Officient says that there is no such person.
    w.officient.fault_on(&format!("/1.0/people/{}/detail", w.jan), Fault::Status(404), 1);
    w.announce().await;
    assert_eq!(w.officient.faults_left(), 0);
    w.officient.rename_person(w.jan, "Jan", "Peeters");
    w.announce().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_404_that_is_not_optedos_own_neither_doubles_an_absence_nor_leaves_it() {
    let w = World::start().await;
    let [changed, deleted] = [0, 1].map(|day| w.take_leave(day));
    w.connect_and_import().await;
    w.optedo.fault_on("PUT /api/absences/", Fault::Status(404), 1);
    w.officient.change_event(changed, |leave| *leave = leave.clone().part(540, 60));
    w.announce().await;
    w.retry_until_done().await;
    assert_eq!(w.times_of(changed), crate::support::world::part(w.day(0), (9, 0), (10, 0)));
    w.optedo.fault_on("DELETE /api/absences/", Fault::Status(404), 1);
    w.officient.delete_event(deleted);
    w.announce().await;
    w.retry_until_done().await;
    assert_eq!(w.absences().len(), 1);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_write_that_may_still_come_through_is_not_made_again_before_it_cannot() {
    let w = World::connected_with(options().set("sync.adopt_existing", "false")).await;
    let slow = w.take_leave(0);
    w.optedo.next_write(Fault::Status(503));
    w.announce().await;
    // As a process leaves it that is killed while Optedo takes its time.
    run(&w, "update absences set call_until = now() + interval '1 hour' where intent = 'create'").await;
    let other = w.take_leave(1);
    assert_eq!(w.deliver("calendar_event_added", w.jan).await, StatusCode::OK);
    w.until("the others do not wait for it", async || w.times_of(other) == whole_day(w.day(1))).await;
    assert_eq!(w.absence_of(slow), None);
    assert_eq!(w.status().await["queue"]["retrying"], 1);
    w.pass(jiff::SignedDuration::from_mins(61)).await;
    w.retry_until_done().await;
    assert_eq!(w.times_of(slow), whole_day(w.day(0)));
    assert_eq!(w.optedo.created_ever(), 2 + 2, "two of others");
    w.finish(&[]).await;
}

#[tokio::test]
async fn slow_answers_hold_up_nobody_and_are_bounded() {
    let w = World::connected_with(options().set("optedo.timeout", "1s")).await;
    let (piet, piets_user) = w.hire("Piet", "Pieters");
    w.officient.add_event(piet, w.leave(0));
    let jans = w.take_leave(0);
    // The first look at anybody's absences never ends.
    w.optedo.fault_on(&format!("GET /api/absences?userId={}", w.user), Fault::Timeout, 1);
    assert_eq!(w.deliver("calendar_event_added", w.jan).await, StatusCode::OK);
    assert_eq!(w.deliver("person_added", piet).await, StatusCode::OK);
    w.until("Piet's stands", async || w.optedo.absences_of(piets_user).len() == 1).await;
    w.retry_until_done().await;
    assert_eq!(w.times_of(jans), whole_day(w.day(0)));
    w.finish(&[]).await;
}

async fn run(w: &World, sql: &str) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&w.db).await.unwrap();
}

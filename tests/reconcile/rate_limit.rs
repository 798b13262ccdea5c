//! Calls to Officient: as few as possible, and never more than its rate limit allows.

use std::process::Stdio;

use crate::support::prelude::*;
use crate::support::program::{Replica, program, with};
use crate::support::simulators::Hold;

#[tokio::test]
async fn one_webhook_costs_at_most_four_calls_and_one_write() {
    let w = World::start().await;
    let (request, events) = w.officient.add_leave(w.jan, [w.leave(0)]);
    w.connect_and_import().await;
    for (hour, id) in (9..).zip([w.jan, events[0], request]) {
        w.make_partial(events[0], hour, 60);
        w.officient.clear_calls();
        w.optedo.clear_calls();
        w.webhook_about("calendar_event_updated", id).await;
        assert!(w.officient.calls().len() <= 4, "{:?}", w.officient.calls());
        // Users, types and absences are read once more, beside the calendar, because they must be current.
        assert!(w.optedo.calls().len() <= 4, "{:?}", w.optedo.calls());
        assert_eq!(w.optedo.writes(), 1);
    }
    // For new leave, the user's absences in Optedo are read first.
    let new = w.take_leave(1);
    w.officient.clear_calls();
    w.optedo.clear_calls();
    w.webhook().await;
    assert!(w.officient.calls().len() <= 4, "{:?}", w.officient.calls());
    assert_eq!(w.optedo.writes(), 1);
    assert!(w.absence_of(new).is_some());
    w.finish(&[]).await;
}

#[tokio::test]
async fn the_first_import_of_120_people_never_exceeds_the_rate_limit() {
    let w = fast_rate_limit().world().await;
    w.hire_people_with_leave(120);
    w.connect_and_import().await;
    assert_eq!(w.absences().len(), 120);
    assert_eq!(w.officient.rate_limited(), 0);
    assert!(w.officient.busiest_window() <= 30, "{}", w.officient.busiest_window());
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_webhook_during_an_import_does_not_wait_for_the_import() {
    let w = Options::default().world().await;
    let people = w.hire_people_with_leave(30);
    // The import is in the middle of its calls, at Officient's real limit, and stays there.
    let calendars: Vec<Hold> =
        people.iter().map(|(person, _)| w.officient.hold(&format!("/1.0/calendar/{person}/"), 0)).collect();
    w.connect().await;
    let held = || calendars.iter().map(Hold::arrived).sum::<usize>();
    until("the import is under way", || held() >= 5).await;
    for day in 0..3 {
        let event = w.take_leave(day);
        w.receive("calendar_event_added", w.jan).await;
        until("the leave is written", || w.absence_of(event).is_some()).await;
    }
    assert_eq!(w.absences().len(), 3, "nothing of the import is written");
    drop(calendars);
    w.settle().await;
    assert_eq!(w.absences().len(), 33);
    assert_eq!(w.officient.rate_limited(), 0);
    w.finish(&[]).await;
}

#[tokio::test]
async fn of_many_people_the_near_years_come_first_and_no_year_is_read_twice() {
    // Thirty calls a period, for twenty people and four years.
    let w = fast_rate_limit().set("sync.until", "800d").world().await;
    let people: Vec<i64> = w.hire_people(20).into_iter().map(|(person, _)| person).collect();
    w.connect_and_import().await;
    let year = w.clock.today().year();
    let far: Vec<Hold> =
        people.iter().map(|person| w.officient.hold(&format!("/1.0/calendar/{person}/{}", year + 2), 0)).collect();
    w.hold_worker().await;
    for person in &people {
        w.officient.add_event(*person, w.leave(0));
        w.officient.add_event(*person, w.leave(500));
        w.receive("calendar_event_added", *person).await;
    }
    w.officient.clear_calls();
    w.release_worker().await;
    w.until("the near leave is written", async || w.absences().len() == 20).await;
    assert_ne!(w.queue("waiting").await, 0, "the far years are still to be read");
    drop(far);
    w.settle().await;
    assert_eq!(w.absences().len(), 40);
    let calendars = people.iter().map(|person| w.officient.calls_to(&format!("/1.0/calendar/{person}/")));
    assert_eq!(calendars.collect::<Vec<_>>(), [w.window_years(); 20]);
    assert_eq!(w.officient.rate_limited(), 0);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_periodic_sweep_leaves_two_thirds_of_the_rate_limit_free() {
    let w = fast_rate_limit().set("sync.sweep_interval", "15m").world().await;
    w.hire_people_with_leave(20);
    w.connect_and_import().await;
    w.officient.clear_calls();
    w.periodic_sweep().await;
    let is_of_sweep = |path: &str| {
        path.starts_with("/1.0/people/list") || (path.starts_with("/1.0/calendar/") && !path.contains("requests"))
    };
    let mut calls = w.officient.calls();
    calls.retain(|call| is_of_sweep(&call.path));
    assert_eq!(calls.len(), 21 * w.window_years() + 1);
    for first in &calls {
        let within = |call: &&Call| call.at >= first.at && call.at - first.at < Duration::from_millis(500);
        let busy = calls.iter().filter(within).count();
        assert!(busy <= 10, "{busy} of 30 calls of a period are the sweep's");
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_sweep_without_changes_reads_one_calendar_per_person_and_year_and_calls_no_optedo() {
    let w = options().set("sync.sweep_interval", "15m").world().await;
    let second_type = LeaveType::Custom(w.officient.add_leave_type("Verlof 2", Some("Vakantie")));
    for (person, _) in w.hire_people(40) {
        w.officient.add_event(person, w.leave(0).of_type(second_type));
    }
    w.connect_and_import().await;
    w.officient.clear_calls();
    w.optedo.clear_calls();
    w.periodic_sweep().await;
    // The list of 41 people has two pages; requests and subscriptions have one page each.
    assert_eq!(w.officient.calls_to("/1.0/people/list"), 2);
    assert_eq!(w.officient.calls_to("/1.0/people/"), 2, "no detail is read again");
    assert_eq!(w.officient.calls().len(), 41 * w.window_years() + 2 + 1 + 1);
    assert_eq!(w.optedo.calls().len(), 0, "{:?}", w.optedo.calls());
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_token_that_expires_during_an_import_does_not_interrupt_it() {
    let w = fast_rate_limit().world().await;
    w.hire_people_with_leave(30);
    let writes = w.optedo.hold("POST /api/absences", 3);
    w.connect().await;
    w.until_held(&writes, 1).await;
    w.officient.expire_access_tokens();
    writes.release();
    w.settle().await;
    assert_eq!(w.absences().len(), 30);
    assert_eq!(w.queue("retrying").await, 0);
    assert_eq!(w.officient.rate_limited(), 0);
    // The login's token, and one refresh, however many calls met the expired one.
    assert_eq!(w.officient.calls_to("/1.0/token"), 2);
    w.finish(&[]).await;
}

#[tokio::test]
async fn if_one_interval_is_too_short_the_far_end_of_the_window_is_read_less_often() {
    // Twenty calls an interval, for twenty people and four years: every fourth sweep reads a person's far years.
    let period = Duration::from_millis(100);
    let options = Options::default()
        .set("officient.rate_limit_period", "100ms")
        .officient(|options| options.rate_limit_period = period)
        .set("sync.sweep_interval", "200ms")
        .set("sync.until", "800d");
    let w = options.world().await;
    w.hire_people(20);
    w.connect_and_import().await;
    let sweeps = async || w.number("select sweep_no from connection").await;
    let first = sweeps().await;
    w.officient.clear_calls();
    w.until("six sweeps began", async || sweeps().await >= first + 6).await;
    let year = w.clock.today().year();
    let near = w.officient.calls_to(&format!("/1.0/calendar/{}/{year}", w.jan));
    let far = w.officient.calls_to(&format!("/1.0/calendar/{}/{}", w.jan, year + 2));
    assert!(near >= 4, "{near}");
    assert!(far >= 1 && far <= near / 2, "{far} of {near}");
}

#[tokio::test]
async fn the_rate_limit_holds_across_all_replicas_and_commands() {
    let w = fast_rate_limit().set("log.filter", "off").world().await;
    w.hire_people_with_leave(30);
    w.connect_and_import().await;
    w.officient.clear_calls();
    let (_url, _follower) = w.replica().await;
    let mut beside = Vec::new();
    for arguments in [&["sync", "--dry-run"][..], &["sync"], &["sync", "--dry-run"]] {
        let environment = with(w.environment(), "server.listen", "127.0.0.1:0");
        beside.push(program(&environment, arguments).stdout(Stdio::null()).spawn().unwrap());
    }
    for _ in 0..40 {
        w.receive("calendar_event_updated", w.jan).await;
    }
    w.connect().await;
    for mut command in beside {
        let ended = tokio::task::spawn_blocking(move || command.wait().unwrap()).await.unwrap();
        assert!(ended.success());
    }
    w.settle().await;
    assert!(w.officient.calls().len() > 150, "too little happened: {}", w.officient.calls().len());
    assert_eq!(w.officient.rate_limited(), 0);
    assert!(w.officient.busiest_window() <= 30, "{}", w.officient.busiest_window());
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_new_leader_knows_how_much_of_the_rate_limit_is_used() {
    let mut w = fast_rate_limit().set("log.filter", "off").world().await;
    w.hire_people_with_leave(40);
    w.connect_and_import().await;
    w.app.stop().await;
    w.officient.clear_calls();
    let (environment, port) = (w.environment(), w.port());
    for _ in 0..8 {
        let copy = Replica::start(&w, &environment, port).await;
        let calls = w.officient.calls().len();
        w.request_sweep().await;
        w.until("the replica is in the middle of a burst", async || w.officient.calls().len() >= calls + 15).await;
        copy.kill();
    }
    assert_eq!(w.officient.rate_limited(), 0);
    assert!(w.officient.busiest_window() <= 30, "{}", w.officient.busiest_window());
}

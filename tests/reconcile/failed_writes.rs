//! Writes whose result is unknown (lost responses, time-outs, restarts): each takes effect exactly once.

use crate::support::prelude::*;

/// Faults of a write after which it is unknown whether it took effect.
fn faults_of_a_write() -> Vec<Fault> {
    vec![
        Fault::Status(500),
        Fault::Status(503),
        Fault::RetryAfter { status: 429, seconds: 2 },
        Fault::Html200,
        Fault::EmptyObject,
        Fault::CutOffJson,
        Fault::ResetMidBody,
        Fault::AnswerLost,
        Fault::AnswerHangs,
        Fault::Timeout,
        Fault::FailBeforeEffect,
        Fault::RedirectTo("http://127.0.0.1:9/".to_owned()),
    ]
}

fn short_timeout() -> Options {
    options().set("optedo.timeout", "200ms")
}

#[tokio::test]
async fn a_create_that_fails_in_any_way_ends_in_exactly_one_absence() {
    let w = short_timeout().set("sync.adopt_existing", "false").connected().await;
    for (day, fault) in (0..).zip(faults_of_a_write()) {
        w.optedo.next_write(fault.clone());
        let event = w.take_leave(day);
        w.webhook().await;
        w.retry_until_done().await;
        assert_eq!(w.times_of(event), whole_day(w.day(day)), "{fault:?}");
        assert_eq!(w.optedo.faults_left(), 0);
    }
    assert_eq!(w.absences().len(), faults_of_a_write().len());
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_change_that_fails_in_any_way_is_made_in_the_end() {
    let w = short_timeout().connected().await;
    for (day, fault) in (0..).zip(faults_of_a_write()) {
        let event = w.take_leave(day);
        w.webhook().await;
        w.optedo.next_write(fault.clone());
        w.make_partial(event, 9, 60);
        w.webhook().await;
        w.retry_until_done().await;
        assert_eq!(w.times_of(event), part(w.day(day), (9, 0), (10, 0)), "{fault:?}");
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_deletion_that_fails_in_any_way_is_made_in_the_end() {
    let w = short_timeout().connected().await;
    for (day, fault) in (0..).zip(faults_of_a_write()) {
        let event = w.take_leave(day);
        w.webhook().await;
        w.optedo.next_write(fault.clone());
        w.officient.delete_event(event);
        w.webhook().await;
        w.retry_until_done().await;
        assert_eq!(w.absences(), [], "{fault:?}");
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_lost_response_does_not_create_the_absence_twice_after_a_restart() {
    let mut w = options().set("sync.adopt_existing", "false").connected().await;
    let [kept, changed, gone] = [0, 1, 2].map(|day| w.take_leave(day));
    // Every create takes effect and loses its response.
    w.optedo.fault_on("POST /api/absences", Fault::AnswerLost, 3);
    w.webhook().await;
    assert!(w.absence_of(kept).is_some());
    w.app.restart().await;
    w.webhook().await;
    w.make_partial(changed, 9, 60);
    w.make_partial(gone, 10, 60);
    w.app.restart().await;
    w.retry_until_done().await;
    assert_eq!(w.times_of(kept), whole_day(w.day(0)));
    assert_eq!(w.times_of(changed), part(w.day(1), (9, 0), (10, 0)));
    assert_eq!(w.times_of(gone), part(w.day(2), (10, 0), (11, 0)));
    assert_eq!(w.optedo.created_ever(), 3 + 2, "three of ours, two of others");
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_absence_whose_response_was_lost_is_deleted_with_its_event() {
    let mut w = World::connected().await;
    let event = w.take_leave(0);
    w.optedo.next_write(Fault::AnswerLost);
    w.webhook().await;
    assert!(w.absence_of(event).is_some());
    w.officient.delete_event(event);
    w.app.restart().await;
    // A reconciliation may have found the absence before its event was deleted.
    w.webhook().await;
    w.retry_until_done().await;
    assert_eq!(w.absences(), []);
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_absence_is_deleted_if_its_event_was_deleted_during_the_create() {
    let w = options().set("optedo.timeout", "1s").connected().await;
    let event = w.take_leave(0);
    w.optedo.next_write(Fault::AnswerHangs);
    w.receive("calendar_event_added", w.jan).await;
    w.until("the absence exists, and the service does not know", async || w.absence_of(event).is_some()).await;
    w.officient.delete_event(event);
    w.retry_until_done().await;
    assert_eq!(w.absences(), []);
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_interrupted_deletion_and_change_are_completed_after_a_restart() {
    let mut w = World::start().await;
    let [deleted, changed] = [0, 1].map(|day| w.take_leave(day));
    w.connect_and_import().await;
    w.officient.delete_event(deleted);
    w.optedo.next_write(Fault::AnswerLost);
    w.webhook().await;
    w.app.restart().await;
    w.retry_until_done().await;
    w.make_partial(changed, 9, 60);
    w.optedo.next_write(Fault::FailBeforeEffect);
    w.webhook().await;
    w.app.restart().await;
    w.retry_until_done().await;
    assert_eq!(w.absence_of(deleted), None);
    assert_eq!(w.times_of(changed), part(w.day(1), (9, 0), (10, 0)));
    w.finish(&[]).await;
}

/// A deletion took effect and its response was lost. Then the leave comes back: the 404 that its absence answers now is
/// no sign of an Optedo that lags behind.
#[tokio::test]
async fn leave_that_returns_after_a_deletion_without_a_response_is_written_at_once() {
    let w = options().set("sync.adopt_existing", "false").connected().await;
    let [same_event, other_event] = [0, 1].map(|day| w.take_leave(day));
    w.webhook().await;
    w.optedo.fault_on("DELETE /api/absences", Fault::AnswerLost, 2);
    w.officient.change_event(same_event, |leave| leave.status = EventStatus::Pending);
    w.webhook().await;
    w.officient.delete_event(other_event);
    w.receive("calendar_event_deleted", w.jan).await;
    w.until("both are deleted", async || w.absences().is_empty()).await;
    w.officient.change_event(same_event, |leave| leave.status = EventStatus::Approved);
    let returned = w.take_leave(1);
    w.receive("calendar_event_added", w.jan).await;
    // The service's clock stands still, so whatever waits for it waits for ever.
    w.until("both are there", async || w.times_of(same_event).is_some() && w.times_of(returned).is_some()).await;
    assert_eq!(w.times_of(same_event), whole_day(w.day(0)));
    assert_eq!(w.times_of(returned), whole_day(w.day(1)));
    w.retry_until_done().await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_restart_during_the_first_import_writes_everything_once() {
    let mut w = World::start().await;
    for (person, _) in w.hire_people(10) {
        for day in 0..3 {
            w.officient.add_event(person, w.leave(day));
        }
    }
    let writes = w.optedo.hold("POST /api/absences", 5);
    w.connect().await;
    w.until_held(&writes, 1).await;
    // The stop is requested first; then the writes that are under way complete.
    let release = async { writes.release() };
    tokio::join!(w.app.stop(), release);
    assert!(w.absences().len() < 30, "the restart came too late to prove anything");
    w.app.restart().await;
    w.retry_until_done().await;
    w.settle().await;
    assert_eq!((w.absences().len(), w.optedo.created_ever()), (30, 32));
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_404_that_contradicts_optedos_list_neither_duplicates_nor_leaves_an_absence() {
    let w = World::start().await;
    let [changed, deleted] = [0, 1].map(|day| w.take_leave(day));
    w.connect_and_import().await;
    w.optedo.fault_on("PUT /api/absences/", Fault::Status(404), 1);
    w.make_partial(changed, 9, 60);
    w.webhook().await;
    w.retry_until_done().await;
    assert_eq!(w.times_of(changed), crate::support::world::part(w.day(0), (9, 0), (10, 0)));
    w.optedo.fault_on("DELETE /api/absences/", Fault::Status(404), 1);
    w.officient.delete_event(deleted);
    w.webhook().await;
    w.retry_until_done().await;
    assert_eq!(w.absences().len(), 1);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_write_that_may_still_take_effect_is_not_repeated_before_its_deadline() {
    let w = options().set("sync.adopt_existing", "false").connected().await;
    let slow = w.take_leave(0);
    w.optedo.next_write(Fault::Status(503));
    w.webhook().await;
    // The state that a process leaves when it is killed during a slow call.
    w.sql("update absences set call_until = now() + interval '1 hour' where intent = 'create'").await;
    let other = w.take_leave(1);
    w.receive("calendar_event_added", w.jan).await;
    w.until("other leave does not wait for it", async || w.times_of(other) == whole_day(w.day(1))).await;
    assert_eq!(w.absence_of(slow), None);
    assert_eq!(w.queue("retrying").await, 1);
    w.advance(SignedDuration::from_mins(61)).await;
    w.retry_until_done().await;
    assert_eq!(w.times_of(slow), whole_day(w.day(0)));
    assert_eq!(w.optedo.created_ever(), 2 + 2, "two of others");
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_failure_is_not_hidden_behind_a_change_that_only_waits() {
    let w = short_timeout().connected().await;
    w.optedo.fault_on("POST /api/absences", Fault::Timeout, 1);
    let waits = w.take_leave(0);
    w.webhook().await;
    // The clock stands still: the first call may still come through.
    w.optedo.fault_on("POST /api/absences", Fault::Status(500), 1);
    let fails = w.take_leave(1);
    w.receive("calendar_event_added", w.jan).await;
    w.until_idle().await;
    assert!(w.holds("select exists (select from people where last_error like '%status 500%')").await);
    w.retry_until_done().await;
    assert!(w.absence_of(waits).is_some() && w.absence_of(fails).is_some());
    w.finish(&[]).await;
}

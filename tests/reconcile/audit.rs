//! The audit: what somebody changed in Optedo is found, and restored or kept as the admin wants.

use crate::api::requests::problem;
use crate::support::prelude::*;
use crate::support::program::run;
use crate::support::simulators::optedo::{NewAbsence, Oddities};

pub async fn audit(w: &World) {
    let finished = async || w.status().await["audit"]["finishedAt"].clone();
    let before = finished().await;
    assert_eq!(w.post("/audit").await.status(), StatusCode::ACCEPTED);
    w.until("the audit ended", async || finished().await != before).await;
}

async fn differences(w: &World, state: &str) -> Vec<Value> {
    w.get(&format!("/differences?state={state}")).await.as_array().unwrap().clone()
}

pub async fn kinds(w: &World) -> Vec<(String, i64)> {
    let kind =
        |difference: &Value| (difference["kind"].as_str().unwrap().to_owned(), difference["eventId"].as_i64().unwrap());
    differences(w, "open").await.iter().map(kind).collect()
}

/// The differences that were restored are resolved with the reconciliation of their person.
async fn until_nothing_differs(w: &World) {
    w.until("no difference is left", async || kinds(w).await.is_empty() && w.attention().await.is_empty()).await;
}

async fn decide(w: &World, difference: &Value, decision: &str) -> StatusCode {
    w.post(&format!("/differences/{}/{decision}", difference["id"])).await.status()
}

/// An absence with our reference that no event explains.
fn add_unexplained(w: &World, event: i64, day: i32) -> i64 {
    w.optedo.add_absence(NewAbsence {
        user_id: w.user,
        absence_type_id: w.vakantie,
        start: w.day(day).at(9, 0, 0, 0),
        end: w.day(day).at(12, 0, 0, 0),
        all_day: false,
        external_reference: Some(w.reference(event)),
    })
}

/// Jan's leave on the first days is in Optedo.
async fn imported(options: Options, days: i32) -> (World, Vec<i64>) {
    let w = options.world().await;
    let events = (0..days).map(|day| w.take_leave(day)).collect();
    w.connect_and_import().await;
    (w, events)
}

#[tokio::test]
async fn what_somebody_deleted_or_changed_is_found_and_nothing_is_written() {
    let w = options().world().await;
    let (other, other_user) = w.hire("Els", "De Smet");
    let events: Vec<i64> = (0..6).map(|day| w.take_leave(day)).collect();
    w.officient.add_event(other, w.leave(0));
    let second_type = w.optedo.add_absence_type("Afwezig");
    w.connect_and_import().await;
    let [deleted, shortened, retyped, moved, given_away, right] = events[..] else { panic!() };
    let id = |event| w.absence_of(event).unwrap().id;
    let to = w.day(9);
    w.optedo.delete_absence(id(deleted));
    w.optedo.change_absence(id(shortened), |absence| absence.all_day = false);
    w.optedo.change_absence(id(retyped), |absence| absence.absence_type_id = second_type);
    w.optedo.change_absence(id(moved), |absence| {
        (absence.start, absence.end) = (to.at(0, 0, 0, 0), to.tomorrow().unwrap().at(0, 0, 0, 0));
    });
    w.optedo.change_absence(id(given_away), |absence| absence.user_id = other_user);
    let unexplained = add_unexplained(&w, 999_999, 8);
    let writes = w.optedo.writes();
    let calls = w.optedo.calls().len();

    audit(&w).await;
    let changed = |event| ("changed".to_owned(), event);
    let expected = [
        ("missing".to_owned(), deleted),
        changed(shortened),
        changed(retyped),
        changed(moved),
        changed(given_away),
        ("unexplained".to_owned(), 999_999),
    ];
    let found = kinds(&w).await;
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for difference in expected {
        assert!(found.contains(&difference), "{difference:?} of {found:?}; {right} is right");
    }
    assert_eq!(w.optedo.writes(), writes, "an audit writes nothing");
    let lists = w.optedo.calls()[calls..].iter().filter(|call| call.path.starts_with("/api/absences")).count();
    assert_eq!(lists, 2, "one call for each of two users");

    let all = differences(&w, "open").await;
    let of = |event: i64| all.iter().find(|difference| difference["eventId"] == event).unwrap();
    let whole_day = json!({
        "userId": w.user, "absenceTypeId": w.vakantie, "allDay": true,
        "start": format!("{}T00:00:00", w.day(0)), "end": format!("{}T00:00:00", w.day(0).tomorrow().unwrap()),
    });
    let missing = of(deleted);
    assert_eq!((&missing["expected"], &missing["found"]), (&whole_day, &Value::Null));
    assert_eq!((&missing["personId"], &missing["state"]), (&json!(w.jan), &json!("open")));
    assert_eq!(missing["date"], w.day(0).to_string());
    assert_eq!((&of(999_999)["expected"], &of(999_999)["absenceId"]), (&Value::Null, &json!(unexplained)));
    assert_eq!(of(given_away)["found"]["userId"], other_user);
    assert_eq!(of(retyped)["found"]["absenceTypeId"], second_type);
    let item = w.item("differs_in_optedo").await;
    assert_eq!((&item["subject"], &item["waiting"]), (&json!("Jan Peeters"), &json!(6)));
    assert_eq!(w.status().await["audit"]["differences"], 6);
    let metrics = w.http.get(format!("{}/metrics", w.url)).send().await.unwrap().text().await.unwrap();
    for line in ["missing\"} 1", "changed\"} 4", "unexplained\"} 1"] {
        assert!(metrics.contains(&format!("differences_open{{kind=\"{line}\n")), "{line}: {metrics}");
    }
    assert!(!metrics.contains("audit_finished_timestamp_seconds 0\n"), "{metrics}");
}

#[tokio::test]
async fn restoring_writes_what_officient_says_and_deletes_what_no_event_explains() {
    let (w, events) = imported(options(), 3).await;
    let [deleted, changed, _] = events[..] else { panic!() };
    w.optedo.delete_absence(w.absence_of(deleted).unwrap().id);
    w.optedo.change_absence(w.absence_of(changed).unwrap().id, |absence| absence.all_day = false);
    add_unexplained(&w, 999_999, 8);
    // What was just written may not be visible yet, so that a missing absence is looked for again.
    w.advance(SignedDuration::from_mins(2)).await;
    audit(&w).await;
    for difference in differences(&w, "open").await {
        assert_eq!(decide(&w, &difference, "restore").await, StatusCode::ACCEPTED);
    }
    w.until("all is as Officient says", async || {
        w.times_of(deleted) == whole_day(w.day(0))
            && w.times_of(changed) == whole_day(w.day(1))
            && w.absence_of(999_999).is_none()
    })
    .await;
    until_nothing_differs(&w).await;
    assert_eq!(differences(&w, "resolved").await.len(), 3);
    audit(&w).await;
    assert!(kinds(&w).await.is_empty());
    assert_eq!(w.absences().len(), 3);
    w.finish(&[]).await;
}

#[tokio::test]
async fn what_is_kept_stays_until_the_event_changes() {
    let (w, events) = imported(options(), 2).await;
    w.optedo.delete_absence(w.absence_of(events[0]).unwrap().id);
    audit(&w).await;
    let [difference] = &differences(&w, "open").await[..] else { panic!() };
    assert_eq!(decide(&w, difference, "keep").await, StatusCode::NO_CONTENT);
    assert!(w.attention().await.is_empty());
    w.sweep().await;
    audit(&w).await;
    assert!(kinds(&w).await.is_empty(), "it was decided");
    assert_eq!(differences(&w, "kept").await.len(), 1);
    assert_eq!(w.absence_of(events[0]), None);

    w.make_partial(events[0], 9, 120);
    w.advance(SignedDuration::from_mins(2)).await;
    w.webhook().await;
    w.until("the changed leave is written", async || w.times_of(events[0]) == part(w.day(0), (9, 0), (11, 0))).await;
    w.until("the difference is resolved", async || differences(&w, "kept").await.is_empty()).await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn what_is_kept_can_be_restored_later() {
    let (w, events) = imported(options(), 1).await;
    w.optedo.change_absence(w.absence_of(events[0]).unwrap().id, |absence| absence.all_day = false);
    audit(&w).await;
    let difference = differences(&w, "open").await.remove(0);
    decide(&w, &difference, "keep").await;
    assert_eq!(decide(&w, &difference, "restore").await, StatusCode::ACCEPTED);
    w.until("it is restored", async || w.times_of(events[0]) == whole_day(w.day(0))).await;
    w.until("it is resolved", async || differences(&w, "kept").await.is_empty()).await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_edit_between_two_clicks_is_not_overwritten() {
    let (w, events) = imported(options(), 1).await;
    let id = w.absence_of(events[0]).unwrap().id;
    w.optedo.change_absence(id, |absence| absence.all_day = false);
    audit(&w).await;
    let difference = differences(&w, "open").await.remove(0);
    let later = w.day(0).at(10, 0, 0, 0);
    w.optedo.change_absence(id, |absence| absence.start = later);
    let refused = w.post(&format!("/differences/{}/restore", difference["id"])).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    let refused = problem(refused, "changed meanwhile").await;
    assert!(refused["type"].as_str().unwrap().ends_with("#changed-meanwhile"), "{refused}");
    w.settle().await;
    assert_eq!(w.absence_of(events[0]).unwrap().content.start, later);
    let difference = differences(&w, "open").await.remove(0);
    assert_eq!(difference["found"]["start"], format!("{}T10:00:00", w.day(0)), "it was compared again");
    assert_eq!(decide(&w, &difference, "restore").await, StatusCode::ACCEPTED);
    w.until("it is restored", async || w.times_of(events[0]) == whole_day(w.day(0))).await;
    until_nothing_differs(&w).await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_difference_that_is_not_there_or_decided_is_not_found() {
    let (w, events) = imported(options(), 1).await;
    w.optedo.change_absence(w.absence_of(events[0]).unwrap().id, |absence| absence.all_day = false);
    audit(&w).await;
    let difference = differences(&w, "open").await.remove(0);
    w.optedo.change_absence(w.absence_of(events[0]).unwrap().id, |absence| absence.all_day = true);
    audit(&w).await;
    assert!(kinds(&w).await.is_empty(), "somebody put it back");
    for decision in ["restore", "keep"] {
        assert_eq!(decide(&w, &difference, decision).await, StatusCode::NOT_FOUND);
        assert_eq!(decide(&w, &json!({"id": 0}), decision).await, StatusCode::NOT_FOUND);
    }
    let wrong = w.api(Method::GET, "/differences?state=all").send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    w.finish(&[]).await;
}

#[tokio::test]
async fn with_restore_what_was_deleted_or_changed_comes_back_by_itself() {
    let (w, events) = imported(options().set("sync.on_difference", "restore"), 2).await;
    w.optedo.delete_absence(w.absence_of(events[0]).unwrap().id);
    w.optedo.change_absence(w.absence_of(events[1]).unwrap().id, |absence| absence.all_day = false);
    add_unexplained(&w, 999_999, 8);
    w.advance(SignedDuration::from_mins(2)).await;
    audit(&w).await;
    w.until("both are restored", async || {
        w.times_of(events[0]) == whole_day(w.day(0)) && w.times_of(events[1]) == whole_day(w.day(1))
    })
    .await;
    w.until("one is left", async || kinds(&w).await == [("unexplained".to_owned(), 999_999)]).await;
    assert!(w.absence_of(999_999).is_some(), "only the admin deletes it");
    let restored = w.number("select count(*) from history where reason = 'audit'").await;
    assert_eq!(restored, 2);
    w.finish(&["differs_in_optedo"]).await;
}

#[tokio::test]
async fn deleting_what_no_event_explains_counts_towards_the_deletion_limit() {
    let (w, _) = imported(options().set("sync.max_deletions", "1"), 1).await;
    add_unexplained(&w, 999_998, 7);
    add_unexplained(&w, 999_999, 8);
    audit(&w).await;
    for difference in differences(&w, "open").await {
        assert_eq!(decide(&w, &difference, "restore").await, StatusCode::ACCEPTED);
    }
    w.settle().await;
    let item = w.item("deletions_held").await;
    w.retry(&item).await;
    w.until("both are deleted", async || w.absences().len() == 1).await;
    w.until("nothing is open", async || w.attention().await.is_empty()).await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn the_daily_audit_runs_once_at_its_time() {
    let w = options().set("sync.audit_at", "02:30").world().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.optedo.delete_absence(w.absence_of(event).unwrap().id);
    let finished = async || w.status().await["audit"]["finishedAt"].clone();
    assert_eq!(finished().await, Value::Null, "it begins at the next half past two");
    w.advance(SignedDuration::from_hours(24)).await;
    w.until("the audit ended", async || finished().await != Value::Null).await;
    assert_eq!(kinds(&w).await, [("missing".to_owned(), event)]);
    let first = finished().await;
    w.advance(SignedDuration::from_mins(1)).await;
    w.until_idle().await;
    assert_eq!(finished().await, first);
    w.finish(&["differs_in_optedo"]).await;
}

#[tokio::test]
async fn a_part_of_the_calendar_that_cannot_be_read_says_nothing() {
    let (w, events) = imported(options(), 2).await;
    w.optedo.delete_absence(w.absence_of(events[0]).unwrap().id);
    audit(&w).await;
    assert_eq!(kinds(&w).await, [("missing".to_owned(), events[0])]);
    add_unexplained(&w, 999_999, 8);
    w.optedo.delete_absence(w.absence_of(events[1]).unwrap().id);

    w.officient.fault_on("/1.0/calendar/", Fault::Status(500), 100_000);
    let ended = run(&w, &["audit", "--json"]).await;
    assert_eq!((ended.code, ended.out.trim()), (Some(1), "[]"), "{ended:?}");
    assert!(ended.err.contains(&format!("person {} could not be compared", w.jan)), "{ended:?}");
    w.officient.clear_faults();

    // An entry without an id may be the event of any absence.
    let unreadable = w.take(w.leave(5).raw("id", json!([])));
    audit(&w).await;
    let mut found = kinds(&w).await;
    found.sort();
    assert_eq!(found, [("missing".to_owned(), events[0]), ("missing".to_owned(), events[1])]);
    w.officient.delete_event(unreadable);
    audit(&w).await;
    assert!(kinds(&w).await.contains(&("unexplained".to_owned(), 999_999)));
}

#[tokio::test]
async fn a_list_that_ends_too_early_makes_nothing_missing() {
    let w = options().world().await;
    let events: Vec<i64> = (0..105).map(|day| w.take_leave(day)).collect();
    w.connect_and_import().await;
    w.optedo.delete_absence(w.absence_of(events[104]).unwrap().id);
    w.optedo.behave(Oddities { lists_at_most: Some(100), ..Oddities::NONE });
    audit(&w).await;
    assert_eq!(kinds(&w).await, [("missing".to_owned(), events[104])]);
    w.optedo.behave(Oddities::NONE);
}

#[tokio::test]
async fn the_command_prints_each_difference_and_stores_nothing() {
    let (w, events) = imported(options(), 2).await;
    let ended = run(&w, &["audit"]).await;
    assert_eq!((ended.code, ended.out.trim()), (Some(0), "1 people compared, 0 differences"), "{ended:?}");
    let id = w.absence_of(events[0]).unwrap().id;
    w.optedo.delete_absence(id);
    let writes = w.optedo.writes();
    let ended = run(&w, &["audit", "--person", &w.jan.to_string(), "--json"]).await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let printed: Value = serde_json::from_str(&ended.out).unwrap();
    let [difference] = &printed.as_array().unwrap()[..] else { panic!("{printed}") };
    assert_eq!((&difference["kind"], &difference["eventId"]), (&json!("missing"), &json!(events[0])));
    assert_eq!(difference["absenceId"], id);
    let ended = run(&w, &["audit"]).await;
    assert!(
        ended.out.contains(&format!("missing      {}  person {} event {}", w.day(0), w.jan, events[0])),
        "{ended:?}"
    );
    assert_eq!(w.optedo.writes(), writes);
    assert!(kinds(&w).await.is_empty(), "the command stores nothing");
    let ended = run(&w, &["audit", "--person", "999999"]).await;
    assert!(ended.code == Some(1) && ended.err.contains("there is no person 999999"), "{ended:?}");
}

#[tokio::test]
async fn a_difference_ends_with_the_event_or_the_match() {
    let (w, events) = imported(options(), 2).await;
    w.optedo.delete_absence(w.absence_of(events[0]).unwrap().id);
    w.optedo.change_absence(w.absence_of(events[1]).unwrap().id, |absence| absence.all_day = false);
    w.advance(SignedDuration::from_mins(2)).await;
    audit(&w).await;
    w.officient.delete_event(events[0]);
    w.webhook().await;
    w.until("the deleted leave is no difference", async || kinds(&w).await == [("changed".to_owned(), events[1])])
        .await;
    w.until("the item counts one", async || w.item("differs_in_optedo").await["waiting"] == 1).await;
    w.optedo.rename_user(w.user, "Jan", "Janssens");
    audit(&w).await;
    assert!(kinds(&w).await.is_empty(), "nobody is compared with");
}

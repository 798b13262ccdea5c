//! Export and erasure of a person's data (GDPR articles 15 and 17).

use optedo_officient::db;
use optedo_officient::db::erasure;
use optedo_officient::domain::ids::PersonId;

use crate::security::least_data::NAMES;
use crate::support::prelude::*;
use crate::support::program::run;

async fn rows_about(w: &World, person: i64, events: &[i64]) -> Vec<String> {
    let dump = w.dump().await;
    let ids: Vec<String> = events.iter().chain([&person]).map(ToString::to_string).collect();
    let words = |line: &str| line.split(|char: char| !char.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>();
    let is_about = |line: &&str| words(line).iter().any(|word| ids.contains(word)) && !line.starts_with("audit_log ");
    dump.lines().filter(is_about).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_person_is_exported_and_erased_from_every_table() {
    let w = World::connected().await;
    let person = w.officient.add_person(NAMES[0], NAMES[1]);
    let other = w.officient.add_person(NAMES[3], NAMES[1]);
    w.optedo.add_user(NAMES[0], NAMES[1]);
    let mut events: Vec<i64> = (0..3).map(|day| w.officient.add_event(person, w.leave(day))).collect();
    events.push(w.officient.add_event(person, w.leave(4).lasting(None)));
    w.officient.add_event(other, w.leave(0));
    w.sweep().await;
    for event in &events {
        w.webhook_about("calendar_event_updated", event).await;
    }
    w.webhook_about("person_updated", person).await;
    w.officient.rename_person(person, NAMES[2], NAMES[1]);
    w.sweep().await;
    assert!(rows_about(&w, person, &events).await.len() > 8);
    assert_eq!(w.absences().len(), 3);

    let id = person.to_string();
    let exported = run(&w, &["export", "--person", &id]).await;
    assert!(exported.code == Some(0), "{exported:?}");
    let exported: serde_json::Value = serde_json::from_str(&exported.out).unwrap();
    assert_eq!(exported["people"][0]["first_name"], NAMES[2]);
    assert_eq!(exported["absences"].as_array().unwrap().len(), 3);
    for table in ["history", "heldBack", "attention", "webhookEvents"] {
        assert!(!exported[table].as_array().unwrap().is_empty(), "{table}: {exported}");
    }
    assert!(!exported.to_string().contains(NAMES[3]), "another person is in the export");

    // Archived in Officient first, as the command asks.
    w.officient.archive_person(person);
    w.sweep().await;
    let erased = run(&w, &["forget", "--person", &id]).await;
    assert!(erased.code == Some(0), "{erased:?}");
    let out = &erased.out;
    assert!(out.contains("3 of their absences stay in Optedo") && !out.contains("come back"), "{out}");
    w.sweep().await;
    assert_eq!(rows_about(&w, person, &events).await, Vec::<String>::new());
    assert!(!w.dump().await.contains(NAMES[2]), "the name is still there");
    assert_eq!(w.absences().len(), 3);
    assert!(w.dump().await.contains(NAMES[3]), "others are still known");
    let again = run(&w, &["forget", "--person", &id]).await;
    assert_eq!(again.code, Some(1));
    assert!(again.err.contains("nothing is stored here about person"));
    assert_eq!(run(&w, &["export", "--person", &id]).await.code, Some(1));
    let acts: Vec<String> = sqlx::query_scalar("select action from audit_log where session = 'command' order by id")
        .fetch_all(&w.db)
        .await
        .unwrap();
    assert_eq!(acts, ["person_exported", "person_forgotten"]);
}

/// A reconciliation read before the erasure and stores after it: at every step, nothing of the person comes back.
#[tokio::test]
async fn a_reconciliation_under_way_brings_nothing_of_an_erased_person_back() {
    const CALENDAR: &str = "/1.0/calendar/";
    for step in ["the calendar is read", "blocked leave is read", "the calendar hangs", "the create hangs"] {
        let w = options().set("officient.timeout", "2s").set("optedo.timeout", "2s").connected().await;
        let person = w.officient.add_person(NAMES[0], NAMES[1]);
        if step != "blocked leave is read" {
            w.optedo.add_user(NAMES[0], NAMES[1]);
        }
        w.sweep().await;
        let events: Vec<i64> = (0..3).map(|day| w.officient.add_event(person, w.leave(day))).collect();
        w.officient.clear_calls();
        let reading = match step {
            "the create hangs" => {
                w.optedo.fault_on("POST /api/absences", Fault::AnswerHangs, 1);
                None
            }
            "the calendar hangs" => {
                w.officient.fault_on(CALENDAR, Fault::AnswerHangs, 1);
                None
            }
            _ => Some(w.officient.hold(CALENDAR, 0)),
        };
        w.receive("calendar_event_updated", person).await;
        w.until("the reconciliation has reached the step", async || match step {
            "the create hangs" => w.optedo.calls().iter().any(|call| call.method == Method::POST),
            _ => w.officient.calls_to(CALENDAR) > 0,
        })
        .await;
        erase(&w, person).await;
        let before = w.absences().len();
        drop(reading);
        // A call that hangs is cancelled after its time-out, and recorded as failed.
        w.until_idle().await;
        w.officient.delete_person(person);
        w.settle().await;
        assert_eq!(rows_about(&w, person, &events).await, Vec::<String>::new(), "{step}");
        assert!(!w.dump().await.contains(NAMES[0]), "{step}");
        // Only the call that was under way may have taken effect.
        assert!(w.absences().len() <= before + 1, "{step}: written after the erasure");
    }
}

async fn erase(w: &World, person: i64) {
    let mut tx = db::begin(&w.db).await.unwrap();
    assert!(erasure::erase(&mut tx, PersonId(person), w.clock.now()).await.unwrap().was_known);
    tx.commit().await.unwrap();
}

/// A person is erased after Officient has sent a list with them and before the list is stored: they do not come back,
/// not even as an id, and the list is read again.
#[tokio::test]
async fn a_list_read_before_an_erasure_brings_nobody_back() {
    let requests = "/1.0/calendar/requests/";
    for (case, has_webhook, path) in [
        ("a sweep", false, "/1.0/people/list".to_owned()),
        ("everybody, because an id is unknown", true, "/1.0/people/list".to_owned()),
        ("the requester of a request", true, format!("{requests}901/")),
        ("the requesters of the newest requests", true, format!("{requests}list")),
    ] {
        let w = World::connected().await;
        let (person, _) = w.hire(NAMES[0], NAMES[1]);
        w.sweep().await;
        let data = match path.strip_prefix(requests) {
            None => json!([{"id": w.jan, "name": "Jan Peeters"}, {"id": person, "name": NAMES[0]}]),
            Some("list") => json!([{"id": 900, "requester": {"id": person}}]),
            Some(_) => {
                assert_eq!(w.officient.add_request(w.jan, &[]), 901);
                json!({"id": 901, "requester": {"id": person}})
            }
        };
        w.officient.fault_on(&path, Fault::WrongContent(json!({"data": data, "total_record_count": 2})), 1);
        w.officient.clear_calls();
        let reading = w.officient.hold(&path, 0);
        if has_webhook {
            w.receive("calendar_event_added", 901).await;
        } else {
            w.request_sweep().await;
        }
        w.until_held(&reading, 1).await;
        erase(&w, person).await;
        w.officient.delete_person(person);
        reading.release();
        w.settle().await;
        assert_eq!(w.officient.faults_left(), 0, "{case}");
        assert_eq!(rows_about(&w, person, &[]).await, Vec::<String>::new(), "{case}");
        assert!(w.officient.calls_to(&path) > 1, "{case}: not read again");
        let event = w.take_leave(0);
        w.webhook_about("calendar_event_added", event).await;
        assert!(w.absence_of(event).is_some(), "{case}: others are reconciled as always");
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn an_erasure_also_removes_the_person_from_cached_requests() {
    let w = World::connected().await;
    let (person, _) = w.hire(NAMES[0], NAMES[1]);
    w.sweep().await;
    let request = w.officient.add_request(w.jan, &[]);
    let output = json!({"data": {"id": request, "requester": {"id": person}}});
    w.officient.fault_on(&format!("/1.0/calendar/requests/{request}/"), Fault::WrongContent(output), 1);
    w.webhook_about("calendar_event_added", request).await;
    assert_eq!(w.officient.faults_left(), 0);
    erase(&w, person).await;
    w.officient.delete_person(person);
    w.webhook_about("calendar_event_added", request).await;
    assert_eq!(rows_about(&w, person, &[]).await, Vec::<String>::new());
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_person_who_is_not_known_yet_can_be_erased_ahead_of_the_list() {
    let w = World::connected().await;
    let person = w.officient.add_person(NAMES[0], NAMES[1]);
    let list = json!({"data": [{"id": w.jan, "name": "Jan Peeters"}, {"id": person, "name": NAMES[0]}], "total_record_count": 2});
    w.officient.fault_on("/1.0/people/list", Fault::WrongContent(list), 1);
    let reading = w.officient.hold("/1.0/people/list", 0);
    w.request_sweep().await;
    w.until_held(&reading, 1).await;
    let erased = run(&w, &["forget", "--person", &person.to_string()]).await;
    assert_eq!(erased.code, Some(1), "nothing is known");
    w.officient.delete_person(person);
    reading.release();
    w.settle().await;
    assert_eq!(rows_about(&w, person, &[]).await, Vec::<String>::new());
}

#[tokio::test]
async fn an_erased_person_who_is_still_in_officient_comes_back_completely() {
    let w = World::connected().await;
    let event = w.take_leave(0);
    w.webhook().await;
    let erased = run(&w, &["forget", "--person", &w.jan.to_string()]).await;
    assert!(erased.out.contains("they come back"));
    assert!(w.get("/people").await.as_array().unwrap().is_empty());
    w.sweep().await;
    assert_eq!(w.get("/people").await.as_array().unwrap().len(), 1);
    assert!(w.absence_of(event).is_some(), "adopted by its reference, not duplicated");
    w.finish(&[]).await;
}

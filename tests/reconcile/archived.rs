//! Archived people who have absences from today on: one item for all of them, and what the admin decides.

use super::decisions::{decide, send};
use crate::support::prelude::*;
use crate::support::program::run;

/// Jan, with two days of leave from today on, and Piet, with one, are archived. Both also had leave before.
pub struct Archived {
    pub w: World,
    piet: i64,
    pub jans: [i64; 2],
    pub piets: i64,
}

pub async fn two_archived(max_deletions: &str) -> Archived {
    let w = options().set("sync.max_deletions", max_deletions).world().await;
    let (piet, _) = w.hire("Piet", "Pieters");
    let jans = [0, 1].map(|day| w.take_leave(day));
    let piets = w.officient.add_event(piet, w.leave(0));
    for person in [w.jan, piet] {
        w.officient.add_event(person, w.leave(-10));
    }
    w.connect_and_import().await;
    assert_eq!(w.absences().len(), 5);
    w.officient.archive_person(w.jan);
    w.officient.archive_person(piet);
    w.sweep().await;
    Archived { w, piet, jans, piets }
}

#[tokio::test]
async fn archived_people_with_leave_from_today_on_are_one_item_that_resolves_by_itself() {
    let Archived { w, piet, .. } = two_archived("15").await;
    let writes = w.optedo.writes();
    assert_eq!(w.item("archived_people").await["waiting"], 3);
    w.finish(&["archived_people"]).await;
    let day = w.day(0);
    let days = w.get(&format!("/people/{piet}/days?from={day}&until={day}")).await;
    assert_eq!((&days[0]["state"], &days[0]["reason"]), (&json!("waiting"), &json!("archived_people")));
    w.officient.set_archived(piet, false);
    w.sweep().await;
    assert_eq!(w.item("archived_people").await["waiting"], 2);
    // What is past stays, without a question.
    w.advance(SignedDuration::from_hours(24 * 14)).await;
    w.sweep().await;
    w.finish(&[]).await;
    assert_eq!((w.absences().len(), w.optedo.writes()), (5, writes));
}

#[tokio::test]
async fn what_stays_of_archived_people_is_not_asked_again_until_they_were_back() {
    let Archived { mut w, .. } = two_archived("15").await;
    let before = w.absences();
    decide(&w, &w.item("archived_people").await, json!({"action": "keep"})).await;
    w.app.restart().await;
    w.sweep().await;
    w.webhook_about("person_deleted", w.jan).await;
    assert_eq!(w.absences(), before);
    w.finish(&[]).await;
    w.officient.set_archived(w.jan, false);
    w.sweep().await;
    w.finish(&[]).await;
    w.officient.archive_person(w.jan);
    w.sweep().await;
    assert_eq!(w.item("archived_people").await["waiting"], 2);
    assert_eq!(w.absences(), before);
}

#[tokio::test]
async fn of_two_archived_people_one_is_deleted_and_the_other_stays() {
    let Archived { w, piet, jans, piets } = two_archived("15").await;
    let item = w.item("archived_people").await;
    let nothing = send(&w, &item, json!({"action": "delete", "personIds": [piet, 999_999]})).await;
    assert_eq!(nothing.status(), StatusCode::UNPROCESSABLE_ENTITY);
    w.settle().await;
    assert_eq!((w.absences().len(), &w.item("archived_people").await["waiting"]), (5, &json!(3)));

    decide(&w, &item, json!({"action": "delete", "personIds": [piet]})).await;
    assert_eq!((w.absence_of(piets), w.absences().len()), (None, 4), "what is past stays");
    assert_eq!(w.item("archived_people").await["waiting"], 2);
    decide(&w, &item, json!({"action": "keep", "personIds": [w.jan]})).await;
    w.sweep().await;
    assert!(jans.iter().all(|event| w.absence_of(*event).is_some()));
    let acts: Vec<(String, String)> =
        sqlx::query_as("select action, detail from audit_log where detail like '% deletions: %' order by id")
            .fetch_all(&w.db)
            .await
            .unwrap();
    let expected = [
        ("archived_deleted", format!("1 deletions: {piet}")),
        ("deletions_rejected", format!("2 deletions: {}", w.jan)),
    ];
    assert_eq!(acts, expected.map(|(act, detail)| (act.to_owned(), detail)));
    assert_eq!(w.number("select count(*) from history where action = 'deleted' and reason = 'manual'").await, 1);
    let again = send(&w, &item, json!({"action": "delete"})).await;
    assert_eq!(again.status(), StatusCode::CONFLICT);

    // The decision about Jan is changed.
    decide(&w, &item, json!({"action": "delete", "personIds": [w.jan]})).await;
    assert!(jans.iter().all(|event| w.absence_of(*event).is_none()));
    w.finish(&[]).await;
}

#[tokio::test]
async fn the_deletion_limit_also_holds_for_archived_people() {
    let Archived { w, piet, jans, piets } = two_archived("2").await;
    decide(&w, &w.item("archived_people").await, json!({"action": "delete"})).await;
    assert!(w.attention_of("archived_people").await.is_empty());
    let held = w.item("deletions_held").await;
    let waiting = held["waiting"].as_u64().unwrap();
    assert_eq!(w.absences().len() as u64, 2 + waiting, "what was above the limit waits");
    w.sweep().await;
    w.advance(SignedDuration::from_mins(11)).await;
    w.sweep().await;
    assert_eq!(w.item("deletions_held").await["waiting"], waiting);
    w.retry(&held).await;
    assert!(jans.iter().chain([&piets]).all(|event| w.absence_of(*event).is_none()), "{piet}");
    assert_eq!(w.absences().len(), 2);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_deletion_that_waited_when_its_person_was_archived_needs_the_decision_about_the_person() {
    let w = options().set("sync.max_deletions", "0").world().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.officient.delete_event(event);
    w.webhook().await;
    w.officient.archive_person(w.jan);
    w.sweep().await;
    w.finish(&["archived_people", "deletions_held"]).await;
    w.retry(&w.item("deletions_held").await).await;
    assert!(w.absence_of(event).is_some());
    w.finish(&["archived_people"]).await;
    decide(&w, &w.item("archived_people").await, json!({"action": "delete"})).await;
    assert_eq!(w.absence_of(event), None, "the deletion was confirmed before");
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_person_whom_officient_no_longer_knows_counts_as_archived() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.officient.delete_person(w.jan);
    w.webhook_about("person_deleted", w.jan).await;
    decide(&w, &w.item("archived_people").await, json!({"action": "delete"})).await;
    assert_eq!(w.absence_of(event), None);
    w.finish(&[]).await;
}

#[tokio::test]
async fn of_two_admins_who_decide_about_archived_people_at_once_only_the_first_decides() {
    let Archived { w, .. } = two_archived("15").await;
    let item = w.item("archived_people").await;
    let both = ["keep", "delete"].map(|action| send(&w, &item, json!({"action": action})));
    let mut statuses: Vec<u16> = join_all(both).await.iter().map(|response| response.status().as_u16()).collect();
    let is_kept = statuses[0] == 202;
    w.settle().await;
    assert_eq!(w.absences().len(), if is_kept { 5 } else { 2 });
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 409]);
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_archived_person_who_is_erased_leaves_the_item() {
    let Archived { w, piet, .. } = two_archived("15").await;
    for (person, waiting) in [(piet, Some(2)), (w.jan, None)] {
        let erased = run(&w, &["forget", "--person", &person.to_string()]).await;
        assert_eq!(erased.code, Some(0), "{erased:?}");
        let items = w.attention_of("archived_people").await;
        assert_eq!(items.first().map(|item| item["waiting"].as_i64().unwrap()), waiting);
    }
    assert_eq!(w.absences().len(), 5);
}

/// What the version before stored: an item for each archived person.
#[tokio::test]
async fn an_update_asks_once_for_all_archived_people_and_not_for_those_who_were_ignored() {
    let Archived { w, piet, .. } = two_archived("15").await;
    let writes = w.optedo.writes();
    let migration = include_str!("../../migrations/20261130210000_archived_people.sql");
    let update = migration.split_once("update absences").unwrap().1;
    w.sql(&format!(
        "update held_back set kind = 'unmatched_person', subject_id = person_id::text;
         delete from attention;
         insert into attention (kind, subject_id, subject, detail, cause, waiting, first_seen_at, last_seen_at, ignored_at)
         select 'unmatched_person', person_id::text, first_name, '', '{{\"case\": \"archived\"}}', 2, now(), now(),
             case when person_id = {piet} then now() end
         from people where archived;
         update absences {update}"
    ))
    .await;
    w.finish(&["unmatched_person"]).await;
    w.sweep().await;
    assert_eq!(w.item("archived_people").await["waiting"], 2, "only Jan's");
    w.finish(&["archived_people"]).await;
    assert_eq!((w.absences().len(), w.optedo.writes()), (5, writes));
    assert_eq!(w.get("/attention?state=ignored").await, json!([]));
}

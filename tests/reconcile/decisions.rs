//! What the admin decides about absences whose leave is gone, person by person.

use reqwest::Response;

use crate::support::prelude::*;

/// Jan's two days of leave and Piet's one are gone from Officient, and all three deletions wait.
struct Held {
    w: World,
    piet: i64,
    jans: [i64; 2],
    piets: i64,
}

async fn three_held() -> Held {
    let w = options().set("sync.max_deletions", "0").world().await;
    let (piet, _) = w.hire("Piet", "Pieters");
    let jans = [0, 1].map(|day| w.take_leave(day));
    let piets = w.officient.add_event(piet, w.leave(0));
    w.connect_and_import().await;
    for event in [jans[0], jans[1], piets] {
        withdraw(&w, event);
    }
    w.sweep().await;
    assert_eq!(w.item("deletions_held").await["waiting"], 3);
    Held { w, piet, jans, piets }
}

/// Takes the leave away. Its event keeps its id, so that the same leave can come back.
fn withdraw(w: &World, event: i64) {
    assert!(w.officient.change_event(event, |leave| leave.status = EventStatus::Pending));
}

fn approve(w: &World, event: i64) {
    assert!(w.officient.change_event(event, |leave| leave.status = EventStatus::Approved));
}

pub async fn send(w: &World, item: &Value, body: Value) -> Response {
    let request = w.api(Method::POST, &format!("/attention/{}/decide", item["id"])).json(&body);
    request.send().await.unwrap()
}

/// Decides, which is accepted, and is processed.
pub async fn decide(w: &World, item: &Value, body: Value) {
    let response = send(w, item, body).await;
    assert_eq!(response.status(), StatusCode::ACCEPTED, "{:?}", response.text().await);
    w.settle().await;
}

async fn audit(w: &World) {
    let finished = async || w.status().await["audit"]["finishedAt"].clone();
    let before = finished().await;
    w.advance(SignedDuration::from_mins(1)).await;
    assert_eq!(w.post("/audit").await.status(), StatusCode::ACCEPTED);
    w.until("the audit ended", async || finished().await != before).await;
}

#[tokio::test]
async fn a_kept_absence_stays_and_its_deletion_is_not_proposed_again() {
    let Held { mut w, piet, jans, .. } = three_held().await;
    let (before, writes) = (w.absences(), w.optedo.writes());
    decide(&w, &w.item("deletions_held").await, json!({"action": "keep"})).await;
    let is_kept = async |w: &World| {
        assert_eq!((w.absences(), w.optedo.writes()), (before.clone(), writes));
        w.finish(&[]).await;
    };
    is_kept(&w).await;
    w.sweep().await;
    w.webhook().await;
    is_kept(&w).await;
    audit(&w).await;
    assert_eq!(w.status().await["audit"]["differences"], 0);
    w.app.restart().await;
    w.advance(SignedDuration::from_mins(11)).await;
    w.sweep().await;
    is_kept(&w).await;
    // An event that is gone for good changes nothing about it.
    w.officient.delete_event(jans[0]);
    w.sweep().await;
    is_kept(&w).await;

    let (from, until) = (w.day(0), w.day(1));
    let days = w.get(&format!("/people/{}/days?from={from}&until={until}", w.jan)).await;
    let states: Vec<&Value> = days.as_array().unwrap().iter().map(|day| &day["state"]).collect();
    assert_eq!(states, ["in_optedo", "in_optedo"]);
    let log = "select count(*) from audit_log where session = 'api' and action = 'deletions_rejected' and detail = ";
    assert_eq!(w.number(&format!("{log}'3 deletions: {}, {piet}'", w.jan)).await, 1);
}

#[tokio::test]
async fn one_person_is_kept_and_the_other_deleted() {
    let Held { w, piet, jans, piets } = three_held().await;
    let item = w.item("deletions_held").await;
    decide(&w, &item, json!({"action": "keep", "personIds": [w.jan]})).await;
    assert_eq!(w.item("deletions_held").await["waiting"], 1);
    assert_eq!(w.absences().len(), 3);
    decide(&w, &item, json!({"action": "delete", "personIds": [piet]})).await;
    assert_eq!(w.absence_of(piets), None);
    assert!(jans.iter().all(|event| w.absence_of(*event).is_some()));
    w.sweep().await;
    assert_eq!(w.absences().len(), 2);
    w.finish(&[]).await;
}

#[tokio::test]
async fn one_person_is_deleted_while_the_other_waits() {
    let Held { w, piet, piets, .. } = three_held().await;
    let item = w.item("deletions_held").await;
    decide(&w, &item, json!({"action": "delete", "personIds": [piet, piet]})).await;
    assert_eq!(w.absence_of(piets), None);
    w.sweep().await;
    assert_eq!((w.absences().len(), &w.item("deletions_held").await["waiting"]), (2, &json!(2)));
    let history = w.number("select count(*) from history where action = 'deleted' and reason = 'manual'").await;
    assert_eq!(history, 1);
    // Confirming all of them works as before.
    w.retry(&item).await;
    assert_eq!(w.absences(), []);
    w.finish(&[]).await;
}

#[tokio::test]
async fn leave_that_came_back_and_went_again_is_proposed_again() {
    let Held { w, jans, .. } = three_held().await;
    decide(&w, &w.item("deletions_held").await, json!({"action": "keep"})).await;
    approve(&w, jans[0]);
    w.webhook().await;
    w.finish(&[]).await;
    withdraw(&w, jans[0]);
    w.webhook().await;
    let item = w.item("deletions_held").await;
    assert_eq!(item["waiting"], 1);
    decide(&w, &item, json!({"action": "delete"})).await;
    assert_eq!((w.absence_of(jans[0]), w.absences().len()), (None, 2));
    w.finish(&[]).await;
}

#[tokio::test]
async fn new_leave_of_the_same_day_takes_a_kept_absence_over() {
    let Held { w, .. } = three_held().await;
    decide(&w, &w.item("deletions_held").await, json!({"action": "keep"})).await;
    let new = w.take(w.leave(0).part(540, 120));
    w.webhook().await;
    assert_eq!((w.times_of(new), w.absences().len()), (part(w.day(0), (9, 0), (11, 0)), 3));
    // From now on it is the absence of the new leave.
    w.officient.delete_event(new);
    w.webhook().await;
    assert_eq!(w.item("deletions_held").await["waiting"], 1);
    w.finish(&["deletions_held"]).await;
}

#[tokio::test]
async fn what_was_kept_can_be_deleted_later_within_the_limit() {
    let Held { mut w, piets, jans, .. } = three_held().await;
    let item = w.item("deletions_held").await;
    decide(&w, &item, json!({"action": "keep"})).await;
    // The item is resolved by now.
    decide(&w, &item, json!({"action": "delete", "personIds": [w.jan]})).await;
    let held = w.item("deletions_held").await;
    assert_eq!((&held["waiting"], w.absences().len()), (&json!(2), 3), "above the limit of none");
    decide(&w, &held, json!({"action": "keep", "personIds": [w.jan]})).await;
    w.app.restart_with(&[("sync.max_deletions", "2")]).await;
    decide(&w, &item, json!({"action": "delete", "personIds": [w.jan]})).await;
    assert!(jans.iter().all(|event| w.absence_of(*event).is_none()) && w.absence_of(piets).is_some());
    let proposed = w.number("select count(*) from audit_log where action = 'deletions_proposed'").await;
    assert_eq!(proposed, 2);
    w.finish(&[]).await;
}

#[tokio::test]
async fn of_two_admins_who_decide_at_once_one_decides_and_the_other_is_told() {
    let w = options().set("sync.max_deletions", "0").connected().await;
    for round in 0..4 {
        let events = [0, 1, 2, 3].map(|day| w.take_leave(round * 4 + day));
        w.webhook().await;
        for event in events {
            withdraw(&w, event);
        }
        w.webhook().await;
        let item = w.item("deletions_held").await;
        let both = ["keep", "delete"].map(|action| send(&w, &item, json!({"action": action})));
        let mut statuses: Vec<u16> = join_all(both).await.iter().map(|response| response.status().as_u16()).collect();
        let is_kept = statuses[0] == 202;
        w.settle().await;
        assert!(events.iter().all(|event| w.absence_of(*event).is_some() == is_kept));
        statuses.sort_unstable();
        assert_eq!(statuses, [202, 409]);
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn nothing_is_deleted_that_was_rejected_while_its_person_was_being_reconciled() {
    let w = options().set("sync.max_deletions", "1").world().await;
    let events = [0, 1].map(|day| w.take_leave(day));
    w.connect_and_import().await;
    for event in events {
        withdraw(&w, event);
    }
    w.webhook().await;
    let item = w.item("deletions_held").await;
    w.advance(SignedDuration::from_mins(11)).await;
    // Before new leave is written, the absences in Optedo are read; the deletions are planned by then.
    let read = w.optedo.hold("GET /api/absences", 0);
    let new = w.take_leave(2);
    w.request_sweep().await;
    w.until_held(&read, 1).await;
    assert_eq!(send(&w, &item, json!({"action": "keep"})).await.status(), StatusCode::ACCEPTED);
    read.release();
    w.settle().await;
    assert!(events.iter().chain([&new]).all(|event| w.absence_of(*event).is_some()));
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_decision_that_cannot_be_made_changes_nothing() {
    let Held { w, jans, .. } = three_held().await;
    let item = w.item("deletions_held").await;
    let unmapped = w.officient.add_leave_type("Onbekend", None);
    w.take(w.leave(5).of_type(LeaveType::Custom(unmapped)));
    w.webhook().await;
    let other = w.item("unmapped_leave_type").await;
    let state = async || {
        let decided = "select count(*) from audit_log where action like 'deletions%'";
        (w.absences(), w.item("deletions_held").await["waiting"].clone(), w.number(decided).await)
    };
    let before = state().await;
    let nobody = json!({"id": 999_999});
    for (item, body, status) in [
        (&item, json!([]), 400),
        (&item, json!({}), 422),
        (&item, json!({"action": "drop"}), 422),
        (&item, json!({"action": 1}), 422),
        (&item, json!({"action": "keep", "personIds": []}), 422),
        (&item, json!({"action": "keep", "personIds": null}), 422),
        (&item, json!({"action": "keep", "personIds": w.jan}), 422),
        (&item, json!({"action": "keep", "personIds": [w.jan.to_string()]}), 422),
        (&item, json!({"action": "keep", "personIds": [1.5]}), 422),
        (&item, json!({"action": "keep", "personIds": [w.jan, 999_999]}), 422),
        (&item, json!({"action": "delete", "personIds": [999_999, w.jan]}), 422),
        (&other, json!({"action": "delete"}), 409),
        (&other, json!({"action": "keep", "personIds": [w.jan]}), 409),
        (&nobody, json!({"action": "delete"}), 404),
    ] {
        let response = send(&w, item, body.clone()).await;
        assert_eq!(response.status().as_u16(), status, "{body}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{body}");
    }
    w.settle().await;
    assert_eq!(state().await, before);
    for event in jans {
        approve(&w, event);
    }
    decide(&w, &item, json!({"action": "keep"})).await;
    assert_eq!(send(&w, &item, json!({"action": "keep"})).await.status(), StatusCode::CONFLICT);
    w.finish(&["unmapped_leave_type"]).await;
}

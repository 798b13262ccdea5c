//! What the admin may set: its effect on the absences, how it is undone, and what is refused.

use super::archived::{Archived, two_archived};
use super::audit::{audit, kinds};
use crate::support::prelude::*;

async fn put(w: &World, body: &Value) -> StatusCode {
    w.api(Method::PUT, "/settings").json(body).send().await.unwrap().status()
}

/// The settings are accepted, and whom they concern is reconciled.
async fn set(w: &World, body: Value) {
    assert_eq!(put(w, &body).await, StatusCode::NO_CONTENT, "{body}");
    w.settle().await;
}

#[tokio::test]
async fn each_setting_has_a_value_and_says_who_decides_about_it() {
    let mut w = options().set("sync.default_start", "08:30").world().await;
    let of = |value: Value, source: &str| json!({"value": value, "source": source});
    let mut expected = json!({
        "includePending": of(json!(false), "default"), "from": of(json!("-60d"), "default"),
        "until": of(json!("400d"), "default"), "defaultStart": of(json!("08:30"), "operator"),
        "maxDeletions": of(json!("auto"), "default"), "onDifference": of(json!("ask"), "default"),
        "leavers": of(json!("ask"), "default"),
    });
    assert_eq!(w.get("/settings").await, expected);
    // Also before the service is connected.
    set(&w, json!({"maxDeletions": 20, "until": "2027-12-31", "leavers": "keep"})).await;
    expected["maxDeletions"] = of(json!(20), "admin");
    expected["until"] = of(json!("2027-12-31"), "admin");
    expected["leavers"] = of(json!("keep"), "admin");
    assert_eq!(w.get("/settings").await, expected);
    set(&w, json!({"maxDeletions": null})).await;
    expected["maxDeletions"] = of(json!("auto"), "default");
    assert_eq!(w.get("/settings").await, expected);
    // A value of the configuration goes before the admin's.
    w.app.restart_with(&[("sync.until", "90d")]).await;
    expected["until"] = of(json!("90d"), "operator");
    assert_eq!(w.get("/settings").await, expected);
    let log: Vec<String> =
        sqlx::query_scalar("select detail from audit_log where action = 'settings_changed' order by id")
            .fetch_all(&w.db)
            .await
            .unwrap();
    assert_eq!(log, ["until: 2027-12-31, maxDeletions: 20, leavers: keep", "maxDeletions: default"]);
}

#[tokio::test]
async fn pending_leave_is_written_as_long_as_the_admin_wants_it() {
    let w = World::start().await;
    let approved = w.take_leave(0);
    let pending = w.take(w.leave(1).pending());
    w.connect_and_import().await;
    let before = w.absence_of(approved);
    assert_eq!(w.absence_of(pending), None);
    set(&w, json!({"includePending": true})).await;
    assert_eq!(w.times_of(pending), whole_day(w.day(1)));
    set(&w, json!({"includePending": null})).await;
    assert_eq!(w.absence_of(pending), None);
    assert_eq!((w.absence_of(approved), w.absences().len()), (before, 1));
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_narrower_window_leaves_what_lies_outside_and_a_wider_one_is_filled() {
    let w = World::start().await;
    let [near, far] = [0, 20].map(|day| w.take_leave(day));
    w.connect_and_import().await;
    let before = w.absences();
    set(&w, json!({"until": w.day(10).to_string()})).await;
    w.officient.delete_event(far);
    let new = w.take_leave(21);
    w.sweep().await;
    assert_eq!(w.absences(), before, "outside, nothing changes");
    set(&w, json!({"until": "400d"})).await;
    assert_eq!((w.absence_of(far), w.times_of(new)), (None, whole_day(w.day(21))));
    assert!(w.absence_of(near).is_some());
    w.finish(&[]).await;
}

#[tokio::test]
async fn the_start_of_partial_days_moves_with_the_setting() {
    let w = World::start().await;
    let event = w.take(w.leave(0).unknown_start(120));
    w.connect_and_import().await;
    assert_eq!(w.times_of(event), part(w.day(0), (9, 0), (11, 0)));
    let created = w.optedo.created_ever();
    set(&w, json!({"defaultStart": "08:15"})).await;
    assert_eq!(w.times_of(event), part(w.day(0), (8, 15), (10, 15)));
    set(&w, json!({"defaultStart": null})).await;
    assert_eq!(w.times_of(event), part(w.day(0), (9, 0), (11, 0)));
    assert_eq!(w.optedo.created_ever(), created, "changed in place");
}

#[tokio::test]
async fn the_deletion_limit_of_the_admin_holds_the_next_deletions() {
    let w = World::start().await;
    let events = [0, 1, 2].map(|day| w.take_leave(day));
    w.connect_and_import().await;
    set(&w, json!({"maxDeletions": 1})).await;
    w.officient.delete_event(events[0]);
    w.webhook().await;
    assert_eq!(w.absences().len(), 2);
    w.officient.delete_event(events[1]);
    w.webhook().await;
    assert_eq!((w.absences().len(), &w.item("deletions_held").await["waiting"]), (2, &json!(1)));
}

#[tokio::test]
async fn what_the_audit_finds_is_restored_when_the_admin_wants_it() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    let before = w.absence_of(event).unwrap();
    w.optedo.delete_absence(before.id);
    w.advance(SignedDuration::from_mins(2)).await;
    audit(&w).await;
    assert_eq!((w.absences(), kinds(&w).await.len()), (vec![], 1), "the admin is asked");
    set(&w, json!({"onDifference": "restore"})).await;
    assert_eq!(w.absences(), []);
    audit(&w).await;
    w.until("the difference is resolved", async || kinds(&w).await.is_empty()).await;
    assert_eq!(w.absence_of(event).unwrap().content, before.content);
    w.finish(&[]).await;
}

#[tokio::test]
async fn what_leavers_have_is_deleted_or_kept_as_a_rule() {
    let Archived { w, jans, piets, .. } = two_archived("15").await;
    let before = w.absences();
    set(&w, json!({"leavers": "keep"})).await;
    w.finish(&[]).await;
    assert_eq!(w.absences(), before);
    set(&w, json!({"leavers": null})).await;
    assert_eq!(w.item("archived_people").await["waiting"], 3);
    set(&w, json!({"leavers": "delete"})).await;
    w.finish(&[]).await;
    assert!([jans[0], jans[1], piets].iter().all(|event| w.absence_of(*event).is_none()));
    assert_eq!(w.absences().len(), 2, "what is past stays");
}

#[tokio::test]
async fn the_rule_for_leavers_holds_the_deletion_limit() {
    let Archived { w, .. } = two_archived("2").await;
    set(&w, json!({"leavers": "delete"})).await;
    let held = w.item("deletions_held").await["waiting"].as_u64().unwrap();
    assert!(held > 0 && w.absences().len() as u64 == 2 + held, "{held} of {:?}", w.absences());
}

#[tokio::test]
async fn a_wrong_or_fixed_setting_refuses_all_of_them() {
    let w = options().set("sync.include_pending", "false").world().await;
    let before = w.get("/settings").await;
    for (body, status) in [
        (json!({"leavers": "keep", "includePending": true}), 409),
        (json!({"leavers": "keep", "includePending": null}), 409),
        (json!({"leavers": "keep", "from": "yesterday"}), 422),
        (json!({"leavers": "keep", "from": "2026-02-30"}), 422),
        (json!({"leavers": "keep", "from": "1000-01-01"}), 422),
        (json!({"leavers": "keep", "from": "5d", "until": "4d"}), 422),
        (json!({"leavers": "keep", "until": "-61d"}), 422),
        (json!({"leavers": "keep", "defaultStart": "25:00"}), 422),
        (json!({"leavers": "keep", "defaultStart": "09:00:30"}), 422),
        (json!({"leavers": "keep", "maxDeletions": -1}), 422),
        (json!({"leavers": "keep", "maxDeletions": 1.5}), 422),
        (json!({"leavers": "keep", "onDifference": "delete"}), 422),
        (json!({"leavers": "keep", "leaver": "keep"}), 422),
        (json!({"leavers": true}), 422),
        (json!(["leavers"]), 400),
    ] {
        assert_eq!(put(&w, &body).await.as_u16(), status, "{body}");
        assert_eq!(w.get("/settings").await, before, "{body}");
    }
}

#[tokio::test]
async fn of_two_admins_who_would_reverse_the_window_one_is_refused() {
    let w = World::start().await;
    for _ in 0..5 {
        let (until, from) = (json!({"until": "10d"}), json!({"from": "20d"}));
        let (until, from) = tokio::join!(put(&w, &until), put(&w, &from));
        let mut both = [until.as_u16(), from.as_u16()];
        both.sort_unstable();
        assert_eq!(both, [204, 422]);
        set(&w, json!({"from": null, "until": null})).await;
    }
}

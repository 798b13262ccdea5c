//! `…/people/{id}/days`: what happens to a person's leave, day by day.

use std::collections::BTreeMap;

use crate::api::requests::problem;
use crate::support::prelude::*;

async fn days_of(w: &World, person: i64, query: &str) -> Vec<Value> {
    w.get(&format!("/people/{person}/days{query}")).await.as_array().unwrap().clone()
}

#[tokio::test]
async fn each_day_of_leave_has_its_state_and_reason_and_no_day_says_which_type_it_is() {
    let w = options().set("sync.max_deletions", "0").world().await;
    let [right, changed, removed, held, gone] = [0, 1, 2, 3, 4].map(|day| w.take_leave(day));
    w.connect_and_import().await;
    w.optedo.change_absence(w.absence_of(changed).unwrap().id, |absence| absence.all_day = false);
    w.optedo.delete_absence(w.absence_of(removed).unwrap().id);
    w.officient.delete_event(held);
    let refused_day = w.day(5);
    w.optedo.reject_with(422, "Jan heeft al Vakantie", move |absence| absence.start.date() == refused_day);
    let refused = w.take_leave(5);
    let unmapped = w.officient.add_leave_type("Nergensverlof", None);
    let unmapped = w.take(w.leave(6).of_type(LeaveType::Custom(unmapped)));
    w.webhook().await;
    let writes = w.optedo.writes();

    w.officient.delete_event(gone);
    let new = w.take_leave(7);
    let pending = w.take(w.leave(8).pending());
    let overtime = w.take(w.leave(9).overtime());
    let remote = w.officient.add_leave_type("Telewerk", None);
    let worked = w.take(w.leave(10).of_type(LeaveType::Custom(remote)).working());
    let window = w.app.app.engine.window().await.unwrap();
    // In a year of the window, which is read.
    let outside = [window.from.yesterday().unwrap(), window.until.tomorrow().unwrap()];
    let outside = outside.into_iter().find(|day| window.years().any(|year| year == day.year())).unwrap();
    let outside = w.take(w.leave(0).on(outside));

    let days = days_of(&w, w.jan, "").await;
    let found: BTreeMap<i64, (&str, Option<&str>)> = days
        .iter()
        .map(|day| (day["eventId"].as_i64().unwrap(), (day["state"].as_str().unwrap(), day["reason"].as_str())))
        .collect();
    let expected = BTreeMap::from([
        (right, ("in_optedo", None)),
        (changed, ("differs", None)),
        (removed, ("differs", None)),
        (held, ("held", None)),
        (gone, ("to_be_deleted", None)),
        (refused, ("waiting", Some("rejected_by_optedo"))),
        (unmapped, ("waiting", Some("unmapped_leave_type"))),
        (new, ("to_be_written", None)),
        (pending, ("left_out", Some("not_approved"))),
        (overtime, ("left_out", Some("not_time_off"))),
        (worked, ("left_out", Some("worked"))),
        (outside, ("left_out", Some("outside_window"))),
    ]);
    assert_eq!(found, expected);
    let all = json!(days).to_string();
    for name in ["Verlof", "Vakantie", "Nergensverlof", "Telewerk", "Type"] {
        assert!(!all.contains(name), "{name}: {all}");
    }
    assert_eq!(w.optedo.writes(), writes, "explaining wrote to Optedo");
    w.finish(&["deletions_held", "rejected_by_optedo", "unmapped_leave_type"]).await;
}

#[tokio::test]
async fn a_day_has_its_absence_and_its_times_and_a_period_limits_the_days() {
    let w = World::start().await;
    let event = w.take(w.leave(0).part(540, 120));
    w.take_leave(1);
    w.connect_and_import().await;
    let (first, second) = (w.day(0), w.day(1));
    let days = days_of(&w, w.jan, &format!("?from={first}&until={first}")).await;
    let [day] = days.as_slice() else { panic!("{days:?}") };
    assert!(day["writtenAt"].as_str().unwrap().ends_with('Z'), "{day}");
    let expected = json!({"date": first, "eventId": event, "state": "in_optedo", "reason": null,
        "absenceId": w.absence_of(event).unwrap().id, "start": format!("{first}T09:00:00"),
        "end": format!("{first}T11:00:00"), "allDay": false, "writtenAt": day["writtenAt"]});
    assert_eq!(*day, expected);
    assert_eq!(days_of(&w, w.jan, &format!("?from={second}")).await.len(), 1);
    assert_eq!(days_of(&w, w.jan, &format!("?until={second}")).await.len(), 2);
    assert_eq!(days_of(&w, w.jan, "?until=2001-01-01").await, Vec::<Value>::new());
    w.finish(&[]).await;
}

#[tokio::test]
async fn leave_of_a_person_who_matches_nobody_waits_and_stays_in_optedo() {
    let w = World::start().await;
    w.take_leave(0);
    w.connect_and_import().await;
    w.optedo.rename_user(w.user, "jan", "Peeters");
    let day = days_of(&w, w.jan, "").await[0].clone();
    assert_eq!((&day["state"], &day["reason"]), (&json!("waiting"), &json!("unmatched_person")));
    assert!(day["absenceId"].is_i64(), "{day}");
    w.officient.archive_person(w.jan);
    w.sweep().await;
    let mut archived = day;
    archived["reason"] = json!("archived_people");
    assert_eq!(days_of(&w, w.jan, "").await, [archived]);
    w.finish(&["archived_people"]).await;
}

#[tokio::test]
async fn what_cannot_be_explained_is_a_problem_that_says_why() {
    let w = World::start().await;
    w.take_leave(0);
    w.connect_and_import().await;
    let id_of = async |path: String, status: u16| {
        let response = w.api(Method::GET, &path).send().await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        let problem = problem(response, &path).await;
        problem["type"].as_str().unwrap().rsplit('#').next().unwrap().to_owned()
    };
    let path = format!("/people/{}/days", w.jan);
    for person in ["999999", "abc", "-1"] {
        assert_eq!(id_of(format!("/people/{person}/days"), 404).await, "not-found");
    }
    for query in [
        "from=yesterday",
        "from=2026-02-30",
        "until=2026-1-1",
        "until=2026-01-01T10:00",
        "from=2026-02-01&until=2026-01-01",
    ] {
        assert_eq!(id_of(format!("{path}?{query}"), 422).await, "invalid-field", "{query}");
    }
    assert_eq!(id_of(format!("{path}?from=&from="), 400).await, "invalid-request");
    // One year of the calendar that cannot be read is enough: its leave would seem to be gone.
    let year = w.day(0).year();
    w.officient.fault_on(&format!("/1.0/calendar/{}/{year}", w.jan), Fault::Status(500), 1);
    assert_eq!(id_of(path.clone(), 502).await, "officient-unavailable");
    w.optedo.fault_on("/api/", Fault::Status(500), 9);
    assert_eq!(id_of(path.clone(), 502).await, "optedo-unavailable");
    w.optedo.clear_faults();
    assert_eq!(days_of(&w, w.jan, "").await[0]["state"], "in_optedo");
    w.officient.revoke_all_tokens();
    assert_eq!(id_of(path, 409).await, "not-connected");
}

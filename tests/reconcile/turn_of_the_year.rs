//! Officient's leave types are those of one year. Next year's are checked as soon as they exist.

use crate::support::prelude::*;

/// Next year, the type has another code for Optedo.
fn set_next_year(w: &World, code: Option<&str>) {
    let year = i64::from(w.clock.today().year()) + 1;
    w.officient.set_leave_types_of_year(year, &[(w.verlof, "Verlof", code)]);
}

#[tokio::test]
async fn a_used_type_that_maps_to_nothing_next_year_is_an_item_before_the_first_leave_of_that_year() {
    let w = World::start().await;
    let unused = w.officient.add_leave_type("Ongebruikt", None);
    w.take_leave(0);
    w.officient.set_leave_types_of_year(i64::from(w.clock.today().year()) + 1, &[]);
    w.connect_and_import().await;
    w.sweep().await;
    assert_eq!(w.attention().await, [] as [Value; 0], "next year's types do not exist yet");
    let year = i64::from(w.clock.today().year()) + 1;
    let next = [(w.verlof, "Verlof", Some("Vakantiedagen")), (unused, "Ongebruikt", None)];
    w.officient.set_leave_types_of_year(year, &next);
    w.sweep().await;
    let item = w.item("unmapped_leave_type").await;
    assert_eq!((&item["subject"], &item["waiting"]), (&json!("Vakantiedagen"), &json!(0)), "{item}");
    assert!(item["detail"].as_str().unwrap().starts_with(&format!("From {year} on")), "{item}");
    assert_eq!(w.absences().len(), 1, "this year's leave stays");

    set_next_year(&w, Some("Vakantie"));
    w.sweep().await;
    assert_eq!(w.attention().await, [] as [Value; 0]);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_choice_of_the_admin_resolves_the_item_of_next_year_at_once() {
    let w = World::start().await;
    w.take_leave(0);
    set_next_year(&w, None);
    w.connect_and_import().await;
    w.sweep().await;
    w.item("unmapped_leave_type").await;
    let body = json!({"mode": "absence_type", "absenceTypeId": w.vakantie});
    let path = format!("/leavetypes/{}/mapping", w.verlof);
    let response = w.api(Method::PUT, &path).json(&body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(w.attention().await, [] as [Value; 0]);
    w.settle().await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn periodic_sweeps_ask_for_next_years_types_once_a_day() {
    let w = options().set("sync.sweep_interval", "15m").world().await;
    w.take_leave(0);
    w.connect_and_import().await;
    w.sweep().await;
    let path = format!("/1.0/calendar/events/types/{}", w.clock.today().year() + 1);
    w.officient.clear_calls();
    w.periodic_sweep().await;
    assert_eq!(w.officient.calls_to(&path), 0);
    w.advance(SignedDuration::from_hours(25)).await;
    w.periodic_sweep().await;
    assert_eq!(w.officient.calls_to(&path), 1);
    w.finish(&[]).await;
}

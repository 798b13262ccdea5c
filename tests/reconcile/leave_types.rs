//! Mapping leave types to absence types by equal descriptions; everything else is blocked, with a hint.

use crate::support::prelude::*;

#[tokio::test]
async fn leave_of_an_unmapped_type_is_written_at_the_webhook_after_our_field_is_filled_in() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.officient.set_leave_type_code(w.verlof, None);
    w.connect_and_import().await;
    assert_eq!(w.absences(), []);
    let item = w.item("unmapped_leave_type").await;
    assert_eq!((&item["subject"], &item["subjectId"]), (&json!("Verlof"), &json!(w.verlof.to_string())));
    assert_eq!((&item["waiting"], &item["hint"]), (&json!(1), &json!(null)));
    w.officient.set_leave_type_code(w.verlof, Some("Vakantie"));
    w.webhook().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn leave_of_an_unmapped_type_is_written_by_the_sweep_after_our_field_is_filled_in() {
    let w = options().set("sync.sweep_interval", "15m").world().await;
    let event = w.take_leave(0);
    w.officient.set_leave_type_code(w.verlof, Some("vakantie"));
    w.connect_and_import().await;
    let hint = w.item("unmapped_leave_type").await["hint"].to_string();
    assert!(hint.contains("Vakantie") && hint.contains("case"), "{hint}");
    w.officient.set_leave_type_code(w.verlof, Some("Vakantie"));
    w.periodic_sweep().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn retry_writes_the_leave_of_everybody_who_waits_for_a_type() {
    let w = World::start().await;
    let (piet, piets_user) = w.hire("Piet", "Pieters");
    w.take_leave(0);
    w.officient.add_event(piet, w.leave(0));
    w.optedo.rename_absence_type(w.vakantie, "Verlofdag");
    w.connect_and_import().await;
    let item = w.item("unmapped_leave_type").await;
    assert_eq!((&item["subject"], &item["waiting"]), (&json!("Vakantie"), &json!(2)));
    w.optedo.rename_absence_type(w.vakantie, "Vakantie");
    w.retry(&item).await;
    assert_eq!(w.absences().len(), 2);
    assert_eq!(w.optedo.absences_of(piets_user).len(), 1);
    w.finish(&[]).await;
}

#[tokio::test]
async fn absences_of_a_type_that_is_no_longer_mapped_stay() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.officient.set_leave_type_code(w.verlof, Some("Iets anders"));
    w.advance(SignedDuration::from_hours(2)).await;
    w.sweep().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&["unmapped_leave_type"]).await;
}

#[tokio::test]
async fn for_two_absence_types_with_the_same_description_nothing_is_written() {
    let w = World::start().await;
    let double = w.optedo.add_absence_type("Vakantie");
    let event = w.take_leave(0);
    w.connect_and_import().await;
    assert_eq!(w.absences(), []);
    assert_eq!(w.item("ambiguous_leave_type").await["subject"], "Vakantie");
    w.optedo.rename_absence_type(double, "Vakantie 2");
    w.webhook().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn without_our_field_the_name_of_the_type_is_its_description() {
    let w = World::start().await;
    let adv = w.optedo.add_absence_type("ADV");
    let event = w.take(w.leave(0).of_type(LeaveType::Custom(w.officient.add_leave_type("ADV", None))));
    w.connect_and_import().await;
    assert_eq!(w.absence_of(event).unwrap().content.absence_type_id, adv);
    w.finish(&[]).await;
}

#[tokio::test]
async fn the_two_built_in_types_use_the_configured_descriptions() {
    let w = options().set("leave_types.sick_day", "Ziekte").set("leave_types.education", "Opleiding").world().await;
    let types = ["Ziekte", "Opleiding"].map(|name| w.optedo.add_absence_type(name));
    let sick = w.leave(0).of_type(LeaveType::SickDay);
    let training = w.leave(1).working().of_type(LeaveType::Education);
    let events = [sick, training].map(|leave| w.take(leave));
    w.connect_and_import().await;
    for (event, absence_type) in events.into_iter().zip(types) {
        assert_eq!(w.absence_of(event).unwrap().content.absence_type_id, absence_type);
    }
    w.finish(&[]).await;
}

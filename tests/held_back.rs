use jiff::SignedDuration;
use optedo_officient::simulators::Fault;
use optedo_officient::simulators::officient::LeaveType;
use serde_json::json;

use crate::support::world::{World, options, whole_day};

/// The name in Officient is near Optedo's "Jan Peeters" but not equal: nothing is written, and the item says what differs.
async fn is_hinted_at(first_name: &str, last_name: &str, difference: &str) {
    let w = World::start().await;
    w.officient.rename_person(w.jan, first_name, last_name);
    w.take_leave(0);
    w.take_leave(1);
    w.connect_and_import().await;
    assert_eq!(w.absences(), []);
    let item = w.item("unmatched_person").await;
    assert_eq!(item["subject"], format!("{first_name} {last_name}"));
    assert_eq!((&item["subjectId"], &item["waiting"]), (&json!(w.jan.to_string()), &json!(2)));
    let hint = item["hint"].to_string();
    assert!(hint.contains("Jan Peeters") && hint.to_lowercase().contains(difference), "{hint}");

    // Repaired in Officient: a webhook about that person suffices.
    w.officient.rename_person(w.jan, "Jan", "Peeters");
    w.announce().await;
    assert_eq!(w.absences().len(), 2);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_name_in_another_case_is_not_matched_but_hinted_at() {
    is_hinted_at("jan", "Peeters", "case").await;
}

#[tokio::test]
async fn a_name_with_a_space_too_many_is_not_matched_but_hinted_at() {
    is_hinted_at("Jan", "Peeters ", "space").await;
}

#[tokio::test]
async fn a_name_with_an_accent_is_not_matched_but_hinted_at() {
    is_hinted_at("Ján", "Peeters", "accent").await;
}

#[tokio::test]
async fn swapped_names_are_not_matched_but_hinted_at() {
    is_hinted_at("Peeters", "Jan", "other way round").await;
}

#[tokio::test]
async fn a_name_like_no_other_is_an_item_without_a_hint() {
    let w = World::start().await;
    let other = w.officient.add_person("Zoë", "Quisquater");
    w.officient.add_event(other, w.leave(0));
    w.connect_and_import().await;
    assert_eq!(w.item("unmatched_person").await["hint"], json!(null));
    w.finish(&["unmatched_person"]).await;
}

#[tokio::test]
async fn a_name_repaired_in_officient_is_seen_by_a_sweep() {
    let w = World::start_with(options().set("sync.sweep_interval", "15m")).await;
    w.officient.rename_person(w.jan, "jan", "Peeters");
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.finish(&["unmatched_person"]).await;
    w.officient.rename_person(w.jan, "Jan", "Peeters");
    w.periodic_sweep().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_name_repaired_in_optedo_is_seen_by_a_sweep() {
    let w = World::start_with(options().set("sync.sweep_interval", "15m")).await;
    w.optedo.rename_user(w.user, "JAN", "Peeters");
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.finish(&["unmatched_person"]).await;
    w.optedo.rename_user(w.user, "Jan", "Peeters");
    w.periodic_sweep().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_name_repaired_in_optedo_is_seen_at_once_when_the_admin_presses_retry() {
    let w = World::start().await;
    w.optedo.rename_user(w.user, "JAN", "Peeters");
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.optedo.rename_user(w.user, "Jan", "Peeters");
    w.retry(&w.item("unmatched_person").await).await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn two_users_with_one_name_get_nothing_until_one_is_renamed() {
    let w = World::start().await;
    let twin = w.optedo.add_user("Jan", "Peeters");
    let event = w.take_leave(0);
    w.connect_and_import().await;
    assert_eq!(w.absences(), []);
    assert_eq!(w.item("ambiguous_person").await["waiting"], 1);
    w.optedo.rename_user(twin, "Jan", "Peeters-Claes");
    w.sweep().await;
    assert_eq!(w.absence_of(event).unwrap().content.user_id, w.user);
    w.finish(&[]).await;
}

#[tokio::test]
async fn two_people_with_one_name_get_nothing_until_one_is_renamed_and_what_stands_stays() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    let twin = w.officient.add_person("Jan", "Peeters");
    w.officient.add_event(twin, w.leave(1));
    w.officient.change_event(event, |leave| *leave = leave.clone().part(540, 60));
    w.announce_about("person_added", twin).await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)), "written before, neither changed nor deleted");
    assert_eq!(w.absences().len(), 1);
    w.finish(&["ambiguous_person", "ambiguous_person"]).await;

    w.officient.rename_person(twin, "Jan", "Claes");
    w.sweep().await;
    assert_ne!(w.times_of(event), whole_day(w.day(0)));
    assert_eq!(w.absences().len(), 1);
    assert_eq!(w.item("unmatched_person").await["subject"], "Jan Claes");
    w.finish(&["unmatched_person"]).await;
}

#[tokio::test]
async fn an_archived_namesake_does_not_make_a_name_ambiguous() {
    let w = World::start().await;
    let twin = w.officient.add_person("Jan", "Peeters");
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.finish(&["ambiguous_person"]).await;
    w.officient.archive_person(twin);
    w.sweep().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_inactive_user_does_not_count_but_is_hinted_at() {
    let w = World::start().await;
    w.optedo.set_user_active(w.user, false);
    let event = w.take_leave(0);
    w.connect_and_import().await;
    assert_eq!(w.absences(), []);
    assert!(w.item("unmatched_person").await["hint"].to_string().contains("inactive"));
    let successor = w.optedo.add_user("Jan", "Peeters");
    w.sweep().await;
    assert_eq!(w.absence_of(event).unwrap().content.user_id, successor);
    w.finish(&[]).await;
}

#[tokio::test]
async fn when_a_person_is_renamed_so_that_another_user_matches_the_absences_move() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    let absence = w.absence_of(event).unwrap();
    let claes = w.optedo.add_user("Jan", "Claes");
    w.officient.rename_person(w.jan, "Jan", "Claes");
    w.sweep().await;
    let moved = w.absence_of(event).unwrap();
    assert_eq!((moved.id, moved.content.user_id), (absence.id, claes));
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_person_who_no_longer_matches_keeps_what_stands() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.officient.rename_person(w.jan, "Jan", "Claes");
    w.sweep().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&["unmatched_person"]).await;
    // The event is gone: that is no problem but a fact.
    w.officient.delete_event(event);
    w.announce().await;
    assert_eq!(w.absences(), []);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_person_who_is_archived_keeps_what_stands_and_the_item_says_so() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.officient.archive_person(w.jan);
    w.sweep().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    assert!(w.item("unmatched_person").await["detail"].to_string().to_lowercase().contains("archiv"));
    w.officient.set_archived(w.jan, false);
    w.sweep().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    assert_eq!(w.optedo.writes(), 1);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_person_who_is_deleted_in_officient_keeps_what_stands() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.officient.delete_person(w.jan);
    w.announce_about("person_deleted", w.jan).await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.sweep().await;
    w.sweep().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    assert_eq!(w.status().await["queue"]["retrying"], 0);
    w.finish(&["unmatched_person"]).await;
}

#[tokio::test]
async fn a_person_without_leave_makes_no_item_but_is_listed() {
    let w = World::start().await;
    w.officient.rename_person(w.jan, "jan", "Peeters");
    w.connect_and_import().await;
    let people = w.get("/people").await;
    assert_eq!(people[0]["state"], "unmatched", "{people}");
    assert!(people[0]["hint"].to_string().contains("Jan Peeters"), "{people}");
    w.finish(&[]).await;
}

#[tokio::test]
async fn leave_outside_the_window_makes_no_item() {
    let w = World::start().await;
    w.officient.rename_person(w.jan, "jan", "Peeters");
    let mut leave = w.leave(0);
    leave.date = w.clock.today().saturating_sub(SignedDuration::from_hours(24 * 61));
    w.officient.add_event(w.jan, leave);
    w.connect_and_import().await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_unmapped_type_is_an_item_and_is_written_when_a_webhook_comes_after_the_field_is_filled_in() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.officient.set_leave_type_code(w.verlof, None);
    w.connect_and_import().await;
    assert_eq!(w.absences(), []);
    let item = w.item("unmapped_leave_type").await;
    assert_eq!((&item["subject"], &item["subjectId"]), (&json!("Verlof"), &json!(w.verlof.to_string())));
    assert_eq!((&item["waiting"], &item["hint"]), (&json!(1), &json!(null)));
    w.officient.set_leave_type_code(w.verlof, Some("Vakantie"));
    w.announce().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_unmapped_type_is_written_by_a_sweep_after_the_field_is_filled_in() {
    let w = World::start_with(options().set("sync.sweep_interval", "15m")).await;
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
async fn an_unmapped_type_is_written_for_everybody_when_the_admin_presses_retry() {
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
async fn an_item_that_sixteen_people_stop_waiting_for_side_by_side_is_resolved() {
    let w = World::start().await;
    for number in 0..15 {
        let (person, _) = w.hire("Piet", &format!("Pieters{number}"));
        w.officient.add_event(person, w.leave(0));
    }
    w.take_leave(0);
    w.optedo.rename_absence_type(w.vakantie, "Verlofdag");
    w.connect_and_import().await;
    for _ in 0..4 {
        assert_eq!(w.item("unmapped_leave_type").await["waiting"], 16);
        w.optedo.rename_absence_type(w.vakantie, "Vakantie");
        w.sweep().await;
        assert_eq!(w.absences().len(), 16);
        w.finish(&[]).await;
        w.optedo.rename_absence_type(w.vakantie, "Verlofdag");
        w.sweep().await;
    }
}

#[tokio::test]
async fn a_type_that_is_no_longer_mapped_keeps_what_stands() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.officient.set_leave_type_code(w.verlof, Some("Iets anders"));
    w.pass(SignedDuration::from_hours(2)).await;
    w.sweep().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&["unmapped_leave_type"]).await;
}

#[tokio::test]
async fn two_absence_types_with_one_description_get_nothing() {
    let w = World::start().await;
    let double = w.optedo.add_absence_type("Vakantie");
    let event = w.take_leave(0);
    w.connect_and_import().await;
    assert_eq!(w.absences(), []);
    assert_eq!(w.item("ambiguous_leave_type").await["subject"], "Vakantie");
    w.optedo.rename_absence_type(double, "Vakantie 2");
    w.announce().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn without_our_field_the_types_own_name_counts() {
    let w = World::start().await;
    let adv = w.optedo.add_absence_type("ADV");
    let mut leave = w.leave(0);
    leave.leave_type = LeaveType::Custom(w.officient.add_leave_type("ADV", None));
    let event = w.officient.add_event(w.jan, leave);
    w.connect_and_import().await;
    assert_eq!(w.absence_of(event).unwrap().content.absence_type_id, adv);
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_ignored_item_stays_quiet_until_its_subject_changes() {
    let w = World::start().await;
    w.officient.rename_person(w.jan, "jan", "Peeters");
    w.take_leave(0);
    w.connect_and_import().await;
    let id = w.item("unmatched_person").await["id"].clone();
    let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    assert_eq!(w.post(&format!("/attention/{id}/ignore")).await.status(), 204);
    w.finish(&[]).await;

    w.take_leave(1);
    w.announce().await;
    w.sweep().await;
    w.finish(&[]).await;
    assert_eq!(w.get("/attention?state=ignored").await[0]["waiting"], 2);

    w.officient.rename_person(w.jan, "JAN", "Peeters");
    w.sweep().await;
    assert_eq!(w.item("unmatched_person").await["subject"], "JAN Peeters");
    w.finish(&["unmatched_person"]).await;
}

#[tokio::test]
async fn the_same_item_is_one_item_however_often_it_is_seen_and_ends_among_the_resolved() {
    let w = World::start().await;
    w.officient.set_leave_type_code(w.verlof, Some("Onbekend"));
    let events: Vec<i64> = (0..3).map(|day| w.take_leave(day)).collect();
    w.connect_and_import().await;
    let first = w.item("unmapped_leave_type").await;
    assert_eq!(first["waiting"], 3);
    w.officient.delete_event(events[0]);
    w.announce().await;
    let second = w.item("unmapped_leave_type").await;
    assert_eq!((&second["id"], &second["waiting"]), (&first["id"], &json!(2)));
    assert_eq!(second["firstSeenAt"], first["firstSeenAt"]);
    w.officient.delete_event(events[1]);
    w.officient.delete_event(events[2]);
    w.announce().await;
    w.finish(&[]).await;
    let resolved = w.get("/attention?state=resolved").await;
    assert_eq!(resolved[0]["id"], first["id"]);
    assert!(resolved[0]["resolvedAt"].is_string());
}

#[tokio::test]
async fn leave_of_a_year_that_cannot_be_read_stays_held_back_with_its_reason() {
    let w = World::start().await;
    let sofie = w.officient.add_person("Sofie", "Goossens");
    let next_year = w.clock.today().year() + 1;
    let mut far = w.leave(0);
    far.date = jiff::civil::date(next_year, 1, 4);
    w.officient.add_event(sofie, far);
    w.officient.add_event(sofie, w.leave(0));
    w.connect_and_import().await;
    let waiting = async || w.attention_of("unmatched_person").await[0]["waiting"].clone();
    assert_eq!(waiting().await, 2);
    let unreadable = if w.day(0).year() == next_year { next_year - 1 } else { next_year };
    w.officient.fault_on(&format!("/1.0/calendar/{sofie}/{unreadable}"), Fault::Status(500), 1);
    w.announce_about("calendar_event_updated", sofie).await;
    assert_eq!(w.officient.faults_left(), 0);
    assert_eq!(waiting().await, 2);
}

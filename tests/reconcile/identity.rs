//! Leave keeps its identity: under a new event id, with another person, after a lost row, as worked time.

use crate::support::prelude::*;
use crate::support::simulators::optedo::Oddities;

/// Optedo as a strict planning has it: nobody is absent twice at a time.
const NO_OVERLAPS: Oddities =
    Oddities { refuses_overlaps: Some(409), lists_at_most: None, repeats_last_page: false, hides_new_absences: false };

fn ids(w: &World) -> Vec<i64> {
    w.absences().iter().map(|absence| absence.id).collect()
}

#[tokio::test]
async fn leave_that_a_payroll_run_rewrites_under_new_ids_is_changed_in_place() {
    let w = World::start().await;
    w.optedo.behave(NO_OVERLAPS);
    // Jan is away on day 9 already, by hand.
    for day in 10..70 {
        w.take_leave(day);
    }
    w.connect_and_import().await;
    let before = ids(&w);
    w.officient.rewrite_events(w.jan);
    w.sweep().await;
    assert_eq!(ids(&w), before);
    for event in w.officient.events_of(w.jan) {
        assert!(w.absence_of(event.id).is_some());
    }
    assert_eq!((w.optedo.deletions().len(), w.optedo.created_ever(), w.optedo.writes()), (0, 62, 120));
    assert_eq!(w.optedo.max_at_once_ever(), 1);
    w.sweep().await;
    assert_eq!(w.optedo.writes(), 120);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_change_of_leave_type_is_a_change_in_place() {
    let w = World::start().await;
    w.optedo.behave(NO_OVERLAPS);
    let other = w.optedo.add_absence_type("ADV");
    let adv = w.officient.add_leave_type("ADV", None);
    let event = w.take_leave(0);
    w.connect_and_import().await;
    let before = ids(&w);
    w.officient.delete_event(event);
    let changed = w.take(w.leave(0).of_type(LeaveType::Custom(adv)));
    w.webhook().await;
    let absence = w.absence_of(changed).unwrap();
    assert_eq!((absence.id, absence.content.absence_type_id), (before[0], other));
    assert_eq!((w.absences().len(), w.optedo.max_at_once_ever()), (1, 1));
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_change_to_a_leave_type_that_is_not_mapped_keeps_the_leave() {
    let w = World::start().await;
    let unknown = w.officient.add_leave_type("Onbekend", None);
    let event = w.take_leave(0);
    w.connect_and_import().await;
    let before = w.absences();
    w.officient.delete_event(event);
    let changed = w.take(w.leave(0).of_type(LeaveType::Custom(unknown)));
    w.webhook().await;
    assert_eq!(w.absences(), before);
    w.finish(&["unmapped_leave_type"]).await;
    w.officient.set_leave_type_code(unknown, Some("Vakantie"));
    w.sweep().await;
    assert_eq!(w.absence_of(changed).unwrap().id, before[0].id);
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_event_that_changes_its_person_moves_its_absence_once() {
    for the_new_person_goes_first in [true, false] {
        let w = World::start().await;
        let (piet, piets_user) = w.hire("Piet", "Pieters");
        let event = w.take_leave(0);
        w.connect_and_import().await;
        w.officient.give_event(event, piet);
        let people = if the_new_person_goes_first { [piet, w.jan] } else { [w.jan, piet] };
        for person in people {
            w.webhook_about("calendar_event_updated", person).await;
        }
        let absence = w.absence_of(event).unwrap();
        assert_eq!(absence.content.user_id, piets_user);
        assert_eq!(w.absences().len(), 1);
        let writes = w.optedo.writes();
        w.sweep().await;
        assert_eq!(w.optedo.writes(), writes);
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn people_whose_calendars_are_mixed_up_for_a_while_end_with_their_own_leave() {
    let w = World::start().await;
    let (piet, piets_user) = w.hire("Piet", "Pieters");
    let jans = w.take_leave(0);
    let piets = w.officient.add_event(piet, w.leave(1));
    w.connect_and_import().await;
    for (of_jans, of_piets) in [(piet, w.jan), (w.jan, piet)] {
        w.officient.give_event(jans, of_jans);
        w.officient.give_event(piets, of_piets);
        w.sweep().await;
        let user = |person| if person == piet { piets_user } else { w.user };
        assert_eq!(w.absence_of(jans).unwrap().content.user_id, user(of_jans));
        assert_eq!(w.absence_of(piets).unwrap().content.user_id, user(of_piets));
        assert_eq!(w.absences().len(), 2);
    }
    // Twice, only a sweep found the changes.
    w.finish(&["webhooks_silent"]).await;
}

#[tokio::test]
async fn after_a_lost_row_an_absence_with_our_reference_is_compared_and_changed() {
    let w = World::start().await;
    let [same, changed] = [0, 1].map(|day| w.take_leave(day));
    w.connect_and_import().await;
    let before = ids(&w);
    sqlx::query("delete from absences").execute(&w.db).await.unwrap();
    w.make_partial(changed, 9, 60);
    w.sweep().await;
    assert_eq!(ids(&w), before);
    assert_eq!(w.times_of(same), whole_day(w.day(0)));
    assert_eq!(w.times_of(changed), part(w.day(1), (9, 0), (10, 0)));
    assert_eq!(w.optedo.writes(), 3);
    w.finish(&[]).await;
}

#[tokio::test]
async fn leave_that_becomes_worked_time_is_deleted_and_worked_time_without_its_mapping_stays() {
    let w = World::start().await;
    let remote = w.officient.add_leave_type("Thuiswerk", Some("Vakantie"));
    let plain = w.officient.add_leave_type("Vakantie", None);
    let became_worked = w.take(w.leave(0).of_type(LeaveType::Custom(plain)));
    let unmapped_later = w.take(w.leave(1).working().of_type(LeaveType::Custom(remote)));
    w.connect_and_import().await;
    assert_eq!(w.absences().len(), 2);
    w.officient.change_event(became_worked, |leave| *leave = leave.clone().working());
    w.officient.set_leave_type_code(remote, None);
    w.sweep().await;
    assert_eq!(w.absence_of(became_worked), None);
    assert!(w.absence_of(unmapped_later).is_some());
    w.finish(&[]).await;
}

#[tokio::test]
async fn leave_that_becomes_worked_time_in_bulk_waits_for_the_admin() {
    let w = options().set("sync.max_deletions", "3").world().await;
    let plain = w.officient.add_leave_type("Vakantie", None);
    let events: Vec<i64> = (0..5).map(|day| w.take(w.leave(day).of_type(LeaveType::Custom(plain)))).collect();
    w.connect_and_import().await;
    for event in events {
        w.officient.change_event(event, |leave| *leave = leave.clone().working());
    }
    w.sweep().await;
    assert_eq!(w.absences().len(), 5);
    w.finish(&["deletions_held"]).await;
}

#[tokio::test]
async fn held_deletions_disappear_when_the_leave_returns_under_new_ids() {
    let w = options().set("sync.max_deletions", "3").world().await;
    let events: Vec<i64> = (0..5).map(|day| w.take_leave(day)).collect();
    w.connect_and_import().await;
    let before = ids(&w);
    for event in events {
        w.officient.delete_event(event);
    }
    w.sweep().await;
    w.finish(&["deletions_held"]).await;
    for day in 0..5 {
        w.take_leave(day);
    }
    w.webhook().await;
    assert_eq!(ids(&w), before);
    assert_eq!(w.optedo.deletions().len(), 0);
    w.finish(&[]).await;
}

#[tokio::test]
async fn leave_that_moves_along_the_days_of_other_leave_is_never_there_twice() {
    let w = World::start().await;
    w.optedo.behave(NO_OVERLAPS);
    let events: Vec<i64> = (0..4).map(|day| w.take_leave(day)).collect();
    w.connect_and_import().await;
    for (day, event) in (1..).zip(&events) {
        let day = w.day(day);
        w.officient.change_event(*event, |leave| leave.date = day);
    }
    w.webhook().await;
    for (day, event) in (1..).zip(&events) {
        assert_eq!(w.times_of(*event), whole_day(w.day(day)));
    }
    assert_eq!(w.optedo.max_at_once_ever(), 1);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_last_name_with_its_insertion_is_hinted_at_and_stored_nowhere_else() {
    let w = World::start().await;
    let person = w.officient.add_person("Karel", "Berg");
    w.optedo.add_user("Karel", "van den Berg");
    w.officient.set_insertion(person, "van den");
    w.officient.add_event(person, w.leave(0));
    w.connect_and_import().await;
    w.sweep().await;
    let item = w.item("unmatched_person").await;
    assert!(item["hint"].as_str().unwrap().contains("Karel van den Berg"), "{item}");
    let page = Browser::signed_in(&w).await.open(&format!("{PAGE}/attention")).await.ok();
    assert!(page.body.contains("In Officient staat ‘van den’ als tussenvoegsel"), "{}", page.body);
    let stored = w.dump().await;
    let elsewhere = stored.lines().filter(|line| line.contains("van den") && !line.starts_with("attention "));
    assert_eq!(elsewhere.count(), 0);
}

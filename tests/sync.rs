use jiff::ToSpan as _;
use jiff::civil::DateTime;
use optedo_officient::simulators::officient::{EventStatus, LeaveType};
use optedo_officient::simulators::optedo::NewAbsence;

use crate::support::world::{World, options, part, whole_day};

#[tokio::test]
async fn leave_made_changed_and_deleted_in_officient_is_so_in_optedo() {
    let w = World::connected().await;
    let ziekte = w.optedo.add_absence_type("Sick day");
    let event = w.take_leave(0);
    w.announce().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    let absence = w.absence_of(event).unwrap();
    assert_eq!((absence.content.user_id, absence.content.absence_type_id), (w.user, w.vakantie));

    w.officient.change_event(event, |leave| *leave = leave.clone().part(780, 120));
    w.announce().await;
    assert_eq!(w.times_of(event), part(w.day(0), (13, 0), (15, 0)));
    assert_eq!(w.absence_of(event).unwrap().id, absence.id, "changed, not written anew");

    w.officient.change_event(event, |leave| leave.leave_type = LeaveType::SickDay);
    w.announce().await;
    assert_eq!(w.absence_of(event).unwrap().content.absence_type_id, ziekte);

    w.officient.change_event(event, |leave| leave.date = leave.date.saturating_add(1.day()));
    w.announce().await;
    assert_eq!(w.times_of(event), part(w.day(1), (13, 0), (15, 0)));

    w.officient.delete_event(event);
    w.announce().await;
    assert_eq!(w.absences(), []);
    assert_eq!(w.optedo.writes(), 5);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_week_of_leave_is_an_absence_an_event_and_deleting_one_leaves_the_others() {
    let w = World::connected().await;
    let events: Vec<i64> = (0..5).map(|day| w.take_leave(day)).collect();
    w.announce().await;
    for (day, event) in (0..).zip(&events) {
        assert_eq!(w.times_of(*event), whole_day(w.day(day)));
    }
    assert_eq!(w.absences().len(), 5);
    w.officient.delete_event(events[2]);
    w.announce().await;
    assert_eq!(w.absence_of(events[2]), None);
    assert_eq!(w.absences().len(), 4);
    assert_eq!(w.optedo.writes(), 6);
    w.finish(&[]).await;
}

#[tokio::test]
async fn every_length_of_leave_has_its_times() {
    let w = World::connected().await;
    let on = |day: i32, from: (i8, i8), to: (i8, i8)| part(w.day(day), from, to);
    let midnight_passed =
        Some((w.day(4).at(22, 0, 0, 0), w.day(4).saturating_add(1.day()).at(2, 0, 0, 0), false));
    let saturday = w.day(4).saturating_add(1.day());
    let mut weekend = w.leave(4).part(600, 456);
    weekend.date = saturday;
    let table = [
        (w.leave(0), whole_day(w.day(0))),
        (w.leave(1).part(480, 600), whole_day(w.day(1))),
        (w.leave(2).part(540, 228), on(2, (9, 0), (12, 48))),
        (w.leave(3).part(840, 60), on(3, (14, 0), (15, 0))),
        (w.leave(4).part(1320, 240), midnight_passed),
        // The three ways in which a start can be absent, one after the other.
        (w.leave(5).unknown_start(120), on(5, (9, 0), (11, 0))),
        (w.leave(6).unknown_start(120), on(6, (9, 0), (11, 0))),
        (w.leave(7).unknown_start(120), on(7, (9, 0), (11, 0))),
        (w.leave(10).part(0, 30), on(10, (0, 0), (0, 30))),
        (w.leave(11).scheduled(240).part(540, 240), whole_day(w.day(11))),
        (w.leave(12).scheduled(240).part(540, 239), on(12, (9, 0), (12, 59))),
        (weekend, part(saturday, (10, 0), (17, 36))),
    ];
    let events = table.map(|(leave, expected)| (w.officient.add_event(w.jan, leave), expected));
    w.announce().await;
    for (event, expected) in events {
        assert_eq!(w.times_of(event), expected, "event {event}");
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn daylight_saving_never_shifts_an_absence() {
    let w = World::start().await;
    // The last Sundays of March and October within the window.
    let today = w.clock.today();
    let changes: Vec<_> = (0..=400)
        .map(|days| today.saturating_add(days.days()))
        .filter(|day| [3, 10].contains(&day.month()))
        .filter(|day| day.weekday() == jiff::civil::Weekday::Sunday && day.day() > 24)
        .collect();
    assert!(changes.len() >= 2, "{changes:?}");
    let events: Vec<_> = changes
        .into_iter()
        .map(|day| {
            let mut leave = w.leave(0).part(60, 120);
            leave.date = day;
            (w.officient.add_event(w.jan, leave), day)
        })
        .collect();
    w.connect_and_import().await;
    for (event, day) in events {
        assert_eq!(w.times_of(event), part(day, (1, 0), (3, 0)));
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_part_of_a_day_without_a_known_start_begins_when_the_configuration_says() {
    let w = World::start_with(options().set("sync.default_start", "13:30")).await;
    let event = w.officient.add_event(w.jan, w.leave(0).unknown_start(60));
    w.connect_and_import().await;
    assert_eq!(w.times_of(event), part(w.day(0), (13, 30), (14, 30)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn leave_without_a_duration_is_an_item_and_what_stands_stays() {
    let w = World::start().await;
    let standing = w.take_leave(0);
    let never_right = [None, Some(0), Some(-30)].map(|duration| {
        let mut leave = w.leave(match duration {
            None => 1,
            Some(0) => 2,
            Some(_) => 3,
        });
        leave.duration_minutes = duration;
        w.officient.add_event(w.jan, leave)
    });
    w.connect_and_import().await;
    assert_eq!(w.attention_of("invalid_event").await.len(), 3);
    w.officient.change_event(standing, |leave| leave.duration_minutes = None);
    w.announce().await;
    assert_eq!(w.times_of(standing), whole_day(w.day(0)), "what stands stays");
    let items = w.attention_of("invalid_event").await;
    assert_eq!(items.len(), 4);
    let subject_id = standing.to_string();
    assert!(items.iter().any(|item| item["subjectId"].as_str() == Some(&subject_id) && item["waiting"] == 1));

    for event in never_right {
        w.officient.change_event(event, |leave| leave.duration_minutes = Some(60));
    }
    w.officient.delete_event(standing);
    w.announce().await;
    assert_eq!(w.absences().len(), 3);
    w.finish(&[]).await;
}

#[tokio::test]
async fn pending_leave_is_left_out_until_approved_and_goes_when_approval_is_withdrawn() {
    let w = World::start().await;
    let event = w.officient.add_event(w.jan, w.leave(0).pending());
    w.connect_and_import().await;
    assert_eq!(w.absences(), []);
    w.officient.change_event(event, |leave| leave.status = EventStatus::Approved);
    w.announce().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.officient.change_event(event, |leave| leave.status = EventStatus::Pending);
    w.announce().await;
    assert_eq!(w.absences(), []);
    w.finish(&[]).await;
}

#[tokio::test]
async fn pending_leave_is_written_where_the_configuration_says_so() {
    let w = World::start_with(options().set("sync.include_pending", "true")).await;
    let event = w.officient.add_event(w.jan, w.leave(0).pending());
    w.connect_and_import().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.officient.change_event(event, |leave| leave.status = EventStatus::Approved);
    w.announce().await;
    assert_eq!(w.optedo.writes(), 1);
    w.officient.delete_event(event);
    w.announce().await;
    assert_eq!(w.absences(), []);
    w.finish(&[]).await;
}

#[tokio::test]
async fn overtime_and_worked_time_are_left_out_without_an_item() {
    let w = World::start().await;
    w.optedo.add_absence_type("Thuiswerk");
    let remote = w.officient.add_leave_type("Thuiswerk", None);
    w.officient.add_event(w.jan, w.leave(0).overtime());
    let mut worked = w.leave(1).working();
    worked.leave_type = LeaveType::Custom(remote);
    let remote_day = w.officient.add_event(w.jan, worked);
    let mut training = w.leave(2).working();
    training.leave_type = LeaveType::Education;
    w.officient.add_event(w.jan, training);
    w.connect_and_import().await;
    assert_eq!(w.absences(), []);
    assert_eq!(w.attention().await, Vec::<serde_json::Value>::new());

    // The admin says that it is to be written.
    w.officient.set_leave_type_code(remote, Some("Thuiswerk"));
    w.sweep().await;
    w.pass(jiff::SignedDuration::from_hours(2)).await;
    w.sweep().await;
    assert_eq!(w.times_of(remote_day), whole_day(w.day(1)));
    assert_eq!(w.absences().len(), 1);
    w.finish(&[]).await;
}

#[tokio::test]
async fn the_two_built_in_types_use_the_configured_descriptions() {
    let w = World::start_with(
        options().set("leave_types.sick_day", "Ziekte").set("leave_types.education", "Opleiding"),
    )
    .await;
    let types = ["Ziekte", "Opleiding"].map(|name| w.optedo.add_absence_type(name));
    let mut sick = w.leave(0);
    sick.leave_type = LeaveType::SickDay;
    let mut training = w.leave(1).working();
    training.leave_type = LeaveType::Education;
    let events = [sick, training].map(|leave| w.officient.add_event(w.jan, leave));
    w.connect_and_import().await;
    for (event, absence_type) in events.into_iter().zip(types) {
        assert_eq!(w.absence_of(event).unwrap().content.absence_type_id, absence_type);
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn the_first_import_writes_everybodys_leave_once() {
    let w = World::start().await;
    let people: Vec<(i64, i64)> =
        (0..35).map(|number| w.hire(&format!("Voornaam{number}"), "Achternaam")).collect();
    for (person, _) in &people {
        for day in 0..3 {
            w.officient.add_event(*person, w.leave(day));
        }
    }
    w.connect_and_import().await;
    for (_, user) in &people {
        assert_eq!(w.optedo.absences_of(*user).len(), 3);
    }
    assert_eq!((w.absences().len(), w.optedo.writes()), (105, 105));
    let status = w.status().await;
    assert_eq!(status["absences"]["written"], 105);
    assert_eq!((&status["sync"]["peopleDone"], &status["sync"]["peopleTotal"]), (&36.into(), &36.into()));
    w.sweep().await;
    assert_eq!(w.optedo.writes(), 105);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_periodic_sweep_heals_a_lost_webhook_and_silence_is_reported_until_a_webhook_arrives() {
    let w = World::connected_with(options().set("sync.sweep_interval", "15m")).await;
    let first = w.take_leave(0);
    w.periodic_sweep().await;
    assert_eq!(w.times_of(first), whole_day(w.day(0)));
    assert_eq!(w.attention().await, Vec::<serde_json::Value>::new(), "one lost webhook is no silence");

    w.officient.delete_event(first);
    w.periodic_sweep().await;
    assert_eq!(w.absences(), []);
    w.finish(&["webhooks_silent"]).await;

    let second = w.take_leave(1);
    w.announce().await;
    assert_eq!(w.times_of(second), whole_day(w.day(1)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_identical_absence_made_by_hand_is_taken_over_and_from_then_on_ours() {
    let w = World::start().await;
    let event = w.take_leave(0);
    let by_hand = w.optedo.add_absence(by_hand(&w, 0));
    w.connect_and_import().await;
    assert_eq!(w.optedo.writes(), 0);
    assert_eq!(w.absences().len(), 1);
    let listed = w.get("/absences").await;
    assert!(listed.to_string().contains(&by_hand.to_string()), "{listed}");
    w.sweep().await;
    assert_eq!(w.optedo.writes(), 0);

    w.officient.change_event(event, |leave| *leave = leave.clone().part(540, 60));
    w.announce().await;
    assert_eq!(w.absence_of(event).unwrap().id, by_hand);
    assert_eq!(w.times_of(event), part(w.day(0), (9, 0), (10, 0)));
    w.officient.delete_event(event);
    w.announce().await;
    assert_eq!(w.absences(), []);
    assert_eq!(w.optedo.writes(), 2);
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_absence_taken_over_is_deleted_with_its_event() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.optedo.add_absence(by_hand(&w, 0));
    w.connect_and_import().await;
    w.officient.delete_event(event);
    w.announce().await;
    assert_eq!(w.absences(), []);
    w.finish(&[]).await;
}

#[tokio::test]
async fn one_absence_made_by_hand_is_taken_over_by_one_event_only() {
    let w = World::start().await;
    // A second leave type with the same description, on the same day.
    let extra = w.officient.add_leave_type("Extra verlof", Some("Vakantie"));
    let mut second = w.leave(0);
    second.leave_type = LeaveType::Custom(extra);
    w.take_leave(0);
    w.officient.add_event(w.jan, second);
    w.optedo.add_absence(by_hand(&w, 0));
    w.connect_and_import().await;
    assert_eq!((w.absences().len(), w.optedo.writes()), (2, 1));
    w.finish(&[]).await;
}

#[tokio::test]
async fn what_only_resembles_the_leave_is_not_taken_over() {
    let w = World::start().await;
    w.take_leave(0);
    let mut other_time = by_hand(&w, 0);
    other_time.start = w.day(0).at(1, 0, 0, 0);
    let mut other_reference = by_hand(&w, 0);
    other_reference.external_reference = Some("dentist:7".to_owned());
    let mut not_all_day = by_hand(&w, 0);
    not_all_day.all_day = false;
    for absence in [other_time, other_reference, not_all_day] {
        w.optedo.add_absence(absence);
    }
    let before = w.absences();
    w.connect_and_import().await;
    assert_eq!((w.absences().len(), w.optedo.writes()), (4, 1));
    assert_eq!(w.absences()[..3], before);
    w.finish(&[]).await;
}

#[tokio::test]
async fn without_adoption_the_leave_is_written_beside_what_was_made_by_hand() {
    let w = World::start_with(options().set("sync.adopt_existing", "false")).await;
    let event = w.take_leave(0);
    let by_hand = w.optedo.add_absence(by_hand(&w, 0));
    w.connect_and_import().await;
    assert_eq!(w.absences().len(), 2);
    w.officient.delete_event(event);
    w.announce().await;
    assert_eq!(w.absences().iter().map(|absence| absence.id).collect::<Vec<_>>(), [by_hand]);
    w.finish(&[]).await;
}

#[tokio::test]
async fn after_a_restored_backup_absences_with_our_reference_are_taken_over() {
    let w = World::start_with(options().set("sync.adopt_existing", "false")).await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    sqlx::query("delete from absences").execute(&w.db).await.unwrap();
    w.sweep().await;
    assert_eq!((w.absences().len(), w.optedo.writes()), (1, 1));
    w.officient.delete_event(event);
    w.announce().await;
    assert_eq!(w.absences(), []);
    w.finish(&[]).await;
}

#[tokio::test]
async fn what_a_person_changed_in_optedo_stays_until_the_event_changes() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    let absence = w.absence_of(event).unwrap().id;
    w.optedo.change_absence(absence, |content| {
        content.end = content.start.saturating_add(6.hours());
    });
    let changed = w.absence_of(event);
    w.announce().await;
    w.sweep().await;
    assert_eq!(w.absence_of(event), changed);
    w.officient.change_event(event, |leave| *leave = leave.clone().part(540, 60));
    w.announce().await;
    assert_eq!(w.times_of(event), part(w.day(0), (9, 0), (10, 0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn what_a_person_deleted_in_optedo_stays_away_until_the_event_changes_and_may_then_be_deleted() {
    let w = World::start().await;
    let [changed, deleted] = [0, 1].map(|day| w.take_leave(day));
    w.connect_and_import().await;
    for absence in w.absences() {
        w.optedo.delete_absence(absence.id);
    }
    w.sweep().await;
    assert_eq!(w.absences(), []);
    w.officient.change_event(changed, |leave| *leave = leave.clone().part(540, 60));
    w.officient.delete_event(deleted);
    w.announce().await;
    assert_eq!(w.times_of(changed), part(w.day(0), (9, 0), (10, 0)));
    assert_eq!(w.absences().len(), 1);
    assert_eq!(w.status().await["queue"]["retrying"], 0);
    w.officient.delete_event(changed);
    w.announce().await;
    assert_eq!(w.absences(), []);
    w.finish(&[]).await;
}

#[tokio::test]
async fn both_ends_belong_to_the_window_and_nothing_beyond_is_created() {
    let probe = World::start().await;
    let (from, until) = (probe.day(1).to_string(), probe.day(3).to_string());
    let w = World::start_with(options().set("sync.from", &from).set("sync.until", &until)).await;
    let events: Vec<i64> = (0..5).map(|day| w.take_leave(day)).collect();
    w.connect_and_import().await;
    let stands: Vec<bool> = events.iter().map(|event| w.absence_of(*event).is_some()).collect();
    assert_eq!(stands, [false, true, true, true, false]);
    w.finish(&[]).await;
}

#[tokio::test]
async fn what_was_written_is_neither_changed_nor_deleted_once_it_is_outside_the_window() {
    let mut w = World::start().await;
    let [changed, deleted, moved_in, inside] = [0, 1, 2, 6].map(|day| w.take_leave(day));
    w.connect_and_import().await;
    let before: Vec<_> = [changed, deleted, moved_in].map(|event| w.absence_of(event)).into();
    let from = w.day(5).to_string();
    w.app.restart_with(&[("sync.from", &from)]).await;
    let day = w.day(7);
    w.officient.change_event(changed, |leave| *leave = leave.clone().part(540, 60));
    w.officient.delete_event(deleted);
    w.officient.change_event(moved_in, |leave| leave.date = day);
    w.officient.delete_event(inside);
    w.sweep().await;
    w.announce().await;
    let after: Vec<_> = [changed, deleted, moved_in].map(|event| w.absence_of(event)).into();
    assert_eq!(after, before);
    assert_eq!(w.absence_of(inside), None);
    w.finish(&[]).await;
}

#[tokio::test]
async fn leave_moved_out_of_the_window_no_longer_stands_in_it() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    let far = w.clock.today().saturating_sub(70.days());
    w.officient.change_event(event, |leave| leave.date = far);
    w.announce().await;
    assert_eq!(w.absences(), []);
    w.finish(&[]).await;
}

/// A whole day as a planner enters it.
fn by_hand(w: &World, day: i32) -> NewAbsence {
    let (start, end, all_day): (DateTime, DateTime, bool) = whole_day(w.day(day)).unwrap();
    NewAbsence { user_id: w.user, absence_type_id: w.vakantie, start, end, all_day, external_reference: None }
}

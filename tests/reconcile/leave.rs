//! Leave in Officient becomes absences in Optedo: one absence per event, with its times, changes and deletions.

use crate::support::prelude::*;

#[tokio::test]
async fn leave_created_changed_and_deleted_in_officient_is_copied_to_optedo() {
    let w = World::connected().await;
    let ziekte = w.optedo.add_absence_type("Sick day");
    let event = w.take_leave(0);
    w.webhook().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    let absence = w.absence_of(event).unwrap();
    assert_eq!((absence.content.user_id, absence.content.absence_type_id), (w.user, w.vakantie));

    w.make_partial(event, 13, 120);
    w.webhook().await;
    assert_eq!(w.times_of(event), part(w.day(0), (13, 0), (15, 0)));
    assert_eq!(w.absence_of(event).unwrap().id, absence.id, "changed in place");

    w.officient.change_event(event, |leave| leave.leave_type = LeaveType::SickDay);
    w.webhook().await;
    assert_eq!(w.absence_of(event).unwrap().content.absence_type_id, ziekte);

    w.officient.change_event(event, |leave| leave.date = leave.date.saturating_add(1.day()));
    w.webhook().await;
    assert_eq!(w.times_of(event), part(w.day(1), (13, 0), (15, 0)));

    w.officient.delete_event(event);
    w.webhook().await;
    assert_eq!(w.absences(), []);
    assert_eq!(w.optedo.writes(), 5);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_week_of_leave_is_one_absence_per_event_and_each_is_deleted_separately() {
    let w = World::connected().await;
    let events: Vec<i64> = (0..5).map(|day| w.take_leave(day)).collect();
    w.webhook().await;
    for (day, event) in (0..).zip(&events) {
        assert_eq!(w.times_of(*event), whole_day(w.day(day)));
    }
    assert_eq!(w.absences().len(), 5);
    w.officient.delete_event(events[2]);
    w.webhook().await;
    assert_eq!(w.absence_of(events[2]), None);
    assert_eq!(w.absences().len(), 4);
    assert_eq!(w.optedo.writes(), 6);
    w.finish(&[]).await;
}

#[tokio::test]
async fn each_duration_of_leave_has_its_start_and_end() {
    let w = World::connected().await;
    let on = |day: i32, from: (i8, i8), to: (i8, i8)| part(w.day(day), from, to);
    let midnight_passed = Some((w.day(4).at(22, 0, 0, 0), w.day(4).saturating_add(1.day()).at(2, 0, 0, 0), false));
    let saturday = w.day(4).saturating_add(1.day());
    let weekend = w.leave(4).part(600, 456).on(saturday);
    let table = [
        (w.leave(0), whole_day(w.day(0))),
        (w.leave(1).part(480, 600), whole_day(w.day(1))),
        (w.leave(2).part(540, 228), on(2, (9, 0), (12, 48))),
        (w.leave(3).part(840, 60), on(3, (14, 0), (15, 0))),
        (w.leave(4).part(1320, 240), midnight_passed),
        // The simulator has three ways to omit the start; it uses them in turn.
        (w.leave(5).unknown_start(120), on(5, (9, 0), (11, 0))),
        (w.leave(6).unknown_start(120), on(6, (9, 0), (11, 0))),
        (w.leave(7).unknown_start(120), on(7, (9, 0), (11, 0))),
        (w.leave(10).part(0, 30), on(10, (0, 0), (0, 30))),
        (w.leave(11).scheduled(240).part(540, 240), whole_day(w.day(11))),
        (w.leave(12).scheduled(240).part(540, 239), on(12, (9, 0), (12, 59))),
        (weekend, part(saturday, (10, 0), (17, 36))),
    ];
    let events = table.map(|(leave, expected)| (w.take(leave), expected));
    w.webhook().await;
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
    let events: Vec<_> = changes.into_iter().map(|day| (w.take(w.leave(0).part(60, 120).on(day)), day)).collect();
    w.connect_and_import().await;
    for (event, day) in events {
        assert_eq!(w.times_of(event), part(day, (1, 0), (3, 0)));
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn part_of_a_day_without_a_start_begins_at_the_configured_time() {
    let w = options().set("sync.default_start", "13:30").world().await;
    let event = w.take(w.leave(0).unknown_start(60));
    w.connect_and_import().await;
    assert_eq!(w.times_of(event), part(w.day(0), (13, 30), (14, 30)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn leave_without_a_duration_is_reported_and_its_written_absence_stays() {
    let w = World::start().await;
    let written = w.take_leave(0);
    let never_right = [None, Some(0), Some(-30)].map(|duration| {
        let day = match duration {
            None => 1,
            Some(0) => 2,
            Some(_) => 3,
        };
        w.take(w.leave(day).lasting(duration))
    });
    w.connect_and_import().await;
    assert_eq!(w.attention_of("invalid_event").await.len(), 3);
    w.officient.change_event(written, |leave| leave.duration_minutes = None);
    w.webhook().await;
    assert_eq!(w.times_of(written), whole_day(w.day(0)), "the written absence stays");
    let items = w.attention_of("invalid_event").await;
    assert_eq!(items.len(), 4);
    let subject_id = written.to_string();
    assert!(items.iter().any(|item| item["subjectId"].as_str() == Some(&subject_id) && item["waiting"] == 1));

    for event in never_right {
        w.officient.change_event(event, |leave| leave.duration_minutes = Some(60));
    }
    w.officient.delete_event(written);
    w.webhook().await;
    assert_eq!(w.absences().len(), 3);
    w.finish(&[]).await;
}

#[tokio::test]
async fn pending_leave_is_excluded_until_approved_and_deleted_when_approval_is_withdrawn() {
    let w = World::start().await;
    let event = w.take(w.leave(0).pending());
    w.connect_and_import().await;
    assert_eq!(w.absences(), []);
    w.officient.change_event(event, |leave| leave.status = EventStatus::Approved);
    w.webhook().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.officient.change_event(event, |leave| leave.status = EventStatus::Pending);
    w.webhook().await;
    assert_eq!(w.absences(), []);
    w.finish(&[]).await;
}

#[tokio::test]
async fn pending_leave_is_written_if_configured() {
    let w = options().set("sync.include_pending", "true").world().await;
    let event = w.take(w.leave(0).pending());
    w.connect_and_import().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.officient.change_event(event, |leave| leave.status = EventStatus::Approved);
    w.webhook().await;
    assert_eq!(w.optedo.writes(), 1);
    w.officient.delete_event(event);
    w.webhook().await;
    assert_eq!(w.absences(), []);
    w.finish(&[]).await;
}

#[tokio::test]
async fn overtime_and_worked_time_are_excluded_without_an_attention_item() {
    let w = World::start().await;
    w.optedo.add_absence_type("Thuiswerk");
    let remote = w.officient.add_leave_type("Thuiswerk", None);
    w.take(w.leave(0).overtime());
    let remote_day = w.take(w.leave(1).working().of_type(LeaveType::Custom(remote)));
    w.take(w.leave(2).working().of_type(LeaveType::Education));
    w.connect_and_import().await;
    assert_eq!(w.absences(), []);
    assert_eq!(w.attention().await, Vec::<serde_json::Value>::new());

    // The admin fills in our field, so it is written.
    w.officient.set_leave_type_code(remote, Some("Thuiswerk"));
    w.sweep().await;
    w.advance(SignedDuration::from_hours(2)).await;
    w.sweep().await;
    assert_eq!(w.times_of(remote_day), whole_day(w.day(1)));
    assert_eq!(w.absences().len(), 1);
    w.finish(&[]).await;
}

#[tokio::test]
async fn the_first_import_writes_everybodys_leave_once() {
    let w = World::start().await;
    let people: Vec<(i64, i64)> = (0..35).map(|number| w.hire(&format!("Voornaam{number}"), "Achternaam")).collect();
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
async fn a_sweep_repairs_a_lost_webhook_and_reports_silence_until_one_arrives() {
    let w = options().set("sync.sweep_interval", "15m").connected().await;
    let first = w.take_leave(0);
    w.periodic_sweep().await;
    assert_eq!(w.times_of(first), whole_day(w.day(0)));
    assert_eq!(w.attention().await, Vec::<serde_json::Value>::new(), "one lost webhook is not silence");

    w.officient.delete_event(first);
    w.periodic_sweep().await;
    assert_eq!(w.absences(), []);
    w.finish(&["webhooks_silent"]).await;

    let second = w.take_leave(1);
    w.webhook().await;
    assert_eq!(w.times_of(second), whole_day(w.day(1)));
    w.finish(&[]).await;
}

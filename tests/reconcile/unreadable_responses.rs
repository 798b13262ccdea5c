//! Responses that contradict the documentation: other spellings are accepted, everything else never means "no leave".

use crate::support::prelude::*;

#[tokio::test]
async fn ids_numbers_and_booleans_may_be_texts_and_absent_values_empty_null_or_missing() {
    let w = World::start().await;
    let table = [
        (w.leave(0).raw("id", json!("77001")), whole_day(w.day(0))),
        (w.leave(1).raw("custom_day_off_type_id", json!(w.verlof.to_string())), whole_day(w.day(1))),
        (w.leave(2).raw("custom_day_off_type_id", json!(w.verlof)), whole_day(w.day(2))),
        (w.leave(3).raw("duration_minutes", json!("456")), whole_day(w.day(3))),
        (w.leave(4).raw("duration_minutes", json!(456.0)), whole_day(w.day(4))),
        (w.leave(5).raw("duration_minutes", json!("60.0")), part(w.day(5), (9, 0), (10, 0))),
        (w.leave(6).part(0, 60).raw("start_time_minutes", json!("")), part(w.day(6), (9, 0), (10, 0))),
        (w.leave(7).part(0, 60).raw("start_time_minutes", Value::Null), part(w.day(7), (9, 0), (10, 0))),
        (w.leave(8).part(0, 60).raw("start_time_minutes", json!("unknown")), part(w.day(8), (9, 0), (10, 0))),
        (w.leave(9).part(0, 60).raw("start_time_minutes", json!("600")), part(w.day(9), (10, 0), (11, 0))),
        (w.leave(10).raw("working", json!(false)), whole_day(w.day(10))),
        (w.leave(11).raw("working", json!("0")), whole_day(w.day(11))),
        (w.leave(12).raw("working", json!("")), whole_day(w.day(12))),
        (w.leave(13).raw("working", Value::Null), whole_day(w.day(13))),
        (w.leave(14).raw("name", Value::Null), whole_day(w.day(14))),
        (w.leave(15).raw("color", json!({"new": ["shape"]})), whole_day(w.day(15))),
        (w.leave(16).raw("a_field_of_tomorrow", json!([1, null, {}])), whole_day(w.day(16))),
        (w.leave(17).raw("date", json!(format!("{} 00:00:00", w.day(17)))), whole_day(w.day(17))),
    ];
    let table = table.map(|(leave, expected)| {
        let given = leave.raw.get("id").and_then(|id| id.as_str()?.parse().ok());
        let event: i64 = w.take(leave);
        (given.unwrap_or(event), expected)
    });
    w.connect_and_import().await;
    for (event, expected) in table {
        assert_eq!(w.times_of(event), expected, "event {event}");
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn leave_on_a_day_without_a_schedule_lasts_its_own_duration() {
    let w = World::connected().await;
    for scheduled in [json!(""), Value::Null, json!("0")] {
        let day = w.day(0);
        let calendar = json!({"data": {"time_off": [{"date": day, "scheduled_minutes": scheduled, "events": [
            {"id": "88001", "name": "Verlof", "event_type": "custom", "custom_day_off_type_id": w.verlof, "date": day,
             "duration_minutes": "456", "start_time_minutes": 540, "type": "time_off", "working": 0, "status": "approved"}
        ]}], "unknown": {}}, "meta": 1});
        respond_with_calendar(&w, &calendar, 1);
        w.webhook().await;
        w.officient.clear_faults();
        assert_eq!(w.times_of(88001), part(day, (9, 0), (16, 36)), "{scheduled}");
    }
    assert_eq!(w.optedo.writes(), 1);
}

/// Officient responds with this to the next `times` reads of the calendar year of day 0.
fn respond_with_calendar(w: &World, calendar: &Value, times: usize) {
    let path = format!("/1.0/calendar/{}/{}", w.jan, w.day(0).year());
    w.officient.fault_on(&path, Fault::WrongContent(calendar.clone()), times);
}

#[tokio::test]
async fn an_unclear_event_is_reported_and_never_means_no_leave() {
    let w = World::start().await;
    let fields = [
        ("date", json!("")),
        ("date", json!("3 april")),
        ("type", json!("")),
        ("type", Value::Null),
        ("status", json!("")),
        ("duration_minutes", json!("a while")),
        ("duration_minutes", json!(456.5)),
        ("start_time_minutes", json!(-5)),
    ];
    let events: Vec<i64> = (0..).zip(&fields).map(|(day, _)| w.take_leave(day)).collect();
    w.connect_and_import().await;
    let before = w.absences();
    assert_eq!(before.len(), fields.len());
    for (event, (field, value)) in events.iter().zip(&fields) {
        w.officient.change_event(*event, |leave| {
            let changed = leave.clone().part(540, 60).raw(field, value.clone());
            *leave = changed;
        });
    }
    w.webhook().await;
    // Officient gives the day's date too: an event without a date of its own is of its day.
    let unclear: Vec<i64> = w
        .attention_of("invalid_event")
        .await
        .iter()
        .map(|item| item["subjectId"].as_str().unwrap().parse().unwrap())
        .collect();
    for ((event, field), absence) in events.iter().zip(&fields).zip(&before) {
        let stands = w.absence_of(*event);
        assert!(stands.is_some(), "{field:?}");
        if unclear.contains(event) {
            assert_eq!(stands.as_ref(), Some(absence), "{field:?}");
        } else {
            assert_eq!(field.0, "date", "{field:?}");
        }
    }
    assert!(unclear.len() >= fields.len() - 2, "{unclear:?}");
}

#[tokio::test]
async fn an_event_without_an_id_makes_the_whole_calendar_unreadable_and_nothing_is_deleted() {
    for id in [json!(""), Value::Null, json!("abc"), json!({})] {
        let w = World::start().await;
        let [kept, odd] = [0, 1].map(|day| w.take_leave(day));
        w.connect_and_import().await;
        w.officient.change_event(odd, |leave| *leave = leave.clone().raw("id", id.clone()));
        w.officient.delete_event(kept);
        w.webhook().await;
        assert_eq!(w.absences().len(), 2, "{id}");
        assert_eq!(w.queue("retrying").await, 1, "{id}");
        w.officient.change_event(odd, |leave| leave.raw.clear());
        w.retry_until_done().await;
        assert_eq!(w.absence_of(kept), None);
        assert_eq!(w.absences().len(), 1);
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn a_response_that_is_no_calendar_deletes_nothing() {
    let faults = [
        Fault::Html200,
        Fault::EmptyObject,
        Fault::DataNull,
        Fault::CutOffJson,
        Fault::ResetMidBody,
        Fault::AnswerLost,
        Fault::EmptyRateLimit,
        Fault::HugeBody(11 << 20),
        Fault::RedirectTo("http://127.0.0.1:9/".to_owned()),
        Fault::RetryAfter { status: 503, seconds: 60 },
        Fault::Status(400),
        Fault::Status(404),
        Fault::Status(500),
        Fault::WrongContent(json!({"data": []})),
        Fault::WrongContent(json!({"data": {"time_off": null}})),
        Fault::WrongContent(json!({"data": {"time_off": [{"date": "2026-04-03"}]}})),
        Fault::WrongContent(json!([])),
        Fault::WrongContent(json!("")),
    ];
    let w = options().set("officient.rate_limit_period", "50ms").world().await;
    let events: Vec<i64> = (0..).zip(&faults).map(|(day, _)| w.take_leave(day)).collect();
    w.connect_and_import().await;
    for (event, fault) in events.iter().zip(faults) {
        w.officient.delete_event(*event);
        w.officient.fault_on(&format!("/1.0/calendar/{}/", w.jan), fault.clone(), 3);
        w.webhook().await;
        assert!(w.absence_of(*event).is_some(), "{fault:?}");
        assert_eq!(w.queue("retrying").await, 1, "{fault:?}");
        w.officient.clear_faults();
        w.retry_until_done().await;
        assert_eq!(w.absence_of(*event), None, "{fault:?}");
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_calendar_that_times_out_or_is_endless_deletes_nothing() {
    let w = options().set("officient.timeout", "1s").world().await;
    let faults = [Fault::Timeout, Fault::AnswerHangs, Fault::HugeBody(50 << 20)];
    let events: Vec<i64> = (0..).zip(&faults).map(|(day, _)| w.take_leave(day)).collect();
    w.connect_and_import().await;
    for (event, fault) in events.iter().zip(faults) {
        w.officient.delete_event(*event);
        w.officient.fault_on(&format!("/1.0/calendar/{}/", w.jan), fault.clone(), 1000);
        w.webhook().await;
        w.until("it was tried", async || w.queue("retrying").await == 1).await;
        assert!(w.absence_of(*event).is_some(), "{fault:?}");
        w.officient.clear_faults();
        w.retry_until_done().await;
        assert_eq!(w.absence_of(*event), None, "{fault:?}");
    }
    w.finish(&[]).await;
}

/// However incomplete or wrong the list of people is, nobody counts as archived because of it, and nothing is deleted.
#[tokio::test]
async fn an_incomplete_list_of_people_archives_nobody() {
    let one = json!({"data": [{"id": 264, "name": "Jan Peeters", "archived": 0}], "total_record_count": 36});
    let cases = [
        ("a wrong total", 0, one),
        ("an empty page", 1, json!({"data": [], "total_record_count": 36})),
        ("no list", 0, json!({"data": null})),
        ("no data", 0, json!({})),
        ("a person without an id", 1, json!({"data": [{"name": "without an id"}]})),
        ("an empty list without a total", 0, json!({"data": []})),
    ];
    let w = World::start().await;
    w.take_leave(0);
    w.hire_people_with_leave(35);
    w.connect_and_import().await;
    let before = w.absences();
    assert_eq!(before.len(), 36);
    for (case, page, content) in cases {
        w.officient.fault_on(&format!("/1.0/people/list?page={page}"), Fault::WrongContent(content), 1);
        w.request_sweep().await;
        w.until("the wrong list was read", async || w.officient.faults_left() == 0).await;
        w.until("the sweep ended, also if it failed and began again", async || {
            w.advance(SignedDuration::from_mins(2)).await;
            w.status().await["sync"]["state"] == "idle"
        })
        .await;
        w.settle().await;
        assert_eq!(w.absences(), before, "{case}");
        assert_eq!(w.status().await["sync"]["peopleTotal"], 36, "{case}");
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn a_failed_page_of_the_list_of_people_archives_nobody() {
    let w = World::start().await;
    w.hire_people_with_leave(70);
    w.connect_and_import().await;
    assert_eq!(w.absences().len(), 70);
    w.officient.fault_on("/1.0/people/list?page=1", Fault::Status(500), 1);
    w.officient.fault_on("/1.0/people/list?page=1", Fault::WrongContent(json!({"data": []})), 1);
    w.request_sweep().await;
    w.until("both odd lists were read", async || {
        w.advance(SignedDuration::from_mins(2)).await;
        w.officient.faults_left() == 0
    })
    .await;
    w.settle().await;
    assert_eq!(w.absences().len(), 70);
    assert_eq!(w.status().await["sync"]["peopleTotal"], 71);
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_unreadable_person_is_read_again_and_nothing_is_deleted() {
    let odd = [
        json!({"data": {}}),
        json!({"data": null}),
        json!({"data": {"id": 999, "first_name": "Wim", "last_name": "Wouters"}}),
        json!({"data": {"id": 264, "first_name": ["Jan"], "last_name": "Peeters"}}),
        json!({"data": {"id": 264, "name": "Jan Peeters"}}),
    ];
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    for content in odd {
        let path = format!("/1.0/people/{}/detail", w.jan);
        w.officient.fault_on(&path, Fault::WrongContent(content.clone()), 1);
        // Reads the names again.
        w.webhook_about("person_updated", w.jan).await;
        assert_eq!(w.times_of(event), whole_day(w.day(0)), "{content}");
        assert_eq!(w.queue("retrying").await, 1, "{content}");
        w.retry_until_done().await;
    }
    assert_eq!(w.optedo.writes(), 1);
    w.finish(&[]).await;
}

#[tokio::test]
async fn unreadable_leave_types_delete_nothing_and_are_read_again() {
    for content in [json!({}), json!({"data": null}), json!({"data": [{"name": "Verlof"}]}), json!("")] {
        let w = World::start().await;
        let event = w.take_leave(0);
        w.officient.fault_on("/1.0/calendar/events/types/", Fault::WrongContent(content.clone()), 1);
        w.connect_and_import().await;
        assert_eq!(w.absences(), [], "{content}");
        w.retry_until_done().await;
        assert_eq!(w.times_of(event), whole_day(w.day(0)), "{content}");
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn a_list_of_leave_types_without_ours_deletes_nothing() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.officient.fault_on("/1.0/calendar/events/types/", Fault::WrongContent(json!({"data": []})), 9);
    w.advance(SignedDuration::from_hours(2)).await;
    w.sweep().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&["unmapped_leave_type"]).await;
    w.officient.clear_faults();
    w.sweep().await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn unreadable_users_absence_types_and_absences_delete_nothing() {
    for path in ["/api/users", "/api/absencetypes", "/api/absences?"] {
        let w = World::start().await;
        let event = w.take_leave(0);
        for fault in [Fault::Html200, Fault::EmptyObject, Fault::CutOffJson] {
            w.optedo.fault_on(path, fault, 1);
        }
        w.connect_and_import().await;
        w.retry_until_done().await;
        assert_eq!(w.times_of(event), whole_day(w.day(0)), "{path}");
        assert_eq!(w.optedo.faults_left(), 0, "{path}");
        w.finish(&[]).await;
    }
}

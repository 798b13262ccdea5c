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
async fn fractions_of_a_minute_are_rounded() {
    let w = World::start().await;
    let minutes = [json!(228.4), json!("228.0"), json!("227.6")];
    let events: Vec<i64> = (0..)
        .zip(minutes)
        .map(|(day, minutes)| w.take(w.leave(day).part(540, 60).raw("duration_minutes", minutes)))
        .collect();
    w.connect_and_import().await;
    for (day, event) in (0..).zip(events) {
        assert_eq!(w.times_of(event), part(w.day(day), (9, 0), (12, 48)));
    }
    w.finish(&[]).await;
}

/// Spoils a field of leave that was written. The absence stays, nothing is deleted, and an item names the event.
async fn assert_keeps_the_absence(fields: &[(&str, Value)]) {
    let w = World::start().await;
    let events: Vec<i64> = (0..).zip(fields).map(|(day, _)| w.take_leave(day)).collect();
    w.connect_and_import().await;
    let before = w.absences();
    for (event, (field, value)) in events.iter().zip(fields) {
        w.officient.change_event(*event, |leave| {
            let changed = leave.clone().part(540, 60).raw(field, value.clone());
            *leave = changed;
        });
    }
    let also_new = w.take_leave(30);
    w.webhook().await;
    let items = w.attention_of("invalid_event").await;
    for (event, (field, value)) in events.iter().zip(fields) {
        let item = items.iter().find(|item| item["subjectId"] == event.to_string().as_str());
        assert!(item.is_some(), "{field} {value}: {items:?}");
    }
    let mut after = w.absences();
    assert_eq!(after.pop(), w.absence_of(also_new), "the rest goes on");
    assert_eq!(after, before);
    assert_eq!((w.queue("retrying").await, w.optedo.deletions().len()), (0, 0));
    for event in &events {
        w.officient.change_event(*event, |leave| leave.raw.clear());
    }
    w.webhook().await;
    assert_eq!(w.times_of(events[0]), part(w.day(0), (9, 0), (10, 0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_word_that_is_not_documented_never_means_no_leave() {
    assert_keeps_the_absence(&[
        ("type", json!("")),
        ("type", Value::Null),
        ("type", json!("leave")),
        ("type", json!(["time_off"])),
        ("type", json!(1)),
        ("status", json!("")),
        ("status", json!("confirmed")),
        ("status", json!("Approved")),
        ("status", json!(3)),
        ("status", json!({"value": "approved"})),
    ])
    .await;
}

#[tokio::test]
async fn worked_time_that_is_not_understood_changes_nothing_where_it_decides() {
    let w = World::start().await;
    let plain = w.officient.add_leave_type("Vakantie", None);
    let leave = |day| w.leave(day).of_type(LeaveType::Custom(plain));
    let [word, list] = [0, 1].map(|day| w.take(leave(day)));
    let of_a_chosen_type = w.take(w.leave(2).raw("working", json!([0])));
    w.connect_and_import().await;
    let before = w.absences();
    assert!(w.absence_of(of_a_chosen_type).is_some());
    w.officient.change_event(word, |leave| *leave = leave.clone().raw("working", json!("maybe")));
    w.officient.change_event(list, |leave| *leave = leave.clone().raw("working", json!([0])));
    w.webhook().await;
    assert_eq!(w.absences(), before);
    w.finish(&["invalid_event", "invalid_event"]).await;
}

#[tokio::test]
async fn a_date_or_time_that_cannot_be_never_moves_leave() {
    assert_keeps_the_absence(&[
        ("date", json!("3 april")),
        ("date", json!("2019-01-01")),
        ("date", json!(["2026-04-03"])),
        ("duration_minutes", json!("a while")),
        ("duration_minutes", json!([456])),
        ("duration_minutes", json!(0)),
        ("duration_minutes", json!(13_680)),
        ("start_time_minutes", json!(-5)),
        ("start_time_minutes", json!(1440)),
        ("start_time_minutes", json!(32_400)),
    ])
    .await;
}

#[tokio::test]
async fn a_field_on_which_nothing_depends_may_hold_anything() {
    let w = World::start().await;
    let event = w.take(w.leave(0).raw("name", json!(["Verlof"])).raw("color", json!({})));
    w.connect_and_import().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_entry_without_an_id_costs_only_itself_and_nothing_is_deleted_meanwhile() {
    for id in [json!(""), Value::Null, json!("abc"), json!({})] {
        let w = World::start().await;
        let [deleted, odd] = [0, 1].map(|day| w.take_leave(day));
        w.connect_and_import().await;
        w.officient.change_event(odd, |leave| *leave = leave.clone().raw("id", id.clone()));
        w.officient.delete_event(deleted);
        let new = w.take_leave(2);
        w.take_leave(3);
        w.webhook().await;
        assert_eq!(w.absences().len(), 4, "{id}");
        assert!(w.absence_of(new).is_some());
        assert_eq!(w.queue("retrying").await, 0, "{id}");
        w.finish(&["invalid_event"]).await;
        w.officient.change_event(odd, |leave| leave.raw.clear());
        w.webhook().await;
        assert_eq!(w.absence_of(deleted), None);
        assert_eq!(w.absences().len(), 3);
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn an_id_that_is_listed_twice_with_different_content_changes_nothing() {
    let w = World::start().await;
    let [event, other] = [0, 1].map(|day| w.take_leave(day));
    w.connect_and_import().await;
    let before = w.absences();
    w.officient.change_event(other, |leave| *leave = leave.clone().raw("id", json!(event)));
    w.webhook().await;
    assert_eq!(w.absence_of(event).as_ref(), before.first());
    w.finish(&["invalid_event"]).await;
}

#[tokio::test]
async fn a_leave_type_that_is_odd_for_another_app_stops_nobody() {
    let w = World::start().await;
    let types = json!({"data": [
        {"id": w.verlof, "name": "Verlof", "integrations": [
            {"app": "acerta", "code": {"value": "192"}}, {"app": "optedo", "code": "Vakantie"}]},
        {"id": w.verlof + 1, "name": ["ADV"], "integrations": "none"},
        {"id": w.verlof + 2, "name": "Recup", "integrations": [{"app": "acerta", "code": ["7"]}, "odd"]},
        {"name": "without an id"},
    ]});
    w.officient.fault_on("/1.0/calendar/events/types", Fault::WrongContent(types), 1_000);
    let event = w.take_leave(0);
    w.connect_and_import().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn odd_users_and_absences_in_optedo_cost_only_themselves() {
    let w = World::start().await;
    let users = json!([
        {"id": w.user, "firstName": "Jan", "lastName": "Peeters", "active": true},
        {"id": 900, "firstName": "Madonna"},
        {"id": "901", "firstName": "Piet", "lastName": "Pieters"},
    ]);
    w.optedo.fault_on("GET /api/users", Fault::WrongContent(users), 1_000);
    let absences = json!([
        {"id": 1, "userId": w.user, "start": "2026-01-05T09:00:00", "end": "2026-01-05T10:00:00", "allDay": false},
        {"id": 2, "userId": w.user, "absenceTypeId": w.vakantie, "start": "2020-01-05T09:00:00",
         "end": "2020-01-05T10:00:00", "allDay": false},
    ]);
    w.optedo.fault_on("GET /api/absences?", Fault::WrongContent(absences), 1_000);
    let piet = w.officient.add_person("Piet", "Pieters");
    let events = [w.take_leave(0), w.officient.add_event(piet, w.leave(0))];
    w.optedo.reject_with(422, "There is no such user.", |absence| absence.user_id == 901);
    w.connect_and_import().await;
    assert!(w.absence_of(events[0]).is_some());
    w.finish(&["rejected_by_optedo"]).await;
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

#[tokio::test]
async fn an_absence_of_ours_that_is_not_understood_in_optedo_is_not_written_twice() {
    for (field, value) in [
        ("id", json!({})),
        ("userId", json!("Jan")),
        ("absenceTypeId", json!(null)),
        ("start", json!("tomorrow")),
        ("end", json!(null)),
        ("allDay", json!("perhaps")),
        ("externalReference", json!([1])),
    ] {
        let w = World::connected().await;
        let event = w.take_leave(0);
        w.webhook().await;
        sqlx::query("delete from absences").execute(&w.db).await.unwrap();
        let created = w.optedo.created_ever();
        let mut listed = json!({
            "id": w.absence_of(event).unwrap().id, "userId": w.user, "absenceTypeId": w.vakantie,
            "start": w.day(0).at(0, 0, 0, 0), "end": w.day(1).at(0, 0, 0, 0),
            "allDay": true, "externalReference": format!("officient:60002:{event}"),
        });
        listed[field] = value;
        w.optedo.fault_on("GET /api/absences?", Fault::WrongContent(json!([listed])), 100_000);
        w.webhook().await;
        assert_eq!(w.optedo.created_ever(), created, "{field}");
        w.optedo.clear_faults();
        w.retry_until_done().await;
        assert_eq!(w.times_of(event), whole_day(w.day(0)), "{field}");
        assert_eq!(w.optedo.created_ever(), created, "{field}");
        w.finish(&[]).await;
    }
}

use optedo_officient::simulators::Fault;
use serde_json::{Value, json};

use crate::support::world::{World, part, whole_day};

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
        let event: i64 = w.officient.add_event(w.jan, leave);
        (given.unwrap_or(event), expected)
    });
    w.connect_and_import().await;
    for (event, expected) in table {
        assert_eq!(w.times_of(event), expected, "event {event}");
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_day_without_its_schedule_makes_the_leave_last_as_long_as_it_says() {
    let w = World::connected().await;
    for scheduled in [json!(""), Value::Null, json!("0")] {
        let day = w.day(0);
        let calendar = json!({"data": {"time_off": [{"date": day, "scheduled_minutes": scheduled, "events": [
            {"id": "88001", "name": "Verlof", "event_type": "custom", "custom_day_off_type_id": w.verlof, "date": day,
             "duration_minutes": "456", "start_time_minutes": 540, "type": "time_off", "working": 0, "status": "approved"}
        ]}], "unknown": {}}, "meta": 1});
        answer_calendar_with(&w, &calendar, 1);
        w.announce().await;
        w.officient.clear_faults();
        assert_eq!(w.times_of(88001), part(day, (9, 0), (16, 36)), "{scheduled}");
    }
    assert_eq!(w.optedo.writes(), 1);
}

/// The next `times` reads of this year's or next year's calendar, whichever holds the first days, are answered so.
fn answer_calendar_with(w: &World, calendar: &Value, times: usize) {
    let path = format!("/1.0/calendar/{}/{}", w.jan, w.day(0).year());
    w.officient.fault_on(&path, Fault::WrongContent(calendar.clone()), times);
}

#[tokio::test]
async fn what_an_event_does_not_say_clearly_is_an_item_and_never_no_leave() {
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
    w.announce().await;
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
        w.announce().await;
        assert_eq!(w.absences().len(), 2, "{id}");
        assert_eq!(w.status().await["queue"]["retrying"], 1, "{id}");
        w.officient.change_event(odd, |leave| leave.raw.clear());
        w.retry_until_done().await;
        assert_eq!(w.absence_of(kept), None);
        assert_eq!(w.absences().len(), 1);
        w.finish(&[]).await;
    }
}

/// However odd the list of people, nobody counts as archived because of it, and nothing is deleted.
async fn archives_nobody(pages: &[(usize, Value)]) {
    let w = World::start().await;
    let mut users = vec![w.user];
    w.take_leave(0);
    for number in 0..35 {
        let (person, user) = w.hire("Piet", &format!("Pieters{number}"));
        w.officient.add_event(person, w.leave(0));
        users.push(user);
    }
    w.connect_and_import().await;
    let before = w.absences();
    assert_eq!(before.len(), 36);
    for (page, content) in pages {
        let path = format!("/1.0/people/list?page={page}");
        w.officient.fault_on(&path, Fault::WrongContent(content.clone()), 1);
    }
    assert_eq!(w.post("/sync").await.status(), 202);
    w.until("the odd list was read", async || w.officient.faults_left() == 0).await;
    w.until("the sweep ended, or failed and begins anew", async || {
        w.pass(jiff::SignedDuration::from_mins(2)).await;
        w.status().await["sync"]["state"] == "idle"
    })
    .await;
    w.settle().await;
    assert_eq!(w.absences(), before);
    assert_eq!(w.status().await["sync"]["peopleTotal"], 36);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_list_of_people_with_a_wrong_total_archives_nobody() {
    let content =
        json!({"data": [{"id": 264, "name": "Jan Peeters", "archived": 0}], "total_record_count": 36});
    archives_nobody(&[(0, content)]).await;
}

#[tokio::test]
async fn a_list_of_people_with_an_empty_page_archives_nobody() {
    archives_nobody(&[(1, json!({"data": [], "total_record_count": 36}))]).await;
}

#[tokio::test]
async fn a_list_of_people_that_is_no_list_archives_nobody() {
    archives_nobody(&[(0, json!({"data": null}))]).await;
    archives_nobody(&[(0, json!({}))]).await;
    archives_nobody(&[(1, json!({"data": [{"name": "without an id"}]}))]).await;
}

#[tokio::test]
async fn an_empty_list_of_people_without_a_total_archives_nobody() {
    archives_nobody(&[(0, json!({"data": []}))]).await;
}

#[tokio::test]
async fn a_person_whose_detail_is_odd_is_read_again_and_nothing_is_deleted() {
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
        w.announce_about("person_updated", w.jan).await;
        assert_eq!(w.times_of(event), whole_day(w.day(0)), "{content}");
        assert_eq!(w.status().await["queue"]["retrying"], 1, "{content}");
        w.retry_until_done().await;
    }
    assert_eq!(w.optedo.writes(), 1);
    w.finish(&[]).await;
}

#[tokio::test]
async fn leave_types_that_cannot_be_read_delete_nothing_and_are_read_again() {
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
async fn a_list_of_leave_types_that_lacks_ours_deletes_nothing() {
    let w = World::start().await;
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.officient.fault_on("/1.0/calendar/events/types/", Fault::WrongContent(json!({"data": []})), 9);
    w.pass(jiff::SignedDuration::from_hours(2)).await;
    w.sweep().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&["unmapped_leave_type"]).await;
    w.officient.clear_faults();
    w.sweep().await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn users_and_absence_types_of_optedo_that_cannot_be_read_delete_nothing() {
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

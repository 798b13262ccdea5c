//! What the admin chooses for a leave type: an absence type, or to exclude it. Officient decides again when it is
//! undone.

use crate::support::prelude::*;

async fn choose(w: &World, type_id: impl ToString, mapping: &Value) -> StatusCode {
    let path = format!("/leavetypes/{}/mapping", type_id.to_string());
    w.api(Method::PUT, &path).json(mapping).send().await.unwrap().status()
}

/// The choice is accepted, and everybody is reconciled.
async fn chosen(w: &World, type_id: impl ToString, mapping: Value) {
    assert_eq!(choose(w, type_id, &mapping).await, StatusCode::NO_CONTENT, "{mapping}");
    w.settle().await;
}

async fn listed(w: &World, type_id: &str) -> Value {
    let types = w.get("/leavetypes").await;
    types.as_array().unwrap().iter().find(|kind| kind["typeId"] == type_id).unwrap().clone()
}

fn type_of(w: &World, event: i64) -> i64 {
    w.absence_of(event).unwrap().content.absence_type_id
}

#[tokio::test]
async fn an_absence_type_that_the_admin_chooses_goes_before_officient_until_it_is_undone() {
    let w = World::start().await;
    let absent = w.optedo.add_absence_type("Afwezig");
    let event = w.take_leave(0);
    w.connect_and_import().await;
    assert_eq!(type_of(&w, event), w.vakantie);
    let (creations, verlof) = (w.optedo.created_ever(), w.verlof.to_string());
    chosen(&w, &verlof, json!({"mode": "absence_type", "absenceTypeId": absent})).await;
    assert_eq!(type_of(&w, event), absent);
    let mapping = listed(&w, &verlof).await;
    assert_eq!((&mapping["state"], &mapping["absenceType"]["id"]), (&json!("mapped"), &json!(absent)));
    assert_eq!(
        (&mapping["mapping"]["mode"], &mapping["mapping"]["absenceTypeId"]),
        (&json!("absence_type"), &json!(absent))
    );
    assert!(mapping["mapping"]["changedAt"].is_string(), "{mapping}");
    // A decision in Officient changes nothing meanwhile.
    w.officient.set_leave_type_code(w.verlof, Some("Nergens"));
    w.advance(SignedDuration::from_hours(2)).await;
    w.sweep().await;
    assert_eq!(type_of(&w, event), absent);
    w.officient.set_leave_type_code(w.verlof, Some("Vakantie"));
    w.advance(SignedDuration::from_hours(2)).await;
    chosen(&w, &verlof, json!({"mode": "officient"})).await;
    assert_eq!(type_of(&w, event), w.vakantie);
    assert_eq!(listed(&w, &verlof).await["mapping"]["mode"], "officient");
    assert_eq!(w.optedo.created_ever(), creations, "changed in place");
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_excluded_type_is_not_written_and_the_admin_says_what_becomes_of_what_was() {
    let w = World::connected().await;
    let before = w.take_leave(0);
    w.webhook().await;
    let verlof = w.verlof.to_string();
    chosen(&w, &verlof, json!({"mode": "exclude"})).await;
    let since = w.take_leave(1);
    w.webhook().await;
    assert!(w.absence_of(before).is_some(), "kept");
    assert_eq!(w.absence_of(since), None);
    assert_eq!(listed(&w, &verlof).await["state"], "excluded");
    assert_eq!(w.attention().await, [] as [Value; 0]);
    let days = w.get(&format!("/people/{}/days", w.jan)).await;
    for day in days.as_array().unwrap() {
        assert_eq!((&day["state"], &day["reason"]), (&json!("left_out"), &json!("excluded_type")), "{day}");
    }
    chosen(&w, &verlof, json!({"mode": "exclude", "existing": "delete"})).await;
    assert_eq!(w.absences(), []);
    chosen(&w, &verlof, json!({"mode": "officient"})).await;
    assert_eq!(w.times_of(before), whole_day(w.day(0)));
    assert_eq!(w.times_of(since), whole_day(w.day(1)));
    assert_eq!(w.number("select count(*) from audit_log where action = 'leave_type_mapped'").await, 3);
    w.finish(&[]).await;
}

#[tokio::test]
async fn deletions_of_an_excluded_type_are_under_the_deletion_limit() {
    let w = options().set("sync.max_deletions", "2").connected().await;
    for day in 0..3 {
        w.take_leave(day);
    }
    w.webhook().await;
    chosen(&w, w.verlof, json!({"mode": "exclude", "existing": "delete"})).await;
    assert_eq!(w.absences().len(), 3);
    assert_eq!(w.item("deletions_held").await["waiting"], 3);
    // An undone decision deletes nothing.
    chosen(&w, w.verlof, json!({"mode": "officient"})).await;
    assert_eq!(w.attention().await, [] as [Value; 0]);
    assert_eq!(w.absences().len(), 3);
    w.finish(&[]).await;
}

#[tokio::test]
async fn the_built_in_types_are_listed_and_can_be_chosen_unless_the_configuration_decides() {
    let mut w = World::start().await;
    let absent = w.optedo.add_absence_type("Afwezig");
    let sick = w.take(w.leave(0).of_type(LeaveType::SickDay));
    let training = w.take(w.leave(1).working().of_type(LeaveType::Education));
    w.connect_and_import().await;
    assert_eq!(w.absences(), []);
    w.item("unmapped_leave_type").await;
    for type_id in ["sick_day", "education"] {
        let listed = listed(&w, type_id).await;
        assert_eq!((&listed["state"], &listed["description"]), (&json!("unknown"), &json!(null)), "{listed}");
        chosen(&w, type_id, json!({"mode": "absence_type", "absenceTypeId": absent})).await;
    }
    assert_eq!([sick, training].map(|event| type_of(&w, event)), [absent, absent]);
    assert_eq!(w.attention().await, [] as [Value; 0]);
    w.app.restart_with(&[("leave_types.sick_day", "Vakantie")]).await;
    assert_eq!(choose(&w, "sick_day", &json!({"mode": "exclude"})).await, StatusCode::CONFLICT);
    assert_eq!(choose(&w, "education", &json!({"mode": "exclude"})).await, StatusCode::NO_CONTENT);
    w.settle().await;
    assert_eq!(type_of(&w, sick), w.vakantie);
    assert_eq!(type_of(&w, training), absent, "what was written is kept");
    w.finish(&[]).await;
}

#[tokio::test]
async fn leave_waits_with_an_item_while_its_chosen_absence_type_does_not_exist() {
    let w = World::connected().await;
    let absent = w.optedo.add_absence_type("Afwezig");
    chosen(&w, w.verlof, json!({"mode": "absence_type", "absenceTypeId": absent})).await;
    assert!(w.optedo.delete_absence_type(absent));
    let event = w.take_leave(0);
    w.advance(SignedDuration::from_mins(10)).await;
    w.webhook().await;
    assert_eq!(w.absences(), []);
    let item = w.item("unmapped_leave_type").await;
    assert_eq!((&item["subjectId"], &item["subject"]), (&json!(w.verlof.to_string()), &json!("Verlof")));
    assert_eq!(listed(&w, &w.verlof.to_string()).await["state"], "unmapped");
    chosen(&w, w.verlof, json!({"mode": "officient"})).await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    assert_eq!(w.attention().await, [] as [Value; 0]);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_wrong_choice_is_refused_and_stores_nothing() {
    let w = World::connected().await;
    let event = w.take_leave(0);
    w.webhook().await;
    let verlof = w.verlof.to_string();
    for (type_id, mapping, status) in [
        ("999999", json!({"mode": "exclude"}), 404),
        ("verlof", json!({"mode": "exclude"}), 404),
        (verlof.as_str(), json!({"mode": "absence_type", "absenceTypeId": 999_999}), 404),
        (verlof.as_str(), json!({"mode": "absence_type"}), 422),
        (verlof.as_str(), json!({"mode": "exclude", "existing": "hide"}), 422),
        (verlof.as_str(), json!({"mode": "officient", "existing": "keep"}), 422),
        (verlof.as_str(), json!({"mode": "ignore"}), 422),
        (verlof.as_str(), json!({}), 422),
        (verlof.as_str(), json!([]), 400),
    ] {
        assert_eq!(choose(&w, type_id, &mapping).await.as_u16(), status, "{type_id} {mapping}");
    }
    assert_eq!(w.number("select count(*) from leave_type_choices").await, 0);
    assert_eq!(w.number("select count(*) from audit_log where action = 'leave_type_mapped'").await, 0);
    assert_eq!(type_of(&w, event), w.vakantie);
    w.optedo.fault_on("/api/absencetypes", Fault::Status(500), 9);
    assert_eq!(choose(&w, &verlof, &json!({"mode": "exclude"})).await, StatusCode::BAD_GATEWAY);
    w.optedo.clear_faults();
    w.finish(&[]).await;
}

/// Whatever happens at the same moment, the last decision counts, and nobody is absent twice.
#[tokio::test]
async fn two_admins_who_choose_at_once_and_a_webhook_end_in_one_of_their_choices() {
    let w = World::connected().await;
    let types = [1, 2].map(|number| w.optedo.add_absence_type(&format!("Type {number}")));
    let event = w.take_leave(0);
    w.webhook().await;
    for round in 0..4 {
        w.make_partial(event, 9 + round, 60);
        let by = types.map(|id| json!({"mode": "absence_type", "absenceTypeId": id}));
        let [first, second] = by.each_ref().map(|mapping| choose(&w, w.verlof, mapping));
        let (first, second, ()) = tokio::join!(first, second, w.receive("calendar_event_updated", event));
        assert_eq!((first, second), (StatusCode::NO_CONTENT, StatusCode::NO_CONTENT));
        w.settle().await;
        let decided = listed(&w, &w.verlof.to_string()).await["mapping"]["absenceTypeId"].as_i64().unwrap();
        assert_eq!(type_of(&w, event), decided);
        assert_eq!(w.absences().len(), 1);
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_year_lists_the_types_of_that_year() {
    let w = World::connected().await;
    let year = w.clock.now().to_zoned(jiff::tz::TimeZone::UTC).year();
    let next = w.get(&format!("/leavetypes?year={}", year + 1)).await;
    assert!(next.as_array().unwrap().len() >= 2, "{next}");
    for query in ["?year=next", "?year=1", "?year=99999"] {
        let response = w.api(Method::GET, &format!("/leavetypes{query}")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{query}");
    }
    w.finish(&[]).await;
}

//! What the admin chooses for a person: a link with a user by hand, or that they do not belong in the planning.

use crate::support::prelude::*;

async fn put(w: &World, person: i64, what: &str, body: Value) -> StatusCode {
    w.api(Method::PUT, &format!("/people/{person}/{what}")).json(&body).send().await.unwrap().status()
}

async fn delete(w: &World, person: i64, what: &str) -> StatusCode {
    w.api(Method::DELETE, &format!("/people/{person}/{what}")).send().await.unwrap().status()
}

async fn link(w: &World, person: i64, user: i64) -> StatusCode {
    put(w, person, "link", json!({"userId": user})).await
}

async fn linked(w: &World, person: i64, user: i64) {
    assert_eq!(link(w, person, user).await, StatusCode::NO_CONTENT);
    w.settle().await;
}

async fn listed(w: &World, person: i64) -> Value {
    let people = w.get("/people").await;
    people.as_array().unwrap().iter().find(|listed| listed["personId"] == person).unwrap().clone()
}

fn user_of(w: &World, event: i64) -> Option<i64> {
    w.absence_of(event).map(|absence| absence.content.user_id)
}

/// Everybody is reconciled, with names that were read just now.
async fn sweep_later(w: &World) {
    w.advance(SignedDuration::from_hours(2)).await;
    w.sweep().await;
}

#[tokio::test]
async fn a_link_tells_homonyms_apart_and_survives_new_names_until_it_is_undone() {
    let w = World::start().await;
    let (other_jan, other_user) = w.hire("Jan", "Peeters");
    let (first, second) = (w.take_leave(0), w.officient.add_event(other_jan, w.leave(1)));
    w.connect_and_import().await;
    assert_eq!(w.absences(), []);
    assert_eq!(w.attention_of("ambiguous_person").await.len(), 2);

    linked(&w, w.jan, other_user).await;
    assert_eq!(user_of(&w, first), Some(other_user));
    assert_eq!(user_of(&w, second), Some(w.user), "the only one left with this name");
    assert_eq!(w.attention().await, [] as [Value; 0]);
    let jan = listed(&w, w.jan).await;
    assert_eq!((&jan["state"], &jan["link"]["userId"]), (&json!("linked"), &json!(other_user)), "{jan}");
    assert!(jan["link"]["linkedAt"].is_string(), "{jan}");
    assert_eq!(listed(&w, other_jan).await["state"], "matched");

    let writes = w.optedo.writes();
    w.officient.rename_person(w.jan, "Johan", "Peeters-Maes");
    w.optedo.rename_user(other_user, "Jos", "Pieters");
    sweep_later(&w).await;
    assert_eq!(listed(&w, w.jan).await["state"], "linked");
    assert_eq!(w.optedo.writes(), writes, "nothing changes");

    assert_eq!(delete(&w, w.jan, "link").await, StatusCode::NO_CONTENT);
    w.settle().await;
    assert_eq!(listed(&w, w.jan).await["state"], "unmatched");
    assert_eq!(user_of(&w, first), Some(other_user), "what was written stays");
    assert_eq!(delete(&w, w.jan, "link").await, StatusCode::NO_CONTENT, "again");
    let acts = "select count(*) from audit_log where action in ('person_linked', 'person_unlinked')";
    assert_eq!(w.number(acts).await, 2);
    w.finish(&["unmatched_person"]).await;
}

#[tokio::test]
async fn another_link_moves_the_absences_to_its_user() {
    let w = World::start().await;
    let user = w.optedo.add_user("Johan", "Peeters");
    let event = w.take_leave(0);
    w.connect_and_import().await;
    let created = w.optedo.created_ever();
    for user in [user, w.user] {
        linked(&w, w.jan, user).await;
        assert_eq!(user_of(&w, event), Some(user));
    }
    assert_eq!(w.optedo.created_ever(), created, "moved in place");
    w.finish(&[]).await;
}

#[tokio::test]
async fn only_an_active_user_who_belongs_to_nobody_can_be_linked() {
    let w = World::start().await;
    let (piet, piets_user) = w.hire("Piet", "Pieters");
    let els = w.officient.add_person("Els", "Maes");
    let former = w.optedo.add_user("Oud", "Gediende");
    w.optedo.set_user_active(former, false);
    let free = w.optedo.add_user("Els", "Mertens");
    w.connect_and_import().await;
    assert_eq!(link(&w, els, former).await, StatusCode::CONFLICT);
    assert_eq!(link(&w, els, piets_user).await, StatusCode::CONFLICT, "matched by name");
    assert_eq!(link(&w, els, 999_999).await, StatusCode::NOT_FOUND);
    assert_eq!(link(&w, 999_999, free).await, StatusCode::NOT_FOUND);
    for body in [json!({}), json!({"userId": "12"}), json!({"userId": 1.5})] {
        assert_eq!(put(&w, els, "link", body).await, StatusCode::UNPROCESSABLE_ENTITY);
    }
    // Two admins at the same moment.
    let (one, other) = tokio::join!(link(&w, els, free), link(&w, w.jan, free));
    let mut statuses = [one, other];
    statuses.sort_unstable();
    assert_eq!(statuses, [StatusCode::NO_CONTENT, StatusCode::CONFLICT]);
    w.settle().await;
    assert_eq!(w.number("select count(*) from person_choices").await, 1);
    // A person who moves to another user leaves the old one free only once no absence of theirs is there.
    linked(&w, piet, w.optedo.add_user("Piet", "Van Damme")).await;
    w.settle().await;
    assert_eq!(link(&w, els, piets_user).await, StatusCode::NO_CONTENT);
    w.settle().await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_user_whose_absences_are_somebody_elses_cannot_be_linked() {
    let w = World::start().await;
    let els = w.officient.add_person("Els", "Maes");
    let event = w.take_leave(0);
    w.connect_and_import().await;
    w.officient.rename_person(w.jan, "Johan", "Peeters");
    sweep_later(&w).await;
    w.item("unmatched_person").await;
    assert_eq!(link(&w, els, w.user).await, StatusCode::CONFLICT, "Jan's absence is there");
    linked(&w, w.jan, w.user).await;
    assert_eq!(user_of(&w, event), Some(w.user));
    w.finish(&[]).await;
}

/// Els was just renamed to the name of a user. Before her leave is written, the admin links Jan to that user.
#[tokio::test]
async fn a_link_made_while_another_person_is_about_to_be_written_for_the_user_wins() {
    let w = World::start().await;
    let els = w.officient.add_person("Els", "Maes");
    let user = w.optedo.add_user("Els", "Mertens");
    let (jans, hers) = (w.take_leave(0), w.officient.add_event(els, w.leave(1)));
    w.connect_and_import().await;
    w.officient.rename_person(els, "Els", "Mertens");
    let lists = w.optedo.hold(&format!("GET /api/absences?userId={user}"), 0);
    w.advance(SignedDuration::from_hours(2)).await;
    w.request_sweep().await;
    w.until_held(&lists, 1).await;
    assert_eq!(link(&w, w.jan, user).await, StatusCode::NO_CONTENT);
    lists.release();
    w.until("Jan's leave moved", async || user_of(&w, jans) == Some(user)).await;
    w.retry_until_done().await;
    assert_eq!(user_of(&w, hers), None, "the user has one person");
    let item = w.item("unmatched_person").await;
    assert!(item["hint"].as_str().unwrap().contains("linked to somebody else"), "{item}");
    w.finish(&["unmatched_person"]).await;
}

#[tokio::test]
async fn a_link_ends_with_an_item_when_one_side_no_longer_exists() {
    let w = World::start().await;
    let (piet, _) = w.hire("Piet", "Pieters");
    let [first, second] = [("Johan", "Peeters"), ("Pieter", "Pieters")].map(|(one, two)| w.optedo.add_user(one, two));
    let event = w.take_leave(0);
    w.connect_and_import().await;
    linked(&w, w.jan, first).await;
    linked(&w, piet, second).await;
    w.optedo.remove_user(first);
    sweep_later(&w).await;
    let item = w.item("link_broken").await;
    assert_eq!(
        (&item["subjectId"], &item["waiting"]),
        (&json!(w.jan.to_string()), &json!(0)),
        "it is in Optedo: {item}"
    );
    let jan = listed(&w, w.jan).await;
    assert_eq!((&jan["state"], &jan["link"]), (&json!("unmatched"), &Value::Null), "{jan}");
    assert_eq!(user_of(&w, event), Some(first), "nothing is deleted because of it");
    assert_eq!(delete(&w, w.jan, "link").await, StatusCode::NO_CONTENT);
    w.settle().await;
    assert_eq!(user_of(&w, event), Some(w.user), "the name decides again");
    assert_eq!(w.attention().await, [] as [Value; 0]);

    w.officient.delete_person(piet);
    w.webhook_about("person_deleted", piet).await;
    sweep_later(&w).await;
    assert_eq!(w.item("link_broken").await["subjectId"], piet.to_string());
    assert_eq!(listed(&w, piet).await["link"], Value::Null);
    assert_eq!(link(&w, w.jan, second).await, StatusCode::NO_CONTENT, "the user is free");
    w.settle().await;
    w.finish(&["link_broken"]).await;
}

#[tokio::test]
async fn a_linked_user_who_is_inactive_gets_no_leave_and_the_link_stays() {
    let w = World::start().await;
    let user = w.optedo.add_user("Johan", "Peeters");
    w.connect_and_import().await;
    linked(&w, w.jan, user).await;
    w.optedo.set_user_active(user, false);
    let event = w.take_leave(0);
    sweep_later(&w).await;
    assert_eq!(w.absence_of(event), None);
    let item = w.item("unmatched_person").await;
    assert!(item["hint"].as_str().unwrap().contains("inactive"), "{item}");
    w.optedo.set_user_active(user, true);
    sweep_later(&w).await;
    assert_eq!(user_of(&w, event), Some(user));
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_excluded_person_is_not_written_and_the_admin_says_what_becomes_of_what_was() {
    let w = World::connected().await;
    let before = w.take_leave(0);
    w.webhook().await;
    assert_eq!(put(&w, w.jan, "exclusion", json!({})).await, StatusCode::NO_CONTENT);
    let since = w.take_leave(1);
    w.webhook().await;
    assert!(w.absence_of(before).is_some(), "kept");
    assert_eq!(w.absence_of(since), None);
    assert_eq!(w.attention().await, [] as [Value; 0]);
    assert_eq!(listed(&w, w.jan).await["state"], "excluded");
    let days = w.get(&format!("/people/{}/days", w.jan)).await;
    for day in days.as_array().unwrap() {
        assert_eq!((&day["state"], &day["reason"]), (&json!("left_out"), &json!("excluded_person")), "{day}");
    }
    assert_eq!(put(&w, w.jan, "exclusion", json!({"existing": "delete"})).await, StatusCode::NO_CONTENT);
    w.settle().await;
    assert_eq!(w.absences(), []);
    assert_eq!(put(&w, w.jan, "exclusion", json!({"existing": "hide"})).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(delete(&w, w.jan, "link").await, StatusCode::NO_CONTENT, "there is no link");
    assert_eq!(listed(&w, w.jan).await["state"], "excluded");
    assert_eq!(delete(&w, w.jan, "exclusion").await, StatusCode::NO_CONTENT);
    w.settle().await;
    assert_eq!([before, since].map(|event| user_of(&w, event)), [Some(w.user); 2]);
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_excluded_homonym_leaves_the_name_to_the_other() {
    let w = World::start().await;
    let namesake = w.officient.add_person("Jan", "Peeters");
    let event = w.take_leave(0);
    w.officient.add_event(namesake, w.leave(1));
    w.connect_and_import().await;
    assert_eq!(w.attention_of("ambiguous_person").await.len(), 2);
    assert_eq!(put(&w, namesake, "exclusion", json!({})).await, StatusCode::NO_CONTENT);
    w.settle().await;
    assert_eq!(user_of(&w, event), Some(w.user));
    assert_eq!(w.absences().len(), 1);
    w.finish(&[]).await;
}

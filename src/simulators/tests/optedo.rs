use serde_json::{Value, json};

use super::{Optedo, absence};
use crate::simulators::api::PHONE;

#[tokio::test]
async fn an_absence_is_created_replaced_and_deleted() {
    let optedo = Optedo::start().await;
    let (status, created) = optedo.create(&absence("officient:1:2")).await;
    assert_eq!(status, 201);
    let mut expected = absence("officient:1:2");
    expected["id"] = json!(70_001);
    assert_eq!(created, expected);

    let url = format!("{}/absences/70001", optedo.sim.api_url());
    let mut changed = absence("officient:1:2");
    changed["end"] = json!("2026-04-03T12:48:00");
    changed["allDay"] = json!(false);
    let (status, replaced) = optedo.send(optedo.http.put(&url).json(&changed)).await;
    assert_eq!((status, &replaced["end"]), (200, &json!("2026-04-03T12:48:00")));
    assert_eq!(optedo.send(optedo.http.delete(&url)).await, (204, Value::Null));
    assert_eq!(optedo.send(optedo.http.delete(&url)).await.0, 404);
    assert_eq!(optedo.send(optedo.http.put(&url).json(&changed)).await.0, 404);
    assert_eq!((optedo.sim.writes(), optedo.sim.created_ever(), optedo.sim.max_same_reference_ever()), (5, 1, 1));
}

#[tokio::test]
async fn an_absence_that_violates_the_contract_is_not_created() {
    let optedo = Optedo::start().await;
    let cases = [
        (json!({"userId": null}), 400),
        (json!({"absenceTypeId": "1"}), 400),
        (json!({"start": "2026-04-03"}), 400),
        (json!({"start": "2026-04-03T00:00:00Z"}), 400),
        (json!({"start": "2026-02-30T00:00:00"}), 400),
        (json!({"end": "2026-04-04T00:00:00+02:00"}), 400),
        (json!({"allDay": null}), 400),
        (json!({"externalReference": 5}), 400),
        (json!({"userId": 12}), 422),
        (json!({"absenceTypeId": 2}), 422),
        (json!({"end": "2026-04-03T00:00:00"}), 422),
        (json!({"externalReference": "x".repeat(65)}), 422),
    ];
    for (fields, expected) in cases {
        let mut body = absence("r");
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let (status, problem) = optedo.create(&body).await;
        assert_eq!(status, expected, "{fields}");
        assert!(problem["message"].is_string(), "{fields}");
    }
    assert!(optedo.sim.absences().is_empty());
    assert_eq!(optedo.create(&absence(&"x".repeat(64))).await.0, 201);
}

#[tokio::test]
async fn only_the_right_token_is_accepted() {
    let optedo = Optedo::start().await;
    let url = format!("{}/users", optedo.sim.api_url());
    assert_eq!(optedo.http.get(&url).send().await.unwrap().status(), 401);
    assert_eq!(optedo.http.get(&url).bearer_auth("wrong").send().await.unwrap().status(), 401);
    optedo.sim.revoke_token();
    assert_eq!(optedo.get("/users").await.0, 401);
    optedo.sim.set_token("another");
    assert_eq!(optedo.get("/users").await.0, 200);
}

#[tokio::test]
async fn users_are_listed_a_hundred_a_page_from_page_one() {
    let optedo = Optedo::start().await;
    for n in 1..101 {
        optedo.sim.add_user("Walter", &format!("White {n}"));
    }
    optedo.sim.set_user_active(12, false);
    let lengths = async |query: &str| optedo.get(&format!("/users{query}")).await.1.as_array().unwrap().len();
    assert_eq!((lengths("").await, lengths("?page=1").await), (100, 100));
    assert_eq!((lengths("?page=2").await, lengths("?page=3").await), (1, 0));
    assert_eq!(optedo.get("/users?page=0").await.0, 400);
    let (_, users) = optedo.get("/users").await;
    // The contract does not mention `mobile`.
    let expected = json!({"id": 11, "firstName": "Walter", "lastName": "White", "active": true, "mobile": PHONE});
    assert_eq!(users[0], expected);
    assert_eq!(users[1]["active"], false);
    assert_eq!(optedo.get("/absencetypes").await.1, json!([{"id": 1, "description": "Vakantie"}]));
}

#[tokio::test]
async fn absences_are_found_by_overlap_with_both_ends_inclusive() {
    let optedo = Optedo::start().await;
    optedo.create(&absence("r")).await;
    let found = async |from: &str, to: &str| {
        let (status, found) = optedo.get(&format!("/absences?userId=11&from={from}&to={to}")).await;
        assert_eq!(status, 200);
        found.as_array().unwrap().len()
    };
    assert_eq!(found("2026-04-03", "2026-04-03").await, 1);
    assert_eq!(found("2026-04-01", "2026-04-02").await, 0);
    assert_eq!(found("2026-04-04", "2026-04-09").await, 0, "the end is exclusive");
    assert_eq!(optedo.get("/absences?userId=12&from=2026-04-03&to=2026-04-03").await.1, json!([]));
    for query in ["", "?userId=11", "?userId=11&from=2026-04-03", "?userId=11&from=x&to=2026-04-03"] {
        assert_eq!(optedo.get(&format!("/absences{query}")).await.0, 400, "{query}");
    }
    assert_eq!(optedo.get("/nothing").await.0, 404);
}

#[tokio::test]
async fn two_absences_with_the_same_reference_are_accepted_and_counted() {
    let optedo = Optedo::start().await;
    for _ in 0..2 {
        assert_eq!(optedo.create(&absence("r")).await.0, 201);
    }
    optedo.sim.delete_absence(70_001);
    assert_eq!((optedo.sim.max_same_reference_ever(), optedo.sim.absences().len()), (2, 1));
}

#[tokio::test]
async fn a_rejection_applies_only_to_the_absences_it_is_meant_for() {
    let optedo = Optedo::start().await;
    optedo.sim.reject_with(409, "Overlapt", |absence| absence.external_reference.as_deref() == Some("b"));
    assert_eq!(optedo.create(&absence("a")).await.0, 201);
    assert_eq!(optedo.create(&absence("b")).await, (409, json!({"message": "Overlapt"})));
    optedo.sim.accept_everything();
    optedo.sim.reject_next(1, 422, "Neen");
    assert_eq!(optedo.create(&absence("b")).await.0, 422);
    assert_eq!(optedo.create(&absence("b")).await.0, 201);
}

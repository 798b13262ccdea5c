use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use http::StatusCode;
use jiff::civil::date;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use super::Officient;
use crate::simulators::officient::{
    CANARIES, EventStatus, LeaveType, NewEvent, OfficientOptions, OfficientSim, WebhookMeaning,
};

#[tokio::test]
async fn calls_beyond_the_rate_limit_get_an_empty_429_until_the_window_has_moved() {
    let period = Duration::from_millis(400);
    let officient = Officient::with(OfficientOptions {
        rate_limit_calls: 3,
        rate_limit_period: period,
        ..OfficientOptions::default()
    })
    .await;
    for _ in 0..3 {
        assert_eq!(officient.get("/1.0/account").await.0, 200);
    }
    assert_eq!(officient.get("/1.0/account").await, (429, String::new()));
    assert_eq!(officient.post("/1.0/token", json!({})).await.0, 429, "the token call counts too");
    assert_eq!(officient.sim.rate_limited(), 2);
    tokio::time::sleep(period).await;
    assert_eq!(officient.get("/1.0/account").await.0, 200);
}

#[tokio::test]
async fn people_are_listed_thirty_a_page_with_their_total() {
    let officient = Officient::start().await;
    let ids: Vec<i64> = (0..65).map(|n| officient.sim.add_person("Walter", &format!("White {n}"))).collect();
    officient.sim.archive_person(ids[3]);
    officient.sim.delete_person(ids[4]);
    let lengths = async |query: &str| {
        let mut lengths = Vec::new();
        for page in 0..4 {
            let response = officient.read(&format!("/1.0/people/list?page={page}{query}")).await;
            lengths.push(response["data"].as_array().unwrap().len());
            assert_eq!(response["total_record_count"], if query.contains('1') { 64 } else { 63 });
        }
        lengths
    };
    assert_eq!(lengths("&include_archived=0").await, [30, 30, 3, 0]);
    assert_eq!(lengths("&include_archived=1").await, [30, 30, 4, 0]);
    let first = officient.read("/1.0/people/list").await;
    assert_eq!(first["data"][0]["id"], 264);
    assert_eq!(first["data"][0]["name"], "Walter White 0");
    assert_eq!(first["data"][0].get("first_name"), None, "the list has the full name only");
    let deleted = officient.read(&format!("/1.0/people/{}/detail", ids[4])).await;
    assert_eq!(deleted["data"]["deleted"], 1);
    let found = officient.read("/1.0/people/search?name=white%2064").await;
    assert_eq!(found.as_array().unwrap().len(), 1, "the response is a bare array");
}

#[tokio::test]
async fn the_person_detail_mixes_numbers_and_text_and_is_full_of_personal_data() {
    let officient = Officient::start().await;
    let (even, odd) = (officient.sim.add_person("Walter", "White"), officient.sim.add_person("Jesse", "Pinkman"));
    let even = officient.read(&format!("/1.0/people/{even}/detail")).await;
    let odd = officient.read(&format!("/1.0/people/{odd}/detail")).await;
    assert_eq!((&even["data"]["id"], &even["data"]["deleted"]), (&json!(264), &json!(0)));
    assert_eq!((&odd["data"]["id"], &odd["data"]["deleted"]), (&json!("265"), &json!("0")));
    for canary in &CANARIES[..8] {
        assert!(even.to_string().contains(canary), "{canary}");
    }
    assert_eq!(officient.get("/1.0/people/999/detail").await.0, 400);
}

#[tokio::test]
async fn the_calendar_groups_events_by_day_and_mixes_numbers_and_text() {
    let officient = Officient::start().await;
    let person = officient.sim.add_person("Walter", "White");
    let verlof = LeaveType::Custom(officient.sim.add_leave_type("Verlof", Some("Vakantie")));
    let day = date(2026, 4, 3);
    let first = officient.sim.add_event(person, NewEvent::new(verlof, day));
    let sick = officient.sim.add_event(person, NewEvent::new(LeaveType::SickDay, day).part(540, 228));
    let unknown = officient.sim.add_event(person, NewEvent::new(verlof, date(2026, 4, 6)).unknown_start(120).pending());
    let again = officient.sim.add_event(person, NewEvent::new(verlof, day));
    assert_eq!(again, first, "one event of a type a day");

    let calendar = officient.read(&format!("/1.0/calendar/{person}/2026?filter=days_with_events")).await;
    let days = calendar["data"]["time_off"].as_array().unwrap();
    assert_eq!(days.len(), 2);
    assert_eq!((&days[0]["date"], &days[0]["scheduled_minutes"]), (&json!("2026-04-03"), &json!(456)));
    let (a, b) = (&days[0]["events"][0], &days[0]["events"][1]);
    assert_eq!(
        (&a["id"], &a["event_type"], &a["custom_day_off_type_id"]),
        (&json!(first), &json!("custom"), &json!(80))
    );
    assert_eq!((&a["duration_minutes"], &a["working"]), (&json!(456), &json!(0)));
    assert_eq!((&b["id"], &b["custom_day_off_type_id"]), (&json!(sick.to_string()), &json!("")));
    assert_eq!((&b["start_time_minutes"], &b["duration_minutes"]), (&json!("540"), &json!("228")));
    let c = &days[1]["events"][0];
    assert_eq!((&c["id"], c.get("start_time_minutes")), (&json!(unknown), None));
    assert_eq!(
        (&c["status"], &c["type"], &c["custom_day_off_type_id"]),
        (&json!("pending"), &json!("time_off"), &json!("80"))
    );

    let count = async |path: &str| {
        let calendar = officient.read(&format!("/1.0/calendar/{person}/{path}")).await;
        calendar["data"]["time_off"].as_array().unwrap().len()
    };
    assert_eq!(count("2026").await, 365);
    assert_eq!(count("2026/4").await, 30);
    assert_eq!(count("2026/4?filter=days_with_events").await, 2);
    assert_eq!(count("2026/04/03").await, 1);
    assert_eq!(count("2027?filter=days_with_events").await, 0);
}

#[tokio::test]
async fn an_unknown_start_is_sent_in_three_ways() {
    let officient = Officient::start().await;
    let person = officient.sim.add_person("Walter", "White");
    for day in 1..=3 {
        let leave = NewEvent::new(LeaveType::SickDay, date(2026, 4, day)).unknown_start(60);
        officient.sim.add_event(person, leave);
    }
    let calendar = officient.read(&format!("/1.0/calendar/{person}/2026?filter=days_with_events")).await;
    let start = |day: usize| calendar["data"]["time_off"][day]["events"][0].get("start_time_minutes").cloned();
    assert_eq!([start(0), start(1), start(2)], [Some(json!("")), Some(Value::Null), None]);
}

#[tokio::test]
async fn raw_fields_replace_those_of_the_response() {
    let officient = Officient::start().await;
    let person = officient.sim.add_person("Walter", "White");
    let event = NewEvent::default().raw("duration_minutes", json!("abc"));
    let day = event.date;
    officient.sim.add_event(person, event);
    let calendar = officient.read(&format!("/1.0/calendar/{person}/{}", day.strftime("%Y/%m/%d"))).await;
    assert_eq!(calendar["data"]["time_off"][0]["events"][0]["duration_minutes"], "abc");
}

#[tokio::test]
async fn leave_types_have_an_entry_for_each_connected_app() {
    let officient = Officient::start().await;
    let id = officient.sim.add_leave_type("Verlof", None);
    let integrations = async || {
        let response = officient.read("/1.0/calendar/events/types/2026").await;
        response["data"][0]["integrations"].clone()
    };
    assert_eq!(integrations().await, json!([{"app": "acerta", "code": "192"}]));
    officient.sim.set_leave_type_code(id, Some("Vakantie"));
    assert_eq!(integrations().await, json!([{"app": "optedo", "code": "Vakantie"}, {"app": "acerta", "code": "192"}]));
}

#[tokio::test]
async fn requests_are_listed_newest_first_and_close_when_decided() {
    let officient = Officient::start().await;
    let person = officient.sim.add_person("Walter", "White");
    let leave = NewEvent::default().pending();
    let (old, ids) = officient.sim.add_leave(person, [leave]);
    let (new, _) = officient.sim.add_leave(person, [NewEvent::new(LeaveType::Education, date(2026, 5, 4))]);
    let listed = async |status: &str| -> Vec<i64> {
        let response = officient.read(&format!("/1.0/calendar/requests/list?page=0&status={status}")).await;
        response["data"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
    };
    assert_eq!(listed("all").await, [new, old]);
    assert_eq!(listed("pending").await, [old]);
    let detail = officient.read(&format!("/1.0/calendar/requests/{old}/detail")).await;
    let event = &detail["data"]["events"][0];
    assert_eq!((&event["outcome"], &event["start_minutes"]), (&json!("pending"), &json!(540)));
    assert_eq!(event.get("start_time_minutes"), None);
    officient.sim.change_event(ids[0], |leave| leave.status = EventStatus::Approved);
    assert_eq!(listed("closed").await, [new, old]);
    officient.sim.delete_event(ids[0]);
    let detail = officient.read(&format!("/1.0/calendar/requests/{old}/detail")).await;
    assert_eq!(detail["data"]["events"][0]["outcome"], "declined");
    let (status, body) = officient.get("/1.0/calendar/requests/1/detail").await;
    assert_eq!(status, 400);
    assert!(body.contains("Request not found or you have no access."));
}

#[tokio::test]
async fn an_unknown_path_gets_200_with_html() {
    let officient = Officient::start().await;
    for path in ["/1.0/nothing", "/1.0", "/1.0/calendar/abc/2026", "/1.0/calendar/264/2026/13", "/1.0/people/x/detail"]
    {
        let (status, body) = officient.get(path).await;
        assert_eq!(status, 200, "{path}");
        assert!(body.starts_with("<!doctype html>"), "{path}");
    }
}

#[tokio::test]
async fn a_wrong_or_expired_token_gets_401() {
    let mut officient = Officient::start().await;
    officient.sim.expire_access_tokens();
    assert_eq!(officient.get("/1.0/account").await.0, 401);
    officient.token = officient.sim.issue_access_token();
    assert_eq!(officient.read("/1.0/account").await["data"]["company_id"], 60002);
    officient.sim.revoke_access_tokens();
    let (status, body) = officient.get("/1.0/account").await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, body), (401, json!({"status_code": 401, "reason_phrase": "Unauthorized"})));
    let (status, _) =
        officient.post("/1.0/webhooks/add", json!({"event": "person_added", "target_url": "http://x.example"})).await;
    assert_eq!((status, officient.sim.subscriptions().len()), (401, 0));
}

#[tokio::test]
async fn a_code_works_once_and_a_refresh_token_many_times() {
    let officient = Officient::start().await;
    let sim = &officient.sim;
    let exchange = |fields: Value| {
        let mut body = json!({"client_id": sim.client_id(), "client_secret": sim.client_secret()});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        body
    };
    let by_form = async |fields: Value| {
        let request = officient.http.post(format!("{}/1.0/token", sim.url())).form(&exchange(fields));
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let code = sim.issue_code();
    let grant = json!({"grant_type": "authorization_code", "code": code});
    let (status, tokens) = by_form(grant.clone()).await;
    assert_eq!((status, &tokens["expires_in"], &tokens["token_type"]), (200, &json!(3600), &json!("Bearer")));
    let refusal = json!({"status_code": 400, "reason_phrase": "Bad Request"});
    assert_eq!(by_form(grant).await, (400, refusal.clone()));

    let refresh = json!({"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]});
    for _ in 0..2 {
        let (status, again) = officient.post("/1.0/token", exchange(refresh.clone())).await;
        assert_eq!(status, 200, "a JSON body works too");
        assert!(again["refresh_token"].is_string());
    }
    sim.omit_refresh_token_in_refresh(true);
    assert_eq!(by_form(refresh.clone()).await.1.get("refresh_token"), None);
    sim.refuse_refresh(true);
    assert_eq!(by_form(refresh.clone()).await, (400, refusal.clone()));
    sim.refuse_refresh(false);
    sim.revoke_all_tokens();
    assert_eq!(by_form(refresh).await, (400, refusal.clone()));
    let code = sim.issue_code();
    let wrong = json!({"grant_type": "authorization_code", "code": code, "client_secret": "wrong"});
    assert_eq!(by_form(wrong).await, (400, refusal));
    assert!(sim.writes().is_empty());
}

#[tokio::test]
async fn subscriptions_are_listed_refused_and_removed() {
    let officient = Officient::start().await;
    let subscription = |event: &str| json!({"event": event, "target_url": "https://acme.example/hook"});
    let (status, added) = officient.post("/1.0/webhooks/add", subscription("person_added")).await;
    assert_eq!((status, &added["data"]["id"]), (200, &json!("3")));
    assert_eq!(officient.read("/1.0/webhooks/list").await["data"][0]["id"], 3);
    assert_eq!(officient.post("/1.0/webhooks/add", subscription("calendar_changed")).await.0, 400);
    officient.sim.refuse_event_names(&["person_deleted"]);
    assert_eq!(officient.post("/1.0/webhooks/add", subscription("person_deleted")).await.0, 400);
    let url = format!("{}/1.0/webhooks/3", officient.sim.url());
    let delete = async || {
        let response = officient.http.delete(&url).bearer_auth(&officient.token).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    assert_eq!(delete().await, (200, "{}".to_owned()));
    assert_eq!(delete().await.0, 400);
    assert!(officient.sim.subscriptions().is_empty() && officient.sim.writes().is_empty());
}

/// Responds to webhooks with these statuses in turn and then always with the last one; collects the bodies.
async fn receiver(tasks: &TaskTracker, statuses: &[u16]) -> (String, Arc<Mutex<Vec<Value>>>) {
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let (kept, statuses) = (Arc::clone(&bodies), statuses.to_vec());
    let respond = move |body: Bytes| {
        let mut kept = kept.lock().unwrap();
        kept.push(serde_json::from_slice(&body).unwrap());
        let status = statuses.get(kept.len() - 1).or(statuses.last()).copied().unwrap();
        std::future::ready(StatusCode::from_u16(status).unwrap())
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tasks.spawn(axum::serve(listener, Router::new().route("/hook", post(respond))).into_future());
    (url, bodies)
}

#[tokio::test]
async fn a_webhook_is_repeated_until_the_response_is_exactly_200() {
    let first_redelivery = Duration::from_millis(10);
    let sim = OfficientSim::start(OfficientOptions { first_redelivery, ..OfficientOptions::default() }).await.unwrap();
    let tasks = TaskTracker::new();
    let (url, bodies) = receiver(&tasks, &[500, 204, 201, 200]).await;
    sim.add_subscription("person_added", &url);
    let person = sim.add_person("Walter", "White");
    sim.webhooks_delivered().await;
    let body = json!({"account": "acme", "event_type": "person_added", "related_object_id": person.to_string()});
    assert_eq!(*bodies.lock().unwrap(), vec![body; 4]);
    let statuses: Vec<_> = sim.deliveries().iter().map(|delivery| delivery.status).collect();
    assert_eq!(statuses, [Some(500), Some(204), Some(201), Some(200)]);
}

#[tokio::test]
async fn a_webhook_is_given_up_after_eight_redeliveries() {
    let first_redelivery = Duration::from_micros(100);
    let sim = OfficientSim::start(OfficientOptions { first_redelivery, ..OfficientOptions::default() }).await.unwrap();
    let tasks = TaskTracker::new();
    let (url, bodies) = receiver(&tasks, &[503]).await;
    sim.add_subscription("person_added", &url);
    sim.add_person("Walter", "White");
    sim.webhooks_delivered().await;
    assert_eq!(bodies.lock().unwrap().len(), 9);
}

#[tokio::test]
async fn a_webhook_about_leave_has_the_chosen_meaning() {
    let sim = OfficientSim::start(OfficientOptions::default()).await.unwrap();
    let tasks = TaskTracker::new();
    let (url, bodies) = receiver(&tasks, &[200]).await;
    sim.add_subscription("calendar_event_added", &url);
    let person = sim.add_person("Walter", "White");
    let verlof = LeaveType::Custom(sim.add_leave_type("Verlof", None));
    let mut expected = Vec::new();
    for (day, meaning) in
        (1_i8..).zip([WebhookMeaning::Person, WebhookMeaning::Event, WebhookMeaning::Request, WebhookMeaning::None])
    {
        sim.notify_about(meaning);
        let (request, ids) = sim.add_leave(person, [NewEvent::new(verlof, date(2026, 4, day))]);
        sim.webhooks_delivered().await;
        match meaning {
            WebhookMeaning::Person => expected.push(person.to_string()),
            WebhookMeaning::Event => expected.push(ids[0].to_string()),
            WebhookMeaning::Request => expected.push(request.to_string()),
            WebhookMeaning::None => {}
        }
    }
    let ids: Vec<String> =
        bodies.lock().unwrap().iter().map(|body| body["related_object_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, expected);
    assert_eq!(sim.deliver("calendar_event_added", json!(7)).await, StatusCode::OK);
    assert_eq!(bodies.lock().unwrap().last().unwrap()["related_object_id"], 7);
    assert_eq!(sim.deliver("unknown", json!(7)).await, StatusCode::NOT_FOUND);
    assert_eq!(sim.deliver_to("http://127.0.0.1:1/", &json!({})).await, StatusCode::GATEWAY_TIMEOUT);
}

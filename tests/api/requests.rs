//! The JSON API: who may use it, and what every response looks like.

use jiff::Timestamp;
use reqwest::{RequestBuilder, Response};

use crate::support::prelude::*;

/// Everything for the admin, with a body that is right where one is needed.
pub fn endpoints() -> Vec<(Method, &'static str, Option<Value>)> {
    vec![
        (Method::GET, "/status", None),
        (Method::GET, "/attention", None),
        (Method::POST, "/pause", None),
        (Method::POST, "/resume", None),
        (Method::GET, "/differences", None),
        (Method::POST, "/audit", None),
        (Method::POST, "/differences/1/restore", None),
        (Method::POST, "/differences/1/keep", None),
        (Method::GET, "/people", None),
        (Method::GET, "/people/1/days", None),
        (Method::PUT, "/people/1/link", Some(json!({"userId": 1}))),
        (Method::DELETE, "/people/1/link", None),
        (Method::PUT, "/people/1/exclusion", Some(json!({"existing": "keep"}))),
        (Method::DELETE, "/people/1/exclusion", None),
        (Method::GET, "/leavetypes", None),
        (Method::PUT, "/leavetypes/1/mapping", Some(json!({"mode": "exclude"}))),
        (Method::GET, "/absences", None),
        (Method::PUT, "/credentials", Some(json!({"clientId": "id", "clientSecret": "secret"}))),
        (Method::PUT, "/webhook-events", Some(json!({"events": ["person_added"]}))),
        (Method::GET, "/settings", None),
        (Method::PUT, "/settings", Some(json!({"leavers": "keep"}))),
        (Method::GET, "/notifications", None),
        (Method::PUT, "/notifications", Some(json!({"recipients": ["hr@acme.be"], "language": "nl"}))),
        (Method::POST, "/notifications/test", None),
        (Method::POST, "/login", None),
        (Method::POST, "/webhook-token/rotate", None),
        (Method::POST, "/logout", None),
        (Method::POST, "/sync", None),
        (Method::POST, "/attention/1/retry", None),
        (Method::POST, "/attention/1/ignore", None),
        (Method::POST, "/attention/1/decide", Some(json!({"action": "delete", "personIds": [1]}))),
    ]
}

pub fn request(app: &TestApp, method: Method, path: &str, body: Option<Value>) -> RequestBuilder {
    let request = app.http.request(method, format!("{}{API}{path}", app.url));
    match body {
        Some(body) => request.json(&body),
        None => request,
    }
}

/// The problem document of an error response.
pub async fn problem(response: Response, case: &str) -> Value {
    let status = response.status();
    assert_eq!(response.headers()["content-type"], "application/problem+json", "{case}");
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["status"], status.as_u16(), "{case}");
    assert_eq!(problem["title"], status.canonical_reason().unwrap(), "{case}");
    assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{case}");
    let id = problem["type"].as_str().unwrap().strip_prefix("https://optedo.com/docs/officient/errors#");
    let section = format!("## {}\n", id.unwrap_or_else(|| panic!("{case}: {problem}")));
    assert!(include_str!("../../docs/errors.md").contains(&section), "{case}: {section}");
    problem
}

#[tokio::test]
async fn without_credentials_every_endpoint_responds_401_and_does_nothing() {
    let app = TestApp::start().await;
    for (method, path, body) in endpoints() {
        let case = format!("{method} {path}");
        for credentials in [None, Some("Bearer wrong"), Some("Bearer "), Some("Basic YTpi")] {
            let mut request = request(&app, method.clone(), path, body.clone());
            if let Some(credentials) = credentials {
                request = request.header("authorization", credentials);
            }
            let response = request.header("cookie", "optedo_officient_session=x").send();
            let response = response.await.unwrap();
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{case}");
            assert!(response.headers().contains_key("www-authenticate"), "{case}");
            problem(response, &case).await;
        }
    }
    let untouched = "select client_id is null and webhook_events is null and not exists (select 1 from oauth_flows)
         from connection";
    let is_untouched: bool = sqlx::query_scalar(untouched).fetch_one(&app.db).await.unwrap();
    assert!(is_untouched);
}

#[tokio::test]
async fn without_a_configured_api_token_no_bearer_token_is_accepted() {
    let app = Options::default().set("admin.api_token", "").start().await;
    for token in ["", "the api token of the tests", "x"] {
        let request = request(&app, Method::GET, "/status", None).bearer_auth(token);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
    let browser = Browser::signed_in(&app).await;
    assert_eq!(browser.open(&format!("{API}/status")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn invalid_input_is_refused_by_a_problem_that_names_the_field() {
    let app = TestApp::connected().await;
    let put = |path, body: Value| (Method::PUT, path, Some(body));
    let get = |path| (Method::GET, path, None);
    let unprocessable = [
        (put("/credentials", json!({"clientSecret": "s"})), "clientId"),
        (put("/credentials", json!({"clientId": 7, "clientSecret": "s"})), "clientId"),
        (put("/credentials", json!({"clientId": "  ", "clientSecret": "s"})), "clientId"),
        (put("/credentials", json!({"clientId": "a\u{0}b", "clientSecret": "s"})), "clientId"),
        (put("/credentials", json!({"clientId": "i"})), "clientSecret"),
        (put("/credentials", json!({"clientId": "i", "clientSecret": null})), "clientSecret"),
        (put("/credentials", json!({"clientId": "i", "clientSecret": ""})), "clientSecret"),
        (put("/webhook-events", json!({})), "events"),
        (put("/webhook-events", json!({"events": "person_added"})), "events"),
        (put("/webhook-events", json!({"events": [1]})), "events"),
        (put("/webhook-events", json!({"events": ["ok", " "]})), "events"),
        (put("/webhook-events", json!({"events": ["a\u{0}b"]})), "events"),
        (put("/notifications", json!({"language": "nl"})), "recipients"),
        (put("/notifications", json!({"recipients": "hr@acme.be", "language": "nl"})), "recipients"),
        (put("/notifications", json!({"recipients": [1], "language": "nl"})), "recipients"),
        (put("/notifications", json!({"recipients": ["hr"], "language": "nl"})), "recipients"),
        (put("/notifications", json!({"recipients": ["a@b.be\r\nBcc: c@d.be"], "language": "nl"})), "recipients"),
        (put("/notifications", json!({"recipients": ["a@b.be\u{0}"], "language": "nl"})), "recipients"),
        (put("/notifications", json!({"recipients": ["é@b.be"], "language": "nl"})), "recipients"),
        (put("/notifications", json!({"recipients": vec!["a@b.be, c@d.be"], "language": "nl"})), "recipients"),
        (put("/notifications", json!({"recipients": ["a@b.be"]})), "language"),
        (put("/notifications", json!({"recipients": ["a@b.be"], "language": "de"})), "language"),
        (put("/notifications", json!({"recipients": ["a@b.be"], "language": null})), "language"),
        (put("/settings", json!({"leavers": "keep", "from": "soon"})), "from"),
        (put("/settings", json!({"leavers": "keep", "leaver": "keep"})), "settings"),
        ((Method::POST, "/sync?dryRun=perhaps", None), "dryRun"),
        ((Method::POST, "/attention/1/decide", Some(json!({"personIds": [1]}))), "action"),
        ((Method::POST, "/attention/1/decide", Some(json!({"action": "ask"}))), "action"),
        ((Method::POST, "/attention/1/decide", Some(json!({"action": "keep", "personIds": 1}))), "personIds"),
        (get("/attention?state=closed"), "state"),
        (get("/absences?personId=x"), "personId"),
        (get("/absences?personId=99999999999999999999"), "personId"),
        (get("/absences?page=x"), "page"),
        (get("/absences?page=0"), "page"),
        (get("/absences?page=-1"), "page"),
        (get("/absences?page=9223372036854775807"), "page"),
    ];
    for ((method, path, body), field) in unprocessable {
        let case = format!("{method} {path} {body:?}");
        let request = request(&app, method, path, body);
        let response = request.bearer_auth(API_TOKEN).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{case}");
        let problem = problem(response, &case).await;
        assert_eq!(problem["errors"][0]["field"], field, "{case}");
        assert!(problem["errors"][0]["detail"].is_string(), "{case}");
    }
    assert_eq!(app.officient.subscriptions().len(), 5);
    assert_eq!(app.get("/notifications").await["recipients"], json!([]), "half of a body was stored");
    app.begin_login().await;
}

#[tokio::test]
async fn unreadable_input_is_refused_by_a_problem() {
    let app = TestApp::connected().await;
    for path in ["/credentials", "/webhook-events"] {
        for body in ["", "x", "[]", "null", "{\"clientId\":", "\u{feff}{}"] {
            let response = app.api(Method::PUT, path).body(body).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{path} {body}");
            problem(response, path).await;
        }
        let large = format!("{{\"clientId\":\"{}\"}}", "x".repeat(64 * 1024));
        let response = app.api(Method::PUT, path).body(large).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        problem(response, path).await;
    }
    for (method, path) in [
        (Method::GET, "/absences?page=1&page=2"),
        (Method::GET, "/attention?state=open&state=open"),
        (Method::POST, "/sync?dryRun=true&dryRun=true"),
    ] {
        let response = app.api(method, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{path}");
        problem(response, path).await;
    }
    let sign_in = app.http.post(format!("{}{PAGE}/sign-in", app.url)).body("x");
    let response = sign_in.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    problem(response, "a sign-in that is no form").await;
}

#[tokio::test]
async fn unknown_ids_paths_and_methods_are_problems() {
    let app = TestApp::start().await;
    for id in ["1", "999999", "0", "-1", "abc", "%ff", "99999999999999999999"] {
        for act in ["retry", "ignore"] {
            let response = app.post(&format!("/attention/{id}/{act}")).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{id} {act}");
            problem(response, id).await;
        }
    }
    assert_eq!(app.get("/absences?personId=999").await, json!([]));

    let send = async |method: &Method, path: &str| {
        let request = app.http.request(method.clone(), format!("{}{path}", app.url));
        let request = request.bearer_auth(API_TOKEN);
        request.send().await.unwrap()
    };
    let unknown = ["/", "/nope", "/health", "/api", &format!("{API}/nope"), &format!("{PAGE}/nope")];
    for path in unknown {
        let response = send(&Method::GET, path).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        problem(response, path).await;
    }
    let wrong = [
        (Method::DELETE, format!("{API}/status")),
        (Method::GET, format!("{API}/credentials")),
        (Method::GET, format!("{API}/login")),
        (Method::POST, format!("{API}/absences")),
        (Method::POST, API.to_owned()),
        (Method::PUT, PAGE.to_owned()),
        (Method::POST, "/health/live".to_owned()),
        (Method::POST, "/metrics".to_owned()),
    ];
    for (method, path) in wrong {
        let response = send(&method, &path).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        assert!(response.headers().contains_key("allow"), "{method} {path}");
        problem(response, &path).await;
    }
}

#[tokio::test]
async fn each_problem_has_a_type_of_its_own_that_the_documentation_explains() {
    let app = TestApp::start().await;
    app.sql(
        "insert into attention (kind, subject_id, detail, first_seen_at, last_seen_at)
             values ('webhooks_silent', 'webhooks', '', now(), now())",
    )
    .await;
    let item = app.attention().await[0]["id"].clone();
    let send = async |request: RequestBuilder| {
        let response = request.send().await.unwrap();
        let problem = problem(response, "problem").await;
        problem["type"].as_str().unwrap().rsplit('#').next().unwrap().to_owned()
    };
    let put = |body: &'static str| app.api(Method::PUT, "/credentials").body(body);
    let sign_in = |body: String| app.http.post(format!("{}{PAGE}/sign-in", app.url)).body(body);
    let form = |body: &str| sign_in(body.to_owned()).header("content-type", "application/x-www-form-urlencoded");
    for (request, id) in [
        (request(&app, Method::GET, "/status", None), "unauthorized"),
        (form("password=x").header("origin", "https://evil.example"), "invalid-csrf-token"),
        (app.api(Method::GET, "/nope"), "not-found"),
        (app.api(Method::DELETE, "/status"), "method-not-allowed"),
        (put("[]"), "invalid-request"),
        (app.api(Method::GET, "/absences?page=1&page=2"), "invalid-request"),
        (put("{}"), "invalid-field"),
        (form(&"x".repeat(70_000)), "payload-too-large"),
        (app.api(Method::POST, "/sync"), "not-connected"),
        (app.api(Method::POST, "/login").header("accept", "application/json"), "credentials-missing"),
        (app.api(Method::POST, "/notifications/test"), "notifications-off"),
        (
            app.api(Method::POST, &format!("/attention/{item}/decide")).json(&json!({"action": "keep"})),
            "nothing-to-decide",
        ),
    ] {
        assert_eq!(send(request).await, id);
    }
    // A stored secret that cannot be decrypted.
    app.sql("update connection set client_id = 'a', client_secret = ''").await;
    let login = app.api(Method::POST, "/login").header("accept", "application/json");
    assert_eq!(send(login).await, "internal-error");
    app.take_database_away().await;
    assert_eq!(send(app.api(Method::GET, "/status")).await, "database-unavailable");
    app.give_database_back().await;

    let app = TestApp::connected().await;
    app.clock.advance(SignedDuration::from_mins(10));
    app.officient.fault_on("/", Fault::Status(500), 1000);
    app.optedo.fault_on("/", Fault::Status(500), 1000);
    assert_eq!(send(app.api(Method::POST, "/sync?dryRun=true")).await, "officient-unavailable");
    assert_eq!(send(app.api(Method::GET, "/people")).await, "optedo-unavailable");
}

#[tokio::test]
async fn the_root_redirects_a_browser_to_the_settings_page_and_no_program() {
    let app = TestApp::start().await;
    let root = || app.http.get(format!("{}/", app.url));
    let response = root().header("accept", "text/html,*/*;q=0.8").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()["location"], PAGE);
    let response = root().header("accept", "application/json").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    problem(response, "/").await;
}

/// A value with its kinds in place of its values.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null => json!("null"),
        Value::Bool(_) => json!("boolean"),
        Value::Number(number) if number.is_i64() => json!("integer"),
        Value::Number(_) => json!("number"),
        Value::String(text) if text.ends_with('Z') && text.parse::<Timestamp>().is_ok() => json!("time"),
        Value::String(text) if text.parse::<jiff::civil::DateTime>().is_ok() && text.contains('T') => {
            json!("wall clock")
        }
        Value::String(text) if text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok() => json!("date"),
        Value::String(_) => json!("text"),
        Value::Array(values) => values.iter().map(shape).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect())
        }
    }
}

#[tokio::test]
async fn the_status_document_has_exactly_its_fields() {
    let app = TestApp::start().await;
    let missing = json!({"event": "text", "state": "text", "detail": "null"});
    assert_eq!(
        shape(&app.status().await),
        json!({
            "state": "text", "account": "null", "connectedAt": "null", "lastWebhookAt": "null",
            "verdict": {"state": "text", "expected": "integer", "inOptedo": "integer", "comparedAt": "null"},
            "webhooks": [missing, missing, missing, missing, missing],
            "sync": {"state": "text", "peopleDone": "integer", "peopleTotal": "integer", "startedAt": "null",
                "finishedAt": "null"},
            "queue": {"waiting": "integer", "retrying": "integer"}, "absences": {"written": "integer"},
            "attention": {"open": "integer"}, "audit": {"finishedAt": "null", "differences": "integer"},
            "paused": "null",
            "notifications": {"state": "text", "lastSentAt": "null"},
        })
    );
    assert_eq!(app.status().await["state"], "disconnected");
    assert_eq!(app.status().await["webhooks"][0]["state"], "missing");

    app.officient.refuse_event_names(&["person_added"]);
    app.officient.add_person("Jan", "Peeters");
    app.connect().await;
    app.deliver("person_deleted", 1).await;
    app.settle().await;
    let registered = json!({"event": "text", "state": "text", "detail": "null"});
    let refused = json!({"event": "text", "state": "text", "detail": "text"});
    assert_eq!(
        shape(&app.status().await),
        json!({
            "state": "text", "connectedAt": "time", "lastWebhookAt": "time",
            "verdict": {"state": "text", "expected": "integer", "inOptedo": "integer", "comparedAt": "null"},
            "account": {"companyId": "integer", "companyName": "text", "subdomain": "text"},
            "webhooks": [refused, registered, registered, registered, registered],
            "sync": {"state": "text", "peopleDone": "integer", "peopleTotal": "integer", "startedAt": "time",
                "finishedAt": "time"},
            "queue": {"waiting": "integer", "retrying": "integer"}, "absences": {"written": "integer"},
            "attention": {"open": "integer"}, "audit": {"finishedAt": "null", "differences": "integer"},
            "paused": "null",
            "notifications": {"state": "text", "lastSentAt": "null"},
        })
    );
    let status = app.status().await;
    assert_eq!(status["sync"]["state"], "idle");
    assert_eq!(status["sync"]["peopleDone"], 1);
    assert_eq!(status["sync"]["peopleTotal"], 1);
    assert_eq!(status["attention"]["open"], 1);
}

/// Jan has leave in Optedo and leave of a type whose name has an extra space, the name of Els differs in a capital
/// letter, and Piet is not in Optedo.
pub async fn three_people() -> World {
    let w = World::start().await;
    w.optedo.add_user("Els", "de Smet");
    let els = w.officient.add_person("Els", "De Smet");
    w.officient.add_person("Piet", "Zonderling");
    w.take_leave(0);
    w.take(w.leave(1).of_type(LeaveType::Custom(w.officient.add_leave_type("Vakantie ", None))));
    w.officient.add_event(els, w.leave(0).part(540, 120));
    w.connect_and_import().await;
    w
}

#[tokio::test]
async fn the_lists_show_people_types_absences_and_attention_items() {
    let app = three_people().await;
    let items = app.get("/attention").await;
    let item = json!({"id": "integer", "kind": "text", "subject": "text", "subjectId": "text", "detail": "text",
        "hint": "text", "waiting": "integer", "firstSeenAt": "time", "lastSeenAt": "time", "resolvedAt": "null"});
    assert_eq!(shape(&items), json!([item, item]));
    let unmatched = &app.attention_of("unmatched_person").await[0];
    assert_eq!(unmatched["subject"], "Els De Smet");
    assert_eq!(unmatched["waiting"], 1);
    assert!(unmatched["hint"].as_str().unwrap().contains("de Smet"));
    let unmapped = &app.attention_of("unmapped_leave_type").await[0];
    assert_eq!(unmapped["subject"], "Vakantie ");

    let people = app.get("/people").await;
    let user = json!({"id": "integer", "firstName": "text", "lastName": "text"});
    let matched = json!({"personId": "integer", "firstName": "text", "lastName": "text", "state": "text",
        "optedoUser": user, "link": "null", "hint": "null", "syncedAt": "time", "lastError": "null"});
    let mut hinted = matched.clone();
    hinted["optedoUser"] = json!("null");
    hinted["hint"] = json!("text");
    let mut unknown = hinted.clone();
    unknown["hint"] = json!("null");
    let by_name = |name: &str| {
        let mut people = people.as_array().unwrap().iter();
        people.find(|person| person["firstName"] == name).unwrap().clone()
    };
    assert_eq!(people.as_array().unwrap().len(), 3);
    assert_eq!(shape(&by_name("Jan")), matched);
    assert_eq!(by_name("Jan")["state"], "matched");
    assert_eq!(shape(&by_name("Els")), hinted);
    assert_eq!(by_name("Els")["state"], "unmatched");
    assert_eq!(shape(&by_name("Piet")), unknown);

    let types = app.get("/leavetypes").await;
    let mapped = json!({"typeId": "text", "name": "text", "description": "text", "state": "text",
        "absenceType": {"id": "integer", "description": "text"}, "hint": "null",
        "mapping": {"mode": "text", "absenceTypeId": "null", "changedBy": "null", "changedAt": "null"}});
    let mut unmapped = mapped.clone();
    unmapped["absenceType"] = json!("null");
    unmapped["hint"] = json!("text");
    let by_name = |name: &str| {
        let mut types = types.as_array().unwrap().iter();
        types.find(|kind| kind["name"] == name).unwrap().clone()
    };
    assert_eq!(types.as_array().unwrap().len(), 4, "with the two built-in types");
    assert_eq!(shape(&by_name("Verlof")), mapped);
    assert_eq!(by_name("Verlof")["description"], "Vakantie");
    assert_eq!(shape(&by_name("Vakantie ")), unmapped);

    let absences = app.get("/absences").await;
    let jan = absences[0]["personId"].as_i64().unwrap();
    assert_eq!(
        shape(&absences),
        json!([{"personId": "integer", "eventId": "integer", "userId": "integer", "absenceId": "integer",
            "absenceTypeId": "integer", "date": "date", "start": "wall clock", "end": "wall clock",
            "allDay": "boolean", "adopted": "boolean", "writtenAt": "time"}])
    );
    assert_eq!(app.get(&format!("/absences?personId={jan}&page=1")).await, absences);
    assert_eq!(app.get(&format!("/absences?personId={jan}&page=2")).await, json!([]));
    assert_eq!(app.get(&format!("/absences?personId={}", jan + 1)).await, json!([]));
}

#[tokio::test]
async fn an_ignored_item_leaves_the_open_list_and_a_resolved_item_the_ignored_list() {
    let app = three_people().await;
    let item = app.attention_of("unmatched_person").await[0].clone();
    app.ignore(&item).await;
    app.sweep().await;
    assert!(app.attention_of("unmatched_person").await.is_empty());
    assert_eq!(app.status().await["attention"]["open"], 1);
    let ignored = app.get("/attention?state=ignored").await;
    assert_eq!(ignored[0]["id"], item["id"]);

    app.optedo.add_user("Els", "De Smet");
    app.request_retry(&item).await;
    app.until("resolved", async || app.get("/attention?state=resolved").await[0]["id"] == item["id"]).await;
    assert_eq!(app.get("/attention?state=ignored").await, json!([]));
    let resolved = app.get("/attention?state=resolved").await;
    assert_eq!(shape(&resolved[0]["resolvedAt"]), "time");
    app.settle().await;
    assert_eq!(app.get("/absences").await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_dry_run_lists_the_writes_and_makes_none() {
    let app = three_people().await;
    let day = app.clock.today().saturating_add(20.days());
    let absences = app.get("/absences").await;
    let jan = absences[0]["personId"].as_i64().unwrap();
    let event = app.officient.events_of(jan)[0].clone();
    app.officient.add_event(jan, NewEvent::new(event.leave.leave_type, day));
    app.officient.delete_event(event.id);

    let preview: Value = app.post("/sync?dryRun=true").await.json().await.unwrap();
    assert_eq!(preview["create"].as_array().unwrap().len(), 1);
    assert_eq!(preview["create"][0]["date"], day.to_string());
    assert_eq!(preview["delete"][0]["absenceId"], absences[0]["absenceId"]);
    assert_eq!(preview["skipped"].as_array().unwrap().len(), 2);
    assert_eq!(app.get("/absences").await, absences);
    assert_eq!(app.post("/sync?dryRun=false").await.status(), StatusCode::ACCEPTED);
    app.until("written", async || app.get("/absences").await[0]["date"] == day.to_string()).await;
}

#[tokio::test]
async fn a_request_that_needs_a_connection_says_so_while_there_is_none() {
    let app = TestApp::start().await;
    for path in ["/sync", "/sync?dryRun=true"] {
        let response = app.post(path).await;
        assert_eq!(response.status(), StatusCode::CONFLICT, "{path}");
        problem(response, path).await;
    }
    for path in ["/people", "/leavetypes", "/absences", "/attention"] {
        assert_eq!(app.get(path).await, json!([]), "{path}");
    }
}

#[tokio::test]
async fn credentials_of_the_configuration_are_used_and_cannot_be_overwritten() {
    let app = Options::default()
        .set("officient.client_id", "demo-client-7f3a")
        .set("officient.client_secret", "demo-secret-51c09e2b")
        .start()
        .await;
    let put = app.api(Method::PUT, "/credentials").json(&json!({"clientId": "i", "clientSecret": "s"}));
    let response = put.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::CONFLICT);
    problem(response, "fixed credentials").await;
    let page = Browser::signed_in(&app).await.open(PAGE).await;
    assert!(page.body.contains("demo-client-7f3a") && !page.body.contains("demo-secret"));
    assert!(!page.body.contains("name=\"client_secret\""));

    let (authorize_url, cookie) = app.begin_login().await;
    let (state, code) = (crate::support::state_of(&authorize_url), app.officient.issue_code());
    let notice = app.come_back(&[("code", &code), ("state", &state)], &cookie).await;
    assert_eq!(notice, "connected");
}

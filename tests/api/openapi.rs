//! The OpenAPI document against the router and against the responses of the running service.

use std::collections::BTreeSet;
use std::sync::Mutex;

use optedo_officient::web::openapi;
use reqwest::RequestBuilder;

use crate::api::requests::{endpoints, three_people};
use crate::support::prelude::*;
use crate::support::program::run_in;

const METHODS: [&str; 4] = ["get", "put", "post", "delete"];

fn document() -> Value {
    serde_json::to_value(openapi::document()).unwrap()
}

/// Every operation of the document: method, path, and its description.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
    });
    operations.collect()
}

fn schema_of(document: &Value, schema: &Value) -> jsonschema::Validator {
    let schema = json!({"allOf": [schema], "components": document["components"]});
    let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012);
    options.should_validate_formats(true).build(&schema).unwrap()
}

/// Every `$ref` in a value.
fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str);
            own.into_iter().chain(fields.values().flat_map(references)).collect()
        }
        Value::Array(values) => values.iter().flat_map(references).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

#[tokio::test]
async fn the_document_served_is_the_one_printed() {
    let app = TestApp::start().await;
    let served = app.http.get(format!("{}/openapi.json", app.url)).send().await.unwrap();
    assert_eq!(served.headers()["content-type"], "application/json");
    let served: Value = served.json().await.unwrap();
    let printed = run_in(Vec::new(), &["openapi"]).await;
    assert_eq!((printed.code, printed.err.as_str()), (Some(0), ""));
    assert_eq!(serde_json::from_str::<Value>(&printed.out).unwrap(), served);
    assert_eq!(served, document());
}

#[test]
fn the_document_is_valid_openapi_and_consistent() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    // Cargo's word for no licence is none of SPDX'.
    assert_eq!(document["info"]["license"]["identifier"], Value::Null);
    assert!(references(&document).len() > 50);
    for reference in references(&document) {
        assert!(document.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference}");
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        jsonschema::meta::validate(schema).unwrap();
        assert!(schema["description"].is_string(), "{name}");
        let is_object = schema["type"] == "object";
        assert_eq!(is_object, schema["additionalProperties"] == json!(false), "{name}");
    }
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let case = format!("{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{case}");
        assert!(operation["summary"].is_string(), "{case}");
        let tags = operation["tags"].as_array().unwrap();
        assert_eq!(tags.len(), 1, "{case}: {tags:?}");
        assert!(document["tags"].as_array().unwrap().iter().any(|tag| tag["name"] == tags[0]), "{case}");
        for security in operation["security"].as_array().into_iter().flatten() {
            for scheme in security.as_object().unwrap().keys() {
                assert!(document["components"]["securitySchemes"][scheme].is_object(), "{case}: {scheme}");
            }
        }
        let named = path.matches('{').count();
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let in_path = parameters.filter(|parameter| parameter["in"] == "path");
        assert!(in_path.clone().all(|parameter| parameter["required"] == true), "{case}");
        assert_eq!(in_path.count(), named, "{case}");
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert!(!response["description"].as_str().unwrap().is_empty(), "{case} {status}");
        }
    }
}

/// Every route of the router but the page's, as the source has them.
fn routes() -> BTreeSet<(String, String)> {
    let source = include_str!("../../src/web/router.rs");
    let list = source.split("pub fn router(").nth(1).unwrap().split("\n}").next().unwrap();
    let api = list.find("Router::new()").unwrap()..list.find("require_admin").unwrap();
    let mut routes = BTreeSet::new();
    for (at, _) in list.match_indices(".route(") {
        let route = &list[at + ".route(".len()..];
        let route = route.split('\n').next().unwrap();
        let (path, handlers) = route.split_once(", ").unwrap();
        if path.contains("PAGE_PATH") {
            continue;
        }
        let path = match path.trim_start_matches("&format!(") {
            "CALLBACK_PATH" => API.to_owned(),
            "\"{WEBHOOK_PATH}/{{token}}\")" => format!("{API}/webhook/{{token}}"),
            quoted if api.contains(&at) => format!("{API}{}", quoted.trim_matches('"')),
            quoted => quoted.trim_matches('"').to_owned(),
        };
        for method in METHODS.into_iter().filter(|method| handlers.contains(&format!("{method}("))) {
            assert!(routes.insert((method.to_owned(), path.clone())), "{method} {path}");
        }
    }
    routes
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let document = document();
    let described: BTreeSet<(String, String)> =
        operations(&document).into_iter().map(|(method, path, _)| (method.to_owned(), path.to_owned())).collect();
    assert_eq!(described, routes());
    for (method, path, _) in endpoints() {
        let path = format!("{API}{}", path.replace("/1/", "/{id}/"));
        assert!(described.contains(&(method.as_str().to_lowercase(), path.clone())), "{method} {path}");
    }
    assert_eq!(described.len(), endpoints().len() + 7);
}

#[test]
fn the_document_describes_what_authorizes_a_change() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        let of_admin = operation["tags"] == json!(["admin"]);
        let expected = match (of_admin, method) {
            (false, _) => Value::Null,
            (true, "get") => json!([{"session": []}, {"bearer": []}]),
            (true, _) => json!([{"session": [], "csrf": []}, {"bearer": []}]),
        };
        assert_eq!(operation["security"], expected, "{method} {path}");
    }
}

/// Calls operations and compares each response with its description.
struct Caller<'a> {
    app: &'a TestApp,
    document: &'a Value,
    seen: &'a Mutex<BTreeSet<String>>,
}

impl Caller<'_> {
    /// A request of an operation, with the values of `{…}` in its path and a query; as the admin's program.
    fn request(&self, method: &str, path: &str, value: &str, query: &str) -> RequestBuilder {
        self.open_request(method, path, value, query).bearer_auth(API_TOKEN)
    }

    /// Like [`Self::request`], by nobody.
    fn open_request(&self, method: &str, path: &str, value: &str, query: &str) -> RequestBuilder {
        let filled_in = path.replace("{id}", value).replace("{token}", value);
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        self.app.http.request(method, format!("{}{filled_in}{query}", self.app.url))
    }

    /// The document must describe the response: its status, its content type, and its body.
    async fn call(&self, method: &str, path: &str, request: RequestBuilder, expected: u16) -> Value {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
        let body = response.text().await.unwrap();
        let case = format!("{method} {path} {status}");
        assert_eq!(status, expected, "{case}: {body}");
        let described = &self.document["paths"][path][method]["responses"][status.to_string()];
        assert!(described.is_object(), "{case} is not described");
        let problems = Self::differences(self.document, described, kind.as_deref(), &body);
        assert!(problems.is_empty(), "{case}: {problems:?} in {body}");
        self.seen.lock().unwrap().insert(case);
        serde_json::from_str(&body).unwrap_or_default()
    }

    /// In what a response differs from its description.
    fn differences(document: &Value, described: &Value, kind: Option<&str>, body: &str) -> Vec<String> {
        let content = described["content"].as_object();
        let (Some(kind), Some(content)) = (kind, content) else {
            let is_right = kind.is_none() && content.is_none() && body.is_empty();
            return if is_right { Vec::new() } else { vec![format!("content {kind:?}")] };
        };
        let Some(described) = content.get(kind) else { return vec![format!("content {kind}")] };
        let body = if kind.ends_with("json") { serde_json::from_str(body).unwrap() } else { json!(body) };
        let validator = schema_of(document, &described["schema"]);
        validator.iter_errors(&body).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }
}

fn api(path: &str) -> String {
    format!("{API}{path}")
}

/// Operations for the admin: method, path with `{id}`, and a body that is right where one is needed.
fn of_admin() -> Vec<(String, String, Option<Value>)> {
    let all = endpoints()
        .into_iter()
        .map(|(method, path, body)| (method.as_str().to_lowercase(), api(&path.replace("/1/", "/{id}/")), body));
    all.collect()
}

async fn whoever_may_not_is_answered_as_described(caller: &Caller<'_>) {
    let browser = Browser::signed_in(caller.app).await;
    let large = "x".repeat(70_000);
    for (method, path, _) in of_admin() {
        let request = || caller.open_request(&method, &path, "1", "");
        caller.call(&method, &path, request(), 401).await;
        if method != "get" {
            let request = || request().header("cookie", browser.cookies());
            caller.call(&method, &path, request(), 403).await;
            caller.call(&method, &path, request().header("x-csrf-token", "wrong"), 403).await;
            caller.call(&method, &path, request().body(large.clone()), 413).await;
        }
    }
    let problem = schema_of(caller.document, &json!({"$ref": "#/components/schemas/Problem"}));
    for (_, path, _) in operations(caller.document) {
        let response = caller.request("patch", path, "1", "").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        problem.validate(&response.json().await.unwrap()).unwrap();
    }
}

async fn without_a_connection(caller: &Caller<'_>) {
    for path in ["/status", "/attention", "/people", "/leavetypes", "/absences", "/notifications", "/settings"].map(api)
    {
        caller.call("get", &path, caller.request("get", &path, "", ""), 200).await;
    }
    let login = || caller.request("post", &api("/login"), "", "");
    caller.call("post", &api("/login"), login(), 303).await;
    caller.call("post", &api("/login"), login().header("accept", "application/json"), 409).await;
    for path in ["/sync", "/pause", "/resume", "/audit", "/differences/{id}/restore", "/differences/{id}/keep"].map(api)
    {
        caller.call("post", &path, caller.request("post", &path, "1", ""), 409).await;
    }
    caller.call("get", &api("/people/{id}/days"), caller.request("get", &api("/people/{id}/days"), "1", ""), 409).await;
    choose_type(caller, "sick_day", 409).await;
    choose_person(caller, "1", json!({"userId": 1}), 409).await;
    caller.call("get", API, caller.open_request("get", API, "", "?state=x&code=y"), 303).await;
    let page = || caller.open_request("get", "/", "", "");
    caller.call("get", "/", page().header("accept", "text/html"), 303).await;
    caller.call("get", "/", page(), 404).await;
    for path in ["/health/live", "/health/ready", "/metrics", "/openapi.json"] {
        caller.call("get", path, caller.open_request("get", path, "", ""), 200).await;
    }
}

async fn choose_type(caller: &Caller<'_>, type_id: &str, status: u16) {
    let path = &api("/leavetypes/{id}/mapping");
    let request = caller.request("put", path, type_id, "").json(&json!({"mode": "officient"}));
    caller.call("put", path, request, status).await;
}

/// Links, unlinks, excludes and readmits a person.
async fn choose_person(caller: &Caller<'_>, person: &str, link: Value, status: u16) {
    let (linking, exclusion) = (&api("/people/{id}/link"), &api("/people/{id}/exclusion"));
    caller.call("put", linking, caller.request("put", linking, person, "").json(&link), status).await;
    caller.call("delete", linking, caller.request("delete", linking, person, ""), status).await;
    let body = json!({"existing": "keep"});
    caller.call("put", exclusion, caller.request("put", exclusion, person, "").json(&body), status).await;
    caller.call("delete", exclusion, caller.request("delete", exclusion, person, ""), status).await;
}

async fn bad_requests(caller: &Caller<'_>) {
    for (method, path, query, status) in [
        ("get", "/attention", "?state=open&state=open", 400),
        ("get", "/attention", "?state=closed", 422),
        ("get", "/differences", "?state=open&state=open", 400),
        ("get", "/differences", "?state=closed", 422),
        ("get", "/absences", "?page=1&page=2", 400),
        ("get", "/absences", "?page=0", 422),
        ("get", "/people/{id}/days", "?from=&from=", 400),
        ("get", "/people/{id}/days", "?from=today", 422),
        ("get", "/leavetypes", "?year=2026&year=2026", 400),
        ("get", "/leavetypes", "?year=next", 422),
        ("post", "/sync", "?dryRun=true&dryRun=true", 400),
        ("post", "/sync", "?dryRun=perhaps", 422),
        ("post", "/attention/{id}/retry", "", 404),
        ("post", "/attention/{id}/ignore", "", 404),
    ] {
        let request = caller.request(method, &api(path), "999999", query);
        caller.call(method, &api(path), request, status).await;
    }
    let decide = &api("/attention/{id}/decide");
    let schema = schema_of(caller.document, &body_schema(caller, "post", decide));
    for (body, status) in [
        (json!([]), 400),
        (json!({}), 422),
        (json!({"action": "drop"}), 422),
        (json!({"action": "keep", "personIds": null}), 422),
        (json!({"action": "keep", "personIds": []}), 422),
        (json!({"action": "keep", "personIds": ["1"]}), 422),
        (json!({"action": "keep", "personIds": [1]}), 404),
        (json!({"action": "delete"}), 404),
    ] {
        assert_eq!(schema.is_valid(&body), status == 404, "{body}");
        caller.call("post", decide, caller.request("post", decide, "999999", "").json(&body), status).await;
    }
    let large = json!({"clientId": "x".repeat(70_000)});
    for (path, body, status) in [
        ("/credentials", json!([]), 400),
        ("/credentials", json!({"clientId": "i"}), 422),
        ("/credentials", json!({"clientId": "", "clientSecret": "s"}), 422),
        ("/credentials", json!({"clientId": "i", "clientSecret": 7}), 422),
        ("/credentials", large.clone(), 413),
        ("/webhook-events", json!([]), 400),
        ("/webhook-events", json!({}), 422),
        ("/webhook-events", json!({"events": [1]}), 422),
        ("/webhook-events", large.clone(), 413),
        ("/notifications", json!([]), 400),
        ("/notifications", json!({"recipients": []}), 422),
        ("/notifications", json!({"recipients": [1], "language": "nl"}), 422),
        ("/notifications", json!({"recipients": [], "language": "de"}), 422),
        ("/notifications", large.clone(), 413),
        ("/settings", json!([]), 400),
        ("/settings", json!({"includePending": "true"}), 422),
        ("/settings", large.clone(), 413),
        ("/leavetypes/{id}/mapping", json!([]), 400),
        ("/leavetypes/{id}/mapping", json!({"mode": "ignore"}), 422),
        ("/leavetypes/{id}/mapping", json!({"mode": "exclude", "existing": "hide"}), 422),
        ("/leavetypes/{id}/mapping", large.clone(), 413),
        ("/people/{id}/link", json!([]), 400),
        ("/people/{id}/link", json!({"userId": "1"}), 422),
        ("/people/{id}/link", large, 413),
        ("/people/{id}/exclusion", json!([]), 400),
        ("/people/{id}/exclusion", json!({"existing": "hide"}), 422),
    ] {
        let schema = schema_of(caller.document, &body_schema(caller, "put", &api(path)));
        assert!(!schema.is_valid(&body), "{path} {body}");
        caller.call("put", &api(path), caller.request("put", &api(path), "1", "").json(&body), status).await;
    }
}

/// The schema of the body that an operation requires.
fn body_schema(caller: &Caller<'_>, method: &str, path: &str) -> Value {
    let body = &caller.document["paths"][path][method]["requestBody"];
    assert_eq!(body["required"], true, "{path}");
    body["content"]["application/json"]["schema"].clone()
}

/// A deletion that waits for the admin.
async fn decisions(caller: &Caller<'_>) {
    let app = caller.app;
    let decide = &api("/attention/{id}/decide");
    let item = app.attention_of("deletions_held").await[0]["id"].to_string();
    for (body, status) in [
        (json!({"action": "keep", "personIds": [999_999]}), 422),
        (json!({"action": "keep"}), 202),
        (json!({"action": "keep"}), 409),
    ] {
        caller.call("post", decide, caller.request("post", decide, &item, "").json(&body), status).await;
    }
}

async fn settings(caller: &Caller<'_>) {
    let path = &api("/settings");
    for (body, status) in [
        (json!({"leavers": "keep", "until": "2027-12-31", "includePending": true}), 204),
        (json!({"leavers": null, "until": null, "includePending": null}), 204),
        (json!({"maxDeletions": 5}), 409),
    ] {
        assert!(schema_of(caller.document, &body_schema(caller, "put", path)).is_valid(&body), "{body}");
        caller.call("put", path, caller.request("put", path, "", "").json(&body), status).await;
    }
    caller.app.settle().await;
}

async fn notifications(caller: &Caller<'_>) {
    let (settings, test) = (&api("/notifications"), &api("/notifications/test"));
    let test_request = || caller.request("post", test, "", "");
    let body = json!({"recipients": ["hr@acme.be"], "language": "fr"});
    caller.call("post", test, test_request(), 409).await;
    caller.call("put", settings, caller.request("put", settings, "", "").json(&body), 204).await;
    caller.call("post", test, test_request(), 202).await;
    caller.call("post", test, test_request().header("accept", "text/html"), 303).await;
    // Nothing listens there.
    let failing = async || caller.app.get("/notifications").await["state"] == "failing";
    caller.app.until("the message could not be sent", failing).await;
    caller.call("get", settings, caller.request("get", settings, "", ""), 200).await;
}

async fn webhooks(caller: &Caller<'_>) {
    let path = &api("/webhook/{token}");
    let token = caller.app.webhook_secret();
    let content = &caller.document["paths"][path]["post"]["requestBody"]["content"]["application/json"];
    let schema = schema_of(caller.document, &content["schema"]);
    let event = |body: Value| (schema.is_valid(&body), body);
    for (body, status) in [
        (event(json!({"event_type": "person_deleted", "related_object_id": "1", "account": "acme"})), 200),
        (event(json!({"event_type": "person_deleted", "related_object_id": 1})), 200),
        (event(json!({"event_type": "person_deleted", "related_object_id": null})), 200),
        (event(json!({"event_type": "person_deleted"})), 200),
        (event(json!({"event_type": 7})), 400),
        (event(json!([])), 400),
    ] {
        let (is_valid, body) = body;
        assert_eq!(is_valid, status == 200, "{body}");
        caller.call("post", path, caller.open_request("post", path, &token, "").json(&body), status).await;
    }
    caller.call("post", path, caller.open_request("post", path, "wrong", ""), 404).await;
    let large = caller.open_request("post", path, &token, "").body("x".repeat(70_000));
    caller.call("post", path, large, 413).await;
}

/// One that Officient refuses, one that it knows.
fn event_names() -> Value {
    json!({"events": ["person_invented", "person_added"]})
}

/// With people, leave, a type and an event name that need the admin.
async fn what_there_is_to_show(caller: &Caller<'_>) {
    let app = caller.app;
    let get = async |path: &str, query: &str| {
        caller.call("get", &api(path), caller.request("get", &api(path), "", query), 200).await
    };
    assert_eq!(get("/status", "").await["state"], "connected");
    assert_eq!(get("/people", "").await.as_array().unwrap().len(), 3);
    assert_eq!(get("/leavetypes", "").await.as_array().unwrap().len(), 4);
    choose_type(caller, "sick_day", 204).await;
    choose_type(caller, "999999", 404).await;
    let absences = get("/absences", "?page=1").await;
    let jan = absences[0]["personId"].as_i64().unwrap();
    let days = &api("/people/{id}/days");
    let of_jan = caller.call("get", days, caller.request("get", days, &jan.to_string(), ""), 200).await;
    assert_eq!(of_jan.as_array().unwrap().len(), 2);
    caller.call("get", days, caller.request("get", days, "999999", ""), 404).await;
    let user = app.optedo.users()[0].id;
    choose_person(caller, "999999", json!({"userId": user}), 404).await;
    choose_person(caller, &jan.to_string(), json!({"userId": user}), 204).await;
    app.settle().await;
    let items = get("/attention", "?state=open").await;
    let [first, second] = items.as_array().unwrap().as_slice() else { panic!("{items}") };

    let event = app.officient.events_of(jan)[0].clone();
    let day = app.clock.today().saturating_add(20.days());
    app.officient.add_event(jan, NewEvent::new(event.leave.leave_type, day));
    app.officient.delete_event(event.id);
    let sync = |query| caller.request("post", &api("/sync"), "", query);
    let preview = caller.call("post", &api("/sync"), sync("?dryRun=true"), 200).await;
    for list in ["create", "delete", "skipped"] {
        assert!(!preview[list].as_array().unwrap().is_empty(), "{list}: {preview}");
    }
    let form = |request: RequestBuilder| request.header("accept", "text/html");
    for (act, done) in [("retry", 202), ("ignore", 204)] {
        let path = api(&format!("/attention/{{id}}/{act}"));
        let request = |item: &Value| caller.request("post", &path, &item["id"].to_string(), "");
        caller.call("post", &path, request(first), done).await;
        caller.call("post", &path, form(request(second)), 303).await;
    }
    assert_eq!(get("/attention", "?state=ignored").await.as_array().unwrap().len(), 2);
    differences_to_decide(caller).await;
    for (path, done) in [("/pause", 204), ("/resume", 202)] {
        caller.call("post", &api(path), caller.request("post", &api(path), "", ""), done).await;
        caller.call("post", &api(path), form(caller.request("post", &api(path), "", "")), 303).await;
    }
    app.settle().await;
    app.optedo.add_user("Els", "De Smet");
    caller.call("post", &api("/sync"), sync(""), 202).await;
    app.settle().await;
    caller.call("post", &api("/sync"), form(sync("")), 303).await;
    app.settle().await;
    assert!(!get("/attention", "?state=resolved").await.as_array().unwrap().is_empty());
    let login = || caller.request("post", &api("/login"), "", "");
    caller.call("post", &api("/login"), login().header("accept", "application/json"), 200).await;
    app.officient.refuse_event_names(&["person_invented"]);
    let events = api("/webhook-events");
    let put = caller.request("put", &events, "", "").json(&event_names());
    caller.call("put", &events, put, 204).await;
    assert_eq!(get("/status", "").await["webhooks"][0]["state"], "refused");
}

/// Differences of Jan, of which one is restored, one kept, and one changed since the audit.
async fn differences_to_decide(caller: &Caller<'_>) {
    let app = caller.app;
    let form = |request: RequestBuilder| request.header("accept", "text/html");
    let audit = || caller.request("post", &api("/audit"), "", "");
    // The item that was retried may have begun to replace Jan's only absence.
    app.settle().await;
    let jan = app.get("/absences").await[0]["personId"].as_i64().unwrap();
    for days in 21..25 {
        let leave = app.officient.events_of(jan).last().unwrap().leave.clone();
        app.officient.add_event(jan, NewEvent { date: app.clock.today().saturating_add(days.days()), ..leave });
    }
    app.sweep().await;
    for absence in app.optedo.absences() {
        app.optedo.change_absence(absence.id, |absence| absence.all_day = !absence.all_day);
    }
    caller.call("post", &api("/audit"), audit(), 202).await;
    app.until("the audit ended", async || app.status().await["audit"]["differences"].as_i64() >= Some(4)).await;
    caller.call("post", &api("/audit"), form(audit()), 303).await;
    let list = |query| caller.request("get", &api("/differences"), "", query);
    let found = caller.call("get", &api("/differences"), list(""), 200).await;
    let ids: Vec<String> = found.as_array().unwrap().iter().map(|difference| difference["id"].to_string()).collect();
    for (act, done) in [("restore", 202), ("keep", 204)] {
        let path = api(&format!("/differences/{{id}}/{act}"));
        let request = |id: &str| caller.request("post", &path, id, "");
        caller.call("post", &path, request("999999"), 404).await;
        let (first, second) = if act == "restore" { (&ids[0], &ids[1]) } else { (&ids[2], &ids[3]) };
        caller.call("post", &path, request(first), done).await;
        caller.call("post", &path, form(request(second)), 303).await;
    }
    let restore = api("/differences/{id}/restore");
    app.optedo.change_absence(found[2]["absenceId"].as_i64().unwrap(), |absence| absence.all_day = !absence.all_day);
    caller.call("post", &restore, caller.request("post", &restore, &ids[2], ""), 409).await;
    app.optedo.fault_on("/", Fault::Status(500), 1000);
    caller.call("post", &restore, caller.request("post", &restore, &ids[3], ""), 502).await;
    app.optedo.clear_faults();
}

async fn when_others_fail(caller: &Caller<'_>) {
    let app = caller.app;
    let rotate = &api("/webhook-token/rotate");
    let form = |request: RequestBuilder| request.header("accept", "text/html");
    caller.call("post", rotate, caller.request("post", rotate, "", ""), 204).await;
    caller.call("post", rotate, form(caller.request("post", rotate, "", "")), 303).await;
    app.clock.advance(SignedDuration::from_mins(10));
    app.officient.fault_on("/", Fault::Status(500), 1000);
    app.optedo.fault_on("/", Fault::Status(500), 1000);
    let item = app.attention_of("webhook_refused").await[0]["id"].to_string();
    caller.call("post", rotate, caller.request("post", rotate, "", ""), 202).await;
    let jan = app.get("/absences").await[0]["personId"].to_string();
    let days = &api("/people/{id}/days");
    caller.call("get", days, caller.request("get", days, &jan, ""), 502).await;
    for (method, path, query) in [
        ("get", "/people", ""),
        ("get", "/leavetypes", ""),
        ("post", "/sync", "?dryRun=true"),
        ("post", "/attention/{id}/retry", ""),
        ("put", "/webhook-events", ""),
    ] {
        let request = caller.request(method, &api(path), &item, query);
        caller.call(method, &api(path), request.json(&event_names()), 502).await;
    }
    choose_type(caller, "sick_day", 502).await;
    let link = &api("/people/{id}/link");
    caller.call("put", link, caller.request("put", link, &jan, "").json(&json!({"userId": 1})), 502).await;
    app.officient.clear_faults();
    app.optedo.clear_faults();
    // The worker is idle, so that it does not notice the revoked tokens before the request does.
    app.until_idle().await;
    for (method, path) in [("post", "/attention/{id}/retry"), ("put", "/webhook-events"), ("get", "/leavetypes")] {
        app.officient.revoke_all_tokens();
        let request = caller.request(method, &api(path), &item, "");
        caller.call(method, &api(path), request.json(&event_names()), 409).await;
        app.connect_and_import().await;
        app.advance(SignedDuration::from_mins(10)).await;
        app.until_idle().await;
    }
}

async fn without_the_database(caller: &Caller<'_>) {
    caller.app.take_database_away().await;
    let calls = of_admin().into_iter().map(async |(method, path, body)| {
        let request = caller.request(&method, &path, "1", "");
        let request = if let Some(body) = body { request.json(&body) } else { request };
        caller.call(&method, &path, request, 503).await
    });
    futures_util::future::join_all(calls).await;
    let webhook = &api("/webhook/{token}");
    let request = caller.open_request("post", webhook, &caller.app.webhook_secret(), "");
    caller.call("post", webhook, request.json(&json!({"event_type": "person_deleted"})), 503).await;
    caller.call("get", "/health/ready", caller.open_request("get", "/health/ready", "", ""), 503).await;
    caller.app.give_database_back().await;
    caller.app.until_ready().await;
}

#[tokio::test]
async fn every_response_is_as_described() {
    let (document, seen) = (document(), Mutex::default());
    let of = |app| Caller { app, document: &document, seen: &seen };
    let app = TestApp::start().await;
    whoever_may_not_is_answered_as_described(&of(&app)).await;
    without_a_connection(&of(&app)).await;
    bad_requests(&of(&app)).await;
    webhooks(&of(&app)).await;

    let w = three_people().await;
    let caller = of(&w.app);
    what_there_is_to_show(&caller).await;
    when_others_fail(&caller).await;
    let logout = &api("/logout");
    caller.call("post", logout, caller.request("post", logout, "", ""), 204).await;
    let form = caller.request("post", logout, "", "").header("accept", "text/html");
    caller.call("post", logout, form, 303).await;
    let credentials = &api("/credentials");
    let put = |caller: &Caller<'_>| {
        let body = json!({"clientId": "i", "clientSecret": "s"});
        caller.request("put", credentials, "", "").json(&body)
    };
    caller.call("put", credentials, put(&caller), 204).await;
    without_the_database(&caller).await;
    let fixed = Options::default()
        .set("officient.client_id", "demo-client-7f3a")
        .set("officient.client_secret", "demo-secret-51c09e2b")
        .start()
        .await;
    of(&fixed).call("put", credentials, put(&of(&fixed)), 409).await;

    let with_mail = Options::default()
        .set("notifications.smtp_url", &format!("smtp://localhost:{}", free_port()))
        .set("notifications.from", "noreply@optedo.com")
        .start()
        .await;
    notifications(&of(&with_mail)).await;

    let held = options().set("sync.max_deletions", "0").connected().await;
    let event = held.take_leave(0);
    held.webhook().await;
    held.officient.delete_event(event);
    held.webhook().await;
    settings(&of(&held.app)).await;
    decisions(&of(&held.app)).await;

    let described = operations(&document).into_iter().flat_map(|(method, path, operation)| {
        let statuses = operation["responses"].as_object().unwrap().keys();
        statuses.map(move |status| format!("{method} {path} {status}"))
    });
    let seen = seen.lock().unwrap();
    let never_seen: Vec<String> = described.filter(|case| !case.ends_with("500") && !seen.contains(case)).collect();
    assert_eq!(never_seen, Vec::<String>::new());
}

#[test]
fn a_response_that_is_not_as_described_is_noticed() {
    let document = document();
    let described = &document["paths"][api("/status")]["get"]["responses"]["200"];
    let sync = json!({"state": "idle", "peopleDone": 0, "peopleTotal": 0, "startedAt": null,
        "finishedAt": "2026-11-23T14:00:00Z"});
    let right = json!({"state": "disconnected", "account": null, "connectedAt": null, "lastWebhookAt": null,
        "verdict": {"state": "disconnected", "expected": 0, "inOptedo": 0, "comparedAt": null},
        "webhooks": [], "sync": sync, "queue": {"waiting": 0, "retrying": 0}, "absences": {"written": 0},
        "attention": {"open": 0}, "audit": {"finishedAt": null, "differences": 0}, "paused": null,
        "notifications": {"state": "off", "lastSentAt": null}});
    let differences =
        |kind, body: &Value| Caller::differences(&document, described, Some(kind), &body.to_string()).len();
    assert_eq!(differences("application/json", &right), 0);
    assert_eq!(differences("application/problem+json", &right), 1);
    for (at, value) in [
        ("/state", json!("paused")),
        ("/verdict/state", json!("well")),
        ("/sync/state", json!("asleep")),
        ("/sync/finishedAt", json!("2026-11-23T14:00:00")),
        ("/sync/peopleDone", json!("0")),
        ("/queue", json!({"waiting": 0})),
        ("/attention", json!({"open": 0, "ignored": 0})),
        ("/notifications", json!({"state": "on", "lastSentAt": null})),
        ("/account", json!({"companyId": 1, "companyName": null, "subdomain": "acme"})),
    ] {
        let mut wrong = right.clone();
        *wrong.pointer_mut(at).unwrap() = value;
        assert_ne!(differences("application/json", &wrong), 0, "{at}");
    }
}

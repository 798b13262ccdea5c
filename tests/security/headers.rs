//! The security headers of every response.

use reqwest::Response;

use crate::support::prelude::*;

/// The status expected, method, path, headers, body.
type Case<'a> = (u16, Method, String, Vec<(&'a str, &'a str)>, &'a str);

/// A response of each sort: pages, files, redirects, problems for programs and for people, health, metrics.
/// The service must not be connected; afterwards it has no database.
async fn responses(app: &TestApp) -> Vec<(String, Response)> {
    let webhook = app.webhook_url().strip_prefix(&public_url(app)).unwrap().to_owned();
    let (large, wrong) = ("x".repeat(70_000), r#"{"clientId":"","clientSecret":""}"#);
    let token = format!("Bearer {API_TOKEN}");
    let bearer = ("authorization", token.as_str());
    let html = ("accept", "text/html");
    let form = ("content-type", "application/x-www-form-urlencoded");
    let json = ("content-type", "application/json");
    let evil = ("origin", "https://evil.example");
    let sign_in = format!("{PAGE}/sign-in");
    let api = |path: &str| format!("{API}{path}");
    let page = |path: &str| format!("{PAGE}{path}");
    let cases: Vec<Case> = vec![
        (200, Method::GET, page(""), vec![], ""),
        (200, Method::GET, page("?lang=fr"), vec![html], ""),
        (200, Method::GET, page("/style.css"), vec![], ""),
        (200, Method::GET, page("/page.js"), vec![], ""),
        (200, Method::GET, page("/icon.svg"), vec![], ""),
        (200, Method::GET, api("/status"), vec![bearer], ""),
        (200, Method::POST, webhook.clone(), vec![], r#"{"event_type":"e"}"#),
        (200, Method::GET, "/health/live".to_owned(), vec![], ""),
        (200, Method::GET, "/metrics".to_owned(), vec![], ""),
        (200, Method::HEAD, page(""), vec![], ""),
        (204, Method::PUT, api("/credentials"), vec![bearer, json], r#"{"clientId":"a","clientSecret":"b"}"#),
        (303, Method::GET, API.to_owned(), vec![], ""),
        (303, Method::GET, api("?code=c&state=s"), vec![html], ""),
        (303, Method::POST, api("/login"), vec![bearer, html], ""),
        (303, Method::POST, sign_in.clone(), vec![form], "password=een+goed+wachtwoord"),
        (303, Method::GET, "/".to_owned(), vec![html], ""),
        (308, Method::GET, page("/"), vec![], ""),
        (400, Method::POST, webhook.clone(), vec![], "no JSON"),
        (400, Method::PUT, api("/credentials"), vec![bearer, json], "no JSON"),
        (401, Method::GET, api("/status"), vec![], ""),
        (401, Method::GET, api("/status"), vec![html], ""),
        (401, Method::POST, sign_in.clone(), vec![form, html], "password=wrong"),
        (403, Method::POST, sign_in.clone(), vec![form, evil], "password=wrong"),
        (403, Method::POST, sign_in.clone(), vec![form, evil, html], "password=wrong"),
        (404, Method::GET, "/nope".to_owned(), vec![html], ""),
        (404, Method::GET, "/.env".to_owned(), vec![], ""),
        (404, Method::GET, api("/nope"), vec![], ""),
        (404, Method::POST, api("/webhook/wrong"), vec![], ""),
        (405, Method::DELETE, api("/status"), vec![], ""),
        (405, Method::TRACE, page(""), vec![html], ""),
        (405, Method::OPTIONS, api("/status"), vec![evil], ""),
        (409, Method::POST, api("/sync"), vec![bearer], ""),
        (413, Method::POST, webhook.clone(), vec![], &large),
        (413, Method::POST, sign_in.clone(), vec![form, html], &large),
        (422, Method::PUT, api("/credentials"), vec![bearer, json], wrong),
    ];
    let mut responses = Vec::new();
    let mut ask = async |status: u16, method: Method, path: &str, headers: &[(&str, &str)], body: &str| {
        let case = format!("{method} {path:.80} {headers:?}");
        let mut request = app.http.request(method, format!("{}{path}", app.url)).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{case}");
        responses.push((case, response));
    };
    for (status, method, path, headers, body) in cases {
        ask(status, method, &path, &headers, body).await;
    }
    for _ in 0..4 {
        ask(401, Method::POST, &sign_in, &[form], "password=wrong").await;
    }
    ask(429, Method::POST, &sign_in, &[form, html], "password=wrong").await;
    sqlx::query("update connection set client_secret = ''").execute(&app.db).await.unwrap();
    for accept in [html, ("accept", "application/json")] {
        ask(500, Method::POST, &api("/login"), &[bearer, accept], "").await;
    }
    app.take_database_away().await;
    ask(503, Method::POST, &webhook, &[], r#"{"event_type":"e"}"#).await;
    ask(503, Method::GET, &api("/status"), &[bearer, html], "").await;
    ask(503, Method::GET, "/health/ready", &[], "").await;
    responses
}

fn public_url(app: &TestApp) -> String {
    app.app.engine.config.server.public_url.clone()
}

#[tokio::test]
async fn every_response_has_the_security_headers_including_errors() {
    let app = Options::default().set("server.public_url", "https://acme.example").start().await;
    for (case, response) in responses(&app).await {
        let headers = response.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        for directive in [
            "default-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'self'",
            &format!("form-action 'self' {}", app.officient.url()),
        ] {
            assert!(policy.split("; ").any(|one| one == directive), "{case}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{case}: {policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("strict-transport-security", "max-age=31536000"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
        ] {
            assert_eq!(headers[name], value, "{case}");
        }
    }
}

#[tokio::test]
async fn without_https_no_response_promises_https() {
    let app = TestApp::start().await;
    for (case, response) in responses(&app).await {
        assert!(!response.headers().contains_key("strict-transport-security"), "{case}");
    }
}

/// The rules of ZAP's passive scan, by their numbers; docs/security.md lists those that do not apply.
#[tokio::test]
async fn the_rules_of_a_passive_scan_find_nothing() {
    let w = World::start().await;
    w.officient.add_person("jan", "Peeters");
    w.take_leave(0);
    w.connect_and_import().await;
    let app = TestApp::start().await;
    let browser = Browser::signed_in(&w).await;
    let mut pages = Vec::new();
    for under in ["", "/attention", "/people", "/leave-types", "/history", "/log", "/preview"] {
        let page = browser.open(&format!("{PAGE}{under}")).await.ok();
        pages.push((under.to_owned(), page.headers, page.body));
    }
    for (case, response) in responses(&app).await {
        let headers = response.headers().clone();
        pages.push((case, headers, response.text().await.unwrap()));
    }
    for (case, headers, body) in pages {
        let content_type = headers.get("content-type").map(|value| value.to_str().unwrap().to_owned());
        assert!(body.is_empty() || content_type.is_some(), "10019 content type missing: {case}");
        // The response to HEAD has a content type and no body.
        let is_html = !body.is_empty() && content_type.is_some_and(|it| it.contains("html"));
        for name in ["server", "x-powered-by", "x-aspnet-version", "x-debug-token"] {
            assert!(!headers.contains_key(name), "10036, 10037, 10061 {name}: {case}");
        }
        assert!(headers.contains_key("permissions-policy"), "10063: {case}");
        assert!(!headers.contains_key("access-control-allow-origin"), "10098, 40040: {case}");
        for cookie in headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "10010, 10054: {case}");
            assert!(!cookie.contains("Domain"), "90033 loosely scoped: {case}");
        }
        if let Some(location) = headers.get("location").map(|location| location.to_str().unwrap()) {
            assert!(body.len() < 300, "10044 a redirect that says much: {case}");
            assert!(location.starts_with(PAGE) || location.starts_with(&app.officient.url()), "10028: {case}");
            assert!(!location.contains("password") && !location.contains("code="), "10024: {case}");
        }
        let words: Vec<&str> = body.split(|char: char| !(char.is_ascii_digit() || char == '.')).collect();
        for word in &words {
            let is_private = word.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_private());
            assert!(!is_private, "2 a private address {word}: {case}");
            let is_time = word.len() == 10 && word.starts_with("17") && !word.contains('.');
            assert!(!is_time, "10096 a Unix time {word}: {case}");
        }
        for word in ["TODO", "FIXME", "BUG", "XXX", "debug", "username", "eval(", "innerHTML = ", "document.write"] {
            assert!(!body.contains(word), "10027, 10110 {word}: {case}");
        }
        for word in ["panicked at", "stack backtrace", "sqlx::", "SQLSTATE", "/src/", "RUST_BACKTRACE"] {
            assert!(!body.contains(word), "10023, 90022 {word}: {case}");
        }
        if !is_html {
            continue;
        }
        assert!(body.contains("<meta charset=\"utf-8\""), "90011: {case}");
        assert!(!body.contains("<!--"), "10027 comments: {case}");
        assert!(!body.contains(" style=\"") && !body.contains(" onclick"), "10055 inline: {case}");
        assert!(!body.contains("<script>") && !body.contains("<style"), "10055 inline: {case}");
        for tag in ["<script src=\"", "<link rel=\"stylesheet\" href=\"", "<link rel=\"icon\" href=\""] {
            for source in body.split(tag).skip(1) {
                assert!(source.starts_with(PAGE), "10017, 90003 another site's file: {case}");
            }
        }
        for form in body.split("<form method=\"post\"").skip(1).map(|form| form.split("</form>").next().unwrap()) {
            let is_sign_in = form.contains("name=\"password\"");
            assert!(is_sign_in || form.contains("name=\"csrf_token\""), "10202 a form without a token: {case}");
        }
        assert!(!body.contains("method=\"get\" action=\"http"), "10094, 10048 a form elsewhere: {case}");
        let password = body.split("<input").find(|input| input.contains("type=\"password\""));
        assert!(password.is_none_or(|input| input.contains("autocomplete=")), "10012: {case}");
        assert!(!body.contains("http://www.") && !body.contains("src=\"http"), "10040 mixed content: {case}");
        assert!(!body.contains("<base ") && !body.contains("<iframe"), "10020, 10109: {case}");
        for link in body.split("target=\"_blank\"").skip(1) {
            assert!(link.split('>').next().unwrap().contains("noopener"), "10108: {case}");
        }
        assert!(!body.contains("session=") && !body.contains("sessionid"), "3 session id in a link: {case}");
    }
}

#[tokio::test]
async fn metrics_on_a_separate_address_have_the_security_headers() {
    let port = free_port();
    let app = Options::default().set("server.metrics_listen", &format!("127.0.0.1:{port}")).start().await;
    let is_there = async || app.http.get(format!("http://127.0.0.1:{port}/metrics")).send().await.is_ok();
    app.until("the metrics address answers", is_there).await;
    for path in ["/metrics", "/nope"] {
        let response = app.http.get(format!("http://127.0.0.1:{port}{path}")).send().await.unwrap();
        assert_eq!(response.headers()["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(response.headers()["cache-control"], "no-store", "{path}");
    }
}

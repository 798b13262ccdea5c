//! What every answer carries, whatever it answers.

use reqwest::{Method, Response};

use crate::support::browser::Browser;
use crate::support::{API, Options, PAGE, TestApp};

/// One of every sort of answer: pages, files, redirects, problems, health, metrics, nothing.
async fn answers(app: &TestApp) -> Vec<(String, Response)> {
    let requests = [
        (Method::GET, PAGE.to_owned()),
        (Method::GET, format!("{PAGE}/style.css")),
        (Method::POST, format!("{PAGE}/sign-in")),
        (Method::GET, format!("{API}/status")),
        (Method::GET, format!("{API}/nope")),
        (Method::DELETE, format!("{API}/status")),
        (Method::GET, API.to_owned()),
        (Method::POST, format!("{API}/webhook/wrong")),
        (Method::GET, "/health/live".to_owned()),
        (Method::GET, "/metrics".to_owned()),
        (Method::GET, "/nope".to_owned()),
    ];
    let mut answers = Vec::new();
    for (method, path) in requests {
        let case = format!("{method} {path}");
        let request = app.http.request(method, format!("{}{path}", app.url));
        answers.push((case, request.send().await.unwrap()));
    }
    answers
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_errors_included() {
    let app = Options::default().set("server.public_url", "https://acme.example").start().await;
    for (case, response) in answers(&app).await {
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
async fn plain_http_promises_no_https() {
    let app = TestApp::start().await;
    for (case, response) in answers(&app).await {
        assert!(!response.headers().contains_key("strict-transport-security"), "{case}");
    }
}

/// What the rules of ZAP's passive scan look for, by their numbers; docs/security.md says which do not apply.
#[tokio::test]
async fn the_rules_of_a_passive_scan_find_nothing() {
    let app = TestApp::connected().await;
    let browser = Browser::signed_in(&app).await;
    let mut pages = Vec::new();
    for under in ["", "/attention", "/people", "/leave-types", "/history", "/log", "/preview"] {
        let page = browser.open(&format!("{PAGE}{under}")).await.ok();
        pages.push((under.to_owned(), page.headers, page.body));
    }
    for (case, response) in answers(&app).await {
        let headers = response.headers().clone();
        pages.push((case, headers, response.text().await.unwrap()));
    }
    for (case, headers, body) in pages {
        let content_type = headers.get("content-type").map(|value| value.to_str().unwrap().to_owned());
        assert!(body.is_empty() || content_type.is_some(), "10019 content type missing: {case}");
        let is_html = content_type.is_some_and(|content_type| content_type.contains("html"));
        for name in ["server", "x-powered-by", "x-aspnet-version", "x-debug-token"] {
            assert!(!headers.contains_key(name), "10036, 10037, 10061 {name}: {case}");
        }
        assert!(headers.contains_key("permissions-policy"), "10063: {case}");
        assert!(!headers.contains_key("access-control-allow-origin"), "10098, 40040: {case}");
        for cookie in headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite"), "10010, 10054: {case}");
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
        for form in
            body.split("<form method=\"post\"").skip(1).map(|form| form.split("</form>").next().unwrap())
        {
            let is_sign_in = form.contains("name=\"password\"");
            assert!(
                is_sign_in || form.contains("name=\"csrf_token\""),
                "10202 a form without a token: {case}"
            );
        }
        for link in body.split("target=\"_blank\"").skip(1) {
            assert!(link.split('>').next().unwrap().contains("noopener"), "10108: {case}");
        }
        assert!(!body.contains("session=") && !body.contains("sessionid"), "3 session id in a link: {case}");
    }
}

#[tokio::test]
async fn metrics_on_an_address_of_their_own_carry_them_too() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let app = Options::default().set("server.metrics_listen", &format!("127.0.0.1:{port}")).start().await;
    let is_there = async || app.http.get(format!("http://127.0.0.1:{port}/metrics")).send().await.is_ok();
    app.until("the metrics address answers", is_there).await;
    for path in ["/metrics", "/nope"] {
        let response = app.http.get(format!("http://127.0.0.1:{port}{path}")).send().await.unwrap();
        assert_eq!(response.headers()["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(response.headers()["cache-control"], "no-store", "{path}");
    }
}

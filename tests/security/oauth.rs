//! The login at Officient (RFC 6749, RFC 9700): only the browser that began it can end it, once, and nothing of it
//! leaks.

use std::collections::HashSet;

use reqwest::Response;

use crate::connection::login::assert_nothing_connected;
use crate::support::prelude::*;

#[tokio::test]
async fn a_login_is_refused_unless_its_state_is_complete_unused_and_of_this_browser() {
    let app = TestApp::start().await;
    app.fill_in_credentials().await;
    let code = app.officient.issue_code();
    let code = ("code", code.as_str());
    let (first, cookie) = app.begin_login().await;
    let (second, other_cookie) = app.begin_login().await;
    let (state, other_state) = (state_of(&first), state_of(&second));
    let state = ("state", state.as_str());

    let refused = [
        (vec![code], cookie.as_str()),
        (vec![code, ("state", "")], &cookie),
        (vec![code, ("state", "wrong")], &cookie),
        (vec![code, ("state", &other_state)], &cookie),
        (vec![code, state], ""),
        (vec![code, state], &other_cookie),
        (vec![code, state, state], &cookie),
        (vec![code, state, ("state", "wrong")], &cookie),
        (vec![], &cookie),
    ];
    for (query, cookie) in refused {
        assert_eq!(app.come_back(&query, cookie).await, "state_wrong", "{query:?}");
    }
    assert_eq!(app.officient.calls_to("/1.0/"), 0);
    assert_nothing_connected(&app, "wrong states").await;

    // The login is still usable.
    assert_eq!(app.come_back(&[code, state], &cookie).await, "connected");
    app.settle().await;
    let before = app.officient.calls_to("/1.0/token");
    assert_eq!(app.come_back(&[code, state], &cookie).await, "", "a used answer is harmless");
    assert_eq!(app.officient.calls_to("/1.0/token"), before);
    assert_eq!(app.status().await["state"], "connected");
}

#[tokio::test]
async fn a_login_that_took_longer_than_ten_minutes_is_refused() {
    let app = TestApp::start().await;
    app.fill_in_credentials().await;
    let (authorize_url, cookie) = app.begin_login().await;
    let (state, code) = (state_of(&authorize_url), app.officient.issue_code());
    app.clock.advance(SignedDuration::from_mins(11));
    let notice = app.come_back(&[("code", &code), ("state", &state)], &cookie).await;
    assert_eq!(notice, "state_wrong");
    assert_eq!(app.officient.calls_to("/1.0/token"), 0);
    assert_nothing_connected(&app, "too late").await;
}

/// Begins a login with these headers, as behind a proxy that passes on what a stranger sent.
async fn begin_with(app: &TestApp, headers: &[(&str, &str)]) -> Response {
    let mut request = app.http.post(format!("{}{API}/login", app.url)).bearer_auth(API_TOKEN);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

const STRANGE: [&[(&str, &str)]; 4] = [
    &[("host", "evil.example")],
    &[("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "http")],
    &[("forwarded", "host=evil.example;proto=http")],
    &[("x-original-host", "evil.example"), ("x-forwarded-prefix", "/evil"), ("origin", "https://evil.example")],
];

#[tokio::test]
async fn only_the_configuration_determines_the_redirect_uri() {
    let app = TestApp::start().await;
    app.fill_in_credentials().await;
    for headers in STRANGE {
        let response = begin_with(&app, headers).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        let location: url::Url = response.headers()["location"].to_str().unwrap().parse().unwrap();
        assert!(location.as_str().starts_with(&app.officient.url()), "{location}");
        let redirect = location.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
        assert_eq!(redirect, format!("{}{API}", app.url), "{headers:?}");
        assert!(!location.as_str().contains("evil"), "{location}");
    }
}

#[tokio::test]
async fn no_redirect_leads_to_an_address_of_a_stranger() {
    let app = TestApp::start().await;
    app.fill_in_credentials().await;
    let evil = ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"];
    let names = ["redirect_uri", "next", "return", "returnUrl", "url", "notice", "iss"];
    for (evil, name) in evil.into_iter().flat_map(|evil| names.map(|name| (evil, name))) {
        for path in [API.to_owned(), PAGE.to_owned(), format!("{PAGE}/"), format!("{PAGE}/sign-in")] {
            for headers in STRANGE {
                let mut request = app.http.get(format!("{}{path}", app.url)).query(&[(name, evil)]);
                for (name, value) in headers {
                    request = request.header(*name, *value);
                }
                let response = request.send().await.unwrap();
                if let Some(location) = response.headers().get("location") {
                    let location = location.to_str().unwrap();
                    assert!(location.starts_with(PAGE) && !location.contains("evil"), "{path} {name}: {location}");
                }
            }
        }
    }
    for path in ["//evil.example", "/%2f%2fevil.example", "//evil.example/..", "/.//evil.example"] {
        let response = app.http.get(format!("{}{path}", app.url)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn the_state_is_256_random_bits_and_always_different() {
    let app = TestApp::start().await;
    app.fill_in_credentials().await;
    let mut states = HashSet::new();
    for _ in 0..20 {
        let (authorize_url, cookie) = app.begin_login().await;
        let state = state_of(&authorize_url);
        assert!(state.len() >= 43, "{} characters", state.len());
        assert!(!cookie.contains(&state), "the address must not reveal the cookie");
        assert!(states.insert(state) && states.insert(cookie));
    }
}

#[tokio::test]
async fn the_callback_redirects_to_an_address_without_code_and_state() {
    let app = TestApp::start().await;
    app.fill_in_credentials().await;
    let (authorize_url, cookie) = app.begin_login().await;
    let (state, code) = (state_of(&authorize_url), app.officient.issue_code());
    for (case, state) in [("wrong", "a-strangers-state"), ("right", state.as_str())] {
        let callback = app.http.get(format!("{}{API}", app.url)).query(&[("code", code.as_str()), ("state", state)]);
        let response = callback.header("cookie", &cookie).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{case}");
        assert_eq!(response.headers()["referrer-policy"], "no-referrer", "{case}");
        assert_eq!(response.headers()["cache-control"], "no-store", "{case}");
        let location = response.headers()["location"].to_str().unwrap().to_owned();
        assert!(location.starts_with(PAGE), "{location}");
        assert!(cookie_of(&response).ends_with('='), "the login's cookie ends");
        let body = response.text().await.unwrap();
        for secret in [&code, state] {
            assert!(!location.contains(secret) && !body.contains(secret), "{case}: {location}");
        }
    }
    assert_eq!(app.status().await["state"], "connected");
}

#[tokio::test]
async fn without_the_database_the_callback_also_redirects_to_an_address_without_code() {
    let app = TestApp::start().await;
    app.fill_in_credentials().await;
    let (authorize_url, cookie) = app.begin_login().await;
    app.take_database_away().await;
    let query = [("code", "the-code"), ("state", &*state_of(&authorize_url))];
    assert_eq!(app.come_back(&query, &cookie).await, "unavailable");
    app.give_database_back().await;
    assert_eq!(app.officient.calls_to("/1.0/"), 0);
}

#[tokio::test]
async fn another_persons_login_cannot_be_completed_in_the_admins_browser() {
    let app = TestApp::start().await;
    app.fill_in_credentials().await;
    let admin = Browser::signed_in(&app).await;
    // The attacker began a login and wants the admin's browser to complete it with the attacker's code.
    let (attackers, _) = app.begin_login().await;
    let lure = format!("{API}?code={}&state={}", app.officient.issue_code(), state_of(&attackers));
    for browser in [&admin, &Browser::new(&app)] {
        let page = browser.open(&lure).await;
        assert!(page.location().as_str().ends_with("notice=state_wrong"));
    }
    // Nor when the admin has a login of their own under way.
    admin.press("Aanmelden bij Officient").await;
    assert!(admin.open(&lure).await.location().as_str().ends_with("notice=state_wrong"));
    assert_eq!(app.officient.calls_to("/1.0/"), 0);
    assert_nothing_connected(&app, "login CSRF").await;
}

#[tokio::test]
async fn the_login_begins_by_post_only() {
    let app = TestApp::start().await;
    app.fill_in_credentials().await;
    let get = app.api(Method::GET, "/login").send().await.unwrap();
    assert_eq!(get.status(), StatusCode::METHOD_NOT_ALLOWED);
}

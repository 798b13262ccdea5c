//! Sessions of the settings page: the password, the cookie and the CSRF token.

use reqwest::Response;

use crate::api::requests::{endpoints, problem, request};
use crate::support::prelude::*;

#[tokio::test]
async fn a_session_may_read_but_changes_only_with_its_csrf_token() {
    let app = TestApp::start().await;
    let browser = Browser::signed_in(&app).await;
    let csrf = browser.open(PAGE).await.csrf_token();
    let other = Browser::signed_in(&app).await.open(PAGE).await.csrf_token();
    assert_ne!(csrf, other);
    for (method, path, body) in endpoints() {
        let case = format!("{method} {path}");
        let send = async |token: Option<&str>| {
            let mut request = request(&app, method.clone(), path, body.clone())
                .header("cookie", browser.cookies())
                .header("accept", "application/json");
            if let Some(token) = token {
                request = request.header("x-csrf-token", token);
            }
            request.send().await.unwrap()
        };
        if method == Method::GET {
            // The days of a person are read from Officient, which is not connected.
            let expected = if path.ends_with("/days") { StatusCode::CONFLICT } else { StatusCode::OK };
            assert_eq!(send(None).await.status(), expected, "{case}");
            continue;
        }
        for token in [None, Some(""), Some("wrong"), Some(other.as_str())] {
            let response = send(token).await;
            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{case} {token:?}");
            problem(response, &case).await;
        }
        let status = send(Some(&csrf)).await.status();
        assert!(![StatusCode::FORBIDDEN, StatusCode::UNAUTHORIZED].contains(&status), "{case} {status}");
    }
}

async fn sign_in(app: &TestApp, password: &str) -> Response {
    let form = app.http.post(format!("{}{PAGE}/sign-in", app.url)).form(&[("password", password)]);
    form.send().await.unwrap()
}

#[tokio::test]
async fn after_five_wrong_passwords_the_sixth_attempt_is_refused_even_with_the_right_one() {
    let app = TestApp::start().await;
    assert_eq!(sign_in(&app, PASSWORD).await.status(), StatusCode::SEE_OTHER);
    for _ in 0..5 {
        let response = sign_in(&app, "wrong").await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert!(!response.headers().contains_key("set-cookie"));
        assert!(response.text().await.unwrap().contains("Dat wachtwoord klopt niet"));
    }
    let response = sign_in(&app, PASSWORD).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(!response.headers().contains_key("set-cookie"));
    let seconds: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert!(response.text().await.unwrap().contains("Te veel foute wachtwoorden"));
}

#[tokio::test]
async fn concurrent_guesses_do_not_exceed_the_limit() {
    let app = TestApp::start().await;
    let statuses = join_all((0..30).map(async |_| sign_in(&app, "wrong").await.status())).await;
    let asked = statuses.iter().filter(|status| **status == StatusCode::UNAUTHORIZED);
    assert_eq!(asked.count(), 5, "{statuses:?}");
}

#[tokio::test]
async fn signing_out_ends_the_session_itself_and_not_only_the_cookie() {
    let app = TestApp::start().await;
    let browser = Browser::signed_in(&app).await;
    let cookie = browser.cookies();
    assert!(!cookie.is_empty());
    let page = browser.follow(&browser.press("Uitloggen").await).await;
    assert!(page.body.contains("Wachtwoord"));
    assert_eq!(browser.cookies(), "");
    let request = request(&app, Method::GET, "/status", None).header("cookie", cookie);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_ends_after_two_idle_hours_and_after_twelve_hours_in_any_case() {
    let app = TestApp::start().await;
    let status = format!("{API}/status");
    let browser = Browser::signed_in(&app).await;
    app.clock.advance(SignedDuration::from_mins(121));
    assert_eq!(browser.open(&status).await.status, StatusCode::UNAUTHORIZED);

    let browser = Browser::signed_in(&app).await;
    for _ in 0..11 {
        app.clock.advance(SignedDuration::from_hours(1));
        assert_eq!(browser.open(&status).await.status, StatusCode::OK);
    }
    app.clock.advance(SignedDuration::from_mins(61));
    assert_eq!(browser.open(&status).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_session_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let app = TestApp::start().await;
    let response = sign_in(&app, PASSWORD).await;
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");

    let public = Options::default().set("server.public_url", "https://acme.example");
    let app = public.start().await;
    let response = sign_in(&app, PASSWORD).await;
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-") && cookie.contains("Secure"), "{cookie}");
}

#[tokio::test]
async fn every_cookie_is_bound_to_this_host_over_https() {
    let app = Options::default().set("server.public_url", "https://acme.example").start().await;
    app.fill_in_credentials().await;
    let login = app.api(Method::POST, "/login").header("accept", "application/json").send().await.unwrap();
    let language = app.http.get(format!("{}{PAGE}?lang=fr", app.url)).send().await.unwrap();
    for response in [sign_in(&app, PASSWORD).await, login, language] {
        let cookies: Vec<&str> =
            response.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect();
        assert!(!cookies.is_empty());
        for cookie in cookies {
            assert!(cookie.starts_with("__Host-"), "{cookie}");
            for attribute in ["; HttpOnly", "; SameSite=Lax", "; Secure", "; Path=/"] {
                assert!(cookie.contains(attribute), "{cookie}");
            }
            assert!(!cookie.contains("Domain"), "{cookie}");
        }
    }
}

#[tokio::test]
async fn every_sign_in_begins_a_new_session_and_ends_the_former_one() {
    let app = TestApp::start().await;
    let planted = "optedo_officient_session=planted";
    let form = [("password", PASSWORD)];
    let url = format!("{}{PAGE}/sign-in", app.url);
    let first = app.http.post(&url).header("cookie", planted).form(&form).send().await.unwrap();
    let first = session_of(&first);
    assert!(!first.contains("planted"));
    let second = app.http.post(&url).header("cookie", &first).form(&form).send().await.unwrap();
    let second = session_of(&second);
    assert_ne!(first, second);
    for (cookie, status) in [(planted, 401), (&*first, 401), (&*second, 200)] {
        let response = app.http.get(format!("{}{API}/status", app.url)).header("cookie", cookie).send();
        assert_eq!(response.await.unwrap().status(), status, "{cookie}");
    }
}

#[tokio::test]
async fn a_session_ends_when_the_password_changes_and_survives_a_restart() {
    let clear = PASSWORD.to_owned();
    let hashed = crate::support::program::hash_of(PASSWORD);
    for password in [clear, hashed] {
        let mut app = Options::default().set("admin.password", &password).start().await;
        let cookie = session_of(&sign_in(&app, PASSWORD).await);
        let at = async |url: &str, app: &TestApp| {
            let status = app.http.get(format!("{url}{API}/status")).header("cookie", &cookie).send();
            status.await.unwrap().status()
        };
        app.restart().await;
        assert_eq!(at(&app.url, &app).await, StatusCode::OK);
        let (url, other) = app.replica().await;
        assert_eq!(at(&url, &app).await, StatusCode::OK, "every replica knows it");
        other.engine.stop.cancel();
        for changed in ["een ander wachtwoord", &crate::support::program::hash_of("een ander wachtwoord")] {
            app.restart_with(&[("admin.password", changed)]).await;
            assert_eq!(at(&app.url, &app).await, StatusCode::UNAUTHORIZED);
            let new = session_of(&sign_in(&app, "een ander wachtwoord").await);
            assert_ne!(new, cookie);
        }
    }
}

/// A reader of the database finds nothing to check a guessed password against.
#[tokio::test]
async fn the_database_does_not_reveal_whether_a_guessed_password_is_right() {
    let mut app = TestApp::start().await;
    let cookie = session_of(&sign_in(&app, PASSWORD).await);
    // Everything but the encryption key: the database, the cookie, and the right guess.
    app.restart_with(&[("security.encryption_key", OTHER_KEY), ("security.previous_encryption_keys", KEY)]).await;
    let status = app.http.get(format!("{}{API}/status", app.url)).header("cookie", &cookie).send().await;
    assert_eq!(status.unwrap().status(), StatusCode::UNAUTHORIZED);
}

/// The session that a response begins: it may end another one first.
fn session_of(response: &Response) -> String {
    let mut cookies = response.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let begun = cookies.rfind(|cookie| !cookie.contains("Max-Age=0")).unwrap();
    begun.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn guesses_from_many_addresses_do_not_lock_the_admin_out() {
    let app = Options::default().set("server.trusted_proxies", "127.0.0.1").start().await;
    let from = async |address: &str, password: &str| {
        let form = app.http.post(format!("{}{PAGE}/sign-in", app.url)).form(&[("password", password)]);
        form.header("x-forwarded-for", address).send().await.unwrap().status()
    };
    let home = "198.51.100.1";
    assert_eq!(from(home, PASSWORD).await, StatusCode::SEE_OTHER);
    let guesses = join_all((0..100).map(async |n| from(&format!("203.0.113.{n}"), "wrong").await)).await;
    let refused = guesses.iter().filter(|status| **status == StatusCode::TOO_MANY_REQUESTS).count();
    assert!(refused >= 50, "of 100 guesses at once {refused} were refused");
    assert_eq!(from(home, PASSWORD).await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_password_may_be_configured_as_argon2id_but_not_as_another_argon2() {
    let hash = crate::support::program::hash_of("een goed wachtwoord");
    assert!(hash.starts_with("$argon2id$"), "{hash}");
    assert_ne!(hash, crate::support::program::hash_of("een goed wachtwoord"), "salted");
    let app = Options::default().set("admin.password", &hash).start().await;
    assert_eq!(sign_in(&app, PASSWORD).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(sign_in(&app, "fout").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in(&app, &hash).await.status(), StatusCode::UNAUTHORIZED);
    let mut settings = app.environment();
    settings.push(("OPTEDO_OFFICIENT__ADMIN__PASSWORD".to_owned(), hash.replace("argon2id", "argon2i")));
    let error = optedo_officient::config::Config::load(None, settings).unwrap_err().to_string();
    assert!(error.contains("admin.password: is not argon2id"), "{error}");
}

#[tokio::test]
async fn no_change_is_accepted_from_another_site() {
    let app = TestApp::start().await;
    let browser = Browser::signed_in(&app).await;
    let csrf = browser.open(PAGE).await.csrf_token();
    let others: [&[(&str, &str)]; 5] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site"), ("origin", &app.url)],
    ];
    for (method, path, body) in endpoints().into_iter().filter(|(method, ..)| *method != Method::GET) {
        for headers in others {
            let mut request = request(&app, method.clone(), path, body.clone())
                .header("cookie", browser.cookies())
                .header("x-csrf-token", &csrf);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{method} {path} {headers:?}");
        }
    }
    for headers in others {
        let mut sign_in = app.http.post(format!("{}{PAGE}/sign-in", app.url)).form(&[("password", PASSWORD)]);
        for (name, value) in headers {
            sign_in = sign_in.header(*name, *value);
        }
        let response = sign_in.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{headers:?}");
        assert!(!response.headers().contains_key("set-cookie"));
    }
    // A browser sends our own form with the origin null, because it has no referrer.
    let form = app.http.post(format!("{}{PAGE}/sign-in", app.url)).form(&[("password", PASSWORD)]);
    let ours = form.header("sec-fetch-site", "same-origin").header("origin", "null").send().await.unwrap();
    assert_eq!(ours.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn no_get_request_changes_anything() {
    let w = World::connected().await;
    w.officient.add_person("jan", "Peeters");
    w.take_leave(0);
    w.sweep().await;
    let browser = Browser::signed_in(&w).await;
    let state = async || {
        let dump = w.dump().await;
        // Only the last use of the session changes.
        let lines: Vec<String> =
            dump.lines().filter(|line| !line.starts_with("sessions ")).map(str::to_owned).collect();
        lines
    };
    let before = state().await;
    w.officient.clear_calls();
    let tabs = ["", "/attention", "/people", "/leave-types", "/history", "/log", "/preview", "/sign-in"];
    let changes = ["/sign-out", "/credentials", "/webhook-events", "/people/1/sync", "/attention/1/follow"];
    let api = endpoints().into_iter().map(|(_, path, _)| format!("{API}{path}"));
    let pages = tabs.iter().chain(&changes).map(|under| format!("{PAGE}{under}"));
    for address in pages.chain(api) {
        for query in ["", "?lang=nl&notice=connected&_method=POST"] {
            let page = browser.open(&format!("{address}{query}")).await;
            assert!(!page.status.is_server_error(), "{address}");
        }
    }
    assert_eq!(state().await, before);
    assert!(w.officient.writes().is_empty());
    let status: Value = w.status().await;
    assert_eq!(status["state"], "connected");
}

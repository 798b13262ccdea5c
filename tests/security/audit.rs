//! The audit log: who did what, when and from where; readable on the page.

use crate::support::prelude::*;

const LOG: &str = "/instellingen/integraties/hr/log";

type Row = (String, Option<String>, Option<String>, Option<String>);

/// Action, name, session and address of every entry, oldest first.
async fn rows(app: &TestApp) -> Vec<Row> {
    let query = sqlx::query_as("select action, admin_name, session, address from audit_log order by id");
    query.fetch_all(&app.db).await.unwrap()
}

async fn sign_in(app: &TestApp, password: &str, name: &str, forwarded: &str) -> StatusCode {
    let form = [("password", password), ("admin_name", name)];
    let request = app.http.post(format!("{}{PAGE}/sign-in", app.url)).form(&form);
    request.header("x-forwarded-for", forwarded).send().await.unwrap().status()
}

#[tokio::test]
async fn every_action_is_in_the_audit_log_with_its_session_and_address() {
    let w = options().set("sync.max_deletions", "0").world().await;
    let browser = Browser::new(&w);
    let form = browser.open(PAGE).await.form("Aanmelden").fill_in("password", PASSWORD);
    let wrong = browser.submit(&form.clone().fill_in("password", "fout")).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    browser.submit(&form.fill_in("admin_name", "An\u{1b}[2K Admin")).await;

    let form = browser.open(PAGE).await.form("Bewaren");
    let form = form.fill_in("client_id", w.officient.client_id()).fill_in("client_secret", w.officient.client_secret());
    browser.submit(&form).await;
    let login = browser.open(PAGE).await.form("Aanmelden bij Officient").without("preview_first");
    let consent = browser.sign_in_at_officient(&browser.submit(&login).await).await;
    let back = browser.submit(&consent.form("Geef toegang")).await;
    browser.follow(&back).await;
    w.settle().await;
    let event = w.take_leave(0);
    w.webhook().await;
    w.officient.delete_event(event);
    w.webhook().await;
    let held = w.item("deletions_held").await;
    let csrf = browser.open(PAGE).await.csrf_token();
    let retry = w.http.post(format!("{}{}/attention/{}/retry", w.url, crate::support::API, held["id"]));
    let retry = retry.header("cookie", browser.cookies()).header("x-csrf-token", csrf).send();
    assert_eq!(retry.await.unwrap().status(), StatusCode::ACCEPTED);
    browser.press("Vervang het webhookadres").await;
    browser.press("Afmelden").await;
    browser.press("Uitloggen").await;
    assert_eq!(w.post("/logout").await.status(), StatusCode::NO_CONTENT);

    let rows = rows(&w).await;
    let acts: Vec<&str> = rows.iter().map(|(action, ..)| action.as_str()).collect();
    let of_session = [
        "signed_in",
        "credentials_changed",
        "connected",
        "deletions_confirmed",
        "webhook_token_rotated",
        "disconnected",
        "signed_out",
    ];
    let expected: Vec<&str> = ["sign_in_failed"].into_iter().chain(of_session).chain(["disconnected"]).collect();
    assert_eq!(acts, expected);
    let session = rows[1].2.clone().unwrap();
    assert_eq!(session.len(), 8);
    for (action, name, in_session, address) in &rows[1..8] {
        assert_eq!(name.as_deref(), Some("An[2K Admin"), "{action}");
        assert_eq!(in_session.as_ref(), Some(&session), "{action}");
        assert_eq!(address.as_deref(), Some("127.0.0.1"), "{action}");
    }
    // Of a failed sign-in nothing is kept that was typed, for it may be a password.
    assert_eq!(rows[0], ("sign_in_failed".into(), None, None, Some("127.0.0.1".into())));
    assert_eq!(rows[8].2.as_deref(), Some("api"));
    assert!(!browser.cookies().contains(&session));
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_audit_log_has_the_clients_address() {
    let trusting = Options::default().set("server.trusted_proxies", "127.0.0.0/8").start().await;
    assert_eq!(sign_in(&trusting, PASSWORD, "An", "198.51.100.7, 203.0.113.9").await, StatusCode::SEE_OTHER);
    assert_eq!(rows(&trusting).await[0].3.as_deref(), Some("203.0.113.9"));
    let plain = TestApp::start().await;
    assert_eq!(sign_in(&plain, PASSWORD, "An", "203.0.113.9").await, StatusCode::SEE_OTHER);
    assert_eq!(rows(&plain).await[0].3.as_deref(), Some("127.0.0.1"));
}

#[tokio::test]
async fn the_page_shows_the_audit_log_newest_first_in_three_languages() {
    let app = TestApp::start().await;
    let browser = Browser::signed_in(&app).await;
    let insert = "insert into audit_log (at, action, detail, admin_name, session, address)
                  select now(), 'connected', 'number ' || n, '<b>An</b>', 'cafe0001', '203.0.113.9' from generate_series(1, 60) n";
    sqlx::query(insert).execute(&app.db).await.unwrap();
    let page = browser.open(LOG).await.ok();
    let text = page.text();
    assert!(text.contains("number 60") && text.contains("number 11") && !text.contains("number 10 "), "{text}");
    assert!(text.find("number 60") < text.find("number 59"));
    assert!(text.contains("Koppeling gemaakt") && text.contains("203.0.113.9") && text.contains("cafe0001"));
    assert!(!page.body.contains("<b>An"), "a name is text, whatever it holds");
    let older = page.body.split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let older = older.split('"').next().unwrap().replace("&#38;", "&");
    let text = browser.open(&older).await.ok().text();
    assert!(text.contains("number 10 ") && text.contains("Aangemeld"), "{text}");
    assert!(!text.contains("number 11 "), "{text}");
    for (language, words) in [("nl", "Wie deed wat"), ("fr", "Qui a fait quoi"), ("en", "Who did what")] {
        assert!(browser.open(&format!("{LOG}?lang={language}")).await.ok().text().contains(words));
    }
    assert!(!Browser::new(&app).open(LOG).await.body.contains("number 60"), "shown to a stranger");
}

#[tokio::test]
async fn the_audit_log_contains_no_secret_and_no_leave() {
    let w = World::start().await;
    w.take(NewEvent::new(LeaveType::SickDay, w.day(1)));
    w.connect_and_import().await;
    w.post("/webhook-token/rotate").await;
    let all: String =
        sqlx::query_scalar("select string_agg(a::text, ' ') from audit_log a").fetch_one(&w.db).await.unwrap();
    assert!(all.contains("connected"));
    for word in [w.officient.client_secret(), &w.webhook_secret(), "Peeters", "Verlof", "sick"] {
        assert!(!all.contains(word), "{word}");
    }
}

//! An open page updates itself, but does not keep its session alive.

use crate::support::prelude::*;

/// The page as an open one fetches it again to see changes.
async fn watch(app: &TestApp, cookies: &str) -> String {
    let request = app.http.get(format!("{}{PAGE}", app.url)).header("cookie", cookies);
    request.header("x-watching", "yes").send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn an_open_page_shows_changes_until_its_session_ends() {
    let w = World::connected().await;
    let browser = Browser::signed_in(&w).await;
    let cookies = browser.cookies();
    let written = |count| format!("<dt>Afwezigheden in Optedo</dt><dd>{count}</dd>");
    assert!(watch(&w, &cookies).await.contains(&written(0)));
    w.take_leave(0);
    w.webhook().await;
    assert!(watch(&w, &cookies).await.contains(&written(1)));
    browser.press("Uitloggen").await;
    let page = watch(&w, &cookies).await;
    assert!(page.contains("Wachtwoord") && !page.contains("data-live"), "{page}");
}

#[tokio::test]
async fn a_page_that_is_only_watched_does_not_keep_its_session_alive() {
    let app = TestApp::start().await;
    let cookies = Browser::signed_in(&app).await.cookies();
    for _ in 0..5 {
        app.clock.advance(SignedDuration::from_mins(30));
        if !watch(&app, &cookies).await.contains("Uitloggen") {
            return;
        }
    }
    panic!("two and a half hours of watching kept the session alive");
}

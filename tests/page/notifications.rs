//! The tab of notifications in a real browser.

use crate::support::chromium::{Chromium, DESK, Kind, PHONE_WITHOUT_SCRIPTS};
use crate::support::prelude::*;
use crate::support::simulators::mail::{MailBehaviour, MailOptions, MailSim};

async fn with_mail() -> (TestApp, MailSim) {
    let mail = MailSim::start(MailOptions::default()).await.unwrap();
    let app = options()
        .set("notifications.smtp_url", &mail.smtp_url())
        .set("notifications.from", "Optedo <noreply@optedo.com>")
        .start()
        .await;
    (app, mail)
}

async fn sign_in(browser: &Chromium, app: &TestApp) {
    browser.open(&format!("{}{PAGE}", app.url)).await;
    browser.type_in(PASSWORD).await;
    browser.press_key(thirtyfour::Key::Enter).await;
}

async fn set_up(kind: Kind) {
    let (app, mail) = with_mail().await;
    let browser = Chromium::start(kind).await;
    sign_in(&browser, &app).await;
    let page = format!("{}{PAGE}/settings", app.url);
    browser.open(&page).await;
    let text = browser.text().await;
    assert!(text.contains("Er worden geen meldingen verstuurd") && text.contains("nog geen ontvangers"), "{text}");
    browser.fill_in("#recipients", "hr@acme.be\nhr").await;
    browser.press("Bewaren").await;
    browser.until_it_contains("Er is niets bewaard. Elke regel is één mailadres").await;
    browser.fill_in("#recipients", "hr@acme.be\nit@acme.be").await;
    browser.press("Bewaren").await;
    browser.until_it_contains("De ontvangers en de taal zijn bewaard.").await;
    browser.press("Testbericht sturen").await;
    browser.until_it_contains("Het testbericht wordt verstuurd.").await;
    app.until("both have it", async || mail.mails().len() == 2).await;
    let sent = async || app.get("/notifications").await["lastSentAt"].is_string();
    app.until("it is noted", sent).await;
    browser.open(&page).await;
    browser.until_it_contains("Meldingen komen aan").await;
    mail.behave(MailBehaviour::Reply("RCPT", "550 No"));
    browser.press("Testbericht sturen").await;
    app.until("it failed", async || app.get("/notifications").await["state"] == "failing").await;
    browser.open(&page).await;
    browser.until_it_contains("de server weigerde het bericht (550)").await;
    // What it sent is in the mailbox of the demo.
    browser.open(&mail.url()).await;
    let text = browser.text().await;
    assert!(text.contains("Testbericht – localhost") && text.contains("it@acme.be"), "{text}");
}

#[tokio::test]
async fn the_admin_sets_up_notifications_in_a_browser() {
    set_up(DESK).await;
}

#[tokio::test]
async fn the_admin_sets_up_notifications_on_a_phone_without_scripts() {
    set_up(PHONE_WITHOUT_SCRIPTS).await;
}

#[tokio::test]
async fn the_tab_and_the_mailbox_have_no_accessibility_findings_in_any_language() {
    let (app, mail) = with_mail().await;
    let body = json!({"recipients": ["hr@acme.be"], "language": "en"});
    app.api(Method::PUT, "/notifications").json(&body).send().await.unwrap();
    app.post("/notifications/test").await;
    app.until("it is sent", async || mail.mails().len() == 1).await;
    mail.behave(MailBehaviour::Close);
    app.post("/notifications/test").await;
    app.until("it failed", async || app.get("/notifications").await["state"] == "failing").await;
    for (language, width) in [("nl", 1100), ("fr", 1100), ("en", 360)] {
        let browser = Chromium::start(Kind { width, language, ..DESK }).await;
        sign_in(&browser, &app).await;
        browser.driver_open(&format!("{}{PAGE}/settings", app.url)).await;
        assert_eq!(browser.run("return document.documentElement.lang").await, language);
        assert_eq!(browser.axe_findings().await, Vec::<String>::new(), "{language}");
        assert_eq!(browser.controls_out_of_reach().await, Vec::<String>::new(), "{language}");
    }
    let browser = Chromium::start(DESK).await;
    browser.driver_open(&mail.url()).await;
    assert_eq!(browser.axe_findings().await, Vec::<String>::new());
}

//! The page *Test de koppeling*: whether both services answer, and live what becomes of a day of leave.

use crate::page::tabs::tab;
use crate::support::browser::Page;
use crate::support::prelude::*;

/// The page of a test that begins now.
async fn begin(browser: &Browser<'_>) -> Page {
    let begun = browser.press_on(&tab("/test"), "Test beginnen").await;
    browser.follow(&begun).await.ok()
}

async fn again(browser: &Browser<'_>, page: &Page) -> String {
    browser.open(page.address.as_str()).await.ok().text()
}

#[tokio::test]
async fn a_day_of_leave_is_followed_from_the_webhook_until_it_is_deleted() {
    let w = World::connected().await;
    let browser = Browser::signed_in(&w).await;
    let page = begin(&browser).await;
    assert_eq!(page.text().matches("in orde").count(), 14, "{}", page.text());
    assert_eq!(page.text().matches("wacht…").count(), 5, "{}", page.text());
    w.advance(SignedDuration::from_secs(5)).await;
    let event = w.take_leave(0);
    w.webhook_about("calendar_event_added", event).await;
    let text = again(&browser, &page).await;
    assert!(text.contains(&format!("gelukt Officient verwittigde ons calendar_event_added {event}")), "{text}");
    let day = w.day(0).strftime("%d/%m/%Y");
    assert!(text.contains(&format!("gelukt De afwezigheid staat in Optedo Jan Peeters: {day}")), "{text}");
    assert_eq!((text.matches("gelukt").count(), text.matches("wacht…").count()), (4, 1), "{text}");
    w.officient.delete_event(event);
    w.webhook_about("calendar_event_deleted", event).await;
    let text = again(&browser, &page).await;
    assert_eq!((text.matches("gelukt").count(), text.matches("wacht…").count()), (5, 0), "{text}");
    w.finish(&[]).await;
}

#[tokio::test]
async fn what_holds_up_the_leave_is_shown_with_what_to_do() {
    let w = World::connected().await;
    let browser = Browser::signed_in(&w).await;
    // An earlier day already made an item.
    let els = w.officient.add_person("Els", "De Smet");
    w.officient.add_event(els, w.leave(0));
    w.webhook_about("person_added", els).await;
    w.advance(SignedDuration::from_secs(5)).await;
    let page = begin(&browser).await;
    assert!(!page.text().contains("Els De Smet"), "{}", page.text());
    w.advance(SignedDuration::from_secs(5)).await;
    w.officient.add_event(els, w.leave(1));
    w.webhook_about("person_added", els).await;
    let text = again(&browser, &page).await;
    assert!(text.contains("Dit houdt de afwezigheid tegen:") && text.contains("Els De Smet"), "{text}");
    assert_eq!(text.matches("gelukt").count(), 1, "only the webhook: {text}");
    assert!(text.contains("Deze persoon bestaat niet in Optedo"), "{text}");
}

#[tokio::test]
async fn what_is_not_in_order_is_named_and_a_page_that_follows_the_test_makes_no_calls() {
    let w = World::connected().await;
    let browser = Browser::signed_in(&w).await;
    let page = begin(&browser).await;
    let calls = || w.officient.calls().len() + w.optedo.calls().len();
    let before = calls();
    let watching = w.http.get(page.address.clone()).header("cookie", browser.cookies()).header("x-watching", "yes");
    assert!(watching.send().await.unwrap().text().await.unwrap().contains("wacht…"));
    assert_eq!(calls(), before);

    w.optedo.fault_on("/api/absencetypes", Fault::Status(500), 100_000);
    assert_eq!(w.post("/pause").await.status(), StatusCode::NO_CONTENT);
    w.advance(SignedDuration::from_secs(5)).await;
    let text = begin(&browser).await.text();
    assert!(text.contains("niet in orde De afwezigheidstypes in Optedo zijn leesbaar Verwittig Optedo."), "{text}");
    assert!(text.contains("niet in orde Er wordt in Optedo geschreven"), "{text}");
    assert_eq!(text.matches("niet in orde").count(), 2, "{text}");
    w.optedo.clear_faults();
}

#[tokio::test]
async fn a_missing_permission_and_people_and_types_that_do_not_match_are_named() {
    let w = World::connected().await;
    w.officient.add_leave_type("Zorgverlof", None);
    w.officient.add_person("Els", "De Smet");
    w.sweep().await;
    w.officient.fault_on("/1.0/calendar/", Fault::Status(403), 100_000);
    let browser = Browser::signed_in(&w).await;
    let text = browser.open(&tab("/test")).await.ok().text();
    for says in [
        "in orde De naam van een persoon in Officient is leesbaar",
        "niet in orde De kalender van een persoon in Officient is leesbaar Kijk na of de app in Officient de permissie ‘calendar’ heeft",
        "let op Elke persoon hoort bij een gebruiker in Optedo Kijk op het tabblad Personen",
    ] {
        assert!(text.contains(says), "{says}: {text}");
    }
    w.officient.clear_faults();
    let text = browser.open(&tab("/test")).await.ok().text();
    assert!(text.contains("let op Elk verloftype hoort bij een afwezigheidstype in Optedo"), "{text}");
    assert!(!text.contains("niet in orde"), "{text}");
}

#[tokio::test]
async fn each_event_name_says_when_officient_last_sent_one() {
    let w = World::connected().await;
    let browser = Browser::signed_in(&w).await;
    let shown = async || browser.open(&tab("")).await.ok().text();
    assert_eq!(shown().await.matches("nog nooit gezien").count(), 5);
    w.webhook_about("calendar_event_added", w.take_leave(0)).await;
    let text = shown().await;
    assert_eq!(text.matches("nog nooit gezien").count(), 4, "{text}");
    assert!(text.contains("calendar_event_added geregistreerd bewezen op"), "{text}");
    // Also when the webhooks themselves are deleted.
    w.sql("delete from webhook_events").await;
    assert!(shown().await.contains("calendar_event_added geregistreerd bewezen op"));
}

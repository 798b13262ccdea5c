//! The preview: what would be written, before anything is written.

use crate::page::tabs::tab;
use crate::support::prelude::*;

/// Grants access after ticking “show a preview first”.
async fn connect_with_preview(w: &World) {
    w.fill_in_credentials().await;
    let browser = Browser::signed_in(w).await;
    let mut form = browser.open(PAGE).await.form("Aanmelden bij Officient");
    form.fields.retain(|(name, _)| name != "preview_first");
    form.fields.push(("preview_first".to_owned(), "yes".to_owned()));
    let consent = browser.sign_in_at_officient(&browser.submit(&form).await).await;
    let back = browser.follow(&browser.submit(&consent.form("Geef toegang")).await).await;
    assert!(browser.follow(&back).await.text().contains("Er wordt nog niets in Optedo geschreven"));
}

pub async fn preview_text(w: &World, browser: &Browser<'_>, query: &str) -> String {
    w.until("the preview is there", async || browser.open(&tab("/preview")).await.text().contains("Stand van")).await;
    browser.open(&tab(&format!("/preview{query}"))).await.ok().text()
}

#[tokio::test]
async fn with_a_preview_first_nothing_is_written_until_the_admin_starts() {
    let w = options().set("sync.sweep_interval", "15m").world().await;
    let first = w.take_leave(0);
    connect_with_preview(&w).await;
    let browser = Browser::signed_in(&w).await;
    let preview = preview_text(&w, &browser, "").await;
    assert!(preview.contains("Nieuw 1") && preview.contains("Jan Peeters"), "{preview}");
    w.receive("calendar_event_added", w.take_leave(1)).await;
    // A sweep would be due.
    w.advance(SignedDuration::from_mins(16)).await;
    w.until_idle().await;
    let status = w.status().await;
    assert_eq!(status["state"], "connected");
    assert_eq!(status["queue"]["waiting"], 1, "the webhook is kept: {status}");
    assert_eq!(w.optedo.writes(), 0);
    assert!(browser.open(PAGE).await.text().contains("Gekoppeld, maar er wordt nog niets geschreven"));

    browser.press("Koppeling starten").await;
    w.settle().await;
    assert_eq!(w.absences().len(), 2);
    assert!(w.absence_of(first).is_some());
    w.finish(&[]).await;
}

#[tokio::test]
async fn connecting_again_does_not_start_a_paused_connection() {
    let w = World::start().await;
    w.take_leave(0);
    connect_with_preview(&w).await;
    assert_eq!(w.log_in_with(&w.officient.issue_code()).await, "connected_paused");
    let browser = Browser::signed_in(&w).await;
    preview_text(&w, &browser, "").await;
    assert_eq!(w.optedo.writes(), 0);
    assert!(browser.open(PAGE).await.text().contains("Gekoppeld, maar er wordt nog niets geschreven"));
    browser.press("Afmelden").await;
    w.connect_and_import().await;
    assert_eq!(w.absences().len(), 1, "signing out ends the pause");
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_preview_lists_the_writes_and_why_the_rest_is_not_written() {
    let w = World::connected().await;
    let (changed, deleted) = (w.take_leave(0), w.take_leave(1));
    w.webhook().await;
    let unmatched = w.officient.add_person("Piet", "Pieters");
    w.officient.add_event(unmatched, w.leave(2));
    let unread = w.hire("Els", "Vermeulen").0;
    // Now Officient differs from Optedo.
    w.make_partial(changed, 9, 60);
    w.officient.delete_event(deleted);
    w.take_leave(3);
    w.officient.fault_on(&format!("/1.0/calendar/{unread}/"), Fault::Status(500), 9);
    let written = w.optedo.writes();

    let browser = Browser::signed_in(&w).await;
    browser.press_on(&tab("/preview"), "Voorbeeld maken").await;
    let text = preview_text(&w, &browser, "?list=skip").await;
    for says in [
        "Nieuw 1",
        "Gewijzigd 1",
        "Verwijderd 1",
        "Overgeslagen 1",
        "Niet gelezen 1",
        "Piet Pieters",
        "Geen actieve gebruiker in Optedo",
    ] {
        assert!(text.contains(says), "{says}: {text}");
    }
    assert!(preview_text(&w, &browser, "?list=change").await.contains("09:00–10:00"));
    assert!(preview_text(&w, &browser, "?list=fail").await.contains("Els Vermeulen"));
    assert_eq!(w.optedo.writes(), written, "a preview wrote");
    assert!(w.attention().await.is_empty(), "a preview opened an item: {:?}", w.attention().await);

    browser.press("Afmelden").await;
    assert_eq!(w.number("select count(*) from preview_lines").await, 0, "a preview outlives the connection");
}

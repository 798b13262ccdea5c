//! The tab of settings: each choice with its effect before it is saved, and nothing that was typed is lost.

use crate::page::preview::preview_text;
use crate::page::tabs::tab;
use crate::support::prelude::*;

/// Fills in these fields, and looks at the effect.
async fn propose(browser: &Browser<'_>, w: &World, fields: &[(&str, &str)]) -> String {
    let form = browser.open(&tab("/settings")).await.ok().form("Toon wat er verandert");
    let form = fields.iter().fold(form, |form, (name, value)| form.fill_in(name, value));
    browser.follow(&browser.submit(&form).await).await.ok();
    preview_text(w, browser, "").await
}

#[tokio::test]
async fn a_setting_shows_its_effect_before_it_is_saved_and_can_be_undone() {
    let w = World::start().await;
    w.take_leave(0);
    let pending = w.take(w.leave(1).pending());
    w.connect_and_import().await;
    let browser = Browser::signed_in(&w).await;
    let effect = propose(&browser, &w, &[("includePending", "true")]).await;
    assert!(effect.contains("Verlof dat nog niet goedgekeurd is: Ook overnemen"), "{effect}");
    assert!(effect.contains("0 afwezigheden wijzigen, 0 verdwijnen, 1 komt erbij."), "{effect}");
    assert_eq!(w.absence_of(pending), None, "nothing is saved yet");
    browser.press_on(&tab("/preview"), "Bewaren").await;
    w.settle().await;
    assert!(w.absence_of(pending).is_some());
    let page = browser.open(&tab("/settings")).await.ok().text();
    assert!(page.contains("Gekozen op"), "{page}");

    let effect = propose(&browser, &w, &[("includePending", "false")]).await;
    assert!(effect.contains("0 afwezigheden wijzigen, 1 verdwijnt, 0 komen erbij."), "{effect}");
    browser.press_on(&tab("/preview"), "Bewaren").await;
    w.settle().await;
    assert_eq!(w.absence_of(pending), None);
    assert_eq!(w.get("/settings").await["includePending"]["source"], "default");
    let log = browser.open(&tab("/log")).await.ok().text();
    assert!(log.contains("Instellingen gewijzigd"), "{log}");
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_setting_that_changes_no_absence_reads_no_calendar() {
    let w = World::start().await;
    w.take_leave(0);
    w.connect_and_import().await;
    let browser = Browser::signed_in(&w).await;
    let calls = w.officient.calls_to("/1.0/calendar/");
    let effect = propose(&browser, &w, &[("maxDeletions", "5"), ("onDifference", "restore")]).await;
    assert!(effect.contains("Grens voor verwijderingen: 5"), "{effect}");
    assert!(effect.contains("Bij de volgende vergelijking worden 0 verschillen teruggezet."), "{effect}");
    assert_eq!(w.officient.calls_to("/1.0/calendar/"), calls);
    browser.press_on(&tab("/preview"), "Bewaren").await;
    assert_eq!(w.get("/settings").await["maxDeletions"], json!({"value": 5, "source": "admin"}));
}

#[tokio::test]
async fn the_first_and_last_day_are_days_or_a_date() {
    let w = World::start().await;
    let browser = Browser::signed_in(&w).await;
    let save = async |fields: &[(&str, &str)]| {
        let form = browser.open(&tab("/settings")).await.ok().form("Toon wat er verandert");
        let form = fields.iter().fold(form, |form, (name, value)| form.fill_in(name, value));
        browser.submit(&form).await
    };
    // Nothing is connected, so there is no effect to show.
    let saved = save(&[("fromDays", "30"), ("untilDate", "2027-12-31")]).await;
    assert!(browser.follow(&saved).await.ok().text().contains("De instellingen zijn bewaard."));
    let settings = w.get("/settings").await;
    assert_eq!((&settings["from"]["value"], &settings["until"]["value"]), (&json!("-30d"), &json!("2027-12-31")));
    save(&[("fromDays", "-5"), ("untilDate", "")]).await;
    let refused = save(&[("fromDays", "-5"), ("untilDays", "a while"), ("untilDate", "")]).await.ok();
    let text = refused.text();
    assert!(text.contains("Laatste dag: vul een aantal dagen of een datum in"), "{text}");
    let form = refused.form("Toon wat er verandert");
    assert!(form.fields.contains(&("untilDays".to_owned(), "a while".to_owned())), "{:?}", form.fields);
    assert!(form.fields.contains(&("fromDays".to_owned(), "-5".to_owned())), "{:?}", form.fields);
    assert_eq!(w.get("/settings").await, settings, "nothing is saved");
}

#[tokio::test]
async fn what_the_configuration_fixes_is_shown_and_cannot_be_changed() {
    let w = options().set("sync.until", "90d").world().await;
    let browser = Browser::signed_in(&w).await;
    let page = browser.open(&tab("/settings")).await.ok();
    assert!(page.text().contains("90 dagen na vandaag Staat vast in de configuratie van de dienst"), "{}", page.text());
    assert!(!page.body.contains("untilDays"));
}

#[tokio::test]
async fn mail_addresses_that_are_refused_stay_in_the_form() {
    let w = World::start().await;
    let browser = Browser::signed_in(&w).await;
    let form = browser.open(&tab("/settings")).await.ok().form("Bewaren");
    let form = form.fill_in("recipients", "hr@acme.be\nhr").fill_in("language", "fr");
    let refused = browser.submit(&form).await.ok();
    assert!(refused.text().contains("Er is niets bewaard."), "{}", refused.text());
    let fields = refused.form("Bewaren").fields;
    for field in [("recipients", "hr@acme.be\nhr"), ("language", "fr")] {
        assert!(fields.contains(&(field.0.to_owned(), field.1.to_owned())), "{fields:?}");
    }
    assert_eq!(w.get("/notifications").await["recipients"], json!([]));
}

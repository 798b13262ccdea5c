//! The tab of leave types: a choice, its effect before it is saved, and how it is undone.

use crate::page::preview::preview_text;
use crate::page::tabs::tab;
use crate::support::prelude::*;

/// Chooses in the row of this leave type, and looks at the effect.
async fn propose(browser: &Browser<'_>, w: &World, type_id: &str, choice: &str) -> String {
    let page = browser.open(&tab("/leave-types")).await.ok();
    let form = page.form("Toon wat er verandert").fill_in("type_id", type_id).fill_in("choice", choice);
    browser.follow(&browser.submit(&form).await).await.ok();
    preview_text(w, browser, "").await
}

#[tokio::test]
async fn a_choice_shows_its_effect_before_it_is_saved_and_can_be_undone() {
    let w = World::start().await;
    let absent = w.optedo.add_absence_type("Afwezig");
    let [event, _] = [0, 1].map(|day| w.take_leave(day));
    w.connect_and_import().await;
    let verlof = w.verlof.to_string();
    let browser = Browser::signed_in(&w).await;
    let effect = propose(&browser, &w, &verlof, &absent.to_string()).await;
    assert!(effect.contains("Verlof wordt Afwezig in Optedo"), "{effect}");
    assert!(effect.contains("2 afwezigheden wijzigen, 0 verdwijnen, 0 komen erbij."), "{effect}");
    assert_eq!(w.absence_of(event).unwrap().content.absence_type_id, w.vakantie, "nothing is saved yet");
    browser.press_on(&tab("/preview"), "Bewaren").await;
    w.settle().await;
    assert_eq!(w.absence_of(event).unwrap().content.absence_type_id, absent);
    let page = browser.open(&tab("/leave-types")).await.ok().text();
    assert!(page.contains("Gekozen op") && page.contains("De keuze hier gaat voor"), "{page}");

    let effect = propose(&browser, &w, &verlof, "exclude-delete").await;
    assert!(effect.contains("0 afwezigheden wijzigen, 2 verdwijnen, 0 komen erbij."), "{effect}");
    browser.press_on(&tab("/preview"), "Bewaren").await;
    w.settle().await;
    assert_eq!(w.absences(), []);
    let effect = propose(&browser, &w, &verlof, "officient").await;
    assert!(effect.contains("0 afwezigheden wijzigen, 0 verdwijnen, 2 komen erbij."), "{effect}");
    browser.press_on(&tab("/preview"), "Bewaren").await;
    w.settle().await;
    assert_eq!(w.absences().len(), 2);
    w.finish(&[]).await;
}

#[tokio::test]
async fn for_sick_leave_the_page_suggests_a_neutral_type_and_a_type_is_excluded_instead_of_ignored() {
    let w = World::start().await;
    w.take(w.leave(0).of_type(LeaveType::SickDay));
    w.connect_and_import().await;
    let browser = Browser::signed_in(&w).await;
    let page = browser.open(&tab("/leave-types")).await.ok().text();
    assert!(page.contains("kies een neutraal type"), "{page}");
    let item = browser.open(&tab("/attention")).await.ok();
    assert!(item.body.contains("/leave-types#type-sick_day") && !item.body.contains("/ignore"), "{}", item.body);
    propose(&browser, &w, "sick_day", "exclude").await;
    browser.press_on(&tab("/preview"), "Bewaren").await;
    w.settle().await;
    assert_eq!(w.attention().await, [] as [Value; 0]);
    let page = browser.open(&tab("/leave-types")).await.ok().text();
    assert!(page.contains("niet overgenomen") && !page.contains("kies een neutraal type"), "{page}");
    w.finish(&[]).await;
}

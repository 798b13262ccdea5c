//! Deciding about absences whose leave is gone, on the tab of attention items.

use crate::page::tabs::tab;
use crate::support::prelude::*;

/// Jan's two days of leave and Piet's one are gone from Officient, and all three deletions wait.
async fn three_held() -> (World, i64) {
    let w = options().set("sync.max_deletions", "0").world().await;
    let (piet, _) = w.hire("Piet", "Pieters");
    let events = [w.take_leave(0), w.take_leave(40), w.officient.add_event(piet, w.leave(0))];
    w.connect_and_import().await;
    for event in events {
        w.officient.delete_event(event);
    }
    w.sweep().await;
    (w, piet)
}

/// Presses a button beside this person.
async fn press_for(browser: &Browser<'_>, button: &str, person: i64) -> String {
    let page = browser.open(&tab("/attention")).await.ok();
    let field = format!("name=\"person\" value=\"{person}\"");
    let row = page.body.split("<tr").find(|row| row.contains(&field)).unwrap();
    let row = crate::support::browser::Page { body: row.to_owned(), ..page };
    browser.follow(&browser.submit(&row.form(button)).await).await.ok().text()
}

#[tokio::test]
async fn deletions_are_listed_by_person_and_month_and_decided_person_by_person() {
    let (w, piet) = three_held().await;
    let browser = Browser::signed_in(&w).await;
    let text = browser.open(&tab("/attention")).await.ok().text();
    let [first, second] = [0, 40].map(|day| w.day(day).strftime("%m/%Y").to_string());
    let jans = format!("Jan Peeters {first}: 1 afwezigheid {second}: 1 afwezigheid Toestaan Behouden");
    assert!(text.contains(&jans), "{text}");
    assert!(text.contains(&format!("Piet Pieters {first}: 1 afwezigheid Toestaan Behouden")), "{text}");
    for (language, says) in [("fr", "Tout autoriser Tout conserver"), ("en", "Allow all Keep all")] {
        let page = browser.open_in(&tab("/attention"), language).await.ok();
        assert!(page.text().contains(says), "{}", page.body);
    }

    let text = press_for(&browser, "Behouden", w.jan).await;
    assert!(text.contains("Deze afwezigheden blijven in Optedo.") && !text.contains("Jan Peeters"), "{text}");
    let text = press_for(&browser, "Toestaan", piet).await;
    assert!(text.contains("Bevestigd: deze afwezigheden worden uit Optedo verwijderd."), "{text}");
    w.settle().await;
    assert_eq!(w.absences().len(), 2);
    let log = browser.open(&tab("/log")).await.ok().text();
    assert!(log.contains(&format!("Afwezigheden behouden 2 afwezigheid(en): {}", w.jan)), "{log}");
    assert!(log.contains(&format!("Verwijderingen bevestigd 1 afwezigheid(en): {piet}")), "{log}");
    w.finish(&[]).await;
}

#[tokio::test]
async fn what_was_kept_is_listed_and_can_be_deleted_after_all() {
    let (w, piet) = three_held().await;
    let browser = Browser::signed_in(&w).await;
    let page = browser.follow(&browser.press_on(&tab("/attention"), "Alles behouden").await).await.ok();
    assert!(page.text().contains("Deze afwezigheden blijven in Optedo."), "{}", page.body);
    w.settle().await;
    w.finish(&[]).await;
    let ignored = tab("/attention?state=ignored");
    let text = browser.open(&ignored).await.ok().text();
    assert!(text.contains("Behouden in Optedo") && text.contains("Piet Pieters"), "{text}");
    assert!(!text.contains("Er wordt niets genegeerd."), "{text}");

    let form = browser.open(&ignored).await.form("Toch verwijderen");
    let page = browser.follow(&browser.submit(&form).await).await.ok();
    assert!(page.text().contains("Zijn het er veel tegelijk"), "{}", page.body);
    w.settle().await;
    assert_eq!(w.item("deletions_held").await["waiting"], 2, "no deletion is allowed unasked");
    let page = browser.follow(&browser.submit(&form).await).await.ok();
    assert!(page.text().contains("Hierover valt niets meer te beslissen"), "{}", page.body);
    let page = browser.follow(&browser.press_on(&tab("/attention"), "Alles toestaan").await).await.ok();
    assert!(page.text().contains("Bevestigd"), "{}", page.body);
    w.settle().await;
    let text = browser.open(&ignored).await.ok().text();
    assert!(text.contains("Piet Pieters") && !text.contains("Jan Peeters"), "{piet}: {text}");
    assert_eq!(w.absences().len(), 1);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_decision_on_an_outdated_page_changes_nothing_and_says_so() {
    let (w, _) = three_held().await;
    let browser = Browser::signed_in(&w).await;
    let page = browser.open(&tab("/attention")).await.ok();
    let (all, one) = (page.form("Alles toestaan"), page.form("Behouden"));
    for wrong in [one.clone().fill_in("person", "Jan"), one.clone().fill_in("action", "drop")] {
        assert_eq!(browser.submit(&wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
    }
    browser.press_on(&tab("/attention"), "Alles behouden").await;
    for form in [all, one] {
        let page = browser.follow(&browser.submit(&form).await).await.ok();
        assert!(page.text().contains("Hierover valt niets meer te beslissen"), "{}", page.body);
    }
    w.settle().await;
    assert_eq!(w.absences().len(), 3);
    w.finish(&[]).await;
}

#[tokio::test]
async fn archived_people_are_listed_and_decided_about_person_by_person() {
    let w = World::start().await;
    let (piet, _) = w.hire("Piet", "Pieters");
    let jans = w.take_leave(0);
    let piets = w.officient.add_event(piet, w.leave(0));
    w.connect_and_import().await;
    w.officient.archive_person(w.jan);
    w.officient.archive_person(piet);
    w.sweep().await;
    let browser = Browser::signed_in(&w).await;
    let text = browser.open(&tab("/attention")).await.ok().text();
    let month = w.day(0).strftime("%m/%Y").to_string();
    assert!(text.contains(&format!("Piet Pieters {month}: 1 afwezigheid Verwijderen Laten staan")), "{text}");
    assert!(!text.contains("Negeren"), "to leave them is a decision: {text}");
    for (language, says) in [("fr", "Tout supprimer Tout laisser"), ("en", "Delete all Leave all of them")] {
        let page = browser.open_in(&tab("/attention"), language).await.ok();
        assert!(page.text().contains(says), "{}", page.body);
    }
    let text = press_for(&browser, "Verwijderen", piet).await;
    assert!(text.contains("Deze afwezigheden worden uit Optedo verwijderd."), "{text}");
    let text = press_for(&browser, "Laten staan", w.jan).await;
    assert!(text.contains("Deze afwezigheden blijven in Optedo."), "{text}");
    w.settle().await;
    assert!(w.absence_of(piets).is_none() && w.absence_of(jans).is_some());
    let ignored = browser.open(&tab("/attention?state=ignored")).await.ok().text();
    assert!(ignored.contains("Jan Peeters") && !ignored.contains("Piet Pieters"), "{ignored}");
    w.finish(&[]).await;
}

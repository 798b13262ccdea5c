//! The tab of differences: both sides next to each other, and what becomes of them.

use crate::page::tabs::tab;
use crate::support::prelude::*;

/// Jan's first two days were changed in Optedo, the third was deleted there; and the audit found it.
async fn three_differences() -> (World, Vec<i64>) {
    let w = World::start().await;
    let events: Vec<i64> = (0..4).map(|day| w.take_leave(day)).collect();
    let other_type = w.optedo.add_absence_type("Afwezig");
    w.connect_and_import().await;
    let id = |event| w.absence_of(event).unwrap().id;
    w.optedo.change_absence(id(events[0]), |absence| {
        (absence.end, absence.all_day) = (absence.start.date().at(12, 0, 0, 0), false);
    });
    w.optedo.change_absence(id(events[1]), |absence| absence.absence_type_id = other_type);
    w.optedo.delete_absence(id(events[2]));
    w.advance(SignedDuration::from_mins(2)).await;
    let browser = Browser::signed_in(&w).await;
    let page = browser.follow(&browser.press_on(&tab("/differences"), "Nu controleren").await).await;
    assert!(page.text().contains("De controle is gestart."), "{}", page.body);
    w.until("the audit found them", async || w.status().await["audit"]["differences"] == 3).await;
    (w, events)
}

#[tokio::test]
async fn both_sides_are_shown_next_to_each_other_without_the_type() {
    let (w, _) = three_differences().await;
    let browser = Browser::signed_in(&w).await;
    let text = browser.open(&tab("/differences")).await.ok().text();
    let day = |number: i32| w.day(number).strftime("%d/%m/%Y").to_string();
    for says in [
        "Jan Peeters",
        &format!("{} – Jan Peeters gewijzigd in Optedo", day(0)),
        "hele dag",
        "00:00–12:00",
        &format!("{} – Jan Peeters gewijzigd in Optedo Ander afwezigheidstype", day(1)),
        &format!("{} – Jan Peeters verwijderd in Optedo", day(2)),
        "In Optedo: Niets",
    ] {
        assert!(text.contains(says), "{says}: {text}");
    }
    assert!(!text.contains("Vakantie") && !text.contains("Afwezig "), "no page says which leave it is: {text}");
    let attention = browser.open(&tab("/attention")).await.ok();
    assert!(attention.text().contains("3 afwezigheden staan anders in Optedo"), "{}", attention.body);
    assert!(attention.body.contains(&format!("href=\"{}\"", tab("/differences"))), "{}", attention.body);
    for (language, says) in [("fr", "supprimée dans Optedo"), ("en", "deleted in Optedo")] {
        let page = browser.open_in(&tab("/differences"), language).await.ok();
        assert!(page.text().contains(says), "{}", page.body);
    }
}

#[tokio::test]
async fn all_of_a_person_is_restored_at_once() {
    let (w, events) = three_differences().await;
    let browser = Browser::signed_in(&w).await;
    let page = browser.follow(&browser.press_on(&tab("/differences"), "Alles terugzetten").await).await;
    assert!(page.text().contains("Wordt teruggezet."), "{}", page.body);
    for (day, event) in (0..).zip(&events) {
        w.until("it is restored", async || w.times_of(*event) == whole_day(w.day(day))).await;
    }
    w.until("nothing differs", async || w.attention().await.is_empty()).await;
    assert!(w.absences().iter().all(|absence| absence.content.absence_type_id == w.vakantie));
    let empty = browser.open(&tab("/differences")).await.ok().text();
    assert!(empty.contains("Geen verschillen."), "{empty}");
    let log = browser.open(&tab("/log")).await.ok().text();
    assert!(log.contains("Verschillen teruggezet 3 verschil(len)"), "{log}");
    w.finish(&[]).await;
}

#[tokio::test]
async fn all_of_a_person_is_kept_and_one_is_restored_later() {
    let (w, events) = three_differences().await;
    let browser = Browser::signed_in(&w).await;
    let page = browser.follow(&browser.press_on(&tab("/differences"), "Alles zo laten").await).await;
    assert!(page.text().contains("Dit blijft zo,") && page.text().contains("Geen verschillen."), "{}", page.body);
    w.until("nothing needs attention", async || w.attention().await.is_empty()).await;
    let kept = browser.open(&tab("/differences?state=kept")).await.ok();
    assert!(kept.text().contains("Zo gelaten op"), "{}", kept.body);
    browser.press_on(&tab("/differences?state=kept"), "Terugzetten").await;
    w.until("one is restored", async || w.times_of(events[0]) == whole_day(w.day(0))).await;
    w.settle().await;
    assert_eq!(w.absence_of(events[2]), None, "the others stay");
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_edit_between_two_clicks_is_said_and_not_overwritten() {
    let (w, events) = three_differences().await;
    let browser = Browser::signed_in(&w).await;
    let form = browser.open(&tab("/differences")).await.form("Terugzetten");
    let id = w.absence_of(events[0]).unwrap().id;
    w.optedo.change_absence(id, |absence| absence.end = absence.start.date().at(17, 0, 0, 0));
    let page = browser.follow(&browser.submit(&form).await).await;
    assert!(page.text().contains("Er is niets overschreven"), "{}", page.body);
    assert!(page.text().contains("00:00–17:00"), "it was compared again: {}", page.body);
    w.settle().await;
    assert_eq!(w.times_of(events[0]), part(w.day(0), (0, 0), (17, 0)));
}

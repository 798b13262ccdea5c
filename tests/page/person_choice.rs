//! The page on which the admin links or excludes a person.

use crate::page::tabs::tab;
use crate::support::prelude::*;

/// Chooses for this person, and looks at the effect.
async fn propose(browser: &Browser<'_>, person: i64, choice: impl ToString) -> String {
    let page = browser.open(&tab(&format!("/people/{person}/choice"))).await.ok();
    assert!(
        page.body.contains("<option value=\"\">Kies…</option>") && !page.body.contains(" selected"),
        "{}",
        page.body
    );
    let address = tab(&format!("/people/{person}/choice?choice={}", choice.to_string()));
    browser.open(&address).await.ok().text()
}

async fn save(w: &World, browser: &Browser<'_>, person: i64, choice: impl ToString) -> String {
    let address = tab(&format!("/people/{person}/choice?choice={}", choice.to_string()));
    let page = browser.press_on(&address, "Bewaren").await;
    let text = browser.follow(&page).await.ok().text();
    w.settle().await;
    text
}

#[tokio::test]
async fn a_link_and_an_exclusion_show_their_effect_before_they_are_saved_and_can_be_undone() {
    let w = World::start().await;
    let els = w.officient.add_person("Els", "Maes");
    let user = w.optedo.add_user("Elsje", "Maes");
    let event = w.officient.add_event(els, w.leave(0));
    w.officient.add_event(els, w.leave(1));
    w.connect_and_import().await;
    let browser = Browser::signed_in(&w).await;
    let items = browser.open(&tab("/attention")).await.ok();
    assert!(items.body.contains(&format!("/people/{els}/choice")), "the item leads there: {}", items.body);
    let page = browser.open(&tab(&format!("/people/{els}/choice"))).await.ok();
    assert!(page.text().contains("Elsje Maes") && !page.text().contains("Jan Peeters"), "only who is free");

    let effect = propose(&browser, els, user).await;
    assert!(effect.contains("0 afwezigheden wijzigen, 0 verdwijnen, 2 komen erbij."), "{effect}");
    assert_eq!(w.absences(), [], "nothing is saved yet");
    let saved = save(&w, &browser, els, user).await;
    assert!(saved.contains("Met de hand gekoppeld aan gebruiker"), "{saved}");
    assert_eq!(w.absence_of(event).unwrap().content.user_id, user);
    let people = browser.open(&tab("/people?state=linked")).await.ok().text();
    assert!(people.contains("Els Maes") && people.contains("met de hand gekoppeld"), "{people}");

    let effect = browser.open(&tab(&format!("/people/{els}/choice?choice=exclude-delete"))).await.ok().text();
    assert!(effect.contains("0 afwezigheden wijzigen, 2 verdwijnen, 0 komen erbij."), "{effect}");
    save(&w, &browser, els, "exclude-delete").await;
    assert_eq!(w.absences(), []);
    let saved = save(&w, &browser, els, "names").await;
    assert!(saved.contains("geen gebruiker"), "{saved}");
    w.item("unmatched_person").await;
    let log = browser.open(&tab("/log")).await.ok().text();
    for act in
        ["Persoon met de hand gekoppeld", "Persoon hoort niet in de planning", "Persoon hoort weer in de planning"]
    {
        assert!(log.contains(act), "{act}: {log}");
    }
    w.finish(&["unmatched_person"]).await;
}

#[tokio::test]
async fn a_choice_that_is_none_changes_nothing() {
    let w = World::connected().await;
    let browser = Browser::signed_in(&w).await;
    for choice in ["", "12x", "exclude-all", "999999"] {
        let path = tab(&format!("/people/{}/choice", w.jan));
        let form = browser.open(&format!("{path}?choice=exclude")).await.ok().form("Bewaren").fill_in("choice", choice);
        let response = browser.submit(&form).await;
        assert!(response.status.is_client_error(), "{choice}: {}", response.status);
    }
    assert_eq!(w.number("select count(*) from person_choices").await, 0);
    assert_eq!(browser.open(&tab("/people/999999/choice")).await.status, StatusCode::NOT_FOUND);
    w.finish(&[]).await;
}

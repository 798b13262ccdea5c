use jiff::civil::date;

use super::browser::Browser;
use super::{Optedo, absence, client};
use crate::simulators::optedo::NewAbsence;

/// The absences of Walter White.
fn absences(optedo: &Optedo) -> Vec<NewAbsence> {
    optedo.sim.absences_of(11).into_iter().map(|absence| absence.content).collect()
}

fn rows(page: &str) -> usize {
    page.split("id=\"plan\"").nth(1).unwrap().split("</table>").next().unwrap().matches("<th scope=\"row\">").count()
}

#[tokio::test]
async fn the_planning_shows_absences_by_user_and_day() {
    let optedo = Optedo::start().await;
    optedo.create(&absence("officient:1:2")).await;
    let mut part = absence("officient:1:3");
    part["start"] = "2026-04-07T09:00:00".into();
    part["end"] = "2026-04-07T12:48:00".into();
    part["allDay"] = false.into();
    optedo.create(&part).await;
    let url = optedo.sim.url();
    let mut browser = Browser::new();
    let april = browser.html(&format!("{url}/?month=2026-04")).await;
    assert!(april.contains("april 2026") && april.contains("month=2026-03") && april.contains("month=2026-05"));
    for (id, initial, text) in [
        ("block-70001-3", "V", "Vakantie: Walter White, vr 03/04/2026, hele dag"),
        ("block-70002-7", "V<small>3u48</small>", "Vakantie: Walter White, di 07/04/2026, 09:00 – 12:48"),
    ] {
        let block = april.split(&format!("id=\"{id}\"")).nth(1).unwrap().split("</td>").next().unwrap();
        assert!(block.contains(&format!("<span aria-hidden=\"true\">{initial}</span>")), "{block}");
        assert!(block.contains(&format!("<span class=\"hidden\">{text}</span>")), "{block}");
    }
    assert!(!april.contains("id=\"block-70001-4\""), "the end is exclusive");
    assert!(april.contains("2 afwezigheden.") && april.contains(">koppeling<"));
    assert!(browser.html(&format!("{url}/?month=2026-05")).await.contains("0 afwezigheden."));
}

#[tokio::test]
async fn the_planning_is_filtered_by_name_and_type_and_has_fifty_users_a_page() {
    let optedo = Optedo::start().await;
    for n in 0..70 {
        optedo.sim.add_user("Jesse", &format!("Pinkman {n}"));
    }
    optedo.sim.add_absence_type("ADV");
    optedo.create(&absence("r")).await;
    let url = optedo.sim.url();
    let mut browser = Browser::new();
    let all = browser.html(&format!("{url}/?month=2026-04")).await;
    assert_eq!(rows(&all), 50);
    assert!(all.contains("month=2026-04&#38;page=2"));
    assert_eq!(rows(&browser.html(&format!("{url}/?month=2026-04&page=2")).await), 21);
    let named = browser.html(&format!("{url}/?month=2026-04&q=pinkman+1")).await;
    assert_eq!(rows(&named), 11);
    assert!(named.contains("month=2026-05&#38;q=pinkman"), "the next month keeps the filter");
    let holidays = browser.html(&format!("{url}/?month=2026-04&type=1")).await;
    assert_eq!(rows(&holidays), 1);
    assert!(browser.html(&format!("{url}/?month=2026-04&type=2")).await.contains("Niemand gevonden"));
}

#[tokio::test]
async fn an_absence_is_added_changed_and_deleted_by_hand() {
    let optedo = Optedo::start().await;
    let url = optedo.sim.url();
    let mut browser = Browser::new();
    let page = browser.open(&format!("{url}/absences")).await;
    let days = [("day", "2026-04-03"), ("until", "2026-04-06")];
    let added = browser.press(&page, "Toevoegen", &days).await;
    let mut expected = NewAbsence {
        user_id: 11,
        absence_type_id: 1,
        start: date(2026, 4, 3).at(0, 0, 0, 0),
        end: date(2026, 4, 7).at(0, 0, 0, 0),
        all_day: true,
        external_reference: None,
    };
    assert_eq!(absences(&optedo), [expected.clone()]);
    let planning = browser.follow(&added).await.body;
    for day in 3..=6 {
        assert!(planning.contains(&format!("id=\"block-70001-{day}\"")), "{day}");
    }
    assert!(planning.contains("met de hand"));

    let edit = browser.open(&format!("{url}/absences/70001")).await;
    browser.press(&edit, "Bewaren", &[]).await;
    assert_eq!(absences(&optedo), [expected.clone()], "the form shows the stored values");
    let times = [("until", "2026-04-03"), ("start", "09:00"), ("end", "12:30")];
    browser.press(&edit, "Bewaren", &times).await;
    expected.start = date(2026, 4, 3).at(9, 0, 0, 0);
    expected.end = date(2026, 4, 3).at(12, 30, 0, 0);
    expected.all_day = false;
    assert_eq!(absences(&optedo), [expected.clone()]);
    let edit = browser.open(&format!("{url}/absences/70001")).await;
    browser.press(&edit, "Bewaren", &[]).await;
    assert_eq!(absences(&optedo), [expected]);
    browser.press(&edit, "Verwijderen", &[]).await;
    assert!(absences(&optedo).is_empty());
    assert_eq!(browser.open(&format!("{url}/absences/70001")).await.status, 404);
}

#[tokio::test]
async fn a_change_by_hand_keeps_the_external_reference() {
    let optedo = Optedo::start().await;
    optedo.create(&absence("officient:1:2")).await;
    let mut browser = Browser::new();
    let edit = browser.open(&format!("{}/absences/70001", optedo.sim.url())).await;
    assert!(edit.body.contains("officient:1:2"));
    browser.press(&edit, "Bewaren", &[("start", "13:00"), ("end", "17:00")]).await;
    let [changed] = absences(&optedo).try_into().unwrap();
    assert_eq!(changed.external_reference.as_deref(), Some("officient:1:2"));
    assert!(!changed.all_day);
}

#[tokio::test]
async fn an_invalid_absence_is_refused_with_a_reason() {
    let optedo = Optedo::start().await;
    let mut browser = Browser::new();
    let page = browser.open(&format!("{}/absences", optedo.sim.url())).await;
    for wrong in [
        [("day", "2026-04-03"), ("until", "2026-04-02")],
        [("day", "x"), ("until", "2026-04-02")],
        [("start", "09:00"), ("end", "")],
        [("start", "09:00"), ("end", "09:00")],
        [("user_id", "99"), ("end", "")],
        [("absence_type_id", "99"), ("end", "")],
    ] {
        let refused = browser.press(&page, "Toevoegen", &wrong).await;
        assert_eq!(refused.status, 422, "{wrong:?}");
        assert!(refused.body.contains("Dit gaat niet"));
    }
    assert!(absences(&optedo).is_empty());
}

#[tokio::test]
async fn a_form_for_a_user_returns_to_that_user_in_the_list() {
    let optedo = Optedo::start().await;
    for n in 0..60 {
        optedo.sim.add_user("Jesse", &format!("Pinkman {n}"));
    }
    let url = format!("{}/users", optedo.sim.url());
    let mut browser = Browser::new();
    let page = browser.open(&format!("{url}?page=2&q=jesse")).await;
    let renamed = browser.press(&page, "Bewaren", &[("first_name", "Jesse "), ("last_name", "P")]).await;
    assert_eq!(renamed.location.as_ref().unwrap().as_str(), format!("{url}?q=jesse&page=2#user-62"));
    let user = |id: i64| optedo.sim.users().into_iter().find(|user| user.id == id).unwrap();
    assert_eq!((user(62).first_name.as_str(), user(62).last_name.as_str()), ("Jesse ", "P"));
    let switched = browser.press(&page, "Op inactief zetten", &[]).await;
    assert!(!user(62).active);
    let page = browser.follow(&switched).await;
    assert!(page.body.contains("inactief</span>"));
    browser.press(&page, "Weer activeren", &[]).await;
    assert!(user(62).active);
    let added = browser.press(&page, "Toevoegen", &[("first_name", "Skyler"), ("last_name", "White")]).await;
    assert!(browser.follow(&added).await.body.contains("value=\"Skyler\""));
    assert_eq!(browser.press(&page, "Toevoegen", &[("first_name", " ")]).await.status, 422);
}

#[tokio::test]
async fn absence_types_are_added_renamed_and_deleted_unless_used() {
    let optedo = Optedo::start().await;
    optedo.create(&absence("r")).await;
    let url = format!("{}/absence-types", optedo.sim.url());
    let mut browser = Browser::new();
    let page = browser.open(&url).await;
    browser.press(&page, "Bewaren", &[("description", "Verlof")]).await;
    browser.press(&page, "Toevoegen", &[("description", "ADV")]).await;
    let described = || -> Vec<(i64, String)> {
        optedo.sim.absence_types().into_iter().map(|row| (row.id, row.description)).collect()
    };
    assert_eq!(described(), [(1, "Verlof".to_owned()), (2, "ADV".to_owned())]);
    assert_eq!(browser.press(&page, "Verwijderen", &[]).await.status, 422, "it is used");
    browser.post(&format!("{url}/2/delete"), &[]).await;
    browser.press(&page, "Toevoegen", &[("description", "Ziekte")]).await;
    assert_eq!(
        described(),
        [(1, "Verlof".to_owned()), (3, "Ziekte".to_owned())],
        "the id of a deleted type is not used again"
    );
}

#[tokio::test]
async fn every_page_says_that_it_is_simulated_and_escapes_names() {
    let optedo = Optedo::start().await;
    optedo.create(&absence("r")).await;
    optedo.sim.rename_user(11, "<Walter>", "White\"");
    let paths = ["/?month=2026-04", "/absences", "/absences/70001", "/users", "/absence-types", "/absences/1"];
    for path in paths {
        let response = client().get(format!("{}{path}", optedo.sim.url())).send().await.unwrap();
        assert!(response.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
        let body = response.text().await.unwrap();
        assert!(body.contains("Nagebootste Optedo – voor demonstratie, geen echte gegevens"), "{path}");
        assert!(!body.contains("style=") && !body.contains("<Walter>"), "{path}");
    }
}

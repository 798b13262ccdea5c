//! What an attention item says and does: one edit, who waits, where the record is, and what came of a retry.

use crate::page::preview::preview_text;
use crate::page::tabs::tab;
use crate::support::browser::Page;
use crate::support::prelude::*;

async fn shown(browser: &Browser<'_>) -> String {
    browser.open(&tab("/attention")).await.ok().text()
}

fn with_links() -> Options {
    options()
        .set("links.officient_person", "https://app.officient.io/people/{id}")
        .set("links.optedo_user", "https://acme.optedo.com/users/{id}")
}

#[tokio::test]
async fn an_item_about_a_person_says_which_name_to_change_and_whose_days_wait() {
    let w = with_links().world().await;
    let els = w.officient.add_person("Els", "De Smet");
    let user = w.optedo.add_user("els", "de Smet");
    for day in [0, 1] {
        w.officient.add_event(els, w.leave(day));
    }
    w.connect_and_import().await;
    let browser = Browser::signed_in(&w).await;
    let text = shown(&browser).await;
    let edit = format!("Zet in Optedo bij gebruiker {user} de voornaam op ‘Els’ en de achternaam op ‘De Smet’.");
    assert!(text.contains(&edit), "{text}");
    let days = [0, 1].map(|day| w.day(day).strftime("%d/%m/%Y").to_string()).join(", ");
    assert!(text.contains(&format!("Hierop wachten 2 afwezigheden. Els De Smet : {days}")), "{text}");
    let page = browser.open(&tab("/attention")).await.body;
    for link in [format!("https://app.officient.io/people/{els}"), format!("https://acme.optedo.com/users/{user}")] {
        assert!(page.contains(&format!("href=\"{link}\"")), "{link}: {page}");
    }

    w.optedo.rename_user(user, "Els", "de Smet");
    w.sweep().await;
    let text = shown(&browser).await;
    assert!(text.contains(&format!("Zet in Optedo bij gebruiker {user} de achternaam op ‘De Smet’.")), "{text}");
    w.optedo.remove_user(user);
    w.sweep().await;
    assert!(shown(&browser).await.contains("Deze persoon bestaat niet in Optedo: voeg de gebruiker daar toe"));
}

#[tokio::test]
async fn an_item_about_a_leave_type_keeps_the_name_that_officient_shows() {
    let w = World::start().await;
    let remote = w.officient.add_leave_type("Telewerk", Some("Thuis werken"));
    w.take(w.leave(0).of_type(LeaveType::Custom(remote)));
    w.take(w.leave(1).of_type(LeaveType::SickDay));
    w.connect_and_import().await;
    let browser = Browser::signed_in(&w).await;
    let text = shown(&browser).await;
    assert!(text.contains("Verloftype Telewerk") && text.contains("Gezocht wordt: ‘Thuis werken’."), "{text}");
    assert!(text.contains("Verloftype Ziektedag"), "{text}");
    assert!(!text.contains("Peeters"), "no page says who has which leave: {text}");
    let items = w.attention_of("unmapped_leave_type").await;
    assert!(items.iter().any(|item| item["subject"] == "Thuis werken"), "the API: {items:?}");
}

/// Follows a link of an item, saves the choice whose effect the page then shows, and returns what the browser shows
/// next.
async fn save_choice_of_item(browser: &Browser<'_>, label: &str) -> Page {
    let list = browser.open(&tab("/attention")).await.ok();
    let effect = browser.open(&list.link(label)).await.ok();
    assert!(effect.text().contains("Wat er verandert"), "{}", effect.text());
    browser.follow(&browser.submit(&effect.form("Bewaren")).await).await.ok()
}

#[tokio::test]
async fn each_item_about_a_person_is_solved_with_two_clicks_and_without_a_field() {
    let w = World::start().await;
    let [els, piet, tom, other_tom] = [("Els", "De Smet"), ("Piet", "Pieters"), ("Tom", "Willems"), ("Tom", "Willems")]
        .map(|(first, last)| {
            let person = w.officient.add_person(first, last);
            w.officient.add_event(person, w.leave(0));
            person
        });
    let similar = w.optedo.add_user("els", "De Smet");
    let [first_tom, second_tom] = [(), ()].map(|()| w.optedo.add_user("Tom", "Willems"));
    w.connect_and_import().await;
    let browser = Browser::signed_in(&w).await;
    let text = shown(&browser).await;
    for person in [tom, other_tom] {
        assert!(text.contains(&format!("Tom Willems (nummer {person} in Officient)")), "{text}");
    }
    assert!(!text.contains("Negeren"), "a person is linked or excluded instead: {text}");

    let next = save_choice_of_item(&browser, &format!("Koppel met gebruiker {similar} (els De Smet)")).await;
    assert!(next.address.path().ends_with("/attention") && next.text().contains("De keuze is bewaard."), "{next:?}");
    save_choice_of_item(&browser, &format!("Koppel met gebruiker {second_tom} (Tom Willems)")).await;
    w.settle().await;
    let left = w.attention_of("ambiguous_person").await;
    let left: Vec<_> = left.iter().map(|item| item["subjectId"].as_str().unwrap().to_owned()).collect();
    let text = shown(&browser).await;
    if !left.is_empty() {
        assert!(!text.contains(&format!("Koppel met gebruiker {second_tom}")), "that user is taken: {text}");
        save_choice_of_item(&browser, &format!("Koppel met gebruiker {first_tom} (Tom Willems)")).await;
        w.settle().await;
    }
    save_choice_of_item(&browser, "Hoort niet in de planning").await;
    w.settle().await;
    assert!(shown(&browser).await.contains("Niets. Alles wat in Optedo hoort te staan, staat er."));
    let users: Vec<i64> = w.absences().iter().map(|absence| absence.content.user_id).collect();
    assert_eq!(users.len(), 3, "{users:?}");
    assert!([similar, first_tom, second_tom].iter().all(|user| users.contains(user)), "{users:?} {els} {piet}");
    let log = browser.open(&tab("/log")).await.ok().text();
    assert!(log.contains(&format!("{els}: gebruiker {similar}")), "{log}");
    assert!(log.contains(&format!("{piet}: niet overnemen, laten staan")), "{log}");
    w.finish(&[]).await;
}

#[tokio::test]
async fn an_item_about_a_leave_type_is_solved_with_two_clicks_and_without_a_field() {
    let w = options().set("leave_types.education", "Vorming").world().await;
    let remote = w.optedo.add_absence_type("Thuiswerk");
    w.take(w.leave(0).of_type(LeaveType::SickDay));
    w.take(w.leave(1).of_type(LeaveType::Education));
    w.connect_and_import().await;
    let browser = Browser::signed_in(&w).await;
    let list = browser.open(&tab("/attention")).await.ok();
    assert!(list.text().contains("Tip: kies een neutraal type"), "sick leave is health data: {}", list.text());
    assert!(list.text().contains("Dit type staat vast in de configuratie van de dienst."), "{}", list.text());
    let effect = browser.submit(&list.form("Thuiswerk")).await.location();
    preview_text(&w, &browser, "").await;
    let effect = browser.open(effect.as_str()).await.ok();
    assert!(effect.text().contains("0 afwezigheden wijzigen, 0 verdwijnen, 1 komt erbij."), "{}", effect.text());
    let next = browser.follow(&browser.submit(&effect.form("Bewaren")).await).await.ok();
    assert!(next.address.path().ends_with("/attention") && next.text().contains("De keuze is bewaard."), "{next:?}");
    w.settle().await;
    assert_eq!(w.absences().iter().map(|absence| absence.content.absence_type_id).collect::<Vec<_>>(), [remote]);
    w.optedo.add_absence_type("Vorming");
    w.sweep().await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_choice_can_be_saved_before_its_effect_is_known() {
    let w = World::start().await;
    let remote = w.optedo.add_absence_type("Thuiswerk");
    w.take(w.leave(0).of_type(LeaveType::SickDay));
    w.connect_and_import().await;
    let browser = Browser::signed_in(&w).await;
    w.officient.fault_on("/1.0/calendar/", Fault::Status(500), 9);
    let asked = browser.press_on(&tab("/attention"), "Thuiswerk").await;
    let under_way = browser.follow(&asked).await.ok();
    assert!(!under_way.body.contains(">Bewaren</button>"), "{}", under_way.body);
    browser.submit(&under_way.form("Meteen bewaren")).await;
    w.settle().await;
    w.advance(SignedDuration::from_mins(30)).await;
    w.sweep().await;
    assert_eq!(w.absences().iter().map(|absence| absence.content.absence_type_id).collect::<Vec<_>>(), [remote]);
    w.finish(&[]).await;
}

#[tokio::test]
async fn one_button_tries_all_items_again_and_says_what_came_of_it() {
    let w = World::start().await;
    let [els, piet] =
        [("Els", "De Smet"), ("Piet", "Pieters")].map(|(first, last)| w.officient.add_person(first, last));
    for person in [els, piet] {
        w.officient.add_event(person, w.leave(0));
    }
    w.connect_and_import().await;
    let browser = Browser::signed_in(&w).await;
    w.optedo.add_user("Els", "De Smet");
    w.advance(SignedDuration::from_secs(5)).await;
    let retried = browser.press_on(&tab("/attention"), "Opnieuw proberen").await;
    w.settle().await;
    let text = browser.follow(&retried).await.ok().text();
    assert!(text.contains(": 1 opgelost, 1 nog niet opgelost, 0 nog na te kijken."), "{text}");
    assert!(text.contains("Piet Pieters") && !text.contains("Els De Smet"), "{text}");
    w.finish(&["unmatched_person"]).await;
}

#[tokio::test]
async fn a_click_on_an_item_that_resolved_itself_says_so() {
    let w = World::start().await;
    let event = w.take(w.leave(0).lasting(None));
    w.connect_and_import().await;
    let browser = Browser::signed_in(&w).await;
    let ignore = browser.open(&tab("/attention")).await.ok().form("Negeren");
    w.officient.change_event(event, |leave| leave.duration_minutes = Some(60));
    w.sweep().await;
    let page = browser.follow(&browser.submit(&ignore).await).await.ok().text();
    assert!(page.contains("Dit punt is intussen vanzelf opgelost."), "{page}");
    assert_eq!(w.post("/attention/999999/retry").await.status(), StatusCode::NOT_FOUND);
}

/// What the service writes to its log about a failure is English, and for the operator.
#[tokio::test]
async fn no_text_of_an_error_that_was_written_for_the_log_reaches_the_page() {
    let w = options().set("sync.failing_after", "1m").world().await;
    let event = w.take_leave(0);
    w.take(w.leave(1).of_type(LeaveType::SickDay));
    let (els, _) = w.hire("Els", "De Smet");
    w.officient.add_event(els, w.leave(0));
    w.connect_and_import().await;
    // A person whose calendar is not understood, and one for whom Optedo fails.
    w.officient.fault_on(&format!("/1.0/calendar/{els}/"), Fault::WrongContent(json!({"data": "canary"})), 100_000);
    w.optedo.fault_on("/api/absences", Fault::Status(500), 100_000);
    w.officient.delete_event(event);
    let failing = async || {
        w.advance(SignedDuration::from_mins(2)).await;
        w.request_sweep().await;
        w.until_idle().await;
        w.holds("select count(*) = 2 from attention where kind in ('person_failing', 'officient_failing', 'optedo_failing')").await
    };
    w.until("failures last", failing).await;
    let errors: Vec<String> = sqlx::query_scalar(
        "select last_error from people where last_error is not null
         union select cause ->> 'error' from attention where cause ->> 'error' is not null",
    )
    .fetch_all(&w.db)
    .await
    .unwrap();
    assert!(!errors.is_empty());
    let browser = Browser::signed_in(&w).await;
    let of_els = [format!("/people/{els}"), format!("/history?person={els}"), format!("/people/{els}/choice")];
    let pages =
        ["", "/attention", "/attention?state=resolved", "/people", "/history", "/settings", "/preview?list=fail"];
    for under in pages.into_iter().chain(of_els.iter().map(String::as_str)) {
        let page = browser.open(&tab(under)).await.ok().text();
        for error in &errors {
            let words: Vec<&str> = error.split_whitespace().take(4).collect();
            assert!(!page.contains(&words.join(" ")), "{under} shows {error}: {page}");
        }
    }
}

#[tokio::test]
async fn the_list_for_hr_names_who_differs_and_how_and_holds_no_formula() {
    let w = World::start().await;
    w.take_leave(0);
    let els = w.officient.add_person("Els", "De Smet");
    let evil = w.officient.add_person("=HYPERLINK(\"http://evil\")", "Xx");
    let user = w.optedo.add_user("Els", "de Smet");
    w.connect_and_import().await;
    let browser = Browser::signed_in(&w).await;
    let file = browser.open(&tab("/people/names.csv")).await.ok();
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let lines: Vec<&str> = file.body.trim_start_matches('\u{feff}').lines().collect();
    let of_els = format!(
        "\"{els}\";\"Els\";\"De Smet\";\"geen gebruiker\";\"{user}\";\"Els de Smet\";\
         \"Zet in Optedo bij gebruiker {user} de achternaam op ‘De Smet’.\""
    );
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines.contains(&of_els.as_str()), "{lines:?}");
    let start = format!("\"{evil}\";\"'=HYPERLINK(\"\"http://evil\"\")\";");
    assert!(lines.iter().any(|line| line.starts_with(&start)), "{lines:?}");
    let log = browser.open(&tab("/log")).await.ok().text();
    assert!(log.contains("Lijst voor HR gedownload 2"), "{log}");
    assert!(!Browser::new(&w).open(&tab("/people/names.csv")).await.body.contains("Els"), "shown to a stranger");
}

//! What an attention item says and does: one edit, who waits, where the record is, and what came of a retry.

use crate::page::tabs::tab;
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
    let piet = w.officient.add_person("Piet", "Pieters");
    w.officient.add_event(piet, w.leave(0));
    w.connect_and_import().await;
    let browser = Browser::signed_in(&w).await;
    let ignore = browser.open(&tab("/attention")).await.ok().form("Negeren");
    w.optedo.add_user("Piet", "Pieters");
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

//! The settings page over HTTP: languages, tabs, what each shows, and what it never shows.

use crate::page::preview::preview_text;
use crate::support::prelude::*;

const TABS: [&str; 9] =
    ["", "/attention", "/differences", "/people", "/leave-types", "/history", "/log", "/preview", "/settings"];

pub fn tab(under: &str) -> String {
    format!("{PAGE}{under}")
}

#[tokio::test]
async fn every_tab_is_in_the_language_of_the_browser_until_another_is_chosen() {
    let app = TestApp::start().await;
    let browser = Browser::signed_in(&app).await;
    let headings = [
        ("nl-BE,fr;q=0.8", "HR-integratie"),
        ("fr", "Intégration RH"),
        ("en-GB,nl;q=0.1", "HR integration"),
        ("de", "HR-integratie"),
    ];
    for under in TABS {
        for (accepted, heading) in headings {
            let page = browser.open_in(&tab(under), accepted).await.ok();
            assert!(page.body.contains(heading), "{under} for {accepted}: {}", page.body);
        }
    }
    let french = browser.open_in(&format!("{PAGE}/people?lang=fr&q=an"), "nl").await.ok();
    assert!(french.body.contains("<html lang=\"fr\">"));
    assert!(french.body.contains("?q=an&#38;lang=en"), "the switch keeps the search: {}", french.body);
    let kept = browser.open_in(PAGE, "nl").await.ok();
    assert!(kept.body.contains("<html lang=\"fr\">"), "the choice was not kept");
    let other = Browser::new(&app).open_in(PAGE, "en").await.ok();
    assert!(other.body.contains("Sign in"), "the sign-in form too: {}", other.body);
}

#[tokio::test]
async fn a_failure_is_a_page_for_a_person_and_a_problem_document_for_a_program() {
    let w = World::connected().await;
    let browser = Browser::signed_in(&w).await;
    let nobody = browser.open_in(&tab("/history?person=999999"), "fr").await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
    assert!(nobody.text().contains("Il n’y a rien ici."), "{}", nobody.body);
    assert!(nobody.headers["content-type"].to_str().unwrap().starts_with("text/html"));

    let form = browser.open(PAGE).await.form("Nu alles nakijken").without("csrf_token");
    let refused = browser.submit(&form).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text().contains("Dat is niet gelukt"), "{}", refused.body);

    let problem = w.api(Method::GET, "/absences?page=x").send().await.unwrap();
    assert_eq!(problem.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn the_secret_is_never_shown_and_the_webhook_address_only_on_request() {
    let app = TestApp::connected().await;
    let browser = Browser::signed_in(&app).await;
    for under in TABS {
        let page = browser.open(&tab(under)).await.ok();
        assert!(!page.body.contains(app.officient.client_secret()), "{under}");
        assert!(!page.body.contains(&app.webhook_secret()), "{under}");
    }
    let asked = browser.open(&tab("?webhook-address=shown")).await.ok();
    assert!(asked.body.contains(&app.webhook_url()));
    let stranger = Browser::new(&app).open(&tab("?webhook-address=shown")).await;
    assert!(!stranger.body.contains(&app.webhook_secret()), "shown without signing in");
    browser.press("Afmelden").await;
    let setup = browser.open(PAGE).await.ok();
    assert!(!setup.body.contains(app.officient.client_secret()), "{}", setup.body);
}

#[tokio::test]
async fn the_event_names_are_changed_on_the_page() {
    let app = TestApp::connected().await;
    let browser = Browser::signed_in(&app).await;
    let change = async |names: &str| {
        let form = browser.open(PAGE).await.form("Bewaren");
        let mut form = form;
        form.fields.push(("events".to_owned(), names.to_owned()));
        browser.follow(&browser.submit(&form).await).await.text()
    };
    assert!(change(" person_added \r\n\r\ncalendar_event_added\r\n").await.contains("zijn bewaard"));
    let mut events: Vec<String> = app.officient.subscriptions().into_iter().map(|one| one.event).collect();
    events.sort();
    assert_eq!(events, ["calendar_event_added", "person_added"]);
    assert!(change(&"x".repeat(201)).await.contains("kunnen niet bewaard worden"));
    assert_eq!(app.officient.subscriptions().len(), 2);
}

#[tokio::test]
async fn the_history_shows_every_write_with_its_time_and_reason() {
    let w = World::start().await;
    let imported = w.take_leave(0);
    w.connect_and_import().await;
    let entries = async || {
        // A new session, because much time passes in this test.
        let browser = Browser::signed_in(&w).await;
        let page = browser.open(&tab(&format!("/history?person={}", w.jan))).await.ok();
        format!("{} {}", page.body.matches("data-action=").count(), page.text())
    };
    let day = w.day(0).strftime("%d/%m/%Y").to_string();
    assert!(entries().await.contains(&format!("geschreven {day}, hele dag eerste overname")), "{}", entries().await);
    w.make_partial(imported, 9, 120);
    w.webhook().await;
    assert!(
        entries().await.contains(&format!("gewijzigd {day} 09:00–11:00 melding van Officient")),
        "{}",
        entries().await
    );
    w.officient.delete_event(imported);
    w.sweep().await;
    assert!(entries().await.contains(&format!("verwijderd {day} 09:00–11:00 op vraag")), "{}", entries().await);

    // Rejected twice: one line.
    let refused = w.take_leave(1);
    w.optedo.reject_next(2, 409, "overlapt");
    w.webhook().await;
    w.sweep().await;
    assert_eq!(entries().await.matches("geweigerd door Optedo").count(), 1, "{}", entries().await);
    w.webhook().await;
    assert!(w.absence_of(refused).is_some());

    // A failure that lasts: one line.
    w.optedo.fault_on("/api/absences", Fault::Status(503), 3);
    w.take_leave(2);
    w.receive("calendar_event_added", w.jan).await;
    w.retry_until_done().await;
    let text = entries().await;
    assert_eq!(text.matches("Optedo antwoordde niet").count(), 1, "{text}");
    assert!(text.starts_with("7 "), "{text}");
    w.finish(&[]).await;
}

#[tokio::test]
async fn one_person_is_checked_again_from_their_history() {
    let w = World::connected().await;
    let event = w.take_leave(0);
    let browser = Browser::signed_in(&w).await;
    let history = tab(&format!("/history?person={}", w.jan));
    let asked = browser.press_on(&history, "Nu nakijken").await;
    assert!(browser.follow(&asked).await.text().contains("wordt nu nagekeken"));
    w.settle().await;
    assert!(w.absence_of(event).is_some());
    assert!(browser.open(&history).await.text().contains("op vraag"));
    w.finish(&[]).await;
}

#[tokio::test]
async fn during_a_sweep_the_page_does_not_say_that_there_was_none() {
    let w = World::connected().await;
    let browser = Browser::signed_in(&w).await;
    let shown = async || browser.open(PAGE).await.text();
    assert!(shown().await.contains("Iedereen laatst nagekeken"));
    let reading = w.officient.hold("/1.0/calendar/", 0);
    w.request_sweep().await;
    w.until("the sweep began", async || w.status().await["sync"]["finishedAt"].is_null()).await;
    let text = shown().await;
    assert!(text.contains("Iedereen wordt nagekeken") && !text.contains("Iedereen laatst nagekeken"), "{text}");
    reading.release();
    w.settle().await;
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_long_history_is_read_page_by_page() {
    let w = World::connected().await;
    for day in 0..60 {
        w.take_leave(day);
    }
    w.webhook().await;
    let browser = Browser::signed_in(&w).await;
    let newest = browser.open(&tab("/history")).await.ok();
    assert_eq!(newest.body.matches("data-action=").count(), 50);
    let older = newest.body.split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let older = older.split('"').next().unwrap().replace("&#38;", "&");
    let older = browser.open(&older).await.ok();
    assert_eq!(older.body.matches("data-action=").count(), 10);
    assert!(older.body.contains("← Vorige") && older.text().contains("Pagina 2"), "{}", older.body);
    w.finish(&[]).await;
}

#[tokio::test]
async fn people_are_found_by_name_and_by_state_and_near_misses_are_marked() {
    let w = World::connected().await;
    w.officient.add_person("jan", "Janssens");
    w.optedo.add_user("Jan", "Janssens");
    for number in 0..60 {
        w.hire("Piet", &format!("Pieters{number:02}"));
    }
    w.sweep().await;
    let browser = Browser::signed_in(&w).await;
    let people = async |query: &str| browser.open(&tab(&format!("/people{query}"))).await.ok();
    let all = people("").await;
    assert!(all.text().contains("62 personen") && all.text().contains("Pagina 1 van 2"), "{}", all.text());
    assert!(people("?page=2").await.text().contains("Pieters59"));
    let unmatched = people("?state=unmatched").await;
    assert!(unmatched.text().contains("1 persoon"), "{}", unmatched.text());
    assert!(
        unmatched.body.contains("<mark>j</mark>an") && unmatched.body.contains("<mark>J</mark>an"),
        "{}",
        unmatched.body
    );
    assert!(people("?q=PIETERS-07").await.text().contains("1 persoon"));
    assert!(people("?q=<script>").await.body.contains("&#60;script&#62;"));
    assert!(people("?q=nobody").await.text().contains("Niemand gevonden"));

    // Optedo does not respond: the page shows the last known state.
    w.clock.advance(SignedDuration::from_mins(1));
    w.optedo.fault_on("/api/users", Fault::Status(503), 9);
    let stale = people("?state=matched").await.text();
    assert!(stale.contains("antwoordde niet. Dit is de stand van") && stale.contains("Pieters00"), "{stale}");
}

#[tokio::test]
async fn the_list_of_people_counts_only_leave_that_is_not_in_optedo_as_it_should_be() {
    let w = World::start().await;
    let kept = w.take_leave(0);
    let moved = w.take_leave(1);
    w.connect_and_import().await;
    let browser = Browser::signed_in(&w).await;
    let jan = async || browser.open(&tab("/people?q=peeters")).await.ok().text();
    w.optedo.rename_user(w.user, "jan", "Peeters");
    w.sweep().await;
    assert!(w.absence_of(kept).is_some() && w.item("unmatched_person").await["waiting"] == 0);
    let waits = |text: &str| text.contains("afwezigheid wacht") || text.contains("afwezigheden wachten");
    let text = jan().await;
    assert!(text.contains("geen gebruiker") && !waits(&text), "{text}");
    w.make_partial(moved, 9, 120);
    w.webhook().await;
    assert!(jan().await.contains("1 afwezigheid wacht"), "{}", jan().await);
    w.take_leave(2);
    w.webhook().await;
    assert!(jan().await.contains("2 afwezigheden wachten"), "{}", jan().await);
    w.officient.archive_person(w.jan);
    w.sweep().await;
    let text = browser.open(&tab("/people?state=archived")).await.ok().text();
    assert!(text.contains("Peeters") && !waits(&text), "{text}");
    w.finish(&["archived_people"]).await;
}

#[tokio::test]
async fn the_page_of_a_person_explains_each_day_and_other_pages_lead_there() {
    let w = World::start().await;
    w.take_leave(0);
    w.connect_and_import().await;
    let (day, refused_day) = (w.day(0), w.day(1));
    w.optedo.reject_with(422, "Nee", move |absence| absence.start.date() == refused_day);
    let refused = w.take_leave(1);
    w.webhook_about("calendar_event_added", refused).await;
    w.take_leave(2);

    let browser = Browser::signed_in(&w).await;
    let address = tab(&format!("/people/{}", w.jan));
    let month_of = |day: jiff::civil::Date| format!("{address}?month={}", day.strftime("%Y-%m"));
    let explained = async |day| browser.open(&month_of(day)).await.ok().text();
    let text = explained(day).await;
    for says in [
        "Jan Peeters".to_owned(),
        format!("Gebruiker {}, met exact dezelfde naam", w.user),
        "2 afwezigheden in deze periode".to_owned(),
        format!("{}, hele dag in Optedo Afwezigheidstype gevonden Geschreven op", day.strftime("%d/%m/%Y")),
    ] {
        assert!(text.contains(&says), "{says}: {text}");
    }
    let text = explained(refused_day).await;
    let says = "wacht omdat Optedo de afwezigheid weigerde Afwezigheidstype gevonden Gemeld op";
    assert!(text.contains(says), "{text}");
    assert!(explained(w.day(2)).await.contains("wordt geschreven"));
    assert_eq!(w.absences().len(), 1, "a look at the page wrote leave");

    for (under, leads_to) in [
        ("/attention", month_of(refused_day)),
        ("/history", month_of(day)),
        ("/people", address.clone()),
        (&format!("/history?person={}", w.jan), address.clone()),
        (&format!("/people/{}", w.jan), format!("{address}?lang=fr")),
    ] {
        let page = browser.open(&tab(under)).await.ok().body;
        assert!(page.contains(&format!("href=\"{leads_to}\"")), "{under} does not lead to {leads_to}: {page}");
    }
    w.officient.fault_on("/1.0/calendar/", Fault::Status(500), 3);
    let text = explained(day).await;
    assert!(text.contains("Het verlof kon niet gelezen worden. Officient antwoordde niet."), "{text}");
    w.officient.clear_faults();
    assert_eq!(browser.open(&tab("/people/999999")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.open(&tab("/people/jan")).await.status, StatusCode::NOT_FOUND);
    w.finish(&["rejected_by_optedo"]).await;
}

#[tokio::test]
async fn leave_types_show_their_absence_type_and_the_possible_descriptions() {
    let w = World::connected().await;
    w.officient.add_leave_type("Zorg verlof", None);
    w.optedo.add_absence_type("Zorgverlof");
    let browser = Browser::signed_in(&w).await;
    w.clock.advance(SignedDuration::from_mins(1));
    let page = browser.open(&tab("/leave-types")).await.ok();
    let text = page.text();
    for says in [
        "Verlof Gezochte omschrijving: Vakantie ingevuld onder Geavanceerd gekoppeld Vakantie",
        "niet gevonden",
        "Ziektedag",
        "letter voor letter: Vakantie Zorgverlof",
    ] {
        assert!(text.contains(says), "{says}: {text}");
    }
    assert!(page.body.contains("Zorg<mark>␣</mark>verlof"), "{}", page.body);
    w.clock.advance(SignedDuration::from_mins(1));
    w.officient.fault_on("/1.0/calendar/events/types", Fault::Status(500), 9);
    assert!(browser.open(&tab("/leave-types")).await.ok().text().contains("Dit is de stand van"));
}

#[tokio::test]
async fn an_item_is_ignored_and_followed_again() {
    let w = World::connected().await;
    let event = w.take(w.leave(0).lasting(None));
    w.sweep().await;
    let browser = Browser::signed_in(&w).await;
    let shows = async |state: &str| browser.open(&tab(&format!("/attention?state={state}"))).await.ok().text();
    let text = shows("open").await;
    assert!(text.contains("Hierop wacht 1 afwezigheid."), "{text}");
    assert!(
        text.contains("Wat erop wacht, komt niet in Optedo zolang de oorzaak er is."),
        "what ignoring does: {text}"
    );
    browser.press_on(&tab("/attention"), "Negeren").await;
    assert!(shows("open").await.contains("Niets. Alles wat in Optedo hoort te staan, staat er."));
    assert!(shows("ignored").await.contains("geen duur"));
    browser.press_on(&tab("/attention?state=ignored"), "Weer opvolgen").await;
    assert!(shows("open").await.contains("geen duur"));
    w.officient.change_event(event, |leave| leave.duration_minutes = Some(60));
    browser.press_on(&tab("/attention"), "Opnieuw proberen").await;
    w.settle().await;
    assert!(shows("resolved").await.contains("Opgelost op"));
    w.finish(&[]).await;
}

#[tokio::test]
async fn no_page_shows_a_persons_leave_type_or_more_of_them_than_their_name() {
    let w = options().set("leave_types.sick_day", "Ziekte").world().await;
    w.optedo.add_absence_type("Ziekte");
    w.take(w.leave(0).of_type(LeaveType::SickDay));
    w.connect_and_import().await;
    assert_eq!(w.absences().len(), 1);
    let browser = Browser::signed_in(&w).await;
    browser.press_on(&tab("/preview"), "Voorbeeld maken").await;
    preview_text(&w, &browser, "").await;
    let history = format!("/history?person={}", w.jan);
    let days = format!("/people/{}?month={}", w.jan, w.day(0).strftime("%Y-%m"));
    for under in TABS.into_iter().chain([history.as_str(), days.as_str(), "/preview?list=create", "/people?q=jan"]) {
        let page = browser.open(&tab(under)).await.ok().body;
        for canary in CANARIES {
            assert!(!page.contains(canary), "{under} shows {canary}");
        }
        // The list of leave types names types, but no person.
        let names = ["Ziekte", "Sick day"].iter().any(|name| page.contains(name));
        assert!(!names || under == "/leave-types" && !page.contains("Peeters"), "{under}: {page}");
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn the_page_names_the_admin_who_connected() {
    let app = TestApp::start().await;
    app.fill_in_credentials().await;
    let browser = Browser::new(&app);
    let form = browser.open(PAGE).await.form("Aanmelden").fill_in("password", PASSWORD);
    browser.submit(&form.fill_in("admin_name", "  Els\tVermeulen <b> ")).await;
    let consent = browser.sign_in_at_officient(&browser.press("Aanmelden bij Officient").await).await;
    browser.follow(&browser.submit(&consent.form("Geef toegang")).await).await;
    let text = browser.open(PAGE).await.ok().text();
    assert!(text.contains("door ElsVermeulen &#60;b&#62;"), "{text}");
    let who: Vec<Option<String>> = sqlx::query_scalar("select admin_name from audit_log where action = 'connected'")
        .fetch_all(&app.db)
        .await
        .unwrap();
    assert_eq!(who, [Some("ElsVermeulen <b>".to_owned())]);
    assert_eq!(app.post("/logout").await.status(), 204);
    app.connect().await;
    assert!(!browser.open(PAGE).await.ok().text().contains(", door"), "a program has no name");
    assert_eq!(json!(app.status().await["state"]), "connected");
}

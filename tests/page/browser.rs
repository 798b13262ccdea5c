//! The settings page in a real browser, from the first sign-in to signing out.

use std::path::Path;

use thirtyfour::Key;

use crate::support::chromium::{Chromium, DESK, Kind, PHONE_WITHOUT_SCRIPTS};
use crate::support::prelude::*;
use crate::support::simulators;

/// Where pictures of the pages go; `make screenshots` takes them over into the guide.
const SCREENSHOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/screenshots");

/// The seeded company, whose Officient sends webhooks.
async fn company() -> TestApp {
    let app = options().start().await;
    simulators::seed(&app.officient, &app.optedo);
    app.officient.set_notify(true);
    app
}

/// Signs in, fills in, grants access, and waits for the first import.
async fn connect(browser: &Chromium, app: &TestApp) {
    browser.open(&format!("{}{PAGE}", app.url)).await;
    browser.photograph("aanmelden").await;
    browser.fill_in("#password", PASSWORD).await;
    browser.fill_in("#admin_name", "Els Vermeulen").await;
    browser.press_in("main", "Aanmelden").await;
    assert!(browser.text().await.contains("Niet gekoppeld"));
    browser.photograph("instellen").await;
    browser.fill_in("#client_id", app.officient.client_id()).await;
    browser.fill_in("#client_secret", app.officient.client_secret()).await;
    browser.press("Bewaren").await;
    browser.until_it_contains("Client ID en Secret zijn bewaard").await;
    browser.press("Aanmelden bij Officient").await;
    browser.photograph("officient-aanmelden").await;
    browser.press("Aanmelden").await;
    browser.photograph("officient-toegang").await;
    browser.press("Geef toegang").await;
    browser.until_it_contains("De koppeling met Officient is gelukt").await;
    app.settle().await;
}

/// The customer's text from its beginning to its end.
async fn use_every_page(kind: Kind) {
    let app = company().await;
    let name = if kind.scripts { "desk" } else { "phone" };
    let browser = Chromium::start(kind).await.with_screenshots(&Path::new(SCREENSHOTS).join(name));
    let page = format!("{}{PAGE}", app.url);

    connect(&browser, &app).await;
    browser.open(&page).await;
    browser.until_it_contains("Gekoppeld").await;
    browser.unfold("Geavanceerd").await;
    let text = browser.text().await;
    for says in [
        "Acme",
        "door Els Vermeulen",
        "De koppeling stoppen",
        "geregistreerd",
        "De eerste letter verschilt: ‘J’ in Officient, ‘j’ in Optedo.",
    ] {
        assert!(text.contains(says), "{says}: {text}");
    }
    browser.photograph("koppeling").await;

    // Leave entered in Officient is in Optedo immediately.
    let people = app.get("/people").await;
    let an = people.as_array().unwrap().iter().find(|person| person["lastName"] == "Janssens").unwrap();
    let an = an["personId"].as_i64().unwrap();
    let day = app.clock.today().saturating_add(70.days());
    let day = if day.weekday().to_monday_zero_offset() > 4 { day.saturating_add(2.days()) } else { day };
    let month = day.strftime("%Y-%m");
    browser.open(&format!("{}/people/{an}?month={month}&day={day}", app.officient.url())).await;
    browser.press_in("#add", "Toevoegen").await;
    browser.photograph("officient-kalender").await;
    let planning = format!("{}/?month={month}", app.optedo.url());
    browser.open(&planning).await;
    browser.until_it_contains("An Janssens Vakantie").await;
    browser.photograph("optedo-planning").await;
    let written = app.optedo.absences().len();

    // A name is changed: the page names the differing letter, and the leave that waits for it.
    let user = user_id(&app, "Janssens");
    rename_user(&browser, &app, user, "an").await;
    browser.open(&page).await;
    browser.press("Nu alles nakijken").await;
    app.settle().await;
    let later = day.saturating_add(7.days());
    let month = later.strftime("%Y-%m");
    browser.open(&format!("{}/people/{an}?month={month}&day={later}", app.officient.url())).await;
    browser.press_in("#add", "Toevoegen").await;
    browser.open(&format!("{page}/attention")).await;
    browser.until_it_contains("An Janssens").await;
    browser.until_it_contains("De eerste letter verschilt: ‘A’ in Officient, ‘a’ in Optedo.").await;
    browser.photograph("aandacht").await;
    assert_eq!(app.optedo.absences().len(), written, "leave of a person who matches no user was written");

    // Corrected and retried, it is written and the item is resolved.
    rename_user(&browser, &app, user, "An").await;
    browser.open(&format!("{page}/attention")).await;
    let an_is_open = async || browser.texts(".item h3").await.iter().any(|title| title.contains("An Janssens"));
    assert!(an_is_open().await);
    browser.press("Opnieuw proberen").await;
    browser.until_it_contains("Opnieuw geprobeerd om").await;
    app.settle().await;
    browser.open(&format!("{page}/attention")).await;
    assert!(!an_is_open().await, "{}", browser.text().await);
    assert_eq!(app.optedo.absences().len(), written + 1);

    // The history shows what was written.
    browser.open(&format!("{page}/people?q=an+janssens")).await;
    browser.photograph("personen").await;
    browser.press_in(".rows", "Verlof, dag per dag – An Janssens").await;
    assert!(browser.text().await.contains("met exact dezelfde naam"), "{}", browser.text().await);
    browser.open(&format!("{page}{}", person_page(&app).await)).await;
    browser.photograph("persoon").await;
    browser.open(&format!("{page}/people/{an}/choice")).await;
    browser.photograph("koppel-met").await;
    browser.open(&format!("{page}/people?q=an+janssens")).await;
    browser.press_in(".rows", "An Janssens – Geschiedenis").await;
    let history = browser.text().await;
    assert!(history.contains("melding van Officient") && history.contains("eerste overname"), "{history}");
    browser.photograph("geschiedenis").await;
    browser.press("Nu nakijken").await;
    app.settle().await;
    browser.open(&format!("{page}/log")).await;
    assert!(browser.text().await.contains("Els Vermeulen"));
    browser.photograph("logboek").await;

    use_the_other_tabs(&browser, &app).await;
    browser.open(&page).await;
    browser.unfold("De koppeling stoppen").await;
    browser.press_in("section", "Afmelden").await;
    browser.until_it_contains("Je bent afgemeld bij Officient").await;
    assert!(app.officient.subscriptions().is_empty(), "our webhooks stayed at Officient");
    assert!(app.optedo.absences().len() >= written, "absences stay in Optedo");
    browser.press("Uitloggen").await;
    assert!(browser.text().await.contains("Wachtwoord"));
    app.assert_one_way_and_once();
}

async fn use_the_other_tabs(browser: &Chromium, app: &TestApp) {
    let page = format!("{}{PAGE}", app.url);
    // What somebody changes in Optedo is found, and restored.
    differ_in_optedo(app).await;
    browser.open(&format!("{page}/differences")).await;
    browser.until_it_contains("Zo laten").await;
    browser.photograph("verschillen").await;
    browser.press_in(".items", "Terugzetten").await;
    browser.until_it_contains("Geen verschillen.").await;
    browser.open(&format!("{page}/settings")).await;
    browser.photograph("instellingen").await;
    browser.open(&format!("{page}/leave-types")).await;
    assert!(browser.text().await.contains("Ouderschapsverlof"));
    browser.photograph("verloftypes").await;
    browser.open(&format!("{page}/preview")).await;
    browser.press("Voorbeeld maken").await;
    browser.until_it_contains("Stand van").await;
    browser.press_in(".choices", "Overgeslagen 18").await;
    browser.photograph("voorbeeld").await;
}

/// Somebody changed two absences of a person in Optedo; of one, an admin decided that it stays so.
async fn differ_in_optedo(app: &TestApp) {
    let person = app.get("/absences").await[0]["personId"].clone();
    let absences = app.get(&format!("/absences?personId={person}")).await;
    let [first, second] = [0, 1].map(|number| absences[number]["absenceId"].as_i64().unwrap());
    app.optedo.change_absence(first, |absence| absence.all_day = !absence.all_day);
    app.optedo.delete_absence(second);
    app.post("/audit").await;
    app.until("the audit found them", async || app.status().await["audit"]["differences"] == 2).await;
    let kept = app.get("/differences").await[0]["id"].clone();
    app.post(&format!("/differences/{kept}/keep")).await;
}

/// Lets something wait for each decision that the admin can make, and for one that they made.
async fn wait_for_decisions(app: &TestApp) {
    let person = app.get("/absences").await[0]["personId"].as_i64().unwrap();
    app.officient.archive_person(person);
    app.sweep().await;
    assert_eq!(app.attention_of("archived_people").await.len(), 1);
    app.sql(
        "with them as (select id, row_number() over (order by date) as place from absences)
         update absences a set deletion_held = t.place < 3,
             deletion_rejected_at = case when t.place between 3 and 5 then now() end
         from them t where t.id = a.id;
         insert into attention (kind, subject_id, detail, cause, waiting, first_seen_at, last_seen_at)
         values ('deletions_held', 'deletions', '', '{\"case\": \"deletions_held\", \"count\": 2}', 2, now(), now())",
    )
    .await;
}

/// The page of a person with leave.
async fn person_page(app: &TestApp) -> String {
    let absence = app.get("/absences").await[0].clone();
    format!("/people/{}?month={}", absence["personId"], &absence["date"].as_str().unwrap()[..7])
}

fn user_id(app: &TestApp, last_name: &str) -> i64 {
    app.optedo.users().into_iter().find(|user| user.last_name == last_name).unwrap().id
}

async fn rename_user(browser: &Chromium, app: &TestApp, user: i64, first_name: &str) {
    browser.open(&format!("{}/users", app.optedo.url())).await;
    browser.fill_in(&format!("#user-{user} input[name=first_name]"), first_name).await;
    browser.press_in(&format!("#user-{user}"), "Bewaren").await;
}

#[tokio::test]
async fn the_admin_does_everything_in_a_browser() {
    use_every_page(DESK).await;
}

#[tokio::test]
async fn the_admin_does_everything_on_a_phone_without_scripts() {
    use_every_page(PHONE_WITHOUT_SCRIPTS).await;
}

/// Every page, as it is while connected.
const PAGES: [&str; 18] = [
    "",
    "/test",
    "/test?since=0",
    "?webhook-address=shown",
    "/attention",
    "/attention?state=ignored",
    "/attention?state=resolved",
    "/differences",
    "/differences?state=kept",
    "/people",
    "/people?q=nobody",
    "/leave-types",
    "/history",
    "/log",
    "/settings",
    "/preview",
    "/preview?list=skip",
    "/nowhere",
];

#[tokio::test]
async fn no_page_in_dutch_has_accessibility_findings() {
    no_page_has_accessibility_findings("nl").await;
}

#[tokio::test]
async fn no_page_in_french_has_accessibility_findings() {
    no_page_has_accessibility_findings("fr").await;
}

#[tokio::test]
async fn no_page_in_english_has_accessibility_findings() {
    no_page_has_accessibility_findings("en").await;
}

async fn no_page_has_accessibility_findings(language: &'static str) {
    let app = company().await;
    // One of the languages is looked at on a phone.
    let width = if language == "en" { 390 } else { DESK.width };
    let browser = Chromium::start(Kind { width, language, ..DESK }).await;
    let page = format!("{}{PAGE}", app.url);
    let mut findings = Vec::new();
    let mut look_at = async |under: &str| {
        browser.driver_open(&format!("{page}{under}")).await;
        assert_eq!(browser.run("return document.documentElement.lang").await, language);
        let small = browser.small_controls().await.into_iter().map(|control| format!("too small: {control}"));
        for finding in browser.axe_findings().await.into_iter().chain(small) {
            findings.push(format!("{under}: {finding}"));
        }
    };
    look_at("").await;
    browser.type_in(PASSWORD).await;
    browser.press_key(Key::Enter).await;
    browser.open(&page).await;
    look_at("").await;
    app.connect().await;
    app.settle().await;
    browser.open(&format!("{page}/preview")).await;
    browser.press_first("main form button").await;
    app.until("the preview is there", async || !browser.texts("#result").await.is_empty()).await;
    differ_in_optedo(&app).await;
    wait_for_decisions(&app).await;
    for under in PAGES.into_iter().chain([person_page(&app).await.as_str()]) {
        look_at(under).await;
    }
    assert!(findings.is_empty(), "{findings:#?}");
}

#[tokio::test]
async fn every_control_is_reached_with_the_keyboard() {
    let app = company().await;
    let browser = Chromium::start(DESK).await;
    let page = format!("{}{PAGE}", app.url);
    let mut missed = Vec::new();
    let mut look_at = async |under: &str| {
        browser.driver_open(&format!("{page}{under}")).await;
        for control in browser.controls_out_of_reach().await {
            missed.push(format!("{under}: {control}"));
        }
    };
    look_at("").await;
    // Signed in without a mouse.
    browser.open(&page).await;
    browser.type_in(PASSWORD).await;
    browser.press_key(Key::Enter).await;
    browser.until_it_contains("Niet gekoppeld").await;
    look_at("").await;
    app.connect().await;
    app.settle().await;
    differ_in_optedo(&app).await;
    wait_for_decisions(&app).await;
    for under in PAGES.into_iter().chain([person_page(&app).await.as_str()]) {
        look_at(under).await;
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[tokio::test]
async fn the_page_shows_changes_without_a_reload() {
    let mut app = company().await;
    let browser = Chromium::start(DESK).await;
    connect(&browser, &app).await;
    browser.open(&format!("{}{PAGE}", app.url)).await;
    let is_open = async |person: &str| {
        browser.texts("[data-live=items] .item h3").await.iter().any(|title| title.contains(person))
    };
    assert!(is_open("Jan Peeters").await && is_open("Lotte Jacobs").await, "{}", browser.text().await);

    app.optedo.rename_user(user_id(&app, "Peeters"), "Jan", "Peeters");
    app.sweep().await;
    let went = "the item is gone without a reload";
    // As after a visit to Officient: the link that was followed has the focus.
    let focus = "document.querySelector('[data-live=items] .item a').focus(); return document.activeElement.tagName;";
    assert_eq!(browser.run(focus).await, "A");
    app.until(went, async || !is_open("Jan Peeters").await).await;
    browser.check().await;

    // The page also shows what changed while the service was away.
    app.restart().await;
    app.optedo.rename_user(user_id(&app, "Lotte"), "Lotte", "Jacobs");
    app.sweep().await;
    app.until(went, async || !is_open("Lotte Jacobs").await).await;
}

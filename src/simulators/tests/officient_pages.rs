use jiff::civil::{Date, date};

use super::browser::{Browser, Page};
use super::{Officient, Optedo, client};
use crate::simulators::dates::{is_weekend, today};
use crate::simulators::officient::{EventStatus, LeaveType, NewEvent, OfficientOptions, OfficientSim};
use crate::simulators::seed;

const VERLOF: LeaveType = LeaveType::Custom(80);

/// An Officient with one person, Walter White, and the leave types Verlof (80) and ADV (81).
async fn company() -> (Officient, i64, String) {
    let officient = Officient::start().await;
    let person = officient.sim.add_person("Walter", "White");
    assert_eq!((officient.sim.add_leave_type("Verlof", None), officient.sim.add_leave_type("ADV", None)), (80, 81));
    let calendar = format!("{}/people/{person}", officient.sim.url());
    (officient, person, calendar)
}

fn days(officient: &Officient, person: i64) -> Vec<Date> {
    officient.sim.events_of(person).iter().map(|event| event.leave.date).collect()
}

/// The path, query and fragment that a response redirects to.
fn path(page: &Page) -> String {
    let url = page.location.as_ref().unwrap();
    format!("{}?{}#{}", url.path(), url.query().unwrap_or_default(), url.fragment().unwrap_or_default())
}

#[tokio::test]
async fn leave_for_a_range_of_days_is_added_on_its_working_days() {
    let (officient, person, calendar) = company().await;
    let mut browser = Browser::new();
    let page = browser.open(&calendar).await;
    let range = [("from", "2026-04-03"), ("until", "2026-04-07"), ("status", "pending")];
    let added = browser.press(&page, "Toevoegen", &range).await;
    let first = officient.sim.events_of(person)[0].clone();
    assert_eq!(path(&added), format!("/people/{person}?month=2026-04#event-{}", first.id));
    assert_eq!(days(&officient, person), [date(2026, 4, 3), date(2026, 4, 6), date(2026, 4, 7)]);
    assert_eq!(first.leave, NewEvent::new(VERLOF, date(2026, 4, 3)).pending());

    let month = browser.follow(&added).await;
    assert!(month.body.contains("april 2026") && month.body.contains("Verlof, hele dag, aangevraagd"));
    let requests = officient.read("/1.0/calendar/requests/list").await;
    assert_eq!(requests["data"].as_array().unwrap().len(), 1, "one request for all days");
}

#[tokio::test]
async fn leave_for_a_part_of_a_day_has_its_start_and_length() {
    let (officient, person, calendar) = company().await;
    let mut browser = Browser::new();
    let page = browser.open(&format!("{calendar}?month=2026-04&day=2026-04-11")).await;
    let part = [("part", "hours"), ("start", "10:30"), ("hours", "2,5"), ("leave_type", "81")];
    browser.press(&page, "Toevoegen", &part).await;
    let unknown = [("part", "hours"), ("hours", "3"), ("leave_type", "sick_day")];
    browser.press(&page, "Toevoegen", &unknown).await;
    let saturday = date(2026, 4, 11);
    let expected = [
        NewEvent::new(LeaveType::Custom(81), saturday).part(630, 150),
        NewEvent::new(LeaveType::SickDay, saturday).unknown_start(180),
    ];
    let leave: Vec<NewEvent> = officient.sim.events_of(person).into_iter().map(|event| event.leave).collect();
    assert_eq!(leave, expected, "a weekend day that the form names by itself");
}

#[tokio::test]
async fn invalid_leave_is_refused_with_a_reason() {
    let (officient, person, calendar) = company().await;
    let mut browser = Browser::new();
    let page = browser.open(&calendar).await;
    for (wrong, reason) in [
        ([("from", "2026-04-07"), ("until", "2026-04-03")], "voor de eerste"),
        ([("from", "2026-04-04"), ("until", "2026-04-05")], "geen werkdag"),
        ([("from", "x"), ("until", "2026-04-05")], "een dag"),
        ([("part", "hours"), ("hours", "25")], "hoogstens 24 uren"),
        ([("part", "hours"), ("hours", "")], "hoogstens 24 uren"),
        ([("leave_type", "99"), ("hours", "")], "bestaat niet"),
    ] {
        let refused = browser.press(&page, "Toevoegen", &wrong).await;
        assert_eq!(refused.status, 422, "{wrong:?}");
        assert!(refused.body.contains(reason), "{wrong:?}: {}", refused.body);
    }
    assert!(days(&officient, person).is_empty());
    let nobody = browser.post(&format!("{}/people/999/leave", officient.sim.url()), &[]).await;
    assert_eq!(nobody.status, 404);
}

#[tokio::test]
async fn leave_is_changed_to_another_type_day_and_time() {
    let (officient, person, _) = company().await;
    let monday = date(2026, 4, 6);
    let event = officient.sim.add_event(person, NewEvent::new(VERLOF, monday));
    let url = format!("{}/events/{event}", officient.sim.url());
    let mut browser = Browser::new();
    let page = browser.open(&url).await;
    browser.press(&page, "Bewaren", &[]).await;
    assert_eq!(officient.sim.events_of(person)[0].leave, NewEvent::new(VERLOF, monday), "unchanged");

    let change =
        [("leave_type", "81"), ("date", "2026-05-04"), ("part", "hours"), ("start", "13:00"), ("hours", "1.5")];
    let changed = browser.press(&page, "Bewaren", &change).await;
    assert_eq!(path(&changed), format!("/people/{person}?month=2026-05#event-{event}"));
    let expected = NewEvent::new(LeaveType::Custom(81), date(2026, 5, 4)).part(780, 90);
    assert_eq!(officient.sim.events_of(person)[0].leave, expected);
    let page = browser.open(&url).await;
    browser.press(&page, "Bewaren", &[]).await;
    assert_eq!(officient.sim.events_of(person)[0].leave, expected, "the form shows the stored values");

    officient.sim.add_event(person, NewEvent::new(VERLOF, monday));
    let clash = browser.press(&page, "Bewaren", &[("leave_type", "80"), ("date", "2026-04-06")]).await;
    assert_eq!(clash.status, 422, "one event of a type a day");
    assert_eq!(officient.sim.events_of(person)[0].leave, expected);
}

#[tokio::test]
async fn leave_is_approved_unapproved_and_deleted() {
    let (officient, person, calendar) = company().await;
    let day = date(2026, 4, 6);
    let event = officient.sim.add_event(person, NewEvent::new(VERLOF, day).pending());
    let status = || officient.sim.events_of(person)[0].leave.status;
    let mut browser = Browser::new();
    let month = browser.open(&format!("{calendar}?month=2026-04")).await;
    let approved = browser.press(&month, "Goedkeuren", &[]).await;
    assert_eq!(status(), EventStatus::Approved);
    let month = browser.follow(&approved).await;
    assert!(!month.body.contains(">Goedkeuren</button>") && !month.body.contains("class=\"tag pending\""));
    let page = browser.open(&format!("{}/events/{event}", officient.sim.url())).await;
    browser.press(&page, "Goedkeuring intrekken", &[]).await;
    assert_eq!(status(), EventStatus::Pending);
    let deleted = browser.press(&page, "Verwijderen", &[]).await;
    assert!(days(&officient, person).is_empty());
    assert!(browser.follow(&deleted).await.body.contains("Geen verlof."));
    assert_eq!(browser.press(&page, "Verwijderen", &[]).await.status, 404);
}

#[tokio::test]
async fn the_calendar_shows_a_month_from_monday_to_sunday() {
    let (officient, person, calendar) = company().await;
    officient.sim.add_event(person, NewEvent::new(VERLOF, date(2026, 5, 1)).part(540, 228));
    officient.sim.add_event(person, NewEvent::new(VERLOF, date(2026, 4, 30)));
    let mut browser = Browser::new();
    let may = browser.html(&format!("{calendar}?month=2026-05")).await;
    assert!(may.contains("Verlof, 09:00 – 12:48") && may.contains("Dag van de arbeid"));
    assert!(!may.contains("hele dag<"), "leave before the month is not listed");
    let first_week = may.split("<tbody>").nth(1).unwrap().split("</tr>").next().unwrap();
    assert_eq!(first_week.matches("<td></td>").count(), 4, "May 2026 begins on a Friday");
    assert!(may.contains("month=2026-04") && may.contains("month=2026-06"));
    assert!(!may.contains("(vandaag)"));
    assert!(browser.html(&calendar).await.contains("(vandaag)"));
    assert_eq!(browser.open(&format!("{}/people/999", officient.sim.url())).await.status, 404);
}

#[tokio::test]
async fn a_person_is_added_renamed_archived_and_deleted_and_names_are_escaped() {
    let (officient, _, _) = company().await;
    let url = officient.sim.url();
    let mut browser = Browser::new();
    let list = browser.open(&url).await;
    let added = browser.press(&list, "Toevoegen", &[("first_name", "<Jesse>"), ("last_name", "Pinkman")]).await;
    let page = browser.follow(&added).await;
    assert!(page.body.contains("&#60;Jesse&#62;") && !page.body.contains("<Jesse>"));
    assert_eq!(browser.press(&page, "Bewaren", &[("last_name", " ")]).await.status, 422);
    let renamed = browser.press(&page, "Bewaren", &[("first_name", "Jesse ")]).await;
    assert!(browser.follow(&renamed).await.body.contains("value=\"Jesse \""), "spaces are kept");
    let archived = browser.press(&page, "Archiveren", &[]).await;
    let page = browser.follow(&archived).await;
    assert!(page.body.contains("gearchiveerd"));
    let back = browser.press(&page, "Uit archief halen", &[]).await;
    let page = browser.follow(&back).await;
    assert!(!page.body.contains("gearchiveerd"));
    let deleted = browser.press(&page, "Persoon verwijderen", &[]).await;
    assert!(!browser.follow(&deleted).await.body.contains("Pinkman"));
}

#[tokio::test]
async fn people_are_found_by_part_of_their_name_and_listed_fifty_a_page() {
    let (officient, _, _) = company().await;
    let url = officient.sim.url();
    for n in 0..120 {
        officient.sim.add_person("Jesse", &format!("Pinkman {n}"));
    }
    let mut browser = Browser::new();
    let rows = |page: &str| page.matches("<th scope=\"row\">").count();
    let first = browser.html(&url).await;
    assert_eq!(rows(&first), 50);
    assert!(first.contains("page=2") && first.contains("121 in totaal"));
    assert_eq!(rows(&browser.html(&format!("{url}/?page=3")).await), 21);
    assert_eq!(rows(&browser.html(&format!("{url}/?q=WALTER+w")).await), 1);
    let searched = browser.html(&format!("{url}/?q=pinkman&page=2")).await;
    assert!(searched.contains("q=pinkman&#38;page=3"), "the other pages keep the search");
    assert!(browser.html(&format!("{url}/?q=nobody")).await.contains("Niemand gevonden"));
}

#[tokio::test]
async fn a_request_is_approved_or_declined_as_a_whole() {
    let (officient, person, _) = company().await;
    let day = |day: i8| NewEvent::new(VERLOF, date(2026, 4, day)).pending();
    let (_, declined) = officient.sim.add_leave(person, [day(6), day(7)]);
    officient.sim.add_leave(person, [day(8), day(9)]);
    let url = format!("{}/requests", officient.sim.url());
    let mut browser = Browser::new();
    let page = browser.open(&url).await;
    assert_eq!(page.body.matches(">Goedkeuren</button>").count(), 2);
    let approved = browser.press(&page, "Goedkeuren", &[]).await;
    let page = browser.follow(&approved).await;
    browser.press(&page, "Weigeren", &[]).await;
    let left = officient.sim.events_of(person);
    assert!(left.iter().all(|event| event.leave.status == EventStatus::Approved && !declined.contains(&event.id)));
    assert_eq!(left.len(), 2, "the newest request is the first of the list");
    assert!(browser.html(&url).await.contains("Geen aanvragen."));
    let all = browser.html(&format!("{url}?status=all")).await;
    assert!(all.contains("geweigerd") && all.contains("goedgekeurd"));
}

#[tokio::test]
async fn the_field_on_the_tab_geavanceerd_appears_once_the_app_is_connected() {
    let sim = OfficientSim::start(OfficientOptions::default()).await.unwrap();
    let list = format!("{}/leave-types", sim.url());
    let mut browser = Browser::new();
    let page = browser.open(&list).await;
    let added = browser.press(&page, "Toevoegen", &[("name", "Verlof")]).await;
    assert!(browser.follow(&added).await.body.contains("href=\"/leave-types/80\""));
    let general = browser.open(&format!("{list}/80")).await;
    assert!(general.body.contains("href=\"/leave-types/80?tab=geavanceerd\">Geavanceerd</a>"));
    browser.press(&general, "Bewaren", &[("name", "Jaarlijks verlof")]).await;

    let tab = format!("{list}/80?tab=geavanceerd");
    let before = browser.html(&tab).await;
    assert!(!before.contains("name=\"code\"") && before.contains("verschijnt hier zodra de koppeling"));
    assert!(before.contains("Jaarlijks verlof"));
    let code = format!("{list}/80/code");
    assert_eq!(browser.post(&code, &[("code", "Vakantie")]).await.status, 403);
    sim.issue_access_token();
    let page = browser.open(&tab).await;
    let kept = browser.press(&page, "Bewaren", &[("code", "Vakantie")]).await;
    assert!(browser.follow(&kept).await.body.contains("value=\"Vakantie\""));
    assert!(browser.html(&list).await.contains("Optedo: Vakantie"));
    sim.revoke_all_tokens();
    assert!(!browser.html(&tab).await.contains("name=\"code\""));
}

#[tokio::test]
async fn the_developer_page_shows_and_registers_the_app_and_revokes_access() {
    let officient = Officient::start().await;
    let url = format!("{}/developer", officient.sim.url());
    let mut browser = Browser::new();
    let page = browser.open(&url).await;
    for text in [officient.sim.client_id(), officient.sim.client_secret(), "write access: webhooks"] {
        assert!(page.body.contains(text), "{text}");
    }
    for wrong in [("redirect_uri", "javascript:x"), ("name", "Andere app")] {
        assert_eq!(browser.press(&page, "Registreren", &[wrong]).await.status, 422, "{wrong:?}");
    }
    browser.press(&page, "Registreren", &[("redirect_uri", "https://acme.example/back")]).await;
    assert!(browser.html(&url).await.contains("<code>https://acme.example/back</code>"));
    browser.press(&page, "Toegang intrekken", &[]).await;
    assert_eq!(officient.get("/1.0/account").await.0, 401);
    assert!(browser.html(&url).await.contains("nog niet gegeven"));
}

#[tokio::test]
async fn webhooks_are_added_and_removed_by_hand_and_deliveries_are_shown() {
    let officient = Officient::start().await;
    let url = format!("{}/webhooks", officient.sim.url());
    let mut browser = Browser::new();
    let page = browser.open(&url).await;
    assert!(page.body.contains("Geen webhooks.") && page.body.contains("Nog niets bezorgd."));
    // Nothing listens on this port.
    let target = "http://127.0.0.1:1/hook";
    let added = browser.press(&page, "Toevoegen", &[("event", "person_added"), ("target_url", target)]).await;
    let page = browser.follow(&added).await;
    assert!(page.body.contains(&format!("<code>{target}</code>")));
    for wrong in [("target_url", "x"), ("event", "x")] {
        assert_eq!(browser.press(&page, "Toevoegen", &[("target_url", target), wrong]).await.status, 422);
    }
    officient.sim.deliver("person_added", serde_json::json!(7)).await;
    assert!(browser.html(&url).await.contains("geen antwoord"));
    let subscription = officient.sim.subscriptions()[0].id;
    assert!(page.body.contains(&format!("action=\"/webhooks/{subscription}/delete\"")));
    browser.press(&page, "Verwijderen", &[]).await;
    assert!(officient.sim.subscriptions().is_empty());
}

#[tokio::test]
async fn every_page_says_that_it_is_simulated_and_allows_only_its_own_script() {
    let (officient, person, _) = company().await;
    let event = officient.sim.add_event(person, NewEvent::new(VERLOF, date(2026, 4, 6)));
    let (person, event) = (format!("/people/{person}"), format!("/events/{event}"));
    let paths =
        ["/", &person, &event, "/requests", "/leave-types", "/leave-types/80", "/webhooks", "/developer", "/people/1"];
    for path in paths {
        let response = client().get(format!("{}{path}", officient.sim.url())).send().await.unwrap();
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{path}");
        let body = response.text().await.unwrap();
        assert!(body.contains("Nagebootste Officient – voor demonstratie, geen echte gegevens"), "{path}");
        assert!(!body.contains("style=") && !body.contains("<style"), "{path}");
    }
}

#[tokio::test]
async fn the_seed_fills_every_page() {
    let (officient, optedo) = (Officient::start().await, Optedo::start().await);
    seed(&officient.sim, &optedo.sim);
    let mut browser = Browser::new();
    let url = officient.sim.url();
    let people = browser.html(&url).await;
    assert!(people.contains("D&#39;Hondt"));
    assert_eq!(people.contains("vandaag: Verlof"), !is_weekend(today()), "leave is seeded on working days");
    let calendar = format!("{url}/people/273?month={}", today().strftime("%Y-%m"));
    assert!(browser.html(&calendar).await.contains("Pieter"));
    assert!(browser.html(&format!("{url}/requests")).await.contains("Pieter Van den Broeck"));
    assert!(browser.html(&format!("{url}/leave-types")).await.contains("Ouderschapsverlof"));
    assert!(browser.html(&format!("{}/absence-types", optedo.sim.url())).await.contains("Klein verlet"));
    assert!(browser.html(&optedo.sim.url()).await.contains("Renee De Smet"));
    assert_eq!(officient.read("/1.0/people/list").await["total_record_count"], 14);
}

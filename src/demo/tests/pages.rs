use jiff::civil::date;
use reqwest::Response;

use super::browser::Browser;
use super::{Officient, Optedo, client};
use crate::demo::officient::{LeaveType, NewEvent, OfficientOptions};
use crate::demo::{OfficientSim, clock, seed};

fn location(answer: &Response) -> String {
    answer.headers()["location"].to_str().unwrap().to_owned()
}

async fn page(url: &str) -> String {
    Browser::new().page(url).await
}

async fn submit(url: &str, fields: &[(&str, &str)]) -> Response {
    client().post(url).form(fields).send().await.unwrap()
}

#[tokio::test]
async fn leave_is_added_approved_changed_and_deleted_on_the_page() {
    let officient = Officient::start().await;
    let url = officient.sim.url();
    let person = officient.sim.add_person("<Walter>", "White");
    let leave_type = officient.sim.add_leave_type("Verlof", None).to_string();
    let there = format!("{url}/people/{person}");
    let answer = submit(
        &format!("{there}/leave"),
        &[
            ("leave_type", &leave_type),
            ("from", "2026-04-03"),
            ("until", "2026-04-07"),
            ("part", "day"),
            ("start", ""),
            ("hours", ""),
            ("status", "pending"),
        ],
    )
    .await;
    assert_eq!((answer.status().as_u16(), location(&answer)), (303, format!("/people/{person}")));
    let events = officient.sim.events_of(person);
    let days: Vec<_> = events.iter().map(|event| event.leave.date).collect();
    assert_eq!(days, [date(2026, 4, 3), date(2026, 4, 6), date(2026, 4, 7)], "without the weekend");
    let shown = page(&there).await;
    assert!(
        shown.contains("Goedkeuren") && shown.contains("&#60;Walter&#62;") && !shown.contains("<Walter>")
    );

    let event = events[0].id;
    submit(&format!("{url}/events/{event}/approve"), &[]).await;
    submit(
        &format!("{url}/events/{event}/change"),
        &[("part", "hours"), ("start", "10:30"), ("hours", "2.5")],
    )
    .await;
    let expected = NewEvent::new(LeaveType::Custom(80), date(2026, 4, 3)).part(630, 150);
    assert_eq!(officient.sim.events_of(person)[0].leave, expected);
    submit(&format!("{url}/events/{event}/delete"), &[]).await;
    assert_eq!(officient.sim.events_of(person).len(), 2);
    assert_eq!(officient.read("/1.0/calendar/requests/list").await["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_field_on_the_tab_geavanceerd_shows_only_once_connected() {
    let sim = OfficientSim::start(OfficientOptions::default()).await.unwrap();
    let id = sim.add_leave_type("Verlof", None);
    let url = format!("{}/leave-types/{id}", sim.url());
    let tab = format!("{url}?tab=geavanceerd");
    assert!(!page(&tab).await.contains("name=\"code\""));
    assert_eq!(submit(&format!("{url}/code"), &[("code", "Vakantie")]).await.status(), 403);
    sim.issue_tokens();
    assert!(page(&tab).await.contains("name=\"code\""));
    assert_eq!(submit(&format!("{url}/code"), &[("code", "Vakantie")]).await.status(), 303);
    assert!(page(&tab).await.contains("value=\"Vakantie\""));
}

#[tokio::test]
async fn the_seed_fills_every_page() {
    let (officient, optedo) = (Officient::start().await, Optedo::start().await);
    seed(&officient.sim, &optedo.sim);
    let url = officient.sim.url();
    for path in ["/", "/leave-types", "/developer", "/people/264", "/leave-types/80"] {
        assert!(
            page(&format!("{url}{path}")).await.contains("voor demonstratie, geen echte gegevens"),
            "{path}"
        );
    }
    let users = optedo.sim.users();
    let day = clock::today().to_string();
    let form = [
        ("user_id", "11"),
        ("absence_type_id", "1"),
        ("day", day.as_str()),
        ("start", "09:00"),
        ("end", "12:00"),
    ];
    submit(&format!("{}/absences", optedo.sim.url()), &form).await;
    submit(&format!("{}/absences", optedo.sim.url()), &form[..3]).await;
    let planning = page(&optedo.sim.url()).await;
    assert!(planning.contains("http-equiv=\"refresh\"") && planning.contains("Vak 3u"));
    assert!(page(&format!("{}/?month=2030-01", optedo.sim.url())).await.contains("januari 2030"));
    assert!(page(&format!("{}/absences", optedo.sim.url())).await.contains("hele dag"));
    let first = optedo.sim.absences()[0].id;
    submit(&format!("{}/absences/{first}/delete", optedo.sim.url()), &[]).await;
    assert_eq!(optedo.sim.absences().len(), 1);
    submit(
        &format!("{}/users/{}", optedo.sim.url(), users[1].id),
        &[("first_name", "Jan"), ("last_name", "Peeters")],
    )
    .await;
    assert!(page(&format!("{}/users", optedo.sim.url())).await.contains("value=\"Jan\""));
    assert!(page(&format!("{}/absence-types", optedo.sim.url())).await.contains("Klein verlet"));
    assert_eq!(officient.read("/1.0/people/list").await["total_record_count"], 14);
}

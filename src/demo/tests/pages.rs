use jiff::civil::date;
use reqwest::Response;
use url::Url;

use super::{Officient, Optedo, client};
use crate::demo::officient::{LeaveType, NewEvent, OfficientOptions};
use crate::demo::{OfficientSim, clock, seed};

fn location(answer: &Response) -> String {
    answer.headers()["location"].to_str().unwrap().to_owned()
}

async fn page(url: &str) -> String {
    let answer = client().get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{url}");
    answer.text().await.unwrap()
}

async fn submit(url: &str, fields: &[(&str, &str)]) -> Response {
    client().post(url).form(fields).send().await.unwrap()
}

#[tokio::test]
async fn consent_leads_back_with_a_code_or_an_error() {
    let redirect_uri = "https://acme.example/back?x=1";
    let options =
        OfficientOptions { redirect_uri: Some(redirect_uri.to_owned()), ..OfficientOptions::default() };
    let officient = OfficientSim::start(options).await.unwrap();
    let url = format!("{}/authorize", officient.url());
    let fields = [("client_id", officient.client_id()), ("redirect_uri", redirect_uri), ("state", "s&1")];
    let question = Url::parse_with_params(&url, fields).unwrap();
    let consent = page(question.as_str()).await;
    assert!(consent.contains("Geef toegang") && consent.contains("Weigeren") && consent.contains("s&#38;1"));

    let allowed = submit(&url, &[&fields[..], &[("answer", "allow")]].concat()).await;
    assert_eq!(allowed.status(), 303);
    let back = Url::parse(&location(&allowed)).unwrap();
    let names: Vec<_> = back.query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(names, ["x", "code", "state"]);
    let refused = submit(&url, &[&fields[..], &[("answer", "deny")]].concat()).await;
    assert_eq!(location(&refused), "https://acme.example/back?x=1&error=access_denied&state=s%261");

    for wrong in [
        [("client_id", "x"), ("redirect_uri", redirect_uri)],
        [fields[0], ("redirect_uri", "https://evil.example")],
    ] {
        let answer = client().get(Url::parse_with_params(&url, wrong).unwrap()).send().await.unwrap();
        assert_eq!(answer.status(), 400);
    }
    assert!(page(&format!("{}/developer", officient.url())).await.contains(officient.client_secret()));
}

#[tokio::test]
async fn a_redirect_address_must_be_the_same_at_the_token_call() {
    let officient = Officient::start().await;
    let url = officient.sim.url();
    let (id, secret) = (officient.sim.client_id(), officient.sim.client_secret());
    let exchange = async |redirect_uri: &str| {
        let fields = [("client_id", id), ("redirect_uri", "https://a.example/"), ("answer", "allow")];
        let back = Url::parse(&location(&submit(&format!("{url}/authorize"), &fields).await)).unwrap();
        let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", id),
            ("client_secret", secret),
            ("code", &code),
            ("redirect_uri", redirect_uri),
        ];
        submit(&format!("{url}/1.0/token"), &fields).await.status().as_u16()
    };
    assert_eq!(exchange("https://a.example/").await, 200);
    assert_eq!(exchange("https://b.example/").await, 400);
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
        assert!(page(&format!("{url}{path}")).await.contains("alleen voor demonstratie"), "{path}");
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

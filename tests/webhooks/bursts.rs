//! Bursts and floods: many webhooks cost few calls, and delay nobody's leave.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;

use crate::support::prelude::*;

/// A person of the twenty, and what was imported of them.
struct Person {
    id: i64,
    user: i64,
    request: i64,
    events: Vec<i64>,
}

/// Twenty people with one request for two days each, all imported.
async fn twenty_people(w: &World) -> Vec<Person> {
    let people = w.hire_people(20).into_iter().map(|(id, user)| {
        let (request, events) = w.officient.add_leave(id, [w.leave(0), w.leave(1)]);
        Person { id, user, request, events }
    });
    let people = people.collect();
    w.connect_and_import().await;
    people
}

/// Five hundred webhooks with these ids are stored before the worker processes the first of them. They cost at most a
/// hundred calls.
async fn burst(w: &World, case: &str, ids: &[i64]) {
    w.hold_worker().await;
    w.officient.clear_calls();
    let deliveries = (0..500).map(|number| w.deliver("calendar_event_updated", ids[number % ids.len()]));
    assert!(join_all(deliveries).await.iter().all(|status| *status == StatusCode::OK));
    w.release_worker().await;
    w.settle().await;
    assert_eq!(w.officient.rate_limited(), 0, "{case}");
    let mut calls: BTreeMap<String, usize> = BTreeMap::new();
    for call in w.officient.calls() {
        *calls.entry(call.path.chars().filter(|char| !char.is_ascii_digit()).collect()).or_default() += 1;
    }
    assert!(calls.values().sum::<usize>() <= 100, "{case}: {calls:?}");
}

#[tokio::test]
async fn a_burst_about_twenty_people_costs_few_calls_whether_its_ids_are_people_events_or_requests() {
    let w = fast_rate_limit().world().await;
    let people = twenty_people(&w).await;
    let cases: [(&str, Vec<i64>); 3] = [
        ("people", people.iter().map(|person| person.id).collect()),
        ("events", people.iter().flat_map(|person| person.events.clone()).collect()),
        ("requests", people.iter().map(|person| person.request).collect()),
    ];
    for (hour, (case, ids)) in (9..).zip(cases) {
        for person in &people {
            w.make_partial(person.events[0], hour, 60);
        }
        burst(&w, case, &ids).await;
        for person in &people {
            let (start, ..) = w.times_of(person.events[0]).unwrap();
            assert_eq!(i64::from(start.hour()), hour, "{case}");
        }
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_burst_about_everybody_looks_up_no_id() {
    let w = fast_rate_limit().world().await;
    let mut people: Vec<i64> = w.hire_people(20).into_iter().map(|(id, _)| id).collect();
    people.push(w.jan);
    w.connect_and_import().await;
    for person in &people {
        w.officient.add_event(*person, w.leave(0));
    }
    w.hold_worker().await;
    w.officient.clear_calls();
    for person in &people {
        w.receive("calendar_event_added", person).await;
    }
    w.release_worker().await;
    w.settle().await;
    assert_eq!(w.absences().len(), 21);
    let calls = w.officient.calls();
    assert!(!calls.iter().any(|call| call.path.contains("/requests/")), "{calls:?}");
    assert!(calls.len() <= 21 * w.window_years() + 2, "{}", calls.len());
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_burst_about_new_events_or_requests_of_twenty_people_costs_few_calls() {
    for case in ["events", "requests"] {
        let w = fast_rate_limit().world().await;
        let people = twenty_people(&w).await;
        let mut ids = Vec::new();
        for person in &people {
            let (request, events) = w.officient.add_leave(person.id, (2..27).map(|day| w.leave(day)));
            if case == "requests" { ids.push(request) } else { ids.extend(events) }
        }
        burst(&w, case, &ids).await;
        for person in &people {
            assert_eq!(w.optedo.absences_of(person.user).len(), 27, "{case}");
        }
        w.finish(&[]).await;
    }
}

/// Delivers these webhooks, fifty at a time; all must be accepted.
async fn flood(w: &World, webhooks: impl Iterator<Item = (&'static str, i64)>) {
    let deliveries = webhooks.map(|(event_type, id)| w.deliver(event_type, id));
    let mut statuses = futures_util::stream::iter(deliveries).buffer_unordered(50);
    while let Some(status) = statuses.next().await {
        assert_eq!(status, StatusCode::OK);
    }
}

#[tokio::test]
async fn eleven_thousand_webhooks_with_unknown_ids_delay_nobodys_leave() {
    let w = fast_rate_limit().world().await;
    w.hire_people_with_leave(40);
    w.connect_and_import().await;
    let unknown = |from: i64| (from..from + 2750).flat_map(|id| [("calendar_event_added", id), ("person_added", id)]);
    flood(&w, unknown(1_000_000)).await;
    for (day, from) in [(1, 2_000_000), (2, 3_000_000)] {
        let event = w.take_leave(day);
        let calls = w.officient.calls().len();
        w.receive("calendar_event_added", w.jan).await;
        w.until("Jan's leave is written", async || w.absence_of(event).is_some()).await;
        let calls = w.officient.calls().len() - calls;
        // To reconcile everybody, as the flood requests, costs more than 120.
        assert!(calls <= 100, "{calls} calls of the flood went before two of Jan's");
        if day == 1 {
            flood(&w, unknown(from)).await;
        }
    }
    w.settle().await;
    assert!(w.officient.calls().len() < 1500, "{}", w.officient.calls().len());
    let people = w.number("select count(*) from people").await;
    assert!(people < 100, "{people} people, most of whom do not exist");
    assert_eq!(w.officient.rate_limited(), 0);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_known_id_behind_thousands_of_unknown_ids_does_not_wait() {
    let w = World::connected().await;
    // The meaning of the unknown ids cannot be looked up.
    w.officient.fault_on("/1.0/calendar/requests/", Fault::Status(500), 10_000);
    flood(&w, (0..2500).map(|id| ("calendar_event_added", 5_000_000 + id))).await;
    let event = w.take_leave(0);
    w.receive("calendar_event_added", w.jan).await;
    w.until("Jan's leave is written", async || w.times_of(event) == whole_day(w.day(0))).await;
    w.officient.clear_faults();
    w.until("the other webhooks are processed", async || {
        w.advance(SignedDuration::from_mins(1)).await;
        w.queue("waiting").await == 0
    })
    .await;
    w.finish(&[]).await;
}

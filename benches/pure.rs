//! The pure parts, by Criterion: `cargo bench --bench pure`.

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::ToSpan as _;
use jiff::civil::{date, time};
use optedo_officient::config::LeaveTypes;
use optedo_officient::domain::absence::Times;
use optedo_officient::domain::absence::{AbsenceType, User};
use optedo_officient::domain::calendar::{CalendarEvent, Category, LeaveType, LeaveTypeRef, Status};
use optedo_officient::domain::company::Names;
use optedo_officient::domain::desired::{Classification, Rules, Window, classify};
use optedo_officient::domain::ids::{AbsenceId, AbsenceTypeId, EventId, LeaveTypeId, PersonId, UserId};
use optedo_officient::domain::mapping::{MappingRules, TypeChoices};
use optedo_officient::domain::matching::{PersonChoices, UserDirectory, match_person};
use optedo_officient::domain::plan::{Evidence, WrittenAbsence, plan};
use optedo_officient::domain::webhook::WebhookPayload;

const USERS: i64 = 500;
const EVENTS: i64 = 60;

fn users() -> Vec<User> {
    (0..USERS)
        .map(|id| User {
            id: UserId(id),
            first_name: format!("Jan {id}"),
            last_name: "Peeters".to_owned(),
            active: true,
        })
        .collect()
}

/// A year's leave of one person.
fn events() -> Vec<CalendarEvent> {
    (0..EVENTS)
        .map(|id| CalendarEvent {
            id: EventId(id),
            date: Ok(date(2026, 1, 5).saturating_add(id.days())),
            name: Ok("Verlof".to_owned()),
            leave_type: LeaveTypeRef::Custom(Some(LeaveTypeId(1))),
            category: Ok(Category::TimeOff),
            status: Ok(Status::Approved),
            is_worked: Ok(false),
            duration_minutes: Ok(Some(480)),
            start_minutes: None,
            scheduled_minutes: Ok(480),
        })
        .collect()
}

fn matching(c: &mut Criterion) {
    let directory = UserDirectory::new(users());
    let exact = Names { first: "Jan 250".to_owned(), last: "Peeters".to_owned() };
    let choices = PersonChoices::new();
    let near = Names { first: "jan 250".to_owned(), last: "Peeters".to_owned() };
    let mut group = c.benchmark_group("match a person with 500 users");
    group.bench_function("exact", |b| b.iter(|| match_person(PersonId(1), black_box(&exact), 0, &directory, &choices)));
    group.bench_function("none, with a hint", |b| {
        b.iter(|| match_person(PersonId(1), black_box(&near), 0, &directory, &choices));
    });
    group.finish();
    c.bench_function("index 500 users by name", |b| b.iter_with_setup(users, UserDirectory::new));
}

fn planning(c: &mut Criterion) {
    let window = Window { from: date(2025, 11, 1), until: date(2027, 2, 1) };
    let absence_types = [AbsenceType { id: AbsenceTypeId(1), description: "Verlof".to_owned() }];
    let leave_types = [LeaveType { id: LeaveTypeId(1), name: Some("Verlof".to_owned()), integrations: Vec::new() }];
    let built_in = LeaveTypes::default();
    let choices = TypeChoices::new();
    let mapping = MappingRules {
        integration_app: "optedo",
        built_in: &built_in,
        choices: &choices,
        absence_types: &absence_types,
    };
    let rules = Rules { window, include_pending: false, default_start: time(9, 0, 0, 0), mapping };
    let names = Names { first: "Jan 250".to_owned(), last: "Peeters".to_owned() };
    let person = match_person(PersonId(1), &names, 0, &UserDirectory::new(users()), &PersonChoices::new());
    let events = events();
    let all = || -> BTreeMap<EventId, Classification> {
        let classify = |event: &CalendarEvent| classify(event, "Jan 250 Peeters", &person, &leave_types, &rules);
        events.iter().map(|event| (event.id, classify(event))).collect()
    };
    c.bench_function("what 60 events of a person come to", |b| b.iter(&all));
    let standings = all();
    let written: Vec<WrittenAbsence> = standings.values().filter_map(written).collect();
    let evidence = Evidence { person: PersonId(1), years: &[2025, 2026, 2027], is_complete: true, unreadable: None };
    let mut group = c.benchmark_group("plan 60 events of a person");
    group.bench_function("nothing to do", |b| {
        b.iter(|| plan(&standings, black_box(&written), window, &evidence));
    });
    group.bench_function("all to create", |b| b.iter(|| plan(&standings, black_box(&[]), window, &evidence)));
    group.finish();
}

fn written(classify: &Classification) -> Option<WrittenAbsence> {
    let Classification::Absent(desired) = classify else { return None };
    let Times { start, end, all_day } = desired.times;
    Some(WrittenAbsence {
        event: desired.event,
        person: PersonId(1),
        date: desired.date,
        user: desired.user,
        absence: Some(AbsenceId(desired.event.0)),
        absence_type: desired.absence_type,
        times: Times { start, end, all_day },
        is_worked: Some(desired.is_worked),
        intent: None,
        written_at: None,
        call_until: None,
        deletion_confirmed: false,
        deletion_rejected: false,
        deletion_requested: false,
    })
}

fn parsing(c: &mut Criterion) {
    let body = br#"{"account":"acme","event_type":"calendar_event_updated","related_object_id":"123456"}"#;
    c.bench_function("read a webhook's body", |b| b.iter(|| WebhookPayload::parse(black_box(body))));
}

criterion_group!(pure, matching, planning, parsing);
criterion_main!(pure);

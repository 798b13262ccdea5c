//! (g) An audit of everybody at Officient's limit, a webhook during it, and the explanation of one person.

use std::time::{Duration, Instant};

use optedo_officient::simulators::officient::{LeaveType, NewEvent};
use reqwest::Method;
use tokio::time::sleep;

use super::outage::company_of;
use super::report::{Goal, Report, at_most};
use super::sut::{PEOPLE, Sut};

/// Absences that somebody deleted in Optedo.
const DELETED: usize = 10;
const EXPLAINED: usize = 5;

pub async fn measure(report: &mut Report) {
    let company = company_of(PEOPLE).await;
    audit(&company, report).await;
    explain(&company, report).await;
    company.stop().await;
}

async fn audit(sut: &Sut, report: &mut Report) {
    report.section(&format!("An audit of {PEOPLE} people, at Officient's limit of 30 calls in 5 s"));
    for user in sut.users.iter().rev().take(DELETED) {
        let absence = sut.optedo.absences_of(*user)[0].id;
        sut.optedo.delete_absence(absence);
    }
    // The calls of the import count no more.
    sleep(Duration::from_secs(10)).await;
    sut.officient.clear_calls();
    sut.optedo.clear_calls();
    let began = Instant::now();
    sut.request(Method::POST, "/audit").await;
    sleep(Duration::from_secs(20)).await;
    let webhook = webhook(sut).await;
    let finished = async || sut.status().await["audit"]["finishedAt"].is_string();
    while !finished().await {
        sleep(Duration::from_millis(200)).await;
    }
    let seconds = began.elapsed().as_secs_f64();
    let differences = sut.status().await["audit"]["differences"].clone();
    assert_eq!(differences, DELETED);
    report.row("time, s", format!("{seconds:.0} s"), Some(seconds), at_most(600.0));
    report.row("calls to Officient", sut.officient.calls().len(), None, Goal::None);
    let lists = sut.optedo.calls().iter().filter(|call| call.path.starts_with("/api/absences")).count();
    report.row("lists of absences read from Optedo, one of them for the webhook", lists, None, Goal::None);
    report.row("a webhook during it, to the absence, s", format!("{webhook:.2} s"), Some(webhook), at_most(0.5));
    report.row("responses with 429", sut.officient.rate_limited(), None, Goal::None);
}

/// How many seconds a webhook takes to the absence.
async fn webhook(sut: &Sut) -> f64 {
    let (person, user, day) = (sut.people[0], sut.users[0], sut.day(60));
    sut.officient.add_event(person, NewEvent::new(LeaveType::Custom(sut.leave_type), day));
    let began = Instant::now();
    sut.deliver(&sut.webhook_url().await, person).await;
    while !sut.optedo.absences_of(user).iter().any(|absence| absence.content.start.date() == day) {
        assert!(began.elapsed() < Duration::from_mins(1), "the absence comes");
        sleep(Duration::from_millis(5)).await;
    }
    began.elapsed().as_secs_f64()
}

async fn explain(sut: &Sut, report: &mut Report) {
    report.section("The explanation of one person");
    sleep(Duration::from_secs(10)).await;
    let (mut slowest, mut calls): (f64, usize) = (0.0, 0);
    for person in sut.people.iter().take(EXPLAINED) {
        sut.officient.clear_calls();
        sut.optedo.clear_calls();
        let began = Instant::now();
        sut.request(Method::GET, &format!("/people/{person}/days")).await;
        slowest = slowest.max(began.elapsed().as_secs_f64());
        calls = calls.max(sut.officient.calls().len() + sut.optedo.calls().len());
        sleep(Duration::from_secs(5)).await;
    }
    report.row(&format!("slowest of {EXPLAINED}"), format!("{:.0} ms", slowest * 1000.0), None, Goal::None);
    report.row("calls to both APIs, at most", calls, None, Goal::None);
}

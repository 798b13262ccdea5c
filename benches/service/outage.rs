//! (f) How long after an outage of a minute Optedo equals Officient again, and a webhook beside people whose calls hang.

use std::time::{Duration, Instant};

use optedo_officient::simulators::Fault;
use optedo_officient::simulators::officient::{LeaveType, NewEvent};
use tokio::time::{interval, sleep, timeout};

use super::report::{Goal, Report, at_least, at_most};
use super::sut::{self, Sut};

const OUTAGE: Duration = Duration::from_mins(1);
/// One webhook a second is about one of so many people.
const SOME: usize = 20;
const HANGING: usize = 20;
const WEBHOOKS: usize = 5;
/// Longer than a call may take.
const FIRST_TIME_OUT: Duration = Duration::from_secs(12);

#[derive(Clone, Copy)]
enum Upstream {
    Officient,
    Optedo,
    Database,
}

pub async fn measure(report: &mut Report) {
    report.section(&format!("A webhook beside {HANGING} people whose calls hang until the time-out"));
    let company = company_of(2 * HANGING).await;
    beside_hanging_people(&company, report).await;
    company.stop().await;
    report.section("Equal after an outage of 60 s, at Officient's limit of 30 calls in 5 s");
    let outages = [
        ("Officient answers 503", Upstream::Officient),
        ("Optedo answers 503", Upstream::Optedo),
        ("the database refuses connections", Upstream::Database),
    ];
    let few = company_of(SOME).await;
    for (day, (label, upstream)) in outages.into_iter().enumerate() {
        let after = after_outage(&few, upstream, 40 + 5 * day).await;
        let seconds = after.seconds;
        let label = format!("{label}, webhooks about {SOME} people, s");
        report.row(&label, format!("{seconds:.1} s, {} calls", after.calls), Some(seconds), at_most(10.0));
    }
    few.stop().await;
    let many = company_of(sut::PEOPLE).await;
    for (day, (label, upstream)) in outages.into_iter().enumerate() {
        let after = after_outage(&many, upstream, 40 + 5 * day).await;
        let share = after.calls.saturating_sub(30) as f64 / after.seconds / 6.0;
        let label = format!("{label}, webhooks about {} people, share of the limit", sut::PEOPLE);
        report.row(&label, format!("{:.0} s, {} calls", after.seconds, after.calls), Some(share), at_least(0.85));
    }
    many.stop().await;
}

/// A company whose leave is in Optedo, at Officient's limit, without sweeps, with the default window: two calendar years from
/// February to November, otherwise three.
pub async fn company_of(people: usize) -> Sut {
    let mut sut = Sut::start(people, sut::WITHOUT_LIMIT).await;
    sut.connect().await;
    sut.wait_for_import().await;
    sut.restart_with(&[("OFFICIENT__RATE_LIMIT_CALLS", "30"), ("SYNC__SWEEP_INTERVAL", "0s")]).await;
    sut
}

struct After {
    seconds: f64,
    /// How often Officient was called.
    calls: usize,
}

/// During the outage, everybody gets leave on this day. Webhooks that were refused are sent again after it.
async fn after_outage(sut: &Sut, upstream: Upstream, day: usize) -> After {
    let url = sut.webhook_url().await;
    let day = sut.day(day);
    let before = sut.optedo.absences().len();
    let fault = || Fault::Status(503);
    match upstream {
        Upstream::Officient => sut.officient.fault_on("/1.0/", fault(), usize::MAX),
        Upstream::Optedo => sut.optedo.fault_on("/api/", fault(), usize::MAX),
        Upstream::Database => sut.cut_database(true).await,
    }
    let webhooks = sut.people.len().max(60);
    let mut ticks = interval(OUTAGE / u32::try_from(webhooks).unwrap());
    let mut refused: Vec<i64> = Vec::new();
    for number in 0..webhooks {
        ticks.tick().await;
        let person = sut.people[number % sut.people.len()];
        if number < sut.people.len() {
            sut.officient.add_event(person, NewEvent::new(LeaveType::Custom(sut.leave_type), day));
        }
        if !sut.is_accepted(&url, person).await {
            refused.push(person);
        }
    }
    sut.officient.clear_calls();
    sut.officient.clear_faults();
    sut.optedo.clear_faults();
    if matches!(upstream, Upstream::Database) {
        sut.cut_database(false).await;
    }
    let over = Instant::now();
    while sut.optedo.absences().len() < before + sut.people.len() {
        if let Some(person) = refused.last().copied()
            && sut.is_accepted(&url, person).await
        {
            refused.pop();
            continue;
        }
        assert!(over.elapsed() < Duration::from_mins(15), "not equal in time");
        sleep(Duration::from_millis(20)).await;
    }
    let seconds = over.elapsed().as_secs_f64();
    let calls = sut.officient.calls().len();
    sut.settle().await;
    After { seconds, calls }
}

async fn beside_hanging_people(sut: &Sut, report: &mut Report) {
    let url = sut.webhook_url().await;
    for (upstream, day) in [("Officient", 60), ("Optedo", 65)] {
        for (person, user) in sut.people.iter().zip(&sut.users).take(HANGING) {
            sut.officient.add_event(*person, NewEvent::new(LeaveType::Custom(sut.leave_type), sut.day(day)));
            if upstream == "Officient" {
                sut.officient.fault_on(&format!("/1.0/calendar/{person}/"), Fault::Timeout, usize::MAX);
            } else {
                sut.optedo.fault_on(&format!("GET /api/absences?userId={user}"), Fault::Timeout, usize::MAX);
            }
        }
        for person in sut.people.iter().take(HANGING) {
            sut.deliver(&url, *person).await;
        }
        // The webhooks about those who hang came at once, and their first calls may use the whole limit.
        sleep(FIRST_TIME_OUT).await;
        let mut slowest: f64 = 0.0;
        for number in 0..WEBHOOKS {
            sleep(Duration::from_secs(3)).await;
            let (person, user) = (sut.people[HANGING + number], sut.users[HANGING + number]);
            let day = sut.day(day);
            sut.officient.add_event(person, NewEvent::new(LeaveType::Custom(sut.leave_type), day));
            let began = Instant::now();
            sut.deliver(&url, person).await;
            let is_written = || sut.optedo.absences_of(user).iter().any(|absence| absence.content.start.date() == day);
            let written = async {
                while !is_written() {
                    sleep(Duration::from_millis(5)).await;
                }
            };
            timeout(Duration::from_mins(1), written).await.expect("the absence comes");
            slowest = slowest.max(began.elapsed().as_secs_f64());
        }
        let label = format!("{upstream} hangs: slowest of {WEBHOOKS} webhooks, to the absence, s");
        report.row(&label, format!("{slowest:.2} s"), Some(slowest), at_most(1.5));
        sut.officient.clear_faults();
        sut.optedo.clear_faults();
        sut.settle().await;
    }
    let refused = sut.officient.rate_limited();
    report.row("responses with 429", refused, None, Goal::None);
}

//! (c) The first import of a company, at Officient's real limit, and webhooks that arrive during it.

use std::time::{Duration, Instant};

use optedo_officient::simulators::officient::{LeaveType, NewEvent};
use tokio::time::sleep;

use super::report::{Goal, Report, at_least, at_most, median};
use super::sut::{PEOPLE, Sut};

const WEBHOOKS: usize = 10;
/// The calls that an import leaves free are free again after one period of the limit.
const BETWEEN_WEBHOOKS: Duration = Duration::from_secs(10);

pub async fn measure(report: &mut Report) {
    report.section("The first import of 500 people, at Officient's limit of 30 calls in 5 s");
    let sut = Sut::start(PEOPLE, &[("SYNC__SWEEP_INTERVAL", "0s")]).await;
    sut.officient.clear_calls();
    let began = Instant::now();
    sut.connect().await;
    let mut waits = times_of_webhooks(&sut, 40).await;
    sut.wait_for_import().await;
    let seconds = began.elapsed().as_secs_f64();
    let calls = sut.officient.calls();
    let absences = sut.optedo.absences().len();
    let first = calls.iter().map(|call| call.at).min().unwrap();
    let last = calls.iter().map(|call| call.at).max().unwrap();
    // The first burst is free: the rate is that of the calls after it.
    let rate = (calls.len() - 30) as f64 / (last - first).as_secs_f64();
    let measured = format!("{} calls in {seconds:.0} s, {absences} absences", calls.len());
    let label = "calls per second after the first burst, of 6 allowed";
    report.row(label, measured, Some(rate / 6.0), at_least(0.85));
    let refused = sut.officient.rate_limited();
    report.row("responses with 429", refused, Some(refused as f64), at_most(0.0));
    let slowest = waits.iter().copied().fold(0.0, f64::max);
    let measured = format!("median {:.2} s, slowest {slowest:.2} s", median(&mut waits));
    let label = format!("a webhook during the import, to the absence, slowest of {WEBHOOKS}, s");
    report.row(&label, measured, Some(slowest), at_most(0.5));
    let per_person = calls.len() as f64 / PEOPLE as f64;
    report.row("calls per person", format!("{per_person:.2}"), None, Goal::None);
    sut.request_sweep().await;
    let mut waits = times_of_webhooks(&sut, 41).await;
    assert_eq!(sut.status().await["sync"]["state"], "running", "the sweep was over before the webhooks");
    let slowest = waits.iter().copied().fold(0.0, f64::max);
    let measured = format!("median {:.2} s, slowest {slowest:.2} s", median(&mut waits));
    let label = format!("a webhook during a full reconciliation, to the absence, slowest of {WEBHOOKS}, s");
    report.row(&label, measured, Some(slowest), at_most(0.5));
    sut.stop().await;
}

/// Seconds from a webhook to its absence, for people whom the import reaches last.
async fn times_of_webhooks(sut: &Sut, day: usize) -> Vec<f64> {
    let url = sut.webhook_url().await;
    let day = sut.day(day);
    let mut times = Vec::new();
    for number in 0..WEBHOOKS {
        sleep(BETWEEN_WEBHOOKS).await;
        let index = PEOPLE - 1 - number;
        let (person, user) = (sut.people[index], sut.users[index]);
        sut.officient.add_event(person, NewEvent::new(LeaveType::Custom(sut.leave_type), day));
        let began = Instant::now();
        sut.deliver(&url, person).await;
        let is_written = || sut.optedo.absences_of(user).iter().any(|absence| absence.content.start.date() == day);
        while !is_written() {
            assert!(began.elapsed() < Duration::from_mins(1), "the absence did not come");
            sleep(Duration::from_millis(1)).await;
        }
        times.push(began.elapsed().as_secs_f64());
    }
    times
}

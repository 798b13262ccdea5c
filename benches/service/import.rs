//! (c) The first import of a company, at Officient's true limit.

use std::time::Instant;

use super::report::{Aim, Report, at_least, at_most};
use super::subject::{PEOPLE, Subject};

pub async fn measure(report: &mut Report) {
    report.part("The first import of 500 people, at Officient's limit of 30 calls in 5 s");
    let subject = Subject::start(PEOPLE, &[("SYNC__SWEEP_INTERVAL", "0s")]).await;
    subject.officient.clear_calls();
    let began = Instant::now();
    subject.connect().await;
    subject.import().await;
    let seconds = began.elapsed().as_secs_f64();
    let calls = subject.officient.calls();
    let absences = subject.optedo.absences().len();
    let first = calls.iter().map(|call| call.at).min().unwrap();
    let last = calls.iter().map(|call| call.at).max().unwrap();
    let rate = calls.len() as f64 / (last - first).as_secs_f64();
    let detail = format!("{} calls in {seconds:.0} s, {absences} absences", calls.len());
    report.row("calls a second, of 6 allowed", detail, Some(rate / 6.0), at_least(0.85));
    let refused = subject.officient.rate_limited();
    report.row("answers 429", refused, Some(refused as f64), at_most(0.0));
    let a_person = calls.len() as f64 / PEOPLE as f64;
    report.row("calls a person", format!("{a_person:.2}"), None, Aim::None);
    subject.stop().await;
}

//! (d) A sweep over everybody with nothing to do.

use std::time::Duration;

use jiff::Timestamp;

use super::report::{Aim, Report, at_most, median};
use super::subject::{PEOPLE, SWEEP_EVERY, Subject, years_of_window};

const SWEEPS: usize = 3;

pub async fn measure(subject: &Subject, report: &mut Report) {
    seconds(subject).await;
    let mut times = Vec::new();
    for _ in 0..SWEEPS {
        times.push(seconds(subject).await);
    }
    let seconds = median(&mut times);
    report.part("A sweep over 500 people with nothing to do");
    // Of people, not of leave types and requests, which are under the same path.
    let is_of_person = |path: &str| {
        path.strip_prefix("/1.0/calendar/").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let calls = subject.officient.calls();
    let calendars = calls.iter().filter(|call| is_of_person(&call.path)).count();
    let years = years_of_window() as f64;
    let a_person_a_year = calendars as f64 / PEOPLE as f64 / years;
    report.row(
        "calendar calls a person a year of the window",
        format!("{calendars} calls, {years} years"),
        Some(a_person_a_year),
        at_most(1.0),
    );
    let others = calls.len() - calendars;
    report.row(
        "other calls of Officient (the list of people, leave types, webhooks)",
        others,
        None,
        Aim::None,
    );
    let optedo = subject.optedo.calls().len();
    report.row("calls of Optedo", optedo, Some(optedo as f64), at_most(0.0));
    let pause = Duration::as_secs(&SWEEP_EVERY);
    let what = format!("time, without the rate limit ({pause} s between sweeps), median of {SWEEPS}");
    report.row(&what, format!("{seconds:.2} s"), None, Aim::None);
}

/// How many seconds the next sweep takes, with the rate limit out of the way. The calls of Officient and Optedo are its own.
pub async fn seconds(subject: &Subject) -> f64 {
    subject.officient.clear_calls();
    subject.optedo.clear_calls();
    let status = subject.after_next_sweep().await;
    let time = |name: &str| status["sync"][name].as_str().unwrap().parse::<Timestamp>().unwrap();
    time("finishedAt").duration_since(time("startedAt")).as_secs_f64()
}

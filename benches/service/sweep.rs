//! (d) A sweep over everybody with nothing to do.

use std::time::Duration;

use jiff::Timestamp;

use super::report::{Goal, Report, median};
use super::sut::{PEOPLE, SWEEP_EVERY, Sut, years_of_window};

const SWEEPS: usize = 3;

pub async fn measure(sut: &Sut, report: &mut Report) {
    seconds(sut).await;
    let mut times = Vec::new();
    for _ in 0..SWEEPS {
        times.push(seconds(sut).await);
    }
    let seconds = median(&mut times);
    report.section("A sweep over 500 people with nothing to do");
    // Calendars of people, not leave types and requests, which have the same prefix.
    let is_of_person = |path: &str| {
        path.strip_prefix("/1.0/calendar/").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let calls = sut.officient.calls();
    let calendars = calls.iter().filter(|call| is_of_person(&call.path)).count();
    let years = years_of_window() as f64;
    let per_person_and_year = calendars as f64 / PEOPLE as f64 / years;
    report.row(
        "calendar calls per person and year of the window",
        format!("{per_person_and_year:.2} ({calendars} calls, {years} years)"),
        None,
        Goal::None,
    );
    let others = calls.len() - calendars;
    let label = "other calls to Officient (the list of people, leave types, subscriptions)";
    report.row(label, others, None, Goal::None);
    let optedo = sut.optedo.calls().len();
    report.row("calls to Optedo", optedo, None, Goal::None);
    let pause = Duration::as_secs(&SWEEP_EVERY);
    let label = format!("time, without the rate limit ({pause} s between sweeps), median of {SWEEPS}");
    report.row(&label, format!("{seconds:.2} s"), None, Goal::None);
}

/// How many seconds the next sweep takes without the rate limit. Afterwards the simulators have recorded only its calls.
pub async fn seconds(sut: &Sut) -> f64 {
    sut.officient.clear_calls();
    sut.optedo.clear_calls();
    let status = sut.status_after_next_sweep().await;
    let time = |name: &str| status["sync"][name].as_str().unwrap().parse::<Timestamp>().unwrap();
    time("finishedAt").duration_since(time("startedAt")).as_secs_f64()
}

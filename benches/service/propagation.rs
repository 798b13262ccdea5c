//! (b) From a webhook to the absence in Optedo, with upstreams that take their time.

use std::time::{Duration, Instant};

use optedo_officient::simulators::officient::{LeaveType, NewEvent};

use super::report::{Report, at_most, median, percentile};
use super::subject::Subject;

const WEBHOOKS: usize = 100;

pub async fn measure(subject: &Subject, report: &mut Report) {
    report.part("From a webhook to the absence in Optedo");
    for (week, a_call) in [0_u32, 50, 200].into_iter().enumerate() {
        let mut times = times(subject, Duration::from_millis(a_call.into()), week).await;
        let (p50, p99) = (median(&mut times), percentile(&mut times, 0.99));
        let most = f64::from(2 * a_call + 25);
        let what = format!("upstreams take {a_call} ms a call: median of {WEBHOOKS}, ms");
        report.row(&what, format!("p50 {p50:.1} ms, p99 {p99:.1} ms"), Some(p50), at_most(most));
    }
}

/// Milliseconds, each for leave of a week of its own: the same leave twice is one.
pub async fn times(subject: &Subject, a_call: Duration, week: usize) -> Vec<f64> {
    subject.officient.set_latency(a_call);
    subject.optedo.set_latency(a_call);
    let url = subject.webhook_url();
    let mut times = Vec::new();
    for number in 0..WEBHOOKS {
        let person = subject.people[number % subject.people.len()];
        let day = subject.day(number / subject.people.len() + 30 + 5 * week);
        let before = subject.optedo.created_ever();
        subject.officient.add_event(person, NewEvent::new(LeaveType::Custom(subject.leave_type), day));
        let began = Instant::now();
        subject.deliver(&url, person).await;
        while subject.optedo.created_ever() == before {
            assert!(began.elapsed() < Duration::from_secs(20), "the absence did not come");
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        subject.settle().await;
    }
    subject.officient.set_latency(Duration::ZERO);
    subject.optedo.set_latency(Duration::ZERO);
    times
}

//! (b) Time from a webhook to the absence in Optedo, with upstreams of different latency.

use std::time::{Duration, Instant};

use optedo_officient::simulators::officient::{LeaveType, NewEvent};

use super::report::{Report, at_most, median, percentile};
use super::sut::Sut;

const WEBHOOKS: usize = 100;

pub async fn measure(sut: &Sut, report: &mut Report) {
    report.section("From a webhook to the absence in Optedo");
    for (week, latency_ms) in [0_u32, 50, 200].into_iter().enumerate() {
        let mut times = times(sut, Duration::from_millis(latency_ms.into()), week).await;
        let (p50, p99) = (median(&mut times), percentile(&mut times, 0.99));
        let two_calls_and_25_ms = f64::from(2 * latency_ms + 25);
        let label = format!("upstreams take {latency_ms} ms per call: median of {WEBHOOKS}, ms");
        report.row(&label, format!("p50 {p50:.1} ms, p99 {p99:.1} ms"), Some(p50), at_most(two_calls_and_25_ms));
    }
}

/// Milliseconds per webhook. Each call needs a `week` of its own: leave on the same day would already be there.
pub async fn times(sut: &Sut, latency: Duration, week: usize) -> Vec<f64> {
    sut.officient.set_latency(latency);
    sut.optedo.set_latency(latency);
    let url = sut.webhook_url().await;
    let mut times = Vec::new();
    for number in 0..WEBHOOKS {
        let person = sut.people[number % sut.people.len()];
        let day = sut.day(number / sut.people.len() + 30 + 5 * week);
        let before = sut.optedo.created_ever();
        sut.officient.add_event(person, NewEvent::new(LeaveType::Custom(sut.leave_type), day));
        let began = Instant::now();
        sut.deliver(&url, person).await;
        while sut.optedo.created_ever() == before {
            assert!(began.elapsed() < Duration::from_secs(20), "the absence did not come");
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        sut.settle().await;
    }
    sut.officient.set_latency(Duration::ZERO);
    sut.optedo.set_latency(Duration::ZERO);
    times
}

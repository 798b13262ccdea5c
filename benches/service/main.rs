//! `make bench`: how many webhooks a second, how soon leave stands in Optedo, and what it takes to run the service.
//!
//! Everything is measured on one machine in one go, against what Postgres and axum can do there at the same time:
//! a ratio means the same on every machine. The service is the binary as it is shipped; Officient and Optedo are the
//! simulated ones, in this process.
//!
//! | file | measures |
//! |---|---|
//! | `acknowledge` | webhooks a second, against single-row commits (`pgbench`) and the least possible handler (`least`) |
//! | `propagation` | from a webhook to the absence in Optedo |
//! | `import` | the first import, against the rate limit |
//! | `sweep` | a sweep with nothing to do |
//! | `history` | fills the tables, so that the others can be measured again |
//! | `footprint` | memory, connections, time to start, size |
//! | `subject`, `load`, `report` | the service under test, wrk, the table |
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::print_stderr,
    unreachable_pub,
    reason = "a measurement that fails ends with a panic, and nobody uses it as a library"
)]

mod acknowledge;
mod footprint;
mod history;
mod import;
mod least;
mod load;
mod propagation;
mod report;
mod subject;
mod sweep;

use report::{Report, say};
use subject::Subject;

#[tokio::main]
async fn main() {
    if least::is_asked_for() {
        return least::serve().await;
    }
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let is_wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    let mut report = Report::default();
    if is_wanted("footprint") {
        footprint::measure(&mut report).await;
    }
    if only.as_deref() == Some("webhooks") {
        let mut subject = company().await;
        subject.restart_with(subject::AT_THE_LIMIT).await;
        acknowledge::measure(&subject, &mut report, false).await;
        subject.stop().await;
    }
    let mut empty = Flow::default();
    if is_wanted("flow") || is_wanted("history") {
        empty = Flow::measure(&mut report, "").await;
    }
    if is_wanted("import") {
        import::measure(&mut report).await;
    }
    if is_wanted("history") {
        let full = Flow::measure(&mut report, "full tables: ").await;
        full.compare(&empty, &mut report);
    }
    report.finish(only.is_none());
}

/// 500 people, all of whose leave is in Optedo.
async fn company() -> Subject {
    let subject = Subject::start(500, subject::WITHOUT_LIMIT).await;
    subject.connect().await;
    subject.import().await;
    subject
}

/// What must not depend on how much is in the tables.
#[derive(Default)]
struct Flow {
    webhooks_a_second: f64,
    propagation_ms: f64,
    sweep_seconds: f64,
}

impl Flow {
    async fn measure(report: &mut Report, prefix: &'static str) -> Self {
        let mut subject = company().await;
        let is_full = !prefix.is_empty();
        if is_full {
            say("filling the tables");
            history::fill(&subject).await;
        }
        subject.restart_with(subject::AT_THE_LIMIT).await;
        let webhooks_a_second = acknowledge::measure(&subject, report, is_full).await;
        subject.restart_with(subject::WITHOUT_LIMIT).await;
        let propagation_ms = propagation::measure(&subject, report, is_full).await;
        let sweep_seconds = sweep::measure(&subject, report, is_full).await;
        if !is_full {
            acknowledge::measure_unconnected(&subject, report).await;
        }
        subject.stop().await;
        Self { webhooks_a_second, propagation_ms, sweep_seconds }
    }

    fn compare(&self, empty: &Self, report: &mut Report) {
        report.part("With 1,000,000 absences and 10,000,000 old webhooks in the tables");
        let mut ratio = |what: &str, ratio: f64, detail: String| {
            report.row(what, detail, Some(ratio), report::at_least(0.9));
        };
        ratio(
            "webhooks a second at 64 connections",
            self.webhooks_a_second / empty.webhooks_a_second,
            format!("{:.0} against {:.0} empty", self.webhooks_a_second, empty.webhooks_a_second),
        );
        ratio(
            "propagation, median",
            empty.propagation_ms / self.propagation_ms,
            format!("{:.1} ms against {:.1} ms empty", self.propagation_ms, empty.propagation_ms),
        );
        ratio(
            "a sweep over 500 people",
            empty.sweep_seconds / self.sweep_seconds,
            format!("{:.2} s against {:.2} s empty", self.sweep_seconds, empty.sweep_seconds),
        );
    }
}

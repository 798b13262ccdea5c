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
//! | `history` | the others with full tables, beside empty ones |
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

use report::Report;
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
        acknowledge::measure(&subject, &mut report).await;
        subject.stop().await;
    }
    if is_wanted("flow") {
        flow(&mut report).await;
    }
    if is_wanted("import") {
        import::measure(&mut report).await;
    }
    if is_wanted("history") {
        history::measure(&mut report).await;
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

/// From the webhook to the absence, and what keeps it true.
async fn flow(report: &mut Report) {
    let mut subject = company().await;
    subject.restart_with(subject::AT_THE_LIMIT).await;
    acknowledge::measure(&subject, report).await;
    subject.restart_with(subject::WITHOUT_LIMIT).await;
    propagation::measure(&subject, report).await;
    sweep::measure(&subject, report).await;
    acknowledge::measure_unconnected(&subject, report).await;
    subject.stop().await;
}

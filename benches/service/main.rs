//! `make bench`: webhooks per second, time from a webhook to the absence, and what one process needs.
//!
//! Everything is measured on one machine in one run, against what Postgres and axum can do there at the same time: a
//! ratio means the same on every machine. The system under test is the binary as it is shipped. Officient and Optedo are
//! the simulators, in this process.
//!
//! | file | measures |
//! |---|---|
//! | `acknowledge` | webhooks per second, against single-row commits (`pgbench`) and the minimal handler |
//! | `propagation` | time from a webhook to the absence in Optedo |
//! | `import` | the first import, against the rate limit, and a webhook during it |
//! | `sweep` | a sweep with nothing to do |
//! | `outage` | how long after an outage all is equal again, and a webhook beside calls that hang |
//! | `audit` | an audit of 500 people, a webhook during it, and the explanation of one person |
//! | `history` | the others with full tables, beside empty ones |
//! | `footprint` | memory, connections, time to start, size |
//!
//! `sut` is the system under test, `minimal_handler` and `load` are the baselines and the load, `report` is the table.
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
mod audit;
mod footprint;
mod history;
mod import;
mod load;
mod minimal_handler;
mod outage;
mod propagation;
mod report;
mod sut;
mod sweep;

use report::Report;
use sut::Sut;

#[tokio::main]
async fn main() {
    if minimal_handler::is_requested() {
        return minimal_handler::serve().await;
    }
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let is_wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    let mut report = Report::default();
    if is_wanted("footprint") {
        footprint::measure(&mut report).await;
    }
    if only.as_deref() == Some("webhooks") {
        let mut sut = imported_company().await;
        sut.restart_with(sut::AT_THE_LIMIT).await;
        acknowledge::measure(&sut, &mut report).await;
        sut.stop().await;
    }
    if is_wanted("flow") {
        flow(&mut report).await;
    }
    if is_wanted("import") {
        import::measure(&mut report).await;
    }
    if is_wanted("outage") {
        outage::measure(&mut report).await;
    }
    if is_wanted("audit") {
        audit::measure(&mut report).await;
    }
    if is_wanted("history") {
        history::measure(&mut report).await;
    }
    report.finish(only.is_none());
}

/// 500 people, all of whose leave is in Optedo.
async fn imported_company() -> Sut {
    let sut = Sut::start(500, sut::WITHOUT_LIMIT).await;
    sut.connect().await;
    sut.wait_for_import().await;
    sut
}

/// From the webhook to the absence.
async fn flow(report: &mut Report) {
    let mut sut = imported_company().await;
    sut.restart_with(sut::AT_THE_LIMIT).await;
    acknowledge::measure(&sut, report).await;
    sut.restart_with(sut::WITHOUT_LIMIT).await;
    propagation::measure(&sut, report).await;
    sweep::measure(&sut, report).await;
    sut.stop().await;
}

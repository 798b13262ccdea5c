//! (f) What it takes to run one.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::report::{Aim, Report, at_most, median};
use super::subject::{Subject, binary};

const STARTS: usize = 10;
/// Long enough that what starting and connecting needed is given back.
const IDLE: Duration = Duration::from_mins(1);

pub async fn measure(report: &mut Report) {
    report.part("What it takes to run one");
    let size = std::fs::metadata(binary()).unwrap().len() as f64 / 1024.0 / 1024.0;
    report.row("binary without `demo`, MiB", format!("{size:.1} MiB"), Some(size), at_most(15.0));
    let mut subject = Subject::start(10, &[]).await;
    subject.connect().await;
    subject.import().await;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        subject.stop_process().await;
        let began = Instant::now();
        subject.start_process().await;
        starts.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    let start = median(&mut starts);
    let what = format!("from start to ready, database migrated, median of {STARTS}, ms");
    report.row(&what, format!("{start:.0} ms"), Some(start), at_most(100.0));
    say_idle(&subject, report).await;
    subject.stop().await;
}

async fn say_idle(subject: &Subject, report: &mut Report) {
    sleep(IDLE).await;
    let memory = subject.resident_mib();
    report.row("resident, connected and idle, MiB", format!("{memory:.1} MiB"), Some(memory), at_most(12.0));
    let connections = subject.database_connections().await;
    report.row(
        "database connections, connected and idle",
        connections,
        Some(connections as f64),
        at_most(3.0),
    );
    let before = subject.statements_ever().await;
    sleep(Duration::from_secs(20)).await;
    let a_second = (subject.statements_ever().await - before) / 20.0;
    report.row("transactions a second, connected and idle", format!("{a_second:.1}"), None, Aim::None);
}

/// The highest it was under the load before.
pub fn under_load(subject: &Subject, report: &mut Report) {
    let memory = subject.highest_resident_mib();
    report.row(
        "resident under this load, at its highest, MiB",
        format!("{memory:.1} MiB"),
        Some(memory),
        at_most(32.0),
    );
}

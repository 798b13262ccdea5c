//! (f) What one process needs.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::report::{Goal, Report, at_most, median};
use super::sut::{Sut, binary};

const STARTS: usize = 10;
/// Long enough for idle connections to close.
const IDLE: Duration = Duration::from_mins(1);

pub async fn measure(report: &mut Report) {
    report.section("What one process needs");
    let size = std::fs::metadata(binary()).unwrap().len() as f64 / 1024.0 / 1024.0;
    report.row("binary without `demo`", format!("{size:.1} MiB"), None, Goal::None);
    let mut sut = Sut::start(10, &[]).await;
    sut.connect().await;
    sut.wait_for_import().await;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        sut.stop_process().await;
        let began = Instant::now();
        sut.start_process().await;
        starts.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    let start = median(&mut starts);
    let label = format!("from start to ready, database already migrated, median of {STARTS}, ms");
    report.row(&label, format!("{start:.0} ms"), Some(start), at_most(100.0));
    measure_idle(&sut, report).await;
    sut.stop().await;
}

async fn measure_idle(sut: &Sut, report: &mut Report) {
    sleep(IDLE).await;
    let memory = sut.resident_mib();
    report.row("resident, connected and idle, MiB", format!("{memory:.1} MiB"), Some(memory), at_most(12.0));
    let connections = sut.database_connections().await;
    report.row("database connections, connected and idle", connections, None, Goal::None);
    let before = sut.transactions_so_far().await;
    sleep(Duration::from_secs(20)).await;
    let per_second = (sut.transactions_so_far().await - before) / 20.0;
    report.row("transactions per second, connected and idle", format!("{per_second:.1}"), None, Goal::None);
}

/// The highest value since the process started.
pub fn under_load(sut: &Sut, report: &mut Report) {
    let memory = sut.highest_resident_mib();
    report.row("resident under this load, highest value", format!("{memory:.1} MiB"), None, Goal::None);
}

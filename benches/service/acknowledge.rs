//! (a) Webhooks acknowledged a second, each on disk before its 200.

use super::load::{Round, pgbench, wrk};
use super::report::{Aim, Report, at_least, at_most, median, say};
use super::subject::{Subject, new_database};
use super::{footprint, least};

const ROUNDS: usize = 3;
const SECONDS: u64 = 5;
/// More connections to Postgres serve the least possible handler no better.
const MOST_CONNECTIONS: usize = 16;

/// The service against both.
pub async fn measure(subject: &Subject, report: &mut Report) {
    let url = subject.webhook_url();
    let body = subject.announcement();
    // Warm, as it is after its first second.
    wrk(&url, &body, 16, 2).await;
    subject.settle().await;
    report.part("Webhooks acknowledged, each committed before its 200");
    for (connections, aim) in [(1, 0.95), (16, 1.2), (64, 1.5)] {
        say(&format!("{connections} connections"));
        let rivals = Rivals::start(connections).await;
        let (mut ours, mut theirs, mut commits) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            commits.push(pgbench(&rivals.database, connections, SECONDS).await);
            theirs.push(wrk(&rivals.url, &body, connections, SECONDS).await);
            ours.push(round(subject, &url, &body, connections).await);
        }
        rivals.stop().await;
        let (ours, theirs, commits) = (middle(&ours), middle(&theirs), median(&mut commits));
        let shown = |round: Round| {
            format!("{:.0}/s, p50 {:.2} ms, p99 {:.2} ms", round.a_second, round.p50_ms, round.p99_ms)
        };
        let at = |what: &str| format!("{connections} connections: {what}");
        report.row(&at("the service"), shown(ours), None, Aim::None);
        report.row(&at("the least possible handler"), shown(theirs), None, Aim::None);
        report.row(&at("Postgres commits single rows (pgbench)"), format!("{commits:.0}/s"), None, Aim::None);
        let rate = format!("{:.0} / {:.0}", ours.a_second, theirs.a_second);
        report.row(
            &at("against the least handler"),
            rate,
            Some(ours.a_second / theirs.a_second),
            at_least(aim),
        );
        let worst = format!("{:.2} / {:.2} ms", ours.p99_ms, theirs.p99_ms);
        report.row(&at("p99 against its"), worst, Some(ours.p99_ms / theirs.p99_ms), at_most(1.0));
        let against = format!("{:.0} / {commits:.0}", ours.a_second);
        let aim = if connections == 64 { at_least(1.0) } else { Aim::None };
        report.row(&at("against Postgres' commits"), against, Some(ours.a_second / commits), aim);
    }
    footprint::under_load(subject, report);
}

/// The same while not connected: webhooks are stored, and nothing is looked into. What the looks take of the machine, which
/// the least handler has for itself, is not in it. The service stays disconnected.
pub async fn measure_unconnected(subject: &Subject, report: &mut Report) {
    let (url, body) = (subject.webhook_url(), subject.announcement());
    subject.disconnect().await;
    report.part("What the looks take of it: the same while not connected, when nothing is looked into");
    for connections in [1, 16] {
        let rivals = Rivals::start(connections).await;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            theirs.push(wrk(&rivals.url, &body, connections, SECONDS).await);
            ours.push(wrk(&url, &body, connections, SECONDS).await);
        }
        rivals.stop().await;
        let (ours, theirs) = (middle(&ours), middle(&theirs));
        let mut row = |what: &str, ours: f64, theirs: f64| {
            let what = format!("{connections} connections: {what} against the least handler");
            report.row(&what, format!("{ours:.2} / {theirs:.2}"), Some(ours / theirs), Aim::None);
        };
        row("webhooks a second", ours.a_second, theirs.a_second);
        row("p99", ours.p99_ms, theirs.p99_ms);
    }
}

/// Webhooks a second at so many connections, in one round.
pub async fn a_second(subject: &Subject, connections: usize) -> f64 {
    round(subject, &subject.webhook_url(), &subject.announcement(), connections).await.a_second
}

/// One round; nothing of it is left to do afterwards.
async fn round(subject: &Subject, url: &str, body: &str, connections: usize) -> Round {
    let round = wrk(url, body, connections, SECONDS).await;
    assert_eq!(round.failed, 0, "a webhook was not answered with 200");
    subject.settle().await;
    round
}

/// The round with the middle rate, with the middle of each latency.
fn middle(rounds: &[Round]) -> Round {
    let of = |value: fn(&Round) -> f64| median(&mut rounds.iter().map(value).collect::<Vec<f64>>());
    Round {
        a_second: of(|round| round.a_second),
        p50_ms: of(|round| round.p50_ms),
        p99_ms: of(|round| round.p99_ms),
        failed: 0,
    }
}

/// What the service is compared with, on a database of the same shape.
struct Rivals {
    database: url::Url,
    url: String,
    child: tokio::process::Child,
}

impl Rivals {
    async fn start(connections: usize) -> Self {
        let database = new_database().await;
        let pool = sqlx::PgPool::connect(database.as_str()).await.unwrap();
        optedo_officient::db::migrate(&pool).await.unwrap();
        pool.close().await;
        let (child, url) = least::start(&database, connections.min(MOST_CONNECTIONS)).await;
        wrk(&url, r#"{"event_type":"warm"}"#, connections, 2).await;
        Self { database, url, child }
    }

    async fn stop(mut self) {
        self.child.kill().await.unwrap();
    }
}

//! (a) Webhooks acknowledged per second, each on disk before its 200.

use super::load::{Round, pgbench, wrk};
use super::report::{Goal, Report, log, median};
use super::sut::{Sut, new_database};
use super::{footprint, minimal_handler};

const ROUNDS: usize = 3;
const SECONDS: u64 = 5;
/// More connections to Postgres do not make the minimal handler faster.
const MAX_DATABASE_CONNECTIONS: usize = 16;

/// Connections, and the goals against the minimal handler and against Postgres' commits.
const CASES: [(usize, Goal, Goal); 3] =
    [(1, Goal::AtLeast(0.9), Goal::None), (16, Goal::None, Goal::None), (64, Goal::AtLeast(1.5), Goal::AtLeast(1.0))];

/// The service against both baselines.
pub async fn measure(sut: &Sut, report: &mut Report) {
    let url = sut.webhook_url().await;
    let body = sut.webhook_body();
    // Warm up.
    wrk(&url, &body, 16, 2).await;
    sut.settle().await;
    report.section("Webhooks acknowledged, each committed before its 200");
    for (connections, against_handler, against_commits) in CASES {
        log(&format!("{connections} connections"));
        let baselines = Baselines::start(connections).await;
        let (mut ours, mut handler, mut commits) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            commits.push(pgbench(&baselines.database, connections, SECONDS).await);
            handler.push(wrk(&baselines.url, &body, connections, SECONDS).await);
            ours.push(round(sut, &url, &body, connections).await);
        }
        baselines.stop().await;
        let (ours, handler, commits) = (middle(&ours), middle(&handler), median(&mut commits));
        let format =
            |round: Round| format!("{:.0}/s, p50 {:.2} ms, p99 {:.2} ms", round.per_second, round.p50_ms, round.p99_ms);
        let label = |text: &str| format!("{connections} connections: {text}");
        report.row(&label("the service"), format(ours), None, Goal::None);
        report.row(&label("the minimal handler"), format(handler), None, Goal::None);
        let single_rows = label("Postgres commits single rows (pgbench)");
        report.row(&single_rows, format!("{commits:.0}/s"), None, Goal::None);
        let mut ratio = |text: &str, baseline: f64, goal: Goal| {
            let measured = format!("{:.0} / {baseline:.0}", ours.per_second);
            report.row(&label(text), measured, Some(ours.per_second / baseline), goal);
        };
        ratio("service / minimal handler", handler.per_second, against_handler);
        ratio("service / Postgres' commits", commits, against_commits);
    }
    footprint::under_load(sut, report);
}

/// Webhooks per second with so many connections, in one round.
pub async fn per_second(sut: &Sut, connections: usize) -> f64 {
    round(sut, &sut.webhook_url().await, &sut.webhook_body(), connections).await.per_second
}

/// One round, and the work that it caused.
async fn round(sut: &Sut, url: &str, body: &str, connections: usize) -> Round {
    let round = wrk(url, body, connections, SECONDS).await;
    assert_eq!(round.failed, 0, "a webhook did not get 200");
    sut.settle().await;
    round
}

/// The median of each number.
fn middle(rounds: &[Round]) -> Round {
    let of = |value: fn(&Round) -> f64| median(&mut rounds.iter().map(value).collect::<Vec<f64>>());
    Round {
        per_second: of(|round| round.per_second),
        p50_ms: of(|round| round.p50_ms),
        p99_ms: of(|round| round.p99_ms),
        failed: 0,
    }
}

/// What the service is compared with: the minimal handler, and a database of the same shape for `pgbench`.
struct Baselines {
    database: url::Url,
    url: String,
    handler: tokio::process::Child,
}

impl Baselines {
    async fn start(connections: usize) -> Self {
        let database = new_database().await;
        let pool = sqlx::PgPool::connect(database.as_str()).await.unwrap();
        optedo_officient::db::migrate(&pool).await.unwrap();
        pool.close().await;
        let database_connections = connections.min(MAX_DATABASE_CONNECTIONS);
        let (handler, url) = minimal_handler::start(&database, database_connections).await;
        wrk(&url, r#"{"event_type":"warm"}"#, connections, 2).await;
        Self { database, url, handler }
    }

    async fn stop(mut self) {
        self.handler.kill().await.unwrap();
    }
}

//! Load from other processes: wrk for HTTP, pgbench for Postgres alone.

use std::process::Stdio;

use tokio::process::Command;

/// The result of one round of load.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub failed: u64,
}

/// Sends `body` repeatedly over each connection for `seconds`. A connection waits for each response before it sends again.
pub async fn wrk(url: &str, body: &str, connections: usize, seconds: u64) -> Round {
    let output = Command::new("wrk")
        .args(["--threads", "1", "--connections", &connections.to_string()])
        .args(["--duration", &format!("{seconds}s"), "--timeout", "5s"])
        .args(["--script", "benches/service/post.lua", url, "--", body])
        .stderr(Stdio::inherit())
        .output()
        .await
        .expect("wrk runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("round: ")).expect("wrk's script prints its round");
    let numbers: Vec<f64> = line.split_whitespace().map(|number| number.parse().unwrap()).collect();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let failed = numbers[3] as u64;
    Round { per_second: numbers[0], p50_ms: numbers[1], p99_ms: numbers[2], failed }
}

/// Commits single rows of the size of a webhook. Returns commits per second.
pub async fn pgbench(database: &url::Url, connections: usize, seconds: u64) -> f64 {
    let threads = connections.min(2).to_string();
    let output = Command::new("pgbench")
        .args(["--no-vacuum", "--protocol", "prepared", "--client", &connections.to_string(), "--jobs", &threads])
        .args(["--time", &seconds.to_string(), "--file", "benches/service/single_row.sql"])
        .arg(database.as_str())
        .stderr(Stdio::null())
        .output()
        .await
        .expect("pgbench runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("tps = ")).expect("pgbench prints its rate");
    line.split_whitespace().next().unwrap().parse().unwrap()
}

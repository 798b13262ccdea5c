//! The minimal handler, a baseline: axum reads the body, sqlx commits one row per request, and nothing else happens.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use serde::Deserialize;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::process::{Child, Command};

const DATABASE: &str = "BENCH_MINIMAL_HANDLER_DATABASE";
const CONNECTIONS: &str = "BENCH_MINIMAL_HANDLER_CONNECTIONS";

#[derive(Deserialize)]
struct Webhook {
    event_type: String,
    related_object_id: Option<String>,
}

#[expect(clippy::disallowed_methods, reason = "passed from this program to its child process")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Whether this process is the child that `start` started.
pub fn is_requested() -> bool {
    variable(DATABASE).is_some()
}

/// Prints its address, and serves until the process is killed.
pub async fn serve() {
    let connections = variable(CONNECTIONS).unwrap().parse().unwrap();
    let options = PgPoolOptions::new().max_connections(connections).min_connections(connections);
    let db = options.connect(&variable(DATABASE).unwrap()).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    super::report::print(&format!("http://{}/", listener.local_addr().unwrap()));
    let router = axum::Router::new().route("/", post(store)).with_state(db);
    axum::serve(listener, router).await.unwrap();
}

async fn store(State(db): State<PgPool>, Json(webhook): Json<Webhook>) -> StatusCode {
    let insert = "insert into webhook_events (received_at, event_type, related_object_id) values (now(), $1, $2)";
    let insert = sqlx::query(insert).bind(webhook.event_type).bind(webhook.related_object_id);
    match insert.execute(&db).await {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Starts the handler in a process of its own. Returns the process and the address.
pub async fn start(database: &url::Url, connections: usize) -> (Child, String) {
    use tokio::io::{AsyncBufReadExt as _, BufReader};
    let mut child = Command::new(std::env::current_exe().unwrap())
        .env(DATABASE, database.as_str())
        .env(CONNECTIONS, connections.to_string())
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = lines.next_line().await.unwrap().unwrap();
    (child, url)
}

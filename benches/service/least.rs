//! The least possible handler: axum reads the body, sqlx commits one row a request, and nothing else.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use serde::Deserialize;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::process::{Child, Command};

const DATABASE: &str = "BENCH_LEAST_DATABASE";
const CONNECTIONS: &str = "BENCH_LEAST_CONNECTIONS";

#[derive(Deserialize)]
struct Announcement {
    event_type: String,
    related_object_id: Option<String>,
}

#[expect(clippy::disallowed_methods, reason = "from this program to its other half")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

pub fn is_asked_for() -> bool {
    variable(DATABASE).is_some()
}

/// Serves in a process of its own until it is killed; prints its address.
pub async fn serve() {
    let connections = variable(CONNECTIONS).unwrap().parse().unwrap();
    let options = PgPoolOptions::new().max_connections(connections).min_connections(connections);
    let db = options.connect(&variable(DATABASE).unwrap()).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    super::report::print(&format!("http://{}/", listener.local_addr().unwrap()));
    let router = axum::Router::new().route("/", post(store)).with_state(db);
    axum::serve(listener, router).await.unwrap();
}

async fn store(State(db): State<PgPool>, Json(announcement): Json<Announcement>) -> StatusCode {
    let insert =
        "insert into webhook_events (received_at, event_type, related_object_id) values (now(), $1, $2)";
    let insert = sqlx::query(insert).bind(announcement.event_type).bind(announcement.related_object_id);
    match insert.execute(&db).await {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Starts it on a database with as many connections as will be open to it: as many as serve it best.
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

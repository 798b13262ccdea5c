//! Health and the separate metrics address.

use crate::api::requests::problem;
use crate::support::prelude::*;

#[tokio::test]
async fn without_the_database_the_service_is_live_and_not_ready() {
    let app = TestApp::start().await;
    let get = async |path: &str| app.http.get(format!("{}{path}", app.url)).send().await.unwrap();
    assert_eq!(get("/health/live").await.status(), StatusCode::OK);
    assert_eq!(get("/health/ready").await.status(), StatusCode::OK);
    app.take_database_away().await;
    assert_eq!(get("/health/ready").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(get("/health/live").await.status(), StatusCode::OK);
    assert_eq!(get("/metrics").await.status(), StatusCode::OK);
    let response = app.api(Method::GET, "/status").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key("retry-after"));
    let problem = problem(response, "no database").await;
    assert!(!problem.to_string().contains("postgres"), "{problem}");
    app.give_database_back().await;
    app.until_ready().await;
    app.connect_and_import().await;
}

#[tokio::test]
async fn metrics_with_a_separate_address_are_not_on_the_main_address() {
    let address = format!("127.0.0.1:{}", free_port());
    let app = Options::default().set("server.metrics_listen", &address).start().await;
    let main = app.http.get(format!("{}/metrics", app.url)).send().await.unwrap();
    assert_eq!(main.status(), StatusCode::NOT_FOUND);
    let own = app.http.get(format!("http://{address}/metrics")).send().await.unwrap();
    assert!(own.text().await.unwrap().contains("connection_state"));
}

//! All URLs, and what every answer carries.

pub mod api;
pub mod client;
pub mod connections;
pub mod error;
pub mod login;
pub mod metrics;
pub mod openapi;
pub mod page;
pub mod request_id;
pub mod session;
pub mod state;
pub mod status;
pub mod texts;
pub mod throttle;
pub mod webhook;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post, put};
use tower_http::catch_panic::CatchPanicLayer;

use crate::config::Config;
use crate::db;
use crate::web::state::App;
use error::WebError;

/// The OAuth redirect target, and the prefix of the API.
pub const CALLBACK_PATH: &str = "/api/externalauthentication/officient";
/// The webhook receiver, before its token.
pub const WEBHOOK_PATH: &str = "/api/externalauthentication/officient/webhook";
/// The settings page.
pub const PAGE_PATH: &str = "/instellingen/integraties/hr";

/// The page asks for nothing that a browser asks its user for; it only writes to the clipboard.
const NO_PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), publickey-credentials-get=(), usb=()";

/// Bodies of everything but webhooks, which have a limit of their own.
const MAX_BODY: usize = 64 * 1024;

/// The list of all URLs.
pub fn router(app: App) -> Router {
    let api = Router::new()
        .route("/status", get(api::status))
        .route("/credentials", put(api::put_credentials))
        .route("/login", post(login::begin_login))
        .route("/logout", post(login::logout))
        .route("/sync", post(api::start_sync))
        .route("/webhook-events", put(api::put_webhook_events))
        .route("/webhook-token/rotate", post(api::rotate_webhook_token))
        .route("/attention", get(api::list_attention))
        .route("/attention/{id}/retry", post(api::retry_attention))
        .route("/attention/{id}/ignore", post(api::ignore_attention))
        .route("/people", get(api::list_people))
        .route("/leavetypes", get(api::list_leave_types))
        .route("/absences", get(api::list_absences))
        .layer(from_fn_with_state(app.clone(), session::require_admin));
    let inside = Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/openapi.json", get(openapi::show));
    let inside = if app.engine.config.server.metrics_listen.is_some() {
        inside
    } else {
        inside.route("/metrics", get(metrics::show))
    };
    let config = Arc::clone(&app.engine.config);
    let router = Router::new()
        .route(CALLBACK_PATH, get(login::finish_login))
        .route(&format!("{WEBHOOK_PATH}/{{token}}"), post(webhook::receive_webhook))
        .nest(CALLBACK_PATH, api)
        .nest(PAGE_PATH, page::router(&app))
        .route(&format!("{PAGE_PATH}/"), get(|| async { Redirect::permanent(PAGE_PATH) }))
        .merge(inside)
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CatchPanicLayer::custom(|_panic| WebError::Internal.into_response()))
        .layer(from_fn_with_state(app.clone(), page::explain_errors))
        .layer(from_fn(request_id::follow))
        .with_state(app);
    with_headers(router, &config)
}

/// A value of the address' query, the first where there are several; whatever else it holds does not matter.
pub fn query_value(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// For `server.metrics_listen`.
pub fn metrics_router(app: App) -> Router {
    let config = Arc::clone(&app.engine.config);
    let router = Router::new().route("/metrics", get(metrics::show)).fallback(not_found);
    with_headers(router.method_not_allowed_fallback(method_not_allowed).with_state(app), &config)
}

/// What every answer carries, errors included, unless it says so itself.
fn with_headers(router: Router, config: &Config) -> Router {
    // form-action also governs where a form's redirect may lead: the login's leads to Officient.
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
         base-uri 'none'; frame-ancestors 'self'; form-action 'self' {}",
        config.officient.app_url
    );
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    let mut headers = vec![
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("cross-origin-embedder-policy"), HeaderValue::from_static("require-corp")),
        (HeaderName::from_static("permissions-policy"), HeaderValue::from_static(NO_PERMISSIONS)),
    ];
    if config.server.public_url.starts_with("https://") {
        let a_year = HeaderValue::from_static("max-age=31536000");
        headers.push((header::STRICT_TRANSPORT_SECURITY, a_year));
    }
    let headers: Arc<[(HeaderName, HeaderValue)]> = headers.into();
    // One layer for all: each costs every request, a webhook too.
    router.layer(map_response(move |mut response: Response| {
        for (name, value) in &*headers {
            response.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        std::future::ready(response)
    }))
}

/// The process answers.
#[utoipa::path(get, path = "/health/live", tag = "inside", responses((status = 200, description = "It does")))]
async fn live() -> StatusCode {
    StatusCode::OK
}

/// The database answers.
#[utoipa::path(get, path = "/health/ready", tag = "inside", responses(
    (status = 200, description = "It does"),
    (status = 503, description = "It does not within two seconds"),
))]
async fn ready(State(app): State<App>) -> StatusCode {
    let ping = tokio::time::timeout(std::time::Duration::from_secs(2), db::ping(&app.engine.db));
    if matches!(ping.await, Ok(Ok(()))) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

async fn not_found() -> WebError {
    WebError::NotFound
}

async fn method_not_allowed() -> WebError {
    WebError::MethodNotAllowed
}

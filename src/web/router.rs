//! The table of URLs, and the headers of every response.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post, put};
use tower_http::catch_panic::CatchPanicLayer;

use super::error::WebError;
use super::state::{self, App};
use super::{CALLBACK_PATH, MAX_BODY_BYTES, PAGE_PATH, WEBHOOK_PATH};
use super::{api, login, monitoring, openapi, page, request_id, session, webhook};
use crate::config::Config;

/// The page needs no permission of the browser; writing to the clipboard needs none.
const NO_PERMISSIONS: &str =
    "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), publickey-credentials-get=(), usb=()";

/// Everything on `server.listen`.
pub fn router(app: App) -> Router {
    let run_to_end = from_fn_with_state(app.clone(), state::run_to_end);
    let api = Router::new()
        .route("/logout", post(login::logout))
        .route("/webhook-events", put(api::officient_app::replace_webhook_events))
        .route("/webhook-token/rotate", post(api::officient_app::rotate_token))
        .route("/attention/{id}/retry", post(api::attention::retry))
        .route("/differences/{id}/restore", post(api::differences::restore))
        .layer(run_to_end.clone())
        .route("/status", get(api::status::show))
        .route("/credentials", put(api::officient_app::replace_credentials))
        .route("/login", post(login::begin_login))
        .route("/sync", post(api::sync::start))
        .route("/pause", post(api::pause::pause))
        .route("/resume", post(api::pause::resume))
        .route("/attention", get(api::attention::list))
        .route("/attention/{id}/ignore", post(api::attention::ignore))
        .route("/attention/{id}/decide", post(api::attention::decide))
        .route("/audit", post(api::differences::start_audit))
        .route("/differences", get(api::differences::list))
        .route("/differences/{id}/keep", post(api::differences::keep))
        .route("/people", get(api::people::list))
        .route("/people/{id}/link", put(api::people::link).delete(api::people::unlink))
        .route("/people/{id}/exclusion", put(api::people::exclude).delete(api::people::readmit))
        .route("/people/{id}/days", get(api::days::list))
        .route("/leavetypes", get(api::leave_types::list))
        .route("/leavetypes/{id}/mapping", put(api::leave_types::replace_mapping))
        .route("/absences", get(api::absences::list))
        .route("/settings", get(api::settings::show).put(api::settings::replace))
        .route("/notifications", get(api::notifications::show).put(api::notifications::replace))
        .route("/notifications/test", post(api::notifications::test))
        .layer(from_fn_with_state(app.clone(), session::require_admin));
    let inside = Router::new()
        .route("/", get(monitoring::open_page))
        .route("/health/live", get(monitoring::live))
        .route("/health/ready", get(monitoring::ready))
        .route("/openapi.json", get(openapi::show));
    let inside = if app.engine.config.server.metrics_listen.is_some() {
        inside
    } else {
        inside.route("/metrics", get(monitoring::metrics))
    };
    let config = Arc::clone(&app.engine.config);
    let router = Router::new()
        .route(CALLBACK_PATH, get(login::finish_login).layer(run_to_end))
        .route(&format!("{WEBHOOK_PATH}/{{token}}"), post(webhook::receive_webhook))
        .nest(CALLBACK_PATH, api)
        .nest(PAGE_PATH, page::router(&app))
        .route(&format!("{PAGE_PATH}/"), get(|| async { Redirect::permanent(PAGE_PATH) }))
        .merge(inside)
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(CatchPanicLayer::custom(|_panic| WebError::internal("a handler panicked").into_response()))
        .layer(from_fn_with_state(app.clone(), page::explain_errors))
        .layer(from_fn(request_id::follow))
        .with_state(app);
    with_headers(router, &config)
}

/// Everything on `server.metrics_listen`.
pub fn metrics_router(app: App) -> Router {
    let config = Arc::clone(&app.engine.config);
    let router = Router::new().route("/metrics", get(monitoring::metrics)).fallback(not_found);
    with_headers(router.method_not_allowed_fallback(method_not_allowed).with_state(app), &config)
}

async fn not_found() -> WebError {
    WebError::NotFound
}

async fn method_not_allowed() -> WebError {
    WebError::MethodNotAllowed
}

/// Adds the security headers to every response, errors included, unless a handler set its own.
fn with_headers(router: Router, config: &Config) -> Router {
    // form-action also limits where a form's redirect may lead, and the login's redirect leads to Officient.
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
         base-uri 'none'; frame-ancestors 'self'; form-action 'self' {}",
        config.officient.app_url
    );
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
        (HeaderName::from_static("permissions-policy"), NO_PERMISSIONS),
    ];
    let a_year = config.server.public_url.starts_with("https://").then_some("max-age=31536000");
    let headers: Arc<[(HeaderName, HeaderValue)]> = fixed
        .into_iter()
        .chain(a_year.map(|a_year| (header::STRICT_TRANSPORT_SECURITY, a_year)))
        .map(|(name, value)| (name, HeaderValue::from_static(value)))
        .chain([(header::CONTENT_SECURITY_POLICY, policy)])
        .collect();
    // One layer for all headers: each layer costs every request, and webhooks must be fast.
    router.layer(map_response(move |mut response: Response| {
        for (name, value) in &*headers {
            response.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        std::future::ready(response)
    }))
}

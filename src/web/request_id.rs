//! One id for everything that a request leads to: the proxy's `X-Request-Id` where it is a sane one, else a new one.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;
use tracing::field::Empty;

use super::WEBHOOK_PATH;
use crate::telemetry::new_id;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Longer than the ids of all known proxies.
const MAX_LENGTH: usize = 64;

/// The id of the proxy, if it may be written to a log.
pub fn given(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get(HEADER)?.to_str().ok()?;
    let is_sane = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (!id.is_empty() && id.len() <= MAX_LENGTH && id.bytes().all(is_sane)).then_some(id)
}

/// Runs the request in a span with its id, and returns the id in the response. The span has the route instead of the
/// path, because the path of a webhook contains a secret.
pub async fn follow(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if route.strip_prefix(WEBHOOK_PATH).is_some_and(|rest| rest.starts_with('/')) {
        // Webhooks must be fast: their handler logs the id without a span.
        return next.run(request).await;
    }
    let id = given(request.headers()).map_or_else(new_id, str::to_owned);
    let method = request.method().as_str();
    let span = tracing::error_span!(
        "request",
        otel.kind = "server",
        otel.name = %format_args!("{method} {route}"),
        otel.status_code = Empty,
        request.id = id,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty
    );
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    // Signed: an unsigned number becomes a string in a trace.
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    span.in_scope(|| tracing::debug!("Finished a request"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, id);
    }
    response
}

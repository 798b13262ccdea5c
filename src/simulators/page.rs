//! What the pages of both simulators have in common.

use askama::Template;
use axum::Router;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};

/// The web app's shell that Officient answers, with 200, to a path it does not know.
pub(super) const SHELL: &str = "<!doctype html><html lang=\"nl\"><head><meta charset=\"utf-8\">\
<title>Officient</title></head><body><div id=\"app\"></div><script src=\"/assets/app.js\"></script></body></html>\n";

/// Nothing but our own style and script: a name typed in can be no more than text. What a form may lead to stays
/// open, for the consent question leads to whatever address an app registered.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// The files that the pages of both name.
pub(super) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let file = |kind: &'static str, text: &'static str| {
        get(move || std::future::ready(([(header::CONTENT_TYPE, kind)], text)))
    };
    Router::new()
        .route(
            "/style.css",
            file("text/css; charset=utf-8", include_str!("../../templates/simulators/style.css")),
        )
        .route("/icon.svg", file("image/svg+xml", include_str!("../../templates/simulators/icon.svg")))
}

/// A template as a response.
pub(super) fn render(page: &impl Template) -> Response {
    render_with(StatusCode::OK, page)
}

/// A template as a response with this status.
pub(super) fn render_with(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => {
            let headers = [(header::CONTENT_SECURITY_POLICY, POLICY), (header::CACHE_CONTROL, "no-store")];
            (status, headers, Html(html)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "A page of a simulator could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

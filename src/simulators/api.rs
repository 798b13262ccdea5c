//! Requests and responses of both APIs, and the personal data that their responses contain.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::Value;

/// Invented personal data that the responses contain and the service does not need. Tests search logs, pages and the
/// database for these values: one that turns up is a leak.
pub const CANARIES: [&str; 11] = [
    "85.07.30-033.28",
    "1985-07-30",
    "BE71096123456769",
    "Kanarievogelstraat",
    "wettelijk_samenwonend",
    "Mieke Kanarie",
    "+32470999888",
    "kanarie.prive@voorbeeld.example",
    "Kanariereden: een operatie",
    "+32470999777",
    "BE0999888777",
];

/// The reason for leave, as an employee wrote it.
pub(super) const COMMENT: &str = CANARIES[8];
pub(super) const PHONE: &str = CANARIES[9];
pub(super) const VAT_NUMBER: &str = CANARIES[10];

#[derive(Debug)]
pub(super) struct ApiRequest {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl ApiRequest {
    /// The first value of a query parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn bearer_token(&self) -> Option<&str> {
        let value = self.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    }
}

#[derive(Debug)]
pub(super) struct ApiResponse {
    pub(super) status: StatusCode,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
}

impl ApiResponse {
    pub(super) fn ok(body: &Value) -> Self {
        Self::json(StatusCode::OK, body)
    }

    pub(super) fn json(status: StatusCode, body: &Value) -> Self {
        Self { status, content_type: "application/json", body: body.to_string().into_bytes() }
    }

    pub(super) fn empty(status: StatusCode) -> Self {
        Self { status, content_type: "", body: Vec::new() }
    }

    /// 200 with the shell of a web app: Officient's response to an unknown path.
    pub(super) fn web_app_shell() -> Self {
        const SHELL: &str = "<!doctype html><html lang=\"nl\"><head><meta charset=\"utf-8\"><title>Officient</title>\
                             </head><body><div id=\"app\"></div><script src=\"/assets/app.js\"></script></body></html>\n";
        Self { status: StatusCode::OK, content_type: "text/html; charset=utf-8", body: SHELL.into() }
    }
}

impl IntoResponse for ApiResponse {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        if !self.content_type.is_empty() {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        }
        response
    }
}

//! Failures that a test injects into the API: each fault waits in a queue for the first call that it is meant for.
//!
//! A fault either replaces the call (no effect: nothing is read or written) or spoils its response (the effect did
//! happen). Each variant says which of the two it does, because the tests of "exactly once" depend on the difference.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::response::{Html, IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::api::ApiResponse;
use super::connection::ConnectionBreaker;

/// Longer than any client waits.
const HANG: Duration = Duration::from_mins(1);

/// One failure of one call.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// This status with the usual error body; no effect.
    Status(u16),
    /// This status, normally a success, with this body; no effect.
    Answer { status: u16, body: Value },
    /// 429 with an empty body and without `Retry-After`; no effect.
    EmptyRateLimit,
    /// This status (normally 429 or 503) with `Retry-After` and an empty body; no effect.
    RetryAfter { status: u16, seconds: u32 },
    /// 200 with an HTML page, as a proxy or a web app sends it; no effect.
    Html200,
    /// A proxy's HTML page with this status; no effect.
    ErrorPage(u16),
    /// 307 to this URL, which keeps method and body; no effect.
    RedirectTo(String),
    /// The connection breaks; no effect.
    FailBeforeEffect,
    /// No response until the client gives up (at most 60 s); no effect.
    Timeout,
    /// No response until the client gives up (at most 60 s); the effect happens.
    AnswerHangs,
    /// The connection breaks instead of a response; the effect happens.
    AnswerLost,
    /// `{}` instead of the right body; the effect happens.
    EmptyObject,
    /// `{"data":null}` instead of the right body; the effect happens.
    DataNull,
    /// This value instead of the right body; the effect happens.
    WrongContent(Value),
    /// The first half of the right body, sent as a complete body; the effect happens.
    CutOffJson,
    /// Half of the right body, then the connection breaks; the effect happens.
    ResetMidBody,
    /// A JSON string of this many bytes; the effect happens.
    HugeBody(usize),
}

impl Fault {
    /// Responds to the call that this fault was meant for; `effect` does what the call asks.
    pub(super) async fn respond(
        self,
        connection: &ConnectionBreaker,
        effect: impl FnOnce() -> ApiResponse,
        stop: &CancellationToken,
    ) -> Response {
        match self {
            Self::Status(status) => error_response(status_code(status)),
            Self::Answer { status, body } => ApiResponse::json(status_code(status), &body).into_response(),
            Self::EmptyRateLimit => ApiResponse::empty(StatusCode::TOO_MANY_REQUESTS).into_response(),
            Self::RetryAfter { status, seconds } => {
                empty_with_header(status_code(status), header::RETRY_AFTER, HeaderValue::from(seconds))
            }
            Self::Html200 => ApiResponse::web_app_shell().into_response(),
            Self::ErrorPage(status) => {
                (status_code(status), Html("<!doctype html><title>Error</title>")).into_response()
            }
            Self::RedirectTo(url) => {
                let location = HeaderValue::from_str(&url).unwrap_or(HeaderValue::from_static("/"));
                empty_with_header(StatusCode::TEMPORARY_REDIRECT, header::LOCATION, location)
            }
            Self::FailBeforeEffect => connection.break_connection(),
            Self::Timeout => hang(connection).await,
            Self::AnswerHangs => {
                effect();
                hang(connection).await
            }
            Self::AnswerLost => {
                effect();
                connection.break_connection()
            }
            Self::EmptyObject => with_body(&effect(), &json!({})),
            Self::DataNull => with_body(&effect(), &json!({"data": null})),
            Self::WrongContent(content) => with_body(&effect(), &content),
            Self::CutOffJson => {
                let mut response = effect();
                response.body.truncate(response.body.len() / 2);
                response.into_response()
            }
            Self::ResetMidBody => reset_mid_body(effect(), connection.clone()),
            Self::HugeBody(size) => huge_body(effect().status, size, stop.clone()),
        }
    }
}

fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// An error body with the fields that Officient and Optedo use.
fn error_response(status: StatusCode) -> Response {
    if status == StatusCode::NO_CONTENT || status.is_informational() {
        return ApiResponse::empty(status).into_response();
    }
    let reason = status.canonical_reason().unwrap_or("Error");
    let body = json!({"status_code": status.as_u16(), "reason_phrase": reason, "message": reason});
    ApiResponse::json(status, &body).into_response()
}

fn empty_with_header(status: StatusCode, name: HeaderName, value: HeaderValue) -> Response {
    (status, [(name, value)]).into_response()
}

async fn hang(connection: &ConnectionBreaker) -> Response {
    tokio::time::sleep(HANG).await;
    connection.break_connection()
}

fn with_body(response: &ApiResponse, body: &Value) -> Response {
    ApiResponse::json(response.status, body).into_response()
}

fn reset_mid_body(mut response: ApiResponse, connection: ConnectionBreaker) -> Response {
    let announced_length = response.body.len().max(2);
    response.body.truncate(announced_length / 2);
    let first_half = stream::iter([Ok(Bytes::from(response.body))]);
    let reset = stream::once(async move {
        // Long enough that the first half is sent before the connection breaks.
        tokio::time::sleep(Duration::from_millis(30)).await;
        connection.break_connection();
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    });
    let headers = [
        (header::CONTENT_LENGTH, HeaderValue::from(announced_length)),
        (header::CONTENT_TYPE, HeaderValue::from_static(response.content_type)),
    ];
    (response.status, headers, Body::from_stream(first_half.chain(reset))).into_response()
}

/// `{"data":"xxx…"}`, streamed, so that it is never in memory as a whole.
fn huge_body(status: StatusCode, size: usize, stop: CancellationToken) -> Response {
    const CHUNK: usize = 1 << 16;
    let opening = stream::iter([Ok::<Bytes, io::Error>(Bytes::from_static(b"{\"data\":\""))]);
    let filling = stream::unfold(size, move |left| {
        let chunk = left.min(CHUNK);
        let is_stopped = stop.is_cancelled();
        async move { (chunk > 0 && !is_stopped).then(|| (Ok(Bytes::from(vec![b'x'; chunk])), left - chunk)) }
    });
    let closing = stream::iter([Ok(Bytes::from_static(b"\"}"))]);
    let headers = [(header::CONTENT_TYPE, "application/json")];
    (status, headers, Body::from_stream(opening.chain(filling).chain(closing))).into_response()
}

/// Which calls a fault is meant for.
#[derive(Debug)]
pub(super) enum Target {
    Any,
    /// Calls whose path with query begins with this; `"POST /1.0/token"` matches the method too.
    Prefix(String),
    /// Every method but GET.
    Write,
}

impl Target {
    pub(super) fn matches(&self, method: &Method, path_and_query: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Write => method != Method::GET,
            Self::Prefix(prefix) => match prefix.split_once(' ') {
                Some((wanted, prefix)) => method.as_str() == wanted && path_and_query.starts_with(prefix),
                None => path_and_query.starts_with(prefix.as_str()),
            },
        }
    }
}

#[derive(Debug)]
struct QueuedFault {
    target: Target,
    fault: Fault,
    remaining: usize,
}

#[derive(Debug, Default)]
pub(super) struct FaultQueue(Vec<QueuedFault>);

impl FaultQueue {
    pub(super) fn add(&mut self, target: Target, fault: Fault, times: usize) {
        if times > 0 {
            self.0.push(QueuedFault { target, fault, remaining: times });
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn remaining(&self) -> usize {
        self.0.iter().map(|queued| queued.remaining).sum()
    }

    /// Takes the first fault that is meant for this call.
    pub(super) fn take(&mut self, method: &Method, path_and_query: &str) -> Option<Fault> {
        let at = self.0.iter().position(|queued| queued.target.matches(method, path_and_query))?;
        let queued = self.0.get_mut(at)?;
        let fault = queued.fault.clone();
        queued.remaining -= 1;
        if queued.remaining == 0 {
            self.0.remove(at);
        }
        Some(fault)
    }
}

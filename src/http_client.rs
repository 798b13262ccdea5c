//! Calling another service: one bounded HTTP exchange, and what its failure means.
//!
//! [`UpstreamError::retry`] is the only table of what is tried again. Answers are limited in size and time, redirects
//! are never followed (a token must not travel), and no error text holds an address, a token or a body.

use std::sync::Once;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tracing::Instrument as _;
use tracing::field::Empty;

const MAX_BODY: usize = 10 * 1024 * 1024;
const MAX_MESSAGE: usize = 500;

/// How a call failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum UpstreamError {
    /// 401: the token is missing, expired or not accepted.
    #[error("the token was not accepted (401)")]
    Unauthorized,
    /// 404.
    #[error("not found (404)")]
    NotFound,
    /// Another 4xx: not accepted, and will not be when sent again.
    #[error("refused ({status}){}{message}", if message.is_empty() { "" } else { ": " })]
    Rejected {
        /// The HTTP status.
        status: u16,
        /// What the service says about it; may hold personal data, so it is for the admin, not for a log.
        message: String,
    },
    /// 429: too many calls.
    #[error("too many calls (429)")]
    Busy {
        /// What `Retry-After` asked for.
        retry_after: Option<Duration>,
    },
    /// No answer in time: the call may have had an effect, or still come to have one.
    #[error("unavailable: no answer in time")]
    TimedOut,
    /// No answer, a cut-off one, or 5xx: whether the call had an effect is not known.
    #[error("unavailable: {what}")]
    Unavailable {
        /// The status, or what happened on the way.
        what: String,
        /// What `Retry-After` asked for.
        retry_after: Option<Duration>,
    },
    /// An answer that is not what the documentation says.
    #[error("an answer that is not understood: {what}")]
    Unreadable {
        /// What is wrong with it; never its content.
        what: String,
    },
}

/// Whether, and when, a failed call can succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// By itself, later; not before the time the service asked for.
    Later(Option<Duration>),
    /// Only after somebody signs in or changes a token.
    AfterSignIn,
    /// Not as it is: what is sent must change.
    Never,
}

impl UpstreamError {
    /// The only table of what is tried again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Busy { retry_after } | Self::Unavailable { retry_after, .. } => Retry::Later(*retry_after),
            Self::Unreadable { .. } | Self::TimedOut => Retry::Later(None),
            Self::Unauthorized => Retry::AfterSignIn,
            Self::NotFound | Self::Rejected { .. } => Retry::Never,
        }
    }

    /// One of [`OUTCOMES`].
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::NotFound => "not_found",
            Self::Rejected { .. } => "rejected",
            Self::Busy { .. } => "rate_limited",
            Self::Unavailable { .. } | Self::TimedOut => "unavailable",
            Self::Unreadable { .. } => "unreadable",
        }
    }
}

/// What becomes of a call: the labels of the metrics.
pub const OUTCOMES: [&str; 7] =
    ["ok", "unauthorized", "not_found", "rejected", "rate_limited", "unavailable", "unreadable"];

/// What became of a call: one of [`OUTCOMES`].
pub fn outcome<T>(result: &Result<T, UpstreamError>) -> &'static str {
    result.as_ref().map_or_else(UpstreamError::outcome, |_answer| "ok")
}

/// The call as part of the work that it is made for: a span, and a line of the log at level debug. `operation` has ids
/// only; no address, which can hold a token.
pub async fn traced(
    service: &'static str,
    operation: &str,
    call: impl Future<Output = Result<Answer, UpstreamError>>,
) -> Result<Answer, UpstreamError> {
    let span = tracing::error_span!(
        "call",
        otel.kind = "client",
        otel.status_code = Empty,
        service,
        operation,
        outcome = Empty
    );
    // Large, and in every future that waits for it.
    let call = Box::pin(call);
    async {
        let began = Instant::now();
        let result = call.await;
        let outcome = outcome(&result);
        tracing::Span::current().record("outcome", outcome);
        if result.is_err() {
            tracing::Span::current().record("otel.status_code", "ERROR");
        }
        let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(outcome, duration_ms, "Called {service}");
        result
    }
    .instrument(span)
    .await
}

/// The error without what only the person concerned may read: fit for a log and for `people.last_error`.
pub struct Terse<'a>(pub &'a UpstreamError);

impl std::fmt::Display for Terse<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let UpstreamError::Rejected { status, .. } = self.0 {
            return write!(f, "refused ({status})");
        }
        self.0.fmt(f)
    }
}

/// A client whose every call takes at most `timeout`, from connecting to the last byte.
#[expect(
    clippy::expect_used,
    reason = "the builder has fixed settings; it fails only where the system has no randomness"
)]
pub fn http_client(timeout: Duration) -> reqwest::Client {
    static TLS: Once = Once::new();
    TLS.call_once(|| {
        // An error means that the process chose a provider already.
        let _chosen_already = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
        .timeout(timeout)
        .redirect(reqwest::redirect::Policy::none())
        // What decides where a token goes is the configuration, not a variable of the environment.
        .no_proxy()
        .user_agent(concat!("optedo-officient/", env!("CARGO_PKG_VERSION")))
        .build()
        .expect("a client with fixed settings")
}

/// A complete answer with a 2xx status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON of the documented shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, UpstreamError> {
        serde_json::from_slice(&self.body).map_err(|error| UpstreamError::Unreadable {
            // The category and place only: serde's message may quote the content.
            what: format!(
                "{} at line {} column {} of {} bytes",
                match error.classify() {
                    serde_json::error::Category::Io => "unreadable",
                    serde_json::error::Category::Syntax => "not JSON",
                    serde_json::error::Category::Data => "JSON of another shape than documented",
                    serde_json::error::Category::Eof => "cut-off JSON",
                },
                error.line(),
                error.column(),
                self.body.len()
            ),
        })
    }
}

/// Sends the request and reads the whole answer.
pub async fn send(request: RequestBuilder) -> Result<Answer, UpstreamError> {
    let mut response = request.send().await.map_err(unavailable)?;
    let status = response.status();
    let retry_after = retry_after(&response);
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > MAX_BODY => {
                return Err(UpstreamError::Unreadable { what: format!("more than {MAX_BODY} bytes") });
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => return Err(unavailable(error)),
        }
    }
    judge(status, retry_after, body.freeze())
}

fn judge(status: StatusCode, retry_after: Option<Duration>, body: Bytes) -> Result<Answer, UpstreamError> {
    match status.as_u16() {
        200..=299 => Ok(Answer { body }),
        401 => Err(UpstreamError::Unauthorized),
        404 => Err(UpstreamError::NotFound),
        429 => Err(UpstreamError::Busy { retry_after }),
        408 | 425 | 500..=599 => {
            Err(UpstreamError::Unavailable { what: format!("status {status}"), retry_after })
        }
        300..=399 => Err(UpstreamError::Unreadable { what: format!("a redirect ({})", status.as_u16()) }),
        status => Err(UpstreamError::Rejected { status, message: message_of(&body) }),
    }
}

/// What a refusal says: `message` (Optedo) or `reason_phrase` (Officient), shortened.
fn message_of(body: &[u8]) -> String {
    let json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let text = ["message", "reason_phrase", "detail", "title"].iter().find_map(|key| json.get(key)?.as_str());
    text.unwrap_or_default().chars().filter(|char| !char.is_control()).take(MAX_MESSAGE).collect()
}

fn retry_after(response: &reqwest::Response) -> Option<Duration> {
    let seconds = response.headers().get(http::header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn unavailable(error: reqwest::Error) -> UpstreamError {
    // reqwest prints the whole URL, query included.
    let error = error.without_url();
    if error.is_timeout() {
        // One that could not even connect did not reach anybody.
        let is_sent = !error.is_connect();
        let what = "no connection in time".to_owned();
        return if is_sent {
            UpstreamError::TimedOut
        } else {
            UpstreamError::Unavailable { what, retry_after: None }
        };
    }
    let what = if error.is_connect() { "no connection".to_owned() } else { format!("broken off: {error}") };
    UpstreamError::Unavailable { what, retry_after: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_get_better_by_itself_is_tried_again() {
        let wait = Some(Duration::from_secs(7));
        let table = [
            (429, Retry::Later(wait)),
            (500, Retry::Later(wait)),
            (503, Retry::Later(wait)),
            (302, Retry::Later(None)),
            (401, Retry::AfterSignIn),
            (404, Retry::Never),
            (400, Retry::Never),
            (409, Retry::Never),
            (422, Retry::Never),
        ];
        for (status, retry) in table {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(judge(status, wait, Bytes::new()).unwrap_err().retry(), retry, "{status}");
        }
    }

    #[test]
    fn an_unreadable_answer_is_described_without_its_content() {
        let answer = Answer { body: Bytes::from_static(b"{\"iban\": \"BE71 0961 2345 6769\"") };
        let error = answer.json::<Vec<i64>>().unwrap_err().to_string();
        assert!(!error.contains("iban") && !error.contains("BE71"), "{error}");
    }

    #[test]
    fn a_refusal_is_logged_without_its_message() {
        let body = Bytes::from_static(b"{\"message\":\"Jan Peeters is sick\"}");
        let error = judge(StatusCode::CONFLICT, None, body).unwrap_err();
        assert!(error.to_string().contains("Jan Peeters"));
        assert_eq!(Terse(&error).to_string(), "refused (409)");
    }
}

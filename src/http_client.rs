//! One bounded HTTP exchange with another service, and what its failure means.
//!
//! [`UpstreamError::retry`] is the only table of what is retried. Responses are limited in size and time, redirects are
//! never followed (a token must not travel), and no error text holds an address, a token or a body.

use std::sync::Once;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_path_to_error::Path;
use tokio::time::Instant;
use tracing::Instrument as _;
use tracing::field::Empty;

use crate::loose_json;

const MAX_BODY: usize = 10 * 1024 * 1024;
/// Characters of a refusal's message that are kept.
const MAX_MESSAGE: usize = 500;

/// How a call failed. Its text is fit for a log.
#[derive(Debug, Clone, thiserror::Error, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum UpstreamError {
    #[error("the token is not accepted (401)")]
    Unauthorized,
    #[error("not found (404)")]
    NotFound,
    /// Another 4xx: not accepted, and will not be when sent again.
    #[error("refused ({status})")]
    Rejected {
        status: u16,
        /// The service's reason. It may hold personal data, so it is for the admin and never for a log.
        message: String,
    },
    #[error("too many calls (429)")]
    #[strum(serialize = "rate_limited")]
    Busy { retry_after: Option<Duration> },
    /// The call may have had an effect, or still come to have one.
    #[error("unavailable: no response in time")]
    #[strum(serialize = "unavailable")]
    TimedOut,
    /// No response, a cut-off one, or 5xx: whether the call had an effect is not known.
    #[error("unavailable: {what}")]
    Unavailable { what: String, retry_after: Option<Duration> },
    /// The response is not as documented. `what` never quotes it.
    #[error("the response {what}")]
    Unreadable { what: String },
}

/// Whether, and when, a failed call can succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// By itself, and not before the time that the service asked for.
    Later(Option<Duration>),
    /// Only after an admin signs in, or the operator changes a token.
    AfterSignIn,
    /// Not as it is: the request must change.
    Never,
}

impl UpstreamError {
    /// The only table of what is retried.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Busy { retry_after } | Self::Unavailable { retry_after, .. } => Retry::Later(*retry_after),
            Self::Unreadable { .. } | Self::TimedOut => Retry::Later(None),
            Self::Unauthorized => Retry::AfterSignIn,
            Self::NotFound | Self::Rejected { .. } => Retry::Never,
        }
    }

    /// The outcome of a call as a label of the metrics: `ok`, or the name of the variant.
    pub fn outcome<T>(result: &Result<T, Self>) -> &'static str {
        result.as_ref().map_or_else(Into::into, |_response| "ok")
    }

    /// No response, for a reason other than the service's own.
    pub fn unavailable(what: &str) -> Self {
        Self::Unavailable { what: what.to_owned(), retry_after: None }
    }
}

/// Counts a call, and wraps it in a span and a line of the log at level debug. `operation` holds ids only, and no
/// address: an address can hold a token.
pub async fn traced(
    service: &'static str,
    operation: &str,
    call: impl Future<Output = Result<Response, UpstreamError>>,
) -> Result<Response, UpstreamError> {
    let span = tracing::error_span!(
        "call",
        otel.kind = "client",
        otel.name = %format_args!("call {service}"),
        otel.status_code = Empty,
        peer.service = service,
        operation,
        outcome = Empty
    );
    // Large, and in every future that waits for it.
    let call = Box::pin(call);
    async {
        let began = Instant::now();
        let result = call.await;
        let outcome = UpstreamError::outcome(&result);
        metrics::counter!(format!("{service}_calls_total"), "outcome" => outcome).increment(1);
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
        // The configuration decides where a token goes, not a variable of the environment.
        .no_proxy()
        .user_agent(concat!("optedo-officient/", env!("CARGO_PKG_VERSION")))
        .build()
        .expect("a client with fixed settings")
}

/// A complete response with a 2xx status.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: StatusCode,
    pub body: Bytes,
}

impl Response {
    /// The body as JSON of the documented shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, UpstreamError> {
        let mut deserializer = serde_json::Deserializer::from_slice(&self.body);
        let value = serde_path_to_error::deserialize(&mut deserializer)
            .map_err(|error| mistake(error.inner(), Some(error.path()), &self.body))?;
        deserializer.end().map_err(|error| mistake(&error, None, &self.body))?;
        Ok(value)
    }
}

/// What is wrong, and where. Quotes nothing of the response.
fn mistake(error: &serde_json::Error, path: Option<&Path>, body: &[u8]) -> UpstreamError {
    let what = match error.classify() {
        Category::Io | Category::Syntax => {
            format!("is not JSON, at line {} column {}", error.line(), error.column())
        }
        Category::Eof => format!("is cut off, at line {} column {}", error.line(), error.column()),
        Category::Data => {
            let body = serde_json::from_slice(body).unwrap_or_default();
            loose_json::mistake(error, "", path, &body)
        }
    };
    UpstreamError::Unreadable { what }
}

/// What a complete response means, by its status, its `Retry-After` and its body.
pub type Classify = fn(StatusCode, Option<Duration>, Bytes) -> Result<Response, UpstreamError>;

/// Sends the request and reads the whole response.
pub async fn send(request: RequestBuilder, classify: Classify) -> Result<Response, UpstreamError> {
    let mut response = request.send().await.map_err(no_response)?;
    let status = response.status();
    let retry_after = retry_after(&response);
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(no_response)? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(UpstreamError::Unreadable { what: format!("has more than {MAX_BODY} bytes") });
        }
        body.extend_from_slice(&chunk);
    }
    classify(status, retry_after, body.freeze())
}

/// A [`Classify`] for most calls.
pub fn classify(status: StatusCode, retry_after: Option<Duration>, body: Bytes) -> Result<Response, UpstreamError> {
    match status.as_u16() {
        200..=299 => Ok(Response { status, body }),
        401 => Err(UpstreamError::Unauthorized),
        404 | 410 => Err(UpstreamError::NotFound),
        429 => Err(UpstreamError::Busy { retry_after }),
        408 | 425 | 500..=599 => Err(UpstreamError::Unavailable { what: format!("status {status}"), retry_after }),
        300..=399 => Err(UpstreamError::Unreadable { what: format!("is a redirect ({})", status.as_u16()) }),
        status => Err(UpstreamError::Rejected { status, message: message_of(&body) }),
    }
}

/// A refusal's `message` (Optedo) or `reason_phrase` (Officient), shortened.
pub fn message_of(body: &[u8]) -> String {
    let json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let text = ["message", "reason_phrase", "detail", "title"].iter().find_map(|key| json.get(key)?.as_str());
    text.unwrap_or_default().chars().filter(|char| !char.is_control()).take(MAX_MESSAGE).collect()
}

fn retry_after(response: &reqwest::Response) -> Option<Duration> {
    let seconds = response.headers().get(http::header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn no_response(error: reqwest::Error) -> UpstreamError {
    // reqwest prints the whole URL, query included.
    let error = error.without_url();
    match (error.is_connect(), error.is_timeout()) {
        // A call that could not even connect reached nobody.
        (true, true) => UpstreamError::unavailable("no connection in time"),
        (true, false) => UpstreamError::unavailable("no connection"),
        (false, true) => UpstreamError::TimedOut,
        (false, false) => UpstreamError::unavailable(&format!("the connection broke off: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

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
            (410, Retry::Never),
            (400, Retry::Never),
            (409, Retry::Never),
            (422, Retry::Never),
        ];
        for (status, retry) in table {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(classify(status, wait, Bytes::new()).unwrap_err().retry(), retry, "{status}");
        }
    }

    #[derive(Debug, Deserialize)]
    struct Calendar {
        #[expect(dead_code, reason = "only read")]
        days: Vec<Vec<i64>>,
    }

    #[test]
    fn an_unreadable_response_is_described_without_its_content() {
        let table = [
            (
                r#"{"days": [[1], ["BE71 0961"]]}"#,
                "has an unexpected value at days[1][0]: expected a whole number, got a string",
            ),
            (
                r#"{"days": [[1], ", expected BE71!"]}"#,
                "has an unexpected value at days[1]: expected a list, got a string",
            ),
            (r#"{"iban": "BE71 0961"}"#, "lacks days at its top level"),
            (r#""BE71 0961""#, "has an unexpected value at its top level: expected an object, got a string"),
            (r#"{"days": [[1], ["BE71 0961"#, "is cut off, at line 1 column 26"),
            ("<html>BE71 0961</html>", "is not JSON, at line 1 column 1"),
            (r#"{"days": []} BE71 0961"#, "is not JSON, at line 1 column 14"),
        ];
        for (body, described) in table {
            let error = Response { status: StatusCode::OK, body: body.into() }.json::<Calendar>().unwrap_err();
            assert_eq!(error.to_string(), format!("the response {described}"));
        }
    }

    #[test]
    fn a_refusal_is_logged_without_its_message() {
        let body = Bytes::from_static(b"{\"message\":\"Jan Peeters is sick\"}");
        let error = classify(StatusCode::CONFLICT, None, body).unwrap_err();
        assert!(matches!(&error, UpstreamError::Rejected { message, .. } if message == "Jan Peeters is sick"));
        assert_eq!(error.to_string(), "refused (409)");
    }
}

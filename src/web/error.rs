//! Every way in which a request can fail, and its response: a problem document (RFC 9457), explained in `docs/errors.md`.
//!
//! The text of a cause is logged once and never sent.

use std::error::Error;

use axum::extract::rejection::{BytesRejection, FormRejection, PathRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Serialize;
use strum::EnumDiscriminants;
use utoipa::ToSchema;

use crate::officient::OfficientError;
use crate::officient::tokens::TokenError;
use crate::sync::SyncError;

/// Where `docs/errors.md` is published. The `type` of a problem is this address, `#` and the problem's id.
const DOCUMENTATION: &str = "https://optedo.com/docs/officient/errors";
/// How long a client should wait after a failure of an upstream or the database.
const RETRY_AFTER_SECONDS: u64 = 5;

/// Why a request failed. The messages are sent as `detail`.
#[derive(Debug, thiserror::Error, EnumDiscriminants)]
#[strum_discriminants(name(ProblemKind), derive(strum::VariantArray), doc = "A sort of problem.")]
pub enum WebError {
    #[error(
        "this needs an admin, and the request has neither a valid session nor the right bearer token: sign in on the settings page, or send admin.api_token as the bearer token"
    )]
    Unauthorized,
    #[error(
        "the change was refused because its CSRF token is missing or wrong, or because another site sent it: reload the page and try again"
    )]
    InvalidCsrfToken,
    #[error("nothing was found at this address: check its path and the id in it")]
    NotFound,
    #[error("this address does not accept the method: the header Allow lists those that it accepts")]
    MethodNotAllowed,
    #[error("the request could not be read: {0}")]
    InvalidRequest(&'static str),
    #[error("{field}: {fault}")]
    InvalidField { field: &'static str, fault: &'static str },
    #[error("the body is larger than 64 KiB: send a smaller one")]
    PayloadTooLarge,
    #[error("the service is not connected to Officient: sign in at Officient on the settings page")]
    NotConnected,
    #[error(
        "a sign-in at Officient needs the app's Client ID and Secret, and they are not filled in yet: fill them in on the settings page"
    )]
    CredentialsMissing,
    #[error(
        "Client ID and Secret cannot be changed here because the service's configuration sets them: change them there"
    )]
    CredentialsConfigured,
    /// In how many seconds the next attempt is accepted.
    #[error("too many wrong passwords came from this address: try again in {0} seconds")]
    TooManyAttempts(u64),
    #[error("a call to Officient failed: try again later, and run optedo-officient check if it still fails")]
    OfficientUnavailable(#[source] Cause),
    #[error("a call to Optedo failed: try again later, and run optedo-officient check if it still fails")]
    OptedoUnavailable(#[source] Cause),
    #[error("the database did not respond in time or refused the statement: try again later")]
    DatabaseUnavailable(#[source] sqlx::Error),
    /// A bug, or a stored secret that cannot be decrypted.
    #[error("the service failed: the operator finds the cause in its log")]
    Internal(#[source] Cause),
}

type Cause = Box<dyn Error + Send + Sync>;

impl ProblemKind {
    /// The anchor in `docs/errors.md`, and the HTTP status. Programs compare the id, so it never changes.
    fn id_and_status(self) -> (&'static str, StatusCode) {
        match self {
            Self::Unauthorized => ("unauthorized", StatusCode::UNAUTHORIZED),
            Self::InvalidCsrfToken => ("invalid-csrf-token", StatusCode::FORBIDDEN),
            Self::NotFound => ("not-found", StatusCode::NOT_FOUND),
            Self::MethodNotAllowed => ("method-not-allowed", StatusCode::METHOD_NOT_ALLOWED),
            Self::InvalidRequest => ("invalid-request", StatusCode::BAD_REQUEST),
            Self::InvalidField => ("invalid-field", StatusCode::UNPROCESSABLE_ENTITY),
            Self::PayloadTooLarge => ("payload-too-large", StatusCode::PAYLOAD_TOO_LARGE),
            Self::NotConnected => ("not-connected", StatusCode::CONFLICT),
            Self::CredentialsMissing => ("credentials-missing", StatusCode::CONFLICT),
            Self::CredentialsConfigured => ("credentials-configured", StatusCode::CONFLICT),
            Self::TooManyAttempts => ("too-many-attempts", StatusCode::TOO_MANY_REQUESTS),
            Self::OfficientUnavailable => ("officient-unavailable", StatusCode::BAD_GATEWAY),
            Self::OptedoUnavailable => ("optedo-unavailable", StatusCode::BAD_GATEWAY),
            Self::DatabaseUnavailable => ("database-unavailable", StatusCode::SERVICE_UNAVAILABLE),
            Self::Internal => ("internal-error", StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

impl WebError {
    pub fn internal(cause: impl Into<Cause>) -> Self {
        Self::Internal(cause.into())
    }

    /// Logs a failure of the service or of an upstream, once, with its causes. A mistake in a request is not logged.
    pub fn log(&self) {
        let (id, status) = ProblemKind::from(self).id_and_status();
        if status.is_server_error() {
            let cause = causes(self);
            tracing::error!(
                http.response.status_code = status.as_u16(),
                problem.id = id,
                cause,
                "A request failed: {self}"
            );
        }
    }

    /// The mistake of the caller that a violated constraint of the database stands for.
    fn of_constraint(name: &str) -> Option<Self> {
        (name == "connection_in_use_is_complete").then_some(Self::NotConnected)
    }
}

/// The texts of an error's causes, without those that another text contains already.
fn causes(error: &WebError) -> String {
    let chain = std::iter::successors(error.source(), |cause| (*cause).source()).map(ToString::to_string);
    let add = |all: String, cause: String| match all.as_str() {
        "" => cause,
        known if known.contains(&cause) => all,
        _ => format!("{all}: {cause}"),
    };
    chain.fold(String::new(), add)
}

/// Why a request failed (RFC 9457).
#[derive(Serialize, ToSchema)]
pub struct Problem {
    /// A link to the explanation of this sort of problem. It never changes, so programs can compare it.
    #[serde(rename = "type")]
    #[schema(format = "uri")]
    kind: String,
    /// The HTTP status in words.
    title: &'static str,
    status: u16,
    /// What was tried, what happened, and what to do about it.
    detail: String,
    /// One entry for each wrong field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
}

/// What is wrong with a field of the request.
#[derive(Serialize, ToSchema)]
struct FieldError {
    field: &'static str,
    detail: &'static str,
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        self.log();
        let kind = ProblemKind::from(&self);
        let (id, status) = kind.id_and_status();
        let (mut errors, mut retry_after) = (Vec::new(), None);
        if let Self::InvalidField { field, fault: detail } = self {
            errors.push(FieldError { field, detail });
        } else if let Self::TooManyAttempts(seconds) = self {
            retry_after = Some(seconds);
        } else if matches!(status, StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE) {
            retry_after = Some(RETRY_AFTER_SECONDS);
        }
        let problem = Problem {
            kind: format!("{DOCUMENTATION}#{id}"),
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: self.to_string(),
            errors,
        };
        // The page layer shows the kind to a person in their language.
        let mut response = (status, Extension(kind), Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<PathRejection> for WebError {
    fn from(_: PathRejection) -> Self {
        Self::NotFound
    }
}

impl From<BytesRejection> for WebError {
    fn from(rejection: BytesRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::PayloadTooLarge,
            _ => Self::InvalidRequest("the body ended before it was complete"),
        }
    }
}

impl From<FormRejection> for WebError {
    fn from(rejection: FormRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::PayloadTooLarge,
            _ => Self::InvalidRequest("the body is not a form"),
        }
    }
}

impl From<sqlx::Error> for WebError {
    fn from(error: sqlx::Error) -> Self {
        // Trying again does not help against a violated constraint.
        match error.as_database_error().and_then(|error| error.constraint()) {
            Some(constraint) => Self::of_constraint(constraint).unwrap_or_else(|| Self::internal(error)),
            None => Self::DatabaseUnavailable(error),
        }
    }
}

impl From<TokenError> for WebError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Database(error) => error.into(),
            TokenError::NotConnected | TokenError::ReauthorizationRequired => Self::NotConnected,
            TokenError::Refresh(_) => Self::OfficientUnavailable(error.into()),
            TokenError::Vault(_) => Self::internal(error),
        }
    }
}

impl From<SyncError> for WebError {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Database(error) => error.into(),
            SyncError::Officient(OfficientError::Token { source, .. }) => source.into(),
            SyncError::Officient(error @ OfficientError::Call { .. }) => {
                Self::OfficientUnavailable(error.into())
            }
            SyncError::Optedo(_) | SyncError::EarlierCall { .. } => Self::OptedoUnavailable(error.into()),
            SyncError::Vault(_) | SyncError::NotLeading | SyncError::Erased | SyncError::ShuttingDown => {
                Self::internal(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use strum::VariantArray as _;

    use super::*;

    #[test]
    fn every_problem_has_an_id_of_its_own_and_a_section_in_the_documentation() {
        let documentation = include_str!("../../docs/errors.md");
        let sections: BTreeSet<&str> =
            documentation.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let ids = ProblemKind::VARIANTS.iter().map(|kind| kind.id_and_status().0);
        assert_eq!(ids.collect::<BTreeSet<&str>>(), sections);
        assert_eq!(ProblemKind::VARIANTS.len(), sections.len());
        for kind in ProblemKind::VARIANTS {
            let (id, status) = kind.id_and_status();
            let row = format!("| [`{id}`](#{id}) | {} |", status.as_u16());
            assert!(documentation.contains(&row), "{row}");
        }
        assert!(documentation.contains(DOCUMENTATION));
    }

    #[test]
    fn no_cause_is_sent_and_all_are_logged_once() {
        let error = WebError::from(sqlx::Error::Io(std::io::Error::other("10.0.0.1 refused")));
        assert!(!error.to_string().contains("10.0.0.1"));
        assert_eq!(causes(&error).matches("10.0.0.1 refused").count(), 1, "{}", causes(&error));
    }

    #[test]
    fn a_failure_that_may_pass_says_when_to_try_again() {
        let after = |error: WebError| {
            let response = error.into_response();
            let after =
                response.headers().get(header::RETRY_AFTER).map(|value| value.to_str().unwrap().to_owned());
            (response.status().as_u16(), after)
        };
        let five = Some("5".to_owned());
        assert_eq!(after(sqlx::Error::PoolTimedOut.into()), (503, five.clone()));
        assert_eq!(after(WebError::OptedoUnavailable("down".into())), (502, five));
        assert_eq!(after(WebError::TooManyAttempts(42)), (429, Some("42".to_owned())));
        assert_eq!(after(WebError::NotFound), (404, None));
    }
}

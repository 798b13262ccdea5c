//! Every way in which a request can fail, and its response: a problem document (RFC 9457), explained in
//! `docs/errors.md`.
//!
//! The text of a cause is logged once and never sent.

use std::error::Error;

use axum::extract::rejection::{FormRejection, PathRejection};
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
#[strum_discriminants(
    name(ProblemKind),
    derive(strum::IntoStaticStr, strum::VariantArray),
    strum(serialize_all = "kebab-case", const_into_str),
    doc = "A sort of problem. Its string is its id, the anchor in `docs/errors.md`: programs compare it."
)]
pub enum WebError {
    #[error("this needs an admin: sign in on the settings page, or send admin.api_token as bearer token")]
    Unauthorized,
    #[error("the CSRF token is missing or wrong, or another site sent this: reload the page and try again")]
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
    #[error("the app's Client ID and Secret are not filled in yet: fill them in on the settings page")]
    CredentialsMissing,
    #[error("the service's configuration sets Client ID and Secret: change them there")]
    CredentialsConfigured,
    #[error("the service's configuration sets this: the operator changes it there")]
    ConfiguredByOperator,
    #[error("the user is inactive in Optedo: activate them there, or choose another user")]
    UserInactive,
    #[error("the user belongs to another person: choose another user, or change that person first")]
    UserTaken,
    #[error(
        "Optedo was changed since the comparison: the person was compared again, so look at the difference once more"
    )]
    ChangedMeanwhile,
    #[error(
        "nothing waits for this decision: it was made already, the leave is back, or the item asks for no decision"
    )]
    NothingToDecide,
    #[error("notifications have no recipient: add one on the settings page; the operator configures the mail server")]
    NotificationsOff,
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
    #[strum_discriminants(strum(serialize = "internal-error"))]
    Internal(#[source] Cause),
}

type Cause = Box<dyn Error + Send + Sync>;

impl ProblemKind {
    fn status(self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::InvalidCsrfToken => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::InvalidRequest => StatusCode::BAD_REQUEST,
            Self::InvalidField => StatusCode::UNPROCESSABLE_ENTITY,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotConnected
            | Self::CredentialsMissing
            | Self::CredentialsConfigured
            | Self::ConfiguredByOperator
            | Self::UserInactive
            | Self::UserTaken
            | Self::ChangedMeanwhile
            | Self::NothingToDecide
            | Self::NotificationsOff => StatusCode::CONFLICT,
            Self::TooManyAttempts => StatusCode::TOO_MANY_REQUESTS,
            Self::OfficientUnavailable | Self::OptedoUnavailable => StatusCode::BAD_GATEWAY,
            Self::DatabaseUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl WebError {
    pub fn internal(cause: impl Into<Cause>) -> Self {
        Self::Internal(cause.into())
    }

    /// Logs a failure of the service or of an upstream, once, with its causes. A mistake in a request is not logged.
    pub fn log(&self) {
        let kind = ProblemKind::from(self);
        if kind.status().is_server_error() {
            tracing::error!(
                http.response.status_code = kind.status().as_u16(),
                problem.id = <&str>::from(kind),
                cause = causes(self),
                "A request failed: {self}"
            );
        }
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
        let status = kind.status();
        let (mut errors, mut retry_after) = (Vec::new(), None);
        if let Self::InvalidField { field, fault: detail } = self {
            errors.push(FieldError { field, detail });
        } else if let Self::TooManyAttempts(seconds) = self {
            retry_after = Some(seconds);
        } else if matches!(status, StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE) {
            retry_after = Some(RETRY_AFTER_SECONDS);
        }
        let problem = Problem {
            kind: format!("{DOCUMENTATION}#{}", <&str>::from(kind)),
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
        match error.as_database_error().and_then(|error| error.constraint()) {
            Some("connection_in_use_is_complete") => Self::NotConnected,
            // Trying again does not help against a violated constraint.
            Some(_) => Self::internal(error),
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
            SyncError::Officient(error @ OfficientError::Call { .. }) => Self::OfficientUnavailable(error.into()),
            SyncError::Optedo(_) | SyncError::EarlierCall { .. } | SyncError::Superseded => {
                Self::OptedoUnavailable(error.into())
            }
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
        let sections: BTreeSet<&str> = documentation.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let ids = ProblemKind::VARIANTS.iter().map(|kind| <&str>::from(*kind));
        assert_eq!(ids.collect::<BTreeSet<&str>>(), sections);
        assert_eq!(ProblemKind::VARIANTS.len(), sections.len());
        for kind in ProblemKind::VARIANTS {
            let id = <&str>::from(*kind);
            let row = format!("| [`{id}`](#{id}) | {} |", kind.status().as_u16());
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
            let after = response.headers().get(header::RETRY_AFTER).map(|value| value.to_str().unwrap().to_owned());
            (response.status().as_u16(), after)
        };
        let five = Some("5".to_owned());
        assert_eq!(after(sqlx::Error::PoolTimedOut.into()), (503, five.clone()));
        assert_eq!(after(WebError::OptedoUnavailable("down".into())), (502, five));
        assert_eq!(after(WebError::TooManyAttempts(42)), (429, Some("42".to_owned())));
        assert_eq!(after(WebError::NotFound), (404, None));
    }
}

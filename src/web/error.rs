//! Every way in which a request can fail, and its answer (RFC 9457). The text of a failure inside never leaves.

use axum::Json;
use axum::extract::rejection::{BytesRejection, FormRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::officient::OfficientError;
use crate::officient::tokens::TokenError;
use crate::sync::SyncError;

/// Why a request is not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// Neither a session nor the bearer token.
    #[error("sign in on the settings page, or send the bearer token")]
    Unauthorized,
    /// A change without the page's CSRF token.
    #[error("the CSRF token is missing or wrong: reload the page")]
    Forbidden,
    /// Nothing is here.
    #[error("there is nothing here")]
    NotFound,
    /// Something is here, but not for this method.
    #[error("not with this method")]
    MethodNotAllowed,
    /// The body is not what it should be at all.
    #[error("{0}")]
    BadRequest(&'static str),
    /// A field is wrong.
    #[error("{field}: {fault}")]
    Invalid {
        /// Which.
        field: &'static str,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// The body is too large.
    #[error("the body is larger than 64 KiB")]
    TooLarge,
    /// The service is not in the state that this needs.
    #[error("{0}")]
    Conflict(&'static str),
    /// Too many wrong passwords.
    #[error("too many wrong passwords: try again in {0} seconds")]
    TooManyAttempts(u64),
    /// Officient or Optedo failed.
    #[error("Officient or Optedo could not be asked: try again later")]
    Upstream(#[source] SyncError),
    /// The database failed.
    #[error("the database does not answer: try again later")]
    Unavailable(#[source] sqlx::Error),
    /// A bug, or a secret that does not open.
    #[error("something went wrong inside")]
    Internal,
}

impl WebError {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooManyAttempts(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Upstream(_) => StatusCode::BAD_GATEWAY,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Logs a failure of ours or of somebody we ask; what is wrong with a request is its sender's to know.
    pub fn log(&self) {
        let status = self.status();
        if status.is_server_error() {
            let cause = std::error::Error::source(self).map(ToString::to_string);
            tracing::error!(http.status = status.as_u16(), cause, "A request failed: {self}");
        }
    }
}

/// What a person is told of a failure; kept beside the problem document for a page to say it in their language.
#[derive(Clone, Copy, Debug)]
pub enum Explained {
    /// The page is too old, or another site's.
    Forbidden,
    /// Nothing is here.
    NotFound,
    /// What was filled in is wrong.
    Invalid,
    /// It needs a connection.
    NotConnected,
    /// Officient or Optedo failed.
    Upstream,
    /// The database failed.
    Unavailable,
    /// A bug.
    Inside,
}

impl From<&WebError> for Explained {
    fn from(error: &WebError) -> Self {
        match error {
            WebError::Unauthorized | WebError::Forbidden => Self::Forbidden,
            WebError::NotFound | WebError::MethodNotAllowed => Self::NotFound,
            WebError::BadRequest(_)
            | WebError::Invalid { .. }
            | WebError::TooLarge
            | WebError::TooManyAttempts(_) => Self::Invalid,
            WebError::Conflict(_) => Self::NotConnected,
            WebError::Upstream(_) => Self::Upstream,
            WebError::Unavailable(_) => Self::Unavailable,
            WebError::Internal => Self::Inside,
        }
    }
}

/// Why a request is not answered as asked (RFC 9457).
#[derive(Serialize, ToSchema)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// What is wrong, and what to do about it.
    detail: String,
    /// What is wrong with a field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
}

/// What is wrong with a field.
#[derive(Serialize, ToSchema)]
pub struct FieldError {
    /// Which.
    field: &'static str,
    /// What is wrong with it.
    detail: &'static str,
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        let explained = Explained::from(&self);
        let status = self.status();
        self.log();
        let mut errors = Vec::new();
        if let Self::Invalid { field, fault: detail } = &self {
            errors.push(FieldError { field, detail });
        }
        let problem = Problem {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: self.to_string(),
            errors,
        };
        let mut response = (status, Json(problem)).into_response();
        response.extensions_mut().insert(explained);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match self {
            Self::Unauthorized => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::TooManyAttempts(seconds) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            Self::Unavailable(_) | Self::Upstream(_) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
            Self::Forbidden
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::BadRequest(_)
            | Self::Invalid { .. }
            | Self::TooLarge
            | Self::Conflict(_)
            | Self::Internal => {}
        }
        response
    }
}

impl From<QueryRejection> for WebError {
    fn from(_: QueryRejection) -> Self {
        Self::BadRequest("the query is not understood: a field is there twice")
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
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            _ => Self::BadRequest("the body was cut off"),
        }
    }
}

impl From<FormRejection> for WebError {
    fn from(rejection: FormRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            _ => Self::BadRequest("the form is not understood"),
        }
    }
}

impl From<sqlx::Error> for WebError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(error)
    }
}

impl From<SyncError> for WebError {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Database(error) => Self::Unavailable(error),
            SyncError::Officient(OfficientError::Token {
                source: TokenError::NotConnected | TokenError::ReauthorizationRequired,
                ..
            }) => Self::Conflict("not connected to Officient: sign in on the settings page"),
            SyncError::Vault(error) => {
                tracing::error!(%error, "The webhook address cannot be read");
                Self::Internal
            }
            error @ (SyncError::Officient(_)
            | SyncError::Optedo(_)
            | SyncError::EarlierCall { .. }
            | SyncError::NotLeading
            | SyncError::Erased
            | SyncError::ShuttingDown) => Self::Upstream(error),
        }
    }
}

impl From<TokenError> for WebError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Database(error) => Self::Unavailable(error),
            TokenError::NotConnected | TokenError::ReauthorizationRequired => {
                Self::Conflict("not connected to Officient: sign in on the settings page")
            }
            TokenError::Refresh(_) | TokenError::Vault(_) => {
                tracing::error!(%error, "There is no token");
                Self::Internal
            }
        }
    }
}

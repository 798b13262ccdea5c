//! The OAuth 2 exchanges with Officient: the address to send the admin to, code → tokens, refresh token → tokens.

use futures_util::future::BoxFuture;
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AccessToken, AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret,
    CsrfToken, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, RedirectUrl, RefreshToken,
    RequestTokenError, Scope, StandardRevocableToken, TokenResponse, TokenUrl,
};
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, Serialize};
use std::time::Duration;
use url::Url;

use crate::http_client::UpstreamError;
use crate::officient::Line;
use crate::officient::limiter::Priority;

/// How long an access token lives when Officient does not say (Officient docs: OAuth, `expires_in` 3600).
const DEFAULT_LIFE: Duration = Duration::from_hours(1);

/// The app registered in Officient.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Client ID.
    pub client_id: String,
    /// Secret.
    pub client_secret: SecretString,
}

/// What Officient granted.
#[derive(Debug)]
pub struct Grant {
    /// For every call.
    pub access_token: SecretString,
    /// How long the access token lives.
    pub expires_in: Duration,
    /// A new refresh token; a refresh answer may have none, then the old one stays.
    pub refresh_token: Option<SecretString>,
}

/// The OAuth endpoints.
#[derive(Clone)]
pub struct Oauth {
    line: Line,
    authorize: AuthUrl,
    token: TokenUrl,
    redirect: RedirectUrl,
}

type OfficientClient = Client<
    BasicErrorResponse,
    LooseTokens,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

impl Oauth {
    /// The endpoints at these addresses; `redirect_url` is where the admin's browser comes back to.
    pub fn new(line: Line, app: &str, api: &str, redirect_url: &str) -> Result<Self, url::ParseError> {
        Ok(Self {
            line,
            authorize: AuthUrl::new(format!("{app}/authorize"))?,
            token: TokenUrl::new(format!("{api}/1.0/token"))?,
            redirect: RedirectUrl::new(redirect_url.to_owned())?,
        })
    }

    /// Where the admin grants access.
    pub fn authorize_url(&self, client_id: &str, state: &SecretString) -> Url {
        let credentials = Credentials { client_id: client_id.to_owned(), client_secret: "".into() };
        let state = state.expose_secret().to_owned();
        self.client(&credentials).authorize_url(|| CsrfToken::new(state)).url().0
    }

    /// Exchanges the code that the browser brought.
    pub async fn exchange(&self, credentials: &Credentials, code: &str) -> Result<Grant, UpstreamError> {
        let client = self.client(credentials);
        let request = client.exchange_code(AuthorizationCode::new(code.to_owned()));
        request
            .request_async(&TokenEndpoint(&self.line))
            .await
            .map(|tokens| grant(&tokens))
            .map_err(upstream_error)
    }

    /// Exchanges a refresh token for a new access token.
    pub async fn refresh(
        &self,
        credentials: &Credentials,
        token: &SecretString,
    ) -> Result<Grant, UpstreamError> {
        let client = self.client(credentials);
        let refresh_token = RefreshToken::new(token.expose_secret().to_owned());
        let request = client.exchange_refresh_token(&refresh_token);
        request
            .request_async(&TokenEndpoint(&self.line))
            .await
            .map(|tokens| grant(&tokens))
            .map_err(upstream_error)
    }

    fn client(&self, credentials: &Credentials) -> OfficientClient {
        Client::new(ClientId::new(credentials.client_id.clone()))
            .set_client_secret(ClientSecret::new(credentials.client_secret.expose_secret().to_owned()))
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(self.authorize.clone())
            .set_token_uri(self.token.clone())
            .set_redirect_uri(self.redirect.clone())
    }
}

/// The token endpoint, under the limit of all calls.
struct TokenEndpoint<'a>(&'a Line);

impl<'c> AsyncHttpClient<'c> for TokenEndpoint<'_> {
    type Error = UpstreamError;
    type Future = BoxFuture<'c, Result<HttpResponse, UpstreamError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let call = self.0.request(Method::POST, "/1.0/token").headers(parts.headers).body(body);
            let answer = self.0.call(Priority::Urgent, "asking for a token", call).await?;
            // The oauth2 crate reads the body as JSON only when the answer says that it is.
            let response = http::Response::builder().header(http::header::CONTENT_TYPE, "application/json");
            response.body(answer.body.to_vec()).map_err(|_impossible| unreadable())
        })
    }
}

fn grant(tokens: &LooseTokens) -> Grant {
    let secret = |text: &str| SecretString::from(text.to_owned());
    Grant {
        access_token: secret(tokens.access_token.secret()),
        expires_in: tokens.expires_in().filter(|life| !life.is_zero()).unwrap_or(DEFAULT_LIFE),
        refresh_token: tokens
            .refresh_token()
            .filter(|token| !token.secret().is_empty())
            .map(|token| secret(token.secret())),
    }
}

fn upstream_error(error: RequestTokenError<UpstreamError, BasicErrorResponse>) -> UpstreamError {
    match error {
        RequestTokenError::Request(error) => error,
        RequestTokenError::ServerResponse(_) | RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            unreadable()
        }
    }
}

fn unreadable() -> UpstreamError {
    UpstreamError::Unreadable { what: "not the documented token answer".to_owned() }
}

/// The token answer, as loose in its types as the rest of Officient's API.
#[derive(Debug, Deserialize, Serialize)]
struct LooseTokens {
    access_token: AccessToken,
    #[serde(default, deserialize_with = "seconds")]
    expires_in: Option<u64>,
    #[serde(default)]
    refresh_token: Option<RefreshToken>,
    #[serde(skip, default = "bearer")]
    token_type: BasicTokenType,
}

fn bearer() -> BasicTokenType {
    BasicTokenType::Bearer
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    crate::officient::loose_integer(deserializer)
        .map(|seconds| seconds.and_then(|seconds| seconds.try_into().ok()))
}

impl TokenResponse for LooseTokens {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        &self.token_type
    }

    fn expires_in(&self) -> Option<Duration> {
        self.expires_in.map(Duration::from_secs)
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

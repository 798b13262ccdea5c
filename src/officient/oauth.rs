//! The OAuth 2 exchanges with Officient: the address to send the admin to, code → tokens, refresh token → tokens.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderValue, StatusCode};
use oauth2::basic::{BasicClient, BasicRequestTokenError, BasicTokenResponse};
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, RedirectUrl, RefreshToken, RequestTokenError, TokenResponse as _, TokenUrl,
};
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};
use url::Url;

use crate::http_client::{self, Response, UpstreamError};
use crate::loose_json::Object;
use crate::officient::rate_limiter::Priority;
use crate::officient::transport::Transport;
use crate::officient::wire;

/// How long an access token lives when Officient does not say (Officient docs: OAuth, `expires_in` 3600).
const DEFAULT_LIFE: i64 = 3600;
const TOKEN_PATH: &str = "/1.0/token";

/// The app registered in Officient.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub client_id: String,
    pub client_secret: SecretString,
}

/// What Officient granted.
#[derive(Debug)]
pub struct Grant {
    pub access_token: SecretString,
    /// How long the access token lives.
    pub expires_in: Duration,
    /// A response to a refresh may have none: then the old one stays.
    pub refresh_token: Option<SecretString>,
}

/// The OAuth endpoints.
pub struct Oauth {
    transport: Transport,
    authorize_url: AuthUrl,
    token_url: TokenUrl,
    redirect_url: RedirectUrl,
    /// Whether the token endpoint accepted JSON last, and not a form.
    sends_json: AtomicBool,
}

type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

impl Oauth {
    /// `app_url` is where the admin grants access, and `redirect_url` where the browser comes back to.
    pub fn new(transport: Transport, app_url: &str, redirect_url: String) -> Result<Self, url::ParseError> {
        Ok(Self {
            authorize_url: AuthUrl::new(format!("{app_url}/authorize"))?,
            token_url: TokenUrl::new(format!("{}{TOKEN_PATH}", transport.api_url()))?,
            redirect_url: RedirectUrl::new(redirect_url)?,
            transport,
            sends_json: AtomicBool::new(false),
        })
    }

    /// Where the admin grants access.
    pub fn authorize_url(&self, credentials: &Credentials, state: &SecretString) -> Url {
        let state = CsrfToken::new(state.expose_secret().to_owned());
        self.client(credentials).authorize_url(|| state).url().0
    }

    /// Exchanges the code that the browser brought.
    pub async fn exchange(&self, credentials: &Credentials, code: &str) -> Result<Grant, UpstreamError> {
        let client = self.client(credentials);
        let request = client.exchange_code(AuthorizationCode::new(code.to_owned()));
        grant(request.request_async(self).await)
    }

    pub(super) async fn refresh(
        &self,
        credentials: &Credentials,
        token: &SecretString,
    ) -> Result<Grant, UpstreamError> {
        let client = self.client(credentials);
        let token = RefreshToken::new(token.expose_secret().to_owned());
        let request = client.exchange_refresh_token(&token);
        grant(request.request_async(self).await)
    }

    fn client(&self, Credentials { client_id, client_secret }: &Credentials) -> Client {
        BasicClient::new(ClientId::new(client_id.clone()))
            .set_client_secret(ClientSecret::new(client_secret.expose_secret().to_owned()))
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(self.authorize_url.clone())
            .set_token_uri(self.token_url.clone())
            .set_redirect_uri(self.redirect_url.clone())
    }

    /// Sends the request in the encoding that the endpoint accepted last, at first a form. If that is refused, tries
    /// the other one once: Officient documents JSON, and most public clients send a form.
    async fn request_tokens(&self, request: HttpRequest) -> Result<HttpResponse, UpstreamError> {
        let sends_json = self.sends_json.load(Ordering::Relaxed);
        let first = self.send(request.body(), sends_json).await;
        let may_be_the_encoding =
            matches!(first, Err(UpstreamError::Rejected { status: 400, .. } | UpstreamError::Unreadable { .. }));
        if !may_be_the_encoding {
            return strict(&first?);
        }
        let second = self.send(request.body(), !sends_json).await;
        // An error page says nothing about the tokens.
        let is_error_page = matches!(second, Err(UpstreamError::Unreadable { .. }));
        let tokens = strict(&if is_error_page { first } else { second }?)?;
        let encoding = if sends_json { "a form" } else { "JSON" };
        tracing::info!("Officient's token endpoint accepts {encoding}: this is sent from now on");
        self.sends_json.store(!sends_json, Ordering::Relaxed);
        Ok(tokens)
    }

    async fn send(&self, form: &[u8], as_json: bool) -> Result<Response, UpstreamError> {
        let fields: BTreeMap<Cow<'_, str>, Cow<'_, str>> = url::form_urlencoded::parse(form).collect();
        let request = self.transport.request(Method::POST, TOKEN_PATH);
        let request = if as_json { request.json(&fields) } else { request.form(&fields) };
        self.transport.call(Priority::Urgent, "requesting a token", request, classify).await
    }
}

impl<'c> AsyncHttpClient<'c> for Oauth {
    type Error = UpstreamError;
    type Future = BoxFuture<'c, Result<HttpResponse, UpstreamError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.request_tokens(request))
    }
}

/// What the token endpoint says. Only a 400 or 401 with a JSON object refuses a token (Officient docs: General
/// behaviour); a proxy's page does not. Everything else passes by itself.
fn classify(status: StatusCode, retry_after: Option<Duration>, body: Bytes) -> Result<Response, UpstreamError> {
    let is_object = serde_json::from_slice::<Map<String, Value>>(&body).is_ok();
    match status.as_u16() {
        200..=299 | 429 => http_client::classify(status, retry_after, body),
        status @ (400 | 401) if is_object => {
            Err(UpstreamError::Rejected { status, message: http_client::message_of(&body) })
        }
        status @ (400 | 415) => Err(UpstreamError::Unreadable { what: format!("is an error page ({status})") }),
        status => Err(UpstreamError::Unavailable { what: format!("status {status}"), retry_after }),
    }
}

/// Officient's types are loose; those of the crate `oauth2` are not.
fn strict(response: &Response) -> Result<HttpResponse, UpstreamError> {
    let Object::<wire::Tokens>(tokens) = response.json()?;
    if tokens.access_token.is_empty() {
        return Err(UpstreamError::Unreadable { what: "has an empty access_token".to_owned() });
    }
    let life = tokens.expires_in.known().filter(|seconds| *seconds > 0).unwrap_or(DEFAULT_LIFE);
    let body = json!({
        "access_token": tokens.access_token, "token_type": "bearer", "expires_in": life,
        "refresh_token": tokens.refresh_token.known(),
    });
    let mut response = HttpResponse::new(body.to_string().into_bytes());
    response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn grant(response: Result<BasicTokenResponse, BasicRequestTokenError<UpstreamError>>) -> Result<Grant, UpstreamError> {
    let response = response.map_err(|error| match error {
        RequestTokenError::Request(error) => error,
        RequestTokenError::ServerResponse(_) | RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            UpstreamError::Unreadable { what: "has no token".to_owned() }
        }
    })?;
    Ok(Grant {
        access_token: response.access_token().secret().as_str().into(),
        expires_in: response.expires_in().unwrap_or_default(),
        refresh_token: response.refresh_token().map(|token| token.secret().as_str().into()),
    })
}

//! The OAuth 2 exchanges with Officient: the address to send the admin to, code → tokens, refresh token → tokens.

use std::time::Duration;

use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::http_client::UpstreamError;
use crate::loose_json::Object;
use crate::officient::rate_limiter::Priority;
use crate::officient::transport::Transport;
use crate::officient::wire;

/// How long an access token lives when Officient does not say (Officient docs: OAuth, `expires_in` 3600).
const DEFAULT_LIFE: Duration = Duration::from_hours(1);

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
#[derive(Clone)]
pub struct Oauth {
    transport: Transport,
    authorize_url: Url,
    redirect_url: String,
}

impl Oauth {
    /// `app_url` is where the admin grants access, and `redirect_url` where the browser comes back to.
    pub fn new(transport: Transport, app_url: &str, redirect_url: String) -> Result<Self, url::ParseError> {
        Ok(Self { transport, authorize_url: Url::parse(&format!("{app_url}/authorize"))?, redirect_url })
    }

    /// Where the admin grants access.
    pub fn authorize_url(&self, client_id: &str, state: &SecretString) -> Url {
        let mut url = self.authorize_url.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("state", state.expose_secret())
            .append_pair("redirect_uri", &self.redirect_url);
        url
    }

    /// Exchanges the code that the browser brought.
    pub async fn exchange(&self, credentials: &Credentials, code: &str) -> Result<Grant, UpstreamError> {
        let fields =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", &self.redirect_url)];
        self.request_tokens(credentials, &fields).await
    }

    pub(super) async fn refresh(
        &self,
        credentials: &Credentials,
        token: &SecretString,
    ) -> Result<Grant, UpstreamError> {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token.expose_secret())];
        self.request_tokens(credentials, &fields).await
    }

    async fn request_tokens(
        &self,
        credentials: &Credentials,
        fields: &[(&str, &str)],
    ) -> Result<Grant, UpstreamError> {
        let Credentials { client_id, client_secret } = credentials;
        let app = [("client_id", client_id.as_str()), ("client_secret", client_secret.expose_secret())];
        let request = self.transport.request(Method::POST, "/1.0/token").form(&[fields, &app].concat());
        let response = self.transport.call(Priority::Urgent, "requesting a token", request).await?;
        let Object::<wire::Tokens>(tokens) = response.json()?;
        if tokens.access_token.is_empty() {
            return Err(UpstreamError::Unreadable { what: "has an empty access_token".to_owned() });
        }
        let life = tokens
            .expires_in
            .known()
            .and_then(|seconds| u64::try_from(seconds).ok())
            .filter(|life| *life > 0);
        Ok(Grant {
            access_token: tokens.access_token.into(),
            expires_in: life.map_or(DEFAULT_LIFE, Duration::from_secs),
            refresh_token: tokens.refresh_token.known().map(Into::into),
        })
    }
}

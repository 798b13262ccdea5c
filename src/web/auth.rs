//! Who may come in: the rules of this configuration for the password, the bearer token and the cookies.

use std::net::IpAddr;
use std::time::Duration;

use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::phc::PasswordHash;
use axum::http::{HeaderMap, header};
use axum_extra::extract::cookie::{Cookie, SameSite};
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;

use super::error::WebError;
use super::throttle::Throttle;
use crate::config::Config;
use crate::secrets::random::{derive_key, digest, keyed_digest};

/// Passwords that are verified at the same time: argon2 takes 19 MiB for each.
const MAX_VERIFICATIONS: usize = 2;

/// Knows the password and the bearer token, and slows down guessing.
pub struct SessionPolicy {
    password: SecretString,
    session_key: SecretBox<[u8; 32]>,
    api_token: Option<SecretString>,
    is_https: bool,
    throttle: Throttle,
    verifications: Semaphore,
}

impl SessionPolicy {
    pub fn new(config: &Config) -> Self {
        let (password, encryption_key) = (config.admin.password.clone(), &config.security.encryption_key);
        Self {
            session_key: derive_key(encryption_key, "admin sessions", &password),
            password,
            api_token: config.admin.api_token.clone(),
            is_https: config.server.public_url.starts_with("https://"),
            throttle: Throttle::default(),
            verifications: Semaphore::new(MAX_VERIFICATIONS),
        }
    }

    /// Whether the password is right; an error after too many wrong ones.
    pub async fn check_password(&self, address: IpAddr, password: &str) -> Result<bool, WebError> {
        let permit = self.throttle.permit(address);
        permit.map_err(|wait| WebError::TooManyAttempts(wait.as_secs() + 1))?;
        let is_right = self.is_password(password.to_owned()).await;
        if is_right {
            self.throttle.confirm(address);
        }
        Ok(is_right)
    }

    async fn is_password(&self, password: String) -> bool {
        let expected = self.password.clone();
        if !expected.expose_secret().starts_with("$argon2") {
            return is_same(&password, expected.expose_secret());
        }
        let _place = self.verifications.acquire().await;
        // Slow by design, so not on the threads that serve requests.
        let verify = tokio::task::spawn_blocking(move || {
            PasswordHash::new(expected.expose_secret())
                .is_ok_and(|hash| argon2::Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        });
        verify.await.unwrap_or(false)
    }

    /// Whether the request carries the API's bearer token.
    pub(super) fn is_bearer(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.split_once(' '));
        given.zip(self.api_token.as_ref()).is_some_and(|((scheme, token), expected)| {
            scheme.eq_ignore_ascii_case("bearer") && is_same(token.trim(), expected.expose_secret())
        })
    }

    /// The key of a session in the database. With another password or encryption key it is another, so that sessions
    /// end when one of them changes.
    pub(super) fn session_digest(&self, cookie: &str) -> [u8; 32] {
        keyed_digest(self.session_key.expose_secret(), cookie)
    }

    /// A cookie that only this service reads; without `max_age`, it ends with the browser.
    pub fn cookie(&self, name: &str, value: String, max_age: Option<Duration>) -> Cookie<'static> {
        let mut cookie = Cookie::build((self.cookie_name(name), value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.is_https);
        if let Some(max_age) = max_age.and_then(|age| age.try_into().ok()) {
            cookie = cookie.max_age(max_age);
        }
        cookie.build()
    }

    /// The name under which [`Self::cookie`] sets a cookie; over https the browser binds it to this host.
    pub fn cookie_name(&self, name: &str) -> String {
        if self.is_https { format!("__Host-{name}") } else { name.to_owned() }
    }
}

/// Compares two secrets in constant time.
pub(super) fn is_same(given: &str, expected: &str) -> bool {
    bool::from(digest(given).ct_eq(&digest(expected)))
}

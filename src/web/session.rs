//! Who may come in: the admin's session from the page's login form, or the API's bearer token.
//!
//! A session is a random cookie; the database has its digest, made with a key of the password's, so that a session ends
//! when that changes. Every change made with a cookie must also carry the
//! session's CSRF token, as form field or header, and come from our own page as far as the browser says; one made with
//! the bearer token need not, for no browser sends that.

use std::net::IpAddr;
use std::time::Duration;

use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::phc::PasswordHash;
use axum::body::Body;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;

use super::PAGE_PATH;
use super::client::{Client, refuse_other_sites};
use super::error::WebError;
use super::texts::Language;
use super::throttle::Throttle;
use crate::config::Config;
use crate::db::audit_log::{self, Act, Actor};
use crate::db::{self, sessions};
use crate::secrets::random::{derive_key, digest, keyed_digest, random_token};
use crate::web::state::App;

/// …and so long after it was last used.
const IDLE: SignedDuration = SignedDuration::from_hours(2);
/// Passwords verified side by side: argon2 takes 19 MiB for each.
const VERIFY_AT_ONCE: usize = 2;

/// Knows the password and the bearer token, and slows down guessing.
pub struct SessionPolicy {
    password: SecretString,
    session_key: SecretBox<[u8; 32]>,
    api_token: Option<SecretString>,
    is_https: bool,
    throttle: Throttle,
    verifying: Semaphore,
}

/// Who makes a request.
#[derive(Clone)]
pub struct Admin {
    /// What the page's forms carry; `None` for a bearer of the API token.
    pub csrf_token: Option<String>,
    /// Who it is in the audit log.
    pub actor: Actor,
}

impl Admin {
    fn of_session(session: sessions::Session, digest: &[u8]) -> Self {
        let actor = Actor { name: session.admin_name, session: Some(session_name(digest)), address: None };
        Self { csrf_token: Some(session.csrf_token), actor }
    }
}

/// The audit log's name of a session: enough to tell sessions apart, too little to become one.
fn session_name(digest: &[u8]) -> String {
    digest.iter().take(4).fold(String::new(), |name, byte| name + format!("{byte:02x}").as_str())
}

impl SessionPolicy {
    /// The session_policy of this configuration.
    pub fn new(config: &Config) -> Self {
        Self {
            password: config.admin.password.clone(),
            session_key: derive_key(
                &config.security.encryption_key,
                "admin sessions",
                &config.admin.password,
            ),
            api_token: config.admin.api_token.clone(),
            is_https: config.server.public_url.starts_with("https://"),
            throttle: Throttle::default(),
            verifying: Semaphore::new(VERIFY_AT_ONCE),
        }
    }

    /// Checks the password, slowly where many were wrong.
    pub async fn check_password(&self, address: IpAddr, password: &str) -> Result<bool, WebError> {
        let attempt = self.throttle.begin(address).await;
        let attempt = attempt.map_err(|wait| WebError::TooManyAttempts(wait.as_secs() + 1))?;
        let is_right = self.is_password(password.to_owned()).await;
        if is_right {
            self.throttle.was_right(&attempt);
        }
        Ok(is_right)
    }

    async fn is_password(&self, password: String) -> bool {
        let expected = self.password.clone();
        if !expected.expose_secret().starts_with("$argon2") {
            return bool::from(digest(&password).ct_eq(&digest(expected.expose_secret())));
        }
        let _place = self.verifying.acquire().await;
        // Takes a while by design: not on the threads that answer requests.
        let verify = tokio::task::spawn_blocking(move || {
            PasswordHash::new(expected.expose_secret()).is_ok_and(|hash| {
                argon2::Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
            })
        });
        verify.await.unwrap_or(false)
    }

    /// What is stored of a session's cookie: with another password or encryption key it is another.
    fn session_digest(&self, cookie: &str) -> [u8; 32] {
        keyed_digest(self.session_key.expose_secret(), cookie)
    }

    /// A cookie that only this service reads, ended with the browser unless `max_age` is given.
    pub fn cookie(&self, name: &str, value: String, max_age: Option<Duration>) -> Cookie<'static> {
        let name = self.cookie_name(name);
        let mut cookie = Cookie::build((name, value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.is_https);
        if let Some(max_age) = max_age.and_then(|age| age.try_into().ok()) {
            cookie = cookie.max_age(max_age);
        }
        cookie.build()
    }

    /// The name under which [`Self::cookie`] sets a cookie: bound to this host where there is https.
    pub fn cookie_name(&self, name: &str) -> String {
        if self.is_https { format!("__Host-{name}") } else { name.to_owned() }
    }
}

/// The session cookie.
pub const SESSION: &str = "optedo_officient_session";

impl App {
    /// Begins a session and returns its cookie.
    pub async fn begin_session(&self, who: Actor) -> Result<Cookie<'static>, WebError> {
        let token = random_token();
        let csrf = random_token();
        let now = self.engine.clock.now();
        let digest = self.session_policy.session_digest(token.expose_secret());
        let actor = Actor { session: Some(session_name(&digest)), ..who };
        let mut tx = db::begin(&self.engine.db).await?;
        sessions::insert_session(&mut *tx, &digest, csrf.expose_secret(), actor.name.as_deref(), now).await?;
        audit_log::insert(&mut *tx, Act::SignedIn, None, &actor, now).await?;
        tx.commit().await?;
        Ok(self.session_policy.cookie(SESSION, token.expose_secret().to_owned(), None))
    }

    /// Ends the session of this browser.
    pub async fn end_session(&self, cookies: CookieJar) -> Result<CookieJar, WebError> {
        let name = self.session_policy.cookie_name(SESSION);
        if let Some(cookie) = cookies.get(&name) {
            let digest = self.session_policy.session_digest(cookie.value());
            sessions::delete_session(&self.engine.db, &digest).await?;
        }
        Ok(cookies.add(self.session_policy.cookie(SESSION, String::new(), Some(Duration::ZERO))))
    }

    /// Who makes a request with these headers.
    pub async fn admin(&self, headers: &HeaderMap) -> Result<Option<Admin>, WebError> {
        if self.is_bearer(headers) {
            let actor = Actor { session: Some(Actor::API.to_owned()), ..Actor::default() };
            return Ok(Some(Admin { csrf_token: None, actor }));
        }
        self.signed_in(headers, true).await
    }

    /// Who watches a page with these headers: a session that watching does not keep alive.
    pub async fn watcher(&self, headers: &HeaderMap) -> Result<Option<Admin>, WebError> {
        self.signed_in(headers, false).await
    }

    /// WriteContext session the cookie is, if it was begun and used recently enough.
    async fn signed_in(&self, headers: &HeaderMap, keep_alive: bool) -> Result<Option<Admin>, WebError> {
        let cookies = CookieJar::from_headers(headers);
        let Some(cookie) = cookies.get(&self.session_policy.cookie_name(SESSION)) else {
            return Ok(None);
        };
        let digest = self.session_policy.session_digest(cookie.value());
        let (db, now) = (&self.engine.db, self.engine.clock.now());
        let (created_after, seen_after) =
            (sessions::oldest_session_start(now), now.saturating_sub(IDLE).unwrap_or(Timestamp::MIN));
        let session = sessions::find_session(db, &digest, created_after, seen_after).await?;
        if session.is_some() && keep_alive {
            sessions::touch_session(db, &digest, now).await?;
        }
        Ok(session.map(|session| Admin::of_session(session, &digest)))
    }

    fn is_bearer(&self, headers: &HeaderMap) -> bool {
        let given =
            headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
                let (scheme, token) = value.split_once(' ')?;
                scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
            });
        let Some((given, expected)) = given.zip(self.session_policy.api_token.as_ref()) else {
            return false;
        };
        bool::from(digest(given).ct_eq(&digest(expected.expose_secret())))
    }
}

/// The API answers the admin only: 401 to others.
pub async fn require_admin(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, WebError> {
    let admin = app.admin(request.headers()).await?.ok_or(WebError::Unauthorized)?;
    pass(&app, admin, request, next).await
}

/// The page answers the admin only: others are sent to the login form.
pub async fn require_admin_page(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, WebError> {
    // A page that asks for itself again because something changed does not keep the session alive.
    let is_watching = request.method().is_safe() && request.headers().contains_key("x-watching");
    let admin = if is_watching {
        app.watcher(request.headers()).await?
    } else {
        app.admin(request.headers()).await?
    };
    let Some(admin) = admin else {
        if request.method().is_safe() {
            let (mut parts, _body) = request.into_parts();
            let Ok(language) = Language::from_request_parts(&mut parts, &app).await;
            return super::page::sign_in_form(language, parts.uri.query());
        }
        return Ok(Redirect::to(PAGE_PATH).into_response());
    };
    pass(&app, admin, request, next).await
}

/// Lets the request through unless it changes something on a cookie's word alone.
async fn pass(app: &App, mut admin: Admin, request: Request, next: Next) -> Result<Response, WebError> {
    let request = match &admin.csrf_token {
        Some(expected) if !request.method().is_safe() => {
            refuse_other_sites(request.headers(), &app.engine.config.server.public_url)?;
            check_csrf(expected, request).await?
        }
        _ => request,
    };
    let (mut parts, body) = request.into_parts();
    let Ok(Client(address)) = Client::from_request_parts(&mut parts, app).await;
    admin.actor.address = address;
    parts.extensions.insert(admin);
    Ok(next.run(Request::from_parts(parts, body)).await)
}

async fn check_csrf(expected: &str, request: Request) -> Result<Request, WebError> {
    let is_right = |given: &str| bool::from(digest(given).ct_eq(&digest(expected)));
    let (parts, body) = request.into_parts();
    if let Some(given) = parts.headers.get("x-csrf-token") {
        let is_right = given.to_str().is_ok_and(is_right);
        return if is_right { Ok(Request::from_parts(parts, body)) } else { Err(WebError::Forbidden) };
    }
    let body = axum::body::to_bytes(body, super::MAX_BODY).await.map_err(|_too_large| WebError::TooLarge)?;
    let field = url::form_urlencoded::parse(&body).find(|(name, _)| name == "csrf_token");
    if !field.is_some_and(|(_, given)| is_right(&given)) {
        return Err(WebError::Forbidden);
    }
    Ok(Request::from_parts(parts, Body::from(body)))
}

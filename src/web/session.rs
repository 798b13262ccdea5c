//! Sessions of the admin, and the middleware that lets only the admin in.
//!
//! A session is a random cookie, of which the database has a keyed digest. A change that a cookie authenticates must
//! also carry the session's CSRF token, as form field or header, and come from our own page as far as the browser says.
//! A change with the bearer token need not: no browser sends that token by itself.

use std::fmt::Write as _;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::Cookie;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;

use super::auth::is_same;
use super::error::WebError;
use super::request::{Client, read_body, refuse_other_sites};
use super::state::App;
use crate::db::audit_log::{self, Act, Actor};
use crate::db::{self, sessions};
use crate::secrets::random::random_token;

/// The session cookie.
pub const SESSION: &str = "optedo_officient_session";
/// A session ends this long after its last use; [`sessions`] has the limit since its beginning.
const IDLE: SignedDuration = SignedDuration::from_hours(2);

/// Who makes a request.
#[derive(Clone)]
pub struct Admin {
    /// `None` for a bearer of the API token.
    pub csrf_token: Option<String>,
    /// As the audit log shows them.
    pub actor: Actor,
}

/// Needs a layer `require_admin`, which stores the admin in the request.
impl FromRequestParts<App> for Admin {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, WebError> {
        parts.extensions.get().cloned().ok_or(WebError::Unauthorized)
    }
}

/// Enough of the digest of a secret to distinguish it from others, too little to be one: for the audit log and cookie
/// names.
pub(super) fn short_name(digest: &[u8]) -> String {
    let mut name = String::new();
    for byte in digest.iter().take(4) {
        let _infallible = write!(name, "{byte:02x}");
    }
    name
}

impl App {
    pub async fn begin_session(&self, actor: Actor) -> Result<Cookie<'static>, WebError> {
        let (token, csrf_token) = (random_token(), random_token());
        let now = self.engine.clock.now();
        let digest = self.session_policy.session_digest(token.expose_secret());
        let actor = Actor { session: Some(short_name(&digest)), ..actor };
        let (csrf_token, name) = (csrf_token.expose_secret(), actor.name.as_deref());
        let mut tx = db::begin(&self.engine.db).await?;
        sessions::insert_session(&mut *tx, &digest, csrf_token, name, now).await?;
        audit_log::insert(&mut *tx, Act::SignedIn, None, &actor, now).await?;
        tx.commit().await?;
        Ok(self.session_policy.cookie(SESSION, token.expose_secret().to_owned(), None))
    }

    /// Ends the session of this browser, if it has one.
    pub async fn end_session(&self, cookies: CookieJar) -> Result<CookieJar, WebError> {
        if let Some(cookie) = cookies.get(&self.session_policy.cookie_name(SESSION)) {
            let digest = self.session_policy.session_digest(cookie.value());
            sessions::delete_session(&self.engine.db, &digest).await?;
        }
        Ok(cookies.add(self.session_policy.cookie(SESSION, String::new(), Some(Duration::ZERO))))
    }

    /// The admin who makes a request with these headers, if any. `keep_alive`: the session begins to be idle anew.
    pub async fn admin(&self, headers: &HeaderMap, keep_alive: bool) -> Result<Option<Admin>, WebError> {
        if self.session_policy.is_bearer(headers) {
            let actor = Actor { session: Some(Actor::API.to_owned()), ..Actor::default() };
            return Ok(Some(Admin { csrf_token: None, actor }));
        }
        let cookies = CookieJar::from_headers(headers);
        let Some(cookie) = cookies.get(&self.session_policy.cookie_name(SESSION)) else {
            return Ok(None);
        };
        let digest = self.session_policy.session_digest(cookie.value());
        let (db, now) = (&self.engine.db, self.engine.clock.now());
        let created_after = sessions::oldest_session_start(now);
        let seen_after = now.saturating_sub(IDLE).unwrap_or(Timestamp::MIN);
        let session = sessions::find_session(db, &digest, created_after, seen_after).await?;
        if session.is_some() && keep_alive {
            sessions::touch_session(db, &digest, now).await?;
        }
        Ok(session.map(|session| Admin {
            csrf_token: Some(session.csrf_token),
            actor: Actor { name: session.admin_name, session: Some(short_name(&digest)), address: None },
        }))
    }
}

/// Middleware of the API: 401 without an admin.
pub async fn require_admin(State(app): State<App>, request: Request, next: Next) -> Result<Response, WebError> {
    let admin = app.admin(request.headers(), true).await?.ok_or(WebError::Unauthorized)?;
    pass(&app, admin, request, next).await
}

/// Lets the admin's request through, unless it is a change that only a cookie authenticates.
pub async fn pass(app: &App, mut admin: Admin, request: Request, next: Next) -> Result<Response, WebError> {
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

/// Returns the request with its body, in which the token may be.
async fn check_csrf(expected: &str, request: Request) -> Result<Request, WebError> {
    let (parts, body) = request.into_parts();
    if let Some(given) = parts.headers.get("x-csrf-token") {
        let is_right = given.to_str().is_ok_and(|given| is_same(given, expected));
        return if is_right { Ok(Request::from_parts(parts, body)) } else { Err(WebError::InvalidCsrfToken) };
    }
    let body = read_body(body).await?;
    let given = url::form_urlencoded::parse(&body).find(|(name, _)| name == "csrf_token");
    if given.is_some_and(|(_, given)| is_same(&given, expected)) {
        Ok(Request::from_parts(parts, Body::from(body)))
    } else {
        Err(WebError::InvalidCsrfToken)
    }
}

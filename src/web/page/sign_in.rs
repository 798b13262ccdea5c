//! Signing in with the admin password, and out. A browser without a session gets the sign-in form instead of a tab.

use std::net::{IpAddr, Ipv4Addr};

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::frame::{Frame, render};
use crate::db::audit_log::{self, Act, Actor};
use crate::texts::Language;
use crate::web::PAGE_PATH;
use crate::web::error::WebError;
use crate::web::notice::Notice;
use crate::web::request::{Client, refuse_other_sites};
use crate::web::session::{self, Admin};
use crate::web::state::App;

/// In characters.
const MAX_NAME_LENGTH: usize = 100;

#[derive(Template)]
#[template(path = "page/sign_in.html")]
struct SignInPage {
    frame: Frame,
}

#[derive(Deserialize)]
pub(super) struct SignInForm {
    #[serde(default)]
    password: String,
    #[serde(default)]
    admin_name: String,
}

/// Lets the signed-in admin through and stores the [`Admin`] in the request; others get the sign-in form.
pub(super) async fn require_admin(State(app): State<App>, request: Request, next: Next) -> Result<Response, WebError> {
    let is_safe = request.method().is_safe();
    // An open page that refreshes itself does not keep the session alive.
    let is_watching = is_safe && request.headers().contains_key("x-watching");
    let admin = app.admin(request.headers(), !is_watching).await?;
    match admin {
        Some(admin) => session::pass(&app, admin, request, next).await,
        None if is_safe => {
            let (mut parts, _body) = request.into_parts();
            let Ok(t) = Language::from_request_parts(&mut parts, &app).await;
            sign_in_form(t, parts.uri.query(), None)
        }
        None => Ok(Redirect::to(PAGE_PATH).into_response()),
    }
}

/// The form shows the notice of the address too: the session may have ended during a login at Officient.
fn sign_in_form(t: Language, query: Option<&str>, notice: Option<Notice>) -> Result<Response, WebError> {
    let mut frame = Frame::bare(t, query);
    frame.notice = notice.or(frame.notice);
    render(&SignInPage { frame })
}

/// `POST …/sign-in`
pub(super) async fn sign_in(
    State(app): State<App>,
    Client(address): Client,
    headers: HeaderMap,
    t: Language,
    form: Result<Form<SignInForm>, FormRejection>,
) -> Result<Response, WebError> {
    // Another site must not be able to sign the admin in to a session of its own.
    refuse_other_sites(&headers, &app.engine.config.server.public_url)?;
    let Form(form) = form?;
    let throttled_address = address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let actor = Actor { address, ..Actor::default() };
    match app.session_policy.check_password(throttled_address, &form.password).await {
        Ok(true) => {}
        Ok(false) => {
            tracing::warn!("A sign-in with a wrong password");
            let now = app.engine.clock.now();
            audit_log::insert(&app.engine.db, Act::SignInFailed, None, &actor, now).await?;
            let form = sign_in_form(t, None, Some(Notice::WrongPassword))?;
            return Ok((StatusCode::UNAUTHORIZED, form).into_response());
        }
        Err(WebError::TooManyAttempts(seconds)) => {
            let form = sign_in_form(t, None, Some(Notice::TooManyAttempts))?;
            let retry_after = [(header::RETRY_AFTER, seconds.to_string())];
            return Ok((StatusCode::TOO_MANY_REQUESTS, retry_after, form).into_response());
        }
        Err(error) => return Err(error),
    }
    let name: String = form.admin_name.chars().filter(|char| !char.is_control()).take(MAX_NAME_LENGTH).collect();
    let name = Some(name.trim()).filter(|name| !name.is_empty()).map(str::to_owned);
    // Every sign-in starts a new session, and ends the browser's former one.
    let cookies = app.end_session(CookieJar::from_headers(&headers)).await?;
    let session = app.begin_session(Actor { name, ..actor }).await?;
    Ok((cookies.add(session), Redirect::to(PAGE_PATH)).into_response())
}

/// `POST …/sign-out`
pub(super) async fn sign_out(State(app): State<App>, admin: Admin, cookies: CookieJar) -> Result<Response, WebError> {
    audit_log::insert(&app.engine.db, Act::SignedOut, None, &admin.actor, app.engine.clock.now()).await?;
    let cookies = app.end_session(cookies).await?;
    Ok((cookies, Redirect::to(PAGE_PATH)).into_response())
}

//! Signing in with the admin password, and out.

use std::net::{IpAddr, Ipv4Addr};

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Extension, Form};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::{Frame, Notice, render};
use crate::db::audit_log::{self, Act, Actor};
use crate::web::PAGE_PATH;
use crate::web::error::WebError;
use crate::web::request::{Client, refuse_other_sites};
use crate::web::session::{self, Admin};
use crate::web::state::App;
use crate::web::texts::Language;

/// Nobody's name is longer.
const LONGEST_NAME: usize = 100;

#[derive(Template)]
#[template(path = "page/sign_in.html")]
struct SignInPage {
    frame: Frame,
}

/// What the form holds.
#[derive(Deserialize)]
pub(super) struct SignInForm {
    #[serde(default)]
    password: String,
    #[serde(default)]
    admin_name: String,
}

/// Lets the signed-in admin through; others get the sign-in form.
pub(super) async fn require_admin(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, WebError> {
    let is_safe = request.method().is_safe();
    // An open page that refreshes itself does not keep the session alive.
    let admin = if is_safe && request.headers().contains_key("x-watching") {
        app.watcher(request.headers()).await?
    } else {
        app.admin(request.headers()).await?
    };
    match admin {
        Some(admin) => session::pass(&app, admin, request, next).await,
        None if is_safe => {
            let (mut parts, _body) = request.into_parts();
            let Ok(t) = Language::from_request_parts(&mut parts, &app).await;
            sign_in_form(t, parts.uri.query())
        }
        None => Ok(Redirect::to(PAGE_PATH).into_response()),
    }
}

/// `POST …/sign-in`
pub(super) async fn sign_in(
    State(app): State<App>,
    Client(address): Client,
    headers: HeaderMap,
    t: Language,
    cookies: CookieJar,
    form: Result<Form<SignInForm>, FormRejection>,
) -> Result<Response, WebError> {
    // Nobody is to be signed in, to somebody else's session, by another site.
    refuse_other_sites(&headers, &app.engine.config.server.public_url)?;
    let Form(form) = form?;
    let by_whom = address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let anybody = Actor { address, ..Actor::default() };
    match app.session_policy.check_password(by_whom, &form.password).await {
        Ok(true) => {}
        Ok(false) => {
            tracing::warn!("A sign-in with a wrong password");
            let now = app.engine.clock.now();
            audit_log::insert(&app.engine.db, Act::SignInFailed, None, &anybody, now).await?;
            return refused(t, StatusCode::UNAUTHORIZED, Notice::WrongPassword);
        }
        Err(WebError::TooManyAttempts(seconds)) => {
            let page = refused(t, StatusCode::TOO_MANY_REQUESTS, Notice::TooManyAttempts)?;
            return Ok(([(header::RETRY_AFTER, seconds.to_string())], page).into_response());
        }
        Err(error) => return Err(error),
    }
    let name: String = form.admin_name.chars().filter(|char| !char.is_control()).take(LONGEST_NAME).collect();
    let name = Some(name.trim()).filter(|name| !name.is_empty());
    // A session that was there before ends: the cookie is new at every sign-in.
    let cookies = app.end_session(cookies).await?;
    let session = app.begin_session(Actor { name: name.map(str::to_owned), ..anybody }).await?;
    Ok((cookies.add(session), Redirect::to(PAGE_PATH)).into_response())
}

/// `POST …/sign-out`
pub(super) async fn sign_out(
    State(app): State<App>,
    Extension(admin): Extension<Admin>,
    cookies: CookieJar,
) -> Result<Response, WebError> {
    audit_log::insert(&app.engine.db, Act::SignedOut, None, &admin.actor, app.engine.clock.now()).await?;
    let cookies = app.end_session(cookies).await?;
    Ok((cookies, Redirect::to(PAGE_PATH)).into_response())
}

/// `GET …/sign-in`
pub(super) async fn sign_in_page() -> Redirect {
    Redirect::to(PAGE_PATH)
}

/// The login form, in place of any tab; it too says how a login at Officient ended.
fn sign_in_form(t: Language, query: Option<&str>) -> Result<Response, WebError> {
    render(StatusCode::OK, &SignInPage { frame: Frame::bare(t, PAGE_PATH, t.sign_in_heading(), query) })
}

fn refused(t: Language, status: StatusCode, notice: Notice) -> Result<Response, WebError> {
    let mut frame = Frame::bare(t, PAGE_PATH, t.sign_in_heading(), None);
    frame.notice = Some((notice.text(t).to_owned(), false));
    render(status, &SignInPage { frame })
}

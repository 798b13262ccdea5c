//! Signing in at the simulated Officient, which comes before the consent question.
//!
//! Any e-mail address with any password will do, and the page says so. What was asked at `/authorize` goes through the
//! forms field by field and leads back to `/authorize` alone: no field holds an address to go to, so none can be abused.

use askama::Template;
use axum::Router;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use http::StatusCode;
use serde::Deserialize;

use super::OfficientSim;
use super::consent::Question;
use crate::simulators::clock;
use crate::simulators::page::render_with;

/// Cookies do not tell ports apart, and on one machine the service has cookies of its own.
const COOKIE: &str = "simulated_officient";
const EMAIL: &str = "hr@acme.example";
const PASSWORD: &str = "demo";

pub(super) fn router() -> Router<OfficientSim> {
    Router::new().route("/sign-in", post(sign_in)).route("/sign-out", post(sign_out))
}

/// Who is signed in in this browser.
pub(super) fn signed_in(sim: &OfficientSim, cookies: &CookieJar) -> Option<String> {
    let session = cookies.get(COOKIE)?;
    sim.0.state().sessions.get(session.value()).cloned()
}

#[derive(Template)]
#[template(path = "simulators/officient_sign_in.html")]
struct SignInPage<'a> {
    app: &'a str,
    question: &'a Question,
    email: &'a str,
    example: &'static str,
    password: &'static str,
    incomplete: bool,
}

/// The page that asks who somebody is, before the question.
pub(super) fn page(sim: &OfficientSim, question: &Question) -> Response {
    page_with(sim, question, EMAIL, false)
}

fn page_with(sim: &OfficientSim, question: &Question, email: &str, incomplete: bool) -> Response {
    let status = if incomplete { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let app = &sim.0.options.app_name;
    render_with(status, &SignInPage { app, question, email, example: EMAIL, password: PASSWORD, incomplete })
}

#[derive(Deserialize)]
struct SignInForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(flatten)]
    question: Question,
}

async fn sign_in(
    State(sim): State<OfficientSim>,
    cookies: CookieJar,
    Form(form): Form<SignInForm>,
) -> Response {
    if form.email.trim().is_empty() || form.password.is_empty() {
        return page_with(&sim, &form.question, &form.email, true);
    }
    let session = clock::random_token();
    sim.0.state().sessions.insert(session.clone(), form.email);
    let cookie = Cookie::build((COOKIE, session)).path("/").http_only(true).same_site(SameSite::Lax);
    (cookies.add(cookie), Redirect::to(&form.question.address())).into_response()
}

async fn sign_out(
    State(sim): State<OfficientSim>,
    cookies: CookieJar,
    Form(question): Form<Question>,
) -> Redirect {
    if let Some(session) = cookies.get(COOKIE) {
        sim.0.state().sessions.remove(session.value());
    }
    Redirect::to(&question.address())
}

//! The admin's page: a frame with tabs, in the admin's language. It works without scripts; `page.js` keeps it up to
//! date.
//!
//! The page shows a person's first and last name and nothing else about them; never which leave a person has.

mod attention;
mod comparison;
mod connection_test;
mod decisions;
mod differences;
mod frame;
mod history;
mod leave_types;
mod names_list;
mod notifications;
mod overview;
mod people;
mod person;
mod person_choice;
mod preview;
mod remedy;
mod settings;
mod sign_in;
mod view;

use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum_extra::extract::CookieJar;

use frame::Frame;

use super::PAGE_PATH;
use super::error::ProblemKind;
use super::language::{self, LANGUAGE_COOKIE};
use super::request::wants_page;
use crate::texts::Language;
use crate::web::state::{self, App};

const LANGUAGE_COOKIE_LIFE: Duration = Duration::from_hours(24 * 365);

/// The routes under [`PAGE_PATH`].
pub fn router(app: &App) -> Router<App> {
    let file = |content_type, content: &'static str| get(([(header::CONTENT_TYPE, content_type)], content));
    Router::new()
        .route("/webhook-events", post(overview::replace_webhook_events))
        .route("/attention/retry", post(attention::retry))
        .route("/differences/people/{id}/restore", post(differences::restore_person))
        .layer(from_fn_with_state(app.clone(), state::run_to_end))
        .route("/", get(overview::show))
        .route("/test", get(connection_test::show).post(connection_test::begin))
        .route("/credentials", post(overview::replace_credentials))
        .route("/attention", get(attention::show))
        .route("/attention/{id}/follow", post(attention::follow))
        .route("/attention/{id}/decide", post(decisions::decide))
        .route("/attention/kept/{id}/delete", post(decisions::propose_again))
        .route("/differences", get(differences::show))
        .route("/differences/people/{id}/keep", post(differences::keep_person))
        .route("/people", get(people::show))
        .route("/people/names.csv", get(names_list::download))
        .route("/people/{id}", get(person::show))
        .route("/people/{id}/choice", get(person_choice::show).post(person_choice::choose))
        .route("/people/{id}/sync", post(people::sync_person))
        .route("/leave-types", get(leave_types::show).post(leave_types::choose))
        .route("/history", get(history::show))
        .route("/log", get(history::show_log))
        .route("/settings", get(settings::show).post(settings::save))
        .route("/settings/effect", get(settings::back).post(settings::show_effect))
        .route("/settings/notifications", get(settings::back).post(settings::replace_notifications))
        // A bookmark of an earlier version.
        .route("/notifications", get(settings::back))
        .route("/preview", get(preview::show).post(preview::request))
        .route("/sign-out", post(sign_in::sign_out))
        .layer(from_fn_with_state(app.clone(), sign_in::require_admin))
        .route("/sign-in", get(Redirect::to(PAGE_PATH)).post(sign_in::sign_in))
        .route("/style.css", file("text/css; charset=utf-8", include_str!("../../../templates/page/style.css")))
        .route("/page.js", file("text/javascript; charset=utf-8", include_str!("../../../templates/page/page.js")))
        .route("/icon.svg", file("image/svg+xml", include_str!("../../../templates/page/icon.svg")))
        .layer(from_fn_with_state(app.clone(), keep_language))
}

/// Stores the language that an address asks for in a cookie, for the following pages.
async fn keep_language(State(app): State<App>, request: Request, next: Next) -> Response {
    let chosen = language::of_query(request.uri().query()).filter(|_| request.method() == Method::GET);
    let response = next.run(request).await;
    let Some(language) = chosen else { return response };
    let code = language.code().to_owned();
    let cookie = app.session_policy.cookie(LANGUAGE_COOKIE, code, Some(LANGUAGE_COOKIE_LIFE));
    (CookieJar::new().add(cookie), response).into_response()
}

#[derive(Template)]
#[template(path = "page/error.html")]
struct ErrorPage {
    frame: Frame,
    error: ProblemKind,
}

/// Answers a browser's failed request with a page in the admin's language; a program gets the problem document.
pub async fn explain_errors(State(app): State<App>, request: Request, next: Next) -> Response {
    if !wants_page(request.headers()) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let Ok(t) = Language::from_request_parts(&mut parts, &app).await;
    let response = next.run(Request::from_parts(parts, body)).await;
    let Some(&error) = response.extensions().get::<ProblemKind>() else {
        return response;
    };
    let frame = Frame::bare(t, None);
    let Ok(html) = ErrorPage { frame, error }.render() else { return response };
    let (mut parts, _problem) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_TYPE);
    (parts, Html(html)).into_response()
}

//! The admin's page: a frame with tabs, in the admin's language. Works without scripts; `page.js` makes it live.
//!
//! Of a person first and last name are shown and nothing else; never which leave a person has.

mod attention;
mod difference;
mod frame;
mod history;
mod items;
mod leave_types;
mod live;
mod log;
mod overview;
mod paging;
mod people;
mod preview;
mod progress;
mod sign_in;

use askama::Template;
use axum::Router;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum_extra::extract::CookieJar;
use jiff::Timestamp;
use jiff::civil::DateTime;

use frame::{Frame, Tab, Visit};
use paging::{NewestFirst, Paging, address};

use super::PAGE_PATH;
use super::error::{ProblemKind, WebError};
use super::notice::{Notice, to_page, wants_page};
use super::texts::{LANGUAGE, Language};
use crate::web::state::App;

/// How long the browser keeps the choice of a language.
const KEEP_LANGUAGE: std::time::Duration = std::time::Duration::from_hours(24 * 365);

/// Everything under [`PAGE_PATH`].
pub fn router(app: &App) -> Router<App> {
    Router::new()
        .route("/", get(overview::show))
        .route("/credentials", post(overview::save_credentials))
        .route("/webhook-events", post(overview::save_webhook_events))
        .route("/attention", get(attention::show))
        .route("/attention/{id}/follow", post(attention::follow))
        .route("/people", get(people::show))
        .route("/people/{id}/sync", post(people::sync_person))
        .route("/leave-types", get(leave_types::show))
        .route("/history", get(history::show))
        .route("/log", get(log::show))
        .route("/preview", get(preview::show).post(preview::ask))
        .route("/sign-out", post(sign_in::sign_out))
        .layer(from_fn_with_state(app.clone(), sign_in::require_admin))
        // Asking for news does not keep a session alive.
        .route("/live", get(live::events))
        .route("/sign-in", get(sign_in::sign_in_page).post(sign_in::sign_in))
        .route("/style.css", get(style))
        .route("/page.js", get(script))
        .route("/icon.svg", get(icon))
        .layer(from_fn_with_state(app.clone(), keep_language))
}

/// A moment, in Belgian time.
struct Moment {
    iso: String,
    text: String,
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        let text = at.to_zoned(crate::clock::time_zone()).strftime("%d/%m/%Y %H:%M").to_string();
        Self { iso: at.to_string(), text }
    }
}

/// When an absence is: wall clock.
fn period(t: Language, (start, end, all_day): (DateTime, DateTime, bool)) -> String {
    let day = start.strftime("%d/%m/%Y");
    if all_day {
        format!("{day}, {}", t.all_day())
    } else if start.date() == end.date() {
        format!("{day} {}–{}", start.strftime("%H:%M"), end.strftime("%H:%M"))
    } else {
        format!("{day} {} – {}", start.strftime("%H:%M"), end.strftime("%d/%m/%Y %H:%M"))
    }
}

fn to_tab(tab: Tab, notice: Notice) -> Redirect {
    Redirect::to(&format!("{}?notice={}", tab.path(), notice.as_str()))
}

fn render(status: StatusCode, page: &impl Template) -> Result<Response, WebError> {
    let html = page.render().map_err(WebError::internal)?;
    Ok((status, Html(html)).into_response())
}

/// A language that an address asks for is kept for the next ones.
async fn keep_language(State(app): State<App>, request: Request, next: Next) -> Response {
    let chosen = Language::of_query(request.uri().query()).filter(|_| request.method() == Method::GET);
    let response = next.run(request).await;
    match chosen {
        Some(language) => {
            let cookie = app.session_policy.cookie(LANGUAGE, language.code().to_owned(), Some(KEEP_LANGUAGE));
            (CookieJar::new().add(cookie), response).into_response()
        }
        None => response,
    }
}

#[derive(Template)]
#[template(path = "page/error.html")]
struct ErrorPage {
    frame: Frame,
    text: &'static str,
}

/// To a person a failure is a page in their language; programs get the problem document.
pub async fn explain_errors(State(app): State<App>, request: Request, next: Next) -> Response {
    // A webhook, and any other program, is done with at once.
    if !wants_page(request.headers()) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let Ok(t) = Language::from_request_parts(&mut parts, &app).await;
    let response = next.run(Request::from_parts(parts, body)).await;
    let Some(kind) = response.extensions().get::<ProblemKind>() else {
        return response;
    };
    let text = match kind {
        ProblemKind::Unauthorized | ProblemKind::InvalidCsrfToken => t.error_forbidden(),
        ProblemKind::NotFound | ProblemKind::MethodNotAllowed => t.error_not_found(),
        ProblemKind::InvalidRequest
        | ProblemKind::InvalidField
        | ProblemKind::PayloadTooLarge
        | ProblemKind::TooManyAttempts => t.error_invalid(),
        ProblemKind::NotConnected | ProblemKind::CredentialsMissing | ProblemKind::CredentialsConfigured => {
            t.error_not_connected()
        }
        ProblemKind::OfficientUnavailable | ProblemKind::OptedoUnavailable => t.error_upstream(),
        ProblemKind::DatabaseUnavailable => t.error_unavailable(),
        ProblemKind::Internal => t.error_inside(),
    };
    let page = ErrorPage { frame: Frame::bare(t, PAGE_PATH, t.error_heading(), None), text };
    let Ok(html) = page.render() else { return response };
    let (mut parts, _problem) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_TYPE);
    (parts, Html(html)).into_response()
}

async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../../../templates/page/style.css"))
        .into_response()
}

async fn script() -> Response {
    (
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")],
        include_str!("../../../templates/page/page.js"),
    )
        .into_response()
}

async fn icon() -> Response {
    ([(header::CONTENT_TYPE, "image/svg+xml")], include_str!("../../../templates/page/icon.svg"))
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absence_is_told_by_its_day_and_times() {
        let at = |day, hour| jiff::civil::date(2026, 4, day).at(hour, 30, 0, 0);
        let t = Language::Dutch;
        assert_eq!(period(t, (at(3, 0), at(4, 0), true)), "03/04/2026, hele dag");
        assert_eq!(period(t, (at(3, 9), at(3, 12), false)), "03/04/2026 09:30–12:30");
        assert_eq!(period(t, (at(3, 22), at(4, 6), false)), "03/04/2026 22:30 – 04/04/2026 06:30");
    }
}

//! What the pages of both simulators share: rendering, searching, and lists that are shown in parts.

use askama::Template;
use axum::Router;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use serde::Deserialize;
use url::form_urlencoded::Serializer;

pub(super) const ROWS_PER_PAGE: usize = 50;

/// Allows only the simulator's own style and script, so that a name that a user typed cannot become code.
/// `form-action` is left out, because the consent form redirects to any address that an app registered.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; \
                                       connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The style sheet and the icon.
pub(super) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let file = |content_type: &'static str, text: &'static str| {
        get(move || std::future::ready(([(header::CONTENT_TYPE, content_type)], text)))
    };
    Router::new()
        .route("/style.css", file("text/css; charset=utf-8", include_str!("../../templates/simulators/style.css")))
        .route("/icon.svg", file("image/svg+xml", include_str!("../../templates/simulators/icon.svg")))
}

pub(super) fn render(page: &impl Template) -> Response {
    render_with_status(StatusCode::OK, page)
}

pub(super) fn render_with_status(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => {
            let headers =
                [(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY), (header::CACHE_CONTROL, "no-store")];
            (status, headers, Html(html)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "A page of a simulator was not rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The query of a page that lists people: the name searched for, and the page from 1.
#[derive(Debug, Deserialize)]
pub(super) struct Search {
    #[serde(default)]
    pub(super) q: String,
    #[serde(default)]
    pub(super) page: usize,
}

/// Whether a name contains the text searched for, in any case.
pub(super) fn name_matches(name: &str, searched: &str) -> bool {
    name.to_lowercase().contains(&searched.trim().to_lowercase())
}

/// One page of a long list, with links to the pages before and after it.
#[derive(Debug)]
pub(super) struct Pager {
    pub(super) total: usize,
    pub(super) page: usize,
    pub(super) pages: usize,
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
}

impl Pager {
    /// The requested page, or the nearest one that exists. The links keep the given query parameters.
    pub(super) fn new(total: usize, requested: usize, path: &str, parameters: &[(&str, &str)]) -> Self {
        let pages = total.div_ceil(ROWS_PER_PAGE).max(1);
        let page = requested.clamp(1, pages);
        let link_to = |page: usize| {
            let number = page.to_string();
            link(path, &[parameters, &[("page", &number)]].concat())
        };
        Self {
            total,
            page,
            pages,
            previous: (page > 1).then(|| link_to(page - 1)),
            next: (page < pages).then(|| link_to(page + 1)),
        }
    }

    pub(super) fn rows<T>(&self, items: impl IntoIterator<Item = T>) -> Vec<T> {
        items.into_iter().skip((self.page - 1) * ROWS_PER_PAGE).take(ROWS_PER_PAGE).collect()
    }
}

/// The path with the query parameters that are not empty.
pub(super) fn link(path: &str, parameters: &[(&str, &str)]) -> String {
    let filled = parameters.iter().filter(|(_, value)| !value.is_empty());
    let query = Serializer::new(String::new()).extend_pairs(filled).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// The form fields for the name of a person in Officient or of a user in Optedo.
#[derive(Debug, Deserialize)]
pub(super) struct PersonName {
    #[serde(default)]
    pub(super) first_name: String,
    #[serde(default)]
    pub(super) last_name: String,
}

impl PersonName {
    /// Checks that both names are filled in. Spaces around a name are kept, because they make two names differ.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        check_filled_in(&self.first_name, "Vul een voornaam en een achternaam in.")?;
        check_filled_in(&self.last_name, "Vul een voornaam en een achternaam in.")
    }
}

pub(super) fn check_filled_in(text: &str, reason: &'static str) -> Result<(), &'static str> {
    if text.trim().is_empty() { Err(reason) } else { Ok(()) }
}

pub(super) fn is_web_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

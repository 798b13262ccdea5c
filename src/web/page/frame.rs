//! What every tab has in common: the admin's request, the frame around the page, rendering.

use std::convert::Infallible;

use askama::Template;
use axum::extract::{Extension, FromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use strum::VariantArray;

use super::paging::address;
use crate::db::attention;
use crate::db::connection::{self, Connection};
use crate::domain::ids::CompanyId;
use crate::sync::Engine;
use crate::web::error::WebError;
use crate::web::notice::Notice;
use crate::web::request::query_value;
use crate::web::session::Admin;
use crate::web::state::App;
use crate::web::texts::Language;
use crate::web::{CALLBACK_PATH, PAGE_PATH};

#[derive(Clone, Copy, PartialEq, Eq, VariantArray)]
pub(super) enum Tab {
    Connection,
    Attention,
    People,
    LeaveTypes,
    History,
    Log,
    Preview,
}

impl Tab {
    /// The tab's path relative to [`PAGE_PATH`], and its label.
    fn entry(self) -> (&'static str, fn(Language) -> &'static str) {
        match self {
            Self::Connection => ("", Language::tab_connection),
            Self::Attention => ("/attention", Language::tab_attention),
            Self::People => ("/people", Language::tab_people),
            Self::LeaveTypes => ("/leave-types", Language::tab_leave_types),
            Self::History => ("/history", Language::tab_history),
            Self::Log => ("/log", Language::tab_log),
            Self::Preview => ("/preview", Language::tab_preview),
        }
    }

    pub(super) fn path(self) -> String {
        format!("{PAGE_PATH}{}", self.entry().0)
    }

    pub(super) fn label(self, t: Language) -> &'static str {
        self.entry().1(t)
    }

    pub(super) fn is_attention(self) -> bool {
        self == Self::Attention
    }

    pub(super) fn redirect(self, notice: Notice) -> Redirect {
        notice.redirect_to(self.entry().0)
    }
}

/// A signed-in admin's request for a tab.
pub(super) struct Visit {
    pub(super) t: Language,
    pub(super) connection: Connection,
    pub(super) query: Option<String>,
    app: App,
    admin: Admin,
}

/// Needs the layer `require_admin`, which stores the [`Admin`] in the request.
impl FromRequestParts<App> for Visit {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let admin = Extension::<Admin>::from_request_parts(parts, app).await;
        let Extension(admin) = admin.map_err(|_route_without_its_layer| WebError::Unauthorized)?;
        let Ok::<_, Infallible>(t) = Language::from_request_parts(parts, app).await;
        let connection = connection::load(&app.engine.db).await?;
        let query = parts.uri.query().map(str::to_owned);
        Ok(Self { t, connection, query, app: app.clone(), admin })
    }
}

impl Visit {
    pub(super) fn engine(&self) -> &Engine {
        &self.app.engine
    }

    pub(super) fn company(&self) -> Option<CompanyId> {
        self.connection.company_id
    }

    /// A parameter of the query.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        query_value(self.query.as_deref(), name)
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.value(name)?.parse().ok()
    }

    pub(super) async fn frame(&self, tab: Tab) -> Result<Frame, WebError> {
        let open = attention::count_open(&self.engine().db).await?;
        Ok(Frame {
            tab: Some(tab),
            open_items: open.iter().map(|(_, count)| count).sum(),
            csrf_token: self.admin.csrf_token.clone().unwrap_or_default(),
            ..Frame::bare(self.t, tab.path(), tab.label(self.t), self.query.as_deref())
        })
    }
}

/// What surrounds every page: tabs, languages, the notice.
pub(super) struct Frame {
    pub(super) t: Language,
    /// `None` on pages without tabs, which anybody may see.
    pub(super) tab: Option<Tab>,
    pub(super) languages: &'static [Language],
    /// The number of open attention items.
    pub(super) open_items: i64,
    pub(super) title: &'static str,
    pub(super) notice: Option<Notice>,
    /// Empty when nobody is signed in.
    pub(super) csrf_token: String,
    /// Something is under way: a browser without scripts reloads the page by itself.
    pub(super) is_changing: bool,
    pub(super) page: &'static str,
    pub(super) api: &'static str,
    path: String,
    query: Option<String>,
}

impl Frame {
    /// A frame without tabs.
    pub(super) fn bare(t: Language, path: String, title: &'static str, query: Option<&str>) -> Self {
        Self {
            t,
            tab: None,
            languages: Language::VARIANTS,
            open_items: 0,
            title,
            notice: Notice::of_query(query),
            csrf_token: String::new(),
            is_changing: false,
            page: PAGE_PATH,
            api: CALLBACK_PATH,
            path,
            query: query.map(str::to_owned),
        }
    }

    /// The tabs to show; none when nobody is signed in.
    pub(super) fn tabs(&self) -> &'static [Tab] {
        if self.tab.is_some() { Tab::VARIANTS } else { &[] }
    }

    /// The address of the same page in another language.
    pub(super) fn address_in(&self, language: Language) -> String {
        address(&self.path, self.query.as_deref(), &["lang"], &[("lang", language.code())])
    }
}

pub(super) fn render(page: &impl Template) -> Result<Response, WebError> {
    let html = page.render().map_err(WebError::internal)?;
    Ok((StatusCode::OK, Html(html)).into_response())
}

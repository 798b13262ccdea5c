//! What surrounds every page: tabs, languages, what just happened; and who looks at it.

use std::convert::Infallible;

use axum::extract::{Extension, FromRequestParts, RawQuery};
use axum::http::request::Parts;

use super::Notice;
use super::paging::address;
use crate::db::attention;
use crate::web::error::WebError;
use crate::web::request::query_value;
use crate::web::session::Admin;
use crate::web::state::App;
use crate::web::texts::Language;
use crate::web::{CALLBACK_PATH, PAGE_PATH};

/// A tab of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
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
    const ALL: [Self; 7] = [
        Self::Connection,
        Self::Attention,
        Self::People,
        Self::LeaveTypes,
        Self::History,
        Self::Log,
        Self::Preview,
    ];

    pub(super) fn path(self) -> String {
        let under = match self {
            Self::Connection => "",
            Self::Attention => "/attention",
            Self::People => "/people",
            Self::LeaveTypes => "/leave-types",
            Self::History => "/history",
            Self::Log => "/log",
            Self::Preview => "/preview",
        };
        format!("{PAGE_PATH}{under}")
    }

    fn label(self, t: Language) -> &'static str {
        match self {
            Self::Connection => t.tab_connection(),
            Self::Attention => t.tab_attention(),
            Self::People => t.tab_people(),
            Self::LeaveTypes => t.tab_leave_types(),
            Self::History => t.tab_history(),
            Self::Log => t.tab_log(),
            Self::Preview => t.tab_preview(),
        }
    }
}

/// An admin looks at a tab.
pub(super) struct Visit {
    pub(super) app: App,
    pub(super) t: Language,
    admin: Admin,
    query: Option<String>,
}

/// Only behind [`require_admin`](super::sign_in::require_admin), which lets nobody else through.
impl FromRequestParts<App> for Visit {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let admin = Extension::<Admin>::from_request_parts(parts, app).await;
        let Extension(admin) = admin.map_err(|_route_without_its_layer| WebError::Unauthorized)?;
        let Ok::<_, Infallible>(t) = Language::from_request_parts(parts, app).await;
        let Ok::<_, Infallible>(RawQuery(query)) = RawQuery::from_request_parts(parts, app).await;
        Ok(Self { app: app.clone(), t, admin, query })
    }
}

impl Visit {
    /// What the address asks for.
    pub(super) fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// A value of what the address asks for.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        query_value(self.query(), name)
    }

    /// A number of what the address asks for.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.value(name)?.parse().ok()
    }

    /// The frame of a tab.
    pub(super) async fn frame(&self, tab: Tab) -> Result<Frame, WebError> {
        let open = attention::count_open(&self.app.engine.db).await?;
        let open: i64 = open.iter().map(|(_, count)| count).sum();
        let link = |each: Tab| TabLink {
            path: each.path(),
            label: each.label(self.t),
            is_this: each == tab,
            open_items: if each == Tab::Attention { open } else { 0 },
        };
        Ok(Frame {
            tabs: Tab::ALL.into_iter().map(link).collect(),
            csrf_token: self.admin.csrf_token.clone().unwrap_or_default(),
            ..Frame::bare(self.t, &tab.path(), tab.label(self.t), self.query())
        })
    }
}

/// A link to a tab.
pub(super) struct TabLink {
    pub(super) path: String,
    pub(super) label: &'static str,
    pub(super) is_this: bool,
    pub(super) open_items: i64,
}

/// A link to the same page in another language.
pub(super) struct LanguageLink {
    pub(super) address: String,
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) is_this: bool,
}

/// What surrounds every page.
pub(super) struct Frame {
    pub(super) t: Language,
    /// For who is signed in.
    pub(super) tabs: Vec<TabLink>,
    pub(super) languages: Vec<LanguageLink>,
    pub(super) title: &'static str,
    /// What just happened, and whether it went well.
    pub(super) notice: Option<(String, bool)>,
    pub(super) csrf_token: String,
    /// Without scripts, the page asks again by itself while something is under way.
    pub(super) is_changing: bool,
    pub(super) page: &'static str,
    pub(super) api: &'static str,
}

impl Frame {
    /// The frame of a page for anybody.
    pub(super) fn bare(t: Language, path: &str, title: &'static str, query: Option<&str>) -> Self {
        let link = |language: Language| LanguageLink {
            address: address(path, query, &["lang"], &[("lang", language.code())]),
            code: language.code(),
            name: language.own_name(),
            is_this: language == t,
        };
        Self {
            t,
            tabs: Vec::new(),
            languages: Language::ALL.into_iter().map(link).collect(),
            title,
            notice: Notice::of_query(query).map(|notice| (notice.text(t).to_owned(), notice.is_good())),
            csrf_token: String::new(),
            is_changing: false,
            page: PAGE_PATH,
            api: CALLBACK_PATH,
        }
    }
}

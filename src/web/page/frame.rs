//! What every tab has in common: the admin's request, the frame around the page, rendering, and paging.

use std::convert::Infallible;
use std::sync::Arc;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse as _, Response};
use jiff::Timestamp;
use strum::{EnumString, IntoStaticStr};

use crate::db::connection::{self, Connection};
use crate::domain::verdict::{Verdict, VerdictState};
use crate::sync::Engine;
use crate::texts::{Language, Text};
use crate::web::error::WebError;
use crate::web::notice::Notice;
use crate::web::request::query_value;
use crate::web::session::Admin;
use crate::web::state::App;
use crate::web::{CALLBACK_PATH, PAGE_PATH};

/// A tab of the page; its string is the last part of its path. A page under another path belongs to the tab that names
/// it.
#[derive(Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub(super) enum Tab {
    #[strum(to_string = "", serialize = "test")]
    Connection,
    #[strum(to_string = "attention", serialize = "differences")]
    Attention,
    People,
    LeaveTypes,
    #[strum(to_string = "history", serialize = "log")]
    History,
    Settings,
    /// Only until the first import has run; later it shows the effect of a change.
    Preview,
}

impl Tab {
    const ALWAYS: [Self; 6] =
        [Self::Connection, Self::Attention, Self::People, Self::LeaveTypes, Self::History, Self::Settings];

    pub(super) fn path(self) -> String {
        format!("{PAGE_PATH}/{}", self.into_str()).trim_end_matches('/').to_owned()
    }

    /// Whether it shows the number of open items.
    pub(super) fn counts_items(self) -> bool {
        self == Self::Attention
    }

    pub(super) fn label(self, t: Language) -> Text<'static> {
        match self {
            Self::Connection => t.text("tab-connection"),
            Self::Attention => t.text("tab-attention"),
            Self::People => t.text("tab-people"),
            Self::LeaveTypes => t.text("tab-leave-types"),
            Self::History => t.text("tab-history"),
            Self::Settings => t.text("tab-settings"),
            Self::Preview => t.text("tab-preview"),
        }
    }
}

/// A signed-in admin's request for a tab.
pub(super) struct Visit {
    pub(super) frame: Frame,
    pub(super) connection: Connection,
    pub(super) engine: Arc<Engine>,
}

impl FromRequestParts<App> for Visit {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let Ok::<_, Infallible>(t) = Language::from_request_parts(parts, app).await;
        let admin = Admin::from_request_parts(parts, app).await?;
        // A page under a tab belongs to it.
        let path = parts.uri.path().trim_matches('/');
        let tab = path.split('/').next().unwrap_or_default();
        let tab: Tab = tab.parse().map_err(|_no_tab| WebError::NotFound)?;
        let engine = Arc::clone(&app.engine);
        let connection = connection::load(&engine.db).await?;
        let verdict = engine.verdict(&connection).await?;
        let open_items = verdict.open_items;
        let frame = Frame {
            tab: Some(tab),
            verdict: Some(verdict).filter(|verdict| verdict.state != VerdictState::Disconnected),
            is_before_import: connection.sweep_no < 2 && connection.sweep_finished_at.is_none(),
            pause: connection.paused_at.map(|since| (since, connection.paused_by.clone())),
            open_items,
            csrf_token: admin.csrf_token.unwrap_or_default(),
            path: format!("{PAGE_PATH}/{path}").trim_end_matches('/').to_owned(),
            ..Frame::bare(t, parts.uri.query())
        };
        Ok(Self { frame, connection, engine })
    }
}

/// What surrounds every page: tabs, languages, the notice.
pub(super) struct Frame {
    pub(super) t: Language,
    /// `None` on pages without tabs, which anybody may see.
    pub(super) tab: Option<Tab>,
    /// Whether all is well; `None` while there is no connection.
    pub(super) verdict: Option<Verdict>,
    /// The number of open attention items.
    pub(super) open_items: i64,
    pub(super) notice: Option<Notice>,
    /// Since when the admin paused, and who.
    pub(super) pause: Option<(Timestamp, Option<String>)>,
    /// Empty when nobody is signed in.
    pub(super) csrf_token: String,
    /// Nothing was imported yet, so that the preview is a tab.
    pub(super) is_before_import: bool,
    /// Something is under way: a browser without scripts reloads the page by itself.
    pub(super) is_changing: bool,
    pub(super) page: &'static str,
    pub(super) api: &'static str,
    /// The path of this page.
    path: String,
    query: Option<String>,
}

impl Frame {
    /// A frame without tabs.
    pub(super) fn bare(t: Language, query: Option<&str>) -> Self {
        Self {
            t,
            tab: None,
            verdict: None,
            open_items: 0,
            notice: Notice::of_query(query),
            pause: None,
            csrf_token: String::new(),
            is_before_import: false,
            is_changing: false,
            page: PAGE_PATH,
            api: CALLBACK_PATH,
            path: PAGE_PATH.to_owned(),
            query: query.map(str::to_owned),
        }
    }

    /// Whether the verdict says that all is well.
    pub(super) fn is_good(&self) -> bool {
        self.verdict.as_ref().is_some_and(Verdict::is_good)
    }

    /// The tabs to show; none when nobody is signed in.
    pub(super) fn tabs(&self) -> Vec<Tab> {
        let Some(_) = self.tab else { return Vec::new() };
        let preview = self.is_before_import.then_some(Tab::Preview);
        Tab::ALWAYS.into_iter().chain(preview).collect()
    }

    /// A parameter of the query.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        query_value(self.query.as_deref(), name)
    }

    /// The address of this page with another value of a parameter, and without the notice.
    pub(super) fn address_with(&self, parameter: &str, value: &str) -> String {
        let mut address = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in url::form_urlencoded::parse(self.query.as_deref().unwrap_or_default().as_bytes()) {
            if name != "notice" && name != "lang" && name != parameter {
                address.append_pair(&name, &value);
            }
        }
        format!("{}?{}", self.path, address.append_pair(parameter, value).finish())
    }
}

/// The tab that a form or an address names, to return to it after a change.
pub(super) fn return_tab(named: Option<String>) -> Option<Tab> {
    named?.parse().ok()
}

pub(super) fn render(page: &impl Template) -> Result<Response, WebError> {
    Ok(Html(page.render().map_err(WebError::internal)?).into_response())
}

/// A page of a long list.
pub(super) struct Paging {
    pub(super) page: usize,
    /// The number of pages, where it is known.
    pub(super) pages: Option<usize>,
    /// The number of entries on all pages, where it is known.
    pub(super) total: usize,
    pub(super) has_next: bool,
    size: usize,
}

impl Paging {
    /// The page that the query asks for (`?page=`).
    pub(super) fn new(frame: &Frame, size: usize) -> Self {
        let page: Option<usize> = frame.value("page").and_then(|page| page.parse().ok());
        Self { page: page.unwrap_or(1).max(1), pages: None, total: 0, has_next: false, size }
    }

    /// The entries of this page, of a whole list. A page beyond the last is the last.
    pub(super) fn cut<T>(&mut self, list: Vec<T>) -> Vec<T> {
        self.total = list.len();
        let pages = self.total.div_ceil(self.size).max(1);
        self.page = self.page.min(pages);
        self.pages = Some(pages);
        self.has_next = self.page < pages;
        list.into_iter().skip((self.page - 1) * self.size).take(self.size).collect()
    }

    /// How many entries to read: one more than a page has shows whether there is a next page.
    pub(super) fn limit(&self) -> i64 {
        i64::try_from(self.size + 1).unwrap_or(i64::MAX)
    }

    /// How many entries are on the pages before this one.
    pub(super) fn offset(&self) -> i64 {
        i64::try_from((self.page - 1).saturating_mul(self.size)).unwrap_or(i64::MAX)
    }

    /// The entries of this page, of those that were read.
    pub(super) fn keep<T>(&mut self, mut read: Vec<T>) -> Vec<T> {
        self.has_next = read.len() > self.size;
        read.truncate(self.size);
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(query: &str) -> Frame {
        Frame { path: Tab::People.path(), ..Frame::bare(Language::Dutch, Some(query)) }
    }

    #[test]
    fn an_address_keeps_the_other_parameters_but_not_the_notice() {
        let frame = frame("q=an&page=99&notice=ignored&lang=fr");
        let path = Tab::People.path();
        assert_eq!(frame.address_with("page", "2"), format!("{path}?q=an&page=2"));
        assert_eq!(frame.address_with("lang", "nl"), format!("{path}?q=an&page=99&lang=nl"));
    }

    #[test]
    fn a_page_beyond_the_last_is_the_last() {
        let mut paging = Paging::new(&frame("page=99"), 50);
        assert_eq!(paging.cut((0..120).collect()), (100..120).collect::<Vec<usize>>());
        assert_eq!((paging.page, paging.pages, paging.has_next), (3, Some(3), false));
        let mut paging = Paging::new(&frame("page=-1"), 50);
        assert!(paging.cut(Vec::<usize>::new()).is_empty());
        assert_eq!((paging.page, paging.pages, paging.has_next), (1, Some(1), false));
    }

    #[test]
    fn one_entry_too_many_shows_that_there_is_a_next_page() {
        let mut paging = Paging::new(&frame("page=2"), 50);
        assert_eq!((paging.offset(), paging.limit()), (50, 51));
        assert_eq!(paging.keep((0..51).collect::<Vec<i64>>()).len(), 50);
        assert!(paging.has_next);
        paging.keep(vec![1]);
        assert!(!paging.has_next);
    }
}

//! The tab of the audit log: who did what, when and from where.

use askama::Template;
use axum::response::Response;

use super::frame::{Frame, Paging, Visit, render};
use crate::db::audit_log::{self, Act, Actor, Entry};
use crate::web::error::WebError;

const ENTRIES_PER_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "page/log.html")]
struct LogPage {
    frame: Frame,
    entries: Vec<Entry>,
    paging: Paging,
}

/// `GET …/log`
pub(super) async fn show(Visit { frame, engine, .. }: Visit) -> Result<Response, WebError> {
    let mut paging = Paging::new(&frame, ENTRIES_PER_PAGE);
    let entries = audit_log::list(&engine.db, paging.limit(), paging.offset()).await?;
    render(&LogPage { frame, entries: paging.keep(entries), paging })
}

//! The tab of attention items: open, ignored, resolved.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};

use super::frame::{Frame, Paging, Visit, render};
use super::items::{ItemView, item_views};
use crate::db::attention::{self, ItemState};
use crate::db::connection::{Connection, State as ConnectionState};
use crate::web::error::WebError;
use crate::web::notice::Notice;
use crate::web::state::App;

const ITEMS_PER_PAGE: usize = 20;

#[derive(Template)]
#[template(path = "page/attention.html")]
struct AttentionPage {
    frame: Frame,
    connection: Connection,
    which: ItemState,
    items: Vec<ItemView>,
    paging: Paging,
}

/// `GET …/attention`
pub(super) async fn show(visit: Visit) -> Result<Response, WebError> {
    let asked = visit.frame.value("state").and_then(|state| state.parse().ok());
    let which = asked.unwrap_or(ItemState::Open);
    let mut paging = Paging::new(&visit.frame, ITEMS_PER_PAGE);
    let stored = paging.cut(attention::list(&visit.engine.db, which).await?);
    let items = item_views(&visit, stored).await?;
    let Visit { frame, connection, .. } = visit;
    render(&AttentionPage { frame, connection, which, items, paging })
}

/// `POST …/attention/{id}/follow`: opens an ignored item again.
pub(super) async fn follow(
    State(app): State<App>,
    id: Result<Path<i64>, PathRejection>,
) -> Result<Redirect, WebError> {
    if !attention::follow(&app.engine.db, id?.0).await? {
        return Err(WebError::NotFound);
    }
    Ok(Notice::Followed.redirect_to("/attention"))
}

//! The tab of attention items: open, ignored, resolved.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};

use super::frame::{Frame, Tab, Visit, render};
use super::items::{self, ItemView};
use super::paging::Paging;
use crate::db::attention::{self, ItemState};
use crate::db::connection::{Connection, State as ConnectionState};
use crate::web::error::WebError;
use crate::web::notice::{Notice, to_attention};
use crate::web::state::App;

const ITEMS_PER_PAGE: usize = 20;

#[derive(Template)]
#[template(path = "page/attention.html")]
struct AttentionPage {
    frame: Frame,
    connection: Connection,
    which: ItemState,
    choices: [(ItemState, &'static str); 3],
    items: Vec<ItemView>,
    paging: Paging,
}

/// `GET …/attention`
pub(super) async fn show(visit: Visit) -> Result<Response, WebError> {
    let (engine, t) = (visit.engine(), visit.t);
    let which = match visit.value("state").as_deref() {
        Some("ignored") => ItemState::Ignored,
        Some("resolved") => ItemState::Resolved,
        _ => ItemState::Open,
    };
    let stored = attention::list(&engine.db, which).await?;
    let (paging, range) =
        Paging::new(&Tab::Attention.path(), visit.query.as_deref(), stored.len(), ITEMS_PER_PAGE);
    let items = items::stored(engine, visit.company(), t, stored.get(range).unwrap_or_default()).await?;
    render(&AttentionPage {
        frame: visit.frame(Tab::Attention).await?,
        connection: visit.connection,
        which,
        choices: [
            (ItemState::Open, t.open()),
            (ItemState::Ignored, t.ignored()),
            (ItemState::Resolved, t.resolved()),
        ],
        items,
        paging,
    })
}

/// `POST …/attention/{id}/follow`: opens an ignored item again.
pub(super) async fn follow(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Redirect, WebError> {
    let id: i64 = id?.parse().map_err(|_no_number| WebError::NotFound)?;
    if !attention::follow(&app.engine.db, id).await? {
        return Err(WebError::NotFound);
    }
    Ok(to_attention(Notice::Followed))
}

//! The tab of attention items: open, ignored, resolved.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Redirect, Response};

use super::items::{self, ItemView};
use super::{Frame, Notice, Paging, Tab, Visit, render, to_tab};
use crate::db::attention::{self, ItemState};
use crate::db::connection::{self, State as ConnectionState};
use crate::web::error::WebError;
use crate::web::state::App;

const ON_A_PAGE: usize = 20;

#[derive(Template)]
#[template(path = "page/attention.html")]
struct AttentionPage {
    frame: Frame,
    which: ItemState,
    is_connected: bool,
    /// Not everybody was looked at yet.
    is_checking: bool,
    /// Address, label, whether it is this one.
    choices: Vec<(String, &'static str, bool)>,
    items: Vec<ItemView>,
    paging: Paging,
}

/// `GET …/attention`
pub(super) async fn show(visit: Visit) -> Result<Response, WebError> {
    let (engine, t) = (&visit.app.engine, visit.t);
    let which = match visit.value("state").as_deref() {
        Some("ignored") => ItemState::Ignored,
        Some("resolved") => ItemState::Resolved,
        _ => ItemState::Open,
    };
    let connection = connection::load(&engine.db).await?;
    let company = connection.company_id;
    let stored = attention::list(&engine.db, which).await?;
    let (paging, range) = Paging::new(&Tab::Attention.path(), visit.query(), stored.len(), ON_A_PAGE);
    let shown = stored.get(range).unwrap_or_default();
    let items = items::stored(engine, company, t, shown).await?;
    let choice = |each: ItemState, label| (format!("?state={}", each.into_str()), label, each == which);
    let page = AttentionPage {
        frame: visit.frame(Tab::Attention).await?,
        which,
        is_connected: connection.state != ConnectionState::Disconnected,
        is_checking: connection.is_checking(),
        choices: vec![
            choice(ItemState::Open, t.open()),
            choice(ItemState::Ignored, t.ignored()),
            choice(ItemState::Resolved, t.resolved()),
        ],
        items,
        paging,
    };
    render(StatusCode::OK, &page)
}

/// `POST …/attention/{id}/follow`: an ignored item is open again.
pub(super) async fn follow(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Redirect, WebError> {
    let id: i64 = id?.parse().map_err(|_no_number| WebError::NotFound)?;
    if !attention::follow(&app.engine.db, id).await? {
        return Err(WebError::NotFound);
    }
    Ok(to_tab(Tab::Attention, Notice::Followed))
}

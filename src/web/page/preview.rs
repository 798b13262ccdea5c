//! The tab of the preview: what looking at everybody would change in Optedo.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Redirect, Response};

use super::items::{self, ItemView};
use super::progress::{Progress, looks_take};
use super::{Frame, Moment, Notice, Tab, Visit, period, render, to_tab};
use crate::db::connection::{self, State as ConnectionState};
use crate::db::people::Backlog;
use crate::db::{people, preview};
use crate::domain::company::Names;
use crate::domain::ids::CompanyId;
use crate::web::error::WebError;
use crate::web::state::App;

const ON_A_PAGE: i64 = 100;

#[derive(Template)]
#[template(path = "page/preview.html")]
struct PreviewPage {
    frame: Frame,
    is_connected: bool,
    is_paused: bool,
    progress: Option<Progress>,
    result: Option<ResultView>,
}

struct ResultView {
    made_at: Moment,
    unchanged: i64,
    /// Word, label, count, whether it is shown.
    lists: Vec<(&'static str, &'static str, i64, bool)>,
    shown: &'static str,
    /// Name and period.
    lines: Vec<(String, String)>,
    items: Vec<ItemView>,
    next: Option<String>,
}

/// `GET …/preview`
pub(super) async fn show(visit: Visit) -> Result<Response, WebError> {
    let (engine, t) = (&visit.app.engine, visit.t);
    let connection = connection::load(&engine.db).await?;
    let stored = preview::progress(&engine.db).await?;
    let progress = stored.is_under_way().then(|| {
        let (done, total) = (stored.people_done, stored.people_total);
        let backlog = Backlog { urgent: total - done, unhurried: 0, names: 0 };
        let left = stored.started_at.map(|_| looks_take(engine, &backlog));
        Progress::new(engine, t, done, total, left)
    });
    let mut frame = visit.frame(Tab::Preview).await?;
    frame.is_changing = progress.is_some();
    let result = match stored.finished_at {
        Some(made_at) => Some(result(&visit, connection.company_id, made_at.into(), stored.unchanged).await?),
        None => None,
    };
    let page = PreviewPage {
        frame,
        is_connected: connection.state == ConnectionState::Connected,
        is_paused: connection.is_paused,
        progress,
        result,
    };
    render(StatusCode::OK, &page)
}

async fn result(
    visit: &Visit,
    company: Option<CompanyId>,
    made_at: Moment,
    unchanged: i64,
) -> Result<ResultView, WebError> {
    let (engine, t) = (&visit.app.engine, visit.t);
    let db = &engine.db;
    let counts = preview::count_lines(db).await?;
    let count = |action: &str| counts.iter().find(|(word, _)| word == action).map_or(0, |(_, count)| *count);
    let actions = [
        ("create", t.preview_create()),
        ("change", t.preview_change()),
        ("delete", t.preview_delete()),
        ("take_over", t.preview_take_over()),
        ("skip", t.preview_skip()),
        ("fail", t.preview_fail()),
    ];
    let asked = visit.value("list").unwrap_or_default();
    let is_there = |action: &str| count(action) > 0;
    let chosen = actions.iter().find(|(action, _)| *action == asked);
    let (shown, _) = chosen
        .or_else(|| actions.iter().find(|(action, _)| is_there(action)))
        .copied()
        .unwrap_or(("create", ""));
    let after = visit.number("after").unwrap_or(0);
    let (mut lines, mut views) = (Vec::new(), Vec::new());
    let mut next = None;
    if shown == "skip" {
        views = items::previewed(engine, company, t, &preview::items(db).await?).await?;
    } else {
        let found = preview::lines(db, shown, after, ON_A_PAGE).await?;
        let whose: Vec<i64> = found.iter().map(|line| line.person.0).collect();
        let names = match company {
            Some(company) => people::names(db, company, &whose).await?,
            None => HashMap::new(),
        };
        let is_full = i64::try_from(found.len()).is_ok_and(|count| count == ON_A_PAGE);
        next = found.last().filter(|_| is_full).map(|line| format!("?list={shown}&after={}", line.id));
        let name = |id| names.get(&id).map_or_else(|| t.name_unknown(id.0), Names::full);
        lines = found
            .into_iter()
            .map(|line| (name(line.person), line.times.map(|times| period(t, times)).unwrap_or_default()))
            .collect();
    }
    let lists = actions.into_iter().map(|(action, label)| (action, label, count(action), action == shown));
    Ok(ResultView { made_at, unchanged, lists: lists.collect(), shown, lines, items: views, next })
}

/// `POST …/preview`
pub(super) async fn ask(State(app): State<App>) -> Result<Redirect, WebError> {
    let engine = &app.engine;
    crate::web::api::sync::connected_company(engine).await?;
    preview::ask(&engine.db, engine.clock.now()).await?;
    engine.work_signal.notify(&engine.db).await;
    Ok(to_tab(Tab::Preview, Notice::PreviewAsked))
}

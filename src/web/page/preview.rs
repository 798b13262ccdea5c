//! The tab of the preview: what reconciling everybody would change in Optedo.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::response::{Redirect, Response};
use jiff::Timestamp;

use super::frame::{Frame, Tab, Visit, render};
use super::items::{self, ItemView};
use super::view::Progress;
use crate::db::connection::{Connection, State as ConnectionState};
use crate::db::queue::Backlog;
use crate::db::{people, preview};
use crate::web::api::sync::connected_company;
use crate::web::error::WebError;
use crate::web::notice::Notice;
use crate::web::state::App;

const LINES_PER_PAGE: usize = 100;

/// The lists of a preview, in their order on the page: the actions of its lines.
const LISTS: [&str; 6] = ["create", "change", "delete", "take_over", "skip", "fail"];

#[derive(Template)]
#[template(path = "page/preview.html")]
struct PreviewPage {
    frame: Frame,
    connection: Connection,
    progress: Option<Progress>,
    result: Option<Outcome>,
}

struct Outcome {
    made_at: Timestamp,
    /// Absences that are right as they are.
    unchanged: i64,
    /// Each list with its number of lines.
    lists: Vec<(&'static str, i64)>,
    shown: &'static str,
    /// The person's name and the period of the absence.
    lines: Vec<(String, String)>,
    /// Why leave would be skipped.
    items: Vec<ItemView>,
    /// The address of the next page.
    next: Option<String>,
}

/// `GET …/preview`
pub(super) async fn show(visit: Visit) -> Result<Response, WebError> {
    let stored = preview::progress(&visit.engine().db).await?;
    let progress = stored.is_under_way().then(|| {
        let (done, total) = (stored.people_done, stored.people_total);
        let backlog = stored.started_at.map(|_| Backlog { urgent: total - done, unhurried: 0, names: 0 });
        Progress::new(visit.engine(), visit.t, done, total, backlog)
    });
    let mut frame = visit.frame(Tab::Preview).await?;
    frame.is_changing = progress.is_some();
    let result = match stored.finished_at {
        Some(made_at) => Some(outcome(&visit, made_at, stored.unchanged).await?),
        None => None,
    };
    render(&PreviewPage { frame, connection: visit.connection, progress, result })
}

async fn outcome(visit: &Visit, made_at: Timestamp, unchanged: i64) -> Result<Outcome, WebError> {
    let (engine, company, t) = (visit.engine(), visit.company(), visit.t);
    let counts = preview::count_lines(&engine.db).await?;
    let count = |list: &str| counts.iter().find(|(action, _)| action == list).map_or(0, |(_, count)| *count);
    let lists = LISTS.map(|list| (list, count(list)));
    let requested = visit.value("list");
    let requested = lists.into_iter().find(|(list, _)| requested.as_deref() == Some(list));
    let (shown, _) = requested.or(lists.into_iter().find(|(_, count)| *count > 0)).unwrap_or(("create", 0));
    let mut outcome = Outcome {
        made_at,
        unchanged,
        lists: lists.into(),
        shown,
        lines: Vec::new(),
        items: Vec::new(),
        next: None,
    };
    if shown == "skip" {
        outcome.items = items::previewed(engine, company, t, &preview::items(&engine.db).await?).await?;
        return Ok(outcome);
    }
    let after = visit.number("after").unwrap_or(0);
    let limit = i64::try_from(LINES_PER_PAGE).unwrap_or(i64::MAX);
    let lines = preview::lines(&engine.db, shown, after, limit).await?;
    let people: Vec<i64> = lines.iter().map(|line| line.person.0).collect();
    let names = match company {
        Some(company) => people::names(&engine.db, company, &people).await?,
        None => HashMap::new(),
    };
    let last = lines.last().filter(|_| lines.len() == LINES_PER_PAGE);
    outcome.next = last.map(|last| format!("?list={shown}&after={}", last.id));
    let line = |line: preview::ListedLine| {
        (
            t.person_name(line.person, names.get(&line.person)),
            line.times.map(|times| t.period(&times)).unwrap_or_default(),
        )
    };
    outcome.lines = lines.into_iter().map(line).collect();
    Ok(outcome)
}

/// `POST …/preview`
pub(super) async fn request(State(app): State<App>) -> Result<Redirect, WebError> {
    let engine = &app.engine;
    connected_company(engine).await?;
    preview::request(&engine.db, engine.clock.now()).await?;
    engine.work_signal.notify(&engine.db).await;
    Ok(Tab::Preview.redirect(Notice::PreviewAsked))
}

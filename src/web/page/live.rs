//! What changes while the page is open: pieces of it, sent anew whenever they change (server-sent events).

use std::convert::Infallible;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};

use super::Moment;
use super::overview::ItemsView;
use super::preview::ProgressView;
use crate::app::App;
use crate::db::connection::{self, Connection};
use crate::db::people::{self, Backlog};
use crate::sync::Engine;
use crate::web::error::WebError;
use crate::web::session::Admin;
use crate::web::status::{self, Status};
use crate::web::texts::Language;

/// How often a page looks while something is under way…
const WHILE_CHANGING: Duration = Duration::from_secs(1);
/// …and while nothing is.
const WHILE_QUIET: Duration = Duration::from_secs(3);
/// A stream ends after so many looks; the browser opens another, and must still be signed in.
const LOOKS: u32 = 100;

/// The state at a glance.
#[derive(Template)]
#[template(path = "page/state.html")]
pub(super) struct StateView {
    t: Language,
    last_webhook: Option<Moment>,
    last_sync: Option<Moment>,
    written: i64,
    waiting: i64,
    retrying: i64,
    progress: Option<Progress>,
    limit: String,
}

/// How far the looking at everybody is.
pub(super) struct Progress {
    pub(super) done: i64,
    pub(super) total: i64,
    pub(super) left: Option<String>,
}

impl StateView {
    /// As of now.
    pub(super) async fn new(
        engine: &Engine,
        t: Language,
        connection: &Connection,
        status: &Status,
    ) -> Result<Self, sqlx::Error> {
        let progress = match connection.company_id {
            Some(company) if status.sync.state == "running" => {
                // Asked for and not begun: the counts are still those of the last one.
                let has_begun = connection.sweep_asked_at.is_none();
                let backlog = people::backlog(&engine.db, company).await?;
                let left = seconds_left(engine, &backlog);
                Some(Progress {
                    done: if has_begun { status.sync.people_done } else { 0 },
                    total: status.sync.people_total,
                    left: has_begun.then(|| duration(t, left)),
                })
            }
            _ => None,
        };
        Ok(Self {
            t,
            last_webhook: status.last_webhook_at.map(Moment::from),
            last_sync: status.sync.finished_at.map(Moment::from),
            written: status.absences.written,
            waiting: status.queue.waiting + status.queue.retrying,
            retrying: status.queue.retrying,
            progress,
            limit: limit(engine, t),
        })
    }

    /// Something is under way.
    pub(super) fn is_changing(&self) -> bool {
        self.progress.is_some()
    }
}

/// How long what waits takes: its calls, at what Officient's limit allows them.
fn seconds_left(engine: &Engine, backlog: &Backlog) -> f64 {
    let years = i64::try_from(engine.window().years().count()).unwrap_or(1);
    calls_take(engine, backlog.urgent * years + backlog.names)
        + calls_take(engine, backlog.unhurried * years) * SWEEPS_SHARE
}

/// A periodic sweep leaves two thirds of the limit free.
const SWEEPS_SHARE: f64 = 3.0;

/// Why it takes as long as it does.
pub(super) fn limit(engine: &Engine, t: Language) -> String {
    let officient = &engine.config.officient;
    t.why_so_long(officient.rate_limit_calls, officient.rate_limit_period.as_secs())
}

/// How long so many calls take.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
pub(super) fn calls_take(engine: &Engine, calls: i64) -> f64 {
    let officient = &engine.config.officient;
    calls as f64 * officient.rate_limit_period.as_secs_f64() / officient.rate_limit_calls as f64
}

/// A duration as a person says it, never more exact than it is known.
#[expect(clippy::cast_possible_truncation, reason = "an estimate of hours at the most")]
pub(super) fn duration(t: Language, seconds: f64) -> String {
    let seconds = seconds.ceil() as i64;
    if seconds < 60 { t.seconds((seconds.max(1) + 4) / 5 * 5) } else { t.minutes((seconds + 59) / 60) }
}

/// The pieces, by the name under which the page has them.
async fn pieces(
    app: &App,
    admin: &Admin,
    t: Language,
) -> Result<(Vec<(&'static str, String)>, bool), WebError> {
    let engine = &app.engine;
    let connection = connection::load(&engine.db).await?;
    let status = status::status(engine).await?;
    let state = StateView::new(engine, t, &connection, &status).await?;
    let preview = ProgressView::new(engine, t).await?;
    let items = ItemsView::new(app, admin, t).await?;
    let is_changing = state.is_changing() || preview.is_changing();
    let render = |template: Result<String, askama::Error>| {
        template.map_err(|error| {
            tracing::error!(%error, "A piece of a page could not be rendered");
            WebError::Internal
        })
    };
    let pieces = vec![
        ("state", render(state.render())?),
        ("items", render(items.render())?),
        ("preview", render(preview.render())?),
    ];
    Ok((pieces, is_changing))
}

/// What a stream has told already.
struct Told {
    app: App,
    admin: Admin,
    headers: HeaderMap,
    t: Language,
    pieces: Vec<(&'static str, String)>,
    waiting: Vec<Event>,
    is_changing: bool,
    looks: u32,
}

impl Told {
    /// The next piece that changed; `None` ends the stream.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if let Some(event) = self.waiting.pop() {
                return Some((Ok(event), self));
            }
            if self.looks > 0 {
                let pause = if self.is_changing { WHILE_CHANGING } else { WHILE_QUIET };
                tokio::select! {
                    () = tokio::time::sleep(pause) => (),
                    () = self.app.engine.stop.cancelled() => return None,
                }
            }
            self.looks += 1;
            if self.looks > LOOKS || self.app.watcher(&self.headers).await.ok()?.is_none() {
                return None;
            }
            let (pieces, is_changing) = pieces(&self.app, &self.admin, self.t).await.ok()?;
            self.is_changing = is_changing;
            let changed = pieces.iter().filter(|piece| !self.pieces.contains(piece));
            self.waiting = changed.map(|(name, html)| Event::default().event(*name).data(html)).collect();
            self.pieces = pieces;
        }
    }
}

/// `GET …/live`
pub(super) async fn events(
    State(app): State<App>,
    t: Language,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let admin = app.watcher(&headers).await?.ok_or(WebError::Unauthorized)?;
    let told = Told {
        app,
        admin,
        headers,
        t,
        pieces: Vec::new(),
        waiting: Vec::new(),
        is_changing: false,
        looks: 0,
    };
    let events = futures_util::stream::unfold(told, Told::next);
    // A proxy that collects an answer before it passes it on would keep the news back.
    let unbuffered = [(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"))];
    Ok((unbuffered, Sse::new(events).keep_alive(KeepAlive::default())).into_response())
}

//! Telling an open page that something changed (server-sent events); it then asks for itself again.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};

use crate::db::{attention, history, preview};
use crate::sync::Engine;
use crate::web::api::status::{SweepState, read_status};
use crate::web::error::WebError;
use crate::web::state::App;

/// How often it is looked whether something changed while something is under way…
const WHILE_CHANGING: Duration = Duration::from_secs(1);
/// …and while nothing is.
const WHILE_QUIET: Duration = Duration::from_secs(3);
/// A stream ends after so many looks; the browser opens another, and must still be signed in.
const LOOKS: u32 = 100;

/// What pages show, in short: another text means that something changed. Says also whether something is under way.
async fn shown(engine: &Engine) -> Result<(String, bool), WebError> {
    let status = read_status(engine).await?;
    let preview = preview::progress(&engine.db).await?;
    let items = attention::fingerprint(&engine.db).await?;
    let written = history::newest_id(&engine.db).await?;
    let is_changing =
        status.sync.state == SweepState::Running || status.queue.waiting > 0 || preview.is_under_way();
    Ok((format!("{status:?} {preview:?} {items:?} {written}"), is_changing))
}

/// What a stream has told.
struct Told {
    app: App,
    headers: HeaderMap,
    /// `None` before the first event.
    shown: Option<String>,
    is_changing: bool,
    looks: u32,
}

impl Told {
    /// Waits for the next change; `None` ends the stream.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        while self.looks < LOOKS {
            if self.shown.is_some() {
                let pause = if self.is_changing { WHILE_CHANGING } else { WHILE_QUIET };
                tokio::select! {
                    () = tokio::time::sleep(pause) => (),
                    () = self.app.engine.stop.cancelled() => return None,
                }
            }
            self.looks += 1;
            self.app.watcher(&self.headers).await.ok()??;
            let (now, is_changing) = shown(&self.app.engine).await.ok()?;
            self.is_changing = is_changing;
            let before = self.shown.replace(now);
            let event = match before {
                None => "hello",
                Some(before) if self.shown.as_ref() != Some(&before) => "changed",
                Some(_) => continue,
            };
            // A browser tells a page nothing of an event without data.
            return Some((Ok(Event::default().event(event).data("-")), self));
        }
        None
    }
}

/// `GET …/live`
pub(super) async fn events(State(app): State<App>, headers: HeaderMap) -> Result<Response, WebError> {
    app.watcher(&headers).await?.ok_or(WebError::Unauthorized)?;
    let told = Told { app, headers, shown: None, is_changing: false, looks: 0 };
    let events = futures_util::stream::unfold(told, Told::next);
    // A proxy that collects an answer before it passes it on would keep the news back.
    let unbuffered = [(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"))];
    Ok((unbuffered, Sse::new(events).keep_alive(KeepAlive::default())).into_response())
}

//! The webhook receiver: token → shape → on disk → 200. It does nothing else.
//!
//! Concurrent webhooks share an insert and a commit: one writer takes whatever waits while the previous commit is under
//! way, so a lone webhook waits for nothing, and a flood costs few commits and one connection.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;
use sqlx::PgPool;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::error::WebError;
use super::request_id;
use crate::app::App;
use crate::clock::Clock;
use crate::db::events;
use crate::sync::wake::Wake;
use crate::telemetry::metrics::WebhookCounters;

const MAX_BODY: usize = 64 * 1024;
/// Webhooks in one commit.
const BATCH: usize = 1000;
/// Webhooks that may wait; beyond that, and when a commit takes longer than this, the answer is 503.
const QUEUE: usize = 10_000;
const PATIENCE: Duration = Duration::from_millis(1500);
/// Longer texts are cut off: no id or event name is nearly as long.
const MAX_TEXT: usize = 1000;

/// What Officient tells: only that something happened.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Announcement {
    pub(crate) event_type: String,
    pub(crate) related_object_id: Option<String>,
}

struct Pending {
    announcement: Announcement,
    /// Told the event's id once it is on disk; dropped when it could not be stored.
    stored: oneshot::Sender<i64>,
}

/// Where webhooks wait for the next commit; clones share it.
#[derive(Clone)]
pub struct Inbox {
    queue: mpsc::Sender<Pending>,
    /// What becomes of webhooks.
    pub counters: Arc<WebhookCounters>,
}

impl Inbox {
    /// Starts the writer, which runs until `closed`.
    pub fn start(
        tasks: &TaskTracker,
        db: PgPool,
        clock: Clock,
        wake: Wake,
        known: &[String],
        closed: CancellationToken,
    ) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        tasks.spawn(write_batches(waiting, db, clock, wake, closed));
        Self { queue, counters: Arc::new(WebhookCounters::new(known)) }
    }

    /// Resolves to its id once the event is on disk, to nothing when it could not be stored.
    async fn store(&self, announcement: Announcement) -> Option<i64> {
        let (stored, is_stored) = oneshot::channel();
        self.queue.try_send(Pending { announcement, stored }).ok()?;
        timeout(PATIENCE, is_stored).await.ok()?.ok()
    }
}

/// Ends when no request is answered any more, so that nobody waits.
async fn write_batches(
    mut waiting: mpsc::Receiver<Pending>,
    db: PgPool,
    clock: Clock,
    wake: Wake,
    closed: CancellationToken,
) {
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            biased;
            _received = waiting.recv_many(&mut batch, BATCH) => (),
            () = closed.cancelled() => return,
        }
        if batch.is_empty() {
            return;
        }
        let (announcements, senders): (Vec<Announcement>, Vec<oneshot::Sender<i64>>) =
            batch.drain(..).map(|pending| (pending.announcement, pending.stored)).unzip();
        let (event_types, ids): (Vec<String>, Vec<Option<String>>) =
            announcements.into_iter().map(|it| (it.event_type, it.related_object_id)).unzip();
        let result = timeout(PATIENCE, events::insert(&db, clock.now(), &event_types, &ids)).await;
        match result {
            Ok(Ok(ids)) => {
                for (stored, id) in senders.into_iter().zip(&ids) {
                    // Whoever waited may have given up.
                    let _heard = stored.send(*id);
                }
                wake.worker(&db).await;
                tracing::info!(event.ids = ?ids, "Stored webhooks");
            }
            Ok(Err(error)) => tracing::error!(%error, events = event_types.len(), "Could not store webhooks"),
            Err(_too_slow) => tracing::error!(events = event_types.len(), "Storing webhooks took too long"),
        }
    }
}

/// `POST …/webhook/{token}`
pub async fn receive_webhook(
    State(app): State<App>,
    token: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, WebError> {
    let began = Instant::now();
    if !app.engine.webhook_address.accepts(&token?) {
        return Err(WebError::NotFound);
    }
    let body =
        axum::body::to_bytes(body, MAX_BODY).await.map_err(|_too_large_or_cut_off| WebError::TooLarge)?;
    let Ok(announcement) = serde_json::from_slice::<Announcement>(&body) else {
        app.inbox.counters.malformed.increment(1);
        return Err(WebError::BadRequest("must be a JSON object with a textual event_type"));
    };
    let outcomes = app.inbox.counters.of(&announcement.event_type);
    let Some(id) = app.inbox.store(announcement).await else {
        outcomes.unavailable.increment(1);
        return Err(WebError::Unavailable(sqlx::Error::PoolTimedOut));
    };
    outcomes.stored.increment(1);
    app.inbox.counters.ack.record(began.elapsed());
    // No span: this is the path that must be quick.
    tracing::debug!(event.id = id, request.id = request_id::given(&headers), "Stored webhook event {id}");
    Ok(StatusCode::OK)
}

impl<'de> Deserialize<'de> for Announcement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Announcement;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a textual event_type")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Announcement, A::Error> {
                let mut event_type = None;
                let mut related_object_id = None;
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "event_type" => event_type = Some(map.next_value::<String>()?),
                        "related_object_id" => related_object_id = id_of(map.next_value::<&RawValue>()?),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                let event_type = event_type.ok_or_else(|| de::Error::missing_field("event_type"))?;
                Ok(Announcement { event_type: storable(&event_type), related_object_id })
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// A text or a number; anything else is no id, but no fault either.
fn id_of(raw: &RawValue) -> Option<String> {
    let raw = raw.get();
    match raw.as_bytes().first()? {
        b'"' => serde_json::from_str(raw).ok().map(|text: String| storable(&text)),
        b'-' | b'0'..=b'9' => Some(storable(raw)),
        _ => None,
    }
}

/// Postgres stores no NUL in a text.
fn storable(text: &str) -> String {
    text.chars().filter(|char| *char != '\0').take(MAX_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(body: &str) -> Option<Announcement> {
        serde_json::from_str(body).ok()
    }

    fn announcement(event_type: &str, id: Option<&str>) -> Announcement {
        Announcement { event_type: event_type.into(), related_object_id: id.map(str::to_owned) }
    }

    #[test]
    fn whatever_the_other_fields_hold_an_object_with_a_textual_event_type_is_understood() {
        let deep = format!(r#"{{"event_type":"e","other":{}{}}}"#, "[".repeat(5000), "]".repeat(5000));
        let tests = [
            (
                r#"{"account":"acme","event_type":"person_added","related_object_id":"123456"}"#,
                announcement("person_added", Some("123456")),
            ),
            (r#"{"event_type":"e","related_object_id":123456}"#, announcement("e", Some("123456"))),
            (r#"{"event_type":"e","related_object_id":null}"#, announcement("e", None)),
            (r#"{"event_type":"e","related_object_id":{"id":[1,"\ud800"]}}"#, announcement("e", None)),
            (r#"{"event_type":"e","related_object_id":"\ud800"}"#, announcement("e", None)),
            (r#"{"event_type":"e","related_object_id":1e999}"#, announcement("e", Some("1e999"))),
            (r#"{"event_type":"","account":false}"#, announcement("", None)),
            (r#"{"event_type":"a\u0000b"}"#, announcement("ab", None)),
            (r#"{"event_type":"first","event_type":"last"}"#, announcement("last", None)),
            (&deep, announcement("e", None)),
        ];
        for (body, expected) in tests {
            assert_eq!(parse(body), Some(expected), "{}", body.get(..80).unwrap_or(body));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for body in [
            "",
            "null",
            "[]",
            "\"e\"",
            "7",
            "{}",
            r#"{"event_type":null}"#,
            r#"{"event_type":7}"#,
            r#"["e","1"]"#,
            r#"{"event_type":"e"} x"#,
            r#"{"event_type":"e""#,
        ] {
            assert_eq!(parse(body), None, "{body}");
        }
    }

    #[test]
    fn long_texts_are_cut_off() {
        let parsed = parse(&format!(r#"{{"event_type":"{}"}}"#, "é".repeat(5000))).unwrap();
        assert_eq!(parsed.event_type.chars().count(), MAX_TEXT);
    }

    proptest! {
        #[test]
        fn no_bytes_whatsoever_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _parsed = serde_json::from_slice::<Announcement>(&bytes);
        }
    }
}

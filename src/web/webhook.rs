//! The webhook receiver: token → shape → on disk ([`inbox`](super::inbox)) → 200. It does nothing else.

use std::fmt;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::error::WebError;
use super::request_id;
use crate::app::App;

const MAX_BODY: usize = 64 * 1024;
/// Longer texts are cut off: no id or event name is nearly as long.
const MAX_TEXT: usize = 1000;

/// What Officient tells: only that something happened.
#[derive(Debug, PartialEq, Eq, ToSchema)]
pub(crate) struct Announcement {
    pub(crate) event_type: String,
    /// A text or a number; anything else is none.
    #[schema(value_type = Option<serde_json::Value>)]
    pub(crate) related_object_id: Option<String>,
}

/// Receives a webhook.
#[utoipa::path(
    post, path = "/webhook/{token}", tag = "officient",
    params(("token" = String, Path, description = "The secret part of the address")),
    request_body(content = inline(Announcement), description = "Other fields may hold anything"),
    responses(
        (status = 200, description = "It is on disk"),
        (status = 400, description = "Not a JSON object, or no textual event_type"),
        (status = 404, description = "The token is wrong"),
        (status = 413, description = "Larger than 64 KiB"),
        (status = 503, description = "It could not be stored: deliver it again"),
    )
)]
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

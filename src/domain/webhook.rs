//! The body of a webhook: it says only that something happened. Pure.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// Longer texts are cut off. No id or event name is nearly as long.
const MAX_TEXT: usize = 1000;

/// The fields of a webhook that are used.
#[derive(Debug, PartialEq, Eq, ToSchema)]
pub struct WebhookPayload {
    pub event_type: String,
    /// A text or a number; anything else is none.
    #[schema(value_type = Option<serde_json::Value>)]
    pub related_object_id: Option<String>,
}

impl WebhookPayload {
    /// Reads a body, which may begin with a byte order mark.
    pub fn parse(body: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body))
    }
}

impl<'de> Deserialize<'de> for WebhookPayload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = WebhookPayload;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a textual event_type")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WebhookPayload, A::Error> {
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
                Ok(WebhookPayload { event_type: storable(&event_type), related_object_id })
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

    fn parse(body: &str) -> Option<WebhookPayload> {
        serde_json::from_str(body).ok()
    }

    fn payload(event_type: &str, id: Option<&str>) -> WebhookPayload {
        WebhookPayload { event_type: event_type.into(), related_object_id: id.map(str::to_owned) }
    }

    #[test]
    fn whatever_the_other_fields_hold_an_object_with_a_textual_event_type_is_understood() {
        let deep = format!(r#"{{"event_type":"e","other":{}{}}}"#, "[".repeat(5000), "]".repeat(5000));
        let tests = [
            (
                r#"{"account":"acme","event_type":"person_added","related_object_id":"123456"}"#,
                payload("person_added", Some("123456")),
            ),
            (r#"{"event_type":"e","related_object_id":123456}"#, payload("e", Some("123456"))),
            (r#"{"event_type":"e","related_object_id":null}"#, payload("e", None)),
            (r#"{"event_type":"e","related_object_id":{"id":[1,"\ud800"]}}"#, payload("e", None)),
            (r#"{"event_type":"e","related_object_id":"\ud800"}"#, payload("e", None)),
            (r#"{"event_type":"e","related_object_id":1e999}"#, payload("e", Some("1e999"))),
            (r#"{"event_type":"","account":false}"#, payload("", None)),
            (r#"{"event_type":"a\u0000b"}"#, payload("ab", None)),
            (r#"{"event_type":"first","event_type":"last"}"#, payload("last", None)),
            (&deep, payload("e", None)),
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
        let error = WebhookPayload::parse(b"[]").unwrap_err().to_string();
        assert!(error.contains("expected an object with a textual event_type"), "{error}");
    }

    #[test]
    fn long_texts_are_cut_off() {
        let parsed = parse(&format!(r#"{{"event_type":"{}"}}"#, "é".repeat(5000))).unwrap();
        assert_eq!(parsed.event_type.chars().count(), MAX_TEXT);
    }

    proptest! {
        #[test]
        fn no_bytes_whatsoever_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _parsed = serde_json::from_slice::<WebhookPayload>(&bytes);
        }
    }
}

//! A notification as JSON to a webhook, signed as Standard Webhooks describes (<https://www.standardwebhooks.com>).

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::CONTENT_TYPE;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use serde::Serialize;
use sha2::Sha256;

use super::Origin;
use super::compose::Composed;
use crate::domain::notification::{DeliveryError, DeliveryFault, OutgoingMessage};
use crate::http_client::{self, Response, UpstreamError, http_client};

const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content<'a> {
    kind: &'static str,
    state: &'static str,
    text: String,
    url: &'a str,
    tenant: &'a str,
    opened_at: Option<Timestamp>,
    counts: &'a BTreeMap<String, i64>,
}

pub(super) async fn send(
    url: &SecretString,
    secret: Option<&SecretSlice<u8>>,
    origin: &Origin,
    message: &OutgoingMessage,
    now: Timestamp,
) -> Result<(), DeliveryError> {
    let body = body(origin, message);
    // A full stop separates the signed parts, so an id has none.
    let id = format!("{}-{}", origin.tenant, message.message_id).replace('.', "-");
    let timestamp = now.as_second().to_string();
    let mut request = http_client(TIMEOUT)
        .post(url.expose_secret())
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", &id)
        .header("webhook-timestamp", &timestamp);
    if let Some(secret) = secret {
        request = request.header("webhook-signature", signature(secret, &format!("{id}.{timestamp}.{body}")));
    }
    let any_status = |status, _retry_after, body| Ok(Response { status, body });
    let response = http_client::send(request.body(body), any_status).await.map_err(|error| fault(&error))?;
    let status = response.status;
    let fault = match status.as_u16() {
        200..=299 => return Ok(()),
        300..=399 => DeliveryFault::Redirected,
        _ => DeliveryFault::Refused,
    };
    Err(DeliveryError { fault, status: Some(status.as_u16()) })
}

fn body(origin: &Origin, message: &OutgoingMessage) -> String {
    let notification = &message.notification;
    let content = Content {
        kind: notification.topic.as_str(),
        state: notification.state(),
        text: Composed::new(notification).line(origin),
        url: &origin.page_url,
        tenant: &origin.tenant,
        opened_at: notification.opened_at,
        counts: &notification.counts,
    };
    // It consists of texts and numbers only, so it can be written as JSON.
    serde_json::to_string(&content).unwrap_or_default()
}

fn fault(error: &UpstreamError) -> DeliveryError {
    let fault = match error {
        UpstreamError::TimedOut => DeliveryFault::TimedOut,
        UpstreamError::Unreadable { .. } => DeliveryFault::Unreadable,
        UpstreamError::Unavailable { .. }
        | UpstreamError::Unauthorized
        | UpstreamError::NotFound
        | UpstreamError::Rejected { .. }
        | UpstreamError::Busy { .. } => DeliveryFault::Unreachable,
    };
    fault.into()
}

fn signature(secret: &SecretSlice<u8>, content: &str) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret()).expect("a key");
    mac.update(content.as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification of Standard Webhooks.
    #[test]
    fn a_signature_is_the_one_of_the_specification() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let content = "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}";
        assert_eq!(signature(&key.into(), content), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}

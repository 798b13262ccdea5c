//! Who receives notifications, in which language, and whether they arrive.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use jiff::Timestamp;
use lettre::Address;
use serde::{Deserialize as _, Serialize};
use utoipa::ToSchema;

use super::officient_app::{json_object, text};
use crate::db::audit_log::{self, Act};
use crate::db::{self, notifications};
use crate::domain::notification::{Channel, State as NotificationState};
use crate::sync::Engine;
use crate::texts::Language;
use crate::web::error::WebError;
use crate::web::notice::Notice;
use crate::web::session::Admin;
use crate::web::state::App;

const MAX_RECIPIENTS: usize = 20;

/// The notifications about incidents.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notifications {
    /// Mail addresses.
    recipients: Vec<String>,
    language: Language,
    state: NotificationState,
    last_sent_at: Option<Timestamp>,
    /// Why the last message did not arrive; null when messages arrive.
    last_error: Option<String>,
}

/// Who receives notifications, and whether they arrive.
#[utoipa::path(get, path = "/notifications", operation_id = "notifications", responses(
    (status = 200, body = Notifications, description = "Recipients, language and state"),
))]
pub async fn show(State(app): State<App>) -> Result<Json<Notifications>, WebError> {
    let status = app.engine.notification_status().await?;
    let last_error = status.last_failure.map(|failure| {
        let channel = match failure.channel {
            Channel::Mail => "mail",
            Channel::Webhook => "webhook",
        };
        format!("{channel}: {}", failure.error)
    });
    Ok(Json(Notifications {
        recipients: status.recipients,
        language: status.settings.language,
        state: status.state,
        last_sent_at: status.settings.last_sent_at,
        last_error,
    }))
}

/// Who receives notifications, in which language.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body, which is read field by field to name the wrong one")]
struct NewNotifications {
    /// Mail addresses; none: no mail is sent.
    #[schema(max_items = 20)]
    recipients: Vec<String>,
    language: Language,
}

/// Chooses who receives notifications, in which language.
#[utoipa::path(
    put, path = "/notifications", operation_id = "put_notifications",
    request_body = inline(NewNotifications),
    responses(
        (status = 204, description = "Stored"),
        (status = 400, description = "The body is not a JSON object"),
        (status = 422, description = "A field is missing or wrong; nothing is stored"),
    ),
)]
pub async fn replace(State(app): State<App>, admin: Admin, body: Body) -> Result<StatusCode, WebError> {
    let body = json_object(body).await?;
    let invalid = |fault| WebError::InvalidField { field: "recipients", fault };
    let recipients = body.get("recipients").ok_or(invalid("is missing"))?;
    let recipients = Vec::deserialize(recipients).map_err(|_other| invalid("must be a list of mail addresses"))?;
    save(&app.engine, &admin, recipients, text(&body, "language")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Stores both, if both are right.
pub async fn save(engine: &Engine, admin: &Admin, recipients: Vec<String>, language: &str) -> Result<(), WebError> {
    let recipients = check_recipients(&recipients)?;
    let language: Language = language
        .parse()
        .map_err(|_other| WebError::InvalidField { field: "language", fault: "must be nl, fr or en" })?;
    let now = engine.clock.now();
    let mut tx = db::begin(&engine.db).await?;
    notifications::save_settings(&mut *tx, &recipients, language).await?;
    notifications::replace_recipients(&mut tx, &recipients, now).await?;
    let count = recipients.len().to_string();
    audit_log::insert(&mut *tx, Act::NotificationsChanged, Some(&count), &admin.actor, now).await?;
    tx.commit().await?;
    engine.work_signal.notify(&engine.db).await;
    Ok(())
}

fn check_recipients(recipients: &[String]) -> Result<Vec<String>, WebError> {
    let invalid = |fault| WebError::InvalidField { field: "recipients", fault };
    let mut addresses = Vec::new();
    for recipient in recipients {
        let address: Option<Address> = recipient.trim().parse().ok().filter(|_| recipient.is_ascii());
        let address = address.ok_or(invalid("contains something that is not a mail address such as hr@acme.be"))?;
        let address = address.to_string();
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.len() > MAX_RECIPIENTS {
        return Err(invalid("has more than 20 mail addresses"));
    }
    Ok(addresses)
}

/// Sends a test notification to all recipients and to the webhook.
#[utoipa::path(post, path = "/notifications/test", operation_id = "test_notifications", responses(
    (status = 202, description = "The message will be sent"),
    (status = 303, description = "As 202, to a browser's form"),
    (status = 409, description = "There is nobody to send it to"),
))]
pub async fn test(State(app): State<App>, headers: HeaderMap) -> Result<Response, WebError> {
    if !app.engine.request_test_message().await? {
        return Err(WebError::NotificationsOff);
    }
    Ok(Notice::TestMessageRequested.page_or(StatusCode::ACCEPTED, &headers, "/settings"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_trimmed_and_stored_once_and_a_wrong_one_refuses_all() {
        let check = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            check_recipients(&texts).map_err(|error| error.to_string())
        };
        assert_eq!(check(&[]), Ok(vec![]));
        assert_eq!(check(&[" hr@acme.be ", "it@acme.be", "hr@acme.be"]).unwrap(), ["hr@acme.be", "it@acme.be"]);
        for wrong in
            ["", "hr", "hr@", "@acme.be", "hr@acme.be\r\nBcc: eve@x.be", "hr@acme.be,it@acme.be", "Hr <hr@acme.be>"]
        {
            let error = check(&["it@acme.be", wrong]).unwrap_err();
            assert!(error.starts_with("recipients: contains something"), "{wrong}: {error}");
        }
        let many: Vec<String> = (0..21).map(|number| format!("hr{number}@acme.be")).collect();
        assert!(check_recipients(&many).unwrap_err().to_string().contains("more than 20"));
    }
}

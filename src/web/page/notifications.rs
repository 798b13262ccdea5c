//! The tab of notifications: who receives them, in which language, and whether they arrive.

use std::collections::HashMap;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{Redirect, Response};

use super::frame::{Frame, Visit, render};
use crate::db::notifications::LastFailure;
use crate::domain::notification::{Channel, State as NotificationState};
use crate::sync::notify::NotificationStatus;
use crate::texts::Language;
use crate::web::api::notifications::save;
use crate::web::error::WebError;
use crate::web::notice::Notice;
use crate::web::session::Admin;
use crate::web::state::App;

const TAB: &str = "/notifications";

#[derive(Template)]
#[template(path = "page/notifications.html")]
struct NotificationsPage {
    frame: Frame,
    status: NotificationStatus,
    has_mail: bool,
    has_webhook: bool,
}

impl NotificationsPage {
    /// Why the last message did not arrive.
    fn failure(&self, failure: &LastFailure) -> String {
        let t = self.frame.t;
        let fault = t.text("delivery-fault").with("fault", failure.error.fault.into_str());
        let channel = t.text("notification-channel").with("channel", failure.channel.into_str());
        let status = failure.error.status.map(|status| format!(" ({status})")).unwrap_or_default();
        format!("{channel}: {fault}{status}")
    }
}

/// `GET …/notifications`
pub(super) async fn show(Visit { mut frame, engine, .. }: Visit) -> Result<Response, WebError> {
    let status = engine.notification_status().await?;
    frame.is_changing = frame.notice == Some(Notice::TestMessageRequested);
    let [has_mail, has_webhook] = [Channel::Mail, Channel::Webhook].map(|channel| engine.sender.has(channel));
    render(&NotificationsPage { frame, status, has_mail, has_webhook })
}

/// `POST …/notifications`: one address per line, or separated by commas.
pub(super) async fn replace(
    State(app): State<App>,
    admin: Admin,
    form: Result<Form<HashMap<String, String>>, FormRejection>,
) -> Result<Redirect, WebError> {
    let Form(mut form) = form?;
    let [recipients, language] = ["recipients", "language"].map(|name| form.remove(name).unwrap_or_default());
    let recipients = recipients.split([',', ';', '\n']).map(str::trim).filter(|text| !text.is_empty());
    let recipients = recipients.map(str::to_owned).collect();
    match save(&app.engine, &admin, recipients, &language).await {
        Ok(()) => Ok(Notice::NotificationsSaved.redirect_to(TAB)),
        Err(WebError::InvalidField { .. }) => Ok(Notice::RecipientsInvalid.redirect_to(TAB)),
        Err(error) => Err(error),
    }
}

//! The part of the tab of settings about notifications: who receives them, in which language, and whether they arrive.

use std::collections::HashMap;

use crate::db::notifications::LastFailure;
use crate::domain::notification::{Channel, State as NotificationState};
use crate::sync::Engine;
use crate::sync::notify::NotificationStatus;
use crate::texts::Language;
use crate::web::error::WebError;

pub(super) struct NotificationsView {
    t: Language,
    pub(super) status: NotificationStatus,
    pub(super) has_mail: bool,
    pub(super) has_webhook: bool,
    /// One address per line: those in effect, or those that were refused.
    pub(super) recipients: String,
    /// The code of the language in the form.
    pub(super) language: String,
}

/// What the admin filled in.
pub(super) struct NotificationsForm {
    pub(super) recipients: String,
    pub(super) language: String,
}

impl NotificationsForm {
    pub(super) fn new(mut form: HashMap<String, String>) -> Self {
        let [recipients, language] = ["recipients", "language"].map(|name| form.remove(name).unwrap_or_default());
        Self { recipients, language }
    }

    /// One address per line, or separated by commas.
    pub(super) fn addresses(&self) -> Vec<String> {
        let addresses = self.recipients.split([',', ';', '\n']).map(str::trim);
        addresses.filter(|text| !text.is_empty()).map(str::to_owned).collect()
    }
}

impl NotificationsView {
    /// With the form that was refused, if any: nothing that was typed is lost.
    pub(super) async fn new(
        engine: &Engine,
        t: Language,
        refused: Option<NotificationsForm>,
    ) -> Result<Self, WebError> {
        let status = engine.notification_status().await?;
        let [has_mail, has_webhook] = [Channel::Mail, Channel::Webhook].map(|channel| engine.sender.has(channel));
        let in_effect = || NotificationsForm {
            recipients: status.recipients.join("\n"),
            language: status.settings.language.code().to_owned(),
        };
        let NotificationsForm { recipients, language } = refused.unwrap_or_else(in_effect);
        Ok(Self { t, status, has_mail, has_webhook, recipients, language })
    }

    pub(super) fn is_off(&self) -> bool {
        self.status.state == NotificationState::Off
    }

    pub(super) fn is_failing(&self) -> bool {
        self.status.state == NotificationState::Failing
    }

    /// Why the last message did not arrive.
    pub(super) fn failure(&self, failure: &LastFailure) -> String {
        let fault = self.t.text("delivery-fault").with("fault", failure.error.fault.into_str());
        let channel = self.t.text("notification-channel").with("channel", failure.channel.into_str());
        let status = failure.error.status.map(|status| format!(" ({status})")).unwrap_or_default();
        format!("{channel}: {fault}{status}")
    }
}

use std::time::Duration;

use secrecy::SecretString;

use super::keys::{Keys, section};
use super::values::{base_url, number, positive_duration, secret, text};

section! {
    Officient("officient") {
        /// The web app, where the admin grants access; without a trailing slash.
        app_url: String = required("https://app.officient.io", base_url);
        /// Without a trailing slash.
        api_url: String = required("https://api.officient.io", base_url);
        /// Set together with `client_secret`, or neither: then the admin fills them in on the settings page.
        client_id: Option<String> = optional("1234", text);
        client_secret: Option<SecretString> = secret("8c64…", secret);
        /// The value of `app` that marks our entry in a leave type's `integrations`; compared without case.
        integration_app: String = required("optedo", text);
        /// The event names to subscribe to, until the admin chooses others.
        webhook_events: Vec<String> = list("person_added,person_deleted", text);
        /// The most calls in any [`Self::rate_limit_period`].
        rate_limit_calls: usize = required("30", number::<1, 10_000, _>);
        rate_limit_period: Duration = required("5s", positive_duration);
        /// Per call.
        timeout: Duration = required("10s", positive_duration);
    }
}

impl Officient {
    pub(super) fn check(&self, keys: &mut Keys) {
        let missing = match (&self.client_id, &self.client_secret) {
            (Some(_), None) => "officient.client_secret",
            (None, Some(_)) => "officient.client_id",
            (Some(_), Some(_)) | (None, None) => return,
        };
        let fault = "is missing: set both the Client ID and the secret, or leave both to the settings page";
        keys.mistake(missing, "8c64…", fault);
    }
}

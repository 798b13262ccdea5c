use std::time::Duration;

use secrecy::SecretString;

use super::keys::section;
use super::values::{base_url, positive_duration, secret};

section! {
    Optedo("optedo") {
        /// Without a trailing slash.
        api_url: String = required("https://acme.optedo.com/api", base_url);
        api_token: SecretString = required_secret("the token of Optedo's API", secret, "");
        /// Per call.
        timeout: Duration = required("10s", positive_duration);
    }
}

//! What just happened, in the address, so that a reload shows it again and nothing needs to be stored.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};

use super::PAGE_PATH;
use super::request::query_value;
use super::texts::Language;

macro_rules! notices {
    ($($(#[$doc:meta])* $name:ident $word:literal $text:ident $is_good:literal)*) => {
        /// What just happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Notice { $($(#[$doc])* $name,)* }

        impl Notice {
            const ALL: &[Self] = &[$(Self::$name,)*];

            /// The word in the address.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// What happened and what to do.
            pub(in crate::web) fn text(self, t: Language) -> &'static str {
                match self { $(Self::$name => t.$text(),)* }
            }

            /// Whether it says that something went well.
            pub(in crate::web) fn is_good(self) -> bool {
                match self { $(Self::$name => $is_good,)* }
            }
        }
    };
}

notices! {
    /// Access was granted.
    Connected "connected" notice_connected true
    /// Access was granted; a preview comes first.
    ConnectedPaused "connected_paused" notice_connected_paused true
    /// Signed out at Officient.
    Disconnected "disconnected" notice_disconnected true
    /// The admin refused.
    Denied "access_denied" notice_denied false
    /// The state is missing, wrong, used or too old.
    StateWrong "state_wrong" notice_state_wrong false
    /// Officient does not accept the code or the credentials.
    CodeRefused "code_refused" notice_code_refused false
    /// No answer from Officient.
    Unreachable "officient_unreachable" notice_unreachable false
    /// An answer that is not understood.
    Unreadable "officient_unreadable" notice_unreadable false
    /// The app may not read the account.
    PermissionMissing "permission_missing" notice_permission_missing false
    /// No Client ID or Secret.
    CredentialsMissing "credentials_missing" notice_credentials_missing false
    /// The database failed.
    Unavailable "unavailable" error_unavailable false
    /// A bug, or a secret that does not open.
    Failed "failed" error_inside false
    /// They were stored.
    CredentialsSaved "credentials_saved" notice_credentials_saved true
    /// They were not: something is missing.
    CredentialsIncomplete "credentials_incomplete" notice_credentials_incomplete false
    /// The password was wrong.
    WrongPassword "wrong_password" notice_wrong_password false
    /// It was wrong too often.
    TooManyAttempts "too_many_attempts" notice_too_many_attempts false
    /// Everybody is being looked at.
    SyncStarted "sync_started" notice_sync_started true
    /// One person is.
    PersonAsked "person_asked" notice_person_asked true
    /// Nobody can be: the admin has yet to start.
    Paused "paused" notice_paused false
    /// An item is being tried again.
    Retrying "retrying" notice_retrying true
    /// Held deletions are done.
    DeletionsConfirmed "deletions_confirmed" notice_deletions_confirmed true
    /// An item is meant to be so.
    Ignored "ignored" notice_ignored true
    /// It no longer is.
    Followed "followed" notice_followed true
    /// The event names were stored.
    EventsSaved "events_saved" notice_events_saved true
    /// They were not.
    EventsInvalid "events_invalid" notice_events_invalid false
    /// The webhook address was replaced.
    WebhookTokenRotated "webhook_token_rotated" notice_webhook_token_rotated true
    /// It was, but Officient does not know yet.
    WebhookTokenRotating "webhook_token_rotating" notice_webhook_token_rotating true
    /// A preview is being worked out.
    PreviewAsked "preview_asked" notice_preview_asked true
}

impl Notice {
    /// The one of `?notice=`; whatever else an address holds is no reason not to show the page.
    pub(in crate::web) fn of_query(query: Option<&str>) -> Option<Self> {
        let word = query_value(query, "notice")?;
        Self::ALL.iter().copied().find(|notice| notice.as_str() == word)
    }
}

/// Redirects to the first tab.
pub fn to_page(notice: Notice) -> Redirect {
    Redirect::to(&format!("{PAGE_PATH}?notice={}", notice.as_str()))
}

/// Redirects to the tab of the attention items.
pub fn to_attention(notice: Notice) -> Redirect {
    Redirect::to(&format!("{PAGE_PATH}/attention?notice={}", notice.as_str()))
}

/// Whether a person in a browser reads the response, rather than a program.
pub fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// The response to a change: back to the page for a browser's form, the status for a program.
pub fn page_or_status(headers: &HeaderMap, page: Redirect, status: StatusCode) -> Response {
    if wants_page(headers) { page.into_response() } else { status.into_response() }
}

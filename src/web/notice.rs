//! Answers to the forms of the settings page: a redirect to a tab, with the outcome in its address.
//!
//! The address carries the outcome, so that nothing needs to be stored and a reload shows it again.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::PAGE_PATH;
use super::request::{query_value, wants_page};

/// The outcome of what the admin just did. The page shows it in the admin's language. What failed comes first, up to
/// [`Notice::Paused`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Notice {
    /// The admin refused access at Officient.
    #[strum(serialize = "access_denied")]
    Denied,
    /// The OAuth state is missing, wrong, used or expired.
    StateWrong,
    /// Officient did not accept the authorization code or the app's credentials.
    CodeRefused,
    #[strum(serialize = "officient_unreachable")]
    Unreachable,
    #[strum(serialize = "officient_unreadable")]
    Unreadable,
    /// The app lacks the permission to read the account.
    PermissionMissing,
    CredentialsMissing,
    /// The database failed.
    Unavailable,
    /// An internal error, such as a secret that cannot be decrypted.
    Failed,
    CredentialsIncomplete,
    EventsInvalid,
    RecipientsInvalid,
    WrongPassword,
    TooManyAttempts,
    /// Optedo was changed since the comparison, so that the difference was not restored.
    DifferenceChanged,
    /// Somebody else decided, or the leave is back.
    NothingToDecide,
    /// Nobody is reconciled until the admin starts the connection, or resumes.
    Paused,
    Connected,
    /// The item resolved itself meanwhile.
    AlreadyResolved,
    /// Connected, but nothing is written until the admin has seen a preview.
    ConnectedPaused,
    Disconnected,
    CredentialsSaved,
    SyncStarted,
    PersonAsked,
    Retrying,
    DeletionsConfirmed,
    DeletionsRejected,
    DeletionsProposed,
    Ignored,
    Followed,
    EventsSaved,
    WebhookTokenRotated,
    /// The webhook address was replaced, but Officient does not have the new one yet.
    WebhookTokenRotating,
    PauseBegan,
    Resumed,
    AuditStarted,
    DifferenceRestored,
    DifferenceKept,
    NotificationsSaved,
    SettingsSaved,
    MappingSaved,
    PersonChoiceSaved,
    TestMessageRequested,
}

impl Notice {
    /// The notice that the address names (`?notice=`), if any.
    pub fn of_query(query: Option<&str>) -> Option<Self> {
        query_value(query, "notice")?.parse().ok()
    }

    pub fn is_good(self) -> bool {
        self > Self::Paused
    }

    /// Redirects to a tab, whose path is relative to [`PAGE_PATH`].
    pub fn redirect_to(self, tab: &str) -> Redirect {
        Redirect::to(&format!("{PAGE_PATH}{tab}?notice={}", <&str>::from(self)))
    }

    /// The response to a change: to a tab for a browser's form, the status for a program.
    pub fn page_or(self, status: StatusCode, headers: &HeaderMap, tab: &str) -> Response {
        if wants_page(headers) { self.redirect_to(tab).into_response() } else { status.into_response() }
    }
}

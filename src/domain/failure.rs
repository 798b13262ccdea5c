//! The sort of a failure, in terms of what the admin can do about it.

/// The sort of a failure, for the page: in what the admin can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// No answer, or an error of its own.
    OfficientUnavailable,
    /// Too many calls: other apps use the account's limit too.
    OfficientBusy,
    /// It refused a call: most often a permission that the app lacks.
    OfficientRefused,
    /// An answer that is not understood.
    OfficientUnreadable,
    /// Somebody must sign in again.
    SignInNeeded,
    /// No answer, or an error of its own.
    OptedoUnavailable,
    /// It refused a call, or its answer is not understood.
    OptedoRefused,
    /// It does not accept our token.
    OptedoUnauthorized,
    /// The service itself: its database, or it was stopping.
    Inside,
}

impl FailureKind {
    /// Every one.
    pub const ALL: [Self; 9] = [
        Self::OfficientUnavailable,
        Self::OfficientBusy,
        Self::OfficientRefused,
        Self::OfficientUnreadable,
        Self::SignInNeeded,
        Self::OptedoUnavailable,
        Self::OptedoRefused,
        Self::OptedoUnauthorized,
        Self::Inside,
    ];

    /// The word of the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OfficientUnavailable => "officient_unavailable",
            Self::OfficientBusy => "officient_busy",
            Self::OfficientRefused => "officient_refused",
            Self::OfficientUnreadable => "officient_unreadable",
            Self::SignInNeeded => "sign_in_needed",
            Self::OptedoUnavailable => "optedo_unavailable",
            Self::OptedoRefused => "optedo_refused",
            Self::OptedoUnauthorized => "optedo_unauthorized",
            Self::Inside => "inside",
        }
    }

    /// The one of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.as_str() == word)
    }
}

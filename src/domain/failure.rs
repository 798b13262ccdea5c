//! Why reconciling a person failed, in terms of what the admin can do about it.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// A service that this one calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, VariantArray)]
pub enum Upstream {
    Officient,
    Optedo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum FailureKind {
    /// No response, or a server error.
    OfficientUnavailable,
    /// Too many calls: other apps use the account's limit too.
    OfficientBusy,
    /// Officient refused a call, most often because the app lacks a permission.
    OfficientRefused,
    /// The response has an unexpected shape or value.
    OfficientUnreadable,
    /// An admin must sign in at Officient again.
    SignInNeeded,
    /// No response, or a server error.
    OptedoUnavailable,
    /// Optedo refused a call, or its response has an unexpected shape or value.
    OptedoRefused,
    /// Optedo does not accept our token.
    OptedoUnauthorized,
    /// The service itself: its database failed, or it was stopping.
    Inside,
}

impl FailureKind {
    pub fn is_of_optedo(self) -> bool {
        matches!(self, Self::OptedoUnavailable | Self::OptedoRefused | Self::OptedoUnauthorized)
    }

    /// The upstream that fails. To wait for a sign-in, a new token or the rate limit is no failure of an upstream.
    pub fn upstream(self) -> Option<Upstream> {
        match self {
            Self::OfficientUnavailable | Self::OfficientRefused | Self::OfficientUnreadable => {
                Some(Upstream::Officient)
            }
            Self::OptedoUnavailable | Self::OptedoRefused => Some(Upstream::Optedo),
            Self::OfficientBusy | Self::SignInNeeded | Self::OptedoUnauthorized | Self::Inside => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;

    #[test]
    fn a_failure_is_of_optedo_where_its_name_says_so() {
        for kind in FailureKind::VARIANTS {
            assert_eq!(kind.is_of_optedo(), kind.into_str().starts_with("optedo"), "{kind:?}");
        }
    }

    #[test]
    fn the_upstream_that_fails_is_the_one_of_the_name_unless_something_is_waited_for() {
        for kind in FailureKind::VARIANTS {
            let is_waited_for = matches!(
                kind,
                FailureKind::OfficientBusy
                    | FailureKind::SignInNeeded
                    | FailureKind::OptedoUnauthorized
                    | FailureKind::Inside
            );
            let named = if kind.is_of_optedo() { Upstream::Optedo } else { Upstream::Officient };
            assert_eq!(kind.upstream(), (!is_waited_for).then_some(named), "{kind:?}");
        }
    }
}

//! Why reconciling a person failed, in terms of what the admin can do about it.

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
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
}

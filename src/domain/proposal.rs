//! A change of the admin's choices whose effect is shown before it is stored.

use serde::{Deserialize, Serialize};

use crate::config::{ProposedSettings, Setting};
use crate::domain::mapping::ProposedChoice;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ProposedChange {
    Type(ProposedChoice),
    Settings(ProposedSettings),
}

impl ProposedChange {
    /// Whether it can change what an archived person, or any other, has in Optedo.
    pub fn concerns(&self, is_archived: bool) -> bool {
        let Self::Settings(ProposedSettings { settings }) = self else { return true };
        settings.keys().any(|setting| match setting {
            Setting::From | Setting::Until => true,
            Setting::IncludePending | Setting::DefaultStart => !is_archived,
            Setting::Leavers => is_archived,
            Setting::MaxDeletions | Setting::OnDifference => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_is_stored_as_what_it_changes() {
        for stored in [
            json!({"type_id": "sick_day", "choice": null}),
            json!({"settings": {"from": "-30d", "maxDeletions": null}}),
        ] {
            let change: ProposedChange = serde_json::from_value(stored.clone()).unwrap();
            assert_eq!(serde_json::to_value(change).unwrap(), stored);
        }
    }

    #[test]
    fn calendars_are_read_only_where_a_setting_decides_about_them() {
        let concerns = |setting| {
            let change = ProposedChange::Settings(ProposedSettings { settings: [(setting, None)].into() });
            [false, true].map(|is_archived| change.concerns(is_archived))
        };
        assert_eq!(concerns(Setting::Until), [true, true]);
        assert_eq!(concerns(Setting::IncludePending), [true, false]);
        assert_eq!(concerns(Setting::Leavers), [false, true]);
        assert_eq!(concerns(Setting::OnDifference), [false, false]);
    }
}

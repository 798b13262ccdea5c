//! The settings that the admin may change on the page, unless the operator's configuration fixes them.

use std::collections::BTreeMap;

use jiff::civil::Time;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::Config;
use super::values::{DeletionLimit, Edge, Leavers, OnDifference, boolean, time_in_minutes};

/// One of them; its string is its name in the API and in the database.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumString, IntoStaticStr, VariantArray, Serialize, Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[strum(serialize_all = "camelCase", const_into_str)]
pub enum Setting {
    IncludePending,
    From,
    Until,
    DefaultStart,
    MaxDeletions,
    OnDifference,
    Leavers,
}

impl Setting {
    /// The key of the configuration; `None`: only the admin sets it.
    pub fn key(self) -> Option<&'static str> {
        match self {
            Self::IncludePending => Some("sync.include_pending"),
            Self::From => Some("sync.from"),
            Self::Until => Some("sync.until"),
            Self::DefaultStart => Some("sync.default_start"),
            Self::MaxDeletions => Some("sync.max_deletions"),
            Self::OnDifference => Some("sync.on_difference"),
            Self::Leavers => None,
        }
    }
}

/// The values in effect. The fields are described at `sync` in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    pub include_pending: bool,
    pub from: Edge,
    pub until: Edge,
    pub default_start: Time,
    pub max_deletions: DeletionLimit,
    pub on_difference: OnDifference,
    pub leavers: Leavers,
}

impl Settings {
    /// Takes over a value; an error says what is wrong with it, as in "is not a date".
    pub fn set(&mut self, setting: Setting, text: &str) -> Result<(), String> {
        match setting {
            Setting::IncludePending => self.include_pending = boolean(text)?,
            Setting::From => self.from = Edge::parse(text)?,
            Setting::Until => self.until = Edge::parse(text)?,
            Setting::DefaultStart => self.default_start = time_in_minutes(text)?,
            Setting::MaxDeletions => self.max_deletions = DeletionLimit::parse(text)?,
            Setting::OnDifference => self.on_difference = OnDifference::parse(text)?,
            Setting::Leavers => self.leavers = Leavers::parse(text)?,
        }
        Ok(())
    }

    /// The value as [`Self::set`] reads it.
    pub fn printed(&self, setting: Setting) -> String {
        match setting {
            Setting::IncludePending => self.include_pending.to_string(),
            Setting::From => self.from.to_string(),
            Setting::Until => self.until.to_string(),
            Setting::DefaultStart => self.default_start.strftime("%H:%M").to_string(),
            Setting::MaxDeletions => self.max_deletions.to_string(),
            Setting::OnDifference => self.on_difference.into_str().to_owned(),
            Setting::Leavers => self.leavers.into_str().to_owned(),
        }
    }
}

/// Choices that are not stored yet; `None`: the stored one is withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposedSettings {
    pub settings: BTreeMap<Setting, Option<String>>,
}

impl ProposedSettings {
    /// Changes the stored choices.
    pub fn apply_to(&self, chosen: &mut BTreeMap<Setting, String>) {
        for (setting, text) in &self.settings {
            match text {
                Some(text) => drop(chosen.insert(*setting, text.clone())),
                None => drop(chosen.remove(setting)),
            }
        }
    }
}

impl Config {
    /// The operator's values, and the defaults.
    pub fn settings(&self) -> Settings {
        let sync = &self.sync;
        Settings {
            include_pending: sync.include_pending,
            from: sync.from,
            until: sync.until,
            default_start: sync.default_start,
            max_deletions: sync.max_deletions,
            on_difference: sync.on_difference,
            leavers: Leavers::Ask,
        }
    }

    /// The values in effect. A choice has no effect where the operator decides, or where this version does not
    /// understand it.
    pub fn settings_with(&self, chosen: &BTreeMap<Setting, String>) -> Settings {
        let mut settings = self.settings();
        for (setting, text) in chosen.iter().filter(|(setting, _)| !self.set_by_operator.contains(setting)) {
            let _not_understood = settings.set(*setting, text);
        }
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_reads_what_it_prints() {
        let env = [
            ("SERVER__PUBLIC_URL", "https://acme.optedo.com"),
            ("DATABASE__URL", "postgres://localhost/acme"),
            ("OPTEDO__API_URL", "https://acme.optedo.com/api"),
            ("OPTEDO__API_TOKEN", "token"),
            ("ADMIN__PASSWORD", "geheim"),
            ("SECURITY__ENCRYPTION_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
            ("SYNC__UNTIL", "300d"),
        ];
        let env = env.map(|(key, value)| (format!("OPTEDO_OFFICIENT__{key}"), value.to_owned()));
        let config = Config::load(None, env).unwrap();
        assert_eq!(config.set_by_operator.iter().copied().collect::<Vec<_>>(), [Setting::Until]);

        let other = ["true", "-30d", "2027-12-31", "07:45", "0", "restore", "delete"];
        let mut chosen = BTreeMap::new();
        for (setting, text) in Setting::VARIANTS.iter().zip(other) {
            let mut settings = config.settings();
            assert_ne!(settings.printed(*setting), text);
            settings.set(*setting, text).unwrap();
            assert_eq!(settings.printed(*setting), text);
            assert_eq!(settings.set(*setting, "…").unwrap_err().split(' ').next(), Some("is"));
            chosen.insert(*setting, text.to_owned());
        }
        let settings = config.settings_with(&chosen);
        for (setting, text) in Setting::VARIANTS.iter().zip(other) {
            let expected = if *setting == Setting::Until { "300d" } else { text };
            assert_eq!(settings.printed(*setting), expected);
        }
        chosen.insert(Setting::DefaultStart, "quarter past".to_owned());
        assert_eq!(config.settings_with(&chosen).default_start, config.settings().default_start);
    }
}

//! Reads key by key, and collects the mistakes.

use std::collections::{BTreeMap, BTreeSet};

use strum::VariantArray as _;

use super::Mistake;
use super::admin_settings::Setting;
use super::sources::Merged;

#[derive(Clone, Copy)]
pub(super) struct Key {
    /// `section.key`
    pub(super) name: &'static str,
    pub(super) example: &'static str,
}

/// Parses a single value. The error says what is wrong with it, as in "is not a duration".
pub(super) type Parse<T> = fn(&str) -> Result<T, String>;

/// The value is wrong or missing, and that was added to the mistakes.
pub(super) struct Reported;

pub(super) struct Keys {
    /// The values that were not read yet.
    values: BTreeMap<String, String>,
    /// The keys that are in the file or the environment.
    explicit: BTreeSet<String>,
    mistakes: Vec<Mistake>,
}

impl Keys {
    pub(super) fn new(Merged { values, explicit }: Merged) -> Self {
        Self { values, explicit, mistakes: Vec::new() }
    }

    /// Which settings of the admin have a value other than the default's. Before the first one is read.
    pub(super) fn set_by_operator(&self) -> BTreeSet<Setting> {
        let is_set = |setting: &&Setting| {
            let key = setting.key().unwrap_or_default();
            [key.to_owned(), format!("{key}_file")].iter().any(|key| self.explicit.contains(key))
        };
        Setting::VARIANTS.iter().filter(is_set).copied().collect()
    }

    /// All mistakes, including the keys that nobody read because they do not exist.
    pub(super) fn mistakes(mut self) -> Vec<Mistake> {
        for key in std::mem::take(&mut self.values).into_keys() {
            self.mistake(&key, "", "there is no such key; config/default.toml lists them all");
        }
        self.mistakes
    }

    pub(super) fn mistake(&mut self, key: &str, example: &'static str, fault: impl Into<String>) -> Reported {
        self.mistakes.push(Mistake { key: key.to_owned(), fault: fault.into(), example });
        Reported
    }

    pub(super) fn required<T>(&mut self, key: Key, parse: Parse<T>) -> Result<T, Reported> {
        self.optional(key, parse)?.ok_or_else(|| self.mistake(key.name, key.example, "is required"))
    }

    pub(super) fn optional<T>(&mut self, key: Key, parse: Parse<T>) -> Result<Option<T>, Reported> {
        self.text(key)?.map(|text| self.parse(key, &text, parse)).transpose()
    }

    /// Values separated by commas or line ends, or a JSON array; and those in the file that `<key>_file` names.
    pub(super) fn list<T>(&mut self, key: Key, parse: Parse<T>) -> Result<Vec<T>, Reported> {
        let text = self.values.remove(key.name).unwrap_or_default();
        // The key was taken out of the values, so only the file is left to read.
        let file = self.text(key)?.unwrap_or_default();
        let is_json = text.trim_start().starts_with('[');
        let texts: Vec<String> = match serde_json::from_str(&text) {
            Ok(texts) => texts,
            Err(_) if !is_json => text.split([',', '\n']).map(str::to_owned).collect(),
            Err(_) => return Err(self.mistake(key.name, key.example, "is not a list of texts")),
        };
        let texts = texts.iter().map(String::as_str).chain(file.lines());
        let texts = texts.map(str::trim).filter(|text| !text.is_empty());
        let parsed: Vec<Result<T, Reported>> = texts.map(|text| self.parse(key, text, parse)).collect();
        parsed.into_iter().collect()
    }

    /// The text of the key, or of the file that `<key>_file` names. An empty text counts as not set.
    fn text(&mut self, key: Key) -> Result<Option<String>, Reported> {
        let file_key = format!("{}_file", key.name);
        let mut take = |key: &str| self.values.remove(key).filter(|text| !text.is_empty());
        let (text, path) = (take(key.name), take(&file_key));
        let Some(path) = path else { return Ok(text) };
        let fault = if text.is_some() {
            format!("is set together with {}: set only one of the two", key.name)
        } else {
            match std::fs::read_to_string(&path) {
                Ok(text) if text.trim().is_empty() => format!("{path} is empty"),
                Ok(text) => return Ok(Some(text.trim().to_owned())),
                Err(error) => format!("{path} cannot be read: {error}"),
            }
        };
        Err(self.mistake(&file_key, "/run/secrets/…", fault))
    }

    fn parse<T>(&mut self, key: Key, text: &str, parse: Parse<T>) -> Result<T, Reported> {
        parse(text).map_err(|fault| self.mistake(key.name, key.example, fault))
    }
}

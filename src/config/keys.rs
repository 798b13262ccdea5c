//! Reads key by key, and collects the mistakes. A wrong or missing value is recorded as a mistake, and reads as `None`.

use std::collections::BTreeMap;

use config::{Value, ValueKind};
use secrecy::{ExposeSecret as _, SecretString};

use super::Mistake;

#[derive(Clone, Copy)]
pub(super) struct Key {
    /// `section.key`
    pub(super) name: &'static str,
    pub(super) example: &'static str,
}

/// Parses a single value. The error says what is wrong with it, as in "is not a duration".
pub(super) type Parse<T> = fn(&str) -> Result<T, String>;

pub(super) struct Keys {
    /// The values that were not read yet.
    values: BTreeMap<String, Value>,
    mistakes: Vec<Mistake>,
}

impl Keys {
    pub(super) fn new(values: BTreeMap<String, Value>) -> Self {
        Self { values, mistakes: Vec::new() }
    }

    /// All mistakes, including the keys that nobody read because they do not exist.
    pub(super) fn mistakes(mut self) -> Vec<Mistake> {
        for key in std::mem::take(&mut self.values).into_keys() {
            self.mistake(&key, "", "there is no such key; config/default.toml lists them all");
        }
        self.mistakes
    }

    pub(super) fn mistake(&mut self, key: &str, example: &'static str, fault: impl Into<String>) {
        self.mistakes.push(Mistake { key: key.to_owned(), fault: fault.into(), example });
    }

    /// `Some(None)` when the key is not set.
    pub(super) fn optional<T>(&mut self, key: Key, parse: Parse<T>) -> Option<Option<T>> {
        let text = self.take(key.name, key.example)?;
        text.map_or(Some(None), |text| self.parse(key, &text, parse).map(Some))
    }

    pub(super) fn required<T>(&mut self, key: Key, parse: Parse<T>) -> Option<T> {
        let value = self.optional(key, parse)?;
        self.unless_missing(key, value)
    }

    /// The value, or the trimmed content of the file that `<key>_file` names.
    pub(super) fn secret<T>(&mut self, key: Key, parse: Parse<T>) -> Option<Option<T>> {
        let text = self.secret_text(key)?;
        text.map_or(Some(None), |text| self.parse(key, text.expose_secret(), parse).map(Some))
    }

    pub(super) fn required_secret<T>(&mut self, key: Key, parse: Parse<T>) -> Option<T> {
        let value = self.secret(key, parse)?;
        self.unless_missing(key, value)
    }

    /// A list: an array in a file; in the environment a JSON array, or values separated by commas.
    pub(super) fn list<T>(&mut self, key: Key, parse: Parse<T>) -> Option<Vec<T>> {
        let texts: Option<Vec<String>> = match self.values.remove(key.name).map(|value| value.kind) {
            None => Some(Vec::new()),
            Some(ValueKind::Array(values)) => {
                values.into_iter().map(|value| value.into_string().ok()).collect()
            }
            Some(ValueKind::String(text)) if text.trim_start().starts_with('[') => {
                serde_json::from_str(&text).ok()
            }
            Some(ValueKind::String(text)) => Some(text.split(',').map(str::to_owned).collect()),
            Some(_) => None,
        };
        if texts.is_none() {
            self.mistake(key.name, key.example, "is not a list of texts");
        }
        self.parse_each(key, texts?.iter().map(String::as_str), parse)
    }

    /// A [`Self::list`], followed by the lines of the file that `<key>_file` names.
    pub(super) fn secret_list<T>(&mut self, key: Key, parse: Parse<T>) -> Option<Vec<T>> {
        let list = self.list(key, parse);
        // The list was taken out of the values, so only the file is left to read.
        let file = self.secret_text(key)?.unwrap_or_default();
        let lines = self.parse_each(key, file.expose_secret().lines(), parse);
        Some(list?.into_iter().chain(lines?).collect())
    }

    fn secret_text(&mut self, key: Key) -> Option<Option<SecretString>> {
        const EXAMPLE_FILE: &str = "/run/secrets/…";
        let file_key = format!("{}_file", key.name);
        let (direct, path) = (self.take(key.name, key.example), self.take(&file_key, EXAMPLE_FILE));
        let direct = direct?;
        let Some(path) = path? else {
            return Some(direct.map(SecretString::from));
        };
        let fault = if direct.is_some() {
            format!("is set together with {}: set only one of the two", key.name)
        } else {
            match std::fs::read_to_string(&path) {
                Ok(text) if text.trim().is_empty() => format!("{path} is empty"),
                Ok(text) => return Some(Some(text.trim().into())),
                Err(error) => format!("{path} cannot be read: {error}"),
            }
        };
        self.mistake(&file_key, EXAMPLE_FILE, fault);
        None
    }

    /// An empty text counts as not set.
    fn take(&mut self, key: &str, example: &'static str) -> Option<Option<String>> {
        let text = self.values.remove(key).map(Value::into_string).transpose();
        let text = text.map_err(|_a_list| self.mistake(key, example, "must be a single value")).ok()?;
        Some(text.filter(|text| !text.is_empty()))
    }

    fn unless_missing<T>(&mut self, key: Key, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.mistake(key.name, key.example, "is required");
        }
        value
    }

    fn parse<T>(&mut self, key: Key, text: &str, parse: Parse<T>) -> Option<T> {
        parse(text).map_err(|fault| self.mistake(key.name, key.example, fault)).ok()
    }

    fn parse_each<'a, T>(
        &mut self,
        key: Key,
        texts: impl Iterator<Item = &'a str>,
        parse: Parse<T>,
    ) -> Option<Vec<T>> {
        let texts = texts.map(str::trim).filter(|text| !text.is_empty());
        let parsed: Vec<Option<T>> = texts.map(|text| self.parse(key, text, parse)).collect();
        parsed.into_iter().collect()
    }
}

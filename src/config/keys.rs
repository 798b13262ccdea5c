//! Reads key by key, and collects the mistakes.
//!
//! A wrong or missing value is recorded as a mistake, and reading goes on with a placeholder. A configuration with a
//! mistake is never returned, so no placeholder is ever used.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};
use toml::Value;

use super::Mistake;

/// Defines a section of the configuration. Each field is a key: how it is read (a method of [`Keys`]), an example of a
/// correct value, and further arguments.
macro_rules! section {
    ($(#[$attribute:meta])* $name:ident($section:literal) {
        $($(#[$doc:meta])* $field:ident: $type:ty = $read:ident($example:expr $(, $argument:expr)*);)+
    }) => {
        $(#[$attribute])*
        #[derive(Clone, Debug)]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)+
        }

        impl $name {
            pub(super) fn read(keys: &mut $crate::config::keys::Keys) -> Self {
                Self {
                    $($field: {
                        let name = concat!($section, ".", stringify!($field));
                        keys.$read($crate::config::keys::Key { name, example: $example } $(, $argument)*)
                    },)+
                }
            }
        }
    };
}
pub(super) use section;

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

    /// An empty text counts as unset.
    fn take(&mut self, key: &str, example: &'static str) -> Option<String> {
        let text = match self.values.remove(key)? {
            Value::String(text) => text,
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::Boolean(boolean) => boolean.to_string(),
            Value::Datetime(time) => time.to_string(),
            Value::Array(_) | Value::Table(_) => {
                self.mistake(key, example, "must be a single value");
                return None;
            }
        };
        (!text.is_empty()).then_some(text)
    }

    pub(super) fn optional<T>(&mut self, key: Key, parse: Parse<T>) -> Option<T> {
        let text = self.take(key.name, key.example)?;
        self.parse(key, &text, parse)
    }

    /// The placeholder is the example.
    pub(super) fn required<T>(&mut self, key: Key, parse: Parse<T>) -> T {
        let before = self.mistakes.len();
        let value = self.optional(key, parse);
        self.or_placeholder(value, key, before, parse, key.example)
    }

    /// The value, or the trimmed content of the file that `<key>_file` names.
    pub(super) fn secret<T>(&mut self, key: Key, parse: Parse<T>) -> Option<T> {
        let text = self.secret_text(key)?;
        self.parse(key, text.expose_secret(), parse)
    }

    pub(super) fn required_secret<T>(&mut self, key: Key, parse: Parse<T>, placeholder: &str) -> T {
        let before = self.mistakes.len();
        let value = self.secret(key, parse);
        self.or_placeholder(value, key, before, parse, placeholder)
    }

    /// A list: an array in a file; in the environment a JSON array, or values separated by commas.
    pub(super) fn list<T>(&mut self, key: Key, parse: Parse<T>) -> Vec<T> {
        let texts = match self.values.remove(key.name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => {
                let texts: Option<_> = values.iter().map(|value| value.as_str().map(str::to_owned)).collect();
                texts.ok_or("must be a list of texts")
            }
            Some(Value::String(text)) if text.trim_start().starts_with('[') => {
                serde_json::from_str(&text).map_err(|_not_json| "is not a list of texts")
            }
            Some(Value::String(text)) => Ok(text.split(',').map(str::to_owned).collect()),
            Some(_) => Err("is not a list"),
        };
        let texts: Vec<String> = texts.unwrap_or_else(|fault| {
            self.mistake(key.name, key.example, fault);
            Vec::new()
        });
        self.parse_each(key, texts.iter().map(String::as_str), parse)
    }

    /// A [`Self::list`], followed by the lines of the file that `<key>_file` names.
    pub(super) fn secret_list<T>(&mut self, key: Key, parse: Parse<T>) -> Vec<T> {
        let mut list = self.list(key, parse);
        // The list was taken out of the values, so only the file is left to read.
        let file = self.secret_text(key).unwrap_or_default();
        list.extend(self.parse_each(key, file.expose_secret().lines(), parse));
        list
    }

    fn secret_text(&mut self, key: Key) -> Option<SecretString> {
        const EXAMPLE_FILE: &str = "/run/secrets/…";
        let direct = self.take(key.name, key.example);
        let file_key = format!("{}_file", key.name);
        let Some(path) = self.take(&file_key, EXAMPLE_FILE) else {
            return direct.map(SecretString::from);
        };
        let fault = if direct.is_some() {
            format!("is set together with {}: set only one of the two", key.name)
        } else {
            match std::fs::read_to_string(&path) {
                Ok(text) if text.trim().is_empty() => format!("{path} is empty"),
                Ok(text) => return Some(text.trim().into()),
                Err(error) => format!("{path} cannot be read: {error}"),
            }
        };
        self.mistake(&file_key, EXAMPLE_FILE, fault);
        None
    }

    fn parse<T>(&mut self, key: Key, text: &str, parse: Parse<T>) -> Option<T> {
        parse(text).map_err(|fault| self.mistake(key.name, key.example, fault)).ok()
    }

    fn parse_each<'a, T>(
        &mut self,
        key: Key,
        texts: impl Iterator<Item = &'a str>,
        parse: Parse<T>,
    ) -> Vec<T> {
        let texts = texts.map(str::trim).filter(|text| !text.is_empty());
        texts.filter_map(|text| self.parse(key, text, parse)).collect()
    }

    /// The value, or the parsed placeholder. Reports that the key is missing, unless reading it reported a mistake.
    #[expect(clippy::expect_used, reason = "a test makes a mistake in every key")]
    fn or_placeholder<T>(
        &mut self,
        value: Option<T>,
        key: Key,
        before: usize,
        parse: Parse<T>,
        placeholder: &str,
    ) -> T {
        value.unwrap_or_else(|| {
            if self.mistakes.len() == before {
                self.mistake(key.name, key.example, "is required");
            }
            parse(placeholder).expect("the placeholder is a correct value")
        })
    }
}

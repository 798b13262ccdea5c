//! The sources of the configuration, merged: the defaults, a file, the environment.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use config::{Config, ConfigError, Environment, File, FileFormat, Value, ValueKind};

use super::Mistake;

const DEFAULTS: &str = include_str!("../../config/default.toml");

/// What the sources say together.
pub(super) struct Merged {
    /// Every value by its key, `section.key`.
    pub(super) values: BTreeMap<String, String>,
    /// The keys in the file or the environment.
    pub(super) explicit: BTreeSet<String>,
}

/// A later source overrides an earlier one.
pub(super) fn merge(file: Option<&Path>, env: impl IntoIterator<Item = (String, String)>) -> Result<Merged, Mistake> {
    let env: HashMap<String, String> = env.into_iter().collect();
    let (name, text) = match file {
        Some(file) => (file.display().to_string(), std::fs::read_to_string(file)),
        None => (String::new(), Ok(String::new())),
    };
    let text = text.map_err(|error| unreadable(&name, &error.to_string()))?;
    let url = env.get("DATABASE_URL").filter(|url| !url.is_empty()).cloned();
    let environment = Environment::with_prefix("OPTEDO_OFFICIENT").separator("__").source(Some(env));
    let explicit = Config::builder().add_source(File::from_str(&text, FileFormat::Toml)).add_source(environment);
    let read = || {
        let explicit = explicit.build()?;
        let values = Config::builder()
            .set_default("database.url", url)?
            .add_source(File::from_str(DEFAULTS, FileFormat::Toml))
            .add_source(explicit.clone())
            .build()?;
        Ok((by_key(values)?, by_key(explicit)?))
    };
    let (values, explicit) = read().map_err(|error| unreadable(&name, &not_toml(&error, &text)))?;
    Ok(Merged { values, explicit: explicit.into_keys().collect() })
}

fn by_key(config: Config) -> Result<BTreeMap<String, String>, ConfigError> {
    let mut values = BTreeMap::new();
    for (section, value) in config.try_deserialize::<BTreeMap<String, Value>>()? {
        flatten(section, value, &mut values);
    }
    Ok(values)
}

/// An array becomes a text with one line per value.
fn flatten(key: String, value: Value, values: &mut BTreeMap<String, String>) {
    if let ValueKind::Table(table) = value.kind {
        for (name, value) in table {
            flatten(format!("{key}.{name}"), value, values);
        }
    } else {
        let lines = value.clone().into_array().unwrap_or_else(|_single_value| vec![value]);
        values.insert(key, lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n"));
    }
}

/// Not the whole error: it quotes the line, which may hold a secret.
fn not_toml(error: &ConfigError, text: &str) -> String {
    let ConfigError::FileParse { cause, .. } = error else { return "is not a configuration".to_owned() };
    let Some(error) = cause.downcast_ref::<toml::de::Error>() else { return "is not TOML".to_owned() };
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    format!("line {} is not TOML: {}", before.matches('\n').count() + 1, error.message())
}

fn unreadable(name: &str, fault: &str) -> Mistake {
    let fault = format!("cannot be read: {}", fault.replace('\n', " "));
    Mistake { key: name.to_owned(), fault, example: "" }
}

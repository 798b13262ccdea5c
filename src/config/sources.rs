//! The sources of the configuration, merged: the defaults, a file, the environment.

use std::collections::BTreeMap;
use std::path::Path;

use toml::{Table, Value};

use super::Mistake;

const DEFAULTS: &str = include_str!("../../config/default.toml");
const ENVIRONMENT_PREFIX: &str = "optedo_officient__";

/// Every value by its key, `section.key`. A later source overrides an earlier one.
pub(super) fn merge(
    file: Option<&Path>,
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<BTreeMap<String, Value>, Mistake> {
    let mut values = BTreeMap::new();
    flatten("", parse("config/default.toml", DEFAULTS)?, &mut values);
    let env: BTreeMap<String, String> = env.into_iter().collect();
    if let Some(url) = env.get("DATABASE_URL").filter(|url| !url.is_empty()) {
        values.insert("database.url".to_owned(), Value::String(url.clone()));
    }
    if let Some(file) = file {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file)
            .map_err(|error| unreadable(&name, &format!("cannot be read: {error}")))?;
        flatten("", parse(&name, &text)?, &mut values);
    }
    for (name, value) in env {
        if let Some(key) = name.to_lowercase().strip_prefix(ENVIRONMENT_PREFIX) {
            values.insert(key.replace("__", "."), Value::String(value));
        }
    }
    Ok(values)
}

fn parse(name: &str, text: &str) -> Result<Table, Mistake> {
    text.parse().map_err(|error: toml::de::Error| {
        // Not the whole error: it quotes the line, which may hold a secret.
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        unreadable(name, &format!("cannot be read: line {line} is not TOML: {}", error.message()))
    })
}

fn unreadable(name: &str, fault: &str) -> Mistake {
    Mistake { key: name.to_owned(), fault: fault.replace('\n', " "), example: "" }
}

fn flatten(prefix: &str, table: Table, values: &mut BTreeMap<String, Value>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        if let Value::Table(table) = value {
            flatten(&path, table, values);
        } else {
            values.insert(path, value);
        }
    }
}

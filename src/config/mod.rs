//! The configuration: `config/default.toml` (compiled in) ← a TOML file ← the environment.
//!
//! [`Config::load`] reports all mistakes at once, each with its key, what is wrong and an example of a correct value.
//! An unknown key is a mistake too, so that a misspelt one is not ignored.

mod admin_settings;
mod encryption_key;
mod keys;
mod notifications;
mod settings;
mod sources;
mod values;

use std::fmt;
use std::path::Path;

pub use admin_settings::{ProposedSettings, Setting, Settings};
pub use encryption_key::{DEMO_KEY, EncryptionKey};
use keys::Keys;
pub use notifications::{MailServer, MailTls};
pub use settings::{Config, LeaveTypes, Links, Log, Notifications, Security};
pub use values::{DeletionLimit, Edge, Leavers, LogFormat, OnDifference};

impl Config {
    /// Reads and checks everything. `file` is the value of `--config`, `env` the environment of the process.
    pub fn load(file: Option<&Path>, env: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let values = sources::merge(file, env).map_err(|mistake| ConfigError(vec![mistake]))?;
        let mut keys = Keys::new(values);
        let config = Self::read(&mut keys);
        let mistakes = keys.mistakes();
        config.ok().filter(|_| mistakes.is_empty()).ok_or(ConfigError(mistakes))
    }
}

/// Every mistake of a configuration, one per line.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError(Vec<Mistake>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Mistake {
    /// The key, for example `server.public_url`; or the source that cannot be read.
    key: String,
    fault: String,
    /// A correct value, or empty.
    example: &'static str,
}

impl ConfigError {
    /// Outside the demo, the demo's encryption key is refused.
    pub fn published_key() -> Self {
        Self(vec![Mistake {
            key: "security.encryption_key".to_owned(),
            fault: "is the demo's key, which everybody knows: generate a random one".to_owned(),
            example: encryption_key::EXAMPLE_KEY,
        }])
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.fault)?;
        if self.example.is_empty() { Ok(()) } else { write!(f, " (example: {})", self.example) }
    }
}

#[cfg(test)]
mod tests;

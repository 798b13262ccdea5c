//! The configuration: `config/default.toml` (compiled in) ← a TOML file ← the environment.
//!
//! [`Config::load`] reports all mistakes at once, each with its key, what is wrong and an example of a correct value. An
//! unknown key is a mistake too, so that a misspelt one is not ignored.

mod admin;
mod database;
mod keys;
mod leave_types;
mod log;
mod officient;
mod optedo;
mod retention;
mod security;
mod server;
mod sources;
mod sync;
mod traces;
mod values;

use std::fmt;
use std::path::Path;

use admin::Admin;
use database::Database;
use keys::Keys;
pub use leave_types::LeaveTypes;
pub use log::{Log, LogFormat};
use officient::Officient;
use optedo::Optedo;
use retention::Retention;
pub use security::{DEMO_KEY, EncryptionKey, Security};
use server::Server;
use sync::Sync;
use traces::Traces;

/// All settings, checked.
#[derive(Clone, Debug)]
pub struct Config {
    pub server: Server,
    pub database: Database,
    pub officient: Officient,
    pub optedo: Optedo,
    pub admin: Admin,
    pub security: Security,
    pub sync: Sync,
    pub leave_types: LeaveTypes,
    pub retention: Retention,
    pub log: Log,
    pub traces: Traces,
}

impl Config {
    /// Reads and checks everything. `file` is the value of `--config`, `env` the environment of the process.
    pub fn load(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let values = sources::merge(file, env).map_err(|mistake| ConfigError(vec![mistake]))?;
        let mut keys = Keys::new(values);
        let config = Self {
            server: Server::read(&mut keys),
            database: Database::read(&mut keys),
            officient: Officient::read(&mut keys),
            optedo: Optedo::read(&mut keys),
            admin: Admin::read(&mut keys),
            security: Security::read(&mut keys),
            sync: Sync::read(&mut keys),
            leave_types: LeaveTypes::read(&mut keys),
            retention: Retention::read(&mut keys),
            log: Log::read(&mut keys),
            traces: Traces::read(&mut keys),
        };
        config.officient.check(&mut keys);
        config.sync.check(&mut keys);
        let mistakes = keys.mistakes();
        if mistakes.is_empty() { Ok(config) } else { Err(ConfigError(mistakes)) }
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
            example: security::EXAMPLE_KEY,
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

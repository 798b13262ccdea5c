//! The configuration: `config/default.toml` ← a file ← the environment, checked as a whole.
//!
//! A mistake never stops at the first: [`Config::load`] returns every one, each with its key, what is wrong with it and
//! an example of a right value. Keys that do not exist are mistakes too, so a misspelt one cannot be ignored silently.

mod encryption_key;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use ipnet::IpNet;
use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Span, ToSpan as _};
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

pub use encryption_key::{DEMO_KEY, EncryptionKey};

const DEFAULTS: &str = include_str!("../../config/default.toml");
const ENV_PREFIX: &str = "OPTEDO_OFFICIENT";

/// Everything the service can be told, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens and how it is reached.
    pub server: Server,
    /// Postgres.
    pub database: Database,
    /// The connection to Officient.
    pub officient: Officient,
    /// The connection to Optedo.
    pub optedo: Optedo,
    /// Who may use the page and the API.
    pub admin: Admin,
    /// Keys for secrets at rest.
    pub security: Security,
    /// What is kept equal, and how carefully.
    pub sync: Sync,
    /// Descriptions for Officient's built-in types.
    pub leave_types: LeaveTypes,
    /// How long what is done with is kept.
    pub retention: Retention,
    /// Logs.
    pub log: Log,
    /// Traces.
    pub traces: Traces,
}

/// `[server]`
#[derive(Clone, Debug)]
pub struct Server {
    /// The main address.
    pub listen: SocketAddr,
    /// A separate address for `/metrics`.
    pub metrics_listen: Option<SocketAddr>,
    /// How browsers and Officient reach this service, without a slash at the end.
    pub public_url: String,
    /// WriteContext word counts for the address of a client.
    pub trusted_proxies: Vec<IpNet>,
}

/// `[database]`
#[derive(Clone, Debug)]
pub struct Database {
    /// The connection string; secret, since it may hold a password.
    pub url: SecretString,
    /// The size of the pool.
    pub max_connections: u32,
}

/// `[officient]`
#[derive(Clone, Debug)]
pub struct Officient {
    /// The web app, where access is granted; without a slash at the end.
    pub app_url: String,
    /// The API, without a slash at the end.
    pub api_url: String,
    /// The app's Client ID, where it is not left to the settings page.
    pub client_id: Option<String>,
    /// The app's secret, where it is not left to the settings page.
    pub client_secret: Option<SecretString>,
    /// The `app` of the entry in a leave type's `integrations` that is ours.
    pub integration_app: String,
    /// The event names to subscribe to.
    pub webhook_events: Vec<String>,
    /// So many calls…
    pub rate_limit_calls: usize,
    /// …in any such period.
    pub rate_limit_period: Duration,
    /// For one call.
    pub timeout: Duration,
}

/// `[optedo]`
#[derive(Clone, Debug)]
pub struct Optedo {
    /// The API, without a slash at the end.
    pub api_url: String,
    /// The tenant's API token.
    pub api_token: SecretString,
    /// For one call.
    pub timeout: Duration,
}

/// `[admin]`
#[derive(Clone, Debug)]
pub struct Admin {
    /// Clear text or an argon2 PHC string.
    pub password: SecretString,
    /// The API's bearer token.
    pub api_token: Option<SecretString>,
}

/// `[security]`
#[derive(Clone, Debug)]
pub struct Security {
    /// Encrypts secrets at rest.
    pub encryption_key: EncryptionKey,
    /// Still decrypt.
    pub previous_encryption_keys: Vec<EncryptionKey>,
}

/// `[sync]`
#[derive(Clone, Debug)]
pub struct Sync {
    /// The first day of the window.
    pub from: Edge,
    /// The last day of the window.
    pub until: Edge,
    /// Whether leave that is not yet approved is written.
    pub include_pending: bool,
    /// Zero: never.
    pub sweep_interval: Duration,
    /// Whether identical absences made by hand are taken over.
    pub adopt_existing: bool,
    /// The start of a part of a day without a known one.
    pub default_start: Time,
    /// More deletions within ten minutes are held.
    pub max_deletions: i64,
}

/// One end of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// A fixed day.
    On(Date),
    /// That many days after today; negative: before.
    Days(i32),
}

impl Edge {
    /// The day that is meant when it is `today`.
    pub fn on(self, today: Date) -> Date {
        match self {
            Self::On(date) => date,
            Self::Days(days) => today.saturating_add(days.days()),
        }
    }
}

/// `[leave_types]`
#[derive(Clone, Debug, Default)]
pub struct LeaveTypes {
    /// Optedo's description for the built-in sick day.
    pub sick_day: Option<String>,
    /// Optedo's description for the built-in training day.
    pub education: Option<String>,
}

/// `[retention]`
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// For processed webhook events.
    pub webhook_events: Span,
    /// For absences that ended.
    pub absences: Span,
}

/// `[log]`
#[derive(Clone, Debug)]
pub struct Log {
    /// How lines look.
    pub format: LogFormat,
    /// Which lines there are, as in `RUST_LOG`.
    pub filter: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For machines.
    Json,
    /// For people.
    Pretty,
}

/// `[traces]`
#[derive(Clone, Debug, Default)]
pub struct Traces {
    /// The collector, without a slash at the end; never set in a program without the feature `otlp`.
    pub otlp_endpoint: Option<String>,
}

/// All that is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError(pub Vec<Mistake>);

/// One mistake: a line of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The key, e.g. `server.public_url`.
    pub key: String,
    /// What is wrong with it.
    pub fault: String,
    /// A right value.
    pub example: &'static str,
}

impl ConfigError {
    /// The key that stands in the demo's source, where it is not the demo that is started.
    pub fn published_key() -> Self {
        Self(vec![Mistake {
            key: "security.encryption_key".to_owned(),
            fault: "is the demo's key, which everybody knows: make a random one".to_owned(),
            example: "the output of: openssl rand -base64 32",
        }])
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.fault)?;
        if self.example.is_empty() { Ok(()) } else { write!(f, " (example: {})", self.example) }
    }
}

impl Config {
    /// Reads and checks everything. `env` is the process environment; `file` the one of `--config`.
    pub fn load(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let env: HashMap<String, String> = env.into_iter().collect();
        let tree = merge(file, env).map_err(|mistake| ConfigError(vec![mistake]))?;
        let mut keys = Keys::new(tree);
        let config = read(&mut keys);
        keys.report_unknown();
        match config {
            Some(config) if keys.mistakes.is_empty() => Ok(config),
            _ => Err(ConfigError(keys.mistakes)),
        }
    }
}

/// The three layers as one flat map of `section.key`.
fn merge(file: Option<&Path>, env: HashMap<String, String>) -> Result<BTreeMap<String, Value>, Mistake> {
    let database_url = env.get("DATABASE_URL").cloned();
    let mut builder =
        config::Config::builder().add_source(config::File::from_str(DEFAULTS, config::FileFormat::Toml));
    if let Some(file) = file {
        let source = config::File::from(file).format(config::FileFormat::Toml);
        builder = builder.add_source(source);
    }
    if let Some(url) = database_url.filter(|url| !url.is_empty()) {
        builder =
            builder.set_default("database.url", url).map_err(|error| unreadable("DATABASE_URL", &error))?;
    }
    let env =
        config::Environment::with_prefix(ENV_PREFIX).prefix_separator("__").separator("__").source(Some(env));
    let tree: Value =
        builder.add_source(env).build().and_then(config::Config::try_deserialize).map_err(|error| {
            unreadable(&file.map_or("configuration".into(), |f| f.display().to_string()), &error)
        })?;
    let mut flat = BTreeMap::new();
    flatten("", tree, &mut flat);
    Ok(flat)
}

fn unreadable(what: &str, error: &config::ConfigError) -> Mistake {
    Mistake {
        key: what.to_owned(),
        fault: format!("cannot be read: {}", error.to_string().replace('\n', " ")),
        example: "",
    }
}

fn flatten(prefix: &str, value: Value, flat: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let path = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
                flatten(&path, value, flat);
            }
        }
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            flat.insert(prefix.to_owned(), value);
        }
    }
}

/// Takes key by key out of the tree and collects what is wrong.
struct Keys {
    tree: BTreeMap<String, Value>,
    mistakes: Vec<Mistake>,
}

impl Keys {
    fn new(tree: BTreeMap<String, Value>) -> Self {
        Self { tree, mistakes: Vec::new() }
    }

    fn mistake(&mut self, key: &str, fault: impl Into<String>, example: &'static str) {
        self.mistakes.push(Mistake { key: key.to_owned(), fault: fault.into(), example });
    }

    /// The value as text; an empty text counts as unset.
    fn text(&mut self, key: &str, example: &'static str) -> Option<String> {
        let text = match self.tree.remove(key)? {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(bool) => bool.to_string(),
            Value::Array(_) | Value::Object(_) | Value::Null => {
                self.mistake(key, "must be a single value", example);
                return None;
            }
        };
        (!text.is_empty()).then_some(text)
    }

    /// Like [`Self::text`], or the trimmed content of the file that `<key>_file` names.
    fn secret_text(&mut self, key: &str, example: &'static str) -> Option<String> {
        let file_key = format!("{key}_file");
        let direct = self.text(key, example);
        let Some(path) = self.text(&file_key, "/run/secrets/…") else {
            return direct;
        };
        if direct.is_some() {
            self.mistake(&file_key, format!("set together with {key}: give one of them"), "/run/secrets/…");
            return None;
        }
        match std::fs::read_to_string(&path) {
            Ok(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()).or_else(|| {
                self.mistake(&file_key, format!("{path} is empty"), "/run/secrets/…");
                None
            }),
            Err(error) => {
                self.mistake(&file_key, format!("{path} cannot be read: {error}"), "/run/secrets/…");
                None
            }
        }
    }

    /// A secret that must be given; a mistake in its file is reported once.
    fn required_secret(&mut self, key: &str, example: &'static str) -> Option<String> {
        let before = self.mistakes.len();
        let value = self.secret_text(key, example);
        if value.is_none() && self.mistakes.len() == before {
            self.mistake(key, "is required", example);
        }
        value
    }

    /// The value, parsed; `None` when it is unset or wrong (then reported).
    fn optional<T>(
        &mut self,
        key: &str,
        example: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(key, example)?;
        parse(&text).map_err(|fault| self.mistake(key, fault, example)).ok()
    }

    /// The value, parsed; unset is a mistake.
    fn required<T>(
        &mut self,
        key: &str,
        example: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if self.tree.get(key).is_none_or(|value| value.as_str() == Some("")) {
            self.tree.remove(key);
            self.mistake(key, "is required", example);
            return None;
        }
        self.optional(key, example, parse)
    }

    /// A list: an array in a file; in the environment a JSON array or comma-separated.
    fn list(&mut self, key: &str, example: &'static str) -> Option<Vec<String>> {
        let values = match self.tree.remove(key) {
            None => return Some(Vec::new()),
            Some(Value::Array(values)) => values,
            Some(Value::String(text)) if text.trim_start().starts_with('[') => {
                match serde_json::from_str(&text) {
                    Ok(values) => values,
                    Err(_not_json) => {
                        self.mistake(key, "is not a list", example);
                        return None;
                    }
                }
            }
            Some(Value::String(text)) => {
                return Some(
                    text.split(',').map(|item| item.trim().to_owned()).filter(|i| !i.is_empty()).collect(),
                );
            }
            Some(_) => {
                self.mistake(key, "is not a list", example);
                return None;
            }
        };
        let texts: Option<Vec<String>> = values.iter().map(|v| v.as_str().map(str::to_owned)).collect();
        if texts.is_none() {
            self.mistake(key, "must be a list of texts", example);
        }
        texts
    }

    /// Like [`Self::list`], and with what stands in the file that `<key>_file` names, one a line.
    fn secret_list(&mut self, key: &str, example: &'static str) -> Option<Vec<String>> {
        let mut secrets = self.list(key, example)?;
        // The list itself is taken out: what is left of the key is its file.
        let of_file = self.secret_text(key, example).unwrap_or_default();
        secrets.extend(of_file.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()));
        Some(secrets)
    }

    fn report_unknown(&mut self) {
        for key in std::mem::take(&mut self.tree).into_keys() {
            self.mistake(&key, "there is no such key; config/default.toml lists them all", "");
        }
    }
}

fn read(keys: &mut Keys) -> Option<Config> {
    // Every section is read before any is judged, so that all mistakes are found.
    let server = read_server(keys);
    let database = read_database(keys);
    let officient = read_officient(keys);
    let optedo = read_optedo(keys);
    let admin = read_admin(keys);
    let security = read_security(keys);
    let sync = read_sync(keys);
    let leave_types = LeaveTypes {
        sick_day: keys.text("leave_types.sick_day", "Ziekte"),
        education: keys.text("leave_types.education", "Opleiding"),
    };
    let retention = read_retention(keys);
    let log = read_log(keys);
    let traces = read_traces(keys);
    Some(Config {
        server: server?,
        database: database?,
        officient: officient?,
        optedo: optedo?,
        admin: admin?,
        security: security?,
        sync: sync?,
        leave_types,
        retention: retention?,
        log: log?,
        traces,
    })
}

fn read_server(keys: &mut Keys) -> Option<Server> {
    const PROXIES: &str = "10.0.0.0/8,127.0.0.1";
    let listen = keys.required("server.listen", "127.0.0.1:8080", address);
    let metrics_listen = keys.optional("server.metrics_listen", "127.0.0.1:9090", address);
    let public_url = keys.required("server.public_url", "https://acme.optedo.com", |text| {
        let url = base_url(text)?;
        match Url::parse(&url) {
            Ok(parsed) if parsed.path() == "/" => Ok(url),
            _ => Err("must be an address without a path".into()),
        }
    });
    let mut trusted_proxies = Vec::new();
    for text in keys.list("server.trusted_proxies", PROXIES)? {
        match network(&text) {
            Some(network) => trusted_proxies.push(network),
            None => keys.mistake(
                "server.trusted_proxies",
                format!("{text} is neither an address nor a network"),
                PROXIES,
            ),
        }
    }
    Some(Server { listen: listen?, metrics_listen, public_url: public_url?, trusted_proxies })
}

fn read_database(keys: &mut Keys) -> Option<Database> {
    const EXAMPLE: &str = "postgres://optedo_officient:secret@db.internal/acme";
    let url = keys.required_secret("database.url", EXAMPLE);
    if url.as_ref().is_some_and(|url| !url.starts_with("postgres://") && !url.starts_with("postgresql://")) {
        keys.mistake("database.url", "is not the address of a Postgres database", EXAMPLE);
    }
    let max_connections = keys.required("database.max_connections", "5", |text| number(text, 4, 1000));
    Some(Database { url: url?.into(), max_connections: u32::try_from(max_connections?).ok()? })
}

fn read_officient(keys: &mut Keys) -> Option<Officient> {
    let app = keys.required("officient.app_url", "https://app.officient.io", base_url);
    let api = keys.required("officient.api_url", "https://api.officient.io", base_url);
    let client_id = keys.text("officient.client_id", "1234");
    let client_secret = keys.secret_text("officient.client_secret", "8c64…");
    if client_id.is_some() != client_secret.is_some() {
        let missing = if client_id.is_some() { "officient.client_secret" } else { "officient.client_id" };
        keys.mistake(
            missing,
            "is missing: give both the Client ID and the secret, or leave both to the page",
            "8c64…",
        );
    }
    let integration_app = keys.required("officient.integration_app", "optedo", |text| Ok(text.to_owned()));
    let webhook_events = keys.list("officient.webhook_events", "person_added,person_deleted");
    let calls = keys.required("officient.rate_limit_calls", "30", |text| number(text, 1, 10_000));
    let rate_limit_period = keys.required("officient.rate_limit_period", "5s", positive_duration);
    let timeout = keys.required("officient.timeout", "10s", positive_duration);
    Some(Officient {
        app_url: app?,
        api_url: api?,
        client_id,
        client_secret: client_secret.map(Into::into),
        integration_app: integration_app?,
        webhook_events: webhook_events?,
        rate_limit_calls: usize::try_from(calls?).ok()?,
        rate_limit_period: rate_limit_period?,
        timeout: timeout?,
    })
}

fn read_optedo(keys: &mut Keys) -> Option<Optedo> {
    let api_url = keys.required("optedo.api_url", "https://acme.optedo.com/api", base_url);
    let api_token = keys.required_secret("optedo.api_token", "the token of Optedo's API");
    let timeout = keys.required("optedo.timeout", "10s", positive_duration);
    Some(Optedo { api_url: api_url?, api_token: api_token?.into(), timeout: timeout? })
}

fn read_admin(keys: &mut Keys) -> Option<Admin> {
    let password = keys.required_secret("admin.password", "a long password, or $argon2id$v=19$…");
    if let Some(phc) = password.as_ref().filter(|password| password.starts_with("$argon2")) {
        let fault = match argon2::password_hash::phc::PasswordHash::new(phc) {
            Err(_no_hash) => Some("begins like an argon2 hash but is none"),
            Ok(hash) if hash.algorithm.as_str() != "argon2id" => Some("is not argon2id but another argon2"),
            Ok(_) => None,
        };
        if let Some(fault) = fault {
            keys.mistake("admin.password", fault, "the output of: optedo-officient hash-password");
        }
    }
    let api_token = keys.secret_text("admin.api_token", "openssl rand -hex 32");
    Some(Admin { password: password?.into(), api_token: api_token.map(Into::into) })
}

fn read_security(keys: &mut Keys) -> Option<Security> {
    const EXAMPLE: &str = "the output of: openssl rand -base64 32";
    let key = keys.required_secret("security.encryption_key", EXAMPLE).and_then(|text| {
        encryption_key(&text).map_err(|fault| keys.mistake("security.encryption_key", fault, EXAMPLE)).ok()
    });
    let previous = keys.secret_list("security.previous_encryption_keys", EXAMPLE)?;
    let mut previous_encryption_keys = Vec::new();
    for text in previous {
        match encryption_key(&text) {
            Ok(key) => previous_encryption_keys.push(key),
            Err(fault) => keys.mistake("security.previous_encryption_keys", fault, EXAMPLE),
        }
    }
    Some(Security { encryption_key: key?, previous_encryption_keys })
}

fn read_sync(keys: &mut Keys) -> Option<Sync> {
    let from = keys.required("sync.from", "-60d or 2026-01-01", edge);
    let until = keys.required("sync.until", "400d or 2027-12-31", edge);
    if let (Some(Edge::Days(from)), Some(Edge::Days(until))) = (from, until)
        && from > until
    {
        keys.mistake("sync.until", "lies before sync.from", "400d");
    }
    if let (Some(Edge::On(from)), Some(Edge::On(until))) = (from, until)
        && from > until
    {
        keys.mistake("sync.until", "lies before sync.from", "2027-12-31");
    }
    let include_pending = keys.required("sync.include_pending", "false", boolean);
    let sweep_interval = keys.required("sync.sweep_interval", "15m", duration);
    let adopt_existing = keys.required("sync.adopt_existing", "true", boolean);
    let default_start = keys.required("sync.default_start", "09:00", |text| {
        text.parse::<Time>().map_err(|_not_a_time| "is not a time of day".to_owned())
    });
    let max_deletions = keys.required("sync.max_deletions", "25", |text| number(text, 0, 1_000_000));
    Some(Sync {
        from: from?,
        until: until?,
        include_pending: include_pending?,
        sweep_interval: sweep_interval?,
        adopt_existing: adopt_existing?,
        default_start: default_start?,
        max_deletions: max_deletions?,
    })
}

fn read_retention(keys: &mut Keys) -> Option<Retention> {
    let webhook_events = keys.required("retention.webhook_events", "30d", span);
    let absences = keys.required("retention.absences", "3y", span);
    Some(Retention { webhook_events: webhook_events?, absences: absences? })
}

fn read_log(keys: &mut Keys) -> Option<Log> {
    let format = keys.required("log.format", "json", |text| match text {
        "json" => Ok(LogFormat::Json),
        "pretty" => Ok(LogFormat::Pretty),
        _ => Err("is neither json nor pretty".into()),
    });
    let filter = keys.required("log.filter", "info", |text| {
        tracing_subscriber::EnvFilter::try_new(text)
            .map(|_valid| text.to_owned())
            .map_err(|error| format!("is not a filter: {error}"))
    });
    Some(Log { format: format?, filter: filter? })
}

fn read_traces(keys: &mut Keys) -> Traces {
    const IS_COMPILED_IN: bool = cfg!(feature = "otlp");
    let example = if IS_COMPILED_IN { "http://collector:4318" } else { "" };
    let otlp_endpoint =
        keys.optional("traces.otlp_endpoint", example, |text| otlp_endpoint(text, IS_COMPILED_IN));
    Traces { otlp_endpoint }
}

/// A collector's address, to which the path for traces is added. Plain http too: it mostly stands beside the service.
fn otlp_endpoint(text: &str, is_compiled_in: bool) -> Result<String, String> {
    if !is_compiled_in {
        return Err(
            "this program was built without traces: leave the key out, or build with --features otlp".into(),
        );
    }
    let url = Url::parse(text).map_err(|error| format!("is not an address: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must begin with http:// or https://".into());
    }
    let endpoint = plain(&url)?;
    if endpoint.ends_with("/v1/traces") {
        return Err("must end before /v1/traces, which is added".into());
    }
    Ok(endpoint)
}

/// A network, or one address of it.
fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| Some(IpNet::from(text.parse::<std::net::IpAddr>().ok()?)))
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_not_an_address| "is not an IP address with a port".to_owned())
}

/// An http(s) address without a slash at the end. Plain http only where nothing leaves the machine.
fn base_url(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|error| format!("is not an address: {error}"))?;
    let is_local = match url.host() {
        Some(url::Host::Domain(host)) => host == "localhost" || host.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => return Err("has no host".into()),
    };
    match url.scheme() {
        "https" => {}
        "http" if is_local => {}
        "http" => return Err("must be https: plain http is only for localhost".into()),
        _ => return Err("must begin with https://".into()),
    }
    plain(&url)
}

/// The address without a slash at the end, if it holds nothing that could be a secret.
fn plain(url: &Url) -> Result<String, String> {
    if url.query().is_some()
        || url.fragment().is_some()
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return Err("must be a plain address, without user, query or fragment".into());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn number(text: &str, least: i64, most: i64) -> Result<i64, String> {
    let number: i64 = text.parse().map_err(|_not_a_number| "is not a whole number".to_owned())?;
    if (least..=most).contains(&number) { Ok(number) } else { Err(format!("must be from {least} to {most}")) }
}

fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("is neither true nor false".into()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let duration: SignedDuration = text.parse().map_err(|_not_a_duration| "is not a duration".to_owned())?;
    Duration::try_from(duration).map_err(|_negative| "must not be negative".to_owned())
}

fn positive_duration(text: &str) -> Result<Duration, String> {
    duration(text).and_then(|duration| {
        if duration.is_zero() { Err("must be more than 0s".into()) } else { Ok(duration) }
    })
}

fn span(text: &str) -> Result<Span, String> {
    let span: Span = text.parse().map_err(|_not_a_span| "is not a period".to_owned())?;
    if span.is_positive() { Ok(span) } else { Err("must be more than 0d".into()) }
}

fn edge(text: &str) -> Result<Edge, String> {
    if let Some(days) = text.strip_suffix('d').and_then(|days| days.parse::<i32>().ok()) {
        return if days.abs() <= 3660 {
            Ok(Edge::Days(days))
        } else {
            Err("is more than ten years away".into())
        };
    }
    text.parse().map(Edge::On).map_err(|_not_a_date| "is neither a date nor a number of days".to_owned())
}

fn encryption_key(text: &str) -> Result<EncryptionKey, String> {
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(text.trim())
        .map_err(|_not_base64| "is not base64".to_owned())?;
    let bytes: [u8; 32] =
        bytes.try_into().map_err(|bytes: Vec<u8>| format!("must be 32 bytes, not {}", bytes.len()))?;
    if bytes.iter().all(|byte| Some(byte) == bytes.first()) {
        return Err("is 32 times the same byte: make a random one".into());
    }
    Ok(EncryptionKey::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let required = [
            ("DATABASE_URL", "postgres://localhost/acme"),
            ("OPTEDO_OFFICIENT__SERVER__PUBLIC_URL", "https://acme.optedo.com/"),
            ("OPTEDO_OFFICIENT__OPTEDO__API_URL", "https://acme.optedo.com/api"),
            ("OPTEDO_OFFICIENT__OPTEDO__API_TOKEN", "token"),
            ("OPTEDO_OFFICIENT__ADMIN__PASSWORD", "geheim"),
            ("OPTEDO_OFFICIENT__SECURITY__ENCRYPTION_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
        ];
        required.iter().chain(pairs).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn mistakes(pairs: &[(&str, &str)]) -> Vec<String> {
        Config::load(None, env(pairs)).unwrap_err().0.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_required_keys_suffice_and_the_defaults_are_those_of_the_documentation() {
        let config = Config::load(None, env(&[])).unwrap();
        assert_eq!(config.server.public_url, "https://acme.optedo.com");
        assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(
            (config.officient.rate_limit_calls, config.officient.rate_limit_period.as_secs()),
            (30, 5)
        );
        assert_eq!((config.sync.from, config.sync.until), (Edge::Days(-60), Edge::Days(400)));
        assert_eq!(config.sync.sweep_interval.as_secs(), 900);
        assert_eq!(config.sync.max_deletions, 25);
        assert_eq!(config.retention.absences.get_years(), 3);
        assert!(config.sync.adopt_existing && !config.sync.include_pending);
    }

    #[test]
    fn all_mistakes_are_reported_at_once_one_line_each() {
        let error = Config::load(None, [("OPTEDO_OFFICIENT__SYNC__UNTIL".to_owned(), "later".to_owned())])
            .unwrap_err();
        let lines: Vec<String> = error.to_string().lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), error.0.len());
        let keys: Vec<&str> = error.0.iter().map(|mistake| mistake.key.as_str()).collect();
        assert_eq!(
            keys,
            [
                "server.public_url",
                "database.url",
                "optedo.api_url",
                "optedo.api_token",
                "admin.password",
                "security.encryption_key",
                "sync.until"
            ]
        );
        assert!(error.0.iter().all(|mistake| !mistake.example.is_empty()));
    }

    #[test]
    fn the_environment_goes_before_the_file_and_the_file_before_the_defaults() {
        let directory = std::env::temp_dir().join(format!("optedo-officient-config-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let file = directory.join("acme.toml");
        std::fs::write(
            &file,
            "[sync]\nmax_deletions = 3\nfrom = \"2026-01-01\"\n[log]\nformat = \"pretty\"\n",
        )
        .unwrap();
        let config =
            Config::load(Some(&file), env(&[("OPTEDO_OFFICIENT__SYNC__MAX_DELETIONS", "7")])).unwrap();
        assert_eq!(config.sync.max_deletions, 7);
        assert_eq!(config.sync.from, Edge::On("2026-01-01".parse().unwrap()));
        assert_eq!(config.log.format, LogFormat::Pretty);
    }

    #[test]
    fn the_named_database_url_goes_before_database_url() {
        use secrecy::ExposeSecret as _;
        let config =
            Config::load(None, env(&[("OPTEDO_OFFICIENT__DATABASE__URL", "postgres://localhost/other")]))
                .unwrap();
        assert_eq!(config.database.url.expose_secret(), "postgres://localhost/other");
    }

    #[test]
    fn lists_in_the_environment_are_comma_separated_or_json() {
        for text in ["a, b", r#"["a","b"]"#] {
            let config =
                Config::load(None, env(&[("OPTEDO_OFFICIENT__OFFICIENT__WEBHOOK_EVENTS", text)])).unwrap();
            assert_eq!(config.officient.webhook_events, ["a", "b"]);
        }
    }

    #[test]
    fn former_keys_are_read_from_a_file_too_one_a_line() {
        let file = std::env::temp_dir().join(format!("optedo-officient-keys-{}", std::process::id()));
        let lines =
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\nICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=\n";
        std::fs::write(&file, lines).unwrap();
        let key = "OPTEDO_OFFICIENT__SECURITY__PREVIOUS_ENCRYPTION_KEYS_FILE";
        let config = Config::load(None, env(&[(key, file.to_str().unwrap())])).unwrap();
        assert_eq!(config.security.previous_encryption_keys.len(), 2);
    }

    #[test]
    fn wrong_values_say_what_is_wrong_and_show_a_right_one() {
        let tests = [
            (
                "SERVER__PUBLIC_URL",
                "http://acme.optedo.com",
                "server.public_url: must be https: plain http is only for localhost (example: https://acme.optedo.com)",
            ),
            (
                "SECURITY__ENCRYPTION_KEY",
                "c2hvcnQ=",
                "security.encryption_key: must be 32 bytes, not 5 (example: the output of: openssl rand -base64 32)",
            ),
            (
                "SECURITY__ENCRYPTION_KEY",
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                "security.encryption_key: is 32 times the same byte: make a random one (example: the output of: openssl rand -base64 32)",
            ),
            ("SYNC__DEFAULT_START", "9 o'clock", "sync.default_start: is not a time of day (example: 09:00)"),
            ("SYNC__SWEEP_INTERVAL", "soon", "sync.sweep_interval: is not a duration (example: 15m)"),
            ("LOG__FORMAT", "xml", "log.format: is neither json nor pretty (example: json)"),
            ("SINK__FROM", "1", "sink.from: there is no such key; config/default.toml lists them all"),
            (
                "ADMIN__PASSWORD_FILE",
                "/run/x",
                "admin.password_file: set together with admin.password: give one of them (example: /run/secrets/…)",
            ),
        ];
        for (key, value, line) in tests {
            assert_eq!(mistakes(&[(&format!("OPTEDO_OFFICIENT__{key}"), value)]), [line]);
        }
    }

    #[test]
    fn a_collector_has_a_plain_address_and_only_a_program_with_traces_takes_one() {
        for (text, endpoint) in [
            ("http://collector:4318", "http://collector:4318"),
            ("https://otel.acme.example/", "https://otel.acme.example"),
            ("http://10.0.0.1:4318/otlp/", "http://10.0.0.1:4318/otlp"),
        ] {
            assert_eq!(otlp_endpoint(text, true).as_deref(), Ok(endpoint));
            let refused = otlp_endpoint(text, false).unwrap_err();
            assert!(refused.contains("without traces") && refused.contains("--features otlp"), "{refused}");
        }
        for wrong in [
            "collector:4318",
            "grpc://collector:4317",
            "http://",
            "http://user:secret@collector:4318",
            "http://collector:4318/?token=secret",
            "http://collector:4318/v1/traces",
        ] {
            let refused = otlp_endpoint(wrong, true).unwrap_err();
            assert!(!refused.contains("secret"), "{refused}");
        }
        let key = ("OPTEDO_OFFICIENT__TRACES__OTLP_ENDPOINT", "collector:4318");
        let told = mistakes(&[key]);
        assert!(told.len() == 1 && told[0].starts_with("traces.otlp_endpoint: "), "{told:?}");
    }

    #[test]
    fn no_secret_is_in_the_debug_output() {
        let config = Config::load(None, env(&[("OPTEDO_OFFICIENT__ADMIN__API_TOKEN", "hunter2")])).unwrap();
        let debug = format!("{config:?}");
        assert!(
            !debug.contains("hunter2") && !debug.contains("geheim") && !debug.contains("AAECAw"),
            "{debug}"
        );
    }
}

//! Parsers of single values.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use ipnet::IpNet;
use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Span, ToSpan as _};
use secrecy::SecretString;
use strum::{EnumString, IntoStaticStr};
use tracing_subscriber::EnvFilter;
use url::{Host, Url};

/// Whether the program was built with traces.
pub(super) const IS_TRACED: bool = cfg!(feature = "otlp");

/// For types that parse themselves.
pub(super) fn parse<T: FromStr>(text: &str, fault: &str) -> Result<T, String> {
    text.parse().map_err(|_the_fault_says_it| fault.to_owned())
}

/// For types that hold any text.
#[expect(clippy::unnecessary_wraps, reason = "a parser")]
pub(super) fn text<T: for<'a> From<&'a str>>(text: &str) -> Result<T, String> {
    Ok(text.into())
}

/// An http(s) address without a trailing slash.
pub(super) fn base_url(text: &str) -> Result<String, String> {
    plain(&secure_url(text)?)
}

/// Plain http only where nothing leaves the machine.
pub(super) fn secure_url(text: &str) -> Result<Url, String> {
    let url = parse_url(text)?;
    let is_local = is_local(&url.host().ok_or("has no host")?);
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_local => Ok(url),
        "http" => Err("must be https: plain http is only for localhost".into()),
        _ => Err("must begin with https://".into()),
    }
}

/// Whether a connection to this host stays on this machine.
pub(super) fn is_local(host: &Host<impl AsRef<str>>) -> bool {
    match host {
        Host::Domain(host) => host.as_ref() == "localhost" || host.as_ref().ends_with(".localhost"),
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    }
}

fn parse_url(text: &str) -> Result<Url, String> {
    Url::parse(text).map_err(|error| format!("is not an address: {error}"))
}

/// The address without a trailing slash, if it contains nothing that could be a secret.
fn plain(url: &Url) -> Result<String, String> {
    let is_plain =
        url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    if is_plain {
        Ok(url.as_str().trim_end_matches('/').to_owned())
    } else {
        Err("must be a plain address, without user, query or fragment".into())
    }
}

/// A whole number within these bounds, both included.
pub(super) fn number<const LEAST: i64, const MOST: i64, T: TryFrom<i64>>(text: &str) -> Result<T, String> {
    let number: i64 = parse(text, "is not a whole number")?;
    let number = (LEAST..=MOST).contains(&number).then(|| T::try_from(number).ok()).flatten();
    number.ok_or_else(|| format!("must be from {LEAST} to {MOST}"))
}

pub(super) fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("is neither true nor false".into()),
    }
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let duration: SignedDuration = parse(text, "is not a duration")?;
    Duration::try_from(duration).map_err(|_negative| "must not be negative".to_owned())
}

pub(super) fn positive_duration(text: &str) -> Result<Duration, String> {
    let duration = duration(text)?;
    if duration.is_zero() { Err("must be more than 0s".into()) } else { Ok(duration) }
}

/// Optedo's times have no seconds.
pub(super) fn time_in_minutes(text: &str) -> Result<Time, String> {
    let time: Option<Time> =
        text.parse().ok().filter(|time: &Time| time.second() == 0 && time.subsec_nanosecond() == 0);
    time.ok_or_else(|| "is not a time of day".to_owned())
}

/// An address with `{id}` in it.
#[derive(Clone, Debug)]
pub struct LinkTemplate(String);

impl LinkTemplate {
    pub fn url(&self, id: i64) -> String {
        self.0.replace("{id}", &id.to_string())
    }

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let template = Self(text.to_owned());
        secure_url(&template.url(1))?;
        if text.contains("{id}") { Ok(template) } else { Err("must contain {id}".into()) }
    }
}

pub(super) fn socket_address(text: &str) -> Result<SocketAddr, String> {
    parse(text, "is not an IP address with a port")
}

pub(super) fn public_url(text: &str) -> Result<String, String> {
    let url = base_url(text)?;
    if parse_url(&url)?.path() == "/" { Ok(url) } else { Err("must be an address without a path".into()) }
}

pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let network = text.parse().ok().or_else(|| Some(IpNet::from(text.parse::<IpAddr>().ok()?)));
    network.ok_or_else(|| format!("{text} is neither an IP address nor a network"))
}

pub(super) fn postgres_url(text: &str) -> Result<SecretString, String> {
    match text.split_once("://") {
        Some(("postgres" | "postgresql", _)) => Ok(text.into()),
        _ => Err("is not the address of a Postgres database".into()),
    }
}

pub(super) fn password(text: &str) -> Result<SecretString, String> {
    if text.starts_with("$argon2") {
        let hash = PasswordHash::new(text).map_err(|_not_a_hash| "begins like an argon2 hash, but is not one")?;
        if hash.algorithm.as_str() != "argon2id" {
            return Err("is not argon2id but another argon2".into());
        }
    }
    Ok(text.into())
}

/// One end of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    On(Date),
    /// This many days after today; negative: before.
    Days(i32),
}

impl Edge {
    pub fn on(self, today: Date) -> Date {
        match self {
            Self::On(date) => date,
            Self::Days(days) => today.saturating_add(days.days()),
        }
    }

    pub(super) fn is_always_after(self, other: Self) -> bool {
        match (self, other) {
            (Self::On(date), Self::On(other)) => date > other,
            (Self::Days(days), Self::Days(other)) => days > other,
            (Self::On(_), Self::Days(_)) | (Self::Days(_), Self::On(_)) => false,
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text.strip_suffix('d').map(str::parse) {
            Some(Ok(days @ -3660..=3660)) => Ok(Self::Days(days)),
            Some(Ok(_)) => Err("is more than ten years away".into()),
            Some(Err(_)) | None => parse(text, "is neither a date nor a number of days").map(Self::On),
        }
    }
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On(date) => write!(f, "{date}"),
            Self::Days(days) => write!(f, "{days}d"),
        }
    }
}

/// How many deletions within ten minutes need no confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletionLimit {
    /// 15, or a tenth of the future absences if that is more.
    Auto,
    Number(i64),
}

impl DeletionLimit {
    pub fn of(self, future_absences: i64) -> i64 {
        match self {
            Self::Auto => (future_absences / 10).max(15),
            Self::Number(number) => number,
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text == "auto" { Ok(Self::Auto) } else { number::<0, 1_000_000, _>(text).map(Self::Number) }
    }
}

impl fmt::Display for DeletionLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

pub(super) fn positive_span(text: &str) -> Result<Span, String> {
    let span: Span = parse(text, "is not a period")?;
    if span.is_positive() { Ok(span) } else { Err("must be more than 0d".into()) }
}

/// What happens to an absence that somebody deleted or changed in Optedo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum OnDifference {
    /// The admin decides.
    Ask,
    /// What Officient says is written again.
    Restore,
}

impl OnDifference {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        parse(text, "is neither ask nor restore")
    }
}

/// What happens to the absences from today on of people who were archived in Officient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Leavers {
    /// The admin decides.
    Ask,
    Keep,
    /// They are deleted, within the deletion limit.
    Delete,
}

impl Leavers {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        parse(text, "is none of ask, keep and delete")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum LogFormat {
    Json,
    /// For people.
    Pretty,
}

pub(super) fn log_filter(text: &str) -> Result<String, String> {
    EnvFilter::try_new(text).map_err(|error| format!("is not a filter: {error}"))?;
    Ok(text.to_owned())
}

/// Plain http is allowed here: the collector usually runs on the same machine.
pub(super) fn otlp_endpoint(text: &str, is_traced: bool) -> Result<String, String> {
    if !is_traced {
        let fault = "this program was built without traces: remove the key, or build with --features otlp";
        return Err(fault.into());
    }
    let url = parse_url(text)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must begin with http:// or https://".into());
    }
    let endpoint = plain(&url)?;
    if endpoint.ends_with("/v1/traces") {
        return Err("must end before /v1/traces, which is added".into());
    }
    Ok(endpoint)
}

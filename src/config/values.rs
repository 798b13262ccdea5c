//! Parsers of single values.

use std::time::Duration;

use jiff::SignedDuration;
use secrecy::SecretString;
use url::{Host, Url};

#[expect(clippy::unnecessary_wraps, reason = "a parser")]
pub(super) fn text(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

#[expect(clippy::unnecessary_wraps, reason = "a parser")]
pub(super) fn secret(text: &str) -> Result<SecretString, String> {
    Ok(text.into())
}

/// An http(s) address without a trailing slash. Plain http only where nothing leaves the machine.
pub(super) fn base_url(text: &str) -> Result<String, String> {
    let url = parse_url(text)?;
    let is_local = match url.host() {
        Some(Host::Domain(host)) => host == "localhost" || host.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => return Err("has no host".into()),
    };
    match url.scheme() {
        "https" => plain(&url),
        "http" if is_local => plain(&url),
        "http" => Err("must be https: plain http is only for localhost".into()),
        _ => Err("must begin with https://".into()),
    }
}

pub(super) fn parse_url(text: &str) -> Result<Url, String> {
    Url::parse(text).map_err(|error| format!("is not an address: {error}"))
}

/// The address without a trailing slash, if it contains nothing that could be a secret.
pub(super) fn plain(url: &Url) -> Result<String, String> {
    let is_plain = url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if is_plain {
        Ok(url.as_str().trim_end_matches('/').to_owned())
    } else {
        Err("must be a plain address, without user, query or fragment".into())
    }
}

/// A whole number within these bounds, both included.
pub(super) fn number<const LEAST: i64, const MOST: i64, T: TryFrom<i64>>(text: &str) -> Result<T, String> {
    let number: i64 = text.parse().map_err(|_not_a_number| "is not a whole number".to_owned())?;
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
    let duration: SignedDuration = text.parse().map_err(|_not_a_duration| "is not a duration".to_owned())?;
    Duration::try_from(duration).map_err(|_negative| "must not be negative".to_owned())
}

pub(super) fn positive_duration(text: &str) -> Result<Duration, String> {
    let duration = duration(text)?;
    if duration.is_zero() { Err("must be more than 0s".into()) } else { Ok(duration) }
}

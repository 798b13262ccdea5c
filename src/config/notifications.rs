//! Values of the section `notifications`: mail server, addresses, webhook.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::Address;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use secrecy::{SecretSlice, SecretString};
use url::{Host, Url};

use super::values::{is_local, parse, secure_url};

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTls {
    /// From the first byte (`smtps://`).
    Wrapped,
    /// With STARTTLS, or no mail is sent (`?tls=required`).
    Required,
    /// Only to this machine.
    None,
}

/// The mail server of `notifications.smtp_url`.
#[derive(Clone, Debug)]
pub struct MailServer {
    pub host: String,
    pub port: u16,
    pub tls: MailTls,
    pub credentials: Option<Credentials>,
}

/// No fault quotes the address: it contains a password.
pub(super) fn mail_server(text: &str) -> Result<MailServer, String> {
    let url = Url::parse(text).map_err(|error| format!("is not an address: {error}"))?;
    let is_wrapped = match url.scheme() {
        "smtps" => true,
        "smtp" => false,
        _ => return Err("must begin with smtps:// or smtp://".into()),
    };
    let is_required = match (url.query(), is_wrapped) {
        (Some("tls=required"), _) => true,
        (None | Some(""), _) => false,
        (Some(_), _) => return Err("may have no other query than ?tls=required".into()),
    };
    if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
        return Err("must have neither a path nor a fragment".into());
    }
    // A URL of another scheme than http keeps an IP address as a name.
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or("has no host")?;
    let is_local = Host::parse(host).is_ok_and(|host| is_local(&host));
    let tls = match (is_wrapped, is_required) {
        (true, _) => MailTls::Wrapped,
        (false, true) => MailTls::Required,
        (false, false) if is_local => MailTls::None,
        (false, false) => {
            return Err("must use TLS, except to localhost: begin with smtps://, or add ?tls=required".into());
        }
    };
    let default_port = if is_wrapped { 465 } else { 587 };
    Ok(MailServer {
        host: host.trim_matches(['[', ']']).to_owned(),
        port: url.port().unwrap_or(default_port),
        tls,
        credentials: credentials(&url)?,
    })
}

fn credentials(url: &Url) -> Result<Option<Credentials>, String> {
    let decode = |text: &str| {
        // What separates the fields of a form is part of a password.
        let pair = format!("x={}", text.replace('+', "%2B").replace('&', "%26"));
        let decoded = url::form_urlencoded::parse(pair.as_bytes()).next();
        decoded.map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        (user, Some(password)) if !user.is_empty() => Ok(Some(Credentials::new(decode(user), decode(password)))),
        _ => Err("must have both a user and a password, or neither".into()),
    }
}

pub(super) fn sender(text: &str) -> Result<Mailbox, String> {
    parse(text, "is not a mail address")
}

pub(super) fn recipient(text: &str) -> Result<Address, String> {
    parse(text, "contains something that is not a mail address")
}

/// Where notifications are posted. May have a query: the address of a chat service contains its token.
pub(super) fn webhook_url(text: &str) -> Result<SecretString, String> {
    Ok(secure_url(text)?.as_str().into())
}

/// The key of the signature. After the prefix `whsec_` of Standard Webhooks, it is base64.
pub(super) fn webhook_secret(text: &str) -> Result<SecretSlice<u8>, String> {
    let key = match text.strip_prefix("whsec_") {
        Some(encoded) => STANDARD.decode(encoded).map_err(|_not_base64| "is not base64 after whsec_")?,
        None => text.as_bytes().to_vec(),
    };
    if key.is_empty() { Err("is empty".into()) } else { Ok(key.into()) }
}

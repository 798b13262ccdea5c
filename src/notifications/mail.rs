//! A notification as a mail, over SMTP.

use std::error::Error as _;
use std::time::{Duration, SystemTime};

use askama::Template;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use tokio::time::timeout;

use super::Origin;
use super::compose::Composed;
use crate::config::{MailServer, MailTls};
use crate::domain::notification::{DeliveryError, DeliveryFault, OutgoingMessage};
use crate::texts::Language;

/// For one mail, from connecting to the reply that accepts it.
const TIMEOUT: Duration = Duration::from_secs(20);

pub(super) async fn send(
    server: &MailServer,
    from: &Mailbox,
    origin: &Origin,
    message: &OutgoingMessage,
) -> Result<(), DeliveryError> {
    let mail = compose(from, origin, message).map_err(|_unusable_address| DeliveryFault::Refused)?;
    let transport = transport(server, origin).map_err(|_no_certificates| DeliveryFault::Insecure)?;
    match timeout(TIMEOUT, transport.send(mail)).await {
        Ok(Ok(_accepted)) => Ok(()),
        Ok(Err(error)) => Err(fault(&error)),
        Err(_elapsed) => Err(DeliveryFault::TimedOut.into()),
    }
}

fn transport(
    server: &MailServer,
    origin: &Origin,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, lettre::transport::smtp::Error> {
    let tls = match server.tls {
        MailTls::Wrapped => Tls::Wrapper(TlsParameters::new(server.host.clone())?),
        MailTls::Required => Tls::Required(TlsParameters::new(server.host.clone())?),
        MailTls::None => Tls::None,
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host.clone())
        .port(server.port)
        .tls(tls)
        .timeout(Some(TIMEOUT))
        .hello_name(ClientId::Domain(origin.tenant.clone()));
    if let Some(credentials) = &server.credentials {
        builder = builder.credentials(credentials.clone());
    }
    Ok(builder.build())
}

/// lettre's own text quotes the server, which quotes mail addresses: it goes nowhere.
fn fault(error: &lettre::transport::smtp::Error) -> DeliveryError {
    if let Some(code) = error.status() {
        return DeliveryError { fault: DeliveryFault::Refused, status: Some(code.into()) };
    }
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    let mut io_errors = causes.filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    let is_tls =
        |error: &std::io::Error| error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some();
    let fault = if error.is_tls() || io_errors.any(is_tls) {
        DeliveryFault::Insecure
    } else if error.is_timeout() {
        DeliveryFault::TimedOut
    } else if error.is_client() {
        // Most often, there is no way to authenticate that both know.
        let offers_no_tls = error.source().is_some_and(|cause| cause.to_string().contains("STARTTLS"));
        if offers_no_tls { DeliveryFault::Insecure } else { DeliveryFault::Refused }
    } else if error.is_response() {
        DeliveryFault::Unreadable
    } else {
        DeliveryFault::Unreachable
    };
    fault.into()
}

/// The HTML part. It loads nothing: a mail program would ask before it shows more.
#[derive(Template)]
#[template(path = "notification.html")]
struct Html<'a> {
    t: Language,
    composed: &'a Composed,
    origin: &'a Origin,
}

fn compose(from: &Mailbox, origin: &Origin, message: &OutgoingMessage) -> Result<Message, Box<dyn std::error::Error>> {
    let (t, tenant) = (message.notification.language, &origin.tenant);
    let composed = Composed::new(&message.notification);
    let to: Address = message.recipient.parse()?;
    let id = |message_id: &str| format!("<{message_id}@{tenant}>");
    let mut builder = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .date(SystemTime::from(message.created_at))
        .subject(format!("{} – {tenant}", composed.title))
        .message_id(Some(id(&message.message_id)))
        .raw_header(header("List-Id", format!("<officient.{tenant}>")))
        .raw_header(header("Auto-Submitted", "auto-generated".to_owned()));
    if let Some(first) = &message.reply_to {
        builder = builder.in_reply_to(id(first)).references(id(first));
    }
    let html = Html { t, composed: &composed, origin }.render()?;
    Ok(builder.multipart(MultiPart::alternative_plain_html(plain(t, &composed, origin), html))?)
}

fn header(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

fn plain(t: Language, composed: &Composed, origin: &Origin) -> String {
    let mut lines = vec![composed.title.clone(), String::new()];
    lines.extend_from_slice(&composed.sentences);
    lines.push(String::new());
    if !composed.counts.is_empty() {
        lines.push(t.text("message-open-items").to_string());
        lines.extend(composed.counts.iter().map(|count| format!("- {count}")));
        lines.push(String::new());
    }
    lines.push(format!("{} {}", t.text("message-page"), origin.page_url));
    // What follows this line is a signature.
    lines.extend([String::new(), "-- ".to_owned(), t.text("message-why").to_string(), String::new()]);
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::notification::{Notification, Topic};

    fn message(recipient: &str) -> OutgoingMessage {
        OutgoingMessage {
            id: 1,
            message_id: "incident-12.resolved".to_owned(),
            reply_to: Some("incident-12.opened".to_owned()),
            recipient: recipient.to_owned(),
            created_at: Timestamp::UNIX_EPOCH,
            attempts: 1,
            notification: Notification {
                topic: Topic::Test,
                language: Language::French,
                reason: None,
                opened_at: None,
                ended_at: None,
                counts: [("unmatched_person".to_owned(), 3)].into(),
                verdict: None,
            },
        }
    }

    fn source(recipient: &str) -> Result<String, Box<dyn std::error::Error>> {
        let origin = Origin { tenant: "acme.optedo.com".to_owned(), page_url: "https://acme.optedo.com/x".to_owned() };
        let mail = compose(&"Optedo <noreply@optedo.com>".parse()?, &origin, &message(recipient))?;
        Ok(String::from_utf8(mail.formatted())?)
    }

    #[test]
    fn a_mail_has_the_headers_that_threads_and_filters_need() {
        let source = source("hr@acme.be").unwrap();
        for header in [
            "From: Optedo <noreply@optedo.com>\r\n",
            "To: hr@acme.be\r\n",
            "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n",
            "Message-ID: <incident-12.resolved@acme.optedo.com>\r\n",
            "In-Reply-To: <incident-12.opened@acme.optedo.com>\r\n",
            "References: <incident-12.opened@acme.optedo.com>\r\n",
            "List-Id: <officient.acme.optedo.com>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "MIME-Version: 1.0\r\n",
            "Content-Type: multipart/alternative;",
            "Content-Type: text/plain; charset=utf-8\r\n",
            "Content-Type: text/html; charset=utf-8\r\n",
        ] {
            assert!(source.contains(header), "{header}: {source}");
        }
    }

    #[test]
    fn an_address_never_becomes_a_header() {
        for recipient in ["hr@acme.be\r\nBcc: eve@evil.example", "hr@acme.be, eve@evil.example", "", "hr"] {
            assert!(source(recipient).is_err(), "{recipient}");
        }
    }
}

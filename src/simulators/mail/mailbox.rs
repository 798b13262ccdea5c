//! What the mail server took, and how it treats its clients.

use std::sync::Mutex;

use mail_parser::{Message, MessageParser};

use super::super::server::Server;

/// A mail that the server took.
#[derive(Clone, Debug)]
pub struct Mail {
    /// From the envelope, not from the headers.
    pub from: String,
    pub to: Vec<String>,
    /// As it was sent, without the dots that SMTP adds.
    pub source: Vec<u8>,
}

impl Mail {
    /// The headers and parts, decoded.
    pub fn parse(&self) -> Option<Message<'_>> {
        MessageParser::default().parse(&self.source)
    }
}

/// How the server treats its clients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MailBehaviour {
    #[default]
    Accept,
    /// It accepts the connection and says nothing.
    Hang,
    /// It accepts everything before this command, for example `RCPT` or `DATA`, and then replies with this line.
    Reply(&'static str, &'static str),
    /// It refuses mail for this address only.
    RefuseRecipient(&'static str),
    /// It sends half of its first reply, and closes the connection.
    HalfAnswer,
    /// It closes the connection at once.
    Close,
    /// It takes the mail, and closes the connection before the reply that says so.
    CloseAfterData,
}

/// What the page and the connections share.
pub(super) struct Sim {
    /// Of the page.
    pub(super) server: Server,
    pub(super) mails: Mutex<Vec<Mail>>,
    pub(super) behaviour: Mutex<MailBehaviour>,
    pub(super) connections: Mutex<usize>,
}

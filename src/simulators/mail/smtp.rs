//! The dialogue of SMTP (RFC 5321), as far as a client that sends mail needs it.

use std::io;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::super::server::lock;
use super::mailbox::{Mail, MailBehaviour, Sim};

const MAX_LINE_BYTES: u64 = 4096;
const MAX_MAIL_BYTES: usize = 1 << 20;

pub(super) async fn converse(stream: TcpStream, sim: &Sim) -> io::Result<()> {
    let mut dialogue = Dialogue {
        behaviour: lock(&sim.behaviour).clone(),
        stream: BufReader::new(stream),
        from: None,
        to: Vec::new(),
    };
    match dialogue.behaviour {
        MailBehaviour::Hang => std::future::pending().await,
        MailBehaviour::Close => return Ok(()),
        MailBehaviour::HalfAnswer => return dialogue.stream.write_all(b"22").await,
        MailBehaviour::Accept
        | MailBehaviour::Reply(..)
        | MailBehaviour::RefuseRecipient(_)
        | MailBehaviour::CloseAfterData => {}
    }
    dialogue.reply("220 mail.example ESMTP (simulated)").await?;
    while let Some(line) = dialogue.read_line().await? {
        if !dialogue.obey(&line, sim).await? {
            break;
        }
    }
    Ok(())
}

struct Dialogue {
    stream: BufReader<TcpStream>,
    behaviour: MailBehaviour,
    from: Option<String>,
    to: Vec<String>,
}

impl Dialogue {
    /// Returns false when the connection is to be closed.
    async fn obey(&mut self, line: &str, sim: &Sim) -> io::Result<bool> {
        let command = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        if let MailBehaviour::Reply(refused, reply) = self.behaviour
            && command == refused
        {
            self.reply(reply).await?;
            return Ok(true);
        }
        match command.as_str() {
            "EHLO" => self.reply("250-mail.example\r\n250-8BITMIME\r\n250 SIZE 1048576").await?,
            "HELO" => self.reply("250 mail.example").await?,
            "MAIL" => {
                self.reset();
                self.from = path(line);
                self.reply(if self.from.is_some() { "250 OK" } else { "501 No such address" }).await?;
            }
            "RCPT" => match path(line) {
                _ if self.from.is_none() => self.reply("503 MAIL comes first").await?,
                Some(to) if self.refuses(&to) => {
                    self.reply("550 No such user").await?;
                }
                Some(to) => {
                    self.to.push(to);
                    self.reply("250 OK").await?;
                }
                None => self.reply("501 No such address").await?,
            },
            "DATA" if self.to.is_empty() => self.reply("503 RCPT comes first").await?,
            "DATA" => return self.take_mail(sim).await,
            "RSET" => {
                self.reset();
                self.reply("250 OK").await?;
            }
            "NOOP" => self.reply("250 OK").await?,
            "QUIT" => {
                self.reply("221 Bye").await?;
                return Ok(false);
            }
            _ => self.reply("502 Not implemented").await?,
        }
        Ok(true)
    }

    fn refuses(&self, recipient: &str) -> bool {
        matches!(self.behaviour, MailBehaviour::RefuseRecipient(refused) if refused == recipient)
    }

    fn reset(&mut self) {
        self.from = None;
        self.to.clear();
    }

    async fn take_mail(&mut self, sim: &Sim) -> io::Result<bool> {
        self.reply("354 End with a line that is only a dot").await?;
        let mut source = Vec::new();
        while let Some(line) = self.read_line().await? {
            if line == "." {
                let (from, to) = (self.from.take().unwrap_or_default(), std::mem::take(&mut self.to));
                if source.len() > MAX_MAIL_BYTES {
                    self.reply("552 Too large").await?;
                    return Ok(true);
                }
                lock(&sim.mails).push(Mail { from, to, source });
                if self.behaviour == MailBehaviour::CloseAfterData {
                    return Ok(false);
                }
                self.reply("250 Accepted").await?;
                return Ok(true);
            }
            if source.len() <= MAX_MAIL_BYTES {
                // A line of the mail that begins with a dot has another one in front of it.
                source.extend_from_slice(line.strip_prefix('.').unwrap_or(&line).as_bytes());
                source.extend_from_slice(b"\r\n");
            }
        }
        Ok(false)
    }

    /// A line without its end; `None` when the client closed the connection.
    async fn read_line(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        if (&mut self.stream).take(MAX_LINE_BYTES).read_until(b'\n', &mut line).await? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
    }

    async fn reply(&mut self, reply: &str) -> io::Result<()> {
        self.stream.write_all(format!("{reply}\r\n").as_bytes()).await
    }
}

/// The address in `MAIL FROM:<address>` or `RCPT TO:<address>`.
fn path(line: &str) -> Option<String> {
    let (_, address) = line.split_once('<')?;
    let (address, _) = address.split_once('>')?;
    Some(address.to_owned())
}

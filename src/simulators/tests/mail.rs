//! The simulated mail server, spoken to by hand.

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::simulators::mail::{MailOptions, MailSim};

struct Client(BufReader<TcpStream>);

impl Client {
    async fn connect(mail: &MailSim) -> Self {
        let address = mail.smtp_url().trim_start_matches("smtp://").to_owned();
        let mut client = Self(BufReader::new(TcpStream::connect(address).await.unwrap()));
        assert!(client.reply().await.starts_with("220 "));
        client
    }

    /// The last line of a reply.
    async fn reply(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).await.unwrap(), 0, "the server closed the connection");
            if line.as_bytes().get(3) != Some(&b'-') {
                return line;
            }
        }
    }

    async fn say(&mut self, command: &str, status: &str) {
        self.0.write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
        let reply = self.reply().await;
        assert!(reply.starts_with(status), "{command}: {reply}");
    }
}

#[tokio::test]
async fn the_mail_server_follows_the_order_of_commands_and_unstuffs_dots() {
    let mail = MailSim::start(MailOptions::default()).await.unwrap();
    let mut client = Client::connect(&mail).await;
    for (command, status) in [
        ("EHLO client.example", "250 "),
        ("RCPT TO:<b@example>", "503 "),
        ("DATA", "503 "),
        ("MAIL FROM:nobody", "501 "),
        ("mail from:<a@example> BODY=8BITMIME", "250 "),
        ("RCPT TO:<gone@example>", "250 "),
        ("RSET", "250 "),
        ("DATA", "503 "),
        ("NOOP", "250 "),
        ("VRFY b", "502 "),
        ("MAIL FROM:<a@example>", "250 "),
        ("RCPT TO:<b@example>", "250 "),
        ("RCPT TO:<c@example>", "250 "),
        ("DATA", "354 "),
        ("Subject: =?utf-8?b?w6k=?=\r\n\r\n..\r\n..x\r\ny.\r\n.", "250 "),
        ("QUIT", "221 "),
    ] {
        client.say(command, status).await;
    }
    let mails = mail.mails();
    assert_eq!((mails.len(), mail.connections()), (1, 1));
    assert_eq!(
        (mails[0].from.as_str(), mails[0].to.as_slice()),
        ("a@example", &["b@example".to_owned(), "c@example".to_owned()][..])
    );
    let parsed = mails[0].parse().unwrap();
    assert_eq!((parsed.subject(), parsed.body_text(0).unwrap().as_ref()), (Some("é"), ".\r\n.x\r\ny.\r\n"));
}
